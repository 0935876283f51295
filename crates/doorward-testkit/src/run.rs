//! Runs every rule.

use doorward_core::{Capability, ErrorKind, Result, StartRequest};
use doorward_http::CallEnd;
use std::collections::BTreeSet;

use crate::bench::Bench;
use crate::probe::Probe;
use crate::report::{Report, RuleReport, Verdict};
use crate::rule::{Case, Level, Needs, Rule, Stop};
use crate::rules::RULES;
use crate::subject::Subject;

/// Tries every rule on the subject. Reads as much as a short sync does, several times; changes only
/// the access that the subject names, and puts it back.
///
/// Dropping the future may leave that access changed.
///
/// # Errors
/// As the connector says it, when the system does not answer or refuses the credential: then no rule
/// can be tried.
pub async fn run(subject: &Subject<'_>) -> Result<Report> {
    let descriptor = subject.factory.descriptor();
    let bench = Bench::open(subject);
    if let Ok(bench) = &bench {
        reachable(bench).await?;
    }
    let mut rules = Vec::with_capacity(RULES.len());
    for rule in RULES {
        rules.push(RuleReport::new(rule, judge(rule, subject, bench.as_ref()).await));
    }
    let not_restored = match &bench {
        Ok(bench) => bench.restore().await.err(),
        Err(_) => None,
    };
    Ok(Report {
        connector: descriptor.id.clone(),
        version: descriptor.version.clone(),
        conforms: !rules.iter().any(|rule| rule.level == Level::Must && rule.failed()),
        rules,
        not_restored,
    })
}

/// Whether the system answers, and takes the credential.
async fn reachable(bench: &Bench<'_>) -> Result<()> {
    let descriptor = bench.descriptor();
    let probe = if descriptor.can(Capability::Check) {
        Probe::Check
    } else {
        match bench.connector.start(StartRequest::default())?.into_iter().next() {
            Some(cursor) => Probe::sync(cursor, BTreeSet::new()),
            None => return Ok(()),
        }
    };
    match bench.read(&probe).await {
        Err(CallEnd::Deadline(error)) => Err(error),
        Err(CallEnd::AuthFailed(failure)) => Err(bench.connector.explain(failure)),
        Err(CallEnd::Error(error))
            if matches!(error.kind, ErrorKind::Unavailable | ErrorKind::RateLimited) =>
        {
            Err(error)
        }
        _ => Ok(()),
    }
}

async fn judge(rule: &Rule, subject: &Subject<'_>, bench: Result<&Bench<'_>, &String>) -> Verdict {
    if let Some(capability) = rule.needs.missing(subject.factory.descriptor()) {
        let because = format!("The connector does not declare `{}`.", name(capability));
        return Verdict::NotApplicable { because };
    }
    if rule.needs == Needs::Change && subject.change.is_none() {
        let because = "No access was named that may be given and taken.".to_owned();
        return Verdict::Skipped { because };
    }
    let seen = match (&rule.case, bench) {
        (Case::Factory(case), _) => case(subject),
        (Case::Calls(case), Ok(bench)) => case(bench).await,
        (Case::Calls(_), Err(why)) => Err(Stop::Left(why.clone())),
    };
    match seen {
        Ok(()) => Verdict::Passed,
        Err(Stop::Broken(seen)) => Verdict::Failed { seen, remedy: rule.remedy.to_owned() },
        Err(Stop::Left(because)) => Verdict::Skipped { because },
    }
}

/// As in the descriptor.
fn name(capability: Capability) -> String {
    serde_json::to_value(capability)
        .ok()
        .and_then(|name| name.as_str().map(str::to_owned))
        .unwrap_or_default()
}
