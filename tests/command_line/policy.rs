//! What may be changed at all, and by whom it must be said.

use entra_sim::cast;
use serde_json::json;

use crate::bench::{Bench, add};

const GLOBAL: &str = "role:Global Administrator";

fn grant<'a>(who: &'a str, on: &'a str, flags: &[&'a str]) -> Vec<&'a str> {
    [&["grant", "--to", who, "--on", on, "--yes", "--reason", "on call"], flags].concat()
}

fn revoke<'a>(who: &'a str, on: &'a str, flags: &[&'a str]) -> Vec<&'a str> {
    [&["revoke", "--from", who, "--on", on, "--yes"], flags].concat()
}

#[test]
fn a_privileged_role_is_given_when_policy_and_flags_say_so() {
    let bench = Bench::ready();
    let all = ["--permanent", "--allow-tier0"];
    bench.run(&grant("carol@contoso.com", GLOBAL, &[])).ends(9).notes("--permanent");
    bench
        .run(&grant("carol@contoso.com", GLOBAL, &all))
        .ends(9)
        .notes("doorward integration allow -i contoso role:id=");
    bench.run(&["integration", "allow", "--all-groups"]).ends(0);
    bench
        .run(&grant("carol@contoso.com", "group:Tier 0 Operators", &["--allow-tier0"]))
        .ends(9)
        .notes("privileged");
    bench.run(&["integration", "allow", GLOBAL]).ends(0).notes("--allow-tier0");
    bench.run(&grant("carol@contoso.com", GLOBAL, &["--permanent"])).ends(9).notes("--allow-tier0");
    assert_eq!(bench.writes(), 0);
    bench.run(&grant("carol@contoso.com", GLOBAL, &all)).ends(0).says("Granted: Carol");
    let journal = bench.json(&["journal", "list"], "JournalList");
    assert_eq!(journal["items"][0]["operation"]["reason"], "on call");
    assert_eq!(journal["items"][0]["resourceName"], "Global Administrator");
}

#[test]
fn the_last_global_administrator_and_the_break_glass_account_stay() {
    let bench = Bench::ready();
    bench.run(&["integration", "allow", GLOBAL]).ends(0);
    let holders = bench.simulator.tenant().role_assignments();
    for holder in holders {
        if holder.role == cast::GLOBAL_ADMINISTRATOR && holder.principal != cast::ALICE {
            bench.simulator.tenant().set_enabled(&holder.principal, false);
        }
    }
    let flags = ["--allow-tier0"];
    bench.run(&revoke("alice@contoso.com", GLOBAL, &flags)).ends(9).notes("the last user");
    let break_glass = format!("user:id={}", cast::BREAK_GLASS);
    bench.simulator.tenant().set_enabled(cast::BREAK_GLASS, true);
    bench.run(&["integration", "protect", &break_glass]).ends(0).says("is protected");
    bench.run(&["integration", "protect", &break_glass]).ends(0).says("was protected before");
    bench.run(&revoke(&break_glass, GLOBAL, &flags)).ends(9).notes("is protected");
    assert_eq!(bench.writes(), 0);
    bench.run(&["integration", "protect", &break_glass, "--remove"]).ends(0);
    bench.run(&revoke(&break_glass, GLOBAL, &flags)).ends(0).says("Revoked");
}

#[test]
fn the_policy_is_shown() {
    let bench = Bench::ready();
    bench.run(&["integration", "protect", "grace@contoso.com"]).ends(0);
    bench.run(&["integration", "allow", "--principals", "guest"]).ends(0);
    bench
        .run(&["integration", "allow", "--principals", "martian"])
        .ends(2)
        .notes("service-principal");
    let show = ["integration", "policy", "show"];
    bench
        .run(&show)
        .ends(0)
        .says("every group, but for privileged ones")
        .says("  guest")
        .says("Never changed:")
        .says("(grace@contoso.com) [user:id=");
    let policy = bench.json(&show, "Policy");
    assert_eq!(policy["policy"]["principals"], json!(["guest"]));
    assert_eq!(policy["policy"]["protected"][0]["key"]["id"], cast::GRACE);
}

#[test]
fn a_group_says_how_many_people_it_brings() {
    let bench = Bench::ready();
    let words = ["grant", "--to", "group:Platform", "--on", "group:Finance", "--dry-run"];
    bench.run(&words).ends(9).notes("--principals group");
    bench.run(&["integration", "allow", "--principals", "group"]).ends(0);
    bench.run(&words).ends(0).says("Platform is a group that brings ");
}

