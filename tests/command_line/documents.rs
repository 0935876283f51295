//! What programs read: one document of the documented kind from every command.

use serde_json::{Value, json};
use std::io::{BufRead, BufReader};

use crate::bench::{Bench, add};

#[test]
fn every_command_gives_its_document() {
    let bench = Bench::new();
    let file = bench.connection(json!({}));
    let alice = ["--on", "group:Finance", "--yes"];
    let table: [(&[&str], &str, &[&str]); 22] = [
        (&["connector", "list"], "ConnectorList", &["items"]),
        (&["connector", "show", "entra-id"], "Connector", &["item"]),
        (
            &["validate", "entra-id", &file],
            "Validation",
            &["connector", "file", "valid", "findings", "reach"],
        ),
        (&["setup", "entra-id"], "Setup", &["connector", "setup", "permissions"]),
        (&add("contoso", &file), "Integration", &["item"]),
        (&["integration", "list"], "IntegrationList", &["items", "current"]),
        (&["integration", "show", "contoso"], "Integration", &["item"]),
        (&["integration", "use", "contoso"], "Integration", &["item"]),
        (&["integration", "allow", "group:Finance"], "Integration", &["item"]),
        (&["integration", "update", "contoso", "--connection", &file], "Integration", &["item"]),
        (&["credential", "status"], "CredentialStatusList", &["items", "warnDays"]),
        (&["check"], "Check", &["integration", "connector", "usable", "endpoints", "report"]),
        (
            &["conformance", "entra-id", "--connection", &file],
            "ConformanceReport",
            &["connector", "version", "conforms", "rules"],
        ),
        (
            &["access", "list", "--on", "group:Finance"],
            "AccessList",
            &["integration", "subject", "complete", "items", "skipped"],
        ),
        (
            &["access", "list", "--for", "bob@contoso.com"],
            "AccessList",
            &["integration", "subject", "complete", "items", "skipped"],
        ),
        (
            &["access", "explain", "--for", "frank@contoso.com", "--on", "group:Finance"],
            "AccessExplanation",
            &[
                "integration",
                "principal",
                "resource",
                "entitlement",
                "complete",
                "items",
                "skipped",
            ],
        ),
        (
            &["grant", "--to", "alice@contoso.com", alice[0], alice[1], "--dry-run"],
            "Change",
            &["integration", "dryRun", "action", "principal", "resource", "entitlement", "request"],
        ),
        (
            &["grant", "--to", "alice@contoso.com", alice[0], alice[1], alice[2]],
            "Change",
            &["integration", "dryRun", "action", "outcome", "byLooking", "journal", "requestId"],
        ),
        (
            &["revoke", "--from", "alice@contoso.com", alice[0], alice[1], alice[2]],
            "Change",
            &["integration", "dryRun", "action", "outcome", "byLooking", "remaining", "journal"],
        ),
        (&["journal", "list"], "JournalList", &["items"]),
        (&["journal", "list", "-i", "contoso", "--limit", "1"], "JournalList", &["items"]),
        (&["integration", "remove", "contoso", "--yes"], "Integration", &["item"]),
    ];
    for (arguments, kind, fields) in table {
        let output = bench.run(&[arguments, &["-o", "json"]].concat()).ends(0);
        let document = output.document(kind);
        for field in fields {
            assert!(document.get(field).is_some(), "{arguments:?} lacks {field}: {document}");
        }
        for line in output.stderr.lines() {
            let note: Value = serde_json::from_str(line).unwrap();
            assert_eq!(note["apiVersion"], "doorward/v1", "{arguments:?}: {note}");
        }
    }
    let schema = bench.run(&["schema", "entra-id"]).ends(0);
    let schema: Value = serde_json::from_str(&schema.stdout).unwrap();
    assert_eq!(schema["$schema"], "https://json-schema.org/draft/2020-12/schema");
    assert_eq!(schema["properties"]["secret"]["writeOnly"], true, "{schema}");
}

#[test]
fn a_simulation_says_where_it_answers_and_is_used_by_the_other_commands() {
    let bench = Bench::new();
    let sim = [
        "sim",
        "--port",
        "0",
        "--https",
        "--certificate-file",
        "sim.pem",
        "--connection-file",
        "sim.json",
        "-o",
        "json",
    ];
    let mut child = bench.command(&sim).spawn().unwrap();
    let mut text = String::new();
    for line in BufReader::new(child.stdout.take().unwrap()).lines() {
        let line = line.unwrap();
        text.push_str(&line);
        if line == "}" {
            break;
        }
    }
    let check = ["check", "--connector", "entra-id", "--connection", "sim.json"];
    let checked = bench.run(&[&check[..], &["--ca-file", "sim.pem"]].concat());
    child.kill().unwrap();
    child.wait().unwrap();
    let document: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(
        (&document["apiVersion"], &document["kind"]),
        (&json!("doorward/v1"), &json!("Simulation"))
    );
    assert!(document["baseUrl"].as_str().unwrap().starts_with("https://127.0.0.1:"), "{document}");
    checked.ends(0).says("Connected to Contoso");
}
