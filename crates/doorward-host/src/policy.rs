//! Policy: what may be changed at all. It stands before every write, in the host.

use doorward_core::{
    AccessPath, Account, Error, ErrorKind, Identity, KeptHolder, Object, ObjectRef, Resource,
    Result,
};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

use crate::prepare::Brought;

/// What an integration may change. Nothing, until somebody allows it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Policy {
    /// The resources that may be changed. A container, such as an administrative unit, stands for
    /// what is directly in it, privileged resources excepted.
    #[serde(default)]
    pub resources: Vec<AllowedResource>,
    /// The kinds of which every resource may be changed, privileged ones excepted: those must be
    /// listed each.
    #[serde(default)]
    pub kinds: BTreeSet<String>,
    /// Accounts and resources whose access is never changed, e.g. break-glass accounts, and with a
    /// group all that is nested in it. They win over every list.
    #[serde(default)]
    pub protected: Vec<AllowedResource>,
    /// Who may be given access beside people of one's own: kinds of principals that are no people,
    /// and [`GUEST`] for people from outside.
    #[serde(default)]
    pub principals: BTreeSet<String>,
}

/// What tells an account from people of one's own: its kind, or that it comes from outside. Of whom
/// that is not known nobody says that they do not.
pub(crate) fn kind_apart(account: &Account, is_person: bool) -> Option<&str> {
    match is_person {
        true if account.external || account.limited => Some(GUEST),
        true => None,
        false => Some(account.key.kind.as_str()),
    }
}

fn given_nothing(kind: &str) -> String {
    let what = if kind == GUEST { "comes from outside, or may" } else { "is not a person" };
    format!("{what} ({kind}), and such are given no access here.")
}

fn if_meant<'a>(integration: &str, kinds: impl IntoIterator<Item = &'a str>) -> String {
    let commands: Vec<String> = kinds
        .into_iter()
        .map(|kind| format!("`doorward integration allow -i {integration} --principals {kind}`"))
        .collect();
    format!("If it is meant, run {}, and try again.", commands.join(" and "))
}

/// The name under which people from outside are allowed.
pub const GUEST: &str = "guest";

/// One object of a policy.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AllowedResource {
    /// Which; only the id counts.
    pub key: ObjectRef,
    /// Its name when it was listed, for display.
    pub name: String,
}

impl Policy {
    /// Allows one resource; says whether that is new.
    pub fn allow(&mut self, key: ObjectRef, name: &str) -> bool {
        put(&mut self.resources, key, name)
    }

    /// Takes one resource off the list; says whether it was on it.
    pub fn disallow(&mut self, key: &ObjectRef) -> bool {
        take_off(&mut self.resources, key)
    }

    /// Protects an account or resource; says whether that is new.
    pub fn protect(&mut self, key: ObjectRef, name: &str) -> bool {
        put(&mut self.protected, key, name)
    }

    /// Ends the protection; says whether there was one.
    pub fn unprotect(&mut self, key: &ObjectRef) -> bool {
        take_off(&mut self.protected, key)
    }

    fn protects(&self, key: &ObjectRef) -> bool {
        self.protected.iter().any(|object| object.key == *key)
    }

    /// Lets a change pass that touches neither our own identity nor what is protected.
    ///
    /// # Errors
    /// `DeniedByPolicy`, with the reasons `own-identity` and `protected-object`, in this order.
    pub(crate) fn permit_untouchable(
        &self,
        identity: &Identity,
        principal: &Object,
        resource: &Resource,
        scope: Option<&Resource>,
    ) -> Result<()> {
        let resources = [Some(resource), scope].into_iter().flatten();
        let touched: Vec<(&ObjectRef, &str, Option<&str>)> =
            std::iter::once((principal.key(), principal.name(), principal.login()))
                .chain(resources.map(|one| (&one.key, one.name.as_str(), one.login.as_deref())))
                .collect();
        if touched.iter().any(|(key, _, login)| is_own(identity, key, *login)) {
            return Err(own_identity(identity));
        }
        match touched.iter().find(|(key, ..)| self.protects(key)) {
            None => Ok(()),
            Some((_, name, _)) => Err(protected(name)),
        }
    }

    /// Lets a privileged resource be changed that somebody listed by its name, when the change says
    /// that this is meant.
    ///
    /// # Errors
    /// `DeniedByPolicy`, with the reason `privileged-resource`.
    pub(crate) fn permit_privileged(
        &self,
        integration: &str,
        resource: &Resource,
        is_meant: bool,
    ) -> Result<()> {
        let listed = self.lists(&resource.key);
        if !resource.privileged || (listed && is_meant) {
            return Ok(());
        }
        let selector = &resource.key;
        let how = if listed {
            "If it is meant, say so with `--allow-tier0`.".to_owned()
        } else {
            format!(
                "If it is meant, run `doorward integration allow -i {integration} {selector}`, and \
                 then the change with `--allow-tier0`."
            )
        };
        Err(denied(
            "privileged-resource",
            format!(
                "{} is privileged: who holds it has power over the directory itself. It is \
                 changed only when it is listed by its name, and the change says so.",
                resource.name
            ),
            how,
        ))
    }

