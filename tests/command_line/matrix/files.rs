//! Files and input as Windows writes them: UTF-16, and UTF-8 with a byte order mark.

use serde_json::json;

use super::{Row, rows};
use crate::bench::{Bench, Output, add, finish, is_one_error};
use entra_sim::cast;

/// An encoding, and what it makes of a text.
type Encoding = (&'static str, fn(&str) -> Vec<u8>);

const ENCODINGS: [Encoding; 5] = [
    ("UTF-16 LE", |text| units(&format!("\u{feff}{text}"), u16::to_le_bytes)),
    ("UTF-16 BE", |text| units(&format!("\u{feff}{text}"), u16::to_be_bytes)),
    ("UTF-16 LE without a mark", |text| units(text, u16::to_le_bytes)),
    ("UTF-16 BE without a mark", |text| units(text, u16::to_be_bytes)),
    ("UTF-8 with a mark", |text| format!("\u{feff}{text}").into_bytes()),
];

fn units(text: &str, bytes: fn(u16) -> [u8; 2]) -> Vec<u8> {
    text.encode_utf16().flat_map(bytes).collect()
}

/// What a command reads, written so.
struct Given<'a> {
    bench: &'a Bench,
    name: &'static str,
    encode: fn(&str) -> Vec<u8>,
}

impl Given<'_> {
    fn file(&self, name: &str, text: &str) -> String {
        let path = self.bench.data().with_file_name(name);
        std::fs::write(&path, (self.encode)(text)).unwrap();
        path.to_str().unwrap().to_owned()
    }

    fn connection(&self, fields: serde_json::Value) -> String {
        let plain = self.bench.connection(fields);
        let text = std::fs::read_to_string(plain).unwrap();
        self.file("windows.json", &text)
    }

    /// The program with this on its standard input.
    fn piped(&self, words: &[&str], text: &str) -> Output {
        use std::io::Write;
        let mut command = self.bench.command(words);
        let mut child = command.stdin(std::process::Stdio::piped()).spawn().unwrap();
        child.stdin.take().unwrap().write_all(&(self.encode)(text)).unwrap();
        finish(child)
    }

    /// One error that names the encoding, and not the text.
    fn is_told(&self, output: Output, code: i32) {
        let output = output.ends(code).notes("UTF-8");
        is_one_error(&output);
        assert!(!output.stderr.contains(cast::SECRET), "{}", output.stderr);
    }
}

