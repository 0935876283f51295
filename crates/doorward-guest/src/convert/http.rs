//! Requests and answers.

use doorward_core as core;

use super::{IntoCore, IntoWit, Malformed, body, enumeration, text};
use crate::bindings::doorward::connector::http;

enumeration!(http::Method = Method: Get, Post, Put, Patch, Delete);
enumeration!(http::Effect = Effect: Read, Write);

impl IntoCore for http::Header {
    type Core = (String, String);
    fn into_core(self) -> Result<(String, String), Malformed> {
        Ok((self.name, self.value))
    }
}

impl IntoWit for (String, String) {
    type Wit = http::Header;
    fn into_wit(self) -> http::Header {
        http::Header { name: self.0, value: self.1 }
    }
}

impl IntoCore for http::Request {
    type Core = core::HttpRequest;
    fn into_core(self) -> Result<core::HttpRequest, Malformed> {
        Ok(core::HttpRequest {
            endpoint: self.endpoint,
            method: self.method.into_core()?,
            path: core::Path::resumed(self.path.text, self.path.template),
            effect: self.effect.into_core()?,
            headers: self.headers.into_core()?,
            body: self.body.map(|text| body(&text)).transpose()?,
        })
    }
}

impl IntoWit for core::HttpRequest {
    type Wit = http::Request;
    fn into_wit(self) -> http::Request {
        http::Request {
            endpoint: self.endpoint,
            method: self.method.into_wit(),
            path: http::Path {
                text: self.path.as_str().to_owned(),
                template: self.path.template().to_owned(),
            },
            effect: self.effect.into_wit(),
            headers: self.headers.into_wit(),
            body: self.body.as_ref().map(text),
            attributes: String::new(),
        }
    }
}

impl IntoCore for http::Response {
    type Core = core::HttpResponse;
    fn into_core(self) -> Result<core::HttpResponse, Malformed> {
        Ok(core::HttpResponse {
            status: self.status,
            headers: self.headers.into_core()?,
            body: self.body,
        })
    }
}

impl IntoWit for core::HttpResponse {
    type Wit = http::Response;
    fn into_wit(self) -> http::Response {
        http::Response {
            status: self.status,
            headers: self.headers.into_wit(),
            body: self.body,
            attributes: String::new(),
        }
    }
}
