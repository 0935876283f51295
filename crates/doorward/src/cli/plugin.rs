//! `doorward plugin`.

use clap::{Args, Subcommand};
use std::path::PathBuf;

/// `doorward plugin`.
#[derive(Debug, Subcommand)]
pub(crate) enum PluginCommand {
    /// Build a connector from its source into a component
    ///
    /// A Rust crate is compiled by cargo for wasm32-unknown-unknown, so that the same source gives
    /// the same bytes. Another directory builds itself, by `npm run build` (package.json) or
    /// `python3 build.py`: its script writes the component to the path in DOORWARD_PLUGIN_OUTPUT.
    #[command(
        after_help = "Examples:\n  doorward plugin build\n  doorward plugin build plugins/entra-id --file entra-id.wasm"
    )]
    Build {
        /// The directory with the source
        #[arg(value_name = "DIRECTORY", default_value = ".", hide_default_value = true)]
        directory: PathBuf,
        /// Where to write the component [default: the connector's id with .wasm, here]
        #[arg(long, value_name = "FILE")]
        file: Option<PathBuf>,
    },
    /// Say in words what a plugin can do, and what it can reach
    ///
    /// A file is compiled, and asked what it is; it can reach nothing meanwhile.
    #[command(
        after_help = "Examples:\n  doorward plugin inspect entra-id.wasm\n  doorward plugin inspect scim -o json"
    )]
    Inspect {
        /// The component's file, or the id of an installed plugin
        #[arg(value_name = "FILE|ID")]
        plugin: String,
    },
    /// Install a plugin, or another version of it
    ///
    /// Its signature is checked before any of its code is compiled or run, by the key that is named
    /// or by one that signed an installed plugin. Then says what it can do and reach, and asks. It is
    /// pinned by its digest; what changed on the disk is never run.
    #[command(
        after_help = "Examples:\n  doorward plugin install scim.wasm --key scim.pub\n  doorward plugin install https://example.com/scim.wasm --key RWQf6LRCGA9i53mlYecO4IzT51TGPpvWucNSCh1CBM0QTaLn73Y7GFO3\n  doorward plugin install oci://ghcr.io/example/scim:1.2 --key scim.pub --yes\n  doorward plugin install entra-id.wasm --id entra-component --allow-unsigned"
    )]
    Install(InstallOptions),
    /// List the installed plugins
    #[command(after_help = "Example:\n  doorward plugin list -o json")]
    List,
    /// Make sure that the installed plugins are what was installed
    ///
    /// Looks at each component's digest, its signature, what it imports, and whether it still says
    /// the same about itself. Ends with 9 when one does not.
    #[command(after_help = "Examples:\n  doorward plugin verify\n  doorward plugin verify scim")]
    Verify {
        /// Only this plugin
        #[arg(value_name = "ID")]
        plugin: Option<String>,
    },
    /// Remove an installed plugin that no integration uses
    #[command(after_help = "Example:\n  doorward plugin remove scim")]
    Remove {
        /// The plugin
        #[arg(value_name = "ID")]
        plugin: String,
        /// Remove it without being asked
        #[arg(short, long)]
        yes: bool,
    },
    /// Push a component to an OCI registry, for `doorward plugin install oci://…`
    ///
    /// In the layout for WebAssembly that other tools use, too. A signature beside the file travels
    /// with it.
    #[command(
        after_help = "Examples:\n  doorward plugin push scim.wasm oci://ghcr.io/example/scim:1.2\n  doorward plugin push scim.wasm oci://ghcr.io/example/scim:1.2 --username alice --password-env TOKEN"
    )]
    Push {
        /// The component
        #[arg(value_name = "FILE")]
        file: PathBuf,
        /// Where to: oci://REGISTRY/REPOSITORY:TAG
        #[arg(value_name = "REGISTRY")]
        to: String,
        #[command(flatten)]
        login: Login,
    },
}

/// `doorward plugin install`.
#[derive(Args, Debug)]
pub(crate) struct InstallOptions {
    /// A file, an https address, or oci://REGISTRY/REPOSITORY:TAG (or @sha256:…)
    #[arg(value_name = "SOURCE")]
    pub(crate) source: String,
    /// The digest that the component must have, sha256:…
    #[arg(long, value_name = "DIGEST")]
    pub(crate) digest: Option<String>,
    /// The minisign signature [default: beside the source, with .minisig at its end]
    #[arg(long, value_name = "FILE|URL")]
    pub(crate) signature: Option<String>,
    /// The minisign public key that must have signed it [default: those of installed plugins]
    #[arg(long, value_name = "FILE|KEY")]
    pub(crate) key: Option<String>,
    /// Install it under this id instead of its own, e.g. beside a built-in connector
    #[arg(long, value_name = "ID")]
    pub(crate) id: Option<String>,
    /// Install it although nobody vouches for it
    #[arg(long)]
    pub(crate) allow_unsigned: bool,
    /// Take it from another signer than the installed version, or from none
    #[arg(long)]
    pub(crate) accept_new_key: bool,
    /// Install it although the installed version is newer
    #[arg(long)]
    pub(crate) allow_downgrade: bool,
    /// Install it without being asked
    #[arg(short, long)]
    pub(crate) yes: bool,
    #[command(flatten)]
    pub(crate) login: Login,
}

/// Who we are at a registry.
#[derive(Args, Debug)]
pub(crate) struct Login {
    /// The user's name at the registry
    #[arg(long, value_name = "NAME", requires = "password_env")]
    pub(crate) username: Option<String>,
    /// The variable with the password or token for the registry
    #[arg(long, value_name = "VARIABLE", requires = "username")]
    pub(crate) password_env: Option<String>,
}