fn in_each_encoding(check: impl Fn(&Given<'_>)) {
    for (name, encode) in ENCODINGS {
        println!("{name}");
        check(&Given { bench: &Bench::ready(), name, encode });
    }
}

/// Which commands read one is told by their help.
#[test]
fn every_command_that_reads_a_connection_reads_it_from_windows() {
    let bench = Bench::ready();
    let (name, encode) = ENCODINGS[0];
    let given = Given { bench: &bench, name, encode };
    let mut readers = 0;
    for row in rows() {
        let command: Vec<&str> = row.command.split(' ').collect();
        let help = bench.run(&[&command[..], &["--help"]].concat()).stdout;
        if help.contains("--connection <FILE>") {
            readers += 1;
            from_windows(&given, row, &command);
        }
    }
    assert!(readers >= 9, "{readers}");
}

const CHANGES: &str = "op,principal,resource\ngrant,alice@contoso.com,group:Finance\n";

/// From a file, and from standard input.
fn from_windows(given: &Given<'_>, row: &Row, command: &[&str]) {
    let bench = given.bench;
    let text = std::fs::read_to_string(bench.connection(json!({}))).unwrap();
    let own: Vec<&str> = row.words.iter().filter(|word| **word != "--yes").copied().collect();
    let unstored = ["--connector", "entra-id", "--connection", "-"];
    let changes = bench.file("changes.csv", CHANGES);
    let words = match row.command {
        "integration add" => add("windows", "-").to_vec(),
        "conformance" => [command, &["entra-id", "--connection", "-"]].concat(),
        "integration update" => [command, &["contoso", "--connection", "-"]].concat(),
        "grant" | "revoke" => [command, &own, &unstored, &["--dry-run"]].concat(),
        "plan" => [command, &["-f", &changes], &unstored].concat(),
        _ => [command, &own, &unstored].concat(),
    };
    let code = match row.command {
        // What is not stored cannot be synced, and never was.
        "sync" => 2,
        "list accounts" | "list resources" | "list grants" => 6,
        _ => 0,
    };
    given.piped(&words, &text).ends(code);
    if row.command == "integration add" {
        bench.run(&["integration", "remove", "windows", "--yes"]).ends(0);
    }
    let file = given.connection(json!({}));
    let words: Vec<&str> =
        words.iter().map(|word| if *word == "-" { &file } else { *word }).collect();
    bench.run(&words).ends(code);
    if row.command == "integration add" {
        bench.run(&["integration", "remove", "windows", "--yes"]).ends(0);
    }
}

#[test]
fn a_connection_from_windows_is_read_with_a_warning() {
    in_each_encoding(|given| {
        let file = given.connection(json!({}));
        let text = std::fs::read_to_string(given.bench.connection(json!({}))).unwrap();
        given.bench.run(&["validate", "entra-id", &file]).ends(0).notes("warning: ");
        given.piped(&["validate", "entra-id", "-"], &text).ends(0).notes("warning: ");
        given.piped(&add("windows", "-"), &text).ends(0).notes("warning: ");
        given.bench.run(&["check", "-i", "windows"]).ends(0);
    });
}

#[test]
fn a_secret_from_windows_is_told() {
    in_each_encoding(|given| {
        let bench = given.bench;
        let kept = given.file("windows.secret", cast::SECRET);
        let connection = bench.connection(json!({"secret": {"file": kept}}));
        if given.name.starts_with("UTF-8") {
            bench.run(&["validate", "entra-id", &connection]).ends(0);
            given
                .piped(&["integration", "update", "contoso", "--secret", "-"], cast::SECRET)
                .ends(0);
            return;
        }
        given.is_told(bench.run(&["validate", "entra-id", &connection]), 3);
        given.is_told(bench.run(&add("windows", &connection)), 3);
        let update = ["integration", "update", "contoso", "--secret"];
        given.is_told(bench.run(&[&update[..], &[&format!("file:{kept}")]].concat()), 3);
        given.is_told(given.piped(&[&update[..], &["-"]].concat(), cast::SECRET), 3);
        bench.run(&["check"]).ends(0);
    });
}

/// A mark alone does no harm: TOML allows it.
#[test]
fn a_configuration_from_windows_is_told() {
    in_each_encoding(|given| {
        let file = given.file("windows.toml", "output = 'json'\n");
        let output = given.bench.run(&["connector", "list", "--config", &file]);
        if given.name.starts_with("UTF-8") {
            output.ends(0).document("ConnectorList");
        } else {
            given.is_told(output, 2);
        }
    });
}

/// Spreadsheets write a mark, and call UTF-16 Unicode text.
#[test]
fn changes_from_windows_are_told() {
    in_each_encoding(|given| {
        let file = given.file("windows.csv", &CHANGES.replace('\n', "\r\n"));
        let output = given.bench.run(&["plan", "-f", &file]);
        if given.name.starts_with("UTF-8") {
            output.ends(0).says("1 would be granted");
        } else {
            given.is_told(output, 2);
        }
        let plan = given.file("windows.json", "{}");
        let output = given.bench.run(&["apply", &plan, "--yes"]).ends(2);
        is_one_error(&output);
    });
}

/// Files that are no text of ours are refused as what they are.
#[test]
fn other_files_from_windows_are_told() {
    in_each_encoding(|given| {
        let bench = given.bench;
        let pem = entra_sim::SelfSigned::generate(["localhost"]).unwrap().certificate_pem;
        let file = given.file("windows.pem", &pem);
        let output = bench.run(&["check", "--ca-file", &file]);
        if given.name.starts_with("UTF-8") {
            output.ends(0);
        } else {
            is_one_error(&output);
            output.ends(2);
        }
        let file = given.file("windows.db", "a text of some length, but no database at all");
        let output = bench.run(&["restore", &file, "--yes"]).ends(2);
        is_one_error(&output);
        let file = given.file("somebody.json", "{}");
        let output = bench.run(&["sim", "--port", "0", "--connection-file", &file]).ends(2);
        is_one_error(&output);
        assert_eq!(std::fs::read(&file).unwrap(), (given.encode)("{}"), "it is left alone");
    });
}
