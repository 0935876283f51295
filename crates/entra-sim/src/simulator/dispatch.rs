//! One request: which service, which fault, which answer, and its line in the trace.

use bytes::Bytes;
use http::{Request, Response};
use jiff::Timestamp;
use serde_json::{Value, json};
use uuid::Uuid;

use super::{Outcome, SimulatedFault, State, authenticate};
use crate::answer::{self, header_of};
use crate::faults::Answer;
use crate::graph::error::{GraphError, Stamp};
use crate::graph::{self, Call, Query, Reply};
use crate::random;
use crate::settings::Lag;
use crate::tenant::View;
use crate::token::{self, Desk};
use crate::trace::TraceEntry;

const OTHER_LOGIN_HOSTS: [&str; 3] =
    ["login.microsoftonline.com", "login.microsoftonline.us", "login.chinacloudapi.cn"];
const OTHER_GRAPH_HOSTS: [&str; 4] = [
    "graph.microsoft.com",
    "graph.microsoft.us",
    "dod-graph.microsoft.us",
    "microsoftgraph.chinacloudapi.cn",
];

/// Where a request goes.
enum Service {
    Token { tenant: String, right_cloud: bool },
    Graph { segments: Vec<String>, right_cloud: bool },
    Nowhere,
}

struct Arrival<'a> {
    request: &'a Request<Bytes>,
    service: Service,
    /// `scheme://host[:port]`
    root: String,
    now: Timestamp,
    number: u64,
    request_id: Uuid,
    stamp: Stamp,
}

/// Decides what a request comes to and does it.
pub(super) fn dispatch(state: &mut State, now: Timestamp, request: &Request<Bytes>) -> Outcome {
    let authority = request.uri().authority().map(|authority| authority.as_str().to_owned());
    let authority = authority
        .or_else(|| header_of(request.headers(), "host").map(str::to_owned))
        .unwrap_or_else(|| "localhost".to_owned());
    let scheme = request.uri().scheme_str().unwrap_or("http");
    let service = match service(state, &authority, request.uri().path()) {
        Ok(service) => service,
        Err(fault) => return Outcome::Fault(fault),
    };
    let number = state.requests;
    let request_id = random::guid(state.settings.seed, "request", number);
    let client = header_of(request.headers(), "client-request-id").map(str::to_owned);
    let stamp = Stamp {
        date: now.strftime("%Y-%m-%dT%H:%M:%S").to_string(),
        request_id: request_id.to_string(),
        client_request_id: client.unwrap_or_else(|| request_id.to_string()),
    };
    let root = format!("{scheme}://{authority}");
    let arrival = Arrival { request, service, root, now, number, request_id, stamp };
    let before = state.tenant.revision;
    let target = request.uri().path_and_query().map_or("/", |target| target.as_str());
    let fault = state.faults.hit(request.method(), target);
    let mut note = None;
    let (status, outcome) = match fault {
        None => {
            let response = arrival.carry_out(state, &mut note);
            (response.status().as_u16(), Outcome::Answer(Box::new(response)))
        }
        Some(fault) => {
            note = Some(format!("fault: {fault:?}"));
            arrival.suffer(state, fault, &mut note)
        }
    };
    let wrote = state.tenant.revision != before;
    arrival.record(state, status, wrote, note);
    outcome
}

fn service(state: &State, authority: &str, path: &str) -> Result<Service, SimulatedFault> {
    let host = match authority.rsplit_once(':') {
        Some((host, port)) if port.chars().all(|letter| letter.is_ascii_digit()) => host,
        _ => authority,
    };
    let among = |hosts: &[String]| hosts.iter().any(|known| known.eq_ignore_ascii_case(host));
    let (login, graph) = (among(&state.settings.login_hosts), among(&state.settings.graph_hosts));
    let other_login = OTHER_LOGIN_HOSTS.contains(&host);
    let other_graph = OTHER_GRAPH_HOSTS.contains(&host);
    if !(login || graph || other_login || other_graph) {
        return Err(SimulatedFault::NoSuchHost(host.to_owned()));
    }
    if let Some(below) = path.strip_prefix("/v1.0/")
        && (graph || other_graph)
    {
        return Ok(Service::Graph { segments: graph::segments(below), right_cloud: graph });
    }
    let parts: Vec<&str> = path.split('/').collect();
    if let ["", tenant, "oauth2", "v2.0", "token"] = parts.as_slice()
        && (login || other_login)
    {
        let tenant = percent_encoding::percent_decode_str(tenant).decode_utf8_lossy().into_owned();
        return Ok(Service::Token { tenant, right_cloud: login });
    }
    Ok(Service::Nowhere)
}

