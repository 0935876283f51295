//! Application permissions of Microsoft Graph: which call needs which (facts §0).

use doorward_core::Permission;

/// What a read is for, so that a refusal can say what is missing.
#[derive(Debug)]
pub(crate) struct Purpose {
    /// What is read, as in "to show *the members of a group*".
    pub(crate) what: &'static str,
    /// The permissions of which any one is enough; the smallest first.
    pub(crate) needs: &'static [&'static str],
}

pub(crate) const USER_READ: &str = "User.Read.All";
pub(crate) const USER_WRITE: &str = "User.ReadWrite.All";
pub(crate) const ORGANIZATION_READ: &str = "Organization.Read.All";
pub(crate) const DIRECTORY_READ: &str = "Directory.Read.All";
pub(crate) const DIRECTORY_WRITE: &str = "Directory.ReadWrite.All";
pub(crate) const GROUP_READ: &str = "Group.Read.All";
pub(crate) const GROUP_WRITE: &str = "Group.ReadWrite.All";
pub(crate) const GROUP_MEMBER_READ: &str = "GroupMember.Read.All";
pub(crate) const GROUP_MEMBER_WRITE: &str = "GroupMember.ReadWrite.All";
pub(crate) const HIDDEN_READ: &str = "Member.Read.Hidden";
pub(crate) const ROLE_READ: &str = "RoleManagement.Read.Directory";
pub(crate) const ROLE_WRITE: &str = "RoleManagement.ReadWrite.Directory";
pub(crate) const ASSIGNMENT_SCHEDULE_WRITE: &str = "RoleAssignmentSchedule.ReadWrite.Directory";
pub(crate) const ASSIGNMENT_SCHEDULE_REMOVE: &str = "RoleAssignmentSchedule.Remove.Directory";
pub(crate) const ELIGIBILITY_SCHEDULE_WRITE: &str = "RoleEligibilitySchedule.ReadWrite.Directory";
pub(crate) const ELIGIBILITY_SCHEDULE_REMOVE: &str = "RoleEligibilitySchedule.Remove.Directory";
pub(crate) const UNIT_READ: &str = "AdministrativeUnit.Read.All";
pub(crate) const APPLICATION_READ: &str = "Application.Read.All";
pub(crate) const APPLICATION_WRITE: &str = "Application.ReadWrite.All";
pub(crate) const DEVICE_READ: &str = "Device.Read.All";
pub(crate) const DEVICE_WRITE: &str = "Device.ReadWrite.All";
pub(crate) const CONTACT_READ: &str = "OrgContact.Read.All";

pub(crate) const READ_USERS: Purpose =
    Purpose { what: "users", needs: &[USER_READ, USER_WRITE, DIRECTORY_READ, DIRECTORY_WRITE] };
pub(crate) const READ_GROUPS: Purpose = Purpose {
    what: "groups",
    needs: &[
        GROUP_MEMBER_READ,
        GROUP_READ,
        GROUP_MEMBER_WRITE,
        GROUP_WRITE,
        DIRECTORY_READ,
        DIRECTORY_WRITE,
    ],
};
pub(crate) const READ_MEMBERS: Purpose =
    Purpose { what: "the members and owners of a group", needs: READ_GROUPS.needs };
/// The groups of devices and contacts: no smaller permission is known.
pub(crate) const READ_OTHER_MEMBERSHIPS: Purpose =
    Purpose { what: "the groups of a device or contact", needs: &[DIRECTORY_READ] };
pub(crate) const READ_MEMBERSHIPS: Purpose =
    Purpose { what: "the groups of a member", needs: READ_GROUPS.needs };
pub(crate) const READ_SERVICE_PRINCIPALS: Purpose = Purpose {
    what: "service principals",
    needs: &[APPLICATION_READ, APPLICATION_WRITE, DIRECTORY_READ, DIRECTORY_WRITE],
};
pub(crate) const READ_DEVICES: Purpose = Purpose {
    what: "devices",
    needs: &[DEVICE_READ, DEVICE_WRITE, DIRECTORY_READ, DIRECTORY_WRITE],
};
pub(crate) const READ_CONTACTS: Purpose = Purpose {
    what: "organizational contacts",
    needs: &[CONTACT_READ, DIRECTORY_READ, DIRECTORY_WRITE],
};
pub(crate) const READ_ROLES: Purpose =
    Purpose { what: "directory roles and who holds them", needs: &[ROLE_READ, ROLE_WRITE] };
