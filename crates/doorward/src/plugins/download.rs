//! A file from an address, through the operator's proxy and trust store.

use bytes::Bytes;
use doorward_core::{Error, ErrorKind, Result};
use doorward_http::{AddressRule, BodyStream};
use futures::StreamExt;
use http::{StatusCode, header};
use std::time::Duration;
use url::Url;

use super::source::{check, shown};
use crate::app::App;

/// Places that keep files send on to where these lie; more than this is a loop.
const MOST_REDIRECTS: usize = 5;
/// How long all of it may take.
const PATIENCE: Duration = Duration::from_secs(300);

/// The file at this address; none when there is none. Its origin is the operator's word; where that
/// sends on to is not.
///
/// # Errors
/// `Unavailable` when it cannot be had; `InvalidRequest` when it is too large, or lies where it
/// could be changed on its way.
pub(super) async fn get(app: &App, url: &Url, most: usize) -> Result<Option<Vec<u8>>> {
    match tokio::time::timeout(PATIENCE, followed(app, url, most)).await {
        Ok(got) => got,
        Err(_) => Err(failed(url, "took longer than five minutes")),
    }
}

async fn followed(app: &App, first: &Url, most: usize) -> Result<Option<Vec<u8>>> {
    app.check_proxy()?;
    let transport = app.transport()?;
    let mut url = first.clone();
    for _ in 0..=MOST_REDIRECTS {
        check(&url)?;
        let is_named = url.origin() == first.origin();
        let rule = if is_named { AddressRule::AlsoPrivate } else { AddressRule::PublicOnly };
        let request = http::Request::get(url.as_str())
            .header(header::ACCEPT, "*/*")
            .header(header::USER_AGENT, concat!("doorward/", env!("CARGO_PKG_VERSION")))
            .body(Bytes::new())
            .map_err(|error| failed(&url, "cannot be asked for").cause(error))?;
        let answer = transport.send(request, rule).await;
        let answer = answer.map_err(|error| failed(&url, "could not be fetched").cause(error))?;
        match answer.status() {
            StatusCode::OK => return body(&url, answer.into_body(), most).await.map(Some),
            StatusCode::NOT_FOUND | StatusCode::GONE => return Ok(None),
            status if status.is_redirection() => {
                let to = answer.headers().get(header::LOCATION).and_then(|to| to.to_str().ok());
                let to = to.and_then(|to| url.join(to).ok());
                url = to.ok_or_else(|| failed(&url, "sends on to nowhere"))?;
            }
            status => {
                let what = format!("answered HTTP {}", status.as_u16());
                return Err(failed(&url, &what));
            }
        }
    }
    Err(failed(first, "sends on again and again"))
}

async fn body(url: &Url, mut body: BodyStream, most: usize) -> Result<Vec<u8>> {
    let mut all = Vec::new();
    while let Some(part) = body.next().await {
        let part = part.map_err(|error| failed(url, "broke off").cause(error))?;
        if all.len() + part.len() > most {
            let message = format!("What {} gives is larger than {most} bytes.", shown(url));
            return Err(Error::new(ErrorKind::InvalidRequest, "plugin-too-large", message)
                .remedy("Check whether it is the component that you mean."));
        }
        all.extend_from_slice(&part);
    }
    Ok(all)
}

fn failed(url: &Url, what: &str) -> Error {
    let message = format!("{} {what}.", shown(url));
    Error::new(ErrorKind::Unavailable, "plugin-not-fetched", message).remedy(
        "Check the address and the way to it (`--proxy`, `--ca-file`), or fetch the file by other \
         means and name it.",
    )
}
