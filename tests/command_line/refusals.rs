//! What cannot be changed, and names that fit several objects: told, and nothing sent.

use entra_sim::{GroupKind, cast};
use serde_json::json;

use crate::bench::Bench;

#[test]
fn what_cannot_be_managed_says_why_and_where_to_go() {
    let bench = Bench::ready();
    for (group, reason, place) in [
        ("group:Warehouse", "synced-from-active-directory", "Active Directory"),
        ("group:All Staff", "dynamic-membership", "rule"),
        ("group:Press", "distribution-list", "Exchange admin center"),
        ("group:Building Security", "mail-enabled", "Exchange admin center"),
    ] {
        for command in [["grant", "--to"], ["revoke", "--from"]] {
            let change = [&command[..], &["bob@contoso.com", "--on", group, "--yes"]].concat();
            let error = bench.fails(&change, 8);
            assert_eq!(error["reason"], reason, "{error}");
            assert_eq!(error["kind"], "not-manageable", "{error}");
            let remedy = error["remedy"].as_str().unwrap();
            assert!(remedy.contains(place), "{group}: {remedy}");
            bench.run(&change).ends(8).notes("error: ").notes("do: ").notes(place);
        }
    }
    assert_eq!(bench.writes(), 0);
    let journal = bench.json(&["journal", "list"], "JournalList");
    assert_eq!(journal["items"].as_array().unwrap().len(), 0);
}

#[test]
fn the_owner_of_a_dynamic_group_can_be_changed() {
    let bench = Bench::ready();
    let owners = || bench.simulator.tenant().owners(cast::ALL_STAFF);
    let on = ["--on", "group:All Staff", "--right", "owner", "--yes"];
    bench.run(&[&["grant", "--to", "bob@contoso.com"], &on[..]].concat()).ends(0).says("Granted");
    assert!(owners().contains(&cast::BOB.to_owned()));
    bench.run(&[&["grant", "--to", "carol@contoso.com"], &on[..]].concat()).ends(0).says("Granted");
    bench
        .run(&[&["revoke", "--from", "bob@contoso.com"], &on[..]].concat())
        .ends(0)
        .says("Revoked");
    assert!(!owners().contains(&cast::BOB.to_owned()));
}

#[test]
fn two_groups_of_one_name_are_both_shown_and_neither_is_changed() {
    let bench = Bench::ready();
    let second = bench.simulator.tenant().add_group("Finance", GroupKind::Security);
    for command in [["grant", "--to"], ["revoke", "--from"]] {
        let change =
            [&command[..], &["bob@contoso.com", "--on", "group:Finance", "--yes"]].concat();
        let error = bench.fails(&change, 7);
        assert_eq!(error["kind"], "ambiguous");
        let candidates = error["attributes"]["candidates"].as_array().unwrap();
        let mut ids: Vec<&str> = candidates.iter().map(|one| one["id"].as_str().unwrap()).collect();
        ids.sort_unstable();
        let mut expected = [cast::FINANCE, second.as_str()];
        expected.sort_unstable();
        assert_eq!(ids, expected, "{error}");
        bench.run(&change).ends(7).notes(cast::FINANCE).notes(&second);
    }
    bench.run(&["access", "list", "--on", "group:Finance"]).ends(7).notes(&second);
    assert_eq!(bench.writes(), 0);
    let by_id = format!("group:id={second}");
    let grant = ["grant", "--to", "alice@contoso.com", "--on", &by_id, "--yes"];
    bench.run(&grant).ends(0).says("Granted");
    assert_eq!(bench.simulator.tenant().members(&second), [cast::ALICE]);
}

#[test]
fn a_connection_that_is_not_stored_shows_the_request_and_changes_nothing() {
    let bench = Bench::new();
    let file = bench.connection(json!({}));
    let unstored = ["--connector", "entra-id", "--connection", &file];
    let finance = [&["--on", "group:Finance"][..], &unstored].concat();
    let privileged = [&["--on", "group:Tier 0 Operators"][..], &unstored].concat();
    let staff = [&["--on", "group:All Staff"][..], &unstored].concat();
    for who in [["grant", "--to", "alice@contoso.com"], ["revoke", "--from", "bob@contoso.com"]] {
        let dry = [&who[..], &finance, &["--dry-run"]].concat();
        let shown = bench.run(&dry).ends(0).says("/members/").says("Nothing was sent.");
        shown.notes("No policy was applied");
        let output = bench.run(&[&dry[..], &["-o", "json"]].concat()).ends(0);
        assert!(output.document("Change")["request"]["url"].is_string(), "{}", output.stdout);
        output.notes("No policy was applied");
        // What no list can allow stays refused.
        let error = bench.fails(&[&who[..], &privileged, &["--dry-run"]].concat(), 9);
        assert_eq!(error["reason"], "privileged-resource");

        let asked = bench.simulator.trace().len();
        for approval in [&["--yes"][..], &[]] {
            let error = bench.fails(&[&who[..], &staff, approval].concat(), 9);
            assert_eq!(error["reason"], "not-stored");
            let remedy = error["remedy"].as_str().unwrap();
            let add = format!("add NAME --connector entra-id --connection {file} && doorward");
            assert!(remedy.contains(&add), "{remedy}");
            assert!(remedy.contains("allow -i NAME 'group:All Staff'"), "{remedy}");
        }
        assert_eq!(bench.simulator.trace().len(), asked, "nothing was asked");
    }
    assert_eq!(bench.writes(), 0);
}

#[test]
fn privileged_groups_and_unknown_names_are_refused() {
    let bench = Bench::ready();
    let grant = |who, on| bench.fails(&["grant", "--to", who, "--on", on, "--yes"], 9);
    let error = grant("bob@contoso.com", "group:Tier 0 Operators");
    assert_eq!(error["reason"], "privileged-resource");
    for (who, on) in [
        ("nobody@contoso.com", "group:Finance"),
        ("alice@contoso.com", "group:No Such Group"),
        ("zoe@contoso.com", "group:Finance"),
        ("alice@contoso.com", "group:Old Finance"),
    ] {
        let error = bench.fails(&["grant", "--to", who, "--on", on, "--yes"], 6);
        assert_eq!(error["kind"], "not-found", "{who} {on}");
    }
    assert_eq!(bench.writes(), 0);
}
