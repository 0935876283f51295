//! A simulated tenant on loopback, a directory for one test, and the program that is run in it.

use entra_sim::{SelfSigned, Settings, Simulator, Size, Tenant, cast};
use serde_json::{Value, json};
use std::io::Write;
use std::net::Ipv4Addr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::runtime::Runtime;

/// What a command gave.
#[derive(Debug)]
pub(crate) struct Output {
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Output {
    /// The command ended with this code, and not by breaking.
    pub(crate) fn ends(self, code: i32) -> Self {
        assert_eq!(self.code, code, "{}\n{}", self.stdout, self.stderr);
        self
    }

    /// The result, when it is one JSON document of this kind.
    pub(crate) fn document(&self, kind: &str) -> Value {
        let value: Value = serde_json::from_str(&self.stdout)
            .unwrap_or_else(|error| panic!("{error}: {} {}", self.stdout, self.stderr));
        assert_eq!(value["apiVersion"], "doorward/v1", "{value}");
        assert_eq!(value["kind"], kind, "{value}");
        value
    }

    /// The one error among the documents beside the result.
    pub(crate) fn error(&self) -> Value {
        assert_eq!(self.stdout, "", "an error leaves no result");
        let documents = self.stderr.lines().map(|line| {
            serde_json::from_str::<Value>(line).unwrap_or_else(|error| panic!("{error}: {line}"))
        });
        let mut errors: Vec<Value> =
            documents.filter(|document| document["kind"] == "Error").collect();
        assert_eq!(errors.len(), 1, "{}", self.stderr);
        let error = errors.remove(0);
        assert_eq!(error["apiVersion"], "doorward/v1");
        assert_eq!(error["exitCode"], self.code, "{error}");
        error["error"].clone()
    }

    #[track_caller]
    pub(crate) fn says(self, text: &str) -> Self {
        assert!(self.stdout.contains(text), "not `{text}` in:\n{}", self.stdout);
        self
    }

    #[track_caller]
    pub(crate) fn notes(self, text: &str) -> Self {
        assert!(self.stderr.contains(text), "not `{text}` in:\n{}", self.stderr);
        self
    }
}

/// A tenant that answers, and where a test's files are.
pub(crate) struct Bench {
    pub(crate) simulator: Simulator,
    /// `http://127.0.0.1:PORT`, or HTTPS.
    pub(crate) base: String,
    /// The certificate to trust, when there is one.
    pub(crate) certificate: Option<PathBuf>,
    directory: tempfile::TempDir,
    pub(crate) runtime: Runtime,
}

#[expect(clippy::disallowed_methods, reason = "the program under test runs in real time")]
pub(crate) fn now() -> jiff::Timestamp {
    jiff::Timestamp::now()
}

impl Bench {
    /// A small tenant over HTTP.
    pub(crate) fn new() -> Self {
        Self::of(&Size { users: 20, groups: 8, seed: 1, ..Size::default() }, false)
    }

    /// A small tenant over HTTPS.
    pub(crate) fn https() -> Self {
        Self::of(&Size { users: 20, groups: 8, seed: 1, ..Size::default() }, true)
    }

    /// A tenant of this size.
    pub(crate) fn of(size: &Size, https: bool) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let tenant = Tenant::generate_at(size, now());
        let simulator = Simulator::new(tenant, Settings::default(), Arc::new(now));
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .unwrap();
        let listener = runtime.block_on(TcpListener::bind((Ipv4Addr::LOCALHOST, 0))).unwrap();
        let port = listener.local_addr().unwrap().port();
        let tls = https.then(|| SelfSigned::generate(["localhost", "127.0.0.1"]).unwrap());
        let certificate = tls.as_ref().map(|tls| {
            let path = directory.path().join("authority.pem");
            std::fs::write(&path, &tls.certificate_pem).unwrap();
            path
        });
        let config = tls.map(|tls| tls.server_config);
        runtime.spawn(entra_sim::serve(listener, simulator.clone(), config));
        let scheme = if https { "https" } else { "http" };
        let base = format!("{scheme}://127.0.0.1:{port}");
        Self { simulator, base, certificate, directory, runtime }
    }

    /// A tenant with the integration `contoso`, which may change every group.
    pub(crate) fn ready() -> Self {
        let bench = Self::new();
        bench.add();
        bench.run(&["integration", "allow", "--all-groups"]).ends(0);
        bench
    }

    /// Stores the right connection as `contoso`.
    pub(crate) fn add(&self) {
        let file = self.connection(json!({}));
        self.run(&["integration", "add", "contoso", "--connector", "entra-id"])
            .ends(2)
            .notes("--connection");
        self.run(&add("contoso", &file)).ends(0);
    }

