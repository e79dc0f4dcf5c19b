//! What is known of one host's capacity at a full hour: its load model, what it carried, who used it,
//! what is to come. Made from its past once an hour; reports only ask it.

use super::day::TenantMinute;
use super::measure::Listeners;
use super::occasion::{Occasion, USUAL_MINUTES};
use super::past::Past;
use super::recordings::Recordings;
use super::replays::{self, Replay};
use super::told_days::ToldDay;
use super::usage::{self, Splits, Usage};
use crate::moments::DAY_MS;
use crate::planning::Doubt;
use crate::planning::bandwidth::Bandwidth;
use crate::planning::capacity::{self, Resource};
use crate::planning::forecast::{DayPeak, Forecast};
use crate::planning::minute::Minute;
use crate::planning::mix::{Mix, Rooms};
use crate::planning::processors::{ProcessorMinute, Processors};
use crate::planning::room::Room;
use crate::planning::scores::{BUSY_PEOPLE, Peak};

/// How far ahead a forecast looks.
pub const FORECAST_DAYS: u32 = 28;

/// So many of the minutes with people must have been told of by the media server, or it is taken not
/// to tell of shares.
const TOLD_SHARE: f64 = 0.5;

/// What a host's capacity is told from.
#[derive(Debug)]
pub struct HostModel {
    /// The host.
    pub instance: String,
    /// Until when its past was read, Unix time in milliseconds.
    pub until_ms: i64,
    /// The first and the last minute of the model.
    pub minutes: Option<[i64; 2]>,
    /// What it sends.
    pub bandwidth: Result<Bandwidth, Doubt>,
    /// What its processors do.
    pub processors: Result<Processors, Doubt>,
    /// Its link's speed in Mbit/s; not a number if nobody tells it.
    pub link_mbit: f64,
    /// Its cores.
    pub cores: f64,
    /// mediasoup's workers.
    pub workers: f64,
    /// What it carried.
    pub load: Load,
    /// Its rooms as they mostly are.
    pub rooms: Option<SeenRooms>,
    /// The highest minute of each day.
    pub peaks: Vec<DayPeak>,
    /// Days as they were told.
    pub told_days: Vec<ToldDay>,
    /// The highest minute to come.
    pub forecast: Result<Forecast, Doubt>,
    /// Who used its link.
    pub usage: Usage,
    /// What it recorded.
    pub recordings: Recordings,
    /// Its meetings on other servers.
    pub replays: Vec<Replay>,
    /// How many more people in its usual rooms fit beside its busiest minute; none if that cannot be
    /// told.
    pub more_people: Option<MorePeople>,
    /// What is to be said of its past.
    pub doubts: Vec<Doubt>,
}

/// People who fit beside a host's busiest minute.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MorePeople {
    /// How many.
    pub people: u32,
    /// What keeps out one more room of them; none if nothing does.
    pub binds: Option<Resource>,
}

/// What a host carried.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Load {
    /// The highest minute, in Mbit/s.
    pub peak_mbit: f64,
    /// The 99th percentile of all minutes.
    pub usual_peak_mbit: f64,
    /// Packets out a second, at most in a minute.
    pub most_packets: f64,
    /// All cores, at most in a minute.
    pub most_cores: f64,
    /// The busiest thread, at most in a minute.
    pub busiest_thread: f64,
    /// Streams that the media server handed out, at most.
    pub most_consumers: f64,
    /// Microphones, at most.
    pub most_voices: f64,
    /// People, at most.
    pub most_people: f64,
}

/// Rooms that were seen.
#[derive(Debug, Clone, PartialEq)]
pub struct SeenRooms {
    /// The minute of the last four weeks in which most was sent.
    pub busiest_minute: i64,
    /// The rooms of that minute.
    pub busiest: Mix,
    /// A room as they mostly are.
    pub usual: Room,
    /// In what part of rooms a screen is shared.
    pub sharing: f64,
}

