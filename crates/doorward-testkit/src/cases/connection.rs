//! Opening a connection, and what an open connection says without asking anybody.

use doorward_core::validation::Validator;
use doorward_core::{
    AuthFailure, AuthStage, Connection, Error, ErrorKind, Scheme, SecretReference,
};
use futures::FutureExt;
use futures::future::BoxFuture;
use jsonschema::PatternOptions;
use serde_json::{Map, Value, json};
use std::sync::Arc;

use crate::bench::{Bench, error_text, open, session};
use crate::rule::{Seen, broken, left};
use crate::subject::Subject;

/// References are enough.
pub(crate) fn references(subject: &Subject<'_>) -> Seen {
    match open(subject.factory, &subject.connection) {
        Ok(_) => Ok(()),
        Err(error) => broken(format!("Opening gave {}", error_text(&error))),
    }
}

/// What fits the schema can be opened, unless a schema could not say why not.
pub(crate) fn agrees(subject: &Subject<'_>) -> Seen {
    let schema = &subject.factory.descriptor().connection_schema;
    let Ok(validator) = Validator::new(schema) else {
        return left("The schema cannot be compiled.");
    };
    let Ok(connector) = open(subject.factory, &subject.connection) else {
        return left("The connection could not be opened.");
    };
    let reach = connector.reach();
    let secrets = reach.endpoints.iter().flat_map(|endpoint| endpoint.scheme.secrets());
    let referred = secrets.map(|secret| secret.pointer.as_str());
    let secrets: Vec<&str> = validator.secret_pointers().chain(referred).collect();
    for (what, values) in variants(subject, schema, &secrets) {
        let Err(error) = subject.factory.open(Connection::new(values)) else { continue };
        if error.kind != ErrorKind::InvalidConnection || error.reason == "connection-type" {
            return broken(format!(
                "{what} fits the schema, and opening it gave {}",
                error_text(&error)
            ));
        }
    }
    Ok(())
}

/// Connections that fit the schema: its examples, and the subject's without what may be left out.
fn variants(
    subject: &Subject<'_>,
    schema: &Value,
    secrets: &[&str],
) -> Vec<(String, Map<String, Value>)> {
    let mut variants = Vec::new();
    let examples = schema.get("examples").and_then(Value::as_array).into_iter().flatten();
    for example in examples.filter_map(Value::as_object) {
        variants.push(("An example of the schema".to_owned(), example.clone()));
    }
    for name in subject.connection.values().keys() {
        let mut values = subject.connection.values().clone();
        values.shift_remove(name);
        variants.push((format!("The connection without `{name}`"), values));
    }
    let compiled = jsonschema::draft202012::options()
        .offline()
        .with_pattern_options(PatternOptions::regex())
        .build(schema);
    variants
        .into_iter()
        .filter_map(|(what, values)| {
            let open = with_secrets(values, secrets);
            let fits = compiled.as_ref().is_ok_and(|compiled| compiled.is_valid(&open));
            fits.then(|| (what, with_references(open, secrets)))
        })
        .collect()
}

/// A text that stands for each secret: a schema asks for text.
fn with_secrets(values: Map<String, Value>, secrets: &[&str]) -> Value {
    let mut values = Value::Object(values);
    for pointer in secrets {
        if let Some(place) = values.pointer_mut(pointer)
            && !place.is_string()
        {
            *place = json!("conformance");
        }
    }
    values
}

fn with_references(mut values: Value, secrets: &[&str]) -> Map<String, Value> {
    for pointer in secrets {
        if let Some(place) = values.pointer_mut(pointer) {
            *place = json!(SecretReference { pointer: (*pointer).to_owned() });
        }
    }
    let mut values = match values {
        Value::Object(values) => values,
        _ => Map::new(),
    };
    values.shift_remove("$schema");
    values
}

/// The same connection leads to the same places.
pub(crate) fn stable(subject: &Subject<'_>) -> Seen {
    let reach = || {
        let opened = open(subject.factory, &subject.connection);
        opened.map(|connector| [connector.reach(), connector.reach()])
    };
    let (Ok([one, two]), Ok([three, four])) = (reach(), reach()) else {
        return left("The connection could not be opened.");
    };
    match one == two && two == three && three == four {
        true => Ok(()),
        false => broken("The same connection gave two different reaches."),
    }
}

