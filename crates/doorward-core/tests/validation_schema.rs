//! The schema file, references to secrets, and the schema as it is printed.
#![expect(clippy::indexing_slicing, clippy::unwrap_used, reason = "helpers of tests")]

use doorward_core::ErrorKind;
use doorward_core::validation::{Document, SecretOrigin, Validator};
use serde_json::{Value, json};

const SCHEMA: &str = include_str!("../../../schemas/entra-id.connection.schema.json");

fn schema() -> Value {
    serde_json::from_str(SCHEMA).unwrap()
}

fn connection(secret: &Value) -> Document {
    let connection = json!({
        "client_id": "8d0b7a52-6c1f-4e0e-9a53-2f4c7d9e1b60",
        "tenant": "contoso.com",
        "secret": secret,
    });
    Document::parse(connection.to_string().as_bytes()).unwrap()
}

#[test]
fn the_schema_file_is_valid_2020_12_and_complete() {
    let schema = schema();
    jsonschema::draft202012::meta::validate(&schema).unwrap();
    assert_eq!(schema["$schema"], "https://json-schema.org/draft/2020-12/schema");
    assert_eq!(schema["additionalProperties"], false);
    describe(&schema, &schema);
}

/// Every property has a title, a description and examples that fit it.
fn describe(root: &Value, schema: &Value) {
    for (name, property) in schema["properties"].as_object().into_iter().flatten() {
        assert!(property["title"].is_string(), "{name} has no title");
        assert!(property["description"].is_string(), "{name} has no description");
        let examples = property["examples"].as_array().unwrap();
        assert!(!examples.is_empty(), "{name} has no examples");
        let mut alone = property.clone();
        alone["$defs"] = root["$defs"].clone();
        let alone = jsonschema::draft202012::new(&alone).unwrap();
        for example in examples {
            assert!(alone.is_valid(example), "{name}: {example} does not fit");
        }
        describe(root, property);
    }
}

#[test]
fn every_example_is_accepted_by_the_validator() {
    let schema = schema();
    let validator = Validator::new(&schema).unwrap();
    let whole = schema["examples"][0].clone();
    let mut all = vec![whole.clone()];
    for (name, property) in schema["properties"].as_object().unwrap() {
        for example in property["examples"].as_array().unwrap() {
            let mut with = whole.clone();
            if ["certificate", "federated_token"].contains(&name.as_str()) {
                with.as_object_mut().unwrap().shift_remove("secret");
            }
            with[name] = example.clone();
            all.push(with);
        }
    }
    for example in all {
        let document = Document::parse(example.to_string().as_bytes()).unwrap();
        let valid = validator.validate(&document).unwrap();
        assert_eq!(valid.warnings(), []);
    }
}

#[test]
fn printed_secrets_may_be_references_and_nothing_else_changes() {
    let validator = Validator::new(&schema()).unwrap();
    let printed = validator.printed_schema();
    jsonschema::draft202012::meta::validate(&printed).unwrap();
    assert!(!printed.to_string().contains("x-doorward"));
    let secret = &printed["properties"]["secret"];
    assert_eq!(secret["title"], "Client secret value");
    assert_eq!(secret["writeOnly"], true);
    assert_eq!(secret["anyOf"][0]["maxLength"], 512);
    assert_eq!(printed["properties"]["tenant"]["title"], "Directory (tenant) ID");
    let compiled = jsonschema::draft202012::new(&printed).unwrap();
    let mut example = printed["examples"][0].clone();
    for good in
        [json!("text"), json!({"env": "A"}), json!({"file": "/a"}), json!({"command": ["a", "b"]})]
    {
        example["secret"] = good;
        assert!(compiled.is_valid(&example), "{example}");
    }
    for bad in [
        json!(""),
        json!(1),
        json!({}),
        json!({"env": ""}),
        json!({"env": "A", "file": "b"}),
        json!({"command": []}),
    ] {
        example["secret"] = bad;
        assert!(!compiled.is_valid(&example), "{example}");
    }
    example["secret"] = json!("text");
    example["client_id"] = json!({"env": "A"});
    assert!(!compiled.is_valid(&example));
}

