//! `doorward new`.

use clap::{Subcommand, ValueEnum};
use std::path::PathBuf;

/// `doorward new`.
#[derive(Debug, Subcommand)]
pub(crate) enum NewCommand {
    /// Write a new connector that builds and works, to be changed into one for your system
    ///
    /// Makes the directory NAME, with a connector for a small imitated service that lies beside it:
    /// it builds as it is, keeps every rule of connectors, and its README says what to change first.
    #[command(
        after_help = "Examples:\n  doorward new connector chess-club --lang python\n  doorward new connector chess-club --lang js\n  doorward new connector chess-club --lang rust --checkout ../doorward"
    )]
    Connector {
        /// The connector's id: a lower case letter, then lower case letters, digits and `-`
        #[arg(value_name = "NAME")]
        name: String,
        /// The language to write it in
        #[arg(long = "lang", value_enum, value_name = "LANGUAGE")]
        language: Language,
        /// Where Doorward's source is, for Rust [default: the checkout around this directory]
        #[arg(long, value_name = "DIRECTORY")]
        checkout: Option<PathBuf>,
    },
}

/// A language that connectors are written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Language {
    /// Rust: the smallest and fastest component
    Rust,
    /// JavaScript
    Js,
    /// Python
    Python,
}
