//! Stack for work that nests deeper than a thread of the runtime has room for: a thread of its own
//! for as long as it takes. It knows no work; whoever asks counts what the stack takes.

use std::io;

/// Does work on a thread with so much stack, in bytes, and waits for its end. The work catches its
/// own panics, as nothing on that thread is caught for it.
pub fn with_bytes<T: Send>(bytes: usize, work: impl FnOnce() -> T + Send) -> io::Result<T> {
    std::thread::scope(|scope| {
        let thread = std::thread::Builder::new().name("deep-work".into()).stack_size(bytes);
        let done = thread.spawn_scoped(scope, work)?.join();
        Ok(done.unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
    })
}
