//! A sync of a simulated tenant gives exactly the tenant's truth, or says what is missing.
#![cfg(test)]

use doorward_core::Result;
use doorward_host::{Progress, Snapshot};
use doorward_tests::parts::SeededRandom;
use doorward_tests::world::World;
use entra_sim::{Answer, Fault, Kind, Lag, Latency, Matcher, Settings, Size, cast};
use std::collections::BTreeSet;
use std::time::Duration;

type Link = (String, &'static str, String);

async fn sync(world: &World) -> Result<Snapshot> {
    world.open().sync(&|_: &Progress| {}).await
}

/// Who is in and owns what, without asking the service.
fn truth(world: &World) -> BTreeSet<Link> {
    let tenant = world.simulator.tenant();
    let mut links = BTreeSet::new();
    for group in tenant.ids(Kind::Group) {
        links.extend(tenant.members(&group).into_iter().map(|id| (group.clone(), "member", id)));
        links.extend(tenant.owners(&group).into_iter().map(|id| (group.clone(), "owner", id)));
    }
    links
}

fn seen(snapshot: &Snapshot) -> BTreeSet<Link> {
    let of_groups = snapshot.grants.iter().filter(|grant| grant.key.resource.kind == "group");
    of_groups
        .map(|grant| {
            let right = if grant.key.entitlement == "owner" { "owner" } else { "member" };
            (grant.key.resource.id.clone(), right, grant.key.principal.id.clone())
        })
        .collect()
}

/// Who holds which role where, as the service writes scopes.
fn roles_seen(snapshot: &Snapshot) -> BTreeSet<[String; 3]> {
    let of_roles = snapshot.grants.iter().filter(|grant| grant.key.resource.kind == "role");
    of_roles
        .map(|grant| {
            let key = &grant.key;
            let scope = match &key.scope {
                None => "/".to_owned(),
                Some(scope) if scope.kind == "au" => format!("/administrativeUnits/{}", scope.id),
                Some(scope) => format!("/{}", scope.id),
            };
            [key.resource.id.clone(), key.principal.id.clone(), scope]
        })
        .collect()
}

fn roles_held(world: &World) -> BTreeSet<[String; 3]> {
    let held = world.simulator.tenant().role_assignments();
    held.into_iter().map(|one| [one.role, one.principal, one.scope]).collect()
}

fn ids(snapshot: &Snapshot, kind: &str) -> BTreeSet<String> {
    let accounts = snapshot.accounts.iter().map(|account| &account.key);
    let keys = accounts.chain(snapshot.resources.iter().map(|resource| &resource.key));
    keys.filter(|key| key.kind == kind).map(|key| key.id.clone()).collect()
}

fn of_tenant(world: &World, kind: Kind) -> BTreeSet<String> {
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

fn holds_exactly(snapshot: &Snapshot, world: &World) {
    let (seen, truth) = (seen(snapshot), truth(world));
    let lacks: Vec<_> = truth.difference(&seen).take(3).collect();
    let invents: Vec<_> = seen.difference(&truth).take(3).collect();
    assert!(lacks.is_empty() && invents.is_empty(), "lacks {lacks:?}, invents {invents:?}");
    assert_eq!(roles_seen(snapshot), roles_held(world));
    assert_eq!(ids(snapshot, "user"), of_tenant(world, Kind::User));
    assert_eq!(ids(snapshot, "group"), of_tenant(world, Kind::Group));
    assert_eq!(ids(snapshot, "service-principal"), of_tenant(world, Kind::ServicePrincipal));
}

#[tokio::test(start_paused = true)]
async fn a_tenant_of_20_000_users_and_5_000_groups_is_read_exactly() {
    let world =
        World::with_size(Size { users: 20_000, groups: 5_000, seed: 3 }, Settings::default());
    show_hidden(&world);
    give_roles(&world);
    let snapshot = sync(&world).await.unwrap();
    assert!(snapshot.ledger.is_complete(), "{:?}", snapshot.ledger);
    holds_exactly(&snapshot, &world);
    assert!(roles_seen(&snapshot).len() > 4, "{:?}", roles_seen(&snapshot));
    assert!(snapshot.grants.len() >= 50_000, "{}", snapshot.grants.len());
    let kinds: BTreeSet<&str> =
        snapshot.grants.iter().map(|grant| grant.key.principal.kind.as_str()).collect();
    let expect = ["contact", "device", "group", "service-principal", "user"];
    assert_eq!(kinds, BTreeSet::from(expect));
    assert_eq!(snapshot.ledger.expected["user"], snapshot.ledger.received["user"]);
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
        let world = World::with_size(Size { users: 60, groups: 40, seed }, settings);
        show_hidden(&world);
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
        let world = World::with_size(Size { users: 80, groups: 60, seed }, settings);
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
        let listed = ids(&snapshot, "group");
        let lacks: Vec<_> = always
            .difference(&seen)
            .filter(|(group, _, _)| listed.contains(group) && !skipped.contains(group.as_str()))
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
