//! A sync of a simulated tenant gives exactly the tenant's truth, or says what is missing.
#![cfg(test)]

use doorward_core::{ErrorKind, Result};
use doorward_host::{Progress, Snapshot};
use doorward_tests::parts::SeededRandom;
use doorward_tests::world::World;
use entra_sim::{
    Answer, Fault, Held, Kind, Lag, Latency, Matcher, RetryAfter, Settings, Size, Throttling, cast,
};
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;
use tokio::time::Instant;

/// Who holds what, by which right, within what: of every kind, with `/` for everywhere.
type Link = [String; 5];

async fn sync(world: &World) -> Result<Snapshot> {
    world.open().sync(&|_: &Progress| {}).await
}

/// Who is in and owns what and who holds which role where, without asking the service.
fn truth(world: &World) -> BTreeSet<Link> {
    let held = world.simulator.tenant().access();
    held.into_iter().map(of_tenant).collect()
}

fn of_tenant(held: Held) -> Link {
    let kind = match held.kind {
        Kind::ServicePrincipal => "service-principal",
        Kind::OrgContact => "contact",
        kind => kind.type_name(),
    };
    let right = match held.by {
        "members" => "member",
        "owners" => "owner",
        _ => "assigned",
    };
    let scope = held.scope.unwrap_or_else(|| "/".to_owned());
    [kind.to_owned(), held.who, right.to_owned(), held.on, scope]
}

fn seen(snapshot: &Snapshot) -> BTreeSet<Link> {
    let links = snapshot.grants.iter().map(|grant| {
        let key = grant.key.clone();
        let scope = match key.scope {
            None => "/".to_owned(),
            Some(unit) if unit.kind == "au" => format!("/administrativeUnits/{}", unit.id),
            Some(application) => format!("/{}", application.id),
        };
        [key.principal.kind, key.principal.id, key.entitlement, key.resource.id, scope]
    });
    let links: Vec<Link> = links.collect();
    let distinct: BTreeSet<Link> = links.iter().cloned().collect();
    assert_eq!(links.len(), distinct.len(), "a grant is told twice");
    distinct
}

fn ids(snapshot: &Snapshot, kind: &str) -> BTreeSet<String> {
    let accounts = snapshot.accounts.iter().map(|account| &account.key);
    let keys = accounts.chain(snapshot.resources.iter().map(|resource| &resource.key));
    keys.filter(|key| key.kind == kind).map(|key| key.id.clone()).collect()
}

fn existing(world: &World, kind: Kind) -> BTreeSet<String> {
    world.simulator.tenant().ids(kind).into_iter().collect()
}

/// The cast's hidden group is not shown with the guide's permissions; with this one it is.
fn show_hidden(world: &World) {
    let mut tenant = world.simulator.tenant();
    let mut roles = tenant.app_roles().to_vec();
    roles.extend(["Member.Read.Hidden", "Application.Read.All"].map(str::to_owned));
    tenant.set_app_roles(roles);
}

/// The same role everywhere, in a unit and at an application; one also for a group.
fn give_roles(world: &World) {
    let mut tenant = world.simulator.tenant();
    let unit = format!("/administrativeUnits/{}", cast::UNIT_EMEA);
    let application = format!("/{}", cast::APPLICATION_OBJECT_ID);
    for (role, principal, scope) in [
        (cast::APPLICATION_ADMINISTRATOR, cast::BOB, "/"),
        (cast::APPLICATION_ADMINISTRATOR, cast::BOB, application.as_str()),
        (cast::USER_ADMINISTRATOR, cast::BOB, unit.as_str()),
        (cast::USER_ADMINISTRATOR, cast::CAROL, "/"),
        (cast::GROUPS_ADMINISTRATOR, cast::TIER_0_OPERATORS, "/"),
    ] {
        assert!(tenant.assign_role_at(role, principal, scope).is_some(), "{role} {scope}");
    }
}

/// Nobody owns a generated group but users.
fn let_services_own(world: &World) {
    let mut tenant = world.simulator.tenant();
    let (groups, services) = (tenant.ids(Kind::Group), tenant.ids(Kind::ServicePrincipal));
    for (group, service) in groups.iter().step_by(7).zip(services.iter().cycle()) {
        tenant.add_owner(group, service);
    }
}

fn holds_exactly(snapshot: &Snapshot, world: &World) {
    let (seen, truth) = (seen(snapshot), truth(world));
    let lacks: Vec<_> = truth.difference(&seen).take(3).collect();
    let invents: Vec<_> = seen.difference(&truth).take(3).collect();
    assert!(lacks.is_empty() && invents.is_empty(), "lacks {lacks:?}, invents {invents:?}");
    assert_eq!(ids(snapshot, "user"), existing(world, Kind::User));
    assert_eq!(ids(snapshot, "group"), existing(world, Kind::Group));
    assert_eq!(ids(snapshot, "service-principal"), existing(world, Kind::ServicePrincipal));
}

