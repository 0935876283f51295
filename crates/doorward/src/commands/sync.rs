//! `doorward sync`: reads everything into the local copy that `list` and `--last-sync` answer from.

use doorward_core::Result;
use doorward_host::{Progress, Snapshot};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::io::IsTerminal;
use std::sync::Mutex;
use std::time::Duration;

use crate::app::App;
use crate::cli::{Format, Target};
use crate::exit::Exit;
use crate::output::text;

/// How many pages lie between two events of `-o jsonl`.
const PAGES_PER_EVENT: u64 = 50;

pub(super) async fn run(app: &App, target: &Target) -> Result<Exit> {
    let opened = app.open(target).await?;
    let name = opened.integration().name;
    let watch = Watch::new(app, &name);
    let result = opened.sync(&|progress: &Progress| watch.see(progress)).await;
    watch.finish();
    let snapshot = result?;
    match app.console.format() {
        Format::Jsonl => event(app, "done", document(&name, &snapshot)),
        Format::Json => app.console.json("Sync", &document(&name, &snapshot)),
        _ => show(app, &name, &snapshot),
    }
    Ok(if snapshot.ledger.is_complete() { Exit::DONE } else { Exit::INCOMPLETE })
}

fn document(name: &str, snapshot: &Snapshot) -> Value {
    json!({
        "integration": name,
        "id": snapshot.id,
        "started": snapshot.started,
        "finished": snapshot.finished,
        "complete": snapshot.ledger.is_complete(),
        "ledger": snapshot.ledger,
    })
}

fn event(app: &App, name: &str, mut fields: Value) {
    if let Value::Object(fields) = &mut fields {
        fields.insert("event".to_owned(), json!(name));
    }
    app.console.exact(&format!("{fields}\n"));
}

fn show(app: &App, name: &str, snapshot: &Snapshot) {
    let ledger = &snapshot.ledger;
    let took = snapshot.finished.duration_since(snapshot.started).as_secs();
    let took = text::count(usize::try_from(took).unwrap_or_default(), "second", "seconds");
    app.console.line(format!("Synced `{name}` in {took}:"));
    let whats: BTreeSet<&String> = ledger.received.keys().chain(ledger.expected.keys()).collect();
    for what in whats {
        let received = ledger.received.get(what).unwrap_or(&0);
        let expected = match ledger.expected.get(what) {
            Some(expected) if expected != received => {
                format!(" (the provider's count, which may lag behind, says {expected})")
            }
            _ => String::new(),
        };
        app.console.line(format!("  {received} × {what}{expected}"));
    }
    for line in text::gaps(&ledger.skipped) {
        app.console.note_line(line);
    }
    for key in ledger.unresolved.iter().take(20) {
        app.console
            .note_line(format!("incomplete: {key} holds or gives access, and cannot be read"));
    }
    if let Some(more) = ledger.unresolved.len().checked_sub(20).filter(|more| *more > 0) {
        app.console.note_line(format!("incomplete: and {more} more that cannot be read"));
    }
    if ledger.is_complete() {
        app.console.line("Nothing was left out.");
    }
}

/// Shows how far it is: a line that changes on a terminal, events for programs, else nothing.
struct Watch<'a> {
    app: &'a App,
    name: &'a str,
    bar: indicatif::ProgressBar,
    /// The pages and the phase of the last event.
    told: Mutex<(u64, u32)>,
}

impl<'a> Watch<'a> {
    fn new(app: &'a App, name: &'a str) -> Self {
        let is_person = app.console.format().is_for_people() && std::io::stderr().is_terminal();
        let bar = if is_person {
            indicatif::ProgressBar::new_spinner()
        } else {
            indicatif::ProgressBar::hidden()
        };
        bar.enable_steady_tick(Duration::from_millis(120));
        Self { app, name, bar, told: Mutex::new((0, 0)) }
    }

    fn see(&self, progress: &Progress) {
        if self.app.console.format() == Format::Jsonl {
            return self.tell(progress);
        }
        let pause = match progress.paused_until {
            Some(moment) => format!("; the provider asks to wait until {}", text::moment(moment)),
            None => String::new(),
        };
        self.bar.set_message(format!(
            "{} and {} read in {}, {} known to follow{pause}",
            text::count(shown(progress.objects), "object", "objects"),
            text::count(shown(progress.grants), "grant", "grants"),
            text::count(shown(progress.pages), "page", "pages"),
            progress.waiting,
        ));
    }

    fn tell(&self, progress: &Progress) {
        let mut told = self.told.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let (pages, phase) = *told;
        if progress.pages >= pages + PAGES_PER_EVENT || progress.phase != phase {
            *told = (progress.pages, progress.phase);
            let mut fields = json!(progress);
            if let Value::Object(fields) = &mut fields {
                fields.insert("integration".to_owned(), json!(self.name));
            }
            event(self.app, "progress", fields);
        }
    }

    fn finish(&self) {
        self.bar.finish_and_clear();
    }
}

fn shown(number: u64) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}
