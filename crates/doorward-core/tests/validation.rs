//! What people really paste, and what they are told about it.
#![expect(clippy::unwrap_used, reason = "helpers of tests")]

use std::sync::LazyLock;

use doorward_core::Severity;
use doorward_core::validation::{Document, Finding, MAX_BYTES, Validator};
use serde_json::Value;

const SCHEMA: &str = include_str!("../../../schemas/entra-id.connection.schema.json");
const CLIENT: &str = "8d0b7a52-6c1f-4e0e-9a53-2f4c7d9e1b60";
const SECRET: &str = "Fak3~ThisIsNotARealSecret.JustAnExample0";
const GOOD: &str = r#"{"client_id": "8d0b7a52-6c1f-4e0e-9a53-2f4c7d9e1b60", "secret": "Fak3~ThisIsNotARealSecret.JustAnExample0", "tenant": "contoso.onmicrosoft.com"}"#;

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

/// One line per finding: `line:column pointer code`.
fn rendered(findings: &[Finding]) -> String {
    let lines: Vec<_> = findings
        .iter()
        .map(|f| format!("{}:{} {} {}", f.line, f.column, f.pointer, f.code))
        .collect();
    lines.join("\n")
}

#[track_caller]
fn check(text: impl AsRef<[u8]>, expect: &str) {
    let findings = findings(text.as_ref());
    assert_eq!(rendered(&findings), expect, "{findings:#?}");
}

/// A good connection in which the value of one property is another one.
fn with(property: &str, value: &str) -> String {
    let values = [("client_id", CLIENT), ("secret", SECRET), ("tenant", "contoso.onmicrosoft.com")];
    let lines: Vec<_> = values
        .iter()
        .map(|(name, good)| {
            let value = if *name == property { value.to_owned() } else { format!("\"{good}\"") };
            format!(" \"{name}\": {value}")
        })
        .collect();
    format!("{{\n{}\n}}", lines.join(",\n"))
}

/// A good connection with more properties.
fn and(more: &str) -> String {
    GOOD.replace('}', &format!(",\n{more}}}"))
}

fn utf16(text: &str, unit: impl Fn(u16) -> [u8; 2]) -> Vec<u8> {
    text.encode_utf16().flat_map(unit).collect()
}

