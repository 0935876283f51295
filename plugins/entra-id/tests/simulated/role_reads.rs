//! Finding roles, units and applications, and who holds which role where.

use doorward_core::{ErrorKind, ObjectRef, Query, Record, Resource, Term};
use entra_sim::cast;

use crate::world::{
    World, application, assigned, gaps, grants, group, member, names, role, unit, user, ways,
};

/// The resources that a search by name gives, as the host takes them: the same name in any case.
async fn found(world: &World, kind: &str, text: &str) -> Vec<Resource> {
    let query = Query::Find { kind: kind.to_owned(), term: Term::Name(text.to_owned()) };
    let fits = |record: Record| match record {
        Record::Resource(found) if found.name.to_lowercase() == text.to_lowercase() => Some(found),
        _ => None,
    };
    world.read(query).await.records.into_iter().filter_map(fits).collect()
}

#[tokio::test(start_paused = true)]
async fn roles_are_found_in_any_case_built_in_or_custom() {
    let world = World::new();
    let custom = world
        .simulator
        .tenant()
        .add_role_definition("Gate Keepers", &["microsoft.directory/groups/members/update"]);
    let table = [
        ("User Administrator", cast::USER_ADMINISTRATOR, "built-in", true),
        ("user ADMINISTRATOR", cast::USER_ADMINISTRATOR, "built-in", true),
        ("groups administrator", cast::GROUPS_ADMINISTRATOR, "built-in", false),
        ("gate keepers", custom.as_str(), "custom", false),
    ];
    for (text, id, class, privileged) in table {
        let roles = found(&world, "role", text).await;
        let [role] = roles.as_slice() else { panic!("{text}: {roles:?}") };
        assert_eq!((role.key.id.as_str(), role.class.as_str()), (id, class), "{text}");
        assert_eq!(role.privileged, privileged, "{text}");
        assert_eq!(role.attributes["templateId"], id);
        let by_id = Query::Find { kind: "role".to_owned(), term: Term::Id(id.to_owned()) };
        let by_id = world.read(by_id).await;
        assert_eq!(by_id.records, [Record::Resource(role.clone())]);
    }
    assert!(found(&world, "role", "Nobody").await.is_empty());
}

#[tokio::test(start_paused = true)]
async fn units_and_applications_are_found_by_name_and_id() {
    let world = World::new();
    let table = [
        ("au", Term::Name("emea".to_owned()), "au EMEA"),
        ("au", Term::Id(cast::UNIT_EMEA.to_owned()), "au EMEA"),
        ("au", Term::Name("Restricted Vaults".to_owned()), "au Restricted Vaults"),
        ("application", Term::Id(cast::APPLICATION_OBJECT_ID.to_owned()), "application Doorward"),
        ("application", Term::Id(cast::CLIENT_ID.to_owned()), "application Doorward"),
        ("application", Term::Name(cast::CLIENT_ID.to_owned()), "application Doorward"),
    ];
    for (kind, term, expected) in table {
        let answer = world.read(Query::Find { kind: kind.to_owned(), term: term.clone() }).await;
        assert_eq!(names(&answer), [expected], "{kind} {term:?}");
    }
    let restricted = world.resource(unit(cast::RESTRICTED_UNIT)).await;
    assert_eq!(restricted.class, "restricted");
    for (kind, term) in [
        ("application", Term::Name("Doorward".to_owned())),
        ("role", Term::Mail("a@b".to_owned())),
        ("au", Term::Mail("a@b".to_owned())),
    ] {
        let query = Query::Find { kind: kind.to_owned(), term };
        assert_eq!(world.try_read(query).await.unwrap_err().reason, "not-searchable", "{kind}");
    }
    let world = World::with_roles(&cast::READ_ROLES);
    let query = Query::Find { kind: "au".to_owned(), term: Term::Name("EMEA".to_owned()) };
    let error = world.try_read(query).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::PermissionDenied);
    assert!(error.remedy.unwrap().contains("AdministrativeUnit.Read.All"));
}

