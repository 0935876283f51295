//! Where the rows of the matrix are played: a tenant, and what an integration stored before.

use entra_sim::{Answer, Fault, Matcher, Simulator};
use serde_json::Value;
use std::cell::Cell;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command};

use super::{FINANCE, Row};
use crate::bench::{Bench, Output, add, finish};
use crate::plugins::{self, Registry};

/// What every command is given beside its own words.
#[derive(Clone, Debug, Default)]
pub(super) struct Surroundings {
    pub(super) arguments: Vec<String>,
    pub(super) variables: Vec<(&'static str, String)>,
}

/// A tenant, and a data directory of which each call gets a copy of its own.
pub(super) struct Stage<'a> {
    pub(super) bench: &'a Bench,
    pub(super) surroundings: Surroundings,
    connection: String,
    journal: String,
    /// The journal's entry that is open in [`WITH_OPEN_ENTRY`].
    open: String,
    calls: Cell<u32>,
    registry: Option<Registry>,
}

/// Synced, with one change in the journal.
const PLAIN: &str = "plain";
/// The same, with a change whose outcome nobody can look up.
const WITH_OPEN_ENTRY: &str = "with-open-entry";

/// One call of a row.
#[derive(Clone)]
pub(super) struct Call {
    /// What is stored for it.
    pub(super) data: PathBuf,
    pub(super) words: Vec<String>,
    /// The file that it writes, if it writes one.
    new: PathBuf,
}

impl<'a> Stage<'a> {
    /// Stores what the rows need. The connection of this file leads to the simulator.
    pub(super) fn new(
        bench: &'a Bench,
        simulator: &Simulator,
        connection: String,
        surroundings: Surroundings,
    ) -> Self {
        let nothing = String::new();
        let mut stage = Self {
            bench,
            surroundings,
            connection,
            journal: nothing.clone(),
            open: nothing,
            calls: Cell::new(0),
            registry: None,
        };
        stage.prepare_plugins();
        stage.prepare(PLAIN, &add("contoso", &stage.connection)).ends(0);
        stage.prepare(PLAIN, &["integration", "allow", "--all-groups"]).ends(0);
        let works_council = format!("group:id={}", entra_sim::cast::WORKS_COUNCIL);
        stage.prepare(PLAIN, &["integration", "allow", &works_council]).ends(0);
        stage.prepare(PLAIN, &["sync"]).ends(14);
        let grant = ["grant", "--to", "alice@contoso.com", "--on", FINANCE, "--yes"];
        stage.prepare(PLAIN, &grant).ends(0);
        stage.journal = stage.newest(PLAIN);
        // What is so already, so that it can be carried out again and again.
        let changes = format!("op,principal,resource\ngrant,alice@contoso.com,{FINANCE}\n");
        bench.file("changes.csv", &changes);
        stage.prepare(PLAIN, &["plan", "-f", "changes.csv", "-o", "plan.json"]).ends(0);
        stage.prepare(PLAIN, &["backup", "kept.db"]).ends(0);
        copy(&stage.path(PLAIN), &stage.path(WITH_OPEN_ENTRY));
        let mut when = Matcher::once("/v1.0/groups/");
        when.method = Some(http::Method::DELETE);
        simulator.inject(Fault { when, what: Answer::ResetBefore });
        let revoke = ["revoke", "--from", "dave@contoso.com", "--on", &works_council, "--yes"];
        stage.prepare(WITH_OPEN_ENTRY, &revoke).ends(13);
        stage.open = stage.newest(WITH_OPEN_ENTRY);
        stage
    }

    /// A component, its source, one that is installed, and a registry: where the machine has them.
    fn prepare_plugins(&mut self) {
        let Some(component) = plugins::component() else { return };
        let file = plugins::file(self.bench, "plugin.wasm", &component);
        let source = self.path("source");
        std::fs::create_dir_all(&source).unwrap();
        std::fs::write(source.join("build.py"), plugins::COPY).unwrap();
        let install = ["plugin", "install", &file, "--id", "kept", "--allow-unsigned", "--yes"];
        self.prepare(PLAIN, &install).ends(0);
        self.registry = Registry::start(self.bench);
    }

    /// With the bench's own tenant.
    pub(super) fn of(bench: &'a Bench) -> Self {
        let connection = bench.connection(serde_json::json!({}));
        Self::new(bench, &bench.simulator, connection, Surroundings::default())
    }

    fn path(&self, name: &str) -> PathBuf {
        self.bench.data().with_file_name(name)
    }

    fn prepare(&self, name: &str, words: &[&str]) -> Output {
        finish(self.command(&self.path(name), words).spawn().unwrap())
    }

