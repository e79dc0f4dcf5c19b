//! Asks file systems on the network from a thread that may hang without holding up the sampler.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::time::Duration;

use rustix::fs::StatVfs;

/// How long a round waits for one file system.
const PATIENCE: Duration = Duration::from_millis(200);

/// The most file systems on the network that are watched; each may cost a hanging thread.
const MAX_WATCHED: usize = 16;

/// One thread for each file system, so that a dead server holds up only its own.
#[derive(Default)]
pub struct RemoteFilesystems {
    watched: HashMap<PathBuf, Watched>,
}

struct Watched {
    ask: SyncSender<()>,
    answers: Receiver<Option<StatVfs>>,
}

impl RemoteFilesystems {
    /// The file system's figures, or nothing if it does not answer in time.
    pub fn statvfs(&mut self, path: &Path) -> Option<StatVfs> {
        if !self.watched.contains_key(path) {
            if self.watched.len() >= MAX_WATCHED {
                return None;
            }
            self.watched.insert(path.to_owned(), watch(path)?);
        }
        let watched = self.watched.get(path)?;
        // An answer to an earlier round's question is out of date.
        while watched.answers.try_recv().is_ok() {}
        match watched.ask.try_send(()) {
            Ok(()) => watched.answers.recv_timeout(PATIENCE).ok().flatten(),
            Err(TrySendError::Full(())) => None,
            Err(TrySendError::Disconnected(())) => {
                self.watched.remove(path);
                None
            }
        }
    }
}

/// The thread ends when its question channel closes; one that hangs in the kernel ends with the
/// process.
fn watch(path: &Path) -> Option<Watched> {
    let (ask, questions) = sync_channel::<()>(1);
    let (answer, answers) = sync_channel(1);
    let path = path.to_owned();
    let work = move || {
        while questions.recv().is_ok() {
            if answer.send(rustix::fs::statvfs(&path).ok()).is_err() {
                break;
            }
        }
    };
    let thread = std::thread::Builder::new().name("statvfs".into()).stack_size(64 << 10);
    thread.spawn(work).ok()?;
    Some(Watched { ask, answers })
}
