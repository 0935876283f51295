//! What a component must be to be loaded at all.

use doorward_core::ErrorKind;
use doorward_tests::plugins;
use doorward_wasm::{Digest, Limits, Plugin};

fn refused(text: &str) -> doorward_core::Error {
    let bytes = wat::parse_str(text).unwrap();
    let runtime = plugins::runtime(Limits::default());
    Plugin::from_bytes(&runtime, "hostile", bytes).err().unwrap()
}

#[test]
fn what_it_wants_beside_the_interface_is_named() {
    let error = refused(
        r#"(component
            (import "wasi:filesystem/types@0.2.0" (instance))
            (import "wasi:cli/environment@0.2.0" (instance))
            (import "doorward:connector/log@0.2.0" (instance)))"#,
    );
    assert_eq!(error.kind, ErrorKind::ContractViolation);
    assert_eq!(error.reason, "plugin-imports");
    for name in ["wasi:filesystem/types@0.2.0", "wasi:cli/environment@0.2.0"] {
        assert!(error.message.contains(name), "{error:?}");
    }
    assert!(!error.message.contains("connector/log"), "{error:?}");
}

#[test]
fn what_is_no_connector_is_refused() {
    assert_eq!(refused("(component)").reason, "plugin-version");
    assert_eq!(refused("(module)").reason, "plugin-no-component");
    let newer = r#"(component
        (instance $none)
        (export "doorward:connector/connector@0.9.0" (instance $none)))"#;
    let error = refused(newer);
    assert_eq!(error.reason, "plugin-version");
    assert!(error.message.contains("@0.9.0"), "{error:?}");
    let empty = r#"(component
        (instance $none)
        (export "doorward:connector/connector@0.2.0" (instance $none)))"#;
    assert_eq!(refused(empty).reason, "plugin-interface");
    let unknown = r#"(component
        (import "doorward:connector/sql@0.2.0" (instance (export "query" (func))))
        (instance $none)
        (export "doorward:connector/connector@0.2.0" (instance $none)))"#;
    assert_eq!(refused(unknown).reason, "plugin-imports");
}

/// The file is not the one that was installed.
#[test]
fn another_file_under_the_same_digest_is_refused() {
    let runtime = plugins::runtime(Limits::default());
    let digest = Digest::of(b"the one that was installed");
    let error = Plugin::load(&runtime, "hostile", digest, || Ok(b"another".to_vec())).err();
    assert_eq!(error.unwrap().reason, "plugin-changed");
}
