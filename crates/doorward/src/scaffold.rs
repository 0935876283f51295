//! New connectors: projects that build and keep the rules as they are written out.
//!
//! Each template in `templates` is such a project itself, of the connector `example-teams`. What is
//! written out differs from it in the name, and in where it finds what belongs to Doorward.

mod files;
mod place;

use doorward_core::{Error, ErrorKind, Result};
use std::path::{Path, PathBuf};

use crate::cli::Language;
use crate::plugins::is_id;
pub(crate) use place::checkout;

/// How a Rust template, as it lies here, finds Doorward's crates.
const CRATES: &str = "../../../";

/// Names that a crate of Rust cannot have: keywords, types, and the crates that it needs itself.
const TAKEN_IN_RUST: &[&str] = &[
    "abstract",
    "alloc",
    "as",
    "async",
    "await",
    "become",
    "bool",
    "box",
    "break",
    "char",
    "const",
    "continue",
    "core",
    "crate",
    "do",
    "doorward-core",
    "doorward-guest",
    "dyn",
    "else",
    "enum",
    "extern",
    "f32",
    "f64",
    "false",
    "final",
    "fn",
    "for",
    "gen",
    "i128",
    "i16",
    "i32",
    "i64",
    "i8",
    "if",
    "impl",
    "in",
    "isize",
    "let",
    "loop",
    "macro",
    "match",
    "mod",
    "move",
    "mut",
    "override",
    "priv",
    "proc-macro",
    "pub",
    "ref",
    "return",
    "self",
    "serde",
    "serde-json",
    "static",
    "std",
    "str",
    "struct",
    "super",
    "test",
    "trait",
    "true",
    "try",
    "type",
    "typeof",
    "u128",
    "u16",
    "u32",
    "u64",
    "u8",
    "unsafe",
    "unsized",
    "use",
    "usize",
    "virtual",
    "where",
    "while",
    "yield",
];

const TAKEN_ON_WINDOWS: &[&str] = &["aux", "com1", "con", "lpt1", "nul", "prn"];

/// A connector that is about to be written.
pub(crate) struct Scaffold<'a> {
    /// Its id, and the name of its directory.
    pub(crate) name: &'a str,
    pub(crate) language: Language,
    /// Where Doorward's crates lie, as the new project writes it; for Rust only.
    pub(crate) crates: Option<String>,
}

impl Scaffold<'_> {
    /// Its files: where each lies in the project, and what is in it.
    pub(crate) fn files(&self) -> Vec<(PathBuf, String)> {
        let own = files::of(self.language).iter().map(|(path, text)| {
            let path = match *path {
                // A file of this name would hide what lies in the template.
                "gitignore" => ".gitignore".to_owned(),
                "npmrc" => ".npmrc".to_owned(),
                path => self.renamed(path),
            };
            (PathBuf::from(path), self.with_crates(&self.renamed(text)))
        });
        let interface: &[(&str, &str)] = match self.language {
            // It comes with Doorward's crates.
            Language::Rust => &[],
            Language::Js | Language::Python => files::INTERFACE,
        };
        let interface =
            interface.iter().map(|(path, text)| (Path::new("wit").join(path), (*text).to_owned()));
        own.chain(interface).collect()
    }

    /// Writes them into this directory, which must not exist: all of them, or none.
    ///
    /// # Errors
    /// `InvalidRequest` when it exists, or cannot be written.
    pub(crate) fn write(&self, directory: &Path) -> Result<()> {
        if directory.symlink_metadata().is_ok() {
            let message = format!("{} exists already.", directory.display());
            return Err(Error::new(ErrorKind::InvalidRequest, "directory-exists", message)
                .remedy("Choose another name, or another directory to run this in."));
        }
        let parent = directory.parent().filter(|parent| !parent.as_os_str().is_empty());
        self.written(parent.unwrap_or(Path::new(".")), directory).map_err(|error| {
            let message = format!("{} could not be written.", directory.display());
            Error::new(ErrorKind::InvalidRequest, "directory-not-written", message)
                .remedy("Check the permissions and the free space of the directory around it.")
                .cause(error)
        })
    }

    fn written(&self, parent: &Path, directory: &Path) -> std::io::Result<()> {
        let fresh = tempfile::Builder::new().prefix(".doorward-new-").tempdir_in(parent)?;
        let inner = fresh.path().join(self.name);
        for (path, text) in self.files() {
            let path = inner.join(path);
            if let Some(folder) = path.parent() {
                std::fs::create_dir_all(folder)?;
            }
            std::fs::write(path, text)?;
        }
        std::fs::rename(inner, directory)
    }

    /// The template's name, in its four spellings, replaced by this one's.
    fn renamed(&self, text: &str) -> String {
        let words: Vec<String> = self.name.split('-').map(capitalised).collect();
        text.replace("example-teams", self.name)
            .replace("example_teams", &self.name.replace('-', "_"))
            .replace("ExampleTeams", &words.concat())
            .replace("Example Teams", &words.join(" "))
    }

    fn with_crates(&self, text: &str) -> String {
        match &self.crates {
            Some(crates) => text.replace(CRATES, crates),
            None => text.to_owned(),
        }
    }
}

