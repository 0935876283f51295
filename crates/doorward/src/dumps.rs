//! No image of this program's memory on a disk: it holds secrets.

/// Forbids core dumps, as far as the system can. One that cannot is no reason not to work.
#[cfg(unix)]
pub(crate) fn forbid() {
    use rustix::process::{Resource, Rlimit, setrlimit};
    let _ = setrlimit(Resource::Core, Rlimit { current: Some(0), maximum: Some(0) });
    // A handler of dumps, as systemd's, need not obey the limit; this also keeps other processes of
    // the same user from looking into the memory.
    #[cfg(any(target_os = "linux", target_os = "android"))]
    let _ = rustix::process::set_dumpable_behavior(rustix::process::DumpableBehavior::NotDumpable);
}

/// Elsewhere dumps are the system's own setting.
#[cfg(not(unix))]
pub(crate) fn forbid() {}
