//! Everything at a glance: sync, list, and answers from the last sync.

use entra_sim::{Answer, Fault, Kind, Matcher, cast};
use serde_json::json;
use std::collections::BTreeSet;

use crate::bench::Bench;

fn show_all(bench: &Bench) {
    let mut tenant = bench.simulator.tenant();
    let mut roles = tenant.app_roles().to_vec();
    roles.extend(["Member.Read.Hidden", "Application.Read.All"].map(str::to_owned));
    tenant.set_app_roles(roles);
}

#[test]
fn a_sync_tells_the_tenants_truth() {
    let bench = Bench::ready();
    show_all(&bench);
    bench.run(&["list", "accounts"]).ends(6).notes("was never synced");
    bench.run(&["sync"]).ends(0).says("Synced `contoso` in").says("Nothing was left out.");
    let accounts = bench.json(&["list", "accounts"], "AccountList");
    assert_eq!(accounts["complete"], true);
    assert!(accounts["lastSync"].is_string());
    let users: BTreeSet<String> = accounts["items"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|account| account["key"]["kind"] == "user")
        .map(|account| account["key"]["id"].as_str().unwrap().to_owned())
        .collect();
    let truth: BTreeSet<String> = bench.simulator.tenant().ids(Kind::User).into_iter().collect();
    assert_eq!(users, truth);
    let grants = bench.json(&["list", "grants"], "GrantList");
    let of_finance: BTreeSet<&str> = grants["items"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|row| row["grant"]["key"]["resource"]["id"] == cast::FINANCE)
        .filter(|row| row["grant"]["key"]["entitlement"] == "member")
        .map(|row| row["grant"]["key"]["principal"]["id"].as_str().unwrap())
        .collect();
    let members = bench.simulator.tenant().members(cast::FINANCE);
    assert_eq!(of_finance, members.iter().map(String::as_str).collect());
    bench.run(&["list", "resources"]).ends(0).says("Warehouse").notes("As the sync of");
    bench.run(&["list", "resources", "-o", "csv"]).ends(0).says("synced-from-active-directory");
}

#[test]
fn the_last_sync_answers_as_a_live_look_does_and_asks_nobody() {
    let bench = Bench::ready();
    show_all(&bench);
    bench.run(&["sync"]).ends(0);
    let explain = ["access", "explain", "--for", "frank@contoso.com", "--on", "group:Finance"];
    let questions = [
        &["access", "list", "--on", "group:Engineering"][..],
        &["access", "list", "--for", "bob@contoso.com"],
        &explain,
    ];
    for question in questions {
        let live: serde_json::Value =
            serde_json::from_str(&bench.run(&[question, &["-o", "json"]].concat()).stdout).unwrap();
        bench.simulator.clear_trace();
        let words = [question, &["--last-sync", "-o", "json"]].concat();
        let seen: serde_json::Value = serde_json::from_str(&bench.run(&words).stdout).unwrap();
        assert_eq!(bench.simulator.trace().len(), 0, "{question:?}");
        let ids = |answer: &serde_json::Value| -> BTreeSet<String> {
            let items = answer["items"].as_array().unwrap().iter();
            items
                .map(|item| {
                    json!([item["grant"]["key"], item["grants"], item["grant"]["via"]]).to_string()
                })
                .collect()
        };
        assert_eq!(ids(&live), ids(&seen), "{question:?}");
    }
    bench.run(&["access", "list", "--on", "group:Nowhere", "--last-sync"]).ends(6);
}

#[test]
fn what_was_left_out_is_said_and_ends_with_14() {
    let bench = Bench::ready();
    bench.run(&["sync"]).ends(14).notes("The group hides its members.").notes("hidden-membership");
    bench.run(&["list", "grants"]).ends(14);
}

#[test]
fn a_sync_tells_programs_how_far_it_is() {
    let bench = Bench::ready();
    show_all(&bench);
    let output = bench.run(&["sync", "-o", "jsonl"]).ends(0).stdout;
    let events: Vec<serde_json::Value> =
        output.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let (last, before) = events.split_last().unwrap();
    assert!(!before.is_empty() && before.iter().all(|event| event["event"] == "progress"));
    assert_eq!((&last["event"], &last["complete"]), (&json!("done"), &json!(true)));
    assert!(last["ledger"]["received"]["user"].as_u64().unwrap() > 5);
}

#[test]
fn a_sync_that_fails_leaves_the_last_one() {
    let bench = Bench::ready();
    show_all(&bench);
    bench.run(&["sync"]).ends(0);
    let before = bench.json(&["list", "accounts"], "AccountList");
    let when = Matcher::always("/v1.0/groups");
    bench.simulator.inject(Fault { when, what: Answer::Html { status: 200 } });
    bench.run(&["sync"]).ends(11);
    assert_eq!(bench.json(&["list", "accounts"], "AccountList"), before);
}

/// What was seen in one place is not told of another.
#[test]
fn a_new_connection_forgets_the_last_sync() {
    let bench = Bench::ready();
    show_all(&bench);
    bench.run(&["sync"]).ends(0);
    // The same place by another name.
    let base = bench.base.replace("127.0.0.1", "localhost");
    let file = bench.connection(json!({"endpoints": {"login": base, "graph": base}}));
    bench.run(&["integration", "update", "contoso", "--connection", &file, "--yes"]).ends(0);
    bench.run(&["list", "accounts"]).ends(6).notes("was never synced");
}
