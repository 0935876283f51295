use super::own::OwnRole;
use super::*;
use doorward_core::ErrorKind;

fn unread() -> Error {
    Error::new(ErrorKind::PermissionDenied, "missing-permission", "Refused.")
}

fn role(action: &str, scope: Option<&str>) -> OwnRole {
    OwnRole {
        name: "R".to_owned(),
        actions: vec![format!("microsoft.directory/{action}")],
        scope: scope.map(|id| ObjectRef::new("au", id)),
    }
}

fn own(roles: &[(&str, Option<&str>)], owned: Option<&[&str]>) -> Own {
    Own {
        roles: roles.iter().map(|(action, scope)| role(action, *scope)).collect(),
        owned: owned.map(|ids| ids.iter().map(|id| ObjectRef::new("group", *id)).collect()),
        ..Own::default()
    }
}

/// `everywhere but a, b`, `only in au:id=x`, `no`, `unknown`.
fn told(
    token: &[&str],
    own: Result<&Own, &Error>,
    action: &str,
    kind: &str,
    entitlement: Option<&str>,
) -> String {
    let entries = authority(&token.iter().copied().collect(), own);
    let mut found = entries.into_iter().filter(|entry| {
        let ability = &entry.ability;
        (ability.action.as_str(), ability.kind.as_str(), ability.entitlement.as_deref())
            == (action, kind, entitlement)
            && ability.principal.is_none()
    });
    let (Some(entry), None) = (found.next(), found.next()) else { panic!("{action} {kind}") };
    match entry.authority {
        Authority::Everywhere { except } if except.is_empty() => "everywhere".to_owned(),
        Authority::Everywhere { except } => format!("everywhere but {}", except.join(", ")),
        Authority::OnlyIn { resources } => {
            let names: Vec<String> = resources.iter().map(ToString::to_string).collect();
            format!("only in {}", names.join(", "))
        }
        Authority::No { .. } => "no".to_owned(),
        Authority::Unknown { .. } => "unknown".to_owned(),
    }
}

#[test]
fn a_missing_permission_is_unknown_until_our_roles_are_known() {
    let (unread, partly, whole) = (unread(), own(&[], None), own(&[], Some(&[])));
    for (own, expected) in [(Err(&unread), "unknown"), (Ok(&partly), "unknown"), (Ok(&whole), "no")]
    {
        for entry in authority(&BTreeSet::new(), own) {
            let ability = &entry.ability;
            let entitlement = ability.entitlement.as_deref();
            let told = told(&[], own, &ability.action, &ability.kind, entitlement);
            assert_eq!(told, expected, "{entry:?}");
        }
    }
}

const NEVER: &str = "synced, mail-enabled-security, distribution, restricted";

#[test]
fn what_the_token_allows() {
    let unread = unread();
    let small = ["User.Read.All", "GroupMember.ReadWrite.All"];
    let jit = ["RoleAssignmentSchedule.ReadWrite.Directory"];
    let guide = ["Directory.ReadWrite.All", "RoleManagement.ReadWrite.Directory"];
    let table = [
        (
            &small[..],
            "grant",
            "group",
            Some(MEMBER),
            format!("everywhere but {NEVER}, dynamic, role-assignable"),
        ),
        (&small, "grant", "group", Some(OWNER), "unknown".to_owned()),
        (&small, "read", "group", Some(OWNER), "everywhere".to_owned()),
        (&small, "read", "role", Some(ASSIGNED), "unknown".to_owned()),
        (&guide, "revoke", "group", Some(OWNER), format!("everywhere but {NEVER}")),
        (&guide, "revoke", "group", Some(MEMBER), format!("everywhere but {NEVER}, dynamic")),
        (&guide, "revoke", "role", Some(ASSIGNED), "everywhere".to_owned()),
        (&guide, "grant-eligible", "role", Some(ASSIGNED), "everywhere".to_owned()),
        (&jit, "grant", "role", Some(ASSIGNED), "unknown".to_owned()),
        (&jit, "grant-until", "role", Some(ASSIGNED), "everywhere".to_owned()),
        (&jit, "revoke", "role", Some(ASSIGNED), "everywhere".to_owned()),
        (&jit, "grant-eligible", "role", Some(ASSIGNED), "unknown".to_owned()),
        (
            &["RoleManagement.ReadWrite.Directory"],
            "grant",
            "group",
            Some(MEMBER),
            "unknown".to_owned(),
        ),
    ];
    for (token, action, kind, entitlement, expected) in table {
        let told = told(token, Err(&unread), action, kind, entitlement);
        assert_eq!(told, expected, "{token:?} {action} {kind} {entitlement:?}");
    }
}

