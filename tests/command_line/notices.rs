//! What to know before a change, which nothing forbids.

use entra_sim::cast;

use crate::bench::Bench;

#[test]
fn a_group_that_carries_licences_or_is_a_team_says_so_before_a_change() {
    let bench = Bench::ready();
    let skus = ["a0000000-0000-4000-8000-000000000001", "a0000000-0000-4000-8000-000000000002"];
    assert!(bench.simulator.tenant().set_licences(cast::FINANCE, &skus[..1]));
    let grant = |on: &'static str, more: &'static str| {
        bench.run(&["grant", "--to", "frank@contoso.com", "--on", on, more])
    };
    grant("group:Finance", "--dry-run").ends(0).notes("Finance carries a licence: who joins it");
    assert!(bench.simulator.tenant().set_licences(cast::FINANCE, &skus));
    grant("group:Finance", "--dry-run").ends(0).notes("Finance carries licences: who joins it");
    grant("group:Project Phoenix", "--dry-run").ends(0).notes("is a team in Microsoft Teams");
    let quiet = grant("group:Engineering", "--dry-run").ends(0);
    assert!(
        !quiet.stderr.contains("licence") && !quiet.stderr.contains("team"),
        "{}",
        quiet.stderr
    );

    let plan = bench.json(
        &["grant", "--to", "frank@contoso.com", "--on", "group:Finance", "--dry-run"],
        "Change",
    );
    assert_eq!(plan["resource"]["attributes"]["notices"][0]["code"], "carries-licences", "{plan}");

    let text = "principal,resource\nfrank@contoso.com,group:Finance\ncarol@contoso.com,group:Finance\n\
                alice@contoso.com,group:Finance\n";
    let file = bench.file("changes.csv", text);
    let told = bench.run(&["grant", "--file", &file, "--dry-run"]).ends(0);
    assert_eq!(told.stderr.matches("carries licences").count(), 1, "{}", told.stderr);
    assert_eq!(bench.writes(), 0);
}
