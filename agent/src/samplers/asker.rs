//! Asks file systems, and files of users, from threads that may hang without holding up the sampler: any
//! may, when its server or its daemon is gone, and its name does not say so.
//!
//! One thread asks all of them. When it hangs, it is left to the file system that it waits for, and
//! another one asks the others.

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, TryRecvError, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// How long a round waits for one file system, and for all that hang for the first time.
const PATIENCE: Duration = Duration::from_millis(200);
const PATIENCE_FOR_ALL: Duration = Duration::from_millis(600);

/// How often it is seen whether one of them has answered meanwhile.
const LOOK: Duration = Duration::from_millis(50);

/// The most threads, those that hang included. The last of them asks only what is known to answer.
const MAX_THREADS: usize = 8;

const STACK_BYTES: usize = 128 << 10;

/// Asks for `A` by path.
pub struct Asker<A> {
    ask: Arc<dyn Fn(&Path) -> A + Send + Sync>,
    worker: Option<Worker<A>>,
    hung: Vec<Hung>,
    /// What has answered and has not hung since.
    well: HashSet<PathBuf>,
}

struct Worker<A> {
    questions: SyncSender<Arc<[PathBuf]>>,
    shared: Arc<Shared<A>>,
    /// Something comes when all questions are answered; it ends with the thread.
    done: Receiver<()>,
}

struct Shared<A> {
    /// In the order of the questions.
    answers: Mutex<Vec<A>>,
    /// Nobody waits any more.
    left: AtomicBool,
}

/// A file system that does not answer, and the thread that waits for it.
struct Hung {
    path: PathBuf,
    thread: Receiver<()>,
}

impl<A: Send + 'static> Asker<A> {
    /// No thread yet.
    pub fn new(ask: impl Fn(&Path) -> A + Send + Sync + 'static) -> Self {
        Self { ask: Arc::new(ask), worker: None, hung: Vec::new(), well: HashSet::new() }
    }

    /// What each of them answers, nothing from those that do not in time. Those that hang are asked
    /// again once their thread has come back.
    pub fn ask(&mut self, paths: &[&Path]) -> Vec<Option<A>> {
        self.hung.retain(|hung| matches!(hung.thread.try_recv(), Err(TryRecvError::Empty)));
        let mut answers: Vec<Option<A>> = paths.iter().map(|_| None).collect();
        let is_hung = |place: &usize| self.hung.iter().any(|hung| hung.path == paths[*place]);
        let mut open: Vec<usize> = (0..paths.len()).filter(|place| !is_hung(place)).collect();
        open.sort_by_key(|place| !self.well.contains(paths[*place]));
        let deadline = Instant::now() + PATIENCE_FOR_ALL;
        while !open.is_empty() && Instant::now() < deadline {
            if self.hung.len() + 1 >= MAX_THREADS {
                open.retain(|place| self.well.contains(paths[*place]));
            }
            let batch: Arc<[PathBuf]> = open.iter().map(|place| paths[*place].to_owned()).collect();
            let Some(worker) = self.worker() else { break };
            let (found, all) = worker.answers(batch);
            let count = found.len();
            for (place, answer) in open.drain(..count).zip(found) {
                self.well.insert(paths[place].to_owned());
                answers[place] = Some(answer);
            }
            if all {
                break;
            }
            if let Some(worker) = self.worker.take()
                && !open.is_empty()
            {
                let path = paths[open.remove(0)].to_owned();
                self.well.remove(&path);
                self.hung.push(Hung { path, thread: worker.done });
            }
        }
        answers
    }

    /// Who is free to ask; nobody if all threads hang.
    fn worker(&mut self) -> Option<&Worker<A>> {
        if self.worker.is_none() && self.hung.len() < MAX_THREADS {
            self.worker = Worker::start(Arc::clone(&self.ask));
        }
        self.worker.as_ref()
    }
}

