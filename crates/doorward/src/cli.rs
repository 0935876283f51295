//! The command line: what can be asked, and how it is explained.

mod change;
mod ends;
mod globals;
mod new;
mod plugin;

use clap::{Args, Parser, Subcommand, ValueEnum};
use std::path::PathBuf;

use crate::exit;
pub(crate) use change::{ApplyOptions, ChangeOptions, Ends, MAX_CHANGES, Meant, PlanOptions};
pub(crate) use ends::{after, duration};
pub(crate) use globals::{Format, Globals, Target};
pub(crate) use new::{Language, NewCommand};
pub(crate) use plugin::{InstallOptions, Login, PluginCommand};

/// See and change who has access to what, in every system that has a connector.
#[derive(Debug, Parser)]
#[command(
    name = "doorward",
    version,
    long_version = LONG_VERSION,
    max_term_width = 100,
    subcommand_required = true,
    arg_required_else_help = true,
    after_help = "Start here:\n  doorward demo                 watch it work on a simulated tenant\n  doorward setup entra-id       prepare your own tenant\n  doorward COMMAND --help       each command, with examples"
)]
pub(crate) struct Cli {
    #[command(flatten)]
    pub(crate) globals: Globals,
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// What was built, from what, by what: see `build.rs`.
const LONG_VERSION: &str = concat!(
    env!("CARGO_PKG_VERSION"),
    "\ncommit:  ",
    env!("DOORWARD_COMMIT"),
    "\nrustc:   ",
    env!("DOORWARD_RUSTC"),
    "\ntarget:  ",
    env!("DOORWARD_TARGET"),
    "\nprofile: ",
    env!("DOORWARD_PROFILE"),
);

const LONG_HELP: &str = "\
Start here:
  doorward demo                 watch it work on a simulated tenant
  doorward setup entra-id       prepare your own tenant
  doorward integration add contoso --connector entra-id --connection contoso.json
  doorward check -i contoso
  doorward access list --on group:Finance
  doorward COMMAND --help       each command, with examples

How people and groups are named:
  alice@contoso.com             by sign-in name or display name
  mail=alice@contoso.com        by mail address
  group:Finance                 by kind and name; the whole name counts
  group:id=60000000-…           by kind and id

Nothing is changed until it is allowed:
  doorward integration allow group:Finance
";

/// The command line with everything that is put together at run time.
pub(crate) fn command() -> clap::Command {
    use clap::CommandFactory;
    Cli::command().after_long_help(format!("{LONG_HELP}\n{}", exit::TABLE))
}

/// The commands.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Watch the whole story on a simulated tenant, in a few seconds
    ///
    /// Starts a simulated Microsoft Entra tenant inside this program, then runs real commands
    /// against it: add, check, list, grant, revoke. Nothing outside of this program is touched.
    #[command(after_help = "Example:\n  doorward demo")]
    Demo,
    /// The connectors: the kinds of systems that can be reached
    #[command(subcommand, after_help = "Example:\n  doorward connector list")]
    Connector(ConnectorCommand),
    /// The plugins: connectors that are WebAssembly components
    #[command(subcommand, after_help = "Example:\n  doorward plugin inspect entra-id.wasm")]
    Plugin(PluginCommand),
    /// Print the JSON Schema of a connector's connection, for editors and programs
    ///
    /// Name the file in your connection's "$schema", and your editor completes and explains it.
    #[command(after_help = "Example:\n  doorward schema entra-id > entra-id.schema.json")]
    Schema {
        /// The connector
        #[arg(value_name = "CONNECTOR")]
        connector: String,
    },
    /// Look a connection over, without using it
    ///
    /// Names everything that is wrong with it at once, each with its line and what to do. Touches
    /// no network and stores nothing.
    #[command(
        after_help = "Examples:\n  doorward validate entra-id contoso.json\n  pass show contoso | doorward validate entra-id -"
    )]
    Validate {
        /// The connector
        #[arg(value_name = "CONNECTOR")]
        connector: String,
        /// The connection's file, or - for standard input
        #[arg(value_name = "FILE")]
        file: PathBuf,
    },
    /// Print how to prepare a system for its connector
    ///
    /// What to click, which permissions to give and what each is for, and the same as scripts: for
    /// what the connection shall be used for, and nothing more.
    #[command(
        after_help = "Examples:\n  doorward setup entra-id\n  doorward setup entra-id --use groups\n  doorward setup entra-id --use groups,read-units --script az > setup.sh"
    )]
    Setup {
        /// The connector
        #[arg(value_name = "CONNECTOR")]
        connector: String,
        /// What the connection shall be used for; several with commas [default: the first use]
        #[arg(long = "use", value_name = "USE", value_delimiter = ',')]
        uses: Vec<String>,
        /// Print only the script for this tool
        #[arg(long, value_name = "TOOL")]
        script: Option<String>,
    },
    /// The integrations: connections that are stored under a name
    #[command(
        subcommand,
        after_help = "Example:\n  doorward integration add contoso --connector entra-id --connection contoso.json"
    )]
    Integration(IntegrationCommand),
    /// Read everything, and keep it for `list` and `--last-sync`
    ///
    /// Reads all accounts, resources and who has access to what, page by page. The result takes the
    /// place of the last one when it is finished; when it is stopped or fails, the last one stays.
    /// Says what was expected, received and left out, and ends with 14 when a part was left out.
    #[command(after_help = "Examples:\n  doorward sync\n  doorward sync -i contoso -o jsonl")]
    Sync {
        #[command(flatten)]
        target: Target,
    },
    /// List what the last sync saw, without asking the provider
    #[command(subcommand, after_help = "Example:\n  doorward list accounts -o csv")]
    List(ListCommand),
    /// Check a connection: who we are there, what we may do, what to mend
    ///
    /// With --use, compares what was granted with what the use takes: what is missing, and what is
    /// too much. Ends with 5 when something will not work.
    #[command(
        after_help = "Examples:\n  doorward check -i contoso\n  doorward check --use groups\n  doorward check --connector entra-id --connection contoso.json"
    )]
    Check {
        #[command(flatten)]
        target: Target,
        /// What the connection shall be used for (`doorward setup` names the uses); several with
        /// commas
        #[arg(long = "use", value_name = "USE", value_delimiter = ',')]
        uses: Vec<String>,
    },
    /// The credentials of the integrations
    #[command(subcommand, after_help = "Example:\n  doorward credential status --warn-days 30")]
    Credential(CredentialCommand),
    /// Try whether a connector keeps the rules of CONNECTOR_SPEC.md
    ///
    /// For who writes or takes over a connector, on a system for tests that nobody changes
    /// meanwhile. Reads from it, several times, and lets requests fail on the way. With --to and
    /// --on it also gives and takes that access there, several times, past policy and journal, and
    /// leaves it as it was found; without them nothing is changed, and the rules about changes are
    /// skipped. Ends with 1 when a rule is broken that a connector must keep.
    #[command(
        after_help = "Examples:\n  doorward conformance entra-id --connection test.json\n  doorward conformance entra-id --connection test.json --to alice@contoso.com --on group:Sandbox\n  doorward conformance scim.wasm --connection test.json"
    )]
    Conformance(ConformanceOptions),
    /// Begin something new: a connector
    #[command(
        subcommand,
        after_help = "Example:\n  doorward new connector chess-club --lang python"
    )]
    New(NewCommand),
    /// See who has access to what
    #[command(subcommand, after_help = "Example:\n  doorward access list --on group:Finance")]
    Access(AccessCommand),
    /// Give access
    ///
    /// The names are resolved exactly; when several objects fit, nothing is changed. Only what
    /// `integration allow` allows can be changed. Every change is written to the journal before
    /// it is sent.
    #[command(
        after_help = "Examples:\n  doorward grant --to alice@contoso.com --on group:Finance\n  doorward grant --to alice@contoso.com --on group:Finance --dry-run\n  doorward grant --to group:Platform --on group:Finance --right member --ticket OPS-12 --yes\n  doorward grant --to alice@contoso.com --on 'role:Helpdesk Administrator' --ttl 8h --reason 'on call'\n  doorward grant --file joiners.csv --dry-run\n  doorward grant --file joiners.csv --max-changes 200"
    )]
    Grant {
        /// Who gets it, e.g. alice@contoso.com or group:Platform
        #[arg(long, value_name = "WHO", required_unless_present = "file", conflicts_with = "file")]
        to: Option<String>,
        #[command(flatten)]
        ends: Ends,
        #[command(flatten)]
        change: ChangeOptions,
    },
    /// Take access
    ///
    /// Says through what somebody still has the access, when a nested group gives it, too.
    #[command(
        after_help = "Examples:\n  doorward revoke --from alice@contoso.com --on group:Finance\n  doorward revoke --from alice@contoso.com --on group:Finance --right owner --dry-run\n  doorward revoke --file leavers.csv --yes"
    )]
    Revoke {
        /// Who loses it, e.g. alice@contoso.com or group:Platform
        #[arg(long, value_name = "WHO", required_unless_present = "file", conflicts_with = "file")]
        from: Option<String>,
        #[command(flatten)]
        change: ChangeOptions,
    },
    /// Show what a file of changes would do, and write it down for `apply`
    ///
    /// Reads the file as `grant --file` does; each line says `grant` or `revoke` in the column op.
    /// Resolves every name, reads what is there now, asks the policy, and sends nothing. With -o and
    /// the name of a file, the plan is written into it.
    #[command(
        after_help = "Examples:\n  doorward plan -f changes.csv\n  doorward plan -f changes.csv -o plan.json\n  doorward plan -f changes.jsonl -o json"
    )]
    Plan(PlanOptions),
    /// Carry out a plan that `plan` wrote, if all is still as it says
    ///
    /// Refuses a plan for another integration or tenant, one that is older than an hour, one that is
    /// damaged, and one that says of any access that it was there when it is not now, or the
    /// reverse. Can be run again when it was stopped.
    #[command(
        after_help = "Examples:\n  doorward apply plan.json --dry-run\n  doorward apply plan.json --max-changes 200 --yes"
    )]
    Apply(ApplyOptions),
    /// The journal: every change, before and after
    #[command(subcommand, after_help = "Example:\n  doorward journal list")]
    Journal(JournalCommand),
    /// The settings: what is set, and where it came from
    #[command(subcommand, after_help = "Example:\n  doorward config show --origin")]
    Config(ConfigCommand),
    /// Replace the key of stored secrets by a new one, and seal all secrets with it
    ///
    /// The new key takes the place of the key file. When the key is in DOORWARD_KEY instead, the
    /// new one is read from the variable that --new-key-env names, and you set DOORWARD_KEY to it
    /// afterwards.
    #[command(
        after_help = "Examples:\n  doorward rotate-key\n  doorward rotate-key --new-key-env NEW_KEY"
    )]
    RotateKey {
        /// The variable with the new key: 32 bytes in base64, as `openssl rand -base64 32` makes them
        #[arg(long, value_name = "NAME")]
        new_key_env: Option<String>,
    },
    /// Write everything that is stored into one file
    ///
    /// Integrations, sealed secrets, policy and journal, as they are at one moment. The key is not
    /// in it: keep it apart, or the secrets must be entered again.
    #[command(after_help = "Example:\n  doorward backup doorward-backup.db")]
    Backup {
        /// The file, which must not be there yet
        file: PathBuf,
    },
    /// Put back what `doorward backup` wrote, in place of what is stored now
    #[command(after_help = "Example:\n  doorward restore doorward-backup.db")]
    Restore {
        /// The backup
        file: PathBuf,
        /// Replace what is stored now without being asked
        #[arg(short, long)]
        yes: bool,
    },
    /// Print a script that completes commands in your shell
    ///
    /// It completes commands, options, the names of connectors and integrations, and those of people,
    /// groups and roles that the last sync saw. It asks no system for anything.
    #[command(
        after_help = "Examples:\n  doorward completion bash > ~/.local/share/bash-completion/completions/doorward\n  doorward completion zsh > ~/.zfunc/_doorward\n  doorward completion fish > ~/.config/fish/completions/doorward.fish\n  doorward completion powershell >> $PROFILE"
    )]
    Completion {
        /// The shell
        shell: Shell,
    },
    /// Serve a simulated Microsoft Entra tenant, to try everything without a real one
    ///
    /// Listens on this machine only and runs until Ctrl-C.
    #[command(
        after_help = "Examples:\n  doorward sim --connection-file sim.json\n  doorward sim --users 20000 --groups 5000 --https --certificate-file sim.pem --connection-file sim.json"
    )]
    Sim(SimOptions),
}

