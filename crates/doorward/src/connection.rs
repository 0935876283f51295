//! A connection from a file or from standard input, read, resolved and validated.

use doorward_core::validation::{Document, Finding, MAX_BYTES, ValidConnection, Validator};
use doorward_core::{Error, ErrorKind, Result};
use doorward_host::SecretSources;
use secrecy::ExposeSecret;
use std::fs::File;
use std::io::Read;
use std::path::Path;
use zeroize::Zeroizing;

use crate::ask;
use crate::output::{Console, text};
use crate::secrets::{self, LocalSources};

/// A connection that can be used, and where those of its secrets come from that are not stored.
pub(crate) struct Loaded {
    pub(crate) connection: ValidConnection,
    pub(crate) sources: SecretSources,
}

/// Reads and validates a connection.
///
/// # Errors
/// `InvalidConnection` with the findings as attributes, when it cannot be used.
pub(crate) async fn load(
    console: &Console,
    validator: &Validator,
    path: &Path,
    local: LocalSources,
) -> Result<Loaded> {
    let bytes = read(console, path).await?;
    let shown = shown(path);
    let mut document = Document::parse(&bytes).map_err(|findings| invalid(&shown, &findings))?;
    let sources = resolve(&mut document, validator, local)?;
    let connection =
        validator.validate(&document).map_err(|findings| invalid(&shown, &findings))?;
    Ok(Loaded { connection, sources })
}

/// Follows the references to secrets, and says where they lead.
fn resolve(
    document: &mut Document,
    validator: &Validator,
    local: LocalSources,
) -> Result<SecretSources> {
    let mut sources = SecretSources::new();
    for source in document.secret_sources(validator) {
        let secret = local.fetch(&source.origin)?;
        document.resolve(&source.pointer, secret.expose_secret().to_owned())?;
        sources.insert(source.pointer, secrets::stored_form(&source.origin));
    }
    Ok(sources)
}

/// The file's name for people.
pub(crate) fn shown(path: &Path) -> String {
    if is_standard_input(path) { "standard input".to_owned() } else { path.display().to_string() }
}

/// Whether a file's name stands for standard input.
pub(crate) fn is_standard_input(path: &Path) -> bool {
    path == Path::new("-")
}

async fn read(console: &Console, path: &Path) -> Result<Zeroizing<Vec<u8>>> {
    let read = if is_standard_input(path) {
        if console.can_ask() {
            console.note_line("Paste the connection, then press Enter and Ctrl-D.");
        }
        ask::apart(|| read_to_limit(std::io::stdin().lock())).await
    } else {
        File::open(console.file(path)).and_then(read_to_limit)
    };
    read.map_err(|error| {
        Error::new(
            ErrorKind::InvalidConnection,
            "connection-unreadable",
            format!("The connection cannot be read from {}.", shown(path)),
        )
        .remedy("Check the path and the permissions of the file. `-` reads standard input.")
        .cause(error)
    })
}

/// One byte more than is allowed is enough for validation to refuse it.
fn read_to_limit(source: impl Read) -> std::io::Result<Zeroizing<Vec<u8>>> {
    let limit = MAX_BYTES + 1;
    // With room for all of it, so that the buffer never moves and leaves a copy behind.
    let mut bytes = Zeroizing::new(Vec::with_capacity(limit + 32));
    source.take(limit as u64).read_to_end(&mut bytes)?;
    Ok(bytes)
}

fn invalid(shown: &str, findings: &[Finding]) -> Error {
    Error::new(
        ErrorKind::InvalidConnection,
        "invalid-connection",
        format!(
            "The connection from {shown} cannot be used: {}.",
            text::count(findings.len(), "finding", "findings")
        ),
    )
    .remedy("Mend what the findings say, and try again.")
    .attribute("file", shown)
    .attribute("findings", serde_json::to_value(findings).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_more_is_read_than_validation_needs_to_refuse() {
        let endless = std::io::repeat(b' ');
        assert_eq!(read_to_limit(endless).unwrap().len(), MAX_BYTES + 1);
        assert_eq!(read_to_limit(&b"{}"[..]).unwrap().as_slice(), b"{}");
    }

    #[test]
    fn a_refusal_carries_file_and_findings() {
        let findings = Document::parse(b"").err().unwrap();
        let error = invalid("a.json", &findings);
        assert_eq!(error.kind, ErrorKind::InvalidConnection);
        assert_eq!(error.attributes["file"], "a.json");
        assert_eq!(error.attributes["findings"].as_array().unwrap().len(), findings.len());
        assert!(error.message.contains("1 finding."), "{}", error.message);
    }
}
