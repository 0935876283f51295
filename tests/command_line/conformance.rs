//! `doorward conformance`: the rules of `CONNECTOR_SPEC.md` on a simulated tenant.

use entra_sim::{Answer, Fault, Matcher, cast};
use serde_json::{Value, json};

use crate::bench::{Bench, finish, is_one_error};

const PAIR: [&str; 4] = ["--to", "alice@contoso.com", "--on", "group:Finance"];

/// The words that try the connector on the bench's tenant.
fn conformance(bench: &Bench, more: &[&str]) -> Vec<String> {
    let file = bench.connection(json!({}));
    let words = ["conformance", "entra-id", "--connection", &file];
    words.into_iter().chain(more.iter().copied()).map(str::to_owned).collect()
}

fn run(bench: &Bench, more: &[&str]) -> crate::bench::Output {
    let words = conformance(bench, more);
    bench.run(&words.iter().map(String::as_str).collect::<Vec<_>>())
}

#[test]
fn without_a_pair_nothing_is_changed_and_that_is_said() {
    let bench = Bench::new();
    let output = run(&bench, &[]).ends(0);
    output
        .says("10 rules were SKIPPED, and may be broken")
        .says("entra-id 0.1.0 keeps the rules: 51 of 61 rules passed.")
        .notes("Add `--to WHO --on RESOURCE`");
    assert_eq!(bench.writes(), 0);
}

#[test]
fn with_a_pair_every_rule_is_tried_and_the_access_is_as_it_was() {
    let bench = Bench::new();
    bench.add();
    let before = bench.json(&["access", "list", "--on", "group:Finance"], "AccessList");
    let output = run(&bench, &[&PAIR[..], &["--yes", "-o", "json"]].concat()).ends(0);
    let report = output.document("ConformanceReport");
    assert_eq!(report["conforms"], true);
    let rules = report["rules"].as_array().unwrap();
    let others: Vec<&Value> = rules.iter().filter(|rule| rule["verdict"] != "passed").collect();
    assert!(others.is_empty() && rules.len() == 61, "{others:?}");
    assert!(bench.writes() > 10, "{}", bench.writes());
    let after = bench.json(&["access", "list", "--on", "group:Finance"], "AccessList");
    assert_eq!(before["items"], after["items"]);
}

/// A component needs not be installed: whoever makes one tries it from its file.
#[test]
fn a_component_in_a_file_is_tried() {
    let Some(component) = crate::plugins::component() else { return };
    let bench = Bench::new();
    let plugin = crate::plugins::file(&bench, "entra.wasm", &component);
    let connection = bench.connection(json!({}));
    let words = ["conformance", &plugin, "--connection", &connection, "--yes", "-o", "json"];
    let output = bench.run(&[&words[..], &PAIR[..]].concat()).ends(0);
    let report = output.document("ConformanceReport");
    assert_eq!((&report["connector"], &report["conforms"]), (&json!("entra-id"), &json!(true)));
    let rules = report["rules"].as_array().unwrap();
    assert!(rules.iter().all(|rule| rule["verdict"] == "passed"), "{rules:?}");
    let words = ["conformance", &plugin, "--connection", &connection];
    let sent = bench.simulator.trace().len();
    assert_eq!(bench.fails(&words, 9)["reason"], "confirmation-needed");
    assert_eq!(bench.simulator.trace().len(), sent, "nobody said that it may have the credential");
    let words = ["conformance", "no-such.wasm", "--connection", &connection];
    assert_eq!(bench.fails(&words, 6)["reason"], "plugin-unreadable");
}

#[test]
fn a_pair_must_be_confirmed() {
    let bench = Bench::new();
    let output = run(&bench, &PAIR).ends(9).notes("--yes");
    is_one_error(&output);
    run(&bench, &PAIR[..2]).ends(2).notes("--on");
    assert!(bench.simulator.trace().is_empty(), "nothing was sent");
}

/// No list allows these, so that neither does the suite.
#[test]
fn what_no_policy_allows_is_refused() {
    let bench = Bench::new();
    let role = ["--to", "alice@contoso.com", "--on", "role:Global Administrator", "--yes"];
    let output = run(&bench, &role).ends(9);
    is_one_error(&output);
    let synced = ["--to", "alice@contoso.com", "--on", "group:Warehouse", "--yes"];
    is_one_error(&run(&bench, &synced).ends(8));
    let nobody = ["--to", "nobody@contoso.com", "--on", "group:Finance", "--yes"];
    is_one_error(&run(&bench, &nobody).ends(6));
    assert_eq!(bench.writes(), 0);
}

#[test]
fn a_broken_rule_is_named() {
    let bench = Bench::new();
    let when = Matcher::always(&format!("/v1.0/groups/{}/members", cast::FINANCE));
    bench.simulator.inject(Fault { when, what: Answer::PageLoop });
    run(&bench, &[]).ends(1).says("FAILED").says("that a connector must keep: sync-ends");
    let report = run(&bench, &["-o", "json"]).ends(1).document("ConformanceReport");
    assert_eq!(report["conforms"], false);
}

#[test]
fn a_system_that_does_not_answer_tries_no_rule() {
    let bench = Bench::new();
    assert!(bench.simulator.tenant().remove_secret(cast::SECRET));
    let output = run(&bench, &[]).ends(4).notes("Then put the new value in");
    is_one_error(&output);
    bench.simulator.inject(Fault { when: Matcher::always("/token"), what: Answer::ResetBefore });
    is_one_error(&run(&bench, &[]).ends(11));
}

#[cfg(unix)]
#[test]
fn who_stops_it_is_told_that_access_may_be_changed() {
    let bench = Bench::new();
    let mut when = Matcher::always("/members/$ref");
    when.method = Some(http::Method::POST);
    bench.simulator.inject(Fault { when, what: Answer::AppliedNoAnswer });
    let words = conformance(&bench, &[&PAIR[..], &["--yes"]].concat());
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let child = bench.command(&words).spawn().unwrap();
    bench.wait_until(|| bench.writes() > 0);
    crate::endings::send(&child, "-INT");
    finish(child).ends(130).notes("may not be as it was found");
}
