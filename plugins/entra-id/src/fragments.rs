//! Fragments of messages that must be told apart because they share one code.
//!
//! `Request_BadRequest` alone stands for a duplicate, a synced group, the last owner and more
//! (facts §2.2), so that matching English text cannot be avoided. All of it stands in this table
//! and nowhere else.

/// What a refused request means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Meaning {
    /// The link to add is there.
    AlreadyLinked,
    /// The link to remove is not there.
    LinkMissing,
    /// An object was made moments ago and is not known everywhere.
    NotReplicated,
    /// The last user among the owners must stay.
    LastOwner,
    /// Mastered in Active Directory.
    Synced,
    /// Mastered in Exchange.
    MailEnabled,
    /// A Microsoft 365 group takes users only.
    MemberType,
    /// A role-assignable group takes no groups.
    Nesting,
    /// Inside a restricted management administrative unit.
    RestrictedUnit,
    /// Parallel writes.
    Concurrency,
    /// The same is there: a role that is held (facts §3.4).
    Conflicting,
    /// A group that cannot hold a role.
    NotRoleAssignable,
    /// A role that holds everywhere or nowhere.
    ScopeNotSupported,
    /// PIM's own words for a permission that the token lacks (facts §9).
    PermissionMissing,
}

/// Lower case; the first that is found decides (facts §2.2, §3.4, §5.2).
const TABLE: &[(&str, Meaning)] = &[
    ("added object references already exist", Meaning::AlreadyLinked),
    ("removed object references do not exist", Meaning::LinkMissing),
    ("removed object references don't exist", Meaning::LinkMissing),
    ("objects being referenced don't exist", Meaning::NotReplicated),
    ("objects being referenced do not exist", Meaning::NotReplicated),
    ("must have at least one owner", Meaning::LastOwner),
    ("on-premises mastered directory sync objects", Meaning::Synced),
    ("mail-enabled security groups and or distribution list", Meaning::MailEnabled),
    ("originated within an external service", Meaning::MailEnabled),
    ("cannot be added to unified groups", Meaning::MemberType),
    ("nesting is currently not supported", Meaning::Nesting),
    ("restricted management administrative unit", Meaning::RestrictedUnit),
    ("concurrent requests", Meaning::Concurrency),
    ("conflicting object with one or more of the specified property", Meaning::Conflicting),
    ("groups without isassignabletorole", Meaning::NotRoleAssignable),
    ("not supported to be assigned to a single resource scope", Meaning::ScopeNotSupported),
    ("permissionscopenotgranted", Meaning::PermissionMissing),
];

/// What a refused credential means beyond its number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Saying {
    /// The certificate is registered, and its time is over.
    KeyExpired,
    /// No federated credential fits; Microsoft's numbers for it change.
    NoFederatedIdentity,
}

/// Lower case (facts §1.4).
const SAYINGS: &[(&str, Saying)] = &[
    ("the key used is expired", Saying::KeyExpired),
    ("no matching federated identity record found", Saying::NoFederatedIdentity),
];

/// What the description of a refused credential means beyond its number.
pub(crate) fn saying(description: &str) -> Option<Saying> {
    let description = description.to_lowercase();
    SAYINGS.iter().find(|(fragment, _)| description.contains(fragment)).map(|(_, saying)| *saying)
}

/// What a message means, as far as the table knows it.
pub(crate) fn meaning(message: &str) -> Option<Meaning> {
    let message = message.to_lowercase();
    TABLE.iter().find(|(fragment, _)| message.contains(fragment)).map(|(_, meaning)| *meaning)
}

/// A rule of the policy that PIM holds requests for a role against. The code is the same for all
/// (facts §3.5).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Rule {
    Mfa,
    Eligibility,
    Expiration,
    Ticketing,
    Justification,
}

/// Lower case; those that a caller can do least about come first.
const RULES: &[(&str, Rule)] = &[
    ("mfarule", Rule::Mfa),
    ("eligibilityrule", Rule::Eligibility),
    ("expirationrule", Rule::Expiration),
    ("ticketingrule", Rule::Ticketing),
    ("justificationrule", Rule::Justification),
];

/// The rules that a request breaks, as the message names them.
pub(crate) fn broken_rules(message: &str) -> Vec<Rule> {
    let message = message.to_lowercase();
    let broken = RULES.iter().filter(|(name, _)| message.contains(name));
    broken.map(|(_, rule)| *rule).collect()
}

