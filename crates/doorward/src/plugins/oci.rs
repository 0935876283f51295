//! Plugins in OCI registries, in the layout for WebAssembly of the CNCF: one layer that is the
//! component, and a small configuration. The signature is an annotation of the manifest, so that it
//! travels with the component and other tools read past it.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use doorward_core::{Error, ErrorKind, Result, Timestamp};
use doorward_wasm::Digest;
use futures::TryStreamExt;
use oci_client::client::{
    Certificate, CertificateEncoding, ClientConfig, ClientProtocol, Config, ImageLayer,
};
use oci_client::errors::{OciDistributionError, OciEnvelope, OciErrorCode};
use oci_client::manifest::{OciDescriptor, OciImageManifest};
use oci_client::secrets::RegistryAuth;
use oci_client::{Client, Reference};
use serde_json::json;
use std::collections::BTreeMap;
use std::time::Duration;
use url::Url;

use super::source::{Fetched, LARGEST, is_loopback};
use crate::app::App;

const CONFIG: &str = "application/vnd.wasm.config.v0+json";
const LAYER: &str = "application/wasm";
/// The annotation that holds the minisign signature: its file in base64, since oci-client writes a line
/// break into a manifest as it is, and a registry refuses that.
const SIGNATURE: &str = "dev.doorward.minisig";

/// How long all that is asked of a registry may take.
const PATIENCE: Duration = Duration::from_secs(15 * 60);

/// Something in a registry.
#[derive(Debug)]
pub(crate) struct Artifact {
    reference: Reference,
    auth: RegistryAuth,
}

/// What is pushed.
pub(crate) struct Pushed<'a> {
    pub(crate) id: &'a str,
    pub(crate) version: &'a str,
    pub(crate) component: Vec<u8>,
    pub(crate) signature: Option<String>,
    pub(crate) now: Timestamp,
}

impl Artifact {
    /// `registry/repository:tag` or `registry/repository@sha256:…`.
    ///
    /// # Errors
    /// `InvalidRequest` when it is neither.
    pub(crate) fn parse(text: &str) -> Result<Self> {
        let unusable = || {
            let message = format!("`oci://{text}` names nothing in a registry.");
            Error::new(ErrorKind::InvalidRequest, "plugin-source", message).remedy(
                "Write `oci://REGISTRY/REPOSITORY:TAG` or `oci://REGISTRY/REPOSITORY@sha256:…`.",
            )
        };
        // Without a registry, one would be guessed.
        let (registry, _) = text.split_once('/').ok_or_else(unusable)?;
        if !registry.contains(['.', ':']) && registry != "localhost" {
            return Err(unusable());
        }
        let reference = text.parse().map_err(|error| unusable().cause(format!("{error}")))?;
        Ok(Self { reference, auth: RegistryAuth::Anonymous })
    }

    /// With a user's name and password, or a token in its place.
    pub(crate) fn signed_in(self, user: String, password: String) -> Self {
        Self { auth: RegistryAuth::Basic(user, password), ..self }
    }

    /// As it is written, with what it is pinned to.
    fn shown(&self, digest: &str) -> String {
        let (registry, repository) = (self.reference.registry(), self.reference.repository());
        let tag = self.reference.tag().map(|tag| format!(":{tag}")).unwrap_or_default();
        format!("oci://{registry}/{repository}{tag}@{digest}")
    }

    /// The registry; unencrypted on this machine only.
    fn url(&self) -> Result<Url> {
        let registry = self.reference.resolve_registry();
        let parse = |scheme: &str| {
            Url::parse(&format!("{scheme}://{registry}/")).map_err(|error| {
                let message = format!("`{registry}` is no name of a registry.");
                Error::new(ErrorKind::InvalidRequest, "plugin-source", message)
                    .remedy("Write `oci://REGISTRY/REPOSITORY:TAG`.")
                    .cause(error)
            })
        };
        let plain = parse("http")?;
        if is_loopback(&plain) { Ok(plain) } else { parse("https") }
    }