/// Grants as `user Grace Gold: User Administrator @ au EMEA via group Tier 0 Operators`.
fn told(world: &World, answer: &doorward_core::Answer) -> Vec<String> {
    let name = |key: &ObjectRef| {
        let tenant = world.simulator.tenant();
        format!("{} {}", key.kind, tenant.display_name(&key.id).unwrap_or(&key.id))
    };
    let mut told: Vec<String> = grants(answer)
        .iter()
        .filter(|grant| grant.key.resource.kind == "role")
        .map(|grant| {
            assert!(grant.provider_id.is_some());
            let scope = grant.key.scope.as_ref().map(|scope| format!(" @ {}", name(scope)));
            let via = grant.via.as_ref().map(|via| format!(" via {}", name(via)));
            let (scope, via) = (scope.unwrap_or_default(), via.unwrap_or_default());
            format!("{}: {}{scope}{via}", name(&grant.key.principal), grant.key.resource.id)
        })
        .collect();
    told.sort();
    told
}

/// Grace is User Administrator everywhere and in EMEA, the robot and a group only there; Alice is in
/// the group.
fn appointed() -> World {
    let world = World::new();
    {
        let mut tenant = world.simulator.tenant();
        let role = cast::USER_ADMINISTRATOR;
        tenant.assign_role(role, cast::GRACE, None);
        tenant.assign_role(role, cast::GRACE, Some(cast::UNIT_EMEA));
        tenant.assign_role(role, cast::BUILD_ROBOT, Some(cast::UNIT_EMEA));
        tenant.assign_role(role, cast::TIER_0_OPERATORS, Some(cast::UNIT_EMEA));
        let at = format!("/{}", cast::APPLICATION_OBJECT_ID);
        tenant.assign_role_at(cast::APPLICATION_ADMINISTRATOR, cast::GRACE, &at).unwrap();
    }
    world
}

fn holders_of(id: &str) -> Query {
    Query::Holders { resource: role(id), entitlement: None }
}

#[tokio::test(start_paused = true)]
async fn the_holders_of_a_role_are_read_at_all_scopes() {
    let world = appointed();
    let id = cast::USER_ADMINISTRATOR;
    for page in [100, 1] {
        world.simulator.change_settings(|settings| settings.role_assignment_page = page);
        let answer = world.read(holders_of(id)).await;
        assert_eq!(
            told(&world, &answer),
            [
                format!("group Tier 0 Operators: {id} @ au EMEA"),
                format!("service-principal Build Robot: {id} @ au EMEA"),
                format!("user Grace Gold: {id}"),
                format!("user Grace Gold: {id} @ au EMEA"),
            ]
        );
        let mut named = names(&answer);
        named.dedup();
        assert_eq!(
            named,
            [
                "au EMEA",
                "group Tier 0 Operators",
                "service-principal Build Robot",
                "user Grace Gold"
            ]
        );
        assert!(gaps(&answer).is_empty());
    }
    let answer = world.read(holders_of(cast::APPLICATION_ADMINISTRATOR)).await;
    let told = told(&world, &answer);
    assert!(
        told[0].contains(&format!("@ application {}", cast::APPLICATION_OBJECT_ID)),
        "{told:?}"
    );
    let error = world.try_read(holders_of(cast::ALICE)).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::NotFound);
}

#[tokio::test(start_paused = true)]
async fn of_global_administrators_it_is_known_whether_they_may_sign_in() {
    let world = World::new();
    world.simulator.tenant().set_enabled(cast::GRACE, false);
    let answer = world.read(holders_of(cast::GLOBAL_ADMINISTRATOR)).await;
    let enabled = |record: &Record| match record {
        Record::Account(account) => Some((account.name.clone(), account.enabled)),
        _ => None,
    };
    let mut found: Vec<_> = answer.records.iter().filter_map(enabled).collect();
    found.sort();
    let expected = [("Alice Archer", true), ("Break Glass 1", true), ("Grace Gold", false)];
    assert_eq!(found, expected.map(|(name, enabled)| (name.to_owned(), Some(enabled))));
}

