//! What a request gets when a fault hits it.

use bytes::Bytes;
use http::Response;
use serde_json::{Value, json};

use super::dispatch::{Account, Arrival};
use super::respond::html;
use super::{Outcome, SimulatedFault, State, authenticate};
use crate::answer;
use crate::faults::Answer;
use crate::graph::error::GraphError;

impl Arrival<'_> {
    /// What a hit request gets, and the status that was decided.
    pub(super) fn suffer(
        &self,
        state: &mut State,
        fault: Answer,
        account: &mut Account,
    ) -> (u16, Outcome) {
        let made = |mut response: Response<Bytes>| {
            self.finish(state, &mut response);
            (response.status().as_u16(), Outcome::Answer(Box::new(response)))
        };
        let refusal = |error: GraphError| self.refuse(state, &error);
        match fault {
            Answer::Throttle { retry_after } => made(self.injected(state, retry_after.as_deref())),
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
                (self.carry_out(state, account).status().as_u16(), Outcome::Silence)
            }
            Answer::ResetAfter => {
                let response = self.carry_out(state, account);
                (
                    response.status().as_u16(),
                    Outcome::Fault(SimulatedFault::ConnectionReset { applied: true }),
                )
            }
            Answer::AppliedThen { status } => {
                self.carry_out(state, account);
                let error = GraphError::new(status, "UnknownError", "");
                let mut response = self.refuse(state, &error);
                self.finish(state, &mut response);
                (status, Outcome::Answer(Box::new(response)))
            }
            Answer::TruncatedBody => {
                let mut response = self.carry_out(state, account);
                let length = response.body().len();
                *response.body_mut() = response.body().slice(..length / 2);
                let status = response.status().as_u16();
                let partial = Box::new(response);
                (status, Outcome::Fault(SimulatedFault::TruncatedBody { partial, length }))
            }
            Answer::PageLoop => {
                let gzip = std::mem::replace(&mut state.settings.gzip, false);
                let mut response = self.carry_out(state, account);
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
}
