//! Everything at a glance: sync, list, and answers from the last sync.

use entra_sim::{Answer, Fault, Held, Kind, Matcher, Size, cast};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

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

/// What a list of the last sync says, one JSON object for each line.
fn lines(bench: &Bench, list: &str) -> Vec<Value> {
    let output = bench.run(&["list", list, "-o", "jsonl"]).ends(0);
    assert_eq!(output.stderr, "");
    output.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn text(value: &Value) -> String {
    value.as_str().unwrap().to_owned()
}

/// Kind and id.
fn key(value: &Value) -> [String; 2] {
    [text(&value["kind"]), text(&value["id"])]
}

/// Who, by which right, on what, within what.
type Link = ([String; 2], String, String, String);

fn told(row: &Value) -> Link {
    let key_of_grant = &row["grant"]["key"];
    let scope = match &key_of_grant["scope"] {
        Value::Null => "/".to_owned(),
        unit if unit["kind"] == "au" => format!("/administrativeUnits/{}", text(&unit["id"])),
        application => format!("/{}", text(&application["id"])),
    };
    let (right, on) = (&key_of_grant["entitlement"], &key_of_grant["resource"]["id"]);
    (key(&key_of_grant["principal"]), text(right), text(on), scope)
}

fn kind(kind: Kind) -> &'static str {
    match kind {
        Kind::ServicePrincipal => "service-principal",
        Kind::OrgContact => "contact",
        Kind::AdministrativeUnit => "au",
        kind => kind.type_name(),
    }
}

fn held(held: Held) -> Link {
    let right = match held.by {
        "members" => "member",
        "owners" => "owner",
        _ => "assigned",
    };
    let who = [kind(held.kind).to_owned(), held.who];
    (who, right.to_owned(), held.on, held.scope.unwrap_or_else(|| "/".to_owned()))
}

fn same<T: Ord + std::fmt::Debug>(what: &str, told: &BTreeSet<T>, truth: &BTreeSet<T>) {
    let lacks: Vec<_> = truth.difference(told).take(3).collect();
    let invents: Vec<_> = told.difference(truth).take(3).collect();
    assert!(lacks.is_empty() && invents.is_empty(), "{what}: lacks {lacks:?}, invents {invents:?}");
}

/// Nobody owns a generated group but users.
fn let_services_own(bench: &Bench) {
    let mut tenant = bench.simulator.tenant();
    let (groups, services) = (tenant.ids(Kind::Group), tenant.ids(Kind::ServicePrincipal));
    for (group, service) in groups.iter().step_by(7).zip(services.iter().cycle()) {
        tenant.add_owner(group, service);
    }
}

/// The whole tenant by the program itself, over TCP, and out of it again.
#[test]
fn a_tenant_of_20_000_users_5_000_groups_and_100_000_memberships_is_told_exactly() {
    let bench =
        Bench::of(&Size { users: 20_000, groups: 5_000, seed: 3, ..Size::default() }, false);
    bench.add();
    show_all(&bench);
    let_services_own(&bench);
    bench.run(&["sync"]).ends(0).says("Nothing was left out.");
    let grants = lines(&bench, "grants");
    let told: BTreeSet<Link> = grants.iter().map(told).collect();
    assert_eq!(told.len(), grants.len(), "nothing is told twice");
    let access = bench.simulator.tenant().access();
    let mut members = BTreeMap::<Kind, usize>::new();
    for held in access.iter().filter(|held| held.by == "members") {
        *members.entry(held.kind).or_default() += 1;
    }
    assert!(members.values().sum::<usize>() >= 100_000, "{members:?}");
    for kind in [Kind::User, Kind::Group, Kind::ServicePrincipal, Kind::Device, Kind::OrgContact] {
        assert!(members.get(&kind).is_some_and(|number| *number > 100), "{members:?}");
    }
    same("grants", &told, &access.iter().cloned().map(held).collect());

    let objects = lines(&bench, "accounts").into_iter().chain(lines(&bench, "resources"));
    let mut objects: BTreeSet<[String; 2]> = objects.map(|object| key(&object["key"])).collect();
    objects.retain(|[kind, _]| !["role", "application"].contains(&kind.as_str()));
    let listed = [Kind::User, Kind::Group, Kind::ServicePrincipal, Kind::AdministrativeUnit].map(
        |of_kind| {
            let ids = bench.simulator.tenant().ids(of_kind).into_iter();
            ids.map(|id| [kind(of_kind).to_owned(), id]).collect::<Vec<_>>()
        },
    );
    // Devices and contacts are told when they hold something.
    let holders = access.into_iter().map(|held| [kind(held.kind).to_owned(), held.who]);
    same("objects", &objects, &listed.into_iter().flatten().chain(holders).collect());
}