/// The schedules, not their instances: those want more (facts §3.5).
pub(crate) const READ_PIM: Purpose = Purpose {
    what: "until when roles are held, and who may activate them",
    needs: READ_ROLES.needs,
};
/// `read` alone never lists units (facts §0).
pub(crate) const READ_UNITS: Purpose =
    Purpose { what: "administrative units", needs: &[UNIT_READ, DIRECTORY_READ, DIRECTORY_WRITE] };
pub(crate) const READ_ORGANIZATION: Purpose = Purpose {
    what: "the organization",
    needs: &[ORGANIZATION_READ, DIRECTORY_READ, DIRECTORY_WRITE],
};
pub(crate) const READ_APPLICATIONS: Purpose = Purpose {
    what: "app registrations",
    needs: &[APPLICATION_READ, APPLICATION_WRITE, DIRECTORY_READ, DIRECTORY_WRITE],
};

/// Changes members (facts §0). `Directory.ReadWrite.All` is expected to be enough for
/// `POST …/members/$ref` but in no table of 2026.
pub(crate) const WRITE_MEMBERS: &[&str] = &[GROUP_MEMBER_WRITE, GROUP_WRITE, DIRECTORY_WRITE];
/// Changes owners (facts §0).
pub(crate) const WRITE_OWNERS: &[&str] = &[GROUP_WRITE, DIRECTORY_WRITE];
/// Gives and takes roles for good: no other permission does (facts §0).
pub(crate) const WRITE_ROLES: &[&str] = &[ROLE_WRITE];
/// Gives roles for a time, through PIM (facts §0, §3.5).
pub(crate) const WRITE_ACTIVE: &[&str] = &[ASSIGNMENT_SCHEDULE_WRITE, ROLE_WRITE];
/// Takes roles through PIM.
pub(crate) const REMOVE_ACTIVE: &[&str] =
    &[ASSIGNMENT_SCHEDULE_REMOVE, ASSIGNMENT_SCHEDULE_WRITE, ROLE_WRITE];
/// Makes somebody eligible.
pub(crate) const WRITE_ELIGIBLE: &[&str] = &[ELIGIBILITY_SCHEDULE_WRITE, ROLE_WRITE];
/// Takes eligibility.
pub(crate) const REMOVE_ELIGIBLE: &[&str] =
    &[ELIGIBILITY_SCHEDULE_REMOVE, ELIGIBILITY_SCHEDULE_WRITE, ROLE_WRITE];
/// A request to PIM, which only those may read who may make it (facts §3.5).
pub(crate) const READ_REQUESTS: Purpose =
    Purpose { what: "what became of a request to PIM", needs: WRITE_ACTIVE };

/// What must come on top for members of this kind under the least-privileged set (facts §0).
pub(crate) fn extra_for_member(kind: &str) -> Option<&'static str> {
    match kind {
        "service-principal" => Some(APPLICATION_WRITE),
        "device" => Some(DEVICE_WRITE),
        "contact" => Some(CONTACT_READ),
        _ => None,
    }
}

/// The descriptor's list.
pub(crate) fn permissions() -> Vec<Permission> {
    let permissions = PERMISSIONS.iter().map(|(name, purpose, without, danger)| Permission {
        name: (*name).to_owned(),
        purpose: (*purpose).to_owned(),
        without: (*without).to_owned(),
        danger: (!danger.is_empty()).then(|| (*danger).to_owned()),
    });
    permissions.collect()
}

