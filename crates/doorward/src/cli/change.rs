//! What changes access: one at a time, or many from a file.

use clap::Args;
use doorward_core::{Result, Timestamp};
use jiff::SignedDuration;
use std::path::PathBuf;

use super::{Target, ends};

/// What `grant` and `revoke` share.
#[derive(Args, Clone, Debug)]
pub(crate) struct ChangeOptions {
    /// On what, e.g. group:Finance
    #[arg(
        long,
        value_name = "RESOURCE",
        required_unless_present = "file",
        conflicts_with = "file"
    )]
    pub(crate) on: Option<String>,
    /// Which right [default: the first that the resource has, e.g. member]
    #[arg(long, value_name = "RIGHT", conflicts_with = "file")]
    pub(crate) right: Option<String>,
    /// The right to activate it, not the access itself, e.g. for a directory role under Privileged
    /// Identity Management
    #[arg(long, conflicts_with = "file")]
    pub(crate) eligible: bool,
    /// Change what each line of this file says, or - for standard input: CSV with the columns
    /// principal, resource, and as needed op, right, scope, ttl, reason, ticket; or JSON Lines with
    /// the same keys
    #[arg(short, long, value_name = "FILE")]
    pub(crate) file: Option<PathBuf>,
    /// Send nothing when more changes of a file would be made [default: 50]
    #[arg(long, value_name = "NUMBER", conflicts_with = "on")]
    pub(crate) max_changes: Option<usize>,
    #[command(flatten)]
    pub(crate) meant: Meant,
    /// Show the exact request, and send nothing; also through a connection that is not stored
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// Change it without being asked
    #[arg(short, long)]
    pub(crate) yes: bool,
    #[command(flatten)]
    pub(crate) target: Target,
}

/// Changes of a file that are made unless more are allowed.
pub(crate) const MAX_CHANGES: usize = 50;

/// For how long access is given; of a file, for the lines that do not say.
#[derive(Args, Clone, Debug, Default)]
pub(crate) struct Ends {
    /// Give it for so long, e.g. 8h, 30m or 2d; the provider ends it. Of a file, for the lines that
    /// do not say
    #[arg(
        long,
        value_name = "DURATION",
        value_parser = ends::duration,
        conflicts_with_all = ["until", "permanent"]
    )]
    pub(crate) ttl: Option<SignedDuration>,
    /// Give it until then, e.g. 2026-12-01T17:00:00Z; the provider ends it
    #[arg(long, value_name = "TIME", value_parser = ends::instant, conflicts_with = "permanent")]
    pub(crate) until: Option<Timestamp>,
    /// Access for good is meant, where that must be said, e.g. for a directory role
    #[arg(long)]
    pub(crate) permanent: bool,
}

impl Ends {
    /// Until when, from now on.
    ///
    /// # Errors
    /// `InvalidRequest` when that is beyond all time.
    pub(crate) fn at(&self, now: Timestamp) -> Result<Option<Timestamp>> {
        match self.ttl {
            Some(ttl) => ends::after(now, ttl).map(Some),
            None => Ok(self.until),
        }
    }
}

/// What is said about one change, or about all changes of a file.
#[derive(Args, Clone, Debug)]
pub(crate) struct Meant {
    /// A change of a privileged resource is meant; it must also be allowed by its name
    #[arg(long)]
    pub(crate) allow_tier0: bool,
    /// Why, for the journal; of a file, for the lines that say none
    #[arg(long, value_name = "TEXT")]
    pub(crate) reason: Option<String>,
    /// The ticket that asks for it, for the journal; of a file, for the lines that name none
    #[arg(long, value_name = "ID")]
    pub(crate) ticket: Option<String>,
}

/// `doorward plan`.
#[derive(Args, Clone, Debug)]
pub(crate) struct PlanOptions {
    /// The changes, or - for standard input: CSV with the columns op, principal, resource, and as
    /// needed right, scope, ttl, reason, ticket; or JSON Lines with the same keys
    #[arg(short, long, value_name = "FILE")]
    pub(crate) file: PathBuf,
    #[command(flatten)]
    pub(crate) ends: Ends,
    #[command(flatten)]
    pub(crate) meant: Meant,
    /// Replace the file that -o names, if it is there
    #[arg(long)]
    pub(crate) force: bool,
    #[command(flatten)]
    pub(crate) target: Target,
}

/// `doorward apply`.
#[derive(Args, Clone, Debug)]
pub(crate) struct ApplyOptions {
    /// The plan
    #[arg(value_name = "PLAN")]
    pub(crate) plan: PathBuf,
    /// Send nothing when more changes would be made
    #[arg(long, value_name = "NUMBER", default_value_t = MAX_CHANGES)]
    pub(crate) max_changes: usize,
    /// Show the requests, and send nothing
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// Change it without being asked
    #[arg(short, long)]
    pub(crate) yes: bool,
    /// Use this integration [default: the one that the plan was made for]
    #[arg(short, long, value_name = "NAME")]
    pub(crate) integration: Option<String>,
}
