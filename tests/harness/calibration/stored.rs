//! A simulated host in a store, as its agent would tell it: counters, gauges of rooms, streams by
//! class, settings, groups of processes, and only those names of the media server that real ones tell.

use std::sync::Arc;

use headroom::planning::media::Media;
use headroom::planning::minute::Minute;
use headroom::samples::Labels;
use headroom::store::{FrameWrite, SeriesId, Store};
use headroom_proto::media::{MediaInfo, MediaSettings, MediaSource};
use headroom_simulation::worlds::{World, WorldMinute};

use super::observed::{Sight, room_of};

/// The name of the host.
pub const INSTANCE: &str = "ca1";

/// Day 0 of a world, a Monday, in Unix time.
pub const BEGIN_MS: i64 = 20_006 * 86_400_000;

const DAY_MS: i64 = 86_400_000;
const MINUTE_MS: i64 = 60_000;

/// Organisations of a host; a meeting is one's by its number.
pub const ORGANISATIONS: u64 = 3;

/// Frames that are appended at once.
const BATCH: usize = 500;

/// Which days of a world are told, and how.
#[derive(Debug, Clone)]
pub struct Telling {
    /// The first days of the world.
    pub days: i32,
    /// When day 0 begins, in Unix time.
    pub begin_ms: i64,
    /// How far moments are apart, in seconds; a minute at most.
    pub step_seconds: i64,
    /// What is told of shares.
    pub sight: Sight,
    /// The link, in Mbit/s.
    pub link_mbit: f64,
    /// The settings by which streams are counted, whether the host sends by them or not.
    pub info: MediaInfo,
}

impl Telling {
    /// Two weeks of a minute each, on a link of 1 Gbit/s, with BigBlueButton as delivered and told.
    pub fn of(sight: Sight) -> Self {
        let settings = MediaSettings::default();
        let info = MediaInfo { source: MediaSource::Told, release: Some("3.0".into()), settings };
        Self { days: 14, begin_ms: BEGIN_MS, step_seconds: 60, sight, link_mbit: 1_000.0, info }
    }
}

/// Writes a world to a store; answers with the moment at which it ends.
pub fn tell(world: &World, telling: &Telling, store: &Store) -> anyhow::Result<i64> {
    let (counters, frames, known) = (Counters::default(), Vec::new(), None);
    let mut teller = Teller { store, telling, counters, frames, known };
    for day in 0..telling.days {
        let busy = world.day(day);
        let mut busy = busy.iter().filter(|minute| (0..1_440).contains(&minute.minute)).peekable();
        for minute in 0..1_440 {
            let begin_ms = telling.begin_ms + i64::from(day) * DAY_MS + minute * MINUTE_MS;
            let idle = idle(world, minute);
            let told = busy.next_if(|own| own.minute == minute).unwrap_or(&idle);
            teller.minute(told, begin_ms)?;
        }
    }
    teller.append()?;
    Ok(telling.begin_ms + i64::from(telling.days) * DAY_MS)
}

fn idle(world: &World, minute: i64) -> WorldMinute {
    WorldMinute {
        minute,
        rooms: Vec::new(),
        sent_mbit: world.truth.base_mbit,
        received_mbit: 0.5 * world.truth.base_mbit,
        cores: [0.04, 0.05, 0.15],
        busiest_thread: 0.02,
    }
}

/// What counts up.
#[derive(Debug, Clone, Copy, Default)]
struct Counters {
    sent_bytes: f64,
    received_bytes: f64,
    core_seconds: [f64; 3],
    /// Of each organisation: people times seconds.
    user_seconds: [f64; ORGANISATIONS as usize],
}

struct Teller<'t> {
    store: &'t Store,
    telling: &'t Telling,
    counters: Counters,
    frames: Vec<FrameWrite>,
    known: Option<Arc<[SeriesId]>>,
}

/// Values of one moment, by their series.
struct Moment<'s> {
    store: &'s Store,
    /// Every moment has the same series: their ids are asked for once.
    known: Option<Arc<[SeriesId]>>,
    series: Vec<SeriesId>,
    values: Vec<f64>,
}

