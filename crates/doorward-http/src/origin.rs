//! Origins, and what may stand behind them.

use doorward_core::{Error, Result};
use percent_encoding::percent_decode_str;
use url::{Host, Url};

use crate::{AddressRule, errors};

/// Scheme, host and port of an approved endpoint.
#[derive(Clone, Debug)]
pub(crate) struct Origin {
    /// E.g. `https://graph.microsoft.com`, without a default port.
    text: String,
    host: String,
    url: Url,
}

impl Origin {
    /// Parses an origin: nothing after scheme, host and port.
    pub(crate) fn parse(text: &str, named_by_connection: bool) -> Result<Self> {
        let url = parse_url(text, named_by_connection)?;
        if url.path() != "/" || url.query().is_some() {
            return Err(errors::invalid(
                "origin",
                format!("`{text}` is not an origin: it holds more than scheme, host and port."),
            ));
        }
        Ok(Self::of(url))
    }

    /// The origin of a URL that [`parse_url`] accepted.
    fn of(url: Url) -> Self {
        Self { text: url.origin().ascii_serialization(), host: host_and_port(&url), url }
    }

    /// Host and port, for messages; the default port is left out.
    pub(crate) fn host(&self) -> &str {
        &self.host
    }

    /// The URL of a path with its query, byte for byte.
    ///
    /// # Errors
    /// `ContractViolation` for a path that some parser on the way could read as another.
    pub(crate) fn join(&self, path: &str) -> Result<String> {
        if let Some(why) = unfit(path) {
            return Err(errors::violation("path", format!("A path for {} {why}.", self.host)));
        }
        Ok(format!("{}{path}", self.text))
    }

    /// Whether the URL has this origin.
    pub(crate) fn holds(&self, url: &Url) -> bool {
        url.origin() == self.url.origin() && url.username().is_empty() && url.password().is_none()
    }

    /// As [`Http::relative`](doorward_core::Http::relative): path and query of a link, byte for
    /// byte. A fragment is cut off. Only links that every parser reads alike are accepted.
    pub(crate) fn relative(&self, link: &str) -> Result<String> {
        let path = if link.starts_with('/') { link } else { self.after_authority(link)? };
        let path = path.split('#').next().unwrap_or_default();
        let path = match path.chars().next() {
            None => "/".to_owned(),
            Some('?') => format!("/{path}"),
            Some(_) => path.to_owned(),
        };
        // The second look: whatever was cut above, the joined URL must lead home.
        let url = self.join(&path)?;
        match Url::parse(&url) {
            Ok(url) if self.holds(&url) => Ok(path),
            _ => Err(self.foreign()),
        }
    }

    fn after_authority<'a>(&self, link: &'a str) -> Result<&'a str> {
        if !link.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\') {
            return Err(self.foreign());
        }
        let rest =
            link.find("://").and_then(|at| link.get(at + 3..)).ok_or_else(|| self.foreign())?;
        let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
        let (authority, path) = rest.split_at_checked(end).ok_or_else(|| self.foreign())?;
        let parsed = Url::parse(link).map_err(|_| self.foreign())?;
        if authority.is_empty() || authority.contains('@') || !self.holds(&parsed) {
            return Err(self.foreign());
        }
        Ok(path)
    }

    fn foreign(&self) -> Error {
        errors::violation(
            "foreign-link",
            format!("A link from {} leads to another origin.", self.host),
        )
    }
}

/// Parses the URL of an origin or a token endpoint: HTTPS, or plain HTTP to a loopback host that
/// the connection names; no user, no password, no fragment.
pub(crate) fn parse_url(text: &str, named_by_connection: bool) -> Result<Url> {
    let refuse = |why: &str| errors::invalid("origin", format!("`{text}` cannot be used: {why}."));
    // Not shown: it may hold a password.
    let url = Url::parse(text)
        .map_err(|_| errors::invalid("origin", "An endpoint's origin is not a URL."))?;
    if !url.username().is_empty() || url.password().is_some() {
        return Err(errors::invalid(
            "origin",
            "An endpoint's origin holds a user name or a password.",
        ));
    }
    if url.fragment().is_some() || url.host().is_none() {
        return Err(refuse("it needs a host and no fragment"));
    }
    match url.scheme() {
        "https" => Ok(url),
        "http" if named_by_connection && is_loopback(&url) => Ok(url),
        "http" => Err(refuse(
            "plain HTTP is allowed only to a loopback host that the connection itself names",
        )),
        _ => Err(refuse("only https is possible")),
    }
}

/// The rule for an endpoint's addresses.
pub(crate) const fn address_rule(named_by_connection: bool) -> AddressRule {
    if named_by_connection { AddressRule::AlsoPrivate } else { AddressRule::PublicOnly }
}

/// The path of a URL as the most forgiving server would read it, to compare what must not be called:
/// without its query and the parameters of its segments, decoded, in lower case, and without empty
/// segments.
pub(crate) fn plainest(url: &Url) -> String {
    let decoded = percent_decode_str(url.path()).decode_utf8_lossy().to_lowercase();
    let segments = decoded.split('/').map(|segment| segment.split(';').next().unwrap_or_default());
    let segments: Vec<&str> =
        segments.map(str::trim).filter(|segment| !segment.is_empty()).collect();
    segments.join("/")
}

/// Whether two URLs lead to the same server: a dot at the end of a name makes no other one.
pub(crate) fn same_server(left: &Url, right: &Url) -> bool {
    let name = |url: &Url| url.host_str().map(|host| host.trim_end_matches('.').to_owned());
    name(left) == name(right) && left.port_or_known_default() == right.port_or_known_default()
}

/// Whether the name itself says loopback (RFC 6761 §6.3 for `localhost`).
pub(crate) fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        Some(Host::Domain(name)) => is_localhost(name),
        None => false,
    }
}

/// Whether a domain name is `localhost` or below it.
pub(crate) fn is_localhost(name: &str) -> bool {
    let name = name.strip_suffix('.').unwrap_or(name).to_ascii_lowercase();
    name == "localhost" || name.ends_with(".localhost")
}

/// Host and port of a URL, for messages; the default port is left out.
pub(crate) fn host_and_port(url: &Url) -> String {
    let host = url.host_str().unwrap_or_default();
    match url.port() {
        Some(port) => format!("{host}:{port}"),
        None => host.to_owned(),
    }
}

/// Why a path cannot be sent. Segments of dots are refused in every spelling: URL parsers
/// (WHATWG URL §4.4) remove them, also as `%2e`, so that the request would climb.
fn unfit(path: &str) -> Option<&'static str> {
    if !path.starts_with('/') || path.starts_with("//") {
        return Some("must start with one slash");
    }
    if !path.bytes().all(|byte| byte.is_ascii_graphic() && !matches!(byte, b'\\' | b'#')) {
        return Some("holds a character that must be percent-encoded");
    }
    let segments = path.split('?').next().unwrap_or_default().split('/');
    for segment in segments {
        let plain = segment.to_ascii_lowercase().replace("%2e", ".");
        if matches!(plain.as_str(), "." | "..") {
            return Some("holds a segment of dots");
        }
    }
    None
}
