//! The transport over sockets: reqwest with every policy of its own turned off.

use async_trait::async_trait;
use bytes::Bytes;
use doorward_core::{Error, ErrorKind, Result};
use futures::StreamExt;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::client::legacy::connect::proxy::Tunnel;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use rustls::CertificateError;
use std::error::Error as StdError;
use std::fmt;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;
use url::{Host, Url};

use super::proxy::{Proxies, ProxyUrl};
use super::{BodyStream, Transport, TransportError, TransportErrorKind};
use crate::AddressRule;
use crate::origin::is_localhost;

/// How the transport over sockets is made.
#[derive(Clone, Debug, Default)]
pub struct TransportOptions {
    /// The content of `--ca-file`: certificates in PEM, trusted beside the system's.
    pub ca_file: Option<Vec<u8>>,
    /// Through which proxies requests go.
    pub proxies: Proxies,
}

/// HTTP/1.1 and HTTP/2 over TCP and TLS.
///
/// TLS is rustls with the system's trust store (on Linux also the file that `SSL_CERT_FILE` names).
/// Redirects, retries, decompression, cookies and proxy discovery are off. A URL is sent as reqwest
/// spells it, which percent-encodes a few characters (`'` in a query).
///
/// A request goes directly, or through the proxy that [`TransportOptions`] name for it. A proxy
/// resolves the target's name itself, so that the address rule holds only for addresses that the
/// URL spells out; the proxy's own address is the operator's choice, and no rule is about it.
pub struct ReqwestTransport {
    public: reqwest::Client,
    also_private: reqwest::Client,
    through_proxy: reqwest::Client,
    proxies: Proxies,
}

impl ReqwestTransport {
    /// Reads the trust store. Must be called where a tokio runtime with I/O will run.
    ///
    /// # Errors
    /// `InvalidRequest` when the CA file holds no certificate, `Unavailable` when the system has no
    /// trust store and no CA file was given.
    pub fn new(options: TransportOptions) -> Result<Self> {
        let extra = match &options.ca_file {
            None => Vec::new(),
            Some(pem) => reqwest::Certificate::from_pem_bundle(pem)
                .ok()
                .filter(|certificates| !certificates.is_empty())
                .ok_or_else(|| {
                    Error::new(
                        ErrorKind::InvalidRequest,
                        "ca-file",
                        "The CA file holds no certificate in PEM.",
                    )
                    .remedy("Give a file with one or more `-----BEGIN CERTIFICATE-----` blocks.")
                })?,
        };
        let proxies = options.proxies;
        let mut through_proxy = builder(None, &extra);
        for proxy in [
            proxies.https.as_ref().map(|proxy| reqwest::Proxy::https(proxy.exposed())),
            proxies.http.as_ref().map(|proxy| reqwest::Proxy::http(proxy.exposed())),
        ] {
            through_proxy = match proxy.transpose().map_err(|_| unfit_proxy())? {
                Some(proxy) => through_proxy.proxy(proxy),
                None => through_proxy,
            };
        }
        Ok(Self {
            public: built(builder(Some(AddressRule::PublicOnly), &extra))?,
            also_private: built(builder(Some(AddressRule::AlsoPrivate), &extra))?,
            through_proxy: built(through_proxy)?,
            proxies,
        })
    }
}

impl fmt::Debug for ReqwestTransport {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("ReqwestTransport")
    }
}

/// A client for each rule, since a resolver does not see for which request it is asked, and since a
/// pooled connection must not serve a request of the stricter rule.
fn builder(rule: Option<AddressRule>, extra: &[reqwest::Certificate]) -> reqwest::ClientBuilder {
    reqwest::Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .retry(reqwest::retry::never())
        .no_proxy()
        .referer(false)
        .connect_timeout(Duration::from_secs(15))
        .tls_certs_merge(extra.iter().cloned())
        .dns_resolver(Arc::new(Resolver(rule)))
}

fn unfit_proxy() -> Error {
    Error::new(ErrorKind::InvalidRequest, "invalid-proxy", "The proxy's address cannot be used.")
        .remedy("Write http://HOST:PORT, or `--proxy none` to use no proxy.")
}

fn built(builder: reqwest::ClientBuilder) -> Result<reqwest::Client> {
    builder.build().map_err(|error| {
        Error::new(ErrorKind::Unavailable, "no-trust-store", "TLS cannot be used on this machine.")
            .remedy(
                "Install the system's CA certificates, or give a file with --ca-file or \
                 SSL_CERT_FILE.",
            )
            .cause(chain(&error))
    })
}

