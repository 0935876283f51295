//! Everything of roles and units, by the cursors alone.

use std::collections::BTreeSet;

use doorward_core::{Cursor, Record, Result, StartRequest, SyncRequest};
use doorward_http::Mode;
use entra_sim::{Kind, Settings, Size};

use crate::world::World;

/// All records of a stream; cursors go through text, as a host keeps them.
pub(crate) async fn stream(world: &World, name: &str) -> Result<Vec<Record>> {
    let request = StartRequest { stream: Some(name.to_owned()), ..StartRequest::default() };
    let mut waiting = world.connector.start(request).unwrap();
    assert_eq!(waiting.len(), 1, "{name}");
    let mut records = Vec::new();
    while let Some(cursor) = waiting.pop() {
        let text = serde_json::to_string(&cursor).unwrap();
        let cursor: Cursor = serde_json::from_str(&text).unwrap();
        let phase = cursor.phase;
        let page = world
            .run(Mode::Read, |cx, connector| {
                let request = SyncRequest { cursor: cursor.clone(), facts: BTreeSet::new() };
                async move { connector.sync(&cx, request).await }
            })
            .await
            .map_err(crate::world::error)?;
        assert!(page.next.iter().filter(|next| next.continues).count() <= 1);
        for next in page.next {
            assert!(next.cursor.phase >= phase && next.cursor.stream == name);
            waiting.push(next.cursor);
        }
        records.extend(page.records);
    }
    Ok(records)
}

/// id, role, principal, scope: as the tenant tells them.
fn assignments(records: &[Record]) -> Vec<[String; 4]> {
    let mut all: Vec<[String; 4]> = records
        .iter()
        .filter_map(|record| match record {
            Record::Grant(grant) => Some(grant),
            _ => None,
        })
        .map(|grant| {
            let scope = match &grant.key.scope {
                None => "/".to_owned(),
                Some(scope) if scope.kind == "au" => format!("/administrativeUnits/{}", scope.id),
                Some(scope) => format!("/{}", scope.id),
            };
            let id = grant.provider_id.clone().unwrap();
            [id, grant.key.resource.id.clone(), grant.key.principal.id.clone(), scope]
        })
        .collect();
    all.sort();
    all
}

fn resources(records: &[Record]) -> Vec<String> {
    let id = |record: &Record| match record {
        Record::Resource(resource) => Some(resource.key.id.clone()),
        _ => None,
    };
    let mut ids: Vec<String> = records.iter().filter_map(id).collect();
    ids.sort();
    ids
}

#[tokio::test(start_paused = true)]
async fn roles_and_units_are_read_exactly_with_and_without_unfiltered_lists() {
    for (unfiltered, page) in [(true, 100), (true, 3), (false, 100), (false, 1)] {
        let settings = Settings {
            unfiltered_role_assignments: unfiltered,
            role_assignment_page: page,
            ..Settings::default()
        };
        let world =
            World::with(&Size { users: 2_000, groups: 500, seed: 5, ..Size::default() }, settings);
        let custom = world.simulator.tenant().add_role_definition("Custom", &[]);
        world.simulator.tenant().assign_role(&custom, entra_sim::cast::BUILD_ROBOT, None);
        let records = stream(&world, "roles").await.unwrap();
        let held = world.simulator.tenant().role_assignments();
        let truth: Vec<[String; 4]> =
            held.into_iter().map(|one| [one.id, one.role, one.principal, one.scope]).collect();
        assert!(truth.len() > 10, "{}", truth.len());
        for kind in ["/administrativeUnits/", "/d0080000"] {
            assert!(truth.iter().any(|one| one[3].starts_with(kind)), "{kind}");
        }
        assert_eq!(assignments(&records), truth, "{unfiltered} {page}");
        assert!(resources(&records).contains(&custom));
        let units = stream(&world, "administrative-units").await.unwrap();
        let mut truth = world.simulator.tenant().ids(Kind::AdministrativeUnit);
        truth.sort();
        assert_eq!(resources(&units), truth);
    }
}

#[tokio::test(start_paused = true)]
async fn a_stream_that_may_not_be_read_says_so() {
    let world = World::with_roles(&["User.Read.All", "GroupMember.Read.All"]);
    for name in ["roles", "administrative-units"] {
        let error = stream(&world, name).await.unwrap_err();
        assert_eq!(error.kind, doorward_core::ErrorKind::PermissionDenied, "{name}");
    }
}
