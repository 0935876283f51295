//! What goes wrong: one clear error each, with its exit code, its reason and what to do.

use entra_sim::{Answer, Fault, Matcher, cast};
use serde_json::{Value, json};
use std::net::{Ipv4Addr, TcpListener};

use crate::bench::{Bench, add};

/// Fails both for programs and for people, with a message, a remedy and nothing else.
fn told(bench: &Bench, arguments: &[&str], code: i32, reason: &str) -> Value {
    let error = bench.fails(arguments, code);
    assert_eq!(error["reason"], reason, "{error}");
    let remedy = error["remedy"].as_str().unwrap_or_else(|| panic!("no remedy: {error}"));
    assert!(!remedy.is_empty() && error["message"].as_str().unwrap().ends_with('.'), "{error}");
    let people = bench.run(arguments).ends(code);
    let errors = people.stderr.lines().filter(|line| line.starts_with("error: ")).count();
    assert_eq!(errors, 1, "one error: {}", people.stderr);
    assert!(people.stderr.contains("do: "), "{}", people.stderr);
    error
}

/// `check` with a connection that is not stored.
fn told_by_check(fields: Value, code: i32, reason: &str) -> Value {
    let bench = Bench::new();
    let file = bench.connection(fields);
    let check = ["check", "--connector", "entra-id", "--connection", &file];
    told(&bench, &check, code, reason)
}

#[test]
fn a_wrong_secret() {
    let fields = json!({"secret": "Xyz8Q~this-is-not-the-secret.of_anyone~~"});
    let error = told_by_check(fields, 4, "wrong-secret");
    assert!(error["remedy"].as_str().unwrap().contains("Value"), "{error}");
}

#[test]
fn an_expired_secret() {
    let error = told_by_check(json!({"secret": cast::EXPIRED_SECRET}), 4, "expired-secret");
    let remedy = error["remedy"].as_str().unwrap();
    assert!(remedy.contains("create a new secret"), "{remedy}");
    assert!(remedy.contains("Then put the new value in "), "{remedy}");
    assert!(remedy.contains("connection.json"), "{remedy}");
    assert!(!remedy.contains("doorward integration"), "nothing is stored: {remedy}");
}

#[test]
fn a_refused_credential_of_an_integration_names_the_command_that_replaces_it() {
    let bench = Bench::new();
    let kept = bench.file("kept.secret", cast::EXPIRED_SECRET);
    let other = "c0470500-0000-4000-8000-00000000dead";
    for (name, fields, how) in [
        (
            "stored",
            json!({"secret": cast::EXPIRED_SECRET}),
            "Then run `doorward integration update stored --secret -`.",
        ),
        ("referred", json!({"secret": {"file": kept}}), "where `referred` reads it from: the file"),
        (
            "elsewhere",
            json!({"tenant": other}),
            "Then run `doorward integration update elsewhere --connection FILE`",
        ),
    ] {
        let file = bench.connection(fields);
        bench.run(&add(name, &file)).ends(0);
        for command in [
            &["check", "-i", name][..],
            &["access", "list", "-i", name, "--on", "group:Finance"],
            &["access", "explain", "-i", name, "--for", "alice", "--on", "group:Finance"],
            &["grant", "-i", name, "--to", "alice", "--on", "group:Finance", "--dry-run"],
            &["revoke", "-i", name, "--from", "alice", "--on", "group:Finance", "--dry-run"],
            &["integration", "allow", "-i", name, "group:Finance"],
        ] {
            let error = bench.fails(command, 4);
            let remedy = error["remedy"].as_str().unwrap();
            assert!(remedy.contains(how), "{command:?}: {remedy}");
            assert!(!remedy.contains("NAME"), "{command:?}: {remedy}");
        }
    }
    // The one that is used without being named is named, too.
    bench.run(&["integration", "use", "stored"]).ends(0);
    bench.run(&["check"]).ends(4).notes("update stored --secret -");
    // What nothing in the connection can mend needs no command.
    bench.simulator.tenant().set_enabled(cast::SERVICE_PRINCIPAL_ID, false);
    let right = bench.connection(json!({}));
    let error = bench.fails(&["check", "--connector", "entra-id", "--connection", &right], 4);
    assert_eq!(error["reason"], "application-disabled");
    assert!(!error["remedy"].as_str().unwrap().contains("Then "), "{error}");
}

