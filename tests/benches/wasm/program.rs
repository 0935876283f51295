//! The program itself, against a simulator in a process of its own.

use doorward_tests::plugins;
use entra_sim::Size;
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::median;
use crate::report::Report;

/// The integrations, by the connector that each uses.
const NATIVE: &str = "native";
const COMPONENT: &str = "component";

/// How often a start is measured.
const STARTS: usize = 15;

pub(crate) fn measure(report: &mut Report, size: &Size, runs: usize) {
    let bench = Bench::new(size);
    let starts = |name| {
        let (mut command, start) = (bench.command(&["check", "-i", name]), Instant::now());
        assert!(command.status().unwrap().success());
        start.elapsed().as_secs_f64() * 1e3
    };
    let (mut native, mut component) = (Vec::new(), Vec::new());
    for _ in 0..STARTS {
        native.push(starts(NATIVE));
        component.push(starts(COMPONENT));
    }
    let (native, component) = (median(native), median(component));
    report.number("cold_start_native_ms", native);
    report.number("cold_start_extra_ms", component - native);

    let (mut native, mut component) = (Vec::new(), Vec::new());
    for _ in 0..runs {
        native.push(bench.sync(NATIVE));
        component.push(bench.sync(COMPONENT));
    }
    report.set("grants", bench.grants(NATIVE));
    assert_eq!(bench.grants(NATIVE), bench.grants(COMPONENT));
    let (native, component) = (median(native), median(component));
    report.number("sync_native_cpu_s", native);
    report.number("sync_component_cpu_s", component);
    report.number("sync_cpu_ratio", component / native);
}

/// A tenant that answers on loopback, and two integrations with it.
struct Bench {
    directory: tempfile::TempDir,
    simulator: Child,
}

impl Bench {
    fn new(size: &Size) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let connection = directory.path().join("connection.json");
        let simulator = Command::new(program())
            .args(["sim", "--port", "0", "--users", &size.users.to_string()])
            .args(["--groups", &size.groups.to_string()])
            .args(["--memberships", &size.memberships.to_string(), "--connection-file"])
            .arg(&connection)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("`cargo build --release -p doorward` comes first");
        let bench = Self { directory, simulator };
        while !connection.is_file() {
            std::thread::sleep(Duration::from_millis(50));
        }
        let plugin = plugins::directory().join("entra-id.wasm");
        let plugin = plugin.to_str().unwrap();
        let id = "entra-component";
        bench.run(&["plugin", "install", plugin, "--id", id, "--allow-unsigned", "--yes"]);
        for (name, connector) in [(NATIVE, "entra-id"), (COMPONENT, id)] {
            let file = connection.to_str().unwrap();
            let words =
                ["integration", "add", name, "--connector", connector, "--connection", file];
            bench.run(&[&words[..], &["--yes"]].concat());
        }
        bench
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(program());
        command
            .arg("--data-dir")
            .arg(self.directory.path().join("data"))
            .args(arguments)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        command
    }

    fn run(&self, arguments: &[&str]) {
        let output = self.command(arguments).stderr(Stdio::piped()).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }

    /// The seconds of processor time that a sync takes. 14: groups that hide their members.
    fn sync(&self, name: &str) -> f64 {
        let before = children_cpu();
        let status = self.command(&["sync", "-i", name]).status().unwrap();
        assert!(matches!(status.code(), Some(0 | 14)), "{status}");
        let took = children_cpu() - before;
        eprintln!("  sync {name}: {took:.2} s of processor time");
        took
    }

    fn grants(&self, name: &str) -> Value {
        let mut command = self.command(&["list", "grants", "-i", name, "-o", "jsonl"]);
        let output = command.stdout(Stdio::piped()).output().unwrap();
        json!(output.stdout.iter().filter(|byte| **byte == b'\n').count())
    }
}

impl Drop for Bench {
    fn drop(&mut self) {
        let _ = self.simulator.kill();
        let _ = self.simulator.wait();
    }
}

/// The processor time of all children that ended, as `getrusage(RUSAGE_CHILDREN)` counts it, in
/// hundredths of a second.
fn children_cpu() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap();
    let (_, fields) = stat.rsplit_once(") ").unwrap();
    let fields: Vec<f64> = fields.split(' ').map(|field| field.parse().unwrap_or(0.0)).collect();
    // Fields 16 and 17 of proc(5); these begin with the third.
    (fields[13] + fields[14]) / 100.0
}

/// The released program, beside this one.
fn program() -> PathBuf {
    let this = std::env::current_exe().unwrap();
    this.ancestors().nth(2).map(Path::to_owned).unwrap().join("doorward")
}
