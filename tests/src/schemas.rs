//! The files of `schemas/` that are generated from the program: `cargo xtask schemas`.

use doorward_core::{Descriptor, Factory};
use doorward_entra_id::EntraId;
use doorward_host::ChangePlan;
use std::path::Path;
use std::{fs, io};

/// The connectors whose descriptors are written down.
const CONNECTORS: [&dyn Factory; 1] = [&EntraId];

/// The files by name, with their text.
///
/// # Errors
/// When a descriptor cannot be written as JSON.
pub fn generate() -> serde_json::Result<Vec<(String, String)>> {
    let mut files = vec![
        (
            "descriptor.schema.json".to_owned(),
            serde_json::to_string_pretty(&schemars::schema_for!(Descriptor))?,
        ),
        (
            "change-plan.schema.json".to_owned(),
            serde_json::to_string_pretty(&schemars::schema_for!(ChangePlan))?,
        ),
    ];
    for connector in CONNECTORS {
        let descriptor = connector.descriptor();
        files.push((
            format!("{}.descriptor.json", descriptor.id),
            serde_json::to_string_pretty(descriptor)?,
        ));
    }
    for (_, text) in &mut files {
        text.push('\n');
    }
    Ok(files)
}

/// Writes the files to the folder.
///
/// # Errors
/// When one cannot be written.
pub fn write(folder: &Path) -> io::Result<()> {
    for (name, text) in generate()? {
        fs::write(folder.join(name), text)?;
    }
    Ok(())
}

/// What in the folder is no longer what the program says, one line for each file.
///
/// # Errors
/// When a file is there and cannot be read.
pub fn drift(folder: &Path) -> io::Result<Vec<String>> {
    let mut drift = Vec::new();
    for (name, text) in generate()? {
        match fs::read_to_string(folder.join(&name)) {
            Ok(found) => {
                drift.extend(difference(&found, &text).map(|what| format!("{name}:{what}")));
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                drift.push(format!("{name}: is missing"));
            }
            Err(error) => return Err(error),
        }
    }
    Ok(drift)
}

/// The first line that differs; how lines end does not count, a checkout has its own way.
fn difference(found: &str, right: &str) -> Option<String> {
    let (found, right) = (found.lines().collect::<Vec<_>>(), right.lines().collect::<Vec<_>>());
    let at = (0..found.len().max(right.len())).find(|&at| found.get(at) != right.get(at))?;
    let line = |lines: &[&str]| lines.get(at).map_or("the end", |line| line.trim()).to_owned();
    Some(format!("{}: the file says `{}`, the program `{}`", at + 1, line(&found), line(&right)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_difference_is_told() {
        assert_eq!(difference("{\n  1\r\n}\n", "{\n  1\n}\n"), None);
        assert_eq!(
            difference("{\n  1\n}\n", "{\n  2\n}\n").unwrap(),
            "2: the file says `1`, the program `2`"
        );
        assert_eq!(
            difference("{\n", "{\n}\n").unwrap(),
            "2: the file says `the end`, the program `}`"
        );
    }
}
