//! Every endpoint of the simulator is walked, and every answer held against Microsoft's schema: the entity type, the
//! names of properties, their types, their nullability, the context and the links.

mod answer;
mod changes;
mod endpoints;
mod reads;
mod tenant;
mod validator;

use std::collections::BTreeSet;

use http::Method;
use serde_json::{Value, json};

use crate::client::{Client, Got, read};
use crate::csdl::{Resolved, Returns, SUBSET, Schema};
use answer::Asked;

/// A request of the walk, and the status that its answer has.
#[derive(Clone, Debug)]
pub(crate) struct Row {
    method: Method,
    /// Below `/v1.0`, with its query.
    path: String,
    body: Option<Value>,
    status: u16,
    /// It needs `ConsistencyLevel: eventual`.
    eventual: bool,
}

impl Row {
    fn new(method: Method, path: impl Into<String>, status: u16) -> Self {
        Self { method, path: path.into(), body: None, status, eventual: false }
    }

    fn with(mut self, body: Value) -> Self {
        self.body = Some(body);
        self
    }

    fn eventual(mut self) -> Self {
        self.eventual = true;
        self
    }

    fn path_and_query(&self) -> (&str, &str) {
        self.path.split_once('?').unwrap_or((&self.path, ""))
    }

    fn resolved(&self, schema: &Schema) -> Resolved {
        schema
            .resolve(&self.method, self.path_and_query().0)
            .unwrap_or_else(|segment| panic!("{} {}: no {segment}", self.method, self.path))
    }

    /// The path with what stands for an id: the `{first}` or the `{last}` of the list before it, or the one that is
    /// `{waiting}` for an approval.
    async fn found(&self, client: &Client) -> String {
        for mark in ["{first}", "{last}", "{waiting}"] {
            let Some((list, rest)) = self.path.split_once(&format!("/{mark}")) else { continue };
            let of_groups = list.starts_with("/identityGovernance");
            let filter = format!("?$filter=groupId%20eq%20'{}'", tenant::PIM_GROUP);
            let got = client.get(&format!("{list}{}", if of_groups { &filter } else { "" })).await;
            let all = got.values();
            let found = match mark {
                "{first}" => all.first(),
                "{last}" => all.last(),
                _ => all.iter().find(|one| one["status"] == "PendingApproval"),
            };
            let id = found.unwrap_or_else(|| panic!("{}: nothing", self.path))["id"].clone();
            return format!("{list}/{}{rest}", id.as_str().unwrap());
        }
        self.path.clone()
    }

    async fn ask(&self, client: &Client) -> Got {
        let level: &[(&str, &str)] =
            if self.eventual { &[("ConsistencyLevel", "eventual")] } else { &[] };
        let path = self.found(client).await.replace(' ', "%20").replace('"', "%22");
        read(client.ask(self.method.clone(), &path, level, self.body.clone()).await.unwrap())
    }

    /// Asks, and gives the answer with what is wrong with it.
    async fn walk(&self, client: &Client, schema: &Schema) -> (Got, Vec<String>) {
        let got = self.ask(client).await;
        let asked = Asked { resolved: self.resolved(schema), path: &self.path, limited: false };
        let mut found = asked.defects(schema, &got);
        if got.status != self.status {
            found.push(format!("{} instead of {}: {}", got.status, self.status, got.text));
        }
        let place = format!("{} {}", self.method, self.path);
        (got, found.into_iter().map(|defect| format!("{place}: {defect}")).collect())
    }
}

/// All endpoints that the rows of the walk reach.
fn walked(schema: &Schema) -> BTreeSet<(String, String)> {
    let rows = reads::rows().into_iter().chain(changes::rows()).chain(changes::refusals());
    rows.map(|row| (row.method.to_string(), row.resolved(schema).template)).collect()
}