#[tokio::test(start_paused = true)]
async fn holdings_tell_roles_of_ones_own_and_through_groups() {
    let world = appointed();
    let of = |principal| world.read(Query::Holdings { principal });
    let (administrator, id) = (cast::GLOBAL_ADMINISTRATOR, cast::USER_ADMINISTRATOR);
    let alice = of(user(cast::ALICE)).await;
    assert_eq!(
        told(&world, &alice),
        [
            format!("user Alice Archer: {administrator}"),
            format!("user Alice Archer: {id} @ au EMEA via group Tier 0 Operators"),
        ]
    );
    assert!(names(&alice).contains(&"role User Administrator".to_owned()));
    assert!(gaps(&alice).is_empty());
    let robot = of(ObjectRef::new("service-principal", cast::BUILD_ROBOT)).await;
    assert_eq!(told(&world, &robot).len(), 1);
    let carrier = of(group(cast::TIER_0_OPERATORS)).await;
    assert_eq!(told(&world, &carrier), [format!("group Tier 0 Operators: {id} @ au EMEA")]);
    let error = world.try_read(Query::Holdings { principal: role(id) }).await.unwrap_err();
    assert_eq!(error.reason, "not-a-principal");
}

#[tokio::test(start_paused = true)]
async fn roles_that_may_not_be_read_are_said_to_be_left_out_once() {
    let world = World::with_roles(&["User.Read.All", "GroupMember.Read.All"]);
    let answer = world.read(Query::Holdings { principal: user(cast::ALICE) }).await;
    assert_eq!(gaps(&answer), ["roles-not-visible"]);
    assert!(grants(&answer).len() > 2);
    let error = world.try_read(holders_of(cast::GLOBAL_ADMINISTRATOR)).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::PermissionDenied);
    assert!(error.remedy.unwrap().contains("RoleManagement.Read.Directory"));
}

#[tokio::test(start_paused = true)]
async fn one_grant_is_one_role_at_one_scope() {
    let world = appointed();
    let (id, emea) = (cast::USER_ADMINISTRATOR, || Some(unit(cast::UNIT_EMEA)));
    let app = || Some(application(cast::APPLICATION_OBJECT_ID));
    let table = [
        (assigned(user(cast::GRACE), id, None), true),
        (assigned(user(cast::GRACE), id, emea()), true),
        (assigned(user(cast::GRACE), id, Some(unit(cast::RESTRICTED_UNIT))), false),
        (assigned(user(cast::GRACE), id, app()), false),
        (assigned(user(cast::GRACE), cast::APPLICATION_ADMINISTRATOR, app()), true),
        (assigned(user(cast::GRACE), cast::APPLICATION_ADMINISTRATOR, None), false),
        (assigned(group(cast::TIER_0_OPERATORS), id, emea()), true),
        (assigned(user(cast::ALICE), id, emea()), false),
        (assigned(user(cast::ZOE), id, None), false),
        (assigned(user("nonsense"), id, None), false),
        (assigned(user(cast::GRACE), "nonsense", None), false),
    ];
    for (key, expected) in table {
        let held = grants(&world.read(Query::Grant { key: key.clone() }).await);
        assert_eq!(held.len(), usize::from(expected), "{key:?}");
        let known = world.simulator.tenant().role_assignments();
        assert!(held.iter().all(|grant| {
            grant.key == key && known.iter().any(|one| Some(&one.id) == grant.provider_id.as_ref())
        }));
    }
}

