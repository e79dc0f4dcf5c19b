//! Asks `systemctl show`, and reads what it prints.

use std::path::Path;
use std::time::Duration;

use super::{Manager, Shown, Socket, Unit, UnitName, Wanted};
use crate::samplers::SampleError;
use crate::samplers::proc_file::parse_error;
use crate::samplers::program::Program;

/// The longest answer: some 400 units of those that are asked for by name, or some 5000 in all.
const MAX_BYTES: usize = 64 << 10;
const MAX_BYTES_OF_ALL: usize = 1 << 20;

/// What is asked of each unit. A systemd that does not know a property leaves it out.
const PROPERTIES: &str =
    "--property=Id,LoadState,ActiveState,Type,NRestarts,ActiveEnterTimestampMonotonic";

/// What is asked of each unit where all are told.
const MORE_PROPERTIES: &str = "--property=NAccepted,NConnections,NRefused,LastTriggerUSecMonotonic";

/// What is asked of systemd itself.
const OF_MANAGER: &str = "--property=Version,SystemState";

/// States in which a unit has been active since it was last made so.
const ACTIVE: [&str; 3] = ["active", "reloading", "refreshing"];

/// Units of which systemd has said how long ago something was, in microseconds of each.
const SPANS: [(&str, f64); 9] = [
    ("month", 2_629_800e6),
    ("min", 60e6),
    ("ms", 1e3),
    ("us", 1.0),
    ("y", 31_557_600e6),
    ("w", 604_800e6),
    ("d", 86_400e6),
    ("h", 3_600e6),
    ("s", 1e6),
];

/// A question to systemd, asked again and again.
pub struct Systemctl {
    program: Program,
    wanted: Wanted,
}

impl Systemctl {
    pub fn new(root: &Path, wanted: &Wanted) -> Self {
        let most_bytes = match wanted {
            Wanted::Named(_) => MAX_BYTES,
            Wanted::Every => MAX_BYTES_OF_ALL,
        };
        Self { program: Program::new(root, "systemctl", most_bytes), wanted: wanted.clone() }
    }

    /// The units that are installed, and of all of them also systemd itself.
    pub fn show(&self) -> Result<Shown, SampleError> {
        let mut arguments = vec!["show", "--no-pager", PROPERTIES];
        match &self.wanted {
            Wanted::Named(units) => {
                arguments.push("--");
                arguments.extend(units.iter().map(UnitName::as_str));
            }
            Wanted::Every => arguments.extend([MORE_PROPERTIES, "--", "*"]),
        }
        let text = self.program.ask(arguments)?;
        let mut shown = read_units(&text, self.program.path());
        if let Wanted::Every = self.wanted {
            let text = self.program.ask(["show", "--no-pager", OF_MANAGER])?;
            shown.manager = read_manager(&text);
        }
        Ok(shown)
    }
}

/// Reads blocks of lines `Key=value` with an empty line between two units, as `program` printed them. A
/// block that is none takes no other along.
pub fn read_units(text: &str, program: &Path) -> Shown {
    let mut shown = Shown::default();
    for block in text.split("\n\n").filter(|block| !block.trim().is_empty()) {
        match read_unit(block) {
            Ok(Some(unit)) if shown.units.iter().any(|known| known.name == unit.name) => {}
            Ok(unit) => shown.units.extend(unit),
            Err(line) => shown.mistakes.push(parse_error(program, line).to_string()),
        }
    }
    shown
}

/// The values of a block by key; the error is the line that is no such pair.
fn pairs(block: &str) -> Result<Vec<(&str, &str)>, &str> {
    let lines = block.lines().filter(|line| !line.is_empty());
    lines.map(|line| line.split_once('=').ok_or(line)).collect()
}