impl Moment<'_> {
    fn push(&mut self, metric: &str, labels: &[(&str, &str)], value: f64) -> anyhow::Result<()> {
        self.values.push(value);
        if self.known.is_none() {
            let labels = labels.iter().copied().filter(|(_, text)| !text.is_empty());
            let labels = Labels::new(metric, labels.chain([("instance", INSTANCE)]));
            self.series.push(self.store.series_id(&labels)?);
        }
        Ok(())
    }
}

impl Teller<'_> {
    fn minute(&mut self, told: &WorldMinute, begin_ms: i64) -> anyhow::Result<()> {
        let step_seconds = self.telling.step_seconds;
        for step in 0..60 / step_seconds {
            let Moment { known, series, values, .. } = self.moment(told)?;
            let series = known.unwrap_or_else(|| series.into());
            self.known = Some(Arc::clone(&series));
            let timestamp_ms = begin_ms + step * step_seconds * 1000;
            self.frames.push(FrameWrite {
                id: None,
                timestamp_ms,
                series,
                values,
                rounds: Vec::new(),
            });
            let seconds = step_seconds as f64;
            self.counters.sent_bytes += told.sent_mbit * 125_000.0 * seconds;
            self.counters.received_bytes += told.received_mbit * 125_000.0 * seconds;
            for room in &told.rooms {
                let own = (room.meeting % ORGANISATIONS) as usize;
                self.counters.user_seconds[own] += f64::from(room.people) * seconds;
            }
            for (sum, cores) in self.counters.core_seconds.iter_mut().zip(told.cores) {
                *sum += cores * seconds;
            }
        }
        if self.frames.len() >= BATCH { self.append() } else { Ok(()) }
    }

    fn append(&mut self) -> anyhow::Result<()> {
        self.store.append(&self.frames)?;
        self.frames.clear();
        if self.store.is_full() {
            self.store.seal()?;
        }
        Ok(())
    }

    fn moment(&self, told: &WorldMinute) -> anyhow::Result<Moment<'_>> {
        let mut moment = Moment {
            store: self.store,
            known: self.known.clone(),
            series: Vec::new(),
            values: Vec::new(),
        };
        self.push_host(told, &mut moment)?;
        let media = Media::told(&self.telling.info);
        let mut all = Minute::idle(0, 0);
        let mut own = [Minute::idle(0, 0); ORGANISATIONS as usize];
        for room in &told.rooms {
            all.add(&room_of(room), 1, &media);
            own[(room.meeting % ORGANISATIONS) as usize].add(&room_of(room), 1, &media);
        }
        self.push_rooms(&all, &mut moment)?;
        for (place, minute) in own.iter().enumerate() {
            self.push_tenant(place, minute, &mut moment)?;
        }
        match self.telling.sight {
            Sight::Sfu => push_sfu(&all, &mut moment)?,
            Sight::BytesIn | Sight::Neither => {}
        }
        Ok(moment)
    }

    fn push_host(&self, told: &WorldMinute, moment: &mut Moment<'_>) -> anyhow::Result<()> {
        const ETH0: &[(&str, &str)] = &[("device", "eth0")];
        let Counters { sent_bytes, received_bytes, core_seconds, .. } = self.counters;
        let physical = &[("device", "eth0"), ("kind", "physical")];
        moment.push("node_network_info", physical, 1.0)?;
        let speed = self.telling.link_mbit * 125_000.0;
        moment.push("node_network_speed_bytes", ETH0, speed)?;
        moment.push("node_network_transmit_bytes_total", ETH0, sent_bytes.round())?;
        let packets = (sent_bytes / 700.0).round();
        moment.push("node_network_transmit_packets_total", ETH0, packets)?;
        moment.push("node_network_transmit_drop_total", ETH0, 0.0)?;
        match self.telling.sight {
            Sight::Sfu | Sight::BytesIn => {
                let received = received_bytes.round();
                moment.push("node_network_receive_bytes_total", ETH0, received)?;
            }
            Sight::Neither => {}
        }
        for core in 0..8 {
            let labels = [("cpu", &*core.to_string()), ("mode", "idle")];
            moment.push("node_cpu_seconds_total", &labels, 0.0)?;
        }
        let busy = (told.cores.iter().sum::<f64>() + 0.1) / 8.0;
        moment.push("headroom_cpu_busy_ratio", &[], busy)?;
        let groups = ["freeswitch", "mediasoup-worker", "bbb-apps-akka"];
        for (group, seconds) in groups.iter().zip(core_seconds) {
            let labels = [("groupname", *group), ("mode", "user")];
            moment.push("namedprocess_namegroup_cpu_seconds_total", &labels, seconds)?;
        }
        let busiest = [("groupname", "mediasoup-worker")];
        let metric = "headroom_process_busiest_thread_cpu_ratio";
        moment.push(metric, &busiest, told.busiest_thread)
    }

    fn push_rooms(&self, all: &Minute, moment: &mut Moment<'_>) -> anyhow::Result<()> {
        moment.push("bbb_meetings", &[], all.rooms)?;
        moment.push("bbb_version", &[("version", "3.0.19")], 1.0)?;
        moment.push("headroom_hearing", &[], all.hearing)?;
        for (metric, value) in gauges("headroom", all) {
            moment.push(&metric, &[], value)?;
        }
        let classes = self.telling.info.settings.classes.iter().zip(0..);
        for (class, place) in classes {
            let from = class.from.to_string();
            for (direction, streams) in [("in", all.cameras_in), ("out", all.cameras_out)] {
                let labels = [("direction", direction), ("from", &*from)];
                moment.push("headroom_bbb_camera_streams", &labels, streams[place])?;
            }
        }
        let squares = all.squares;
        for (kind, value) in
            [("people", squares.people), ("audio", squares.hearing), ("cameras", squares.cameras)]
        {
            moment.push("headroom_bbb_room_squares", &[("kind", kind)], value)?;
        }
        let labels = self.telling.info.labels();
        let labels: Vec<(&str, &str)> =
            labels.iter().map(|(name, text)| (*name, text.as_str())).collect();
        moment.push("headroom_bbb_media_info", &labels, 1.0)
    }

    fn push_tenant(
        &self,
        place: usize,
        own: &Minute,
        moment: &mut Moment<'_>,
    ) -> anyhow::Result<()> {
        let tenant = format!("organisation {place}");
        let labels = [("tenant", &*tenant)];
        for (metric, value) in gauges("headroom_tenant", own) {
            moment.push(&metric, &labels, value)?;
        }
        let cameras = own.sent(&Media::told(&self.telling.info)).cameras;
        let seconds = self.counters.user_seconds[place];
        moment.push("headroom_tenant_user_seconds_total", &labels, seconds)?;
        moment.push("headroom_tenant_hearing", &labels, own.hearing)?;
        moment.push("headroom_tenant_cameras_out_mbit", &labels, cameras)
    }
}