#[test]
fn a_good_connection_has_no_findings_and_its_secret_apart() {
    check(GOOD, "");
    let document = Document::parse(and(r#""$schema": "x.json""#).as_bytes()).unwrap();
    let valid = VALIDATOR.validate(&document).unwrap();
    assert!(!format!("{valid:?} {document:?}").contains(SECRET));
    let (connection, secrets) = valid.split();
    assert_eq!(
        Value::Object(connection.values().clone()),
        serde_json::json!({
            "client_id": CLIENT,
            "secret": {"pointer": "/secret"},
            "tenant": "contoso.onmicrosoft.com",
        })
    );
    assert_eq!(secrets.len(), 1);
    assert_eq!(secrets[0].0, "/secret");
    assert_eq!(*secrets[0].1, SECRET);
}

#[test]
fn encodings() {
    let bom = format!("\u{FEFF}{GOOD}");
    check(&bom, "1:1  byte-order-mark");
    check(utf16(GOOD, u16::to_le_bytes), "1:1  utf-16");
    check(utf16(GOOD, u16::to_be_bytes), "1:1  utf-16");
    check(utf16(&bom, u16::to_le_bytes), "1:1  utf-16");
    check(utf16(&bom, u16::to_be_bytes), "1:1  utf-16");
    assert!(findings(bom.as_bytes()).iter().all(|f| f.severity == Severity::Warning));
    let mut cut = utf16(GOOD, u16::to_le_bytes);
    cut.pop();
    check(&cut, "1:1  unclosed\n1:1  utf-16\n1:144  not-utf-16");
    check(b"{\0\0\0\"\0\0\0", "1:1  utf-32");
    check(
        b"{\"client_id\": \"M\xFCller\"}",
        "1:1 /secret missing-property\n1:1 /tenant missing-property\n1:17 /client_id not-utf-8",
    );
    check(
        b"\xEF\xBB\xBF{\"client_id\": \"\",}",
        "1:1  byte-order-mark\n1:1 /secret missing-property\n1:1 /tenant missing-property\n1:15 /client_id empty-value\n1:17  trailing-comma",
    );
    check(
        utf16("{“client_id”: 1}", u16::to_le_bytes),
        "1:1 /secret missing-property\n1:1 /tenant missing-property\n1:1  utf-16\n1:2  curly-quotes\n1:15 /client_id wrong-type",
    );
}

#[test]
fn properties_that_exclude_each_other() {
    const PEM: &str = "-----BEGIN PRIVATE KEY-----\\nFak3\\n-----BEGIN CERTIFICATE-----\\nFak3";
    let with = |credentials: &str| {
        format!(
            r#"{{"client_id": "8d0b7a52-6c1f-4e0e-9a53-2f4c7d9e1b60", "tenant": "contoso.com"{credentials}}}"#
        )
    };
    check(with(""), "1:1 /secret missing-property");
    check(with(&format!(r#", "certificate": {{"pem": "{PEM}"}}"#)), "");
    check(with(r#", "federated_token": "a.b-c.d_e""#), "");
    check(
        with(r#", "secret": "Fak3~ThisIsNotARealSecret", "federated_token": "a.b.c""#),
        "1:1  conflicting-properties",
    );
    check(with(r#", "certificate": {}"#), "1:95 /certificate/pem missing-property");
    check(
        with(&format!(r#", "certificate": {{"pem": "{PEM}", "pfx": "MIIFak3"}}"#)),
        "1:95 /certificate conflicting-properties",
    );
    let told = |text: String| findings(text.as_bytes()).remove(0);
    assert_eq!(
        told(with("")).message,
        "One of `secret` (Client secret value), `certificate` (Certificate), `federated_token` (Federated token) is missing."
    );
    // (text of the PEM, what is found)
    for (pem, code) in [
        ("-----BEGIN ENCRYPTED PRIVATE KEY-----", "encrypted-key"),
        ("-----BEGIN EC PRIVATE KEY-----", "not-rsa"),
        ("-----BEGIN RSA PRIVATE KEY-----", "no-certificate"),
        ("-----BEGIN CERTIFICATE-----", "no-private-key"),
        ("/etc/app.pem", "path-for-key"),
        ("Fak3", "invalid-value"),
    ] {
        let text = with(&format!(r#", "certificate": {{"pem": "{pem}"}}"#));
        check(text, &format!("1:103 /certificate/pem {code}"));
    }
    check(
        with(r#", "certificate": {"pfx": "-----BEGIN X"}"#),
        "1:103 /certificate/pfx pem-for-pfx",
    );
    check(with(r#", "certificate": {"pfx": "app.pfx"}"#), "1:103 /certificate/pfx path-for-key");
    check(with(r#", "federated_token": "/var/run/token""#), "1:99 /federated_token path-for-token");
}

#[test]
fn size_and_depth() {
    check("", "1:1  empty");
    check(" \r\n ", "1:1  empty");
    check("\u{FEFF}", "1:1  byte-order-mark\n1:1  empty");
    check("// nothing", "1:1  comment\n1:1  empty");
    check(vec![b' '; MAX_BYTES + 1], "1:1  too-large");
    check(vec![b' '; MAX_BYTES], "1:1  empty");
    let nested = |depth: usize| "[".repeat(depth) + &"]".repeat(depth);
    check(nested(64), "1:1  wrong-type");
    check(nested(65), "1:65  too-deep");
    check(nested(100_000), "1:65  too-deep");
    check("{\"a\":".repeat(100_000), "1:321  too-deep");
    // Brackets inside of a text do not count.
    check(and(&format!("\"note\": \"{}\"", nested(100))), "2:1 /note unknown-property");
}

#[test]
fn syntax_that_json_does_not_have() {
    check(GOOD.replace('}', ",}"), "1:144  trailing-comma");
    check(format!("// mine\n{GOOD} /* end */"), "1:1  comment\n2:146  comment");
    check(format!("# mine\n{GOOD}"), "1:1  comment");
    check(format!("{GOOD}/* no end"), "1:145  unterminated-comment");
    check(GOOD.replace('"', "'"), "1:2 /client_id single-quotes");
    check(GOOD.replacen("\", \"", "”, “", 1), "1:52 /client_id curly-quotes");
    check(
        "{“client_id”: “8d0b7a52-6c1f-4e0e-9a53-2f4c7d9e1b60”, “secret”: ‘aQ~b’, „tenant“: ”contoso.com”}",
        "1:2  curly-quotes",
    );
    check(GOOD.replace("\", \"tenant", "\" \"tenant"), "1:107  missing-comma");
    check(GOOD.replace("\"tenant\"", "tenant"), "1:109 /tenant unquoted-name");
    check(GOOD.replace(", \"", ",\u{A0}\""), "1:54  odd-space");
    check(GOOD.replace(", \"", ",\0\""), "1:54  control-character");
    check(GOOD.replace('}', ""), "1:1  unclosed");
    check(GOOD.replace("com\"}", "com\n}"), "1:119 /tenant unterminated-string");
    check(GOOD.replace("com\"}", "com"), "1:1  unclosed\n1:119 /tenant unterminated-string");
    check(&GOOD[1..GOOD.len() - 1], "1:1  missing-braces");
    check(format!("{GOOD}}}"), "1:145  extra-text");
    check(format!("{GOOD}\n{GOOD}"), "2:1  extra-text");
    check(GOOD.replace("\"secret\":", "\"secret\""), "1:64  missing-colon");
    check(GOOD.replace("\"contoso.onmicrosoft.com\"", "contoso"), "1:119  unquoted-value");
    check(GOOD.replace(", ", ",, "), "1:54  extra-comma");
    check(GOOD.replace("\"contoso.onmicrosoft.com\"", "]"), "1:119  misplaced-bracket");
    check("{\"client_id\" = 1}", "1:14  syntax");
    check("not json at all", "1:1  unquoted-value");
}

#[test]
fn inside_of_quotes() {
    // A curly quote may belong to the value.
    check(with("secret", "\"ab”cd, “ef”\""), "");
    check(with("secret", "\"ab\\qcd\""), "3:15 /secret invalid-escape");
    check(with("secret", "\"C:\\Users\\me\""), "3:15 /secret invalid-escape");
    check(with("secret", "\"ab\\u12\""), "3:15 /secret invalid-escape");
    check(with("secret", "\"ab\\uD800cd\""), "3:15 /secret lone-surrogate");
    check(with("secret", "\"ab\\uDC00cd\""), "3:15 /secret lone-surrogate");
    check(with("secret", "\"ab\\uD83D\\uDE00cd\""), "");
    check(with("secret", "\"ab\tcd\""), "3:15 /secret control-character");
    check(with("secret", "\"ab\0cd\""), "3:15 /secret control-character");
    check(with("secret", "\"ab\r\ncd\""), "3:15 /secret line-break-in-string");
    check(with("secret", "\"ab\\u0000cd\""), "3:12 /secret invalid-value");
    check(
        "{\n \"secret\": \"ab,\n \"tenant\": \"contoso.com\",\n \"client_id\": 7\n}",
        "2:12 /secret unterminated-string\n4:15 /client_id wrong-type",
    );
}

#[test]
fn names() {
    check(GOOD.replace("client_id", "clientId"), "1:2 /client_id misnamed-property");
    check(GOOD.replace("client_id", "Application ID"), "1:2 /client_id misnamed-property");
    check(GOOD.replace("\"secret", "\"clientSecret"), "1:55 /secret misnamed-property");
    check(GOOD.replace("tenant\"", "directory_id\""), "1:109 /tenant misnamed-property");
    check(GOOD.replace("tenant\"", "tennant\""), "1:109 /tenant misnamed-property");
    // The value below a wrong name is validated, too.
    check(
        r#"{"clientId": "x", "clientSecret": "changeme", "tenantId": "common"}"#,
        "1:2 /client_id misnamed-property\n1:14 /client_id placeholder\n1:19 /secret misnamed-property\n1:35 /secret placeholder\n1:47 /tenant misnamed-property\n1:59 /tenant tenant-common",
    );
    check(and("\"clientId\": \"x\""), "2:1 /clientId unknown-property");
    check(and("\"colour\": \"x\""), "2:1 /colour unknown-property");
    check(and("\"login\": \"https://x\""), "2:1 /login misplaced-property");
    check(and("\"endpoints\": {\"a/b~c\": 1}"), "2:15 /endpoints/a~1b~0c unknown-property");
    // A name that looks like a secret is not printed.
    check(and("\"aB3>Q~zzzz\": \"secret\""), "2:1  unknown-property");
    check(GOOD.replace('}', ", \"secret\": \"other\"}"), "1:146 /secret duplicate-key");
    check(
        and("\"endpoints\": {\"graph\": \"https://a\", \"graph\": \"https://b\"}"),
        "2:37 /endpoints/graph duplicate-key",
    );
}

#[test]
fn types() {
    check("[]", "1:1  wrong-type");
    check(format!("[{GOOD}]"), "1:1  wrong-type");
    check("null", "1:1  wrong-type");
    check("\"{}\"", "1:1  wrong-type");
    check(
        "{}",
        "1:1 /client_id missing-property\n1:1 /secret missing-property\n1:1 /tenant missing-property",
    );
    check(with("client_id", "null"), "2:15 /client_id wrong-type");
    check(with("client_id", "17"), "2:15 /client_id wrong-type");
    check(with("client_id", "0x1F"), "2:15 /client_id invalid-number");
    check(with("client_id", "\"\""), "2:15 /client_id empty-value");
    check(with("client_id", "\"  \""), "2:15 /client_id empty-value");
    check(with("client_id", "{\"env\": \"CLIENT\"}"), "2:15 /client_id wrong-type");
    check(with("secret", "null"), "3:12 /secret wrong-type");
    check(with("secret", "123456789012"), "3:12 /secret wrong-type");
    check(with("secret", "[\"a\"]"), "3:12 /secret wrong-type");
    check(with("secret", "\"\""), "3:12 /secret empty-value");
    check(with("secret", &format!("\"{}\"", "a".repeat(513))), "3:12 /secret too-long");
    check(with("secret", "{\"evn\": \"X\"}"), "3:12 /secret invalid-secret-reference");
    check(
        with("secret", "{\"env\": \"X\", \"file\": \"Y\"}"),
        "3:12 /secret invalid-secret-reference",
    );
    check(with("secret", "{\"env\": \"X\"}"), "3:12 /secret unresolved-secret");
    check(with("secret", "{\"command\": []}"), "3:12 /secret invalid-secret-reference");
}

#[test]
fn client_ids() {
    let code = |value: &str, code: &str| {
        check(with("client_id", value), &format!("2:15 /client_id {code}"))
    };
    for decorated in
        ["{@}", "(@)", " @", "@ \u{A0}", "'@'", "\\\"@\\\"", "@,", "api://@", "<@>", "“@”"]
    {
        let text = with("client_id", &format!("\"{}\"", decorated.replace('@', CLIENT)));
        check(&text, "2:15 /client_id decorated-guid");
        let found = findings(text.as_bytes());
        assert_eq!(found[0].suggestion.as_deref(), Some(&*format!("Write \"{CLIENT}\".")));
    }
    code("\"8d0b7a526c1f4e0e9a532f4c7d9e1b60\"", "decorated-guid");
    code("\"The value of Application (client) ID\"", "placeholder");
    code("\"00000000-0000-0000-0000-000000000000\"", "placeholder");
    code("\"<your-client-id>\"", "placeholder");
    code("\"xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx\"", "placeholder");
    code("\"${CLIENT_ID}\"", "unexpanded-variable");
    code("\"abc8Q~kJhGfDsApOiUyTrEwQmNbVcXz12345678\"", "secret-in-wrong-property");
    code("\"My application\"", "invalid-value");
    check(with("client_id", &format!("\"{}\"", CLIENT.to_uppercase())), "");
}

#[test]
fn secrets() {
    let code =
        |value: &str, code: &str| check(with("secret", value), &format!("3:12 /secret {code}"));
    code(&format!("\"{CLIENT}\""), "secret-id-for-value");
    code(&format!("\" {{{CLIENT}}}\""), "secret-id-for-value");
    for text in [
        "The value of Client Secret",
        "<your-secret>",
        "xxx",
        "XXXXXXXX",
        "changeme",
        "your_secret_here",
        "...",
    ] {
        code(&format!("\"{text}\""), "placeholder");
    }
    code("\"abc8*************\"", "masked-secret");
    code("\"${ENTRA_SECRET}\"", "unexpanded-variable");
    code("\"%ENTRA_SECRET%\"", "unexpanded-variable");
    code("\"-----BEGIN PRIVATE KEY-----\\nMII\"", "certificate-for-secret");
    code("\"eyJhbGciOi.eyJhdWQi.c2ln\"", "token-for-secret");
    code("\"aQ~bcdef \"", "stray-whitespace");
    code("\"aQ~bcdef\\n\"", "stray-whitespace");
    code("\"\u{200B}aQ~bcdef\"", "stray-whitespace");
}

#[test]
fn tenants() {
    let suggests = |value: &str, code: &str, suggestion: Option<&str>| {
        let text = with("tenant", &format!("\"{value}\""));
        check(&text, &format!("4:12 /tenant {code}"));
        if let Some(suggestion) = suggestion {
            let found = findings(text.as_bytes());
            let expected = format!("Write \"{suggestion}\".");
            assert_eq!(found[0].suggestion.as_deref(), Some(&*expected), "{value}");
        }
    };
    for common in
        ["common", "organizations", "Consumers", "https://login.microsoftonline.com/common/v2.0"]
    {
        suggests(common, "tenant-common", None);
    }
    let guid = format!("https://login.microsoftonline.com/{CLIENT}/oauth2/v2.0/token");
    suggests(&guid, "tenant-url", Some(CLIENT));
    suggests(&format!("https://sts.windows.net/{CLIENT}/"), "tenant-url", Some(CLIENT));
    suggests("https://login.microsoftonline.com/contoso.com", "tenant-url", Some("contoso.com"));
    suggests(
        "https://portal.azure.com/#@contoso.onmicrosoft.com/resource",
        "tenant-url",
        Some("contoso.onmicrosoft.com"),
    );
    suggests("https://contoso.onmicrosoft.com/", "tenant-url", Some("contoso.onmicrosoft.com"));
    suggests("https://contoso.com", "tenant-url", None);
    suggests(&format!("{{{CLIENT}}}"), "decorated-guid", Some(CLIENT));
    suggests("Contoso Ltd", "tenant-display-name", None);
    suggests("contoso", "tenant-short-name", None);
    suggests("admin@contoso.com", "tenant-account", None);
    suggests("The value of Directory (tenant) ID", "placeholder", None);
    suggests("00000000-0000-0000-0000-000000000000", "placeholder", None);
    suggests("contoso.com ", "stray-whitespace", None);
    suggests("conto_so.com", "invalid-value", None);
    for good in [CLIENT, "contoso.com", "a-b.c.xn--p1ai", "1and1.de"] {
        check(with("tenant", &format!("\"{good}\"")), "");
    }
}

#[test]
fn clouds_and_endpoints() {
    let cloud = |value: &str| findings(and(&format!("\"cloud\": \"{value}\"")).as_bytes());
    for good in ["global", "us-gov", "us-gov-dod", "china"] {
        assert_eq!(rendered(&cloud(good)), "");
    }
    for (other, meant) in [
        ("AzureCloud", "global"),
        ("USGov", "us-gov"),
        ("GCC High", "us-gov"),
        ("dod", "us-gov-dod"),
        ("AzureChinaCloud", "china"),
        ("globel", "global"),
        ("US-GOV", "us-gov"),
    ] {
        let found = cloud(other);
        assert_eq!(rendered(&found), "2:10 /cloud unknown-choice");
        assert!(
            found[0].suggestion.as_ref().unwrap().contains(&format!("\"{meant}\"")),
            "{found:#?}"
        );
    }
    let login = |value: &str, expect: &str| {
        check(and(&format!("\"endpoints\": {{\"login\": \"{value}\"}}")), expect);
    };
    for good in [
        "https://proxy.contoso.com",
        "https://proxy:8443",
        "http://127.0.0.1:8400",
        "http://localhost",
        "http://[::1]:1",
        "https://[2001:db8::1]",
    ] {
        login(good, "");
    }
    for (bad, code) in [
        ("https://proxy/", "more-than-origin"),
        ("https://proxy/path?x", "more-than-origin"),
        ("http://127.0.0.1:8400/", "more-than-origin"),
        ("http://proxy", "http-not-loopback"),
        ("http://127.0.0.1.evil.com", "http-not-loopback"),
        ("http://127.0.0.256", "http-not-loopback"),
        ("proxy:8443", "missing-scheme"),
        ("https://user:password@proxy", "credentials-in-url"),
        ("ftp://proxy", "invalid-value"),
    ] {
        login(bad, &format!("2:24 /endpoints/login {code}"));
    }
    check(
        and("\"endpoints\": {\"login_url\": \"https://a\", \"graph\": 1}"),
        "2:15 /endpoints/login misnamed-property\n2:50 /endpoints/graph wrong-type",
    );
    check(and("\"endpoints\": \"https://a\""), "2:14 /endpoints wrong-type");
}

#[test]
fn lines_and_columns() {
    check(
        "{\r\n\"client_id\": 1,\r\n\"secret\": \"a\",\r\"tenant\": 1}",
        "2:14 /client_id wrong-type\n4:11 /tenant wrong-type",
    );
    // Columns count characters, not bytes or UTF-16 units.
    check(
        "{\"😀é\": 1, \"client_id\": 1, \"secret\": \"a\", \"tenant\": \"a.com\"}",
        "1:2  unknown-property\n1:24 /client_id wrong-type",
    );
}

#[test]
fn everything_at_once_in_the_order_of_the_text() {
    check(
        "{\n  // from the wiki\n  “clientId”: '{8d0b7a52-6c1f-4e0e-9a53-2f4c7d9e1b60}',\n  \"secret\": \"8d0b7a52-6c1f-4e0e-9a53-2f4c7d9e1b60\",\n  \"secret\": \"changeme\"\n  \"tenant\": \"common\",\n}\n",
        "2:3  comment\n3:3  curly-quotes\n3:3 /client_id misnamed-property\n3:15 /client_id decorated-guid\n3:15 /clientId single-quotes\n5:3 /secret duplicate-key\n5:13 /secret placeholder\n5:23  missing-comma\n6:13 /tenant tenant-common\n6:21  trailing-comma",
    );
}

#[test]
fn findings_are_bounded() {
    let many: String = (0..80_000).map(|n| format!("\"{n:x}\":")).collect::<Vec<_>>().join("0,");
    let found = findings(format!("{{{many}0}}").as_bytes());
    assert_eq!(found.len(), 101);
    assert_eq!(found[100].code, "more-findings");
}

#[test]
fn messages_for_people() {
    let text =
        "{\n  \"clientId\": \"{8d0b7a52-6c1f-4e0e-9a53-2f4c7d9e1b60}\",\n  \"secret\": 5,\n}";
    let found = findings(text.as_bytes());
    let told: Vec<_> = found
        .iter()
        .map(|f| {
            let part = |name: &str, part: &Option<String>| {
                part.as_ref().map(|part| format!("\n  {name}: {part}")).unwrap_or_default()
            };
            format!(
                "{}:{} {}{}{}",
                f.line,
                f.column,
                f.message,
                part("expected", &f.expected),
                part("now", &f.suggestion)
            )
        })
        .collect();
    assert_eq!(
        told.join("\n"),
        r#"1:1 `tenant` (Directory (tenant) ID) is missing.
  expected: a GUID, or a verified domain such as contoso.onmicrosoft.com
  now: Add "tenant" with your value, written like "3b1f2c84-97d5-4a6b-8e2d-5c0a9f7e6d41".
2:3 `clientId` is unknown; did you mean `client_id`?
  expected: one of $schema, client_id, secret, certificate, federated_token, tenant, cloud, endpoints
  now: Rename it to "client_id".
2:15 Only the bare GUID is a client ID: without braces, quotes, prefix, white space or comma.
  expected: a GUID such as 8d0b7a52-6c1f-4e0e-9a53-2f4c7d9e1b60
  now: Write "8d0b7a52-6c1f-4e0e-9a53-2f4c7d9e1b60".
3:13 `secret` (Client secret value) must be text in quotes, not a number.
  expected: the column Value of a client secret, not the column Secret ID
  now: Put the value in straight double quotes.
3:14 A comma stands after the last entry.
  now: Delete this comma."#
    );
    let json = serde_json::to_value(&found[4]).unwrap();
    assert_eq!(json["severity"], "problem");
    assert_eq!(serde_json::from_value::<Finding>(json).unwrap(), found[4]);
}
