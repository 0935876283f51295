//! What it does.

use doorward_core::{
    Attributes, Context, Expected, HttpRequest, HttpResponse, Level, ObjectRef, Page, Record,
    Resource, Result,
};
use serde::Deserialize;
use std::hint::black_box;

/// One deed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Deed {
    /// What a connector may do.
    Nothing,
    /// Tells all that it can see: the connection, the claims, and what an answer says.
    Tell,
    /// Sends the requests, one after the other, whatever comes of each.
    Send,
    /// Sends the first request ten thousand times at once.
    SendAll,
    EndlessLoop,
    MemoryBomb,
    DeepRecursion,
    Panic,
    PanicInStart,
    /// A gigabyte of log, in lines.
    LogFlood,
    /// Asks for the time where it may ask for nothing.
    ClockInReach,
    /// Computes where somebody waits on its own thread.
    LoopInReach,
    /// Logs where there is no call whose log it could be.
    LogInReach,
    /// A text that takes many times its size once it is read.
    JsonBomb,
    /// Many texts, each of them small enough, that do so together.
    JsonBombs,
    /// A page that never ends.
    EndlessPage,
    /// A page of more records than one may have.
    LongPage,
    /// A page whose one record is larger than what may be handed over.
    HugeRecord,
    /// A record of a kind that the descriptor does not know.
    UndeclaredKind,
}

/// The deeds of a call.
pub(crate) async fn act(
    cx: &Context,
    deed: Deed,
    requests: &[HttpRequest],
    connection: &str,
) -> Result<String> {
    match deed {
        Deed::EndlessLoop => loop_for_ever(),
        Deed::MemoryBomb => hoard(),
        Deed::DeepRecursion => Ok(descend(1).to_string()),
        Deed::Panic => panic!("the plugin has had enough"),
        Deed::LogFlood => {
            let line = "x".repeat(1 << 20);
            for _ in 0..1024 {
                cx.log(Level::Info, &line);
            }
            Ok("logged".to_owned())
        }
        Deed::SendAll => {
            let many = requests.iter().cycle().take(10_000).cloned().collect();
            Ok(said(cx.http().send_all(many).await.into_iter()))
        }
        Deed::Send => {
            let mut answers = Vec::new();
            for request in requests {
                answers.push(cx.http().send(request.clone()).await);
            }
            Ok(said(answers.into_iter()))
        }
        Deed::Tell => {
            let mut told = connection.to_owned();
            for request in requests {
                let claims = cx.http().claims(&request.endpoint).await?;
                told.push_str(&serde_json::Value::Object(claims).to_string());
                told.push_str(&said(std::iter::once(cx.http().send(request.clone()).await)));
            }
            cx.log(Level::Warn, &told);
            Ok(told)
        }
        _ => Ok("nothing".to_owned()),
    }
}

/// What came of requests, with all that the answers hold.
fn said(answers: impl Iterator<Item = Result<HttpResponse>>) -> String {
    let texts = answers.map(|answer| match answer {
        Ok(answer) => format!(
            "{} {:?} {}",
            answer.status,
            answer.headers,
            String::from_utf8_lossy(&answer.body)
        ),
        Err(error) => format!("{}: {}", error.reason, error.message),
    });
    texts.collect::<Vec<_>>().join("; ")
}

fn hoard() -> ! {
    let mut hoard = Vec::new();
    loop {
        hoard.push(vec![1_u8; 1 << 20]);
        black_box(&hoard);
    }
}

#[expect(unconditional_recursion, reason = "that is the deed")]
fn descend(depth: u64) -> u64 {
    // Little of the stack that lies in memory, so that the machine's own ends first.
    descend(black_box(depth + 1)) + depth
}

pub(crate) fn loop_for_ever() -> ! {
    loop {
        black_box(());
    }
}

pub(crate) fn log_for_ever() {
    #[cfg(target_family = "wasm")]
    loop {
        use doorward_guest::bindings::doorward::connector::log;
        log::write(log::Level::Warn, "");
    }
}

/// Asks for what a pure export may not have.
pub(crate) fn ask_the_time() {
    #[cfg(target_family = "wasm")]
    black_box(doorward_guest::bindings::doorward::connector::clock::now());
}

/// The page of a deed that is one.
pub(crate) fn page(deed: Deed) -> Option<Page> {
    let records = match deed {
        Deed::EndlessPage => loop_of_records(),
        Deed::LongPage => (0..100_001).map(|_| expected("room")).collect(),
        Deed::HugeRecord => vec![expected(&"x".repeat(80 << 20))],
        Deed::JsonBomb => vec![bomb(1 << 20)],
        Deed::JsonBombs => (0..8).map(|_| bomb(400_000)).collect(),
        Deed::UndeclaredKind => vec![room("castle")],
        _ => return None,
    };
    Some(Page { records, ..Page::default() })
}

fn loop_of_records() -> Vec<Record> {
    let mut records = Vec::new();
    loop {
        records.push(room("room"));
        black_box(&records);
    }
}

fn bomb(values: usize) -> Record {
    let zeros = serde_json::Value::Array(vec![serde_json::json!(0); values]);
    let mut attributes = Attributes::new();
    attributes.insert("bomb".to_owned(), zeros);
    Record::Expected(Expected { what: "room".to_owned(), count: 1, attributes })
}

fn expected(what: &str) -> Record {
    Record::Expected(Expected { what: what.to_owned(), count: 1, attributes: Attributes::new() })
}

fn room(kind: &str) -> Record {
    Record::Resource(Resource {
        key: ObjectRef::new(kind, "1"),
        name: "Room".to_owned(),
        class: "room".to_owned(),
        login: None,
        mail: None,
        created: None,
        refusals: Vec::new(),
        privileged: false,
        keeps_last_holder: Vec::new(),
        attributes: Attributes::new(),
    })
}
