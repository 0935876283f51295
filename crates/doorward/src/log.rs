//! What is logged.

use tracing_subscriber::EnvFilter;

/// Our own crates, and the lines of connectors. The log of other crates stays off at every level:
/// nobody here has promised that it holds no token.
const OURS: [&str; 7] = [
    "doorward",
    "doorward_core",
    "doorward_http",
    "doorward_host",
    "doorward_wasm",
    "doorward_connector",
    "doorward_entra_id",
];

/// The filter for this setting: a level, or `target=level,…`. One that cannot be read means `warn`.
pub(crate) fn filter(wanted: &str) -> EnvFilter {
    EnvFilter::try_new(directives(wanted)).unwrap_or_else(|_| EnvFilter::new(directives("warn")))
}

fn directives(wanted: &str) -> String {
    let parts = wanted.split(',').map(str::trim).filter(|part| !part.is_empty());
    let allowed = parts.flat_map(|part| match part.split_once('=') {
        None => OURS.iter().map(|target| format!("{target}={part}")).collect(),
        Some((target, _)) if target.starts_with("doorward") => vec![part.to_owned()],
        Some(_) => Vec::new(),
    });
    std::iter::once("off".to_owned()).chain(allowed).collect::<Vec<_>>().join(",")
}

#[cfg(test)]
mod tests {
    use super::directives;

    #[test]
    fn only_our_own_crates_are_ever_logged() {
        assert_eq!(directives("hyper=trace"), "off");
        assert_eq!(directives("hyper=trace, doorward_http=debug"), "off,doorward_http=debug");
        let all = directives("trace");
        assert!(all.starts_with("off,doorward=trace,"), "{all}");
        assert!(all.split(',').skip(1).all(|part| part.starts_with("doorward")), "{all}");
    }
}
