//! Whatever the text: no panic, and no part of a secret in any finding.
#![expect(clippy::unwrap_used, reason = "helpers of tests")]

use std::sync::LazyLock;

use doorward_core::validation::{Document, Finding, Validator};
use proptest::prelude::*;

const SCHEMA: &str = include_str!("../../../schemas/entra-id.connection.schema.json");

static VALIDATOR: LazyLock<Validator> =
    LazyLock::new(|| Validator::new(&serde_json::from_str(SCHEMA).unwrap()).unwrap());

fn findings(text: &[u8]) -> Vec<Finding> {
    match Document::parse(text) {
        Err(findings) => findings,
        Ok(document) => match VALIDATOR.validate(&document) {
            Err(findings) => findings,
            Ok(valid) => valid.warnings().to_vec(),
        },
    }
}

/// Bytes, and pieces of JSON in any order.
fn text() -> impl Strategy<Value = Vec<u8>> {
    let piece = prop_oneof![
        4 => proptest::sample::select(vec![
            "{", "}", "[", "]", ",", ":", "\"", "'", "“", "”", "‘", "\\", "\\u", "\\uD800", "\n", "\r",
            "//", "/*", "*/", "/", "#", "\0", "\u{A0}", "\u{200B}", "😀", "null", "true", "-", "0x", "1e9",
            "\"client_id\":", "\"secret\":", "\"tenant\"", "\"a\"", " ",
        ])
        .prop_map(|piece| piece.as_bytes().to_vec()),
        1 => proptest::collection::vec(any::<u8>(), 0..4),
    ];
    proptest::collection::vec(piece, 0..60).prop_map(|pieces| pieces.concat())
}

/// A secret of letters and signs that may confuse the reader.
fn canary() -> impl Strategy<Value = String> {
    proptest::string::string_regex(
        "[A-Za-z0-9~_.\\-\"'“”\\\\,:{}\n# /]{0,12}[A-Za-z0-9~_.]{14,30}[\"'“”, :}]{0,3}",
    )
    .unwrap()
}

/// Whether the text ends a quoted name, such as `'Fak3~…':`. What stands in the place of a name is
/// one, and a name that looks like one is printed.
fn ends_a_name(canary: &str) -> bool {
    let end = canary.rsplit_once(':').map(|(before, _)| before.trim_end());
    end.is_some_and(|before| before.ends_with(['"', '\'', '“', '”']))
}

#[track_caller]
fn assert_hidden(findings: &[Finding], canary: &str) {
    let told = findings
        .iter()
        .flat_map(|f| {
            [Some(&f.pointer), Some(&f.message), f.expected.as_ref(), f.suggestion.as_ref()]
        })
        .flatten()
        .map(String::as_str)
        .collect::<Vec<_>>()
        .join("\n");
    let characters: Vec<char> = canary.chars().collect();
    for window in characters.windows(12) {
        let part: String = window.iter().collect();
        assert!(!told.contains(&part), "{part:?} of {canary:?} in {findings:#?}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1500, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_bytes_are_answered(text in text()) {
        for finding in findings(&text) {
            prop_assert!(finding.line >= 1 && finding.column >= 1);
            prop_assert!(finding.message.ends_with('.'), "{}", finding.message);
        }
    }

    #[test]
    fn any_utf16_is_answered(text in text(), odd in any::<bool>()) {
        let mut wide: Vec<u8> = String::from_utf8_lossy(&text).encode_utf16().flat_map(u16::to_le_bytes).collect();
        if odd {
            wide.push(b'x');
        }
        findings(&wide);
    }

    #[test]
    fn no_part_of_a_secret_is_told(
        canary in canary(),
        name in proptest::sample::select(vec!["secret", "clientSecret", "password", "client_id", "tenant", "tenantId", "cloud", "endpoints", "unknown"]),
        quote in proptest::sample::select(vec!["\"", "'", "“", ""]),
        encoded in any::<bool>(),
        tail in proptest::sample::select(vec!["}", ",}", ", \"tenant\": \"common\"}", "", "\n\"tenant\": 5}", "]", ", \"client_id\": \"{\"}"]),
    ) {
        prop_assume!(encoded || !ends_a_name(&canary));
        let value = if encoded { serde_json::to_string(&canary).unwrap() } else { format!("{quote}{canary}{quote}") };
        assert_hidden(&findings(format!("{{\"{name}\": {value}{tail}").as_bytes()), &canary);
    }
}
