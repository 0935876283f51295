//! Facts §3.5, §3.11: several schedules of one principal, and what replicas that lag show of them.

use std::time::Duration;

use entra_sim::{Lag, Privilege, Settings, Tenure, cast};
use jiff::SignedDuration;
use serde_json::{Value, json};

use crate::client::{Client, Got, reference};
use crate::delta_truth::Dice;
use crate::pim::{HOUR, JIT, ROLE, hours, instances, jit, mine, removal, requests, wish};

const GROUPS: &str = "/identityGovernance/privilegedAccess/group";
const GROUP: &str = cast::EMPTY_ROOM;
/// What asks PIM for groups, and what changes members beside it.
const BOTH: [&str; 4] = [
    "PrivilegedAssignmentSchedule.ReadWrite.AzureADGroup",
    "PrivilegedEligibilitySchedule.ReadWrite.AzureADGroup",
    "GroupMember.ReadWrite.All",
    "User.Read.All",
];

fn from(start: &str, length: u32) -> Value {
    json!({ "startDateTime": start, "expiration": hours(length) })
}

fn member(action: &str, principal: &str, schedule: Value) -> Value {
    json!({
        "action": action,
        "groupId": GROUP,
        "accessId": "member",
        "principalId": principal,
        "justification": "On call",
        "scheduleInfo": schedule,
    })
}

async fn ask(client: &Client, body: Value) -> Got {
    client.post(&format!("{GROUPS}/assignmentScheduleRequests"), body).await
}

async fn rows(client: &Client) -> Vec<Value> {
    let path = format!("{GROUPS}/assignmentScheduleInstances?$filter=groupId%20eq%20'{GROUP}'");
    client.get(&path).await.values().clone()
}

#[tokio::test]
async fn the_end_of_one_leaves_the_other() {
    let mut client = jit().await;
    let on = Privilege::role(ROLE);
    let mut body = wish("adminAssign", cast::BOB, hours(2));
    body["scheduleInfo"] = from("2026-11-23T08:30:00Z", 2);
    assert_eq!(client.post(&requests(false), body).await.json["status"], "Granted");
    client.simulator.tenant().make_eligible(&on, cast::BOB, None).unwrap();
    let hour = SignedDuration::from_hours(1);
    client.simulator.tenant().activate_eligible(&on, cast::BOB, hour).unwrap();
    // The activation ends at nine, while the assignment lasts until half past ten.
    for (pass, active) in [(0, 1), (1800, 2), (1800, 1), (HOUR + 1799, 1), (1, 0)] {
        client.pass(pass);
        client.become_holder_of(&JIT).await;
        assert_eq!(mine(&client, &instances(false), cast::BOB).await.len(), active, "{pass}");
        let held = client.simulator.tenant().role_assignments();
        let held = held.iter().filter(|one| one.role == ROLE && one.principal == cast::BOB);
        assert_eq!(held.count(), usize::from(active > 0), "{pass}");
    }
}

#[tokio::test]
async fn a_user_deactivates_what_was_activated_and_nothing_else() {
    let client = jit().await;
    let on = Privilege::role(ROLE);
    let mut body = wish("adminAssign", cast::BOB, hours(2));
    body["scheduleInfo"] = from("2026-11-23T08:30:00Z", 2);
    client.post(&requests(false), body).await;
    client.simulator.tenant().make_eligible(&on, cast::BOB, None).unwrap();
    let hour = SignedDuration::from_hours(1);
    client.simulator.tenant().activate_eligible(&on, cast::BOB, hour).unwrap();
    client.pass(300);
    client.simulator.tenant().deactivate(&on, cast::BOB).unwrap();
    let left: Vec<_> = client.simulator.tenant().schedules().iter().map(|one| one.tenure).collect();
    assert_eq!(left, [Tenure::Eligible, Tenure::Assigned]);
    assert!(client.simulator.tenant().active(&on).is_empty());
}

#[tokio::test]
async fn what_lies_in_the_future_outlives_a_link_of_today() {
    let client = Client::signed_in_with(Settings::default(), &BOTH).await;
    let got = ask(&client, member("adminAssign", cast::BOB, from("2026-11-23T08:30:00Z", 1))).await;
    assert_eq!(got.json["status"], "Granted", "{}", got.text);
    let path = format!("/groups/{GROUP}/members");
    assert_eq!(client.post(&format!("{path}/$ref"), reference(cast::BOB)).await.status, 204);
    assert_eq!(client.delete(&format!("{path}/{}/$ref", cast::BOB)).await.status, 204);
    assert!(client.simulator.tenant().members(GROUP).is_empty());
    client.pass(1800);
    assert_eq!(client.simulator.tenant().members(GROUP), [cast::BOB]);
    client.pass(HOUR);
    assert!(client.simulator.tenant().members(GROUP).is_empty());
}

