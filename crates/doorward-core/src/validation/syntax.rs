//! From repaired text to a tree with positions, and what is not strict JSON on the way.

use std::collections::HashSet;

use jsonc_parser::ast;
use jsonc_parser::common::Ranged;
use jsonc_parser::errors::{ParseError, ParseErrorKind};
use jsonc_parser::tokens::Token;
use jsonc_parser::{CollectOptions, ParseOptions, Scanner, ScannerOptions, parse_to_ast};
use serde_json::{Map, Number, Value};

use super::finding::{Problem, Problems};
use super::repair::Repaired;
use super::text::empty;
use super::tree::{Children, Member, Node, is_printable};

/// Parses; `None` if no tree can be made of the text.
pub(super) fn parse(repaired: &mut Repaired, problems: &mut Problems) -> Option<(Node, Value)> {
    let mut text = repaired.text.as_str();
    let mut parsed = parse_tolerantly(text);
    if let Err(error) = &parsed
        && matches!(error.kind(), ParseErrorKind::MultipleRootJsonValues)
    {
        let at = error.range().start;
        if text.get(at..).is_some_and(|rest| rest.starts_with(':')) {
            problems.push(
                Problem::new(0, "missing-braces", "The braces around the properties are missing.")
                    .expected(Some("a JSON object"))
                    .suggestion("Put { before the first property and } after the last."),
            );
            return None;
        }
        problems.push(
            Problem::new(at, "extra-text", "The connection ends before this; more text follows.")
                .suggestion("Delete what follows, or the bracket that closes too early before it."),
        );
        text = text.get(..at).unwrap_or_default();
        parsed = parse_tolerantly(text);
    }
    let failed_at = parsed.as_ref().err().map(|error| error.range().start);
    let doubtful_from = check_tokens(text, failed_at, problems);
    repaired.doubtful_from = repaired.doubtful_from.min(doubtful_from);
    match parsed {
        Ok(Some(value)) => Some(
            Builder { damaged: &repaired.damaged, doubtful_from: repaired.doubtful_from, problems }
                .build(value),
        ),
        Ok(None) => {
            problems.push(empty());
            None
        }
        Err(error) => {
            problems.push(explain(&error, text));
            None
        }
    }
}

/// Everything is allowed here that [`check_tokens`] and the repair report.
fn parse_tolerantly(text: &str) -> Result<Option<ast::Value<'_>>, ParseError> {
    parse_to_ast(text, &CollectOptions::default(), &ParseOptions::default())
        .map(|parsed| parsed.value)
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Class {
    Open,
    Close,
    Comma,
    Colon,
    Text,
    Bare,
}

/// Reports what the parser tolerates but JSON does not. Returns from where on names are a guess.
fn check_tokens(text: &str, failed_at: Option<usize>, problems: &mut Problems) -> usize {
    let mut scanner = Scanner::new(text, &ScannerOptions::default());
    let mut previous: Option<(Class, usize, usize)> = None;
    let mut doubtful_from = usize::MAX;
    while let Ok(Some(token)) = scanner.scan() {
        let (start, end) = (scanner.token_start(), scanner.token_end());
        if failed_at.is_some_and(|failed_at| start >= failed_at) {
            break;
        }
        let class = match &token {
            Token::OpenBrace | Token::OpenBracket => Class::Open,
            Token::CloseBrace | Token::CloseBracket => Class::Close,
            Token::Comma => Class::Comma,
            Token::Colon => Class::Colon,
            Token::String(_) => Class::Text,
            _ => Class::Bare,
        };
        match (previous, class) {
            (Some((Class::Comma, comma, _)), Class::Close) => problems.push(
                Problem::new(comma, "trailing-comma", "A comma stands after the last entry.")
                    .suggestion("Delete this comma."),
            ),
            // Where the parser failed, the missing comma may be any other mistake.
            (
                Some((Class::Text | Class::Bare | Class::Close, _, end)),
                Class::Text | Class::Bare | Class::Open,
            ) if failed_at.is_none() => {
                doubtful_from = doubtful_from.min(end);
                problems.push(
                    Problem::new(end, "missing-comma", "A comma is missing here.").suggestion(
                        "Add a comma. If the value before it contains a quote, write that as \\\".",
                    ),
                );
            }
            (Some((Class::Bare, name, _)), Class::Colon) => problems.push(
                Problem::new(
                    name,
                    "unquoted-name",
                    "The name of a property stands here without quotes.",
                )
                .suggestion("Put the name in straight double quotes."),
            ),
            _ => {}
        }
        if let Token::Number(number) = &token
            && number.parse::<Number>().is_err()
        {
            problems.push(
                Problem::new(start, "invalid-number", "This is not a number as JSON writes it.")
                    .suggestion(
                        "Write plain decimal digits, or put the value in quotes if it is text.",
                    ),
            );
        }
        previous = Some((class, start, end));
    }
    doubtful_from
}

