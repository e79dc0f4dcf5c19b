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
    NODE_SYSTEMD_SERVICE_RESTART_TOTAL, NODE_SYSTEMD_SOCKET_ACCEPTED_CONNECTIONS_TOTAL,
    NODE_SYSTEMD_SOCKET_CURRENT_CONNECTIONS, NODE_SYSTEMD_SOCKET_REFUSED_CONNECTIONS_TOTAL,
    NODE_SYSTEMD_SYSTEM_RUNNING, NODE_SYSTEMD_TIMER_LAST_TRIGGER_SECONDS,
    NODE_SYSTEMD_UNIT_START_TIME_SECONDS, NODE_SYSTEMD_UNIT_STATE, NODE_SYSTEMD_UNITS,
    NODE_SYSTEMD_VERSION,
};

pub use self::name::UnitName;
use self::systemctl::Systemctl;
use super::background::Background;
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

/// Where all units are told: those of these types are as many as a host has devices, mounts and
/// sessions, and are only counted.
const ONLY_COUNTED: [&str; 5] = [".automount", ".device", ".mount", ".scope", ".slice"];

/// The most units that are told where all are. Each has some six series.
const MOST_UNITS: usize = 400;

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
    /// Of a socket, its connections.
    socket: Option<Socket>,
    /// When a timer last did its work, counted from the boot.
    triggered: Option<Duration>,
}

/// Which units are told.
#[derive(Debug, Clone)]
enum Wanted {
    Named(Vec<UnitName>),
    Every,
}

/// What systemctl has shown.
#[derive(Debug, Default, PartialEq)]
struct Shown {
    units: Vec<Unit>,
    /// What was wrong with others.
    mistakes: Vec<String>,
    /// systemd itself, where all units are told.
    manager: Option<Manager>,
}

/// What systemd says of itself.
#[derive(Debug, PartialEq)]
struct Manager {
    /// In its own words, and as a number.
    version: Option<(String, f64)>,
    /// Whether all is well.
    is_running: Option<bool>,
}

/// Connections of a socket that systemd listens on.
#[derive(Debug, PartialEq)]
struct Socket {
    accepted: Option<f64>,
    current: Option<f64>,
    refused: Option<f64>,
}

/// Puts what systemctl prints into a round, as each minute does. It is the answer of a program of the
/// host, which may say anything.
pub fn tell_units(answer: &str, round: &mut Round<'_>) {
    systemctl::read_units(answer, Path::new("systemctl")).push(BootTime(None), round);
}

pub struct Units {
    root: PathBuf,
    wanted: Wanted,
    shown: Option<Background<Shown>>,
    boot: BootTime,
}

impl Units {
    /// Tells those of these names.
    pub fn new(root: &Path, units: &[UnitName]) -> Self {
        Self::wanted(root, Wanted::Named(units.to_vec()))
    }

    /// Tells all of them.
    pub fn every(root: &Path) -> Self {
        Self::wanted(root, Wanted::Every)
    }

    fn wanted(root: &Path, wanted: Wanted) -> Self {
        Self { boot: BootTime::read(root), root: root.to_owned(), wanted, shown: None }
    }

    fn ask(&self) -> Option<Background<Shown>> {
        let systemctl = Systemctl::new(&self.root, &self.wanted);
        Background::start("units", INTERVAL, move |_| systemctl.show()).ok()
    }
}

impl Sampler for Units {
    fn name(&self) -> &'static str {
        match self.wanted {
            Wanted::Named(_) => "units",
            Wanted::Every => "systemd",
        }
    }

    /// Not if systemd does not run this host, or no unit is asked for.
    fn is_there(&mut self) -> bool {
        let asks = match &self.wanted {
            Wanted::Named(units) => !units.is_empty(),
            Wanted::Every => true,
        };
        // systemd's own test of whether it runs the system (sd_booted(3)).
        let there = asks && self.root.join("run/systemd/system").is_dir();
        if !there {
            self.shown = None;
        } else if self.shown.is_none() {
            self.shown = self.ask();
        }
        there
    }

    fn sample(&mut self, _: SystemTime, round: &mut Round<'_>) -> Result<(), SampleError> {
        let Some(shown) = &mut self.shown else { return Ok(()) };
        if let Some(shown) = shown.last()? {
            match self.wanted {
                Wanted::Named(_) => shown.push(self.boot, round),
                Wanted::Every => shown.push_every(self.boot, round),
            }
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

impl Shown {
    fn push(&self, boot: BootTime, round: &mut Round<'_>) {
        for unit in &self.units {
            unit.push(boot, round);
        }
        for mistake in &self.mistakes {
            round.item(|_| Err(mistake));
        }
    }

    /// Tells systemd, how many units there are by state, and those that are told by themselves.
    fn push_every(&self, boot: BootTime, round: &mut Round<'_>) {
        if let Some(Manager { version, is_running }) = &self.manager {
            if let Some((version, number)) = version {
                round.push(NODE_SYSTEMD_VERSION.name, &[("version", version)], *number);
            }
            if let Some(running) = is_running {
                let value = if *running { 1.0 } else { 0.0 };
                round.push(NODE_SYSTEMD_SYSTEM_RUNNING.name, &[], value);
            }
        }
        for state in STATES {
            let count = self.units.iter().filter(|unit| unit.state() == state).count();
            round.push(NODE_SYSTEMD_UNITS.name, &[("state", state)], count as f64);
        }
        let only_counted = |unit: &&Unit| !ONLY_COUNTED.iter().any(|end| unit.name.ends_with(end));
        for (place, unit) in self.units.iter().filter(only_counted).enumerate() {
            if place < MOST_UNITS {
                unit.push(boot, round);
            } else {
                round.item(|_| Err(format!("{}: more than {MOST_UNITS} units", unit.name)));
            }
        }
        for mistake in &self.mistakes {
            round.item(|_| Err(mistake));
        }
    }
}

impl Unit {
    /// Its state in node_exporter's words.
    fn state(&self) -> &str {
        let other = OTHER_STATES.iter().find(|(other, _)| *other == self.state);
        other.map_or(&*self.state, |(_, meanwhile)| meanwhile)
    }

    fn push(&self, BootTime(boot): BootTime, round: &mut Round<'_>) {
        let own = self.state();
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
        if let (Some(boot), Some(triggered)) = (boot, self.triggered) {
            let seconds = boot + triggered.as_secs_f64();
            round.push(NODE_SYSTEMD_TIMER_LAST_TRIGGER_SECONDS.name, &labels, seconds);
        }
        let socket = self.socket.as_ref();
        for (metric, value) in [
            (NODE_SYSTEMD_SERVICE_RESTART_TOTAL, self.restarts),
            (
                NODE_SYSTEMD_SOCKET_ACCEPTED_CONNECTIONS_TOTAL,
                socket.and_then(|socket| socket.accepted),
            ),
            (NODE_SYSTEMD_SOCKET_CURRENT_CONNECTIONS, socket.and_then(|socket| socket.current)),
            (
                NODE_SYSTEMD_SOCKET_REFUSED_CONNECTIONS_TOTAL,
                socket.and_then(|socket| socket.refused),
            ),
        ] {
            if let Some(value) = value {
                round.push(metric.name, &labels, value);
            }
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
