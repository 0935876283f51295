//! Errors of the HTTP stack, for people: which host, what happened, what to do. Never a query, a
//! body, a token or a secret.

use doorward_core::{Error, ErrorKind, Retry};
use std::time::Duration;

use crate::{TransportError, TransportErrorKind};

/// What a transport's error means for the request.
pub(crate) fn transport(host: &str, error: &TransportError) -> Error {
    use TransportErrorKind::{
        Address, Body, Certificate, Connect, Lost, Name, NotHttp, Proxy, ProxyDenied, Refused, Tls,
    };
    let unavailable = |reason: &str, message: String| {
        Error::new(ErrorKind::Unavailable, reason, message).retry(Retry::Backoff)
    };
    let what = &error.message;
    match error.kind {
        Address => Error::new(
            ErrorKind::DeniedByPolicy,
            "address-not-allowed",
            format!("{host} was not contacted: {what}."),
        )
        .remedy(
            "Only an origin that the connection itself names may lead to a private address. Check \
             the host name, and the DNS that answers for it.",
        ),
        Name => unavailable(
            "name-not-resolved",
            format!("The name {host} could not be resolved: {what}."),
        )
        .remedy("Check the host name in the connection, and this machine's DNS."),
        Refused => unavailable("connection-refused", format!("{host} refused the connection."))
            .remedy("Check host and port, and whether a firewall stands between."),
        Connect => unavailable("connection-failed", format!("No connection to {host}: {what}."))
            .remedy("Check the network between this machine and the host, and its firewalls."),
        NotHttp => Error::new(
            ErrorKind::Unavailable,
            "not-http",
            format!("What answers at {host} speaks no HTTP."),
        )
        .remedy("If it speaks HTTPS, write `https://` in the connection. Else check host and port."),
        Proxy => {
            unavailable("proxy-failed", format!("{host} was not reached: {what}.")).remedy(
                "Check the address in --proxy, HTTPS_PROXY or the configuration file, and whether \
                 the proxy lets this host through. `doorward config show --origin` says which \
                 proxy is used and why; `--proxy none` uses none.",
            )
        }
        ProxyDenied => Error::new(
            ErrorKind::Unavailable,
            "proxy-denied",
            format!("{host} was not reached: {what}."),
        )
        .remedy(
            "Give the proxy's user name and password in its address, http://USER:PASSWORD@HOST:PORT, \
             by HTTPS_PROXY or the configuration file rather than on the command line, where other \
             users of this machine see them.",
        ),
        Certificate => Error::new(
            ErrorKind::Unavailable,
            "tls-untrusted-certificate",
            format!("The certificate of {host} is not trusted: {what}."),
        )
        .remedy(
            "If a proxy or a private authority issued it, give its root certificate with \
             --ca-file, or in the file that SSL_CERT_FILE names. If not, somebody may be reading \
             along: do not go on.",
        ),
        Tls => Error::new(
            ErrorKind::Unavailable,
            "tls-failure",
            format!("No TLS connection to {host}: {what}."),
        )
        .remedy("Check that the port speaks TLS 1.2 or 1.3, and that no proxy alters it."),
        Lost | Body => {
            unavailable("connection-lost", format!("The connection to {host} was lost: {what}."))
                .remedy(
                    "Try again. If it happens again, check the network and the provider's status.",
                )
        }
    }
}

/// The call's deadline passed.
pub(crate) fn deadline(limit: Duration, last: Option<&str>) -> Error {
    let error = Error::new(
        ErrorKind::Timeout,
        "timeout",
        format!("The call took longer than {} seconds.", limit.as_secs_f64()),
    )
    .remedy("Try again, or allow more time.")
    .retry(Retry::Backoff);
    match last {
        Some(last) => error.cause(last),
        None => error,
    }
}

/// The connector asks for an endpoint that nobody approved.
pub(crate) fn unknown_endpoint(name: &str) -> Error {
    violation(
        "unknown-endpoint",
        format!("The connector asked for the endpoint `{name}`, which its approved reach lacks."),
    )
}

/// Connector or provider broke a rule.
pub(crate) fn violation(reason: &str, message: impl Into<String>) -> Error {
    Error::new(ErrorKind::ContractViolation, reason, message)
}

/// A request that the approved reach does not cover.
pub(crate) fn denied(reason: &str, message: impl Into<String>) -> Error {
    Error::new(ErrorKind::DeniedByPolicy, reason, message)
}

/// A connection that cannot be opened.
pub(crate) fn invalid(reason: &str, message: impl Into<String>) -> Error {
    Error::new(ErrorKind::InvalidConnection, reason, message)
}

/// An answer beyond the limits.
pub(crate) fn too_large(host: &str, limit: usize, inflated: bool) -> Error {
    let how = if inflated { "inflated" } else { "as sent" };
    violation(
        "answer-too-large",
        format!("The answer of {host} is larger than {limit} bytes ({how})."),
    )
    .remedy("Ask for less at once. If the provider is right, raise the limit of the host.")
}

/// A token endpoint that cannot answer now.
pub(crate) fn token_busy(host: &str, status: u16, wait: Option<Duration>) -> Error {
    let (kind, reason) = match status {
        429 => (ErrorKind::RateLimited, "token-rate-limited"),
        _ => (ErrorKind::Unavailable, "token-unavailable"),
    };
    Error::new(
        kind,
        reason,
        format!("The token endpoint of {host} cannot answer now (HTTP {status})."),
    )
    .remedy("Wait, and try again.")
    .retry(wait.map_or(Retry::Backoff, Retry::after))
}
