//! Which requests go through a proxy.

use doorward_core::{Error, ErrorKind, Result};
use hyper_util::client::proxy::matcher::Matcher;
use std::fmt;
use url::Url;

use crate::origin::is_loopback;

/// The address of a proxy. `Display` and `Debug` never show user name or password.
#[derive(Clone, PartialEq, Eq)]
pub struct ProxyUrl(Url);

impl ProxyUrl {
    /// Reads `http://host:port`, `https://…`, or `host:port`, which means HTTP; with a user name and
    /// a password before the host when the proxy asks for them.
    ///
    /// # Errors
    /// `InvalidRequest`, which does not repeat the text: it may hold a password.
    pub fn parse(text: &str) -> Result<Self> {
        let text = text.trim();
        let whole = if text.contains("://") { text.to_owned() } else { format!("http://{text}") };
        let refuse = |why: &str| {
            Err(Error::new(
                ErrorKind::InvalidRequest,
                "invalid-proxy",
                format!("The proxy's address cannot be used: {why}."),
            )
            .remedy("Write http://HOST:PORT, or `--proxy none` to use no proxy."))
        };
        let Ok(url) = Url::parse(&whole) else {
            return refuse("it is no URL");
        };
        if !matches!(url.scheme(), "http" | "https") {
            return refuse("only http and https proxies are possible, no SOCKS");
        }
        if url.host_str().is_none_or(str::is_empty) {
            return refuse("it names no host");
        }
        if url.path() != "/" || url.query().is_some() || url.fragment().is_some() {
            return refuse("it holds more than scheme, user, host and port");
        }
        Ok(Self(url))
    }

    /// As the dialling library takes it, with user name and password.
    pub fn exposed(&self) -> &str {
        self.0.as_str()
    }
}

impl fmt::Display for ProxyUrl {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let host = self.0.host_str().unwrap_or_default();
        let user = if self.0.username().is_empty() { "" } else { "(credentials)@" };
        write!(formatter, "{}://{user}{host}", self.0.scheme())?;
        match self.0.port_or_known_default() {
            Some(port) => write!(formatter, ":{port}"),
            None => Ok(()),
        }
    }
}

impl fmt::Debug for ProxyUrl {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, formatter)
    }
}

/// The proxies that the operator chose. Without one, every request goes directly.
#[derive(Clone, Debug, Default)]
pub struct Proxies {
    /// For `https` targets.
    pub https: Option<ProxyUrl>,
    /// For `http` targets.
    pub http: Option<ProxyUrl>,
    /// Which targets go directly all the same, as `NO_PROXY` says it: names, with those below them,
    /// and addresses or networks, separated by commas; `*` is every target.
    pub no_proxy: String,
}

impl Proxies {
    /// The proxy for a target. A loopback target never has one: only this machine itself can reach
    /// it.
    pub fn of(&self, target: &Url) -> Option<&ProxyUrl> {
        if is_loopback(target) {
            return None;
        }
        let proxy = match target.scheme() {
            "https" => self.https.as_ref(),
            _ => self.http.as_ref(),
        }?;
        let uri: http::Uri = target.as_str().parse().ok()?;
        // Asked only about the exceptions, so that it need not know the proxy's own address.
        let exceptions = Matcher::builder().all("http://proxy").no(self.no_proxy.as_str()).build();
        exceptions.intercept(&uri).map(|_| proxy)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url(text: &str) -> Url {
        Url::parse(text).unwrap()
    }

    #[test]
    fn addresses_are_read_and_never_show_credentials() {
        let table = [
            ("proxy:3128", "http://proxy:3128"),
            ("http://proxy", "http://proxy:80"),
            (" https://proxy:8443/ ", "https://proxy:8443"),
            ("http://canary:canary%40x@proxy:3128", "http://(credentials)@proxy:3128"),
            ("canary:canary@10.0.0.1:3128", "http://(credentials)@10.0.0.1:3128"),
            ("http://[::1]:3128", "http://[::1]:3128"),
        ];
        for (text, shown) in table {
            let proxy = ProxyUrl::parse(text).unwrap();
            assert_eq!(proxy.to_string(), shown, "{text}");
            assert!(!format!("{proxy:?}").contains("canary"), "{text}");
        }
    }

    #[test]
    fn what_is_no_proxy_is_refused_without_repeating_it() {
        for text in [
            "",
            "http://",
            "socks5://canary@proxy:1080",
            "http://canary:canary@proxy:99999",
            "http://proxy/canary",
            "http://proxy?canary",
        ] {
            let error = ProxyUrl::parse(text).unwrap_err();
            assert_eq!(error.reason, "invalid-proxy", "{text}");
            assert!(!format!("{error:?}").contains("canary"), "{error:?}");
            assert!(error.remedy.unwrap().contains("--proxy none"));
        }
    }

    #[test]
    fn each_target_has_its_proxy_or_none() {
        let proxies = Proxies {
            https: Some(ProxyUrl::parse("s:1").unwrap()),
            http: Some(ProxyUrl::parse("p:1").unwrap()),
            no_proxy: "contoso.example, 10.0.0.0/8".to_owned(),
        };
        let table = [
            ("https://graph.microsoft.com/v1.0", Some("http://s:1")),
            ("http://graph.microsoft.com/", Some("http://p:1")),
            ("https://contoso.example", None),
            ("https://login.contoso.example:8443", None),
            ("https://notcontoso.example", Some("http://s:1")),
            ("https://10.1.2.3", None),
            ("https://11.1.2.3", Some("http://s:1")),
            ("https://localhost:7443", None),
            ("https://sim.localhost", None),
            ("http://127.0.0.1:7443", None),
            ("https://[::1]:7443", None),
        ];
        for (target, expected) in table {
            let found = proxies.of(&url(target)).map(ToString::to_string);
            assert_eq!(found.as_deref(), expected, "{target}");
        }
        let none = Proxies { no_proxy: "*".to_owned(), ..proxies };
        assert_eq!(none.of(&url("https://graph.microsoft.com")), None);
        assert_eq!(Proxies::default().of(&url("https://graph.microsoft.com")), None);
    }
}
