//! A provider within the process, and the hostile plugin in a session with it.

use bytes::Bytes;
use doorward_core::{
    ApplyRequest, Connection, Connector, Error, ErrorKind, Factory, GrantKey, HttpRequest,
    ObjectRef, Operation, Result, SyncRequest,
};
use doorward_http::{
    Call, CallEnd, CallOptions, Limits as HttpLimits, Mode, ServiceTransport, Session,
    SessionOptions, Transport, TransportError,
};
use doorward_tests::parts::{KeptLog, SeededRandom, VirtualClock};
use doorward_tests::plugins;
use doorward_wasm::{Limits, Plugin, PluginFactory};
use secrecy::SecretString;
use serde_json::{Value, json};
use std::sync::{Arc, Mutex};
use std::time::Duration;

pub(crate) const SECRET: &str = "canary-secret-0123456789";
pub(crate) const TOKEN: &str = "canary-token-0123456789";

/// What a plugin may take here: little, so that the tests are quick.
pub(crate) fn limits() -> Limits {
    Limits { call_memory: 192 << 20, plugin_memory: 256 << 20, ..Limits::default() }
}

/// The hostile plugin, in a runtime of its own.
pub(crate) fn plugin() -> Option<Plugin> {
    let bytes = plugins::component("hostile")?;
    Some(Plugin::from_bytes(&plugins::runtime(limits()), "hostile", bytes).unwrap())
}

/// The hostile plugin, which may not compute for long.
pub(crate) fn hurried_plugin() -> Option<Plugin> {
    let bytes = plugins::component("hostile")?;
    let limits = Limits { cpu: Duration::from_millis(300), ..limits() };
    Some(Plugin::from_bytes(&plugins::runtime(limits), "hostile", bytes).unwrap())
}

/// Answers each request with what it was; remembers them.
#[derive(Clone, Default)]
pub(crate) struct Provider(Arc<Mutex<Vec<String>>>);

impl Provider {
    /// The requests, but those for tokens.
    pub(crate) fn seen(&self) -> Vec<String> {
        self.0.lock().unwrap().clone()
    }

    pub(crate) fn transport(&self) -> Arc<dyn Transport> {
        let provider = self.clone();
        let service = tower::service_fn(move |request: http::Request<Bytes>| {
            let answer = provider.answer(&request);
            async move { Ok::<_, TransportError>(answer) }
        });
        Arc::new(ServiceTransport::new(service, |error: TransportError| error))
    }

    fn answer(&self, request: &http::Request<Bytes>) -> http::Response<Bytes> {
        let uri = request.uri().to_string();
        if uri == "https://login.example/token" {
            let token = json!({"token_type": "Bearer", "expires_in": 3600, "access_token": TOKEN});
            return http::Response::new(Bytes::from(token.to_string()));
        }
        self.0.lock().unwrap().push(format!("{} {uri}", request.method()));
        let response = http::Response::builder();
        let location = match request.uri().path() {
            "/to-metadata" => Some("http://169.254.169.254/latest/meta-data/"),
            "/to-loopback" => Some("https://127.0.0.1/"),
            "/to-token" => Some("https://login.example/token"),
            _ => None,
        };
        if let Some(location) = location {
            return response.status(302).header("location", location).body(Bytes::new()).unwrap();
        }
        // A provider that quotes what it was asked with, in a refusal.
        let headers = request.headers().iter();
        let quoted: Vec<String> =
            headers.map(|(name, value)| format!("{name}: {}", value.to_str().unwrap())).collect();
        let quoted = quoted.join(", ");
        response.status(418).header("x-quoted", &quoted).body(quoted.into()).unwrap()
    }
}

/// An endpoint with a secret in its header.
pub(crate) fn endpoint(name: &str, origin: &str) -> Value {
    json!({"name": name, "origin": origin, "readPosts": ["/lookup"],
        "scheme": {"type": "header", "header": "x-key", "secret": {"pointer": "/secret"}}})
}

/// The endpoint that the deeds reach, unless they are about another.
pub(crate) fn reach() -> Value {
    json!([endpoint("api", "https://api.example")])
}

/// The plugin, open for a deed.
pub(crate) fn open(plugin: &Plugin, deed: &str, requests: &Value, reach: &Value) -> Opened {
    let factory = PluginFactory::of(plugin.clone()).unwrap();
    let connection = json!({"deed": deed, "requests": requests, "reach": reach,
        "secret": {"pointer": "/secret"}});
    let connection: Connection = serde_json::from_value(connection).unwrap();
    Opened(factory.open(connection).unwrap())
}

