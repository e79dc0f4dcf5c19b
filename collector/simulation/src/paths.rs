//! Where members of the cooperative are, and how far it is from there to its datacentres: rounds of
//! pings as an agent there would tell them. Pure: the same world has the same rounds.

use super::calendar::{DAY_MS, HOUR_MS, MINUTE_MS};
use super::chance::{Chance, unit};
use super::hosts::{DATACENTRES, Datacentre};
use super::{World, chance};

/// A place from where datacentres are pinged.
#[derive(Debug, PartialEq)]
pub struct Vantage {
    /// Its place among all, part of every seed.
    pub number: u64,
    /// What its agent is called.
    pub name: &'static str,
    /// Its city, for people.
    pub city: &'static str,
    /// The part of the world that it stands for.
    pub region: &'static str,
    /// Whose network it is in.
    pub network: &'static str,
    /// Degrees north.
    pub latitude: f64,
    /// Degrees east.
    pub longitude: f64,
    /// How much longer than light in glass its pings take.
    detour: f64,
    /// What the way from its last mile adds, in milliseconds: always, and in the evening on top.
    access_ms: f64,
    evening_ms: f64,
}

/// The vantages of the cooperative.
pub static VANTAGES: [Vantage; 6] = [
    Vantage {
        number: 0,
        name: "lagos",
        city: "Lagos",
        region: "West Africa",
        network: "a mobile network",
        latitude: 6.52,
        longitude: 3.38,
        detour: 1.9,
        access_ms: 14.0,
        evening_ms: 18.0,
    },
    Vantage {
        number: 1,
        name: "nairobi",
        city: "Nairobi",
        region: "East Africa",
        network: "a university",
        latitude: -1.29,
        longitude: 36.82,
        detour: 2.1,
        access_ms: 3.0,
        evening_ms: 1.0,
    },
    Vantage {
        number: 2,
        name: "sao-paulo",
        city: "São Paulo",
        region: "South America",
        network: "a cooperative's fibre",
        latitude: -23.55,
        longitude: -46.63,
        detour: 1.6,
        access_ms: 2.0,
        evening_ms: 2.0,
    },
    Vantage {
        number: 3,
        name: "singapore",
        city: "Singapore",
        region: "South-East Asia",
        network: "a datacentre",
        latitude: 1.35,
        longitude: 103.82,
        detour: 1.55,
        access_ms: 0.6,
        evening_ms: 0.4,
    },
    Vantage {
        number: 4,
        name: "barcelona",
        city: "Barcelona",
        region: "Europe",
        network: "a community network",
        latitude: 41.39,
        longitude: 2.17,
        detour: 1.75,
        access_ms: 4.0,
        evening_ms: 5.0,
    },
    Vantage {
        number: 5,
        name: "vancouver",
        city: "Vancouver",
        region: "North America",
        network: "cable",
        latitude: 49.28,
        longitude: -123.12,
        detour: 1.5,
        access_ms: 8.0,
        evening_ms: 9.0,
    },
];

/// How many pings a round has.
pub const PINGS: u32 = 20;

/// What a round of pings says.
#[derive(Debug, Clone, PartialEq)]
pub struct PingRound {
    /// Round trips of those that were answered, in microseconds, sorted.
    pub round_trips_us: Vec<u32>,
    /// What was left of the hop limit in the replies.
    pub hop_limit: Option<u8>,
    /// The address that answered, by its last number.
    pub address: u8,
    /// Whether the vantage was cut off.
    pub offline: bool,
}

/// The route from São Paulo to North America changed so long before the history ended.
const ROUTE_CHANGED_MS: i64 = 9 * DAY_MS + 5 * HOUR_MS;

/// The evening on which Lagos lost much: when it began before the end, and how long it was.
const LOSSY_MS: i64 = 30 * HOUR_MS;
const LOSSY_LASTS_MS: i64 = 4 * HOUR_MS;

/// When Nairobi was cut off.
const OFFLINE_MS: i64 = 15 * HOUR_MS;
const OFFLINE_LASTS_MS: i64 = 3 * HOUR_MS + 20 * MINUTE_MS;

/// When nothing answered in Helsinki.
const SILENT_MS: i64 = 4 * DAY_MS + 6 * HOUR_MS;
const SILENT_LASTS_MS: i64 = 25 * MINUTE_MS;

/// When Falkenstein got another address.
const MOVED_MS: i64 = 6 * DAY_MS + 2 * HOUR_MS;

/// The mean radius of the earth, and how far a round trip reaches in a millisecond in glass.
const EARTH_KM: f64 = 6371.0;
const KM_PER_MS: f64 = 99.93;

