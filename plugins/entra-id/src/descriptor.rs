//! What the connector says about itself.

use doorward_core::{
    Attributes, Capability, Descriptor, Entitlement, Need, Pacing, PrincipalKind, ResourceKind,
};
use serde_json::Value;
use std::sync::LazyLock;

use crate::apply::MOST_LINKS;
use crate::kinds::{ASSIGNED, Kind, MEMBER, OWNER};
use crate::manageability::CLASSES;
use crate::permissions::permissions;
use crate::roles;
use crate::scopes::{APPLICATION_CLASSES, UNIT_CLASSES};
use crate::setup::guide;
use crate::uses::uses;

/// Shared with everybody who writes connections by hand or with other tools.
const SCHEMA: &str = include_str!("../../../schemas/entra-id.connection.schema.json");

pub(crate) static DESCRIPTOR: LazyLock<Descriptor> = LazyLock::new(|| {
    Descriptor {
    id: "entra-id".to_owned(),
    version: env!("CARGO_PKG_VERSION").to_owned(),
    name: "Microsoft Entra ID".to_owned(),
    summary: "Reads and changes members and owners of groups, and who holds which directory role, in Microsoft Entra ID (Azure Active Directory) through Microsoft Graph.".to_owned(),
    needs: vec![Need::Http],
    connection_schema: schema(),
    principal_kinds: principal_kinds(),
    resource_kinds: vec![
        group(),
        role(),
        scope(Kind::Unit, "administrative unit", UNIT_CLASSES, &[Kind::Group]),
        scope(Kind::Application, "application", APPLICATION_CLASSES, &[]),
    ],
    capabilities: vec![
        Capability::Check,
        Capability::Sync,
        Capability::Read,
        Capability::Grant,
        Capability::Revoke,
    ],
    permissions: permissions(),
    uses: uses(),
    setup: guide(),
    pacing: Pacing { max_in_flight: 8 },
    max_batch: MOST_LINKS,
    attributes: Attributes::new(),
}
});

#[expect(clippy::expect_used, reason = "the text is compiled in, and a test parses it")]
fn schema() -> Value {
    serde_json::from_str(SCHEMA).expect("the connection schema is JSON")
}

fn principal_kinds() -> Vec<PrincipalKind> {
    [
        (Kind::User, "user", true),
        (Kind::ServicePrincipal, "service principal", false),
        (Kind::Group, "group", true),
        (Kind::Device, "device", false),
        (Kind::Contact, "organizational contact", false),
    ]
    .into_iter()
    .map(|(kind, name, searchable)| PrincipalKind {
        kind: kind.name().to_owned(),
        name: name.to_owned(),
        searchable,
        person: kind == Kind::User,
    })
    .collect()
}

fn group() -> ResourceKind {
    let kinds = |kinds: &[Kind]| kinds.iter().map(|kind| kind.name().to_owned()).collect();
    ResourceKind {
        kind: Kind::Group.name().to_owned(),
        name: "group".to_owned(),
        classes: CLASSES.iter().map(|class| (*class).to_owned()).collect(),
        entitlements: vec![
            Entitlement {
                id: MEMBER.to_owned(),
                summary: "Has what the group gives, also through nested groups.".to_owned(),
                principals: kinds(&[
                    Kind::User,
                    Kind::Group,
                    Kind::ServicePrincipal,
                    Kind::Device,
                    Kind::Contact,
                ]),
                transitive: true,
                scopes: Vec::new(),
                standing_by_name: false,
                ends: false,
                eligible: false,
            },
            Entitlement {
                id: OWNER.to_owned(),
                summary: "May change the group and its members.".to_owned(),
                principals: kinds(&[Kind::User, Kind::ServicePrincipal]),
                transitive: false,
                scopes: Vec::new(),
                standing_by_name: false,
                ends: false,
                eligible: false,
            },
        ],
        contains: Vec::new(),
    }
}

fn role() -> ResourceKind {
    let kinds = |kinds: &[Kind]| kinds.iter().map(|kind| kind.name().to_owned()).collect();
    ResourceKind {
        kind: Kind::Role.name().to_owned(),
        name: "directory role".to_owned(),
        classes: roles::CLASSES.iter().map(|class| (*class).to_owned()).collect(),
        entitlements: vec![Entitlement {
            id: ASSIGNED.to_owned(),
            summary: "Has what the role allows, everywhere or within the scope; so have the members of a group that holds it.".to_owned(),
            principals: kinds(&[Kind::User, Kind::Group, Kind::ServicePrincipal]),
            transitive: true,
            scopes: kinds(&[Kind::Unit, Kind::Application]),
            standing_by_name: true,
            ends: true,
            eligible: true,
        }],
        contains: Vec::new(),
    }
}

/// A kind on which nobody holds access here, and which roles can be limited to.
fn scope(kind: Kind, name: &str, classes: &[&str], contains: &[Kind]) -> ResourceKind {
    ResourceKind {
        kind: kind.name().to_owned(),
        name: name.to_owned(),
        classes: classes.iter().map(|class| (*class).to_owned()).collect(),
        entitlements: Vec::new(),
        contains: contains.iter().map(|kind| kind.name().to_owned()).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::authority::TENANT;
    use crate::config::{Cloud, Settings};
    use doorward_core::Connection;
    use serde_json::json;

    #[test]
    fn the_descriptor_is_complete() {
        let descriptor = &*DESCRIPTOR;
        assert!(descriptor.connection_schema["properties"]["secret"].is_object());
        assert!(descriptor.declares("contact") && descriptor.can(Capability::Revoke));
        assert!(descriptor.can(Capability::Sync));
        for permission in &descriptor.permissions {
            assert!(permission.purpose.ends_with('.') && permission.without.ends_with('.'));
        }
        let names: Vec<&str> = descriptor.permissions.iter().map(|one| one.name.as_str()).collect();
        let mut kinds: Vec<&str> = vec![TENANT];
        kinds.extend(Kind::ALL.map(Kind::name));
        for one in &descriptor.uses {
            for wanted in &one.abilities {
                assert!(kinds.contains(&wanted.ability.kind.as_str()), "{one:?}");
                for name in &wanted.permissions {
                    assert!(names.contains(&name.as_str()), "{} {name}", one.name);
                }
            }
        }
    }

    #[test]
    fn every_cloud_and_example_of_the_schema_is_understood() {
        let schema = &DESCRIPTOR.connection_schema;
        for cloud in schema["properties"]["cloud"]["enum"].as_array().unwrap() {
            let known: Cloud = serde_json::from_value(cloud.clone()).unwrap();
            assert_eq!(known.name(), cloud);
        }
        for example in schema["examples"].as_array().unwrap() {
            let mut connection = example.as_object().unwrap().clone();
            connection.insert("secret".to_owned(), json!({"pointer": "/secret"}));
            Settings::parse(&Connection::new(connection)).unwrap();
        }
    }

    #[test]
    fn the_guide_holds_the_consent_link_and_room_for_the_permissions() {
        let guide = serde_json::to_string(&DESCRIPTOR.setup).unwrap();
        for text in [
            "/{tenant}/adminconsent?client_id={client_id}",
            "\"{permissions}\"",
            "az ad app create",
            "New-MgServicePrincipalAppRoleAssignment",
            "azuread_app_role_assignment",
        ] {
            assert!(guide.contains(text), "{text}");
        }
    }
}
