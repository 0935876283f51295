//! While a plugin misbehaves, others work; and one that wants more than it was given asks again.

use doorward_core::{ErrorKind, Factory};
use doorward_tests::{keyring::KEYRING, parts, plugins};
use doorward_wasm::{Plugin, PluginFactory};
use serde_json::json;
use std::cell::Cell;

use crate::stage::{Provider, hurried_plugin, is_the_plugins_fault, limits, open, plugin, reach};

/// On one thread: a plugin that never gives it back would stop everybody.
#[tokio::test]
async fn others_go_on() {
    let Some(plugin) = plugin() else { return };
    let Some(hurried) = hurried_plugin() else { return };
    let looping = open(&hurried, "endless-loop", &json!([]), &reach());
    let hoarding = open(&plugin, "memory-bomb", &json!([]), &reach());
    let working = open(&plugin, "nothing", &json!([]), &reach());
    let provider = Provider::default();
    let done = Cell::new(0);
    let others = async {
        for _ in 0..20 {
            working.check(provider.transport()).await.unwrap();
            done.set(done.get() + 1);
        }
    };
    // The loop is begun first, and gives the thread back long before it is stopped.
    let looped = async {
        let looped = looping.check(provider.transport()).await;
        assert_eq!(done.get(), 20, "others waited for the loop to be stopped");
        looped
    };
    let hoarded = hoarding.check(provider.transport());
    let (looped, (), hoarded) = tokio::join!(biased; looped, others, hoarded);
    is_the_plugins_fault(&looped.unwrap_err(), "plugin-cpu");
    is_the_plugins_fault(&hoarded.unwrap_err(), "plugin-memory");
}

/// The plugin as somebody updates it: it wants to reach more for the same connection.
fn update() -> Option<Plugin> {
    let mut bytes = plugins::component("hostile")?;
    let (old, new) = (b"hostile-update: no ", b"hostile-update: yes");
    let place = bytes.windows(old.len()).position(|part| part == old).unwrap();
    bytes[place..place + new.len()].copy_from_slice(new);
    Some(Plugin::from_bytes(&plugins::runtime(limits()), "hostile", bytes).unwrap())
}

#[tokio::test(start_paused = true)]
async fn a_wider_reach_after_an_update_asks_again() {
    let (Some(plugin), Some(update)) = (plugin(), update()) else { return };
    let directory = tempfile::tempdir().unwrap();
    let clock = parts::VirtualClock::starting_at("2026-11-23T08:00:00Z");
    let provider = Provider::default();
    let host = |plugin: &Plugin| {
        let factory: &'static dyn Factory =
            Box::leak(Box::new(PluginFactory::of(plugin.clone()).unwrap()));
        parts::host([factory, &*KEYRING], provider.transport(), clock, 1, directory.path())
    };
    let connection = json!({"deed": "nothing", "reach": reach(), "secret": "a-secret-of-length"});
    let integration = parts::add(&host(&plugin), "it", "hostile", &connection).unwrap();
    host(&plugin).open(&integration).unwrap().check().await.unwrap();
    let error = host(&update).open(&integration).err().unwrap();
    assert_eq!((error.kind, error.reason.as_str()), (ErrorKind::DeniedByPolicy, "reach-changed"));
    host(&plugin).open(&integration).unwrap().check().await.unwrap();
    assert_eq!(provider.seen().len(), 0);
}

/// A page of a kind that the descriptor does not know is the connector's lie, and no data.
#[tokio::test(start_paused = true)]
async fn a_page_that_the_descriptor_does_not_know_ends_the_sync() {
    let Some(plugin) = plugin() else { return };
    let factory = Box::leak(Box::new(PluginFactory::of(plugin).unwrap()));
    let directory = tempfile::tempdir().unwrap();
    let clock = parts::VirtualClock::starting_at("2026-11-23T08:00:00Z");
    let factories: [&'static dyn Factory; 1] = [factory];
    let transport = Provider::default().transport();
    let host = parts::host(factories, transport, clock, 1, directory.path());
    for (deed, reason) in
        [("undeclared-kind", "undeclared-kind"), ("long-page", "plugin-page-too-long")]
    {
        let connection = json!({"deed": deed, "reach": reach(), "secret": "a-secret-of-length"});
        let integration = parts::add(&host, deed, "hostile", &connection).unwrap();
        let error = host.open(&integration).unwrap().sync(&|_| ()).await.unwrap_err();
        assert_eq!((error.kind, error.reason.as_str()), (ErrorKind::ContractViolation, reason));
    }
}
