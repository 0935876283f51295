//! Access that ends by itself, and the right to activate it.

use entra_sim::{Privilege, Tenure, cast};
use jiff::SignedDuration;
use serde_json::json;

use crate::bench::{Bench, now};

const ROLE: &str = "role:User Administrator";

fn bench() -> Bench {
    let bench = Bench::ready();
    bench.run(&["integration", "allow", ROLE]).ends(0);
    bench
}

fn grant<'a>(flags: &[&'a str]) -> Vec<&'a str> {
    let words = [
        "grant",
        "--to",
        "carol@contoso.com",
        "--on",
        ROLE,
        "--allow-tier0",
        "--reason",
        "on call",
    ];
    [&words, flags].concat()
}

fn on() -> Privilege {
    Privilege::role(cast::USER_ADMINISTRATOR)
}

/// What Carol has, in the tenant itself: by which tenure, and whether it ends.
fn held(bench: &Bench) -> Vec<(Tenure, bool)> {
    let all = bench.simulator.tenant().schedules().into_iter();
    all.filter(|one| one.principal == cast::CAROL)
        .map(|one| (one.tenure, one.end.is_some()))
        .collect()
}

#[test]
fn a_role_is_given_for_as_long_as_is_said() {
    let bench = bench();
    bench.run(&grant(&["--yes"])).ends(9).notes("for how long").notes("--ttl 8h");
    for flags in [["--ttl", "8"], ["--until", "17:00"]] {
        bench.run(&grant(&[&flags[..], &["--yes"]].concat())).ends(2).notes("e.g.");
    }
    bench.run(&grant(&["--ttl", "8h", "--permanent", "--yes"])).ends(2).notes("--permanent");
    bench.run(&grant(&["--until", "2001-01-01T00:00:00Z", "--yes"])).ends(2).notes("over already");
    assert_eq!(bench.writes(), 0);

    bench
        .run(&grant(&["--ttl", "8h", "--ticket", "CHG-1", "--dry-run"]))
        .ends(0)
        .says("would become assigned until 2")
        .says("roleAssignmentScheduleRequests")
        .says("afterDateTime")
        .says("CHG-1");
    assert_eq!(bench.writes(), 0);

    bench
        .run(&grant(&["--ttl", "8h", "--yes"]))
        .ends(0)
        .says("Granted until 2")
        .says("The provider ends it then.");
    assert_eq!(held(&bench), [(Tenure::Assigned, true)]);
    bench.run(&grant(&["--ttl", "2h", "--yes"])).ends(0).says("AlreadyGranted until 2");
    bench.run(&["journal", "list"]).ends(0).says("Granted until 2");
    let journal = bench.json(&["journal", "list"], "JournalList");
    let entry = journal["items"][0]["id"].as_str().unwrap().to_owned();
    bench.run(&["journal", "show", &entry]).ends(0).says("Until   ");
    let rows = bench.json(&["access", "list", "--on", ROLE], "AccessList");
    let carol =
        rows["items"].as_array().unwrap().iter().find(|row| row["principalName"] == "Carol Cruz");
    let ends: jiff::Timestamp = carol.unwrap()["grant"]["ends"].as_str().unwrap().parse().unwrap();
    let left = ends.duration_since(now());
    assert!(
        left > SignedDuration::from_hours(7) && left <= SignedDuration::from_hours(8),
        "{left}"
    );
}

#[test]
fn somebody_is_made_eligible_which_is_no_access() {
    let bench = bench();
    bench.run(&grant(&["--eligible", "--yes"])).ends(9).notes("for how long");
    bench
        .run(&grant(&["--eligible", "--permanent", "--yes"]))
        .ends(0)
        .says("Granted: Carol Cruz (carol@contoso.com) is now eligible to be assigned of User Administrator.");
    assert_eq!(held(&bench), [(Tenure::Eligible, false)]);
    for list in
        [&["access", "list", "--on", ROLE][..], &["access", "list", "--for", "carol@contoso.com"]]
    {
        bench.run(list).ends(0).says("eligible to be assigned");
    }
    let explain = ["access", "explain", "--for", "carol@contoso.com", "--on", ROLE];
    bench
        .run(&explain)
        .ends(0)
        .says("Carol Cruz (carol@contoso.com) is not assigned of User Administrator");
    // What the last sync saw says the same.
    bench.run(&["sync"]).ends(14);
    bench.run(&["list", "grants"]).ends(14).says("eligible to be assigned");
    bench
        .run(&["access", "list", "--for", "carol@contoso.com", "--last-sync"])
        .ends(14)
        .says("eligible to be assigned");
    let last = [&explain[..], &["--last-sync"]].concat();
    bench.run(&last).ends(14).says("is not assigned of User Administrator");
    // The rule of five minutes is not about what was made long ago.
    bench.simulator.tenant().make_eligible(&on(), cast::DAVE, None).unwrap();
    bench.simulator.tenant().assign_role(cast::USER_ADMINISTRATOR, cast::DAVE, None);
    let revoke = ["revoke", "--from", "dave@contoso.com", "--on", ROLE, "--allow-tier0", "--yes"];
    bench.run(&revoke).ends(0).says("Dave Dunn is eligible for it and can activate it again.");
    let revoke = [&revoke[..], &["--eligible"]].concat();
    bench
        .run(&revoke)
        .ends(0)
        .says("Revoked: Dave Dunn (dave@contoso.com) is no longer eligible to be assigned of");
}

