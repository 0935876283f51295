//! The formats of lists: one model of rows, printed for people, spreadsheets, line tools and
//! programs; and names that would deceive whoever reads them.

use entra_sim::cast;
use serde_json::{Value, json};

use crate::bench::{Bench, Output};

/// Every list, its JSON kind, and what its first columns are.
const LISTS: [(&[&str], &str, &str); 5] = [
    (&["connector", "list"], "ConnectorList", "id"),
    (&["integration", "list"], "IntegrationList", "name"),
    (&["access", "list", "--on", "group:Finance"], "AccessList", "who"),
    (&["access", "list", "--for", "bob@contoso.com"], "AccessList", "on"),
    (&["journal", "list"], "JournalList", "at"),
];

fn run(bench: &Bench, command: &[&str], format: &str) -> Output {
    bench.run(&[command, &["-o", format]].concat())
}

fn bench_with_a_change() -> Bench {
    let bench = Bench::ready();
    bench.run(&["grant", "--to", "alice@contoso.com", "--on", "group:Finance", "--yes"]).ends(0);
    bench
}

#[test]
fn every_format_has_the_same_rows() {
    let bench = bench_with_a_change();
    for (command, kind, first) in LISTS {
        let document = run(&bench, command, "json").ends(0).document(kind);
        let items = document["items"].as_array().unwrap();
        assert!(!items.is_empty(), "{command:?}");

        let lines = run(&bench, command, "jsonl").ends(0);
        assert_eq!(lines.stderr, "", "{command:?}");
        let lines: Vec<Value> =
            lines.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        assert_eq!(&lines, items, "{command:?}");

        let table = run(&bench, command, "table").ends(0).stdout;
        let wide = run(&bench, command, "wide").ends(0).stdout;
        assert_eq!(table.lines().count(), items.len() + 1, "{table}");
        assert_eq!(wide.lines().count(), items.len() + 1, "{wide}");
        let width = |text: &str| text.lines().next().unwrap().len();
        assert!(width(&wide) > width(&table), "{wide}");

        let csv = run(&bench, command, "csv").ends(0).stdout;
        assert!(csv.starts_with(&format!("{first},")), "{csv}");
        assert_eq!(csv.matches("\r\n").count(), items.len() + 1, "{csv}");
        let tsv = run(&bench, command, "tsv").ends(0).stdout;
        let columns = tsv.lines().next().unwrap().split('\t').count();
        assert!(tsv.lines().all(|line| line.split('\t').count() == columns), "{tsv}");
        assert_eq!(tsv.lines().count(), items.len() + 1, "{tsv}");

        let names = run(&bench, command, "name").ends(0).stdout;
        assert_eq!(names.lines().count(), items.len(), "{names}");
    }
}

#[test]
fn names_are_what_other_commands_take() {
    let bench = bench_with_a_change();
    let first = |command: &[&str]| {
        let names = run(&bench, command, "name").ends(0).stdout;
        names.lines().next().unwrap().to_owned()
    };
    bench.run(&["connector", "show", &first(&["connector", "list"])]).ends(0);
    bench.run(&["integration", "show", &first(&["integration", "list"])]).ends(0);
    bench.run(&["journal", "show", &first(&["journal", "list"])]).ends(0);
    let holder = first(&["access", "list", "--on", "group:Finance"]);
    let explain = ["access", "explain", "--for", &holder, "--on", "group:Finance"];
    assert_ne!(bench.run(&explain).code, 2, "{holder}");
}

#[test]
fn columns_are_chosen_by_name() {
    let bench = bench_with_a_change();
    let list = ["access", "list", "--on", "group:Finance"];
    let choose = |format: &str, columns: &str| {
        bench.run(&[&list[..], &["-o", format, "--columns", columns]].concat())
    };
    let csv = choose("csv", "right,who").ends(0).stdout;
    assert!(csv.starts_with("right,who\r\n"), "{csv}");
    assert!(csv.contains("member,Bob Berg\r\n"), "{csv}");
    // A column that only wide tables have.
    choose("table", "id").ends(0).says(cast::BOB);

    let asked = bench.simulator.trace().len();
    let error = choose("table", "who,whom").ends(2).stderr;
    assert!(error.contains("`whom`") && error.contains("who, login, kind, right"), "{error}");
    for (command, _, first) in LISTS {
        let output = bench.run(&[command, &["-o", "jsonl", "--columns", first]].concat()).ends(2);
        assert_eq!(output.error()["reason"], "format-not-possible", "{command:?}");
        let unknown = [command, &["-o", "csv", "--columns", "no-such-column"]].concat();
        bench.run(&unknown).ends(2).notes(first);
    }
    assert_eq!(bench.simulator.trace().len(), asked, "nothing was asked before");
}

