//! How long the Entra ID connector takes for a page of 999 members.
//!
//! Measured is one `read(Holders)` of the untyped member list, from the connector's request to its
//! 1998 records (999 accounts, 999 grants): preparing the request, the policy of the HTTP stack,
//! collecting the body, decoding its JSON with every `@odata.…` annotation, making the records.
//! The body is the one that the simulator gave for that request, kept as bytes, so that neither
//! the simulator nor a socket is part of the number. Once it is compressed with gzip, as Graph sends
//! it, and once as it is. What of it is reading JSON at all, shows the last bench: the same bytes to
//! a `serde_json::Value`.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::print_stderr,
    clippy::disallowed_methods,
    reason = "a bench may stop at the first surprise"
)]

use criterion::{Criterion, Throughput};
use doorward_tests::pages::{Page, tenant};
use doorward_tests::world::entra_id;
use serde_json::Value;
use std::hint::black_box;

fn decode(criterion: &mut Criterion) {
    // With time, for deadlines; without I/O, for there is none.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    let (simulator, everybody) = tenant();
    let mut group = criterion.benchmark_group("decode");
    group.throughput(Throughput::Elements(999));
    for (gzip, name) in [(true, "read(Holders), gzip"), (false, "read(Holders), plain")] {
        let page =
            runtime.block_on(Page::prepare(entra_id(), simulator.clone(), everybody.clone(), gzip));
        eprintln!("{name}: {} bytes", page.body.len());
        group.bench_function(name, |bencher| {
            bencher.to_async(&runtime).iter(|| page.read());
        });
        if !gzip {
            let value: Value = serde_json::from_slice(&page.body).unwrap();
            let users = value.get("value").and_then(Value::as_array).expect("a list");
            assert!(users.iter().all(|user| user.get("@odata.type").is_some()));
            assert!(
                value.get("@odata.context").is_some() && value.get("@odata.nextLink").is_some()
            );
            group.bench_function("the plain bytes to a JSON value", |bencher| {
                bencher.iter(|| serde_json::from_slice::<Value>(black_box(&page.body)).unwrap());
            });
        }
    }
    group.finish();
}

fn main() {
    let mut criterion = Criterion::default().configure_from_args();
    decode(&mut criterion);
    criterion.final_summary();
}
