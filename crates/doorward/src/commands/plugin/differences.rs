//! What another version of an installed plugin changes.

use doorward_core::{Connection, Factory, Reach};
use doorward_host::Integration;
use serde::Serialize;
use std::collections::BTreeSet;
use std::sync::Arc;

use super::words::short;
use crate::output::reach;
use crate::plugins::{self, Folder, Installed, Looked};

/// What a new version changes.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Differences {
    /// Version and digest.
    from: (String, String),
    to: (String, String),
    new_permissions: Vec<String>,
    gone_permissions: Vec<String>,
    /// What its example reaches, when that is another than before.
    example_reach: Option<Reach>,
    /// The integrations that are stopped until their addresses are approved.
    stopped: Vec<String>,
}

impl Differences {
    pub(super) fn of(
        folder: &Arc<Folder>,
        before: &Installed,
        plugin: &Installed,
        looked: &Looked,
        integrations: &[Integration],
    ) -> Self {
        let named = |descriptor: &doorward_core::Descriptor| -> BTreeSet<String> {
            descriptor.permissions.iter().map(|permission| permission.name.clone()).collect()
        };
        // A version that is damaged is no reason to keep it: then all is new.
        let old = folder.descriptor(before).ok();
        let (old, new) = (old.as_ref().map(named).unwrap_or_default(), named(looked.descriptor()));
        let example = folder
            .component(before)
            .and_then(|component| plugins::look(&folder.runtime()?, &before.id, component));
        let example = example.ok().and_then(|looked| looked.example_reach);
        let users = integrations.iter().filter(|one| one.connector == plugin.id);
        let stopped = users.filter(|one| is_stopped(looked, one));
        Self {
            from: (before.version.clone(), before.digest.to_string()),
            to: (plugin.version.clone(), plugin.digest.to_string()),
            new_permissions: new.difference(&old).cloned().collect(),
            gone_permissions: old.difference(&new).cloned().collect(),
            example_reach: looked.example_reach.clone().filter(|new| Some(new) != example.as_ref()),
            stopped: stopped.map(|one| one.name.clone()).collect(),
        }
    }

    /// For people.
    pub(super) fn lines(&self) -> Vec<String> {
        let shortened = |(version, digest): &(String, String)| {
            let digest = doorward_wasm::Digest::parse(digest).map(|digest| short(&digest));
            format!("{version} ({})", digest.unwrap_or_default())
        };
        let mut lines = vec![format!(
            "It takes the place of {}: {}.",
            shortened(&self.from),
            shortened(&self.to)
        )];
        for (what, names) in [
            ("It makes use of permissions that the version before did not", &self.new_permissions),
            ("It no longer makes use of these permissions", &self.gone_permissions),
        ] {
            if !names.is_empty() {
                lines.push(format!("{what}: {}.", names.join(", ")));
            }
        }
        if let Some(example) = &self.example_reach {
            lines.push("Its example reaches other addresses than before:".to_owned());
            let reached = example.endpoints.iter().flat_map(reach::lines);
            lines.extend(reached.map(|line| format!("  {line}")));
        }
        if !self.stopped.is_empty() {
            lines.push(format!(
                "WARNING: it wants other addresses for these integrations, which are stopped until \
                 you approve them (`doorward integration update NAME --connection FILE`): {}.",
                self.stopped.join(", ")
            ));
        }
        lines
    }
}

/// Whether the host will refuse the integration until somebody approves what it reaches.
fn is_stopped(looked: &Looked, integration: &Integration) -> bool {
    let opened = looked.factory.open(Connection::new(integration.connection.clone()));
    opened.map(|connector| connector.reach()).ok().as_ref() != Some(&integration.reach)
}
