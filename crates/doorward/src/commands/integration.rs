//! `doorward integration`: connections that are stored under a name.

use doorward_core::{Error, ErrorKind, Resource, Result};
use doorward_host::{
    Host, Integration, Opened, Policy, Proposal, Selector, SelectorRole, Store, check_name, stored,
};
use serde_json::{Map, Value, json};
use std::path::Path;

use super::policy;
use crate::app::App;
use crate::cli::{IntegrationCommand, PolicyCommand, Target};
use crate::exit::Exit;
use crate::output::{Column, List, reach, text};
use crate::{ask, secrets};

pub(super) async fn run(app: &App, command: IntegrationCommand) -> Result<Exit> {
    match command {
        IntegrationCommand::Add { name, connector, connection, yes } => {
            add(app, &name, &connector, &connection, yes).await
        }
        IntegrationCommand::List => list(app),
        IntegrationCommand::Show { name } => show(app, &name),
        IntegrationCommand::Update { name, connection, secret, field, yes } => {
            let change = match (connection, secret) {
                (Some(path), _) => Change::Connection(path),
                (None, secret) => Change::Secret { from: secret.unwrap_or_default(), field },
            };
            update(app, &name, change, yes).await
        }
        IntegrationCommand::Remove { name, yes } => remove(app, &name, yes).await,
        IntegrationCommand::Allow { resource, all_groups: _, principals, remove, integration } => {
            allow(app, resource.as_deref(), principals.as_deref(), remove, integration).await
        }
        IntegrationCommand::Protect { object, remove, integration } => {
            policy::protect(app, &object, remove, integration).await
        }
        IntegrationCommand::Policy(PolicyCommand::Show { integration }) => {
            policy::show(app, integration)
        }
        IntegrationCommand::Use { name } => choose(app, &name),
    }
}

async fn add(app: &App, name: &str, connector: &str, path: &Path, yes: bool) -> Result<Exit> {
    // Before anything is read, shown or asked, so that nobody answers in vain.
    check_name(name)?;
    let host = app.host()?;
    host.check_free(name)?;
    let proposal = app.propose(&host, connector, path).await?;
    app.console.reach(proposal.reach());
    ask::confirm(&app.console, yes, "Approve these addresses, and store the connection?").await?;
    let integration = host.add(name, &proposal)?;
    report(app, &integration, &format!("Stored as `{}`.", integration.name));
    if !app.console.is_json() {
        app.console.note_line(format!("Next: doorward check -i {}", integration.name));
    }
    Ok(Exit::DONE)
}

pub(super) fn report(app: &App, integration: &Integration, sentence: &str) {
    if app.console.is_json() {
        app.console.json("Integration", &json!({"item": view(integration)}));
    } else {
        app.console.line(sentence);
    }
}

/// An integration, and whether commands use it when none is named.
struct Listed {
    integration: Integration,
    is_current: bool,
}

const COLUMNS: &[Column<Listed>] = &[
    Column::new("name", "Name", |one| one.integration.name.clone()),
    Column::new("connector", "Connector", |one| one.integration.connector.clone()),
    Column::new("place", "Place", |one| {
        let identity = one.integration.identity.as_ref();
        identity.map_or("not checked yet", |identity| &identity.place).to_owned()
    }),
    Column::new("mayChange", "May change", |one| allowed(&one.integration.policy)),
    Column::new("created", "Added", |one| text::moment(one.integration.created)),
    Column::new("current", "Used by default", |one| {
        if one.is_current { "yes" } else { "" }.to_owned()
    }),
    Column::wide("updated", "Changed", |one| text::moment(one.integration.updated)),
    Column::wide("id", "Id", |one| one.integration.id.clone()),
];

fn list(app: &App) -> Result<Exit> {
    app.console.check_columns(COLUMNS)?;
    let store = app.store()?;
    let current = store.current()?;
    let items: Vec<Listed> = store
        .integrations()?
        .into_iter()
        .map(|integration| {
            let is_current = current.as_ref() == Some(&integration.name);
            Listed { integration, is_current }
        })
        .collect();
    app.console.list(&List {
        kind: "IntegrationList",
        columns: COLUMNS,
        items: &items,
        name: |one| one.integration.name.clone(),
        json: |one| view(&one.integration),
        beside: Map::from_iter([("current".to_owned(), json!(current))]),
        empty: "There is no integration yet.",
        skipped: None,
    })?;
    if items.is_empty() && app.console.format().is_for_people() {
        app.console.note_line(
            "Next: doorward integration add NAME --connector entra-id --connection FILE",
        );
    }
    Ok(Exit::DONE)
}

/// What may be changed, in a few words.
fn allowed(policy: &Policy) -> String {
    let kinds = policy.kinds.iter().map(|kind| format!("every {kind}"));
    let number = policy.resources.len();
    let resources = (number > 0).then(|| text::count(number, "resource", "resources"));
    let parts: Vec<String> = kinds.chain(resources).collect();
    if parts.is_empty() { "nothing".to_owned() } else { parts.join(", ") }
}

