//! `doorward check`: who we are there, what we may do, what to mend.

use doorward_core::{
    Ability, Attributes, Authority, AuthorityEntry, CheckReport, CredentialExpiry, Descriptor,
    Finding, ObjectRef, Result, Severity,
};
use doorward_host::{JudgedAbility, Judgement, Opened, Uses, Verdict};
use serde_json::{Value, json};

use crate::app::App;
use crate::cli::Target;
use crate::exit::Exit;
use crate::output::{Console, Table, reach, text};

pub(super) async fn run(app: &App, target: &Target, uses: &[String]) -> Result<Exit> {
    let opened = app.open(target).await?;
    let uses = Uses::named(opened.descriptor(), uses)?;
    let (report, judgement) = opened.check_for(&uses).await?;
    app.settle(&opened).await?;
    let judgement = (!uses.chosen().is_empty()).then_some(judgement);
    if app.console.is_json() {
        app.console.json("Check", &document(app, &opened, &report, judgement.as_ref()));
    } else {
        show(app, &opened, &report, judgement.as_ref());
    }
    Ok(if is_usable(&report) { Exit::DONE } else { Exit::PERMISSION })
}

fn is_usable(report: &CheckReport) -> bool {
    !report.findings.iter().any(|finding| finding.severity == Severity::Problem)
}

fn document(
    app: &App,
    opened: &Opened,
    report: &CheckReport,
    judgement: Option<&Judgement>,
) -> Value {
    let integration = opened.integration();
    let endpoints = integration
        .reach
        .endpoints
        .iter()
        .map(|endpoint| reach::summary(endpoint, app.proxy_of(&endpoint.origin)));
    let endpoints: Vec<Value> = endpoints.collect();
    json!({
        "integration": integration.name,
        "connector": integration.connector,
        "usable": is_usable(report),
        "endpoints": endpoints,
        "report": report,
        "judgement": judgement,
    })
}

fn show(app: &App, opened: &Opened, report: &CheckReport, judgement: Option<&Judgement>) {
    let console = &app.console;
    let identity = &report.identity;
    console
        .line(format!("Connected to {} as {} ({}).", identity.place, identity.name, identity.key));
    for endpoint in &opened.integration().reach.endpoints {
        let name = &endpoint.name;
        let note = |what: String| {
            console.line(format!("NOTE: {what}, an address that the connection itself names."));
        };
        if endpoint.named_by_connection {
            note(format!("{name} answers at {}", endpoint.origin));
        }
        if let Some(url) = reach::named_token_url(endpoint) {
            note(format!("the tokens for {name} come from {url}"));
        }
    }
    show_proxies(app, opened);
    console.line(expiry(app, &report.credential_expiry));
    console.line("");
    match judgement {
        None => show_authority(console, report, opened.descriptor()),
        Some(judgement) => show_judgement(console, judgement, report, opened.descriptor()),
    }
    show_findings(app, &report.findings);
}

/// Says what a proxy takes over from us.
fn show_proxies(app: &App, opened: &Opened) {
    for endpoint in &opened.integration().reach.endpoints {
        if let Some(proxy) = app.proxy_of(&endpoint.origin) {
            app.console.line(format!(
                "NOTE: {} is reached through the proxy {proxy}, whose own address may be any. The \
                 proxy looks the name up: whether it leads to a private address is not checked.",
                endpoint.name
            ));
        }
    }
}

/// The authority as a table. Why something is not known takes sentences, and often the same ones:
/// they stand below, numbered.
fn show_authority(console: &Console, report: &CheckReport, descriptor: &Descriptor) {
    let names = |key: &ObjectRef| named(key, &report.attributes, descriptor);
    let mut reasons = Vec::new();
    let mut table = Table::new(["Action", "On", "Right", "Where"]);
    for entry in &report.authority {
        let Ability { action, kind, .. } = &entry.ability;
        table.row([action, kind, &right(&entry.ability), &place(entry, &mut reasons, &names)]);
    }
    console.table(&table);
    show_reasons(console, &reasons);
}

/// The same, and what each comes to for the uses.
fn show_judgement(
    console: &Console,
    judgement: &Judgement,
    report: &CheckReport,
    descriptor: &Descriptor,
) {
    let names = |key: &ObjectRef| named(key, &report.attributes, descriptor);
    let mut reasons = Vec::new();
    let column = format!("For {}", judgement.uses.join(", "));
    let mut table = Table::new(["Action", "On", "Right", "Where", &column]);
    for judged in &judgement.abilities {
        let entry = &judged.entry;
        let place = place(entry, &mut reasons, &names);
        let Ability { action, kind, .. } = &entry.ability;
        table.row([action, kind, &right(&entry.ability), &place, verdict(judged)]);
    }
    console.table(&table);
    show_reasons(console, &reasons);
}

