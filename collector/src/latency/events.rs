//! What happened on a path: changes of its way, of its address, and times without an answer. Pure.

use core::net::IpAddr;

/// What one round, or one hour of rounds, says of the way.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Mark {
    /// When it began, and when it was over; Unix time in milliseconds.
    pub from_ms: i64,
    /// The end.
    pub to_ms: i64,
    /// The least round trip, in microseconds, if any ping was answered.
    pub least_us: Option<u32>,
    /// What was left of the hop limit.
    pub hop_limit: Option<u8>,
    /// The address that was asked.
    pub address: Option<IpAddr>,
    /// Whether the vantage was cut off.
    pub offline: bool,
}

/// Something that changed on a path.
#[derive(Debug, Clone, PartialEq)]
pub struct Event {
    /// When, Unix time in milliseconds.
    pub at_ms: i64,
    /// What.
    pub change: Change,
    /// How it was before, and is after, in words.
    pub before: String,
    /// After.
    pub after: String,
}

/// What changes on a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    /// The name leads to another address.
    Address,
    /// Replies come over another number of hops.
    Route,
    /// The least round trip is another one, over the same number of hops.
    Step,
}

/// A time in which nothing was heard.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Spell {
    /// From when.
    pub from_ms: i64,
    /// Until when.
    pub to_ms: i64,
    /// Why.
    pub silence: Silence,
}

/// Why nothing was heard.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Silence {
    /// No ping was answered.
    NoAnswer,
    /// The vantage was cut off, which says nothing of the target.
    VantageOffline,
}

/// How long a round usually is: so much may lie between two that follow each other.
const ROUND_MS: i64 = 60_000;

/// Another number of hops counts as another way once it has stayed for so many rounds.
const STAYS: usize = 3;

/// The least round trips of so many rounds before and after are compared.
const WINDOW: usize = 10;

/// A step is at least this part of what was before, at least so long, and clear of what varies anyway.
const STEP_PART: f64 = 0.04;
const STEP_US: f64 = 500.0;
const STEP_NOISE: f64 = 5.0;

/// A step and another number of hops that are no further apart are one event, in rounds.
const TOGETHER: i64 = 5;

impl Change {
    /// In a word, for an axis.
    pub fn word(self) -> &'static str {
        match self {
            Self::Address => "address",
            Self::Route => "route",
            Self::Step => "step",
        }
    }

    /// In words.
    pub fn words(self) -> &'static str {
        match self {
            Self::Address => "another address",
            Self::Route => "another route",
            Self::Step => "a step of the least round trip",
        }
    }
}

impl Silence {
    /// In fewer words.
    pub fn short(self) -> &'static str {
        match self {
            Self::NoAnswer => "silent",
            Self::VantageOffline => "offline",
        }
    }

    /// In words.
    pub fn words(self) -> &'static str {
        match self {
            Self::NoAnswer => "no answer",
            Self::VantageOffline => "vantage offline",
        }
    }
}

/// What changed, in order.
pub fn events(marks: &[Mark]) -> Vec<Event> {
    let steps = steps(marks);
    let near = |one: i64, other: i64| {
        let round_ms = marks.first().map_or(0, |mark| mark.to_ms - mark.from_ms);
        one.abs_diff(other) <= (round_ms * TOGETHER).unsigned_abs()
    };
    let mut events = addresses(marks);
    let mut routes = routes(marks);
    for step in steps {
        match routes.iter_mut().find(|route| near(route.at_ms, step.at_ms)) {
            Some(route) => {
                route.before = format!("{}, {}", route.before, step.before);
                route.after = format!("{}, {}", route.after, step.after);
            }
            None => events.push(step),
        }
    }
    events.append(&mut routes);
    events.sort_by_key(|event| event.at_ms);
    events
}

