//! A real registry on loopback: Debian's `docker-registry`.

use serde_json::json;
use std::cell::RefCell;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};

use super::{component, file, skip};
use crate::bench::Bench;

/// A registry that runs until it is dropped.
pub(crate) struct Registry {
    child: RefCell<Child>,
    /// `127.0.0.1:PORT`.
    pub(crate) address: String,
}

impl Drop for Registry {
    fn drop(&mut self) {
        let child = self.child.get_mut();
        let _ = child.kill();
        let _ = child.wait();
    }
}

impl Registry {
    /// Starts one, whose files are the bench's, if the machine has the program.
    pub(crate) fn start(bench: &Bench) -> Option<Self> {
        let free = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = free.local_addr().unwrap().to_string();
        drop(free);
        let root = bench.data().with_file_name("registry");
        let settings = json!({
            "version": "0.1",
            "log": {"level": "error"},
            "storage": {"filesystem": {"rootdirectory": root}},
            "http": {"addr": address},
        });
        let settings = bench.file("registry.yml", &settings.to_string());
        let started = Command::new("docker-registry")
            .args(["serve", &settings])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn();
        let Ok(child) = started else {
            skip("docker-registry is missing: `apt-get install docker-registry`");
            return None;
        };
        let registry = Self { child: RefCell::new(child), address };
        bench.wait_until(|| registry.answers().is_some());
        Some(registry)
    }

    fn answers(&self) -> Option<()> {
        self.get("/v2/").filter(|answer| answer.starts_with("HTTP/1.0 200")).map(|_| ())
    }

    fn get(&self, path: &str) -> Option<String> {
        let mut stream = TcpStream::connect(&self.address).ok()?;
        let accept = "application/vnd.oci.image.manifest.v1+json";
        stream
            .write_all(format!("GET {path} HTTP/1.0\r\naccept: {accept}\r\n\r\n").as_bytes())
            .ok()?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer).ok()?;
        Some(answer)
    }
}

/// Whether the machine has the program.
pub(crate) fn has_registry() -> bool {
    let run = Command::new("docker-registry").arg("--version").stdout(Stdio::null()).status();
    if run.is_err() {
        skip("docker-registry is missing: `apt-get install docker-registry`");
    }
    run.is_ok()
}

#[test]
fn a_plugin_is_pushed_and_installed() {
    let Some(component) = component() else { return };
    let bench = Bench::new();
    let Some(registry) = Registry::start(&bench) else { return };
    let keys = minisign::KeyPair::generate_unencrypted_keypair().unwrap();
    let signature = minisign::sign(None, &keys.sk, std::io::Cursor::new(&component), None, None);
    bench.file("entra.wasm.minisig", &signature.unwrap().into_string());
    let entra = file(&bench, "entra.wasm", &component);
    let to = format!("oci://{}/connectors/entra-id:0.1.0", registry.address);
    let pushed = bench.json(&["plugin", "push", &entra, &to], "PluginPush");
    assert_eq!(pushed["signed"], true);
    let pinned = pushed["source"].as_str().unwrap().to_owned();
    assert!(pinned.starts_with(&to) && pinned.contains("@sha256:"), "{pinned}");

    // As the layout wants it, for other tools.
    let manifest = registry.get("/v2/connectors/entra-id/manifests/0.1.0").unwrap();
    let (_, manifest) = manifest.split_once("\r\n\r\n").unwrap();
    let manifest: serde_json::Value = serde_json::from_str(manifest).unwrap();
    assert_eq!(manifest["config"]["mediaType"], "application/vnd.wasm.config.v0+json");
    assert_eq!(manifest["layers"].as_array().unwrap().len(), 1);
    assert_eq!(manifest["layers"][0]["mediaType"], "application/wasm");
    assert_eq!(manifest["layers"][0]["digest"], pushed["digest"]);
    let config = manifest["config"]["digest"].as_str().unwrap();
    let config = registry.get(&format!("/v2/connectors/entra-id/blobs/{config}")).unwrap();
    let (_, config) = config.split_once("\r\n\r\n").unwrap();
    let config: serde_json::Value = serde_json::from_str(config).unwrap();
    assert_eq!(config["architecture"], "wasm");
    assert_eq!(config["layerDigests"], json!([pushed["digest"]]));
    let exports = config["component"]["exports"].to_string();
    assert!(exports.contains("doorward:connector/connector@0.2."), "{config}");

    let key = keys.pk.to_base64();
    let install = ["--id", "entra-component", "--key", &key, "--yes"];
    bench.run(&[&["plugin", "install", &to], &install[..]].concat()).ends(0);
    let list = bench.json(&["plugin", "list"], "PluginList");
    assert_eq!(list["items"][0]["source"], pinned, "what the tag stood for");
    assert_eq!(list["items"][0]["key"], key);
    bench.run(&["plugin", "verify"]).ends(0);
    bench.run(&[&["plugin", "install", &pinned], &install[..]].concat()).ends(0);
    let by_digest = format!(
        "oci://{}/connectors/entra-id@{}",
        registry.address,
        pinned.rsplit_once('@').unwrap().1
    );
    bench.run(&[&["plugin", "install", &by_digest], &install[..]].concat()).ends(0);

    let missing = format!("oci://{}/connectors/entra-id:9", registry.address);
    let words = ["plugin", "install", &missing, "--allow-unsigned", "--yes"];
    assert_eq!(bench.fails(&words, 6)["reason"], "plugin-registry");
    let missing = format!("oci://{}/connectors/other@sha256:{}", registry.address, "0".repeat(64));
    let words = ["plugin", "install", &missing, "--allow-unsigned", "--yes"];
    assert_eq!(bench.fails(&words, 6)["reason"], "plugin-registry");
    let nobody = ["plugin", "push", &entra, "oci://127.0.0.1:1/a/b:1"];
    assert_eq!(bench.fails(&nobody, 11)["reason"], "plugin-registry");
    let login =
        [&["plugin", "push", &entra, &to], &["--username", "a", "--password-env", "NONE"][..]];
    assert_eq!(bench.fails(&login.concat(), 2)["reason"], "no-registry-password");
    assert_eq!(
        bench.fails(&["plugin", "push", &entra, "ghcr.io/a/b:1"], 2)["reason"],
        "plugin-source"
    );
}
