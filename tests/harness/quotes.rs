//! Whether what is said of what is to come holds: events of 200 people, quoted from four weeks of a
//! simulated host and then held there; and cycles of bills, foreseen on their tenth day.

use headroom::contracts::{Contract, Counted, Form, Port, STEP_MS, Sharing, Step};
use headroom::offers::{Demand, Middle, Peak, Running, outlook};
use headroom::planning::bandwidth::Bandwidth;
use headroom::planning::capacity::Resource;
use headroom::planning::media::Media;
use headroom::planning::minute::Minute;
use headroom::reports::event::Event;
use headroom_simulation::worlds::{Constants, Profile, Typed, World};

use crate::calibration::{Sight, Telling, linked, minutes_of};
use crate::choice::steps;

/// Days that are known when an event is quoted.
const KNOWN_DAYS: i32 = 28;

/// A cycle: days that were measured before it, days that have gone of it, and its length.
const BEFORE: i32 = 30;
const GONE: i32 = 10;
const LENGTH: i32 = 30;

/// How often ranges held.
#[derive(Debug, Clone, Default)]
pub struct Held {
    /// How many there were.
    pub count: usize,
    /// How many held what happened: from one of ten to nine of ten.
    pub held: usize,
    /// How many ended below the upper end.
    pub below_high: usize,
    /// What happened over the middle of what was said, of each.
    pub ratios: Vec<f64>,
}

impl Held {
    /// The part that held.
    pub fn part(&self) -> f64 {
        self.held as f64 / self.count.max(1) as f64
    }

    /// The part that ended below the upper end.
    pub fn part_below(&self) -> f64 {
        self.below_high as f64 / self.count.max(1) as f64
    }

    /// How far off the middle was, in the middle.
    pub fn median_error(&self) -> f64 {
        let mut errors: Vec<f64> = self.ratios.iter().map(|ratio| (ratio - 1.0).abs()).collect();
        errors.sort_by(f64::total_cmp);
        errors.get(errors.len() / 2).copied().unwrap_or(f64::NAN)
    }

    /// How many times of the middle happened, in the middle: more than one is told too low.
    pub fn bias(&self) -> f64 {
        let mut ratios = self.ratios.clone();
        ratios.sort_by(f64::total_cmp);
        ratios.get(ratios.len() / 2).copied().unwrap_or(f64::NAN)
    }

    fn add(&mut self, [low, middle, high]: [f64; 3], happened: f64) {
        self.count += 1;
        self.held += usize::from((low..=high).contains(&happened));
        self.below_high += usize::from(happened <= high);
        self.ratios.push(happened / middle);
    }
}

/// The event that is quoted: 200 people in one room for three hours, ten cameras and a screen.
pub fn event() -> Event {
    Event { users: 200, hours: 3.0, cameras: 10, shares: 1, rooms: 1, begin_ms: None }
}

/// Quotes the event in so many worlds, and holds it.
pub fn quoted(seeds: u64) -> Held {
    // A host that tells its settings: assumed ones widen a range up to what has no pages.
    let media = Media::told(&Telling::of(Sight::Sfu).info);
    let typed = Typed { rooms: 1, people: 200, cameras: 10, shares: 1 };
    let mut held = Held::default();
    for seed in 0..seeds {
        let world = drawn(12_000 + seed, seed);
        let seen: Vec<Minute> = (0..KNOWN_DAYS)
            .flat_map(|day| minutes_of(&world.day(day), day, &media, Sight::Sfu))
            .collect();
        let Ok(bandwidth) = Bandwidth::of(&seen, &media) else { continue };
        let Ok(answer) = linked(&bandwidth).answer(&event().mix()) else { continue };
        let link = answer.checks.iter().find(|check| check.resource == Resource::LinkPlan);
        let Some(link) = link else { continue };
        let sent = world.event(typed, seed).into_iter().map(|minute| minute.sent_mbit);
        let range = [link.range.low, link.expected, link.range.high];
        held.add(range, sent.fold(0.0, f64::max));
    }
    held
}

/// Foresees the ends of cycles in so many worlds: what counts, and the 95th percentile.
pub fn cycles(worlds: u64) -> [Held; 2] {
    let port = Port { mbit: 10_000.0, sharing: Sharing::Dedicated, burst: None };
    let form = Form::Percentile { commit_mbit: 1.0, price: 100 };
    let contract = Contract { port, counted: Counted::Out, form };
    let mut both = [Held::default(), Held::default()];
    for number in 0..worlds {
        let world = drawn(15_000 + number, number);
        let days: Vec<Vec<Step>> = (0..BEFORE + LENGTH).map(|day| steps(&world, day)).collect();
        let known = days[..(BEFORE + GONE) as usize].to_vec();
        let demand = Demand::new(known, Peak::Seen(1.0), 1.0);
        let day_ms = 288 * STEP_MS;
        let [begin_ms, until_ms, end_ms] =
            [BEFORE, BEFORE + GONE, BEFORE + LENGTH].map(|day| i64::from(day) * day_ms);
        let bounds_ms = (begin_ms, end_ms);
        let running = Running { contract: &contract, bounds_ms, until_ms };
        let Some(found) = outlook(running, &demand) else { continue };
        let cycle: Vec<f64> =
            days[BEFORE as usize..].iter().flatten().map(|step| step.sent_mbit).collect();
        let bytes = cycle.iter().sum::<f64>() * headroom::contracts::BYTES_PER_MBIT_STEP;
        let billed = headroom::planning::billing::percentile_95(cycle).unwrap_or(f64::NAN);
        let told = |range: Middle| [range.low, range.middle, range.high];
        both[0].add(told(found.end_bytes), bytes);
        if let Some(range) = found.end_percentile_mbit {
            both[1].add(told(range), billed);
        }
    }
    both
}

/// A world of a number, a profile each in turn.
fn drawn(seed: u64, number: u64) -> World {
    World::drawn(seed, Profile::ALL[(number % 4) as usize], &Constants::default())
}
