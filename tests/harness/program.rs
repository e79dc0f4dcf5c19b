//! A running program: its output in files, its end by id, never left behind.

use std::ffi::OsStr;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

const END_TIMEOUT: Duration = Duration::from_secs(20);

/// Cargo, with the compiler that lies beside it: sources of a dependency may name a toolchain of their own, which
/// rustup would use for it.
pub fn cargo() -> Command {
    let cargo = Path::new(env!("CARGO"));
    let mut command = Command::new(cargo);
    let compiler = cargo.with_file_name("rustc");
    if compiler.exists() {
        command.env("RUSTC", compiler);
    }
    command
}

/// The folder of the programs under test, built with the profile of this test and up to date.
pub fn binaries() -> &'static Path {
    static FOLDER: OnceLock<PathBuf> = OnceLock::new();
    FOLDER.get_or_init(|| {
        let own = std::env::current_exe().expect("a running test has a path");
        let folder = own.ancestors().find(|folder| folder.join(".fingerprint").exists());
        let folder = folder.expect("a test lies in a profile's folder").to_owned();
        let mut build = cargo();
        // The whole workspace, so that crates are built with the features they have here anyway.
        build.args(["build", "--quiet", "--workspace", "--bins"]);
        if folder.file_name() == Some(OsStr::new("release")) {
            build.arg("--release");
        }
        build.current_dir(env!("CARGO_MANIFEST_DIR"));
        // What cargo tells a test of its own package is told to no build: some would be done anew.
        let of_package = |name: &OsStr| {
            let name = name.to_string_lossy();
            name.starts_with("CARGO_PKG_") || name.starts_with("CARGO_MANIFEST_")
        };
        for (name, _) in std::env::vars_os().filter(|(name, _)| of_package(name)) {
            build.env_remove(name);
        }
        assert!(build.status().expect("cargo runs").success(), "the programs do not build");
        folder
    })
}

/// What a program that has ended said.
#[derive(Debug)]
pub struct Output {
    /// The exit code; none if a signal ended it.
    pub code: Option<i32>,
    /// Standard output.
    pub stdout: String,
    /// Standard error.
    pub stderr: String,
}

/// Runs one of our programs to its end.
pub fn run<S: AsRef<OsStr>>(program: &str, arguments: impl IntoIterator<Item = S>) -> Output {
    let output = Command::new(binaries().join(program))
        .args(arguments)
        .stdin(Stdio::null())
        .output()
        .unwrap_or_else(|error| panic!("{program} does not start: {error}"));
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let (stdout, stderr) = (text(&output.stdout), text(&output.stderr));
    Output { code: output.status.code(), stdout, stderr }
}

/// A program that runs until it is ended.
pub struct Program {
    name: String,
    child: Child,
    stdout: PathBuf,
    stderr: PathBuf,
}

impl Program {
    /// Starts a command; its output goes to files in `folder`, appended over restarts.
    pub fn start(mut command: Command, name: &str, folder: &Path) -> Self {
        let stdout = folder.join(format!("{name}.stdout"));
        let stderr = folder.join(format!("{name}.stderr"));
        let append = |path: &Path| {
            let file = File::options().create(true).append(true).open(path);
            file.unwrap_or_else(|error| panic!("{}: {error}", path.display()))
        };
        // A restart announces itself anew.
        let _ = std::fs::remove_file(&stdout);
        command.stdin(Stdio::null()).stdout(append(&stdout)).stderr(append(&stderr));
        let child = command.spawn().unwrap_or_else(|error| panic!("{name}: {error}"));
        Self { name: name.to_owned(), child, stdout, stderr }
    }

    /// Its process id.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Standard output so far.
    pub fn stdout(&self) -> String {
        std::fs::read_to_string(&self.stdout).unwrap_or_default()
    }

    /// Standard error so far, over all restarts.
    pub fn stderr(&self) -> String {
        std::fs::read_to_string(&self.stderr).unwrap_or_default()
    }

    /// Whether it runs.
    pub fn is_running(&mut self) -> bool {
        matches!(self.child.try_wait(), Ok(None))
    }

    /// How it ended, once it has.
    pub fn ended(&mut self) -> Option<ExitStatus> {
        self.child.try_wait().ok().flatten()
    }

    /// SIGKILL, and waits for its end.
    pub fn kill(mut self) {
        self.child.kill().expect("our own child can be killed");
        self.child.wait().expect("a killed child ends");
    }

    /// SIGTERM, and waits for its end, which must be a good one.
    pub fn terminate(mut self) {
        let status = self.signal_and_wait();
        assert!(status.success(), "{} ended with {status}:\n{}", self.name, self.stderr());
    }

    fn signal_and_wait(&mut self) -> ExitStatus {
        let pid = Pid::from_raw(self.child.id() as i32).expect("a child has an id");
        kill_process(pid, Signal::TERM).expect("our own child takes signals");
        let start = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait().expect("our own child can be waited for") {
                return status;
            }
            assert!(
                start.elapsed() < END_TIMEOUT,
                "{} does not end:\n{}",
                self.name,
                self.stderr()
            );
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}

impl Drop for Program {
    /// A test that failed leaves no process behind either.
    fn drop(&mut self) {
        if self.is_running() {
            let _ = self.child.kill();
            let _ = self.child.wait();
            if std::thread::panicking() {
                eprintln!("--- {} ---\n{}", self.name, self.stderr());
            }
        }
    }
}
