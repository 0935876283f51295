//! `doorward plugin install`: from its source to the folder of plugins, once somebody approved it.

use doorward_core::{Error, ErrorKind, Registry, Result};
use doorward_host::Store;
use doorward_wasm::Digest;
use serde_json::json;
use std::path::Path;

use super::differences::Differences;
use super::words::{Words, view};
use super::{called, signed_in};
use crate::app::App;
use crate::cli::InstallOptions;
use crate::exit::Exit;
use crate::plugins::{self, Installed, Key, Lock, Looked, Parts, Source, Trust, is_id};
use crate::{ask, output};

pub(super) async fn run(app: &App, options: &InstallOptions) -> Result<Exit> {
    let integrations = app.store()?.integrations()?;
    let folder = app.plugins()?;
    let lock = folder.lock()?;
    let source = match Source::parse(&options.source)? {
        Source::Registry(artifact) => Source::Registry(signed_in(app, artifact, &options.login)?),
        source => source,
    };
    let key = options.key.as_deref().map(|text| key(app, text)).transpose()?;
    let mut fetched = source.fetch(app).await?;
    if let Some(place) = &options.signature {
        fetched.signature = Some(Source::signature(app, place).await?);
    }
    check_digest(options.digest.as_deref(), &Digest::of(&fetched.component))?;
    let signer = signer(options, &lock, key.as_ref(), &fetched)?;
    // Only now its code is compiled and run.
    // As it may be shown: what was asked for may hold a secret.
    let name = called(Path::new(&fetched.source));
    let looked = plugins::look(&folder.runtime()?, &name, fetched.component.clone())?;
    let id = id(options, &looked)?;
    let descriptor = serde_json::to_string(looked.descriptor()).map_err(|error| {
        Error::internal("A descriptor could not be written as JSON.").cause(error)
    })?;
    let plugin = Installed {
        id,
        version: looked.descriptor().version.clone(),
        digest: looked.digest,
        descriptor: Digest::of(descriptor.as_bytes()),
        source: fetched.source,
        key: signer,
        installed: app.now(),
    };
    let before = lock.find(&plugin.id);
    same_signer(before, &plugin, options.accept_new_key)?;
    not_older(before, &plugin, options.allow_downgrade)?;
    // What was approved before is only put back.
    if before.is_none_or(|before| before.digest != plugin.digest || before.key != plugin.key) {
        let differences =
            before.map(|before| Differences::of(&folder, before, &plugin, &looked, &integrations));
        show(app, &plugin, &looked, differences.as_ref());
        let question = match before {
            Some(_) => "Install it in place of the version before?".to_owned(),
            None => format!("Install it as the connector `{}`?", plugin.id),
        };
        ask::confirm(&app.console, options.yes, &question).await?;
    }
    let parts = Parts {
        component: &fetched.component,
        descriptor: &descriptor,
        signature: fetched.signature.as_deref().filter(|_| plugin.key.is_some()),
    };
    folder.install(&plugin, &parts)?;
    report(app, &plugin, &looked);
    Ok(Exit::DONE)
}

/// The key that was named: its file, or the key itself.
fn key(app: &App, text: &str) -> Result<Key> {
    if let Some(key) = Key::parse(text) {
        return Ok(key);
    }
    let unusable = || {
        let message = format!("{text} is no public key of minisign.");
        Error::new(ErrorKind::InvalidRequest, "plugin-key", message).remedy(
            "Name the file with the public key, or give the key itself: the line that begins with \
             RW.",
        )
    };
    let content = std::fs::read_to_string(app.console.file(Path::new(text)));
    let content = content.map_err(|error| unusable().cause(error))?;
    Key::parse(&content).ok_or_else(unusable)
}

fn check_digest(wanted: Option<&str>, found: &Digest) -> Result<()> {
    let Some(text) = wanted else { return Ok(()) };
    let wanted = Digest::parse(text).ok_or_else(|| {
        let message = format!("`{text}` is no digest.");
        Error::new(ErrorKind::InvalidRequest, "plugin-digest", message)
            .remedy("Write `sha256:` and 64 hexadecimal digits, as `doorward plugin inspect` does.")
    })?;
    if wanted == *found {
        return Ok(());
    }
    let message = format!("The component has the digest {found}, not the one that was named.");
    Err(Error::new(ErrorKind::DeniedByPolicy, "plugin-digest-wrong", message).remedy(
        "It is not the component that you mean: another version, or somebody changed it. None of \
         its code was run.",
    ))
}

