//! How to set Microsoft Entra ID up for this connector: clicks, and the same as scripts. What is in it
//! of permissions follows from the chosen uses.

use doorward_core::{Script, SetupGuide, SetupStep};

/// The guide for every use. `{tenant}` and `{client_id}` stand for the connection's values.
pub(crate) fn guide() -> SetupGuide {
    SetupGuide {
        warnings: vec![
            "Admin consent needs a Privileged Role Administrator or Global Administrator.".to_owned(),
            "Groups synchronized from an on-premises Active Directory are changed there only; distribution lists and mail-enabled security groups are changed in the Exchange admin center or the Microsoft 365 admin center only.".to_owned(),
        ],
        steps: STEPS.iter().map(|(title, lines)| step(title, lines)).collect(),
        scripts: scripts([
            include_str!("setup/az.sh"),
            include_str!("setup/graph.ps1"),
            include_str!("setup/main.tf"),
        ]),
    }
}

/// What a role in one administrative unit takes, instead of a permission to write (facts §0).
pub(crate) fn scoped() -> SetupGuide {
    SetupGuide {
        warnings: vec![
            "A role in an administrative unit reaches the groups that are in the unit themselves: that a person in the unit is a member of another group does not count.".to_owned(),
        ],
        steps: vec![step("Assign the role in one administrative unit", SCOPED)],
        scripts: scripts([
            include_str!("setup/az-scoped.sh"),
            include_str!("setup/graph-scoped.ps1"),
            include_str!("setup/scoped.tf"),
        ]),
    }
}

/// What to know before granting what the integration guide asks for.
pub(crate) fn guide_warnings() -> SetupGuide {
    SetupGuide { warnings: vec![GUIDE.to_owned()], ..SetupGuide::default() }
}

/// What to know before PIM is used.
pub(crate) fn pim_warnings() -> SetupGuide {
    SetupGuide { warnings: PIM.map(str::to_owned).to_vec(), ..SetupGuide::default() }
}

fn scripts(texts: [&str; 3]) -> Vec<Script> {
    let tools = ["az", "powershell", "terraform"].into_iter();
    let scripts = tools.zip(texts);
    scripts.map(|(tool, text)| Script { tool: tool.to_owned(), text: text.to_owned() }).collect()
}

fn step(title: &str, lines: &[&str]) -> SetupStep {
    SetupStep {
        title: title.to_owned(),
        lines: lines.iter().map(|line| (*line).to_owned()).collect(),
    }
}

const GUIDE: &str = "The integration guide's two permissions are very broad: with RoleManagement.ReadWrite.Directory the application can make itself Global Administrator, and with Directory.ReadWrite.All it changes most of the directory. Protect its secret like an administrator's password, or choose smaller uses.";

const PIM: [&str; 3] = [
    "Privileged Identity Management (PIM) needs Microsoft Entra ID P2 or Microsoft Entra ID Governance in the tenant. Without it these permissions do nothing.",
    "An application that may give roles can make itself Global Administrator; one that may take them can lock everybody out. Protect the application's secret like an administrator's password.",
    "In the PIM settings of a role, \"require multifactor authentication on active assignment\" and an authentication context shut every application out: take them off for roles that shall be given through Doorward.",
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
            "Choose Add a permission, Microsoft Graph, Application permissions, and tick these and no other:",
            "{permissions}",
            "Choose Add permissions.",
        ],
    ),
    (
        "Grant admin consent",
        &[
            "Choose Grant admin consent for your organization, and Yes.",
            "Or send an administrator this link, with the values of step 1 in it: https://login.microsoftonline.com/{tenant}/adminconsent?client_id={client_id}",
            "If it answers with AADSTS500113 (no reply address), grant consent on the page above instead.",
            "Permissions are part of a token: one that was issued before knows nothing of them, for up to about an hour.",
        ],
    ),
    (
        "Write the connection",
        &[
            "Write the three values to a file that only you can read: {\"client_id\": \"…\", \"secret\": \"…\", \"tenant\": \"…\"}",
            "In a national cloud everything above has its own addresses, and the connection needs \"cloud\" as well; its schema names the values. The scripts know the public cloud only.",
        ],
    ),
];

const SCOPED: &[&str] = &[
    "Go to Roles & admins, Admin units, and choose the unit, or make one and add the groups to it.",
    "Choose Roles and administrators, Groups Administrator, Add assignments, and the application that you registered.",
    "Smaller still: a custom role that allows microsoft.directory/groups/members/update.",
];
