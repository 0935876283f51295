//! What is wrong with a value according to the schema, in words for people.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use jsonschema::ValidationError;
use jsonschema::error::{TypeKind, ValidationErrorKind};
use serde_json::Value;

use super::finding::Problem;
use super::names::closest;
use super::schema::Field;
use super::tree::join;

/// What is wrong with one place; the first in this order is reported, the others follow from it.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Fault {
    Missing,
    Unknown,
    /// With what it must be, in words.
    Type(String),
    Empty,
    Choice,
    /// Of properties that exclude each other, none is given.
    NoneOf,
    /// Of properties that exclude each other, several are given.
    SeveralOf,
    TooLong(u64),
    TooShort(u64),
    /// Any other rule. What `anyOf` and its like say about each alternative is noise for people.
    Form,
}

/// One fault per JSON pointer. The texts of the schema library are not used: they print values.
pub(super) fn faults<'a>(
    errors: impl Iterator<Item = ValidationError<'a>>,
) -> BTreeMap<String, Fault> {
    let mut faults = BTreeMap::new();
    for error in errors {
        let place = error.instance_path().as_str();
        match error.kind() {
            ValidationErrorKind::Required { property } => {
                let name = property.as_str().unwrap_or_default();
                keep(&mut faults, join(place, name), Fault::Missing);
            }
            ValidationErrorKind::AdditionalProperties { unexpected }
            | ValidationErrorKind::UnevaluatedProperties { unexpected } => {
                for name in unexpected {
                    keep(&mut faults, join(place, name), Fault::Unknown);
                }
            }
            kind => {
                let empty = error.instance().as_str() == Some("");
                keep(&mut faults, place.to_owned(), fault(kind, empty));
            }
        }
    }
    faults
}

fn keep(faults: &mut BTreeMap<String, Fault>, pointer: String, fault: Fault) {
    match faults.entry(pointer) {
        Entry::Vacant(vacant) => {
            vacant.insert(fault);
        }
        Entry::Occupied(mut known) if fault < *known.get() => {
            known.insert(fault);
        }
        Entry::Occupied(_) => {}
    }
}

fn fault(kind: &ValidationErrorKind, empty: bool) -> Fault {
    match kind {
        ValidationErrorKind::Type { kind } => Fault::Type(type_words(kind)),
        _ if empty => Fault::Empty,
        ValidationErrorKind::Enum { .. } | ValidationErrorKind::Constant { .. } => Fault::Choice,
        ValidationErrorKind::OneOfNotValid { .. } => Fault::NoneOf,
        ValidationErrorKind::OneOfMultipleValid { .. } => Fault::SeveralOf,
        ValidationErrorKind::MaxLength { limit } => Fault::TooLong(*limit),
        ValidationErrorKind::MinLength { limit } => Fault::TooShort(*limit),
        _ => Fault::Form,
    }
}

fn type_words(kind: &TypeKind) -> String {
    let word = |name: String| match name.as_str() {
        "string" => "text in quotes".to_owned(),
        "object" => "an object in braces".to_owned(),
        "array" => "a list in square brackets".to_owned(),
        "boolean" => "true or false".to_owned(),
        "number" => "a number".to_owned(),
        "integer" => "a whole number".to_owned(),
        _ => name,
    };
    match kind {
        TypeKind::Single(one) => word(one.to_string()),
        TypeKind::Multiple(several) => {
            let words: Vec<_> = several.iter().map(|one| word(one.to_string())).collect();
            words.join(" or ")
        }
    }
}