fn show_reasons(console: &Console, reasons: &[&str]) {
    for (number, reason) in (1..).zip(reasons) {
        console.line(format!("[{number}] {reason}"));
    }
}

fn right(ability: &Ability) -> String {
    let right = ability.entitlement.as_deref().unwrap_or("-");
    match &ability.principal {
        Some(kind) => format!("{right}, for {kind}"),
        None => right.to_owned(),
    }
}

/// A permission that would settle what is not known is what to look at.
fn verdict(judged: &JudgedAbility) -> &'static str {
    match judged.verdict {
        Verdict::Works => "works",
        Verdict::Partly => "MISSING in part",
        Verdict::Unknown if judged.missing.is_empty() => "NOT KNOWN",
        Verdict::Missing | Verdict::Unknown => "MISSING",
        Verdict::ComesWithIt => "comes with it",
        Verdict::TooMuch => "too much",
        Verdict::NotWanted => "-",
    }
}

fn expiry(app: &App, expiry: &CredentialExpiry) -> String {
    match expiry {
        CredentialExpiry::At { time } => {
            let verb = if *time < app.now() { "ended" } else { "ends" };
            let far = text::relative(*time, app.now());
            format!("The credential {verb} {far}, on {}.", text::moment(*time))
        }
        CredentialExpiry::Unknown { because } => {
            format!("When the credential ends is not known: {}", sentence(because))
        }
    }
}

/// The text, ending with a full stop.
fn sentence(text: &str) -> String {
    format!("{}.", text.trim_end_matches('.'))
}

/// `administrative unit EMEA`: the connector tells the names that it could read as the attribute
/// `scopeNames`.
fn named(key: &ObjectRef, attributes: &Attributes, descriptor: &Descriptor) -> String {
    let name = attributes.get("scopeNames").and_then(|names| names.get(key.to_string())?.as_str());
    match (name, descriptor.resource_kind(&key.kind)) {
        (Some(name), Some(kind)) => format!("{} {name}", kind.name),
        _ => key.to_string(),
    }
}

fn place<'entry>(
    entry: &'entry AuthorityEntry,
    reasons: &mut Vec<&'entry str>,
    names: &dyn Fn(&ObjectRef) -> String,
) -> String {
    match &entry.authority {
        Authority::Everywhere { except } if except.is_empty() => "everywhere".to_owned(),
        Authority::Everywhere { except } => format!("everywhere but on {}", except.join(", ")),
        Authority::OnlyIn { resources } => {
            let names: Vec<String> = resources.iter().map(names).collect();
            format!("only in {}", names.join(", "))
        }
        Authority::No { needs } if needs.is_empty() => "no".to_owned(),
        Authority::No { needs } => format!("no: needs {}", needs.join(" or ")),
        Authority::Unknown { because } => {
            let place = reasons.iter().position(|reason| reason == because).unwrap_or_else(|| {
                reasons.push(because);
                reasons.len() - 1
            });
            format!("not known [{}]", place + 1)
        }
    }
}

fn show_findings(app: &App, findings: &[Finding]) {
    let mut findings: Vec<&Finding> = findings.iter().collect();
    findings.sort_by_key(|finding| std::cmp::Reverse(finding.severity));
    if !findings.is_empty() {
        app.console.line("");
    }
    for finding in findings {
        let severity = match finding.severity {
            Severity::Problem => "problem",
            Severity::Warning => "warning",
            Severity::Info => "note",
        };
        app.console.line(format!("{severity}: {} [{}]", finding.message, finding.code));
        if let Some(remedy) = &finding.remedy {
            app.console.line(format!("  do: {remedy}"));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn authority_is_told_in_words() {
        let check = |authority: Authority, expected: &str| {
            let (action, kind) = ("grant".to_owned(), "group".to_owned());
            let ability = Ability { action, kind, entitlement: None, principal: None };
            let entry = AuthorityEntry { ability, authority, through: Vec::new() };
            assert_eq!(place(&entry, &mut vec!["earlier"], &ObjectRef::to_string), expected);
        };
        let words = |list: &[&str]| list.iter().map(ToString::to_string).collect::<Vec<_>>();
        check(Authority::Everywhere { except: Vec::new() }, "everywhere");
        check(Authority::Everywhere { except: words(&["synced"]) }, "everywhere but on synced");
        check(Authority::No { needs: words(&["A", "B"]) }, "no: needs A or B");
        check(Authority::No { needs: Vec::new() }, "no");
        check(Authority::Unknown { because: "a 403".to_owned() }, "not known [2]");
        check(Authority::Unknown { because: "earlier".to_owned() }, "not known [1]");
        let resources = vec![ObjectRef::new("unit", "1")];
        check(Authority::OnlyIn { resources }, "only in unit:id=1");
    }
}