    /// A file in the test's directory.
    pub(crate) fn file(&self, name: &str, content: &str) -> String {
        let path = self.directory.path().join(name);
        std::fs::write(&path, content).unwrap();
        path.to_str().unwrap().to_owned()
    }

    /// The right connection, with these fields instead of its own.
    pub(crate) fn connection(&self, fields: Value) -> String {
        let mut connection = json!({
            "client_id": cast::CLIENT_ID,
            "secret": cast::SECRET,
            "tenant": cast::TENANT_ID,
            "endpoints": {"login": self.base, "graph": self.base},
        });
        for (name, value) in fields.as_object().unwrap() {
            connection[name] = value.clone();
        }
        self.file("connection.json", &connection.to_string())
    }

    /// Where the program keeps what it knows.
    pub(crate) fn data(&self) -> PathBuf {
        self.directory.path().join("data")
    }

    /// The program with these arguments, nothing of this process's environment, and no terminal.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_doorward"));
        command
            .arg("--data-dir")
            .arg(self.data())
            .args(arguments)
            .env_clear()
            .env("HOME", self.directory.path())
            .current_dir(self.directory.path())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command
    }

    /// Runs the program to its end.
    pub(crate) fn run(&self, arguments: &[&str]) -> Output {
        finish(self.command(arguments).spawn().unwrap())
    }

    /// Runs the program and reads its result as JSON of this kind.
    pub(crate) fn json(&self, arguments: &[&str], kind: &str) -> Value {
        self.run(&[arguments, &["-o", "json"]].concat()).ends(0).document(kind)
    }

    /// Runs the program, which fails with this code; its error.
    pub(crate) fn fails(&self, arguments: &[&str], code: i32) -> Value {
        self.run(&[arguments, &["-o", "json"]].concat()).ends(code).error()
    }

    /// Runs the program with this on its standard input.
    pub(crate) fn run_with_input(&self, arguments: &[&str], input: &str) -> Output {
        let mut child = self.command(arguments).stdin(Stdio::piped()).spawn().unwrap();
        child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
        finish(child)
    }

    /// How many requests were sent that could change something.
    pub(crate) fn writes(&self) -> usize {
        let trace = self.simulator.trace();
        trace.iter().filter(|one| one.method != "GET" && !one.path.ends_with("/token")).count()
    }

    /// Waits until this holds, ten seconds at most.
    pub(crate) fn wait_until(&self, holds: impl Fn() -> bool) {
        for _ in 0..500 {
            if holds() {
                return;
            }
            self.runtime.block_on(async { tokio::time::sleep(Duration::from_millis(20)).await });
        }
        panic!("it did not come true in ten seconds");
    }
}

/// The words that store the connection in this file under this name.
pub(crate) fn add<'a>(name: &'a str, file: &'a str) -> [&'a str; 8] {
    ["integration", "add", name, "--connector", "entra-id", "--connection", file, "--yes"]
}

/// Waits for the program's end. Whatever it was asked, it does not break.
pub(crate) fn finish(child: Child) -> Output {
    let output = child.wait_with_output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    let code = output.status.code().unwrap_or(-1);
    let output = Output { code, stdout: text(output.stdout), stderr: text(output.stderr) };
    for broken in ["panicked", "RUST_BACKTRACE", "stack backtrace", "has a defect"] {
        let said = output.stdout.contains(broken) || output.stderr.contains(broken);
        assert!(!said, "`{broken}`:\n{}\n{}", output.stdout, output.stderr);
    }
    output
}

/// The commands that the program's own help tells, with those below them.
pub(crate) fn commands(bench: &Bench, path: &[&str]) -> Vec<String> {
    let help = bench.run(&[path, &["--help"]].concat()).ends(0).stdout;
    let below = help.lines().skip_while(|line| *line != "Commands:").skip(1);
    let below = below.take_while(|line| !line.is_empty());
    let names = below.filter(|line| line.starts_with("  ") && !line.starts_with("   "));
    let names: Vec<&str> = names.filter_map(|line| line.split_whitespace().next()).collect();
    if names.is_empty() {
        return vec![path.join(" ")];
    }
    let names = names.into_iter().filter(|name| *name != "help");
    names.flat_map(|name| commands(bench, &[path, &[name]].concat())).collect()
}

/// One error, with what to do, and no result.
#[track_caller]
pub(crate) fn is_one_error(output: &Output) {
    let errors = output.stderr.lines().filter(|line| line.starts_with("error: ")).count();
    assert_eq!((errors, output.stdout.as_str()), (1, ""), "{output:?}");
    // The parser has words of its own for it.
    let tells = ["  do: ", "For more information, try"];
    assert!(tells.iter().any(|text| output.stderr.contains(text)), "{output:?}");
}

/// Every file below a directory.
pub(crate) fn files(directory: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path));
        } else {
            found.push(path);
        }
    }
    found
}
