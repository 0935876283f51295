//! The smallest connector that does everything: people hold keys to rooms. At most 100 lines, or
//! the contract is too heavy.

use doorward_core::*;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use std::sync::{Arc, LazyLock};

pub static KEYRING: LazyLock<Keyring> = LazyLock::new(|| {
    Keyring(serde_json::from_str(include_str!("descriptor.json")).expect("descriptor.json fits"))
});

pub struct Keyring(Descriptor);

impl Factory for Keyring {
    fn descriptor(&self) -> &Descriptor {
        &self.0
    }

    fn open(&self, connection: Connection) -> Result<Arc<dyn Connector>> {
        Ok(Arc::new(Open(connection.parse()?)))
    }
}

/// A connection is its origin and its token: `{"origin": …, "token": {"pointer": "/token"}}`.
#[derive(serde::Deserialize)]
struct Open(std::collections::BTreeMap<String, Value>);

async fn ask<T: DeserializeOwned>(cx: &Context, request: HttpRequest) -> Result<T> {
    let answer = cx.http().send(request).await?;
    let error =
        |kind, reason| Error::new(kind, reason, format!("The keyring says {}.", answer.status));
    match answer.status {
        200 => serde_json::from_slice(&answer.body)
            .map_err(|_| error(ErrorKind::ContractViolation, "unexpected-answer")),
        403 => Err(error(ErrorKind::PermissionDenied, "forbidden")),
        404 => Err(error(ErrorKind::NotFound, "gone")),
        410 => Err(error(ErrorKind::CursorExpired, "page-gone")),
        429 => Err(error(ErrorKind::RateLimited, "throttled").retry(Retry::Backoff)),
        _ => Err(error(ErrorKind::Unavailable, "broken")),
    }
}

fn get(path: Path) -> HttpRequest {
    HttpRequest::get("keyring", path)
}

#[async_trait]
impl Connector for Open {
    fn reach(&self) -> Reach {
        let endpoint = json!({"name": "keyring", "origin": self.0["origin"], "readPosts": ["/read"],
            "scheme": {"type": "header", "header": "x-token", "secret": self.0["token"]}});
        Reach { endpoints: serde_json::from_value(endpoint).into_iter().collect() }
    }

    fn start(&self, request: StartRequest) -> Result<Vec<Cursor>> {
        let streams = request.stream.map_or(vec!["people".into(), "rooms".into()], |one| vec![one]);
        let cursor = |stream| Cursor { stream, phase: 0, body: json!(0) };
        Ok(streams.into_iter().map(cursor).collect())
    }

    async fn check(&self, cx: &Context) -> Result<CheckReport> {
        ask(cx, get(Path::new("/check"))).await
    }

    async fn sync(&self, cx: &Context, request: SyncRequest) -> Result<Page> {
        let path = Path::new("/sync").value(&request.cursor.stream);
        ask(cx, get(path.query("page", &request.cursor.body.to_string()))).await
    }

    async fn read(&self, cx: &Context, request: ReadRequest) -> Result<Answer> {
        let mut post = HttpRequest::new("keyring", Method::Post, Path::new("/read"));
        post.effect = Some(Effect::Read);
        ask(cx, post.json(json!(request))).await
    }

    async fn apply(&self, cx: &Context, request: ApplyRequest) -> Result<Vec<Result<Outcome>>> {
        let post = HttpRequest::new("keyring", Method::Post, Path::new("/apply"));
        let kinds: Vec<OutcomeKind> = ask(cx, post.json(json!(request))).await?;
        Ok(kinds.into_iter().map(|kind| Ok(Outcome::new(kind))).collect())
    }

    async fn settle(&self, cx: &Context, request: SettleRequest) -> Result<Outcome> {
        let Some((key, _)) = request.operation.action.grant() else {
            return Ok(Outcome::new(OutcomeKind::Unknown));
        };
        let query = Query::Grant { key: key.clone() };
        let answer = self.read(cx, ReadRequest { query, cursor: None }).await?;
        let outcome = request.outcome(!answer.records.is_empty());
        Ok(outcome.unwrap_or(Outcome::new(OutcomeKind::Unknown)))
    }

    fn explain(&self, _: AuthFailure) -> Error {
        Error::new(ErrorKind::Unauthenticated, "wrong-token", "The keyring refuses the token.")
            .remedy("Enter the token again.")
    }
}
