use super::*;
use doorward_core::{Attributes, GrantKey, HttpResponse, ObjectRef, Resource};
use nobody::{Nobody, context};
use serde_json::{Value, json};

/// A context without a provider: judging a refusal sends nothing.
mod nobody {
    use doorward_core::{
        Attributes, Clock, Context, Error, Http, HttpRequest, HttpResponse, Level, Log, Random,
        Result, Timestamp, async_trait,
    };
    use std::sync::Arc;

    pub(super) struct Nobody(pub(super) Attributes);

    #[async_trait]
    impl Http for Nobody {
        async fn send(&self, _request: HttpRequest) -> Result<HttpResponse> {
            Err(Error::internal("Nothing is sent here."))
        }
        async fn send_all(&self, _requests: Vec<HttpRequest>) -> Vec<Result<HttpResponse>> {
            Vec::new()
        }
        fn relative(&self, _endpoint: &str, link: &str) -> Result<String> {
            Ok(link.to_owned())
        }
        async fn claims(&self, _endpoint: &str) -> Result<Attributes> {
            Ok(self.0.clone())
        }
    }
    impl Clock for Nobody {
        fn now(&self) -> Timestamp {
            "2026-11-23T08:00:00Z".parse().unwrap()
        }
    }
    impl Random for Nobody {
        fn next(&self) -> u64 {
            0
        }
    }
    impl Log for Nobody {
        fn log(&self, _level: Level, _message: &str) {}
    }

    pub(super) fn context(nobody: Nobody) -> Context {
        let nobody = Arc::new(nobody);
        Context::new(nobody.clone(), nobody.clone(), nobody.clone(), nobody)
    }
}

const GROUP: &str = "60000000-0000-4000-8000-000000000001";
const USER: &str = "a11ce000-0000-4000-8000-000000000001";

struct Case {
    adds: bool,
    entitlement: &'static str,
    principal: &'static str,
    group: Value,
    roles: &'static [&'static str],
}

impl Default for Case {
    fn default() -> Self {
        Self {
            adds: true,
            entitlement: "member",
            principal: "user",
            group: json!({}),
            roles: &["Directory.ReadWrite.All"],
        }
    }
}

/// Runs a future that never waits.
fn ready<T>(future: impl Future<Output = T>) -> T {
    let mut future = std::pin::pin!(future);
    let mut cx = std::task::Context::from_waker(std::task::Waker::noop());
    match future.as_mut().poll(&mut cx) {
        std::task::Poll::Ready(value) => value,
        std::task::Poll::Pending => panic!("nothing waits here"),
    }
}

/// `already`, `already?` (when the group exists), or the error's kind, reason and retry.
fn judged(case: &Case, status: u16, code: &str, message: &str) -> (String, Retry) {
    let mut group =
        json!({"key": {"kind": "group", "id": GROUP}, "name": "G", "class": "security"});
    for (name, value) in case.group.as_object().unwrap() {
        group[name] = value.clone();
    }
    let resource: Resource = serde_json::from_value(group).unwrap();
    let key = GrantKey::new(
        ObjectRef::new(case.principal, USER),
        ObjectRef::new("group", GROUP),
        case.entitlement,
    );
    let target = crate::kinds::Target::Group(GROUP);
    let (until, reason, ticket) = (None, None, None);
    let (adds, key, resource) = (case.adds, &key, &resource);
    let change = Change { adds, target, key, resource, until, reason, ticket };
    let claims = Attributes::from_iter([("roles".to_owned(), json!(case.roles))]);
    let cx = context(Nobody(claims));
    let body = json!({"error": {"code": code, "message": message}}).to_string().into_bytes();
    let denial = Denial::read(&HttpResponse { status, headers: Vec::new(), body }, cx.now());
    match ready(verdict(&cx, &change, &denial)) {
        Verdict::Already => ("already".to_owned(), Retry::Never),
        Verdict::AlreadyIfGroupExists => ("already?".to_owned(), Retry::Never),
        Verdict::Failed(error) => {
            assert!(error.message.ends_with('.'), "{}", error.message);
            (format!("{} {}", error.kind.name(), error.reason), error.retry)
        }
    }
}

const BAD: &str = "Request_BadRequest";
const DENIED: &str = "Authorization_RequestDenied";
const NOT_FOUND: &str = "Request_ResourceNotFound";
const PLAIN_DENIAL: &str = "Insufficient privileges to complete the operation.";

fn absent(id: &str) -> String {
    format!(
        "Resource '{id}' does not exist or one of its queried reference-property objects are not present."
    )
}

