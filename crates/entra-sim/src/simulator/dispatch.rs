//! One request: which service, which fault, which answer, and its lines in the trace.

use bytes::Bytes;
use http::{Request, Response};
use jiff::Timestamp;
use uuid::Uuid;

use super::respond::html;
use super::{Outcome, SimulatedFault, State, authenticate, batch};
use crate::answer::{self, header_of};
use crate::authority::Caller;
use crate::graph::error::{GraphError, Result, Stamp};
use crate::graph::{self, Call, Query, Reply};
use crate::quota::{Asking, Verdict};
use crate::random;
use crate::settings::Lag;
use crate::tenant::{Kind, View};
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
pub(super) enum Service {
    Login { page: token::Page, right_cloud: bool },
    Graph { segments: Vec<String>, right_cloud: bool },
    Nowhere,
}

/// A request that came in.
pub(super) struct Arrival<'a> {
    pub(super) request: &'a Request<Bytes>,
    pub(super) service: Service,
    /// `scheme://host[:port]`
    pub(super) root: String,
    pub(super) now: Timestamp,
    pub(super) number: u64,
    pub(super) request_id: Uuid,
    pub(super) stamp: Stamp,
    /// The batch that it is in.
    pub(super) batch: Option<u64>,
    /// Another request of the same batch writes to the same object (facts §4).
    pub(super) collides: bool,
}

/// What is to be said of a request besides its answer.
#[derive(Default)]
pub(super) struct Account {
    pub(super) note: Option<String>,
    pub(super) authorised_by: Vec<String>,
    pub(super) verdict: Verdict,
    /// The lines of the requests inside.
    pub(super) inner: Vec<TraceEntry>,
}

/// Decides what a request comes to and does it.
pub(super) fn dispatch(state: &mut State, now: Timestamp, request: &Request<Bytes>) -> Outcome {
    state.requests += 1;
    match arrive(state, now, request, None) {
        Err(fault) => Outcome::Fault(fault),
        Ok(arrival) => {
            let (outcome, entries) = arrival.happen(state);
            state.trace.extend(entries);
            while state.trace.len() > state.settings.trace_capacity {
                state.trace.pop_front();
            }
            outcome
        }
    }
}

/// Receives the request whose number is the last one counted.
pub(super) fn arrive<'a>(
    state: &State,
    now: Timestamp,
    request: &'a Request<Bytes>,
    batch: Option<u64>,
) -> std::result::Result<Arrival<'a>, SimulatedFault> {
    let authority = request.uri().authority().map(|authority| authority.as_str().to_owned());
    let authority = authority
        .or_else(|| header_of(request.headers(), "host").map(str::to_owned))
        .unwrap_or_else(|| "localhost".to_owned());
    let scheme = request.uri().scheme_str().unwrap_or("http");
    let service = service(state, &authority, request.uri().path())?;
    let number = state.requests;
    let request_id = random::guid(state.settings.seed, "request", number);
    let client = header_of(request.headers(), "client-request-id").map(str::to_owned);
    let stamp = Stamp {
        date: now.strftime("%Y-%m-%dT%H:%M:%S").to_string(),
        request_id: request_id.to_string(),
        client_request_id: client.unwrap_or_else(|| request_id.to_string()),
    };
    let root = format!("{scheme}://{authority}");
    Ok(Arrival { request, service, root, now, number, request_id, stamp, batch, collides: false })
}

fn service(
    state: &State,
    authority: &str,
    path: &str,
) -> std::result::Result<Service, SimulatedFault> {
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
    if let Some(page) = token::Page::at(path)
        && (login || other_login)
    {
        return Ok(Service::Login { page, right_cloud: login });
    }
    Ok(Service::Nowhere)
}

