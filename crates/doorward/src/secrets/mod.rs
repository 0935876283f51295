//! Secrets that are not stored: from the environment, from a file or from a program, each time anew.

mod command;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use doorward_core::validation::SecretOrigin;
use doorward_core::{Error, ErrorKind, Result};
use doorward_host::SourceResolver;
use secrecy::SecretString;
use serde::Deserialize;
use serde_json::{Value, json};
use std::fs::File;
use std::io::Read;
use std::path::Path;
use zeroize::Zeroizing;

/// What every PFX (PKCS #12, RFC 7292) and other DER begins with.
const ASN1_SEQUENCE: u8 = 0x30;

/// The longest secret, in bytes.
const MOST_BYTES: u64 = 64 * 1024;

/// Reads the environment and files of this machine and runs its programs, for whoever runs the
/// command line here.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct LocalSources {
    /// Whether programs may say on standard error what they like.
    pub(crate) show_errors: bool,
}

impl LocalSources {
    /// The secret that is kept elsewhere.
    ///
    /// # Errors
    /// `InvalidConnection`, which names the place and never the secret.
    pub(crate) fn fetch(self, origin: &SecretOrigin) -> Result<SecretString> {
        match origin {
            SecretOrigin::Env(name) => from_environment(name),
            SecretOrigin::File(path) => from_file(Path::new(path)),
            SecretOrigin::Command(words) => command::run(words, self.show_errors),
        }
    }
}

impl SourceResolver for LocalSources {
    fn resolve(&self, source: &Value) -> Result<SecretString> {
        let origin = SecretOrigin::deserialize(source).map_err(|_| {
            Error::internal("A stored reference to a secret has a form that is not known.")
        })?;
        self.fetch(&origin)
    }
}

/// The place of a secret as it is stored; paths of files and programs in full, so that it does not
/// depend on the directory in which a later command runs.
pub(crate) fn stored_form(origin: &SecretOrigin) -> Value {
    match origin {
        SecretOrigin::Env(name) => json!({"env": name}),
        SecretOrigin::File(path) => json!({"file": full(path)}),
        SecretOrigin::Command(words) => {
            // A bare name is looked for on the search path; anything else is a path.
            let is_path = |word: &str| Path::new(word).components().nth(1).is_some();
            let first =
                words.first().map(|word| if is_path(word) { full(word) } else { word.clone() });
            json!({"command": first.iter().chain(words.iter().skip(1)).collect::<Vec<_>>()})
        }
    }
}

fn full(path: &str) -> String {
    std::path::absolute(path).map_or_else(|_| path.to_owned(), |full| full.display().to_string())
}

/// Where a secret that is not stored comes from, for people.
pub(crate) fn place(source: &Value) -> String {
    let text = |name: &str| source.get(name).and_then(Value::as_str);
    match (text("env"), text("file")) {
        (Some(name), _) => format!("the environment variable {name}"),
        (_, Some(path)) => format!("the file {path}"),
        // Its arguments may be nobody's business.
        _ => match source.pointer("/command/0").and_then(Value::as_str) {
            Some(program) => format!("the program {program}"),
            None => "elsewhere".to_owned(),
        },
    }
}

/// `env:NAME` or `file:PATH`, as `--secret` takes it.
pub(crate) fn origin_of_option(text: &str) -> Result<SecretOrigin> {
    match text.split_once(':') {
        Some(("env", name)) if !name.is_empty() => Ok(SecretOrigin::Env(name.to_owned())),
        Some(("file", path)) if !path.is_empty() => Ok(SecretOrigin::File(path.to_owned())),
        // The text itself is not repeated: it may be the secret.
        _ => Err(Error::new(
            ErrorKind::InvalidRequest,
            "secret-on-command-line",
            "`--secret` takes `-`, `env:NAME` or `file:PATH`, never the secret itself: other users \
             of this machine see command lines, and the shell keeps them.",
        )
        .remedy(
            "Write `--secret -`, and paste the secret when asked. If the secret was on the \
                 command line, replace it: consider it as known to others.",
        )),
    }
}

