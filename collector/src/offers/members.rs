//! How far an offer is from those who will meet there.

use crate::latency::{Bound, Coordinates, Leg, Quality};

/// Measured round trips take about so many times what light takes in glass (the median of public
/// measurements).
const USUAL_DETOUR: f64 = 1.97;

/// The least round trip that is estimated, in milliseconds: the last mile is no shorter.
const LEAST_MS: f64 = 5.0;

/// Who meets.
#[derive(Debug, Clone, PartialEq)]
pub struct Member {
    /// Its name.
    pub name: String,
    /// How much it counts.
    pub weight: f64,
    /// The vantage that stands for it.
    pub vantage: Option<String>,
    /// Where it is.
    pub coordinates: Option<Coordinates>,
}

/// How a round trip is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// It is measured.
    Measured,
    /// Others measured it between cities nearby, and published that.
    Published,
    /// It is guessed from the distance.
    Estimated,
}

/// From one member to a server.
#[derive(Debug, Clone, PartialEq)]
pub struct Link {
    /// Which member.
    pub member: String,
    /// How much it counts.
    pub weight: f64,
    /// The round trip and what is lost on it.
    pub leg: Leg,
    /// How it is known.
    pub way: Way,
}

/// All members.
#[derive(Debug, Clone, PartialEq)]
pub struct Reach {
    /// Each of them.
    pub links: Vec<Link>,
    /// The mean round trip, by weight, in milliseconds.
    pub mean_ms: f64,
    /// The pair that is furthest apart, by way of the server.
    pub worst: [String; 2],
    /// From one of that pair to the other, one way, in milliseconds.
    pub worst_ms: f64,
    /// Of pairs the 95th percentile, in milliseconds.
    pub percentile_ms: f64,
    /// The mean opinion of pairs, by weight.
    pub opinion: f64,
    /// The least opinion of any pair.
    pub worst_opinion: f64,
    /// Members without a round trip.
    pub unknown: Vec<String>,
}

/// Two members.
struct Pair<'l> {
    of: [&'l Link; 2],
    weight: f64,
    delay_ms: f64,
    opinion: f64,
}

impl Link {
    /// Guessed from where both are.
    pub fn estimated(member: &Member, site: Coordinates) -> Option<Self> {
        let bound = Bound::between(member.coordinates?, site);
        let round_trip_ms = (bound.least_ms * USUAL_DETOUR).max(LEAST_MS);
        let leg = Leg { round_trip_ms, loss_ratio: 0.0 };
        Some(Self { member: member.name.clone(), weight: member.weight, leg, way: Way::Estimated })
    }
}

impl Reach {
    /// Of some links; nothing of none.
    pub fn of(links: Vec<Link>, unknown: Vec<String>) -> Option<Self> {
        let pairs = pairs(&links);
        let worst = pairs.iter().max_by(|a, b| a.delay_ms.total_cmp(&b.delay_ms))?;
        let weight: f64 = links.iter().map(|link| link.weight).sum();
        let round_trips = links.iter().map(|link| link.weight * link.leg.round_trip_ms);
        let of_pairs: f64 = pairs.iter().map(|pair| pair.weight).sum();
        let opinions = pairs.iter().map(|pair| pair.weight * pair.opinion);
        let mut delays: Vec<f64> = pairs.iter().map(|pair| pair.delay_ms).collect();
        delays.sort_by(f64::total_cmp);
        let place = ((delays.len() as f64 * 0.95).ceil() as usize).max(1) - 1;
        Some(Self {
            mean_ms: round_trips.sum::<f64>() / weight,
            worst: worst.of.map(|link| link.member.clone()),
            worst_ms: worst.delay_ms,
            percentile_ms: delays[place.min(delays.len() - 1)],
            opinion: opinions.sum::<f64>() / of_pairs,
            worst_opinion: pairs.iter().map(|pair| pair.opinion).fold(f64::INFINITY, f64::min),
            unknown,
            links,
        })
    }

    /// Whether any of it is guessed.
    pub fn is_estimated(&self) -> bool {
        self.links.iter().any(|link| link.way == Way::Estimated)
    }
}

/// Each two members; of a single one the two who are both its.
fn pairs(links: &[Link]) -> Vec<Pair<'_>> {
    let pair = |one: usize, other: usize| {
        let of = [&links[one], &links[other]];
        let [a, b] = of.map(|link| link.leg);
        Pair {
            weight: of[0].weight * of[1].weight,
            delay_ms: f64::midpoint(a.round_trip_ms, b.round_trip_ms),
            opinion: Quality::of_pair(a, b).opinion,
            of,
        }
    };
    match links.len() {
        0 => Vec::new(),
        1 => vec![pair(0, 0)],
        count => (0..count)
            .flat_map(|a| (a + 1..count).map(move |b| (a, b)))
            .map(|(a, b)| pair(a, b))
            .collect(),
    }
}
