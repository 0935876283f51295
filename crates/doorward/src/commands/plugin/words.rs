//! What a plugin can do and reach, in words and for programs.

use doorward_core::Descriptor;
use serde_json::{Value, json};

use crate::commands::connector;
use crate::output::{Console, Table, reach, text};
use crate::plugins::{Installed, Looked};

/// A component for programs; when it is installed, with how.
pub(super) fn view(looked: &Looked, installed: Option<&Installed>) -> Value {
    let descriptor = looked.descriptor();
    json!({
        "id": installed.map_or(&descriptor.id, |installed| &installed.id),
        "version": descriptor.version,
        "digest": looked.digest.to_string(),
        "size": looked.size,
        "exampleReach": looked.example_reach,
        "descriptor": descriptor,
        "installed": installed.map(entry),
    })
}

/// What the lock file says of a plugin, for programs.
pub(super) fn entry(installed: &Installed) -> Value {
    json!({
        "id": installed.id,
        "version": installed.version,
        "digest": installed.digest.to_string(),
        "source": installed.source,
        "key": installed.key,
        "installed": installed.installed,
    })
}

/// The beginning of a digest, by which a person tells two apart.
pub(super) fn short(digest: &doorward_wasm::Digest) -> String {
    digest.to_string().chars().take("sha256:".len() + 12).collect()
}

/// Where a description is printed: as the result, or beside it for a question.
pub(super) struct Words<'a> {
    pub(super) console: &'a Console,
    pub(super) is_result: bool,
}

impl Words<'_> {
    pub(super) fn line(&self, text: impl AsRef<str>) {
        if self.is_result { self.console.line(text) } else { self.console.note_line(text) }
    }

    fn table(&self, table: &Table) {
        if self.is_result { self.console.table(table) } else { self.console.note_table(table) }
    }

    /// Everything that there is to know before one trusts a component.
    pub(super) fn describe(&self, looked: &Looked) {
        let descriptor = looked.descriptor();
        self.line(format!("{} ({} {})", descriptor.name, descriptor.id, descriptor.version));
        self.line(&descriptor.summary);
        self.line(format!("{}, {}", looked.digest, text::size(looked.size)));
        self.line("");
        self.line(format!("It says that it can {}.", connector::abilities(descriptor)));
        self.table(&connector::rights(descriptor));
        self.line("");
        self.reach(looked);
        self.line("");
        self.limits();
        self.line("");
        self.permissions(descriptor);
    }

    fn reach(&self, looked: &Looked) {
        match &looked.example_reach {
            Some(example) => {
                self.line("With a connection like its own example it reaches these addresses:");
                for line in example.endpoints.iter().flat_map(reach::lines) {
                    self.line(format!("  {line}"));
                }
            }
            None => self.line("Which addresses it reaches hangs on the connection."),
        }
        self.line(
            "Each integration shows its own addresses and asks before it is stored; when they \
             change, it is stopped until you approve them.",
        );
    }

    /// What holds for every component that was loaded: its imports were checked.
    fn limits(&self) {
        self.line(
            "From this host it gets HTTP to approved addresses, the time, random numbers and the \
             log, and nothing else: no files, no sockets, no environment, no other programs.",
        );
        self.line(
            "It never sees a secret: the host adds it to requests. But whatever a secret allows at \
             its address, the plugin can do there. Give it no permission that it does not need.",
        );
    }

    fn permissions(&self, descriptor: &Descriptor) {
        if descriptor.permissions.is_empty() {
            self.line("It names no permissions that it makes use of.");
            return;
        }
        self.line("Permissions that it makes use of; `doorward setup` says which to give:");
        for line in connector::permission_lines(&descriptor.permissions) {
            self.line(line);
        }
    }
}
