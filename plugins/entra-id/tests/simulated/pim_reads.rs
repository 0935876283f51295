//! Who holds a role until when, and who may activate it (facts §3.5, §9).

use doorward_core::{Answer, ErrorKind, GrantKey, GrantKind, ObjectRef, Query, Record, Timestamp};
use entra_sim::{Answer as Fault, Lag, Privilege, Settings, Size, cast};
use jiff::SignedDuration;
use std::time::Duration;

use crate::role_sync::stream;
use crate::world::{World, assigned, gaps, grants, group, names, role, unit, user};

const ROLE: &str = cast::USER_ADMINISTRATOR;
const UNTIL: &str = "2026-11-23T16:00:00Z";

fn until() -> Timestamp {
    UNTIL.parse().unwrap()
}

fn on() -> Privilege {
    Privilege::role(ROLE)
}

fn eligible(key: GrantKey) -> GrantKey {
    GrantKey { kind: GrantKind::Eligible, ..key }
}

/// Grace holds the role for good, Frank until four, Carol through PIM for good; Bob is eligible and has
/// activated it for an hour; Ines is eligible in EMEA until four, and so is a group, with Alice in it.
fn staffed(settings: Settings) -> World {
    let world = World::with(&Size::default(), settings);
    {
        let mut tenant = world.simulator.tenant();
        tenant.assign_role(ROLE, cast::GRACE, None);
        tenant.make_active(&on(), cast::FRANK, Some(until())).unwrap();
        tenant.make_active(&on(), cast::CAROL, None).unwrap();
        tenant.make_eligible(&on(), cast::BOB, None).unwrap();
        tenant.activate_eligible(&on(), cast::BOB, SignedDuration::from_hours(1)).unwrap();
        let emea = Privilege::role_at(ROLE, &format!("/administrativeUnits/{}", cast::UNIT_EMEA));
        tenant.make_eligible(&emea, cast::INES, Some(until())).unwrap();
        tenant.make_eligible(&emea, cast::TIER_0_OPERATORS, None).unwrap();
    }
    world
}

/// As `user Bob Berg active Activated 08:00-09:00`.
fn told(world: &World, records: &[Record]) -> Vec<String> {
    let name = |key: &ObjectRef| {
        let tenant = world.simulator.tenant();
        tenant.display_name(&key.id).unwrap_or(&key.id).to_owned()
    };
    let time = |time: Timestamp| time.to_string().get(11..16).unwrap().to_owned();
    let line = |record: &Record| {
        let Record::Grant(grant) = record else { return None };
        if grant.key.resource != role(ROLE) {
            return None;
        }
        assert!(grant.provider_id.is_some());
        let mut line = format!("{} {:?}", name(&grant.key.principal), grant.key.kind);
        if let Some(scope) = &grant.key.scope {
            line += &format!(" @{}", name(scope));
        }
        if let Some(via) = &grant.via {
            line += &format!(" via {}", name(via));
        }
        for (name, value) in &grant.attributes {
            line += &format!(
                " {name}={}",
                value.as_str().map_or_else(|| value.to_string(), str::to_owned)
            );
        }
        if grant.starts.is_some() || grant.ends.is_some() {
            let (starts, ends) = (grant.starts.map(time), grant.ends.map(time));
            line += &format!(" {}-{}", starts.unwrap_or_default(), ends.unwrap_or_default());
        }
        Some(line)
    };
    let mut told: Vec<String> = records.iter().filter_map(line).collect();
    told.sort();
    told
}

async fn holders(world: &World) -> Answer {
    world.read(Query::Holders { resource: role(ROLE), entitlement: None }).await
}

async fn holdings(world: &World, who: &str) -> Answer {
    world.read(Query::Holdings { principal: user(who) }).await
}

