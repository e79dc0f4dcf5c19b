//! The same meetings on other servers: who would have gone where, and what each would have carried.

use std::collections::{BTreeMap, BTreeSet};

use super::highest::{Coming, middle_of_highest};

/// What a meeting asked for in one minute.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Load {
    /// Mbit/s out.
    pub sent_mbit: f64,
    /// Cores.
    pub cores: f64,
    /// People.
    pub people: f64,
    /// Moderators.
    pub moderators: f64,
    /// Streams out.
    pub streams: f64,
}

/// One meeting that was held.
#[derive(Debug, Clone, PartialEq)]
pub struct Held {
    /// Unix time in minutes of its first minute.
    pub start: i64,
    /// Each of its minutes.
    pub loads: Vec<Load>,
}

/// A server that might have carried it.
#[derive(Debug, Clone, PartialEq)]
pub struct Server {
    /// Its name.
    pub name: String,
    /// What it carries without meetings, in Mbit/s.
    pub base_mbit: f64,
    /// Scalelite's multiplier: a load counts so many times.
    pub load_multiplier: f64,
}

/// How a meeting finds its server when it starts.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Placement {
    /// Where the fewest people are.
    FewestPeople,
    /// Where the fewest streams go out.
    FewestStreams,
    /// Scalelite: people plus moderators of each meeting, a meeting of less than fifteen minutes
    /// counting fifteen at least, times the server's multiplier.
    Scalelite,
    /// Meetings that reach so many people go to the last server, others to the first.
    EventHost {
        /// People.
        people: u32,
    },
}

/// What a server would have carried.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Carried {
    /// Its highest minute, in Mbit/s.
    pub peak_mbit: f64,
    /// When that was.
    pub peak_minute: i64,
    /// Its highest minute, in cores.
    pub peak_cores: f64,
    /// Its most people.
    pub peak_people: f64,
    /// Meetings.
    pub meetings: usize,
    /// Days with a minute above the limit that was asked for.
    pub above: BTreeSet<i64>,
    /// How many days have a meeting.
    pub days: usize,
}

/// How meetings are placed, and what their servers are held against.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Rules {
    /// Where each goes.
    pub placement: Placement,
    /// Days above it are counted, in Mbit/s.
    pub limit_mbit: f64,
    /// How far busy minutes of the host that they were on were from the next, relative.
    pub waver: f64,
}

/// One minute of a server.
#[derive(Debug, Clone, Copy, Default)]
struct Sum {
    load: Load,
    /// Sum over meetings of squares of Mbit/s.
    squares: f64,
}

/// Lets meetings, ordered by their start, find their servers.
pub fn replay(meetings: &[Held], servers: &[Server], rules: Rules) -> Vec<Carried> {
    let Rules { placement, limit_mbit, waver } = rules;
    let mut open: Vec<Vec<&Held>> = vec![Vec::new(); servers.len()];
    let mut minutes: Vec<BTreeMap<i64, Sum>> = vec![BTreeMap::new(); servers.len()];
    let mut carried = vec![Carried::default(); servers.len()];
    for meeting in meetings {
        for running in &mut open {
            running.retain(|other| other.start + other.loads.len() as i64 > meeting.start);
        }
        let Some(place) = choose(meeting, servers, &open, placement) else { break };
        open[place].push(meeting);
        carried[place].meetings += 1;
        for (load, minute) in meeting.loads.iter().zip(meeting.start..) {
            let sum = minutes[place].entry(minute).or_default();
            sum.load.sent_mbit += load.sent_mbit;
            sum.load.cores += load.cores;
            sum.load.people += load.people;
            sum.squares += load.sent_mbit * load.sent_mbit;
        }
    }
    let all = together(&minutes);
    for ((carried, minutes), server) in carried.iter_mut().zip(&minutes).zip(servers) {
        carried.sum_up(minutes, server.base_mbit, limit_mbit);
        let highest = highest(minutes, &all, waver);
        carried.peak_mbit = carried.peak_mbit.max(highest + server.base_mbit);
    }
    carried
}

impl Carried {
    fn sum_up(&mut self, minutes: &BTreeMap<i64, Sum>, base_mbit: f64, limit_mbit: f64) {
        const DAY_MINUTES: i64 = 1_440;
        self.peak_mbit = base_mbit;
        let mut days = BTreeMap::new();
        for (minute, Sum { load, .. }) in minutes {
            let mbit = load.sent_mbit + base_mbit;
            if mbit > self.peak_mbit {
                (self.peak_mbit, self.peak_minute) = (mbit, *minute);
            }
            self.peak_cores = self.peak_cores.max(load.cores);
            self.peak_people = self.peak_people.max(load.people);
            *days.entry(minute.div_euclid(DAY_MINUTES)).or_insert(false) |= mbit > limit_mbit;
        }
        self.days = days.len();
        self.above =
            days.into_iter().filter(|(_, is_above)| *is_above).map(|(day, _)| day).collect();
    }
}

/// All servers, minute by minute.
fn together(servers: &[BTreeMap<i64, Sum>]) -> BTreeMap<i64, Sum> {
    let mut all: BTreeMap<i64, Sum> = BTreeMap::new();
    for (minute, own) in servers.iter().flatten() {
        let sum = all.entry(*minute).or_default();
        sum.load.sent_mbit += own.load.sent_mbit;
        sum.squares += own.squares;
    }
    all
}

