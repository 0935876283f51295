//! What is tried: a connector with a connection.

use doorward_core::{
    Action, Clock, Connection, Factory, GrantKey, Log, ObjectRef, Operation, Random, Resource,
};
use doorward_http::{Secrets, Transport};
use std::sync::Arc;

/// A connector and one system that it reaches, with all that a host would give it.
pub struct Subject<'a> {
    /// The connector.
    pub factory: &'a dyn Factory,
    /// A connection that fits its schema, each secret replaced by a reference.
    pub connection: Connection,
    /// The secrets that the connection refers to.
    pub secrets: Secrets,
    /// The way to the system.
    pub transport: Arc<dyn Transport>,
    /// The dates.
    pub clock: Arc<dyn Clock>,
    /// Ids and jitter.
    pub random: Arc<dyn Random>,
    /// Where connectors log.
    pub log: Arc<dyn Log>,
    /// The access that may be given and taken. Without it the rules about changes are left out, and
    /// nothing is changed.
    pub change: Option<Change>,
}

/// One access that may be given and taken, several times. At the end it is as it was.
#[derive(Clone, Debug)]
pub struct Change {
    /// Whose.
    pub principal: ObjectRef,
    /// On what, as it was read.
    pub resource: Resource,
    /// Which right.
    pub entitlement: String,
    /// Where it holds, for rights that have a scope.
    pub scope: Option<ObjectRef>,
}

impl Change {
    /// The grant that is given and taken.
    pub(crate) fn key(&self) -> GrantKey {
        GrantKey {
            scope: self.scope.clone(),
            ..GrantKey::new(
                self.principal.clone(),
                self.resource.key.clone(),
                self.entitlement.clone(),
            )
        }
    }

    /// Gives or takes it.
    pub(crate) fn operation(&self, gives: bool) -> Operation {
        let (key, resource) = (self.key(), self.resource.clone());
        let action = if gives {
            Action::Grant { key, resource, until: None }
        } else {
            Action::Revoke { key, resource }
        };
        Operation {
            id: "conformance".to_owned(),
            action,
            reason: Some("doorward conformance".to_owned()),
            ticket: None,
        }
    }

    /// The same for somebody else.
    pub(crate) fn of(&self, principal: ObjectRef) -> Self {
        Self { principal, ..self.clone() }
    }

    /// The same on something else.
    pub(crate) fn on(&self, key: ObjectRef) -> Self {
        Self { resource: Resource { key, ..self.resource.clone() }, ..self.clone() }
    }
}
