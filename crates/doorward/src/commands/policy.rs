//! `doorward integration protect` and `policy show`, and who may be given access.

use doorward_core::{Descriptor, Error, ErrorKind, ObjectRef, Result};
use doorward_host::{AllowedResource, GUEST, Integration, Opened, Selector, SelectorRole};
use serde_json::json;

use crate::app::App;
use crate::cli::Target;
use crate::exit::Exit;
use crate::output::text;

/// Lets guests, or a kind that is no person, be given access.
pub(super) fn allow_principals(opened: &Opened, kind: &str, remove: bool) -> Result<String> {
    let kinds = opened.descriptor().principal_kinds.iter().filter(|kind| !kind.person);
    let known: Vec<&str> =
        std::iter::once(GUEST).chain(kinds.map(|kind| kind.kind.as_str())).collect();
    if !known.contains(&kind) {
        return Err(Error::new(
            ErrorKind::InvalidRequest,
            "unknown-kind",
            format!("`{kind}` is nobody who could be allowed so."),
        )
        .remedy(format!(
            "Use one of: {}. People of your own need no permission.",
            known.join(", ")
        )));
    }
    opened.change_policy(|policy| {
        if remove {
            policy.principals.remove(kind);
        } else {
            policy.principals.insert(kind.to_owned());
        }
    })?;
    let name = opened.integration().name;
    Ok(if remove {
        format!("`{name}` gives a {kind} no access any more; what they have stays.")
    } else {
        format!("`{name}` may give access to a {kind} now.")
    })
}

pub(super) async fn protect(
    app: &App,
    object: &str,
    remove: bool,
    integration: Option<String>,
) -> Result<Exit> {
    let opened = app.open(&Target { integration, ..Target::default() }).await?;
    let selector = Selector::parse(object, SelectorRole::Principal, opened.descriptor())?;
    let (key, name) = match listed(&opened.integration(), object) {
        Some(object) if remove => (object.key, object.name),
        _ => {
            let object = opened.resolve(&selector).await?;
            (object.key().clone(), text::object_name(&object))
        }
    };
    let mut changed = false;
    opened.change_policy(|policy| {
        changed = if remove { policy.unprotect(&key) } else { policy.protect(key.clone(), &name) };
    })?;
    let sentence = match (remove, changed) {
        (false, true) => format!("{name} is protected: its access is never changed."),
        (false, false) => format!("{name} was protected before; nothing was changed."),
        (true, true) => format!("{name} is no longer protected."),
        (true, false) => format!("{name} was not protected; nothing was changed."),
    };
    super::integration::report(app, &opened.integration(), &sentence);
    Ok(Exit::DONE)
}

/// A protected object by its name or id there, so that one that is gone can be taken off, too.
fn listed(integration: &Integration, text: &str) -> Option<AllowedResource> {
    let named = |object: &&AllowedResource| {
        object.name == text || object.key.id == text || object.key.to_string() == text
    };
    integration.policy.protected.iter().find(named).cloned()
}

pub(super) fn show(app: &App, integration: Option<String>) -> Result<Exit> {
    let host = app.host()?;
    let integration = app.select(&host, &Target { integration, ..Target::default() })?;
    if app.console.is_json() {
        let fields = json!({"integration": integration.name, "policy": integration.policy});
        app.console.json("Policy", &fields);
        return Ok(Exit::DONE);
    }
    let console = &app.console;
    let policy = &integration.policy;
    console.line("May be changed:");
    for kind in &policy.kinds {
        console.line(format!("  every {kind}, but for privileged ones"));
    }
    for resource in &policy.resources {
        console.line(format!("  {}", listed_name(app, &integration, resource)));
    }
    if policy.kinds.is_empty() && policy.resources.is_empty() {
        console.line("  nothing, until `doorward integration allow` says so");
    }
    console.line("May be given access:");
    console.line("  people of your own");
    for kind in &policy.principals {
        console.line(format!("  {kind}"));
    }
    console.line("Never changed:");
    console.line("  Doorward's own access, and the last holder of what must keep one");
    for object in &policy.protected {
        console.line(format!("  {}", with_key(&object.name, &object.key)));
    }
    Ok(Exit::DONE)
}

/// What a listed resource stands for: itself, or what is in it.
pub(super) fn listed_name(
    app: &App,
    integration: &Integration,
    resource: &AllowedResource,
) -> String {
    // A connector that is not there any more keeps nobody from seeing the list.
    let factory = app.factory(&integration.connector).ok();
    let is_container = factory.is_some_and(|factory| contains(factory.descriptor(), &resource.key));
    meant(is_container, &with_key(&resource.name, &resource.key))
}

/// Whether an object of this kind contains others, and so stands for them on a list.
pub(super) fn contains(descriptor: &Descriptor, key: &ObjectRef) -> bool {
    descriptor.resource_kind(&key.kind).is_some_and(|kind| !kind.contains.is_empty())
}

/// What a listed object stands for, in words.
pub(super) fn meant(is_container: bool, name: &str) -> String {
    if is_container {
        format!("everything directly in {name}, but for what is privileged")
    } else {
        name.to_owned()
    }
}

fn with_key(name: &str, key: &ObjectRef) -> String {
    format!("{name} [{key}]")
}