#[test]
fn every_row_of_the_table_is_told_apart_when_adding() {
    let table = [
        (
            400,
            BAD,
            "One or more added object references already exist for the following modified properties: 'members'.",
            "already",
        ),
        (409, "Request_MultipleObjectsWithSameKeyValue", "A conflicting object …", "already"),
        (404, NOT_FOUND, &absent(USER), "not-found principal-not-found"),
        (404, NOT_FOUND, &absent(GROUP), "not-found resource-not-found"),
        (404, "", "", "unavailable unexpected-answer"),
        (
            403,
            "Directory_QuotaExceeded",
            "Unable to perform operation as '121' would exceed the maximum quota count '100' for forward-link 'owners'.",
            "conflict quota",
        ),
        (
            400,
            BAD,
            "A resource cannot contain more than 20 link changes",
            "invalid-request refused-request",
        ),
        (
            400,
            BAD,
            "Object '[a]' referenced from '[b]' can only be present once as an add/remove change.",
            "invalid-request refused-request",
        ),
        (
            400,
            BAD,
            "Unable to update the specified properties for on-premises mastered Directory Sync objects or objects currently undergoing migration.",
            "not-manageable synced-from-active-directory",
        ),
        (
            400,
            BAD,
            "Cannot Update a mail-enabled security groups and or distribution list.",
            "not-manageable mail-enabled",
        ),
        (
            403,
            BAD,
            "Cannot Update a mail-enabled security groups and or distribution list.",
            "not-manageable mail-enabled",
        ),
        (
            400,
            BAD,
            "Unable to update the specified properties for objects that have originated within an external service.",
            "not-manageable mail-enabled",
        ),
        (
            403,
            DENIED,
            "Insufficient privileges to complete the operation. Target object is a member of a restricted management administrative unit and can …",
            "not-manageable restricted-unit",
        ),
        (
            400,
            BAD,
            "Directory object type: ServicePrincipal cannot be added to Unified Groups. paramName: Members, …",
            "not-manageable member-type",
        ),
        (
            400,
            BAD,
            "Nesting is currently not supported for groups that can be assigned to a role.",
            "not-manageable member-type",
        ),
        (400, BAD, "Something new.", "invalid-request refused-request"),
        (403, DENIED, PLAIN_DENIAL, "permission-denied refused"),
    ];
    for (status, code, message, expected) in table {
        assert_eq!(
            judged(&Case::default(), status, code, message),
            (expected.to_owned(), Retry::Never),
            "{message}"
        );
    }
}

#[test]
fn every_row_of_the_table_is_told_apart_when_removing() {
    let case = || Case { adds: false, ..Case::default() };
    let table = [
        (404, NOT_FOUND, absent(USER), "already"),
        (404, NOT_FOUND, absent(GROUP), "not-found resource-not-found"),
        (404, NOT_FOUND, "Something new.".to_owned(), "already?"),
        (400, BAD, "One or more removed object references do not exist for the following modified properties: 'members'.".to_owned(), "already?"),
        (400, BAD, "The group must have at least one owner, hence this owner cannot be removed.".to_owned(), "conflict last-owner"),
        (400, BAD, "One or more added object references already exist for …".to_owned(), "invalid-request refused-request"),
    ];
    for (status, code, message, expected) in table {
        assert_eq!(judged(&case(), status, code, &message).0, expected, "{message}");
    }
}

#[test]
fn what_passes_is_worth_another_try() {
    let table = [
        (
            400,
            BAD,
            "The source resource object or one of the objects being referenced don't exist.",
            "not-found not-replicated",
            Retry::Backoff,
        ),
        (409, "Directory_ConcurrencyViolation", "", "conflict concurrent-changes", Retry::Backoff),
        (
            400,
            BAD,
            "Error due to concurrent requests being made to the tenant. Please wait briefly and retry.",
            "conflict concurrent-changes",
            Retry::Backoff,
        ),
        (429, "TooManyRequests", "", "rate-limited throttled", Retry::Backoff),
        (504, "UnknownError", "", "unavailable provider-unavailable", Retry::Backoff),
    ];
    for (status, code, message, expected, retry) in table {
        assert_eq!(
            judged(&Case::default(), status, code, message),
            (expected.to_owned(), retry),
            "{message}"
        );
    }
    let young = Case { group: json!({"created": "2026-11-23T07:59:00Z"}), ..Case::default() };
    for id in [GROUP, USER] {
        assert_eq!(
            judged(&young, 404, NOT_FOUND, &absent(id)),
            ("not-found not-replicated".to_owned(), Retry::Backoff)
        );
    }
}

#[test]
fn a_bare_403_is_explained_by_the_group_and_the_token() {
    let dynamic = json!({"refusals": [{"entitlements": ["member"], "refusal": {"code": "dynamic-membership", "message": "A rule.", "remedy": "r"}}]});
    let privileged = json!({"privileged": true});
    let table = [
        (Case { group: dynamic.clone(), ..Case::default() }, "not-manageable dynamic-membership"),
        (
            Case { group: dynamic, entitlement: "owner", ..Case::default() },
            "permission-denied refused",
        ),
        (
            Case { group: privileged.clone(), ..Case::default() },
            "permission-denied missing-permission",
        ),
        (
            Case {
                group: privileged,
                roles: &["Directory.ReadWrite.All", "RoleManagement.ReadWrite.Directory"],
                ..Case::default()
            },
            "permission-denied refused",
        ),
        (Case { roles: &[], ..Case::default() }, "permission-denied missing-permission"),
        (
            Case { roles: &["GroupMember.ReadWrite.All"], entitlement: "owner", ..Case::default() },
            "permission-denied missing-permission",
        ),
        (
            Case {
                roles: &["GroupMember.ReadWrite.All"],
                principal: "service-principal",
                ..Case::default()
            },
            "permission-denied missing-permission",
        ),
    ];
    for (case, expected) in table {
        assert_eq!(
            judged(&case, 403, DENIED, PLAIN_DENIAL).0,
            expected,
            "{} {:?}",
            case.group,
            case.roles
        );
    }
}

#[test]
fn a_400_when_a_group_is_added_means_that_nesting_is_refused() {
    let case = Case { principal: "group", ..Case::default() };
    assert_eq!(judged(&case, 400, BAD, "Something new.").0, "not-manageable nesting-refused");
}
