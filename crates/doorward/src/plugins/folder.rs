//! The folder of installed plugins, `plugins` in the data directory:
//!
//! ```text
//! lock.json                 what is installed: the one truth, replaced as a whole
//! sha256-….wasm             a component, as it was checked
//! sha256-….json             its descriptor, so that a start need not load it
//! sha256-….minisig          its signature, if it has one
//! compiled/                 compiled code, sealed with compiled/key; may be deleted at any time
//! lock                      held by whoever writes
//! ```

use doorward_core::{Descriptor, Error, ErrorKind, Factory, Result};
use doorward_host::make_private_directory;
use doorward_wasm::{CompiledCode, Digest, Limits, Plugin, PluginFactory, Runtime};
use std::fs::File;
use std::io::{ErrorKind as IoErrorKind, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use super::key;
use super::lock::{Installed, Lock};

/// What lies in the folder for one plugin.
pub(crate) struct Parts<'a> {
    pub(crate) component: &'a [u8],
    /// As the component itself gives it, in JSON.
    pub(crate) descriptor: &'a str,
    pub(crate) signature: Option<&'a str>,
}

/// What is installed, by id, and why it cannot be used, if it cannot.
pub(crate) type Factories = Vec<(String, Result<&'static dyn Factory>)>;

/// The installed plugins. What runs them is made when the first is loaded.
pub(crate) struct Folder {
    directory: PathBuf,
    runtime: Mutex<Option<Arc<Runtime>>>,
    factories: Mutex<Option<Arc<Factories>>>,
}

impl Folder {
    /// The folder in this data directory, whether it is there or not.
    pub(crate) fn of(data: &Path) -> Self {
        Self {
            directory: data.join("plugins"),
            runtime: Mutex::default(),
            factories: Mutex::default(),
        }
    }

    /// Whether something was ever installed.
    pub(crate) fn is_there(&self) -> bool {
        self.directory.is_dir()
    }

    /// What is installed.
    ///
    /// # Errors
    /// `InvalidRequest` when the lock file cannot be used.
    pub(crate) fn lock(&self) -> Result<Lock> {
        let file = self.directory.join("lock.json");
        match std::fs::read(&file) {
            Ok(text) => Lock::parse(&text, &file),
            Err(error)
                if matches!(error.kind(), IoErrorKind::NotFound | IoErrorKind::NotADirectory) =>
            {
                Ok(Lock::default())
            }
            Err(error) => Err(unreadable(&file).cause(error)),
        }
    }

    /// A factory for each plugin that is not damaged. No component is read.
    ///
    /// # Errors
    /// As [`lock`](Self::lock).
    pub(crate) fn factories(self: &Arc<Self>) -> Result<Arc<Factories>> {
        let mut made = self.factories.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(made) = &*made {
            return Ok(Arc::clone(made));
        }
        let factory = |plugin: &Installed| {
            let factory = self.factory(plugin)?;
            // Once in a process, for the few that are installed: connectors live as long as it.
            Ok(&*Box::leak(Box::new(factory)) as &'static dyn Factory)
        };
        let lock = self.lock()?;
        let plugins = lock.plugins.iter();
        let factories = Arc::new(plugins.map(|one| (one.id.clone(), factory(one))).collect());
        *made = Some(Arc::clone(&factories));
        Ok(factories)
    }

    /// The plugin as a connector, under the id that it was installed by.
    ///
    /// # Errors
    /// When its descriptor is damaged.
    pub(crate) fn factory(self: &Arc<Self>, plugin: &Installed) -> Result<PluginFactory> {
        let descriptor = Descriptor { id: plugin.id.clone(), ..self.descriptor(plugin)? };
        let (folder, plugin) = (Arc::clone(self), plugin.clone());
        Ok(PluginFactory::new(descriptor, move || folder.load(&plugin)))
    }

    /// The component, ready to be called.
    ///
    /// # Errors
    /// When it is damaged, or does not fit this host.
    pub(crate) fn load(&self, plugin: &Installed) -> Result<Plugin> {
        Plugin::load(&self.runtime()?, &plugin.id, plugin.digest, || self.component(plugin))
    }

    /// What runs the installed plugins, and keeps their compiled code.
    ///
    /// # Errors
    /// `Internal` when this machine cannot run components.
    pub(crate) fn runtime(&self) -> Result<Arc<Runtime>> {
        let mut made = self.runtime.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(runtime) = &*made {
            return Ok(Arc::clone(runtime));
        }
        let compiled = self.directory.join("compiled");
        let key = key::of(&compiled);
        let code = key.map(|key| CompiledCode::new(&compiled, &key));
        let runtime = Runtime::new(Limits::default(), code)?;
        *made = Some(Arc::clone(&runtime));
        Ok(runtime)
    }

    /// The component's bytes, as they were installed.
    ///
    /// # Errors
    /// `DeniedByPolicy` when they are not.
    pub(crate) fn component(&self, plugin: &Installed) -> Result<Vec<u8>> {
        let bytes = self.read(plugin, "wasm")?;
        let found = Digest::of(&bytes);
        if found == plugin.digest { Ok(bytes) } else { Err(changed(plugin, "component")) }
    }

    /// What the component said about itself when it was installed.
    ///
    /// # Errors
    /// As [`component`](Self::component).
    pub(crate) fn descriptor(&self, plugin: &Installed) -> Result<Descriptor> {
        let text = self.read(plugin, "json")?;
        if Digest::of(&text) != plugin.descriptor {
            return Err(changed(plugin, "descriptor"));
        }
        let descriptor: Descriptor = serde_json::from_slice(&text).map_err(|error| {
            // It was read when it was installed: by a Doorward with another contract.
            let message = format!(
                "The plugin `{}` describes itself in a way that this Doorward does not read.",
                plugin.id
            );
            Error::new(ErrorKind::InvalidRequest, "plugin-descriptor", message)
                .remedy(remedy(plugin))
                .cause(error)
        })?;
        if descriptor.version == plugin.version {
            Ok(descriptor)
        } else {
            Err(changed(plugin, "version"))
        }
    }

    /// The signature that was checked when it was installed.
    ///
    /// # Errors
    /// When it is gone.
    pub(crate) fn signature(&self, plugin: &Installed) -> Result<String> {
        let bytes = self.read(plugin, "minisig")?;
        String::from_utf8(bytes).map_err(|_| changed(plugin, "signature"))
    }

    fn read(&self, plugin: &Installed, end: &str) -> Result<Vec<u8>> {
        let file = self.file(&plugin.digest, end);
        std::fs::read(&file).map_err(|error| {
            let message = format!(
                "The plugin `{}` is damaged: {} cannot be read.",
                plugin.id,
                file.display()
            );
            Error::new(ErrorKind::InvalidRequest, "plugin-damaged", message)
                .remedy(remedy(plugin))
                .cause(error)
        })
    }

    fn file(&self, digest: &Digest, end: &str) -> PathBuf {
        self.directory.join(format!("sha256-{}.{end}", digest.hex()))
    }

    /// Installs a plugin in place of those with its id.
    ///
    /// # Errors
    /// `InvalidRequest` when it cannot be written; then what was installed is installed.
    pub(crate) fn install(&self, plugin: &Installed, parts: &Parts<'_>) -> Result<()> {
        let _alone = self.alone()?;
        let mut lock = self.lock()?;
        self.put(&self.file(&plugin.digest, "wasm"), parts.component)?;
        self.put(&self.file(&plugin.digest, "json"), parts.descriptor.as_bytes())?;
        if let Some(signature) = parts.signature {
            self.put(&self.file(&plugin.digest, "minisig"), signature.as_bytes())?;
        }
        lock.plugins.retain(|other| other.id != plugin.id);
        lock.plugins.push(plugin.clone());
        lock.plugins.sort_by(|a, b| a.id.cmp(&b.id));
        self.replace(&lock)
    }

    /// Removes the plugins of this id, also when something is wrong with them.
    ///
    /// # Errors
    /// As [`install`](Self::install).
    pub(crate) fn remove(&self, id: &str) -> Result<()> {
        let _alone = self.alone()?;
        let mut lock = self.lock()?;
        lock.plugins.retain(|plugin| plugin.id != id);
        self.replace(&lock)
    }

    fn replace(&self, lock: &Lock) -> Result<()> {
        let text = serde_json::to_string_pretty(lock)
            .map_err(|error| Error::internal("A lock file could not be written.").cause(error))?;
        self.put(&self.directory.join("lock.json"), format!("{text}\n").as_bytes())?;
        self.prune(lock);
        Ok(())
    }

    /// Deletes what belongs to no plugin any more. What cannot be deleted does no harm.
    fn prune(&self, lock: &Lock) {
        let known: Vec<String> = lock.plugins.iter().map(|plugin| plugin.digest.hex()).collect();
        for directory in [self.directory.clone(), self.directory.join("compiled")] {
            for entry in std::fs::read_dir(directory).into_iter().flatten().flatten() {
                let name = entry.file_name().to_string_lossy().into_owned();
                let hex = name.strip_prefix("sha256-").unwrap_or(&name);
                let is_ours = hex.get(..64).is_some_and(|hex| Digest::parse(hex).is_some());
                if is_ours && !known.iter().any(|known| hex.starts_with(known.as_str())) {
                    let _ = std::fs::remove_file(entry.path());
                }
            }
        }
    }

    /// Keeps every other process from writing.
    fn alone(&self) -> Result<File> {
        let file = self.directory.join("lock");
        let held = make_private_directory(&self.directory).and_then(|()| {
            let file = File::options().create(true).append(true).open(&file)?;
            file.lock().map(|()| file)
        });
        held.map_err(|error| self.unwritable(error))
    }

    /// Writes a file, whole or not at all.
    fn put(&self, path: &Path, content: &[u8]) -> Result<()> {
        let written = tempfile::NamedTempFile::new_in(&self.directory).and_then(|mut file| {
            file.write_all(content)?;
            file.as_file().sync_all()?;
            file.persist(path).map(|_| ()).map_err(|error| error.error)
        });
        written.map_err(|error| self.unwritable(error))
    }

    fn unwritable(&self, error: std::io::Error) -> Error {
        let message =
            format!("{} cannot be written. Nothing was changed.", self.directory.display());
        Error::new(ErrorKind::InvalidRequest, "plugins-not-written", message)
            .remedy(
                "Check its permissions and its free space, or name another data directory with \
                 `--data-dir DIRECTORY`.",
            )
            .cause(error)
    }
}

fn unreadable(file: &Path) -> Error {
    let message = format!("The list of installed plugins, {}, cannot be read.", file.display());
    Error::new(ErrorKind::InvalidRequest, "plugin-lock-unreadable", message)
        .remedy("Check the permissions of the data directory (`--data-dir`).")
}

fn changed(plugin: &Installed, what: &str) -> Error {
    let message = format!(
        "The {what} of the plugin `{}` is not the one that was installed: it was changed or damaged.",
        plugin.id
    );
    Error::new(ErrorKind::DeniedByPolicy, "plugin-changed", message).remedy(remedy(plugin))
}

fn remedy(plugin: &Installed) -> String {
    format!(
        "Install it again from where you trust it; it came from {}. Or remove it: `doorward plugin \
         remove {}`.",
        plugin.source, plugin.id
    )
}