    fn newest(&self, name: &str) -> String {
        let journal = self.prepare(name, &["journal", "list", "-o", "json"]).ends(0);
        let journal: Value = serde_json::from_str(&journal.stdout).unwrap();
        journal["items"][0]["id"].as_str().unwrap().to_owned()
    }

    /// A call of this row, with a copy of what is stored.
    pub(super) fn call(&self, row: &Row) -> Call {
        self.calls.set(self.calls.get() + 1);
        let data = self.path(&format!("data-{}", self.calls.get()));
        let needs_open = row.words.contains(&"{open}");
        copy(&self.path(if needs_open { WITH_OPEN_ENTRY } else { PLAIN }), &data);
        let new = self.path(&format!("new-{}", self.calls.get()));
        let backup = self.path("kept.db");
        let filled = |word: &&str| match *word {
            "{connection}" => self.connection.clone(),
            "{journal}" => self.journal.clone(),
            "{open}" => self.open.clone(),
            "{plugin}" => self.path("plugin.wasm").to_str().unwrap().to_owned(),
            "{changes}" => self.path("changes.csv").to_str().unwrap().to_owned(),
            "{plan}" => self.path("plan.json").to_str().unwrap().to_owned(),
            "{source}" => self.path("source").to_str().unwrap().to_owned(),
            "{registry}" => {
                let registry = self.registry.as_ref().unwrap();
                format!("oci://{}/connectors/entra-id:1", registry.address)
            }
            "{backup}" => backup.to_str().unwrap().to_owned(),
            "{name}" => format!("fresh-{}", self.calls.get()),
            "{new}" => new.to_str().unwrap().to_owned(),
            word => word.to_owned(),
        };
        let command = row.command.split(' ').map(str::to_owned);
        let words = command.chain(row.words.iter().map(filled)).collect();
        Call { data, words, new }
    }

    /// The program with these words, on this data directory.
    pub(super) fn command(&self, data: &Path, words: &[impl AsRef<str>]) -> Command {
        let words: Vec<&str> = words.iter().map(AsRef::as_ref).collect();
        let mut command = self.bench.command(&words);
        command.args(&self.surroundings.arguments).arg("--data-dir").arg(data);
        command.envs(self.surroundings.variables.iter().map(|(name, value)| (name, value)));
        command
    }

    /// Starts a call, with more words at its end.
    pub(super) fn start(&self, call: &Call, more: &[&str]) -> Child {
        let words: Vec<&str> =
            call.words.iter().map(String::as_str).chain(more.iter().copied()).collect();
        self.command(&call.data, &words).spawn().unwrap()
    }

    /// A row to its end, with more words.
    pub(super) fn run(&self, row: &Row, more: &[&str]) -> Output {
        let call = self.call(row);
        let child = self.start(&call, more);
        call.end(self.bench, child)
    }
}

impl Call {
    /// Lets it write its file into this directory.
    pub(super) fn new_in(&mut self, directory: &Path) {
        let new = directory.join(self.new.file_name().unwrap());
        for word in self.words.iter_mut().filter(|word| self.new.to_str() == Some(word)) {
            *word = new.to_str().unwrap().to_owned();
        }
        self.new = new;
    }

    /// Waits for the end. A simulation runs until it is stopped, which it is once it answers.
    pub(super) fn end(&self, bench: &Bench, child: Child) -> Output {
        if self.words.first().is_some_and(|word| word == "sim") {
            let child = std::cell::RefCell::new(child);
            bench.wait_until(|| {
                child.borrow_mut().try_wait().unwrap().is_some() || answers(&self.new).is_some()
            });
            let mut child = child.into_inner();
            if child.try_wait().unwrap().is_none() {
                crate::endings::send(&child, "-INT");
            }
            return finish(child);
        }
        finish(child)
    }
}

/// Whether the simulation of this connection answers.
fn answers(connection: &Path) -> Option<()> {
    let connection: Value = serde_json::from_slice(&std::fs::read(connection).ok()?).ok()?;
    let address = connection["endpoints"]["graph"].as_str()?.strip_prefix("http://")?.to_owned();
    let mut stream = TcpStream::connect(address).ok()?;
    stream.write_all(b"GET / HTTP/1.0\r\n\r\n").ok()?;
    stream.read_exact(&mut [0]).ok()
}

/// Copies a data directory.
pub(super) fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        let to = to.join(path.file_name().unwrap());
        if path.is_dir() {
            copy(&path, &to);
        } else {
            std::fs::copy(&path, &to).unwrap();
        }
    }
}
