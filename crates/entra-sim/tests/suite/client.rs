//! A small client in process, with a virtual clock.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use bytes::Bytes;
use entra_sim::{Settings, SimulatedFault, Simulator, Size, Tenant, cast};
use http::{Method, Request, Response};
use jiff::Timestamp;
use serde_json::{Value, json};
use tower::Service as _;

/// The simulator with a clock that a test moves.
#[derive(Clone)]
pub(crate) struct Client {
    pub(crate) simulator: Simulator,
    pub(crate) clock: Arc<AtomicI64>,
    pub(crate) token: Option<String>,
}

/// An answer, its body read as JSON when it is.
#[derive(Debug)]
pub(crate) struct Got {
    pub(crate) status: u16,
    pub(crate) headers: http::HeaderMap,
    pub(crate) text: String,
    pub(crate) json: Value,
}

impl Got {
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    pub(crate) fn error(&self) -> (u16, &str, &str) {
        let error = &self.json["error"];
        (self.status, error["code"].as_str().unwrap_or(""), error["message"].as_str().unwrap_or(""))
    }

    pub(crate) fn values(&self) -> &Vec<Value> {
        self.json["value"]
            .as_array()
            .unwrap_or_else(|| panic!("no list: {} {}", self.status, self.text))
    }

    /// The ids of a page, sorted.
    pub(crate) fn ids(&self) -> Vec<String> {
        let mut ids: Vec<String> =
            self.values().iter().map(|value| value["id"].as_str().unwrap().to_owned()).collect();
        ids.sort();
        ids
    }
}

pub(crate) const SIGN_IN: &str = "https://login.microsoftonline.com";
pub(crate) const GRAPH: &str = "https://graph.microsoft.com/v1.0";

impl Client {
    pub(crate) fn new(size: &Size, settings: Settings) -> Self {
        Self::starting(cast::EPOCH, size, settings)
    }

    /// A tenant that is made at this time, and a clock that starts then.
    pub(crate) fn starting(start: &str, size: &Size, settings: Settings) -> Self {
        let start: Timestamp = start.parse().unwrap();
        let clock = Arc::new(AtomicI64::new(start.as_millisecond()));
        let reading = clock.clone();
        let now = move || Timestamp::from_millisecond(reading.load(Ordering::SeqCst)).unwrap();
        let simulator = Simulator::new(Tenant::generate_at(size, start), settings, Arc::new(now));
        Self { simulator, clock, token: None }
    }

    /// The cast alone, signed in with the guide's permissions.
    pub(crate) async fn signed_in() -> Self {
        Self::signed_in_with(Settings::default(), &cast::GUIDE_ROLES).await
    }

    pub(crate) async fn signed_in_with(settings: Settings, roles: &[&str]) -> Self {
        let mut client = Self::new(&Size::default(), settings);
        client.become_holder_of(roles).await;
        client
    }

    /// Grants these permissions and takes a new token.
    pub(crate) async fn become_holder_of(&mut self, roles: &[&str]) {
        self.simulator.tenant().set_app_roles(roles.iter().copied());
        let got = self.sign_in(&form(cast::CLIENT_ID, cast::SECRET)).await;
        self.token = Some(got.json["access_token"].as_str().expect(&got.text).to_owned());
    }

    /// Takes a token of the service principal that administers groups in the unit "EMEA" alone.
    pub(crate) async fn become_scoped(&mut self) {
        let got = self.sign_in(&form(cast::SCOPED_CLIENT_ID, cast::SCOPED_SECRET)).await;
        self.token = Some(got.json["access_token"].as_str().expect(&got.text).to_owned());
    }

    /// What authorised the last request.
    pub(crate) fn authorised_by(&self) -> Vec<String> {
        self.simulator.trace().pop().expect("nothing was asked").authorised_by
    }

    /// All ids of a list, page by page, in the order of the pages, and how many pages there were.
    pub(crate) async fn all_ids(&self, path: &str) -> (Vec<String>, usize) {
        let (mut ids, mut pages, mut next) = (Vec::new(), 0, path.to_owned());
        loop {
            let got = self.get(&next).await;
            ids.extend(got.values().iter().map(|one| one["id"].as_str().unwrap().to_owned()));
            pages += 1;
            match got.json["@odata.nextLink"].as_str() {
                Some(link) => next = link.to_owned(),
                None => return (ids, pages),
            }
        }
    }