const STAFF: [&str; 7] = [
    "Bob Berg Active assignmentType=Activated memberType=Direct 08:00-09:00",
    "Bob Berg Eligible memberType=Direct 08:00-",
    "Carol Cruz Active assignmentType=Assigned memberType=Direct 08:00-",
    "Frank Ferro Active assignmentType=Assigned memberType=Direct 08:00-16:00",
    "Grace Gold Active",
    "Ines Ivers Eligible @EMEA memberType=Direct 08:00-16:00",
    "Tier 0 Operators Eligible @EMEA memberType=Direct 08:00-",
];

#[tokio::test(start_paused = true)]
async fn holders_are_told_with_kind_start_end_and_how() {
    for page in [100, 1] {
        let world = staffed(Settings { role_assignment_page: page, ..Settings::default() });
        let answer = holders(&world).await;
        assert_eq!(told(&world, &answer.records), STAFF);
        assert!(gaps(&answer).is_empty());
        for name in ["user Ines Ivers", "user Bob Berg", "group Tier 0 Operators", "au EMEA"] {
            assert_eq!(names(&answer).iter().filter(|one| *one == name).count(), 1, "{name}");
        }
        // The sync says the same, with and without lists of everything.
        for unfiltered in [true, false] {
            let change =
                |settings: &mut Settings| settings.unfiltered_role_assignments = unfiltered;
            world.simulator.change_settings(change);
            let synced = stream(&world, "roles").await.unwrap();
            assert_eq!(told(&world, &synced), STAFF, "{unfiltered}");
            assert!(!synced.iter().any(|record| matches!(record, Record::Skipped(_))));
        }
    }
}

#[tokio::test(start_paused = true)]
async fn what_was_made_without_pim_is_told_as_ever() {
    let world = World::new();
    let key = assigned(user(cast::ALICE), cast::GLOBAL_ADMINISTRATOR, None);
    let held = grants(&world.read(Query::Grant { key: key.clone() }).await);
    let [held] = held.as_slice() else { panic!("{held:?}") };
    let bare = doorward_core::Grant {
        provider_id: held.provider_id.clone(),
        ..doorward_core::Grant::new(key)
    };
    assert_eq!(*held, bare);
    let holds = holdings(&world, cast::ALICE).await;
    assert!(grants(&holds).contains(&bare));
}

#[tokio::test(start_paused = true)]
async fn what_somebody_holds_and_may_activate() {
    let world = staffed(Settings::default());
    let table = [
        (cast::BOB, vec![STAFF[0], STAFF[1]]),
        (cast::FRANK, vec![STAFF[3]]),
        (cast::INES, vec![STAFF[5]]),
        // Once: the row that PIM makes of a group for its members is not told beside it.
        (
            cast::ALICE,
            vec!["Alice Archer Eligible @EMEA via Tier 0 Operators memberType=Direct 08:00-"],
        ),
        (cast::DAVE, vec![]),
    ];
    for (who, expected) in table {
        let answer = holdings(&world, who).await;
        assert_eq!(told(&world, &answer.records), expected, "{who}");
        let has_role = names(&answer).contains(&"role User Administrator".to_owned());
        assert_eq!(has_role, !expected.is_empty(), "{who}");
        assert!(gaps(&answer).is_empty());
    }
}