/// `doorward connector`.
#[derive(Debug, Subcommand)]
pub(crate) enum ConnectorCommand {
    /// List the connectors
    #[command(after_help = "Example:\n  doorward connector list -o json")]
    List,
    /// Show what a connector can do, and which permissions it uses
    #[command(after_help = "Example:\n  doorward connector show entra-id")]
    Show {
        /// The connector
        #[arg(value_name = "CONNECTOR")]
        connector: String,
    },
}

/// `doorward credential`.
#[derive(Debug, Subcommand)]
pub(crate) enum CredentialCommand {
    /// Show when each integration's secret or certificate ends
    ///
    /// Asks each system. Ends with 5 when one ends soon, and with 12 when one of several cannot be
    /// asked.
    #[command(
        after_help = "Examples:\n  doorward credential status\n  doorward credential status -i contoso --warn-days 14 -o json"
    )]
    Status {
        /// Only this integration [default: all of them]
        #[arg(short, long, value_name = "NAME")]
        integration: Option<String>,
        /// What ends within so many days ends soon
        #[arg(long, value_name = "DAYS", default_value_t = 30)]
        warn_days: u16,
    },
}

/// `doorward integration`.
#[derive(Debug, Subcommand)]
pub(crate) enum IntegrationCommand {
    /// Store a connection under a name
    ///
    /// Looks the connection over, shows which addresses it will reach and with which credential,
    /// and stores it once you approve them. Secrets are stored encrypted. A secret that is written
    /// as {"env": "NAME"} or {"file": "path"} is never stored, but read each time.
    #[command(
        after_help = "Examples:\n  doorward integration add contoso --connector entra-id --connection contoso.json\n  pass show contoso | doorward integration add contoso --connector entra-id --connection - --yes"
    )]
    Add {
        /// The name to store it under
        name: String,
        /// The connector
        #[arg(long, value_name = "ID")]
        connector: String,
        /// The connection's file, or - for standard input
        #[arg(long, value_name = "FILE")]
        connection: PathBuf,
        /// Approve the addresses without being asked
        #[arg(short, long)]
        yes: bool,
    },
    /// List the integrations
    #[command(after_help = "Example:\n  doorward integration list")]
    List,
    /// Show an integration: addresses, where its secrets are, what it may change
    #[command(after_help = "Example:\n  doorward integration show contoso")]
    Show {
        /// The integration
        name: String,
    },
    /// Replace a connection, or only its secret, after checking the new one
    ///
    /// The new one is tried first. When it does not work, the old one stays.
    #[command(
        group = clap::ArgGroup::new("new").args(["connection", "secret"]).required(true),
        after_help = "Examples:\n  doorward integration update contoso --secret -\n  doorward integration update contoso --secret env:CONTOSO_SECRET\n  doorward integration update contoso --connection contoso.json"
    )]
    Update {
        /// The integration
        name: String,
        /// The new connection's file, or - for standard input
        #[arg(long, value_name = "FILE")]
        connection: Option<PathBuf>,
        /// The new secret: - asks or reads standard input; env:NAME and file:PATH are not stored
        #[arg(long, value_name = "FROM")]
        secret: Option<String>,
        /// Which secret, when the connection has several, e.g. /secret
        #[arg(long, value_name = "PLACE", requires = "secret")]
        field: Option<String>,
        /// Approve the addresses without being asked
        #[arg(short, long)]
        yes: bool,
    },
    /// Remove an integration and its secrets; its journal stays
    #[command(after_help = "Example:\n  doorward integration remove contoso")]
    Remove {
        /// The integration
        name: String,
        /// Remove it without being asked
        #[arg(short, long)]
        yes: bool,
    },
    /// Allow changes to a resource, or take that back
    #[command(
        group = clap::ArgGroup::new("what").args(["resource", "all_groups", "principals"]).required(true),
        after_help = "Examples:\n  doorward integration allow group:Finance\n  doorward integration allow au:EMEA\n  doorward integration allow --all-groups\n  doorward integration allow group:Finance --remove"
    )]
    Allow {
        /// What may be changed, e.g. group:Finance or role:"User Administrator"; au:EMEA stands for
        /// every group directly in that unit, but for privileged ones
        #[arg(value_name = "RESOURCE")]
        resource: Option<String>,
        /// Every group may be changed, but for privileged ones, which must be named each
        #[arg(long)]
        all_groups: bool,
        /// Who may be given access beside people of your own: guest, or a kind that is no person,
        /// e.g. group or service-principal
        #[arg(long, value_name = "KIND")]
        principals: Option<String>,
        /// No longer allow it
        #[arg(long)]
        remove: bool,
        /// Use this integration [default: DOORWARD_INTEGRATION, then `integration use`, then the only one]
        #[arg(short, long, value_name = "NAME")]
        integration: Option<String>,
    },
    /// Say whose access is never changed, and what access is never changed
    ///
    /// For break-glass accounts and groups. Protection wins over every list, also for groups that
    /// somebody protected belongs to, and for groups within a protected one.
    #[command(
        after_help = "Examples:\n  doorward integration protect breakglass@contoso.com\n  doorward integration protect group:Emergency -i contoso\n  doorward integration protect breakglass@contoso.com --remove"
    )]
    Protect {
        /// The account or resource, e.g. breakglass@contoso.com or group:Emergency
        #[arg(value_name = "WHO|RESOURCE")]
        object: String,
        /// No longer protect it
        #[arg(long)]
        remove: bool,
        /// Use this integration [default: DOORWARD_INTEGRATION, then `integration use`, then the only one]
        #[arg(short, long, value_name = "NAME")]
        integration: Option<String>,
    },
    /// What may be changed, and what never is
    #[command(subcommand, after_help = "Example:\n  doorward integration policy show -i contoso")]
    Policy(PolicyCommand),
    /// Choose the integration that commands use when none is named
    #[command(after_help = "Example:\n  doorward integration use contoso")]
    Use {
        /// The integration
        name: String,
    },
}