pub(crate) struct Opened(pub(crate) Arc<dyn Connector>);

impl Opened {
    /// A session with this transport, in which the reach is approved.
    pub(crate) fn session(&self, transport: Arc<dyn Transport>, log: &KeptLog) -> Result<Session> {
        Session::new(SessionOptions {
            transport,
            secrets: [("/secret", SecretString::from(SECRET))].into_iter().collect(),
            reach: self.0.reach(),
            clock: Arc::new(VirtualClock::starting_at("2026-11-23T08:00:00Z")),
            random: Arc::new(SeededRandom::new(1)),
            log: Arc::new(log.clone()),
            limits: HttpLimits::default(),
        })
    }

    fn call(&self, transport: Arc<dyn Transport>, mode: Mode, log: &KeptLog) -> Result<Call> {
        let session = self.session(transport, log)?;
        Ok(session.call(CallOptions::new(mode, Duration::from_secs(60))))
    }

    /// What `check` tells, or the error that stops it.
    pub(crate) async fn check(&self, transport: Arc<dyn Transport>) -> Result<String> {
        self.check_logging(transport, &KeptLog::default()).await
    }

    pub(crate) async fn check_logging(
        &self,
        transport: Arc<dyn Transport>,
        log: &KeptLog,
    ) -> Result<String> {
        let call = self.call(transport, Mode::Read, log)?;
        let connector = &self.0;
        let ended = call.run(|cx| async move { connector.check(&cx).await }).await;
        ended.map(|report| report.identity.place).map_err(|end| self.error(end))
    }

    /// What stops a page of a sync.
    pub(crate) async fn sync(&self, transport: Arc<dyn Transport>) -> Result<usize> {
        let call = self.call(transport, Mode::Read, &KeptLog::default())?;
        let cursor = self.0.start(doorward_core::StartRequest::default())?.remove(0);
        let connector = &self.0;
        let ended = call
            .run(|cx| {
                let request = SyncRequest { cursor: cursor.clone(), facts: Default::default() };
                async move { connector.sync(&cx, request).await }
            })
            .await;
        ended.map(|page| page.records.len()).map_err(|end| self.error(end))
    }

    /// How a change ends in this mode.
    pub(crate) async fn apply(
        &self,
        transport: Arc<dyn Transport>,
        mode: Mode,
    ) -> std::result::Result<usize, CallEnd> {
        let call = self.call(transport, mode, &KeptLog::default()).unwrap();
        let resource = ObjectRef::new("room", "1");
        let key = GrantKey::new(ObjectRef::new("person", "1"), resource.clone(), "key");
        let resource = json!({"key": resource, "name": "Room", "class": "room"});
        let operation: Operation = serde_json::from_value(
            json!({"id": "1", "action": "grant", "key": key, "resource": resource}),
        )
        .unwrap();
        let connector = &self.0;
        let ended = call
            .run(|cx| {
                let request = ApplyRequest { operations: vec![operation.clone()] };
                async move { connector.apply(&cx, request).await }
            })
            .await;
        ended.map(|outcomes| outcomes.len())
    }

    /// The error of a call that ended early.
    pub(crate) fn error(&self, end: CallEnd) -> Error {
        match end {
            CallEnd::Error(error) | CallEnd::Denied(error) | CallEnd::Deadline(error) => error,
            CallEnd::AuthFailed(failure) => self.0.explain(failure),
            CallEnd::Planned(request) => panic!("planned: {request:?}"),
        }
    }
}

/// The plugin's own fault, by this reason, in words that name it.
#[track_caller]
pub(crate) fn is_the_plugins_fault(error: &Error, reason: &str) {
    assert_eq!(
        (error.kind, error.reason.as_str()),
        (ErrorKind::ContractViolation, reason),
        "{error:?}"
    );
    assert_eq!(error.retry, doorward_core::Retry::Never, "{error:?}");
    assert!(error.message.contains("plugin `hostile`"), "{error:?}");
    assert!(error.remedy.as_ref().is_some_and(|remedy| remedy.contains("plugin")), "{error:?}");
}

/// A request, as JSON of the contract.
pub(crate) fn request(method: &str, path: &str, more: Value) -> Value {
    let template = path.split('?').next().unwrap();
    let mut request = json!({"endpoint": "api", "method": method,
        "path": {"path": path, "template": template}});
    for (name, value) in more.as_object().unwrap() {
        request[name] = value.clone();
    }
    let _: HttpRequest = serde_json::from_value(request.clone()).unwrap();
    request
}
