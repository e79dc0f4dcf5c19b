//! A host as its agent tells it: rooms, settings and counters go through a store, and the report is
//! made from there.

use std::cell::OnceCell;
use std::sync::Arc;

use headroom_proto::media::{MediaInfo, MediaSettings, MediaSource};
use jiff::tz::TimeZone;
use tempfile::TempDir;

use crate::moments::DAY_MS;
use crate::planning::media::Media;
use crate::planning::minute::Minute;
use crate::planning::mix::Mix;
use crate::planning::room::Room;
use crate::reports::capacity::{Question, report};
use crate::reports::document::{Document, csv, markdown};
use crate::reports::host::HostModel;
use crate::reports::plan::Plan;
use crate::reports::{Plans, Sources};
use crate::samples::{Budget, Labels, Reader};
use crate::store::{FrameWrite, Records, Store};

/// A Monday.
pub const BEGIN_MS: i64 = 20_006 * DAY_MS;

/// Moments are so far apart.
pub const STEP_MS: i64 = 120_000;

/// What is told at one moment.
pub struct Moment {
    pub at_ms: i64,
    /// Of the history, and the minute of that day.
    pub day: i64,
    pub minute: i64,
    pub readings: Vec<Reading>,
}

/// One value of one series.
pub struct Reading {
    pub metric: &'static str,
    pub labels: Vec<(&'static str, String)>,
    pub value: f64,
}

impl Moment {
    /// Sets every series of a metric.
    pub fn set(&mut self, metric: &str, value: f64) {
        let own = self.readings.iter_mut().filter(|reading| reading.metric == metric);
        own.for_each(|reading| reading.value = value);
    }

    /// Adds to every series of a metric.
    pub fn add(&mut self, metric: &str, more: f64) {
        let own = self.readings.iter_mut().filter(|reading| reading.metric == metric);
        own.for_each(|reading| reading.value += more);
    }

    /// Leaves out what begins so.
    pub fn leave_out(&mut self, beginning: &str) {
        self.readings.retain(|reading| !reading.metric.starts_with(beginning));
    }

    /// Moments since the history began.
    pub fn steps(&self) -> f64 {
        (self.at_ms - BEGIN_MS) as f64 / STEP_MS as f64
    }
}

/// What happens on a host.
pub struct Scenario {
    pub days: i64,
    /// Rooms by the day and its minute.
    pub rooms: Box<dyn Fn(i64, i64) -> Vec<Room>>,
    /// Settings that are told on a day.
    pub info: Box<dyn Fn(i64) -> MediaInfo>,
    /// Settings by which the host truly sends, if those that are told are others.
    pub truth: Option<MediaInfo>,
    /// Factors on the published figures: base, audio, cameras, shares.
    pub factors: [f64; 4],
    /// Its link carries no more, in Mbit/s.
    pub carries_mbit: f64,
    /// What was told before, and of past days.
    pub before: Vec<Moment>,
    /// What becomes of what is told.
    pub change: Box<dyn Fn(&mut Moment)>,
    pub plan: Plan,
    pub typed: Option<Mix>,
    /// Its model, once it is made.
    pub made: OnceCell<Arc<HostModel>>,
}

impl Scenario {
    /// Lessons on five days, told whole.
    pub fn lessons() -> Self {
        Self {
            days: 5,
            rooms: Box::new(lessons),
            info: Box::new(|_| delivered()),
            truth: None,
            factors: [0.1, 1.0, 1.0, 1.0],
            carries_mbit: f64::INFINITY,
            before: Vec::new(),
            change: Box::new(|_| ()),
            plan: Plan::default(),
            typed: None,
            made: OnceCell::new(),
        }
    }

    /// The report as it is shown, in Markdown.
    pub fn text(&self) -> String {
        markdown(&self.report())
    }

    /// What the report says of a figure of the first mix.
    pub fn of_first_mix(&self, column: &str) -> f64 {
        let table = csv(&self.report(), "mixes").expect("a table of mixes");
        let mut lines = table.lines();
        let place = lines.next().unwrap().split(',').position(|name| name == column).unwrap();
        // The name of the mix has commas, behind which the columns are counted from the end.
        let heads = table.lines().next().unwrap().split(',').count();
        let fields: Vec<&str> = lines.next().unwrap().split(',').collect();
        fields[fields.len() - (heads - place)].parse().unwrap()
    }