fn from_environment(name: &str) -> Result<SecretString> {
    match std::env::var(name) {
        Ok(text) if text.is_empty() => Err(empty(format!("The environment variable {name}"))),
        Ok(text) => Ok(SecretString::from(text)),
        Err(std::env::VarError::NotPresent) => Err(unusable(
            "secret-variable-missing",
            format!("The environment variable {name}, which holds a secret, is not set."),
        )
        .remedy(format!("Set {name} for this command, e.g. with your secret manager."))),
        Err(std::env::VarError::NotUnicode(_)) => Err(unusable(
            "secret-not-text",
            format!("The environment variable {name}, which holds a secret, is not text in UTF-8."),
        )
        .remedy("Set it again.")),
    }
}

fn from_file(path: &Path) -> Result<SecretString> {
    let shown = path.display();
    let bytes = read_file(path).map_err(|error| {
        unusable(
            "secret-file-unreadable",
            format!("The file {shown}, which holds a secret, cannot be read."),
        )
        .remedy("Check its path and its permissions.")
        .cause(error)
    })?;
    if bytes.len() as u64 > MOST_BYTES {
        return Err(unusable(
            "secret-too-long",
            format!("The file {shown} is longer than 64 KiB, so that it is hardly a secret."),
        )
        .remedy("Name the file that holds the secret and nothing else."));
    }
    // A PFX is no text; its base64 stands for it.
    if bytes.first() == Some(&ASN1_SEQUENCE) && std::str::from_utf8(&bytes).is_err() {
        return Ok(SecretString::from(STANDARD.encode(&*bytes)));
    }
    secret(bytes, &format!("The file {shown}"))
}

