//! A collector under test: `headroom serve` with a configuration of its own.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::time::{Duration, Instant};

use headroom::identity::{TokenHash, new_token};
use headroom::store::Store;
use tempfile::TempDir;

use crate::program::{Program, binaries};
use crate::remote_write::Destination;
use crate::tls::{Certificates, certificates};

/// An agent's secret, and the name the collector knows it by.
#[derive(Debug, Clone)]
pub struct Token {
    /// The name.
    pub instance: String,
    /// The secret.
    pub secret: String,
}

/// What a collector is started with.
#[derive(Debug, Clone, Default)]
pub struct CollectorOptions {
    /// Agents that may push.
    pub instances: Vec<String>,
    /// Whether agents speak TLS.
    pub tls: bool,
    /// What the collector asks of its agents, such as `1s`.
    pub interval: Option<String>,
    /// More keys of `[store]`, as lines.
    pub store: String,
    /// More sections, as lines.
    pub more: String,
    /// More keys of `[http]`, as lines.
    pub http: String,
    /// More keys of `[grpc]`, as lines.
    pub grpc: String,
    /// The data directory, if not in the collector's own folder.
    pub directory: Option<PathBuf>,
    /// The command that it is started by, such as `env` or `prlimit` with their arguments.
    pub under: Vec<String>,
}

/// A collector that can be killed and started again at the same addresses.
pub struct CollectorProgram {
    folder: TempDir,
    program: Option<Program>,
    tokens: Vec<Token>,
    /// The token of a writer that may write all but what is an agent's.
    writer: String,
    certificates: Option<Certificates>,
    options: CollectorOptions,
    addresses: Option<(String, String)>,
}

impl CollectorProgram {
    /// Starts a collector on free ports.
    pub async fn start(options: CollectorOptions) -> Self {
        let token = |instance: &String| Token {
            instance: instance.clone(),
            secret: new_token().expect("the system has randomness"),
        };
        let mut collector = Self {
            folder: TempDir::new().expect("a temporary folder"),
            program: None,
            tokens: options.instances.iter().map(token).collect(),
            writer: new_token().expect("the system has randomness"),
            certificates: options.tls.then(certificates),
            options,
            addresses: None,
        };
        collector.start_again().await;
        collector
    }