#[tokio::test(start_paused = true)]
async fn paths_to_a_role_lead_through_groups_and_scopes() {
    let world = appointed();
    let paths = |principal, role_id| Query::Paths {
        principal,
        resource: role(role_id),
        entitlement: "assigned".to_owned(),
    };
    let id = cast::USER_ADMINISTRATOR;
    world.simulator.tenant().add_member(cast::TIER_0_OPERATORS, cast::BUILD_ROBOT);
    let alice = world.read(paths(user(cast::ALICE), id)).await.paths;
    assert_eq!(ways(&alice), ["Alice Archer > Tier 0 Operators > User Administrator within EMEA"]);
    assert_eq!(
        alice[0].grants,
        [
            member(user(cast::ALICE), cast::TIER_0_OPERATORS),
            assigned(group(cast::TIER_0_OPERATORS), id, Some(unit(cast::UNIT_EMEA))),
        ]
    );
    let grace = world.read(paths(user(cast::GRACE), id)).await.paths;
    let shown = ["Grace Gold > User Administrator", "Grace Gold > User Administrator within EMEA"];
    assert_eq!(ways(&grace), shown);
    let scopes: Vec<_> = grace.iter().map(|path| path.grants[0].scope.clone()).collect();
    assert_eq!(scopes, [None, Some(unit(cast::UNIT_EMEA))]);
    let robot = ObjectRef::new("service-principal", cast::BUILD_ROBOT);
    let robot = world.read(paths(robot, id)).await.paths;
    assert_eq!(
        ways(&robot),
        [
            "Build Robot > User Administrator within EMEA",
            "Build Robot > Tier 0 Operators > User Administrator within EMEA"
        ]
    );
    assert!(world.read(paths(user(cast::BOB), id)).await.paths.is_empty());
    for query in [paths(user(cast::ZOE), id), paths(user(cast::BOB), cast::ALICE)] {
        assert_eq!(world.try_read(query).await.unwrap_err().kind, ErrorKind::NotFound);
    }
}

/// Who holds the role may be a group that somebody is in, of which Graph shows nothing.
#[tokio::test(start_paused = true)]
async fn a_holder_of_unknown_kind_is_a_gap_of_the_paths() {
    let world = appointed();
    world.simulator.change_settings(|settings| settings.role_principals_shown = false);
    let query = Query::Paths {
        principal: user(cast::BOB),
        resource: role(cast::USER_ADMINISTRATOR),
        entitlement: "assigned".to_owned(),
    };
    let answer = world.read(query).await;
    assert!(answer.paths.is_empty());
    assert!(gaps(&answer).iter().all(|code| code == "unknown-principal"), "{:?}", gaps(&answer));
    assert!(!gaps(&answer).is_empty());
}

/// A unit gives no access; it says which of those that administer it may change what is in it.
#[tokio::test(start_paused = true)]
async fn a_group_is_directly_in_its_units() {
    let with_names = [&cast::READ_ROLES[..], &["AdministrativeUnit.Read.All"]].concat();
    for world in [World::new(), World::with_roles(&with_names)] {
        let of = |id: &str| Query::Containers { resource: group(id) };
        assert_eq!(names(&world.read(of(cast::EMEA_SALES)).await), ["au EMEA"]);
        let vault = world.read(of(cast::PAYROLL_VAULT)).await;
        assert_eq!(names(&vault), ["au Restricted Vaults"]);
        let [Record::Resource(unit)] = vault.records.as_slice() else { panic!("{vault:?}") };
        assert_eq!(unit.class, "restricted");
        // One in no unit, and one within a group that is in one.
        for id in [cast::APAC_SALES, cast::FINANCE_LEADS] {
            assert_eq!(world.read(of(id)).await.records, []);
        }
        world.simulator.clear_trace();
        assert_eq!(world.read(Query::Containers { resource: role(cast::ALICE) }).await.records, []);
        assert!(world.simulator.trace().is_empty());
    }
}

/// Without the permission to see units, "in none" would be a guess.
#[tokio::test(start_paused = true)]
async fn units_that_may_not_be_seen_are_never_taken_for_none() {
    let world = World::with_roles(&cast::READ_ROLES);
    for id in [cast::EMEA_SALES, cast::APAC_SALES] {
        let error = world.try_read(Query::Containers { resource: group(id) }).await.unwrap_err();
        assert_eq!(error.kind, ErrorKind::PermissionDenied);
        assert!(error.remedy.unwrap().contains("AdministrativeUnit.Read.All"));
    }
    let error = World::new()
        .try_read(Query::Containers { resource: group(cast::OLD_FINANCE) })
        .await
        .unwrap_err();
    assert_eq!(error.kind, ErrorKind::NotFound);
}