#[test]
fn a_group_gives_nothing_for_a_time_and_nobody_is_eligible_for_it() {
    let bench = Bench::ready();
    let words = ["grant", "--to", "dave@contoso.com", "--on", "group:Finance", "--yes"];
    let table = [
        (&["--ttl", "8h"][..], "for good only"),
        (&["--until", "2999-01-01T00:00:00Z"], "for good only"),
        (&["--eligible"], "Nobody can be eligible to be member of a group"),
    ];
    for (flags, note) in table {
        bench.run(&[&words[..], flags].concat()).ends(2).notes(note);
    }
    assert_eq!(bench.writes(), 0);
}

/// Who may only activate the role, or holds it until an instant, does not keep the tenant running.
#[test]
fn nobody_counts_as_the_one_who_remains_but_who_holds_it_for_good() {
    let bench = Bench::ready();
    let role = "role:Global Administrator";
    bench.run(&["integration", "allow", role]).ends(0);
    {
        let mut tenant = bench.simulator.tenant();
        for held in tenant.role_assignments() {
            if held.role == cast::GLOBAL_ADMINISTRATOR && held.principal != cast::ALICE {
                tenant.remove_role(&held.role, &held.principal, &held.scope);
            }
        }
        let on = Privilege::role(cast::GLOBAL_ADMINISTRATOR);
        tenant.make_eligible(&on, cast::BOB, None).unwrap();
        let end = now() + SignedDuration::from_hours(1);
        tenant.make_active(&on, cast::CAROL, Some(end)).unwrap();
    }
    let revoke = ["revoke", "--from", "alice@contoso.com", "--on", role, "--allow-tier0", "--yes"];
    bench.run(&revoke).ends(9).notes("the last user");
    assert_eq!(bench.writes(), 0);
    assert!(bench.simulator.tenant().assign_role(cast::GLOBAL_ADMINISTRATOR, cast::FRANK, None));
    bench.run(&revoke).ends(0).says("Revoked");
}

#[test]
fn lines_of_a_file_say_for_how_long() {
    let bench = bench();
    let text = "principal,resource,ttl\n\
                carol@contoso.com,role:User Administrator,8h\n\
                dave@contoso.com,role:User Administrator,\n\
                dave@contoso.com,role:User Administrator,1d\n\
                frank@contoso.com,role:User Administrator,soon\n\
                frank@contoso.com,group:Finance,8h\n";
    let file = bench.file("changes.csv", text);
    let words =
        ["grant", "--file", &file, "--allow-tier0", "--permanent", "--reason", "on call", "--yes"];
    bench
        .run(&words)
        .ends(12)
        .says("Granted until 2")
        .notes("line 4: It gives what line 3 gives, and ends at another time.")
        .notes("line 5: The ttl is `soon`.")
        .notes("line 6: The provider gives member of a group for good only");
    assert_eq!(held(&bench), [(Tenure::Assigned, true)]);
    let gone =
        bench.file("gone.csv", "principal,resource,ttl\ncarol@contoso.com,group:Finance,8h\n");
    bench
        .run(&["revoke", "--file", &gone, "--yes"])
        .ends(2)
        .notes("line 2: It takes access, and says for how long.");
    // For the lines that do not say; a plan keeps the instant.
    let text = "op,principal,resource\ngrant,bob@contoso.com,role:User Administrator\n";
    let (file, plan) = (bench.file("plan.csv", text), bench.file("plan.json", ""));
    let words = [
        "plan",
        "-f",
        &file,
        "-o",
        &plan,
        "--force",
        "--ttl",
        "4h",
        "--allow-tier0",
        "--reason",
        "on call",
    ];
    bench.run(&words).ends(0).says("would be granted until 2");
    let written: serde_json::Value =
        serde_json::from_str(&std::fs::read_to_string(&plan).unwrap()).unwrap();
    let until = written["changes"][0]["until"].clone();
    bench.run(&["apply", &plan, "--yes"]).ends(0).says("Granted until 2");
    let all = bench.simulator.tenant().schedules();
    let bob = all.iter().find(|one| one.principal == cast::BOB).unwrap();
    assert_eq!(json!(bob.end), until);
}
