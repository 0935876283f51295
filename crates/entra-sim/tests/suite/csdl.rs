//! Microsoft's schema, read from the subset in `tests/data`.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use quick_xml::events::{BytesStart, Event};
use serde_json::Value;

pub(crate) const SUBSET: &str = include_str!("../data/graph-v1.0-subset.csdl.xml");

#[derive(Debug, Default)]
pub(crate) struct Type {
    base: Option<String>,
    /// Name to type and whether null is allowed.
    properties: BTreeMap<String, (String, bool)>,
    pub(crate) navigations: BTreeMap<String, String>,
    /// The members of an enumeration.
    members: Vec<String>,
}

#[derive(Debug)]
pub(crate) struct Schema(pub(crate) BTreeMap<String, Type>);

fn attribute(element: &BytesStart<'_>, name: &str) -> Option<String> {
    let found = element.try_get_attribute(name).unwrap()?;
    Some(found.value.into_owned())
}

impl Schema {
    pub(crate) fn read(text: &str) -> Self {
        let mut reader = quick_xml::Reader::from_str(text);
        let mut types: BTreeMap<String, Type> = BTreeMap::new();
        let mut current = String::new();
        loop {
            match reader.read_event().unwrap() {
                Event::Eof => return Self(types),
                Event::Start(element) | Event::Empty(element) => {
                    let name = attribute(&element, "Name").unwrap_or_default();
                    match element.name().as_ref() {
                        "EntityType" | "ComplexType" | "EnumType" => {
                            let base = attribute(&element, "BaseType")
                                .map(|base| base.replace("graph.", ""));
                            types.insert(name.clone(), Type { base, ..Type::default() });
                            current = name;
                        }
                        "Property" => {
                            let kind = attribute(&element, "Type").unwrap();
                            let nullable =
                                attribute(&element, "Nullable").as_deref() != Some("false");
                            let properties = &mut types.get_mut(&current).unwrap().properties;
                            properties.insert(name, (kind, nullable));
                        }
                        "Member" => types.get_mut(&current).unwrap().members.push(name),
                        "NavigationProperty" => {
                            let kind = attribute(&element, "Type").unwrap();
                            types.get_mut(&current).unwrap().navigations.insert(name, kind);
                        }
                        _ => {}
                    }
                }
                _ => {}
            }
        }
    }

    pub(crate) fn lineage(&self, name: &str) -> Vec<&Type> {
        let mut found = Vec::new();
        let mut next = Some(name.to_owned());
        while let Some(name) = next {
            let one =
                self.0.get(&name).unwrap_or_else(|| panic!("type {name} is not in the subset"));
            next = one.base.clone();
            found.push(one);
        }
        found
    }

    pub(crate) fn check_object(&self, type_name: &str, value: &Value) {
        // Where the schema names a base type, the object says what it is.
        let own =
            value["@odata.type"].as_str().and_then(|own| own.strip_prefix("#microsoft.graph."));
        let type_name = own.unwrap_or(type_name);
        for (name, value) in value.as_object().unwrap() {
            if name.starts_with("@odata.") {
                continue;
            }
            let lineage = self.lineage(type_name);
            let property = lineage.iter().find_map(|one| one.properties.get(name));
            // What was expanded.
            let navigation = lineage.iter().find_map(|one| one.navigations.get(name));
            let (kind, nullable) = property
                .map(|(kind, nullable)| (kind, *nullable))
                .or_else(|| Some((navigation?, true)))
                .unwrap_or_else(|| panic!("{type_name} has no property {name}"));
            self.check_value(&format!("{type_name}.{name}"), kind, nullable, value);
        }
    }

    fn check_value(&self, place: &str, kind: &str, nullable: bool, value: &Value) {
        if let Some(inner) = kind.strip_prefix("Collection(") {
            let inner = inner.trim_end_matches(')');
            for item in value.as_array().unwrap_or_else(|| panic!("{place} is no list: {value}")) {
                self.check_value(place, inner, false, item);
            }
            return;
        }
        if value.is_null() {
            assert!(nullable, "{place} cannot be null");
            return;
        }
        let text = value.as_str();
        let fits = match kind {
            "Edm.String" => text.is_some(),
            "Edm.Boolean" => value.is_boolean(),
            "Edm.Int32" => value.is_i64(),
            "Edm.Binary" => text.is_some_and(|text| STANDARD.decode(text).is_ok()),
            "Edm.Guid" => text.is_some_and(|text| uuid::Uuid::try_parse(text).is_ok()),
            "Edm.DateTimeOffset" => text
                .is_some_and(|text| text.ends_with('Z') && text.parse::<jiff::Timestamp>().is_ok()),
            "Edm.Duration" => text.is_some_and(|text| text.parse::<jiff::Span>().is_ok()),
            complex => {
                let name = complex.trim_start_matches("graph.");
                match self.0.get(name).filter(|one| !one.members.is_empty()) {
                    Some(one) => one.members.iter().any(|member| Some(member.as_str()) == text),
                    None => {
                        self.check_object(name, value);
                        true
                    }
                }
            }
        };
        assert!(fits, "{place} is {kind}, not {value}");
    }
}
