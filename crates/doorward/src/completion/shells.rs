//! How each shell asks and is answered.
//!
//! zsh, fish and PowerShell ask by the scripts of `clap_complete`. Bash's is our own: the library
//! takes words as bash breaks them, at every `:` and `@`, and names without quotes.

use clap_complete::engine::CompletionCandidate;
use clap_complete::env::Shells;
use doorward_core::{Error, Result};
use std::ffi::{OsStr, OsString};

use super::VARIABLE;
use super::line::{self, Word};
use crate::cli::Shell;
use crate::output::text;

/// What a shell asks.
pub(super) struct Asked {
    /// The half-written line.
    pub(super) words: Vec<OsString>,
    /// Which of them is to be completed.
    pub(super) place: usize,
    /// The half-written word as bash sees it.
    word: Word,
}

/// The line up to the cursor, and the signs at which bash breaks words.
const LINE: &str = "_DOORWARD_LINE";
const BREAKS: &str = "_DOORWARD_BREAKS";

/// No file is offered in the place of a name, and nothing in a name means something to bash.
const BASH: &str = r#"_doorward() {
    COMPREPLY=()
    local candidate
    while IFS= read -r candidate; do
        COMPREPLY+=("$candidate")
    done < <(
        _DOORWARD_LINE="${COMP_LINE:0:COMP_POINT}" _DOORWARD_BREAKS="$COMP_WORDBREAKS" \
            DOORWARD_COMPLETE=bash doorward 2> /dev/null
    )
    # What leads on is not at its end.
    if [[ "${COMPREPLY-}" == *[=/:] ]]; then
        compopt -o nospace 2> /dev/null
    fi
}
if [[ "${BASH_VERSINFO[0]}" -gt 4 || "${BASH_VERSINFO[0]}" -eq 4 && "${BASH_VERSINFO[1]}" -ge 4 ]]; then
    complete -o nosort -F _doorward doorward
else
    complete -F _doorward doorward
fi
"#;

fn name(shell: Shell) -> &'static str {
    match shell {
        Shell::Bash => "bash",
        Shell::Zsh => "zsh",
        Shell::Fish => "fish",
        Shell::Powershell => "powershell",
    }
}

/// The shell of this name.
pub(super) fn named(wanted: &OsStr) -> Option<Shell> {
    let all = [Shell::Bash, Shell::Zsh, Shell::Fish, Shell::Powershell];
    all.into_iter().find(|shell| wanted == name(*shell))
}

/// The script for a shell. It finds the program on the search path, also after an update.
///
/// # Errors
/// `Internal` when the shell is not one of those that the completing library knows.
pub(crate) fn script(shell: Shell) -> Result<String> {
    let name = name(shell);
    let failed = || Error::internal(format!("There is no completion for {name}."));
    if shell == Shell::Bash {
        return Ok(BASH.to_owned());
    }
    let mut script = Vec::new();
    Shells::builtins()
        .completer(name)
        .ok_or_else(failed)?
        .write_registration(VARIABLE, "doorward", "doorward", "doorward", &mut script)
        .map_err(|_| failed())?;
    let script = String::from_utf8(script).map_err(|_| failed())?;
    // What fits is found here, also without regard to case, or by an id: zsh is not to look again.
    Ok(script.replace("_describe -V 'values' other", "_describe -V 'values' other -U"))
}

/// What the shell asks, as its script passes it on.
pub(super) fn asked(shell: Shell) -> Asked {
    let variable = |name: &str| std::env::var(name).unwrap_or_default();
    if shell == Shell::Bash {
        let words = line::words(&variable(LINE), &variable(BREAKS));
        let word = words.last().cloned().unwrap_or_default();
        let words: Vec<OsString> = words.into_iter().map(|word| word.text.into()).collect();
        return Asked { place: words.len().saturating_sub(1), words, word };
    }
    let words = std::env::args_os().skip_while(|word| word != "--").skip(1);
    let mut words: Vec<OsString> = words.collect();
    let mut place = words.len().saturating_sub(1);
    if shell == Shell::Zsh {
        place = variable("_CLAP_COMPLETE_INDEX").parse().unwrap_or(place);
        if place == words.len() {
            words.push(OsString::new());
        }
    }
    // PowerShell took the quotes off already.
    if shell != Shell::Powershell
        && let Some(word) = words.get_mut(place)
        && let Some(text) = word.to_str()
    {
        *word = line::unquoted(text).into();
    }
    Asked { words, place, word: Word::default() }
}