    /// Lets somebody be given access who is one of the people of the place, or whose kind somebody
    /// allowed.
    ///
    /// # Errors
    /// `DeniedByPolicy`, with the reason `principal-not-allowed`.
    pub(crate) fn permit_principal(
        &self,
        integration: &str,
        principal: &Object,
        is_person: bool,
    ) -> Result<()> {
        let kind = match principal {
            Object::Account(account) => kind_apart(account, is_person),
            Object::Resource(resource) => Some(resource.key.kind.as_str()),
        };
        match kind {
            Some(kind) if !self.principals.contains(kind) => Err(denied(
                "principal-not-allowed",
                format!("{} {}", principal.name(), given_nothing(kind)),
                if_meant(integration, [kind]),
            )),
            _ => Ok(()),
        }
    }

    /// Lets a group be given access that brings nobody who may not be given it. `kinds` are those that
    /// can be told from people of one's own.
    ///
    /// # Errors
    /// `DeniedByPolicy`, with the reason `principal-not-allowed`, or `principal-not-excluded` when not
    /// all can be seen.
    pub(crate) fn permit_brought<'a>(
        &self,
        integration: &str,
        group: &str,
        brought: &Brought,
        kinds: impl Iterator<Item = &'a str>,
    ) -> Result<()> {
        let mut refused = brought.apart.iter().filter(|(kind, _)| !self.principals.contains(*kind));
        if let Some((kind, who)) = refused.next() {
            return Err(denied(
                "principal-not-allowed",
                format!("{group} brings {who}, who {}", given_nothing(kind)),
                if_meant(integration, [kind.as_str()]),
            ));
        }
        let unlisted: Vec<&str> = kinds.filter(|kind| !self.principals.contains(*kind)).collect();
        if !brought.or_more || unlisted.is_empty() {
            return Ok(());
        }
        let why = brought.gap.as_ref().map(|gap| format!(" {gap}")).unwrap_or_default();
        Err(denied(
            "principal-not-excluded",
            format!(
                "Not all who belong to {group} can be seen, and there may be some who are given no \
                 access here: {}.{why}",
                unlisted.join(", ")
            ),
            format!(
                "Mend that they cannot be seen, and try again. {}",
                if_meant(integration, unlisted)
            ),
        ))
    }

    fn lists(&self, key: &ObjectRef) -> bool {
        self.resources.iter().any(|allowed| allowed.key == *key)
    }

    /// Lets a change pass that does not reach what is never changed: `touched` is the refusal when it
    /// does, `ways` are those by which one belongs to the other, `gap` says why there may be more.
    ///
    /// # Errors
    /// `touched` with the way, or with the reason that it has and `-not-excluded`.
    pub(crate) fn permit_apart(
        touched: Error,
        inside: &str,
        outer: &str,
        ways: &[AccessPath],
        gap: Option<Error>,
    ) -> Result<()> {
        if let Some(way) = ways.first() {
            let way = way.names.join(" → ");
            let message = format!("{} {inside} belongs to {outer}: {way}.", touched.message);
            return Err(Error { message, ..touched });
        }
        let Some(gap) = gap else { return Ok(()) };
        Err(denied(
            &format!("{}-not-excluded", touched.reason),
            format!(
                "{} Whether {inside} belongs to {outer} cannot be seen. {gap}",
                touched.message
            ),
            "Give Doorward the permission to read it (see `doorward check`), or change it in the \
             provider's own console.",
        ))
    }

    /// Whether a resource that is not privileged is listed, itself or with all of its kind.
    pub(crate) fn allows(&self, key: &ObjectRef) -> bool {
        self.kinds.contains(&key.kind) || self.lists(key)
    }

    /// Lets a resource be changed that lies in a container that somebody listed: `containers` are
    /// those that are listed, `around` is what the resource is directly in, `gap` says why there may
    /// be more.
    ///
    /// # Errors
    /// `DeniedByPolicy`, with the reasons `not-on-writable-list` and `container-not-visible`.
    pub(crate) fn permit_within(
        integration: &str,
        resource: &Resource,
        containers: &[&AllowedResource],
        around: &[ObjectRef],
        gap: Option<Error>,
    ) -> Result<()> {
        if containers.iter().any(|listed| around.contains(&listed.key)) {
            return Ok(());
        }
        let name = &resource.name;
        let listed = some_of(containers.iter().map(|listed| listed.name.as_str()));
        if let Some(gap) = gap {
            return Err(Error {
                kind: ErrorKind::DeniedByPolicy,
                reason: "container-not-visible".to_owned(),
                message: format!(
                    "What is directly in {listed} may be changed; whether {name} is cannot be \
                     seen. {gap}"
                ),
                ..gap
            });
        }
        let mut message =
            format!("{name} is not on this integration's list of what may be changed");
        if !containers.is_empty() {
            message += &format!(", and it is not directly in {listed}, which is");
        }
        Err(denied(
            "not-on-writable-list",
            format!("{message}."),
            format!(
                "If it may be changed, run `doorward integration allow -i {integration} {}`, and \
                 try again.",
                resource.key
            ),
        ))
    }

    /// Lets the removal of a holder pass, or says why not: `stays` is whether another one does, or
    /// `None` when not all could be seen.
    ///
    /// # Errors
    /// `DeniedByPolicy`, with the reasons `last-holder` and `holders-not-countable`.
    pub(crate) fn permit_removal(
        resource: &Resource,
        kept: &KeptHolder,
        stays: Option<bool>,
    ) -> Result<()> {
        let entitlement = &kept.entitlement;
        match stays {
            Some(false) => {
                let (last, another) = match kept.principals.join(" or ") {
                    kinds if kinds.is_empty() => ("holder".to_owned(), "somebody else".to_owned()),
                    kinds => (kinds.clone(), format!("another {kinds}")),
                };
                Err(denied(
                    "last-holder",
                    format!(
                        "This is the last {last} with the right `{entitlement}` on {}, which must \
                         keep one.",
                        resource.name
                    ),
                    format!("Give {another} the right `{entitlement}` first."),
                ))
            }
            Some(true) => Ok(()),
            None => Err(denied(
                "holders-not-countable",
                format!(
                    "{} must keep a last {entitlement}, and not all of them can be seen.",
                    resource.name
                ),
                "Give Doorward the permission to read them (see `doorward check`), or change it \
                 in the provider's own console.",
            )),
        }
    }

    /// Lets somebody leave a group of which all that it holds was seen.
    ///
    /// # Errors
    /// `DeniedByPolicy`, with the reason `holders-not-countable`.
    pub(crate) fn permit_unseen(group: &str, gap: Option<&str>) -> Result<()> {
        let Some(gap) = gap else { return Ok(()) };
        Err(denied(
            "holders-not-countable",
            format!(
                "{group} may be what makes people the last holders of something that must keep \
                 one, and not all that it holds can be seen. {gap}"
            ),
            "Give Doorward the permission to read it (see `doorward check`), or change it in the \
             provider's own console.",
        ))
    }
}

