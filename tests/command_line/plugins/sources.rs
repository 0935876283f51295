//! Where a plugin comes from: an address, and the source itself.

use std::collections::BTreeMap;
use std::sync::Arc;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use super::component;
use crate::bench::{Bench, finish};

/// Serves what is given for each path, as it is, on loopback; gives its base.
fn serve(bench: &Bench, answers: BTreeMap<String, Vec<u8>>) -> String {
    let listener = bench.runtime.block_on(TcpListener::bind("127.0.0.1:0")).unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    let answers = Arc::new(answers);
    bench.runtime.spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let answers = Arc::clone(&answers);
            tokio::spawn(async move {
                let mut head = vec![0; 4096];
                let length = stream.read(&mut head).await.unwrap_or_default();
                let head = String::from_utf8_lossy(&head[..length]).into_owned();
                let path = head.split(' ').nth(1).unwrap_or_default().to_owned();
                let missing =
                    b"HTTP/1.1 404 Not Found\r\nconnection: close\r\ncontent-length: 0\r\n\r\n"
                        .to_vec();
                let _ = stream.write_all(answers.get(&path).unwrap_or(&missing)).await;
            });
        }
    });
    base
}

fn found(content: &[u8]) -> Vec<u8> {
    let head = format!(
        "HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: {}\r\n\r\n",
        content.len()
    );
    [head.as_bytes(), content].concat()
}

fn sent_on(to: &str) -> Vec<u8> {
    format!(
        "HTTP/1.1 302 Found\r\nlocation: {to}\r\nconnection: close\r\ncontent-length: 0\r\n\r\n"
    )
    .into_bytes()
}

#[test]
fn a_plugin_comes_from_an_address() {
    let Some(component) = component() else { return };
    let bench = Bench::new();
    let base = serve(
        &bench,
        BTreeMap::from([
            ("/entra.wasm".to_owned(), found(&component)),
            ("/latest?token=canary".to_owned(), sent_on("/entra.wasm")),
            ("/loop".to_owned(), sent_on("/loop")),
            ("/away".to_owned(), sent_on("http://example.com/entra.wasm")),
            (
                "/broken".to_owned(),
                b"HTTP/1.1 500 Oops\r\nconnection: close\r\ncontent-length: 0\r\n\r\n".to_vec(),
            ),
            (
                "/cut".to_owned(),
                b"HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 9\r\n\r\nabc".to_vec(),
            ),
            (
                "/huge".to_owned(),
                b"HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 999999999\r\n\r\nabc"
                    .to_vec(),
            ),
        ]),
    );
    let words = |url: &str| {
        ["plugin", "install", url, "--id", "entra-component", "--allow-unsigned", "--yes"]
            .map(str::to_owned)
            .to_vec()
    };
    let fails = |path: &str, code| {
        let words = words(&format!("{base}{path}"));
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        bench.fails(&words, code)["reason"].as_str().unwrap().to_owned()
    };
    assert_eq!(fails("/none.wasm", 6), "plugin-not-fetched");
    assert_eq!(fails("/loop", 11), "plugin-not-fetched");
    assert_eq!(fails("/broken", 11), "plugin-not-fetched");
    assert_eq!(fails("/cut", 11), "plugin-not-fetched");
    assert_eq!(fails("/huge", 11), "plugin-not-fetched");
    assert_eq!(fails("/away", 2), "plugin-source", "never without encryption from elsewhere");
    let words = words(&format!("{base}/latest?token=canary"));
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let installed = bench.run(&words).ends(0);
    assert!(!format!("{installed:?}").contains("canary"), "{installed:?}");
    let list = bench.json(&["plugin", "list"], "PluginList");
    assert_eq!(list["items"][0]["source"], format!("{base}/latest"));
    for bad in ["http://example.com/a.wasm", "ftp://example.com/a", "oci://nothing"] {
        let words = ["plugin", "install", bad, "--allow-unsigned", "--yes"];
        assert_eq!(bench.fails(&words, 2)["reason"], "plugin-source", "{bad}");
    }
}

/// A directory whose script does this.
fn source(bench: &Bench, name: &str, script: &str) -> String {
    let directory = bench.data().with_file_name(name);
    std::fs::create_dir_all(&directory).unwrap();
    std::fs::write(directory.join("build.py"), script).unwrap();
    directory.to_str().unwrap().to_owned()
}

/// The script of a connector in another language, which has nothing to compile.
pub(crate) const COPY: &str = "import os, shutil\n\
    shutil.copyfile('../plugin.wasm', os.environ['DOORWARD_PLUGIN_OUTPUT'])\n";

#[test]
fn a_directory_builds_itself() {
    let Some(component) = component() else { return };
    let bench = Bench::new();
    super::file(&bench, "plugin.wasm", &component);
    let run = |words: &[&str]| {
        let mut command = bench.command(words);
        command.env("PATH", std::env::var_os("PATH").unwrap_or_default());
        finish(command.spawn().unwrap())
    };
    let right = source(&bench, "right", COPY);
    run(&["plugin", "build", &right]).ends(0).says("Built entra-id ").says("sha256:");
    let built = bench.data().with_file_name("entra-id.wasm");
    assert_eq!(std::fs::read(built).unwrap(), component);
    let built = run(&["plugin", "build", &right, "--file", "x.wasm", "-o", "json"]).ends(0);
    assert_eq!(built.document("PluginBuild")["file"], "x.wasm");

    let reason = |directory: &str, code| {
        let output = run(&["plugin", "build", directory, "-o", "json"]).ends(code);
        output.error()["reason"].as_str().unwrap().to_owned()
    };
    assert_eq!(reason(&source(&bench, "lazy", "pass\n"), 2), "plugin-not-built");
    assert_eq!(
        reason(&source(&bench, "broken", "import sys\nsys.exit('oops')\n"), 2),
        "plugin-not-built"
    );
    let wrong = "import os\nopen(os.environ['DOORWARD_PLUGIN_OUTPUT'], 'w').write('hello')\n";
    assert_eq!(reason(&source(&bench, "wrong", wrong), 1), "plugin-no-component");
    let empty = bench.data().with_file_name("empty");
    std::fs::create_dir(&empty).unwrap();
    assert_eq!(reason(empty.to_str().unwrap(), 2), "no-plugin-source");
    let broken = run(&["plugin", "build", "broken"]).ends(2);
    broken.notes("oops");
}
