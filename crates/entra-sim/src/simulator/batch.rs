//! `POST /v1.0/$batch` (facts §4): each request inside is authorised, charged and traced on its own.

use std::collections::{BTreeMap, BTreeSet};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::{HeaderMap, Response};
use serde_json::{Map, Value, json};

use super::batch_steps::{Step, steps};
use super::dispatch::{Account, Arrival, arrive};
use super::{Outcome, State};
use crate::answer::header_of;
use crate::graph::error::{GraphError, Result};
use crate::random;

/// Carries the requests out and gives the body of the answer, which is 200 whatever became of them.
pub(super) fn run(outer: &Arrival<'_>, state: &mut State, account: &mut Account) -> Result<Value> {
    let steps = steps(outer.request.body())?;
    let (seed, permute) = (state.settings.seed, state.settings.permute_batches);
    let draw = |purpose: &str, place: usize| {
        if permute {
            random::draw(seed ^ outer.number, purpose, place as u64)
        } else {
            place as u64
        }
    };
    let mut waiting: BTreeSet<(u64, usize)> =
        (0..steps.len()).map(|place| (draw("batch", place), place)).collect();
    let mut done: BTreeMap<usize, (u16, Value)> = BTreeMap::new();
    // Dependencies have no cycle, as `steps` checked, so that some step is always ready.
    while let Some(next) = waiting.iter().copied().find(|(_, place)| {
        steps.get(*place).is_some_and(|step| step.needs.iter().all(|need| done.contains_key(need)))
    }) {
        waiting.remove(&next);
        let Some(step) = steps.get(next.1) else { continue };
        let failed = |need: &usize| done.get(need).is_some_and(|(status, _)| *status >= 400);
        let answer = if step.needs.iter().any(failed) {
            (424, failed_dependency(step))
        } else {
            let collides = state.settings.batch_writes_collide
                && done.keys().any(|earlier| collide(&steps, *earlier, next.1));
            let response = carry_out(outer, state, step, collides, account);
            (response.status().as_u16(), describe(step, &response))
        };
        done.insert(next.1, answer);
    }
    let mut answers: Vec<(u64, Value)> =
        done.into_iter().map(|(place, (_, value))| (draw("answers", place), value)).collect();
    answers.sort_by_key(|(order, _)| *order);
    let responses: Vec<Value> = answers.into_iter().map(|(_, value)| value).collect();
    Ok(json!({ "responses": responses }))
}

/// Two writes to one group collide, unless one waits for the other.
fn collide(steps: &[Step], earlier: usize, later: usize) -> bool {
    let (Some(one), Some(other)) = (steps.get(earlier), steps.get(later)) else { return false };
    let same = one.written_group().is_some_and(|group| other.written_group() == Some(group));
    same && !other.waits_for(steps, earlier)
}

fn carry_out(
    outer: &Arrival<'_>,
    state: &mut State,
    step: &Step,
    collides: bool,
    account: &mut Account,
) -> Response<Bytes> {
    state.requests += 1;
    let bare = |error: &GraphError| outer.refuse(state, error);
    let Some(request) = step.request(&outer.root, outer.request.headers()) else {
        return bare(&invalid_request(step));
    };
    let Ok(mut arrival) = arrive(state, outer.now, &request, Some(outer.number)) else {
        return bare(&invalid_request(step));
    };
    arrival.collides = collides;
    let (outcome, entries) = arrival.happen(state);
    account.inner.extend(entries);
    match outcome {
        Outcome::Answer(response) => *response,
        // Behind a batch, the service itself meets the broken connection.
        Outcome::Fault(_) | Outcome::Silence => {
            arrival.refuse(state, &GraphError::new(504, "UnknownError", ""))
        }
    }
}

fn invalid_request(step: &Step) -> GraphError {
    // The text is not in the facts.
    GraphError::new(400, "BadRequest", format!("Invalid request with id '{}'.", step.id))
}

/// The body of a 424 is not in the facts.
fn failed_dependency(step: &Step) -> Value {
    json!({
        "id": step.id,
        "status": 424,
        "headers": { "Content-Type": "application/json" },
        "body": { "error": {
            "code": "FailedDependency",
            "message": "The request depends on a request that failed.",
        }},
    })
}

/// One inner response: a body that is not JSON stands as base64, an empty one not at all.
fn describe(step: &Step, response: &Response<Bytes>) -> Value {
    let mut item = Map::new();
    item.insert("id".into(), json!(step.id));
    item.insert("status".into(), json!(response.status().as_u16()));
    item.insert("headers".into(), headers(response.headers()));
    if !response.body().is_empty() {
        let json = header_of(response.headers(), "content-type")
            .is_some_and(|kind| kind.starts_with("application/json"));
        let value = json.then(|| serde_json::from_slice(response.body()).ok()).flatten();
        let body = value.unwrap_or_else(|| json!(STANDARD.encode(response.body())));
        item.insert("body".into(), body);
    }
    Value::Object(item)
}

/// The headers that inner responses carry, spelled as Graph spells them there.
fn headers(all: &HeaderMap) -> Value {
    let mut shown = Map::new();
    for name in [
        "Location",
        "Retry-After",
        "Cache-Control",
        "x-ms-resource-unit",
        "x-ms-throttle-limit-percentage",
        "x-ms-throttle-scope",
        "x-ms-throttle-information",
        "OData-Version",
        "WWW-Authenticate",
        "Content-Type",
    ] {
        if let Some(value) = header_of(all, name) {
            shown.insert(name.to_owned(), json!(value));
        }
    }
    Value::Object(shown)
}
