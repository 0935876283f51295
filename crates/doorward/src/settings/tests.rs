use super::*;
use std::collections::BTreeMap;

/// The settings of this command line in this environment, with this file's text.
fn settings(line: &str, variables: &[(&str, &str)], file: &str) -> Result<Settings> {
    use clap::Parser;
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("config.toml");
    std::fs::write(&path, file).unwrap();
    let mut variables: BTreeMap<&str, OsString> =
        variables.iter().map(|(name, value)| (*name, OsString::from(value))).collect();
    variables.insert("DOORWARD_CONFIG", path.into_os_string());
    let words = ["doorward"].into_iter().chain(line.split_whitespace()).chain(["demo"]);
    let globals = crate::cli::Cli::try_parse_from(words).unwrap().globals;
    Settings::of(&globals, &|name| variables.get(name).cloned())
}

#[test]
fn flag_then_environment_then_file_then_default() {
    let file = "output = 'tsv'\ndata-dir = 'data'\nverbose = 2\nproxy = 'file:1'\nno-input = true";
    let table = [
        ("-o csv", &[("DOORWARD_OUTPUT", "json")][..], file, Format::Csv, "flag"),
        ("", &[("DOORWARD_OUTPUT", "json")], file, Format::Json, "environment"),
        ("", &[("DOORWARD_OUTPUT", "")], file, Format::Tsv, "file"),
        ("", &[], "", Format::Table, "default"),
    ];
    for (line, variables, file, value, origin) in table {
        let output = settings(line, variables, file).unwrap().output;
        assert_eq!((output.value, output.origin.name()), (value, origin));
    }
    let table = [
        ("-v", &[("DOORWARD_LOG", "trace")][..], file, "info", "flag"),
        (
            "",
            &[("DOORWARD_LOG", "doorward_http=trace")],
            file,
            "doorward_http=trace",
            "environment",
        ),
        ("", &[], file, "debug", "file"),
        ("", &[], "", "warn", "default"),
    ];
    for (line, variables, file, value, origin) in table {
        let log = settings(line, variables, file).unwrap().log;
        assert_eq!((log.value.as_str(), log.origin.name()), (value, origin));
    }
    let table = [
        ("--proxy flag:1", &[("HTTPS_PROXY", "http://env:1")][..], file, "http://flag:1", "flag"),
        ("--proxy none", &[("HTTPS_PROXY", "http://env:1")], file, "", "flag"),
        (
            "",
            &[("HTTPS_PROXY", "env:1"), ("ALL_PROXY", "all:1")],
            file,
            "http://env:1",
            "environment",
        ),
        ("", &[("https_proxy", "env:1")], file, "http://env:1", "environment"),
        ("", &[("all_proxy", "all:1")], file, "http://all:1", "environment"),
        ("", &[], file, "http://file:1", "file"),
        ("", &[("HTTPS_PROXY", "")], "proxy = 'none'", "", "file"),
        ("", &[], "", "", "default"),
    ];
    for (line, variables, file, value, origin) in table {
        let proxy = settings(line, variables, file).unwrap().proxy;
        let shown = proxy.value.unwrap().https.map(|proxy| proxy.to_string()).unwrap_or_default();
        assert_eq!((shown.as_str(), proxy.origin.name()), (value, origin), "{line} {variables:?}");
    }
    assert!(settings("", &[], file).unwrap().no_input.value);
}

#[test]
fn a_proxy_of_one_kind_of_target_is_not_that_of_the_other() {
    let proxy =
        settings("", &[("HTTP_PROXY", "p:1"), ("NO_PROXY", "a.example")], "").unwrap().proxy;
    let proxies = proxy.value.unwrap();
    assert_eq!(proxies.https, None);
    assert_eq!(proxies.http.unwrap().to_string(), "http://p:1");
    assert_eq!(proxies.no_proxy, "a.example");
    assert_eq!(proxy.origin, Origin::Variable("HTTP_PROXY"));
}

/// It is set for other programs, too, and stands in the way only of who needs it.
#[test]
fn a_variable_with_a_proxy_that_cannot_be_used_is_kept_with_its_reason() {
    for name in ["ALL_PROXY", "https_proxy", "HTTP_PROXY"] {
        let proxy = settings("", &[(name, "socks5://canary@x")], "").unwrap().proxy;
        let error = proxy.value.unwrap_err();
        assert_eq!(error.reason, "invalid-proxy");
        assert!(!format!("{error:?}").contains("canary"), "{error:?}");
        assert_eq!(proxy.origin, Origin::Variable(name));
    }
    assert!(settings("--proxy socks5://x", &[], "").is_err());
}

#[test]
fn paths_in_the_file_count_from_its_directory() {
    let found = settings("", &[], "data-dir = 'data'\nca-file = '/etc/ca.pem'").unwrap();
    let directory = found.config.value.unwrap().parent().unwrap().to_owned();
    assert_eq!(found.data_dir.value, Some(directory.join("data")));
    assert_eq!(found.ca_file.value, Some(PathBuf::from("/etc/ca.pem")));
}

#[test]
fn a_file_that_cannot_be_used_is_told_without_its_content() {
    let table = [
        ("datadir = 'x'", "unknown-setting", "`data-dir`"),
        ("data_dir = 'x'", "unknown-setting", "`data-dir`"),
        ("Proxy = 'x'", "unknown-setting", "`proxy`"),
        ("zebra = 1", "unknown-setting", "ca-file, data-dir"),
        ("integration = 'x'", "unknown-setting", "There are"),
        ("[doorward]\noutput = 'json'", "unknown-setting", "There are"),
        ("output = 'xml'", "configuration-file", "Mend it"),
        ("verbose = true", "configuration-file", "Mend it"),
        ("\nproxy = 'http://canary:canary@x", "configuration-file", "Mend it"),
        ("proxy = ['canary']", "configuration-file", "Mend it"),
        ("proxy = 'socks5://canary@x'", "invalid-proxy", "HOST:PORT"),
    ];
    for (file, reason, remedy) in table {
        let error = settings("", &[], file).unwrap_err();
        assert_eq!(
            (error.kind, error.reason.as_str()),
            (ErrorKind::InvalidRequest, reason),
            "{file}"
        );
        assert!(error.remedy.as_ref().unwrap().contains(remedy), "{file}: {error:?}");
        assert!(!format!("{error:?}").contains("canary"), "{error:?}");
    }
    let error = settings("", &[], "output = 'json'\nverbose = 'x'").unwrap_err();
    assert!(error.message.contains("line 2"), "{error}");
    let error = settings("--config /nowhere/at/all.toml", &[], "").unwrap_err();
    assert_eq!(error.reason, "configuration-file");
    assert_eq!(
        settings("", &[("DOORWARD_OUTPUT", "xml")], "").unwrap_err().reason,
        "unknown-format"
    );
}
