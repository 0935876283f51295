//! How long a connection takes to validate: with a compiled schema, and to compile the schema.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::disallowed_methods,
    reason = "a bench may stop at the first surprise"
)]

use criterion::Criterion;
use doorward_core::validation::{Document, Validator};
use doorward_tests::world::{connection, entra_id};
use std::hint::black_box;

/// From bytes to a valid connection, from bytes to findings, and the compilation that both need
/// once.
fn validation(criterion: &mut Criterion) {
    let schema = &entra_id().descriptor().connection_schema;
    let validator = Validator::new(schema).unwrap();

    let typical = serde_json::to_vec_pretty(&connection()).unwrap();
    let document = Document::parse(&typical).unwrap();
    if let Err(findings) = validator.validate(&document) {
        panic!("the typical connection is not valid: {findings:?}");
    }
    criterion.bench_function("validation/typical connection", |bencher| {
        bencher.iter(|| {
            let document = Document::parse(black_box(&typical)).unwrap();
            validator.validate(&document).unwrap()
        });
    });

    // A misspelled name, a tenant in braces, text left in its place, a trailing comma.
    let wrong = br#"{
  "clientId": "8d0b7a52-6c1f-4e0e-9a53-2f4c7d9e1b60",
  "secret": "The value of Client Secret",
  "tenant": "{3b1f2c84-97d5-4a6b-8e2d-5c0a9f7e6d41}",
}"#;
    let findings = validator.validate(&Document::parse(wrong).unwrap()).unwrap_err();
    assert!(findings.len() >= 4, "{findings:?}");
    criterion.bench_function("validation/connection with four mistakes", |bencher| {
        bencher.iter(|| {
            let document = Document::parse(black_box(wrong)).unwrap();
            validator.validate(&document).unwrap_err()
        });
    });

    criterion.bench_function("validation/compile the schema", |bencher| {
        bencher.iter(|| Validator::new(black_box(schema)).unwrap());
    });
}

fn main() {
    let mut criterion = Criterion::default().configure_from_args();
    validation(&mut criterion);
    criterion.final_summary();
}
