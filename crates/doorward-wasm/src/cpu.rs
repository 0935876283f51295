//! How long a call has computed. Waiting is free: only the time within polls of the call's future
//! counts, without what the host does for it there.

use std::future::{Future, poll_fn};
use std::pin::pin;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, Thread};
use std::time::Duration;
use wasmtime::{Engine, EngineWeak};

/// How often a plugin that computes is looked after.
const TICK: Duration = Duration::from_millis(10);

/// The time that one call has computed.
#[derive(Default)]
pub(crate) struct Stopwatch(Mutex<Running>);

#[derive(Default)]
struct Running {
    spent: Duration,
    since: Option<Duration>,
}

/// The processor's time of this thread: what others compute meanwhile does not count. A poll begins
/// and ends on one thread.
#[cfg(unix)]
fn clock() -> Duration {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
    Duration::try_from(time).unwrap_or_default()
}

/// Where a thread's own time cannot be had without unsafe code: the time that passes.
#[cfg(not(unix))]
#[expect(
    clippy::disallowed_methods,
    reason = "what a plugin computes takes real time, also where time is paused"
)]
fn clock() -> Duration {
    static START: std::sync::LazyLock<std::time::Instant> =
        std::sync::LazyLock::new(std::time::Instant::now);
    START.elapsed()
}

fn elapsed(since: Duration) -> Duration {
    clock().saturating_sub(since)
}

impl Stopwatch {
    fn run(&self) {
        self.change(|running| running.since = Some(clock()));
    }

    fn stop(&self) {
        self.change(|running| {
            running.spent += running.since.take().map(elapsed).unwrap_or_default();
        });
    }

    /// The time so far.
    pub(crate) fn spent(&self) -> Duration {
        let running = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        running.spent + running.since.map(elapsed).unwrap_or_default()
    }

    fn change(&self, change: impl FnOnce(&mut Running)) {
        change(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner));
    }

    /// The future, measured.
    pub(crate) async fn measure<F: Future>(&self, future: F) -> F::Output {
        let mut future = pin!(future);
        poll_fn(|context| {
            self.run();
            let polled = future.as_mut().poll(context);
            self.stop();
            polled
        })
        .await
    }

    /// A future within a measured one, whose time does not count.
    pub(crate) async fn pause<F: Future>(&self, future: F) -> F::Output {
        let mut future = pin!(future);
        poll_fn(|context| {
            self.stop();
            let polled = future.as_mut().poll(context);
            self.run();
            polled
        })
        .await
    }
}

/// Moves the engine's epoch on while a call runs; sleeps while none does.
pub(crate) struct Ticker {
    calls: Arc<Calls>,
    thread: Thread,
}

#[derive(Default)]
struct Calls {
    running: AtomicUsize,
    /// Whether the ticker has to be woken. It ticks on for a moment after the last call, since waking
    /// a thread costs as much as a short call.
    is_asleep: AtomicBool,
}

impl Ticker {
    pub(crate) fn start(engine: &Engine) -> std::io::Result<Self> {
        let calls = Arc::<Calls>::default();
        let ticker = thread::Builder::new().name("plugin-ticker".to_owned());
        let handle = ticker.spawn({
            let (engine, calls) = (engine.weak(), Arc::clone(&calls));
            move || tick(&engine, &calls)
        })?;
        Ok(Self { calls, thread: handle.thread().clone() })
    }

    /// A call runs for as long as this is kept.
    pub(crate) fn call(&self) -> Ticking {
        // First this, then the other; the ticker does it the other way round, so one sees the other.
        self.calls.running.fetch_add(1, Ordering::SeqCst);
        if self.calls.is_asleep.swap(false, Ordering::SeqCst) {
            self.thread.unpark();
        }
        Ticking(Arc::clone(&self.calls))
    }
}

impl Drop for Ticker {
    fn drop(&mut self) {
        self.thread.unpark();
    }
}

pub(crate) struct Ticking(Arc<Calls>);

impl Drop for Ticking {
    fn drop(&mut self) {
        self.0.running.fetch_sub(1, Ordering::SeqCst);
    }
}

/// Ends when the engine is gone.
fn tick(engine: &EngineWeak, calls: &Calls) {
    while let Some(engine) = engine.upgrade() {
        engine.increment_epoch();
        drop(engine);
        calls.is_asleep.store(true, Ordering::SeqCst);
        if calls.running.load(Ordering::SeqCst) == 0 {
            thread::park();
        } else {
            calls.is_asleep.store(false, Ordering::SeqCst);
            thread::park_timeout(TICK);
        }
    }
}
