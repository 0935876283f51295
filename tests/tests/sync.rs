//! The driver of syncs, with a connector whose pages are a script.
#![cfg(test)]

use bytes::Bytes;
use doorward_core::{
    Answer, Cursor, Error, ErrorKind, Factory, Next, Page, Query, ReadRequest, Record, Result,
    Retry, StartRequest, SyncRequest,
};
use doorward_host::{Host, Opened, Progress, Snapshot, SqliteStore, Store};
use doorward_http::{ServiceTransport, TransportError, TransportErrorKind};
use doorward_tests::crash::{Crash, CrashingStore};
use doorward_tests::parts::{self, VirtualClock};
use doorward_tests::scripted::{Script, Scripted, play};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::convert::Infallible;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tempfile::TempDir;

fn account(id: &str, name: &str) -> Record {
    let account = json!({"record": "account", "key": {"kind": "person", "id": id}, "name": name});
    serde_json::from_value(account).unwrap()
}

fn grant(person: &str, room: &str) -> Record {
    serde_json::from_value(json!({"record": "grant", "key": {
        "principal": {"kind": "person", "id": person},
        "resource": {"kind": "room", "id": room}, "entitlement": "key"}}))
    .unwrap()
}

fn room(id: &str) -> Record {
    let room = json!({"record": "resource", "key": {"kind": "room", "id": id}, "name": id,
        "class": "room"});
    serde_json::from_value(room).unwrap()
}

fn gone(kind: &str, id: &str) -> Record {
    let gone = json!({"record": "gone-object", "key": {"kind": kind, "id": id},
        "restorable": false});
    serde_json::from_value(gone).unwrap()
}

fn cursor(stream: &str, phase: u32, body: impl Into<Value>) -> Cursor {
    Cursor { stream: stream.to_owned(), phase, body: body.into() }
}

fn next(cursor: Cursor, continues: bool) -> Next {
    Next { cursor, continues, not_before: None }
}

struct Bench {
    clock: VirtualClock,
    directory: TempDir,
}

impl Bench {
    fn new(script: Arc<dyn Script>) -> Self {
        play(script);
        let directory = tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir()).unwrap();
        let clock = VirtualClock::starting_at("2026-11-23T08:00:00Z");
        let bench = Self { clock, directory };
        parts::add(&bench.host(&Arc::default()), "home", "scripted", &json!({})).unwrap();
        bench
    }

    fn host(&self, crash: &Arc<Crash>) -> Host {
        let nowhere = tower::service_fn(|_: http::Request<Bytes>| async {
            Ok::<_, Infallible>(http::Response::new(Bytes::new()))
        });
        let transport = ServiceTransport::new(nowhere, |_| TransportError {
            kind: TransportErrorKind::Lost,
            message: "the connection broke".to_owned(),
        });
        let store: Arc<dyn Store> = Arc::new(CrashingStore {
            inner: Arc::new(SqliteStore::open(self.directory.path()).unwrap()),
            crash: Arc::clone(crash),
        });
        let factory: &'static dyn Factory = &Scripted;
        parts::host_on([factory], Arc::new(transport), self.clock, 1, store)
    }

    fn open(&self) -> Opened {
        let host = self.host(&Arc::default());
        host.open(&host.select(None).unwrap()).unwrap()
    }

    async fn sync(&self) -> Result<Snapshot> {
        self.open().sync(&|_: &Progress| {}).await
    }
}

/// The tables alone: times and ids lie beside them.
fn tables(snapshot: &Snapshot) -> Value {
    json!([snapshot.accounts, snapshot.resources, snapshot.grants, snapshot.bookmarks])
}

