//! The cooperative's datacentres and hosts, as data.

use super::media::CAMERA_PAGE;

/// Where hosts stand.
#[derive(Debug, PartialEq)]
pub struct Datacentre {
    /// Its short name.
    pub name: &'static str,
    /// Its city, for people.
    pub city: &'static str,
    /// Degrees north.
    pub latitude: f64,
    /// Degrees east.
    pub longitude: f64,
    /// Local time is UTC plus so many minutes.
    pub utc_offset_minutes: i64,
}

/// A BigBlueButton host.
#[derive(Debug, PartialEq)]
pub struct Host {
    /// Its place among all hosts, part of every seed.
    pub number: u64,
    /// What people call it: its `instance`.
    pub name: &'static str,
    /// Where it stands.
    pub datacentre: &'static Datacentre,
    /// Cores, an even number.
    pub cores: usize,
    /// Memory.
    pub memory_bytes: u64,
    /// The network device.
    pub device: &'static str,
    /// The link's speed, each way.
    pub link_bits_per_second: u64,
    /// The size of `/`.
    pub root_bytes: u64,
    /// The size of `/var/bigbluebutton`.
    pub recordings_bytes: u64,
    /// Days until raw media and published recordings are deleted; none: never.
    pub retention_days: Option<i64>,
    /// When recordings are processed.
    pub processing: Processing,
    /// The release of BigBlueButton.
    pub version: &'static str,
    /// How many days before the history it was booted.
    pub up_days: i64,
    /// Share of CPU time that its hypervisor gives to others.
    pub steal_ratio: f64,
    /// Cameras on a page of a desktop viewer by its settings; none: all.
    pub page: Option<i64>,
    /// Whether its media server tells of its streams.
    pub exporters: Exporters,
}

/// Prometheus exporters of bbb-webrtc-sfu: off unless somebody switches them on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exporters {
    /// They answer.
    Serve,
    /// Nobody switched them on.
    Off,
}

/// When recordings are processed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Processing {
    /// As soon as a meeting has ended.
    AtOnce,
    /// Between one and six at night, local time.
    AtNight,
}

impl Host {
    /// Whether BigBlueButton is older than 3.0: one more Node process for each pool of users.
    pub fn is_before_3(&self) -> bool {
        self.version.starts_with("2.")
    }

    /// What the link can carry, each way.
    pub fn link_bytes_per_second(&self) -> u64 {
        self.link_bits_per_second / 8
    }
}

/// The cooperative's datacentres.
pub static DATACENTRES: [Datacentre; 4] = [
    Datacentre {
        name: "ca-mtl",
        city: "Montréal",
        latitude: 45.50,
        longitude: -73.57,
        utc_offset_minutes: -300,
    },
    Datacentre {
        name: "de-fsn",
        city: "Falkenstein",
        latitude: 50.47,
        longitude: 12.37,
        utc_offset_minutes: 60,
    },
    Datacentre {
        name: "fi-hel",
        city: "Helsinki",
        latitude: 60.17,
        longitude: 24.94,
        utc_offset_minutes: 120,
    },
    Datacentre {
        name: "us-nyc",
        city: "New York",
        latitude: 40.71,
        longitude: -74.01,
        utc_offset_minutes: -300,
    },
];

const GIB: u64 = 1 << 30;
const GB: u64 = 1_000_000_000;
const GIGABIT: u64 = 1_000_000_000;

/// What most hosts are; each states what it has otherwise.
const USUAL: Host = Host {
    number: 0,
    name: "",
    datacentre: &DATACENTRES[0],
    cores: 8,
    memory_bytes: 32 * GIB,
    device: "eth0",
    link_bits_per_second: GIGABIT,
    root_bytes: 80 * GB,
    recordings_bytes: 500 * GB,
    retention_days: Some(14),
    processing: Processing::AtOnce,
    version: "3.0.19",
    up_days: 16,
    steal_ratio: 0.002,
    page: Some(CAMERA_PAGE),
    exporters: Exporters::Off,
};

/// The cooperative's hosts; `number` is the place.
pub static HOSTS: [Host; 6] = [
    // Its operators purge recordings after a day.
    Host {
        number: 0,
        name: "ca1",
        cores: 24,
        memory_bytes: 64 * GIB,
        retention_days: Some(1),
        up_days: 19,
        steal_ratio: 0.0,
        exporters: Exporters::Serve,
        ..USUAL
    },
    Host {
        number: 1,
        name: "de1",
        datacentre: &DATACENTRES[1],
        cores: 12,
        memory_bytes: 64 * GIB,
        device: "enp0s31f6",
        recordings_bytes: 1000 * GB,
        processing: Processing::AtNight,
        version: "2.7.12",
        up_days: 17,
        steal_ratio: 0.0,
        exporters: Exporters::Serve,
        ..USUAL
    },
    Host { number: 2, name: "de2", datacentre: &DATACENTRES[1], up_days: 16, ..USUAL },
    // Nobody purges here: the disk fills.
    Host {
        number: 3,
        name: "fi1",
        cores: 12,
        datacentre: &DATACENTRES[2],
        device: "enp1s0",
        retention_days: None,
        version: "2.7.12",
        up_days: 18,
        ..USUAL
    },
    // Its operators have switched pages of cameras off.
    Host {
        number: 4,
        name: "us1",
        datacentre: &DATACENTRES[3],
        processing: Processing::AtNight,
        version: "3.0.14",
        page: None,
        exporters: Exporters::Serve,
        ..USUAL
    },
    Host {
        number: 5,
        name: "us2",
        datacentre: &DATACENTRES[3],
        device: "ens3",
        memory_bytes: 16 * GIB,
        link_bits_per_second: GIGABIT / 2,
        recordings_bytes: 250 * GB,
        retention_days: Some(7),
        version: "2.7.7",
        steal_ratio: 0.006,
        ..USUAL
    },
];

/// The host that fills its disk.
pub(super) static FILLING: &Host = &HOSTS[3];

/// Share of the disk of `FILLING` that is used when the history ends.
pub(super) const FILLED_RATIO: f64 = 0.93;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_are_numbered_and_whole() {
        for (place, host) in HOSTS.iter().enumerate() {
            assert_eq!(host.number, place as u64);
            assert!(host.cores.is_multiple_of(2), "{}", host.name);
            // Recordings that are still there when the history begins were made while it was up.
            assert!(host.retention_days.is_none_or(|days| days < host.up_days), "{}", host.name);
        }
        assert!(FILLING.retention_days.is_none());
    }
}
