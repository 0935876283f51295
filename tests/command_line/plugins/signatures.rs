//! Who vouches for a plugin.

use minisign::KeyPair;
use std::io::Cursor;

use super::{component, file, kept, other};
use crate::bench::{Bench, Output};

struct Signer(KeyPair);

impl Signer {
    fn new() -> Self {
        Self(KeyPair::generate_unencrypted_keypair().unwrap())
    }

    /// The public key, as it is told.
    fn key(&self) -> String {
        self.0.pk.to_base64()
    }

    /// Writes a component, and its signature beside it.
    fn signed(&self, bench: &Bench, name: &str, component: &[u8]) -> String {
        let signature = minisign::sign(None, &self.0.sk, Cursor::new(component), None, None);
        let signature = signature.unwrap().into_string();
        bench.file(&format!("{name}.minisig"), &signature);
        file(bench, name, component)
    }
}

fn install(bench: &Bench, file: &str, more: &[&str]) -> Output {
    let words = ["plugin", "install", file, "--id", "entra-component", "--yes", "-o", "json"];
    bench.run(&[&words[..], more].concat())
}

#[track_caller]
fn refused(output: Output, reason: &str) {
    assert_eq!(output.ends(9).error()["reason"], reason);
}

#[test]
fn only_who_is_trusted_can_sign() {
    let Some(component) = component() else { return };
    let bench = Bench::new();
    let (alice, mallory) = (Signer::new(), Signer::new());
    let first = alice.signed(&bench, "first.wasm", &component);
    let key_file = bench.file("alice.pub", &alice.0.pk.to_box().unwrap().into_string());
    refused(install(&bench, &first, &[]), "plugin-key-unknown");
    refused(install(&bench, &first, &["--key", &mallory.key()]), "plugin-signature-wrong");
    assert!(!bench.data().join("plugins/lock.json").exists());
    let installed = install(&bench, &first, &["--key", &key_file]).ends(0).document("Plugin");
    assert_eq!(installed["item"]["installed"]["key"], alice.key());
    bench.run(&["plugin", "list"]).ends(0).says(&alice.key());

    // Her key is known now; another's is not, and neither is nobody's.
    let second = alice.signed(&bench, "second.wasm", &other(&component));
    install(&bench, &second, &[]).ends(0);
    bench.run(&["plugin", "verify"]).ends(0).says(&alice.key());
    let third = mallory.signed(&bench, "third.wasm", &component);
    refused(install(&bench, &third, &[]), "plugin-key-unknown");
    refused(install(&bench, &third, &["--key", &mallory.key()]), "plugin-key-changed");
    refused(install(&bench, &third, &["--allow-unsigned"]), "plugin-key-changed");
    let bare = file(&bench, "bare.wasm", &component);
    refused(install(&bench, &bare, &[]), "plugin-unsigned");
    refused(install(&bench, &bare, &["--allow-unsigned"]), "plugin-key-changed");
    refused(install(&bench, &bare, &["--key", &alice.key()]), "plugin-unsigned");
    let accepted = ["--key", &mallory.key(), "--accept-new-key"];
    install(&bench, &third, &accepted).ends(0);
    bench.run(&["plugin", "list"]).ends(0).says(&mallory.key());
}

#[test]
fn a_wrong_signature_is_refused_whatever_else_is_allowed() {
    let Some(component) = component() else { return };
    let bench = Bench::new();
    let alice = Signer::new();
    let right = alice.signed(&bench, "right.wasm", &component);
    // What would not even compile: its code is not looked at before its signature.
    let changed = file(&bench, "changed.wasm", b"not a component at all");
    std::fs::copy(format!("{right}.minisig"), format!("{changed}.minisig")).unwrap();
    let key = alice.key();
    refused(install(&bench, &changed, &["--key", &key]), "plugin-signature-wrong");
    refused(
        install(&bench, &changed, &["--key", &key, "--allow-unsigned"]),
        "plugin-signature-wrong",
    );
    install(&bench, &right, &["--key", &key]).ends(0);
    refused(install(&bench, &changed, &["--allow-unsigned"]), "plugin-signature-wrong");
    bench.file("changed.wasm.minisig", "nonsense");
    refused(install(&bench, &changed, &["--key", &key]), "plugin-signature-wrong");
    // A signature that lies elsewhere.
    let elsewhere =
        bench.file("elsewhere.sig", &std::fs::read_to_string(right.clone() + ".minisig").unwrap());
    let bare = file(&bench, "bare.wasm", &component);
    install(&bench, &bare, &["--key", &key, "--signature", &elsewhere]).ends(0);
    for bad in ["no-such-file", "RWnonsense"] {
        let error = install(&bench, &right, &["--key", bad]).ends(2).error();
        assert_eq!(error["reason"], "plugin-key");
    }

    let kept = kept(&bench, ".minisig");
    let signature = std::fs::read_to_string(&kept).unwrap();
    std::fs::write(&kept, signature.replace("trusted comment: ", "trusted comment: x")).unwrap();
    assert_eq!(bench.fails(&["plugin", "verify"], 9)["reason"], "plugin-signature-wrong");
    std::fs::remove_file(&kept).unwrap();
    assert_eq!(bench.fails(&["plugin", "verify"], 2)["reason"], "plugin-damaged");
}

#[test]
fn a_digest_pins_what_must_come() {
    let Some(component) = component() else { return };
    let bench = Bench::new();
    let path = file(&bench, "entra.wasm", &component);
    let digest = bench.json(&["plugin", "inspect", &path], "Plugin")["item"]["digest"].clone();
    let digest = digest.as_str().unwrap();
    let with =
        |path: &str, digest: &str| install(&bench, path, &["--allow-unsigned", "--digest", digest]);
    let changed = file(&bench, "changed.wasm", &other(&component));
    refused(with(&changed, digest), "plugin-digest-wrong");
    assert_eq!(with(&path, "sha256:12").ends(2).error()["reason"], "plugin-digest");
    with(&path, digest).ends(0);
}
