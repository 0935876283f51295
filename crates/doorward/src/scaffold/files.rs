//! The files of the templates.

use crate::cli::Language;

/// Files by their paths in a template, or in the interface.
type Files = &'static [(&'static str, &'static str)];

macro_rules! files {
    ($folder:literal: $($path:literal,)+) => {
        &[$(($path, include_str!(concat!("../../", $folder, "/", $path)))),+]
    };
}

/// The folder of the language's template.
#[cfg(test)]
pub(super) fn folder(language: Language) -> &'static str {
    match language {
        Language::Rust => "rust",
        Language::Js => "javascript",
        Language::Python => "python",
    }
}

/// The files of the language's template.
pub(super) fn of(language: Language) -> Files {
    match language {
        Language::Rust => RUST,
        Language::Js => JAVASCRIPT,
        Language::Python => PYTHON,
    }
}

/// The interface, which the tools of other languages read.
pub(super) const INTERFACE: Files = files! { "../../schemas/wit/0.2":
    "changes.wit",
    "connector.wit",
    "endpoints.wit",
    "imports.wit",
    "pages.wit",
    "questions.wit",
    "report.wit",
    "types.wit",
    "world.wit",
};

const RUST: Files = files! { "templates/rust":
    "Cargo.toml",
    "README.md",
    "clippy.toml",
    "connection.json",
    "examples/simulated_target.rs",
    "gitignore",
    "rustfmt.toml",
    "src/apply.rs",
    "src/check.rs",
    "src/client.rs",
    "src/connection.rs",
    "src/descriptor.rs",
    "src/errors.rs",
    "src/explain.rs",
    "src/fake.rs",
    "src/lib.rs",
    "src/read.rs",
    "src/records.rs",
    "src/settle.rs",
    "src/sync.rs",
};

const JAVASCRIPT: Files = files! { "templates/javascript":
    "README.md",
    "build.mjs",
    "connection.json",
    "gitignore",
    "npmrc",
    "package-lock.json",
    "package.json",
    "simulated-target.mjs",
    "src/changes.js",
    "src/check.js",
    "src/client.js",
    "src/connection.js",
    "src/descriptor.js",
    "src/errors.js",
    "src/explain.js",
    "src/moments.js",
    "src/plugin.js",
    "src/read.js",
    "src/records.js",
    "src/settle.js",
    "src/sync.js",
    "src/values.js",
    "test/changes.test.mjs",
    "test/errors.test.mjs",
    "test/fakes.mjs",
    "test/host.mjs",
    "test/loader.mjs",
    "test/records.test.mjs",
};

const PYTHON: Files = files! { "templates/python":
    "README.md",
    "build.py",
    "connection.json",
    "gitignore",
    "requirements.txt",
    "simulated_target.py",
    "src/connector/__init__.py",
    "src/connector/changes.py",
    "src/connector/check.py",
    "src/connector/client.py",
    "src/connector/connection.py",
    "src/connector/descriptor.py",
    "src/connector/errors.py",
    "src/connector/explain.py",
    "src/connector/moments.py",
    "src/connector/read.py",
    "src/connector/records.py",
    "src/connector/settle.py",
    "src/connector/sync.py",
    "src/connector/values.py",
    "src/plugin.py",
    "tests/fakes.py",
    "tests/test_changes.py",
    "tests/test_errors.py",
    "tests/test_records.py",
};