    /// Starts it again where it was. Its ports lie among those that connections get, so that one may be
    /// taken for a moment.
    pub async fn start_again(&mut self) {
        self.launch();
        let start = Instant::now();
        loop {
            let program = self.program.as_mut().expect("just launched");
            let text = program.stdout();
            let find =
                |start| text.lines().find_map(|line| Some(line.strip_prefix(start)?.to_owned()));
            let announced = (find("http listening on "), find("grpc listening on "));
            if let (Some(http), Some(grpc)) = announced {
                self.addresses = Some((http, grpc));
                return;
            }
            let waits = start.elapsed() < Duration::from_secs(30);
            assert!(waits, "the collector announces: not within 30 s: {}", program.stderr());
            let last = program.stderr().lines().last().map(str::to_owned).unwrap_or_default();
            if !program.is_running() && last.contains("Address already in use") {
                self.launch();
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// Gives it other sections, and the signal to read its configuration anew.
    pub fn read_anew(&mut self, more: &str) {
        more.clone_into(&mut self.options.more);
        self.write_configuration();
        let id = self.id().to_string();
        let told = Command::new("kill").args(["-HUP", &id]).status().expect("kill runs");
        assert!(told.success(), "the collector runs no more");
    }

    fn write_configuration(&self) -> PathBuf {
        let path = self.folder.path().join("collector.toml");
        std::fs::write(&path, self.configuration()).expect("the folder can be written");
        path
    }

    /// Starts it without waiting for it to serve.
    pub fn launch(&mut self) {
        let path = self.write_configuration();
        let headroom = binaries().join("headroom");
        let mut command = match self.options.under.split_first() {
            Some((first, rest)) => {
                let mut command = Command::new(first);
                command.args(rest).arg(headroom);
                command
            }
            None => Command::new(headroom),
        };
        command.arg("serve").arg("--config").arg(path);
        self.program = Some(Program::start(command, "collector", self.folder.path()));
    }

    fn configuration(&self) -> String {
        let free = ("127.0.0.1:0".to_owned(), "127.0.0.1:0".to_owned());
        let (http, grpc) = self.addresses.clone().unwrap_or(free);
        let (data, store) = (self.data(), &self.options.store);
        let mut text = format!(
            "time_zone = 'UTC'\n[http]\nlisten = '{http}'\n{}[store]\ndirectory = '{}'\n{store}\
             [grpc]\nlisten = '{grpc}'\n{}",
            self.options.http,
            data.display(),
            self.options.grpc
        );
        if let Some(certificates) = &self.certificates {
            text.push_str("tls_certificate = 'collector.crt'\ntls_key = 'collector.key'\n");
            let write = |name: &str, content: &str| {
                std::fs::write(self.folder.path().join(name), content).expect("writable");
            };
            write("collector.crt", &certificates.certificate);
            write("collector.key", &certificates.key);
            write("ca.crt", &certificates.authority);
        }
        let writer = TokenHash::of(&self.writer);
        let _ = write!(
            text,
            "[[writers]]\nname = 'tests'\ntoken_sha256 = '{writer}'\ninstance_prefix = ''\njobs = ['*']\n{}",
            self.options.more
        );
        for Token { instance, secret } in &self.tokens {
            let hash = TokenHash::of(secret);
            let _ = write!(text, "[[agents]]\ninstance = '{instance}'\ntoken_sha256 = '{hash}'\n");
            if let Some(interval) = &self.options.interval {
                let _ = writeln!(text, "interval = '{interval}'");
            }
        }
        text
    }

    /// Ends it without warning.
    pub fn kill(&mut self) {
        self.program.take().expect("a running collector").kill();
    }

    /// Ends it as an operator would.
    pub fn terminate(&mut self) {
        self.program.take().expect("a running collector").terminate();
    }

    /// The token of an instance.
    pub fn token(&self, instance: &str) -> Token {
        let token = self.tokens.iter().find(|token| token.instance == instance);
        token.expect("an instance of this collector").clone()
    }

    /// The token of a writer that may write all but what is an agent's.
    pub fn writer_token(&self) -> &str {
        &self.writer
    }

    /// Where remote writes go, and the token of one who may write all but what is an agent's.
    pub fn remote_write(&self) -> Destination {
        Destination { url: self.http("/api/v1/write"), token: self.writer.clone() }
    }

    /// The address of a page or picture.
    pub fn http(&self, path: &str) -> String {
        let (http, _) = self.addresses.as_ref().expect("a collector that was started");
        format!("http://{http}{path}")
    }

    /// Where agents connect.
    pub fn grpc(&self) -> String {
        let (_, grpc) = self.addresses.as_ref().expect("a collector that was started");
        let port = grpc.rsplit(':').next().unwrap_or_default();
        if self.options.tls {
            format!("https://localhost:{port}")
        } else {
            format!("http://{grpc}")
        }
    }

    /// The authority's certificate, if it speaks TLS.
    pub fn authority(&self) -> Option<PathBuf> {
        self.options.tls.then(|| self.folder.path().join("ca.crt"))
    }

    /// Its folder, for files of the test.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Its data directory.
    pub fn data(&self) -> PathBuf {
        let own = || self.folder.path().join("data");
        self.options.directory.clone().unwrap_or_else(own)
    }

    /// Its process id.
    pub fn id(&self) -> u32 {
        self.program.as_ref().expect("a running collector").id()
    }

    /// What it has logged.
    pub fn log(&self) -> String {
        std::fs::read_to_string(self.folder.path().join("collector.stderr")).unwrap_or_default()
    }

    /// Opens its store, after it has ended.
    pub fn open_store(&self) -> Arc<Store> {
        assert!(self.program.is_none(), "the collector still runs");
        Arc::new(Store::open(&self.data()).expect("the store opens"))
    }
}
