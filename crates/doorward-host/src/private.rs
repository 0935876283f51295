//! Files and directories for their owner only, by each system's own means. What the systems do
//! differently stands here and nowhere else.
//!
//! On Unix, a mode. On Windows, the system's own `icacls`, run once when the data directory is made:
//! what is made within it inherits from it. A directory that was there before is left as it is.

use std::fs::File;
use std::io;
use std::path::Path;

#[cfg(unix)]
pub use unix::make_directory;
#[cfg(unix)]
pub(crate) use unix::{close_file, is_open, open_file};
#[cfg(windows)]
pub use windows::make_directory;
#[cfg(windows)]
pub(crate) use windows::{close_file, is_open, open_file};

/// Makes a file, which must not be there yet, for its owner only.
///
/// # Errors
/// What the system says; then no file is left.
pub fn new_file(path: &Path) -> io::Result<File> {
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let file = options.open(path)?;
    if let Err(error) = close_file(path) {
        let _ = std::fs::remove_file(path);
        return Err(error);
    }
    Ok(file)
}

#[cfg(unix)]
mod unix {
    use std::fs::{DirBuilder, File, OpenOptions, Permissions};
    use std::io;
    use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
    use std::path::Path;

    /// Makes a directory with those above it, each for its owner only, unless it is there.
    ///
    /// # Errors
    /// What the system says.
    pub fn make_directory(path: &Path) -> io::Result<()> {
        DirBuilder::new().recursive(true).mode(0o700).create(path)
    }

    /// Opens a file in a directory of ours for its owner only, and makes it when it is not there.
    pub(crate) fn open_file(path: &Path) -> io::Result<File> {
        let mut options = OpenOptions::new();
        options.read(true).write(true).create(true).truncate(false).mode(0o600);
        let file = options.open(path)?;
        // One that was there before, e.g. a copy, may be open to others.
        if is_open(&file)? {
            file.set_permissions(Permissions::from_mode(0o600))?;
        }
        Ok(file)
    }

    /// Closes a new file to others before anything is written to it. Here it was made so.
    #[expect(clippy::unnecessary_wraps, reason = "elsewhere it may fail")]
    pub(crate) fn close_file(_: &Path) -> io::Result<()> {
        Ok(())
    }

    /// Whether others than its owner may use a file.
    pub(crate) fn is_open(file: &File) -> io::Result<bool> {
        Ok(file.metadata()?.permissions().mode() & 0o077 != 0)
    }
}

#[cfg(windows)]
mod windows {
    use std::ffi::{OsStr, OsString};
    use std::fs::{File, OpenOptions};
    use std::io;
    use std::path::Path;
    use std::process::{Command, Stdio};

    use super::icacls::{Holds, arguments, program, security_id};

    /// Makes a directory for its owner only, with those above it, unless it is there.
    ///
    /// # Errors
    /// What the system says.
    pub fn make_directory(path: &Path) -> io::Result<()> {
        if path.is_dir() {
            return Ok(());
        }
        if let Some(above) = path.parent() {
            std::fs::create_dir_all(above)?;
        }
        match std::fs::create_dir(path) {
            // Another process made it meanwhile, and closes it.
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => return Ok(()),
            made => made?,
        }
        close(path, Holds::Others).inspect_err(|_| {
            // The next command shall not take it for closed.
            let _ = std::fs::remove_dir(path);
        })
    }

    /// Opens a file in a directory of ours, and makes it when it is not there.
    pub(crate) fn open_file(path: &Path) -> io::Result<File> {
        OpenOptions::new().read(true).write(true).create(true).truncate(false).open(path)
    }

    /// Closes a new file to others before anything is written to it.
    pub(crate) fn close_file(path: &Path) -> io::Result<()> {
        close(path, Holds::Nothing)
    }

    /// Whether others may use a file: here its directory decides.
    #[expect(clippy::unnecessary_wraps, reason = "elsewhere it may fail")]
    pub(crate) fn is_open(_: &File) -> io::Result<bool> {
        Ok(false)
    }

    fn close(path: &Path, holds: Holds) -> io::Result<()> {
        let identity = ["/user", "/fo", "csv", "/nh"].map(OsString::from);
        let identity = run("whoami.exe", &identity)?;
        let identity = security_id(&identity)
            .ok_or_else(|| io::Error::other("whoami.exe did not say who runs this program"))?;
        run("icacls.exe", &arguments(&std::path::absolute(path)?, &identity, holds)).map(|_| ())
    }

    fn run(name: &str, arguments: &[OsString]) -> io::Result<Vec<u8>> {
        let root = std::env::var_os("SystemRoot");
        let program = program(root.as_deref().map(OsStr::new), name)?;
        let named = |error: io::Error| {
            io::Error::new(error.kind(), format!("{} could not be run: {error}", program.display()))
        };
        let output =
            Command::new(&program).args(arguments).stdin(Stdio::null()).output().map_err(named)?;
        if output.status.success() {
            return Ok(output.stdout);
        }
        let said = String::from_utf8_lossy(&output.stderr);
        Err(io::Error::other(format!(
            "{} could not take other users' access away ({}): {}",
            program.display(),
            output.status,
            said.trim()
        )))
    }
}