/// Whether some replica shows a row without an end.
async fn shows_permanent(client: &Client) -> bool {
    let mut shown = false;
    for _ in 0..20 {
        shown |= rows(client).await.iter().any(|row| row["endDateTime"] == Value::Null);
    }
    shown
}

#[tokio::test]
async fn a_replica_behind_makes_nobody_permanent() {
    let minute = Duration::from_secs(60);
    let lag = Lag { links: minute, roles: Duration::from_secs(1), ..Lag::default() };
    let settings = Settings { lag: Some(lag), seed: 3, ..Settings::default() };
    let client = Client::signed_in_with(settings, &BOTH).await;
    client.pass(60);
    let now = from("2026-11-23T07:00:00Z", 1);
    // It ends by the clock, or by a request.
    ask(&client, member("adminAssign", cast::BOB, now.clone())).await;
    client.pass(HOUR - 60);
    let mut client = client;
    client.become_holder_of(&BOTH).await;
    assert_eq!(rows(&client).await.len(), 1);
    client.pass(60);
    assert!(!shows_permanent(&client).await, "ended by the clock");
    client.pass(61);
    ask(&client, member("adminAssign", cast::BOB, now)).await;
    client.pass(61);
    assert_eq!(ask(&client, member("adminRemove", cast::BOB, Value::Null)).await.status, 201);
    client.pass(2);
    assert!(!shows_permanent(&client).await, "removed");
    // A link that PIM did not make lags as it did.
    client.pass(61);
    client.add_member(GROUP, cast::BOB).await;
    client.pass(61);
    client.remove_member(GROUP, cast::BOB).await;
    assert!(shows_permanent(&client).await, "a membership of its own");
    client.pass(61);
    assert!(!shows_permanent(&client).await);
}

#[tokio::test]
async fn who_will_be_a_member_may_be_one_for_ever_already() {
    let client = Client::signed_in_with(Settings::default(), &BOTH).await;
    ask(&client, member("adminAssign", cast::BOB, from("2026-11-23T08:30:00Z", 1))).await;
    client.add_member(GROUP, cast::BOB).await;
    let found = rows(&client).await;
    assert_eq!((found.len(), &found[0]["endDateTime"]), (1, &Value::Null));
}

/// One thing that an administrator or a user does, which may be refused.
async fn act(client: &Client, dice: &mut Dice, who: &str) {
    let on = Privilege::role(ROLE);
    let hours_on = SignedDuration::from_hours(1 + dice.below(3) as i64);
    match dice.below(9) {
        0..=2 => {
            let mut body = wish("adminAssign", who, hours(1 + dice.below(3) as u32));
            let start = SignedDuration::from_mins(30 * dice.below(6) as i64);
            let start = client.now().checked_add(start).unwrap();
            body["scheduleInfo"]["startDateTime"] = json!(start.to_string());
            client.post(&requests(false), body).await;
        }
        3 => drop(client.simulator.tenant().make_eligible(&on, who, None)),
        4 | 5 => drop(client.simulator.tenant().activate_eligible(&on, who, hours_on)),
        6 => drop(client.simulator.tenant().deactivate(&on, who)),
        7 if dice.below(2) == 0 => drop(client.post(&requests(false), removal(who)).await),
        8 if dice.below(4) == 0 => drop(client.simulator.tenant().end_eligibility(&on, who)),
        _ => {}
    }
}

#[tokio::test]
async fn a_role_is_held_exactly_while_some_schedule_is_active() {
    let people = [cast::BOB, cast::CAROL];
    let mut held_steps = 0;
    for seed in 0..24 {
        let (mut client, mut dice) = (jit().await, Dice(seed));
        for step in 0..60 {
            let who = people[dice.below(people.len())];
            act(&client, &mut dice, who).await;
            let mut expect = client.simulator.tenant().schedules();
            client.pass(60 * dice.below(40) as i64);
            expect.retain(|one| one.end.is_none_or(|end| end > client.now()));
            let left = client.simulator.tenant().schedules();
            assert_eq!(left, expect, "seed {seed}, step {step}: time ends what is over alone");
            client.become_holder_of(&JIT).await;
            let mut active = client.simulator.tenant().active(&Privilege::role(ROLE));
            active.dedup();
            let held = client.simulator.tenant().role_assignments();
            let held = held.into_iter().filter(|one| one.role == ROLE);
            let mut held: Vec<String> = held.map(|one| one.principal).collect();
            held.sort();
            assert_eq!(held, active, "seed {seed}, step {step}");
            for who in people {
                let rows = mine(&client, &instances(false), who).await;
                assert_eq!(!rows.is_empty(), held.iter().any(|one| one == who), "{seed} {step}");
            }
            held_steps += held.len();
        }
    }
    assert!(held_steps > 100, "{held_steps}: too little happens to prove anything");
}
