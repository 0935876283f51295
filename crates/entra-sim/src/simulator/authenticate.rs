//! Who calls Graph, and the 401s (facts §5.2).

use std::time::Duration;

use base64::Engine as _;
use bytes::Bytes;
use http::{HeaderMap, Response};
use jiff::Timestamp;

use super::State;
use crate::answer::{self, header_of};
use crate::authority::Caller;
use crate::graph::error::{GraphError, Result};
use crate::tenant::{Body, View};
use crate::token;

/// The caller behind the `Authorization` header, as the directory knows it now.
pub(super) fn caller(state: &State, view: &View, headers: &HeaderMap) -> Result<Caller> {
    let tenant = &state.tenant;
    let header = header_of(headers, "authorization");
    let here = token::Here { tenant: tenant.id, hosts: &state.settings.graph_hosts };
    let bearer = token::verify(view.now.as_second(), header, &here)
        .map_err(|denied| GraphError::unauthenticated(denied.message()))?;
    let unknown = || {
        GraphError::new(
            401,
            "Authorization_IdentityNotFound",
            "The identity of the calling application could not be established.",
        )
    };
    let principal = bearer.object_id.as_ref().and_then(|id| tenant.live(id)).ok_or_else(unknown)?;
    let longest = view.lag.map_or(Duration::ZERO, |lag| lag.principals);
    let enabled = tenant.is_enabled(view, principal, longest);
    match &tenant.object(principal).body {
        Body::ServicePrincipal(_) if enabled => Ok(Caller::new(tenant, bearer, principal)),
        Body::ServicePrincipal(_) => Err(GraphError::new(
            401,
            "Authorization_IdentityDisabled",
            "The authenticating application principal is disabled.",
        )),
        _ => Err(unknown()),
    }
}

const CHALLENGE: &str = "Bearer realm=\"\", \
    authorization_uri=\"https://login.microsoftonline.com/common/oauth2/authorize\", \
    client_id=\"00000003-0000-0000-c000-000000000000\"";

/// Every 401 carries this header.
pub(super) fn challenge(response: &mut Response<Bytes>) {
    answer::put(response, "www-authenticate", CHALLENGE);
}

/// The claims challenge of continuous access evaluation.
pub(super) fn claims_challenge(response: &mut Response<Bytes>, now: Timestamp) {
    let claims = format!(
        r#"{{"access_token":{{"nbf":{{"essential":true,"value":"{}"}}}}}}"#,
        now.as_second()
    );
    let claims = base64::engine::general_purpose::STANDARD.encode(claims);
    let value = format!("{CHALLENGE}, error=\"insufficient_claims\", claims=\"{claims}\"");
    answer::put(response, "www-authenticate", &value);
}

/// The error of the claims challenge.
pub(super) fn claims_error() -> GraphError {
    GraphError::unauthenticated(
        "Continuous access evaluation resulted in challenge with result: InteractionRequired and code: \
         TokenIssuedBeforeRevocationTimestamp",
    )
}