/// The parser's own words are for programmers, and may quote the text.
fn explain(error: &ParseError, text: &str) -> Problem {
    use ParseErrorKind as Kind;
    let at = text.get(error.range().start..).and_then(|rest| rest.chars().next());
    let (code, message, suggestion) = match (error.kind(), at) {
        (Kind::ExpectedColonAfterObjectKey, _) => (
            "missing-colon",
            "A colon is missing between the name before this and its value.",
            "Add the colon. If a value contains a quote, write that as \\\".",
        ),
        (Kind::UnterminatedArray | Kind::UnterminatedObject, _) => (
            "unclosed",
            "What opens here is never closed: the text may have been cut off.",
            "Add the closing bracket, and check that nothing is missing.",
        ),
        (_, Some(',')) => (
            "extra-comma",
            "A comma stands here where a name or a value is expected.",
            "Delete the comma, or add what is missing before it.",
        ),
        (_, Some(':')) => (
            "extra-colon",
            "A colon stands here where a name or a value is expected.",
            "Delete the colon, or add what is missing before it.",
        ),
        (_, Some('{' | '}' | '[' | ']')) => (
            "misplaced-bracket",
            "A bracket stands here where a name or a value is expected.",
            "Check that each { has its } and each [ its ], and that no value is missing.",
        ),
        (Kind::UnexpectedWord | Kind::UnexpectedToken, Some(character))
            if character.is_alphanumeric() =>
        {
            (
                "unquoted-value",
                "Text stands here without quotes.",
                "Put it in straight double quotes. Only numbers, true, false and null stand without.",
            )
        }
        _ => (
            "syntax",
            "This is not JSON.",
            "Write \"name\": \"value\", with a comma between properties. If a value contains a quote, write that as \\\".",
        ),
    };
    Problem::new(error.range().start, code, message).suggestion(suggestion)
}

struct Builder<'a> {
    damaged: &'a [usize],
    doubtful_from: usize,
    problems: &'a mut Problems,
}

impl Builder<'_> {
    /// Recursion is bounded: the repair has counted the depth, and the parser counts again.
    fn build(&mut self, value: ast::Value<'_>) -> (Node, Value) {
        let range = value.range();
        let mut node =
            Node { start: range.start, end: range.end, damaged: false, children: Children::None };
        let value = match value {
            ast::Value::StringLit(text) => {
                node.damaged = self.damaged.binary_search(&range.start).is_ok();
                Value::String(text.value.into_owned())
            }
            ast::Value::NumberLit(number) => match number.value.parse::<Number>() {
                Ok(number) => Value::Number(number),
                Err(_) => {
                    node.damaged = true;
                    Value::Null
                }
            },
            ast::Value::BooleanLit(boolean) => Value::Bool(boolean.value),
            ast::Value::NullKeyword(_) => Value::Null,
            ast::Value::Array(array) => {
                let (nodes, values) =
                    array.elements.into_iter().map(|element| self.build(element)).unzip();
                node.children = Children::Items(nodes);
                Value::Array(values)
            }
            ast::Value::Object(object) => {
                let (members, values) = self.build_object(object);
                node.children = Children::Members(members);
                Value::Object(values)
            }
        };
        (node, value)
    }

    fn build_object(&mut self, object: ast::Object<'_>) -> (Vec<Member>, Map<String, Value>) {
        let mut members = Vec::with_capacity(object.properties.len());
        let mut values = Map::new();
        let mut seen = HashSet::new();
        for property in object.properties {
            let name_at = property.name.range().start;
            let name = property.name.into_string();
            let printable = name_at < self.doubtful_from && is_printable(&name);
            if !seen.insert(name.clone()) {
                self.duplicate(name_at, &name, printable);
            }
            let (node, value) = self.build(property.value);
            values.insert(name.clone(), value);
            members.push(Member { name, name_at, printable, node });
        }
        (members, values)
    }

    fn duplicate(&mut self, at: usize, name: &str, printable: bool) {
        let message = if printable {
            format!("`{name}` is given twice; programs differ in which of the two they take.")
        } else {
            "This property is given twice; programs differ in which of the two they take.".into()
        };
        self.problems
            .push(Problem::new(at, "duplicate-key", message).suggestion("Delete one of the two."));
    }
}