    fn client(&self, app: &App) -> Result<Client> {
        let url = self.url()?;
        let is_plain = url.scheme() == "http";
        if !is_plain {
            app.check_proxy()?;
        }
        // Only a proxy that is named, with an exception for every name and every address, keeps the
        // library from those of the environment.
        let none = ("http://127.0.0.1:9".to_owned(), "*,0.0.0.0/0,::/0".to_owned());
        let proxy = app.proxy_of(url.as_str()).map(|proxy| proxy.exposed().to_owned());
        let (proxy, exceptions) = proxy.map_or(none, |proxy| (proxy, String::new()));
        let config = ClientConfig {
            protocol: if is_plain { ClientProtocol::Http } else { ClientProtocol::Https },
            extra_root_certificates: certificates(&app.trusted()?.unwrap_or_default()),
            platform_resolver: None,
            read_timeout: Some(Duration::from_secs(60)),
            connect_timeout: Some(Duration::from_secs(30)),
            user_agent: concat!("doorward/", env!("CARGO_PKG_VERSION")),
            https_proxy: Some(proxy.clone()),
            http_proxy: Some(proxy),
            no_proxy: Some(exceptions),
            ..ClientConfig::default()
        };
        Client::try_from(config).map_err(|error| self.failed(&error))
    }

    fn failed(&self, error: &OciDistributionError) -> Error {
        use OciDistributionError::{
            AuthenticationFailure, ImageManifestNotFoundError, RegistryError, ServerError,
            UnauthorizedError,
        };
        let name = self.reference.whole();
        let (kind, what, remedy) = match error {
            AuthenticationFailure(_) | UnauthorizedError { .. } => (
                ErrorKind::Unauthenticated,
                "does not let us in",
                "Name who you are with `--username NAME --password-env VARIABLE`.",
            ),
            ImageManifestNotFoundError(_) => (ErrorKind::NotFound, "has no such thing", CHECK),
            ServerError { code: 404, .. } => (ErrorKind::NotFound, "has no such thing", CHECK),
            RegistryError { envelope, .. } if is_unknown(envelope) => {
                (ErrorKind::NotFound, "has no such thing", CHECK)
            }
            _ => (ErrorKind::Unavailable, "did not do what was asked", CHECK),
        };
        Error::new(kind, "plugin-registry", format!("The registry of {name} {what}."))
            .remedy(remedy)
            .cause(cause(error))
    }
}

/// Why a request failed: of its layers the innermost, which names no address with what may be in it.
fn cause(error: &OciDistributionError) -> String {
    let OciDistributionError::RequestError(request) = error else { return error.to_string() };
    let mut innermost: &dyn std::error::Error = request;
    while let Some(inner) = innermost.source() {
        innermost = inner;
    }
    match request.status() {
        Some(status) => format!("it answered HTTP {}", status.as_u16()),
        None => innermost.to_string(),
    }
}

const CHECK: &str =
    "Check the name and the way to the registry (`--proxy`, `--ca-file`), and try again.";

/// Whether a registry's error says that there is nothing of this name.
fn is_unknown(envelope: &OciEnvelope) -> bool {
    let unknown = [OciErrorCode::ManifestUnknown, OciErrorCode::NameUnknown];
    envelope.errors.iter().any(|error| unknown.contains(&error.code))
}

/// Each certificate of a file by itself, as the library takes them.
fn certificates(pem: &[u8]) -> Vec<Certificate> {
    const END: &str = "-----END CERTIFICATE-----";
    let text = String::from_utf8_lossy(pem);
    let each = text.split_inclusive(END).filter(|part| part.ends_with(END));
    each.map(|part| Certificate {
        encoding: CertificateEncoding::Pem,
        data: part.as_bytes().to_vec(),
    })
    .collect()
}

/// Pulls a component with its signature.
///
/// # Errors
/// When the registry cannot be reached, or holds something else under this name.
pub(super) async fn pull(app: &App, artifact: &Artifact) -> Result<Fetched> {
    in_time(artifact, pulled(app, artifact)).await
}

/// Ends what a registry draws out: the library has limits for its parts only.
async fn in_time<T>(artifact: &Artifact, work: impl Future<Output = Result<T>>) -> Result<T> {
    tokio::time::timeout(PATIENCE, work).await.unwrap_or_else(|_| {
        let message = format!("The registry of {} took too long.", artifact.reference.whole());
        Err(Error::new(ErrorKind::Unavailable, "plugin-registry", message).remedy(CHECK))
    })
}