impl Arrival<'_> {
    /// What it comes to, and its lines in the trace: its own first, then those of the requests inside.
    pub(super) fn happen(&self, state: &mut State) -> (Outcome, Vec<TraceEntry>) {
        let before = state.tenant.revision;
        let target = self.request.uri().path_and_query().map_or("/", |target| target.as_str());
        let fault = state.faults.hit(self.request.method(), target);
        let mut account = Account::default();
        let (status, outcome) = match fault {
            None => {
                let response = self.carry_out(state, &mut account);
                (response.status().as_u16(), Outcome::Answer(Box::new(response)))
            }
            Some(fault) => {
                account.note = Some(format!("fault: {fault:?}"));
                self.suffer(state, fault, &mut account)
            }
        };
        let wrote = state.tenant.revision != before && account.inner.is_empty();
        let uri = self.request.uri();
        let mut entries = vec![TraceEntry {
            number: self.number,
            method: self.request.method().to_string(),
            path: uri.path().to_owned(),
            query: uri.query().unwrap_or_default().to_owned(),
            status,
            request_id: self.stamp.request_id.clone(),
            wrote,
            note: account.note,
            authorised_by: account.authorised_by,
            resource_units: self.cost().map_or(0, |cost| cost.resource_units),
            batch: self.batch,
        }];
        entries.append(&mut account.inner);
        (outcome, entries)
    }

    /// The true answer.
    pub(super) fn carry_out(&self, state: &mut State, account: &mut Account) -> Response<Bytes> {
        let mut response = match &self.service {
            Service::Login { page, right_cloud } => {
                let desk = Desk {
                    tenant: &state.tenant,
                    settings: &state.settings,
                    now: self.now,
                    view: view(state, self.now, self.number),
                    request_id: self.request_id,
                    root: &self.root,
                    right_cloud: *right_cloud,
                };
                token::answer(&desk, page, self.request)
            }
            Service::Graph { segments, right_cloud } => {
                self.graph(state, segments, *right_cloud, account)
            }
            Service::Nowhere => html(404),
        };
        if let Some(percentage) = &account.verdict.percentage {
            answer::put(&mut response, "x-ms-throttle-limit-percentage", percentage);
        }
        self.finish(state, &mut response);
        response
    }

    fn graph(
        &self,
        state: &mut State,
        segments: &[String],
        right_cloud: bool,
        account: &mut Account,
    ) -> Response<Bytes> {
        let caller = if right_cloud {
            let view = view(state, self.now, self.number);
            authenticate::caller(state, &view, self.request.headers())
        } else {
            Err(GraphError::unauthenticated("Access token validation failure. Invalid audience."))
        };
        let caller = match caller {
            Ok(caller) => caller,
            Err(error) => return self.refuse(state, &error),
        };
        if self.is_batch() {
            return match batch::run(self, state, account) {
                Ok(body) => answer::json(200, answer::GRAPH_JSON, &body),
                Err(error) => self.refuse(state, &error),
            };
        }
        account.verdict = self.charge(state, &caller);
        if let Some(refused) = &account.verdict.refused {
            return self.throttled(state, &caller, refused);
        }
        if self.collides {
            return self.refuse(state, &GraphError::concurrency());
        }
        match self.ask(state, caller, segments, account) {
            Ok(Reply::Json(body)) => answer::json(200, answer::GRAPH_JSON, &body),
            Ok(Reply::Created(body)) => answer::json(201, answer::GRAPH_JSON, &body),
            Ok(Reply::Text(body)) => answer::respond(200, "text/plain", body),
            Ok(Reply::NoContent) => answer::empty(204),
            Err(error) => self.refuse(state, &error),
        }
    }

    fn charge(&self, state: &mut State, caller: &Caller) -> Verdict {
        let (Some(limits), Some(cost)) = (&state.settings.throttling, self.cost()) else {
            return Verdict::default();
        };
        let asking = Asking {
            now: self.now,
            application: &caller.bearer.application_id,
            users: state.tenant.of_kind(Kind::User).len(),
            seed: state.settings.seed,
            number: self.number,
        };
        state.quota.charge(limits, &asking, cost)
    }

    fn ask(
        &self,
        state: &mut State,
        caller: Caller,
        segments: &[String],
        account: &mut Account,
    ) -> Result<Reply> {
        let eventual = header_of(self.request.headers(), "consistencylevel")
            .is_some_and(|level| level.eq_ignore_ascii_case("eventual"));
        let options = self.request.uri().query().unwrap_or_default();
        // A delta query reads its own options, of which it takes few.
        let query = if graph::delta::set(segments).is_some() {
            Query { raw: options.to_owned(), eventual, ..Query::default() }
        } else {
            Query::parse_within(options, eventual, graph::largest_page(segments))?
        };
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
            query,
            number: self.number,
            note: None,
            grounds: graph::Grounds::default(),
        };
        let reply = graph::answer(&mut call, segments);
        let refused = reply.as_ref().is_err_and(GraphError::is_denial);
        if !refused {
            account.authorised_by = call.grounds.describe(call.tenant);
        }
        account.note = call.note.or(account.note.take());
        reply
    }
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
