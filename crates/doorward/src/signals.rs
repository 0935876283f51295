//! Ctrl-C and the system's wish to stop.

use std::future::Future;
use tokio::sync::oneshot;

use crate::exit::Exit;

/// Listens from now on. The future completes when the program shall stop; whoever says so a second
/// time does not want to wait for anything, and the program ends at once.
///
/// Another thread listens, so that it hears also while this one waits for a file or a program.
pub(crate) fn stop() -> impl Future<Output = ()> {
    let (tell, told) = oneshot::channel();
    let signals = Signals::listen();
    tokio::spawn(async move {
        let Some(mut signals) = signals else { return std::future::pending().await };
        signals.next().await;
        // Nobody is waiting when the command has ended in the meantime.
        let _ = tell.send(());
        signals.next().await;
        std::process::exit(Exit::INTERRUPTED.code().into());
    });
    async {
        // A program that cannot be told to stop goes on; nothing else can be done about it here.
        if told.await.is_err() {
            std::future::pending().await
        }
    }
}

#[cfg(unix)]
use unix::Signals;

#[cfg(unix)]
mod unix {
    use tokio::signal::unix::{Signal, SignalKind, signal};

    /// What asks a program to stop: Ctrl-C, `kill`, and a terminal that is closed.
    pub(super) struct Signals {
        interrupt: Signal,
        terminate: Signal,
        hang_up: Option<Signal>,
    }

    impl Signals {
        pub(super) fn listen() -> Option<Self> {
            Some(Self {
                interrupt: signal(SignalKind::interrupt()).ok()?,
                terminate: signal(SignalKind::terminate()).ok()?,
                hang_up: (!survives_hang_up()).then(|| signal(SignalKind::hangup()).ok()).flatten(),
            })
        }

        pub(super) async fn next(&mut self) {
            let hang_up = async {
                match &mut self.hang_up {
                    Some(hang_up) => hang_up.recv().await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                biased;
                _ = self.interrupt.recv() => {}
                _ = self.terminate.recv() => {}
                _ = hang_up => {}
            }
        }
    }

    /// Whether whoever started the program told it to go on without its terminal, as `nohup` does.
    fn survives_hang_up() -> bool {
        let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
        let ignored = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
        // Signal 1 is the lowest bit.
        ignored
            .and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok())
            .is_some_and(|mask| mask & 1 == 1)
    }
}

#[cfg(not(unix))]
struct Signals;

#[cfg(not(unix))]
impl Signals {
    fn listen() -> Option<Self> {
        Some(Self)
    }

    async fn next(&mut self) {
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}
