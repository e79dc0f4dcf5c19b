//! A running demo over a copy of kept data.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::ensure;
use harness::{Program, binaries};
use tempfile::TempDir;

use crate::process;

/// A history of thirty days takes minutes where there are few cores.
const START_TIMEOUT: Duration = Duration::from_secs(900);

/// A demo that answers.
pub struct Demo {
    http: String,
    program: Program,
    /// Its data, gone with it.
    _folder: TempDir,
}

/// The kept data directory of a demo by its name: what an earlier run left, else a new one, made by
/// `program`.
pub fn seed(program: &Path, name: &str) -> anyhow::Result<PathBuf> {
    let seed = binaries().with_file_name("recordings").join(name);
    if seed.exists() {
        return Ok(seed);
    }
    println!("making the demo's history into {}", seed.display());
    // Whole or not at all: a run that is broken off leaves no data.
    let unfinished = seed.with_extension("unfinished");
    let _ = std::fs::remove_dir_all(&unfinished);
    std::fs::create_dir_all(&unfinished)?;
    let logs = TempDir::new()?;
    let demo = start(program, &unfinished, logs.path())?;
    // What is due is merged and rolled up.
    process::wait_until_idle(demo.1.id())?;
    demo.1.terminate();
    std::fs::rename(unfinished, &seed)?;
    Ok(seed)
}

impl Demo {
    /// Starts a program's demo over a copy of the data; it catches up first.
    pub fn start(program: &Path, seed: &Path) -> anyhow::Result<Self> {
        let folder = TempDir::new()?;
        let data = folder.path().join("data");
        let copied = Command::new("cp").arg("-a").arg(seed).arg(&data).status()?;
        ensure!(copied.success(), "cp -a {} failed", seed.display());
        let (http, program) = start(program, &data, folder.path())?;
        Ok(Self { http, program, _folder: folder })
    }

    /// Its process id.
    pub fn id(&self) -> u32 {
        self.program.id()
    }

    /// The address of a page or picture.
    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.http)
    }

    /// Ends it as an operator would.
    pub fn stop(self) {
        self.program.terminate();
    }
}

/// What it says, of so many days, once readers are let in.
const HISTORY_IS_THERE: &str = " of 6 hosts in ";

/// Starts a demo and waits until its history is there.
fn start(program: &Path, data: &Path, logs: &Path) -> anyhow::Result<(String, Program)> {
    let mut command = Command::new(program);
    command.args(["demo", "--http", "127.0.0.1:0", "--grpc", "127.0.0.1:0", "--data"]).arg(data);
    let mut program = Program::start(command, "demo", logs);
    let start = Instant::now();
    loop {
        let announced = program.stdout();
        let http = announced.lines().find_map(|line| line.strip_prefix("http listening on "));
        if let Some(http) = http
            && program.stderr().contains(HISTORY_IS_THERE)
        {
            return Ok((http.to_owned(), program));
        }
        let waits = program.is_running() && start.elapsed() < START_TIMEOUT;
        ensure!(waits, "the demo does not come to its history's end:\n{}", program.stderr());
        std::thread::sleep(Duration::from_millis(100));
    }
}
