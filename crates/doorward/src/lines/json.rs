//! Changes as JSON Lines: one object in a line.

use doorward_core::Result;
use serde_json::{Map, Value};

use super::{NAMES, Row, Words, bad, check_length, unknown};

/// The changes, one in each line.
pub(super) fn rows<'a>(lines: impl Iterator<Item = (u64, &'a str)>) -> Vec<Row> {
    let row = |(number, line)| {
        let words = check_length(line).and_then(|()| words(line));
        Row { number, words }
    };
    lines.map(row).collect()
}

fn words(line: &str) -> Result<Words> {
    let object: Map<String, Value> = serde_json::from_str(line).map_err(|error| {
        bad("not-json", "It is not one JSON object.".to_owned())
            .remedy(
                "Write one object in each line, e.g. {\"principal\": \"…\", \"resource\": \"…\"}.",
            )
            .cause(format!("At column {}.", error.column()))
    })?;
    let mut words = Words::default();
    for (name, value) in &object {
        if !NAMES.contains(&name.as_str()) {
            let error = unknown("key", name);
            let message = error.message.replacen("the key", "The key", 1);
            return Err(doorward_core::Error { message, ..error });
        }
        match value {
            Value::Null => {}
            Value::String(word) => words.set(name, word),
            // A ticket may be a number.
            Value::Number(number) => words.set(name, &number.to_string()),
            Value::Bool(_) | Value::Array(_) | Value::Object(_) => {
                return Err(bad("not-text", format!("Its `{name}` is not a text."))
                    .remedy("Write a text in quotes."));
            }
        }
    }
    Ok(words)
}