/// An integration for programs: what is stored, without secrets, and where each secret is.
fn view(integration: &Integration) -> Value {
    let mut value = serde_json::to_value(integration).unwrap_or_default();
    let secrets: Vec<Value> = integration
        .secret_pointers()
        .iter()
        .map(|pointer| json!({"pointer": pointer, "source": integration.sources.get(pointer)}))
        .collect();
    if let Value::Object(fields) = &mut value {
        fields.insert("secrets".to_owned(), json!(secrets));
    }
    value
}

fn show(app: &App, name: &str) -> Result<Exit> {
    let integration = stored(app.store()?.as_ref(), name)?;
    if app.console.is_json() {
        app.console.json("Integration", &json!({"item": view(&integration)}));
        return Ok(Exit::DONE);
    }
    let console = &app.console;
    console.line(format!("{} ({})", integration.name, integration.connector));
    console.line(match &integration.identity {
        Some(identity) => {
            format!("Reaches {} as {} ({}).", identity.place, identity.name, identity.key)
        }
        None => "Not checked yet.".to_owned(),
    });
    console.line(format!(
        "Added {}, changed {}.",
        text::moment(integration.created),
        text::moment(integration.updated)
    ));
    console.line("Addresses:");
    for line in integration.reach.endpoints.iter().flat_map(reach::lines) {
        console.line(format!("  {line}"));
    }
    console.line("Secrets:");
    for pointer in integration.secret_pointers() {
        let place = match integration.sources.get(&pointer) {
            Some(source) => format!("read from {}, not stored", secrets::place(source)),
            None => "stored here, encrypted".to_owned(),
        };
        console.line(format!("  {pointer}: {place}"));
    }
    show_policy(app, &integration);
    Ok(Exit::DONE)
}

fn show_policy(app: &App, integration: &Integration) {
    let policy = &integration.policy;
    if policy.kinds.is_empty() && policy.resources.is_empty() {
        app.console
            .line("May change: nothing. Allow it with `doorward integration allow group:NAME`.");
        return;
    }
    app.console.line("May change:");
    for kind in &policy.kinds {
        app.console.line(format!("  every {kind}"));
    }
    for resource in &policy.resources {
        app.console.line(format!("  {}", policy::listed_name(app, integration, resource)));
    }
}

/// What an update replaces.
enum Change {
    Connection(std::path::PathBuf),
    Secret { from: String, field: Option<String> },
}

async fn update(app: &App, name: &str, change: Change, yes: bool) -> Result<Exit> {
    let host = app.host()?;
    let integration = host.select(Some(name))?;
    let proposal = match change {
        Change::Connection(path) => app.propose(&host, &integration.connector, &path).await?,
        Change::Secret { from, field } => {
            new_secret(app, &host, &integration, &from, field.as_deref()).await?
        }
    };
    if *proposal.reach() != integration.reach {
        app.console.reach(proposal.reach());
        ask::confirm(&app.console, yes, "Approve these addresses?").await?;
    }
    let checked = async { host.open_proposal(&proposal)?.check().await };
    let report_of_check = checked.await.map_err(|mut error| {
        error.message.push_str(" Nothing was replaced.");
        error
    })?;
    let identity = &report_of_check.identity;
    let updated = host.update(&integration, &proposal, Some(identity))?;
    let sentence = format!(
        "Replaced: `{name}` now reaches {} as {}. It was checked before.",
        identity.place, identity.name
    );
    report(app, &updated, &sentence);
    Ok(Exit::DONE)
}

async fn new_secret(
    app: &App,
    host: &Host,
    integration: &Integration,
    from: &str,
    field: Option<&str>,
) -> Result<Proposal> {
    let pointer = secret_place(integration, field)?;
    if from == "-" {
        let secret = ask::secret(&app.console).await?;
        return host.propose_secret(integration, &pointer, secret, None);
    }
    let origin = secrets::origin_of_option(from)?;
    let secret = app.local_sources().fetch(&origin)?;
    host.propose_secret(integration, &pointer, secret, Some(secrets::stored_form(&origin)))
}

fn secret_place(integration: &Integration, field: Option<&str>) -> Result<String> {
    let pointers = integration.secret_pointers();
    let wanted = field
        .map(|field| if field.starts_with('/') { field.to_owned() } else { format!("/{field}") });
    let found = match (&wanted, pointers.as_slice()) {
        (None, [only]) => Some(only.clone()),
        (None, _) => None,
        (Some(wanted), all) => all.iter().find(|pointer| *pointer == wanted).cloned(),
    };
    found.ok_or_else(|| {
        Error::new(
            ErrorKind::InvalidRequest,
            "secret-not-chosen",
            format!("It is not clear which secret of `{}` is meant.", integration.name),
        )
        .remedy(format!("Name it with `--field`. There are: {}.", pointers.join(", ")))
    })
}

