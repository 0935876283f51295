//! Finding, holders, holdings, single grants and paths.

use doorward_core::{ErrorKind, GrantKey, ObjectRef, Query, Record, Term};
use entra_sim::{Answer as Fault, GroupKind, Matcher, Settings, Size, cast};

use crate::world::{World, gaps, grants, group, holders, member, names, owner, robot, user, ways};

fn find(kind: &str, term: Term) -> Query {
    Query::Find { kind: kind.to_owned(), term }
}

fn name(text: &str) -> Term {
    Term::Name(text.to_owned())
}

#[tokio::test(start_paused = true)]
async fn users_and_groups_are_found_by_id_name_login_and_mail() {
    let world = World::new();
    let table = [
        ("user", Term::Id(cast::ALICE.to_owned()), "user Alice Archer"),
        ("user", name("Alice Archer"), "user Alice Archer"),
        ("user", name("alice@contoso.com"), "user Alice Archer"),
        ("user", name(cast::ERIN_USER_PRINCIPAL_NAME), "user Erin Ek"),
        ("user", Term::Mail("erin@fabrikam.com".to_owned()), "user Erin Ek"),
        ("group", Term::Id(cast::FINANCE.to_owned()), "group Finance"),
        ("group", name("Finance"), "group Finance"),
        (
            "service-principal",
            Term::Id(cast::BUILD_ROBOT.to_owned()),
            "service-principal Build Robot",
        ),
        ("service-principal", name(cast::CLIENT_ID), "service-principal Doorward"),
        ("device", Term::Id(cast::LAPTOP.to_owned()), "device LAPTOP-0001"),
        ("contact", Term::Id(cast::NINA.to_owned()), "contact Nina News"),
    ];
    for (kind, term, expected) in table {
        let answer = world.read(find(kind, term.clone())).await;
        assert_eq!(names(&answer), [expected], "{kind} {term:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn what_does_not_exist_is_an_empty_answer() {
    let world = World::new();
    for (kind, term) in [
        ("user", Term::Id(cast::FINANCE.to_owned())),
        ("user", Term::Id("alice@contoso.com".to_owned())),
        ("user", Term::Id(cast::ZOE.to_owned())),
        ("user", name("Zoe Zimmer")),
        ("user", name("O'Nobody & Sons #1")),
        ("group", Term::Id(cast::OLD_FINANCE.to_owned())),
        ("group", name("Old Finance")),
    ] {
        let answer = world.read(find(kind, term.clone())).await;
        assert!(answer.records.is_empty(), "{kind} {term:?} {:?}", answer.records);
    }
    let refused = world.try_read(find("service-principal", name("Build Robot"))).await.unwrap_err();
    assert_eq!((refused.kind, refused.reason.as_str()), (ErrorKind::Unsupported, "not-searchable"));
    let refused = world.try_read(find("planet", name("x"))).await.unwrap_err();
    assert_eq!(refused.kind, ErrorKind::InvalidRequest);
}

#[tokio::test(start_paused = true)]
async fn a_name_is_found_among_twenty_thousand_users_to_the_last_page() {
    let world = World::with(
        &Size { users: 20_000, groups: 50, seed: 1, ..Size::default() },
        Settings::default(),
    );
    let twins = 1_500;
    for number in 0..twins {
        world.simulator.tenant().add_user("Same Name", &format!("same{number}@contoso.com"));
    }
    let answer = world.read(find("user", name("Same Name"))).await;
    assert_eq!(answer.records.len(), twins);
    assert_eq!(
        names(&world.read(find("user", name("alice@contoso.com"))).await),
        ["user Alice Archer"]
    );
}

#[tokio::test(start_paused = true)]
async fn objects_are_read_in_order_and_missing_ones_are_left_out() {
    let world = World::new();
    let mut keys = vec![user(cast::ALICE), user(cast::ZOE), group(cast::FINANCE)];
    keys.extend((0..30).map(|_| user(cast::BOB)));
    let answer = world.read(Query::Objects { keys }).await;
    assert_eq!(answer.records.len(), 32);
}

fn holders_of(id: &str, entitlement: Option<&str>) -> Query {
    Query::Holders { resource: group(id), entitlement: entitlement.map(str::to_owned) }
}

#[tokio::test(start_paused = true)]
async fn service_principals_are_among_the_members() {
    let world = World::new();
    for omitted in [true, false] {
        world.simulator.change_settings(|settings| settings.omit_service_principals = omitted);
        let answer = world.read(holders_of(cast::ENGINEERING, Some("member"))).await;
        assert_eq!(holders(&answer), world.simulator.tenant().members(cast::ENGINEERING));
        assert_eq!(names(&answer), ["group Platform", "service-principal Build Robot"]);
    }
}

#[tokio::test(start_paused = true)]
async fn members_of_every_kind_are_read_and_each_once() {
    let world = World::with(
        &Size::default(),
        Settings {
            direct_casts_need_consistency: true,
            permute_links: true,
            ..Settings::default()
        },
    );
    for id in
        [cast::FINANCE, cast::PRESS, cast::LAB_MACHINES, cast::PROJECT_PHOENIX, cast::EMPTY_ROOM]
    {
        let answer = world.read(holders_of(id, Some("member"))).await;
        assert_eq!(holders(&answer), world.simulator.tenant().members(id));
        let answer = world.read(holders_of(id, Some("owner"))).await;
        assert_eq!(holders(&answer), world.simulator.tenant().owners(id));
    }
}

#[tokio::test(start_paused = true)]
async fn a_large_group_is_read_to_its_last_page_with_owners_behind_the_members() {
    let world = World::new();
    for number in 0..2_100 {
        let mut tenant = world.simulator.tenant();
        let id = if number % 3 == 0 {
            tenant.add_service_principal(&format!("Robot {number}"))
        } else {
            tenant.add_user(&format!("Person {number}"), &format!("person{number}@contoso.com"))
        };
        tenant.add_member(cast::EMPTY_ROOM, &id);
    }
    world.simulator.tenant().add_owner(cast::EMPTY_ROOM, cast::BUILD_ROBOT);
    let answer = world.read(holders_of(cast::EMPTY_ROOM, None)).await;
    assert_eq!(answer.records.len(), 2 * 2_101);
    let owners: Vec<_> =
        grants(&answer).into_iter().filter(|grant| grant.key.entitlement == "owner").collect();
    assert_eq!(owners.len(), 1);
    assert_eq!(owners[0].key.principal, robot());
}

/// A group that Graph refuses to list by type, though it may hold what is asked for.
fn refusal() -> Fault {
    Fault::Status {
        status: 400,
        code: "Request_UnsupportedQuery".to_owned(),
        message: "Unsupported or invalid query filter clause specified.".to_owned(),
    }
}

#[tokio::test(start_paused = true)]
async fn a_refused_list_is_a_gap_and_never_an_empty_one() {
    let world = World::new();
    world.simulator.tenant().add_owner(cast::ENGINEERING, cast::BUILD_ROBOT);
    world.fault_always("embers/microsoft.graph.servicePrincipal", refusal());
    world.fault_always("owners/microsoft.graph.servicePrincipal", refusal());
    world.fault_always("transitiveMembers/microsoft.graph.group", refusal());
    for right in ["member", "owner"] {
        let answer = world.read(holders_of(cast::ENGINEERING, Some(right))).await;
        assert_eq!(gaps(&answer), ["service-principals-not-visible"], "{right}");
        assert!(!names(&answer).contains(&"service-principal Build Robot".to_owned()));
        let answer = world.read(paths(robot(), cast::ENGINEERING, right)).await;
        assert_eq!((ways(&answer.paths).len(), gaps(&answer).len()), (0, 1), "{right}");
        let key = GrantKey::new(robot(), group(cast::ENGINEERING), right);
        world.try_read(Query::Grant { key }).await.unwrap_err();
    }
    let answer = world.read(paths(user(cast::FRANK), cast::FINANCE, "member")).await;
    assert_eq!(gaps(&answer), ["nested-groups-not-visible"]);
}

#[tokio::test(start_paused = true)]
async fn a_list_that_is_refused_further_on_is_an_error() {
    let world = World::new();
    for number in 0..1_500 {
        let mut tenant = world.simulator.tenant();
        let id = tenant.add_service_principal(&format!("Robot {number}"));
        tenant.add_member(cast::EMPTY_ROOM, &id);
    }
    let mut when = Matcher::once("members/microsoft.graph.servicePrincipal");
    when.skip = 1;
    world.simulator.inject(entra_sim::Fault { when, what: refusal() });
    let error = world.try_read(holders_of(cast::EMPTY_ROOM, Some("member"))).await.unwrap_err();
    assert_eq!(error.provider_code.as_deref(), Some("Request_UnsupportedQuery"));
}

/// It has users only, and refuses the lists of others (facts §2.1): neither is asked for.
#[tokio::test(start_paused = true)]
async fn a_microsoft_365_group_is_known_to_hold_users_only() {
    let world = World::new();
    let answer = world.read(holders_of(cast::PROJECT_PHOENIX, Some("member"))).await;
    assert_eq!(holders(&answer), world.simulator.tenant().members(cast::PROJECT_PHOENIX));
    let key = member(robot(), cast::PROJECT_PHOENIX);
    let grant = world.read(Query::Grant { key }).await;
    let robot = world.read(paths(robot(), cast::PROJECT_PHOENIX, "member")).await;
    let alice = world.read(paths(user(cast::ALICE), cast::PROJECT_PHOENIX, "member")).await;
    assert_eq!(ways(&alice.paths), ["Alice Archer > Project Phoenix"]);
    for answer in [answer, grant, robot, alice] {
        assert_eq!(gaps(&answer), [""; 0]);
    }
}

#[tokio::test(start_paused = true)]
async fn a_hidden_membership_is_never_called_empty() {
    let world = World::new();
    let answer = world.read(holders_of(cast::WORKS_COUNCIL, Some("member"))).await;
    assert_eq!(gaps(&answer), ["hidden-membership"]);
    let key = member(user(cast::CAROL), cast::WORKS_COUNCIL);
    // A person's own groups may show it all the same; what must not come is a plain "no".
    let grant =
        world.read(Query::Grant { key: member(user(cast::BOB), cast::WORKS_COUNCIL) }).await;
    assert_eq!(gaps(&grant), ["hidden-membership"]);
    let carol = world.read(Query::Grant { key: key.clone() }).await;
    assert!(holders(&carol) == [cast::CAROL] || gaps(&carol) == ["hidden-membership"], "{carol:?}");

    let mut roles = cast::GUIDE_ROLES.to_vec();
    roles.push("Member.Read.Hidden");
    let world = World::with_roles(&roles);
    let answer = world.read(holders_of(cast::WORKS_COUNCIL, Some("member"))).await;
    assert_eq!((holders(&answer), gaps(&answer).len()), (vec![cast::CAROL.to_owned()], 0));
    assert_eq!(holders(&world.read(Query::Grant { key }).await), [cast::CAROL]);
}

#[tokio::test(start_paused = true)]
async fn a_missing_group_is_not_found() {
    let world = World::new();
    for id in [cast::OLD_FINANCE, cast::ALICE, "nonsense"] {
        let error = world.try_read(holders_of(id, None)).await.unwrap_err();
        assert_eq!(error.kind, ErrorKind::NotFound, "{id}");
    }
}

#[tokio::test(start_paused = true)]
async fn members_that_may_not_be_read_are_marked() {
    let world = World::with_roles(&["GroupMember.Read.All"]);
    let answer = world.read(holders_of(cast::LAB_MACHINES, Some("member"))).await;
    let Some(Record::Account(account)) = answer.records.first() else { panic!("{answer:?}") };
    assert_eq!((account.name.as_str(), account.limited), (cast::LAPTOP, true));
    assert_eq!(holders(&answer), [cast::LAPTOP]);
}

#[tokio::test(start_paused = true)]
async fn a_missing_permission_is_named() {
    let world = World::with_roles(&[]);
    let error = world.try_read(find("user", name("x"))).await.unwrap_err();
    assert_eq!(
        (error.kind, error.reason.as_str()),
        (ErrorKind::PermissionDenied, "missing-permission")
    );
    assert!(error.remedy.unwrap().contains("User.Read.All"));
    assert!(error.request_id.is_some());
}

#[tokio::test(start_paused = true)]
async fn one_grant_is_found_or_not_for_every_kind_of_principal() {
    let world = World::new();
    let device = ObjectRef::new("device", cast::LAPTOP);
    let contact = ObjectRef::new("contact", cast::NINA);
    let table = [
        (member(user(cast::BOB), cast::FINANCE), true),
        (member(user(cast::ALICE), cast::FINANCE), false),
        (member(user(cast::FRANK), cast::FINANCE), false),
        (member(group(cast::FINANCE_LEADS), cast::FINANCE), true),
        (member(robot(), cast::ENGINEERING), true),
        (member(robot(), cast::FINANCE), false),
        (member(robot(), cast::PROJECT_PHOENIX), false),
        (member(device, cast::LAB_MACHINES), true),
        (member(contact, cast::PRESS), true),
        (owner(user(cast::CAROL), cast::FINANCE), true),
        (owner(user(cast::BOB), cast::FINANCE), false),
        (owner(robot(), cast::FINANCE), false),
        (member(user(cast::ZOE), cast::FINANCE), false),
        (member(user(cast::BOB), cast::OLD_FINANCE), false),
        (member(user("nonsense"), cast::FINANCE), false),
    ];
    for (key, expected) in table {
        let answer = world.read(Query::Grant { key: key.clone() }).await;
        assert_eq!(grants(&answer).len(), usize::from(expected), "{key:?}");
        assert!(gaps(&answer).is_empty());
    }
}

#[tokio::test(start_paused = true)]
async fn holdings_tell_direct_from_nested_ones() {
    let world = World::new();
    world.simulator.tenant().add_owner(cast::EMPTY_ROOM, cast::FRANK);
    world.simulator.tenant().add_member(cast::UNIT_EMEA, cast::FRANK);
    let answer = world.read(Query::Holdings { principal: user(cast::FRANK) }).await;
    let mut found: Vec<String> = grants(&answer)
        .into_iter()
        .map(|grant| {
            let tenant = world.simulator.tenant();
            let name = |id: &str| tenant.display_name(id).unwrap().to_owned();
            let via = grant.via.map_or_else(String::new, |via| format!(" via {}", name(&via.id)));
            format!("{} {}{via}", grant.key.entitlement, name(&grant.key.resource.id))
        })
        .collect();
    found.sort();
    assert_eq!(
        found,
        [
            "member All Staff",
            "member All Staff Paused",
            "member Circle A via Circle B",
            "member Circle B",
            "member Finance Leads",
            "member Finance via Finance Leads",
            "owner Empty Room",
        ]
    );
    let gap = |record: &Record| match record {
        Record::Skipped(skipped) => {
            Some(format!("{} {}", skipped.code, skipped.attributes["name"]))
        }
        _ => None,
    };
    let left_out: Vec<String> = answer.records.iter().filter_map(gap).collect();
    // Frank is in the unit EMEA, too; a unit gives him no access.
    assert!(left_out.is_empty(), "{left_out:?}");
    let error = world.try_read(Query::Holdings { principal: user(cast::ZOE) }).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::NotFound);
}

#[tokio::test(start_paused = true)]
async fn holdings_of_every_kind_of_principal_are_read() {
    let world = World::new();
    for (principal, expected) in [
        (robot(), vec![cast::ENGINEERING]),
        (group(cast::PLATFORM), vec![cast::ENGINEERING]),
        (ObjectRef::new("device", cast::LAPTOP), vec![cast::LAB_MACHINES]),
        (ObjectRef::new("contact", cast::NINA), vec![cast::PRESS]),
    ] {
        let answer = world.read(Query::Holdings { principal: principal.clone() }).await;
        let found: Vec<String> =
            grants(&answer).into_iter().map(|grant| grant.key.resource.id).collect();
        assert_eq!(found, expected, "{principal}");
    }
}

fn paths(principal: ObjectRef, resource: &str, entitlement: &str) -> Query {
    Query::Paths { principal, resource: group(resource), entitlement: entitlement.to_owned() }
}

#[tokio::test(start_paused = true)]
async fn paths_lead_through_nested_groups_and_cycles() {
    let world = World::new();
    {
        let mut tenant = world.simulator.tenant();
        tenant.add_member(cast::FINANCE, cast::FRANK);
        tenant.add_member(cast::FINANCE, cast::CIRCLE_A);
    }
    let answer = world.read(paths(user(cast::FRANK), cast::FINANCE, "member")).await;
    let mut found = ways(&answer.paths);
    found.sort();
    assert_eq!(
        found,
        [
            "Frank Ferro > Circle B > Circle A > Finance",
            "Frank Ferro > Finance",
            "Frank Ferro > Finance Leads > Finance",
        ]
    );
    let direct = &answer.paths[0];
    assert_eq!(direct.grants, [member(user(cast::FRANK), cast::FINANCE)]);
    let circle = world.read(paths(user(cast::FRANK), cast::CIRCLE_B, "member")).await;
    assert_eq!(ways(&circle.paths), ["Frank Ferro > Circle B"]);
    let robot = world.read(paths(robot(), cast::ENGINEERING, "member")).await;
    assert_eq!(ways(&robot.paths), ["Build Robot > Engineering"]);
}

#[tokio::test(start_paused = true)]
async fn ownership_is_not_passed_on_and_absence_has_no_path() {
    let world = World::new();
    let owned = world.read(paths(user(cast::CAROL), cast::FINANCE, "owner")).await;
    assert_eq!(ways(&owned.paths), ["Carol Cruz > Finance"]);
    for (principal, resource, entitlement) in [
        (user(cast::FRANK), cast::FINANCE, "owner"),
        (user(cast::ALICE), cast::FINANCE, "member"),
        (user(cast::ALICE), cast::EMPTY_ROOM, "member"),
    ] {
        let answer = world.read(paths(principal, resource, entitlement)).await;
        assert!(answer.paths.is_empty() && answer.records.is_empty());
    }
    for (principal, resource) in
        [(user(cast::ZOE), cast::FINANCE), (user(cast::BOB), cast::OLD_FINANCE)]
    {
        let error = world.try_read(paths(principal, resource, "member")).await.unwrap_err();
        assert_eq!(error.kind, ErrorKind::NotFound);
    }
}

#[tokio::test(start_paused = true)]
async fn a_chain_of_thirty_groups_is_one_path() {
    let world = World::new();
    let mut below = cast::ALICE.to_owned();
    for number in 0..30 {
        let mut tenant = world.simulator.tenant();
        let above = tenant.add_group(&format!("Level {number}"), GroupKind::Security);
        tenant.add_member(&above, &below);
        below = above;
    }
    let answer = world.read(paths(user(cast::ALICE), &below, "member")).await;
    assert_eq!(answer.paths.len(), 1);
    assert_eq!(answer.paths[0].grants.len(), 30);
    assert_eq!(answer.paths[0].names.len(), 31);
}