#[tokio::test(start_paused = true)]
async fn one_grant_is_of_one_kind_and_says_when_it_ends() {
    let world = staffed(Settings::default());
    let emea = || Some(unit(cast::UNIT_EMEA));
    let of = |who| assigned(user(who), ROLE, None);
    let in_emea = |who| assigned(user(who), ROLE, emea());
    let table = [
        (of(cast::GRACE), Some(None), 2),
        (of(cast::FRANK), Some(Some("2026-11-23T16:00:00Z")), 2),
        (of(cast::BOB), Some(Some("2026-11-23T09:00:00Z")), 2),
        (eligible(of(cast::BOB)), Some(None), 1),
        (eligible(in_emea(cast::INES)), Some(Some(UNTIL)), 1),
        (eligible(assigned(group(cast::TIER_0_OPERATORS), ROLE, emea())), Some(None), 1),
        // At another scope, of the other kind, or through a group only.
        (in_emea(cast::INES), None, 2),
        (eligible(of(cast::INES)), None, 1),
        (eligible(of(cast::FRANK)), None, 1),
        (eligible(in_emea(cast::ALICE)), None, 1),
        (eligible(of("nonsense")), None, 0),
    ];
    for (key, expected, requests) in table {
        world.simulator.clear_trace();
        let answer = world.read(Query::Grant { key: key.clone() }).await;
        assert_eq!(world.requests().len(), requests, "{key:?}");
        let found = grants(&answer);
        let ends: Vec<Option<String>> =
            found.iter().map(|one| one.ends.map(|end| end.to_string())).collect();
        let expected: Vec<Option<String>> =
            expected.into_iter().map(|end| end.map(str::to_owned)).collect();
        assert_eq!(ends, expected, "{key:?}");
        assert!(found.iter().all(|grant| grant.key == key));
        assert!(gaps(&answer).is_empty());
    }
}

#[tokio::test(start_paused = true)]
async fn who_is_eligible_has_no_way_to_the_role_before_activating_it() {
    let world = staffed(Settings::default());
    let ways = async |who: &str| {
        let query = Query::Paths {
            principal: user(who),
            resource: role(ROLE),
            entitlement: "assigned".to_owned(),
        };
        world.read(query).await.paths.len()
    };
    for (who, expected) in [(cast::GRACE, 1), (cast::BOB, 1), (cast::INES, 0), (cast::ALICE, 0)] {
        assert_eq!(ways(who).await, expected, "{who}");
    }
    tokio::time::sleep(Duration::from_secs(3600)).await;
    assert_eq!(ways(cast::BOB).await, 0);
}

#[tokio::test(start_paused = true)]
async fn what_ends_by_the_clock_is_gone_then() {
    let world = staffed(Settings::default());
    tokio::time::sleep(Duration::from_secs(3599)).await;
    assert_eq!(told(&world, &holders(&world).await.records), STAFF);
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert_eq!(told(&world, &holders(&world).await.records), STAFF[1..]);
    tokio::time::sleep(Duration::from_secs(7 * 3600)).await;
    let left = [STAFF[1], STAFF[2], STAFF[4], STAFF[6]];
    assert_eq!(told(&world, &holders(&world).await.records), left);
}

/// Facts §9: lists follow after up to 20 s, each by itself. Once all have, the same is told; before that
/// a schedule is believed whose assignment is not listed, and nothing is told twice.
#[tokio::test(start_paused = true)]
async fn lists_that_follow_late_are_put_together() {
    for seed in 0..8 {
        let lag = Lag { roles: Duration::from_secs(20), ..Lag::default() };
        let world = staffed(Settings { lag: Some(lag), seed, ..Settings::default() });
        let mut sooner = 0;
        for _ in 0..6 {
            let records = holders(&world).await.records;
            let keys: Vec<GrantKey> =
                grants(&Answer { records: records.clone(), ..Answer::default() })
                    .into_iter()
                    .map(|grant| grant.key)
                    .collect();
            let mut once = keys.clone();
            once.sort();
            once.dedup();
            assert_eq!(once.len(), keys.len(), "{keys:?}");
            sooner += usize::from(told(&world, &records).len() > 3);
            tokio::time::sleep(Duration::from_secs(1)).await;
        }
        assert!(sooner > 0);
        tokio::time::sleep(Duration::from_secs(20)).await;
        assert_eq!(told(&world, &holders(&world).await.records), STAFF);
    }
}

const BARE: [&str; 4] = [
    "Bob Berg Active endsUnknown=true",
    "Carol Cruz Active endsUnknown=true",
    "Frank Ferro Active endsUnknown=true",
    "Grace Gold Active endsUnknown=true",
];