impl HostModel {
    /// The model of a past.
    pub fn of(past: &Past, occasion: Occasion<'_>) -> Self {
        let (minutes, processor_minutes) = of_one_regime(past);
        let minutes = with_shares_or_without(minutes);
        let bandwidth = Bandwidth::of(&minutes, occasion.media);
        let bandwidth = bandwidth.map(|found| found.with_earlier(&earlier(past, &minutes)));
        let workers = past.workers.unwrap_or_else(|| usual_workers(past.cores));
        let link_mbit = past.link_mbit.unwrap_or(f64::NAN);
        let (usage, replays) = match &bandwidth {
            Ok(bandwidth) => {
                let splits = Splits::of(past, bandwidth, occasion.until_ms);
                (usage::of(past, &splits, occasion), replays::of(past, &splits, bandwidth))
            }
            Err(_) => (Usage::default(), Vec::new()),
        };
        let minutes_of =
            |minutes: &[Minute]| Some([minutes.first()?.minute, minutes.last()?.minute]);
        let mut model = Self {
            instance: occasion.instance.to_owned(),
            until_ms: occasion.until_ms,
            minutes: minutes_of(&minutes),
            processors: Processors::of(processor_minutes),
            link_mbit,
            cores: past.cores,
            workers,
            load: load(past, &minutes),
            rooms: seen_rooms(past, &with_estimated_shares(&minutes, bandwidth.as_ref().ok())),
            peaks: past.peaks.clone(),
            told_days: past.told_days.clone(),
            forecast: foresee(past, &minutes),
            usage,
            recordings: past.recordings.clone(),
            replays,
            more_people: None,
            doubts: doubts(past, &minutes),
            bandwidth,
        };
        model.more_people = model.count_more_people();
        model
    }

    /// The host as plans see it; refused where nothing was measured.
    pub fn host(&self) -> Result<capacity::Host<'_>, Doubt> {
        Ok(capacity::Host {
            bandwidth: self.bandwidth.as_ref().map_err(|doubt| *doubt)?,
            processors: self.processors.as_ref().ok().filter(|_| self.cores > 0.0),
            link_mbit: self.link_mbit,
            cores: self.cores,
            workers: self.workers,
        })
    }

    fn count_more_people(&self) -> Option<MorePeople> {
        let (host, rooms) = (self.host().ok()?, self.rooms.as_ref()?);
        // What binds, where they do not fit.
        let tried = |more: u32| -> Option<Result<(), Option<Resource>>> {
            let answer = host.answer(&rooms.with_more(more)).ok()?;
            let fits = answer.probability >= capacity::CONFIDENT;
            Some(fits.then_some(()).ok_or(answer.binds))
        };
        if rooms.usual.people == 0 {
            return Some(MorePeople { people: 0, binds: None });
        }
        let (mut least, mut beyond, mut binds) = (0_u32, 1_u32, None);
        while beyond < MOST_ROOMS {
            match tried(beyond)? {
                Ok(()) => (least, beyond) = (beyond, beyond * 2),
                Err(first) => {
                    binds = first;
                    break;
                }
            }
        }
        while beyond - least > 1 {
            let middle = least.midpoint(beyond);
            match tried(middle)? {
                Ok(()) => least = middle,
                Err(first) => (beyond, binds) = (middle, first),
            }
        }
        Some(MorePeople { people: least * rooms.usual.people, binds })
    }
}

/// Rooms more than these are not tried.
const MOST_ROOMS: u32 = 4_096;

impl SeenRooms {
    /// The rooms of the busiest minute, and so many usual ones more.
    fn with_more(&self, more: u32) -> Mix {
        let mut mix = self.busiest.clone();
        mix.rooms.extend(self.usual_rooms(more));
        mix
    }

    /// As many usual rooms as hold so many people.
    pub fn holding(&self, people: f64) -> impl Iterator<Item = Rooms> {
        let of_one = f64::from(self.usual.people.max(1));
        let rooms = self.usual_rooms((people / of_one).ceil() as u32);
        rooms.into_iter().filter(|rooms| rooms.count > 0)
    }

    /// So many usual rooms; in some of them a screen is shared.
    fn usual_rooms(&self, count: u32) -> [Rooms; 2] {
        let sharing = ((f64::from(count) * self.sharing).round() as u32).min(count);
        let shared = Room { shares: 1, ..self.usual };
        [Rooms { count: sharing, room: shared }, Rooms { count: count - sharing, room: self.usual }]
    }
}