/// The permissions of which PIM says that any one was missing (facts §9): the code beside it,
/// `UnknownError`, says nothing.
pub(crate) fn missing_scopes(message: &str) -> Vec<String> {
    let Some((_, rest)) = message.split_once("missing permission scope ") else {
        return Vec::new();
    };
    let is_name = |char: char| char.is_ascii_alphanumeric() || char == '.';
    let list = rest.split(|char: char| char != ',' && char != ' ' && !is_name(char)).next();
    let names = list.unwrap_or_default().split(',').map(|name| name.trim().trim_matches('.'));
    names.filter(|name| name.contains('.')).map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn broken_rules_are_read_in_both_forms() {
        let table = [
            (
                r#"The following policy rules failed: ["JustificationRule","MfaRule"]"#,
                vec![Rule::Mfa, Rule::Justification],
            ),
            ("JustificationRule - Justification is required", vec![Rule::Justification]),
            (r#"["ExpirationRule"]"#, vec![Rule::Expiration]),
            ("something else", vec![]),
        ];
        for (message, rules) in table {
            assert_eq!(broken_rules(message), rules, "{message}");
        }
    }

    #[test]
    fn the_permissions_that_pim_wants_are_read() {
        let message = r#"{"errorCode":"PermissionScopeNotGranted","message":"Authorization failed due to missing permission scope RoleManagement.Read.Directory,RoleManagement.ReadWrite.Directory.","instanceAnnotations":[]}"#;
        assert_eq!(
            missing_scopes(message),
            ["RoleManagement.Read.Directory", "RoleManagement.ReadWrite.Directory"]
        );
        for message in ["", "missing permission scope ", "missing permission scope \"", "no"] {
            assert!(missing_scopes(message).is_empty(), "{message}");
        }
    }

    #[test]
    fn recorded_messages_are_told_apart() {
        let table = [
            (
                "One or more added object references already exist for the following modified properties: 'members'.",
                Meaning::AlreadyLinked,
            ),
            (
                "One or more added object references already exist for the following modified properties: 'owners'.",
                Meaning::AlreadyLinked,
            ),
            (
                "One or more removed object references do not exist for the following modified properties: 'members'.",
                Meaning::LinkMissing,
            ),
            (
                "The source resource object or one of the objects being referenced don't exist.",
                Meaning::NotReplicated,
            ),
            (
                "The source resource object or one of the objects being referenced do not exist.",
                Meaning::NotReplicated,
            ),
            (
                "The group must have at least one owner, hence this owner cannot be removed.",
                Meaning::LastOwner,
            ),
            (
                "Unable to update the specified properties for on-premises mastered Directory Sync objects or objects currently undergoing migration.",
                Meaning::Synced,
            ),
            (
                "Cannot Update a mail-enabled security groups and or distribution list.",
                Meaning::MailEnabled,
            ),
            (
                "Unable to update the specified properties for objects that have originated within an external service.",
                Meaning::MailEnabled,
            ),
            (
                "Directory object type: ServicePrincipal cannot be added to Unified Groups. paramName: Members, paramValue: ",
                Meaning::MemberType,
            ),
            (
                "Unified Groups cannot be added to Unified Groups. paramName: Members, ",
                Meaning::MemberType,
            ),
            (
                "Nesting is currently not supported for groups that can be assigned to a role.",
                Meaning::Nesting,
            ),
            (
                "Insufficient privileges to complete the operation. Target object is a member of a restricted management administrative unit and can only be modified by …",
                Meaning::RestrictedUnit,
            ),
            (
                "Error due to concurrent requests being made to the tenant. Please wait briefly and retry.",
                Meaning::Concurrency,
            ),
            (
                "A conflicting object with one or more of the specified property values is present in the directory.",
                Meaning::Conflicting,
            ),
            (
                "Groups without IsAssignableToRole property set cannot be assigned to roles.",
                Meaning::NotRoleAssignable,
            ),
            (
                "The given built-in role is not supported to be assigned to a single resource scope.",
                Meaning::ScopeNotSupported,
            ),
        ];
        for (message, expected) in table {
            assert_eq!(meaning(message), Some(expected), "{message}");
        }
        assert_eq!(meaning("Insufficient privileges to complete the operation."), None);
        assert_eq!(meaning(""), None);
    }
}
