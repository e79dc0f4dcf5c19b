//! A small cooperative of eleven days, written straight into a store and rolled up: two hosts with our
//! agent, of which one has two links, and one that a node_exporter and tenants of an older agent told.

use std::path::Path;

use headroom::samples::Labels;
use headroom::store::{Due, FrameWrite, Retention, SeriesId, Store};

/// The moment at which all spans end: some time in an afternoon, on no border of anything.
pub const END_MS: i64 = 1_790_000_000_000 + 7 * 3_600_000 + 123_457;

const DAY_MS: i64 = 86_400_000;

/// How old the history is, and how far its samples are apart: closer at last.
const HISTORY_MS: i64 = 11 * DAY_MS + 5 * 3_600_000;
const STEPS: [(i64, i64); 2] = [(23 * 3_600_000, 30_000), (i64::MAX, 240_000)];

/// The hosts; the last has no agent of ours that tells sums.
pub const HOSTS: [&str; 3] = ["ca1", "fi1", "old1"];
pub const TENANTS: [&str; 3] = ["choir", "radio", "school"];

/// What each organisation has, and what a host has of all.
pub const COUNTS: [&str; 8] = [
    "participants",
    "voices",
    "listeners",
    "rooms",
    "breakout_rooms",
    "recording_rooms",
    "cameras",
    "cameras_out",
];

/// What is there at one moment.
struct Frame {
    series: Vec<SeriesId>,
    values: Vec<f64>,
}

/// The life of one host.
struct Life<'s> {
    store: &'s Store,
    host: &'static str,
    random: fastrand::Rng,
    /// Counters of CPU time by core: idle and user.
    cores: [[f64; 2]; 2],
    /// Bytes by device: sent and received.
    links: [[f64; 2]; 2],
    /// What each organisation has.
    counts: [[f64; COUNTS.len()]; TENANTS.len()],
    /// Bytes left of `/` and of the recordings.
    left: [f64; 2],
    before_ms: i64,
}

/// Fills a store in a folder that does not hold one yet.
pub fn fill(folder: &Path) {
    let store = Store::open(folder).unwrap();
    for (number, host) in HOSTS.into_iter().enumerate() {
        let mut life = Life {
            store: &store,
            host,
            random: fastrand::Rng::with_seed(number as u64),
            cores: [[0.0; 2]; 2],
            links: [[0.0; 2]; 2],
            counts: [[0.0; COUNTS.len()]; TENANTS.len()],
            left: [40e9, 900e9],
            // Agents do not sample at the same moment.
            before_ms: END_MS - HISTORY_MS + number as i64 * 6_789,
        };
        let mut frames = Vec::new();
        while life.before_ms <= END_MS {
            frames.extend(life.frame());
        }
        store.append(&frames).unwrap();
    }
    store.seal().unwrap();
    let ever = 10_000 * DAY_MS;
    let retention = Retention { raw_ms: ever, minutes_ms: ever, hours_ms: ever, rounds_ms: ever };
    store.maintain(Due::at(END_MS, retention), &|| false).unwrap();
}

