//! What is declared is offered, and what is not declared is not.

use doorward_core::{
    Action, ApplyRequest, Capability, Cursor, Error, ErrorKind, ObjectRef, Operation, Query,
    ReadRequest, StartRequest, SyncRequest, Term,
};
use doorward_http::CallEnd;
use futures::FutureExt;
use futures::future::BoxFuture;
use serde_json::Value;

use crate::bench::{Bench, How, failed};
use crate::names::{is_kebab, is_sentence};
use crate::probe::{Probe, Told};
use crate::rule::{Seen, broken};

/// What is not declared is `Unsupported`, without a request.
pub(crate) fn undeclared<'b>(bench: &'b Bench<'_>) -> BoxFuture<'b, Seen> {
    async move {
        for probe in undeclared_probes(bench) {
            let before = bench.wire.count();
            let end = bench.call(&probe, How::PLAN).await.end;
            let error: Option<Error> = match end {
                Err(CallEnd::Error(error)) => Some(error),
                Ok(Told::Outcomes(outcomes)) => outcomes.into_iter().find_map(Result::err),
                _ => None,
            };
            if error.is_none_or(|error| error.kind != ErrorKind::Unsupported) {
                return broken(format!(
                    "{} is not declared, and is not `unsupported`.",
                    probe.name()
                ));
            }
            if bench.wire.count() > before {
                return broken(format!("{} is not declared, and sends a request.", probe.name()));
            }
        }
        let can_sync = bench.descriptor().can(Capability::Sync);
        if !can_sync
            && bench.connector.start(StartRequest::default()).is_ok_and(|all| !all.is_empty())
        {
            return broken("`sync` is not declared, and `start` gives cursors.");
        }
        Ok(())
    }
    .boxed()
}

fn undeclared_probes(bench: &Bench<'_>) -> Vec<Probe> {
    let descriptor = bench.descriptor();
    let kind = descriptor.principal_kinds.first().map(|kind| kind.kind.clone());
    let nobody = ObjectRef::new(kind.unwrap_or_default(), "nobody");
    let apply = |action| {
        let id = "conformance".to_owned();
        let operations = vec![Operation { id, action, reason: None, ticket: None }];
        Probe::Apply(ApplyRequest { operations })
    };
    let mut probes = Vec::new();
    if !descriptor.can(Capability::Check) {
        probes.push(Probe::Check);
    }
    if !descriptor.can(Capability::Sync) {
        let cursor = Cursor { stream: "none".to_owned(), phase: 0, body: Value::Null };
        probes.push(Probe::Sync(SyncRequest { cursor, facts: Default::default() }));
    }
    if !descriptor.can(Capability::Read) {
        let term = Term::Id(nobody.id.clone());
        let query = Query::Find { kind: nobody.kind.clone(), term };
        probes.push(Probe::Read(ReadRequest { query, cursor: None }));
    }
    if !descriptor.can(Capability::ManageAccounts) {
        probes.push(apply(Action::Disable { account: nobody.clone() }));
        probes.push(apply(Action::Delete { object: nobody }));
    }
    probes
}

/// The check says who we are.
pub(crate) fn check<'b>(bench: &'b Bench<'_>) -> BoxFuture<'b, Seen> {
    async move {
        let report = match bench.read(&Probe::Check).await {
            Ok(Told::Check(report)) => report,
            Ok(_) => return broken("`check` gave something else."),
            Err(end) => return failed("`check`", &end),
        };
        let identity = &report.identity;
        if !bench.descriptor().declares(&identity.key.kind) {
            return broken(format!("We are a `{}`, which is not declared.", identity.key.kind));
        }
        let texts = [&identity.key.id, &identity.name, &identity.place];
        if texts.iter().any(|text| text.trim().is_empty()) {
            return broken("Our id, our name or the name of the place is empty.");
        }
        for finding in &report.findings {
            if !is_kebab(&finding.code) || !is_sentence(&finding.message) {
                return broken(format!(
                    "The code of a finding is not in kebab case, or its message no sentence: {} \
                     [{}]",
                    finding.message, finding.code
                ));
            }
        }
        Ok(())
    }
    .boxed()
}
