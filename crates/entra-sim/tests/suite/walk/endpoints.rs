//! That the walk leaves no endpoint out: every path of Microsoft's schema is tried with every method, and whatever the
//! simulator does not call unknown must be walked.

use std::collections::BTreeSet;
use std::path::Path;

use http::Method;

use super::walked;
use crate::client::{Client, read};
use crate::csdl::{SUBSET, Schema, item_of};

const KEY: &str = "11111111-2222-4333-8444-555555555555";
/// How many keys a path may hold: no service that we imitate goes deeper.
const KEYS: usize = 2;

/// The paths of a schema, with the methods that could make sense of them.
struct Paths<'a> {
    schema: &'a Schema,
    found: BTreeSet<(String, String)>,
}

impl Paths<'_> {
    fn all(schema: &Schema) -> BTreeSet<(String, String)> {
        let mut paths = Paths { schema, found: BTreeSet::new() };
        for (name, kind) in &schema.sets {
            paths.entities(name, kind, 0);
        }
        // `/me` is refused as a whole: it needs a user.
        for (name, kind) in schema.singletons.iter().filter(|(name, _)| *name != "me") {
            paths.entity(name, kind, 0, 0);
        }
        paths.found
    }

    fn add(&mut self, methods: &[&str], path: &str) {
        self.found.extend(methods.iter().map(|method| ((*method).to_owned(), path.to_owned())));
    }

    fn entities(&mut self, path: &str, kind: &str, keys: usize) {
        self.add(&["GET", "POST", "PATCH", "DELETE"], path);
        self.add(&["GET"], &format!("{path}/$count"));
        self.add(&["GET", "POST", "PATCH", "PUT", "DELETE"], &format!("{path}/$ref"));
        if kind == "directoryObject" {
            self.add(&["GET", "POST"], &format!("{path}/{{cast}}"));
            self.add(&["GET"], &format!("{path}/{{cast}}/$count"));
        }
        self.operations(path, &format!("Collection({kind})"));
        if keys < KEYS {
            let one = format!("{path}/{{}}");
            self.add(&["PUT", "DELETE"], &format!("{one}/$ref"));
            self.entity(&one, kind, keys + 1, 0);
        }
    }

    fn entity(&mut self, path: &str, kind: &str, keys: usize, steps: usize) {
        self.add(&["GET", "POST", "PATCH", "PUT", "DELETE"], path);
        self.operations(path, kind);
        // What belongs to somebody's something is no part of the directory; singletons lead on.
        if keys >= KEYS || steps > 2 || !self.schema.types.contains_key(kind) {
            return;
        }
        let navigations: Vec<(String, String)> = self
            .schema
            .lineage(kind)
            .iter()
            .flat_map(|one| &one.navigations)
            .map(|(name, kind)| (name.clone(), kind.clone()))
            .collect();
        for (name, kind) in navigations {
            let path = format!("{path}/{name}");
            match item_of(&kind) {
                Some(item) => self.entities(&path, item, keys),
                None if keys == 0 => self.entity(&path, &kind, keys, steps + 1),
                None => self.add(&["GET", "POST", "PATCH", "PUT", "DELETE"], &path),
            }
        }
    }

    fn operations(&mut self, path: &str, to: &str) {
        let schema = self.schema;
        let fits = |binding: &str| match (item_of(to), item_of(binding)) {
            (Some(to), Some(binding)) => schema.derives(to, binding),
            (None, None) => schema.derives(to, binding),
            _ => false,
        };
        for one in schema.operations.iter().filter(|one| fits(&one.binding)) {
            let method = if one.is_action { "POST" } else { "GET" };
            self.found.insert((method.to_owned(), format!("{path}/{}", one.name)));
        }
    }
}

/// What an answer says, without the last segment of its path; nothing when the path is unknown.
async fn said(client: &Client, method: &str, path: &str) -> Option<(u16, String, String)> {
    let method: Method = method.parse().unwrap();
    let got = read(client.ask(method, &format!("/{path}"), &[], None).await.unwrap());
    let (status, code, message) = got.error();
    if status == 405 || message.starts_with("Resource not found for the segment") {
        return None;
    }
    let last = path.rsplit('/').next().unwrap();
    Some((status, code.to_owned(), message.replace(last, "…")))
}

/// What the simulator knows, of these: it does not call the path unknown, nor take its last segment for a key.
async fn served(client: &Client, all: &BTreeSet<(String, String)>) -> BTreeSet<(String, String)> {
    let mut found = BTreeSet::new();
    for (method, template) in all {
        // Somebody who exists is behind the first key of a read, so that what stands behind it counts.
        let known = super::tenant::somebody(template).filter(|_| method == "GET").unwrap_or(KEY);
        let path = template.replacen("{}", known, 1).replace("{}", KEY);
        let path = path.replace("{cast}", "microsoft.graph.group");
        let answer = said(client, method, &path).await;
        if answer.is_none() {
            continue;
        }
        let (before, last) = path.rsplit_once('/').unwrap_or(("", &path));
        let is_key = last == KEY || last == known;
        if is_key || answer != said(client, method, &format!("{before}/nonsense")).await {
            found.insert((method.clone(), template.clone()));
        }
    }
    found
}

#[tokio::test]
async fn no_endpoint_is_left_out() {
    let subset = Schema::read(SUBSET);
    let walked = walked(&subset);
    let client = super::tenant::furnished().await;
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../../shared/data/microsoft-graph-v1.0.csdl.xml");
    // The subset has all types that are walked; the whole schema has those that a new endpoint may bring.
    let paths = match std::fs::read_to_string(&path) {
        Ok(whole) => Paths::all(&Schema::read(&whole)),
        Err(_) => {
            eprintln!("!!! ENDPOINTS BEYOND THE SUBSET NOT TRIED: {} is not there", path.display());
            assert_ne!(std::env::var("CI").as_deref(), Ok("true"), "in CI they must be tried");
            Paths::all(&subset)
        }
    };
    assert!(paths.len() > 1_000, "{}", paths.len());
    let served = served(&client, &paths).await;
    let forgotten: Vec<_> = served.difference(&walked).collect();
    assert!(forgotten.is_empty(), "served, but not walked: {forgotten:#?}");
    let unreal: Vec<_> = walked.difference(&served).filter(|(_, path)| path != "$batch").collect();
    let refused = |row: &&&(String, String)| row.1 == "organization";
    let unreal: Vec<_> = unreal.iter().filter(|row| !refused(row)).collect();
    assert!(unreal.is_empty(), "walked, but not tried or not served: {unreal:#?}");
    eprintln!("{} endpoints among {} paths", served.len(), paths.len());
}
