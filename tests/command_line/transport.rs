//! HTTPS on loopback, with a certificate that only the operator's file vouches for.

use serde_json::json;

use crate::bench::{Bench, Output, finish};

fn with_variable(bench: &Bench, arguments: &[&str]) -> Output {
    let mut command = bench.command(arguments);
    command.env("SSL_CERT_FILE", bench.certificate.as_ref().unwrap());
    finish(command.spawn().unwrap())
}

#[test]
fn https_with_ssl_cert_file() {
    let bench = Bench::https();
    bench.add();
    let run = |arguments: &[&str]| with_variable(&bench, arguments).ends(0);
    run(&["check"]).says("Connected to Contoso");
    run(&["integration", "allow", "group:Finance"]);
    run(&["access", "list", "--on", "group:Finance"]).says("Bob Berg");
    run(&["grant", "--to", "alice@contoso.com", "--on", "group:Finance", "--yes"]).says("Granted");
    run(&["revoke", "--from", "alice@contoso.com", "--on", "group:Finance", "--yes"])
        .says("Revoked");
}

#[test]
fn https_with_a_ca_file() {
    let bench = Bench::https();
    let authority = bench.certificate.as_ref().unwrap().to_str().unwrap().to_owned();
    let base = bench.base.replace("127.0.0.1", "localhost");
    let file = bench.connection(json!({"endpoints": {"login": base, "graph": base}}));
    bench
        .run(&["check", "--connector", "entra-id", "--connection", &file, "--ca-file", &authority])
        .ends(0)
        .says("Connected to Contoso");
    bench.run(&["check", "--connector", "entra-id", "--connection", &file]).ends(11);
}

#[test]
fn https_without_trust_is_refused_with_a_remedy() {
    let bench = Bench::https();
    bench.add();
    for command in [&["check"][..], &["access", "list", "--on", "group:Finance"]] {
        let error = bench.fails(command, 11);
        assert_eq!(error["reason"], "tls-untrusted-certificate", "{error}");
        let remedy = error["remedy"].as_str().unwrap();
        assert!(remedy.contains("--ca-file") && remedy.contains("SSL_CERT_FILE"), "{remedy}");
        bench.run(command).ends(11).notes("is not trusted").notes("--ca-file");
    }
    assert!(bench.simulator.trace().is_empty(), "nothing is sent without trust");
}

#[test]
fn a_ca_file_that_cannot_be_used_is_told() {
    let bench = Bench::https();
    bench.add();
    assert_eq!(bench.fails(&["check", "--ca-file", "missing.pem"], 2)["reason"], "ca-file");
    let empty = bench.file("empty.pem", "no certificate\n");
    let error = bench.run(&["check", "--ca-file", &empty, "-o", "json"]).error();
    assert!(!error["message"].as_str().unwrap().is_empty());
}

#[test]
fn a_variable_that_names_no_certificates_is_said_to() {
    let bench = Bench::ready();
    let empty = bench.file("empty-variable.pem", "nothing");
    for file in ["nowhere.pem", &empty] {
        let mut command = bench.command(&["check"]);
        command.env("SSL_CERT_FILE", file);
        finish(command.spawn().unwrap()).ends(2).notes("SSL_CERT_FILE names");
    }
}

/// The likeliest slip with `sim --https`: the address written with `http://`.
#[test]
fn plain_http_to_a_port_that_speaks_https_says_so_at_once() {
    let bench = Bench::https();
    let base = bench.base.replace("https://", "http://");
    let file = bench.connection(json!({"endpoints": {"login": base, "graph": base}}));
    let check = ["check", "--connector", "entra-id", "--connection", &file];
    let error = bench.fails(&check, 11);
    assert_eq!(error["reason"], "not-http", "{error}");
    assert!(error["remedy"].as_str().unwrap().contains("https://"), "{error}");
}
