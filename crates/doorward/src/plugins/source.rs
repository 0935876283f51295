//! Where a plugin comes from: a file, an address, a registry.

use doorward_core::{Error, ErrorKind, Result};
use std::path::{Path, PathBuf};
use url::{Host, Url};

use super::oci::Artifact;
use super::{download, oci};
use crate::app::App;

/// The most that is read as one component: several times what the largest languages need.
pub(super) const LARGEST: usize = 100_000_000;
/// The most that is read as a signature.
const LARGEST_SIGNATURE: usize = 10_000;

/// Where a plugin comes from.
#[derive(Debug)]
pub(crate) enum Source {
    File(PathBuf),
    Address(Url),
    Registry(Artifact),
}

/// What came.
pub(crate) struct Fetched {
    pub(crate) component: Vec<u8>,
    /// The detached signature that lay beside it.
    pub(crate) signature: Option<String>,
    /// Where it came from, for the lock file: without anything secret, and pinned where it can be.
    pub(crate) source: String,
}

impl Source {
    /// What the operator wrote: `oci://…`, `https://…`, or a path.
    ///
    /// # Errors
    /// `InvalidRequest` when it is none of these, or would be fetched without encryption from
    /// another machine.
    pub(crate) fn parse(text: &str) -> Result<Self> {
        if let Some(reference) = text.strip_prefix("oci://") {
            return Artifact::parse(reference).map(Self::Registry);
        }
        if !text.contains("://") {
            return Ok(Self::File(PathBuf::from(text)));
        }
        let url = Url::parse(text).map_err(|error| unusable(text).cause(error))?;
        check(&url)?;
        Ok(Self::Address(url))
    }

    /// Reads the component and the signature beside it.
    ///
    /// # Errors
    /// When it is not there, cannot be reached, or is too large.
    pub(crate) async fn fetch(&self, app: &App) -> Result<Fetched> {
        match self {
            Self::File(path) => {
                let path = app.console.file(path);
                let component = of_file(&path, LARGEST)?.ok_or_else(|| no_file(&path))?;
                let beside = of_file(&beside(&path), LARGEST_SIGNATURE)?;
                let signature = beside.map(text).transpose()?;
                let source = std::path::absolute(&path).unwrap_or(path).display().to_string();
                Ok(Fetched { component, signature, source })
            }
            Self::Address(url) => {
                let component = download::get(app, url, LARGEST).await?;
                let component = component.ok_or_else(|| not_there(url))?;
                let mut beside = url.clone();
                beside.set_path(&format!("{}.minisig", url.path()));
                let signature = download::get(app, &beside, LARGEST_SIGNATURE).await?;
                let signature = signature.map(text).transpose()?;
                Ok(Fetched { component, signature, source: shown(url) })
            }
            Self::Registry(artifact) => oci::pull(app, artifact).await,
        }
    }

    /// Reads a signature that lies elsewhere than beside the component.
    ///
    /// # Errors
    /// As [`fetch`](Self::fetch).
    pub(crate) async fn signature(app: &App, place: &str) -> Result<String> {
        let read = match Self::parse(place)? {
            Self::File(path) => {
                let path = app.console.file(&path);
                of_file(&path, LARGEST_SIGNATURE)?.ok_or_else(|| no_file(&path))?
            }
            Self::Address(url) => {
                let got = download::get(app, &url, LARGEST_SIGNATURE).await?;
                got.ok_or_else(|| not_there(&url))?
            }
            Self::Registry(_) => return Err(unusable(place)),
        };
        text(read)
    }
}

/// The signature beside a file, if there is one.
///
/// # Errors
/// `InvalidRequest` when it cannot be read.
pub(crate) fn beside_file(path: &Path) -> Result<Option<String>> {
    of_file(&beside(path), LARGEST_SIGNATURE)?.map(text).transpose()
}

fn beside(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".minisig");
    name.into()
}

/// Refuses an address from which anybody on the way could give us another file, and one that holds
/// a secret that would be written down.
pub(super) fn check(url: &Url) -> Result<()> {
    let is_safe = match url.scheme() {
        "https" => true,
        "http" => is_loopback(url),
        _ => false,
    };
    let has_secret = !url.username().is_empty() || url.password().is_some();
    if is_safe && url.has_host() && !has_secret { Ok(()) } else { Err(unusable(&shown(url))) }
}

