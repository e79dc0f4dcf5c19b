//! An agent under test: `headroom-agent run` with a configuration of its own.

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

use crate::collector::{CollectorProgram, Token};
use crate::program::{Program, binaries};
use crate::witness::Witness;

/// What an agent is started with.
#[derive(Debug, Clone)]
pub struct AgentOptions {
    /// Time between rounds, such as `1s`.
    pub interval: String,
    /// Samplers that are left out.
    pub off: &'static [&'static str],
    /// The spool's limit, such as `256 MiB`.
    pub spool_bytes: String,
    /// How long a frame may be on its way before the spool gets it.
    pub write_after: String,
    /// The spool's place, if not in the agent's own folder.
    pub spool: Option<PathBuf>,
    /// Whether a witness sees what it samples.
    pub witness: bool,
    /// Where it pushes, if not straight to the collector.
    pub via: Option<String>,
    /// More sections of its configuration.
    pub sections: String,
    /// Its program, if not this build's.
    pub program: Option<PathBuf>,
    /// The command that it is started by, such as `ip netns exec` with its arguments.
    pub under: Vec<String>,
    /// Files that they name, readable by the agent only.
    pub files: Vec<(&'static str, String)>,
}

impl AgentOptions {
    /// An agent that takes a round each `interval`.
    pub fn each(interval: &str) -> Self {
        Self {
            interval: interval.into(),
            off: &[],
            spool_bytes: "64 MiB".into(),
            write_after: "1s".into(),
            spool: None,
            witness: false,
            via: None,
            sections: String::new(),
            program: None,
            under: Vec::new(),
            files: Vec::new(),
        }
    }
}

/// How an agent gets to its collector.
struct Way {
    url: String,
    secret: String,
    authority: Option<PathBuf>,
}

/// An agent that can be killed and started again on the same spool.
pub struct AgentProgram {
    folder: TempDir,
    spool: PathBuf,
    path: PathBuf,
    under: Vec<String>,
    program: Option<Program>,
    witness: Option<Witness>,
}

impl AgentProgram {
    /// Starts an agent of that collector.
    pub fn start(collector: &CollectorProgram, instance: &str, options: &AgentOptions) -> Self {
        let Token { secret, .. } = collector.token(instance);
        let url = options.via.clone().unwrap_or_else(|| collector.grpc());
        Self::start_with(Way { url, secret, authority: collector.authority() }, options)
    }

    /// Starts an agent of whatever listens at `url`, with a token that is any.
    pub fn start_at(url: &str, options: &AgentOptions) -> Self {
        let (url, secret) = (url.to_owned(), "secret".to_owned());
        Self::start_with(Way { url, secret, authority: None }, options)
    }

    fn start_with(way: Way, options: &AgentOptions) -> Self {
        let folder = TempDir::new().expect("a temporary folder");
        write_secret(&folder.path().join("token"), &way.secret);
        for (name, content) in &options.files {
            write_secret(&folder.path().join(name), content);
        }
        let spool = options.spool.clone().unwrap_or_else(|| folder.path().join("spool"));
        let authority = way.authority.map(|path| format!("ca_file = '{}'\n", path.display()));
        let text = format!(
            "[collector]\nurl = '{}'\ntoken_file = 'token'\n{}[sampler]\ninterval = '{}'\noff = {:?}\n\
             [spool]\ndirectory = '{}'\nmax_bytes = '{}'\nwrite_after = '{}'\n{}",
            way.url,
            authority.unwrap_or_default(),
            options.interval,
            options.off,
            spool.display(),
            options.spool_bytes,
            options.write_after,
            options.sections,
        );
        std::fs::write(folder.path().join("agent.toml"), text).expect("writable");
        let witness = options.witness.then(|| Witness::of(&spool, folder.path().join("witness")));
        let own = || binaries().join("headroom-agent");
        let path = options.program.clone().unwrap_or_else(own);
        let under = options.under.clone();
        let mut agent = Self { folder, spool, path, under, program: None, witness };
        agent.start_again();
        agent
    }

    /// Starts it again on the same spool.
    pub fn start_again(&mut self) {
        let mut command = match self.under.split_first() {
            Some((first, rest)) => {
                let mut command = Command::new(first);
                command.args(rest).arg(&self.path);
                command
            }
            None => Command::new(&self.path),
        };
        command.arg("run").arg("--config").arg(self.folder.path().join("agent.toml"));
        self.program = Some(Program::start(command, "agent", self.folder.path()));
    }

    /// Ends it without warning.
    pub fn kill(&mut self) {
        self.program.take().expect("a running agent").kill();
    }

    /// Ends it as an operator would.
    pub fn terminate(&mut self) {
        self.program.take().expect("a running agent").terminate();
    }

    /// Its process id.
    pub fn id(&self) -> u32 {
        self.program.as_ref().expect("a running agent").id()
    }

    /// What it has logged.
    pub fn log(&self) -> String {
        std::fs::read_to_string(self.folder.path().join("agent.stderr")).unwrap_or_default()
    }

    /// Who saw what it sampled.
    pub fn witness(&self) -> &Witness {
        self.witness.as_ref().expect("an agent with a witness")
    }

    /// Replaces a file that its configuration names.
    pub fn write(&self, name: &str, content: &str) {
        write_secret(&self.folder.path().join(name), content);
    }

    /// Its folder: configuration, spool, logs.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Its spool's folder.
    pub fn spool(&self) -> &Path {
        &self.spool
    }
}

fn write_secret(path: &Path, content: &str) {
    std::fs::write(path, content).expect("writable");
    let secret = std::fs::Permissions::from_mode(0o600);
    std::fs::set_permissions(path, secret).expect("our own file");
}
