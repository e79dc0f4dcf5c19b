//! The lock of a spool's directory, which serves one agent at a time.

use std::fs::File;
use std::io;
use std::path::Path;
use std::time::Duration;

use rustix::fs::FlockOperation;

/// How often, and after which time, a lock that somebody holds is tried again.
const TRIES: usize = 20;
const TRY_AGAIN: Duration = Duration::from_millis(10);

/// Takes the directory for this agent. A child of an agent that has just ended may hold a copy of its
/// lock for the moment until it runs its own program.
pub fn take(directory: &Path) -> io::Result<File> {
    let file = File::options().create(true).append(true).open(directory.join("lock"))?;
    let mut tries = 0..TRIES;
    loop {
        match rustix::fs::flock(&file, FlockOperation::NonBlockingLockExclusive) {
            Ok(()) => return Ok(file),
            Err(rustix::io::Errno::WOULDBLOCK) if tries.next().is_some() => {
                std::thread::sleep(TRY_AGAIN);
            }
            Err(rustix::io::Errno::WOULDBLOCK) => {
                let message = "another agent uses it; give each its own spool.directory";
                return Err(io::Error::other(message));
            }
            Err(error) => return Err(error.into()),
        }
    }
}
