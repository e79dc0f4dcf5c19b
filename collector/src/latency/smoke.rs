//! The smoke of a path over a span: its rounds in cells of equal length, each with the quantiles of its
//! round trips and what was lost of it, and beside them what happened. Short spans have a cell for each
//! round; long ones are read from the quantiles of hours.

use headroom_proto::catalogue::HEADROOM_PROBE_VANTAGE_OFFLINE;

use super::events::{self, Event, Mark, Spell};
use super::matrix::name_of;
use super::path::PathName;
use crate::samples::{Budget, METRIC, Matcher, ReadError, TimeRange};
use crate::store::{
    PathRound, ProbedPath, QUANTILES, Records, SmokeHour, WantedRounds, quantile_place,
};

/// About how many cells a picture has at most.
const MOST_CELLS: i64 = 760;

const SECOND_MS: i64 = 1000;
const HOUR_MS: i64 = 3600 * SECOND_MS;

/// How long cells may be, in seconds. The first stands for a cell of each round.
const STEPS_SECONDS: [i64; 12] =
    [60, 120, 300, 600, 900, 1800, 3600, 7200, 14_400, 21_600, 43_200, 86_400];

/// A class of loss, as a colour stands for it.
#[derive(Debug, Clone, Copy)]
pub struct LossClass {
    /// Up to which part, that included.
    most: f64,
    /// In words.
    pub long: &'static str,
    /// In fewer words.
    pub short: &'static str,
}

const fn class(most: f64, long: &'static str, short: &'static str) -> LossClass {
    LossClass { most, long, short }
}

/// The classes of SmokePing for twenty pings: none, one to four, ten, not all; and all, which it does not draw.
pub const LOSS_CLASSES: [LossClass; 8] = [
    class(0.0, "none", "0"),
    class(0.05, "to 5 %", "5"),
    class(0.1, "to 10 %", "10"),
    class(0.15, "to 15 %", "15"),
    class(0.2, "to 20 %", "20"),
    class(0.5, "to 50 %", "50"),
    class(0.999_999, "to 99 %", "99"),
    class(1.0, "all", "all"),
];

/// Which class it is.
pub fn loss_class(sent: u32, received: u32) -> usize {
    let lost = f64::from(sent.saturating_sub(received)) / f64::from(sent.max(1));
    LOSS_CLASSES.iter().position(|class| lost <= class.most).unwrap_or(LOSS_CLASSES.len() - 1)
}

/// The smoke of a path.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Smoke {
    /// How long a cell is, in milliseconds; none where each is a round.
    pub step_ms: Option<i64>,
    /// Its cells, in order; there is none where no round was told.
    pub cells: Vec<Cell>,
    /// What changed.
    pub events: Vec<Event>,
    /// When nothing was heard, though rounds were told.
    pub spells: Vec<Spell>,
}

/// A stretch of time.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Cell {
    /// From when, Unix time in milliseconds.
    pub from_ms: i64,
    /// Until when.
    pub to_ms: i64,
    /// Pings of rounds that say something.
    pub sent: u32,
    /// How many were answered.
    pub received: u32,
    /// The quantiles of round trips, in microseconds.
    pub quantiles_us: Option<[u32; QUANTILES]>,
}

impl Cell {
    /// The part that was not answered; none without pings.
    pub fn loss_ratio(&self) -> Option<f64> {
        (self.sent > 0).then(|| 1.0 - f64::from(self.received) / f64::from(self.sent))
    }

    /// The lower median, in microseconds.
    pub fn median_us(&self) -> Option<u32> {
        self.quantiles_us.map(|quantiles| quantiles[QUANTILES / 2])
    }
}

impl Smoke {
    /// The part of all pings that was not answered; none without any.
    pub fn loss_ratio(&self) -> Option<f64> {
        let sum =
            |of: fn(&Cell) -> u32| self.cells.iter().map(|cell| u64::from(of(cell))).sum::<u64>();
        let (sent, received) = (sum(|cell| cell.sent), sum(|cell| cell.received));
        (sent > 0).then(|| 1.0 - received as f64 / sent as f64)
    }

