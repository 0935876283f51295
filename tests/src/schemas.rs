//! The files, and parts of files, that are generated from the program: `cargo xtask schemas`.

use doorward_core::{Descriptor, Factory};
use doorward_entra_id::EntraId;
use doorward_host::ChangePlan;
use std::path::Path;
use std::{fs, io};

use crate::operations;

/// The connectors whose descriptors are written down, each with its folder.
const CONNECTORS: [(&dyn Factory, &str); 1] = [(&EntraId, "plugins/entra-id")];

/// The files by their place in the repository, with their text.
///
/// # Errors
/// When a README cannot be read, or has no place for its table.
pub fn generate(root: &Path) -> io::Result<Vec<(String, String)>> {
    let mut files = vec![
        ("schemas/descriptor.schema.json".to_owned(), pretty(&schemars::schema_for!(Descriptor))?),
        ("schemas/change-plan.schema.json".to_owned(), pretty(&schemars::schema_for!(ChangePlan))?),
    ];
    for (connector, folder) in CONNECTORS {
        let descriptor = connector.descriptor();
        files.push((format!("schemas/{}.descriptor.json", descriptor.id), pretty(descriptor)?));
        let readme = format!("{folder}/README.md");
        let text = fs::read_to_string(root.join(&readme))?.replace("\r\n", "\n");
        let text = operations::with_table(&text, descriptor).ok_or_else(|| {
            io::Error::other(format!("{readme} has no place for the table of operations"))
        })?;
        files.push((readme, text));
    }
    Ok(files)
}

fn pretty(document: &impl serde::Serialize) -> io::Result<String> {
    Ok(serde_json::to_string_pretty(document)? + "\n")
}

/// Writes the files.
///
/// # Errors
/// As [`generate`], and when one cannot be written.
pub fn write(root: &Path) -> io::Result<()> {
    for (name, text) in generate(root)? {
        fs::write(root.join(name), text)?;
    }
    Ok(())
}

/// What is no longer what the program says, one line for each file.
///
/// # Errors
/// When a file is there and cannot be read.
pub fn drift(root: &Path) -> io::Result<Vec<String>> {
    let mut drift = Vec::new();
    for (name, text) in generate(root)? {
        match fs::read_to_string(root.join(&name)) {
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
