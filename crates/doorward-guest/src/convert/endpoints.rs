//! Where a connector wants to go, and how it was refused there.

use doorward_core as core;
use doorward_core::SecretReference;

use super::{IntoCore, IntoWit, Malformed, attributes, attributes_text, enumeration, record};
use crate::bindings::doorward::connector::endpoints;

record!(endpoints::Endpoint: name, origin, scheme, read_posts, claims, named_by_connection;
    reserved);

enumeration!(endpoints::SecretPlacement = SecretPlacement: Body, Basic);
enumeration!(endpoints::AuthStage = AuthStage: Token, Endpoint);

impl IntoCore for endpoints::Scheme {
    type Core = core::Scheme;
    fn into_core(self) -> Result<core::Scheme, Malformed> {
        let secret = |pointer| SecretReference { pointer };
        Ok(match self {
            Self::Oauth2ClientSecret(scheme) => core::Scheme::Oauth2ClientSecret {
                token_url: scheme.token_url,
                token_url_named_by_connection: scheme.token_url_named_by_connection,
                client_id: scheme.client_id,
                secret: secret(scheme.secret),
                scope: scheme.scope,
                placement: scheme.placement.into_core()?,
            },
            Self::Oauth2PrivateKeyJwt(scheme) => core::Scheme::Oauth2PrivateKeyJwt {
                token_url: scheme.token_url,
                token_url_named_by_connection: scheme.token_url_named_by_connection,
                client_id: scheme.client_id,
                key: secret(scheme.key),
                password: scheme.password.map(secret),
                audience: scheme.audience,
                scope: scheme.scope,
            },
            Self::Oauth2ClientAssertion(scheme) => core::Scheme::Oauth2ClientAssertion {
                token_url: scheme.token_url,
                token_url_named_by_connection: scheme.token_url_named_by_connection,
                client_id: scheme.client_id,
                assertion: secret(scheme.assertion),
                scope: scheme.scope,
            },
            Self::Header(scheme) => core::Scheme::Header {
                header: scheme.header,
                prefix: scheme.prefix,
                secret: secret(scheme.secret),
            },
            Self::Basic(scheme) => {
                core::Scheme::Basic { username: scheme.username, secret: secret(scheme.secret) }
            }
            Self::None => core::Scheme::None,
        })
    }
}

impl IntoWit for core::Scheme {
    type Wit = endpoints::Scheme;
    fn into_wit(self) -> endpoints::Scheme {
        match self {
            Self::Oauth2ClientSecret {
                token_url,
                token_url_named_by_connection,
                client_id,
                secret,
                scope,
                placement,
            } => endpoints::Scheme::Oauth2ClientSecret(endpoints::Oauth2ClientSecret {
                token_url,
                token_url_named_by_connection,
                client_id,
                secret: secret.pointer,
                scope,
                placement: placement.into_wit(),
                attributes: String::new(),
            }),
            Self::Oauth2PrivateKeyJwt {
                token_url,
                token_url_named_by_connection,
                client_id,
                key,
                password,
                audience,
                scope,
            } => endpoints::Scheme::Oauth2PrivateKeyJwt(endpoints::Oauth2PrivateKeyJwt {
                token_url,
                token_url_named_by_connection,
                client_id,
                key: key.pointer,
                password: password.map(|password| password.pointer),
                audience,
                scope,
                attributes: String::new(),
            }),
            Self::Oauth2ClientAssertion {
                token_url,
                token_url_named_by_connection,
                client_id,
                assertion,
                scope,
            } => endpoints::Scheme::Oauth2ClientAssertion(endpoints::Oauth2ClientAssertion {
                token_url,
                token_url_named_by_connection,
                client_id,
                assertion: assertion.pointer,
                scope,
                attributes: String::new(),
            }),
            Self::Header { header, prefix, secret } => {
                endpoints::Scheme::Header(endpoints::HeaderCredential {
                    header,
                    prefix,
                    secret: secret.pointer,
                    attributes: String::new(),
                })
            }
            Self::Basic { username, secret } => {
                endpoints::Scheme::Basic(endpoints::BasicCredential {
                    username,
                    secret: secret.pointer,
                    attributes: String::new(),
                })
            }
            Self::None => endpoints::Scheme::None,
        }
    }
}

impl IntoCore for endpoints::AuthFailure {
    type Core = core::AuthFailure;
    fn into_core(self) -> Result<core::AuthFailure, Malformed> {
        Ok(core::AuthFailure {
            endpoint: self.endpoint,
            stage: self.stage.into_core()?,
            status: self.status,
            body: attributes(&self.body)?,
            challenge: self.challenge,
            request_id: self.request_id,
        })
    }
}

impl IntoWit for core::AuthFailure {
    type Wit = endpoints::AuthFailure;
    fn into_wit(self) -> endpoints::AuthFailure {
        endpoints::AuthFailure {
            endpoint: self.endpoint,
            stage: self.stage.into_wit(),
            status: self.status,
            body: attributes_text(self.body),
            challenge: self.challenge,
            request_id: self.request_id,
            attributes: String::new(),
        }
    }
}
