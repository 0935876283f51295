//! Policy stands before every write: privileged roles, protected objects, who is given access.
#![cfg(test)]

use doorward_core::{ErrorKind, OutcomeKind, Result};
use doorward_host::{ChangeReport, ChangeRequest, Selector, SelectorRole, Verb};
use doorward_tests::world::{World, entra_id, request};
use entra_sim::{Answer, Fault, Matcher, Settings, cast};

const GLOBAL: &str = "role:\"global administrator\"";

fn world() -> World {
    World::new(1, Settings::default())
}

fn writes(world: &World) -> usize {
    world.simulator.trace().iter().filter(|entry| entry.wrote).count()
}

fn on_role(verb: Verb, who: &str, on: &str) -> ChangeRequest {
    ChangeRequest { reason: Some("on call".to_owned()), ..request(verb, who, on, "assigned") }
}

/// With everything said that must be said.
fn meant(request: ChangeRequest) -> ChangeRequest {
    ChangeRequest { permanent: true, allow_tier0: true, ..request }
}

async fn change(world: &World, request: ChangeRequest) -> Result<ChangeReport> {
    world.open().change(request).await
}

async fn allow(world: &World, text: &str) {
    let selector = Selector::parse(text, SelectorRole::Resource, entra_id().descriptor()).unwrap();
    let opened = world.open();
    let object = opened.resolve(&selector).await.unwrap();
    opened
        .change_policy(|policy| {
            policy.allow(object.key().clone(), object.name());
        })
        .unwrap();
}

async fn protect(world: &World, text: &str) {
    let selector = Selector::parse(text, SelectorRole::Principal, entra_id().descriptor()).unwrap();
    let opened = world.open();
    let object = opened.resolve(&selector).await.unwrap();
    opened
        .change_policy(|policy| {
            policy.protect(object.key().clone(), object.name());
        })
        .unwrap();
}

fn refused(result: Result<ChangeReport>) -> String {
    let error = result.unwrap_err();
    assert_eq!(error.kind, ErrorKind::DeniedByPolicy, "{error:?}");
    assert!(error.remedy.is_some(), "{error:?}");
    error.reason
}

fn kind(report: &ChangeReport) -> OutcomeKind {
    report.outcome.as_ref().unwrap().kind
}

#[tokio::test(start_paused = true)]
async fn global_administrator_is_given_only_when_everything_says_so() {
    let world = world();
    let grant = || on_role(Verb::Grant, "carol@contoso.com", GLOBAL);
    assert_eq!(refused(change(&world, grant()).await), "permanent-not-meant");
    assert_eq!(refused(change(&world, meant(grant())).await), "privileged-resource");
    allow(&world, GLOBAL).await;
    let unsaid = ChangeRequest { allow_tier0: false, ..meant(grant()) };
    assert_eq!(refused(change(&world, unsaid).await), "privileged-resource");
    assert_eq!(writes(&world), 0);
    let report = change(&world, meant(grant())).await.unwrap();
    assert_eq!(kind(&report), OutcomeKind::Granted);
    let host = world.start(&std::sync::Arc::default());
    let entry = &host.store().journal(None, 1).unwrap()[0];
    assert_eq!(entry.operation.reason.as_deref(), Some("on call"));
}

/// A kind may be allowed as a whole; what is privileged in it may not.
#[tokio::test(start_paused = true)]
async fn role_assignable_groups_are_changed_only_by_name() {
    let world = world();
    let grant = || request(Verb::Grant, "carol@contoso.com", "group:Tier 0 Operators", "member");
    assert_eq!(refused(change(&world, meant(grant())).await), "privileged-resource");
    allow(&world, "group:Tier 0 Operators").await;
    assert_eq!(refused(change(&world, grant()).await), "privileged-resource");
    assert_eq!(writes(&world), 0);
    assert_eq!(kind(&change(&world, meant(grant())).await.unwrap()), OutcomeKind::Granted);
}

