//! What the connector says about itself. The host offers exactly this, and nothing else.

use doorward_core::{
    Attributes, Capability, Descriptor, Entitlement, Need, Pacing, PrincipalKind, ResourceKind,
    SetupGuide, SetupStep,
};
use serde_json::{Value, json};
use std::sync::LazyLock;

use crate::records::{DIRECTORY_TEAM, MEMBER, OWN_TEAM, TEAM, USER};

pub(crate) static DESCRIPTOR: LazyLock<Descriptor> = LazyLock::new(|| Descriptor {
    id: "example-teams".to_owned(),
    version: env!("CARGO_PKG_VERSION").to_owned(),
    name: "Example Teams".to_owned(),
    summary: "Reads and changes who is a member of which team of the Teams service.".to_owned(),
    needs: vec![Need::Http],
    connection_schema: connection_schema(),
    principal_kinds: vec![PrincipalKind {
        kind: USER.to_owned(),
        name: "user".to_owned(),
        searchable: true,
        person: true,
    }],
    resource_kinds: vec![ResourceKind {
        kind: TEAM.to_owned(),
        name: "team".to_owned(),
        classes: vec![OWN_TEAM.to_owned(), DIRECTORY_TEAM.to_owned()],
        entitlements: vec![Entitlement {
            id: MEMBER.to_owned(),
            summary: "Has what the team gives.".to_owned(),
            principals: vec![USER.to_owned()],
            // Teams do not nest.
            transitive: false,
            scopes: Vec::new(),
            standing_by_name: false,
            ends: false,
            eligible: false,
        }],
        contains: Vec::new(),
    }],
    capabilities: vec![
        Capability::Check,
        Capability::Sync,
        Capability::Read,
        Capability::Grant,
        Capability::Revoke,
    ],
    // A token of the Teams service may write or not. Where a service has permissions with names,
    // they stand here, and `uses` says which of them are needed for what.
    permissions: Vec::new(),
    uses: Vec::new(),
    setup: SetupGuide {
        warnings: vec![
            "A token may do all that its robot may do. Keep it as you keep a password.".to_owned(),
        ],
        steps: vec![SetupStep {
            title: "Make a token".to_owned(),
            lines: vec![
                "In the Teams service, make a robot, and a token for it.".to_owned(),
                "Let it write only if access shall be changed.".to_owned(),
            ],
        }],
        scripts: Vec::new(),
    },
    pacing: Pacing { max_in_flight: 4 },
    // The service changes one membership in one request, and one `apply` is one write.
    max_batch: 1,
    attributes: Attributes::new(),
});

/// The one source of validation. It is closed, or a misspelled field would be passed over; and what
/// is not `writeOnly` is stored, shown and handed to the connector in the open.
fn connection_schema() -> Value {
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Example Teams connection",
        "description": "Reaches one Teams service with the token of a robot.",
        "examples": [{"base_url": "https://teams.example/api/v1", "token": "token-of-a-robot"}],
        "type": "object",
        "required": ["base_url", "token"],
        "additionalProperties": false,
        "properties": {
            "base_url": {
                "title": "Base URL",
                "description": "The address of the Teams service: what comes before /users and /teams.",
                "examples": ["https://teams.example/api/v1"],
                "type": "string",
                "maxLength": 2048,
                // Origin, then path. A segment that began with a dot could lead above the path.
                "pattern": r"^(https?://[^/?#@\s\\]+)((?:/[A-Za-z0-9_~-][A-Za-z0-9._~-]*)*)/?$",
                "x-doorward": {
                    "expected": "an address such as https://teams.example/api/v1",
                    "trim": true,
                },
            },
            "token": {
                "title": "Token",
                "description": "The token of the robot.",
                "type": "string",
                "writeOnly": true,
                "minLength": 1,
                "maxLength": 8192,
                "pattern": "^[!-~]+$",
                "x-doorward": {
                    "expected": "the token alone, without `Bearer `",
                    "trim": true,
                },
            },
        },
    })
}