pub(super) fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

/// An address without what may be secret in it.
pub(super) fn shown(url: &Url) -> String {
    let mut url = url.clone();
    let _ = url.set_username("");
    let _ = url.set_password(None);
    url.set_query(None);
    url.set_fragment(None);
    url.to_string()
}

fn of_file(path: &Path, most: usize) -> Result<Option<Vec<u8>>> {
    let read = std::fs::metadata(path).and_then(|metadata| {
        // A pipe would be waited for, without an end.
        if !metadata.is_file() {
            return Err(std::io::Error::other("it is no file"));
        }
        if metadata.len() > most as u64 {
            return Err(std::io::Error::other(format!("it is larger than {most} bytes")));
        }
        std::fs::read(path)
    });
    match read {
        Ok(bytes) => Ok(Some(bytes)),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => {
            let message = format!("{} cannot be read.", path.display());
            Err(Error::new(ErrorKind::InvalidRequest, "plugin-unreadable", message)
                .remedy("Check the path and the permissions of the file.")
                .cause(error))
        }
    }
}

/// The component in a file that the operator names.
///
/// # Errors
/// `NotFound` when there is no such file; `InvalidRequest` when it cannot be read, or is too large.
pub(crate) fn component_of_file(path: &Path) -> Result<Vec<u8>> {
    of_file(path, LARGEST)?.ok_or_else(|| {
        let message = format!("There is no file {}.", path.display());
        Error::new(ErrorKind::NotFound, "plugin-unreadable", message).remedy(
            "Name the file of a component, as `doorward plugin build` writes it. `doorward plugin \
             list` shows what is installed.",
        )
    })
}

fn no_file(path: &Path) -> Error {
    let message = format!("There is no file {}.", path.display());
    Error::new(ErrorKind::NotFound, "plugin-unreadable", message)
        .remedy("Check the path. A registry is named with `oci://` before it.")
}

fn not_there(url: &Url) -> Error {
    let message = format!("There is nothing at {}.", shown(url));
    Error::new(ErrorKind::NotFound, "plugin-not-fetched", message).remedy("Check the address.")
}

fn text(bytes: Vec<u8>) -> Result<String> {
    String::from_utf8(bytes).map_err(|_| {
        let message = "The signature of the plugin is no text.";
        Error::new(ErrorKind::DeniedByPolicy, "plugin-signature-wrong", message)
            .remedy("A minisign signature is four lines of text. Get it anew.")
    })
}

fn unusable(text: &str) -> Error {
    // What stands behind these may be a secret.
    let named = if text.contains(['@', '?']) { "that address" } else { text };
    let message = format!("A plugin cannot be fetched from {named}.");
    Error::new(ErrorKind::InvalidRequest, "plugin-source", message).remedy(
        "Name a file, an https address, or `oci://REGISTRY/REPOSITORY:TAG`. Plain http is for this \
         machine only, and an address holds no password.",
    )
}

#[cfg(test)]
mod tests {
    use super::{Source, shown};
    use url::Url;

    #[test]
    fn a_source_is_a_file_an_address_or_a_registry() {
        let kind = |text: &str| match Source::parse(text) {
            Ok(Source::File(_)) => "file",
            Ok(Source::Address(_)) => "address",
            Ok(Source::Registry(_)) => "registry",
            Err(_) => "error",
        };
        for (text, expected) in [
            ("entra-id.wasm", "file"),
            ("C:\\plugins\\a.wasm", "file"),
            ("https://example.com/a.wasm", "address"),
            ("http://127.0.0.1:80/a.wasm", "address"),
            ("http://[::1]/a.wasm", "address"),
            ("http://localhost/a.wasm", "address"),
            ("http://example.com/a.wasm", "error"),
            ("http://localhost.example.com/a.wasm", "error"),
            ("https://user:password@example.com/a.wasm", "error"),
            ("ftp://example.com/a.wasm", "error"),
            ("oci://ghcr.io/doorward/entra-id:1.0", "registry"),
            ("oci://", "error"),
        ] {
            assert_eq!(kind(text), expected, "{text}");
        }
    }

    #[test]
    fn what_may_be_secret_in_an_address_is_not_kept() {
        let url = Url::parse("https://u:p@example.com/a.wasm?token=canary#canary").unwrap();
        assert_eq!(shown(&url), "https://example.com/a.wasm");
    }
}
