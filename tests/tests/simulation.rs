//! Random changes with faults and crashes, against an independent model of the tenant: what the
//! host says happened is what the tenant shows.
//!
//! Each seed runs twice, and both traces must be equal. `DOORWARD_SEEDS=1000..2000` runs others.
#![cfg(test)]

use doorward_core::{ObjectRef, OutcomeKind};
use doorward_host::{ChangeRequest, JournalEntry, JournalState, Policy, Verb};
use doorward_tests::crash::Crash;
use doorward_tests::parts::SeededRandom;
use doorward_tests::world::{World, request};
use entra_sim::{Answer, Fault, Lag, Latency, Matcher, Settings, cast};
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;

const OPERATIONS: usize = 16;

const PRINCIPALS: [(&str, &str); 7] = [
    ("user", cast::ALICE),
    ("user", cast::BOB),
    ("user", cast::CAROL),
    ("user", cast::ERIN),
    ("user", cast::FRANK),
    ("service-principal", cast::BUILD_ROBOT),
    ("group", cast::FINANCE_LEADS),
];

const GROUPS: [&str; 9] = [
    cast::FINANCE,
    cast::FINANCE_LEADS,
    cast::ENGINEERING,
    cast::PLATFORM,
    cast::EMPTY_ROOM,
    cast::PROJECT_PHOENIX,
    cast::ALL_STAFF,
    cast::WAREHOUSE,
    cast::CIRCLE_A,
];

/// One role at two scopes, as selectors have them.
fn roles() -> [String; 2] {
    let role = format!("role:id={}", cast::GROUPS_ADMINISTRATOR);
    [role.clone(), format!("{role}@au:id={}", cast::UNIT_EMEA)]
}