/// Without the permission every read is told and says what is missing; without a licence nothing is. Of
/// nobody it is said that they hold a role for good.
#[tokio::test(start_paused = true)]
async fn where_pim_is_not_visible_all_else_is_told() {
    let unlicensed = || {
        let world = staffed(Settings { entra_id_p2: false, ..Settings::default() });
        (world, None)
    };
    let unpermitted = || {
        let world = staffed(Settings::default());
        let refused = Fault::Status {
            status: 403,
            code: "UnknownError".to_owned(),
            message: r#"{"errorCode":"PermissionScopeNotGranted","message":"Authorization failed due to missing permission scope Some.Read.Directory,Some.ReadWrite.Directory.","instanceAnnotations":[]}"#.to_owned(),
        };
        world.fault_always("/roleAssignmentSchedules", refused.clone());
        world.fault_always("/roleEligibilitySchedules", refused);
        (world, Some("pim-not-visible"))
    };
    for (world, code) in [unlicensed(), unpermitted()] {
        world.simulator.clear_trace();
        let answer = holders(&world).await;
        // The other list is not asked for.
        let asked = world.requests();
        assert_eq!(asked.iter().filter(|one| one.contains("Schedules")).count(), 1, "{asked:?}");
        assert_eq!(told(&world, &answer.records), BARE);
        let code: Vec<&str> = code.into_iter().collect();
        assert_eq!(gaps(&answer), code);
        for record in &answer.records {
            let Record::Skipped(gap) = record else { continue };
            assert_eq!(gap.object, Some(role(ROLE)));
            assert!(gap.message.starts_with("PIM not visible: "), "{}", gap.message);
            let words = "Some.Read.Directory, Some.ReadWrite.Directory";
            assert!(gap.message.contains(words), "{}", gap.message);
        }

        let answer = holdings(&world, cast::BOB).await;
        assert_eq!(told(&world, &answer.records), BARE[..1]);
        assert_eq!(gaps(&answer), code);

        let synced = stream(&world, "roles").await.unwrap();
        assert_eq!(told(&world, &synced), BARE);
        let skipped = synced.iter().filter(|record| matches!(record, Record::Skipped(_))).count();
        let roles = synced.iter().filter(|record| matches!(record, Record::Resource(_))).count();
        assert_eq!(skipped, if code.is_empty() { 0 } else { roles }, "each role has the gap");

        let of_bob = assigned(user(cast::BOB), ROLE, None);
        let answer = world.read(Query::Grant { key: of_bob.clone() }).await;
        assert_eq!(told(&world, &answer.records), BARE[..1]);
        // That somebody is not eligible can be said only where there is no PIM.
        let answer = world.read(Query::Grant { key: eligible(of_bob) }).await;
        assert_eq!(grants(&answer).len(), 0);
        assert_eq!(gaps(&answer), code);
        // That somebody does not hold it can.
        let of_dave = assigned(user(cast::DAVE), ROLE, None);
        let answer = world.read(Query::Grant { key: of_dave }).await;
        assert!(answer.records.is_empty());
    }
}

/// `RoleManagement.Read.Directory`, which `read` has, shows schedules (facts §3.5).
#[tokio::test(start_paused = true)]
async fn the_use_read_shows_pim() {
    let world = staffed(Settings::default());
    world.simulator.tenant().set_app_roles(cast::READ_ROLES);
    let answer = holders(&world).await;
    assert_eq!(told(&world, &answer.records), STAFF);
    assert!(gaps(&answer).is_empty());
}

/// A failure that passes is an error that is tried again, never "PIM not visible".
#[tokio::test(start_paused = true)]
async fn an_outage_of_pim_is_an_error() {
    let world = staffed(Settings::default());
    world.fault_always("/roleEligibilitySchedules", Fault::EmptyBody { status: 503 });
    let query = Query::Holders { resource: role(ROLE), entitlement: None };
    let error = world.try_read(query).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Unavailable);
}