/// mediasoup's workers as BigBlueButton counts them out: four of five cores, half of those beyond 32.
fn usual_workers(cores: f64) -> f64 {
    (cores.min(32.0) * 0.8 + (cores - 32.0).max(0.0) / 2.0).ceil()
}

/// Minutes of BigBlueButton's newest release and settings: what was before may have been sent
/// otherwise, or counted so.
fn of_one_regime(past: &Past) -> (Vec<Minute>, &[ProcessorMinute]) {
    let from = past.regime_from.unwrap_or(i64::MIN);
    let first = past.minutes.partition_point(|minute| minute.minute < from);
    let of_processors = past.processors.partition_point(|minute| minute.minute < from);
    let is_alike = |minute: &&Minute| past.otherwise.binary_search(&minute.minute).is_err();
    let minutes = past.minutes[first..].iter().filter(is_alike).copied().collect();
    (minutes, &past.processors[of_processors..])
}

/// The peaks of days before the first minute, as they were told, as far as they are of this regime.
fn earlier(past: &Past, minutes: &[Minute]) -> Vec<Peak> {
    let Some(first) = minutes.first() else { return Vec::new() };
    // What is told of a day stands within its last minutes.
    let from_ms = past.regime_from.map_or(i64::MIN, |minute| minute * 60_000 + DAY_MS - 120_000);
    let days = past.told_days.iter();
    let own = days.filter(|day| day.number < first.day && day.told_ms >= from_ms);
    own.filter_map(ToldDay::peak).collect()
}

/// What days to come will be at most; nothing of a host that nobody used.
fn foresee(past: &Past, minutes: &[Minute]) -> Result<Forecast, Doubt> {
    let is_used = minutes.iter().any(|minute| minute.people > 0.0);
    if is_used { Forecast::of(&past.peaks, FORECAST_DAYS) } else { Err(Doubt::NobodyToForesee) }
}

/// Minutes that all tell of shares, or none of which does: what only a few tell is left out.
fn with_shares_or_without(minutes: Vec<Minute>) -> Vec<Minute> {
    let busy = minutes.iter().filter(|minute| minute.people > 0.0);
    let (told, count) = busy.fold((0.0, 0.0), |(told, count), minute| {
        (told + f64::from(u8::from(minute.shares.is_some())), count + 1.0)
    });
    let is_told = told > TOLD_SHARE * count;
    let mut kept = minutes;
    if is_told {
        kept.retain(|minute| minute.shares.is_some() || minute.people <= 0.0);
    }
    for minute in &mut kept {
        minute.shares = is_told.then(|| minute.shares.unwrap_or_default());
    }
    kept
}

/// The minutes with the shares that bytes in tell of, where nothing else does.
fn with_estimated_shares(minutes: &[Minute], bandwidth: Option<&Bandwidth>) -> Vec<Minute> {
    let estimate = bandwidth.and_then(|found| found.received.as_ref().zip(Some(found.media())));
    let Some((received, media)) = estimate else { return minutes.to_vec() };
    minutes.iter().map(|minute| received.with_shares(minute, media)).collect()
}

fn load(past: &Past, minutes: &[Minute]) -> Load {
    let mut sent: Vec<f64> =
        past.sent_mbit.iter().copied().filter(|mbit| mbit.is_finite()).collect();
    sent.sort_by(f64::total_cmp);
    let place = (sent.len() as f64 * 0.99) as usize;
    let most = |values: &mut dyn Iterator<Item = f64>| values.fold(0.0, f64::max);
    let of_processors = |of: fn(&ProcessorMinute) -> f64| most(&mut past.processors.iter().map(of));
    Load {
        peak_mbit: sent.last().copied().unwrap_or(0.0),
        usual_peak_mbit: sent.get(place).or(sent.last()).copied().unwrap_or(0.0),
        most_packets: past.most_packets,
        most_cores: of_processors(|minute| minute.cores.iter().sum::<f64>() + minute.other_cores),
        busiest_thread: of_processors(|minute| minute.busiest_thread),
        most_consumers: of_processors(|minute| minute.drivers[1]),
        most_voices: most(&mut minutes.iter().map(|minute| minute.voices)),
        most_people: most(&mut minutes.iter().map(|minute| minute.people)),
    }
}

