//! A connector that does what no connector may, one deed at a time: the connection says which.
//!
//! `tests/tests/hostile` loads it as a component and looks at what stops it.
#![allow(
    clippy::panic,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "it is broken on purpose"
)]

mod deeds;

use doorward_core::{
    Answer, ApplyRequest, AuthFailure, CheckReport, Connection, Connector, Context, Cursor,
    Descriptor, Endpoint, Error, ErrorKind, Factory, HttpRequest, Outcome, OutcomeKind, Page,
    Reach, ReadRequest, Result, StartRequest, SyncRequest, async_trait,
};
use serde::Deserialize;
use serde_json::json;
use std::sync::{Arc, LazyLock};

use deeds::Deed;

/// The factory.
pub struct Hostile;

#[cfg(target_family = "wasm")]
doorward_guest::export!(Hostile);

static DESCRIPTOR: LazyLock<Descriptor> = LazyLock::new(|| {
    serde_json::from_value(json!({
        "id": "hostile",
        "version": "0.0.1",
        "name": "Hostile",
        "summary": "Does what no connector may.",
        "needs": ["http"],
        "connectionSchema": {
            "type": "object",
            "required": ["deed", "reach", "secret"],
            "properties": {
                "deed": {"type": "string"},
                "reach": {"type": "array"},
                "requests": {"type": "array"},
                "secret": {"type": "string", "writeOnly": true},
            },
        },
        "principalKinds": [{"kind": "person", "name": "person", "searchable": true, "person": true}],
        "resourceKinds": [{
            "kind": "room", "name": "room", "classes": ["room"],
            "entitlements": [{"id": "key", "summary": "Opens it.", "principals": ["person"]}],
        }],
        "capabilities": ["check", "sync", "read", "grant", "revoke"],
        "permissions": [],
        "uses": [],
        "setup": {"warnings": [], "steps": [], "scripts": []},
        "pacing": {"maxInFlight": 4},
        "maxBatch": 1,
    }))
    .unwrap()
});

impl Factory for Hostile {
    fn descriptor(&self) -> &Descriptor {
        &DESCRIPTOR
    }

    fn open(&self, connection: Connection) -> Result<Arc<dyn Connector>> {
        let told = json!(connection).to_string();
        let wish: Wish = connection.parse()?;
        match wish.deed {
            Deed::ClockInReach => deeds::ask_the_time(),
            Deed::LoopInReach => deeds::loop_for_ever(),
            Deed::LogInReach => deeds::log_for_ever(),
            _ => {}
        }
        Ok(Arc::new(Open { wish, told }))
    }
}

/// A test makes an update of this plugin by changing these bytes in the component; the update wants
/// to reach more for the same connection.
static UPDATE: &str = "doorward-hostile-update: no ";

fn is_update() -> bool {
    std::hint::black_box(UPDATE).ends_with("yes")
}

/// What the connection asks it to do.
#[derive(Deserialize)]
struct Wish {
    deed: Deed,
    reach: Vec<Endpoint>,
    /// What [`Deed::Send`] and [`Deed::SendAll`] send.
    #[serde(default)]
    requests: Vec<HttpRequest>,
}

struct Open {
    wish: Wish,
    /// The connection, as it was given.
    told: String,
}

impl Open {
    async fn act(&self, cx: &Context) -> Result<String> {
        deeds::act(cx, self.wish.deed, &self.wish.requests, &self.told).await
    }
}

#[async_trait]
impl Connector for Open {
    fn reach(&self) -> Reach {
        let mut endpoints = self.wish.reach.clone();
        if is_update() {
            let elsewhere = endpoints.first().cloned().map(|endpoint| Endpoint {
                name: "elsewhere".to_owned(),
                origin: "https://elsewhere.example".to_owned(),
                ..endpoint
            });
            endpoints.extend(elsewhere);
        }
        Reach { endpoints }
    }

    fn start(&self, _: StartRequest) -> Result<Vec<Cursor>> {
        if self.wish.deed == Deed::PanicInStart {
            panic!("no place to start");
        }
        Ok(vec![Cursor { stream: "rooms".to_owned(), phase: 0, body: json!(0) }])
    }

    async fn check(&self, cx: &Context) -> Result<CheckReport> {
        let told = self.act(cx).await?;
        Ok(serde_json::from_value(json!({
            "identity": {"key": {"kind": "person", "id": "me"}, "name": "me", "place": told},
            "authority": [],
            "findings": [],
            "credentialExpiry": {"known": "unknown", "because": "it is of no use"},
        }))
        .unwrap())
    }

    async fn sync(&self, cx: &Context, _: SyncRequest) -> Result<Page> {
        match deeds::page(self.wish.deed) {
            Some(page) => Ok(page),
            None => self.act(cx).await.map(|_| Page::default()),
        }
    }

    async fn read(&self, cx: &Context, _: ReadRequest) -> Result<Answer> {
        self.act(cx).await.map(|_| Answer::default())
    }

    async fn apply(&self, cx: &Context, _: ApplyRequest) -> Result<Vec<Result<Outcome>>> {
        self.act(cx).await?;
        Ok(vec![Ok(Outcome::new(OutcomeKind::Granted)); 2])
    }

    fn explain(&self, _: AuthFailure) -> Error {
        Error::new(ErrorKind::Unauthenticated, "refused", "The secret was refused.")
            .remedy("Look for another one.")
    }
}
