//! The requests that many changes need, before any of them is sent.

use doorward_core::{ErrorKind, Operation, Result, Timestamp};
use doorward_http::PlannedRequest;
use std::collections::BTreeSet;

use super::batches::batches;
use super::{Line, State, concerns_all};
use crate::prepare::Prepared;
use crate::{Opened, Verb};

/// What a connector takes only one by one: an action on a kind's right.
pub(super) type Singly = BTreeSet<(Verb, String, String)>;

pub(super) fn singly(prepared: &Prepared) -> (Verb, String, String) {
    (prepared.verb, prepared.key.resource.kind.clone(), prepared.key.entitlement.clone())
}

impl Opened {
    /// The requests that the lines need, found by running the same code in plan mode, all of one
    /// moment: a plan is compared with what its lines need at the moment of the plan. A line for
    /// which no request can be made has failed.
    ///
    /// # Errors
    /// What concerns all lines.
    pub(super) async fn plan_requests(
        &self,
        lines: &mut [Line],
        moment: Timestamp,
    ) -> Result<Vec<(Vec<u64>, PlannedRequest)>> {
        let mut requests = Vec::new();
        let mut one_by_one = Singly::new();
        for batch in batches(lines, self.descriptor.max_batch) {
            let waiting = needed(lines, &batch);
            let Some((_, first)) = waiting.first() else { continue };
            let kind = singly(first);
            if waiting.len() > 1 && !one_by_one.contains(&kind) {
                match self.planned(&waiting, moment).await {
                    Ok(request) => {
                        let numbers = numbers(lines, &batch);
                        requests.extend(request.map(|request| (numbers, request)));
                        continue;
                    }
                    Err(error) if concerns_all(&error) => return Err(error),
                    Err(error) if error.kind == ErrorKind::Unsupported => {
                        one_by_one.insert(kind);
                    }
                    Err(_) => {}
                }
            }
            for one in waiting {
                let place = one.0;
                match self.planned(&[one], moment).await {
                    Ok(request) => {
                        let numbers = numbers(lines, &[place]);
                        requests.extend(request.map(|request| (numbers, request)));
                    }
                    Err(error) if concerns_all(&error) => return Err(error),
                    Err(error) => put(lines, place, State::Failed(Box::new(error))),
                }
            }
        }
        Ok(requests)
    }

    async fn planned(
        &self,
        lines: &[(usize, Prepared)],
        moment: Timestamp,
    ) -> Result<Option<PlannedRequest>> {
        let operations: Vec<Operation> =
            lines.iter().map(|(_, prepared)| prepared.operation.clone()).collect();
        let attempt = || self.plan_request(operations.clone(), Some(moment));
        self.with_patience(attempt, |ended| ended.as_ref().err()).await
    }
}

/// The lines at these places that still need a write.
pub(super) fn needed(lines: &[Line], places: &[usize]) -> Vec<(usize, Prepared)> {
    let at = |place: &usize| match &lines.get(*place)?.state {
        State::Needed(prepared) => Some((*place, (**prepared).clone())),
        _ => None,
    };
    places.iter().filter_map(at).collect()
}

fn numbers(lines: &[Line], places: &[usize]) -> Vec<u64> {
    places.iter().filter_map(|place| lines.get(*place)).map(|line| line.number).collect()
}

pub(super) fn put(lines: &mut [Line], place: usize, state: State) {
    if let Some(line) = lines.get_mut(place) {
        line.state = state;
    }
}
