//! Files of changes: what is read, what is refused, and in what words.

use serde_json::Value;

use super::{ends, items, pairs, people};
use crate::bench::{Bench, is_one_error};

#[test]
fn every_bad_line_is_told_and_stops_no_other() {
    let bench = Bench::ready();
    people(&bench, 2);
    let text = "\u{feff}Principal,resource,right,scope,ttl,op\r\n\
                joiner000@contoso.com,group:Finance,,,,\r\n\
                joiner001@contoso.com,group:Finance,,,8h,grant\r\n\
                joiner001@contoso.com,group:Finance,,,,revoke\r\n\
                joiner001@contoso.com,group:Finance,,,,give\r\n\
                ,group:Finance,,,,\r\n\
                joiner001@contoso.com,group:Finance,boss,,,\r\n\
                joiner001@contoso.com,group:Finance,,au:EMEA,,\r\n\
                joiner001@contoso.com,group:Warehouse,,,,\r\n\
                joiner001@contoso.com,thing:Finance,,,,\r\n\
                \"joiner001@contoso.com\",\"group:Finance\",owner,,,GRANT\r\n";
    let file = bench.file("changes.csv", text);
    let grant = ["grant", "--file", &file, "--yes"];
    let output = bench.run(&[&grant[..], &["-o", "json"]].concat()).ends(12);
    let document = output.document("ChangeList");
    let expected = [
        (2, "granted"),
        (3, "no-end"),
        (4, "other-op"),
        (5, "unknown-op"),
        (6, "missing-word"),
        (7, "unknown-right"),
        (8, "no-scope"),
        (9, "synced-from-active-directory"),
        (10, "unknown-kind"),
        (11, "granted"),
    ];
    let expected: Vec<_> = expected.map(|(line, end)| (line, end.to_owned())).into();
    assert_eq!(ends(&document), expected);
    for item in items(&document).iter().filter(|item| item["status"] == "failed") {
        assert!(item["error"]["remedy"].is_string(), "{item}");
        assert!(item["error"]["message"].as_str().unwrap().ends_with('.'), "{item}");
    }
    let people = bench.run(&grant).ends(12);
    people
        .says("error: no-end")
        .says("2 of 10 lines: 2 already; 8 errors.")
        .notes("line 3: The provider gives member of a group for good only")
        .notes("line 4: The op is `revoke`, and this is `doorward grant`.");
}

#[test]
fn json_lines_and_standard_input_are_read_alike() {
    let bench = Bench::ready();
    people(&bench, 2);
    let text = "{\"principal\": \"joiner000@contoso.com\", \"resource\": \"group:Finance\", \
                \"reason\": \"joins\", \"ticket\": 12}\n\n\
                {\"principal\": \"joiner001@contoso.com\", \"resource\": \"group:Finance\"}\n";
    let words = ["grant", "--file", "-", "--yes", "--reason", "all of them", "-o", "jsonl"];
    let output = bench.run_with_input(&words, text).ends(0);
    let lines: Vec<Value> =
        output.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let numbers: Vec<&Value> = lines.iter().map(|line| &line["line"]).collect();
    assert_eq!(numbers, [1, 3]);
    assert_eq!(lines[0]["asked"]["ticket"], "12");
    let journal = bench.json(&["journal", "list"], "JournalList");
    let mut reasons: Vec<&str> = items(&journal)
        .iter()
        .map(|entry| entry["operation"]["reason"].as_str().unwrap())
        .collect();
    reasons.sort_unstable();
    assert_eq!(reasons, ["all of them", "joins"]);
    // Nobody can be asked when the changes come from standard input.
    let error = bench.run_with_input(&["grant", "--file", "-", "-o", "json"], text).ends(9).error();
    assert_eq!(error["reason"], "confirmation-needed");
}

#[test]
fn a_file_that_cannot_be_used_is_one_error_and_nothing_is_asked() {
    let bench = Bench::ready();
    let asked = bench.simulator.trace().len();
    for (text, reason) in [
        ("", "no-changes"),
        ("principal,group\na,b\n", "unknown-column"),
        ("principal,reason\na,b\n", "missing-column"),
        ("[]", "json-array"),
    ] {
        let file = bench.file("bad.csv", text);
        let words = ["grant", "--file", &file, "--yes"];
        assert_eq!(bench.fails(&words, 2)["reason"], reason, "{text}");
        let output = bench.run(&words).ends(2);
        is_one_error(&output);
        output.notes("bad.csv cannot be used: ");
    }
    assert_eq!(
        bench.fails(&["grant", "--file", "no.csv", "--yes"], 2)["reason"],
        "file-unreadable"
    );
    assert_eq!(bench.simulator.trace().len(), asked, "nothing was asked");
}

#[test]
fn one_change_or_a_file_but_not_both() {
    let bench = Bench::ready();
    for words in [
        &["grant", "--file", "a.csv", "--to", "alice@contoso.com"][..],
        &["grant", "--file", "a.csv", "--on", "group:Finance"],
        &["grant", "--to", "alice@contoso.com"],
        &["revoke", "--on", "group:Finance"],
        &["plan", "-o", "plan.json"],
        &["grant", "--to", "a", "--on", "b", "--max-changes", "3"],
        &["check", "-o", "plan.json"],
        &["plan", "-f", "a.csv", "-o", "jsn"],
    ] {
        bench.run(words).ends(2).notes("For more information, try");
    }
}

#[test]
fn every_format_has_one_line_for_each() {
    let bench = Bench::ready();
    people(&bench, 2);
    let lines =
        [("joiner000@contoso.com", "group:Finance"), ("nobody@contoso.com", "group:Finance")];
    let file = pairs(&bench, &lines);
    let run = |format: &str| {
        bench.run(&["grant", "--file", &file, "--dry-run", "-o", format]).ends(12).stdout
    };
    assert_eq!(run("jsonl").lines().count(), 2);
    let csv = run("csv");
    assert!(csv.starts_with("line,op,who,right,on,scope,outcome,message,remedy,"), "{csv}");
    assert_eq!(csv.lines().count(), 3, "{csv}");
    assert_eq!(run("tsv").lines().count(), 3);
    assert_eq!(run("name").lines().nth(1), Some("line 3"));
    assert!(run("wide").contains("There is no user:nobody@contoso.com"));
    let columns = ["grant", "--file", &file, "--dry-run", "--columns", "line,outcome"];
    bench.run(&columns).ends(12).says("would be granted");
    let columns = ["grant", "--file", &file, "--dry-run", "--columns", "colour"];
    bench.run(&columns).ends(2).notes("Choose among: line, op, who");
}