#[test]
fn what_our_roles_allow() {
    let members = "groups/members/update";
    let table = [
        (vec![(members, Some("emea"))], MEMBER, "only in au:id=emea".to_owned()),
        (vec![(members, Some("emea"))], OWNER, "no".to_owned()),
        (
            vec![(members, Some("emea")), (members, Some("apac"))],
            MEMBER,
            "only in au:id=apac, au:id=emea".to_owned(),
        ),
        (
            vec![(members, Some("emea")), (members, None)],
            MEMBER,
            format!("everywhere but {NEVER}, dynamic, role-assignable"),
        ),
        (
            vec![("groups/allProperties/allTasks", None)],
            OWNER,
            format!("everywhere but {NEVER}, role-assignable"),
        ),
        (
            vec![("groups.unified/members/update", None)],
            MEMBER,
            format!("everywhere but {NEVER}, dynamic, role-assignable, security"),
        ),
        (
            vec![("groups.security.assignedMembership/members/update", None)],
            MEMBER,
            format!("everywhere but {NEVER}, dynamic, role-assignable, microsoft-365"),
        ),
        (
            vec![("groups.unified.assignedMembership/members/update", Some("emea"))],
            MEMBER,
            "only in au:id=emea".to_owned(),
        ),
        (
            vec![("groupsAssignableToRoles/allProperties/update", None)],
            MEMBER,
            format!("everywhere but {NEVER}, dynamic, microsoft-365, security"),
        ),
        (vec![("users/basic/update", None)], MEMBER, "no".to_owned()),
    ];
    for (roles, entitlement, expected) in table {
        let own = own(&roles, Some(&[]));
        assert_eq!(told(&[], Ok(&own), "grant", "group", Some(entitlement)), expected, "{roles:?}");
    }
    let own_roles = own(&[("roleAssignments/allProperties/allTasks", None)], Some(&[]));
    assert_eq!(told(&[], Ok(&own_roles), "grant", "role", Some(ASSIGNED)), "everywhere");
    assert_eq!(told(&[], Ok(&own_roles), "read", "role", Some(ASSIGNED)), "everywhere");
    // Of PIM it is not in the facts.
    assert_eq!(told(&[], Ok(&own_roles), "grant-until", "role", Some(ASSIGNED)), "unknown");
}

#[test]
fn an_owner_changes_members_and_reads_the_group() {
    let own = own(&[("groups/members/update", Some("emea"))], Some(&["g"]));
    let of = |action, entitlement| told(&[], Ok(&own), action, "group", entitlement);
    assert_eq!(of("grant", Some(MEMBER)), "only in au:id=emea, group:id=g");
    assert_eq!(of("grant", Some(OWNER)), "no");
    assert_eq!(of("read", None), "only in group:id=g");
    assert_eq!(of("read", Some(MEMBER)), "no");
}

#[test]
fn a_role_at_a_unit_is_not_said_to_read_there() {
    let own = own(&[("groups/standard/read", Some("emea"))], Some(&[]));
    assert_eq!(told(&[], Ok(&own), "read", "group", None), "unknown");
}

#[test]
fn members_of_some_kinds_take_a_permission_more() {
    let whole = own(&[], Some(&[]));
    let by_role = own(&[("groups/members/update", None)], Some(&[]));
    let in_unit = own(&[("groups/members/update", Some("emea"))], Some(&[]));
    let (small, extra) = ("GroupMember.ReadWrite.All", "Device.ReadWrite.All");
    let table = [
        (&[small, extra][..], &whole, "everywhere"),
        (&[small], &whole, "no: Device.ReadWrite.All"),
        (&[extra], &whole, "no: GroupMember.ReadWrite.All"),
        (&[small], &by_role, "everywhere"),
        (&[small], &in_unit, "only in"),
        (&["Directory.ReadWrite.All"], &whole, "unknown"),
        (&["Directory.ReadWrite.All", extra], &whole, "everywhere"),
    ];
    for (token, own, expected) in table {
        let entries = authority(&token.iter().copied().collect(), Ok(own));
        let found = entries.iter().find(|one| one.ability.principal.as_deref() == Some("device"));
        let told = match &found.unwrap().authority {
            Authority::Everywhere { .. } => "everywhere".to_owned(),
            Authority::OnlyIn { .. } => "only in".to_owned(),
            Authority::No { needs } => format!("no: {}", needs[0]),
            Authority::Unknown { .. } => "unknown".to_owned(),
        };
        assert_eq!(told, expected, "{token:?}");
    }
}

#[test]
fn hidden_membership_is_an_exception_until_its_permission_is_there() {
    let whole = own(&[], Some(&[]));
    let read = |token: &[&str]| told(token, Ok(&whole), "read", "group", Some(MEMBER));
    assert_eq!(read(&["GroupMember.Read.All"]), "everywhere but hidden-membership");
    assert_eq!(read(&["GroupMember.Read.All", "Member.Read.Hidden"]), "everywhere");
}
