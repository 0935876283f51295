//! Policy stands before every line as before a single change, and before all of them together.

use entra_sim::cast;
use serde_json::json;

use super::{ends, joiners, pairs, people};
use crate::bench::Bench;

#[test]
fn more_changes_than_are_meant_are_refused_before_the_first_write() {
    let bench = Bench::ready();
    let (file, ids) = joiners(&bench, 60, "group:Finance");
    let grant = ["grant", "--file", &file, "--yes"];
    let error = bench.fails(&grant, 9);
    assert_eq!(error["reason"], "too-many-changes");
    assert_eq!(error["attributes"]["changes"], 60);
    bench
        .run(&grant)
        .ends(9)
        .notes("60 changes would be made, and at most 50 are allowed at once. Nothing was sent.")
        .notes("--max-changes 60");
    assert_eq!(bench.writes(), 0);
    // What is there already is no change.
    for id in &ids[..10] {
        bench.simulator.tenant().add_member(cast::FINANCE, id);
    }
    bench.run(&grant).ends(0).says("60 of 60 lines: 50 granted, 10 already.");
}

#[test]
fn each_line_is_judged_as_a_single_change_is() {
    let bench = Bench::new();
    bench.add();
    bench.run(&["integration", "allow", "group:Finance"]).ends(0);
    let (carol, finance) = ("carol@contoso.com", "group:Finance");
    bench.run(&["integration", "protect", "grace@contoso.com"]).ends(0);
    let new = people(&bench, 1);
    let file = pairs(
        &bench,
        &[
            (&new[0].0, finance),
            (carol, "group:Engineering"),
            ("grace@contoso.com", finance),
            (carol, "group:Tier 0 Operators"),
            (carol, "role:Global Administrator"),
            ("group:Platform", finance),
        ],
    );
    let output = bench.run(&["grant", "--file", &file, "--yes", "-o", "json"]).ends(12);
    let expected = [
        (2, "granted"),
        (3, "not-on-writable-list"),
        (4, "protected-object"),
        (5, "privileged-resource"),
        (6, "permanent-not-meant"),
        (7, "principal-not-allowed"),
    ];
    let expected: Vec<_> = expected.map(|(line, end)| (line, end.to_owned())).into();
    assert_eq!(ends(&output.document("ChangeList")), expected);
    assert_eq!(bench.writes(), 1);
    // When no line is done, the reason is how the command ends.
    let file = pairs(&bench, &[(carol, "group:Engineering")]);
    bench.run(&["grant", "--file", &file, "--yes"]).ends(9).says("0 of 1 line: 1 error.");
    let unstored = bench.connection(json!({}));
    let words = ["--connector", "entra-id", "--connection", &unstored, "--file", &file];
    bench
        .run(&[&["grant", "--dry-run"], &words[..]].concat())
        .ends(0)
        .notes("No policy was applied");
    let error = bench.fails(&[&["grant", "--yes"], &words[..]].concat(), 9);
    assert_eq!(error["reason"], "not-stored");
}

/// Each may go for itself; all of them may not.
#[test]
fn the_last_owner_stays_when_all_are_taken_together() {
    let bench = Bench::ready();
    let owners = || bench.simulator.tenant().owners(cast::ENGINEERING);
    for person in [cast::BOB, cast::CAROL] {
        bench.simulator.tenant().add_owner(cast::ENGINEERING, person);
    }
    let mut text = "principal,resource,right\n".to_owned();
    for owner in owners() {
        text += &format!("user:id={owner},group:Engineering,owner\n");
    }
    let before = owners().len();
    assert!(before >= 2);
    let file = bench.file("owners.csv", &text);
    let output = bench.run(&["revoke", "--file", &file, "--yes", "-o", "json"]).ends(12);
    let ends = ends(&output.document("ChangeList"));
    let (last, others) = ends.split_last().unwrap();
    assert_eq!(last.1, "last-holder", "{ends:?}");
    assert!(others.iter().all(|(_, end)| end == "revoked"), "{ends:?}");
    assert_eq!(owners().len(), 1);
}

#[test]
fn a_scope_may_stand_in_a_column_of_its_own() {
    let bench = Bench::ready();
    bench.run(&["integration", "allow", "role:User Administrator"]).ends(0);
    let text = "principal,resource,scope\n\
                carol@contoso.com,role:User Administrator,au:EMEA\n\
                bob@contoso.com,role:User Administrator@au:EMEA,\n\
                bob@contoso.com,role:User Administrator@au:EMEA,au:EMEA\n";
    let file = bench.file("roles.csv", text);
    let flags = ["--permanent", "--allow-tier0", "--yes"];
    bench
        .run(&[&["grant", "--file", &file], &flags[..]].concat())
        .ends(12)
        .says("EMEA")
        .says("2 of 3 lines: 2 granted; 1 error.")
        .notes("line 4: It names a scope behind the `@`");
}
