//! The table of exit codes, row by row: each code is given by a command, and means what is written.

use entra_sim::{Answer, Fault, GroupKind, Matcher, cast};
use serde_json::json;
use std::collections::BTreeMap;

use crate::bench::{Bench, Output};

const GRANT: [&str; 6] = ["grant", "--to", "alice@contoso.com", "--on", "group:Finance", "--yes"];
const LIST: [&str; 4] = ["access", "list", "--on", "group:Finance"];

/// A command that ends so, whatever the table says.
const ROWS: [(i32, fn() -> Output); 16] = [
    (0, || Bench::ready().run(&GRANT)),
    (1, || {
        let bench = Bench::ready();
        let when = Matcher::always(&format!("/v1.0/groups/{}/members", cast::FINANCE));
        bench.simulator.inject(Fault { when, what: Answer::PageLoop });
        bench.run(&LIST)
    }),
    (2, || Bench::new().run(&["grant", "--to", "alice@contoso.com"])),
    (3, || {
        let bench = Bench::new();
        let file = bench.connection(json!({"secret": cast::SECRET_ID}));
        bench.run(&["validate", "entra-id", &file])
    }),
    (4, || {
        let bench = Bench::ready();
        assert!(bench.simulator.tenant().remove_secret(cast::SECRET));
        bench.run(&LIST)
    }),
    (5, || {
        let bench = Bench::ready();
        bench.simulator.tenant().set_app_roles(Vec::<String>::new());
        bench.run(&LIST)
    }),
    (6, || Bench::ready().run(&["access", "list", "--on", "group:No Such Group"])),
    (7, || {
        let bench = Bench::ready();
        bench.simulator.tenant().add_group("Finance", GroupKind::Security);
        bench.run(&GRANT)
    }),
    (8, || {
        let on = ["--on", "group:Warehouse", "--yes"];
        Bench::ready().run(&[&["grant", "--to", "alice@contoso.com"][..], &on].concat())
    }),
    (9, || Bench::ready().run(&GRANT[..5])),
    (10, || {
        let bench = Bench::ready();
        // At once, so that nobody waits in real time.
        let what = Answer::Throttle { retry_after: Some("0".to_owned()) };
        bench.simulator.inject(Fault { when: Matcher::always("/v1.0/"), what });
        bench.run(&LIST)
    }),
    (11, || {
        let bench = Bench::ready();
        let when = Matcher::always("/v1.0/groups");
        bench.simulator.inject(Fault { when, what: Answer::Html { status: 200 } });
        bench.run(&LIST)
    }),
    (12, done_in_part),
    (13, || {
        let bench = Bench::ready();
        bench.run(&["integration", "allow", "group:Works Council"]).ends(0);
        let mut when = Matcher::once("/v1.0/groups/");
        when.method = Some(http::Method::DELETE);
        bench.simulator.inject(Fault { when, what: Answer::ResetBefore });
        let on = ["--on", "group:Works Council", "--yes"];
        bench.run(&[&["revoke", "--from", "dave@contoso.com"][..], &on].concat())
    }),
    (14, || Bench::ready().run(&["sync"])),
    (130, interrupted),
];

/// The disk becomes full between the write and its journal entry.
fn done_in_part() -> Output {
    let bench = Bench::ready();
    for blocks in (0..200).step_by(8) {
        let who = format!("new{blocks}@contoso.com");
        bench.simulator.tenant().add_user("Somebody New", &who);
        let grant = ["grant", "--to", &who, "--on", "group:Finance", "--yes"];
        let output = crate::disks::with_little_space(&bench, blocks, &grant);
        if output.code == 12 {
            return output.notes("could not be written into the journal");
        }
    }
    panic!("a full disk never hit the journal entry");
}

fn interrupted() -> Output {
    let bench = Bench::ready();
    let child = crate::endings::waiting(&bench);
    crate::endings::send(&child, "-INT");
    crate::bench::finish(child)
}

/// Code and meaning of each row between two lines of a text.
fn table(text: &str, row: impl Fn(&str) -> Option<(&str, &str)>) -> BTreeMap<i32, String> {
    let rows = text.lines().filter_map(row);
    let rows =
        rows.filter_map(|(code, meaning)| Some((code.trim().parse().ok()?, meaning.trim().into())));
    rows.collect()
}

#[test]
fn each_row_of_the_table_is_how_a_command_ends() {
    let help = Bench::new().run(&["--help"]).ends(0).stdout;
    let (_, codes) = help.split_once("Exit codes:\n").unwrap();
    let told = table(codes, |line| line.trim_start().split_once("  "));
    let rows: Vec<i32> = ROWS.iter().map(|(code, _)| *code).collect();
    let known: Vec<i32> = told.keys().copied().collect();
    assert_eq!(known, rows, "a code that `--help` tells and no row gives, or the reverse");

    let document = include_str!("../../crates/doorward/OUTPUT.md");
    let (_, document) = document.split_once("## Exit codes\n").unwrap();
    let written =
        table(document, |line| line.strip_prefix('|')?.strip_suffix('|')?.split_once('|'));
    assert_eq!(written, told, "OUTPUT.md and `--help` tell the same");

    for (code, run) in ROWS {
        let output = run().ends(code);
        let errors = output.stderr.lines().filter(|line| line.starts_with("error: ")).count();
        // Those of a result; what is missing or uncertain of it stands beside.
        let expect = usize::from(![0, 12, 13, 14, 130].contains(&code));
        assert_eq!(errors, expect, "{code}: {}", output.stderr);
    }
}
