//! What the connector says about itself.

use doorward_core::validation::Validator;
use doorward_core::{Capability, Descriptor};
use jsonschema::PatternOptions;
use serde_json::Value;
use std::collections::BTreeSet;

use crate::names::{is_kebab, is_kind, is_sentence};
use crate::rule::{Seen, broken, left};
use crate::subject::Subject;

fn descriptor<'a>(subject: &Subject<'a>) -> &'a Descriptor {
    subject.factory.descriptor()
}

/// Names that selectors, files and programs take.
pub(crate) fn names(subject: &Subject<'_>) -> Seen {
    let descriptor = descriptor(subject);
    let kinds = || {
        let principals = descriptor.principal_kinds.iter().map(|one| one.kind.as_str());
        principals.chain(descriptor.resource_kinds.iter().map(|one| one.kind.as_str()))
    };
    let uses = || descriptor.uses.iter().map(|one| one.name.as_str());
    if !is_kebab(&descriptor.id) {
        return broken(format!("The id is `{}`.", descriptor.id));
    }
    if let Some(bad) = kinds().chain(uses()).find(|name| !is_kind(name)) {
        return broken(format!("`{bad}` is no name of letters and `-`."));
    }
    for kind in &descriptor.resource_kinds {
        let rights = kind.entitlements.iter().map(|right| right.id.as_str());
        let mut names = rights.clone().chain(kind.classes.iter().map(String::as_str));
        if let Some(bad) = names.find(|name| !is_kebab(name)) {
            return broken(format!("`{bad}` of the kind `{}` is not in kebab case.", kind.kind));
        }
        unique(&format!("the rights of `{}`", kind.kind), rights)?;
    }
    unique("the principals", descriptor.principal_kinds.iter().map(|one| one.kind.as_str()))?;
    unique("the resources", descriptor.resource_kinds.iter().map(|one| one.kind.as_str()))?;
    unique("the uses", uses())
}

fn unique<'a>(what: &str, names: impl Iterator<Item = &'a str>) -> Seen {
    let mut seen = BTreeSet::new();
    for name in names {
        if !seen.insert(name) {
            return broken(format!("`{name}` is twice among {what}."));
        }
    }
    Ok(())
}

/// What it names is declared, and what it declares can be used.
pub(crate) fn consistent(subject: &Subject<'_>) -> Seen {
    let descriptor = descriptor(subject);
    let about = [&descriptor.version, &descriptor.name, &descriptor.summary];
    if about.iter().any(|text| text.trim().is_empty()) || !is_sentence(&descriptor.summary) {
        return broken("Version, name or summary is empty, or the summary is no sentence.");
    }
    let changes = descriptor.can(Capability::Grant) || descriptor.can(Capability::Revoke);
    if changes && descriptor.max_batch == 0 {
        return broken("It changes access, and `maxBatch` is 0.");
    }
    if descriptor.can(Capability::IncrementalSync) && !descriptor.can(Capability::Sync) {
        return broken("It declares `incremental-sync` without `sync`.");
    }
    for kind in &descriptor.resource_kinds {
        let rights = &kind.entitlements;
        let named = rights.iter().flat_map(|right| right.principals.iter().chain(&right.scopes));
        for name in named.chain(&kind.contains) {
            if !descriptor.declares(name) {
                return broken(format!(
                    "`{}` names the kind `{name}`, which is not declared.",
                    kind.kind
                ));
            }
        }
    }
    let known: BTreeSet<&str> =
        descriptor.permissions.iter().map(|one| one.name.as_str()).collect();
    for wanted in descriptor.uses.iter().flat_map(|one| &one.abilities) {
        if let Some(name) = wanted.permissions.iter().find(|name| !known.contains(name.as_str())) {
            return broken(format!("A use takes the permission `{name}`, which is not declared."));
        }
    }
    Ok(())
}

/// The schema is one.
pub(crate) fn schema(subject: &Subject<'_>) -> Seen {
    let schema = &descriptor(subject).connection_schema;
    if let Err(error) = Validator::new(schema) {
        return broken(format!("It cannot be compiled: {}", error.causes.join(" ")));
    }
    let dialect = schema.get("$schema").and_then(Value::as_str).unwrap_or_default();
    if dialect.trim_end_matches('#') != "https://json-schema.org/draft/2020-12/schema" {
        return broken(format!("Its `$schema` is `{dialect}`."));
    }
    Ok(())
}

/// What nobody reads is refused, so that a misspelled field is noticed.
pub(crate) fn closed(subject: &Subject<'_>) -> Seen {
    let schema = &descriptor(subject).connection_schema;
    let is_closed = ["additionalProperties", "unevaluatedProperties"]
        .iter()
        .any(|word| schema.get(word) == Some(&Value::Bool(false)));
    match is_closed {
        true => Ok(()),
        false => broken("A connection with a field that the schema does not know fits it."),
    }
}

/// The examples fit.
pub(crate) fn examples(subject: &Subject<'_>) -> Seen {
    let schema = &descriptor(subject).connection_schema;
    if Validator::new(schema).is_err() {
        return left("The schema cannot be compiled.");
    }
    let has = schema.get("examples").and_then(Value::as_array).is_some_and(|all| !all.is_empty());
    if !has {
        return broken("The schema has no example of a whole connection.");
    }
    each_example(schema, schema, "")
}

/// Of this schema and of the fields in it.
fn each_example(root: &Value, schema: &Value, pointer: &str) -> Seen {
    let examples = schema.get("examples").and_then(Value::as_array).into_iter().flatten();
    for example in examples.chain(schema.get("default")) {
        if let Some(why) = misfit(root, schema, example) {
            let place = if pointer.is_empty() { "the whole connection" } else { pointer };
            return broken(format!("An example or default of {place} does not fit: {why}."));
        }
    }
    let fields = schema.get("properties").and_then(Value::as_object).into_iter().flatten();
    for (name, field) in fields {
        each_example(root, field, &format!("{pointer}/{name}"))?;
    }
    Ok(())
}

fn misfit(root: &Value, schema: &Value, example: &Value) -> Option<String> {
    let mut schema = schema.clone();
    if let (Value::Object(schema), Some(definitions)) = (&mut schema, root.get("$defs")) {
        schema.insert("$defs".to_owned(), definitions.clone());
    }
    let compiled = jsonschema::draft202012::options()
        .offline()
        .with_pattern_options(PatternOptions::regex())
        .build(&schema);
    match compiled {
        // The whole schema was compiled, so this part refers to something outside of it.
        Err(_) => None,
        // Not the message, which quotes the value: it may be a secret that should be none.
        Ok(compiled) => compiled
            .iter_errors(example)
            .next()
            .map(|error| format!("see `{}`", error.schema_path())),
    }
}