/// (group or role, right, principal)
type Links = BTreeSet<(String, &'static str, String)>;

/// What the tenant shows, without asking the service.
fn truth(world: &World) -> Links {
    let tenant = world.simulator.tenant();
    let mut links = Links::new();
    for group in GROUPS {
        let on = format!("group:id={group}");
        links.extend(tenant.members(group).into_iter().map(|id| (on.clone(), "member", id)));
        links.extend(tenant.owners(group).into_iter().map(|id| (on.clone(), "owner", id)));
    }
    let [everywhere, in_emea] = roles();
    let held = tenant.role_assignments().into_iter();
    links.extend(held.filter(|one| one.role == cast::GROUPS_ADMINISTRATOR).map(|one| {
        let on = if one.scope == "/" { &everywhere } else { &in_emea };
        (on.clone(), "assigned", one.principal)
    }));
    links
}

/// The model: it knows only what the host said.
struct Model {
    links: Links,
    /// Whether "already" is certain: with replication lag, a settled answer may not know.
    knows_already: bool,
}

impl Model {
    fn tell(&mut self, link: (String, &'static str, String), outcome: OutcomeKind) {
        let was_there = self.links.contains(&link);
        let expect_there = match outcome {
            OutcomeKind::Granted | OutcomeKind::AlreadyRevoked => false,
            OutcomeKind::AlreadyGranted | OutcomeKind::Revoked => true,
            OutcomeKind::NotApplied => was_there,
            other => panic!("{other:?} is no end"),
        };
        if self.knows_already {
            assert_eq!(was_there, expect_there, "{outcome:?} of {link:?}");
        }
        match outcome {
            OutcomeKind::Granted | OutcomeKind::AlreadyGranted => {
                self.links.insert(link);
            }
            OutcomeKind::Revoked | OutcomeKind::AlreadyRevoked => {
                self.links.remove(&link);
            }
            _ => {}
        }
    }

    /// What a settled journal entry tells.
    fn tell_entry(&mut self, link: (String, &'static str, String), entry: &JournalEntry) {
        assert_eq!(entry.state, JournalState::Settled, "{entry:?}");
        let settlement = entry.settlement.as_ref().unwrap();
        if let Some(outcome) = &settlement.outcome {
            self.tell(link, outcome.kind);
        }
    }
}

fn fault(random: &SeededRandom) -> Fault {
    let what = match random.below(13) {
        0 => Answer::Throttle { retry_after: Some("7".to_owned()) },
        1 => Answer::Throttle { retry_after: Some("2.128".to_owned()) },
        2 => Answer::Throttle { retry_after: None },
        3 => Answer::EmptyBody { status: 503 },
        4 => Answer::Html { status: 502 },
        5 => Answer::AppliedThen { status: 504 },
        6 => Answer::ResetBefore,
        7 => Answer::ResetAfter,
        8 => Answer::NoAnswer,
        9 => Answer::AppliedNoAnswer,
        10 => Answer::TruncatedBody,
        11 => Answer::Unauthorized,
        _ => Answer::Html { status: 200 },
    };
    let method =
        [None, Some(http::Method::GET), Some(http::Method::POST), Some(http::Method::DELETE)];
    let method = random.pick(&method).clone();
    // A write has few requests to hit, a read many.
    let skip =
        if method.is_none() || method == Some(http::Method::GET) { random.below(6) } else { 0 };
    let path = if random.below(6) == 0 { "/token" } else { "/v1.0/" };
    let when =
        Matcher { method, path_contains: Some(path.to_owned()), skip, times: 1 + random.below(3) };
    Fault { when, what }
}

fn allow_role(policy: &mut Policy) {
    let role = ObjectRef::new("role", cast::GROUPS_ADMINISTRATOR);
    policy.allow(role, "Groups Administrator");
}

/// One seed's life; gives its trace.
async fn live(seed: u64) -> Vec<String> {
    let random = SeededRandom::new(seed);
    let lag = (random.below(3) == 0).then(Lag::default);
    let settings = Settings {
        seed,
        lag,
        latency: Latency { least: Duration::from_millis(20), most: Duration::from_millis(400) },
        permute_links: true,
        ..Settings::default()
    };
    let world = World::new(seed, settings);
    let mut model = Model { links: truth(&world), knows_already: lag.is_none() };
    let mut trace = Vec::new();
    world.open().change_policy(allow_role).unwrap();
    let mut target = (PRINCIPALS[0], format!("group:id={}", GROUPS[0]), "member");
    for number in 0..OPERATIONS {
        let verb = *random.pick(&[Verb::Grant, Verb::Revoke]);
        // Often the same again at once: that is where stale replicas mislead.
        if random.below(3) > 0 {
            let right = *random.pick(&["member", "member", "owner", "assigned"]);
            let on = match right {
                "assigned" => random.pick(&roles()).clone(),
                _ => format!("group:id={}", random.pick(&GROUPS)),
            };
            target = (*random.pick(&PRINCIPALS), on, right);
        }
        let ((kind, principal), on, right) = target.clone();
        if random.below(2) == 0 {
            world.simulator.inject(fault(&random));
        }
        let crash = Arc::new(Crash::default());
        let host = world.start(&crash);
        let opened = host.open(&host.select(None).unwrap()).unwrap();
        if random.below(3) == 0 {
            crash.after(1 + random.below(30));
        }
        let known: BTreeSet<String> = ids(&world);
        let asked = request(verb, &format!("{kind}:id={principal}"), &on, right);
        let asked = ChangeRequest { permanent: true, allow_tier0: true, ..asked };
        let result = tokio::select! {
            biased;
            () = crash.died() => None,
            result = opened.change(asked) => (!crash.is_dead()).then_some(result),
        };
        drop((opened, host));
        // A crash clears nothing at the provider; faults end so that looking can succeed at last.
        world.simulator.clear_faults();
        settle_all(&world).await;
        let link = (on, right, principal.to_owned());
        let entry = new_entry(&world, &known);
        let said = match &result {
            None => "crashed".to_owned(),
            Some(Ok(report)) => report.outcome.as_ref().unwrap().kind.label().to_owned(),
            Some(Err(error)) => error.reason.clone(),
        };
        let line = format!("{seed}#{number} {verb:?} {link:?} -> {said}; journal {entry:?}");
        if let (Some(Ok(report)), Some(entry)) = (&result, &entry) {
            let said = report.outcome.as_ref().unwrap().kind;
            let kept = entry.settlement.as_ref().unwrap().outcome.as_ref().unwrap().kind;
            assert!(said == kept || !said.is_final(), "the journal tells another story: {line}");
        }
        if let Some(entry) = &entry {
            model.tell_entry(link, entry);
        } else if let Some(Ok(report)) = &result {
            // A role that no replica shows cannot be taken: nothing is sent.
            let said = report.outcome.as_ref().unwrap().kind;
            let sends_nothing = right == "assigned" && said == OutcomeKind::AlreadyRevoked;
            assert!(sends_nothing, "a change without a journal entry: {line}");
            model.tell(link, said);
        }
        assert_eq!(model.links, truth(&world), "{line}");
        trace.push(line);
    }
    trace.extend(world.simulator.trace().iter().map(|entry| format!("{entry:?}")));
    trace
}

fn ids(world: &World) -> BTreeSet<String> {
    let host = world.start(&Arc::default());
    host.store().journal(None, 1000).unwrap().into_iter().map(|entry| entry.id).collect()
}

fn new_entry(world: &World, known: &BTreeSet<String>) -> Option<JournalEntry> {
    let host = world.start(&Arc::default());
    let mut entries = host.store().journal(None, 1000).unwrap();
    entries.retain(|entry| !known.contains(&entry.id));
    assert!(entries.len() <= 1, "one change, one entry: {entries:?}");
    entries.pop()
}

/// What later commands do: each settles what it can.
async fn settle_all(world: &World) {
    let mut settled = Vec::new();
    for _ in 0..20 {
        let opened = world.open();
        settled = opened.settle().await.unwrap();
        if settled.iter().all(|entry| entry.state == JournalState::Settled) {
            return;
        }
        tokio::time::sleep(Duration::from_secs(30)).await;
    }
    panic!("an entry stays open for ten minutes: {settled:?}");
}

fn run(seed: u64) -> Vec<String> {
    // No I/O driver: a stray socket panics.
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build();
    runtime.unwrap().block_on(live(seed))
}

fn seeds() -> Range<u64> {
    let Ok(text) = std::env::var("DOORWARD_SEEDS") else { return 0..60 };
    let (first, last) = text.split_once("..").unwrap_or((&text, ""));
    let first: u64 = first.parse().unwrap();
    first..last.parse().unwrap_or(first + 1)
}

#[test]
fn what_the_host_says_happened_is_what_the_tenant_shows() {
    let mut said: BTreeMap<String, usize> = BTreeMap::new();
    for seed in seeds() {
        eprintln!("seed {seed}");
        let first = run(seed);
        assert_eq!(first, run(seed), "seed {seed} gives two traces");
        for line in &first {
            if let Some((_, rest)) = line.split_once(" -> ") {
                let outcome = rest.split(';').next().unwrap_or_default();
                *said.entry(outcome.to_owned()).or_default() += 1;
            }
        }
    }
    eprintln!("{said:#?}");
    if seeds() == (0..60) {
        for outcome in
            ["Granted", "AlreadyGranted", "Revoked", "AlreadyRevoked", "crashed", "not-applied"]
        {
            assert!(said.contains_key(outcome), "the seeds never gave {outcome}: {said:?}");
        }
    }
}
