//! How many processes and threads there are in each state, from all of /proc. That costs a file for each
//! thread of the host, so it is read beside the rounds, and only where an operator asks for it.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant, SystemTime};

use headroom_proto::catalogue::{
    NODE_PROCESSES_MAX_PROCESSES, NODE_PROCESSES_MAX_THREADS, NODE_PROCESSES_PIDS,
    NODE_PROCESSES_STATE, NODE_PROCESSES_THREADS, NODE_PROCESSES_THREADS_STATE,
};

use super::background::Background;
use super::proc_file::{TextBuffer, count};
use super::{SampleError, Sampler};
use crate::series::Round;

const INTERVAL: Duration = Duration::from_secs(30);

/// The most processes and threads whose files are read.
const MOST_FILES: usize = 100_000;

/// Of /proc/PID/stat behind the name: the state comes first, and this many fields on the threads.
const TO_THREADS: usize = 17;

pub struct ProcessStates {
    counted: Background<Tasks>,
}

/// What was counted.
#[derive(Debug, Default, PartialEq)]
struct Tasks {
    processes: u64,
    states: BTreeMap<char, u64>,
    threads: u64,
    thread_states: BTreeMap<char, u64>,
    max_processes: Option<f64>,
    max_threads: Option<f64>,
    /// Files that were read.
    read: usize,
}

impl ProcessStates {
    /// None if no thread can be had.
    pub fn new(root: &Path) -> Option<Self> {
        let proc = root.join("proc");
        let work = move |_: &_| Tasks::of(&proc);
        Some(Self { counted: Background::start("process_states", INTERVAL, work).ok()? })
    }
}

impl Sampler for ProcessStates {
    fn name(&self) -> &'static str {
        "process_states"
    }

    fn sample(&mut self, _: SystemTime, round: &mut Round<'_>) -> Result<(), SampleError> {
        if let Some(tasks) = self.counted.last()? {
            tasks.push(round);
        }
        Ok(())
    }

    fn settle(&mut self, deadline: Instant) {
        self.counted.settle(deadline);
    }
}

impl Tasks {
    fn of(proc: &Path) -> Result<Self, SampleError> {
        let mut tasks = Self::default();
        let mut buffer = TextBuffer::default();
        let mut limit = |path: &str| {
            let text = buffer.read(&proc.join(path)).ok().flatten()?;
            count(text.trim())
        };
        tasks.max_processes = limit("sys/kernel/pid_max");
        tasks.max_threads = limit("sys/kernel/threads-max");
        let failed = |source| SampleError::Read { path: proc.to_owned(), source };
        for folder in numbered(proc).map_err(failed)? {
            // It may end at any moment.
            let Some((state, threads)) = tasks.look(&folder, &mut buffer) else { continue };
            tasks.processes += 1;
            *tasks.states.entry(state).or_default() += 1;
            let inner = if threads > 1 { numbered(&folder.join("task")).ok() } else { None };
            match inner {
                Some(inner) => {
                    for folder in inner {
                        if let Some((state, _)) = tasks.look(&folder, &mut buffer) {
                            tasks.count(state);
                        }
                    }
                }
                None => tasks.count(state),
            }
        }
        // What was counted in part is no count.
        if tasks.read > MOST_FILES {
            let message = format!("{}: more than {MOST_FILES} tasks", proc.display());
            return Err(SampleError::Skipped(message));
        }
        Ok(tasks)
    }

    fn count(&mut self, state: char) {
        self.threads += 1;
        *self.thread_states.entry(state).or_default() += 1;
    }

    /// State and threads of a process, or of a thread.
    fn look(&mut self, folder: &Path, buffer: &mut TextBuffer) -> Option<(char, u64)> {
        self.read += 1;
        if self.read > MOST_FILES {
            return None;
        }
        let line = buffer.read(&folder.join("stat")).ok()??;
        let (_, rest) = line.rsplit_once(") ")?;
        let mut fields = rest.split_ascii_whitespace();
        let state = fields.next()?.chars().next().filter(char::is_ascii_alphabetic)?;
        Some((state, fields.nth(TO_THREADS - 1)?.parse().ok()?))
    }

    fn push(&self, round: &mut Round<'_>) {
        let mut letter = [0; 4];
        for (metric, label, states) in [
            (NODE_PROCESSES_STATE, "state", &self.states),
            (NODE_PROCESSES_THREADS_STATE, "thread_state", &self.thread_states),
        ] {
            for (state, count) in states {
                let labels = [(label, &*state.encode_utf8(&mut letter))];
                round.push(metric.name, &labels, *count as f64);
            }
        }
        round.push(NODE_PROCESSES_PIDS.name, &[], self.processes as f64);
        round.push(NODE_PROCESSES_THREADS.name, &[], self.threads as f64);
        for (metric, limit) in [
            (NODE_PROCESSES_MAX_PROCESSES, self.max_processes),
            (NODE_PROCESSES_MAX_THREADS, self.max_threads),
        ] {
            if let Some(limit) = limit {
                round.push(metric.name, &[], limit);
            }
        }
    }
}

/// The folders of processes or threads.
fn numbered(folder: &Path) -> std::io::Result<Vec<PathBuf>> {
    let entries = std::fs::read_dir(folder)?.flatten();
    let is_number = |name: &str| !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_digit());
    let own = entries.filter(|entry| entry.file_name().to_str().is_some_and(is_number));
    Ok(own.map(|entry| entry.path()).collect())
}