    /// Up to where there is much of it, in microseconds: a few long round trips do not flatten the rest.
    pub fn top_us(&self) -> f64 {
        let quantiles = || self.cells.iter().filter_map(|cell| cell.quantiles_us);
        let mut usual: Vec<u32> = quantiles().map(|quantiles| quantiles[QUANTILES - 3]).collect();
        usual.sort_unstable();
        let usual = usual.get(usual.len().saturating_sub(1) * 19 / 20).copied().unwrap_or_default();
        let median =
            quantiles().map(|quantiles| quantiles[QUANTILES / 2]).max().unwrap_or_default();
        f64::from(usual).max(f64::from(median) * 1.1)
    }
}

/// A path that has had rounds.
#[derive(Debug, Clone)]
pub struct KnownPath {
    /// Its name.
    pub name: PathName,
    /// How its rounds are asked for.
    pub probed: ProbedPath,
}

/// The paths to a datacentre that have ever had rounds, in the order of their names.
pub fn known_paths(
    records: &Records,
    datacentre: &str,
    budget: &Budget,
) -> Result<Vec<KnownPath>, ReadError> {
    let own = Matcher::equal("datacentre", datacentre);
    matching(records, &[Matcher::equal(METRIC, HEADROOM_PROBE_VANTAGE_OFFLINE.name), own], budget)
}

/// All paths that have ever had rounds, in the order of their names.
pub fn all_known_paths(records: &Records, budget: &Budget) -> Result<Vec<KnownPath>, ReadError> {
    matching(records, &[Matcher::equal(METRIC, HEADROOM_PROBE_VANTAGE_OFFLINE.name)], budget)
}

fn matching(
    records: &Records,
    matchers: &[Matcher],
    budget: &Budget,
) -> Result<Vec<KnownPath>, ReadError> {
    let found = records.paths(matchers, budget)?;
    let known = |probed: ProbedPath| KnownPath { name: name_of(&probed.labels), probed };
    let mut paths: Vec<KnownPath> = found.into_iter().map(known).collect();
    paths.sort_by(|one, other| one.name.cmp(&other.name));
    Ok(paths)
}

/// The smoke of a path over a span.
pub fn smoke(
    records: &Records,
    path: &KnownPath,
    range: TimeRange,
    budget: &Budget,
) -> Result<Smoke, ReadError> {
    let step_ms = step_ms(range);
    let mut making = Making { until_ms: range.to_ms, ..Making::new(step_ms) };
    if step_ms < HOUR_MS {
        let wanted = WantedRounds { path: path.probed.id, range };
        records.rounds(wanted, budget, |round| {
            making.add_round(&round);
            Ok(())
        })?;
        return Ok(making.finish());
    }
    for hour in records.smoke_hours(path.probed.id, range, budget)? {
        making.add_hour(&hour);
    }
    Ok(making.finish())
}

/// How long cells of a span are.
fn step_ms(range: TimeRange) -> i64 {
    let span_ms = range.to_ms.saturating_sub(range.from_ms).max(0);
    let fits = |seconds: &&i64| span_ms / (**seconds * SECOND_MS) <= MOST_CELLS;
    STEPS_SECONDS.iter().find(fits).map_or(7 * 24 * HOUR_MS, |seconds| seconds * SECOND_MS)
}

/// Cells on their way.
struct Making {
    /// What lies behind it is not there yet.
    until_ms: i64,
    step_ms: i64,
    each_round: bool,
    cells: Vec<Cell>,
    /// The cell that is being filled, and its round trips, each with its weight.
    open: Option<Cell>,
    trips: Vec<Weighted>,
    marks: Vec<Mark>,
}