#[tokio::test(start_paused = true)]
async fn the_last_active_global_administrator_stays() {
    let world = world();
    allow(&world, GLOBAL).await;
    let holders: Vec<String> = {
        let mut tenant = world.simulator.tenant();
        let held = tenant.role_assignments();
        let of_role = held.into_iter().filter(|one| one.role == cast::GLOBAL_ADMINISTRATOR);
        let holders: Vec<String> = of_role.map(|one| one.principal).collect();
        for holder in &holders {
            // They are there, and cannot sign in.
            if holder != cast::ALICE {
                tenant.set_enabled(holder, false);
            }
        }
        holders
    };
    assert!(holders.len() > 2, "{holders:?}");
    let revoke = on_role(Verb::Revoke, "alice@contoso.com", GLOBAL);
    assert_eq!(refused(change(&world, meant(revoke.clone())).await), "last-holder");
    assert_eq!(writes(&world), 0);
    world.simulator.tenant().set_enabled(cast::GRACE, true);
    assert_eq!(kind(&change(&world, meant(revoke)).await.unwrap()), OutcomeKind::Revoked);
}

#[tokio::test(start_paused = true)]
async fn who_is_protected_is_never_touched_also_through_a_group() {
    let world = world();
    allow(&world, GLOBAL).await;
    let break_glass = format!("user:id={}", cast::BREAK_GLASS);
    protect(&world, &break_glass).await;
    for verb in [Verb::Grant, Verb::Revoke] {
        let on_global = meant(on_role(verb, &break_glass, GLOBAL));
        assert_eq!(refused(change(&world, on_global).await), "protected-object");
        let on_group = request(verb, &break_glass, "group:Finance", "member");
        assert_eq!(refused(change(&world, on_group).await), "protected-object");
    }
    world.simulator.tenant().add_member(cast::PLATFORM, cast::BREAK_GLASS);
    let through = request(Verb::Revoke, "group:Platform", "group:Engineering", "member");
    assert_eq!(refused(change(&world, through).await), "protected-object");
    protect(&world, "group:Finance").await;
    let listed = request(Verb::Grant, "carol@contoso.com", "group:Finance", "member");
    assert_eq!(refused(change(&world, listed).await), "protected-object");
    assert_eq!(writes(&world), 0);
}

/// A group may be all that gives people the role; a scope must be where a right is limited.
#[tokio::test(start_paused = true)]
async fn a_group_is_not_taken_the_role_when_nobody_else_holds_it() {
    let world = world();
    allow(&world, GLOBAL).await;
    {
        let mut tenant = world.simulator.tenant();
        for held in tenant.role_assignments() {
            if held.role == cast::GLOBAL_ADMINISTRATOR {
                tenant.set_enabled(&held.principal, false);
            }
        }
        tenant.assign_role(cast::GLOBAL_ADMINISTRATOR, cast::TIER_0_OPERATORS, None);
    }
    let group = format!("group:id={}", cast::TIER_0_OPERATORS);
    let revoke = meant(on_role(Verb::Revoke, &group, GLOBAL));
    assert_eq!(refused(change(&world, revoke).await), "last-holder");
    let misplaced = request(Verb::Grant, "alice@contoso.com@au:EMEA", "group:Finance", "member");
    assert_eq!(change(&world, misplaced).await.unwrap_err().reason, "no-scope");
    protect(&world, "au:EMEA").await;
    let within = "role:User Administrator@au:EMEA";
    allow(&world, "role:User Administrator").await;
    let grant = meant(on_role(Verb::Grant, "carol@contoso.com", within));
    assert_eq!(refused(change(&world, grant).await), "protected-object");
    // What cannot belong to a group does not stand in the way of one.
    let unrelated = request(Verb::Grant, "group:Platform", "group:Finance", "member");
    change(&world, unrelated).await.unwrap();
    assert_eq!(writes(&world), 1);
}

