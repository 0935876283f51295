//! The names of people, groups and roles from the last sync, as commands take them.

use clap_complete::engine::CompletionCandidate;
use doorward_core::{Descriptor, Term};
use doorward_host::{
    Integration, KnownName, Selector, SelectorRole, SqliteStore, Store, SyncStore, connector,
};
use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};

use super::shells;
use crate::cli::Shell;
use crate::output::text;

/// As many as a person looks through.
const MOST: u32 = 48;
/// Longer names are typed by nobody, and fill the screen.
const LONGEST: usize = 120;

/// Which objects an argument takes.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Side {
    Principals,
    Resources,
    Both,
}

/// What fits the half-written word.
pub(super) fn offered(
    shell: Shell,
    words: &[OsString],
    typed: &OsStr,
    side: Side,
) -> Option<Vec<CompletionCandidate>> {
    let typed = typed.to_str()?;
    let store = super::store(words)?;
    let integration = chosen(&store, words)?;
    let registry = super::app(words)?.registry().ok()?;
    let known = Known {
        descriptor: connector(&registry, &integration.connector).ok()?.descriptor(),
        store: &store,
        integration: &integration.id,
        side,
        shell,
    };
    Some(known.fitting(typed))
}

/// The integration that the command would use.
fn chosen(store: &SqliteStore, words: &[OsString]) -> Option<Integration> {
    let named = super::option(words, "--integration", Some("-i"))
        .or_else(|| std::env::var_os("DOORWARD_INTEGRATION").filter(|name| !name.is_empty()));
    let name = match named {
        Some(name) => Some(name.to_str()?.to_owned()),
        None => store.current().ok()?,
    };
    match name {
        Some(name) => store.integration(&name).ok()?,
        None => {
            let mut all = store.integrations().ok()?;
            all.pop().filter(|_| all.is_empty())
        }
    }
}

/// What the last sync of one integration knows.
struct Known<'a> {
    descriptor: &'a Descriptor,
    store: &'a SqliteStore,
    integration: &'a str,
    side: Side,
    shell: Shell,
}

impl Known<'_> {
    fn fitting(&self, typed: &str) -> Vec<CompletionCandidate> {
        let kinds = self.kinds();
        if let Some((kind, beginning)) = typed.split_once(':') {
            let is_known = kinds.contains(&kind);
            return if is_known { self.of_kind(kind, beginning, true, MOST) } else { Vec::new() };
        }
        let bare = Some(typed).filter(|typed| !typed.is_empty());
        let bare =
            bare.and_then(|typed| Some(self.of_kind(self.default_kind()?, typed, false, MOST)));
        let begun: Vec<&str> = kinds.into_iter().filter(|kind| kind.starts_with(typed)).collect();
        let share = MOST / u32::try_from(begun.len()).unwrap_or(MOST).max(1);
        let begun = begun.into_iter().flat_map(|kind| {
            let is_bare = self.default_kind() == Some(kind) && self.is_person(kind);
            // People were looked for by what was typed: `us` begins no name of a user.
            let shown = if is_bare && !typed.is_empty() { 0 } else { share.max(1) };
            self.of_kind(kind, "", !is_bare, shown)
        });
        bare.unwrap_or_default().into_iter().chain(begun).collect()
    }

    /// The kinds that the argument takes, in the connector's order.
    fn kinds(&self) -> Vec<&str> {
        let principals = self.descriptor.principal_kinds.iter().map(|kind| kind.kind.as_str());
        let resources = self.descriptor.resource_kinds.iter().map(|kind| kind.kind.as_str());
        let mut kinds = Vec::new();
        if self.side != Side::Resources {
            kinds.extend(principals);
        }
        if self.side != Side::Principals {
            kinds.extend(resources.filter(|kind| !kinds.contains(kind)).collect::<Vec<_>>());
        }
        kinds
    }

    fn role(&self) -> SelectorRole {
        match self.side {
            Side::Resources => SelectorRole::Resource,
            Side::Principals | Side::Both => SelectorRole::Principal,
        }
    }

    /// What a bare name is taken for.
    fn default_kind(&self) -> Option<&str> {
        let parsed = Selector::parse("x", self.role(), self.descriptor).ok()?;
        self.kinds().into_iter().find(|kind| *kind == parsed.kind)
    }

    fn is_person(&self, kind: &str) -> bool {
        self.descriptor.principal_kinds.iter().any(|known| known.kind == kind && known.person)
    }

    /// Objects of one kind, each once.
    fn of_kind(
        &self,
        kind: &str,
        beginning: &str,
        with_kind: bool,
        limit: u32,
    ) -> Vec<CompletionCandidate> {
        let names = self.store.names(self.integration, kind, beginning, limit);
        let names = names.unwrap_or_default();
        // People are told apart by what they sign in with, everything else by its name.
        let by_login = self.is_person(kind);
        let mut best: BTreeMap<&str, bool> = BTreeMap::new();
        for name in &names {
            *best.entry(&name.key.id).or_default() |= name.is_login == by_login;
        }
        let once = names.iter().filter(|name| {
            let is_best = name.is_login == by_login;
            is_best || best.get(name.key.id.as_str()) == Some(&false)
        });
        once.filter_map(|name| self.candidate(name, with_kind)).collect()
    }

    /// The text that names exactly this object: its name, or its id when the name does not.
    fn candidate(&self, name: &KnownName, with_kind: bool) -> Option<CompletionCandidate> {
        let kind = &name.key.kind;
        let prefix = if with_kind { format!("{kind}:") } else { String::new() };
        let by_name = format!("{prefix}{}", name.text);
        let other = name.other.as_deref().unwrap_or_default();
        if !name.is_shared && self.means(&by_name, kind, &Term::Name(name.text.clone())) {
            return Some(with_help(by_name, other));
        }
        let by_id = name.key.to_string();
        let is_exact = self.means(&by_id, kind, &Term::Id(name.key.id.clone()));
        is_exact.then(|| with_help(by_id, &name.text))
    }

    /// Whether a command reads the text so, and a terminal may show it.
    fn means(&self, written: &str, kind: &str, term: &Term) -> bool {
        let read = Selector::parse(written, self.role(), self.descriptor);
        let is_read_so =
            read.is_ok_and(|read| read.kind == kind && read.term == *term && read.scope.is_none());
        is_read_so
            && !written.starts_with('-')
            && written.len() <= LONGEST
            && text::clean(written) == written
            && shells::takes(self.shell, written)
    }
}

fn with_help(value: String, help: &str) -> CompletionCandidate {
    let help: String = text::clean(help).chars().take(LONGEST).collect();
    CompletionCandidate::new(value).help((!help.is_empty()).then(|| help.into()))
}