fn read_file(path: &Path) -> std::io::Result<Zeroizing<Vec<u8>>> {
    // With room for all of it, so that the buffer never moves and leaves a copy behind.
    let mut bytes = Zeroizing::new(Vec::with_capacity(MOST_BYTES as usize + 2));
    File::open(path)?.take(MOST_BYTES + 1).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// A secret from bytes that were typed or read: text, without the one line break at its end.
///
/// # Errors
/// `InvalidConnection` when it is empty or no text.
pub(crate) fn secret(bytes: Zeroizing<Vec<u8>>, whence: &str) -> Result<SecretString> {
    // UTF-16 without its mark is valid UTF-8, full of zeros.
    let text = std::str::from_utf8(&bytes).ok().filter(|text| !text.contains('\0'));
    let text = text.ok_or_else(|| {
        unusable("secret-not-text", format!("{whence} is not text in UTF-8."))
            .remedy("Save the secret as UTF-8; in PowerShell: Out-File -Encoding utf8.")
    })?;
    // Windows begins a file in UTF-8 with a mark that no secret begins with.
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let text = text.strip_suffix('\n').unwrap_or(text);
    let text = text.strip_suffix('\r').unwrap_or(text);
    if text.is_empty() {
        return Err(empty(whence.to_owned()));
    }
    Ok(SecretString::from(text))
}

/// A secret from standard input.
pub(crate) fn from_standard_input() -> Result<SecretString> {
    let mut bytes = Zeroizing::new(Vec::with_capacity(MOST_BYTES as usize + 2));
    std::io::stdin().lock().take(MOST_BYTES + 1).read_to_end(&mut bytes).map_err(|error| {
        unusable("secret-unreadable", "The secret could not be read from standard input.")
            .remedy("Try again.")
            .cause(error)
    })?;
    if bytes.len() as u64 > MOST_BYTES {
        return Err(unusable(
            "secret-too-long",
            "Standard input is longer than 64 KiB, so that it is hardly a secret.",
        )
        .remedy("Give the secret and nothing else."));
    }
    secret(bytes, "Standard input")
}

fn empty(whence: String) -> Error {
    unusable("secret-empty", format!("{whence} holds an empty secret."))
        .remedy("Put the secret's value there.")
}

fn unusable(reason: &str, message: impl Into<String>) -> Error {
    Error::new(ErrorKind::InvalidConnection, reason, message)
}

#[cfg(test)]
mod tests {
    use super::*;
    use secrecy::ExposeSecret;
    use std::io::Write;

    fn file(content: &[u8]) -> tempfile::NamedTempFile {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        file.write_all(content).unwrap();
        file
    }

    fn resolve(content: &[u8]) -> Result<String> {
        let file = file(content);
        let source = json!({"file": file.path()});
        LocalSources::default().resolve(&source).map(|secret| secret.expose_secret().to_owned())
    }

    #[test]
    fn one_line_break_at_the_end_is_not_part_of_a_secret() {
        let table: [(&[u8], &str); 6] = [
            (b"abc", "abc"),
            ("\u{feff}abc\r\n".as_bytes(), "abc"),
            (b"abc\n", "abc"),
            (b"abc\r\n", "abc"),
            (b"abc\n\n", "abc\n"),
            (b" abc ", " abc "),
        ];
        for (content, expected) in table {
            assert_eq!(resolve(content).unwrap(), expected);
        }
    }

    /// A PFX is binary; other binary files are no secrets.
    #[test]
    fn a_binary_key_file_becomes_base64() {
        assert_eq!(resolve(b"\x30\x82\x0a\x01\xff\0\n").unwrap(), "MIIKAf8ACg==");
        assert_eq!(resolve(b"0 is text\n").unwrap(), "0 is text");
    }

    #[test]
    fn what_is_no_secret_is_refused_without_showing_it() {
        let long = vec![b'x'; 64 * 1024 + 1];
        let table: [(&[u8], &str); 6] = [
            (b"", "secret-empty"),
            ("\u{feff}\n".as_bytes(), "secret-empty"),
            (b"c\0a\0n\0a\0r\0y\0", "secret-not-text"),
            (b"\n", "secret-empty"),
            (b"canary\xff", "secret-not-text"),
            (&long, "secret-too-long"),
        ];
        for (content, reason) in table {
            let error = resolve(content).unwrap_err();
            assert_eq!(error.reason, reason);
            assert!(!format!("{error:?}").contains("canary"));
        }
    }

    #[test]
    fn a_missing_source_is_named() {
        let missing =
            LocalSources::default().resolve(&json!({"env": "DOORWARD_TEST_NOT_SET"})).unwrap_err();
        assert_eq!(missing.reason, "secret-variable-missing");
        assert!(missing.message.contains("DOORWARD_TEST_NOT_SET"));
        let missing =
            LocalSources::default().resolve(&json!({"file": "/nowhere/at/all"})).unwrap_err();
        assert_eq!(missing.reason, "secret-file-unreadable");
    }

    #[test]
    fn a_place_does_not_depend_on_the_directory() {
        let here = std::env::current_dir().unwrap();
        let words = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect();
        let table = [
            (SecretOrigin::Command(words(&["pass", "./a"])), json!({"command": ["pass", "./a"]})),
            (
                SecretOrigin::Command(words(&["./get", "a"])),
                json!({"command": [here.join("get"), "a"]}),
            ),
            (SecretOrigin::File("a".into()), json!({"file": here.join("a")})),
        ];
        for (origin, expected) in table {
            assert_eq!(stored_form(&origin), expected);
        }
        assert_eq!(place(&json!({"command": ["pass", "show"]})), "the program pass");
    }

    #[test]
    fn an_option_never_takes_the_secret_itself() {
        assert_eq!(origin_of_option("env:A").unwrap(), SecretOrigin::Env("A".into()));
        assert_eq!(origin_of_option("file:a:b").unwrap(), SecretOrigin::File("a:b".into()));
        let error = origin_of_option("canary8Q~value").unwrap_err();
        assert!(!format!("{error:?}").contains("canary"));
    }
}
