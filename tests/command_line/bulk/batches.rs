//! What is written together, and what happens when that is refused or its answer is lost.

use entra_sim::{Answer, Fault, Matcher, cast};
use serde_json::Value;

use super::{ends, items, joiners, pairs, people, sent};
use crate::bench::Bench;

fn inject(bench: &Bench, method: http::Method, what: Answer) {
    let mut when = Matcher::once("/v1.0/groups/");
    when.method = Some(method);
    bench.simulator.inject(Fault { when, what });
}

fn all(document: &Value, end: &str) {
    assert!(ends(document).iter().all(|(_, found)| found == end), "{document:#}");
}

#[test]
fn a_dry_run_shows_one_request_for_each_batch() {
    let bench = Bench::ready();
    let (file, _) = joiners(&bench, 45, "group:Finance");
    let dry = ["grant", "--file", &file, "--dry-run"];
    let document = bench.json(&dry, "ChangeList");
    let requests = document["requests"].as_array().unwrap();
    let sizes: Vec<usize> =
        requests.iter().map(|one| one["lines"].as_array().unwrap().len()).collect();
    assert_eq!(sizes, [20, 20, 5]);
    assert_eq!(requests[0]["request"]["method"], "PATCH");
    let links = &requests[2]["request"]["body"]["members@odata.bind"];
    assert_eq!(links.as_array().unwrap().len(), 5);
    assert_eq!(document["dryRun"], true);
    all(&document, "planned");
    bench
        .run(&dry)
        .ends(0)
        .says("would be granted")
        .says(&format!("PATCH {}/v1.0/groups/{}  (lines 2–21)", bench.base, cast::FINANCE))
        .says("45 of 45 lines: 45 would be granted. Nothing was sent.");
    assert_eq!(bench.writes(), 0);
    let small = [&dry[..], &["--max-changes", "20"]].concat();
    bench.run(&small).ends(0).notes("takes `--max-changes 45`");
}

#[test]
fn what_is_there_needs_no_write_and_the_rest_is_written_together() {
    let bench = Bench::ready();
    let (file, ids) = joiners(&bench, 30, "group:Finance");
    let grant = ["grant", "--file", &file, "--yes"];
    for id in &ids[..10] {
        bench.simulator.tenant().add_member(cast::FINANCE, id);
    }
    bench
        .run(&grant)
        .ends(0)
        .says("AlreadyGranted")
        .says("30 of 30 lines: 20 granted, 10 already.");
    assert_eq!((bench.writes(), sent(&bench, "PATCH")), (1, 1));
    bench.run(&grant).ends(0).says("30 of 30 lines: 30 already.");
    assert_eq!(bench.writes(), 1, "a rerun writes nothing");
    // Taken again: Graph takes members one by one.
    let revoke = ["revoke", "--file", &file, "--yes"];
    bench.run(&revoke).ends(0).says("30 of 30 lines: 30 revoked.");
    assert_eq!(sent(&bench, "DELETE"), 30);
    bench.run(&revoke).ends(0).says("30 of 30 lines: 30 already.");
    assert_eq!(sent(&bench, "DELETE"), 30);
}

#[test]
fn when_a_batch_is_refused_each_is_tried_alone() {
    let bench = Bench::ready();
    let (file, _) = joiners(&bench, 6, "group:Finance");
    inject(
        &bench,
        http::Method::PATCH,
        Answer::Status {
            status: 400,
            code: "Request_BadRequest".to_owned(),
            message: "One or more added object references already exist for the following \
                      modified properties: 'members'."
                .to_owned(),
        },
    );
    let document = bench.json(&["grant", "--file", &file, "--yes"], "ChangeList");
    all(&document, "granted");
    assert_eq!((sent(&bench, "PATCH"), sent(&bench, "POST")), (1, 1 + 6), "one is the token's");
    let journal = bench.json(&["journal", "list"], "JournalList");
    let entries = items(&journal);
    assert_eq!(entries.len(), 6, "one entry for each change, whichever way it was written");
    for entry in entries {
        assert_eq!(entry["request"]["method"], "POST", "{entry}");
        assert_eq!(entry["settlement"]["outcome"]["kind"], "granted", "{entry}");
    }
}

#[test]
fn a_lost_answer_to_a_batch_is_looked_up_for_each() {
    let bench = Bench::ready();
    let (file, _) = joiners(&bench, 5, "group:Finance");
    inject(&bench, http::Method::PATCH, Answer::AppliedThen { status: 504 });
    let document = bench.json(&["grant", "--file", &file, "--yes"], "ChangeList");
    all(&document, "granted");
    assert!(items(&document).iter().all(|item| item["change"]["byLooking"] == true));
    assert_eq!(bench.writes(), 1, "a lost write is never repeated");
    let journal = bench.json(&["journal", "list"], "JournalList");
    assert!(items(&journal).iter().all(|entry| entry["state"] == "settled"), "{journal}");
}

#[test]
fn lines_that_mean_the_same_are_one_change_and_contradictions_are_none() {
    let bench = Bench::ready();
    let people = people(&bench, 2);
    let (first, second) = (people[0].0.as_str(), people[1].0.as_str());
    let file = pairs(
        &bench,
        &[(first, "group:Finance"), (first, "group:finance"), (second, "group:Finance")],
    );
    let document = bench.json(&["grant", "--file", &file, "--yes"], "ChangeList");
    all(&document, "granted");
    let same: Vec<&Value> = items(&document).iter().map(|item| &item["sameAs"]).collect();
    assert_eq!(same, [&Value::Null, &Value::from(2), &Value::Null]);
    assert_eq!(document["summary"]["granted"], 2);
    let text = format!(
        "op,principal,resource\nrevoke,{first},group:Finance\ngrant,{first},group:Finance\n\
         revoke,{second},group:Finance\n"
    );
    let file = bench.file("both.csv", &text);
    bench
        .run(&["plan", "-f", &file, "-o", "plan.json"])
        .ends(12)
        .notes("line 2: It takes what line 3 gives. Neither was done.");
    let writes = bench.writes();
    let applied = bench.run(&["apply", "plan.json", "--yes"]).ends(0);
    applied.says("1 of 1 line: 1 revoked.");
    assert_eq!(bench.writes(), writes + 1);
}

/// A person reads what access is left, also of many.
#[test]
fn a_revoke_of_many_says_through_what_access_remains() {
    let bench = Bench::ready();
    bench.simulator.tenant().add_member(cast::ENGINEERING, cast::BOB);
    let file = pairs(&bench, &[("bob@contoso.com", "group:Engineering")]);
    bench
        .run(&["revoke", "--file", &file, "--yes"])
        .ends(0)
        .says("Revoked")
        .notes("line 2: Bob Berg still has the access: Bob Berg → Platform → Engineering");
}
