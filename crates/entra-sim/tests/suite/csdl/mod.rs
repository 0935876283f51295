//! Microsoft's schema, read from the subset in `tests/data`.

mod path;
mod validate;

use std::collections::BTreeMap;

use quick_xml::events::{BytesStart, Event};

pub(crate) use path::{Resolved, Returns};
pub(crate) use validate::Expand;

pub(crate) const SUBSET: &str = include_str!("../../data/graph-v1.0-subset.csdl.xml");

/// An entity type, a complex type or an enumeration.
#[derive(Debug, Default)]
pub(crate) struct Type {
    base: Option<String>,
    /// Name to type and whether null is allowed.
    properties: BTreeMap<String, (String, bool)>,
    pub(crate) navigations: BTreeMap<String, String>,
    /// The members of an enumeration.
    members: Vec<String>,
}

/// An action or a function that is bound to a type or to a collection of it.
#[derive(Debug, Default)]
pub(crate) struct Operation {
    pub(crate) name: String,
    pub(crate) is_action: bool,
    pub(crate) binding: String,
    pub(crate) returns: Option<String>,
}

/// The types and operations of the namespace `microsoft.graph`, whose names stand here without it.
#[derive(Debug, Default)]
pub(crate) struct Schema {
    pub(crate) types: BTreeMap<String, Type>,
    pub(crate) operations: Vec<Operation>,
    /// Entity sets, with the type of their entities.
    pub(crate) sets: BTreeMap<String, String>,
    /// Singletons, with their types.
    pub(crate) singletons: BTreeMap<String, String>,
}

fn attribute(element: &BytesStart<'_>, name: &str) -> Option<String> {
    let found = element.try_get_attribute(name).unwrap()?;
    Some(found.value.into_owned())
}

/// A type's name, or that of a collection, without namespaces.
fn bare(name: &str) -> String {
    name.replace("microsoft.graph.", "").replace("graph.", "")
}

fn type_of(element: &BytesStart<'_>, name: &str) -> String {
    bare(&attribute(element, name).unwrap())
}

impl Schema {
    /// Reads the first namespace of a file, which is `microsoft.graph`.
    pub(crate) fn read(text: &str) -> Self {
        let mut reader = quick_xml::Reader::from_str(text);
        let mut schema = Self::default();
        let mut current = String::new();
        loop {
            match reader.read_event().unwrap() {
                Event::Eof => return schema,
                Event::End(element) if element.name().as_ref() == "Schema" => return schema,
                Event::Start(element) | Event::Empty(element) => {
                    schema.take(&element, &mut current);
                }
                _ => {}
            }
        }
    }

    fn take(&mut self, element: &BytesStart<'_>, current: &mut String) {
        let name = attribute(element, "Name").unwrap_or_default();
        match element.name().as_ref() {
            "EntityType" | "ComplexType" | "EnumType" => {
                let base = attribute(element, "BaseType").map(|base| bare(&base));
                self.types.insert(name.clone(), Type { base, ..Type::default() });
                *current = name;
            }
            "Property" => {
                let nullable = attribute(element, "Nullable").as_deref() != Some("false");
                let property = (type_of(element, "Type"), nullable);
                self.types.get_mut(current).unwrap().properties.insert(name, property);
            }
            "Member" => self.types.get_mut(current).unwrap().members.push(name),
            "NavigationProperty" => {
                let kind = type_of(element, "Type");
                self.types.get_mut(current).unwrap().navigations.insert(name, kind);
            }
            kind @ ("Action" | "Function") => {
                let is_action = kind == "Action";
                self.operations.push(Operation { name, is_action, ..Operation::default() });
            }
            "Parameter" if name.eq_ignore_ascii_case("bindingParameter") => {
                self.operations.last_mut().unwrap().binding = type_of(element, "Type");
            }
            "ReturnType" => {
                self.operations.last_mut().unwrap().returns = Some(type_of(element, "Type"));
            }
            "EntitySet" => {
                self.sets.insert(name, type_of(element, "EntityType"));
            }
            "Singleton" => {
                self.singletons.insert(name, type_of(element, "Type"));
            }
            _ => {}
        }
    }

    /// A type and those that it derives from.
    pub(crate) fn lineage(&self, name: &str) -> Vec<&Type> {
        let mut found = Vec::new();
        let mut next = Some(name.to_owned());
        while let Some(name) = next {
            let one =
                self.types.get(&name).unwrap_or_else(|| panic!("type {name} is not in the subset"));
            next = one.base.clone();
            found.push(one);
        }
        found
    }

    /// Whether a type is another, or derives from it.
    pub(crate) fn derives(&self, name: &str, from: &str) -> bool {
        let mut next = Some(name);
        while let Some(name) = next {
            if name == from {
                return true;
            }
            next = self.types.get(name).and_then(|one| one.base.as_deref());
        }
        false
    }

    /// The type of a navigation, as declared by a type or one that it derives from.
    pub(crate) fn navigation(&self, type_name: &str, name: &str) -> Option<&str> {
        let mut next = Some(type_name);
        while let Some(one) = next.and_then(|name| self.types.get(name)) {
            if let Some(kind) = one.navigations.get(name) {
                return Some(kind);
            }
            next = one.base.as_deref();
        }
        None
    }
}

/// The type of the items, when a type is a collection.
pub(crate) fn item_of(kind: &str) -> Option<&str> {
    kind.strip_prefix("Collection(")?.strip_suffix(')')
}
