//! A store that runs for a comparison, in its own process with its own data directory.

use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use harness::Program;

const START_TIMEOUT: Duration = Duration::from_secs(60);

/// All data is kept, however old: nothing here is about retention.
pub const RETENTION_YEARS: u32 = 100;

/// What a store is called, and how it tells what it has done.
#[derive(Debug, Clone, Copy)]
pub struct Kind {
    /// Its name in tables.
    pub name: &'static str,
    /// The page that is there once it answers.
    pub ready: &'static str,
    /// The metric that counts the samples it took, up to its labels or with some of them.
    pub samples: &'static str,
}

/// A running store.
pub struct Peer {
    /// What it is.
    pub kind: Kind,
    /// Where it answers, such as `http://127.0.0.1:8440`.
    pub url: String,
    /// Its data directory.
    pub data: PathBuf,
    /// The token that writers show, if it asks for one.
    pub token: Option<String>,
    program: Program,
}

impl Peer {
    /// Starts a command that will answer on `port`, and waits until it does.
    pub fn start(kind: Kind, command: Command, port: u16, data: &Path) -> anyhow::Result<Self> {
        let folder = data.parent().context("a data directory lies in a folder")?;
        let program = Program::start(command, kind.name, folder);
        let url = format!("http://127.0.0.1:{port}");
        let peer = Self { kind, url, data: data.to_owned(), token: None, program };
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        runtime.block_on(peer.wait_until_ready())?;
        Ok(peer)
    }

    async fn wait_until_ready(&self) -> anyhow::Result<()> {
        let start = Instant::now();
        while self.get(self.kind.ready).await.is_err() {
            let log = self.program.stderr();
            ensure!(start.elapsed() < START_TIMEOUT, "{} does not answer:\n{log}", self.kind.name);
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        Ok(())
    }

    /// Its process id.
    pub fn id(&self) -> u32 {
        self.program.id()
    }

    /// What it printed.
    pub fn stdout(&self) -> String {
        self.program.stdout()
    }

    /// Ends it as an operator would; answers its data directory.
    pub fn stop(self) -> PathBuf {
        self.program.terminate();
        self.data
    }

    /// The body of a page, which must be there.
    pub async fn get(&self, path: &str) -> anyhow::Result<String> {
        let answer = harness::fetch(&format!("{}{path}", self.url)).await;
        let (status, body) =
            answer.with_context(|| format!("{} does not answer", self.kind.name))?;
        let body = String::from_utf8(body)?;
        ensure!((200..300).contains(&status), "{}{path}: status {status}: {body}", self.url);
        Ok(body)
    }

    /// Whether it has taken exactly that many samples since it was started.
    pub fn check_taken(&self, samples: usize) -> anyhow::Result<()> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let taken = runtime.block_on(self.metric(self.kind.samples))?;
        ensure!(taken == samples as f64, "{} took {taken} of {samples} samples", self.kind.name);
        Ok(())
    }

    /// What it says of itself on `/metrics`, all labels of that metric together.
    pub async fn metric(&self, name: &str) -> anyhow::Result<f64> {
        let text = self.get("/metrics").await?;
        let value = |line: &str| -> Option<f64> {
            let rest = line.strip_prefix(name)?;
            let value = rest.strip_prefix(' ').or_else(|| rest.split_once("} ").map(|(_, v)| v))?;
            value.parse().ok()
        };
        let values: Vec<f64> = text.lines().filter_map(value).collect();
        ensure!(!values.is_empty(), "{} has no metric {name}", self.kind.name);
        Ok(values.iter().sum())
    }
}

/// A port that nobody listens on now.
pub fn free_port() -> anyhow::Result<u16> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?.port())
}
