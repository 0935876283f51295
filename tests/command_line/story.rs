//! The whole story, one command at a time, and on a large tenant.

use entra_sim::{Kind, Size, cast};
use serde_json::json;

use crate::bench::{Bench, add};

const GRANT: [&str; 5] = ["grant", "--to", "alice@contoso.com", "--on", "group:Finance"];
const REVOKE: [&str; 5] = ["revoke", "--from", "alice@contoso.com", "--on", "group:Finance"];

fn yes<'a>(command: &[&'a str]) -> Vec<&'a str> {
    [command, &["--yes"]].concat()
}

#[test]
fn the_whole_story_one_command_at_a_time() {
    let bench = Bench::new();
    let is_member =
        || bench.simulator.tenant().members(cast::FINANCE).contains(&cast::ALICE.to_owned());
    let file = bench.connection(json!({}));
    bench.run(&["validate", "entra-id", &file]).ends(0).says("can be used");
    assert!(bench.simulator.trace().is_empty(), "validation touches no network");
    bench
        .run(&add("contoso", &file))
        .ends(0)
        .says("Stored as `contoso`")
        .notes(&bench.base)
        .notes("the connection names this address itself");
    bench
        .run(&["check"])
        .ends(0)
        .says("Connected to Contoso")
        .says("an address that the connection itself names");
    let list = bench.run(&["access", "list", "--on", "group:Finance"]).ends(0);
    let list = list.says("Bob Berg").says("carol@contoso.com").says("Finance Leads").says("owner");
    assert!(!list.stdout.contains("Alice"), "{}", list.stdout);

    // Nothing may be changed until it is allowed.
    let error = bench.fails(&yes(&GRANT), 9);
    assert_eq!(error["reason"], "not-on-writable-list");
    assert!(error["remedy"].as_str().unwrap().contains("integration allow -i contoso group:id="));
    bench.run(&yes(&GRANT)).ends(9).notes("do: ").notes("integration allow -i contoso group:id=");
    assert_eq!(bench.writes(), 0);
    bench.run(&["integration", "allow", "group:Finance"]).ends(0).says(cast::FINANCE);

    // Nor without a yes.
    let asked = bench.simulator.trace().len();
    for command in [&GRANT, &REVOKE] {
        assert_eq!(bench.fails(command, 9)["reason"], "confirmation-needed");
        bench.run(&[&command[..], &["--no-input"]].concat()).ends(9).notes("--yes");
    }
    assert_eq!(bench.simulator.trace().len(), asked, "nothing was sent");

    // A dry run says what would be sent.
    let revision = bench.simulator.tenant().revision();
    let url = format!("{}/v1.0/groups/{}/members/$ref", bench.base, cast::FINANCE);
    bench
        .run(&[&GRANT[..], &["--dry-run"]].concat())
        .ends(0)
        .says(&format!("POST {url}"))
        .says(&format!("/v1.0/directoryObjects/{}", cast::ALICE))
        .says("Nothing was sent.");
    let plan = bench.json(&[&GRANT[..], &["--dry-run"]].concat(), "Change");
    assert_eq!(plan["dryRun"], true);
    assert!(plan["outcome"].is_null());
    assert_eq!(plan["request"]["url"], url);
    assert_eq!(bench.simulator.tenant().revision(), revision);
    assert_eq!(bench.writes(), 0);
    bench.run(&["journal", "list"]).ends(0).says("No change was made yet.");

    // Given, and once more; taken, and once more.
    let told = ["--yes", "--reason", "the new colleague", "--ticket", "OPS-12"];
    bench.run(&[&GRANT[..], &told].concat()).ends(0).says("Granted: Alice Archer");
    assert!(is_member());
    bench.run(&["access", "list", "--on", "group:Finance"]).ends(0).says("alice@contoso.com");
    let list = bench.run(&["access", "list", "--for", "alice@contoso.com"]).ends(0);
    list.says("Finance").says("Global Administrator");
    bench.run(&yes(&GRANT)).ends(0).says("AlreadyGranted");
    let again = bench.json(&yes(&GRANT), "Change");
    assert_eq!(again["outcome"]["kind"], "already-granted");
    // The provider was asked, so the journal knows of it.
    assert!(again["journal"].is_string());
    bench.run(&yes(&REVOKE)).ends(0).says("Revoked: Alice Archer");
    assert!(!is_member());
    bench.run(&yes(&REVOKE)).ends(0).says("AlreadyRevoked");
    assert_eq!(bench.json(&yes(&REVOKE), "Change")["outcome"]["kind"], "already-revoked");
    // The write is always sent: only its answer says for certain what was there before.
    assert_eq!(bench.writes(), 6);

    // What the journal tells.
    bench.run(&["journal", "list"]).ends(0).says("Granted").says("Revoked");
    let journal = bench.json(&["journal", "list"], "JournalList");
    let items = journal["items"].as_array().unwrap();
    assert_eq!(items.len(), 6);
    let outcomes: Vec<_> =
        items.iter().map(|item| item["settlement"]["outcome"]["kind"].as_str().unwrap()).collect();
    let expect = [
        "already-revoked",
        "already-revoked",
        "revoked",
        "already-granted",
        "already-granted",
        "granted",
    ];
    assert_eq!(outcomes, expect);
    assert!(items.iter().all(|item| item["settlement"]["byLooking"] == false), "{journal}");
    let id = items[5]["id"].as_str().unwrap();
    bench
        .run(&["journal", "show", id])
        .ends(0)
        .says("the new colleague")
        .says("OPS-12")
        .says(cast::ALICE)
        .says("had no access")
        .says(&url)
        .says("Granted");
    let item = &bench.json(&["journal", "show", id], "JournalEntry")["item"];
    assert_eq!(item["state"], "settled");
    let request = item["settlement"]["requestId"].as_str().unwrap();
    assert!(bench.simulator.trace().iter().any(|one| one.wrote && one.request_id == request));
    assert_eq!(bench.fails(&["journal", "show", "zzzz"], 6)["reason"], "journal-entry-not-found");
}

