use super::*;
use clap::Parser;

#[test]
fn the_command_line_is_consistent() {
    command().debug_assert();
}

#[test]
fn every_command_has_an_example() {
    fn walk(command: &clap::Command, path: &str) {
        for inner in command.get_subcommands().filter(|inner| inner.get_name() != "help") {
            let path = format!("{path} {}", inner.get_name());
            let help = inner.get_after_help().map(ToString::to_string).unwrap_or_default();
            assert!(help.contains("Example"), "{path} has no example");
            assert!(inner.get_about().is_some(), "{path} is not explained");
            walk(inner, &path);
        }
    }
    walk(&command(), "doorward");
}

/// The words of a line, as a shell finds them: what stands between quotes is one.
fn words(line: &str) -> impl Iterator<Item = &str> {
    line.split('\'').enumerate().flat_map(|(place, part)| match place % 2 {
        0 => part.split_whitespace().collect(),
        _ => vec![part],
    })
}

#[test]
fn every_example_is_understood() {
    fn walk(command: &clap::Command) {
        for inner in command.get_subcommands() {
            let help = inner.get_after_help().map(ToString::to_string).unwrap_or_default();
            for line in help.lines().filter(|line| line.starts_with("  ")) {
                let line = line.rsplit("| ").next().unwrap_or(line);
                let line = line.split(" >").next().unwrap_or(line);
                let parsed = Cli::try_parse_from(words(line));
                assert!(parsed.is_ok(), "{line}: {}", parsed.unwrap_err());
            }
            walk(inner);
        }
    }
    walk(&command());
}

#[test]
fn a_connection_that_is_not_stored_needs_its_connector() {
    assert!(Cli::try_parse_from(["doorward", "check", "--connection", "a.json"]).is_err());
    let both = ["doorward", "check", "-i", "a", "--connector", "b", "--connection", "c"];
    assert!(Cli::try_parse_from(both).is_err());
}

/// One of several things must be given: the refusal names each of them.
#[test]
fn a_refusal_names_every_alternative() {
    let check = |line: &str, alternatives: &[&str]| {
        let error = Cli::try_parse_from(line.split(' ')).unwrap_err().to_string();
        let (required, _) = error.split_once("Usage:").unwrap();
        for alternative in alternatives {
            assert!(required.contains(alternative), "{alternative}: {error}");
        }
    };
    check("doorward access list", &["--on <RESOURCE>", "--for <WHO>"]);
    let allow = ["RESOURCE", "--all-groups", "--principals <KIND>"];
    check("doorward integration allow", &allow);
    check("doorward integration update a", &["--connection <FILE>", "--secret <FROM>"]);
}

#[test]
fn a_list_is_of_one_side() {
    assert!(Cli::try_parse_from(["doorward", "access", "list"]).is_err());
    let both = ["doorward", "access", "list", "--on", "a", "--for", "b"];
    assert!(Cli::try_parse_from(both).is_err());
}
