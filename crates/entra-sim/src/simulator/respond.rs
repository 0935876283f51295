//! Refusals, throttling, and the headers of every answer (facts §5.1, §6, §7).

use bytes::Bytes;
use http::{Method, Response};
use serde_json::json;

use super::dispatch::{Arrival, Service};
use super::{State, authenticate};
use crate::answer::{self, header_of};
use crate::authority::Caller;
use crate::graph::error::GraphError;
use crate::graph::{self, Query};
use crate::quota::{Cost, Refused};

impl Arrival<'_> {
    /// Whether this is a `$batch`, whose requests are charged each on its own (facts §4).
    pub(super) fn is_batch(&self) -> bool {
        let batch =
            matches!(&self.service, Service::Graph { segments, .. } if *segments == ["$batch"]);
        batch && self.request.method() == Method::POST
    }

    /// What a request to Graph costs.
    pub(super) fn cost(&self) -> Option<Cost> {
        let Service::Graph { segments, .. } = &self.service else { return None };
        let query = Query::parse(self.request.uri().query().unwrap_or_default(), false).ok();
        (!self.is_batch()).then(|| graph::cost(self.request.method(), segments, query.as_ref()))
    }

    /// Reported of `groups/delta` (facts §6).
    fn hides_cost(&self, state: &State) -> bool {
        let Service::Graph { segments, .. } = &self.service else { return false };
        let groups = graph::delta::set(segments) == Some(graph::delta::Set::Groups);
        groups && state.settings.delta.groups_hide_resource_unit
    }

    pub(super) fn refuse(&self, state: &State, error: &GraphError) -> Response<Bytes> {
        let body = match &self.service {
            Service::Login { .. } => {
                json!({ "error": error.code, "error_description": error.message })
            }
            _ if error.legacy => error.legacy_envelope(),
            _ => error.envelope(&self.stamp, state.settings.lower_case_inner_error),
        };
        let mut response = answer::json(error.status, "application/json", &body);
        if error.status == 401 {
            authenticate::challenge(&mut response);
        }
        if let Some(location) = &error.location {
            answer::put(&mut response, "location", location);
        }
        response
    }

    /// The headers of every answer (facts §7, §8.20), and gzip.
    pub(super) fn finish(&self, state: &State, response: &mut Response<Bytes>) {
        answer::put(response, "date", &answer::http_date(self.now));
        answer::put(response, "vary", "Accept-Encoding");
        if let Some(cost) = self.cost().filter(|_| !self.hides_cost(state)) {
            answer::put(response, "x-ms-resource-unit", &cost.resource_units.to_string());
        }
        if !matches!(self.service, Service::Login { .. }) {
            for (name, value) in [
                ("request-id", self.stamp.request_id.as_str()),
                ("client-request-id", &self.stamp.client_request_id),
                ("x-ms-ags-diagnostic", DIAGNOSTIC),
                ("odata-version", "4.0"),
                ("cache-control", "no-cache"),
                ("strict-transport-security", "max-age=31536000"),
            ] {
                answer::put(response, name, value);
            }
        }
        let accepts = header_of(self.request.headers(), "accept-encoding")
            .is_some_and(|list| list.contains("gzip"));
        if accepts && state.settings.gzip {
            answer::compress(response);
        }
    }

    /// Throttled by the quota (facts §6).
    pub(super) fn throttled(
        &self,
        state: &State,
        caller: &Caller,
        refused: &Refused,
    ) -> Response<Bytes> {
        let mut response = self.too_many_requests(refused.retry_after.as_deref());
        let application = &caller.bearer.application_id;
        let scope = format!("{}/{application}/{}", refused.scope, state.tenant.id);
        answer::put(&mut response, "x-ms-throttle-scope", &scope);
        answer::put(&mut response, "x-ms-throttle-information", refused.information);
        response
    }

    /// Throttled by an injected fault.
    pub(super) fn injected(&self, state: &State, retry_after: Option<&str>) -> Response<Bytes> {
        let mut response = self.too_many_requests(retry_after);
        let (access, limit) = if self.request.method() == Method::GET {
            ("Read", "ResourceUnitLimitExceeded")
        } else {
            ("Write", "WriteLimitExceeded")
        };
        let scope =
            format!("Tenant_Application/{access}/{}/{}", crate::cast::CLIENT_ID, state.tenant.id);
        answer::put(&mut response, "x-ms-throttle-scope", &scope);
        answer::put(&mut response, "x-ms-throttle-information", limit);
        response
    }

    fn too_many_requests(&self, retry_after: Option<&str>) -> Response<Bytes> {
        let body = json!({ "error": {
            "code": "TooManyRequests",
            "message": "Please retry again later.",
            "innerError": {
                "code": "429",
                "message": "Please retry after",
                "status": "429",
                "date": self.stamp.date,
                "request-id": self.stamp.request_id,
                "client-request-id": self.stamp.client_request_id,
            },
        }});
        let mut response = answer::json(429, "application/json", &body);
        if let Some(seconds) = retry_after {
            answer::put(&mut response, "retry-after", seconds);
        }
        response
    }
}

const DIAGNOSTIC: &str = "{\"ServerInfo\":{\"DataCenter\":\"West Europe\",\"Slice\":\"E\",\"Ring\":\"5\",\
    \"ScaleUnit\":\"002\",\"RoleInstance\":\"SIM0000001\"}}";

pub(super) fn html(status: u16) -> Response<Bytes> {
    answer::respond(
        status,
        "text/html",
        format!("<html><head><title>{status}</title></head><body>{status}</body></html>"),
    )
}