/// Within the quotas that facts §6 tell of a tenant of this size. Answers come at once, so that a
/// sync asks for more in an instant than Microsoft gives in ten seconds.
#[tokio::test(start_paused = true)]
async fn a_tenant_of_20_000_users_and_5_000_groups_is_read_exactly_within_the_quotas() {
    let settings = Settings {
        throttling: Some(Throttling::default()),
        trace_capacity: 1_000_000,
        ..Settings::default()
    };
    let world = World::with_size(
        Size { users: 20_000, groups: 5_000, seed: 3, ..Size::default() },
        settings,
    );
    show_hidden(&world);
    give_roles(&world);
    let_services_own(&world);
    let snapshot = sync(&world).await.unwrap();
    let ledger = &snapshot.ledger;
    assert!(ledger.is_complete(), "{ledger:?}");
    holds_exactly(&snapshot, &world);
    let scoped = snapshot.grants.iter().filter(|grant| grant.key.scope.is_some());
    assert!(scoped.count() >= 2, "roles within a unit and at an application");
    let mut kinds = BTreeMap::<&str, usize>::new();
    for grant in snapshot.grants.iter().filter(|grant| grant.key.entitlement == "member") {
        *kinds.entry(&grant.key.principal.kind).or_default() += 1;
    }
    assert!(kinds.values().sum::<usize>() >= 100_000, "{kinds:?}");
    for kind in ["contact", "device", "group", "service-principal", "user"] {
        assert!(kinds.get(kind).is_some_and(|number| *number >= 100), "{kind}: {kinds:?}");
    }
    assert_eq!(ledger.expected["user"], ledger.received["user"]);

    let trace = world.simulator.trace();
    let (refused, answered): (Vec<_>, Vec<_>) = trace.iter().partition(|one| one.status == 429);
    assert!(!refused.is_empty(), "the quotas were never used up");
    // What was counted and looked up beside the pages is not in the ledger.
    let cost: f64 = answered.iter().map(|one| f64::from(one.resource_units)).sum();
    println!("{} requests, {cost} resource units, {} refused", answered.len(), refused.len());
    assert!(ledger.cost <= cost && ledger.cost > cost - 20.0, "{} of {cost}", ledger.cost);
}

#[tokio::test(start_paused = true)]
async fn what_is_not_shown_is_said() {
    let world = World::new(1, Settings::default());
    let snapshot = sync(&world).await.unwrap();
    assert!(!snapshot.ledger.is_complete());
    let hidden = snapshot.ledger.skipped.iter().find(|gap| gap.code == "hidden-membership");
    assert_eq!(hidden.unwrap().object.as_ref().unwrap().id, cast::WORKS_COUNCIL);
    world.simulator.tenant().set_app_roles(["User.Read.All", "GroupMember.Read.All"]);
    let snapshot = sync(&world).await.unwrap();
    let gap = snapshot.ledger.skipped.iter().find(|gap| gap.code == "missing-permission");
    let gap = gap.unwrap_or_else(|| panic!("{:?}", snapshot.ledger.skipped));
    assert_eq!(gap.attributes["stream"], "service-principals");
    assert!(!ids(&snapshot, "user").is_empty());
}

/// However small the quota is: the truth, or an error that names the quota, and the last result.
#[tokio::test(start_paused = true)]
async fn with_any_quota_it_is_the_truth_or_it_is_not_told() {
    let (mut exact, mut refused) = (0, 0);
    for retry_after in [RetryAfter::Seconds, RetryAfter::Fraction, RetryAfter::Absent] {
        for (seed, units) in (1..).zip([1, 3, 8, 20, 50, 200]) {
            let what = format!("{units} units, {retry_after:?}, seed {seed}");
            let size = Size { users: 60, groups: 40, seed, ..Size::default() };
            let world = World::with_size(size, Settings { seed, ..Settings::default() });
            show_hidden(&world);
            let before = sync(&world).await.unwrap();
            world.simulator.clear_trace();
            let throttling = Some(Throttling {
                resource_units: Some(units),
                retry_after,
                ..Throttling::default()
            });
            world.simulator.change_settings(|settings| settings.throttling = throttling);
            let started = Instant::now();
            let result = sync(&world).await;
            assert!(started.elapsed() < Duration::from_secs(3_600), "{what}: it ends");
            assert!(world.simulator.trace().iter().any(|one| one.status == 429), "{what}");
            match result {
                Ok(snapshot) => {
                    exact += 1;
                    assert!(snapshot.ledger.is_complete(), "{what}: {:?}", snapshot.ledger);
                    holds_exactly(&snapshot, &world);
                }
                Err(error) => {
                    refused += 1;
                    assert_eq!(error.kind, ErrorKind::RateLimited, "{what}: {error:?}");
                    assert!(error.remedy.is_some(), "{what}: {error:?}");
                    assert_eq!(error.attributes["lastSync"], "stays", "{what}");
                    assert_eq!(world.open().last_sync().unwrap(), before, "{what}");
                }
            }
        }
    }
    assert!(exact > 3 && refused > 3, "{exact} were read, {refused} were not");
}