#[test]
fn what_is_no_list_is_a_table_or_json() {
    let bench = bench_with_a_change();
    for command in [
        &["check"][..],
        &["connector", "show", "entra-id"],
        &["integration", "show", "contoso"],
        &["access", "explain", "--for", "bob@contoso.com", "--on", "group:Finance"],
        &["grant", "--to", "alice@contoso.com", "--on", "group:Finance", "--yes"],
    ] {
        let writes = bench.writes();
        for format in ["wide", "jsonl", "csv", "tsv", "name"] {
            let output = run(&bench, command, format).ends(2);
            assert_eq!(output.stdout, "");
            output.notes(&format!("-o {format}")).notes("-o table");
        }
        let columns = bench.fails(&[command, &["--columns", "id"]].concat(), 2);
        assert_eq!(columns["reason"], "format-not-possible");
        assert_eq!(bench.writes(), writes);
    }
}

#[test]
fn empty_lists() {
    let bench = Bench::new();
    let say = |format: &str| run(&bench, &["integration", "list"], format).ends(0);
    for format in ["table", "wide"] {
        say(format).says("There is no integration yet.").notes("Next:");
    }
    for format in ["jsonl", "name"] {
        assert_eq!(say(format).stdout, "");
    }
    assert_eq!(say("csv").stdout, "name,connector,place,mayChange,created,current,updated,id\r\n");
    assert_eq!(
        say("tsv").stdout,
        "name\tconnector\tplace\tmayChange\tcreated\tcurrent\tupdated\tid\n"
    );
    for format in ["json", "jsonl", "csv", "tsv", "name"] {
        assert_eq!(say(format).stderr, "", "nothing for people in {format}");
    }
}

/// Alice is Global Administrator, too, and what she holds by that is not read.
#[test]
fn gaps_end_with_14_in_every_format() {
    let bench = Bench::ready();
    let list = ["access", "list", "--on", "group:Works Council"];
    let document = run(&bench, &list, "json").ends(14).document("AccessList");
    assert_eq!(document["complete"], false);
    for format in ["table", "wide", "csv", "tsv", "name"] {
        run(&bench, &list, format).ends(14).notes("incomplete: ");
    }
    let lines = run(&bench, &list, "jsonl").ends(14);
    let last: Value = serde_json::from_str(lines.stderr.lines().last().unwrap()).unwrap();
    assert_eq!(last["kind"], "Incomplete");
    assert_eq!(last["complete"], false);
    assert_eq!(last["skipped"], document["skipped"]);
}

#[test]
fn names_that_would_deceive() {
    let bench = Bench::ready();
    let names = [
        ("=HYPERLINK(\"http://x\",\"y\")", "'=HYPERLINK(\"http://x\",\"y\")"),
        ("@SUM(A1:A9)", "'@SUM(A1:A9)"),
        ("+1 555", "'+1 555"),
        ("-2+3", "'-2+3"),
        ("\tTabbed", "' Tabbed"),
        ("red\u{1b}[31m", "red[31m"),
        ("\u{202e}gpj.exe", "gpj.exe"),
        ("two\r\nlines", "two  lines"),
        ("comma, \"quote\"", "comma, \"quote\""),
        ("Zoë 東京", "Zoë 東京"),
    ];
    for (number, (name, _)) in names.iter().enumerate() {
        let mut tenant = bench.simulator.tenant();
        let id = tenant.add_user(name, &format!("hostile{number}@contoso.com"));
        tenant.add_member(cast::FINANCE, &id);
    }
    let list = ["access", "list", "--on", "group:Finance"];
    let columns = |format: &str| {
        bench.run(&[&list[..], &["-o", format, "--columns", "who,login"]].concat()).ends(0).stdout
    };
    let (csv, tsv) = (columns("csv"), columns("tsv"));
    let (table, wide) = (run(&bench, &list, "table").stdout, run(&bench, &list, "wide").stdout);
    let items = bench.json(&list, "AccessList")["items"].clone();
    for (number, (name, harmless)) in names.iter().enumerate() {
        let login = format!("hostile{number}@contoso.com");
        assert!(tsv.contains(&format!("\n{harmless}\t{login}\n")), "{name:?}: {tsv}");
        let quoted = format!("\"{}\"", harmless.replace('"', "\"\""));
        let is_there = |cell: &str| csv.contains(&format!("\r\n{cell},{login}\r\n"));
        assert!(is_there(harmless) || is_there(&quoted), "{name:?}: {csv}");
        // JSON is exact.
        let exact = items.as_array().unwrap().iter().find(|item| item["principalLogin"] == *login);
        assert_eq!(exact.unwrap()["principalName"], json!(name));
    }
    for text in [&csv, &tsv, &table, &wide] {
        let lines = text.replace("\r\n", "").replace(['\n', '\t'], "");
        assert!(!lines.contains(char::is_control), "{lines:?}");
        assert!(!lines.contains('\u{202e}'), "{lines:?}");
    }
}