    /// The model, by way of the store; it is made once.
    pub fn model(&self) -> Arc<HostModel> {
        Arc::clone(self.made.get_or_init(|| self.make()))
    }

    fn make(&self) -> Arc<HostModel> {
        let folder = TempDir::new().unwrap();
        let store = Arc::new(Store::open(folder.path()).unwrap());
        self.write(&store);
        let (budget, records) = (Budget::unlimited(), Records::of(&store));
        let sources = Sources { reader: Reader::new(&*store, &budget), records: &records };
        let plans = Plans::new(self.plan.clone(), TimeZone::UTC);
        plans.model(sources, "ca1", self.now_ms()).unwrap()
    }

    fn report(&self) -> Document {
        let model = self.model();
        let typed = self.typed.clone();
        let question = Question { plan: &self.plan, typed, zone: &TimeZone::UTC };
        report(&[&model], &question, Plans::hour(self.now_ms()))
    }

    fn now_ms(&self) -> i64 {
        BEGIN_MS + self.days * DAY_MS + 600_000
    }

    fn write(&self, store: &Store) {
        let (mut sent, mut received) = (0.0, 0.0);
        let mut frames: Vec<FrameWrite> =
            self.before.iter().filter_map(|moment| frame(store, moment)).collect();
        for step in 0..self.days * DAY_MS / STEP_MS {
            let (day, minute) = (step * STEP_MS / DAY_MS, step * STEP_MS % DAY_MS / 60_000);
            let media = Media::told(&(self.info)(day));
            let mut told = Minute::idle(0, 0);
            for room in (self.rooms)(day, minute) {
                told.add(&room, 1, &media);
            }
            let mut moment = Moment {
                at_ms: BEGIN_MS + step * STEP_MS,
                day,
                minute,
                readings: of_host([sent, received]),
            };
            moment.readings.extend(of_rooms(&told, &(self.info)(day)));
            (self.change)(&mut moment);
            frames.extend(frame(store, &moment));
            let wave = 1.0 + 0.01 * ((step * 7 % 11) as f64 - 5.0) / 5.0;
            let [base, audio, cameras, shares] = self.factors;
            let media = self.truth.as_ref().map_or(media, Media::told);
            let mut truth = Minute::idle(0, 0);
            for room in (self.rooms)(day, minute) {
                truth.add(&room, 1, &media);
            }
            let (out, into) = (truth.sent(&media), truth.received(&media));
            let carried = |mbit: f64| (mbit * wave).min(self.carries_mbit);
            let bytes = |mbit: f64| carried(mbit) * 125_000.0 * STEP_MS as f64 / 1e3;
            sent += bytes(base + audio * out.audio + cameras * out.cameras + shares * out.shares);
            received += bytes(
                0.5 * base + audio * into.audio + cameras * into.cameras + shares * into.shares,
            );
        }
        frames.chunks(500).for_each(|some| drop(store.append(some).unwrap()));
    }
}

/// Settings as delivered, told by the host.
pub fn delivered() -> MediaInfo {
    let settings = MediaSettings::default();
    MediaInfo { source: MediaSource::Told, release: Some("3.0".into()), settings }
}

/// A room where all hear and two of three have a microphone.
pub fn room(people: u32, cameras: u32, shares: u32) -> Room {
    Room {
        people,
        moderators: 1.min(people),
        telephones: 0,
        voices: people * 2 / 3,
        hearing: people,
        cameras,
        moderator_cameras: cameras.min(1),
        shares,
    }
}

/// Between 8 and 13 o'clock, fifty minutes of each hour, of all sizes.
pub fn lessons(day: i64, minute: i64) -> Vec<Room> {
    let (hour, of_hour) = (minute / 60, minute % 60);
    if !(8..13).contains(&hour) || of_hour >= 50 {
        return Vec::new();
    }
    let count = 1 + (day * 5 + hour * 3) % 4;
    let one = |place: i64| {
        let people = 8 + (day * 7 + hour * 5 + place * 11) % 18;
        let cameras = [1, 3, 2, 5, 0, 8][((day + hour + place) % 6) as usize];
        let shares = u32::from((day * 2 + hour + place) % 3 == 0);
        room(people as u32, cameras, shares)
    };
    (0..count).map(one).collect()
}

fn frame(store: &Store, moment: &Moment) -> Option<FrameWrite> {
    let id = |reading: &Reading| {
        let labels = reading.labels.iter().map(|(name, value)| (*name, value.as_str()));
        let labels = labels.filter(|(_, value)| !value.is_empty());
        let own = labels.chain([("instance", "ca1")]);
        store.series_id(&Labels::new(reading.metric, own)).unwrap()
    };
    (!moment.readings.is_empty()).then(|| FrameWrite {
        id: None,
        timestamp_ms: moment.at_ms,
        series: moment.readings.iter().map(id).collect(),
        values: moment.readings.iter().map(|reading| reading.value).collect(),
        rounds: Vec::new(),
    })
}

fn of_host([sent, received]: [f64; 2]) -> Vec<Reading> {
    let eth0 = || vec![("device", "eth0".to_owned())];
    let physical = vec![("device", "eth0".to_owned()), ("kind", "physical".to_owned())];
    let reading = |metric, labels, value| Reading { metric, labels, value };
    let core = |cpu: u32| {
        let labels = vec![("cpu", cpu.to_string()), ("mode", "idle".to_owned())];
        reading("node_cpu_seconds_total", labels, 0.0)
    };
    let mut readings: Vec<Reading> = (0..8).map(core).collect();
    readings.extend([
        reading("node_network_info", physical, 1.0),
        reading("node_network_speed_bytes", eth0(), 125e6),
        reading("node_network_transmit_bytes_total", eth0(), sent),
        reading("node_network_receive_bytes_total", eth0(), received),
        reading("node_network_transmit_packets_total", eth0(), sent / 1000.0),
        reading("node_network_transmit_drop_total", eth0(), 0.0),
    ]);
    readings
}

fn of_rooms(told: &Minute, info: &MediaInfo) -> Vec<Reading> {
    let of = |name, value: &str| vec![(name, value.to_owned())];
    let sum = |streams: &[f64]| streams.iter().sum::<f64>();
    let shares = told.shares.unwrap_or_default();
    let listeners = told.hearing - told.voices;
    let (cameras, cameras_out) = (sum(&told.cameras_in), sum(&told.cameras_out));
    let mut readings = vec![("bbb_meetings", Vec::new(), told.rooms)];
    readings.push(("bbb_version", of("version", "3.0.19"), 1.0));
    readings.push(("headroom_hearing", Vec::new(), told.hearing));
    for (of_host, of_tenant, value) in [
        ("headroom_rooms", "headroom_tenant_rooms", told.rooms),
        ("headroom_participants", "headroom_tenant_participants", told.people),
        ("headroom_listeners", "headroom_tenant_listeners", listeners),
        ("headroom_voices", "headroom_tenant_voices", told.voices),
        ("headroom_cameras", "headroom_tenant_cameras", cameras),
        ("headroom_cameras_out", "headroom_tenant_cameras_out", cameras_out),
    ] {
        readings.push((of_host, Vec::new(), value));
        readings.push((of_tenant, of("tenant", "school"), value));
    }
    for (place, class) in info.settings.classes.iter().enumerate() {
        for (direction, streams) in [("in", told.cameras_in), ("out", told.cameras_out)] {
            let labels = vec![("direction", direction.into()), ("from", class.from.to_string())];
            readings.push(("headroom_bbb_camera_streams", labels, streams[place]));
        }
    }
    for (kind, value) in [
        ("people", told.squares.people),
        ("audio", told.squares.hearing),
        ("cameras", told.squares.cameras),
    ] {
        readings.push(("headroom_bbb_room_squares", of("kind", kind), value));
    }
    readings.push(("headroom_bbb_media_info", info.labels().into(), 1.0));
    readings.push(("mediasoup_producers", of("kind", "video"), cameras + shares.streams_in));
    let sessions = shares.streams_in + shares.streams_out;
    readings.push(("sfu_screenshare_sessions", Vec::new(), sessions));
    let reading = |(metric, labels, value)| Reading { metric, labels, value };
    readings.into_iter().map(reading).collect()
}
