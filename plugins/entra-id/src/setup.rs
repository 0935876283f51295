//! How to set Microsoft Entra ID up for this connector: clicks, and the same as an `az` script.

use doorward_core::{Script, SetupGuide, SetupStep};

/// The guide. `{tenant}` and `{client_id}` stand for the connection's values.
pub(crate) fn guide() -> SetupGuide {
    SetupGuide {
        warnings: WARNINGS.iter().map(|line| (*line).to_owned()).collect(),
        steps: STEPS.iter().map(|(title, lines)| step(title, lines)).collect(),
        scripts: vec![Script { tool: "az".to_owned(), text: AZ.to_owned() }],
    }
}

fn step(title: &str, lines: &[&str]) -> SetupStep {
    SetupStep {
        title: title.to_owned(),
        lines: lines.iter().map(|line| (*line).to_owned()).collect(),
    }
}

const WARNINGS: &[&str] = &[
    "The two permissions of this guide are very broad: with RoleManagement.ReadWrite.Directory the application can make itself Global Administrator. Protect its secret like an administrator's password.",
    "Leave RoleManagement.ReadWrite.Directory out unless roles, or members of role-assignable groups, shall be changed; RoleManagement.Read.Directory is enough to see them.",
    "Smaller sets instead of Directory.ReadWrite.All: to read, User.Read.All, GroupMember.Read.All, RoleManagement.Read.Directory and Organization.Read.All; to change members as well, GroupMember.ReadWrite.All; to change owners as well, Group.ReadWrite.All.",
    "Groups synchronized from an on-premises Active Directory are changed there only; distribution lists and mail-enabled security groups are changed in the Exchange admin center or the Microsoft 365 admin center only.",
    "Admin consent needs a Privileged Role Administrator or Global Administrator.",
];

const STEPS: &[(&str, &[&str])] = &[
    (
        "Register an application",
        &[
            "Open https://entra.microsoft.com (or Microsoft Entra ID in https://portal.azure.com) and go to App registrations.",
            "Choose New registration, type a name such as Doorward, leave everything else as it is, and choose Register.",
            "From the overview page keep two values: Application (client) ID is `client_id`, Directory (tenant) ID is `tenant`. The Object ID is neither.",
        ],
    ),
    (
        "Make a secret",
        &[
            "Go to Certificates & secrets, Client secrets, and choose New client secret.",
            "Give it a description that you will recognise and an expiry. Before it ends, make another one here, which replaces it in the connection; nothing else changes.",
            "Copy the Value at once, it is shown only now: it is `secret`. The Secret ID beside it is not.",
        ],
    ),
    (
        "Choose the permissions",
        &[
            "Go to API permissions. Remove what is there: choose … beside Microsoft Graph, then Remove all permissions.",
            "Choose Add a permission, Microsoft Graph, Application permissions.",
            "Directory.ReadWrite.All: reads users and groups, and changes members and owners.",
            "RoleManagement.ReadWrite.Directory: gives and takes roles, and changes members and owners of groups that can be assigned to a role. Only for those.",
            "Choose Add permissions.",
        ],
    ),
    (
        "Grant admin consent",
        &[
            "Choose Grant admin consent for your organization, and Yes.",
            "Or send an administrator this link: https://login.microsoftonline.com/{tenant}/adminconsent?client_id={client_id}",
            "Permissions are part of a token: one that was issued before knows nothing of them, for up to about an hour.",
        ],
    ),
    (
        "Write the connection",
        &[
            "Write the three values to a file that only you can read: {\"client_id\": \"…\", \"secret\": \"…\", \"tenant\": \"…\"}",
        ],
    ),
];

/// Looks the permissions' ids up by name, so that a reader sees what is granted.
const AZ: &str = r#"#!/usr/bin/env bash
# Registers the application, grants it the two permissions, and writes the connection JSON.
# Sign in first: az login --tenant TENANT   (Privileged Role Administrator or Global Administrator)
set -euo pipefail

name=Doorward
graph=00000003-0000-0000-c000-000000000000 # Microsoft Graph
# Leave the second one out unless roles or role-assignable groups shall be changed: it lets the application
# make itself Global Administrator.
permissions="Directory.ReadWrite.All RoleManagement.ReadWrite.Directory"

tenant=$(az account show --query tenantId --output tsv)
client_id=$(az ad app create --display-name "$name" --sign-in-audience AzureADMyOrg --query appId --output tsv)
az ad sp create --id "$client_id" --output none
for permission in $permissions; do
  id=$(az ad sp show --id "$graph" --query "appRoles[?value=='$permission'].id" --output tsv)
  az ad app permission add --id "$client_id" --api "$graph" --api-permissions "$id=Role" --output none
done
sleep 30 # a new application is not known everywhere at once
az ad app permission admin-consent --id "$client_id"

umask 077
secret=$(az ad app credential reset --id "$client_id" --append --display-name "$name" --years 1 --query password --output tsv)
printf '{"client_id": "%s", "secret": "%s", "tenant": "%s"}\n' "$client_id" "$secret" "$tenant" > entra-id.json
echo "Wrote entra-id.json. If consent failed, open:"
echo "https://login.microsoftonline.com/$tenant/adminconsent?client_id=$client_id"
"#;
