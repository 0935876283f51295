//! Roles that are given and taken while replicas lag (facts §9: up to 20 s): what is said is what
//! the tenant shows. Taking a role needs its assignment's id, which only a read tells.
#![cfg(test)]

use doorward_core::{ObjectRef, OutcomeKind, Result};
use doorward_host::{ChangeReport, ChangeRequest, Policy, Verb};
use doorward_tests::world::{World, request};
use entra_sim::{Lag, Latency, Settings, cast};
use std::time::Duration;

const SEEDS: std::ops::Range<u64> = 0..20;

async fn world(seed: u64) -> World {
    eprintln!("seed {seed}");
    let latency = Latency { least: Duration::from_millis(50), most: Duration::from_millis(50) };
    let settings = Settings { seed, lag: Some(Lag::default()), latency, ..Settings::default() };
    let world = World::new(seed, settings);
    let role = ObjectRef::new("role", cast::USER_ADMINISTRATOR);
    let list = |policy: &mut Policy| {
        policy.allow(role.clone(), "User Administrator");
    };
    world.open().change_policy(list).unwrap();
    wait(60).await;
    world
}

async fn wait(seconds: u64) {
    tokio::time::sleep(Duration::from_secs(seconds)).await;
}

async fn change(world: &World, verb: Verb) -> Result<ChangeReport> {
    let on = "role:\"user administrator\"@au:EMEA";
    let asked = request(verb, "bob@contoso.com", on, "assigned");
    let asked = ChangeRequest { permanent: true, allow_tier0: true, ..asked };
    world.open().change(asked).await
}

fn kind(report: &ChangeReport) -> OutcomeKind {
    report.outcome.as_ref().unwrap().kind
}

fn scope() -> String {
    format!("/administrativeUnits/{}", cast::UNIT_EMEA)
}

fn is_held(world: &World) -> bool {
    let held = world.simulator.tenant().role_assignments();
    held.iter().any(|one| {
        (one.role.as_str(), one.principal.as_str(), one.scope.as_str())
            == (cast::USER_ADMINISTRATOR, cast::BOB, scope().as_str())
    })
}

/// The journal says that it was given seconds ago: no read that misses it is believed.
#[tokio::test(start_paused = true)]
async fn a_role_that_we_gave_moments_ago_is_taken() {
    for seed in SEEDS {
        let world = world(seed).await;
        assert_eq!(kind(&change(&world, Verb::Grant).await.unwrap()), OutcomeKind::Granted);
        wait(1 + seed % 5).await;
        let report = change(&world, Verb::Revoke).await.unwrap();
        assert_eq!((kind(&report), is_held(&world)), (OutcomeKind::Revoked, false), "{report:?}");
        assert!(report.journal.is_some());
    }
}

/// What the read before has shown is not said to be missing because the next replica lags. When
/// neither showed it, a later look may: then it is told as what remains.
#[tokio::test(start_paused = true)]
async fn a_role_that_was_seen_before_is_taken() {
    let (mut seen, mut remains) = (0, 0);
    for seed in SEEDS {
        let world = world(seed).await;
        let given =
            world.simulator.tenant().assign_role_at(cast::USER_ADMINISTRATOR, cast::BOB, &scope());
        assert!(given.is_some());
        wait(8).await;
        let report = change(&world, Verb::Revoke).await.unwrap();
        if report.prior.is_some() {
            seen += 1;
            assert_eq!((kind(&report), is_held(&world)), (OutcomeKind::Revoked, false));
        } else if is_held(&world) {
            remains += report.remaining.len();
        }
    }
    assert!(seen > 5, "only {seen} reads showed the role");
    assert!(remains > 0, "no look showed what remains");
}

/// Somebody else took it: every replica says so in the end, and then so do we.
#[tokio::test(start_paused = true)]
async fn a_role_that_somebody_else_took_moments_ago_was_not_held() {
    for seed in SEEDS {
        let world = world(seed).await;
        change(&world, Verb::Grant).await.unwrap();
        wait(30).await;
        let (role, who) = (cast::USER_ADMINISTRATOR, cast::BOB);
        assert!(world.simulator.tenant().remove_role(role, who, &scope()));
        wait(1 + seed % 5).await;
        let report = change(&world, Verb::Revoke).await.unwrap();
        assert_eq!(kind(&report), OutcomeKind::AlreadyRevoked);
        assert!(report.by_looking && report.is_doubted(), "{report:?}");
        assert!(report.remaining.is_empty(), "{report:?}");
    }
}

/// A replica that lags may still show what we took moments ago; that is no way that remains.
#[tokio::test(start_paused = true)]
async fn a_role_that_we_took_moments_ago_does_not_remain() {
    for seed in SEEDS {
        let world = world(seed).await;
        change(&world, Verb::Grant).await.unwrap();
        wait(30).await;
        assert_eq!(kind(&change(&world, Verb::Revoke).await.unwrap()), OutcomeKind::Revoked);
        wait(1 + seed % 5).await;
        let report = change(&world, Verb::Revoke).await.unwrap();
        assert_eq!(kind(&report), OutcomeKind::AlreadyRevoked);
        assert!(report.remaining.is_empty(), "{report:?}");
    }
}