/// Screens are among the video streams in, and whoever shares or sees one has a session.
fn push_sfu(all: &Minute, moment: &mut Moment<'_>) -> anyhow::Result<()> {
    let sum = |streams: [f64; 7]| streams.iter().sum::<f64>();
    let shares = all.shares.unwrap_or_default();
    let video = [("kind", "video"), ("type", "simple")];
    let streams_in = sum(all.cameras_in) + shares.streams_in;
    moment.push("mediasoup_producers", &video, streams_in)?;
    let streams_out = sum(all.cameras_out) + shares.streams_out;
    moment.push("mediasoup_consumers", &video, streams_out)?;
    let audio = [("kind", "audio"), ("type", "simple")];
    moment.push("mediasoup_consumers", &audio, all.hearing - all.voices)?;
    let sessions = shares.streams_in + shares.streams_out;
    moment.push("sfu_screenshare_sessions", &[], sessions)
}

/// Sums that hosts and organisations tell alike.
fn gauges(beginning: &str, minute: &Minute) -> [(String, f64); 6] {
    let sum = |streams: [f64; 7]| streams.iter().sum::<f64>();
    [
        ("rooms", minute.rooms),
        ("participants", minute.people),
        ("listeners", minute.hearing - minute.voices),
        ("voices", minute.voices),
        ("cameras", sum(minute.cameras_in)),
        ("cameras_out", sum(minute.cameras_out)),
    ]
    .map(|(end, value)| (format!("{beginning}_{end}"), value))
}