#[async_trait]
impl Transport for ReqwestTransport {
    async fn send(
        &self,
        request: http::Request<Bytes>,
        addresses: AddressRule,
    ) -> Result<http::Response<BodyStream>, TransportError> {
        let url = Url::parse(&request.uri().to_string())
            .map_err(|_| TransportError::new(TransportErrorKind::Name, "it is no host name"))?;
        admit_literal(&url, addresses)?;
        let proxy = self.proxies.of(&url);
        let client = match (proxy, addresses) {
            (Some(_), _) => &self.through_proxy,
            (None, AddressRule::PublicOnly) => &self.public,
            (None, AddressRule::AlsoPrivate) => &self.also_private,
        };
        let request = reqwest::Request::try_from(request).map_err(|_| {
            TransportError::new(TransportErrorKind::Connect, "the URL cannot be sent")
        })?;
        let response = client.execute(request).await.map_err(|error| match proxy {
            Some(proxy) => through(proxy, &error).unwrap_or_else(|| classify(&error)),
            None => classify(&error),
        })?;
        let response: http::Response<reqwest::Body> = response.into();
        if let Some(proxy) = proxy
            && response.status() == http::StatusCode::PROXY_AUTHENTICATION_REQUIRED
        {
            return Err(denied_by(proxy));
        }
        Ok(response.map(|body| {
            let body = http_body_util::BodyDataStream::new(body);
            body.map(|chunk| {
                chunk.map_err(|error| TransportError::new(TransportErrorKind::Body, lost(&error)))
            })
            .boxed()
        }))
    }
}

/// Literal addresses never reach the resolver. They are read as URL parsers do, so that `0x7f.1` is
/// what it is.
fn admit_literal(url: &Url, rule: AddressRule) -> Result<(), TransportError> {
    let address = match url.host() {
        Some(Host::Ipv4(address)) => IpAddr::V4(address),
        Some(Host::Ipv6(address)) => IpAddr::V6(address),
        Some(Host::Domain(_)) => return Ok(()),
        None => {
            return Err(TransportError::new(TransportErrorKind::Name, "it is no host name"));
        }
    };
    rule.admit(address, true).map_err(|class| forbidden(&Forbidden(class)))
}

/// Resolves names as the system does, and gives only addresses that the rule admits. Without a rule
/// it resolves nothing but the name of a proxy.
struct Resolver(Option<AddressRule>);

impl Resolve for Resolver {
    #[allow(
        clippy::disallowed_methods,
        reason = "only a transport over sockets resolves names, and it checks what they lead to"
    )]
    fn resolve(&self, name: Name) -> Resolving {
        let rule = self.0;
        Box::pin(async move {
            let local = is_localhost(name.as_str());
            let found: Vec<SocketAddr> =
                tokio::net::lookup_host((name.as_str(), 0)).await?.collect();
            let mut class = None;
            let mut admitted = Vec::new();
            for address in found {
                match rule.map_or(Ok(()), |rule| rule.admit(address.ip(), false)) {
                    // Plain HTTP is allowed to `localhost`, so it must be what it says.
                    Ok(()) if local && !address.ip().is_loopback() => {}
                    Ok(()) => admitted.push(address),
                    Err(why) => class = Some(why),
                }
            }
            match (admitted.is_empty(), class) {
                (false, _) => Ok(Box::new(admitted.into_iter()) as Addrs),
                (true, Some(class)) => Err(Forbidden(class).into()),
                (true, None) => Err(io::Error::other("it has no address").into()),
            }
        })
    }
}

/// All addresses of a name are forbidden; the class of one of them.
#[derive(Debug)]
struct Forbidden(&'static str);

impl fmt::Display for Forbidden {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "it leads to {}", self.0)
    }
}

impl StdError for Forbidden {}

fn forbidden(error: &Forbidden) -> TransportError {
    TransportError::new(TransportErrorKind::Address, error.to_string())
}

