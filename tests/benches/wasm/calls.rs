//! One call, one instance, one page.

use doorward_core::{Connection, Connector, Factory, SecretReference, StartRequest};
use doorward_entra_id::EntraId;
use doorward_tests::pages::{Page, tenant};
use doorward_tests::plugins;
use doorward_wasm::PluginFactory;
use entra_sim::cast;
use serde_json::json;
use std::hint::black_box;
use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::median;
use crate::report::Report;

pub(crate) fn measure(report: &mut Report) {
    let former = plugins::plugin("former").expect("`cargo xtask wasm` builds it");
    const CALLS: u32 = 10_000;
    let empty = sampled(50, || former.describe_repeatedly(CALLS).unwrap());
    report.number("empty_call_us", empty * 1e6 / f64::from(CALLS));

    let component = component();
    let connector = open(&component);
    let fresh = sampled(2_000, || {
        black_box(connector.start(StartRequest::default()).unwrap());
    });
    report.number("fresh_instance_us", fresh * 1e6);

    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    let (simulator, everybody) = tenant();
    let mut seconds = Vec::new();
    for factory in [&EntraId as &dyn Factory, &component] {
        let page =
            runtime.block_on(Page::prepare(factory, simulator.clone(), everybody.clone(), false));
        seconds.push(sampled(300, || {
            black_box(runtime.block_on(page.read()));
        }));
    }
    report.number("page_native_ms", seconds[0] * 1e3);
    report.number("page_component_ms", seconds[1] * 1e3);
    report.number("page_ratio", seconds[1] / seconds[0]);
}

pub(crate) fn component() -> PluginFactory {
    let plugin = plugins::plugin("entra-id").expect("`cargo xtask wasm` builds it");
    PluginFactory::of(plugin).unwrap()
}

fn open(factory: &dyn Factory) -> Arc<dyn Connector> {
    let secret = SecretReference { pointer: "/secret".to_owned() };
    let values = json!({"client_id": cast::CLIENT_ID, "secret": secret, "tenant": cast::TENANT_ID});
    let connection: Connection = serde_json::from_value(values).unwrap();
    factory.open(connection).unwrap()
}

/// The median of so many, in seconds, after a tenth as many to warm up.
fn sampled(times: usize, mut work: impl FnMut()) -> f64 {
    let mut timed = || {
        let start = Instant::now();
        work();
        start.elapsed()
    };
    for _ in 0..times / 10 + 1 {
        timed();
    }
    let samples: Vec<Duration> = (0..times).map(|_| timed()).collect();
    median(samples.iter().map(Duration::as_secs_f64).collect())
}
