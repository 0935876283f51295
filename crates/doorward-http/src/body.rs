//! Bodies of answers: inflated as they arrive, within limits on both sides.

use bytes::Bytes;
use doorward_core::Error;
use flate2::write::MultiGzDecoder;
use futures::StreamExt;
use http::HeaderMap;
use http::header::CONTENT_ENCODING;
use std::io::{self, Write};
use std::time::Duration;

use crate::{BodyStream, Limits, TransportError, TransportErrorKind, errors};

/// Why a body could not be read.
pub(crate) enum BodyError {
    /// The connection was lost within it.
    Transport(TransportError),
    /// It broke a rule.
    Rule(Box<Error>),
}

impl BodyError {
    pub(crate) fn rule(error: Error) -> Self {
        Self::Rule(Box::new(error))
    }
}

/// Reads a body to its end.
pub(crate) async fn read(
    mut stream: BodyStream,
    headers: &HeaderMap,
    limits: &Limits,
    host: &str,
) -> Result<Vec<u8>, BodyError> {
    let mut sink = Sink::new(headers, limits.inflated, host)?;
    let mut received = 0_usize;
    while let Some(chunk) = next(&mut stream, limits.silence).await? {
        received = received.saturating_add(chunk.len());
        if received > limits.compressed {
            return Err(BodyError::rule(errors::too_large(host, limits.compressed, false)));
        }
        sink.write(&chunk, host)?;
    }
    sink.finish(received, host)
}

async fn next(stream: &mut BodyStream, silence: Duration) -> Result<Option<Bytes>, BodyError> {
    match tokio::time::timeout(silence, stream.next()).await {
        Ok(chunk) => chunk.transpose().map_err(BodyError::Transport),
        Err(_) => Err(BodyError::Transport(TransportError::new(
            TransportErrorKind::Body,
            format!("nothing arrived for {} seconds", silence.as_secs_f64()),
        ))),
    }
}

/// Where a body goes, up to a limit.
enum Sink {
    Plain(Limited),
    Gzip(Box<MultiGzDecoder<Limited>>),
}

impl Sink {
    /// Gzip and identity only: no other coding was asked for (RFC 9110 §12.5.3).
    fn new(headers: &HeaderMap, limit: usize, host: &str) -> Result<Self, BodyError> {
        let limited = Limited { bytes: Vec::new(), limit, exceeded: false };
        let mut codings = headers.get_all(CONTENT_ENCODING).iter();
        let coding = match (codings.next(), codings.next()) {
            (None, _) => "identity".to_owned(),
            (Some(coding), None) => {
                String::from_utf8_lossy(coding.as_bytes()).trim().to_ascii_lowercase()
            }
            (Some(_), Some(_)) => "several".to_owned(),
        };
        match coding.as_str() {
            "" | "identity" => Ok(Self::Plain(limited)),
            // RFC 9110 §8.4.1.3: x-gzip is the same.
            "gzip" | "x-gzip" => Ok(Self::Gzip(Box::new(MultiGzDecoder::new(limited)))),
            _ => Err(BodyError::rule(errors::violation(
                "content-encoding",
                format!("The answer of {host} has a content coding that was not asked for."),
            ))),
        }
    }

    fn write(&mut self, chunk: &[u8], host: &str) -> Result<(), BodyError> {
        let result = match self {
            Self::Plain(limited) => limited.write_all(chunk),
            Self::Gzip(decoder) => decoder.write_all(chunk),
        };
        result.map_err(|_| self.failure(host))
    }

    fn finish(mut self, received: usize, host: &str) -> Result<Vec<u8>, BodyError> {
        // An answer without a body may still name a coding.
        if received > 0
            && let Self::Gzip(decoder) = &mut self
            && decoder.try_finish().is_err()
        {
            return Err(self.failure(host));
        }
        match self {
            Self::Plain(limited) => Ok(limited.bytes),
            Self::Gzip(mut decoder) => Ok(std::mem::take(&mut decoder.get_mut().bytes)),
        }
    }

    fn failure(&self, host: &str) -> BodyError {
        let limited = match self {
            Self::Plain(limited) => limited,
            Self::Gzip(decoder) => decoder.get_ref(),
        };
        if limited.exceeded {
            BodyError::rule(errors::too_large(host, limited.limit, true))
        } else {
            // As after a lost connection: it broke off, or bytes were damaged on the way.
            BodyError::Transport(TransportError::new(
                TransportErrorKind::Body,
                "the compressed answer is damaged",
            ))
        }
    }
}

struct Limited {
    bytes: Vec<u8>,
    limit: usize,
    exceeded: bool,
}

impl Write for Limited {
    fn write(&mut self, chunk: &[u8]) -> io::Result<usize> {
        if chunk.len() > self.limit.saturating_sub(self.bytes.len()) {
            self.exceeded = true;
            return Err(io::ErrorKind::FileTooLarge.into());
        }
        self.bytes.extend_from_slice(chunk);
        Ok(chunk.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