impl<A: Send + 'static> Worker<A> {
    fn start(ask: Arc<dyn Fn(&Path) -> A + Send + Sync>) -> Option<Self> {
        let (questions, asked) = sync_channel::<Arc<[PathBuf]>>(1);
        let (end, done) = sync_channel(1);
        let shared = Arc::new(Shared { answers: Mutex::default(), left: AtomicBool::new(false) });
        let own = Arc::clone(&shared);
        let work = move || {
            while let Ok(paths) = asked.recv() {
                for path in &*paths {
                    let answer = ask(path);
                    if own.left.load(Ordering::Relaxed) {
                        return;
                    }
                    own.answers.lock().unwrap_or_else(PoisonError::into_inner).push(answer);
                }
                if end.send(()).is_err() {
                    return;
                }
            }
        };
        let thread = std::thread::Builder::new().name("statvfs".into()).stack_size(STACK_BYTES);
        thread.spawn(work).ok()?;
        Some(Self { questions, shared, done })
    }

    /// What was answered before one of them hung, and whether that is all.
    fn answers(&self, paths: Arc<[PathBuf]>) -> (Vec<A>, bool) {
        let count = paths.len();
        let answers = || self.shared.answers.lock().unwrap_or_else(PoisonError::into_inner);
        answers().clear();
        if self.questions.send(paths).is_err() {
            return (Vec::new(), false);
        }
        let (mut seen, mut since) = (0, Instant::now());
        loop {
            match self.done.recv_timeout(LOOK) {
                Ok(()) => break,
                Err(RecvTimeoutError::Timeout) if answers().len() > seen => {
                    (seen, since) = (answers().len(), Instant::now());
                }
                Err(RecvTimeoutError::Timeout) if since.elapsed() < PATIENCE => {}
                Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => {
                    self.shared.left.store(true, Ordering::Relaxed);
                    break;
                }
            }
        }
        let found = std::mem::take(&mut *answers());
        let all = found.len() == count && !self.shared.left.load(Ordering::Relaxed);
        (found, all)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Condvar, Mutex};

    use super::*;

    /// Paths whose file systems hang until they are let go.
    #[derive(Default)]
    struct Gate {
        hangs: Mutex<HashSet<PathBuf>>,
        changed: Condvar,
    }

    impl Gate {
        fn hang(&self, paths: &[&str]) {
            *self.hangs.lock().unwrap() = paths.iter().map(PathBuf::from).collect();
            self.changed.notify_all();
        }

        fn answer(&self, path: &Path) -> usize {
            let hangs = self.hangs.lock().unwrap();
            let hangs = self.changed.wait_while(hangs, |hangs| hangs.contains(path)).unwrap();
            drop(hangs);
            path.as_os_str().len()
        }
    }

    fn ask(asker: &mut Asker<usize>, paths: &[&str]) -> Vec<Option<usize>> {
        let paths: Vec<&Path> = paths.iter().map(Path::new).collect();
        asker.ask(&paths)
    }

    #[test]
    fn one_that_hangs_holds_up_no_other_and_is_asked_again_once_it_is_back() {
        let gate = Arc::new(Gate::default());
        let own = Arc::clone(&gate);
        let mut asker = Asker::new(move |path| own.answer(path));
        let all = ["a", "bb", "ccc"];
        assert_eq!(ask(&mut asker, &all), [Some(1), Some(2), Some(3)]);
        gate.hang(&["bb"]);
        for _ in 0..3 {
            assert_eq!(ask(&mut asker, &all), [Some(1), None, Some(3)]);
            assert_eq!(asker.hung.len(), 1, "one thread waits for it");
        }
        gate.hang(&[]);
        while !asker.hung.is_empty() {
            ask(&mut asker, &["a"]);
        }
        assert_eq!(ask(&mut asker, &all), [Some(1), Some(2), Some(3)]);
    }

    #[test]
    fn however_many_hang_those_that_are_known_to_answer_are_asked() {
        let gate = Arc::new(Gate::default());
        let own = Arc::clone(&gate);
        let mut asker = Asker::new(move |path| own.answer(path));
        assert_eq!(ask(&mut asker, &["well"]), [Some(4)]);
        let names: Vec<String> = (0..20).map(|number| format!("/mnt/{number}")).collect();
        let mut all: Vec<&str> = names.iter().map(String::as_str).collect();
        gate.hang(&all);
        all.push("well");
        for _ in 0..8 {
            let answers = ask(&mut asker, &all);
            assert_eq!(answers.last(), Some(&Some(4)));
            assert!(answers[..20].iter().all(Option::is_none));
            assert!(asker.hung.len() < MAX_THREADS, "{} threads hang", asker.hung.len());
        }
        gate.hang(&[]);
    }
}
