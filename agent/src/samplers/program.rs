//! Asks a program of the host, within limits of time and length.

use std::ffi::OsStr;
use std::io::{Error, ErrorKind, Read, Result};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};

use super::SampleError;

/// How long an answer may take; on a busy host the child waits for its turn.
const PATIENCE: Duration = Duration::from_secs(20);

/// Where programs are, below the host's root.
const FOLDERS: [&str; 4] = ["usr/bin", "bin", "usr/sbin", "sbin"];

/// A program that is asked again and again.
#[derive(Debug, Clone)]
pub struct Program {
    path: PathBuf,
    patience: Duration,
    most_bytes: usize,
}

impl Program {
    /// The program of that name, whose answers are no longer than so many bytes.
    pub fn new(root: &Path, name: &str, most_bytes: usize) -> Self {
        let places = FOLDERS.map(|folder| root.join(folder).join(name));
        let there = places.iter().find(|place| place.exists()).unwrap_or(&places[0]);
        Self { path: there.clone(), patience: PATIENCE, most_bytes }
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    /// What it prints if it is asked with these arguments; what is no UTF-8 is replaced.
    pub fn ask<A: AsRef<OsStr>>(
        &self,
        arguments: impl IntoIterator<Item = A>,
    ) -> std::result::Result<String, SampleError> {
        let answer = self.answer(arguments);
        answer.map_err(|source| SampleError::Ask { program: self.path.clone(), source })
    }

    fn answer<A: AsRef<OsStr>>(&self, arguments: impl IntoIterator<Item = A>) -> Result<String> {
        let mut child = Command::new(&self.path)
            .args(arguments)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()?;
        let deadline = Instant::now() + self.patience;
        let answer = self.read_whole(child.stdout.take(), deadline);
        let ended = answer.and_then(|text| Ok((text, end(&mut child, deadline)?)));
        if ended.is_err() {
            let _ = child.kill();
            let _ = child.wait();
        }
        match ended? {
            (text, status) if status.success() => Ok(String::from_utf8_lossy(&text).into_owned()),
            (_, status) => Err(Error::other(format!("it ended with {status}"))),
        }
    }

    fn read_whole(&self, from: Option<ChildStdout>, deadline: Instant) -> Result<Vec<u8>> {
        let mut text = Vec::new();
        let Some(mut from) = from else { return Ok(text) };
        let mut piece = [0; 4096];
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            let time = Timespec::try_from(left).map_err(Error::other)?;
            if poll(&mut [PollFd::new(&from, PollFlags::IN)], Some(&time))? == 0 {
                return Err(ErrorKind::TimedOut.into());
            }
            match from.read(&mut piece)? {
                0 => return Ok(text),
                read => text.extend_from_slice(&piece[..read]),
            }
            if text.len() > self.most_bytes {
                return Err(Error::other(format!("more than {} bytes", self.most_bytes)));
            }
        }
    }
}

/// Waits for the end of a child that has said everything.
fn end(child: &mut Child, deadline: Instant) -> Result<ExitStatus> {
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(status);
        }
        if Instant::now() >= deadline {
            return Err(ErrorKind::TimedOut.into());
        }
        std::thread::sleep(Duration::from_millis(1));
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use rustix::fs::{CWD, FileType, mknodat};

    use super::*;

    const SYSTEMCTL: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/src/samplers/fixtures/systemctl");

    fn program(folder: &Path, patience: Duration) -> Program {
        std::fs::create_dir_all(folder.join("usr/bin")).unwrap();
        symlink(SYSTEMCTL, folder.join("usr/bin/systemctl")).unwrap();
        Program { patience, ..Program::new(folder, "systemctl", 100) }
    }

    #[test]
    fn a_program_that_does_not_answer_is_ended() {
        let folder = tempfile::TempDir::new().unwrap();
        let program = program(folder.path(), Duration::from_millis(1));
        // A pipe that nobody writes into.
        let answer = folder.path().join("usr/bin/answer");
        mknodat(CWD, &answer, FileType::Fifo, 0o600.into(), 0).unwrap();
        let error = program.answer([""; 0]).err();
        assert_eq!(error.map(|error| error.kind()), Some(ErrorKind::TimedOut));
    }

    #[test]
    fn an_answer_is_text_and_no_longer_than_it_may_be() {
        let folder = tempfile::TempDir::new().unwrap();
        let program = program(folder.path(), Duration::from_mins(1));
        let answer = folder.path().join("usr/bin/answer");
        std::fs::write(&answer, b"a\xffb\n").unwrap();
        assert_eq!(program.answer([""; 0]).unwrap(), "a\u{fffd}b\n");
        std::fs::write(&answer, "x".repeat(101)).unwrap();
        assert_eq!(program.answer([""; 0]).unwrap_err().to_string(), "more than 100 bytes");
        std::fs::remove_file(&answer).unwrap();
        let error = program.ask([""; 0]).unwrap_err();
        assert!(error.to_string().starts_with("failed to ask "), "{error}");
    }
}
