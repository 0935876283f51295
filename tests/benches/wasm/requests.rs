//! Whether both make the same requests, call for call.

use doorward_core::Factory;
use doorward_entra_id::EntraId;
use doorward_http::ServiceTransport;
use doorward_tests::parts::{self, VirtualClock};
use doorward_tests::world::{connection, network_error};
use entra_sim::{Settings, Simulator, Size, Tenant, cast};
use serde_json::json;
use std::sync::Arc;

use doorward_core::Clock;

use crate::calls::component;
use crate::report::Report;

pub(crate) fn measure(report: &mut Report, size: &Size) {
    let component: &'static dyn Factory = Box::leak(Box::new(component()));
    let native = requests(&EntraId, size);
    let plugin = requests(component, size);
    report.set("requests", json!(native.len()));
    report.set("same_requests", json!(native == plugin));
}

/// The requests of one sync, sorted: in which order those in flight arrive is nobody's decision.
fn requests(factory: &'static dyn Factory, size: &Size) -> Vec<String> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .unwrap();
    runtime.block_on(async {
        let clock = VirtualClock::starting_at(cast::EPOCH);
        let tenant = Tenant::generate(size);
        let simulator = Simulator::new(
            tenant,
            Settings { trace_capacity: usize::MAX, ..Settings::default() },
            Arc::new(move || clock.now()),
        );
        let directory = tempfile::tempdir().unwrap();
        let transport = Arc::new(ServiceTransport::new(simulator.clone(), network_error));
        let host = parts::host([factory], transport, clock, 1, directory.path());
        parts::add(&host, "contoso", "entra-id", &connection()).unwrap();
        let opened = host.open(&host.select(None).unwrap()).unwrap();
        opened.sync(&|_| ()).await.unwrap();
        let trace = simulator.trace();
        let mut requests: Vec<String> = trace
            .iter()
            .map(|one| format!("{} {}?{} {}", one.method, one.path, one.query, one.status))
            .collect();
        requests.sort();
        requests
    })
}
