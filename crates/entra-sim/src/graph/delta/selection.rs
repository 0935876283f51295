//! Which properties and links of which kinds a delta query tells (facts §3.6).

use super::Set;
use super::token::Token;
use crate::authority::Read;
use crate::graph::error::{GraphError, Result};
use crate::graph::{Call, property_names, render};
use crate::tenant::{GroupKind, Handle, Kind, Link};

/// What is told of one kind.
#[derive(Clone, Debug, Default)]
pub(super) struct Told {
    pub(super) properties: Vec<&'static str>,
    pub(super) links: Vec<Link>,
}

/// What is told of all kinds.
pub(super) struct Selection {
    told: Vec<(Kind, Told)>,
}

/// A name of `$select`: `microsoft.graph.user/surname` is about one type.
fn split(name: &str) -> (Option<&str>, &str) {
    name.split_once('/').map_or((None, name), |(kind, name)| (Some(kind), name))
}

fn relation(name: &str) -> Option<Link> {
    [Link::Member, Link::Owner].into_iter().find(|link| link.name() == name)
}

/// Refuses names that the types do not have, as lists do.
pub(super) fn check(call: &mut Call<'_>, set: Set, select: Option<&[String]>) -> Result<()> {
    let mut names = Vec::new();
    for name in select.unwrap_or_default() {
        let (kind, bare) = split(name);
        let kind = match kind.map(|kind| (kind, crate::graph::cast(kind))) {
            None => set.kind(),
            Some((_, Some(kind))) if set == Set::DirectoryObjects => Some(kind),
            Some((kind, _)) => return Err(GraphError::no_such_segment(kind)),
        };
        let group = kind.unwrap_or(Kind::Group) == Kind::Group;
        if !(group && relation(bare).is_some()) {
            names.push(bare.to_owned());
        }
    }
    call.query.select = Some(names);
    render::check_select(call, set.shape(), true)
}

impl Selection {
    /// Members that are asked for by name need their permission; by default they are left out without it.
    pub(super) fn new(call: &Call<'_>, token: &Token) -> Result<Self> {
        let kinds = token.set.kind().map_or_else(|| Kind::ALL.to_vec(), |kind| vec![kind]);
        let named = |kind: &Kind| {
            token
                .kinds
                .as_ref()
                .is_none_or(|names| names.iter().any(|name| name == kind.type_name()))
        };
        let mut told: Vec<(Kind, Told)> =
            kinds.into_iter().filter(named).map(|kind| (kind, tell(token, kind))).collect();
        for told in &mut told {
            for (link, read) in [(Link::Member, Read::Members), (Link::Owner, Read::Owners)] {
                if !told.1.links.contains(&link) || call.may(read) {
                    continue;
                }
                if token.select.is_some() {
                    return Err(GraphError::denied());
                }
                told.1.links.retain(|one| *one != link);
            }
        }
        Ok(Self { told })
    }

    /// What is told of objects of a kind; nothing where they are left out altogether.
    pub(super) fn of(&self, kind: Kind) -> Option<&Told> {
        self.told.iter().find(|(own, _)| *own == kind).map(|(_, told)| told)
    }

    /// The relations that are told of an object.
    pub(super) fn links(&self, call: &Call<'_>, handle: Handle) -> &[Link] {
        let hidden = call.tenant.group_kind(handle) == Some(&GroupKind::HiddenMembership);
        let links = self
            .of(call.tenant.object(handle).kind())
            .map_or(&[][..], |told| told.links.as_slice());
        // Owners are never hidden.
        let shown = |link: &Link| !hidden || *link == Link::Owner || call.may(Read::HiddenMembers);
        let start = links.iter().position(shown).unwrap_or(links.len());
        links.get(start..).unwrap_or_default()
    }
}

fn tell(token: &Token, kind: Kind) -> Told {
    let Some(select) = &token.select else {
        let links = if token.set == Set::Groups { vec![Link::Member] } else { Vec::new() };
        return Told { properties: property_names::default_properties(kind).to_vec(), links };
    };
    let mut told = Told { properties: vec!["id"], links: Vec::new() };
    let known = property_names::properties_of(kind);
    for name in select {
        let (of, bare) = split(name);
        if of.is_some_and(|of| crate::graph::cast(of) != Some(kind)) {
            continue;
        }
        if let (Some(link), Kind::Group) = (relation(bare), kind) {
            told.links.push(link);
        } else if let Some(property) = known.iter().find(|known| **known == bare) {
            told.properties.push(property);
        }
    }
    told.links.sort_unstable();
    told.links.dedup();
    told
}