#[test]
fn a_data_directory_that_cannot_be_used() {
    let bench = Bench::new();
    let file = bench.file("a-file", "");
    let below = format!("{file}/below");
    let mut directories = vec![file.as_str(), below.as_str()];
    if cfg!(target_os = "linux") {
        // Nobody makes a directory there, not even root, for whom permissions do not count.
        directories.push("/proc/doorward");
    }
    for directory in directories {
        for command in [&["integration", "list"][..], &["check"], &["journal", "list"]] {
            // The later one counts.
            let command = [command, &["--data-dir", directory]].concat();
            let error = told(&bench, &command, 2, "data-directory");
            assert_eq!(error["kind"], "invalid-request", "{error}");
            assert!(error["remedy"].as_str().unwrap().contains("--data-dir"), "{error}");
        }
    }
}

#[cfg(unix)]
#[test]
fn a_database_that_is_none() {
    let bench = Bench::new();
    bench.add();
    std::fs::write(bench.data().join("doorward.db"), "no database, but a text of some length")
        .unwrap();
    let error = bench.fails(&["integration", "list"], 2);
    assert_eq!(error["kind"], "invalid-request", "{error}");
}

#[test]
fn a_check_without_what_reading_needs_ends_with_5() {
    let bench = Bench::ready();
    let roles = |roles: &[&str]| bench.simulator.tenant().set_app_roles(roles.iter().copied());
    for (missing, held) in [
        ("GroupMember.Read.All", &["User.Read.All"][..]),
        ("User.Read.All", &["GroupMember.Read.All"]),
        ("User.Read.All", &[]),
    ] {
        roles(held);
        bench.run(&["check"]).ends(5).says("problem: ").says(missing);
        let checked = bench.run(&["check", "-o", "json"]).ends(5).document("Check");
        assert_eq!(checked["usable"], false, "{held:?}: {checked}");
    }
    // Nothing that changes, but all that reading needs.
    roles(&["User.Read.All", "GroupMember.Read.All"]);
    assert_eq!(bench.json(&["check"], "Check")["usable"], true);
}

#[test]
fn an_unknown_tenant() {
    let tenant = "c0470500-0000-4000-8000-00000000dead";
    told_by_check(json!({"tenant": tenant}), 4, "unknown-tenant");
}

#[test]
fn the_secret_id_pasted_instead_of_the_value() {
    let bench = Bench::new();
    let file = bench.connection(json!({"secret": cast::SECRET_ID}));
    for command in [
        &["validate", "entra-id", &file][..],
        &["check", "--connector", "entra-id", "--connection", &file],
        &add("a", &file),
    ] {
        let error = bench.fails(command, 3);
        let findings = error["attributes"]["findings"].as_array().unwrap();
        assert_eq!(findings[0]["pointer"], "/secret", "{error}");
        let text = findings[0].to_string();
        assert!(text.contains("Value") && text.contains("ID"), "{text}");
        assert!(!error.to_string().contains(cast::SECRET_ID), "no secret is repeated: {error}");
        bench.run(command).ends(3).notes("connection.json:1:").notes("Value");
    }
    assert!(bench.simulator.trace().is_empty());
}

