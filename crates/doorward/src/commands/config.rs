//! `doorward config`: what is set, and where it came from.

use doorward_core::Result;
use doorward_host::Store;
use serde_json::{Map, json};
use std::path::PathBuf;

use crate::app::App;
use crate::exit::Exit;
use crate::output::{Column, List};
use crate::settings::{Origin, Setting};

/// One setting. A secret's value is only said to be there.
struct Shown {
    name: &'static str,
    value: String,
    origin: Origin,
    /// What is worth knowing about it.
    note: &'static str,
}

const NAME: Column<Shown> = Column::new("setting", "Setting", |one| one.name.to_owned());
const VALUE: Column<Shown> = Column::new("value", "Value", |one| one.value.clone());
const NOTE: Column<Shown> = Column::wide("note", "Note", |one| one.note.to_owned());

const PLAIN: &[Column<Shown>] =
    &[NAME, VALUE, Column::wide("origin", "From", |one| one.origin.to_string()), NOTE];
const WITH_ORIGIN: &[Column<Shown>] =
    &[NAME, VALUE, Column::new("origin", "From", |one| one.origin.to_string()), NOTE];

pub(super) fn show(app: &App, origin: bool) -> Result<Exit> {
    app.console.list(&List {
        kind: "Configuration",
        columns: if origin { WITH_ORIGIN } else { PLAIN },
        items: &settings(app),
        name: |one| one.name.to_owned(),
        json: |one| {
            json!({
                "name": one.name,
                "value": one.value,
                "origin": one.origin.name(),
                "source": one.origin.to_string(),
                "note": one.note,
            })
        },
        beside: Map::new(),
        empty: "",
        skipped: None,
    })?;
    Ok(Exit::DONE)
}

fn settings(app: &App) -> Vec<Shown> {
    let settings = app.settings();
    let path = |name, setting: &Setting<Option<PathBuf>>| Shown {
        name,
        value: setting.value.as_ref().map(|path| path.display().to_string()).unwrap_or_default(),
        origin: setting.origin.clone(),
        note: "",
    };
    let data_dir =
        Setting { value: app.data_directory().ok(), origin: settings.data_dir.origin.clone() };
    vec![
        path("config", &settings.config),
        path("data-dir", &data_dir),
        integration(app),
        plain("output", &settings.output, |format| format.name().to_owned()),
        plain("no-input", &settings.no_input, ToString::to_string),
        plain("log", &settings.log, Clone::clone),
        key(app),
        path("ca-file", &settings.ca_file),
        proxy(app),
        plain("no-proxy", &settings.proxy, |proxies| {
            proxies.as_ref().map(|proxies| proxies.no_proxy.clone()).unwrap_or_default()
        }),
    ]
}

fn plain<T>(name: &'static str, setting: &Setting<T>, text: impl Fn(&T) -> String) -> Shown {
    Shown { name, value: text(&setting.value), origin: setting.origin.clone(), note: "" }
}

/// Which integration commands use that name none. Nothing is made to find that out.
fn integration(app: &App) -> Shown {
    let (value, origin) = match app.variable("DOORWARD_INTEGRATION") {
        Some(name) => (name, Origin::Variable("DOORWARD_INTEGRATION")),
        None => match stored(app) {
            Some(name) => (name, Origin::Stored("doorward integration use")),
            None => (String::new(), Origin::Default),
        },
    };
    let note = if value.is_empty() { "the only one, when there is only one" } else { "" };
    Shown { name: "integration", value, origin, note }
}

fn stored(app: &App) -> Option<String> {
    let directory = app.data_directory().ok()?;
    if !directory.join("doorward.db").is_file() {
        return None;
    }
    app.store().ok()?.current().ok()?
}

/// Where the key of stored secrets comes from; never the key.
fn key(app: &App) -> Shown {
    let (value, origin) = match app.variable("DOORWARD_KEY") {
        Some(_) => ("(set)".to_owned(), Origin::Variable("DOORWARD_KEY")),
        None => {
            let file = app.data_directory().map(|directory| directory.join("key"));
            let file = file.map(|file| format!("in {}", file.display()));
            (file.unwrap_or_default(), Origin::Default)
        }
    };
    Shown { name: "key", value, origin, note: "" }
}

fn proxy(app: &App) -> Shown {
    let setting = &app.settings().proxy;
    let shown = |value, note| Shown { name: "proxy", value, origin: setting.origin.clone(), note };
    let proxies = match &setting.value {
        Ok(proxies) => [&proxies.https, &proxies.http],
        Err(_) => {
            let note = "only http and https proxies are possible; commands that reach a system \
                        refuse until it is mended, or `--proxy none` is given";
            return shown("unusable".to_owned(), note);
        }
    };
    let value = match proxies {
        [None, None] => "none".to_owned(),
        [Some(https), Some(http)] if https == http => https.to_string(),
        [https, http] => [("https", https), ("http", http)]
            .iter()
            .filter_map(|(scheme, proxy)| Some(format!("{scheme}: {}", proxy.as_ref()?)))
            .collect::<Vec<_>>()
            .join(", "),
    };
    let note = if proxies == [&None, &None] {
        ""
    } else {
        "its own address may be a private one; it resolves names itself, so that only addresses \
         that a connection spells out are held to the rule of addresses"
    };
    shown(value, note)
}