/// Whether a new connector can have this name.
///
/// # Errors
/// `InvalidRequest` when it cannot.
pub(crate) fn check_name(name: &str, language: Language) -> Result<()> {
    let refused = |why: &str| {
        let message = format!("A connector cannot be named `{name}`: {why}.");
        Err(Error::new(ErrorKind::InvalidRequest, "connector-name", message)
            .remedy("Name it after the system that it reaches, for example `chess-club`."))
    };
    if !is_id(name) || name.split('-').any(str::is_empty) {
        return refused(
            "it begins with a lower case letter, and goes on with lower case letters, digits and \
             single `-`, 64 at most",
        );
    }
    if TAKEN_ON_WINDOWS.contains(&name) {
        return refused("no directory can have this name on Windows");
    }
    if language == Language::Rust && TAKEN_IN_RUST.contains(&name) {
        return refused("the word belongs to Rust, or to a crate that it needs");
    }
    if doorward_core::Registry::native()?.get(name).is_some() {
        return refused("a built-in connector has this id");
    }
    Ok(())
}

fn capitalised(word: &str) -> String {
    let mut letters = word.chars();
    let first = letters.next().map(|letter| letter.to_ascii_uppercase());
    first.into_iter().chain(letters).collect()
}

#[cfg(test)]
mod tests {
    use super::{Scaffold, check_name};
    use crate::cli::Language;
    use clap::ValueEnum;
    use std::collections::BTreeSet;
    use std::path::{Path, PathBuf};

    fn scaffold(language: Language) -> Scaffold<'static> {
        let crates = Some("/there/example-teams/crates/".to_owned());
        Scaffold { name: "chess-club", language, crates }
    }

    #[test]
    fn a_name_is_an_id_that_nobody_has() {
        let check = |name, language, expect| {
            assert_eq!(check_name(name, language).is_ok(), expect, "{name}");
        };
        for name in ["chess-club", "a", "scim2"] {
            check(name, Language::Rust, true);
        }
        for name in ["", "-", "a-", "a--b", "A", "a b", "../a", "ä", "2a", "entra-id"] {
            check(name, Language::Python, false);
        }
        check("match", Language::Python, true);
        check("match", Language::Rust, false);
        check("serde-json", Language::Rust, false);
        check("str", Language::Rust, false);
        check("nul", Language::Js, false);
    }

    #[test]
    fn every_file_of_a_template_is_written_out() {
        for language in Language::value_variants() {
            let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("templates");
            let root = root.join(super::files::folder(*language));
            let mut found = BTreeSet::new();
            walk(&root, &root, &mut found);
            let listed = super::files::of(*language).iter().map(|(path, _)| (*path).to_owned());
            assert_eq!(listed.collect::<BTreeSet<_>>(), found, "{language:?}");
        }
    }

    /// The files of a template, without what was made when somebody built it where it lies.
    fn walk(root: &Path, folder: &Path, found: &mut BTreeSet<String>) {
        const MADE: [&str; 7] = [
            "node_modules",
            "build",
            "generated",
            "target",
            "__pycache__",
            "Cargo.lock",
            "example-teams.wasm",
        ];
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if MADE.iter().any(|made| path.ends_with(made)) {
                continue;
            }
            if path.is_dir() {
                walk(root, &path, found);
            } else {
                let path = path.strip_prefix(root).unwrap();
                found.insert(path.to_str().unwrap().replace('\\', "/"));
            }
        }
    }

    #[test]
    fn nothing_of_the_template_s_name_is_left() {
        for language in Language::value_variants() {
            let files = scaffold(*language).files();
            assert!(files.contains(&(PathBuf::from("connection.json"), connection(&files))));
            for (path, text) in files {
                let text = format!("{} {text}", path.display());
                // The checkout's path is nobody's to change.
                let manifest = path.ends_with("Cargo.toml");
                let own = "path = \"/there/example-teams/crates/doorward-core\"";
                assert!(!manifest || text.contains(own), "{text}");
                let text = text.replace("/there/example-teams/", "");
                for word in ["example-teams", "example_teams", "ExampleTeams", "Example Teams"] {
                    assert!(!text.contains(word), "{}: {word}", path.display());
                }
            }
        }
    }

    fn connection(files: &[(PathBuf, String)]) -> String {
        files.iter().find(|(path, _)| path.ends_with("connection.json")).unwrap().1.clone()
    }
}