#[test]
fn a_missing_permission() {
    let bench = Bench::ready();
    bench.simulator.tenant().set_app_roles(Vec::<String>::new());
    let error = told(&bench, &["access", "list", "--on", "group:Finance"], 5, "missing-permission");
    assert!(error["requestId"].is_string(), "{error}");
    // It may read now, but not write.
    bench.simulator.tenant().set_app_roles(["Directory.Read.All"]);
    let grant = ["grant", "--to", "alice@contoso.com", "--on", "group:Finance", "--yes"];
    let error = told(&bench, &grant, 5, "missing-permission");
    assert!(error["remedy"].as_str().unwrap().contains("GroupMember.ReadWrite.All"), "{error}");
    let id = error["attributes"]["journal"].as_str().unwrap();
    bench.run(&["journal", "show", id]).ends(0).says("failed (missing-permission)");
    assert!(!bench.simulator.tenant().members(cast::FINANCE).contains(&cast::ALICE.to_owned()));
    bench.run(&["check"]).ends(0).says("not known").says("GroupMember.ReadWrite.All");
}

#[test]
fn a_host_that_refuses() {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    told_by_check(json!({"endpoints": {"login": base, "graph": base}}), 11, "connection-refused");
}

#[test]
fn a_name_that_nobody_knows() {
    let base = "https://no-such-host.invalid";
    told_by_check(json!({"endpoints": {"login": base, "graph": base}}), 11, "name-not-resolved");
}

#[test]
fn a_port_that_does_not_speak_tls() {
    let bench = Bench::new();
    let base = bench.base.replace("http:", "https:");
    let file = bench.connection(json!({"endpoints": {"login": base, "graph": base}}));
    told(&bench, &["check", "--connector", "entra-id", "--connection", &file], 11, "tls-failure");
}

/// What `access list` says when its requests for members get this.
fn broken(what: Answer, code: i32, reason: &str) {
    let bench = Bench::ready();
    let when = Matcher::always(&format!("/v1.0/groups/{}/members", cast::FINANCE));
    bench.simulator.inject(Fault { when, what });
    told(&bench, &["access", "list", "--on", "group:Finance"], code, reason);
}

#[test]
fn a_200_with_html() {
    broken(Answer::Html { status: 200 }, 11, "unexpected-answer");
}

#[test]
fn a_200_with_html_from_the_token_endpoint() {
    let bench = Bench::ready();
    let when = Matcher::always("/oauth2/v2.0/token");
    bench.simulator.inject(Fault { when, what: Answer::Html { status: 200 } });
    let error = bench.fails(&["check"], 11);
    assert!(error["remedy"].is_string(), "{error}");
    let people = bench.run(&["check"]).ends(11);
    assert!(people.stderr.starts_with("error: "), "{}", people.stderr);
}

#[test]
fn a_page_that_leads_to_itself() {
    broken(Answer::PageLoop, 1, "page-loop");
}

#[test]
fn a_body_that_breaks_off() {
    let bench = Bench::ready();
    let members = format!("/v1.0/groups/{}/members", cast::FINANCE);
    // Repeats wait in real time, ever longer, unless the provider itself says how long: it uses up
    // those between the first and the last.
    let at_once = Answer::Throttle { retry_after: Some("0".to_owned()) };
    for (times, what) in
        [(1, Answer::TruncatedBody), (4, at_once), (usize::MAX, Answer::TruncatedBody)]
    {
        let when = Matcher { times, ..Matcher::once(&members) };
        bench.simulator.inject(Fault { when, what });
    }
    let error = bench.fails(&["access", "list", "--on", "group:Finance"], 11);
    assert_eq!(error["reason"], "connection-lost");
    assert!(error["remedy"].is_string(), "{error}");
    let trace = bench.simulator.trace();
    let asked = trace.iter().filter(|one| one.path.starts_with(&members)).count();
    assert_eq!(asked, 6, "a read is repeated five times");
}

#[test]
fn a_provider_that_asks_to_slow_down_is_asked_again() {
    let bench = Bench::ready();
    let when = Matcher::once("/v1.0/groups");
    bench
        .simulator
        .inject(Fault { when, what: Answer::Throttle { retry_after: Some("1".to_owned()) } });
    bench.run(&["access", "list", "--on", "group:Finance"]).ends(0).says("Bob Berg");
}