/// `doorward integration policy`.
#[derive(Debug, Subcommand)]
pub(crate) enum PolicyCommand {
    /// Show what may be changed, who may be given access, and what is protected
    #[command(after_help = "Example:\n  doorward integration policy show -i contoso -o json")]
    Show {
        /// Use this integration [default: DOORWARD_INTEGRATION, then `integration use`, then the only one]
        #[arg(short, long, value_name = "NAME")]
        integration: Option<String>,
    },
}

/// `doorward list`.
#[derive(Debug, Subcommand)]
pub(crate) enum ListCommand {
    /// List the accounts
    #[command(after_help = "Example:\n  doorward list accounts -o wide")]
    Accounts {
        #[command(flatten)]
        target: Target,
    },
    /// List the resources, and whether they can be managed here
    #[command(after_help = "Example:\n  doorward list resources -o csv --columns name,class,id")]
    Resources {
        #[command(flatten)]
        target: Target,
    },
    /// List who has which right on what, directly
    #[command(after_help = "Example:\n  doorward list grants -o jsonl")]
    Grants {
        #[command(flatten)]
        target: Target,
    },
}

/// `doorward access`.
#[derive(Debug, Subcommand)]
pub(crate) enum AccessCommand {
    /// List who has access to something, or what somebody has access to
    ///
    /// Ends with 14, and says so, when a part could not be read.
    #[command(
        group = clap::ArgGroup::new("side").args(["on", "who"]).required(true),
        after_help = "Examples:\n  doorward access list --on group:Finance\n  doorward access list --for alice@contoso.com\n  doorward access list --on group:Finance -o json"
    )]
    List {
        /// Who has access to this, e.g. group:Finance
        #[arg(long, value_name = "RESOURCE")]
        on: Option<String>,
        /// What this one has access to, e.g. alice@contoso.com
        #[arg(long = "for", id = "who", value_name = "WHO")]
        who: Option<String>,
        /// As the last sync saw it, without asking the provider
        #[arg(long)]
        last_sync: bool,
        #[command(flatten)]
        target: Target,
    },
    /// Explain why somebody has access: every way that leads to it
    #[command(
        after_help = "Example:\n  doorward access explain --for bob@contoso.com --on group:Engineering"
    )]
    Explain {
        /// Who, e.g. bob@contoso.com
        #[arg(long = "for", id = "who", value_name = "WHO")]
        who: String,
        /// On what, e.g. group:Engineering
        #[arg(long, value_name = "RESOURCE")]
        on: String,
        /// Which right [default: the first that the resource has, e.g. member]
        #[arg(long, value_name = "RIGHT")]
        right: Option<String>,
        /// As the last sync saw it, without asking the provider
        #[arg(long)]
        last_sync: bool,
        #[command(flatten)]
        target: Target,
    },
}

