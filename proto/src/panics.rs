//! Panics of the process: counted, and either caught or its end.
//!
//! What reads foreign bytes is caught and becomes an error. What changes things that outlive it ends
//! the process, since half a change would be left. What was read is told by its hash only, for a
//! panic's own message may repeat it.

use std::cell::{Cell, RefCell};
use std::hash::{DefaultHasher, Hash, Hasher as _};
use std::panic::{AssertUnwindSafe, PanicHookInfo, catch_unwind, set_hook, take_hook};
use std::sync::Once;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

/// The threads of a runtime, which tells whoever waits for a task that the task has panicked.
const RUNTIME_THREADS: &str = "tokio-";

static COUNT: AtomicU64 = AtomicU64::new(0);

/// Whether a panic that nobody catches ends the process.
static UNCAUGHT_ENDS: AtomicBool = AtomicBool::new(false);

thread_local! {
    /// How many catches lie around what the thread does.
    static CATCHES: Cell<u32> = const { Cell::new(0) };
    /// Where the last panic of the thread happened.
    static PLACE: RefCell<String> = const { RefCell::new(String::new()) };
}

/// What came to no end.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{work} panicked at {place} on the input {input:016x}")]
pub struct Panicked {
    work: &'static str,
    place: String,
    /// The hash of what it was given.
    input: u64,
}

impl Panicked {
    /// The same for an input that the work has changed meanwhile, by what has become of it.
    #[must_use]
    pub fn on(self, input: u64) -> Self {
        Self { input, ..self }
    }
}

/// How many panics the process has survived.
pub fn count() -> u64 {
    COUNT.load(Ordering::Relaxed)
}

/// What names an input without telling it.
pub fn hash(input: &(impl Hash + ?Sized)) -> u64 {
    let mut hasher = DefaultHasher::new();
    input.hash(&mut hasher);
    hasher.finish()
}

/// From now on a panic ends the process, unless it is caught or happens on a thread of a runtime.
pub fn end_uncaught() {
    watch();
    UNCAUGHT_ENDS.store(true, Ordering::Relaxed);
}

/// Does work that may panic on its input, whose hash is asked for only then. Whoever gets the error
/// logs it.
///
/// The work may leave nothing behind that a panic could leave half changed, unless that lies behind
/// [`Whole`].
pub fn catch<T>(
    work: &'static str,
    input: impl FnOnce() -> u64,
    act: impl FnOnce() -> T,
) -> Result<T, Panicked> {
    watch();
    CATCHES.set(CATCHES.get() + 1);
    let outcome = catch_unwind(AssertUnwindSafe(act));
    CATCHES.set(CATCHES.get() - 1);
    outcome.map_err(|_| Panicked { work, place: PLACE.take(), input: input() })
}

/// Work that is done whole or is the last of the process: a panic that goes through ends it,
/// whoever would catch it.
#[derive(Debug)]
#[must_use = "it guards what happens until it is dropped"]
pub struct Whole {
    work: &'static str,
    /// It was begun while a panic was under way that is not its own.
    after: bool,
}

impl Whole {
    /// Begins such work, which lasts until this is dropped.
    pub fn begin(work: &'static str) -> Self {
        Self { work, after: std::thread::panicking() }
    }
}

impl Drop for Whole {
    fn drop(&mut self) {
        if !self.after && std::thread::panicking() {
            end(self.work);
        }
    }
}

/// Ends the process after a panic in work that others rely on.
pub fn end(work: &str) -> ! {
    let place = PLACE.take();
    tracing::error!("{work} panicked {place}: the process ends, for what it left may not be whole");
    std::process::abort()
}

/// Takes note of every panic of the process.
fn watch() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let usual = take_hook();
        set_hook(Box::new(move |panic| note(panic, &usual)));
    });
}

fn note(panic: &PanicHookInfo<'_>, usual: &dyn Fn(&PanicHookInfo<'_>)) {
    COUNT.fetch_add(1, Ordering::Relaxed);
    let place = panic.location().map(ToString::to_string).unwrap_or_default();
    PLACE.replace(place);
    if CATCHES.get() > 0 {
        return;
    }
    usual(panic);
    let thread = std::thread::current();
    let runtime = thread.name().is_some_and(|name| name.starts_with(RUNTIME_THREADS));
    if !runtime && UNCAUGHT_ENDS.load(Ordering::Relaxed) {
        end("a thread");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Tidies up when it is dropped.
    struct Late;

    impl Drop for Late {
        fn drop(&mut self) {
            drop(Whole::begin("tidying up"));
        }
    }

    fn read(text: &str) -> usize {
        text[1..].len()
    }

    #[test]
    fn a_panic_becomes_an_error_that_tells_the_hash_and_not_the_input() {
        let secret = "é is private";
        let before = count();
        let error = catch("a reader", || hash(secret), || read(secret)).unwrap_err();
        let told = error.to_string();
        assert!(told.starts_with("a reader panicked at proto/src/panics.rs:"), "{told}");
        assert!(told.ends_with(&format!(" on the input {:016x}", hash(secret))), "{told}");
        assert!(count() > before);
        assert_eq!(catch("a reader", || 0, || read("fine")), Ok(3));
    }

    #[test]
    fn what_ends_well_is_not_ended_and_neither_is_what_a_panic_drops_elsewhere() {
        drop(Whole::begin("nothing"));
        let late = || {
            let _late = Late;
            read("é")
        };
        assert!(catch("a reader", || 0, late).is_err());
    }

    /// In a process of its own, which it ends.
    #[test]
    fn a_panic_in_what_must_be_whole_ends_the_process() {
        use std::os::unix::process::ExitStatusExt as _;
        const CHILD: &str = "HEADROOM_PANICS_CHILD";
        if std::env::var_os(CHILD).is_some() {
            let whole = || {
                let _whole = Whole::begin("a change");
                read("é")
            };
            let _ = catch("whoever catches", || 0, whole);
            return;
        }
        let name = "panics::tests::a_panic_in_what_must_be_whole_ends_the_process";
        let mut child = std::process::Command::new(std::env::current_exe().unwrap());
        let child = child.args([name, "--exact"]).env(CHILD, "").output().unwrap();
        assert_eq!(child.status.signal(), Some(6), "{child:?}");
    }
}