#[test]
fn a_role_within_a_unit_is_written_with_an_at() {
    let bench = Bench::ready();
    bench.run(&["integration", "allow", "role:User Administrator"]).ends(0);
    let on = "role:\"user administrator\"@au:EMEA";
    let flags = ["--permanent", "--allow-tier0"];
    // Everywhere, too: one is not taken for the other.
    bench.simulator.tenant().assign_role(cast::USER_ADMINISTRATOR, cast::CAROL, None);
    let scopes = || -> Vec<String> {
        let held = bench.simulator.tenant().role_assignments();
        let carols = held.into_iter().filter(|one| one.principal == cast::CAROL);
        carols.map(|one| one.scope).collect()
    };
    bench
        .run(&grant("carol@contoso.com", on, &flags))
        .ends(0)
        .says("Granted: Carol Cruz (carol@contoso.com) is now assigned of User Administrator within EMEA.");
    assert_eq!(scopes(), ["/".to_owned(), format!("/administrativeUnits/{}", cast::UNIT_EMEA)]);
    bench.run(&["journal", "list"]).ends(0).says("User Administrator within EMEA");
    for question in [["--for", "carol@contoso.com"], ["--on", "role:User Administrator"]] {
        let list = bench.json(&[&["access", "list"], &question[..]].concat(), "AccessList");
        let rows = list["items"].as_array().unwrap().iter();
        let carols: Vec<_> = rows
            .filter(|row| row["grant"]["key"]["principal"]["id"] == cast::CAROL)
            .filter(|row| row["grant"]["key"]["resource"]["id"] == cast::USER_ADMINISTRATOR)
            .map(|row| (&row["grant"]["key"]["scope"]["id"], &row["scopeName"]))
            .collect();
        let everywhere = (&json!(null), &json!(null));
        assert_eq!(carols, [everywhere, (&json!(cast::UNIT_EMEA), &json!("EMEA"))], "{list}");
    }
    bench
        .run(&revoke("carol@contoso.com", on, &["--allow-tier0"]))
        .ends(0)
        .says("Revoked")
        .says("still has the access");
    assert_eq!(scopes(), ["/"]);
}

/// An application whose Entra role holds in one unit only.
#[test]
fn what_a_scoped_role_allows_works_inside_the_unit_and_nowhere_else() {
    let bench = Bench::new();
    let fields = json!({"client_id": cast::SCOPED_CLIENT_ID, "secret": cast::SCOPED_SECRET});
    let file = bench.connection(fields);
    bench.run(&add("emea", &file)).ends(0);
    bench.run(&["check"]).says("only in administrative unit EMEA");
    bench.simulator.change_settings(|settings| settings.scoped_roles_read = false);
    bench
        .run(&["check"])
        .says(&format!("only in au:id={}", cast::UNIT_EMEA))
        .says("AdministrativeUnit.Read.All");
    bench.run(&["integration", "allow", "--all-groups"]).ends(0);
    let inside = format!("group:id={}", cast::EMEA_SALES);
    bench.run(&grant("ines@contoso.com", &inside, &[])).ends(0);
    let outside = format!("group:id={}", cast::APAC_SALES);
    bench.run(&grant("ines@contoso.com", &outside, &[])).ends(5);
}

#[test]
fn a_unit_may_be_listed_for_all_that_is_directly_in_it() {
    let bench = Bench::new();
    bench.add();
    let allow = ["integration", "allow", "au:EMEA"];
    bench.run(&allow).ends(0).says("everything directly in EMEA [au:id=");
    bench
        .run(&["integration", "policy", "show"])
        .ends(0)
        .says("everything directly in EMEA [au:id=");
    bench
        .run(&["integration", "show", "contoso"])
        .ends(0)
        .says("everything directly in EMEA [au:id=");
    bench.run(&["integration", "list"]).ends(0).says("1 resource");
    bench.run(&grant("carol@contoso.com", "group:EMEA Sales", &[])).ends(0).says("Granted");
    bench
        .run(&grant("carol@contoso.com", "group:APAC Sales", &[]))
        .ends(9)
        .notes("it is not directly in EMEA");
    let take_back = [&allow[..], &["--remove"]].concat();
    bench.run(&take_back).ends(0).says("everything directly in EMEA");
    bench.run(&revoke("carol@contoso.com", "group:EMEA Sales", &[])).ends(9);
}

#[test]
fn a_group_within_a_protected_one_is_left_alone() {
    let bench = Bench::ready();
    bench.run(&["integration", "protect", "group:Finance"]).ends(0);
    bench
        .run(&grant("ines@contoso.com", "group:Finance Leads", &[]))
        .ends(9)
        .notes("Finance is protected")
        .notes("Finance Leads → Finance");
    assert_eq!(bench.writes(), 0);
}

#[test]
fn an_application_is_found_by_its_client_id_and_ours_is_left_alone() {
    let bench = Bench::ready();
    bench.run(&["integration", "allow", "role:Application Administrator"]).ends(0);
    let flags = ["--permanent", "--allow-tier0"];
    let at = |id: &str| format!("role:Application Administrator@application:{id}");
    bench
        .run(&grant("carol@contoso.com", &at(cast::CLIENT_ID), &flags))
        .ends(9)
        .notes("its own identity, Doorward");
    bench
        .run(&grant("carol@contoso.com", &at(cast::SCOPED_CLIENT_ID), &flags))
        .ends(0)
        .says("within Doorward EMEA");
}

#[test]
fn the_last_member_of_a_group_of_global_administrators_stays() {
    let bench = Bench::ready();
    bench.run(&["integration", "allow", "group:Tier 0 Operators"]).ends(0);
    {
        let mut tenant = bench.simulator.tenant();
        for held in tenant.role_assignments() {
            if held.role == cast::GLOBAL_ADMINISTRATOR {
                tenant.remove_role(&held.role, &held.principal, &held.scope);
            }
        }
        tenant.assign_role(cast::GLOBAL_ADMINISTRATOR, cast::TIER_0_OPERATORS, None);
    }
    let flags = ["--allow-tier0"];
    bench
        .run(&revoke("alice@contoso.com", "group:Tier 0 Operators", &flags))
        .ends(9)
        .notes("Tier 0 Operators holds Global Administrator. This is the last user");
    assert_eq!(bench.writes(), 0);
}