/// What is run on Windows. Compiled wherever it is tested.
#[cfg(any(windows, test))]
mod icacls {
    use std::ffi::{OsStr, OsString};
    use std::io;
    use std::path::{Path, PathBuf};

    /// What stands in the place that is closed.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub(super) enum Holds {
        /// It is a file.
        Nothing,
        /// It is a directory, and what is made in it inherits from it.
        Others,
    }

    /// A program of the system itself, so that none in the current directory or on the search path
    /// is run instead.
    pub(super) fn program(system_root: Option<&OsStr>, name: &str) -> io::Result<PathBuf> {
        let root = system_root.map(Path::new).filter(|root| {
            // Only Windows knows when its own paths are absolute.
            root.is_absolute() || cfg!(not(windows)) && root.to_string_lossy().contains(":\\")
        });
        let root = root.ok_or_else(|| {
            io::Error::other("SystemRoot does not say where Windows is installed")
        })?;
        Ok(root.join("System32").join(name))
    }

    /// The arguments by which `icacls` takes inherited access away and leaves all of it to one user,
    /// by the id that no other language or domain names otherwise.
    pub(super) fn arguments(path: &Path, security_id: &str, holds: Holds) -> [OsString; 4] {
        let inherits = match holds {
            Holds::Nothing => "",
            Holds::Others => "(OI)(CI)",
        };
        [
            path.into(),
            "/inheritance:r".into(),
            "/grant:r".into(),
            format!("*{security_id}:{inherits}F").into(),
        ]
    }

    /// The user's id in what `whoami /user /fo csv /nh` prints, `"domain\name","S-1-5-…"`. The name
    /// may be in any encoding, and hold any sign but a quote.
    pub(super) fn security_id(printed: &[u8]) -> Option<String> {
        let printed = String::from_utf8_lossy(printed);
        let id = printed.trim().strip_suffix('"')?.rsplit('"').next()?;
        let parts = id.strip_prefix("S-1-")?;
        let is_number = |part: &str| {
            !part.is_empty() && part.chars().all(|character| character.is_ascii_digit())
        };
        parts.split('-').all(is_number).then(|| id.to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::icacls::{Holds, arguments, program, security_id};
    use std::ffi::{OsStr, OsString};
    use std::path::Path;

    #[test]
    fn windows_is_told_to_leave_it_to_the_user_alone() {
        for (holds, grant) in
            [(Holds::Others, "*S-1-5-21-7-500:(OI)(CI)F"), (Holds::Nothing, "*S-1-5-21-7-500:F")]
        {
            let path = Path::new(r"C:\Users\A B\doorward");
            let expected = [path.to_str().unwrap(), "/inheritance:r", "/grant:r", grant];
            assert_eq!(arguments(path, "S-1-5-21-7-500", holds), expected.map(OsString::from));
        }
    }

    #[test]
    fn the_user_is_known_by_an_id() {
        for (printed, expected) in [
            (&b"\"pc\\alice\",\"S-1-5-21-1-2-3-1001\"\r\n"[..], Some("S-1-5-21-1-2-3-1001")),
            (b"\"pc\\m\x81ller, x\",\"S-1-5-18\"\r\n", Some("S-1-5-18")),
            (b"\"pc\\S-1-5-18\",\"\"\r\n", None),
            (b"\"pc\\a\",\"S-1-5-18:(F)\"", None),
            (b"\"pc\\a\",\"S-1-\"", None),
            (b"\"pc\\a\",\"*\"", None),
            (b"", None),
        ] {
            assert_eq!(security_id(printed).as_deref(), expected);
        }
    }

    #[test]
    fn only_the_systems_own_programs_are_run() {
        let found = program(Some(OsStr::new(r"C:\Windows")), "icacls.exe").unwrap();
        assert!(found.to_str().unwrap().starts_with(r"C:\Windows"), "{found:?}");
        assert!(found.ends_with("System32/icacls.exe"), "{found:?}");
        for root in [None, Some(""), Some("Windows"), Some(".")] {
            assert!(program(root.map(OsStr::new), "icacls.exe").is_err(), "{root:?}");
        }
    }

    #[cfg(unix)]
    #[test]
    fn what_is_made_is_for_its_owner_only() {
        use std::os::unix::fs::PermissionsExt;
        let directory = tempfile::tempdir().unwrap();
        let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
        let data = directory.path().join("above/data");
        super::make_directory(&data).unwrap();
        super::make_directory(&data).unwrap();
        assert_eq!((mode(&data), mode(data.parent().unwrap())), (0o700, 0o700));
        let file = data.join("file");
        super::open_file(&file).unwrap();
        assert_eq!(mode(&file), 0o600);
        std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o644)).unwrap();
        assert!(super::is_open(&std::fs::File::open(&file).unwrap()).unwrap());
        super::open_file(&file).unwrap();
        assert_eq!(mode(&file), 0o600);
        super::new_file(&data.join("new")).unwrap();
        assert_eq!(mode(&data.join("new")), 0o600);
        assert!(super::new_file(&file).is_err());
    }
}
