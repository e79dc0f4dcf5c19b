//! Asks `systemctl show`, within limits of time and length, and reads what it prints.

use std::io::{ErrorKind, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};

use super::{Unit, UnitName};
use crate::samplers::SampleError;
use crate::samplers::proc_file::parse_error;

/// How long an answer may take; on a busy host the child waits for its turn.
const PATIENCE: Duration = Duration::from_secs(20);

/// The longest answer: some 400 units.
const MAX_BYTES: usize = 64 << 10;

/// What is asked of each unit. A systemd that does not know a property leaves it out.
const PROPERTIES: &str =
    "--property=Id,LoadState,ActiveState,Type,NRestarts,ActiveEnterTimestampMonotonic";

/// States in which a unit has been active since it was last made so.
const ACTIVE: [&str; 3] = ["active", "reloading", "refreshing"];

/// A question to systemd, asked again and again.
pub struct Systemctl {
    program: PathBuf,
    units: Vec<UnitName>,
    patience: Duration,
}

impl Systemctl {
    pub fn new(root: &Path, units: &[UnitName]) -> Self {
        let places = ["usr/bin/systemctl", "bin/systemctl"].map(|place| root.join(place));
        let there = places.iter().find(|place| place.exists()).unwrap_or(&places[0]);
        Self { program: there.clone(), units: units.to_vec(), patience: PATIENCE }
    }

    /// The units that are installed.
    pub fn show(&self) -> Result<Vec<Unit>, SampleError> {
        let text = self
            .ask()
            .map_err(|source| SampleError::Ask { program: self.program.clone(), source })?;
        read_units(&text).map_err(|line| parse_error(&self.program, line))
    }

    fn ask(&self) -> std::io::Result<String> {
        let mut child = Command::new(&self.program)
            .args(["show", "--no-pager", PROPERTIES, "--"])
            .args(self.units.iter().map(UnitName::as_str))
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()?;
        let deadline = Instant::now() + self.patience;
        let answer = read_whole(child.stdout.take(), deadline);
        let ended = answer.and_then(|text| Ok((text, end(&mut child, deadline)?)));
        if ended.is_err() {
            let _ = child.kill();
            let _ = child.wait();
        }
        match ended? {
            (text, status) if status.success() => String::from_utf8(text)
                .map_err(|_| std::io::Error::new(ErrorKind::InvalidData, "not UTF-8")),
            (_, status) => Err(std::io::Error::other(format!("it ended with {status}"))),
        }
    }
}

fn read_whole(from: Option<ChildStdout>, deadline: Instant) -> std::io::Result<Vec<u8>> {
    let mut text = Vec::new();
    let Some(mut from) = from else { return Ok(text) };
    let mut piece = [0; 4096];
    loop {
        let left = deadline.saturating_duration_since(Instant::now());
        let time = Timespec::try_from(left).map_err(std::io::Error::other)?;
        if poll(&mut [PollFd::new(&from, PollFlags::IN)], Some(&time))? == 0 {
            return Err(ErrorKind::TimedOut.into());
        }
        match from.read(&mut piece)? {
            0 => return Ok(text),
            read => text.extend_from_slice(&piece[..read]),
        }
        if text.len() > MAX_BYTES {
            return Err(std::io::Error::other(format!("more than {MAX_BYTES} bytes")));
        }
    }
}

/// Waits for the end of a child that has said everything.
fn end(child: &mut Child, deadline: Instant) -> std::io::Result<ExitStatus> {
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

/// Reads blocks of lines `Key=value` with an empty line between two units; the error is the line
/// that is none.
pub fn read_units(text: &str) -> Result<Vec<Unit>, &str> {
    let mut units: Vec<Unit> = Vec::new();
    for block in text.split("\n\n").filter(|block| !block.trim().is_empty()) {
        if let Some(unit) = read_unit(block)?
            && units.iter().all(|known| known.name != unit.name)
        {
            units.push(unit);
        }
    }
    Ok(units)
}

/// None for a unit that is not installed, or masked: switched off for good by the operator.
fn read_unit(block: &str) -> Result<Option<Unit>, &str> {
    let mut pairs = Vec::new();
    for line in block.lines().filter(|line| !line.is_empty()) {
        pairs.push(line.split_once('=').ok_or(line)?);
    }
    let value = |key: &str| pairs.iter().find(|(name, _)| *name == key).map(|(_, value)| *value);
    let first = block.lines().next().unwrap_or_default();
    let needed = |key: &str| value(key).filter(|value| !value.is_empty()).ok_or(first);
    let (name, state) = (needed("Id")?, needed("ActiveState")?);
    if matches!(needed("LoadState")?, "not-found" | "masked") {
        return Ok(None);
    }
    let since = value("ActiveEnterTimestampMonotonic").and_then(|value| value.parse().ok());
    Ok(Some(Unit {
        name: name.to_owned(),
        state: state.to_owned(),
        service_type: value("Type").unwrap_or_default().to_owned(),
        restarts: value("NRestarts").and_then(|value| value.parse().ok()),
        active_since: since.map(Duration::from_micros).filter(|_| ACTIVE.contains(&state)),
    }))
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use rustix::fs::{CWD, FileType, mknodat};

    use super::*;

    const SYSTEMCTL: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/src/samplers/fixtures/systemctl");

    #[test]
    fn a_program_that_does_not_answer_is_ended() {
        let folder = tempfile::TempDir::new().unwrap();
        let program = folder.path().join("systemctl");
        symlink(SYSTEMCTL, &program).unwrap();
        // A pipe that nobody writes into.
        let answer = folder.path().join("answer");
        mknodat(CWD, &answer, FileType::Fifo, 0o600.into(), 0).unwrap();
        let patience = Duration::from_millis(1);
        let error = Systemctl { program, units: Vec::new(), patience }.ask().err();
        assert_eq!(error.map(|error| error.kind()), Some(ErrorKind::TimedOut));
    }
}
