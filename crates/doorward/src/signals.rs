//! Ctrl-C and the system's wish to stop.

/// Completes when the program shall stop.
pub(crate) async fn stop() {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        // A program that cannot be told to stop goes on; nothing else can be done about it here.
        let Ok(mut terminate) = signal(SignalKind::terminate()) else {
            return std::future::pending().await;
        };
        tokio::select! {
            biased;
            pressed = tokio::signal::ctrl_c() => if pressed.is_err() { std::future::pending().await },
            _ = terminate.recv() => {}
        }
    }
    #[cfg(not(unix))]
    if tokio::signal::ctrl_c().await.is_err() {
        std::future::pending::<()>().await;
    }
}