#[test]
fn references_are_found_resolved_and_validated() {
    let validator = Validator::new(&schema()).unwrap();
    for (reference, origin) in [
        (json!({"env": "A"}), SecretOrigin::Env("A".into())),
        (json!({"file": "/a"}), SecretOrigin::File("/a".into())),
        (json!({"command": ["a", "b"]}), SecretOrigin::Command(vec!["a".into(), "b".into()])),
    ] {
        let mut document = connection(&reference);
        let sources = document.secret_sources(&validator);
        assert_eq!(sources.len(), 1);
        assert_eq!((sources[0].pointer.as_str(), &sources[0].origin), ("/secret", &origin));
        document.resolve("/secret", "aQ~resolved".into()).unwrap();
        assert!(document.secret_sources(&validator).is_empty());
        let (_, secrets) = validator.validate(&document).unwrap().split();
        assert_eq!(*secrets[0].1, "aQ~resolved");
    }
    for other in [json!("text"), json!({"evn": "A"}), json!({"env": ""}), json!({"command": []})] {
        assert!(connection(&other).secret_sources(&validator).is_empty(), "{other}");
    }
    let mut document = connection(&json!({"env": "A"}));
    document.resolve("/secret", "aQ~resolved\n".into()).unwrap();
    let findings = validator.validate(&document).unwrap_err();
    assert_eq!(findings[0].code, "stray-whitespace");
    assert_eq!((findings[0].line, findings[0].column), (1, 85));
    assert!(document.resolve("/tenant", "x".into()).is_err());
    assert!(document.resolve("/nothing", "x".into()).is_err());
}

#[test]
fn a_reference_below_a_wrong_name_gives_one_finding() {
    let text = r#"{"client_id": "8d0b7a52-6c1f-4e0e-9a53-2f4c7d9e1b60", "tenant": "a.com", "clientSecret": {"env": "A"}}"#;
    let document = Document::parse(text.as_bytes()).unwrap();
    let validator = Validator::new(&schema()).unwrap();
    let codes: Vec<_> = validator.validate(&document).unwrap_err();
    assert_eq!(codes.len(), 1);
    assert_eq!(codes[0].code, "misnamed-property");
}

#[test]
fn wrong_schemas_are_internal_errors() {
    let secret = json!({"type": "string", "writeOnly": true});
    let hinted = |hint: Value, secret: bool| json!({"properties": {"a": {"type": "string", "writeOnly": secret, "x-doorward": {"hints": [hint]}}}});
    let showing = json!({"pattern": "(.*)", "code": "a", "message": "A.", "suggestion": "${1}"});
    for wrong in [
        json!({"type": 5}),
        json!({"$ref": "https://example.com/schema.json"}),
        json!({"properties": {"a": {"$ref": "https://example.com/schema.json"}}}),
        json!({"properties": {"a": {"$ref": "#/$defs/none"}}}),
        json!({"properties": {"a": {"$ref": "#"}}}),
        json!({"properties": {"a": {"type": "array", "items": secret}}}),
        json!({"anyOf": [{"properties": {"a": secret}}]}),
        json!({"properties": {"a": {"writeOnly": true}}}),
        json!({"properties": {"a": {"x-doorward": {"unknown": 1}}}}),
        hinted(json!({"pattern": "(", "code": "a", "message": "A."}), false),
        hinted(showing.clone(), true),
    ] {
        let error = Validator::new(&wrong).err().unwrap_or_else(|| panic!("accepted {wrong}"));
        assert_eq!(error.kind, ErrorKind::Internal);
    }
    Validator::new(&hinted(showing, false)).unwrap();
    let nested = json!({"properties": {"a": {"properties": {"b": {"$ref": "#/$defs/s"}}}}, "$defs": {"s": secret}});
    let validator = Validator::new(&nested).unwrap();
    assert_eq!(validator.secret_pointers().collect::<Vec<_>>(), ["/a/b"]);
}

#[test]
fn alternatives_are_condensed_and_hints_may_warn() {
    let schema = json!({
        "type": "object",
        "properties": {
            "port": {"anyOf": [{"type": "integer", "minimum": 1}, {"type": "string", "pattern": "^[0-9]+$"}]},
            "list": {"type": "array", "items": {"type": "string"}},
            "host": {"type": "string", "x-doorward": {"hints": [
                {"pattern": "^old", "code": "old-host", "message": "Old.", "severity": "warning", "refuses": true}
            ]}},
        },
    });
    let validator = Validator::new(&schema).unwrap();
    let validate = |text: &str| validator.validate(&Document::parse(text.as_bytes()).unwrap());
    let found = validate(r#"{"port": "x", "list": ["a", 1]}"#).unwrap_err();
    let places: Vec<_> = found.iter().map(|f| (f.pointer.as_str(), f.code.as_str())).collect();
    assert_eq!(places, [("/port", "invalid-value"), ("/list/1", "wrong-type")]);
    assert_eq!(validate(r#"{"host": "old.contoso.com"}"#).unwrap().warnings()[0].code, "old-host");
}

#[test]
fn a_validator_is_shared_between_threads() {
    fn shared<T: Send + Sync>() {}
    shared::<Validator>();
    shared::<Document>();
}