/// Name, purpose, what fails without it, and what else it allows.
const PERMISSIONS: &[(&str, &str, &str, &str)] = &[
    (USER_READ, "Find users and read them.", "Users cannot be found.", ""),
    (
        GROUP_MEMBER_READ,
        "Find groups, read them and their members and owners.",
        "Groups and their holders cannot be read.",
        "",
    ),
    (
        ROLE_READ,
        "Read directory roles, who holds them until when, our own included, and who may activate them.",
        "Roles are not visible, and `check` does not know what the application's own roles allow.",
        "",
    ),
    (
        ORGANIZATION_READ,
        "Name the tenant in `check`.",
        "`check` shows the tenant's id instead of its name.",
        "",
    ),
    (
        UNIT_READ,
        "Find administrative units and read their names.",
        "Units are known by their ids only, `sync` leaves them out, and a unit on the list of what may be changed allows nothing.",
        "",
    ),
    (
        HIDDEN_READ,
        "See the members of groups with hidden membership.",
        "Their members are reported as not visible.",
        "",
    ),
    (
        APPLICATION_READ,
        "Find service principals and applications, and read when our own secret expires.",
        "The secret's expiry may stay unknown, and service principals may not be found.",
        "",
    ),
    (
        DEVICE_READ,
        "Find devices and read their names.",
        "Devices cannot be found, and as members they have no name.",
        "",
    ),
    (
        CONTACT_READ,
        "Find organizational contacts; add them as members, beside GroupMember.ReadWrite.All.",
        "Contacts cannot be found or added as members.",
        "",
    ),
    (
        DIRECTORY_READ,
        "Read which groups a device or contact is in.",
        "What devices and contacts have cannot be asked from their side.",
        "It reads everything in the directory.",
    ),
    (
        GROUP_MEMBER_WRITE,
        "Add and remove members; users and groups need nothing more.",
        "Members cannot be changed, unless an Entra role of the application allows it.",
        "",
    ),
    (
        APPLICATION_WRITE,
        "Add service principals as members, beside GroupMember.ReadWrite.All.",
        "Service principals cannot be added as members.",
        "With it the application can add secrets to other applications and act as them.",
    ),
    (
        DEVICE_WRITE,
        "Add devices as members, beside GroupMember.ReadWrite.All.",
        "Devices cannot be added as members.",
        "With it the application can change and delete devices.",
    ),
    (
        GROUP_WRITE,
        "Add and remove owners.",
        "Owners cannot be changed, unless an Entra role of the application allows it.",
        "With it the application can delete groups and read their content.",
    ),
    (
        DIRECTORY_WRITE,
        "The integration guide's broad permission: read users and groups, change members and owners.",
        "Nothing, when the smaller permissions are granted instead.",
        "With it the application can change most objects of the directory and delete applications.",
    ),
    (
        GROUP_READ,
        "Read groups; GroupMember.Read.All is enough for that.",
        "Nothing, when the smaller permission is granted instead.",
        "With it the application reads the content of groups, such as mail, files and calendars.",
    ),
    (
        USER_WRITE,
        "Read users; User.Read.All is enough for that.",
        "Nothing, when the smaller permission is granted instead.",
        "With it the application can change users.",
    ),
    (
        "AppRoleAssignment.ReadWrite.All",
        "Nothing that this connector does.",
        "Nothing.",
        "With it the application can give itself every other permission.",
    ),
    (
        ASSIGNMENT_SCHEDULE_WRITE,
        "Give roles for a time, and take roles, through Privileged Identity Management (PIM).",
        "Roles cannot be given for a time.",
        "With it the application can make itself Global Administrator.",
    ),
    (
        ELIGIBILITY_SCHEDULE_WRITE,
        "Make somebody eligible for a role, and take that, through PIM.",
        "Nobody can be made eligible for a role.",
        "With it the application can let anybody make themselves Global Administrator.",
    ),
    (
        ASSIGNMENT_SCHEDULE_REMOVE,
        "Take roles through PIM, and give none.",
        "Roles cannot be taken through PIM.",
        "With it the application can take every role from everybody.",
    ),
    (
        ELIGIBILITY_SCHEDULE_REMOVE,
        "Take eligibility for roles, and give none.",
        "Eligibility for roles cannot be taken.",
        "With it the application can take the eligibility for every role from everybody.",
    ),
    (
        ROLE_WRITE,
        "Give and take roles for good, and change members and owners of groups that can be assigned to a role.",
        "Roles and role-assignable groups cannot be changed; everything else can.",
        "With it the application can make itself Global Administrator.",
    ),
];