fn mix(seed: u64, what: &str) -> u64 {
    let mut hash = seed ^ 0xcbf2_9ce4_8422_2325;
    for byte in what.bytes() {
        hash = (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
        hash ^= hash >> 29;
    }
    hash.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 7
}

/// Chains and forks over three phases, by a seed; pages contradict each other on purpose, and the
/// provider changes as soon as the first page of a phase is read: whoever reads a page of a lower
/// phase after that sees something else.
struct Contradictions {
    tree: u64,
    order: u64,
    highest: Mutex<u32>,
}

impl Script for Contradictions {
    fn start(&self, _: &StartRequest) -> Vec<Cursor> {
        vec![cursor("a", 0, "a"), cursor("b", 0, "b"), cursor("c", 1, "c")]
    }

    fn latency(&self, request: &SyncRequest) -> Duration {
        Duration::from_millis(mix(self.order, request.cursor.body.as_str().unwrap()) % 1_000)
    }

    fn page(&self, request: &SyncRequest) -> Result<Page> {
        let (phase, at) = (request.cursor.phase, request.cursor.body.as_str().unwrap());
        let mut highest = self.highest.lock().unwrap();
        *highest = phase.max(*highest);
        let pick = |what: &str, of: u64| mix(self.tree, &format!("{at}/{what}")) % of;
        let person = format!("p{}", pick("person", 6));
        let in_room = format!("r{}", pick("room", 4));
        let mut records = vec![
            account(&person, at),
            account(at, &format!("as of phase {highest}")),
            room(&in_room),
            grant(&person, &in_room),
        ];
        match pick("gone", 8) {
            0 => records.push(gone("person", &format!("p{}", pick("who", 6)))),
            1 => records.push(gone("room", &format!("r{}", pick("which", 4)))),
            _ => {}
        }
        let mut follow = Vec::new();
        if at.len() < 9 {
            let stream = &request.cursor.stream;
            if pick("goes on", 4) > 0 {
                let phase = (phase + u32::from(pick("later", 5) == 0)).min(2);
                follow.push(next(cursor(stream, phase, format!("{at}.")), true));
            }
            for fork in 0..pick("forks", 3) {
                let phase = (phase + u32::from(pick("up", 2) == 0)).min(2);
                follow.push(next(cursor(stream, phase, format!("{at}{fork}")), false));
            }
        }
        Ok(Page { records, next: follow, ..Page::default() })
    }

    fn read(&self, _: &ReadRequest) -> Result<Answer> {
        Ok(Answer::default())
    }
}

/// Without the barrier between phases, or without the merge order, this fails.
#[test]
fn any_completion_order_gives_the_same_snapshot() {
    let run = |tree: u64, order: u64| {
        let runtime =
            tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build();
        runtime.unwrap().block_on(async {
            let script = Contradictions { tree, order, highest: Mutex::default() };
            let snapshot = Bench::new(Arc::new(script)).sync().await.unwrap();
            (tables(&snapshot), snapshot.ledger.pages)
        })
    };
    let mut pages = 0;
    for tree in 0..8 {
        let first = run(tree, 0);
        pages += first.1;
        for order in 1..6 {
            assert_eq!(run(tree, order), first, "tree {tree}, order {order}");
        }
    }
    assert!(pages > 8 * 15, "the trees are too small to show anything: {pages} pages");
}

/// Pages by name, each given as often as the list says; a page that is not there is empty.
#[derive(Default)]
struct Book {
    start: Vec<Cursor>,
    pages: Mutex<BTreeMap<String, Vec<Result<Page>>>>,
    known: Vec<Record>,
    looked_up: Mutex<Vec<String>>,
}

impl Book {
    fn with(pages: impl IntoIterator<Item = (&'static str, Vec<Result<Page>>)>) -> Self {
        let pages: BTreeMap<String, Vec<_>> =
            pages.into_iter().map(|(name, pages)| (name.to_owned(), pages)).collect();
        let pages = Mutex::new(pages);
        Self { start: vec![cursor("things", 0, "first")], pages, ..Self::default() }
    }
}

impl Script for Book {
    fn start(&self, request: &StartRequest) -> Vec<Cursor> {
        let stream = request.stream.as_ref();
        let wanted = |cursor: &&Cursor| stream.is_none_or(|stream| *stream == cursor.stream);
        self.start.iter().filter(wanted).cloned().collect()
    }

    fn latency(&self, _: &SyncRequest) -> Duration {
        Duration::from_millis(10)
    }

    fn page(&self, request: &SyncRequest) -> Result<Page> {
        let name = request.cursor.body.as_str().unwrap();
        match self.pages.lock().unwrap().get_mut(name) {
            Some(pages) if !pages.is_empty() => pages.remove(0),
            _ => Ok(Page::default()),
        }
    }

    fn read(&self, request: &ReadRequest) -> Result<Answer> {
        let Query::Objects { keys } = &request.query else { return Ok(Answer::default()) };
        let ids: Vec<&str> = keys.iter().map(|key| key.id.as_str()).collect();
        self.looked_up.lock().unwrap().push(ids.join(" "));
        let wanted: BTreeSet<_> = keys.iter().collect();
        let records = self.known.iter().filter(|record| match record {
            Record::Account(account) => wanted.contains(&account.key),
            Record::Resource(resource) => wanted.contains(&resource.key),
            _ => false,
        });
        Ok(Answer { records: records.cloned().collect(), ..Answer::default() })
    }
}

fn page(records: Vec<Record>, next: Vec<Next>) -> Result<Page> {
    Ok(Page { records, next, ..Page::default() })
}

fn error(kind: ErrorKind, retry: Retry) -> Error {
    Error::new(kind, "for-the-test", "It went wrong.").retry(retry)
}

#[tokio::test(start_paused = true)]
async fn a_failed_sync_leaves_the_last_result() {
    let book = Arc::new(Book::with([
        (
            "first",
            vec![
                page(vec![account("p1", "Ada")], vec![]),
                page(vec![account("p2", "Bo")], vec![next(cursor("things", 0, "second"), true)]),
                page(vec![account("p3", "Cy")], vec![]),
            ],
        ),
        ("second", vec![Err(error(ErrorKind::ContractViolation, Retry::Never))]),
    ]));
    let bench = Bench::new(book);
    assert_eq!(bench.open().last_sync().unwrap_err().reason, "never-synced");
    let names = |snapshot: &Snapshot| snapshot.accounts[0].name.clone();
    assert_eq!(names(&bench.sync().await.unwrap()), "Ada");
    assert_eq!(bench.sync().await.unwrap_err().reason, "for-the-test");
    assert_eq!(names(&bench.open().last_sync().unwrap()), "Ada");
    // What the broken one read does not show up in the next.
    let third = bench.sync().await.unwrap();
    assert_eq!((names(&third).as_str(), third.accounts.len()), ("Cy", 1));
    assert_eq!(bench.open().last_sync().unwrap(), third);
}

#[tokio::test(start_paused = true)]
async fn an_interrupted_sync_leaves_the_last_result() {
    let pages =
        || page(vec![account("p1", "Ada")], vec![next(cursor("things", 0, "second"), true)]);
    let book = Arc::new(Book::with([
        ("first", vec![pages(), pages(), pages()]),
        ("second", vec![page(vec![account("p2", "Bo")], vec![])]),
    ]));
    let bench = Bench::new(book);
    let before = bench.sync().await.unwrap();
    assert_eq!(before.accounts.len(), 2);
    // Once a first page is stored, once right before the end: the store dies and nothing follows.
    for steps in [1, 2] {
        let crash = Arc::new(Crash::default());
        let host = bench.host(&crash);
        let opened = host.open(&host.select(None).unwrap()).unwrap();
        crash.after(steps);
        assert!(opened.sync(&|_: &Progress| {}).await.is_err());
        drop((opened, host));
        assert_eq!(bench.open().last_sync().unwrap(), before);
    }
}

#[tokio::test(start_paused = true)]
async fn what_may_not_be_read_is_left_out_and_said_so() {
    let mut book = Book::with([
        ("first", vec![page(vec![account("p1", "Ada")], vec![])]),
        ("secret", vec![Err(error(ErrorKind::PermissionDenied, Retry::Never))]),
    ]);
    book.start.push(cursor("secrets", 0, "secret"));
    let snapshot = Bench::new(Arc::new(book)).sync().await.unwrap();
    assert_eq!(snapshot.accounts.len(), 1);
    assert!(!snapshot.ledger.is_complete());
    let [gap] = snapshot.ledger.skipped.as_slice() else { panic!("{:?}", snapshot.ledger) };
    assert_eq!((gap.code.as_str(), &gap.attributes["stream"]), ("for-the-test", &json!("secrets")));
}

#[tokio::test(start_paused = true)]
async fn a_page_that_waiting_helps_is_tried_again() {
    let again = || Err(error(ErrorKind::Unavailable, Retry::Backoff));
    let limited = || Err(error(ErrorKind::RateLimited, Retry::After { milliseconds: 90_000 }));
    let last = page(vec![account("p1", "Ada")], vec![]);
    let book = Arc::new(Book::with([("first", vec![again(), limited(), again(), last])]));
    let started = tokio::time::Instant::now();
    let snapshot = Bench::new(book).sync().await.unwrap();
    assert_eq!(snapshot.accounts.len(), 1);
    assert!(snapshot.ledger.is_complete());
    assert!(started.elapsed() >= Duration::from_secs(90));
}

/// A provider that is gone for good ends the sync, in bounded time.
#[tokio::test(start_paused = true)]
async fn patience_ends() {
    let again = || Err(error(ErrorKind::Unavailable, Retry::Backoff));
    let book = Arc::new(Book::with([("first", (0..1_000).map(|_| again()).collect())]));
    let started = tokio::time::Instant::now();
    assert_eq!(Bench::new(book).sync().await.unwrap_err().reason, "for-the-test");
    assert!(started.elapsed() < Duration::from_secs(3_600), "{:?}", started.elapsed());
}

/// A provider that asks for a day is not waited for in silence.
#[tokio::test(start_paused = true)]
async fn a_wait_beyond_an_hour_ends_the_sync_and_says_so() {
    let day = Retry::After { milliseconds: 86_400_000 };
    for kind in [ErrorKind::RateLimited, ErrorKind::Unavailable] {
        let again = Err(error(kind, day));
        let book = Arc::new(Book::with([("first", vec![again])]));
        let started = tokio::time::Instant::now();
        let error = Bench::new(book).sync().await.unwrap_err();
        assert_eq!((error.kind, error.reason.as_str()), (ErrorKind::RateLimited, "long-wait"));
        assert!(error.message.contains("2026-11-24T08:00:00"), "{error}");
        assert!(started.elapsed() < Duration::from_secs(60), "{:?}", started.elapsed());
    }
}

#[tokio::test(start_paused = true)]
async fn an_expired_stream_begins_anew_and_what_it_said_is_dropped() {
    let mut book = Book::with([
        (
            "first",
            vec![
                page(vec![account("p1", "Old")], vec![next(cursor("things", 0, "second"), true)]),
                page(vec![account("p2", "New")], vec![]),
            ],
        ),
        ("second", vec![Err(error(ErrorKind::CursorExpired, Retry::Never))]),
        ("other", vec![page(vec![room("r1")], vec![])]),
    ]);
    book.start.push(cursor("others", 0, "other"));
    let snapshot = Bench::new(Arc::new(book)).sync().await.unwrap();
    let names: Vec<&str> = snapshot.accounts.iter().map(|one| one.name.as_str()).collect();
    assert_eq!(names, ["New"]);
    assert_eq!(snapshot.resources.len(), 1);
}

#[tokio::test(start_paused = true)]
async fn who_no_page_delivered_is_looked_up_once_and_else_unresolved() {
    let grants = vec![room("r1"), grant("p1", "r1"), grant("p2", "r1"), grant("p3", "r1")];
    let mut book =
        Book::with([("first", vec![page([grants, vec![account("p1", "Ada")]].concat(), vec![])])]);
    book.known = vec![account("p2", "Bo")];
    let book = Arc::new(book);
    let snapshot = Bench::new(Arc::clone(&book) as Arc<dyn Script>).sync().await.unwrap();
    assert_eq!(*book.looked_up.lock().unwrap(), ["p2 p3"]);
    let names: Vec<&str> = snapshot.accounts.iter().map(|one| one.name.as_str()).collect();
    assert_eq!(names, ["Ada", "Bo"]);
    let unresolved: Vec<&str> =
        snapshot.ledger.unresolved.iter().map(|key| key.id.as_str()).collect();
    assert_eq!(unresolved, ["p3"]);
    assert!(!snapshot.ledger.is_complete());
    assert_eq!(snapshot.ledger.received["grant"], 3);
}

#[tokio::test(start_paused = true)]
async fn a_page_of_an_undeclared_kind_breaks_the_contract() {
    let ghost = json!({"record": "account", "key": {"kind": "ghost", "id": "g"}, "name": "Boo"});
    let ghost = serde_json::from_value(ghost).unwrap();
    let book = Arc::new(Book::with([("first", vec![page(vec![ghost], vec![])])]));
    assert_eq!(Bench::new(book).sync().await.unwrap_err().reason, "undeclared-kind");
}

#[tokio::test(start_paused = true)]
async fn two_syncs_of_one_integration_do_not_run_at_once() {
    let book = Arc::new(Book::with([("first", vec![])]));
    let bench = Bench::new(book);
    let (first, second) = (bench.open(), bench.open());
    let nothing = |_: &Progress| {};
    let (one, two) = tokio::join!(first.sync(&nothing), second.sync(&nothing));
    one.unwrap();
    assert_eq!(two.unwrap_err().reason, "sync-busy");
}

/// A group that is deleted while the sync runs takes its grants along, wherever they were told.
#[tokio::test(start_paused = true)]
async fn what_went_takes_its_grants_along() {
    let mut book = Book::with([
        (
            "first",
            vec![page(
                vec![account("p1", "Ada"), room("r1"), room("r2"), grant("p1", "r1")],
                vec![],
            )],
        ),
        ("second", vec![page(vec![gone("room", "r1")], vec![])]),
        ("third", vec![page(vec![grant("p1", "r1"), grant("p1", "r2")], vec![])]),
    ]);
    book.start.extend([cursor("more", 0, "second"), cursor("most", 0, "third")]);
    let snapshot = Bench::new(Arc::new(book)).sync().await.unwrap();
    let rooms: Vec<&str> =
        snapshot.grants.iter().map(|grant| grant.key.resource.id.as_str()).collect();
    assert_eq!(rooms, ["r2"]);
    assert!(snapshot.ledger.is_complete(), "{:?}", snapshot.ledger);
}

/// Its holders were never read: it must not look as if it had none.
#[tokio::test(start_paused = true)]
async fn a_resource_that_no_page_delivered_is_not_told_as_empty() {
    let told = vec![account("p1", "Ada"), grant("p1", "r9")];
    let mut book = Book::with([("first", vec![page(told, vec![])])]);
    book.known = vec![room("r9")];
    let snapshot = Bench::new(Arc::new(book)).sync().await.unwrap();
    assert_eq!(snapshot.resources.len(), 1);
    let gap = &snapshot.ledger.skipped[0];
    assert_eq!((gap.code.as_str(), gap.object.as_ref().unwrap().id.as_str()), ("not-listed", "r9"));
    // It may have been there all the time.
    assert_eq!(gap.message, "r9 was not in the list of its kind, and who holds it was not read.");
}

/// An answer of the place that was opened must not become the snapshot of another one.
#[tokio::test(start_paused = true)]
async fn an_integration_that_is_removed_meanwhile_ends_the_sync() {
    let second = page(vec![account("p2", "Bo")], vec![]);
    let book = Arc::new(Book::with([
        ("first", vec![page(vec![], vec![next(cursor("things", 0, "second"), true)])]),
        ("second", vec![second]),
    ]));
    let bench = Bench::new(book);
    let opened = bench.open();
    let nothing = |_: &Progress| {};
    let sync = opened.sync(&nothing);
    tokio::pin!(sync);
    let result = tokio::select! {
        biased;
        result = &mut sync => result,
        () = tokio::time::sleep(Duration::from_millis(15)) => {
            let host = bench.host(&Arc::default());
            host.remove(&host.select(None).unwrap()).unwrap();
            sync.await
        }
    };
    assert_eq!(result.unwrap_err().reason, "sync-replaced");
}
