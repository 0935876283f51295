//! The service's refusal of the token, in words that help.
//!
//! The host asks for it wherever a 401 comes, so that no other file has to think of it.

use doorward_core::{AuthFailure, Error, ErrorKind};

use crate::errors::Denial;

/// The one code that is known. What else stands in its place could be anything.
const UNAUTHORIZED: &str = "unauthorized";

/// Of the answer only a known code is repeated: its text, and the challenge, may quote a token.
pub(crate) fn explain(failure: &AuthFailure) -> Error {
    let error = Error::new(
        ErrorKind::Unauthenticated,
        "token-refused",
        "The Teams service does not accept the token of the connection.",
    )
    .remedy(
        "Make a new token in the Teams service, and put it into the connection. If it is new, check \
         that base_url is the address that it belongs to.",
    )
    .request_id(failure.request_id.clone())
    // What of the connection the remedy changes: the host says with which command.
    .attribute("pointer", "/token");
    let code = Denial::of(&failure.body).code;
    if code == UNAUTHORIZED { error.provider_code(code) } else { error }
}

#[cfg(test)]
mod tests {
    use super::*;
    use doorward_core::AuthStage;
    use serde_json::{from_value, json};

    #[test]
    fn only_a_known_code_is_repeated() {
        for (code, repeated) in [(UNAUTHORIZED, Some(UNAUTHORIZED)), ("token example-token", None)]
        {
            let failure = AuthFailure {
                endpoint: "teams".to_owned(),
                stage: AuthStage::Endpoint,
                status: 401,
                body: from_value(json!({"error": {"code": code, "message": "No."}})).unwrap(),
                challenge: None,
                request_id: None,
            };
            assert_eq!(explain(&failure).provider_code.as_deref(), repeated);
        }
    }
}