/// The middle of the highest minute of a server. What all meetings wavered together was counted, but
/// not how far single ones were from their part of it: so much more the highest of many minutes is. A
/// server that carried all of them is known to the byte.
fn highest(minutes: &BTreeMap<i64, Sum>, all: &BTreeMap<i64, Sum>, waver: f64) -> f64 {
    let coming =
        minutes.iter().filter(|(_, own)| own.load.sent_mbit > 0.0).filter_map(|(at, own)| {
            let whole = all.get(at)?;
            let of_one = waver * whole.load.sent_mbit / whole.squares.sqrt().max(f64::MIN_POSITIVE);
            let apart = own.squares * (1.0 - own.squares / whole.squares).max(0.0);
            let spread = of_one.min(MOST_WAVER) * apart.sqrt() / own.load.sent_mbit;
            Some(Coming { log: own.load.sent_mbit.ln(), spread })
        });
    let coming: Vec<Coming> = coming.collect();
    if coming.is_empty() { 0.0 } else { middle_of_highest(&coming).exp() }
}

/// No single meeting wavers more from minute to minute.
const MOST_WAVER: f64 = 0.1;

fn choose(
    meeting: &Held,
    servers: &[Server],
    open: &[Vec<&Held>],
    placement: Placement,
) -> Option<usize> {
    let now = meeting.start;
    let at =
        |held: &&Held| held.loads.get((now - held.start) as usize).copied().unwrap_or_default();
    let sum = |place: usize, of: &dyn Fn(&&Held) -> f64| open[place].iter().map(of).sum::<f64>();
    let least =
        |of: &dyn Fn(usize) -> f64| (0..servers.len()).min_by(|&a, &b| of(a).total_cmp(&of(b)));
    match placement {
        Placement::FewestPeople => least(&|place| sum(place, &|held| at(held).people)),
        Placement::FewestStreams => least(&|place| sum(place, &|held| at(held).streams)),
        Placement::Scalelite => least(&|place| {
            let counted = |held: &&Held| {
                let load = at(held).people + at(held).moderators;
                if now - held.start < 15 { load.max(15.0) } else { load }
            };
            sum(place, &counted) * servers[place].load_multiplier
        }),
        Placement::EventHost { people } => {
            let most = meeting.loads.iter().map(|load| load.people).fold(0.0, f64::max);
            let is_event = most >= f64::from(people);
            let last = servers.len().checked_sub(1)?;
            Some(if is_event { last } else { 0 })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn held(start: i64, minutes: usize, people: f64, mbit: f64) -> Held {
        let load = Load { sent_mbit: mbit, people, streams: mbit, cores: 0.1, moderators: 1.0 };
        Held { start, loads: vec![load; minutes] }
    }

    fn rules(placement: Placement) -> Rules {
        Rules { placement, limit_mbit: 30.0, waver: 0.0 }
    }

    fn servers(count: usize) -> Vec<Server> {
        let server = |n| Server { name: format!("s{n}"), base_mbit: 1.0, load_multiplier: 1.0 };
        (0..count).map(server).collect()
    }

    #[test]
    fn one_server_carries_all_and_two_share() {
        let meetings = [held(0, 60, 10.0, 20.0), held(10, 60, 20.0, 5.0), held(20, 60, 4.0, 8.0)];
        let one = replay(&meetings, &servers(1), rules(Placement::FewestPeople));
        assert_eq!((one[0].peak_mbit, one[0].peak_minute), (34.0, 20));
        assert_eq!((one[0].above.len(), one[0].days, one[0].meetings), (1, 1, 3));
        let by_people = replay(&meetings, &servers(2), rules(Placement::FewestPeople));
        assert_eq!([by_people[0].peak_mbit, by_people[1].peak_mbit], [29.0, 6.0]);
        let by_streams = replay(&meetings, &servers(2), rules(Placement::FewestStreams));
        assert_eq!([by_streams[0].peak_mbit, by_streams[1].peak_mbit], [21.0, 14.0]);
    }

    #[test]
    fn a_young_meeting_counts_fifteen_for_scalelite() {
        // The first has 14 people with its moderator, but counts 15 while it is young.
        let meetings = [held(0, 60, 13.0, 1.0), held(1, 60, 3.0, 1.0), held(20, 60, 3.0, 1.0)];
        let found = replay(&meetings, &servers(2), rules(Placement::Scalelite));
        assert_eq!([found[0].meetings, found[1].meetings], [1, 2]);
    }

    #[test]
    fn events_go_to_their_own_host() {
        let meetings = [held(0, 10, 200.0, 300.0), held(0, 10, 8.0, 9.0)];
        let found = replay(&meetings, &servers(2), rules(Placement::EventHost { people: 100 }));
        for (host, expected) in found.iter().zip([10.0, 301.0]) {
            assert!((host.peak_mbit - expected).abs() < 1e-9, "{} for {expected}", host.peak_mbit);
        }
        assert!(replay(&meetings, &[], rules(Placement::FewestPeople)).is_empty());
    }
    #[test]
    fn what_wavers_makes_the_highest_minute_higher_but_not_of_all_together() {
        let meetings = [held(0, 60, 10.0, 20.0), held(0, 60, 20.0, 20.0)];
        let waver = Rules { waver: 0.04, ..rules(Placement::FewestPeople) };
        let both = replay(&meetings, &servers(2), waver);
        assert!(both.iter().all(|one| (21.5..24.5).contains(&one.peak_mbit)), "{both:?}");
        let one = replay(&meetings, &servers(1), waver);
        assert!((one[0].peak_mbit - 41.0).abs() < 1e-6, "{one:?}");
    }
}
