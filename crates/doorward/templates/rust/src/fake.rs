//! A host for tests: it answers with what a test wrote down, and remembers what was asked.

use doorward_core::{
    Action, Attributes, Clock, Connection, Context, Error, GrantKey, Http, HttpRequest,
    HttpResponse, Level, Log, ObjectRef, Operation, Random, Record, Resource, Result, Timestamp,
    async_trait,
};
use serde_json::{Value, json};
use std::collections::VecDeque;
use std::pin::pin;
use std::sync::{Arc, Mutex};
use std::task::{Poll, Waker};

use crate::connection::Service;
use crate::records::{MEMBER, TEAM, Team, USER};

#[derive(Clone)]
pub(crate) struct Fake(Arc<Mutex<Script>>);

struct Script {
    answers: VecDeque<HttpResponse>,
    asked: Vec<String>,
}

impl Fake {
    /// One answer for each request, in this order.
    pub(crate) fn answering(answers: impl IntoIterator<Item = HttpResponse>) -> Self {
        let answers = answers.into_iter().collect();
        Self(Arc::new(Mutex::new(Script { answers, asked: Vec::new() })))
    }

    pub(crate) fn context(&self) -> Context {
        let this = || Arc::new(self.clone());
        Context::new(this(), this(), this(), this())
    }

    /// Method and path of each request so far.
    pub(crate) fn asked(&self) -> Vec<String> {
        self.0.lock().unwrap().asked.clone()
    }
}

#[async_trait]
impl Http for Fake {
    async fn send(&self, request: HttpRequest) -> Result<HttpResponse> {
        let mut script = self.0.lock().unwrap();
        script.asked.push(format!("{} {}", request.method.name(), request.path.as_str()));
        Ok(script.answers.pop_front().expect("a request that no answer was written down for"))
    }

    async fn send_all(&self, requests: Vec<HttpRequest>) -> Vec<Result<HttpResponse>> {
        let mut answers = Vec::new();
        for request in requests {
            answers.push(self.send(request).await);
        }
        answers
    }

    fn relative(&self, _: &str, link: &str) -> Result<String> {
        Err(Error::internal(format!("The service gives no links, and {link} is one.")))
    }

    async fn claims(&self, _: &str) -> Result<Attributes> {
        Ok(Attributes::new())
    }
}

impl Clock for Fake {
    fn now(&self) -> Timestamp {
        Timestamp::UNIX_EPOCH
    }
}

impl Random for Fake {
    fn next(&self) -> u64 {
        4
    }
}

impl Log for Fake {
    fn log(&self, _: Level, _: &str) {}
}

/// An answer of the service.
pub(crate) fn answer(status: u16, body: Option<Value>) -> HttpResponse {
    HttpResponse {
        status,
        headers: vec![("x-request-id".to_owned(), "request-1".to_owned())],
        body: body.map(|body| body.to_string().into_bytes()).unwrap_or_default(),
    }
}

/// An error of the service.
pub(crate) fn denied(status: u16, code: &str) -> HttpResponse {
    answer(status, Some(json!({"error": {"code": code, "message": "No."}})))
}

/// An answer that is not the service's: a gateway's, or a wrong address's.
pub(crate) fn page_for_people(status: u16) -> HttpResponse {
    let body = b"<html><body>Sorry</body></html>".to_vec();
    HttpResponse { status, headers: Vec::new(), body }
}

/// An open connection, with a reference in the place of the token as the host puts it there.
pub(crate) fn service(base_url: &str) -> Service {
    let values = json!({"base_url": base_url, "token": {"pointer": "/token"}});
    Service::open(&Connection::new(values.as_object().unwrap().clone())).unwrap()
}

pub(crate) fn operation(gives: bool, user: &str, team: &str) -> Operation {
    let key = GrantKey::new(ObjectRef::new(USER, user), ObjectRef::new(TEAM, team), MEMBER);
    let resource = resource(team);
    let action = if gives {
        Action::Grant { key, resource, until: None }
    } else {
        Action::Revoke { key, resource }
    };
    Operation { id: "change-1".to_owned(), action, reason: None, ticket: None }
}

fn resource(team: &str) -> Resource {
    match Record::from(Team::from(json!({"id": team, "name": team, "managed_by": null}))) {
        Record::Resource(resource) => resource,
        other => panic!("{other:?}"),
    }
}

/// Runs a call to its end. Nothing here has to be waited for, so that no executor is needed.
pub(crate) fn wait<T>(call: impl Future<Output = T>) -> T {
    match pin!(call).poll(&mut std::task::Context::from_waker(Waker::noop())) {
        Poll::Ready(value) => value,
        Poll::Pending => panic!("the call waits for something that is not the host"),
    }
}