/// The answer, one candidate in a line, as its script takes it.
pub(super) fn told(shell: Shell, asked: &Asked, found: &[CompletionCandidate]) -> String {
    let lines = found.iter().filter_map(|candidate| {
        let value = candidate.get_value().to_str()?;
        // The name of a file may hold anything.
        let value =
            Some(value).filter(|value| text::clean(value) == *value && takes(shell, value))?;
        let help = candidate.get_help().map(ToString::to_string);
        let help = help.as_deref().and_then(|help| help.lines().next());
        let with = |value: String, before: &str| match help {
            Some(help) if shell == Shell::Zsh => {
                format!("{value}{before}{}\n", help.replace('\\', r"\\"))
            }
            Some(help) => format!("{value}{before}{help}\n"),
            None => format!("{value}\n"),
        };
        Some(match shell {
            Shell::Bash => format!("{}\n", line::in_place(value, &asked.word)?),
            Shell::Zsh => with(value.replace('\\', r"\\").replace(':', r"\:"), ":"),
            Shell::Fish => with(value.to_owned(), "\t"),
            Shell::Powershell => with(quoted_for_powershell(value), "\t"),
        })
    });
    lines.collect()
}

/// Whether a shell writes this into its line as it is. What quotes it is put around it here, and the
/// shell reads both in its own encoding: in another one than UTF-8 a letter may become a quote, or
/// swallow one. PowerShell on Windows is asked for no encoding; and before 7.3 it hands a `"` on to
/// programs as if it were none, as it does a `\` before its own.
pub(super) fn takes(shell: Shell, value: &str) -> bool {
    match shell {
        Shell::Powershell => value.is_ascii() && !value.contains('"') && !value.ends_with('\\'),
        _ => value.is_ascii() || is_utf8(&|name| std::env::var(name).ok()),
    }
}

/// Whether the shell's own encoding is UTF-8, by the variables that decide it.
fn is_utf8(variable: &dyn Fn(&str) -> Option<String>) -> bool {
    let mut set = ["LC_ALL", "LC_CTYPE", "LANG"].into_iter().filter_map(variable);
    let locale = set.find(|value| !value.is_empty()).unwrap_or_default().to_ascii_lowercase();
    locale.contains("utf-8") || locale.contains("utf8")
}

/// What is written into PowerShell's line is run: within single quotes nothing means anything but
/// the signs that it takes for one.
fn quoted_for_powershell(value: &str) -> String {
    let is_plain = |sign: char| sign.is_ascii_alphanumeric() || "_-./:=".contains(sign);
    if value.chars().all(is_plain) {
        return value.to_owned();
    }
    let quotes = ['\'', '\u{2018}', '\u{2019}', '\u{201a}', '\u{201b}'];
    let doubled = value
        .chars()
        .flat_map(|sign| std::iter::repeat_n(sign, if quotes.contains(&sign) { 2 } else { 1 }));
    format!("'{}'", doubled.collect::<String>())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_a_shell_may_read_otherwise_is_not_written() {
        for (name, expected) in [
            ("group:$(calc)", true),
            ("group:\u{3041}f$(calc)\u{3041}f", false),
            ("group:Finance\" --yes --reason \"x", false),
            ("group:Zps2 \\", false),
        ] {
            assert_eq!(takes(Shell::Powershell, name), expected, "{name}");
        }
        for (set, expected) in [
            (&[("LANG", "C.UTF-8")][..], true),
            (&[("LANG", "zh_CN.GBK")], false),
            (&[("LC_ALL", "ja_JP.SJIS"), ("LANG", "C.UTF-8")], false),
            (&[("LC_ALL", ""), ("LC_CTYPE", "de_DE.utf8")], true),
            (&[], false),
        ] {
            let find = |name: &str| {
                set.iter().find(|(set, _)| *set == name).map(|(_, value)| (*value).to_owned())
            };
            assert_eq!(is_utf8(&find), expected, "{set:?}");
        }
    }

    #[test]
    fn a_name_runs_nothing_in_powershell() {
        for (name, expected) in [
            ("group:Finance", "group:Finance"),
            ("alice@contoso.com", "'alice@contoso.com'"),
            ("role:User Admin", "'role:User Admin'"),
            ("group:$(calc)`;x", "'group:$(calc)`;x'"),
            ("group:O'Hara \u{2019}s", "'group:O''Hara \u{2019}\u{2019}s'"),
        ] {
            assert_eq!(quoted_for_powershell(name), expected);
        }
    }
}
