use super::*;

fn words(fields: &[(&str, &str)]) -> Words {
    let mut words = Words::default();
    for (name, word) in fields {
        words.set(name, word);
    }
    words
}

/// Each line's number with its words, or the reason why it cannot be read.
fn read(text: &str) -> Vec<(u64, Result<Words, String>)> {
    let rows = parse(text.as_bytes(), Some(Verb::Grant)).unwrap();
    rows.into_iter().map(|row| (row.number, row.words.map_err(|error| error.reason))).collect()
}

fn refused(text: &[u8], own: Option<Verb>) -> Error {
    parse(text, own).unwrap_err()
}

#[test]
fn the_same_changes_in_every_way_to_write_them() {
    let alice = words(&[("principal", "alice"), ("resource", "group:Finance")]);
    let bob = words(&[("principal", "bob"), ("resource", "group:A, B"), ("reason", "say \"hi\"")]);
    for text in [
        "principal,resource,reason\nalice,group:Finance,\nbob,\"group:A, B\",\"say \"\"hi\"\"\"\n",
        "\u{feff}Reason, Resource ,PRINCIPAL\r\n,group:Finance,alice\r\n\"say \"\"hi\"\"\",\"group:A, B\",bob",
        "principal;resource;reason\nalice;group:Finance;\nbob;group:A, B;\"say \"\"hi\"\"\"\n",
        "principal\tresource\treason\nalice\tgroup:Finance\t\nbob\tgroup:A, B\t\"say \"\"hi\"\"\"",
        "{\"principal\": \"alice\", \"resource\": \"group:Finance\", \"ttl\": null}\n{\"principal\":\"bob\",\"resource\":\"group:A, B\",\"reason\":\"say \\\"hi\\\"\"}\n",
    ] {
        let found: Vec<_> = read(text).into_iter().map(|(_, words)| words).collect();
        assert_eq!(found, [Ok(alice.clone()), Ok(bob.clone())], "{text}");
    }
}

#[test]
fn lines_are_counted_as_editors_count_and_bad_ones_stop_no_other() {
    let long = "x".repeat(LONGEST_LINE);
    let text = format!(
        "principal,resource\n\nalice,group:A\nbob\n,,\n,\ncarol,\"group:B\ndave,group:C,\n{long},g\nerin,group:D\n"
    );
    let reasons: Vec<(u64, String)> = read(&text)
        .into_iter()
        .map(|(number, words)| (number, words.map_or_else(|reason| reason, |_| "read".to_owned())))
        .collect();
    let expected = [
        (3, "read"),
        (4, "cell-count"),
        (7, "open-quote"),
        (8, "cell-count"),
        (9, "line-too-long"),
        (10, "read"),
    ];
    let expected: Vec<_> = expected.map(|(number, reason)| (number, reason.to_owned())).into();
    assert_eq!(reasons, expected);
    let text = "{\"principal\":\"a\"}\n\n{]\n{\"user\":\"a\"}\n{\"op\":[1]}\n{\"ticket\":7}\n";
    let reasons = read(text);
    assert_eq!(reasons[0], (1, Ok(words(&[("principal", "a")]))));
    assert_eq!(reasons[1], (3, Err("not-json".to_owned())));
    assert_eq!(reasons[2], (4, Err("unknown-column".to_owned())));
    assert_eq!(reasons[3], (5, Err("not-text".to_owned())));
    assert_eq!(reasons[4], (6, Ok(words(&[("ticket", "7")]))));
}

#[test]
fn a_file_that_cannot_be_used_says_why() {
    let grant = Some(Verb::Grant);
    let utf_16: Vec<u8> = "principal".encode_utf16().flat_map(u16::to_le_bytes).collect();
    let long = vec![b' '; MOST_BYTES + 1];
    let many = format!("principal,resource\n{}", "a,b\n".repeat(MOST_LINES + 1));
    let table: [(&[u8], Option<Verb>, &str, &str); 12] = [
        (b"", grant, "no-changes", "--help"),
        (b"principal,resource\n", grant, "no-changes", "--help"),
        (b"principle,resource\na,b", grant, "unknown-column", "Did you mean `principal`?"),
        (b"user,resource\na,b", grant, "unknown-column", "Did you mean `principal`?"),
        (b"principal,zzz\na,b", grant, "unknown-column", "Known: op, principal"),
        (b"principal,resource,Resource\na,b,c", grant, "column-twice", "one of them"),
        (b"principal,reason\na,b", grant, "missing-column", "principal,resource"),
        (b"principal,resource\na,b", None, "missing-column", "op,principal"),
        (b"[{\"principal\": 1}]", grant, "json-array", "jq"),
        (&utf_16, grant, "not-utf-8", "CSV UTF-8"),
        (&long, grant, "file-too-long", "Split"),
        (many.as_bytes(), grant, "file-too-long", "Split"),
    ];
    for (text, own, reason, remedy) in table {
        let error = refused(text, own);
        assert_eq!(error.reason, reason, "{error:?}");
        assert!(error.remedy.as_ref().unwrap().contains(remedy), "{error:?}");
    }
    let error = refused(b"principal,resource\na,b\nc,\xffd\n", grant);
    assert_eq!(error.message, "line 3 is not UTF-8.");
}

#[test]
fn a_line_says_what_its_command_does_or_is_refused() {
    let table = [
        (None, Some(Verb::Grant), Ok(Verb::Grant)),
        (Some("Revoke"), Some(Verb::Revoke), Ok(Verb::Revoke)),
        (Some("grant"), None, Ok(Verb::Grant)),
        (Some("revoke"), Some(Verb::Grant), Err("other-op")),
        (Some("remove"), None, Err("unknown-op")),
        (None, None, Err("missing-word")),
    ];
    for (op, own, expected) in table {
        let words = words(&[("op", op.unwrap_or_default())]);
        let verb = words.verb(own).map_err(|error| error.reason);
        assert_eq!(verb, expected.map_err(str::to_owned), "{op:?} {own:?}");
    }
}
