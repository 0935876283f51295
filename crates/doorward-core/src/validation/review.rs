//! One validation: a document against a schema.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::Validator;
use super::document::{Document, SecretOrigin, Wiped};
use super::explain::{Fault, faults};
use super::finding::{Finding, Problem, Problems};
use super::hints::is_invisible;
use super::names::guess;
use super::schema::Field;
use super::tree::{Member, Node, join, segments};

pub(super) struct Review<'a> {
    validator: &'a Validator,
    document: &'a Document,
    problems: Problems,
    /// The places of the values whose property was clearly meant to have another name.
    renamed: BTreeMap<String, &'a Node>,
}

impl<'a> Review<'a> {
    pub(super) fn new(validator: &'a Validator, document: &'a Document) -> Self {
        Self { validator, document, problems: document.problems.clone(), renamed: BTreeMap::new() }
    }

    /// The values, with properties under the names that were meant, and every finding.
    pub(super) fn run(mut self) -> (Wiped, Vec<Finding>) {
        let mut value = Wiped(self.document.value.0.clone());
        let root = self.validator.root();
        self.rename(&mut value.0, &self.document.root, root);
        let mut faults = faults(self.validator.errors(&value.0));
        self.explain_values(&value.0, root, &mut faults);
        for (pointer, fault) in &faults {
            if self.problems.is_full() {
                break;
            }
            self.explain(pointer, fault, &value.0);
        }
        (value, self.problems.into_findings(&self.document.text))
    }

    /// Puts each value whose property is misspelled under the name that was meant, so that the value
    /// is validated in the same run, and takes unknown properties out.
    fn rename(&mut self, value: &mut Value, node: &'a Node, field: &'a Field) {
        let Value::Object(members) = value else {
            return;
        };
        if field.closed {
            let (mut kept, strange): (Map<_, _>, Map<_, _>) = std::mem::take(members)
                .into_iter()
                .partition(|(name, _)| field.child(name).is_some());
            let mut strange = Wiped(Value::Object(strange));
            for member in node.members() {
                let Some(value) = strange.0.get_mut(&member.name) else {
                    continue;
                };
                if self.problems.is_full() {
                    self.problems.drop_one();
                    continue;
                }
                let meant = guess(&member.name, &field.fields);
                let taken = meant.is_some_and(|meant| kept.contains_key(&meant.name));
                self.explain_name(member, field, meant, taken);
                if let (Some(meant), false) = (meant, taken) {
                    // Of duplicates the last one's value counts, and so does its place.
                    let node = node.child(&member.name).unwrap_or(&member.node);
                    self.renamed.insert(meant.pointer.clone(), node);
                    kept.insert(meant.name.clone(), value.take());
                }
            }
            *members = kept;
        }
        for field in &field.fields {
            let value = members.get_mut(&field.name);
            let node = self.node(&field.pointer);
            if let Some((value, node)) = value.zip(node) {
                self.rename(value, node, field);
            }
        }
    }

    fn explain_name(&mut self, member: &Member, field: &Field, meant: Option<&Field>, taken: bool) {
        let pointer = match meant {
            Some(meant) if !taken => meant.pointer.clone(),
            _ if member.printable => join(&field.pointer, &member.name),
            _ => field.pointer.clone(),
        };
        let subject = if member.printable {
            format!("`{}`", member.name)
        } else {
            "The property here".to_owned()
        };
        let elsewhere = field.fields.iter().find(|other| other.child(&member.name).is_some());
        let (code, message, suggestion) = match (meant, elsewhere) {
            (Some(meant), _) if taken => (
                "unknown-property",
                format!(
                    "{subject} is unknown; it seems to mean `{}`, which is given too.",
                    meant.path()
                ),
                "Delete one of the two.".to_owned(),
            ),
            (Some(meant), _) => (
                "misnamed-property",
                format!("{subject} is unknown; did you mean `{}`?", meant.path()),
                format!("Rename it to \"{}\".", meant.name),
            ),
            (None, Some(elsewhere)) => (
                "misplaced-property",
                format!("{subject} belongs inside of `{}`.", elsewhere.path()),
                format!("Move it into the braces of \"{}\".", elsewhere.name),
            ),
            (None, None) => (
                "unknown-property",
                format!("{subject} is unknown."),
                "Delete it, or correct its name.".to_owned(),
            ),
        };
        let known: Vec<_> = field.fields.iter().map(|known| known.name.as_str()).collect();
        self.problems.push(
            Problem::new(member.name_at, code, message)
                .pointer(pointer)
                .expected(Some(format!("one of {}", known.join(", "))))
                .suggestion(suggestion),
        );
    }

