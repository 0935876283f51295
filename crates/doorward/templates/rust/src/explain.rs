//! The service's refusal of the token, in words that help.
//!
//! The host asks for it wherever a 401 comes, so that no other file has to think of it.

use doorward_core::{AuthFailure, Error, ErrorKind};

use crate::errors::Denial;

/// Of the answer only the code is repeated: its text, and the challenge, may quote a token.
pub(crate) fn explain(failure: &AuthFailure) -> Error {
    Error::new(
        ErrorKind::Unauthenticated,
        "token-refused",
        "The Teams service does not accept the token of the connection.",
    )
    .remedy(
        "Make a new token in the Teams service, and put it into the connection. If it is new, check \
         that base_url is the address that it belongs to.",
    )
    .provider_code(Denial::of(&failure.body).code)
    .request_id(failure.request_id.clone())
    // What of the connection the remedy changes: the host says with which command.
    .attribute("pointer", "/token")
}