impl Fault {
    /// The problem in words. `value` is what stands there; it is never printed.
    pub(super) fn explain(
        &self,
        at: usize,
        pointer: &str,
        field: Option<&Field>,
        value: Option<&Value>,
    ) -> Problem {
        let subject = field.map_or_else(|| "The value here".to_owned(), Field::subject);
        let (code, message, suggestion) = match self {
            Self::Missing => {
                ("missing-property", format!("{subject} is missing."), field.map(Field::how_to_add))
            }
            Self::Unknown => (
                "unknown-property",
                "This property is unknown.".to_owned(),
                Some("Delete it.".to_owned()),
            ),
            Self::Type(wanted) => (
                "wrong-type",
                format!("{subject} must be {wanted}, not {}.", what_it_is(value)),
                how_to_retype(pointer, wanted, value),
            ),
            Self::Empty => (
                "empty-value",
                format!("{subject} is empty."),
                Some("Fill in the value.".to_owned()),
            ),
            Self::Choice => (
                "unknown-choice",
                format!("{subject} is not one of the known values."),
                field
                    .zip(value.and_then(Value::as_str))
                    .and_then(|(field, text)| closest(text, &field.choices))
                    .map(|choice| format!("Did you mean \"{choice}\"?")),
            ),
            Self::TooLong(limit) => (
                "too-long",
                format!("{subject} is longer than {limit} characters."),
                Some("Check that only the value was pasted.".to_owned()),
            ),
            Self::TooShort(limit) => (
                "too-short",
                format!("{subject} is shorter than {limit} characters."),
                Some("Check that the whole value was pasted.".to_owned()),
            ),
            Self::NoneOf if field.is_some_and(|field| !field.alternatives.is_empty()) => (
                "missing-property",
                format!("One of {} is missing.", alternatives(field).join(", ")),
                field
                    .and_then(|field| field.child(field.alternatives.first()?))
                    .map(Field::how_to_add),
            ),
            Self::SeveralOf if field.is_some_and(|field| !field.alternatives.is_empty()) => (
                "conflicting-properties",
                format!("Only one of {} can be given.", alternatives(field).join(", ")),
                Some("Delete all but one of them.".to_owned()),
            ),
            Self::Form | Self::NoneOf | Self::SeveralOf => (
                "invalid-value",
                format!("{subject} does not have the form that is expected."),
                Some(
                    "Copy the value again, and check that it belongs into this property."
                        .to_owned(),
                ),
            ),
        };
        // Of what is missing, the place where the first alternative belongs.
        let first =
            field.filter(|_| *self == Self::NoneOf).and_then(|field| field.alternatives.first());
        let pointer = first.map_or_else(|| pointer.to_owned(), |name| join(pointer, name));
        Problem::new(at, code, message)
            .pointer(pointer)
            .expected(field.and_then(Field::expectation))
            .suggest(suggestion)
    }
}

/// The properties that exclude each other, as people know them.
fn alternatives(field: Option<&Field>) -> Vec<String> {
    let known = |field: &Field| {
        let subject =
            |name: &String| field.child(name).map_or_else(|| format!("`{name}`"), Field::subject);
        field.alternatives.iter().map(subject).collect()
    };
    field.map(known).unwrap_or_default()
}

impl Field {
    /// The field as the subject of a sentence.
    pub(super) fn subject(&self) -> String {
        if self.pointer.is_empty() {
            return "The connection".into();
        }
        let path = self.path();
        match &self.title {
            Some(title) => format!("`{path}` ({title})"),
            None => format!("`{path}`"),
        }
    }

    /// The name with those of the objects around it.
    pub(super) fn path(&self) -> String {
        self.pointer.trim_start_matches('/').replace('/', ".")
    }

    fn expectation(&self) -> Option<String> {
        if let Some(expected) = &self.expected {
            return Some(expected.clone());
        }
        if !self.choices.is_empty() {
            return Some(format!("one of {}", self.choices.join(", ")));
        }
        let example = self.example.as_ref()?;
        Some(format!("for example {example}"))
    }

    fn how_to_add(&self) -> String {
        let name = &self.name;
        match &self.example {
            Some(example) => format!("Add \"{name}\" with your value, written like {example}."),
            None => format!("Add \"{name}\" with your value in quotes."),
        }
    }
}

fn what_it_is(value: Option<&Value>) -> &'static str {
    match value {
        None => "missing",
        Some(Value::Null) => "null",
        Some(Value::Bool(_)) => "true or false",
        Some(Value::Number(_)) => "a number",
        Some(Value::String(_)) => "text",
        Some(Value::Array(_)) => "a list",
        Some(Value::Object(_)) => "an object",
    }
}

fn how_to_retype(pointer: &str, wanted: &str, value: Option<&Value>) -> Option<String> {
    let suggestion = match value? {
        Value::Array(items) if items.len() == 1 => "Delete the square brackets around it.",
        Value::Array(_) if pointer.is_empty() => {
            "Put each connection into its own file, without square brackets."
        }
        Value::String(text) if pointer.is_empty() && text.trim_start().starts_with('{') => {
            "This is JSON inside of a text: delete the quotes around it and the backslashes in it."
        }
        Value::Null => "Give it a value, or delete the property if you do not need it.",
        Value::Number(_) | Value::Bool(_) if wanted.starts_with("text") => {
            "Put the value in straight double quotes."
        }
        Value::String(_) if !wanted.starts_with("an object") => "Delete the quotes around it.",
        _ => return None,
    };
    Some(suggestion.to_owned())
}