/// Times without an answer, in order.
pub fn spells(marks: &[Mark]) -> Vec<Spell> {
    let mut spells: Vec<Spell> = Vec::new();
    let mut goes_on = false;
    for mark in marks {
        let silence = match (mark.offline, mark.least_us) {
            (true, _) => Silence::VantageOffline,
            (false, None) => Silence::NoAnswer,
            (false, Some(_)) => {
                goes_on = false;
                continue;
            }
        };
        // Of a time without rounds nothing is known.
        let is_next = |last: &Spell| {
            mark.from_ms.saturating_sub(last.to_ms) <= (mark.to_ms - mark.from_ms).max(ROUND_MS)
        };
        match spells.last_mut() {
            Some(last) if goes_on && last.silence == silence && is_next(last) => {
                last.to_ms = mark.to_ms;
            }
            Some(_) | None => {
                let Mark { from_ms, to_ms, .. } = *mark;
                spells.push(Spell { from_ms, to_ms, silence });
            }
        }
        goes_on = true;
    }
    spells
}

fn addresses(marks: &[Mark]) -> Vec<Event> {
    let mut last = None;
    let mut events = Vec::new();
    for mark in marks {
        let Some(address) = mark.address else { continue };
        if let Some(before) = last.replace(address).filter(|before| *before != address) {
            let (at_ms, change) = (mark.from_ms, Change::Address);
            let (before, after) = (before.to_string(), address.to_string());
            events.push(Event { at_ms, change, before, after });
        }
    }
    events
}

fn routes(marks: &[Mark]) -> Vec<Event> {
    let told = marks.iter().filter_map(|mark| Some((mark, mark.hop_limit?)));
    let mut settled: Option<u8> = None;
    let mut coming: Option<Coming> = None;
    let mut events = Vec::new();
    for (mark, hops) in told {
        if settled == Some(hops) {
            coming = None;
            continue;
        }
        let seen = coming.take().filter(|coming| coming.hops == hops);
        let seen = seen.unwrap_or(Coming { hops, since_ms: mark.from_ms, rounds: 0 });
        let seen = Coming { rounds: seen.rounds + 1, ..seen };
        if seen.rounds < STAYS {
            coming = Some(seen);
            continue;
        }
        if let Some(before) = settled.replace(hops) {
            let words = |hops: u8| format!("hop limit {hops} left");
            let (at_ms, change) = (seen.since_ms, Change::Route);
            events.push(Event { at_ms, change, before: words(before), after: words(hops) });
        }
    }
    events
}

/// A number of hops that may stay.
struct Coming {
    hops: u8,
    since_ms: i64,
    rounds: usize,
}

fn steps(marks: &[Mark]) -> Vec<Event> {
    let told: Vec<(&Mark, f64)> =
        marks.iter().filter_map(|mark| Some((mark, f64::from(mark.least_us?)))).collect();
    let least: Vec<f64> = told.iter().map(|(_, least)| *least).collect();
    let mut events = Vec::new();
    let mut best: Option<Step> = None;
    for place in WINDOW..(least.len() + 1).saturating_sub(WINDOW) {
        let step = Step::at(&least, place);
        if step.is_clear() {
            if best.as_ref().is_none_or(|best| step.contrast > best.contrast) {
                best = Some(step);
            }
        } else if let Some(best) = best.take() {
            events.push(best.event(told[best.place].0));
        }
    }
    events.extend(best.map(|best| best.event(told[best.place].0)));
    events
}

/// The least round trips before and after a place.
struct Step {
    place: usize,
    before: f64,
    after: f64,
    noise: f64,
    /// By how much the two neighbours of the place differ: where in a step they do most, it is.
    contrast: f64,
}

impl Step {
    fn at(least: &[f64], place: usize) -> Self {
        let (before, after) = (&least[place - WINDOW..place], &least[place..place + WINDOW]);
        let (old, new) = (median(before), median(after));
        let spread = |values: &[f64], middle: f64| {
            median(&values.iter().map(|value| (value - middle).abs()).collect::<Vec<_>>())
        };
        let noise = spread(before, old).max(spread(after, new));
        let contrast = (least[place] - least[place - 1]).abs();
        Self { place, before: old, after: new, noise, contrast }
    }

    fn is_clear(&self) -> bool {
        let height = (self.after - self.before).abs();
        height >= STEP_US && height >= STEP_PART * self.before && height > STEP_NOISE * self.noise
    }

    fn event(&self, mark: &Mark) -> Event {
        let words = |us: f64| format!("least {} ms", milliseconds(us));
        let (before, after) = (words(self.before), words(self.after));
        Event { at_ms: mark.from_ms, change: Change::Step, before, after }
    }
}