async fn pulled(app: &App, artifact: &Artifact) -> Result<Fetched> {
    let client = artifact.client(app)?;
    let failed = |error| artifact.failed(&error);
    let reference = &artifact.reference;
    let pulled = client.pull_image_manifest(reference, &artifact.auth).await;
    let (manifest, digest) = pulled.map_err(failed)?;
    let layer = layer(artifact, &manifest)?;
    let stream = client.pull_blob_stream(reference, layer).await.map_err(failed)?;
    let mut parts = stream.stream;
    let mut component = Vec::new();
    while let Some(part) = parts.try_next().await.map_err(|error| failed(error.into()))? {
        if component.len() + part.len() > LARGEST {
            return Err(strange(artifact, "is too large"));
        }
        component.extend_from_slice(&part);
    }
    // The manifest was checked against its digest; so this is what the name stands for.
    if Digest::of(&component).to_string() != layer.digest {
        return Err(strange(artifact, "is not what the registry says it is"));
    }
    let signature = manifest.annotations.and_then(|all| all.get(SIGNATURE).cloned());
    let signature = signature.map(|text| decoded(artifact, &text)).transpose()?;
    Ok(Fetched { component, signature, source: artifact.shown(&digest) })
}

fn decoded(artifact: &Artifact, text: &str) -> Result<String> {
    let bytes = STANDARD.decode(text).ok();
    let text = bytes.and_then(|bytes| String::from_utf8(bytes).ok());
    text.ok_or_else(|| strange(artifact, "has a signature that cannot be read"))
}

fn layer<'m>(artifact: &Artifact, manifest: &'m OciImageManifest) -> Result<&'m OciDescriptor> {
    match manifest.layers.as_slice() {
        [layer] if layer.media_type == LAYER => Ok(layer),
        _ => Err(strange(artifact, "holds something else than one WebAssembly component")),
    }
}

fn strange(artifact: &Artifact, what: &str) -> Error {
    let message = format!("{} {what}.", artifact.reference.whole());
    Error::new(ErrorKind::InvalidRequest, "plugin-registry", message)
        .remedy("Name what `doorward plugin push`, or another tool for components, pushed.")
}

/// Pushes a component with its signature; gives how it is named for good.
///
/// # Errors
/// When the registry cannot be reached or does not let us in.
pub(crate) async fn push(app: &App, artifact: &Artifact, pushed: Pushed<'_>) -> Result<String> {
    in_time(artifact, send(app, artifact, pushed)).await
}

async fn send(app: &App, artifact: &Artifact, pushed: Pushed<'_>) -> Result<String> {
    let client = artifact.client(app)?;
    let config = json!({
        "created": pushed.now,
        "architecture": "wasm",
        "os": "wasip2",
        "layerDigests": [Digest::of(&pushed.component).to_string()],
        "component": shape(&pushed.component),
    });
    let config = Config::new(config.to_string().into_bytes(), CONFIG.to_owned(), None);
    let layers = [ImageLayer::new(Bytes::from(pushed.component), LAYER.to_owned(), None)];
    let mut annotations = BTreeMap::from([
        ("org.opencontainers.image.title".to_owned(), pushed.id.to_owned()),
        ("org.opencontainers.image.version".to_owned(), pushed.version.to_owned()),
    ]);
    if let Some(signature) = pushed.signature {
        annotations.insert(SIGNATURE.to_owned(), STANDARD.encode(signature));
    }
    let manifest = OciImageManifest::build(&layers, &config, Some(annotations));
    let failed = |error| artifact.failed(&error);
    let (reference, auth) = (&artifact.reference, &artifact.auth);
    client.push(reference, &layers, config, auth, Some(manifest)).await.map_err(failed)?;
    let digest = client.fetch_manifest_digest(reference, auth).await.map_err(failed)?;
    Ok(artifact.shown(&digest))
}

/// What the component imports and exports, for tools that do not read it.
fn shape(component: &[u8]) -> serde_json::Value {
    let Ok(wit_component::DecodedWasm::Component(resolve, world)) =
        wit_component::decode(component)
    else {
        return serde_json::Value::Null;
    };
    let Some(world) = resolve.worlds.get(world) else { return serde_json::Value::Null };
    let imports: Vec<String> =
        world.imports.keys().map(|key| resolve.name_world_key(key)).collect();
    let exports: Vec<String> =
        world.exports.keys().map(|key| resolve.name_world_key(key)).collect();
    json!({"imports": imports, "exports": exports})
}
