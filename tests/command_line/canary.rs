//! A secret unlike any other goes through every command at trace level, and is looked for in all
//! that they print and keep.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use entra_sim::cast;
use serde_json::json;
use std::cell::RefCell;
use std::path::Path;

use crate::bench::{Bench, Output, add, files};

const CANARY: &str = "Zq9X8~kanarienvogel.v_e-4711~Wj5Lm2Pt8Rk";

/// The secret in every form in which it could slip out.
fn forms() -> Vec<String> {
    let mut forms = vec![CANARY.to_owned(), CANARY[..12].to_owned()];
    forms.push(CANARY.replace('~', "%7E"));
    forms.push(CANARY.replace('~', "%7e"));
    // Wherever it begins in a longer text, as `client:secret` in base64; without the ends, which
    // the neighbours change.
    for before in 0..3 {
        let text = STANDARD_NO_PAD.encode(format!("{}{CANARY}", &"xxx"[..before]));
        forms.push(text[4..text.len() - 4].to_owned());
    }
    forms.push(CANARY.bytes().map(|byte| format!("{byte:02x}")).collect());
    forms
}

fn holds(bytes: &[u8]) -> Option<String> {
    let text = String::from_utf8_lossy(bytes);
    forms().into_iter().find(|form| text.contains(form.as_str()))
}

fn look_through(directory: &Path) {
    let found = files(directory);
    assert!(found.len() >= 2, "a database and a key: {found:?}");
    for file in found {
        let form = holds(&std::fs::read(&file).unwrap());
        assert_eq!(form, None, "{}", file.display());
    }
}

#[test]
fn the_secret_is_in_no_output_and_no_file() {
    let bench = Bench::new();
    let logged = RefCell::new(0);
    let clean = |arguments: &[&str], output: Output| {
        assert_eq!(holds(output.stdout.as_bytes()), None, "{arguments:?} on standard output");
        assert_eq!(holds(output.stderr.as_bytes()), None, "{arguments:?} on standard error");
        *logged.borrow_mut() += output.stderr.lines().count();
        output
    };
    let run = |arguments: &[&str], code: i32| {
        for format in [&["-vvv"][..], &["-vvv", "-o", "json"]] {
            clean(arguments, bench.run(&[arguments, format].concat())).ends(code);
        }
    };
    let once = |arguments: &[&str], code: i32| {
        clean(arguments, bench.run(&[arguments, &["-vvv"]].concat())).ends(code)
    };
    let file = bench.connection(json!({"secret": CANARY}));
    assert!(holds(&std::fs::read(&file).unwrap()).is_some(), "what looks must be able to find");
    let unstored = ["check", "--connector", "entra-id", "--connection", &file];

    // Not a secret of the application yet.
    run(&["validate", "entra-id", &file], 0);
    run(&unstored, 4);
    once(&add("contoso", &file), 0);
    run(&["check"], 4);
    run(&["access", "list", "--on", "group:Finance"], 4);
    look_through(&bench.data());

    bench.simulator.tenant().add_secret(CANARY);
    run(&unstored, 0);
    let changes = bench.file("changes.csv", "principal,resource\ndave@contoso.com,group:Finance\n");
    once(&["conformance", "entra-id", "--connection", &file], 0);
    for command in [
        &["check"][..],
        &["integration", "allow", "group:Finance"],
        &["integration", "list"],
        &["integration", "show", "contoso"],
        &["integration", "use", "contoso"],
        &["integration", "update", "contoso", "--connection", &file],
        &["access", "list", "--on", "group:Finance"],
        &["access", "list", "--for", "bob@contoso.com"],
        &["access", "explain", "--for", "bob@contoso.com", "--on", "group:Finance"],
        &["grant", "--to", "alice@contoso.com", "--on", "group:Finance", "--dry-run"],
        &["grant", "--to", "alice@contoso.com", "--on", "group:Finance", "--yes"],
        &["revoke", "--from", "alice@contoso.com", "--on", "group:Finance", "--yes"],
        &["grant", "--file", &changes, "--dry-run"],
        &["grant", "--file", &changes, "--yes"],
        &["revoke", "--file", &changes, "--yes"],
        &["journal", "list"],
        &["config", "show", "--origin"],
        &["rotate-key"],
        &["connector", "list"],
        &["connector", "show", "entra-id"],
        &["schema", "entra-id"],
        &["setup", "entra-id"],
    ] {
        run(command, 0);
    }
    let update = ["integration", "update", "contoso", "--secret", "-", "-vvv"];
    clean(&update, bench.run_with_input(&update, &format!("{CANARY}\n"))).ends(0);
    look_through(&bench.data());

    // Failures of every kind.
    let wrong = format!("{CANARY}x");
    clean(&update, bench.run_with_input(&update, &wrong)).ends(4);
    let tls = bench.base.replace("http:", "https:");
    let broken = bench.connection(json!({
        "secret": CANARY, "endpoints": {"login": tls, "graph": tls},
    }));
    once(&["check", "--connector", "entra-id", "--connection", &broken], 11);
    for (name, content) in [
        (
            "comma.json",
            format!("{{\"client_id\": \"{}\", \"secret\": \"{CANARY}\",}}", cast::CLIENT_ID),
        ),
        ("name.json", format!("{{\"clientSecret\": \"{CANARY}\"}}")),
        ("twice.json", format!("{{\"secret\": \"{CANARY}\", \"secret\": \"{CANARY}\"}}")),
        ("list.json", format!("[\"{CANARY}\"]")),
        ("bare.json", CANARY.to_owned()),
        ("place.json", format!("{{\"client_id\": \"{CANARY}\", \"tenant\": \"{CANARY}\"}}")),
    ] {
        let file = bench.file(name, &content);
        // What was typed into other fields than the secret's is another matter.
        if name != "place.json" {
            run(&["validate", "entra-id", &file], 3);
        }
    }
    once(&["grant", "--to", "nobody", "--on", "group:Finance", "--yes"], 6);
    bench.simulator.tenant().expire_secret(CANARY);
    once(&["check"], 4);
    once(&["integration", "remove", "contoso", "--yes"], 0);
    look_through(&bench.data());
    assert!(*logged.borrow() > 150, "trace level says much: {} lines", logged.borrow());
}

#[cfg(unix)]
#[test]
fn what_is_kept_is_for_its_owner_only() {
    use std::os::unix::fs::PermissionsExt;
    let bench = Bench::ready();
    bench.run(&["grant", "--to", "alice@contoso.com", "--on", "group:Finance", "--yes"]).ends(0);
    let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&bench.data()), 0o700);
    let found = files(&bench.data());
    assert!(found.len() >= 2, "{found:?}");
    for file in found {
        assert_eq!(mode(&file), 0o600, "{}", file.display());
    }
}