fn signer(
    options: &InstallOptions,
    lock: &Lock,
    key: Option<&Key>,
    fetched: &plugins::Fetched,
) -> Result<Option<Key>> {
    let known: Vec<Key> = lock.plugins.iter().filter_map(|plugin| plugin.key.clone()).collect();
    let trust = Trust { key, known: &known, allow_unsigned: options.allow_unsigned };
    trust.signer(&fetched.component, fetched.signature.as_deref())
}

/// The id that integrations will name it by.
fn id(options: &InstallOptions, looked: &Looked) -> Result<String> {
    let id = options.id.as_ref().unwrap_or(&looked.descriptor().id);
    if !is_id(id) {
        let message = format!("`{id}` cannot be the id of a connector.");
        return Err(Error::new(ErrorKind::InvalidRequest, "plugin-id", message)
            .remedy("Use lower case letters, digits and `-`, 64 at most, a letter first."));
    }
    if Registry::native()?.get(id).is_some() {
        let message = format!("There is a built-in connector `{id}` already.");
        return Err(Error::new(ErrorKind::InvalidRequest, "duplicate-connector", message)
            .remedy("Install the plugin under another id with `--id OTHER`."));
    }
    Ok(id.clone())
}

/// Whoever vouched for the version before vouches for this one, too.
fn same_signer(before: Option<&Installed>, plugin: &Installed, accepted: bool) -> Result<()> {
    let Some(known) = before.and_then(|before| before.key.as_ref()) else { return Ok(()) };
    if plugin.key.as_ref() == Some(known) || accepted {
        return Ok(());
    }
    let now = match &plugin.key {
        Some(key) => format!("by {key}"),
        None => "by nobody who is known".to_owned(),
    };
    let message =
        format!("The installed `{}` is signed by {known}; this one is signed {now}.", plugin.id);
    Err(Error::new(ErrorKind::DeniedByPolicy, "plugin-key-changed", message).remedy(
        "Ask whoever makes it, by another way, whether they have a new key. If so, add \
         `--accept-new-key`.",
    ))
}

/// An old version, rightly signed, may have a fault that everybody knows by now. Versions that are not
/// written as such cannot be compared.
fn not_older(before: Option<&Installed>, plugin: &Installed, allowed: bool) -> Result<()> {
    let Some(before) = before else { return Ok(()) };
    let read = |version: &str| semver::Version::parse(version).ok();
    match (read(&before.version), read(&plugin.version)) {
        (Some(installed), Some(new)) if new < installed && !allowed => {
            let message =
                format!("`{}` {installed} is installed; this one, {new}, is older.", plugin.id);
            Err(Error::new(ErrorKind::DeniedByPolicy, "plugin-older", message).remedy(
                "Check that it is the version you mean. To go back to it, add \
                 `--allow-downgrade`.",
            ))
        }
        _ => Ok(()),
    }
}

fn show(app: &App, plugin: &Installed, looked: &Looked, differences: Option<&Differences>) {
    if app.console.is_json() {
        let fields = json!({
            "item": view(looked, None),
            "id": plugin.id,
            "key": plugin.key,
            "differences": differences,
        });
        app.console.json_note("Inspection", &fields);
        return;
    }
    let words = Words { console: &app.console, is_result: false };
    words.describe(looked);
    words.line("");
    words.line(match &plugin.key {
        Some(key) => format!("It is signed by {key}, and was not changed since."),
        None => "WARNING: nobody vouches for it: it is not signed by a key that is known here."
            .to_owned(),
    });
    for line in differences.map(Differences::lines).unwrap_or_default() {
        words.line(line);
    }
}

fn report(app: &App, plugin: &Installed, looked: &Looked) {
    if app.console.is_json() {
        app.console.json("Plugin", &json!({"item": view(looked, Some(plugin))}));
        return;
    }
    let console: &output::Console = &app.console;
    console.line(format!("Installed {} {}, {}.", plugin.id, plugin.version, plugin.digest));
    console.note_line(format!(
        "Next: doorward integration add NAME --connector {} --connection FILE",
        plugin.id
    ));
}
