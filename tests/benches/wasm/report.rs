//! What was measured, beside what it must reach.

use entra_sim::Size;
use serde_json::{Map, Value, json};

/// The most that a number may be.
pub(crate) const LIMITS: [(&str, f64); 6] = [
    ("empty_call_us", 2.0),
    ("fresh_instance_us", 60.0),
    ("page_ratio", 2.5),
    ("sync_cpu_ratio", 1.5),
    ("idle_plugin_kib", 2048.0),
    ("cold_start_extra_ms", 50.0),
];

pub(crate) struct Report(Map<String, Value>);

impl Report {
    pub(crate) fn new(size: &Size) -> Self {
        let mut report = Self(Map::new());
        let told =
            [("users", size.users), ("groups", size.groups), ("memberships", size.memberships)];
        report.0.extend(told.map(|(name, number)| (name.to_owned(), json!(number))));
        report
    }

    /// A number, to three digits after the point.
    pub(crate) fn number(&mut self, name: &str, number: f64) {
        self.set(name, json!((number * 1000.0).round() / 1000.0));
    }

    pub(crate) fn set(&mut self, name: &str, value: Value) {
        eprintln!("  {name}: {value}");
        self.0.insert(name.to_owned(), value);
    }

    /// One JSON object, or a table.
    pub(crate) fn print(self, as_json: bool) {
        if as_json {
            println!("{}", Value::Object(self.0));
            return;
        }
        for (name, value) in &self.0 {
            let limit = LIMITS.iter().find(|(limited, _)| limited == name);
            let judged = match (limit, value.as_f64()) {
                (Some((_, limit)), Some(number)) if number <= *limit => {
                    format!("≤ {limit}: reached")
                }
                (Some((_, limit)), _) => format!("≤ {limit}: MISSED"),
                (None, _) => String::new(),
            };
            println!("{name:24} {:>12} {judged}", value.to_string());
        }
    }
}