/// `doorward conformance`.
#[derive(Args, Clone, Debug)]
pub(crate) struct ConformanceOptions {
    /// The connector's id, or the file of a component
    #[arg(value_name = "CONNECTOR|FILE")]
    pub(crate) connector: String,
    /// The connection's file, or - for standard input
    #[arg(long, value_name = "FILE")]
    pub(crate) connection: PathBuf,
    /// Who is given access and loses it again, e.g. alice@contoso.com
    #[arg(long, value_name = "WHO", requires = "on")]
    pub(crate) to: Option<String>,
    /// On what, e.g. group:Sandbox
    #[arg(long, value_name = "RESOURCE", requires = "to")]
    pub(crate) on: Option<String>,
    /// Which right [default: the first that the resource has, e.g. member]
    #[arg(long, value_name = "RIGHT", requires = "on")]
    pub(crate) right: Option<String>,
    /// Give and take it without being asked
    #[arg(short, long)]
    pub(crate) yes: bool,
}

/// `doorward journal`.
#[derive(Debug, Subcommand)]
pub(crate) enum JournalCommand {
    /// List changes, newest first
    #[command(
        after_help = "Examples:\n  doorward journal list\n  doorward journal list -i contoso --limit 200 -o json"
    )]
    List {
        /// Only those of this integration, also when it was removed
        #[arg(short, long, value_name = "NAME")]
        integration: Option<String>,
        /// At most so many
        #[arg(long, value_name = "NUMBER", default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..))]
        limit: u32,
    },
    /// Show one change in full
    #[command(after_help = "Example:\n  doorward journal show 19ab04")]
    Show {
        /// The entry's id, or its beginning
        id: String,
    },
    /// Write down what came of a change that Doorward cannot look up
    ///
    /// For a change whose outcome stays unknown, e.g. in a group that hides its members: look in
    /// the provider's own console, and say here what you saw. Nothing is sent.
    #[command(
        after_help = "Example:\n  doorward journal close 19ab04 --outcome not-applied --reason not-listed"
    )]
    Close {
        /// The entry's id, or its beginning
        id: String,
        /// What you saw: the change took effect, or it did not
        #[arg(long)]
        outcome: SeenOutcome,
        /// How you know
        #[arg(long, value_name = "TEXT")]
        reason: String,
        /// Write it down without being asked
        #[arg(short, long)]
        yes: bool,
    },
}