    /// What the schema knows better about a value than that it does not fit.
    fn explain_values(
        &mut self,
        value: &Value,
        field: &'a Field,
        faults: &mut BTreeMap<String, Fault>,
    ) {
        for field in &field.fields {
            let Some(value) = value.get(&field.name) else {
                continue;
            };
            let Some(node) = self.node(&field.pointer) else {
                continue;
            };
            let problem = match value {
                Value::String(text) => {
                    let fits = !faults.contains_key(&field.pointer);
                    field.explain(text, fits, node.start)
                }
                Value::Object(_) if field.secret => {
                    let renamed = self.renamed.contains_key(&field.pointer);
                    let followed = SecretOrigin::read(value).is_some();
                    if renamed && followed {
                        // Followed once the property has its right name.
                        faults.remove(&field.pointer);
                        continue;
                    }
                    Some(reference(field, node.start, followed))
                }
                _ => None,
            };
            if let Some(problem) = problem
                && !node.damaged
            {
                if problem.severity == crate::Severity::Problem {
                    faults.remove(&field.pointer);
                }
                self.problems.push(problem.pointer(field.pointer.clone()));
            }
            self.explain_values(value, field, faults);
        }
    }

    fn explain(&mut self, pointer: &str, fault: &Fault, value: &Value) {
        let parent = || {
            let (parent, _) = pointer.rsplit_once('/')?;
            self.node(parent)
        };
        let Some(node) = self.node(pointer).or_else(parent) else {
            return;
        };
        if !node.damaged {
            let field = self.validator.root().at(pointer);
            let problem = fault.explain(node.start, pointer, field, value.pointer(pointer));
            self.problems.push(problem);
        }
    }

    /// The place of the value at a pointer into the renamed values.
    fn node(&self, pointer: &str) -> Option<&'a Node> {
        let mut node = &self.document.root;
        let mut at = String::new();
        for segment in segments(pointer) {
            at = join(&at, &segment);
            node = match self.renamed.get(&at) {
                Some(renamed) => renamed,
                None => node.child(&segment)?,
            };
        }
        Some(node)
    }
}

impl Field {
    /// The first hint that says what is wrong with a value, else its white space.
    fn explain(&self, text: &str, fits: bool, at: usize) -> Option<Problem> {
        let white_space = self.explain_white_space(text, at);
        let fits = fits && white_space.is_none();
        self.hints
            .iter()
            .filter(|hint| hint.refuses || !fits)
            .find_map(|hint| hint.explain(text, at))
            .map(|problem| problem.expected(self.expected.clone()))
            .or(white_space)
    }

    fn explain_white_space(&self, text: &str, at: usize) -> Option<Problem> {
        if !self.trim || text.is_empty() {
            return None;
        }
        let is_space = |character: char| character.is_whitespace() || is_invisible(character);
        let place = match (text.starts_with(is_space), text.ends_with(is_space)) {
            (false, false) => return None,
            (true, false) => "at the start",
            (false, true) => "at the end",
            (true, true) => "at both ends",
        };
        let subject = self.subject();
        let (code, message) = if text.chars().all(is_space) {
            ("empty-value", format!("{subject} is only white space."))
        } else {
            (
                "stray-whitespace",
                format!("{subject} has white space {place}, which is not a part of it."),
            )
        };
        Some(
            Problem::new(at, code, message)
                .expected(self.expected.clone())
                .suggestion(format!("Delete the spaces and line breaks {place} of the value.")),
        )
    }
}

/// An object stands in place of a secret.
fn reference(field: &Field, at: usize, is_origin: bool) -> Problem {
    let subject = field.subject();
    if is_origin {
        let message = format!(
            "{subject} refers to an environment variable, a file or a program; only the local command line follows such references."
        );
        return Problem::new(at, "unresolved-secret", message)
            .suggestion("Send the secret itself, or run the command where the reference leads.");
    }
    let message = format!("{subject} must be text in quotes, or one reference to where it is.");
    Problem::new(at, "invalid-secret-reference", message).expected(Some(
        r#"text, {"env": "NAME"}, {"file": "path"} or {"command": ["program", "argument"]}"#,
    ))
}