impl World {
    /// What a round of pings says that began at a moment.
    pub fn pings(&self, vantage: &Vantage, datacentre: &Datacentre, begin_ms: i64) -> PingRound {
        let before_end_ms = self.end_ms() - begin_ms;
        let within = |begin: i64, lasts: i64| (begin - lasts + 1..=begin).contains(&before_end_ms);
        let place = DATACENTRES.iter().position(|one| one == datacentre).unwrap_or_default() as u64;
        let address = if place == 1 && before_end_ms < MOVED_MS { 2 } else { 1 };
        let offline = vantage.name == "nairobi" && within(OFFLINE_MS, OFFLINE_LASTS_MS);
        if offline || (place == 2 && within(SILENT_MS, SILENT_LASTS_MS)) {
            return PingRound { round_trips_us: Vec::new(), hop_limit: None, address, offline };
        }
        let keys = [self.seed(), 0x70_69_6e_67, vantage.number, place];
        let own = unit(chance::key(&keys));
        let moved = vantage.name == "sao-paulo"
            && matches!(place, 0 | 3)
            && before_end_ms < ROUTE_CHANGED_MS;
        let lossy = vantage.name == "lagos" && within(LOSSY_MS, LOSSY_LASTS_MS);
        let evening = evening(begin_ms, vantage.longitude);
        let least_ms = distance_km(vantage, datacentre) / KM_PER_MS * (vantage.detour + own * 0.3)
            + vantage.access_ms
            + if moved { 31.0 } else { 0.0 };
        let queue_ms = 0.15 + vantage.evening_ms * evening + if lossy { 22.0 } else { 0.0 };
        let loss = 0.001 + evening * vantage.evening_ms * 4e-4 + if lossy { 0.16 } else { 0.0 };
        let mut chance = Chance::keyed(&[chance::key(&keys), begin_ms as u64]);
        let mut round_trips_us: Vec<u32> = Vec::with_capacity(PINGS as usize);
        for _ in 0..PINGS {
            let took_ms = least_ms + chance.wait(queue_ms);
            if !chance.happens(loss) {
                round_trips_us.push((took_ms * 1e3) as u32);
            }
        }
        round_trips_us.sort_unstable();
        let hops = 64 - 9 - (own * 8.0) as u8 - if moved { 3 } else { 0 };
        PingRound { round_trips_us, hop_limit: Some(hops), address, offline: false }
    }
}

/// How much it is evening there, from 0 to 1: most at nine.
fn evening(at_ms: i64, longitude: f64) -> f64 {
    let hour = (at_ms as f64 / HOUR_MS as f64 + longitude / 15.0).rem_euclid(24.0);
    (1.0 - (hour - 21.0).abs() / 4.0).max(0.0)
}

fn distance_km(vantage: &Vantage, datacentre: &Datacentre) -> f64 {
    let [from, to] = [vantage.latitude, datacentre.latitude].map(f64::to_radians);
    let (north, east) = (to - from, (datacentre.longitude - vantage.longitude).to_radians());
    let half = (north / 2.0).sin().powi(2) + from.cos() * to.cos() * (east / 2.0).sin().powi(2);
    2.0 * EARTH_KM * half.clamp(0.0, 1.0).sqrt().asin()
}

#[cfg(test)]
mod tests {
    use super::*;

    const END_MS: i64 = 1_800_000_000_000;

    fn rounds(vantage: usize, datacentre: usize, ago_ms: i64) -> Vec<PingRound> {
        let world = World::new(7, END_MS);
        let begin = |minute: i64| END_MS - ago_ms + minute * MINUTE_MS;
        let round =
            |minute| world.pings(&VANTAGES[vantage], &DATACENTRES[datacentre], begin(minute));
        (0..60).map(round).collect()
    }

    fn least_ms(rounds: &[PingRound]) -> f64 {
        let least = rounds.iter().filter_map(|round| round.round_trips_us.first()).min();
        f64::from(*least.unwrap()) / 1e3
    }

    fn lost(rounds: &[PingRound]) -> f64 {
        let received: usize = rounds.iter().map(|round| round.round_trips_us.len()).sum();
        1.0 - received as f64 / f64::from(PINGS * 60)
    }

    #[test]
    fn ways_are_as_long_as_the_earth_makes_them_and_the_same_each_time() {
        assert_eq!(rounds(4, 1, DAY_MS), rounds(4, 1, DAY_MS));
        let (near, far) = (least_ms(&rounds(4, 1, DAY_MS)), least_ms(&rounds(3, 0, DAY_MS)));
        assert!((20.0..45.0).contains(&near), "{near}");
        assert!((220.0..300.0).contains(&far), "{far}");
        let sorted = rounds(0, 0, DAY_MS).iter().all(|round| round.round_trips_us.is_sorted());
        assert!(sorted);
    }

    #[test]
    fn what_happened_is_there_and_ends() {
        let (before, after) = (rounds(2, 0, 10 * DAY_MS), rounds(2, 0, 8 * DAY_MS));
        assert!(least_ms(&after) > least_ms(&before) + 28.0);
        assert_ne!(before[0].hop_limit, after[0].hop_limit);
        let evening = rounds(0, 1, LOSSY_MS - HOUR_MS);
        assert!(lost(&evening) > 0.1 && lost(&rounds(0, 1, 3 * DAY_MS)) < 0.03);
        let cut_off = rounds(1, 0, OFFLINE_MS);
        assert!(cut_off.iter().all(|round| round.offline && round.round_trips_us.is_empty()));
        assert!(!rounds(1, 0, OFFLINE_MS - OFFLINE_LASTS_MS)[0].offline);
        let silent = rounds(4, 2, SILENT_MS);
        assert_eq!(silent.iter().filter(|round| round.hop_limit.is_none()).count(), 25);
        assert!(silent.iter().all(|round| !round.offline));
        assert_ne!(rounds(4, 1, 7 * DAY_MS)[0].address, rounds(4, 1, 5 * DAY_MS)[0].address);
    }
}
