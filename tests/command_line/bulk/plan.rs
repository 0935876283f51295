//! A plan that is made, looked at, and carried out, or refused because something is not as it says.

use entra_sim::{Size, cast};
use serde_json::{Value, json};
use std::path::PathBuf;

use super::{items, joiners};
use crate::bench::{Bench, add, is_one_error};

fn plan_file(bench: &Bench) -> PathBuf {
    bench.data().with_file_name("plan.json")
}

/// A plan for so many new people in Finance, in `plan.json`.
fn planned(bench: &Bench, many: usize) -> Vec<String> {
    let (file, ids) = joiners(bench, many, "group:Finance");
    let text = std::fs::read_to_string(&file).unwrap();
    let with_op = text.replace("principal,", "op,principal,").replace("\njoiner", "\ngrant,joiner");
    std::fs::write(&file, with_op).unwrap();
    bench
        .run(&["plan", "-f", &file, "-o", "plan.json"])
        .ends(0)
        .says(&format!("{many} would be granted. Nothing was sent."))
        .notes("`doorward apply plan.json`");
    ids
}

fn change(bench: &Bench, change: impl FnOnce(&mut Value)) {
    let path = plan_file(bench);
    let mut plan: Value = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
    change(&mut plan);
    std::fs::write(path, plan.to_string()).unwrap();
}

const APPLY: [&str; 3] = ["apply", "plan.json", "--yes"];

#[test]
fn what_was_planned_is_what_is_done() {
    let bench = Bench::ready();
    let ids = planned(&bench, 25);
    assert_eq!(bench.writes(), 0);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = std::fs::metadata(plan_file(&bench)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }
    let plan: Value = serde_json::from_slice(&std::fs::read(plan_file(&bench)).unwrap()).unwrap();
    assert_eq!(plan["kind"], "ChangePlan");
    assert_eq!(plan["integration"]["name"], "contoso");
    assert_eq!(plan["identity"]["place"], "Contoso");
    assert_eq!(plan["changes"].as_array().unwrap().len(), 25);
    assert_eq!(plan["changes"][0]["prior"], "not-held");
    assert_eq!(plan["requests"].as_array().unwrap().len(), 2);
    assert!(plan["requests"][0]["digest"].is_string());
    // Somebody is renamed: ids count.
    bench.simulator.tenant().rename(&ids[0], "Joiner Renamed");
    bench.run(&["apply", "plan.json"]).ends(9).notes("--yes");
    bench.run(&["apply", "plan.json", "--dry-run"]).ends(0).says("25 would be granted");
    assert_eq!(bench.writes(), 0);
    bench.run(&APPLY).ends(0).says("Joiner Renamed").says("25 of 25 lines: 25 granted.");
    assert_eq!(bench.writes(), 2);
    // Its own work is no other state: it can be run again when it was stopped.
    bench.run(&APPLY).ends(0).says("25 of 25 lines: 25 already.");
    assert_eq!(bench.writes(), 2);
    let journal = bench.json(&["journal", "list"], "JournalList");
    let mut journaled: Vec<&str> =
        items(&journal).iter().map(|entry| entry["id"].as_str().unwrap()).collect();
    let mut planned: Vec<&str> = plan["changes"]
        .as_array()
        .unwrap()
        .iter()
        .map(|change| change["id"].as_str().unwrap())
        .collect();
    journaled.sort_unstable();
    planned.sort_unstable();
    assert_eq!(journaled, planned);
}

#[test]
fn a_plan_is_printed_or_written_and_replaces_nothing() {
    let bench = Bench::ready();
    planned(&bench, 2);
    let file = bench.data().with_file_name("changes.csv");
    let file = file.to_str().unwrap();
    let error = bench.run(&["plan", "-f", file, "-o", "plan.json"]).ends(2);
    is_one_error(&error);
    error.notes("plan.json is there already").notes("--force");
    bench.run(&["plan", "-f", file, "-o", "plan.json", "--force"]).ends(0);
    let printed = bench.run(&["plan", "-f", file, "-o", "json"]).ends(0).document("ChangePlan");
    assert_eq!(printed["changes"].as_array().unwrap().len(), 2);
    bench.file("printed.json", &printed.to_string());
    bench.run(&["apply", "printed.json", "--dry-run"]).ends(0);
    bench.run(&["plan", "-f", file, "-o", "no/such/plan.json"]).ends(2).notes("cannot be written");
    bench.run(&["plan", "-f", file, "-o", "csv"]).ends(2).notes("gives no list");
    let lacking = bench.file("lacking.csv", "principal,resource\na,b\n");
    bench.run(&["plan", "-f", &lacking]).ends(2).notes("no column `op`");
}

