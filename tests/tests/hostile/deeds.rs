//! What a plugin does to the machine: it computes, hoards, floods, or hands over too much.

use doorward_core::{ErrorKind, Factory};
use doorward_tests::parts::KeptLog;
use doorward_wasm::PluginFactory;
use serde_json::{Value, json};

use crate::stage::{Provider, hurried_plugin, is_the_plugins_fault, open, plugin, reach};

#[tokio::test(start_paused = true)]
async fn a_loop_without_an_end_ends() {
    let Some(plugin) = hurried_plugin() else { return };
    let opened = open(&plugin, "endless-loop", &json!([]), &reach());
    let error = opened.check(Provider::default().transport()).await.unwrap_err();
    is_the_plugins_fault(&error, "plugin-cpu");
    assert!(error.message.contains("300ms"), "{error:?}");
}

#[tokio::test(start_paused = true)]
async fn what_a_call_takes_has_its_measure() {
    let Some(plugin) = plugin() else { return };
    let table = [
        ("memory-bomb", "plugin-memory"),
        ("deep-recursion", "plugin-stack"),
        ("panic", "plugin-trapped"),
    ];
    for (deed, reason) in table {
        let opened = open(&plugin, deed, &json!([]), &reach());
        let error = opened.check(Provider::default().transport()).await.unwrap_err();
        is_the_plugins_fault(&error, reason);
        let after = open(&plugin, "nothing", &json!([]), &reach());
        after.check(Provider::default().transport()).await.unwrap();
    }
}

#[tokio::test(start_paused = true)]
async fn what_a_page_holds_has_its_measure() {
    let Some(plugin) = plugin() else { return };
    let table = [
        ("endless-page", "plugin-memory"),
        ("long-page", "plugin-page-too-long"),
        ("huge-record", "plugin-answer-too-large"),
        ("json-bomb", "plugin-malformed"),
        ("panic-in-start", "plugin-trapped"),
    ];
    for (deed, reason) in table {
        let opened = open(&plugin, deed, &json!([]), &reach());
        let error = opened.sync(Provider::default().transport()).await.unwrap_err();
        is_the_plugins_fault(&error, reason);
    }
}

/// Many texts that are small become large together.
#[tokio::test(start_paused = true)]
async fn what_texts_become_has_its_measure() {
    let Some(plugin) = plugin() else { return };
    let opened = open(&plugin, "json-bombs", &json!([]), &reach());
    let error = opened.sync(Provider::default().transport()).await.unwrap_err();
    is_the_plugins_fault(&error, "plugin-malformed");
    assert!(error.message.contains("too much memory together"), "{error:?}");
}

/// A gigabyte of log ends the call after a mebibyte of it.
#[tokio::test(start_paused = true)]
async fn a_log_has_its_measure() {
    let Some(plugin) = plugin() else { return };
    let log = KeptLog::default();
    let opened = open(&plugin, "log-flood", &json!([]), &reach());
    let error = opened.check_logging(Provider::default().transport(), &log).await.unwrap_err();
    assert_eq!((error.kind, error.reason.as_str()), (ErrorKind::ContractViolation, "log-flood"));
    let logged: usize = log.lines().iter().map(String::len).sum();
    assert!(logged < 2 << 20, "{logged}");
}

/// The words of a panic are not lost with the instance.
#[tokio::test(start_paused = true)]
async fn the_words_of_a_panic_are_in_the_log() {
    let Some(plugin) = plugin() else { return };
    let log = KeptLog::default();
    let opened = open(&plugin, "panic", &json!([]), &reach());
    opened.check_logging(Provider::default().transport(), &log).await.unwrap_err();
    let lines = log.lines();
    assert!(lines.iter().any(|line| line.contains("the plugin has had enough")), "{lines:?}");
}

/// What must be pure gets nothing, not even the time; and who calls it does not wait for ever.
#[test]
fn a_pure_export_asks_for_nothing() {
    let Some(plugin) = hurried_plugin() else { return };
    let factory = PluginFactory::of(plugin).unwrap();
    let table = [
        ("clock-in-reach", "plugin-not-pure"),
        ("loop-in-reach", "plugin-cpu"),
        ("log-in-reach", "plugin-log"),
    ];
    for (deed, reason) in table {
        let connection: Value =
            json!({"deed": deed, "reach": [], "secret": {"pointer": "/secret"}});
        let error = factory.open(serde_json::from_value(connection).unwrap()).err().unwrap();
        is_the_plugins_fault(&error, reason);
    }
}
