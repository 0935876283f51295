//! Bodies: inflated, within limits, whatever pieces they arrive in.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, clippy::expect_used)]

mod support;

use bytes::Bytes;
use doorward_core::{ErrorKind, Scheme, async_trait};
use doorward_http::{AddressRule, BodyStream, Session, Transport, TransportError};
use flate2::Compression;
use flate2::write::GzEncoder;
use futures::{StreamExt, stream};
use std::io::Write;
use std::sync::Arc;
use support::*;

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// Gives one body in pieces of one size.
struct Pieces {
    coding: Option<&'static str>,
    body: Vec<u8>,
    size: usize,
}

#[async_trait]
impl Transport for Pieces {
    async fn send(
        &self,
        _request: http::Request<Bytes>,
        _addresses: AddressRule,
    ) -> Result<http::Response<BodyStream>, TransportError> {
        let pieces: Vec<_> =
            self.body.chunks(self.size).map(|piece| Ok(Bytes::copy_from_slice(piece))).collect();
        let mut response = http::Response::builder();
        if let Some(coding) = self.coding {
            response = response.header("content-encoding", coding);
        }
        Ok(response.body(stream::iter(pieces).boxed()).unwrap())
    }
}

fn open(transport: Pieces) -> Session {
    let mut options = options(Arc::new(transport), endpoint(Scheme::None));
    options.limits.compressed = 10_000;
    options.limits.inflated = 100_000;
    options.limits.repeats = 0;
    Session::new(options).unwrap()
}

#[tokio::test(start_paused = true)]
async fn what_comes_through() {
    let text = b"{\"value\":[1,2,3]}".to_vec();
    let many = [gzip(b"{\"value\":"), gzip(b"[1,2,3]}")].concat();
    let largest = vec![b'x'; 100_000];
    let table = [
        (None, text.clone(), text.clone()),
        (Some("identity"), text.clone(), text.clone()),
        (Some("gzip"), gzip(&text), text.clone()),
        (Some("GZIP"), gzip(&text), text.clone()),
        (Some("x-gzip"), gzip(&text), text.clone()),
        (Some("gzip"), many, text),
        (Some("gzip"), Vec::new(), Vec::new()),
        (Some("gzip"), gzip(&largest), largest),
        (None, vec![b'x'; 10_000], vec![b'x'; 10_000]),
    ];
    for (coding, body, expected) in table {
        for size in [1, 7, 1 << 20] {
            let body = body.clone();
            let session = open(Pieces { coding, body, size });
            let response = plain(&live(&session), get()).await.unwrap();
            assert_eq!(response.body, expected, "{coding:?} {size}");
            assert_eq!(response.header("content-encoding"), None);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn what_does_not() {
    let text = gzip(b"{\"value\":[1,2,3]}");
    let cut = text[..text.len() - 3].to_vec();
    let mut damaged = text.clone();
    damaged[12] ^= 0xff;
    // A bomb: 50 MB in 50 kB, and one that fits the first limit only.
    let bomb = gzip(&vec![0; 50_000_000]);
    let small_bomb = gzip(&vec![0; 9_000_000]);
    assert!(bomb.len() > 10_000 && small_bomb.len() < 10_000);
    let table = [
        (None, vec![b'x'; 10_001], "answer-too-large"),
        (Some("gzip"), bomb, "answer-too-large"),
        (Some("gzip"), small_bomb, "answer-too-large"),
        (Some("gzip"), gzip(&vec![b'x'; 100_001]), "answer-too-large"),
        (Some("gzip"), cut, "connection-lost"),
        (Some("gzip"), damaged, "connection-lost"),
        (Some("gzip"), b"plain".to_vec(), "connection-lost"),
        (Some("br"), text.clone(), "content-encoding"),
        (Some("deflate"), text.clone(), "content-encoding"),
        (Some("gzip, gzip"), text, "content-encoding"),
    ];
    for (coding, body, reason) in table {
        for size in [997, 1 << 30] {
            let body = body.clone();
            let length = body.len();
            let session = open(Pieces { coding, body, size });
            let error = error(plain(&live(&session), get()).await.unwrap_err());
            assert_eq!(error.reason, reason, "{coding:?} {length} {size}");
            let violation = error.kind == ErrorKind::ContractViolation;
            assert_eq!(violation, reason != "connection-lost");
        }
    }
}