fn fault(random: &SeededRandom) -> Fault {
    let what = match random.below(9) {
        0 => Answer::Throttle { retry_after: Some("7".to_owned()) },
        1 => Answer::Throttle { retry_after: None },
        2 => Answer::EmptyBody { status: 503 },
        3 => Answer::Html { status: 502 },
        4 => Answer::ResetBefore,
        5 => Answer::NoAnswer,
        6 => Answer::TruncatedBody,
        7 => Answer::Unauthorized,
        _ => Answer::Html { status: 200 },
    };
    let when = Matcher {
        method: None,
        path_contains: Some("/v1.0/".to_owned()),
        skip: random.below(60),
        times: 1 + random.below(4),
    };
    Fault { when, what }
}

/// Faults at random pages: the truth, or an error and the last result, or the gap named.
#[tokio::test(start_paused = true)]
async fn with_faults_it_is_the_truth_or_it_is_not_told() {
    let mut exact = 0;
    for seed in 0..30 {
        let random = SeededRandom::new(seed);
        let latency =
            Latency { least: Duration::from_millis(20), most: Duration::from_millis(400) };
        let settings = Settings { seed, latency, permute_links: true, ..Settings::default() };
        let world =
            World::with_size(Size { users: 60, groups: 40, seed, ..Size::default() }, settings);
        show_hidden(&world);
        let_services_own(&world);
        for _ in 0..1 + random.below(5) {
            world.simulator.inject(fault(&random));
        }
        match sync(&world).await {
            Ok(snapshot) if snapshot.ledger.is_complete() => {
                holds_exactly(&snapshot, &world);
                exact += 1;
            }
            Ok(snapshot) => panic!("seed {seed}: no gap was caused: {:?}", snapshot.ledger),
            Err(error) => assert!(
                matches!(error.reason.as_str(), "unexpected-answer" | "token-rejected"),
                "seed {seed}: {error:?}"
            ),
        }
    }
    assert!(exact > 15, "only {exact} of 30 were read");
}

/// While a sync runs, people come, go, join and leave: what did not change is told exactly, and
/// nothing is told that never was.
#[tokio::test(start_paused = true)]
async fn a_tenant_that_changes_meanwhile_is_never_told_wrong() {
    for seed in 0..10 {
        let latency =
            Latency { least: Duration::from_millis(20), most: Duration::from_millis(200) };
        let lag = (seed % 2 == 0).then(Lag::default);
        let settings = Settings { seed, latency, lag, ..Settings::default() };
        let world =
            World::with_size(Size { users: 80, groups: 60, seed, ..Size::default() }, settings);
        show_hidden(&world);
        let before = truth(&world);
        let random = SeededRandom::new(seed);
        let opened = world.open();
        let nothing = |_: &Progress| {};
        let sync = opened.sync(&nothing);
        tokio::pin!(sync);
        let mut ever = before.clone();
        let mut always = before;
        let snapshot = loop {
            tokio::select! {
                biased;
                snapshot = &mut sync => break snapshot.unwrap(),
                () = tokio::time::sleep(Duration::from_millis(150)) => change(&world, &random),
            }
            let now = truth(&world);
            ever.extend(now.iter().cloned());
            always.retain(|link| now.contains(link));
        };
        let seen = seen(&snapshot);
        let invents: Vec<_> = seen.difference(&ever).take(3).collect();
        assert!(invents.is_empty(), "seed {seed}: never was: {invents:?}");
        let skipped: BTreeSet<&str> = snapshot
            .ledger
            .skipped
            .iter()
            .filter_map(|gap| gap.object.as_ref())
            .map(|key| key.id.as_str())
            .collect();
        let listed: BTreeSet<&str> =
            snapshot.resources.iter().map(|resource| resource.key.id.as_str()).collect();
        let lacks: Vec<_> = always
            .difference(&seen)
            .filter(|[_, _, _, on, _]| {
                listed.contains(on.as_str()) && !skipped.contains(on.as_str())
            })
            .collect();
        assert!(lacks.is_empty(), "seed {seed}: was there all the time: {lacks:?}");
    }
}

fn change(world: &World, random: &SeededRandom) {
    let mut tenant = world.simulator.tenant();
    let (users, groups) = (tenant.ids(Kind::User), tenant.ids(Kind::Group));
    let (user, group) = (random.pick(&users).clone(), random.pick(&groups).clone());
    match random.below(6) {
        0 => drop(tenant.add_user("New Person", &format!("new{}@contoso.com", users.len()))),
        1 => drop(tenant.add_group("New Group", entra_sim::GroupKind::Security)),
        2 if !group.starts_with("60000000") => drop(tenant.soft_delete(&group)),
        3 => drop(tenant.remove_member(&group, &user)),
        _ => drop(tenant.add_member(&group, &user)),
    }
}