/// None for a unit that is not installed, or masked: switched off for good by the operator.
fn read_unit(block: &str) -> Result<Option<Unit>, &str> {
    let pairs = pairs(block)?;
    let value = |key: &str| pairs.iter().find(|(name, _)| *name == key).map(|(_, value)| *value);
    let first = block.lines().next().unwrap_or_default();
    let needed = |key: &str| value(key).filter(|value| !value.is_empty()).ok_or(first);
    let (name, state) = (needed("Id")?, needed("ActiveState")?);
    if matches!(needed("LoadState")?, "not-found" | "masked") {
        return Ok(None);
    }
    let count = |key: &str| value(key)?.parse::<u64>().ok().map(|count| count as f64);
    let since = value("ActiveEnterTimestampMonotonic").and_then(|value| value.parse().ok());
    let socket = name.ends_with(".socket").then(|| Socket {
        accepted: count("NAccepted"),
        current: count("NConnections"),
        refused: count("NRefused"),
    });
    Ok(Some(Unit {
        name: name.to_owned(),
        state: state.to_owned(),
        service_type: value("Type").unwrap_or_default().to_owned(),
        restarts: count("NRestarts"),
        active_since: since.map(Duration::from_micros).filter(|_| ACTIVE.contains(&state)),
        socket,
        triggered: value("LastTriggerUSecMonotonic").and_then(span),
    }))
}

/// What systemd says of itself; none if it says nothing that is understood.
fn read_manager(text: &str) -> Option<Manager> {
    let pairs = pairs(text.trim()).ok()?;
    let value = |key: &str| pairs.iter().find(|(name, _)| *name == key).map(|(_, value)| *value);
    let version = value("Version").unwrap_or_default();
    // `252.38-1~deb12u1` is 252.38, and `257~rc1` is 257.
    let end = version.find(|letter: char| !letter.is_ascii_digit() && letter != '.');
    let number = version[..end.unwrap_or(version.len())].trim_end_matches('.').parse().ok();
    let running = value("SystemState").filter(|state| !state.is_empty());
    Some(Manager {
        version: number.map(|number| (version.to_owned(), number)),
        is_running: running.map(|state| state == "running"),
    })
}

/// A time such as `1d 3h 2min 5.123456s`; none if there has been none, which is 0.
fn span(text: &str) -> Option<Duration> {
    let mut micros = 0.0;
    for part in text.split_ascii_whitespace().filter(|part| *part != "0") {
        let (number, unit) = SPANS.iter().find_map(|(unit, micros)| {
            Some((part.strip_suffix(unit)?.parse::<f64>().ok()?, *micros))
        })?;
        micros += number * unit;
    }
    let is_one = micros.is_finite() && micros > 0.0;
    is_one.then(|| Duration::try_from_secs_f64(micros / 1e6).ok())?
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_span_is_read_as_systemd_writes_it() {
        for (text, seconds) in [
            ("5.123456s", Some(5.123_456)),
            ("1d 3h 2min 5s", Some(86_400.0 + 10_800.0 + 125.0)),
            ("1month 1w 250ms", Some(2_629_800.0 + 604_800.0 + 0.25)),
            ("1y 3us", Some(31_557_600.000_003)),
            ("0", None),
            ("", None),
            ("soon", None),
            ("infinity", None),
            ("1e400s", None),
            ("-5s", None),
        ] {
            let found = span(text).map(|span| span.as_secs_f64());
            assert_eq!(found, seconds, "{text}");
        }
    }

    #[test]
    fn systemd_tells_its_version_and_how_it_is() {
        for (text, version, is_running) in [
            ("Version=252.38-1~deb12u1\nSystemState=running\n", Some(252.38), Some(true)),
            ("Version=257~rc1\nSystemState=degraded\n", Some(257.0), Some(false)),
            ("Version=v1\nSystemState=\n", None, None),
            ("", None, None),
        ] {
            let manager = read_manager(text).unwrap();
            assert_eq!(manager.version.map(|(_, number)| number), version, "{text}");
            assert_eq!(manager.is_running, is_running, "{text}");
        }
        assert_eq!(read_manager("no line with a sign"), None);
    }
}
