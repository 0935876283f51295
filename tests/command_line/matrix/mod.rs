//! Every command in every adverse place: in a pipe, with names that deceive, with files from Windows,
//! behind a proxy, on a disk that is read-only or full, and two at once. Each cell is the right
//! result or one clear error.

mod disks;
mod files;
mod names;
mod pipes;
mod proxies;
mod stage;

use std::collections::BTreeSet;

use crate::bench::{Bench, Output, commands, is_one_error};
use crate::plugins;

/// A command, and what it is given so that it does its work.
#[derive(Debug)]
struct Row {
    command: &'static str,
    /// What stands after the command; `{…}` is filled in by the [`stage`].
    words: &'static [&'static str],
    /// How it ends when nothing is in its way.
    code: i32,
    /// Whether it needs what is stored.
    stored: bool,
    /// Whether it asks the system.
    reaches: bool,
}

impl Row {
    const fn new(command: &'static str, words: &'static [&'static str]) -> Self {
        Self { command, words, code: 0, stored: true, reaches: false }
    }

    /// It needs nothing that is stored.
    const fn alone(self) -> Self {
        Self { stored: false, ..self }
    }

    /// It asks the system.
    const fn reaching(self) -> Self {
        Self { reaches: true, ..self }
    }

    /// What it tells has gaps.
    const fn with_gaps(self) -> Self {
        Self { code: 14, ..self }
    }

    /// Whether somebody must confirm it.
    fn is_confirmed(&self) -> bool {
        self.words.last() == Some(&"--yes")
    }

    /// Whether its result is no document: a story, a script, a schema.
    fn is_plain(&self) -> bool {
        ["demo", "completion", "schema"].contains(&self.command)
    }
}

const FINANCE: &str = "group:id=60000000-0000-4000-8000-000000000001";

static ROWS: [Row; 45] = [
    Row::new("demo", &[]).alone(),
    Row::new("connector list", &[]).alone(),
    Row::new("connector show", &["entra-id"]).alone(),
    Row::new("plugin build", &["{source}", "--file", "{new}"]).alone(),
    Row::new("plugin inspect", &["{plugin}"]).alone(),
    Row::new("plugin install", &["{plugin}", "--id", "fresh", "--allow-unsigned", "--yes"]),
    Row::new("plugin list", &[]).alone(),
    Row::new("plugin verify", &[]).alone(),
    Row::new("plugin remove", &["kept", "--yes"]),
    Row::new("plugin push", &["{plugin}", "{registry}"]).alone(),
    Row::new("schema", &["entra-id"]).alone(),
    Row::new("validate", &["entra-id", "{connection}"]).alone(),
    Row::new("setup", &["entra-id"]).alone(),
    Row::new(
        "integration add",
        &["fresh", "--connector", "entra-id", "--connection", "{connection}", "--yes"],
    ),
    Row::new("integration list", &[]),
    Row::new("integration show", &["contoso"]),
    Row::new("integration update", &["contoso", "--connection", "{connection}"]).reaching(),
    Row::new("integration remove", &["contoso", "--yes"]),
    Row::new("integration allow", &[FINANCE]).reaching(),
    Row::new("integration protect", &["grace@contoso.com"]).reaching(),
    Row::new("integration policy show", &[]),
    Row::new("integration use", &["contoso"]),
    Row::new("sync", &[]).reaching().with_gaps(),
    Row::new("list accounts", &[]).with_gaps(),
    Row::new("list resources", &[]).with_gaps(),
    Row::new("list grants", &[]).with_gaps(),
    Row::new("check", &[]).reaching(),
    Row::new("credential status", &[]).reaching(),
    Row::new("conformance", &["entra-id", "--connection", "{connection}"]).alone().reaching(),
    Row::new("new connector", &["{name}", "--lang", "python"]).alone(),
    Row::new("access list", &["--on", FINANCE]).reaching(),
    Row::new("access explain", &["--for", "frank@contoso.com", "--on", FINANCE]).reaching(),
    Row::new("grant", &["--to", "dave@contoso.com", "--on", FINANCE, "--reason", "new", "--yes"])
        .reaching(),
    Row::new("revoke", &["--from", "carol@contoso.com", "--on", FINANCE, "--yes"]).reaching(),
    Row::new("plan", &["-f", "{changes}"]).reaching(),
    Row::new("apply", &["{plan}", "--yes"]).reaching(),
    Row::new("journal list", &[]),
    Row::new("journal show", &["{journal}"]),
    Row::new(
        "journal close",
        &["{open}", "--outcome", "not-applied", "--reason", "seen there", "--yes"],
    )
    .reaching(),
    Row::new("config show", &["--origin"]).alone(),
    Row::new("rotate-key", &[]),
    Row::new("backup", &["{new}"]),
    Row::new("restore", &["{backup}", "--yes"]),
    Row::new("completion", &["bash"]).alone(),
    Row::new("sim", &["--port", "0", "--connection-file", "{new}"]).alone(),
];

/// The rows that this machine has what they need for: a component, a registry.
fn rows() -> impl Iterator<Item = &'static Row> {
    let has_component = plugins::component().is_some();
    let has_registry = has_component && plugins::has_registry();
    ROWS.iter().filter(move |row| match row.command {
        "plugin push" => has_registry,
        command => has_component || !command.starts_with("plugin "),
    })
}

#[test]
fn every_command_has_its_row() {
    let known: BTreeSet<String> = commands(&Bench::new(), &[]).into_iter().collect();
    assert!(known.len() > 30, "{known:?}");
    let rows: BTreeSet<String> = ROWS.iter().map(|row| row.command.to_owned()).collect();
    let without: Vec<_> = known.difference(&rows).collect();
    let gone: Vec<_> = rows.difference(&known).collect();
    assert!(without.is_empty() && gone.is_empty(), "without a row: {without:?}; gone: {gone:?}");
}

/// The right result, or one clear error with one of these codes. Says whether it is the result.
#[track_caller]
fn is_result_or_error(row: &Row, output: &Output, codes: &[i32]) -> bool {
    if output.code == row.code {
        return true;
    }
    assert!(codes.contains(&output.code), "{}: {output:?}", row.command);
    is_one_error(output);
    false
}
