//! The options of every command, and which integration a command is about.

use clap::builder::{EnumValueParser, PossibleValue, TypedValueParser};
use clap::{Arg, Args, Command, ValueEnum};
use std::ffi::OsStr;
use std::path::PathBuf;

/// What every command understands.
#[derive(Args, Clone, Debug, Default)]
#[command(next_help_heading = "Options of every command")]
pub(crate) struct Globals {
    /// How results are printed; lists know all formats, other commands table and json; `plan` also takes a file's name, e.g. plan.json [default: DOORWARD_OUTPUT, else table]
    #[arg(short, long, value_parser = OutputParser, global = true, value_name = "FORMAT")]
    pub(crate) output: Option<Output>,
    /// Only these columns of a list, in this order; an unknown one shows which there are
    #[arg(long, global = true, value_name = "NAME,…", value_delimiter = ',')]
    pub(crate) columns: Option<Vec<String>>,
    /// Where integrations and the journal are kept [default: DOORWARD_DATA_DIR, else the user's data directory]
    #[arg(long, global = true, value_name = "DIRECTORY")]
    pub(crate) data_dir: Option<PathBuf>,
    /// The configuration file [default: DOORWARD_CONFIG, else doorward/config.toml in the user's configuration directory]
    #[arg(long, global = true, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// Trust the certificates in this PEM file, too [default: DOORWARD_CA_FILE]
    #[arg(long, global = true, value_name = "FILE")]
    pub(crate) ca_file: Option<PathBuf>,
    /// Send requests through this proxy, or through none [default: HTTPS_PROXY, ALL_PROXY; NO_PROXY makes exceptions]
    #[arg(long, global = true, value_name = "URL|none")]
    pub(crate) proxy: Option<String>,
    /// Never ask; changes then need --yes
    #[arg(long, global = true)]
    pub(crate) no_input: bool,
    /// Say more about what happens, on standard error: -v, -vv, -vvv (or set DOORWARD_LOG)
    #[arg(short, long, action = clap::ArgAction::Count, global = true)]
    pub(crate) verbose: u8,
}

impl Globals {
    /// The format that the command line names.
    pub(crate) fn format(&self) -> Option<Format> {
        match &self.output {
            Some(Output::As(format)) => Some(*format),
            _ => None,
        }
    }

    /// The file that the command line names for the result.
    pub(crate) fn output_file(&self) -> Option<PathBuf> {
        match &self.output {
            Some(Output::Into(file)) => Some(file.clone()),
            _ => None,
        }
    }
}

/// What stands after `-o`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Output {
    /// How results are printed.
    As(Format),
    /// Where the result is written: of `plan` only.
    Into(PathBuf),
}

/// Reads a format, and of `plan` also a file's name: a word with a dot or a slash, so that a format
/// that is misspelt is none.
#[derive(Clone)]
struct OutputParser;

impl TypedValueParser for OutputParser {
    type Value = Output;

    fn parse_ref(
        &self,
        command: &Command,
        argument: Option<&Arg>,
        value: &OsStr,
    ) -> Result<Self::Value, clap::Error> {
        let format = EnumValueParser::<Format>::new().parse_ref(command, argument, value);
        match format {
            Err(_) if command.get_name() == "plan" && names_file(value) => {
                Ok(Output::Into(value.into()))
            }
            format => format.map(Output::As),
        }
    }

    fn possible_values(&self) -> Option<Box<dyn Iterator<Item = PossibleValue> + '_>> {
        let formats = Format::value_variants().iter();
        Some(Box::new(formats.filter_map(ValueEnum::to_possible_value)))
    }
}

fn names_file(word: &OsStr) -> bool {
    word.to_string_lossy().contains(['.', '/', '\\'])
}

/// How results are printed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Format {
    /// Tables and sentences, for people
    #[default]
    Table,
    /// Tables with every column
    Wide,
    /// One JSON document, for programs
    Json,
    /// One JSON object per item, each in a line of its own
    Jsonl,
    /// Comma-separated values with a header, for spreadsheets
    Csv,
    /// Tab-separated values with a header, for line tools
    Tsv,
    /// The name of each item only, as other commands take it
    Name,
}

impl Format {
    /// Whether results and what stands beside them are JSON.
    pub(crate) fn is_json(self) -> bool {
        matches!(self, Self::Json | Self::Jsonl)
    }

    /// Whether a person reads, so that a sentence may take the place of a result.
    pub(crate) fn is_for_people(self) -> bool {
        matches!(self, Self::Table | Self::Wide)
    }

    /// As it is written after `-o`.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Table => "table",
            Self::Wide => "wide",
            Self::Json => "json",
            Self::Jsonl => "jsonl",
            Self::Csv => "csv",
            Self::Tsv => "tsv",
            Self::Name => "name",
        }
    }
}

/// Which integration a command is about.
#[derive(Args, Clone, Debug, Default)]
pub(crate) struct Target {
    /// Use this integration [default: DOORWARD_INTEGRATION, then `integration use`, then the only one]
    #[arg(short, long, value_name = "NAME", conflicts_with_all = ["connector", "connection"])]
    pub(crate) integration: Option<String>,
    /// Use a connection that is not stored: with this connector
    #[arg(long, value_name = "ID", requires = "connection")]
    pub(crate) connector: Option<String>,
    /// Use a connection that is not stored: from this file, or - for standard input
    #[arg(long, value_name = "FILE", requires = "connector")]
    pub(crate) connection: Option<PathBuf>,
}