/// The host can use the reach.
pub(crate) fn usable(subject: &Subject<'_>) -> Seen {
    let Ok(connector) = open(subject.factory, &subject.connection) else {
        return left("The connection could not be opened.");
    };
    let reach = connector.reach();
    if reach.endpoints.is_empty() {
        return broken("The reach has no endpoint.");
    }
    // A secret that is missing is another rule's.
    match session(subject, &reach, Arc::clone(&subject.transport), &subject.clock, 0) {
        Err(error) if error.reason != "missing-secret" => {
            broken(format!("The host refuses it: {}", error.message))
        }
        _ => Ok(()),
    }
}

/// Secrets are where the schema says.
pub(crate) fn secrets(subject: &Subject<'_>) -> Seen {
    let Ok(validator) = Validator::new(&subject.factory.descriptor().connection_schema) else {
        return left("The schema cannot be compiled.");
    };
    let Ok(connector) = open(subject.factory, &subject.connection) else {
        return left("The connection could not be opened.");
    };
    let declared: Vec<&str> = validator.secret_pointers().collect();
    for endpoint in connector.reach().endpoints {
        for SecretReference { pointer } in endpoint.scheme.secrets() {
            if !declared.contains(&pointer.as_str()) {
                return broken(format!(
                    "The endpoint `{}` takes its secret from `{pointer}`, which the schema does \
                     not mark as `writeOnly`.",
                    endpoint.name
                ));
            }
        }
    }
    Ok(())
}

/// Texts that an explanation must not repeat.
const CANARY: &str = "c4n4ry-of-the-suite";

/// A refused credential, as the host hands it on.
fn failures(bench: &Bench<'_>) -> Vec<AuthFailure> {
    let mut failures = Vec::new();
    for endpoint in &bench.reach.endpoints {
        let stages: &[(AuthStage, u16)] = match &endpoint.scheme {
            Scheme::None => &[],
            scheme if scheme.token_url().is_some() => {
                &[(AuthStage::Token, 400), (AuthStage::Token, 401), (AuthStage::Endpoint, 401)]
            }
            _ => &[(AuthStage::Endpoint, 401)],
        };
        let bodies = [
            json!({}),
            json!({"error": "invalid_client", "error_description": "The client is refused."}),
            json!({
                "access_token": CANARY, "refresh_token": CANARY, "id_token": CANARY,
                "client_secret": CANARY, "error": "invalid_client",
            }),
        ];
        for (stage, status) in stages {
            failures.extend(bodies.iter().map(|body| AuthFailure {
                endpoint: endpoint.name.clone(),
                stage: *stage,
                status: *status,
                body: body.as_object().cloned().unwrap_or_default(),
                challenge: Some(format!("Bearer error=\"invalid_token\", nonce=\"{CANARY}\"")),
                request_id: Some("request-1".to_owned()),
            }));
        }
    }
    failures
}

fn explained(bench: &Bench<'_>) -> Vec<(AuthFailure, Error)> {
    let explain = |failure: AuthFailure| {
        let error = bench.connector.explain(failure.clone());
        bench.hear_error("`explain`", error.clone());
        (failure, error)
    };
    failures(bench).into_iter().map(explain).collect()
}

/// A refused credential is explained.
pub(crate) fn explains<'b>(bench: &'b Bench<'_>) -> BoxFuture<'b, Seen> {
    let kinds =
        [ErrorKind::Unauthenticated, ErrorKind::PermissionDenied, ErrorKind::InvalidConnection];
    let judge = move || {
        for (failure, error) in explained(bench) {
            let what = format!("HTTP {} at the {:?} stage", failure.status, failure.stage);
            if !kinds.contains(&error.kind) {
                return broken(format!("{what} was explained as {}", error_text(&error)));
            }
            if bench.connector.explain(failure) != error {
                return broken(format!("{what} was explained in two ways."));
            }
        }
        Ok(())
    };
    async move { judge() }.boxed()
}

/// And nothing is told of the answer that is none of anybody's business.
pub(crate) fn keeps_quiet<'b>(bench: &'b Bench<'_>) -> BoxFuture<'b, Seen> {
    let judge = || {
        for (failure, error) in explained(bench) {
            let text = json!(error).to_string();
            if text.contains(CANARY) {
                let reason = &error.reason;
                return broken(format!(
                    "The error `{reason}` for HTTP {} repeats a token or a challenge.",
                    failure.status
                ));
            }
        }
        Ok(())
    };
    async move { judge() }.boxed()
}
