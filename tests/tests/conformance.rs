//! The connectors that are built in keep every rule of `CONNECTOR_SPEC.md`.
#![cfg(test)]

use doorward_core::validation::{Document, Validator};
use doorward_host::Verb;
use doorward_testkit::{Change, Subject, Verdict, run};
use doorward_tests::parts::{KeptLog, SeededRandom};
use doorward_tests::world::{World, connection, entra_id, request};
use entra_sim::Settings;
use secrecy::SecretString;
use std::sync::Arc;

/// One right on one thing that somebody does not have, as the host resolves it.
async fn change(world: &World, who: &str, on: &str, right: &str) -> Change {
    let plan = world.open().plan(request(Verb::Grant, who, on, right)).await.unwrap();
    Change {
        principal: plan.principal.key().clone(),
        resource: plan.resource,
        entitlement: plan.entitlement,
        scope: plan.scope.map(|scope| scope.key),
    }
}

async fn conforms(world: &World, change: Change) {
    let factory = entra_id();
    let validator = Validator::new(&factory.descriptor().connection_schema).unwrap();
    let document = Document::parse(connection().to_string().as_bytes()).unwrap();
    let (connection, secrets) = validator.validate(&document).unwrap().split();
    let secrets =
        secrets.into_iter().map(|(pointer, secret)| (pointer, SecretString::from(secret.as_str())));
    let subject = Subject {
        factory,
        connection,
        secrets: secrets.collect(),
        transport: world.transport(),
        clock: Arc::new(world.clock),
        random: Arc::new(SeededRandom::new(7)),
        log: Arc::new(KeptLog::default()),
        change: Some(change),
    };
    let report = run(&subject).await.unwrap();
    let broken: Vec<String> = report
        .rules
        .iter()
        .filter(|rule| rule.verdict != Verdict::Passed)
        .map(|rule| format!("{} {:?}", rule.rule, rule.verdict))
        .collect();
    assert!(broken.is_empty(), "{}", broken.join("\n"));
    assert_eq!(report.not_restored, None);
}

#[tokio::test(start_paused = true)]
async fn entra_id_keeps_every_rule_for_members_and_owners() {
    for right in ["member", "owner"] {
        let world = World::new(11, Settings::default());
        let change = change(&world, "alice@contoso.com", "group:Finance", right).await;
        conforms(&world, change).await;
    }
}