async fn remove(app: &App, name: &str, yes: bool) -> Result<Exit> {
    let host = app.host()?;
    let store = host.store();
    let integration = stored(store, name)?;
    ask::can_be_confirmed(&app.console, yes)?;
    host.nothing_open(&integration)?;
    let question = format!("Remove `{name}` and its secrets? Its journal stays.");
    ask::confirm(&app.console, yes, &question).await?;
    host.remove(&integration)?;
    if store.current()?.as_deref() == Some(name) {
        store.set_current(None)?;
    }
    report(app, &integration, &format!("Removed `{name}`. Its journal stays."));
    Ok(Exit::DONE)
}

fn choose(app: &App, name: &str) -> Result<Exit> {
    let store = app.store()?;
    let integration = stored(store.as_ref(), name)?;
    store.set_current(Some(name))?;
    report(
        app,
        &integration,
        &format!("Commands use `{name}` from now on, unless another is named."),
    );
    Ok(Exit::DONE)
}

async fn allow(
    app: &App,
    resource: Option<&str>,
    principals: Option<&str>,
    remove: bool,
    integration: Option<String>,
) -> Result<Exit> {
    let opened = app.open(&Target { integration, ..Target::default() }).await?;
    let sentence = match (resource, principals) {
        (None, Some(kind)) => policy::allow_principals(&opened, kind, remove)?,
        (None, None) => allow_all(&opened, "group", remove)?,
        (Some(text), _) => {
            let selector = Selector::parse(text, SelectorRole::Resource, opened.descriptor())?;
            if remove {
                disallow(app, &opened, &selector).await?
            } else {
                allow_one(app, &opened, &selector).await?
            }
        }
    };
    report(app, &opened.integration(), &sentence);
    Ok(Exit::DONE)
}

fn allow_all(opened: &Opened, kind: &str, remove: bool) -> Result<String> {
    if opened.descriptor().resource_kind(kind).is_none() {
        return Err(Error::new(
            ErrorKind::InvalidRequest,
            "unknown-kind",
            format!(
                "The connector `{}` has no resources of the kind `{kind}`.",
                opened.descriptor().id
            ),
        )
        .remedy("Allow single resources."));
    }
    let name = opened.integration().name;
    opened.change_policy(|policy| {
        if remove {
            policy.kinds.remove(kind);
        } else {
            policy.kinds.insert(kind.to_owned());
        }
    })?;
    Ok(if remove {
        format!(
            "`{name}` may no longer change every {kind}; those allowed one by one stay allowed."
        )
    } else {
        format!("`{name}` may change every {kind} now.")
    })
}

async fn allow_one(app: &App, opened: &Opened, selector: &Selector) -> Result<String> {
    app.settle(opened).await?;
    let resource = opened.resolve_resource(selector).await?;
    warn_of_refusals(app, &resource);
    let mut is_new = false;
    opened.change_policy(|policy| is_new = policy.allow(resource.key.clone(), &resource.name))?;
    let name = opened.integration().name;
    let already = if is_new { "may now" } else { "was allowed before to" };
    let listed = format!("{} [{}]", resource.name, resource.key);
    let what = policy::meant(policy::contains(opened.descriptor(), &resource.key), &listed);
    Ok(format!("`{name}` {already} change who has access to {what}."))
}

/// What may be changed by policy may still be impossible.
fn warn_of_refusals(app: &App, resource: &Resource) {
    if resource.privileged {
        app.console.note(format!(
            "warning: {} is privileged: a change of it must also say `--allow-tier0`.",
            resource.name
        ));
    }
    // What holds for some kinds of principals only is said when it matters.
    for rule in resource.refusals.iter().filter(|rule| rule.principals.is_empty()) {
        let rights = rule.entitlements.join(" or ");
        app.console.note(format!(
            "warning: no {rights} can be changed all the same. {} {}",
            rule.refusal.message, rule.refusal.remedy
        ));
    }
}

/// Takes a resource off the list: by its name or id there, so that one that is gone can be taken
/// off, too; else as the provider knows it.
async fn disallow(app: &App, opened: &Opened, selector: &Selector) -> Result<String> {
    use doorward_core::Term;
    let (Term::Id(wanted) | Term::Mail(wanted) | Term::Name(wanted)) = &selector.term;
    let integration = opened.integration();
    let listed: Vec<_> = integration
        .policy
        .resources
        .iter()
        .filter(|allowed| allowed.key.id == *wanted || allowed.name == *wanted)
        .collect();
    let (key, name) = match listed.as_slice() {
        [only] => (only.key.clone(), only.name.clone()),
        _ => {
            app.settle(opened).await?;
            let object = opened.resolve(selector).await?;
            (object.key().clone(), object.name().to_owned())
        }
    };
    let mut was_listed = false;
    opened.change_policy(|policy| was_listed = policy.disallow(&key))?;
    let every = opened.integration().policy.kinds.contains(&key.kind);
    let what = policy::meant(policy::contains(opened.descriptor(), &key), &name);
    Ok(match (was_listed, every) {
        (_, true) => format!(
            "Every {} may be changed, {name} too, until you take that back with `--all-groups --remove`.",
            key.kind
        ),
        (true, false) => {
            format!("`{}` may no longer change who has access to {what}.", integration.name)
        }
        (false, false) => format!(
            "`{}` was not allowed to change {name} before; nothing was changed.",
            integration.name
        ),
    })
}