impl Life<'_> {
    /// The next moment, unless the host is down.
    fn frame(&mut self) -> Option<FrameWrite> {
        let age_ms = END_MS - self.before_ms;
        let step_ms = STEPS.iter().find(|(up_to_ms, _)| age_ms <= *up_to_ms).unwrap().1;
        let at_ms = self.before_ms + step_ms;
        let seconds = step_ms as f64 / 1000.0;
        self.before_ms = at_ms;
        let hour = at_ms.rem_euclid(DAY_MS) / 3_600_000;
        let busy = if (8..20).contains(&hour) { 1.0 } else { 0.1 };
        let mut frame = Frame { series: Vec::new(), values: Vec::new() };
        self.meet(busy);
        self.host(&mut frame, seconds, busy);
        self.rooms(&mut frame);
        // Three hours of an outage, three days ago.
        let down = (3 * DAY_MS..3 * DAY_MS + 3 * 3_600_000).contains(&(END_MS - at_ms));
        let Frame { series, values } = frame;
        let write = FrameWrite {
            id: None,
            timestamp_ms: at_ms,
            series: series.into(),
            values,
            rounds: Vec::new(),
        };
        (!down || self.host != "fi1").then_some(write)
    }

    fn tells_sums(&self) -> bool {
        self.host != "old1"
    }

    fn push(&self, frame: &mut Frame, (metric, labels): (&str, &[(&str, &str)]), value: f64) {
        let labels = labels.iter().copied().chain([("instance", self.host), ("job", "node")]);
        frame.series.push(self.store.series_id(&Labels::new(metric, labels)).unwrap());
        frame.values.push(value);
    }

    /// People come one by one, and leave together at times.
    fn meet(&mut self, busy: f64) {
        for counts in &mut self.counts {
            let random = &mut self.random;
            if random.f64() < 0.02 {
                counts[0] = 0.0;
            } else if random.f64() < busy * 0.7 {
                counts[0] += f64::from(random.u8(0..4));
            }
            let people = counts[0];
            let part = |random: &mut fastrand::Rng| (people * random.f64() * 0.5).floor();
            counts[1] = part(random);
            counts[2] = part(random);
            counts[3] = (people / 9.0).ceil();
            counts[4] = f64::from(u8::from(people > 20.0)) * part(random).min(4.0);
            counts[5] = f64::from(u8::from(people > 12.0));
            counts[6] = part(random);
            counts[7] = counts[6] * people;
        }
    }

    fn rooms(&self, frame: &mut Frame) {
        let sum = |count: usize| self.counts.iter().map(|counts| counts[count]).sum::<f64>();
        self.push(frame, ("bbb_meetings", &[]), sum(3) + sum(4));
        self.push(frame, ("headroom_bbb_state", &[("state", "ok")]), 1.0);
        let bounds = ["", "_voice", "_listeners"].into_iter().zip([0, 1, 2]);
        for (name, count) in bounds {
            let name = match name {
                "_listeners" => "bbb_meetings_listeners".to_owned(),
                other => format!("bbb_meetings{other}_participants"),
            };
            self.push(frame, (&name, &[]), sum(count) + sum(4));
        }
        self.push(frame, ("bbb_meetings_video_participants", &[]), sum(6));
        for (number, name) in COUNTS.iter().enumerate() {
            for (tenant, counts) in TENANTS.iter().zip(&self.counts) {
                let metric = format!("headroom_tenant_{name}");
                self.push(frame, (&metric, &[("tenant", tenant)]), counts[number]);
            }
            if self.tells_sums() {
                self.push(frame, (&format!("headroom_{name}"), &[]), sum(number));
            }
        }
    }

    fn host(&mut self, frame: &mut Frame, seconds: f64, busy: f64) {
        self.push(frame, ("headroom_agent_frames_total", &[]), 1.0);
        self.push(frame, ("node_boot_time_seconds", &[]), 1e9);
        let shares = [0, 1].map(|_| busy * self.random.f64().powi(3));
        for (core, share) in ["0", "1"].into_iter().zip(shares) {
            let number = usize::from(core == "1");
            self.cores[number][0] += (1.0 - share) * seconds;
            self.cores[number][1] += share * seconds;
            let [idle, user] = self.cores[number];
            for (mode, seconds) in [("idle", idle), ("iowait", 0.0), ("user", user)] {
                let labels = [("cpu", core), ("mode", mode)];
                self.push(frame, ("node_cpu_seconds_total", &labels), seconds);
            }
        }
        if self.tells_sums() {
            let mean = shares.iter().sum::<f64>() / 2.0;
            self.push(frame, ("headroom_cpu_busy_ratio", &[]), mean);
            let busiest = shares.into_iter().fold(0.0, f64::max);
            self.push(frame, ("headroom_cpu_busiest_core_ratio", &[]), busiest);
        }
        let used = 2e9 + 5e9 * busy * self.random.f64();
        self.push(frame, ("node_memory_MemTotal_bytes", &[]), 8e9);
        self.push(frame, ("node_memory_MemAvailable_bytes", &[]), 8e9 - used);
        let devices: &[&str] = if self.host == "fi1" { &["eth0", "eth1"] } else { &["eth0"] };
        for (number, device) in devices.iter().enumerate() {
            let labels = [("device", *device)];
            let info = [labels[0], ("kind", "physical")];
            self.push(frame, ("node_network_info", &info), 1.0);
            self.push(frame, ("node_network_speed_bytes", &labels), 125e6);
            for (way, name) in ["transmit", "receive"].into_iter().enumerate() {
                self.links[number][way] += 4e6 * busy * self.random.f64().powi(4) * seconds;
                let metric = format!("node_network_{name}_bytes_total");
                self.push(frame, (&metric, &labels), self.links[number][way].floor());
            }
        }
        for (number, (mountpoint, device, size)) in
            [("/", "sda1", 50e9), ("/var/bigbluebutton", "sdb1", 1e12)].into_iter().enumerate()
        {
            self.left[number] = (self.left[number] - 1e6 * busy * self.random.f64()).max(0.0);
            let labels = [("device", device), ("fstype", "ext4"), ("mountpoint", mountpoint)];
            self.push(frame, ("node_filesystem_size_bytes", &labels), size);
            self.push(frame, ("node_filesystem_avail_bytes", &labels), self.left[number]);
        }
    }
}
