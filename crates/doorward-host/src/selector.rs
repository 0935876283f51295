//! Selectors: how people name accounts and resources on the command line.

use doorward_core::{Descriptor, Error, ErrorKind, ObjectRef, Result, Term};

/// Whether a selector names who gets access or what the access is on. It decides the kind of a
/// selector that names none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SelectorRole {
    /// Who: by default the connector's first kind of principal.
    Principal,
    /// On what: by default the connector's first kind of resource.
    Resource,
}

/// One kind of object and what to look for: `group:Finance`, `group:id=…`, `user:mail=…`,
/// `mail=…`, or a bare name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Selector {
    /// A kind that the connector declares.
    pub kind: String,
    /// What to look for.
    pub term: Term,
    /// Where the right holds, for rights that can be limited: what stands behind an `@`.
    pub scope: Option<Box<Self>>,
}

impl Selector {
    /// The object of this kind and id.
    pub fn by_id(key: &ObjectRef) -> Self {
        Self { kind: key.kind.clone(), term: Term::Id(key.id.clone()), scope: None }
    }

    /// Reads a selector against the kinds that the connector declares.
    ///
    /// # Errors
    /// `InvalidRequest` when it is empty or its kind is unknown.
    pub fn parse(text: &str, role: SelectorRole, descriptor: &Descriptor) -> Result<Self> {
        let text = text.trim();
        if let Some((text, scope)) = split_scope(text, descriptor) {
            let scope = Self::parse(scope, SelectorRole::Resource, descriptor)?;
            let selector = Self::parse(text, role, descriptor)?;
            return Ok(Self { scope: Some(Box::new(scope)), ..selector });
        }
        let (kind, rest) = match split_kind(text) {
            Some((kind, rest)) if descriptor.declares(kind) => (kind.to_owned(), rest),
            Some((kind, _)) => return Err(unknown_kind(kind, descriptor)),
            None => (default_kind(role, descriptor)?, text),
        };
        let term = match rest.split_once('=') {
            Some(("id", id)) => Term::Id(unquoted(id)),
            Some(("mail", mail)) => Term::Mail(unquoted(mail)),
            Some(("name", name)) => Term::Name(unquoted(name)),
            _ => Term::Name(unquoted(rest)),
        };
        let (Term::Id(wanted) | Term::Mail(wanted) | Term::Name(wanted)) = &term;
        if wanted.is_empty() {
            return Err(Error::new(
                ErrorKind::InvalidRequest,
                "empty-selector",
                format!("`{text}` names nothing."),
            )
            .remedy(format!("Write a name after it, e.g. `{kind}:Finance`.")));
        }
        Ok(Self { kind, term, scope: None })
    }

    /// The selector as it is written in full.
    pub fn text(&self) -> String {
        let scope = self.scope.as_ref().map(|scope| format!("@{}", scope.text()));
        format!("{}{}", self.text_alone(), scope.unwrap_or_default())
    }

    fn text_alone(&self) -> String {
        match &self.term {
            Term::Id(id) => format!("{}:id={id}", self.kind),
            Term::Mail(mail) => format!("{}:mail={mail}", self.kind),
            Term::Name(name) => format!("{}:{name}", self.kind),
        }
    }
}

/// Splits `role:Name@au:EMEA` at the `@`. What follows must be of a kind that rights can be limited
/// to, so that the `@` of an address stays one.
fn split_scope<'t>(text: &'t str, descriptor: &Descriptor) -> Option<(&'t str, &'t str)> {
    let (before, scope) = text.rsplit_once('@')?;
    let (kind, _) = split_kind(scope)?;
    let mut rights = descriptor.resource_kinds.iter().flat_map(|kind| &kind.entitlements);
    rights.any(|right| right.scopes.iter().any(|known| known == kind)).then_some((before, scope))
}

/// Without the quotes that a shell did not take off.
fn unquoted(text: &str) -> String {
    let text = text.trim();
    let inner = text.strip_prefix('"').and_then(|text| text.strip_suffix('"'));
    inner.unwrap_or(text).to_owned()
}

/// Splits `kind:rest`. Only a word of letters and `-` right before a colon that is not followed by
/// a space is a kind, so that the bare name `Team: A` stays a name.
fn split_kind(text: &str) -> Option<(&str, &str)> {
    let (kind, rest) = text.split_once(':')?;
    let is_word = !kind.is_empty()
        && kind.chars().all(|character| character.is_ascii_alphabetic() || character == '-');
    (is_word && !rest.starts_with(' ')).then_some((kind, rest))
}

fn default_kind(role: SelectorRole, descriptor: &Descriptor) -> Result<String> {
    let kind = match role {
        SelectorRole::Principal => {
            descriptor.principal_kinds.iter().find(|kind| kind.searchable).map(|kind| &kind.kind)
        }
        SelectorRole::Resource => descriptor.resource_kinds.first().map(|kind| &kind.kind),
    };
    kind.cloned().ok_or_else(|| {
        Error::new(
            ErrorKind::InvalidRequest,
            "kind-missing",
            "This connector has no default kind for this selector.",
        )
        .remedy(format!("Write the kind before the name: {}.", kinds(descriptor).join(", ")))
    })
}

fn unknown_kind(kind: &str, descriptor: &Descriptor) -> Error {
    let known = kinds(descriptor);
    let nearest = known
        .iter()
        .max_by(|a, b| strsim::jaro(a, kind).total_cmp(&strsim::jaro(b, kind)))
        .filter(|candidate| strsim::jaro(candidate, kind) > 0.7);
    let remedy = match nearest {
        Some(nearest) => format!("Did you mean `{nearest}:`? Known kinds: {}.", known.join(", ")),
        None => format!("Known kinds: {}.", known.join(", ")),
    };
    Error::new(
        ErrorKind::InvalidRequest,
        "unknown-kind",
        format!("The connector `{}` knows no kind `{kind}`.", descriptor.id),
    )
    .remedy(remedy)
}

fn kinds(descriptor: &Descriptor) -> Vec<&str> {
    let mut kinds: Vec<&str> = descriptor
        .principal_kinds
        .iter()
        .map(|kind| kind.kind.as_str())
        .chain(descriptor.resource_kinds.iter().map(|kind| kind.kind.as_str()))
        .collect();
    kinds.sort_unstable();
    kinds.dedup();
    kinds
}