impl Arrival<'_> {
    /// The true answer.
    fn carry_out(&self, state: &mut State, note: &mut Option<String>) -> Response<Bytes> {
        let mut response = match &self.service {
            Service::Token { tenant, right_cloud } => {
                let desk = Desk {
                    tenant: &state.tenant,
                    settings: &state.settings,
                    now: self.now,
                    request_id: self.request_id,
                    right_cloud: *right_cloud,
                };
                token::answer(&desk, tenant, self.request)
            }
            Service::Graph { segments, right_cloud } => {
                self.graph(state, segments, *right_cloud, note)
            }
            Service::Nowhere => html(404),
        };
        self.finish(state, &mut response);
        response
    }

    fn graph(
        &self,
        state: &mut State,
        segments: &[String],
        right_cloud: bool,
        note: &mut Option<String>,
    ) -> Response<Bytes> {
        let raw = self.request.uri().query().unwrap_or_default();
        let eventual = header_of(self.request.headers(), "consistencylevel")
            .is_some_and(|level| level.eq_ignore_ascii_case("eventual"));
        let query = Query::parse(raw, eventual);
        let result = if right_cloud {
            authenticate::caller(&state.tenant, self.now, self.request.headers())
        } else {
            Err(GraphError::unauthenticated("Access token validation failure. Invalid audience."))
        };
        let result = result.and_then(|caller| {
            let view = view(state, self.now, self.number);
            state.tenant.forget_settled(&view);
            let mut call = Call {
                tenant: &mut state.tenant,
                settings: &state.settings,
                view,
                caller,
                method: self.request.method().clone(),
                headers: self.request.headers(),
                body: self.request.body(),
                root: self.root.clone(),
                path: self.request.uri().path().to_owned(),
                query: query?,
                number: self.number,
                note: None,
            };
            let reply = graph::answer(&mut call, segments);
            if call.note.is_some() {
                *note = call.note;
            }
            reply
        });
        match result {
            Ok(Reply::Json(body)) => answer::json(200, answer::GRAPH_JSON, &body),
            Ok(Reply::Text(body)) => answer::respond(200, "text/plain", body),
            Ok(Reply::NoContent) => answer::empty(204),
            Err(error) => self.refuse(state, &error),
        }
    }

    fn refuse(&self, state: &State, error: &GraphError) -> Response<Bytes> {
        let body = match &self.service {
            Service::Token { .. } => {
                json!({ "error": error.code, "error_description": error.message })
            }
            _ => error.envelope(&self.stamp, state.settings.lower_case_inner_error),
        };
        let mut response = answer::json(error.status, "application/json", &body);
        if error.status == 401 {
            authenticate::challenge(&mut response);
        }
        response
    }

    /// The headers of every answer (facts §7, §8.20), and gzip.
    fn finish(&self, state: &State, response: &mut Response<Bytes>) {
        answer::put(response, "date", &answer::http_date(self.now));
        answer::put(response, "vary", "Accept-Encoding");
        if let Service::Graph { segments, .. } = &self.service {
            let query = Query::parse(self.request.uri().query().unwrap_or_default(), false).ok();
            let cost = graph::resource_units(self.request.method(), segments, query.as_ref());
            answer::put(response, "x-ms-resource-unit", &cost.to_string());
        }
        if !matches!(self.service, Service::Token { .. }) {
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

    /// What a hit request gets, and the status that was decided.
    fn suffer(
        &self,
        state: &mut State,
        fault: Answer,
        note: &mut Option<String>,
    ) -> (u16, Outcome) {
        let made = |mut response: Response<Bytes>| {
            self.finish(state, &mut response);
            (response.status().as_u16(), Outcome::Answer(Box::new(response)))
        };
        let refusal = |error: GraphError| self.refuse(state, &error);
        match fault {
            Answer::Throttle { retry_after } => made(self.throttle(state, retry_after.as_deref())),
            Answer::Status { status, code, message } => {
                made(refusal(GraphError::new(status, code, message)))
            }
            Answer::Html { status } => made(html(status)),
            Answer::EmptyBody { status } => made(answer::empty(status)),
            Answer::Unauthorized => made(refusal(GraphError::unauthenticated(
                "Lifetime validation failed, the token is expired.",
            ))),
            Answer::ContinuousAccessChallenge => {
                let mut response = refusal(authenticate::claims_error());
                authenticate::claims_challenge(&mut response, self.now);
                made(response)
            }
            Answer::Oversized { bytes } => {
                let size = usize::try_from(bytes).unwrap_or(usize::MAX);
                made(answer::respond(200, answer::GRAPH_JSON, vec![b' '; size]))
            }
            Answer::GzipBomb { inflated } => {
                let mut response =
                    answer::respond(200, answer::GRAPH_JSON, answer::gzip_zeros(inflated));
                answer::put(&mut response, "content-encoding", "gzip");
                made(response)
            }
            Answer::Redirect { status, location } => {
                let mut response = answer::empty(status);
                answer::put(&mut response, "location", &location);
                made(response)
            }
            Answer::NoAnswer => (0, Outcome::Silence),
            Answer::ResetBefore => {
                (0, Outcome::Fault(SimulatedFault::ConnectionReset { applied: false }))
            }
            Answer::TlsFailure => (0, Outcome::Fault(SimulatedFault::TlsFailure)),
            Answer::AppliedNoAnswer => {
                (self.carry_out(state, note).status().as_u16(), Outcome::Silence)
            }
            Answer::ResetAfter => {
                let response = self.carry_out(state, note);
                (
                    response.status().as_u16(),
                    Outcome::Fault(SimulatedFault::ConnectionReset { applied: true }),
                )
            }
            Answer::AppliedThen { status } => {
                self.carry_out(state, note);
                let error = GraphError::new(status, "UnknownError", "");
                let mut response = self.refuse(state, &error);
                self.finish(state, &mut response);
                (status, Outcome::Answer(Box::new(response)))
            }
            Answer::TruncatedBody => {
                let mut response = self.carry_out(state, note);
                let length = response.body().len();
                *response.body_mut() = response.body().slice(..length / 2);
                let status = response.status().as_u16();
                let partial = Box::new(response);
                (status, Outcome::Fault(SimulatedFault::TruncatedBody { partial, length }))
            }
            Answer::PageLoop => {
                let gzip = std::mem::replace(&mut state.settings.gzip, false);
                let mut response = self.carry_out(state, note);
                state.settings.gzip = gzip;
                if let Ok(Value::Object(mut body)) = serde_json::from_slice(response.body()) {
                    let target =
                        self.request.uri().path_and_query().map_or("/", |target| target.as_str());
                    body.insert("@odata.nextLink".into(), json!(format!("{}{target}", self.root)));
                    *response.body_mut() = Value::Object(body).to_string().into();
                }
                (response.status().as_u16(), Outcome::Answer(Box::new(response)))
            }
        }
    }

    /// Facts §6.
    fn throttle(&self, state: &State, retry_after: Option<&str>) -> Response<Bytes> {
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
        let read = self.request.method() == http::Method::GET;
        let (access, limit) = if read {
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

    fn record(&self, state: &mut State, status: u16, wrote: bool, note: Option<String>) {
        let uri = self.request.uri();
        state.trace.push_back(TraceEntry {
            number: self.number,
            method: self.request.method().to_string(),
            path: uri.path().to_owned(),
            query: uri.query().unwrap_or_default().to_owned(),
            status,
            request_id: self.stamp.request_id.clone(),
            wrote,
            note,
        });
        while state.trace.len() > state.settings.trace_capacity {
            state.trace.pop_front();
        }
    }
}

const DIAGNOSTIC: &str = "{\"ServerInfo\":{\"DataCenter\":\"West Europe\",\"Slice\":\"E\",\"Ring\":\"5\",\
    \"ScaleUnit\":\"002\",\"RoleInstance\":\"SIM0000001\"}}";

fn html(status: u16) -> Response<Bytes> {
    answer::respond(
        status,
        "text/html",
        format!("<html><head><title>{status}</title></head><body>{status}</body></html>"),
    )
}

fn view(state: &State, now: Timestamp, number: u64) -> View {
    let replicas = state.settings.lag.map_or(1, |lag: Lag| lag.replicas.max(1));
    let seed = state.settings.seed;
    View {
        now,
        lag: state.settings.lag,
        seed,
        replica: random::below(seed, "replica", number, replicas),
    }
}