#[test]
fn a_revoke_says_through_what_the_access_remains() {
    let bench = Bench::ready();
    bench.simulator.tenant().add_member(cast::ENGINEERING, cast::BOB);
    let explain = ["access", "explain", "--for", "bob@contoso.com", "--on", "group:Engineering"];
    bench.run(&explain).ends(0).says("in 2 ways").says("Bob Berg → Platform → Engineering");
    let revoke = ["revoke", "--from", "bob@contoso.com", "--on", "group:Engineering", "--yes"];
    bench
        .run(&revoke)
        .ends(0)
        .says("Revoked: Bob Berg")
        .says("still has the access: Bob Berg → Platform → Engineering");
    assert!(!bench.simulator.tenant().members(cast::ENGINEERING).contains(&cast::BOB.to_owned()));
    bench.simulator.tenant().add_member(cast::ENGINEERING, cast::BOB);
    let report = bench.json(&revoke, "Change");
    assert_eq!(report["remaining"][0]["names"], json!(["Bob Berg", "Platform", "Engineering"]));
}

#[test]
fn a_tenant_of_20_000_users_and_5_000_groups() {
    let bench =
        Bench::of(&Size { users: 20_000, groups: 5_000, seed: 3, ..Size::default() }, false);
    bench.add();
    bench.run(&["integration", "allow", "--all-groups"]).ends(0);
    bench.run(&["check"]).ends(0).says("Connected to Contoso");
    let (largest, mut expected) = {
        let tenant = bench.simulator.tenant();
        let groups = tenant.ids(Kind::Group).into_iter();
        let largest = groups.max_by_key(|id| tenant.members(id).len()).unwrap();
        let members = tenant.members(&largest);
        (largest, members)
    };
    assert!(expected.len() > 5_000, "{}", expected.len());
    let group = format!("group:id={largest}");
    let list = bench.json(&["access", "list", "--on", &group], "AccessList");
    assert_eq!(list["complete"], true);
    let rows = list["items"].as_array().unwrap().iter().map(|row| &row["grant"]["key"]);
    let rows = rows.filter(|key| key["entitlement"] == "member");
    let mut found: Vec<String> =
        rows.map(|key| key["principal"]["id"].as_str().unwrap().to_owned()).collect();
    found.sort();
    expected.sort();
    assert!(found == expected, "{} of {}", found.len(), expected.len());
    bench.run(&yes(&GRANT)).ends(0).says("Granted: Alice Archer");
    assert!(bench.simulator.tenant().members(cast::FINANCE).contains(&cast::ALICE.to_owned()));
    bench.run(&yes(&REVOKE)).ends(0).says("Revoked: Alice Archer");
}

#[test]
fn the_demo_tells_the_story() {
    let bench = Bench::new();
    let demo = bench.run(&["demo"]).ends(0);
    for part in ["integration add", "Granted", "AlreadyGranted", "Revoked", "Active Directory"] {
        assert!(demo.stdout.contains(part), "{part}: {}", demo.stdout);
    }
    assert!(!bench.data().exists(), "the demo leaves nothing behind");
}
