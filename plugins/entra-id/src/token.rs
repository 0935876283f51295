//! What the current token says about us (facts §1.3): for reports, never to authorise.

use doorward_core::{Attributes, Context, Result};
use std::collections::BTreeSet;

use crate::graph::ENDPOINT;

/// The claims that the reach lists.
#[derive(Clone, Debug, Default)]
pub(crate) struct Claims(Attributes);

impl Claims {
    pub(crate) async fn read(cx: &Context) -> Result<Self> {
        Ok(Self(cx.http().claims(ENDPOINT).await?))
    }

    /// A claim that is a text.
    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        self.0.get(name)?.as_str().filter(|text| !text.is_empty())
    }

    /// The granted application permissions; the claim is absent when there are none.
    pub(crate) fn roles(&self) -> BTreeSet<&str> {
        self.0
            .get("roles")
            .and_then(|roles| roles.as_array())
            .into_iter()
            .flatten()
            .filter_map(|role| role.as_str())
            .collect()
    }
}

/// Whether the token carries this application permission.
pub(crate) async fn has_role(cx: &Context, role: &str) -> Result<bool> {
    Ok(Claims::read(cx).await?.roles().contains(role))
}