/// Requests that follow from a read and its answer: with each name in `$select`, with the id alone, and in pages of
/// one item.
fn variants(row: &Row, resolved: &Resolved, got: &Got) -> Vec<Row> {
    let kind = match &resolved.returns {
        Returns::Collection(kind) | Returns::Entity(kind) => kind.as_str(),
        Returns::Value(_) | Returns::Count | Returns::Nothing => return Vec::new(),
    };
    let joint = if row.path.contains('?') { '&' } else { '?' };
    let with = |options: &str| Row { path: format!("{}{joint}{options}", row.path), ..row.clone() };
    if resolved.is_delta || row.method != Method::GET || row.path.contains("$select") {
        return Vec::new();
    }
    let mut all = vec![with("$select=id"), with(&format!("$select={}", tenant::names(kind, got)))];
    if matches!(resolved.returns, Returns::Collection(_)) {
        all.push(with("$top=1"));
    }
    all
}

#[tokio::test]
async fn every_answer_fits_the_schema() {
    let schema = Schema::read(SUBSET);
    let client = tenant::furnished().await;
    let mut found = Vec::new();
    let mut steps = 0;
    for row in reads::rows() {
        let resolved = row.resolved(&schema);
        let (got, defects) = row.walk(&client, &schema).await;
        found.extend(defects);
        if got.json.get("value").and_then(Value::as_array).is_some_and(Vec::is_empty) {
            found.push(format!("{}: nothing to look at", row.path));
        }
        for variant in variants(&row, &resolved, &got) {
            let (mut page, defects) = variant.walk(&client, &schema).await;
            found.extend(defects);
            while let Some(next) = page.json["@odata.nextLink"].as_str() {
                let path = next.strip_prefix(crate::client::GRAPH).expect(next).to_owned();
                let (onward, defects) = Row { path, ..row.clone() }.walk(&client, &schema).await;
                found.extend(defects);
                page = onward;
                steps += 1;
                assert!(steps < 5_000, "it never ends");
            }
        }
    }
    for row in changes::rows().into_iter().chain(changes::refusals()) {
        found.extend(row.walk(&client, &schema).await.1);
    }
    assert!(found.is_empty(), "{} defects: {found:#?}", found.len());
}

/// Those who may read next to nothing are told next to nothing, and that fits too (facts §3.2).
#[tokio::test]
async fn what_little_a_caller_may_read_fits() {
    let schema = Schema::read(SUBSET);
    let mut client = tenant::furnished().await;
    let mut rows = Vec::new();
    for row in reads::rows() {
        rows.push(Row { path: row.found(&client).await, ..row });
    }
    client.become_holder_of(&["GroupMember.ReadBasic.All"]).await;
    let mut found = Vec::new();
    for row in rows {
        let got = row.ask(&client).await;
        let asked = Asked { resolved: row.resolved(&schema), path: &row.path, limited: true };
        found.extend(asked.defects(&schema, &got));
    }
    assert!(found.is_empty(), "{} defects: {found:#?}", found.len());
}

/// The reads again, twenty in a `$batch`: the bodies inside are those of the same requests alone.
#[tokio::test]
async fn answers_inside_a_batch_fit_the_schema() {
    let schema = Schema::read(SUBSET);
    let client = tenant::furnished().await;
    let rows = reads::rows();
    let mut found = Vec::new();
    for some in rows.chunks(20) {
        let mut steps = Vec::new();
        for (place, row) in some.iter().enumerate() {
            let url = row.found(&client).await;
            let mut step = json!({ "id": place.to_string(), "method": "GET", "url": url });
            if row.eventual {
                step["headers"] = json!({ "ConsistencyLevel": "eventual" });
            }
            steps.push(step);
        }
        let got = client.post("/$batch", json!({ "requests": steps })).await;
        let responses = got.json["responses"].as_array().expect(&got.text);
        assert_eq!((got.status, responses.len()), (200, some.len()), "{}", got.text);
        for response in responses {
            let row = &some[response["id"].as_str().unwrap().parse::<usize>().unwrap()];
            let asked = Asked { resolved: row.resolved(&schema), path: &row.path, limited: false };
            let inner = answer::inner(response);
            assert_eq!(inner.status, row.status, "{}: {}", row.path, inner.text);
            found.extend(asked.defects(&schema, &inner));
        }
    }
    assert!(found.is_empty(), "{} defects: {found:#?}", found.len());
}
