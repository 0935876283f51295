//! A connection schema, as far as findings need to know it.

use serde::Deserialize;
use serde_json::Value;

use super::hints::{Extension, Hint, KEYWORD};
use super::tree::join;
use crate::{Error, Result};

/// A property of a connection, or the connection itself.
#[derive(Default)]
pub(super) struct Field {
    pub(super) name: String,
    /// The JSON pointer within a connection.
    pub(super) pointer: String,
    pub(super) title: Option<String>,
    pub(super) expected: Option<String>,
    /// The first example as JSON; none for secrets.
    pub(super) example: Option<String>,
    pub(super) aliases: Vec<String>,
    pub(super) hints: Vec<Hint>,
    pub(super) choices: Vec<String>,
    /// Its properties of which exactly one must be given.
    pub(super) alternatives: Vec<String>,
    pub(super) trim: bool,
    pub(super) secret: bool,
    /// Whether other properties than its own are refused.
    pub(super) closed: bool,
    pub(super) fields: Vec<Field>,
}

impl Field {
    /// Reads a schema.
    ///
    /// # Errors
    /// `Internal` when the schema breaks a rule of Doorward, e.g. hides a secret where the host would
    /// not find it.
    pub(super) fn read(schema: &Value) -> Result<Self> {
        let mut reader = Reader { root: schema, secrets: Vec::new() };
        let field = reader.field(schema, "#", "", "", 0)?;
        reader.refuse_hidden_secrets(schema, "#")?;
        Ok(field)
    }

    /// The field at a JSON pointer within a connection.
    pub(super) fn at(&self, pointer: &str) -> Option<&Self> {
        if self.pointer == pointer {
            return Some(self);
        }
        self.fields
            .iter()
            .filter(|field| pointer.starts_with(&field.pointer))
            .find_map(|field| field.at(pointer))
    }

    pub(super) fn child(&self, name: &str) -> Option<&Self> {
        self.fields.iter().find(|field| field.name == name)
    }

    /// The pointers of all secrets.
    pub(super) fn secrets(&self) -> Vec<String> {
        let own = self.secret.then(|| self.pointer.clone());
        own.into_iter().chain(self.fields.iter().flat_map(Self::secrets)).collect()
    }
}

struct Reader<'a> {
    root: &'a Value,
    /// The places in the schema of the secrets that were found.
    secrets: Vec<String>,
}

impl<'a> Reader<'a> {
    /// Schemas of connections are flat; a deeper one refers to itself.
    const DEEPEST: usize = 16;

    fn field(
        &mut self,
        schema: &'a Value,
        place: &str,
        name: &str,
        pointer: &str,
        depth: usize,
    ) -> Result<Field> {
        if depth > Self::DEEPEST {
            return Err(wrong(place, "is nested too deep, or refers to itself"));
        }
        let (target, target_place) = self.follow(schema, place)?;
        let get = |keyword: &str| schema.get(keyword).or_else(|| target.get(keyword));
        let mut extension = extension(schema, place)?;
        if target_place != place {
            extension.inherit(self::extension(target, &target_place)?);
        }
        let secret = get("writeOnly").and_then(Value::as_bool) == Some(true);
        if secret {
            if get("type").and_then(Value::as_str) != Some("string") {
                return Err(wrong(place, "is a secret but not of type string"));
            }
            self.secrets.push(place.to_owned());
            self.secrets.push(target_place.clone());
        }
        let mut fields = Vec::new();
        for (source, place) in [(schema, place), (target, target_place.as_str())] {
            let Some(properties) = source.get("properties").and_then(Value::as_object) else {
                continue;
            };
            for (name, property) in properties {
                let place = join(&join(place, "properties"), name);
                let pointer = join(pointer, name);
                if !fields.iter().any(|field: &Field| field.name == *name) {
                    fields.push(self.field(property, &place, name, &pointer, depth + 1)?);
                }
            }
        }
        let examples = get("examples").and_then(Value::as_array);
        let example = examples.and_then(|examples| examples.first());
        let title = get("title").and_then(Value::as_str);
        Ok(Field {
            name: name.to_owned(),
            pointer: pointer.to_owned(),
            title: title.map(str::to_owned),
            expected: extension.expected.take(),
            example: example.filter(|_| !secret).map(Value::to_string),
            aliases: std::mem::take(&mut extension.aliases),
            hints: extension.compile_hints(secret)?,
            choices: choices(get("enum")),
            alternatives: alternatives(get("oneOf")),
            trim: extension.trim,
            secret,
            closed: get("additionalProperties") == Some(&Value::Bool(false)),
            fields,
        })
    }

    /// What a local `$ref` refers to, or the schema itself, and its place.
    fn follow(&self, schema: &'a Value, place: &str) -> Result<(&'a Value, String)> {
        let Some(reference) = schema.get("$ref").and_then(Value::as_str) else {
            return Ok((schema, place.to_owned()));
        };
        let root = self.root;
        let target = reference.strip_prefix('#').and_then(|pointer| root.pointer(pointer));
        match target {
            Some(target) if target.get("$ref").is_none() => Ok((target, reference.to_owned())),
            _ => Err(wrong(place, "refers to something outside, or to another $ref")),
        }
    }

    /// The host replaces secrets at fixed pointers: it would miss one in a list or below `anyOf`.
    fn refuse_hidden_secrets(&self, schema: &Value, place: &str) -> Result<()> {
        match schema {
            Value::Object(keywords) => {
                let secret = keywords.get("writeOnly") == Some(&Value::Bool(true));
                if secret && !self.secrets.iter().any(|known| known == place) {
                    return Err(wrong(place, "hides a secret where the host does not find it"));
                }
                keywords.iter().try_for_each(|(keyword, value)| {
                    self.refuse_hidden_secrets(value, &join(place, keyword))
                })
            }
            Value::Array(items) => items.iter().enumerate().try_for_each(|(index, item)| {
                self.refuse_hidden_secrets(item, &join(place, &index.to_string()))
            }),
            _ => Ok(()),
        }
    }
}

fn extension(schema: &Value, place: &str) -> Result<Extension> {
    match schema.get(KEYWORD) {
        Some(value) => Extension::deserialize(value)
            .map_err(|error| wrong(place, "has a wrong x-doorward keyword").cause(error)),
        None => Ok(Extension::default()),
    }
}

/// The properties of `oneOf` when each alternative requires one; else none.
fn alternatives(keyword: Option<&Value>) -> Vec<String> {
    let required = |alternative: &Value| {
        let names = alternative.as_object().filter(|keywords| keywords.len() == 1)?;
        match names.get("required")?.as_array()?.as_slice() {
            [Value::String(name)] => Some(name.clone()),
            _ => None,
        }
    };
    let alternatives = keyword.and_then(Value::as_array);
    alternatives
        .and_then(|alternatives| alternatives.iter().map(required).collect())
        .unwrap_or_default()
}

fn choices(keyword: Option<&Value>) -> Vec<String> {
    let options = keyword.and_then(Value::as_array).into_iter().flatten();
    options
        .map(|option| option.as_str().map_or_else(|| option.to_string(), str::to_owned))
        .collect()
}

fn wrong(place: &str, what: &str) -> Error {
    Error::internal(format!("The connection schema at {place} {what}."))
}
