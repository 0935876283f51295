//! Many changes at once: from a file, by batches, line by line; and plans.

mod batches;
#[cfg(unix)]
mod endings;
mod file;
mod plan;
mod policy;
mod scenario;

use serde_json::Value;

use crate::bench::Bench;

/// The file of these lines below the columns `principal,resource`.
fn pairs(bench: &Bench, lines: &[(&str, &str)]) -> String {
    let rows: String = lines.iter().map(|(who, on)| format!("{who},{on}\n")).collect();
    bench.file("changes.csv", &format!("principal,resource\n{rows}"))
}

/// New people: how they sign in, and their ids.
fn people(bench: &Bench, many: usize) -> Vec<(String, String)> {
    let mut tenant = bench.simulator.tenant();
    let new = (0..many).map(|number| {
        let login = format!("joiner{number:03}@contoso.com");
        let id = tenant.add_user(&format!("Joiner {number:03}"), &login);
        (login, id)
    });
    new.collect()
}

/// New people, each for this group.
fn joiners(bench: &Bench, many: usize, on: &str) -> (String, Vec<String>) {
    let people = people(bench, many);
    let lines: Vec<(&str, &str)> = people.iter().map(|(login, _)| (login.as_str(), on)).collect();
    let file = pairs(bench, &lines);
    (file, people.into_iter().map(|(_, id)| id).collect())
}

fn items(document: &Value) -> &Vec<Value> {
    document["items"].as_array().unwrap()
}

/// What each line came to: its outcome, or the reason of its error.
fn ends(document: &Value) -> Vec<(u64, String)> {
    let end = |item: &Value| {
        let kind = &item["change"]["outcome"]["kind"];
        let reason = &item["error"]["reason"];
        let end = kind.as_str().or(reason.as_str()).or(item["status"].as_str()).unwrap();
        (item["line"].as_u64().unwrap(), end.to_owned())
    };
    items(document).iter().map(end).collect()
}

/// How many requests of this method changed something, or could have.
fn sent(bench: &Bench, method: &str) -> usize {
    bench.simulator.trace().iter().filter(|one| one.method == method).count()
}
