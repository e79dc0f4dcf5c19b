//! States of systemd units under node_exporter's names, as `systemctl show` tells them.
//!
//! `systemctl` as a child each minute, beside the rounds, and no D-Bus client: it costs some
//! milliseconds of CPU a minute, speaks with every systemd since 2012, and needs no crate, where a
//! client of the bus needs one that is larger than all the samplers. What it prints for programs
//! (`show`) is stable by systemd's own promise.
//!
//! A unit that is not installed, or is masked, is not told at all: it is not down.

mod name;
mod systemctl;

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant, SystemTime};

use headroom_proto::catalogue::{
    NODE_SYSTEMD_SERVICE_RESTART_TOTAL, NODE_SYSTEMD_UNIT_START_TIME_SECONDS,
    NODE_SYSTEMD_UNIT_STATE,
};

pub use self::name::UnitName;
use self::systemctl::Systemctl;
use super::background::Background;
use super::proc_file::parse_error;
use super::{SampleError, Sampler};
use crate::series::Round;

const INTERVAL: Duration = Duration::from_secs(60);

/// The states that node_exporter knows.
const STATES: [&str; 5] = ["activating", "active", "deactivating", "failed", "inactive"];

/// Others of systemd's, and what the unit does meanwhile: one that reads its configuration anew, or its
/// extensions, goes on working.
const OTHER_STATES: [(&str, &str); 3] =
    [("reloading", "active"), ("refreshing", "active"), ("maintenance", "inactive")];

/// The units of BigBlueButton, of each version from 2.2 to 3.0, and what it stands on.
const DEFAULT_UNITS: [&str; 36] = [
    "bigbluebutton.target",
    "nginx",
    "haproxy",
    "coturn",
    "freeswitch",
    "redis-server",
    "bbb-web",
    "bbb-apps-akka",
    "bbb-fsesl-akka",
    "bbb-webrtc-sfu",
    "bbb-webrtc-recorder",
    "kurento-media-server",
    "livekit-server",
    "livekit-sip",
    "bbb-html5",
    "bbb-html5-backend@*",
    "bbb-html5-frontend@*",
    "mongod",
    "postgresql@*",
    "bbb-graphql-server",
    "bbb-graphql-server@*",
    "bbb-graphql-middleware",
    "bbb-graphql-middleware@*",
    "bbb-graphql-actions",
    "etherpad",
    "bbb-pads",
    "bbb-export-annotations",
    "bbb-shared-notes-server",
    "bbb-webhooks",
    "bbb-transcription-controller",
    "bbb-rap-starter",
    "bbb-rap-resque-worker",
    "bbb-rap-caption-inbox",
    "bbb-rap-events-worker",
    "docker",
    "containerd",
];

/// The units that are told unless the operator says otherwise.
pub fn default_units() -> Vec<UnitName> {
    DEFAULT_UNITS.iter().filter_map(|name| name.parse().ok()).collect()
}

/// A unit that is installed.
#[derive(Debug, PartialEq)]
struct Unit {
    name: String,
    state: String,
    /// A service's type, such as `simple`; empty for other units.
    service_type: String,
    /// How often systemd has started it again by itself; older systemds do not count.
    restarts: Option<f64>,
    /// Since when it is active, counted from the boot.
    active_since: Option<Duration>,
}

/// Puts what systemctl prints into a round, as each minute does. It is the answer of a program of the
/// host, which may say anything.
pub fn tell_units(answer: &str, round: &mut Round<'_>) -> Result<(), SampleError> {
    let units =
        systemctl::read_units(answer).map_err(|line| parse_error(Path::new("systemctl"), line))?;
    for unit in &units {
        unit.push(BootTime(None), round);
    }
    Ok(())
}

pub struct Units {
    root: PathBuf,
    wanted: Vec<UnitName>,
    shown: Option<Background<Vec<Unit>>>,
    boot: BootTime,
}

impl Units {
    pub fn new(root: &Path, units: &[UnitName]) -> Self {
        let (root, wanted) = (root.to_owned(), units.to_vec());
        Self { boot: BootTime::read(&root), root, wanted, shown: None }
    }

    fn ask(&self) -> Option<Background<Vec<Unit>>> {
        let systemctl = Systemctl::new(&self.root, &self.wanted);
        Background::start("units", INTERVAL, move |_| systemctl.show()).ok()
    }
}

impl Sampler for Units {
    fn name(&self) -> &'static str {
        "units"
    }

    /// Not if systemd does not run this host, or no unit is asked for.
    fn is_there(&mut self) -> bool {
        // systemd's own test of whether it runs the system (sd_booted(3)).
        let there = !self.wanted.is_empty() && self.root.join("run/systemd/system").is_dir();
        if !there {
            self.shown = None;
        } else if self.shown.is_none() {
            self.shown = self.ask();
        }
        there
    }

    fn sample(&mut self, _: SystemTime, round: &mut Round<'_>) -> Result<(), SampleError> {
        let Some(shown) = &mut self.shown else { return Ok(()) };
        for unit in shown.last()?.into_iter().flatten() {
            unit.push(self.boot, round);
        }
        Ok(())
    }

    fn settle(&mut self, deadline: Instant) {
        if self.is_there()
            && let Some(shown) = &self.shown
        {
            shown.settle(deadline);
        }
    }
}

impl Unit {
    fn push(&self, BootTime(boot): BootTime, round: &mut Round<'_>) {
        let other = OTHER_STATES.iter().find(|(other, _)| *other == self.state);
        let own = other.map_or(&*self.state, |(_, meanwhile)| meanwhile);
        for state in STATES {
            let labels = [("name", &*self.name), ("state", state), ("type", &self.service_type)];
            let value = if own == state { 1.0 } else { 0.0 };
            round.push(NODE_SYSTEMD_UNIT_STATE.name, &labels, value);
        }
        let labels = [("name", &*self.name)];
        if let (Some(boot), Some(since)) = (boot, self.active_since) {
            let seconds = boot + since.as_secs_f64();
            round.push(NODE_SYSTEMD_UNIT_START_TIME_SECONDS.name, &labels, seconds);
        }
        if let Some(restarts) = self.restarts {
            round.push(NODE_SYSTEMD_SERVICE_RESTART_TOTAL.name, &labels, restarts);
        }
    }
}

/// When the host was booted, in Unix seconds, if the kernel tells; read once, so that start times
/// stand still while the clock is adjusted.
#[derive(Clone, Copy)]
struct BootTime(Option<f64>);

impl BootTime {
    fn read(root: &Path) -> Self {
        let text = std::fs::read_to_string(root.join("proc/stat")).unwrap_or_default();
        Self(text.lines().find_map(|line| line.strip_prefix("btime ")?.trim().parse().ok()))
    }
}
