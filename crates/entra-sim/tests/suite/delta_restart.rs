//! Facts §3.6: tokens of another tenant, or of one that was made anew, and how they die.

use entra_sim::{DeadToken, Delta, Lag, Settings, Size, cast};

use crate::client::Client;
use crate::delta::with;
use crate::delta_client::{items, of};

const LATER: &str = "2026-11-23T08:00:01Z";
const STRANGER: &str = "11111111-2222-4333-8444-555555555555";

async fn made(start: &str, size: Size) -> Client {
    let mut client = Client::starting(start, &size, Settings::default());
    client.become_holder_of(&cast::GUIDE_ROLES).await;
    client
}

fn sized(users: usize, seed: u64) -> Size {
    Size { users, seed, ..Size::default() }
}

#[tokio::test]
async fn a_token_of_another_tenant_is_dead() {
    let old = made(cast::EPOCH, sized(50, 1)).await;
    let user = old.simulator.tenant().find(entra_sim::Kind::User, "Alice Archer").remove(0);
    let last = old.simulator.tenant().ids(entra_sim::Kind::User).pop().unwrap();
    for path in [
        "/users/delta?$select=displayName".to_owned(),
        format!("/users/delta?$filter=id%20eq%20'{user}'%20or%20id%20eq%20'{last}'"),
        "/groups/delta?$select=members".to_owned(),
    ] {
        let (_, link) = items(&old, &path).await;
        assert_eq!(old.get(&link).await.status, 200);
        for (start, size) in
            [(LATER, sized(50, 1)), (cast::EPOCH, sized(0, 1)), (cast::EPOCH, sized(50, 2))]
        {
            let new = made(start, size).await;
            let got = new.get(&link).await;
            assert_eq!((got.status, got.error().1), (400, "syncStateNotFound"), "{start} {size:?}");
        }
    }
}

/// What changed there is not known here, although all else is the same.
#[tokio::test]
async fn a_token_of_the_future_is_dead() {
    let path = "/users/delta?$select=displayName";
    let old = made(cast::EPOCH, sized(0, 1)).await;
    old.simulator.tenant().rename(cast::ALICE, "A");
    let (_, link) = items(&old, path).await;
    let new = made(cast::EPOCH, sized(0, 1)).await;
    assert_eq!(new.get(&link).await.error().1, "syncStateNotFound");
}

#[tokio::test]
async fn forms_and_statuses() {
    for (form, status, code) in [
        (DeadToken::ResyncRequired, 400, "resyncRequired"),
        (DeadToken::ResyncRequired, 404, "resyncRequired"),
        (DeadToken::SyncStateNotFound, 409, "syncStateNotFound"),
    ] {
        let client =
            with(Delta { dead_token: form, dead_token_status: status, ..Delta::default() }).await;
        let (_, link) = items(&client, "/users/delta").await;
        client.simulator.change_settings(|settings| settings.delta.generation += 1);
        let got = client.get(&link).await;
        assert_eq!((got.status, got.error().1), (status, code));
    }
}

#[tokio::test]
async fn a_restart_keeps_the_whole_question() {
    let open = Settings {
        refuse_unknown_select: false,
        delta: Delta { dead_token: DeadToken::Gone, ..Delta::default() },
        ..Settings::default()
    };
    let client = Client::signed_in_with(open, &cast::GUIDE_ROLES).await;
    let ids = format!("id%20eq%20'{STRANGER}'%20or%20id%20eq%20'{}'", cast::ALICE);
    for (path, expect) in [
        (
            format!("/users/delta?$filter=id%20eq%20'{STRANGER}'"),
            format!("/users/delta?$filter=id%20eq%20'{STRANGER}'&$deltatoken="),
        ),
        (format!("/users/delta?$filter={ids}"), format!("/users/delta?$filter={ids}&$deltatoken=")),
        (
            "/users/delta?$select=displayName,odd%26%24filter%3Dname".to_owned(),
            "/users/delta?$select=displayName,odd%26%24filter%3Dname&$deltatoken=".to_owned(),
        ),
    ] {
        let (_, link) = items(&client, &path).await;
        client.simulator.change_settings(|settings| settings.delta.generation += 1);
        let got = client.get(&link).await;
        assert_eq!(got.status, 410);
        let again = got.header("location");
        assert!(again.ends_with(&expect), "{again}");
        assert_eq!(client.get(again).await.status, 200);
    }
    // What did not exist when it was asked for is told when it does.
    let (told, link) =
        items(&client, &format!("/users/delta?$filter=id%20eq%20'{STRANGER}'")).await;
    assert!(told.is_empty());
    assert_eq!(client.get(&link).await.status, 200);
}

/// A replica that is behind tells a deleted user as live: without the time of the deletion.
#[tokio::test]
async fn who_is_told_as_live_is_not_deleted() {
    let settings = Settings { lag: Some(Lag::default()), seed: 5, ..Settings::default() };
    let client = Client::signed_in_with(settings, &cast::GUIDE_ROLES).await;
    client.pass(100);
    client.simulator.tenant().soft_delete(cast::BOB);
    let path = "/users/delta?$select=displayName,deletedDateTime";
    let mut live = 0;
    for _ in 0..20 {
        for bob in of(&items(&client, path).await.0, cast::BOB) {
            assert!(bob.get("deletedDateTime").is_none(), "{bob}");
            live += usize::from(bob.get("@removed").is_none());
        }
    }
    assert!(live > 0, "some replica is behind");
}