/// A round trip that stands for so many.
#[derive(Clone, Copy)]
struct Weighted {
    us: u32,
    weight: f64,
}

impl Making {
    fn new(step_ms: i64) -> Self {
        Self {
            until_ms: i64::MAX,
            step_ms,
            each_round: step_ms == STEPS_SECONDS[0] * SECOND_MS,
            cells: Vec::new(),
            open: None,
            trips: Vec::new(),
            marks: Vec::new(),
        }
    }

    fn add_round(&mut self, round: &PathRound) {
        let (from_ms, span_ms) = (round.begin_ms, i64::from(round.span_ms));
        let to_ms = from_ms.saturating_add(span_ms).min(self.until_ms);
        self.marks.push(Mark {
            from_ms,
            to_ms,
            least_us: round.round_trips_us.first().copied(),
            hop_limit: round.hop_limit,
            address: round.address,
            offline: round.vantage_offline,
        });
        if self.each_round || span_ms >= self.step_ms {
            self.close();
            self.open = Some(Cell { from_ms, to_ms, sent: 0, received: 0, quantiles_us: None });
        } else {
            self.open_at(from_ms + span_ms / 2);
        }
        self.fill(if round.vantage_offline { 0 } else { round.sent }, round.received());
        self.trips.extend(round.round_trips_us.iter().map(|us| Weighted { us: *us, weight: 1.0 }));
    }

    fn add_hour(&mut self, hour: &SmokeHour) {
        let to_ms = (hour.begin_ms + HOUR_MS).min(self.until_ms);
        self.marks.push(Mark {
            from_ms: hour.begin_ms,
            to_ms,
            least_us: hour.quantiles_us.map(|quantiles| quantiles[0]),
            hop_limit: hour.hop_limit,
            address: None,
            offline: hour.offline == hour.rounds,
        });
        self.open_at(hour.begin_ms);
        self.fill(hour.sent, hour.received);
        let weight = f64::from(hour.received) / QUANTILES as f64;
        let quantiles = hour.quantiles_us.iter().flatten();
        self.trips.extend(quantiles.map(|us| Weighted { us: *us, weight }));
    }

    /// Goes on in the cell of a moment.
    fn open_at(&mut self, at_ms: i64) {
        let from_ms = at_ms.div_euclid(self.step_ms) * self.step_ms;
        if self.open.is_none_or(|open| open.from_ms != from_ms) {
            self.close();
            let to_ms = (from_ms + self.step_ms).min(self.until_ms);
            self.open = Some(Cell { from_ms, to_ms, sent: 0, received: 0, quantiles_us: None });
        }
    }

    fn fill(&mut self, sent: u32, received: u32) {
        if let Some(open) = &mut self.open {
            open.sent += sent;
            open.received += received;
        }
    }

    fn close(&mut self) {
        if let Some(cell) = self.open.take() {
            self.trips.sort_unstable_by_key(|trip| trip.us);
            self.cells.push(Cell { quantiles_us: quantiles(&self.trips), ..cell });
            self.trips.clear();
        }
    }

    fn finish(mut self) -> Smoke {
        self.close();
        Smoke {
            step_ms: (!self.each_round).then_some(self.step_ms),
            events: events::events(&self.marks),
            spells: events::spells(&self.marks),
            cells: self.cells,
        }
    }
}

