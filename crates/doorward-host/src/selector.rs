//! Selectors: how people name accounts and resources on the command line.

use doorward_core::{Descriptor, Error, ErrorKind, Result, Term};

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
}

impl Selector {
    /// Reads a selector against the kinds that the connector declares.
    ///
    /// # Errors
    /// `InvalidRequest` when it is empty or its kind is unknown.
    pub fn parse(text: &str, role: SelectorRole, descriptor: &Descriptor) -> Result<Self> {
        let text = text.trim();
        let (kind, rest) = match split_kind(text) {
            Some((kind, rest)) if descriptor.declares(kind) => (kind.to_owned(), rest),
            Some((kind, _)) => return Err(unknown_kind(kind, descriptor)),
            None => (default_kind(role, descriptor)?, text),
        };
        let term = match rest.split_once('=') {
            Some(("id", id)) => Term::Id(id.trim().to_owned()),
            Some(("mail", mail)) => Term::Mail(mail.trim().to_owned()),
            Some(("name", name)) => Term::Name(name.trim().to_owned()),
            _ => Term::Name(rest.trim().to_owned()),
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
        Ok(Self { kind, term })
    }

    /// The selector as it is written in full.
    pub fn text(&self) -> String {
        match &self.term {
            Term::Id(id) => format!("{}:id={id}", self.kind),
            Term::Mail(mail) => format!("{}:mail={mail}", self.kind),
            Term::Name(name) => format!("{}:{name}", self.kind),
        }
    }
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
