//! `CONNECTOR_SPEC.md` and the rules are the same.

use doorward_testkit::RULES;

/// Id, level and text of each rule in the document, in its order.
fn written(document: &str) -> Vec<(String, String, String)> {
    let parts = document.split("\n### `").skip(1);
    parts
        .map(|part| {
            let (id, rest) = part.split_once("`\n\n**").unwrap();
            let (level, rest) = rest.split_once("** ").unwrap();
            let (text, why) = rest.split_once("\n\n").unwrap();
            assert!(why.contains("*Checked:*"), "{id} does not say how it is checked");
            (id.to_owned(), level.to_owned(), text.replace('\n', " "))
        })
        .collect()
}

#[test]
fn the_document_and_the_rules_are_the_same() {
    let document = include_str!("../../../../CONNECTOR_SPEC.md");
    let rules: Vec<(String, String, String)> = RULES
        .iter()
        .map(|rule| (rule.id.to_owned(), rule.level.name().to_owned(), rule.text.to_owned()))
        .collect();
    assert_eq!(written(document), rules);
}
