//! Who holds a lock, for whoever waits for it.

use doorward_core::Timestamp;
use std::fmt;
use std::fs::File;
use std::io::{Read, Write};

use super::SqliteStore;

/// The process that holds a lock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Holder {
    /// The system's number of the process.
    pub process: u32,
    /// Since when it has the lock.
    pub since: Timestamp,
}

impl fmt::Display for Holder {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let since = self.since.strftime("%Y-%m-%d %H:%M:%S UTC");
        write!(formatter, "process {}, since {since}", self.process)
    }
}

impl SqliteStore {
    pub(super) fn holder_of(&self, name: &str) -> Option<Holder> {
        let file = File::open(self.locks.as_ref()?.join(format!("{name}.lock"))).ok()?;
        let since = Timestamp::try_from(file.metadata().ok()?.modified().ok()?).ok()?;
        let mut text = String::new();
        file.take(32).read_to_string(&mut text).ok()?;
        Some(Holder { process: text.trim().parse().ok()?, since })
    }
}

/// Writes into a lock's file whose it is. One that cannot be written locks as well.
pub(super) fn sign(mut file: &File) {
    let _ = file.set_len(0).and_then(|()| writeln!(file, "{}", std::process::id()));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whoever_has_the_lock_is_known_while_it_is_held() {
        let directory = tempfile::tempdir().unwrap();
        let store = SqliteStore::open(directory.path()).unwrap();
        assert_eq!(store.holder_of("a"), None);
        for _ in 0..2 {
            let lock = store.lock_file("a").unwrap().unwrap();
            let holder = store.holder_of("a").unwrap();
            assert_eq!(holder.process, std::process::id());
            let text = holder.to_string();
            assert!(text.starts_with(&format!("process {}, since 20", holder.process)), "{text}");
            assert!(store.lock_file("a").unwrap().is_none());
            drop(lock);
        }
        std::fs::write(directory.path().join("locks/a.lock"), "nonsense").unwrap();
        assert_eq!(store.holder_of("a"), None);
        assert_eq!(SqliteStore::in_memory().unwrap().holder_of("a"), None);
    }
}