/// The quantiles of sorted round trips; where all weigh the same, those of the values themselves.
fn quantiles(sorted: &[Weighted]) -> Option<[u32; QUANTILES]> {
    let (first, last) = (sorted.first()?, sorted.last()?);
    if sorted.iter().all(|trip| trip.weight == first.weight) {
        return Some(std::array::from_fn(|quantile| {
            sorted[quantile_place(quantile, sorted.len())].us
        }));
    }
    let whole: f64 = sorted.iter().map(|trip| trip.weight).sum();
    let mut found = [last.us; QUANTILES];
    let (mut passed, mut quantile) = (0.0, 0);
    for trip in sorted {
        passed += trip.weight;
        while quantile < QUANTILES && passed >= whole * quantile as f64 / (QUANTILES - 1) as f64 {
            found[quantile] = trip.us;
            quantile += 1;
        }
    }
    found[0] = first.us;
    Some(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn round(minute: i64, trips: std::ops::Range<u32>) -> PathRound {
        PathRound {
            begin_ms: minute * 60_000 + 7,
            span_ms: 60_000,
            sent: 20,
            round_trips_us: trips.collect(),
            ..PathRound::default()
        }
    }

    #[test]
    fn short_spans_have_a_cell_for_each_round_and_long_ones_join_them() {
        let rounds = [round(0, 100..120), round(1, 200..210), round(2, 0..0), round(3, 300..320)];
        let make = |step_ms| {
            let mut making = Making::new(step_ms);
            for round in &rounds {
                making.add_round(round);
            }
            making.finish()
        };
        let each = make(60_000);
        assert_eq!((each.step_ms, each.cells.len(), each.spells.len()), (None, 4, 1));
        let losses: Vec<_> = each.cells.iter().filter_map(Cell::loss_ratio).collect();
        assert_eq!(losses, [0.0, 0.5, 1.0, 0.0]);
        assert_eq!(each.cells[0].median_us(), Some(109));
        assert_eq!((each.cells[2].median_us(), each.loss_ratio()), (None, Some(0.375)));
        let joined = make(120_000);
        assert_eq!((joined.step_ms, joined.cells.len()), (Some(120_000), 2));
        assert_eq!(joined.cells[0].quantiles_us.unwrap()[QUANTILES - 1], 209);
        assert_eq!((joined.cells[0].sent, joined.cells[0].received), (40, 30));
    }

    #[test]
    fn classes_of_loss_are_those_of_smokeping() {
        let classes: Vec<usize> = (0..=20).map(|lost| loss_class(20, 20 - lost)).collect();
        let expected = [0, 1, 2, 3, 4, 5, 5, 5, 5, 5, 5, 6, 6, 6, 6, 6, 6, 6, 6, 6, 7];
        assert_eq!(classes, expected);
    }

    #[test]
    fn a_cut_off_vantage_adds_no_loss() {
        let mut making = Making::new(60_000);
        making.add_round(&PathRound { vantage_offline: true, ..round(0, 0..0) });
        let smoke = making.finish();
        assert_eq!((smoke.loss_ratio(), smoke.cells[0].loss_ratio()), (None, None));
        assert_eq!(smoke.spells[0].silence, events::Silence::VantageOffline);
    }

    #[test]
    fn quantiles_of_hours_weigh_by_what_was_answered() {
        let hour = |hour: i64, received: u32, us: u32| SmokeHour {
            begin_ms: hour * HOUR_MS,
            rounds: 60,
            offline: 0,
            sent: 1200,
            received,
            hop_limit: Some(54),
            quantiles_us: Some([us; QUANTILES]),
        };
        let mut making = Making::new(2 * HOUR_MS);
        making.add_hour(&hour(0, 1200, 100));
        making.add_hour(&hour(1, 300, 500));
        let smoke = making.finish();
        let quantiles = smoke.cells[0].quantiles_us.unwrap();
        assert_eq!(
            (quantiles[0], quantiles[10], quantiles[16], quantiles[17]),
            (100, 100, 100, 500)
        );
        assert_eq!(smoke.loss_ratio(), Some(1.0 - 1500.0 / 2400.0));
    }

    #[test]
    fn cells_are_as_many_as_a_picture_shows() {
        let step = |seconds: i64| step_ms(TimeRange { from_ms: 0, to_ms: seconds * 1000 }) / 1000;
        let found = [3600, 86_400, 7 * 86_400, 31 * 86_400, 366 * 86_400].map(step);
        assert_eq!(found, [60, 120, 900, 3600, 43_200]);
    }
}
