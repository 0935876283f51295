//! What the schema says of a request: what its answer holds, and which set the context names.

use http::Method;

use super::{Operation, Schema, item_of};

/// What an answer holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Returns {
    /// A page of entities of a type.
    Collection(String),
    /// One entity.
    Entity(String),
    /// A value that is no entity, or a list of them: the type as the context names it.
    Value(String),
    /// A number as text.
    Count,
    /// 204
    Nothing,
}

/// A request as the schema understands it.
#[derive(Clone, Debug)]
pub(crate) struct Resolved {
    /// The path with `{}` for keys and `{cast}` for casts.
    pub(crate) template: String,
    pub(crate) returns: Returns,
    /// What the context names.
    pub(crate) set: String,
    /// It is a delta query, whose items have annotations of their own.
    pub(crate) is_delta: bool,
}

enum Place {
    Root,
    Entities(String),
    Entity(String),
    End(Returns),
}

impl Schema {
    /// Follows a path below `/v1.0`, without its query; says which segment does not exist.
    pub(crate) fn resolve(&self, method: &Method, path: &str) -> Result<Resolved, String> {
        let mut place = Place::Root;
        let (mut template, mut trail) = (Vec::new(), String::new());
        let mut is_delta = false;
        for segment in segments(path) {
            let (next, shown) = self.step(method, &place, &segment).ok_or(segment.clone())?;
            is_delta |= shown == "delta";
            match shown.as_str() {
                "{}" => trail.push_str(&format!("('{segment}')")),
                "{cast}" => {}
                name if trail.is_empty() => trail.push_str(name),
                name => trail.push_str(&format!("/{name}")),
            }
            template.push(shown);
            place = next;
        }
        let returns = match place {
            Place::Root => return Err(path.to_owned()),
            Place::Entities(name) if *method == Method::GET => Returns::Collection(name),
            Place::Entities(name) => Returns::Entity(name),
            Place::Entity(name) if *method == Method::GET => Returns::Entity(name),
            Place::Entity(_) => Returns::Nothing,
            Place::End(returns) => returns,
        };
        let set = self.context_of(&returns, &trail);
        Ok(Resolved { template: template.join("/"), returns, set, is_delta })
    }

    fn step(&self, method: &Method, place: &Place, segment: &str) -> Option<(Place, String)> {
        let name = segment.strip_prefix("microsoft.graph.").unwrap_or(segment);
        let bound = |to: &str| self.operation(method, to, name.trim_end_matches("()"));
        let named = |place: Place| Some((place, segment.to_owned()));
        match place {
            Place::Root => match (self.sets.get(segment), self.singletons.get(segment)) {
                (Some(kind), _) => named(Place::Entities(kind.clone())),
                (_, Some(kind)) => named(Place::Entity(kind.clone())),
                _ => None,
            },
            Place::Entities(_) if segment == "$count" => named(Place::End(Returns::Count)),
            Place::Entities(_) | Place::Entity(_) if segment == "$ref" => {
                named(Place::End(Returns::Nothing))
            }
            Place::Entities(kind) => {
                if let Some(operation) = bound(&format!("Collection({kind})")) {
                    return Some((Place::End(self.returns(operation)), operation.name.clone()));
                }
                if name != segment {
                    let derives = name != kind && self.derives(name, kind);
                    return derives
                        .then(|| (Place::Entities(name.to_owned()), "{cast}".to_owned()));
                }
                Some((Place::Entity(kind.clone()), "{}".to_owned()))
            }
            Place::Entity(kind) => {
                if let Some(operation) = bound(kind) {
                    return Some((Place::End(self.returns(operation)), operation.name.clone()));
                }
                let kind = self.navigation(kind, segment)?;
                named(match item_of(kind) {
                    Some(item) => Place::Entities(item.to_owned()),
                    None => Place::Entity(kind.to_owned()),
                })
            }
            Place::End(_) => None,
        }
    }

    /// The operation that is bound to a type, a collection of it, or one that it derives from.
    fn operation(&self, method: &Method, to: &str, name: &str) -> Option<&Operation> {
        let fits = |binding: &str| match (item_of(to), item_of(binding)) {
            (Some(to), Some(binding)) => self.derives(to, binding),
            (None, None) => self.derives(to, binding),
            _ => false,
        };
        // That of the type itself goes before that of its base.
        let mut all: Vec<&Operation> = self
            .operations
            .iter()
            .filter(|one| one.name == name && fits(&one.binding))
            .filter(|one| one.is_action == (*method == Method::POST))
            .collect();
        all.sort_by_key(|one| one.binding != to);
        all.first().copied()
    }

    fn returns(&self, operation: &Operation) -> Returns {
        let Some(kind) = operation.returns.as_deref() else { return Returns::Nothing };
        let is_entity = |name: &str| self.types.contains_key(name) && self.derives(name, "entity");
        match item_of(kind) {
            Some(item) if is_entity(item) => Returns::Collection(item.to_owned()),
            None if is_entity(kind) => Returns::Entity(kind.to_owned()),
            _ if kind.contains("Edm.") => Returns::Value(kind.to_owned()),
            _ => Returns::Value(format!("microsoft.graph.{kind}")),
        }
    }

    /// The entity set of a type where it has one, whatever path led there (facts §3.2: a cast says `#users`), else
    /// the path itself.
    fn context_of(&self, returns: &Returns, trail: &str) -> String {
        match returns {
            Returns::Collection(kind) | Returns::Entity(kind) => {
                let own = self.sets.iter().find(|(_, held)| *held == kind).map(|(name, _)| name);
                // Units are contained in the directory, and are named so wherever they stand.
                let contained =
                    (kind == "administrativeUnit").then(|| "directory/administrativeUnits".into());
                // A key at the end is that of the entity.
                let trail = trail
                    .strip_suffix("')")
                    .map_or(trail, |path| path.rsplit_once("('").map_or(path, |(path, _)| path));
                own.cloned().or(contained).unwrap_or_else(|| trail.to_owned())
            }
            Returns::Value(kind) => kind.clone(),
            Returns::Count | Returns::Nothing => String::new(),
        }
    }
}

/// The segments of a path; `set('key')` is two.
fn segments(path: &str) -> Vec<String> {
    let mut found = Vec::new();
    for segment in path.split('/').filter(|segment| !segment.is_empty()) {
        match segment.strip_suffix("')").and_then(|front| front.split_once('(')) {
            Some((set, key)) if !set.starts_with("filterBy") => {
                found.extend([set.to_owned(), key.replacen('\'', "", 1)]);
            }
            _ => found.push(segment.split('(').next().unwrap_or_default().to_owned()),
        }
    }
    found
}