/// What an error of reqwest means, by the types in its chain of sources.
fn classify(error: &reqwest::Error) -> TransportError {
    use TransportErrorKind::{Connect, Lost, Name, NotHttp, Refused, Tls};
    if let Some(error) = find::<Forbidden>(error) {
        return forbidden(error);
    }
    if error.is_dns() {
        return TransportError::new(Name, deepest(error));
    }
    if find::<hyper::Error>(error).is_some_and(hyper::Error::is_parse) {
        return TransportError::new(NotHttp, "the answer is no HTTP");
    }
    if !error.is_connect() {
        return TransportError::new(Lost, lost(error));
    }
    if let Some(error) = find::<rustls::Error>(error) {
        return tls(error);
    }
    match find::<io::Error>(error).map(io::Error::kind) {
        Some(io::ErrorKind::ConnectionRefused) => {
            TransportError::new(Refused, "the connection was refused")
        }
        // During the handshake, after which nothing of the request was sent.
        Some(
            io::ErrorKind::UnexpectedEof
            | io::ErrorKind::ConnectionReset
            | io::ErrorKind::InvalidData,
        ) => TransportError::new(Tls, "the handshake broke off"),
        _ if error.is_timeout() => TransportError::new(Connect, "it did not answer in time"),
        _ => TransportError::new(Connect, deepest(error)),
    }
}

/// The error of a tunnel through a proxy. Its type is public, but only so can it be named.
type TunnelError = <Tunnel<HttpConnector> as tower::Service<http::Uri>>::Error;

/// What went wrong on the way through a proxy; nothing when the way was there.
fn through(proxy: &ProxyUrl, error: &reqwest::Error) -> Option<TransportError> {
    let failed = |why: &str| {
        Some(TransportError::new(TransportErrorKind::Proxy, format!("the proxy {proxy} {why}")))
    };
    if error.is_dns() {
        return failed("cannot be found: its name could not be resolved");
    }
    match find::<TunnelError>(error) {
        Some(TunnelError::ProxyAuthRequired) => Some(denied_by(proxy)),
        Some(TunnelError::ConnectFailed(_)) => failed("cannot be reached"),
        Some(_) => failed("did not connect to it"),
        None => None,
    }
}

fn denied_by(proxy: &ProxyUrl) -> TransportError {
    TransportError::new(
        TransportErrorKind::ProxyDenied,
        format!("the proxy {proxy} asks for a user name and a password, or for others (HTTP 407)"),
    )
}

fn tls(error: &rustls::Error) -> TransportError {
    use TransportErrorKind::{Certificate, Tls};
    let rustls::Error::InvalidCertificate(error) = error else {
        return TransportError::new(Tls, error.to_string());
    };
    let why = match error {
        CertificateError::UnknownIssuer => "its issuer is unknown to this machine".to_owned(),
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => {
            "it has expired, or this machine's clock is wrong".to_owned()
        }
        CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
            "it is not valid yet, or this machine's clock is wrong".to_owned()
        }
        CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
            "it was issued for another name".to_owned()
        }
        CertificateError::Revoked => "it was revoked".to_owned(),
        other => other.to_string(),
    };
    TransportError::new(Certificate, why)
}

/// Why a connection broke off; never the URL, which reqwest's own text would show.
fn lost(error: &(dyn StdError + 'static)) -> String {
    match find::<io::Error>(error).map(io::Error::kind) {
        Some(io::ErrorKind::ConnectionReset | io::ErrorKind::BrokenPipe) => {
            "the other side broke it off".to_owned()
        }
        Some(io::ErrorKind::UnexpectedEof) => "it ended too early".to_owned(),
        _ => deepest(error),
    }
}

/// The first error of this type in the chain of sources, also within I/O errors.
fn find<'a, E: StdError + 'static>(error: &'a (dyn StdError + 'static)) -> Option<&'a E> {
    let mut next = Some(error);
    while let Some(error) = next {
        if let Some(found) = error.downcast_ref::<E>() {
            return Some(found);
        }
        let within = error
            .downcast_ref::<io::Error>()
            .and_then(io::Error::get_ref)
            .map(|inner| inner as &(dyn StdError + 'static));
        next = within.or_else(|| error.source());
    }
    None
}

/// The text of the innermost error: the one that says what happened.
fn deepest(error: &(dyn StdError + 'static)) -> String {
    let mut error = error;
    while let Some(source) = error.source() {
        error = source;
    }
    error.to_string()
}

fn chain(error: &(dyn StdError + 'static)) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(error) = next {
        text.push_str(": ");
        text.push_str(&error.to_string());
        next = error.source();
    }
    text
}