#[tokio::test(start_paused = true)]
async fn guests_groups_and_machines_are_given_access_each_by_their_own_flag() {
    let world = world();
    let robot = format!("service-principal:id={}", cast::BUILD_ROBOT);
    let erin = format!("user:id={}", cast::ERIN);
    let cases =
        [("guest", erin.as_str()), ("group", "group:Platform"), ("service-principal", &robot)];
    for (flag, who) in cases {
        let opened = world.open();
        opened.change_policy(|policy| policy.principals.clear()).unwrap();
        let grant = || request(Verb::Grant, who, "group:Finance", "member");
        assert_eq!(refused(change(&world, grant()).await), "principal-not-allowed", "{flag}");
        // What they have can be taken, whoever they are.
        let revoke = request(Verb::Revoke, who, "group:Finance", "member");
        change(&world, revoke).await.unwrap();
        opened
            .change_policy(|policy| {
                policy.principals.insert(flag.to_owned());
            })
            .unwrap();
        let report = change(&world, grant()).await.unwrap();
        assert_eq!(kind(&report), OutcomeKind::Granted, "{flag}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_group_says_how_many_people_it_brings() {
    let world = world();
    let asked = request(Verb::Grant, "group:Platform", "group:Finance", "member");
    let brings = world.open().plan(asked).await.unwrap().brings.unwrap();
    let tenant = world.simulator.tenant();
    let users = tenant.ids(entra_sim::Kind::User);
    let within = tenant.transitive_members(cast::PLATFORM);
    let groups = tenant.ids(entra_sim::Kind::Group);
    let people = within.iter().filter(|id| !groups.contains(id)).count();
    assert!(people > 0 && users.len() > people);
    assert_eq!((brings.count, brings.or_more), (people, false));
}

/// What one may not be given is not given to the group that one is in.
#[tokio::test(start_paused = true)]
async fn a_group_brings_nobody_who_may_not_be_given_access() {
    let world = world();
    let into = |group: &str, of: &str| {
        let on = format!("group:id={of}");
        request(Verb::Grant, &format!("group:id={group}"), &on, "member")
    };
    {
        let mut tenant = world.simulator.tenant();
        // Frank's group, with a guest two groups below, a machine, and one whose members are hidden.
        tenant.add_member(cast::CIRCLE_B, cast::ERIN);
        tenant.add_member(cast::LAB_MACHINES, cast::BUILD_ROBOT);
    }
    let cases = [
        (cast::CIRCLE_A, "guest", "Circle A brings Erin"),
        (cast::LAB_MACHINES, "device", "Lab Machines brings LAPTOP-0001"),
    ];
    for (group, kind, words) in cases {
        allow_only(&world, &["group", "service-principal"]);
        let error = change(&world, into(group, cast::FINANCE)).await.unwrap_err();
        assert_eq!(
            (error.kind, error.reason.as_str()),
            (ErrorKind::DeniedByPolicy, "principal-not-allowed")
        );
        assert!(error.message.starts_with(words), "{}", error.message);
        assert!(error.remedy.unwrap().contains(&format!("--principals {kind}`")));
        // What they have through it can be taken.
        let revoke = request(Verb::Revoke, &format!("group:id={group}"), "group:Finance", "member");
        assert_eq!(kind_of(change(&world, revoke).await), OutcomeKind::AlreadyRevoked);
        allow_only(&world, &["group", "service-principal", kind]);
        assert_eq!(kind_of(change(&world, into(group, cast::FINANCE)).await), OutcomeKind::Granted);
    }
    assert_eq!(world.simulator.tenant().members(cast::FINANCE).len(), 5);
}

/// A group whose members are not shown may hold anybody.
#[tokio::test(start_paused = true)]
async fn a_group_that_cannot_be_seen_brings_somebody_perhaps() {
    let world = world();
    let group = format!("group:id={}", cast::PLATFORM);
    let refused_cast = Answer::Status {
        status: 400,
        code: "Request_UnsupportedQuery".to_owned(),
        message: "Unsupported.".to_owned(),
    };
    let path = format!("{}/members/microsoft.graph.servicePrincipal", cast::PLATFORM);
    world.simulator.inject(Fault { when: Matcher::always(&path), what: refused_cast });
    let grant = || request(Verb::Grant, &group, "group:Finance", "member");
    allow_only(&world, &["group"]);
    let error = change(&world, grant()).await.unwrap_err();
    assert_eq!(error.reason, "principal-not-excluded");
    assert!(error.message.contains("guest, service-principal"), "{}", error.message);
    allow_only(&world, &["group", "guest", "service-principal", "device", "contact"]);
    assert_eq!(kind_of(change(&world, grant()).await), OutcomeKind::Granted);
}

/// Of whom no more is shown than the id it is not known whether they come from outside.
#[tokio::test(start_paused = true)]
async fn somebody_who_is_hardly_shown_is_not_taken_for_one_of_our_own() {
    let world = world();
    world.simulator.tenant().set_app_roles(["GroupMember.ReadWrite.All"]);
    allow_only(&world, &["group", "service-principal", "device", "contact"]);
    let group = format!("group:id={}", cast::PLATFORM);
    let grant = || request(Verb::Grant, &group, "group:Finance", "member");
    let error = change(&world, grant()).await.unwrap_err();
    assert_eq!(
        (error.kind, error.reason.as_str()),
        (ErrorKind::DeniedByPolicy, "principal-not-allowed")
    );
    assert!(error.message.contains("or may (guest)"), "{}", error.message);
}

/// That the system does not answer is no reason to allow more.
#[tokio::test(start_paused = true)]
async fn an_answer_that_fails_is_no_matter_of_policy() {
    let world = world();
    allow_only(&world, &["group"]);
    let what = Answer::Html { status: 503 };
    let path = format!("{}/members", cast::PLATFORM);
    world.simulator.inject(Fault { when: Matcher::always(&path), what });
    let group = format!("group:id={}", cast::PLATFORM);
    let grant = request(Verb::Grant, &group, "group:Finance", "member");
    let error = change(&world, grant).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Unavailable, "{error:?}");
    assert_eq!(writes(&world), 0);
}

/// These may be given access beside people of one's own.
fn allow_only(world: &World, kinds: &[&str]) {
    let kinds = || kinds.iter().map(|kind| (*kind).to_owned()).collect();
    world.open().change_policy(|policy| policy.principals = kinds()).unwrap();
}

fn kind_of(report: Result<ChangeReport>) -> OutcomeKind {
    kind(&report.unwrap())
}

#[tokio::test(start_paused = true)]
async fn a_role_is_given_within_a_unit_only() {
    let world = world();
    let on = "role:\"user administrator\"@au:EMEA";
    allow(&world, "role:User Administrator").await;
    let grant = || meant(on_role(Verb::Grant, "carol@contoso.com", on));
    let report = change(&world, grant()).await.unwrap();
    assert_eq!(kind(&report), OutcomeKind::Granted);
    assert_eq!(report.scope.unwrap().key.id, cast::UNIT_EMEA);
    let held = world.simulator.tenant().role_assignments();
    let mine: Vec<_> = held.iter().filter(|one| one.principal == cast::CAROL).collect();
    assert_eq!(mine.len(), 1, "{mine:?}");
    assert!(mine[0].scope.contains(cast::UNIT_EMEA), "{mine:?}");
    assert_eq!(kind(&change(&world, grant()).await.unwrap()), OutcomeKind::AlreadyGranted);
    // Everywhere is another grant.
    let everywhere = meant(on_role(Verb::Revoke, "carol@contoso.com", "role:User Administrator"));
    assert_eq!(kind(&change(&world, everywhere).await.unwrap()), OutcomeKind::AlreadyRevoked);
    let revoke = meant(on_role(Verb::Revoke, "carol@contoso.com", on));
    assert_eq!(kind(&change(&world, revoke).await.unwrap()), OutcomeKind::Revoked);
    let group = request(Verb::Grant, "carol@contoso.com", "group:Finance@au:EMEA", "member");
    assert_eq!(change(&world, group).await.unwrap_err().reason, "no-scope");
}

/// Only what is listed may be changed.
fn nothing_but(world: &World) {
    world.open().change_policy(|policy| policy.kinds.clear()).unwrap();
}

/// How often it was asked what the group is in.
fn asked_for_containers(world: &World, group: &str) -> usize {
    let path = format!("/v1.0/groups/{group}/memberOf");
    world.simulator.trace().iter().filter(|entry| entry.path == path).count()
}

#[tokio::test(start_paused = true)]
async fn what_is_directly_in_a_listed_unit_may_be_changed() {
    let world = world();
    nothing_but(&world);
    let join = |group: &str| {
        request(Verb::Grant, "carol@contoso.com", &format!("group:id={group}"), "member")
    };
    // Nothing is asked as long as no unit is listed.
    assert_eq!(refused(change(&world, join(cast::EMEA_SALES)).await), "not-on-writable-list");
    assert_eq!(asked_for_containers(&world, cast::EMEA_SALES), 0);
    allow(&world, "au:EMEA").await;
    assert_eq!(kind(&change(&world, join(cast::EMEA_SALES)).await.unwrap()), OutcomeKind::Granted);
    assert_eq!(asked_for_containers(&world, cast::EMEA_SALES), 1);
    // Elsewhere, and in a group that is in the unit.
    for outside in [cast::APAC_SALES, cast::FINANCE_LEADS] {
        let error = change(&world, join(outside)).await.unwrap_err();
        assert_eq!(
            (error.kind, error.reason.as_str()),
            (ErrorKind::DeniedByPolicy, "not-on-writable-list")
        );
        assert!(error.message.contains("EMEA"), "{error:?}");
    }
    // What is listed itself needs no unit.
    allow(&world, "group:APAC Sales").await;
    world.simulator.clear_trace();
    change(&world, join(cast::APAC_SALES)).await.unwrap();
    assert_eq!(asked_for_containers(&world, cast::APAC_SALES), 0);
}

#[tokio::test(start_paused = true)]
async fn a_unit_allows_neither_what_is_privileged_nor_what_is_protected() {
    let world = world();
    nothing_but(&world);
    allow(&world, "au:EMEA").await;
    world.simulator.tenant().add_member(cast::UNIT_EMEA, cast::TIER_0_OPERATORS);
    let grant = |on| meant(request(Verb::Grant, "carol@contoso.com", on, "member"));
    let privileged = change(&world, grant("group:Tier 0 Operators")).await;
    assert_eq!(refused(privileged), "privileged-resource");
    protect(&world, "group:EMEA Sales").await;
    assert_eq!(refused(change(&world, grant("group:EMEA Sales")).await), "protected-object");
    assert_eq!(writes(&world), 0);
}

#[tokio::test(start_paused = true)]
async fn a_unit_that_cannot_be_seen_allows_nothing_and_says_why() {
    let world = world();
    nothing_but(&world);
    allow(&world, "au:EMEA").await;
    let small = [&cast::READ_ROLES[..], &["GroupMember.ReadWrite.All"]].concat();
    world.simulator.tenant().set_app_roles(small);
    for group in [cast::EMEA_SALES, cast::APAC_SALES] {
        let on = format!("group:id={group}");
        let grant = request(Verb::Grant, "carol@contoso.com", &on, "member");
        let error = change(&world, grant).await.unwrap_err();
        assert_eq!(
            (error.kind, error.reason.as_str()),
            (ErrorKind::DeniedByPolicy, "container-not-visible")
        );
        assert!(error.message.contains("EMEA"), "{error:?}");
        assert!(error.remedy.unwrap().contains("AdministrativeUnit.Read.All"));
    }
    assert_eq!(writes(&world), 0);
}

/// Whoever joins a nested group has what the outer one gives.
#[tokio::test(start_paused = true)]
async fn a_protected_group_protects_the_groups_nested_in_it() {
    let world = world();
    let change_of = |verb, group: &str, right| {
        request(verb, "ines@contoso.com", &format!("group:id={group}"), right)
    };
    // Nobody is protected but a user: nothing more is asked than before.
    let within = |world: &World| {
        let nested = format!("/v1.0/groups/{}/transitiveMembers", cast::FINANCE);
        world.simulator.trace().iter().filter(|entry| entry.path.starts_with(&nested)).count()
    };
    protect(&world, "grace@contoso.com").await;
    change(&world, change_of(Verb::Grant, cast::FINANCE_LEADS, "member")).await.unwrap();
    assert_eq!(within(&world), 0);
    protect(&world, "group:Finance").await;
    world.simulator.tenant().add_member(cast::FINANCE_LEADS, cast::PLATFORM);
    let done = writes(&world);
    for (verb, group, right) in [
        (Verb::Grant, cast::FINANCE_LEADS, "member"),
        (Verb::Revoke, cast::FINANCE_LEADS, "member"),
        // Whoever owns it decides who is in it.
        (Verb::Grant, cast::FINANCE_LEADS, "owner"),
        // A group in a group in it.
        (Verb::Grant, cast::PLATFORM, "member"),
    ] {
        let error = change(&world, change_of(verb, group, right)).await.unwrap_err();
        assert_eq!(
            (error.kind, error.reason.as_str()),
            (ErrorKind::DeniedByPolicy, "protected-object")
        );
        assert!(error.message.contains("Finance Leads → Finance"), "{error:?}");
    }
    assert_eq!(writes(&world), done);
    // What is not in it can be changed, also where nothing can be nested in what is protected.
    for beside in ["group:Project Phoenix", "group:Works Council", "group:Tier 0 Operators"] {
        protect(&world, beside).await;
    }
    let beside = change_of(Verb::Grant, cast::ENGINEERING, "member");
    assert_eq!(kind(&change(&world, beside).await.unwrap()), OutcomeKind::Granted);
    // What is gone has nothing in it.
    world.simulator.tenant().soft_delete(cast::FINANCE);
    let orphan = change_of(Verb::Revoke, cast::FINANCE_LEADS, "member");
    assert_eq!(kind(&change(&world, orphan).await.unwrap()), OutcomeKind::Revoked);
}

/// To protect a role is to protect the groups that hold it.
#[tokio::test(start_paused = true)]
async fn a_protected_role_protects_the_groups_that_hold_it() {
    let world = world();
    allow(&world, "group:Tier 0 Operators").await;
    protect(&world, GLOBAL).await;
    let join =
        || meant(request(Verb::Grant, "carol@contoso.com", "group:Tier 0 Operators", "member"));
    assert_eq!(kind(&change(&world, join()).await.unwrap()), OutcomeKind::Granted);
    world.simulator.tenant().assign_role(cast::GLOBAL_ADMINISTRATOR, cast::TIER_0_OPERATORS, None);
    assert_eq!(refused(change(&world, join()).await), "protected-object");
    // An ordinary group holds no role: nothing is asked.
    let of_role = |world: &World| {
        let role = format!("roleDefinitionId%20eq%20'{}'", cast::GLOBAL_ADMINISTRATOR);
        world.simulator.trace().iter().filter(|entry| entry.query.contains(&role)).count()
    };
    let before = of_role(&world);
    let ordinary = request(Verb::Grant, "carol@contoso.com", "group:Platform", "member");
    change(&world, ordinary).await.unwrap();
    assert_eq!(of_role(&world), before);
}

/// Whoever may change our app registration can give it another secret, and act as us.
#[tokio::test(start_paused = true)]
async fn our_own_application_is_no_scope_of_a_role() {
    let world = world();
    allow(&world, "role:Application Administrator").await;
    let at = |application: &str| {
        let on = format!("role:Application Administrator@application:{application}");
        meant(on_role(Verb::Grant, "carol@contoso.com", &on))
    };
    let by_object = format!("id={}", cast::APPLICATION_OBJECT_ID);
    let by_client = format!("id={}", cast::CLIENT_ID);
    for own in [by_object.as_str(), &by_client, cast::CLIENT_ID] {
        assert_eq!(refused(change(&world, at(own)).await), "own-identity", "{own}");
    }
    assert_eq!(writes(&world), 0);
    let other = change(&world, at(cast::SCOPED_CLIENT_ID)).await.unwrap();
    assert_eq!(other.scope.unwrap().key.id, cast::SCOPED_APPLICATION_OBJECT_ID);
}

/// An application that is consented again has another object, under the same client id.
#[tokio::test(start_paused = true)]
async fn our_own_identity_is_known_by_its_login_too() {
    let world = world();
    let opened = world.open();
    opened.check().await.unwrap();
    let before = opened.integration().id;
    let host = world.start(&std::sync::Arc::default());
    host.store()
        .modify(&before, None, &mut |stored| {
            let identity = stored.identity.as_mut().unwrap();
            identity.key.id = cast::ORPHAN_CLIENT_ID.to_owned();
        })
        .unwrap();
    let own = format!("service-principal:id={}", cast::SERVICE_PRINCIPAL_ID);
    let grant = request(Verb::Grant, &own, "group:Finance", "member");
    assert_eq!(refused(change(&world, grant).await), "own-identity");
}

/// Global Administrator is held through a group; nobody who holds it directly may sign in.
fn held_through_a_group() -> World {
    let world = world();
    let mut tenant = world.simulator.tenant();
    for held in tenant.role_assignments() {
        if held.role == cast::GLOBAL_ADMINISTRATOR && held.principal != cast::ALICE {
            tenant.set_enabled(&held.principal, false);
        }
    }
    tenant.remove_role(cast::GLOBAL_ADMINISTRATOR, cast::ALICE, "/");
    tenant.assign_role(cast::GLOBAL_ADMINISTRATOR, cast::TIER_0_OPERATORS, None);
    drop(tenant);
    world
}

fn leave(who: &str, group: &str) -> ChangeRequest {
    meant(request(Verb::Revoke, who, group, "member"))
}

const TIER_0: &str = "group:Tier 0 Operators";

#[tokio::test(start_paused = true)]
async fn the_last_global_administrator_stays_in_the_group_that_makes_them_one() {
    let world = held_through_a_group();
    allow(&world, TIER_0).await;
    let error = change(&world, leave("alice@contoso.com", TIER_0)).await.unwrap_err();
    assert_eq!((error.kind, error.reason.as_str()), (ErrorKind::DeniedByPolicy, "last-holder"));
    assert!(error.message.contains("Global Administrator"), "{error:?}");
    // Who is not in it takes nothing away.
    let outsider = change(&world, leave("carol@contoso.com", TIER_0)).await.unwrap();
    assert_eq!(kind(&outsider), OutcomeKind::AlreadyRevoked);
    // A machine is no administrator that a person can sign in as.
    let robot = format!("service-principal:id={}", cast::BUILD_ROBOT);
    world.simulator.tenant().add_member(cast::TIER_0_OPERATORS, cast::BUILD_ROBOT);
    assert_eq!(refused(change(&world, leave("alice@contoso.com", TIER_0)).await), "last-holder");
    assert_eq!(kind(&change(&world, leave(&robot, TIER_0)).await.unwrap()), OutcomeKind::Revoked);
}

/// Gives the role to somebody.
type Gives = fn(&mut entra_sim::Tenant);

/// Each of these is enough for another one to leave the group.
#[tokio::test(start_paused = true)]
async fn another_active_user_with_the_role_lets_one_leave_the_group() {
    let table: [(&str, Gives); 4] = [
        ("one who holds it directly", |tenant| {
            tenant.set_enabled(cast::GRACE, true);
        }),
        ("one in the same group", |tenant| {
            tenant.add_member(cast::TIER_0_OPERATORS, cast::CAROL);
        }),
        ("one in another group", |tenant| {
            let group = tenant.add_group("Deputies", entra_sim::GroupKind::RoleAssignable);
            tenant.add_member(&group, cast::CAROL);
            tenant.assign_role(cast::GLOBAL_ADMINISTRATOR, &group, None);
        }),
        ("the same one, directly", |tenant| {
            tenant.assign_role(cast::GLOBAL_ADMINISTRATOR, cast::ALICE, None);
        }),
    ];
    for (who, let_stay) in table {
        let world = held_through_a_group();
        allow(&world, TIER_0).await;
        let_stay(&mut world.simulator.tenant());
        let report = change(&world, leave("alice@contoso.com", TIER_0)).await.unwrap();
        assert_eq!(kind(&report), OutcomeKind::Revoked, "{who}");
    }
    // Who cannot sign in does not count.
    let world = held_through_a_group();
    allow(&world, TIER_0).await;
    world.simulator.tenant().add_member(cast::TIER_0_OPERATORS, cast::DAVE);
    assert_eq!(refused(change(&world, leave("alice@contoso.com", TIER_0)).await), "last-holder");
}

/// The same count decides of the role itself.
#[tokio::test(start_paused = true)]
async fn a_role_held_directly_is_taken_when_a_group_gives_it_to_somebody() {
    let world = held_through_a_group();
    allow(&world, GLOBAL).await;
    world.simulator.tenant().set_enabled(cast::GRACE, true);
    let revoke = meant(on_role(Verb::Revoke, "grace@contoso.com", GLOBAL));
    world.simulator.tenant().set_enabled(cast::ALICE, false);
    assert_eq!(refused(change(&world, revoke.clone()).await), "last-holder");
    world.simulator.tenant().set_enabled(cast::ALICE, true);
    world.simulator.change_settings(|settings| settings.keep_last_global_administrator = false);
    assert_eq!(kind(&change(&world, revoke).await.unwrap()), OutcomeKind::Revoked);
}

#[tokio::test(start_paused = true)]
async fn what_a_group_holds_is_asked_of_privileged_groups_only_and_never_guessed() {
    let world = world();
    let of_roles = |world: &World| {
        let trace = world.simulator.trace();
        trace.iter().filter(|entry| entry.path.contains("/roleManagement/")).count()
    };
    world.open().check().await.unwrap();
    let before = of_roles(&world);
    change(&world, request(Verb::Revoke, "bob@contoso.com", "group:Finance", "member"))
        .await
        .unwrap();
    assert_eq!(of_roles(&world), before);
    allow(&world, TIER_0).await;
    let blind = ["User.Read.All", "GroupMember.ReadWrite.All"];
    world.simulator.tenant().set_app_roles(blind);
    let error = change(&world, leave("alice@contoso.com", TIER_0)).await.unwrap_err();
    assert_eq!(
        (error.kind, error.reason.as_str()),
        (ErrorKind::DeniedByPolicy, "holders-not-countable")
    );
    assert!(error.message.contains("RoleManagement.Read.Directory"), "{error:?}");
}
