//! Runs the tutorial: every command in it, and every change of a file, once for each language.
//!
//! Blocks whose first word is `sh` or `diff` are run in their order, each language its own and those
//! without one. `background` starts one that runs on, and waits until it listens; `exits N` expects that
//! of the block's last command. Each line of a block `text` must be in what the block before it printed.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::{Done, Result, report, run, wasm};

const FILE: &str = "docs/connector-tutorial.md";

const LANGUAGES: [&str; 3] = ["rust", "js", "python"];

/// Where the imitated service of the tutorial listens.
const PORT: u16 = 8081;

/// One block of the tutorial.
#[derive(Debug, PartialEq, Eq)]
struct Block<'a> {
    /// What stands behind the fence.
    words: Vec<&'a str>,
    text: String,
}

/// Runs it for every language; each that cannot be tried here is said to be skipped.
pub(crate) fn run_all() -> bool {
    let results =
        LANGUAGES.map(|language| report(&format!("tutorial, {language}"), tried(language)));
    results.iter().all(|passed| *passed)
}

fn tried(language: &str) -> Result {
    let needed: &[&str] = match language {
        "rust" => &["bash", "curl", "patch"],
        "js" => &["bash", "curl", "patch", "node", "npm"],
        _ => &["bash", "curl", "patch", "python3"],
    };
    if let Some(missing) = needed.iter().find_map(|program| wasm::missing(program)) {
        return Ok(Done::Skipped(missing));
    }
    if language == "rust"
        && let Err(why) = wasm::has_toolchain()
    {
        return Ok(Done::Skipped(why));
    }
    if std::net::TcpListener::bind(("127.0.0.1", PORT)).is_err() {
        return Err(format!("another program listens at port {PORT}"));
    }
    let text = fs::read_to_string(FILE).map_err(|error| format!("{FILE}: {error}"))?;
    let script = script(&text, language)?;
    let place =
        env::temp_dir().join(format!("doorward-tutorial-{}-{language}", std::process::id()));
    let result = played(&script, &place);
    let _ = fs::remove_dir_all(&place);
    result
}

fn played(script: &str, place: &Path) -> Result {
    fs::create_dir_all(place).map_err(|error| format!("{}: {error}", place.display()))?;
    let program = wasm::program()?;
    let folder = program.parent().map(PathBuf::from).unwrap_or_default();
    let path = env::var_os("PATH").unwrap_or_default();
    let path = env::join_paths([folder].into_iter().chain(env::split_paths(&path)))
        .map_err(|error| error.to_string())?;
    let checkout = env::current_dir().map_err(|error| error.to_string())?;
    let mut bash = Command::new("bash");
    // What this user set is not what a newcomer has.
    for (name, _) in
        env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("DOORWARD_"))
    {
        bash.env_remove(name);
    }
    bash.args(["-euo", "pipefail", "-c", script])
        .current_dir(place)
        .env("PATH", path)
        .env("DOORWARD", checkout)
        .env("DOORWARD_DATA_DIR", place.join("data"))
        // What one run compiled serves the next.
        .env("CARGO_TARGET_DIR", wasm::target_directory().join("tutorial"));
    run(&mut bash)
}

/// The blocks as one script.
fn script(text: &str, language: &str) -> std::result::Result<String, String> {
    let mut script = BEGIN.to_owned();
    let mut number = 0;
    for block in blocks(text) {
        let [kind @ ("sh" | "diff" | "text"), words @ ..] = block.words.as_slice() else {
            continue;
        };
        let words = match words {
            [named, words @ ..] if LANGUAGES.contains(named) => {
                if *named != language {
                    continue;
                }
                words
            }
            words => words,
        };
        number += 1;
        script.push_str(&match (*kind, words) {
            ("diff", []) => format!("patch --strip 1 <<'END OF DIFF'\n{}END OF DIFF\n", block.text),
            ("text", []) => format!("printed <<'END OF TEXT'\n{}END OF TEXT\n", block.text),
            ("sh", []) => noted(&block.text),
            ("sh", ["background"]) => background(&block.text),
            ("sh", ["exits", code]) => {
                noted(&format!("code=0\n(\n{}) || code=$?\ntest $code -eq {code}\n", block.text))
            }
            _ => return Err(format!("{FILE}: what is a block `{}`?", block.words.join(" "))),
        });
    }
    if number < 10 {
        return Err(format!("{FILE} has only {number} blocks for {language}"));
    }
    Ok(script)
}

/// Kills what was started with all that it started, and shows what the last block printed.
const BEGIN: &str = r#"
place=$PWD
output=$place/output.log
: > "$output"
end() {
    code=$?
    set +x
    cat "$output"
    for job in $(jobs -p); do kill -- "-$job" || true; done
    wait
    exit $code
}
trap end EXIT
printed() {
    set +x
    while IFS= read -r line; do
        grep --fixed-strings --line-regexp --quiet -- "$line" "$output" || { echo "not printed: $line"; exit 1; }
    done
    set -x
}
set -x
"#;

/// Keeps what a block prints, for the next one.
fn noted(text: &str) -> String {
    format!("cat \"$output\"\n{{\n{text}}} > \"$output\" 2>&1\n")
}

/// Runs on beside the rest, which goes on when it listens, and stops when it does.
fn background(text: &str) -> String {
    format!(
        "set -m\n(\n{text}) > \"$place/service.log\" 2>&1 &\nservice=$!\nset +m +x\n\
         tries=0\n\
         until grep --quiet listens \"$place/service.log\"; do\n  \
         test $((tries += 1)) -lt 3000 && kill -0 $service || {{ cat \"$place/service.log\"; exit 1; }}\n  sleep 0.2\ndone\nset -x\n"
    )
}

fn blocks(text: &str) -> Vec<Block<'_>> {
    let mut blocks = Vec::new();
    let mut open: Option<Block<'_>> = None;
    for line in text.lines() {
        match (line.strip_prefix("```"), open.as_mut()) {
            (Some(_), Some(_)) => blocks.extend(open.take()),
            (Some(words), None) => {
                let words = words.split_whitespace().collect();
                open = Some(Block { words, text: String::new() });
            }
            (None, Some(block)) => {
                block.text.push_str(line);
                block.text.push('\n');
            }
            (None, None) => {}
        }
    }
    blocks
}

#[cfg(test)]
mod tests {
    use super::{blocks, script};

    #[test]
    fn blocks_are_run_in_order_and_by_language() {
        let text =
            "one\n```sh\na\n```\n```sh python\nb\n```\n```text\nc\n```\n```sh exits 8\nd\ne\n```\n";
        let found: Vec<_> = blocks(text).into_iter().map(|block| block.text).collect();
        assert_eq!(found, ["a\n", "b\n", "c\n", "d\ne\n"]);
        let long = text.repeat(5);
        let python = script(&long, "python").unwrap();
        let places = ["\na\n", "\nb\n", "printed <<'END OF TEXT'\nc\n", "(\nd\ne\n) || code=$?\n"]
            .map(|part| python.find(part).unwrap_or_else(|| panic!("{part}: {python}")));
        assert!(places.is_sorted(), "{places:?}");
        assert!(python.contains("\ntest $code -eq 8\n"));
        assert!(!script(&long, "rust").unwrap().contains("\nb\n"));
        assert!(script(text, "rust").is_err(), "it is nearly empty");
        assert!(script(&long.replace("exits", "ends"), "rust").is_err());
    }
}
