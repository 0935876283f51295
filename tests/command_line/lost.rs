//! Answers that are lost, and a program that is killed: what came of the change is found by looking.

use entra_sim::{Answer, Fault, Matcher, cast};

use crate::bench::Bench;

const GRANT: [&str; 6] = ["grant", "--to", "alice@contoso.com", "--on", "group:Finance", "--yes"];

fn inject(bench: &Bench, what: Answer) {
    let mut when = Matcher::once("/v1.0/groups/");
    when.method = Some(http::Method::POST);
    bench.simulator.inject(Fault { when, what });
}

/// The only journal entry, which says that access was given, as a look found out.
fn journal_says_granted_by_looking(bench: &Bench) {
    let journal = bench.json(&["journal", "list"], "JournalList");
    let items = journal["items"].as_array().unwrap();
    assert_eq!(items.len(), 1, "{journal}");
    assert_eq!(items[0]["state"], "settled", "{journal}");
    assert_eq!(items[0]["settlement"]["outcome"]["kind"], "granted", "{journal}");
    assert_eq!(items[0]["settlement"]["byLooking"], true, "{journal}");
    bench.run(&["journal", "list"]).ends(0).says("Granted");
    let id = items[0]["id"].as_str().unwrap();
    bench.run(&["journal", "show", id]).ends(0).says("by looking");
}

#[test]
fn a_504_after_an_applied_write_is_settled_by_the_same_command() {
    let bench = Bench::ready();
    inject(&bench, Answer::AppliedThen { status: 504 });
    bench.run(&GRANT).ends(0).says("Granted: Alice Archer").says("found out by looking");
    assert!(bench.simulator.tenant().members(cast::FINANCE).contains(&cast::ALICE.to_owned()));
    assert_eq!(bench.writes(), 1, "a lost write is never repeated");
    journal_says_granted_by_looking(&bench);
}

#[cfg(unix)]
#[test]
fn a_program_killed_between_intent_and_outcome_is_settled_by_the_next_command() {
    for next in [&["access", "list", "--on", "group:Finance"][..], &["check"]] {
        let bench = Bench::ready();
        inject(&bench, Answer::AppliedNoAnswer);
        let mut child = bench.command(&GRANT).spawn().unwrap();
        bench.wait_until(|| bench.simulator.trace().iter().any(|one| one.wrote));
        // SIGKILL.
        child.kill().unwrap();
        let status = child.wait().unwrap();
        assert_eq!(std::os::unix::process::ExitStatusExt::signal(&status), Some(9));
        let before = bench.json(&["journal", "list"], "JournalList");
        assert_eq!(before["items"][0]["state"], "intent", "{before}");
        assert!(before["items"][0]["settlement"].is_null(), "{before}");

        let settled = bench.run(next).ends(0);
        settled
            .notes("An open change of")
            .notes("grant Alice Archer (alice@contoso.com): member of Finance: Granted.");
        journal_says_granted_by_looking(&bench);
        assert_eq!(bench.writes(), 1, "a lost write is never repeated");
        let quiet = bench.run(next).ends(0);
        assert!(!quiet.stderr.contains("open change"), "{}", quiet.stderr);
    }
}

#[test]
fn an_interrupted_program_whose_write_was_not_carried_out_says_so_later() {
    let bench = Bench::ready();
    inject(&bench, Answer::NoAnswer);
    let mut child = bench.command(&GRANT).spawn().unwrap();
    bench.wait_until(|| bench.writes() == 1);
    child.kill().unwrap();
    child.wait().unwrap();
    bench.run(&["check"]).ends(0).notes("An open change of");
    assert!(!bench.simulator.tenant().members(cast::FINANCE).contains(&cast::ALICE.to_owned()));
    let journal = bench.json(&["journal", "list"], "JournalList");
    // A replica may lag: only a later look can say that it was not.
    assert_eq!(journal["items"][0]["state"], "open", "{journal}");
    let settlement = &journal["items"][0]["settlement"];
    assert_eq!(settlement["outcome"]["kind"], "unknown", "{journal}");
    assert_eq!(settlement["byLooking"], true, "{journal}");
}

/// Who stops a command after its write must not read that nothing was changed.
#[cfg(unix)]
#[test]
fn ctrl_c_after_the_write_says_what_came_of_it() {
    let bench = Bench::ready();
    bench.simulator.tenant().add_member(cast::FINANCE, cast::ALICE);
    let mut when = Matcher::once("/transitiveMembers");
    when.method = Some(http::Method::GET);
    bench.simulator.inject(Fault { when, what: Answer::NoAnswer });
    let revoke = ["revoke", "--from", "alice@contoso.com", "--on", "group:Finance", "--yes"];
    let child = bench
        .command(&revoke)
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    // What follows the write only reads.
    bench.wait_until(|| {
        let trace = bench.simulator.trace();
        trace.iter().any(|one| one.path.contains("transitiveMembers"))
    });
    let id = child.id().to_string();
    std::process::Command::new("kill").args(["-INT", &id]).status().unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(130));
    let said = String::from_utf8(output.stderr).unwrap();
    let expect = "What came of the change is known: revoke Alice Archer (alice@contoso.com): \
                  member of Finance: Revoked.";
    assert!(said.contains(expect), "{said}");
}

/// What can be seen counts, not what is said.
#[cfg(unix)]
#[test]
fn what_can_be_looked_up_is_not_closed_by_hand() {
    let bench = Bench::ready();
    inject(&bench, Answer::AppliedNoAnswer);
    let mut child = bench.command(&GRANT).spawn().unwrap();
    bench.wait_until(|| bench.simulator.trace().iter().any(|one| one.wrote));
    child.kill().unwrap();
    child.wait().unwrap();
    let journal = bench.json(&["journal", "list"], "JournalList");
    let id = journal["items"][0]["id"].as_str().unwrap();
    let close = ["journal", "close", id, "--outcome", "not-applied", "--reason", "guess", "--yes"];
    bench.run(&close).ends(2).notes("found just now by looking: Granted");
    journal_says_granted_by_looking(&bench);
}

#[test]
fn what_nobody_can_look_up_is_closed_by_hand() {
    let bench = Bench::ready();
    bench.run(&["integration", "allow", "group:Works Council"]).ends(0);
    let mut when = Matcher::once("/v1.0/groups/");
    when.method = Some(http::Method::DELETE);
    bench.simulator.inject(Fault { when, what: Answer::ResetBefore });
    let revoke = ["revoke", "--from", "dave@contoso.com", "--on", "group:Works Council", "--yes"];
    bench.run(&revoke).ends(13);
    bench.run(&revoke).ends(13).notes("doorward journal close ");
    bench.run(&["integration", "remove", "contoso", "--yes"]).ends(13).notes("not known yet");
    let journal = bench.json(&["journal", "list"], "JournalList");
    let id = journal["items"][0]["id"].as_str().unwrap();
    let close =
        ["journal", "close", id, "--outcome", "not-applied", "--reason", "seen in the portal"];
    bench.run(&close).ends(9);
    let close = [&close[..], &["--yes"]].concat();
    bench.run(&close).ends(0).says("NotApplied").says("seen in the portal");
    bench.run(&close).ends(2).notes("is known already");
    bench.run(&revoke).ends(0).says("AlreadyRevoked");
}