    pub(crate) fn now(&self) -> Timestamp {
        Timestamp::from_millisecond(self.clock.load(Ordering::SeqCst)).unwrap()
    }

    pub(crate) fn pass(&self, seconds: i64) {
        self.clock.fetch_add(seconds * 1000, Ordering::SeqCst);
    }

    pub(crate) async fn sign_in(&self, body: &str) -> Got {
        self.sign_in_at(cast::TENANT_ID, body).await
    }

    pub(crate) async fn sign_in_at(&self, tenant: &str, body: &str) -> Got {
        let request = Request::post(format!("{SIGN_IN}/{tenant}/oauth2/v2.0/token"))
            .header("content-type", "application/x-www-form-urlencoded")
            .body(Bytes::from(body.to_owned()))
            .unwrap();
        read(self.send(request).await.unwrap())
    }

    pub(crate) async fn send(
        &self,
        request: Request<Bytes>,
    ) -> Result<Response<Bytes>, SimulatedFault> {
        self.simulator.clone().call(request).await
    }

    /// A request to Graph by path (or absolute URL) with extra headers.
    pub(crate) async fn ask(
        &self,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
        body: Option<Value>,
    ) -> Result<Response<Bytes>, SimulatedFault> {
        let url =
            if path.starts_with("https://") { path.to_owned() } else { format!("{GRAPH}{path}") };
        let mut request = Request::builder().method(method).uri(url);
        if let Some(token) = &self.token {
            request = request.header("authorization", format!("Bearer {token}"));
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let body = body.map_or_else(Bytes::new, |body| {
            request = std::mem::take(&mut request).header("content-type", "application/json");
            body.to_string().into()
        });
        self.send(request.body(body).unwrap()).await
    }

    pub(crate) async fn get(&self, path: &str) -> Got {
        read(self.ask(Method::GET, path, &[], None).await.unwrap())
    }

    pub(crate) async fn get_eventual(&self, path: &str) -> Got {
        read(self.ask(Method::GET, path, &[("ConsistencyLevel", "eventual")], None).await.unwrap())
    }

    pub(crate) async fn post(&self, path: &str, body: Value) -> Got {
        read(self.ask(Method::POST, path, &[], Some(body)).await.unwrap())
    }

    pub(crate) async fn patch(&self, path: &str, body: Value) -> Got {
        read(self.ask(Method::PATCH, path, &[], Some(body)).await.unwrap())
    }

    pub(crate) async fn delete(&self, path: &str) -> Got {
        read(self.ask(Method::DELETE, path, &[], None).await.unwrap())
    }

    pub(crate) async fn add_member(&self, group: &str, member: &str) -> Got {
        self.post(&format!("/groups/{group}/members/$ref"), reference(member)).await
    }

    pub(crate) async fn remove_member(&self, group: &str, member: &str) -> Got {
        self.delete(&format!("/groups/{group}/members/{member}/$ref")).await
    }
}

pub(crate) fn read(response: Response<Bytes>) -> Got {
    let (head, body) = response.into_parts();
    let text = String::from_utf8_lossy(&body).into_owned();
    let json = serde_json::from_str(&text).unwrap_or(Value::Null);
    Got { status: head.status.as_u16(), headers: head.headers, text, json }
}

pub(crate) fn form(client: &str, secret: &str) -> String {
    url::form_urlencoded::Serializer::new(String::new())
        .append_pair("client_id", client)
        .append_pair("scope", "https://graph.microsoft.com/.default")
        .append_pair("client_secret", secret)
        .append_pair("grant_type", "client_credentials")
        .finish()
}

pub(crate) const DENIED: (u16, &str, &str) =
    (403, "Authorization_RequestDenied", "Insufficient privileges to complete the operation.");

/// The text of a 404.
pub(crate) fn not_found(id: &str) -> String {
    format!(
        "Resource '{id}' does not exist or one of its queried reference-property objects are not present."
    )
}

pub(crate) fn reference(id: &str) -> Value {
    json!({ "@odata.id": format!("{GRAPH}/directoryObjects/{id}") })
}

pub(crate) fn keys(value: &Value) -> Vec<&str> {
    let mut keys: Vec<_> = value.as_object().unwrap().keys().map(String::as_str).collect();
    keys.sort_unstable();
    keys
}

pub(crate) fn sorted(ids: &[&str]) -> Vec<String> {
    let mut ids: Vec<String> = ids.iter().map(|id| (*id).to_owned()).collect();
    ids.sort();
    ids
}
