//! The house that the connector talks to: people hold keys to rooms. It has no defects.

use async_trait::async_trait;
use bytes::Bytes;
use doorward_http::{AddressRule, BodyStream, Transport, TransportError};
use futures::{StreamExt, stream};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::sync::Mutex;

pub(crate) const PEOPLE: [(&str, &str); 5] =
    [("p1", "Ada"), ("p2", "Bo"), ("p3", "Cleo"), ("p4", "Dan"), ("p5", "Eve")];
pub(crate) const ROOMS: [(&str, &str); 4] =
    [("r1", "Lab"), ("r2", "Hall"), ("r3", "Vault"), ("r4", "Attic")];

/// Items of one page.
const PAGE: usize = 2;

/// The house: who holds a key (person, room).
pub(crate) struct House(pub(crate) Mutex<BTreeSet<(String, String)>>);

impl House {
    pub(crate) fn new() -> Self {
        let keys = [("p1", "r1"), ("p2", "r1"), ("p3", "r1"), ("p1", "r3"), ("p1", "r4")];
        Self(Mutex::new(keys.map(|(person, room)| (person.to_owned(), room.to_owned())).into()))
    }

    pub(crate) fn holds(&self, person: &str, room: &str) -> bool {
        self.0.lock().unwrap().contains(&(person.to_owned(), room.to_owned()))
    }

    fn answer(&self, request: &http::Request<Bytes>) -> (u16, Value) {
        if request.headers().get("x-token").is_none_or(|token| token != "right-token") {
            return (401, json!({"error": "no token"}));
        }
        let path: Vec<&str> = request.uri().path().split('/').skip(1).collect();
        let from = request.uri().query().and_then(|query| query.strip_prefix("from="));
        let from: usize = from.and_then(|from| from.parse().ok()).unwrap_or_default();
        let all = |items: &[(&str, &str)]| -> Vec<Value> {
            items.iter().map(|(id, name)| json!({"id": id, "name": name})).collect()
        };
        match path.as_slice() {
            ["me"] => (200, json!({"id": "p5", "name": "Eve", "place": "The house"})),
            ["people"] => page(&all(&PEOPLE), from),
            ["rooms"] => page(&all(&ROOMS), from),
            ["people", id] => one(&all(&PEOPLE), id),
            ["rooms", id] => one(&all(&ROOMS), id),
            [side @ ("people" | "rooms"), id, "keys"] => self.keys(side, id, from),
            ["search"] => {
                let wanted: Value = serde_json::from_slice(request.body()).unwrap();
                let items = if wanted["kind"] == "person" { all(&PEOPLE) } else { all(&ROOMS) };
                let fits =
                    |item: &Value| item["name"] == wanted["text"] || item["id"] == wanted["text"];
                (200, json!({"items": items.into_iter().filter(fits).collect::<Vec<_>>()}))
            }
            ["keys"] => {
                let wanted: Vec<Value> = serde_json::from_slice(request.body()).unwrap();
                (200, wanted.iter().map(|one| self.change(one)).collect())
            }
            _ => (404, json!({"error": "no such path"})),
        }
    }

    fn keys(&self, side: &str, id: &str, from: usize) -> (u16, Value) {
        let known = if side == "people" { &PEOPLE[..] } else { &ROOMS[..] };
        if !known.iter().any(|(one, _)| *one == id) {
            return (404, json!({"error": "not found"}));
        }
        let keys = self.0.lock().unwrap();
        let items =
            keys.iter().filter(|(person, room)| id == if side == "people" { person } else { room });
        let items: Vec<Value> =
            items.map(|(person, room)| json!({"person": person, "room": room})).collect();
        page(&items, from)
    }

    fn change(&self, one: &Value) -> Value {
        let (person, room) = (one["person"].as_str().unwrap(), one["room"].as_str().unwrap());
        let known = PEOPLE.iter().any(|(id, _)| *id == person);
        if !known || !ROOMS.iter().any(|(id, _)| *id == room) {
            return json!("missing");
        }
        let mut keys = self.0.lock().unwrap();
        let key = (person.to_owned(), room.to_owned());
        let changed = if one["give"] == true { keys.insert(key) } else { keys.remove(&key) };
        json!(if changed { "done" } else { "already" })
    }
}

fn page(items: &[Value], from: usize) -> (u16, Value) {
    let end = (from + PAGE).min(items.len());
    let next = (end < items.len()).then_some(end);
    (200, json!({"items": items[from.min(end)..end], "next": next, "total": items.len()}))
}

fn one(items: &[Value], id: &str) -> (u16, Value) {
    match items.iter().find(|item| item["id"] == id) {
        Some(item) => (200, item.clone()),
        None => (404, json!({"error": "not found"})),
    }
}

#[async_trait]
impl Transport for House {
    async fn send(
        &self,
        request: http::Request<Bytes>,
        _: AddressRule,
    ) -> Result<http::Response<BodyStream>, TransportError> {
        let (status, body) = self.answer(&request);
        let body = Bytes::from(body.to_string());
        let response = http::Response::builder().status(status);
        Ok(response.body(stream::once(async move { Ok(body) }).boxed()).unwrap())
    }
}