/// `doorward config`.
#[derive(Debug, Subcommand)]
pub(crate) enum ConfigCommand {
    /// Show every setting that counts for a command given here and now
    ///
    /// A flag counts before the environment, the environment before the configuration file. The
    /// file is TOML; it may hold output, data-dir, ca-file, proxy, no-input and verbose. Paths in it
    /// count from its own directory. No secret is ever shown.
    #[command(
        after_help = "Examples:\n  doorward config show\n  doorward config show --origin -o json"
    )]
    Show {
        /// Show where each value came from, too
        #[arg(long)]
        origin: bool,
    },
}

/// A shell that can complete.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Shell {
    /// Bash.
    Bash,
    /// Zsh.
    Zsh,
    /// Fish.
    Fish,
    /// `PowerShell`.
    Powershell,
}

/// What a person saw of a change.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum SeenOutcome {
    /// It took effect.
    Applied,
    /// It did not.
    NotApplied,
}

/// `doorward sim`.
#[derive(Args, Clone, Debug)]
pub(crate) struct SimOptions {
    /// How many users
    #[arg(long, value_name = "NUMBER", default_value_t = 50)]
    pub(crate) users: usize,
    /// How many groups
    #[arg(long, value_name = "NUMBER", default_value_t = 20)]
    pub(crate) groups: usize,
    /// How many memberships at least [default: as they come]
    #[arg(long, value_name = "NUMBER", default_value_t = 0, hide_default_value = true)]
    pub(crate) memberships: usize,
    /// The same number makes the same tenant
    #[arg(long, value_name = "NUMBER", default_value_t = 1)]
    pub(crate) seed: u64,
    /// The port to listen on; 0 takes any
    #[arg(long, value_name = "PORT", default_value_t = 7443)]
    pub(crate) port: u16,
    /// Serve HTTPS with a certificate made now
    #[arg(long, requires = "certificate_file")]
    pub(crate) https: bool,
    /// Write that certificate here, for SSL_CERT_FILE or --ca-file
    #[arg(long, value_name = "FILE", requires = "https")]
    pub(crate) certificate_file: Option<PathBuf>,
    /// Write a connection for this tenant here, ready to use
    #[arg(long, value_name = "FILE")]
    pub(crate) connection_file: Option<PathBuf>,
    /// Give the application only this permission; repeat for several
    #[arg(long = "app-role", value_name = "ROLE")]
    pub(crate) app_roles: Vec<String>,
    /// Let every answer take so long
    #[arg(long, value_name = "MILLISECONDS", default_value_t = 0)]
    pub(crate) latency_ms: u64,
}

#[cfg(test)]
mod tests;
