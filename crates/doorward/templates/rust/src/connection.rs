//! The connection, and the one place that it leads to.

use doorward_core::{
    Connection, Endpoint, Error, ErrorKind, Path, Reach, Result, Scheme, SecretReference,
};
use serde::Deserialize;

/// The name by which requests say where they go. They never hold a host or a token: the host puts
/// both in, so that no defect here can send a token elsewhere.
pub(crate) const ENDPOINT: &str = "teams";

/// The connection as its schema describes it, in `descriptor.rs`.
#[derive(Deserialize)]
struct Values {
    base_url: String,
    /// Stands for the token, which no connector ever sees.
    token: SecretReference,
}

/// One open connection.
pub(crate) struct Service {
    /// The address as it was given, to name the place.
    pub(crate) base_url: String,
    /// Scheme, host and port.
    origin: String,
    /// The segments of the path that every request begins with, e.g. `api` and `v1`.
    segments: Vec<String>,
    token: SecretReference,
}

impl Service {
    pub(crate) fn open(connection: &Connection) -> Result<Self> {
        let Values { base_url, token } = connection.parse()?;
        let (origin, path) = split(&base_url).ok_or_else(|| {
            Error::new(
                ErrorKind::InvalidConnection,
                "base-url",
                "The base_url of the connection is not the address of a Teams service.",
            )
            .remedy("Write it like https://teams.example/api/v1.")
        })?;
        let segments = path.split('/').filter(|segment| !segment.is_empty());
        Ok(Self {
            origin: origin.to_owned(),
            segments: segments.map(str::to_owned).collect(),
            token,
            base_url,
        })
    }

    /// What the operator approves when the connection is added. The same connection must always
    /// give the same reach, since any difference asks again.
    pub(crate) fn reach(&self) -> Reach {
        Reach {
            endpoints: vec![Endpoint {
                name: ENDPOINT.to_owned(),
                origin: self.origin.clone(),
                scheme: Scheme::Header {
                    header: "Authorization".to_owned(),
                    prefix: "Bearer ".to_owned(),
                    secret: self.token.clone(),
                },
                read_posts: Vec::new(),
                claims: Vec::new(),
                // Or else no address of a private network, or of this machine, could be meant.
                named_by_connection: true,
            }],
        }
    }

    /// Where every path begins.
    pub(crate) fn base(&self) -> Path {
        self.segments.iter().fold(Path::new(""), |path, segment| path.value(segment))
    }
}

/// Origin and path. What they may look like, the schema says.
fn split(base_url: &str) -> Option<(&str, &str)> {
    let (_, rest) = base_url.split_once("://")?;
    let path = rest.find('/').map_or("", |at| rest.get(at..).unwrap_or_default());
    Some((base_url.strip_suffix(path)?, path))
}

#[cfg(test)]
mod tests {
    use crate::fake::service;

    #[test]
    fn each_address_becomes_an_origin_and_a_path() {
        let table = [
            ("https://teams.example", "https://teams.example", ""),
            ("https://teams.example/", "https://teams.example", ""),
            ("https://teams.example/api/v1/", "https://teams.example", "/api/v1"),
            ("http://127.0.0.1:8081/api/v1", "http://127.0.0.1:8081", "/api/v1"),
        ];
        for (base_url, origin, path) in table {
            let service = service(base_url);
            assert_eq!(service.reach().endpoints[0].origin, origin);
            assert_eq!(service.base().as_str(), path);
        }
    }
}