#[test]
fn a_state_that_changed_is_refused_with_its_lines() {
    let bench = Bench::ready();
    let ids = planned(&bench, 4);
    bench.simulator.tenant().add_member(cast::FINANCE, &ids[1]);
    let error = bench.fails(&APPLY, 9);
    assert_eq!(error["reason"], "state-changed");
    assert_eq!(error["attributes"]["lines"], json!([3]));
    let output = bench.run(&APPLY).ends(9);
    is_one_error(&output);
    output.notes("in line 3. Nothing was sent.").notes(
        "why: Line 3: Joiner 001 (joiner001@contoso.com) (Finance): was not held, is held now.",
    );
    bench.run(&["apply", "plan.json", "--dry-run"]).ends(9);
    bench.simulator.tenant().remove_member(cast::FINANCE, &ids[1]);
    bench.run(&["integration", "protect", &format!("user:id={}", ids[2])]).ends(0);
    assert_eq!(bench.fails(&APPLY, 9)["attributes"]["lines"], json!([4]));
    assert_eq!(bench.writes(), 0);
}

#[test]
fn a_plan_for_another_place_is_refused() {
    let bench = Bench::ready();
    planned(&bench, 2);
    let file = bench.connection(json!({}));
    bench.run(&add("second", &file)).ends(0);
    let other = [&APPLY[..], &["-i", "second"]].concat();
    assert_eq!(bench.fails(&other, 9)["reason"], "plan-for-another-integration");
    // Without a name it is the one that the plan is for, whichever is chosen.
    bench.run(&["integration", "use", "second"]).ends(0);
    bench.run(&["apply", "plan.json", "--dry-run"]).ends(0);
    // The same name, and another application.
    let fields = json!({"client_id": cast::SCOPED_CLIENT_ID, "secret": cast::SCOPED_SECRET});
    let file = bench.connection(fields);
    bench.run(&["integration", "update", "contoso", "--connection", &file, "--yes"]).ends(0);
    assert_eq!(bench.fails(&APPLY, 9)["reason"], "plan-for-another-tenant");
    bench.run(&["integration", "remove", "contoso", "--yes"]).ends(0);
    assert_eq!(bench.fails(&APPLY, 6)["reason"], "integration-not-found");
    assert_eq!(bench.writes(), 0);
}

#[test]
fn a_plan_that_is_old_or_damaged_is_refused() {
    let bench = Bench::ready();
    planned(&bench, 2);
    let kept = std::fs::read(plan_file(&bench)).unwrap();
    change(&bench, |plan| plan["changes"][0]["principal"]["id"] = json!(cast::BOB));
    assert_eq!(bench.fails(&APPLY, 2)["reason"], "damaged-plan");
    change(&bench, |plan| plan["changes"] = json!(7));
    assert_eq!(bench.fails(&APPLY, 2)["reason"], "not-a-plan");
    for text in [&b""[..], b"{}", b"\xff\xfe{\0}\0", &kept[..kept.len() / 2]] {
        std::fs::write(plan_file(&bench), text).unwrap();
        let output = bench.run(&APPLY).ends(2);
        is_one_error(&output);
        output.notes("Make a new one with `doorward plan`.");
    }
    assert_eq!(bench.fails(&["apply", "no.json", "--yes"], 2)["reason"], "plan-unreadable");
    assert_eq!(bench.writes(), 0);
}

#[test]
fn a_plan_carries_no_more_out_than_is_meant() {
    let bench = Bench::of(&Size { users: 20, groups: 8, seed: 1, ..Size::default() }, false);
    bench.add();
    bench.run(&["integration", "allow", "--all-groups"]).ends(0);
    planned(&bench, 51);
    assert_eq!(bench.fails(&APPLY, 9)["reason"], "too-many-changes");
    assert_eq!(bench.writes(), 0);
    bench.run(&[&APPLY[..], &["--max-changes", "51"]].concat()).ends(0).says("51 granted");
}
