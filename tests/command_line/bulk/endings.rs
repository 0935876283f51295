//! Stopped in the middle: what was sent is known, the rest was not tried, and a rerun goes on.

use entra_sim::{Answer, Fault, Matcher};

use super::{ends, joiners, sent};
use crate::bench::{Bench, finish};
use crate::endings::send;

/// Revokes go one by one, slowly enough to be stopped between two.
fn slow(bench: &Bench) {
    bench.simulator.change_settings(|settings| {
        settings.latency.least = std::time::Duration::from_millis(150);
        settings.latency.most = std::time::Duration::from_millis(150);
    });
}

#[test]
fn ctrl_c_finishes_what_was_sent_and_a_rerun_does_the_rest() {
    let bench = Bench::ready();
    let (file, _) = joiners(&bench, 12, "group:Finance");
    bench.run(&["grant", "--file", &file, "--yes"]).ends(0);
    slow(&bench);
    let revoke = ["revoke", "--file", &file, "--yes", "-o", "json"];
    let child = bench.command(&revoke).spawn().unwrap();
    bench.wait_until(|| sent(&bench, "DELETE") >= 3);
    send(&child, "-INT");
    let output = finish(child).ends(130);
    let output = output.notes("Stopping. What was sent is waited for");
    let document = output.document("ChangeList");
    let done = ends(&document).iter().filter(|(_, end)| end == "revoked").count();
    let left = ends(&document).iter().filter(|(_, end)| end == "not-tried").count();
    assert_eq!(done + left, 12, "{document:#}");
    assert_eq!(done, sent(&bench, "DELETE"), "nothing that was sent is left unsaid");
    assert!(done >= 3 && left > 0, "{done} {left}");
    let again = bench.run(&revoke[..4]).ends(0);
    again.says(&format!("12 of 12 lines: {left} revoked, {done} already."));
    assert_eq!(sent(&bench, "DELETE"), 12);
}

#[test]
fn ctrl_c_before_the_first_write_changes_nothing() {
    let bench = Bench::ready();
    let (file, _) = joiners(&bench, 3, "group:Finance");
    let mut when = Matcher::always("/v1.0/groups");
    when.method = Some(http::Method::GET);
    bench.simulator.inject(Fault { when, what: Answer::NoAnswer });
    let asked = bench.simulator.trace().len();
    let child = bench.command(&["grant", "--file", &file, "--yes"]).spawn().unwrap();
    bench.wait_until(|| bench.simulator.trace().iter().skip(asked).any(|one| one.method == "GET"));
    send(&child, "-INT");
    let output = finish(child).ends(130);
    assert_eq!(output.stderr, "Stopped. No change was under way.\n");
    assert_eq!(bench.writes(), 0);
}

/// The answer to a write does not come, and nobody waits for ever.
#[test]
fn ctrl_c_during_a_write_leaves_it_to_the_next_command() {
    let bench = Bench::ready();
    let (file, _) = joiners(&bench, 3, "group:Finance");
    let mut when = Matcher::once("/v1.0/groups/");
    when.method = Some(http::Method::PATCH);
    bench.simulator.inject(Fault { when, what: Answer::AppliedNoAnswer });
    let grant = ["grant", "--file", &file, "--yes"];
    let child = bench.command(&grant).spawn().unwrap();
    bench.wait_until(|| sent(&bench, "PATCH") == 1);
    send(&child, "-INT");
    finish(child).ends(130).says("3 not known yet").says("Unknown");
    bench.run(&grant).ends(0).notes("An open change of").says("3 of 3 lines: 3 already.");
    assert_eq!(sent(&bench, "PATCH"), 1, "a lost write is never repeated");
}

/// A program that is killed in the middle of a batch left an intent for each of its changes.
#[test]
fn a_program_that_is_killed_during_a_batch_is_settled_by_the_next_command() {
    let bench = Bench::ready();
    let (file, _) = joiners(&bench, 3, "group:Finance");
    let mut when = Matcher::once("/v1.0/groups/");
    when.method = Some(http::Method::PATCH);
    bench.simulator.inject(Fault { when, what: Answer::AppliedNoAnswer });
    let mut child = bench.command(&["grant", "--file", &file, "--yes"]).spawn().unwrap();
    bench.wait_until(|| sent(&bench, "PATCH") == 1);
    child.kill().unwrap();
    child.wait().unwrap();
    let journal = bench.json(&["journal", "list"], "JournalList");
    let items = journal["items"].as_array().unwrap();
    assert_eq!(items.len(), 3);
    assert!(items.iter().all(|entry| entry["state"] == "intent"), "{journal}");
    bench.run(&["check"]).ends(0).notes("member of Finance: Granted.");
    let journal = bench.json(&["journal", "list"], "JournalList");
    let items = journal["items"].as_array().unwrap();
    assert!(items.iter().all(|entry| entry["settlement"]["outcome"]["kind"] == "granted"));
}

/// A provider that goes away ends all, and says so once.
#[test]
fn a_provider_that_goes_away_ends_the_rest() {
    let bench = Bench::ready();
    let (file, _) = joiners(&bench, 45, "group:Finance");
    let mut when = Matcher::always("/v1.0/groups/");
    when.method = Some(http::Method::PATCH);
    when.skip = 1;
    let what = Answer::Throttle { retry_after: Some("100000".to_owned()) };
    bench.simulator.inject(Fault { when, what });
    let grant = ["grant", "--file", &file, "--yes", "-o", "json"];
    let document = bench.run(&grant).ends(12).document("ChangeList");
    assert_eq!(document["stopped"]["kind"], "rate-limited", "{:#}", document["stopped"]);
    assert_eq!(document["summary"]["granted"], 20);
    assert_eq!(document["summary"]["failed"], 20);
    assert_eq!(document["summary"]["notTried"], 5);
    bench.simulator.clear_faults();
    let again = bench.run(&grant[..4]).ends(0);
    again.says("45 of 45 lines: 25 granted, 20 already.");
}