fn seen_rooms(past: &Past, minutes: &[Minute]) -> Option<SeenRooms> {
    let newest = minutes.last()?.minute;
    let recent = || minutes.iter().filter(move |minute| newest - minute.minute < USUAL_MINUTES);
    let busy = || recent().filter(|minute| minute.people > BUSY_PEOPLE && minute.rooms > 0.0);
    let sent = |minute: &Minute| minute.sent_mbit.unwrap_or(0.0);
    let busiest = busy().max_by(|a, b| sent(a).total_cmp(&sent(b)))?;
    let sum = |of: fn(&Minute) -> f64| busy().map(of).sum::<f64>();
    let rooms = sum(|minute| minute.rooms);
    let shares = sum(|minute| minute.shares.unwrap_or_default().streams_in);
    let usual = room_of(
        sum(|minute| minute.people) / rooms,
        sum(|minute| minute.voices) / rooms,
        sum(|minute| minute.cameras_in.iter().sum()) / rooms,
    );
    Some(SeenRooms {
        busiest_minute: busiest.minute,
        busiest: mix_of(past, busiest),
        usual,
        sharing: (shares / rooms).clamp(0.0, 1.0),
    })
}

/// A room of such means.
fn room_of(people: f64, voices: f64, cameras: f64) -> Room {
    let people = (people.round() as u32).max(1);
    let voices = (voices.round() as u32).min(people);
    let cameras = (cameras.round() as u32).min(people);
    Room {
        people,
        moderators: 1,
        telephones: 0,
        voices,
        hearing: people,
        cameras,
        moderator_cameras: cameras.min(1),
        shares: 0,
    }
}

/// The rooms of a minute, those of each organisation alike; some of them share.
fn mix_of(past: &Past, minute: &Minute) -> Mix {
    let first = past.parts.partition_point(|part| part.minute < minute.minute);
    let own = past.parts[first..].iter().take_while(|part| part.minute == minute.minute);
    let mut rooms: Vec<Rooms> = own.map(rooms_of).collect();
    let mut shares = minute.shares.unwrap_or_default().streams_in.round() as u32;
    let mut sharing = Vec::new();
    for rooms in &mut rooms {
        let some = shares.min(rooms.count);
        (rooms.count, shares) = (rooms.count - some, shares - some);
        sharing.push(Rooms { count: some, room: Room { shares: 1, ..rooms.room } });
    }
    rooms.extend(sharing);
    rooms.retain(|rooms| rooms.count > 0);
    Mix { name: "its busiest minute of four weeks".into(), rooms }
}

fn rooms_of(part: &TenantMinute) -> Rooms {
    let count = (part.rooms.round() as u32).max(1);
    let each = |sum: f64| sum / f64::from(count);
    Rooms { count, room: room_of(each(part.people), each(part.voices), each(part.cameras)) }
}

fn doubts(past: &Past, minutes: &[Minute]) -> Vec<Doubt> {
    let mut doubts = Vec::new();
    if past.unanswered > 0 {
        doubts.push(Doubt::Unanswered { minutes: past.unanswered });
    }
    if past.missing > 0 {
        doubts.push(Doubt::MissingMinutes { minutes: past.missing });
    }
    // Where a clock was set, counters of two times seem to fall, too.
    if past.impossible > 0 {
        doubts.push(Doubt::ClockSet { minutes: past.impossible });
    } else if past.restarts > 0 {
        doubts.push(Doubt::Restarted { times: past.restarts });
    }
    let has_people = minutes.iter().any(|minute| minute.people > 0.0);
    if has_people && past.listeners == Some(Listeners::Untold) {
        doubts.push(Doubt::ListenersUnknown);
    }
    if past.regime_from.is_some() {
        doubts.push(Doubt::NewRegime);
    }
    if !past.otherwise.is_empty() {
        doubts.push(Doubt::SettingsUnread { minutes: past.otherwise.len() });
    }
    doubts
}