/// `A`, `A or B`, `A, B or C`; of many the first ones.
fn some_of<'n>(names: impl ExactSizeIterator<Item = &'n str>) -> String {
    const MOST: usize = 5;
    let more = names.len().saturating_sub(MOST);
    let mut names: Vec<String> = names.take(MOST).map(str::to_owned).collect();
    if more > 0 {
        names.push(format!("{more} more"));
    }
    match names.pop() {
        Some(last) if !names.is_empty() => format!("{} or {last}", names.join(", ")),
        last => last.unwrap_or_default(),
    }
}

fn put(list: &mut Vec<AllowedResource>, key: ObjectRef, name: &str) -> bool {
    let is_new = list.iter().all(|object| object.key != key);
    if is_new {
        list.push(AllowedResource { key, name: name.to_owned() });
    }
    is_new
}

fn take_off(list: &mut Vec<AllowedResource>, key: &ObjectRef) -> bool {
    let before = list.len();
    list.retain(|object| object.key != *key);
    list.len() < before
}

/// Whether an object is ours: the one that we are, or one that has our login, e.g. the app
/// registration behind it, or the same application consented again.
fn is_own(identity: &Identity, key: &ObjectRef, login: Option<&str>) -> bool {
    let ours = identity.login.as_deref();
    key.id == identity.key.id
        || login.zip(ours).is_some_and(|(login, ours)| login.eq_ignore_ascii_case(ours))
}

pub(crate) fn protected(name: &str) -> Error {
    denied(
        "protected-object",
        format!("{name} is protected: its access is never changed through Doorward."),
        "Somebody who may must do this in the provider's own console. `doorward integration policy \
         show` lists what is protected.",
    )
}

pub(crate) fn own_identity(identity: &Identity) -> Error {
    denied(
        "own-identity",
        format!("Doorward never changes the access of its own identity, {}.", identity.name),
        "Somebody who is not Doorward must do this, in the provider's own console.",
    )
}

fn denied(reason: &str, message: String, remedy: impl Into<String>) -> Error {
    Error::new(ErrorKind::DeniedByPolicy, reason, message).remedy(remedy)
}
