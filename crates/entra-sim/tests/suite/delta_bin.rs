//! Facts §3.6, §8.18: links of what was soft-deleted for a while, and properties that follow from something else, where
//! the service keeps quiet about some of them.

use entra_sim::{Delta, GroupKind, cast};

use crate::delta::with;
use crate::delta_client::{items, linked};

const PATH: &str = "/groups/delta?$select=members";
const ROOM: &str = cast::EMPTY_ROOM;

#[tokio::test]
async fn a_link_of_a_deleted_member_is_told_when_it_is_restored() {
    for (shown, first, second) in
        [(true, vec![cast::BOB], vec![]), (false, vec![], vec![cast::BOB])]
    {
        let client = with(Delta { soft_deleted_links: shown, ..Delta::default() }).await;
        let (_, link) = items(&client, PATH).await;
        client.simulator.tenant().add_member(ROOM, cast::BOB);
        client.simulator.tenant().add_member(ROOM, cast::CAROL);
        client.simulator.tenant().soft_delete(cast::BOB);
        client.simulator.tenant().soft_delete(cast::CAROL);
        let (told, link) = items(&client, &link).await;
        let mut told = linked(&told, ROOM, "members@delta", false);
        told.retain(|id| id != cast::CAROL);
        assert_eq!(told, first, "{shown}");
        // Who was taken out meanwhile does not come back.
        client.simulator.tenant().remove_member(ROOM, cast::CAROL);
        client.simulator.tenant().restore(cast::BOB);
        client.simulator.tenant().restore(cast::CAROL);
        let (told, link) = items(&client, &link).await;
        assert_eq!(linked(&told, ROOM, "members@delta", false), second, "{shown}");
        assert!(items(&client, &link).await.0.is_empty());
        let filtered = format!("{PATH}&$filter=id%20eq%20'{ROOM}'");
        let (_, link) = items(&client, &filtered).await;
        client.simulator.tenant().soft_delete(cast::BOB);
        client.simulator.tenant().restore(cast::BOB);
        let (told, _) = items(&client, &link).await;
        assert_eq!(linked(&told, ROOM, "members@delta", false), second, "{shown} filtered");
    }
}

#[tokio::test]
async fn a_restored_group_without_its_links_loses_none() {
    let quiet = Delta { restored_groups_bring_links: false, ..Delta::default() };
    let client = with(quiet).await;
    let (_, link) = items(&client, PATH).await;
    // Made, deleted and restored between two rounds: nobody has heard of it.
    let made = client.simulator.tenant().add_group("Just made", GroupKind::Security);
    client.simulator.tenant().add_member(&made, cast::BOB);
    client.simulator.tenant().soft_delete(&made);
    client.simulator.tenant().restore(&made);
    let (told, link) = items(&client, &link).await;
    assert_eq!(linked(&told, &made, "members@delta", false), [cast::BOB]);
    // What changed before it went and while it was away is told when it is back.
    client.simulator.tenant().add_member(&made, cast::CAROL);
    client.simulator.tenant().soft_delete(&made);
    client.simulator.tenant().remove_member(&made, cast::BOB);
    let (told, link) = items(&client, &link).await;
    assert!(linked(&told, &made, "members@delta", false).is_empty());
    client.simulator.tenant().restore(&made);
    let (told, link) = items(&client, &link).await;
    assert_eq!(linked(&told, &made, "members@delta", false), [cast::CAROL]);
    assert_eq!(linked(&told, &made, "members@delta", true), [cast::BOB]);
    client.simulator.tenant().soft_delete(cast::FINANCE);
    client.simulator.tenant().restore(cast::FINANCE);
    let (told, _) = items(&client, &link).await;
    assert_eq!(told.len(), 1);
    assert!(linked(&told, cast::FINANCE, "members@delta", false).is_empty(), "as the switch says");
}

#[tokio::test]
async fn what_follows_from_something_else_is_told_by_a_switch() {
    for (derived_properties, count) in [(false, 0), (true, 2)] {
        let client = with(Delta { derived_properties, ..Delta::default() }).await;
        let path = "/users/delta?$select=isManagementRestricted,proxyAddresses";
        let (_, link) = items(&client, path).await;
        client.simulator.tenant().add_member(cast::RESTRICTED_UNIT, cast::BOB);
        client.simulator.tenant().set_property(cast::CAROL, "mail", Some("c@contoso.com"));
        let (told, link) = items(&client, &link).await;
        assert_eq!(told.len(), count, "{derived_properties}");
        assert!(told.iter().all(|user| match user["id"].as_str() {
            Some(cast::BOB) => user["isManagementRestricted"] == true,
            _ => user["proxyAddresses"].to_string().contains("c@contoso.com"),
        }));
        client.simulator.tenant().remove_member(cast::RESTRICTED_UNIT, cast::BOB);
        let (told, _) = items(&client, &link).await;
        assert_eq!(told.len(), count / 2, "{derived_properties}");
    }
}