/// Three digits at least, and no more than the unit has.
fn milliseconds(us: f64) -> String {
    let ms = us / 1e3;
    if ms >= 100.0 { format!("{ms:.0}") } else { format!("{ms:.1}") }
}

/// The lower median.
fn median(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_unstable_by(f64::total_cmp);
    sorted.get(sorted.len().saturating_sub(1) / 2).copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mark(minute: usize, least_ms: f64, hops: u8) -> Mark {
        let from_ms = minute as i64 * 60_000;
        Mark {
            from_ms,
            to_ms: from_ms + 60_000,
            least_us: (least_ms > 0.0).then_some((least_ms * 1e3) as u32),
            hop_limit: (hops > 0).then_some(hops),
            address: Some(IpAddr::from([192, 0, 2, 1])),
            offline: false,
        }
    }

    fn said(marks: &[Mark]) -> Vec<String> {
        let words = |event: &Event| {
            let Event { at_ms, change, before, after } = event;
            format!("{} {}: {before} -> {after}", at_ms / 60_000, change.word())
        };
        events(marks).iter().map(words).collect()
    }

    #[test]
    fn another_route_is_one_event_where_it_began() {
        // It varies by a fifth of a millisecond, and a lossy evening changes nothing of the least.
        let wave = |n: usize| f64::from(n as u32 * 37 % 11) / 50.0;
        let way = |n: usize| if n < 60 { (92.0, 54) } else { (118.0, 51) };
        let marks: Vec<Mark> = (0..120)
            .map(|n| mark(n, if n % 13 == 5 { 0.0 } else { way(n).0 + wave(n) }, way(n).1))
            .collect();
        assert_eq!(
            said(&marks),
            ["60 route: hop limit 54 left, least 92.1 ms -> hop limit 51 left, least 118 ms"]
        );
        let same_hops: Vec<Mark> =
            marks.iter().map(|mark| Mark { hop_limit: Some(54), ..*mark }).collect();
        assert_eq!(said(&same_hops), ["60 step: least 92.1 ms -> least 118 ms"]);
    }

    #[test]
    fn what_flaps_or_varies_is_no_event() {
        let noisy = |n: usize| 20.0 + f64::from(n as u32 * 7919 % 101) / 10.0;
        let flapping = |n: usize| if n % 7 < 2 { 51 } else { 54 };
        let marks: Vec<Mark> = (0..300).map(|n| mark(n, noisy(n), flapping(n))).collect();
        assert_eq!(said(&marks), Vec::<String>::new());
        let one_peak: Vec<Mark> =
            (0..100).map(|n| mark(n, if n == 50 { 300.0 } else { 20.0 }, 54)).collect();
        assert_eq!(said(&one_peak), Vec::<String>::new());
        assert_eq!(said(&[]), Vec::<String>::new());
    }

    #[test]
    fn another_address_is_an_event() {
        let other = Some(IpAddr::from([192, 0, 2, 9]));
        let address = |n: usize| if n < 5 { mark(n, 20.0, 54).address } else { other };
        let marks: Vec<Mark> =
            (0..9).map(|n| Mark { address: address(n), ..mark(n, 20.0, 54) }).collect();
        assert_eq!(said(&marks), ["5 address: 192.0.2.1 -> 192.0.2.9"]);
    }

    #[test]
    fn silence_has_a_begin_an_end_and_a_reason() {
        let silent = |n: usize| Mark { offline: n == 4, ..mark(n, 0.0, 0) };
        let loud = |n: usize| mark(n, 20.0, 54);
        let marks = [loud(0), silent(1), silent(2), loud(3), silent(4), silent(5), loud(6)];
        let spell = |from: i64, to: i64, silence| Spell {
            from_ms: from * 60_000,
            to_ms: to * 60_000,
            silence,
        };
        assert_eq!(
            spells(&marks),
            [
                spell(1, 3, Silence::NoAnswer),
                spell(4, 5, Silence::VantageOffline),
                spell(5, 6, Silence::NoAnswer)
            ]
        );
        // The agent was down meanwhile: nobody knows what would have been answered.
        let apart = [silent(1), silent(2), silent(600), silent(601)];
        let both = [spell(1, 3, Silence::NoAnswer), spell(600, 602, Silence::NoAnswer)];
        assert_eq!(spells(&apart), both);
    }
}
