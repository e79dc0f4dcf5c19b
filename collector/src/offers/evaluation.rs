//! Every offer in every future: what it costs, whom it hampers, whether all its limits hold.

use super::Catalogue;
use super::bill::{Bill, Item, Months};
use super::demand::Demand;
use super::members::Reach;
use super::offer::{MONTH_HOURS, Offer};
use super::worlds::{Worlds, day_of};
use crate::contracts::{Account, Statement, Traffic};
use crate::planning::capacity::{LINK_PLAN, PROCESSORS_HARD};

/// How far off a guess of processors is from cores alone, on the logarithm.
const PROCESSORS_SPREAD: f64 = 0.25;

/// Months for which a plan is made at least, and at most.
const SHORTEST_PLAN: u32 = 12;
const LONGEST_PLAN: u32 = 60;

/// Nine of ten, and one of ten.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Middle {
    /// One of ten is below it.
    pub low: f64,
    /// Half are.
    pub middle: f64,
    /// Nine of ten are.
    pub high: f64,
}

/// When a quota ends.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct QuotaEnd {
    /// In what part of months it does.
    pub probability: f64,
    /// On which day of thirty, in the middle of those.
    pub day: f64,
}

/// An offer in all futures. Money is in whole units of the base, for a month.
#[derive(Debug, Clone)]
pub struct Evaluated<'o> {
    /// Which one.
    pub offer: &'o Offer,
    /// What it costs.
    pub monthly: Middle,
    /// What of that each part is, on average.
    pub parts: Vec<(Item, f64)>,
    /// What it costs in each future, people who are hampered included.
    losses: Vec<f64>,
    /// Minutes in a month in which a throttle held something back.
    pub throttled_minutes: f64,
    /// Minutes in a month in which the port did.
    pub above_port_minutes: f64,
    /// People times minutes in a month.
    pub hampered: f64,
    /// When its quota ends, if it ever does.
    pub quota_end: Option<QuotaEnd>,
    /// That the highest minute stays below what one plans for of its port.
    pub port_holds: f64,
    /// That no throttle and no fair use is met in the first month.
    pub traffic_holds: f64,
    /// That its processors suffice; none where its cores are not known.
    pub processors_hold: Option<f64>,
    /// That all of these hold.
    pub holds: f64,
    /// What is lost against the best offer of each future, on average.
    pub regret: f64,
    /// How far it is.
    pub reach: Option<Reach>,
    /// Kilograms of carbon dioxide, where both its power and its grid are known.
    pub carbon_kg: Option<f64>,
}

/// What offers are held against.
#[derive(Clone, Copy)]
pub struct Held<'c, 'h> {
    /// What is offered and wanted.
    pub catalogue: &'c Catalogue,
    /// What is to be carried.
    pub demand: &'h Demand,
    /// What may come.
    pub worlds: &'h Worlds,
}

/// Sums over all futures.
#[derive(Default)]
struct Sums {
    costs: Vec<f64>,
    losses: Vec<f64>,
    parts: [f64; Item::ALL.len()],
    throttled: f64,
    above_port: f64,
    hampered: f64,
    months: f64,
    ends: Vec<f64>,
    holds: [f64; 4],
}

impl Catalogue {
    /// For how many months a plan is made: a year, or as long as anybody is bound.
    pub fn months(&self) -> Months {
        let longest = self.offers.iter().map(|offer| offer.fee.term_months).max().unwrap_or(0);
        Months(longest.clamp(SHORTEST_PLAN, LONGEST_PLAN))
    }
}

/// Each offer, in the order of the file; `reach` says how far one is.
pub fn evaluate<'c>(
    held: Held<'c, '_>,
    reach: impl Fn(&Offer) -> Option<Reach>,
) -> Vec<Evaluated<'c>> {
    let months = held.worlds.span;
    let offers = held.catalogue.offers.iter();
    let mut all: Vec<Evaluated<'c>> =
        offers.map(|offer| one(held, offer, months).finish(offer, reach(offer))).collect();
    let futures = held.worlds.draws().len();
    let best: Vec<f64> = (0..futures)
        .map(|place| all.iter().map(|one| one.losses[place]).fold(f64::INFINITY, f64::min))
        .collect();
    for one in &mut all {
        let lost = one.losses.iter().zip(&best).map(|(loss, best)| loss - best);
        one.regret = lost.sum::<f64>() / futures.max(1) as f64;
    }
    all
}

fn one(held: Held<'_, '_>, offer: &Offer, months: Months) -> Sums {
    let Held { catalogue, demand, worlds } = held;
    let mut sums = Sums::default();
    let servers = offer.servers();
    let port_holds = servers.iter().map(|(server, [_, of_peak])| {
        let limit = server.contract.port.lasting_mbit() * LINK_PLAN;
        demand.peak.probability_below(limit / of_peak)
    });
    let port_holds = port_holds.fold(1.0, f64::min);
    for draw in worlds.draws() {
        let mut accounts: Vec<Account<'_>> =
            servers.iter().map(|(server, _)| Account::new(&server.contract)).collect();
        let mut future = Future::default();
        for (number, traffic) in worlds.months(draw).enumerate() {
            sums.months += 1.0;
            let mut end: Option<i64> = None;
            for ((server, [part, _]), account) in servers.iter().zip(&mut accounts) {
                let own = Traffic { times: traffic.times * part, ..traffic };
                let statement = account.month(own);
                let in_base =
                    |minor: i64| catalogue.exchange.in_base(minor as f64, server.currency);
                let bill = Bill::of(server, number as u32, months, &statement);
                future.cost += in_base(bill.total());
                future.hampered += statement.hampered_person_minutes;
                for (sum, item) in sums.parts.iter_mut().zip(Item::ALL) {
                    *sum += in_base(bill.part(item));
                }
                sums.add(&statement);
                end = end.into_iter().chain(statement.quota_ends_ms).min();
                let is_free = statement.throttled_minutes == 0.0 && !statement.is_unfair;
                future.is_bound |= number == 0 && !is_free;
            }
            sums.ends.extend(end.map(day_of));
        }
        let count = f64::from(months.0);
        let price = catalogue.choice.hampered_price;
        sums.costs.push(future.cost / count);
        sums.losses.push((future.cost + future.hampered * price) / count);
        let has_cores = servers.iter().all(|(server, [_, of_peak])| {
            has_cores(held, server, draw.processors, *of_peak).unwrap_or(true)
        });
        sums.hold([draw.peak < port_holds, !future.is_bound, has_cores]);
    }
    sums
}

/// One future of an offer: money in whole units of the base.
#[derive(Debug, Clone, Copy, Default)]
struct Future {
    cost: f64,
    hampered: f64,
    /// Whether a throttle, or what is fair, is met in its first month.
    is_bound: bool,
}

/// Whether processors suffice for a part of what is busy at most, guessed so far off; none where cores are
/// not known.
fn has_cores(held: Held<'_, '_>, offer: &Offer, off: f64, part: f64) -> Option<bool> {
    let cores = offer.server.working_cores()?;
    let ratio = match (held.catalogue.choice.thread_score, offer.server.thread_score) {
        (Some(own), Some(offered)) => own / offered,
        (None | Some(_), None) | (None, Some(_)) => 1.0,
    };
    let needed = held.demand.busy_cores * part * ratio * (PROCESSORS_SPREAD * off).exp();
    Some(needed <= cores * PROCESSORS_HARD)
}

impl Sums {
    fn add(&mut self, statement: &Statement) {
        self.throttled += statement.throttled_minutes;
        self.above_port += statement.above_port_minutes;
        self.hampered += statement.hampered_person_minutes;
    }

    /// Port, traffic, processors.
    fn hold(&mut self, limits: [bool; 3]) {
        let all = limits.iter().all(|holds| *holds);
        for (sum, holds) in self.holds.iter_mut().zip(limits.into_iter().chain([all])) {
            *sum += f64::from(u8::from(holds));
        }
    }

    fn finish(mut self, offer: &Offer, reach: Option<Reach>) -> Evaluated<'_> {
        let count = self.costs.len().max(1) as f64;
        let months = self.months.max(1.0);
        self.costs.sort_by(f64::total_cmp);
        self.ends.sort_by(f64::total_cmp);
        let [port_holds, traffic_holds, processors, holds] = self.holds.map(|sum| sum / count);
        let parts = Item::ALL.into_iter().zip(self.parts.map(|sum| sum / months));
        let quota_end = self
            .ends
            .get(self.ends.len() / 2)
            .map(|day| QuotaEnd { probability: self.ends.len() as f64 / months, day: day.floor() });
        Evaluated {
            offer,
            monthly: Middle {
                low: quantile(&self.costs, 0.1),
                middle: quantile(&self.costs, 0.5),
                high: quantile(&self.costs, 0.9),
            },
            parts: parts.filter(|(_, value)| *value != 0.0).collect(),
            losses: self.losses,
            throttled_minutes: self.throttled / months,
            above_port_minutes: self.above_port / months,
            hampered: self.hampered / months,
            quota_end,
            port_holds,
            traffic_holds,
            processors_hold: offer.server.working_cores().map(|_| processors),
            holds,
            regret: 0.0,
            reach,
            carbon_kg: carbon_kg(offer),
        }
    }
}

/// Of sorted values.
pub(super) fn quantile(sorted: &[f64], level: f64) -> f64 {
    let place = ((sorted.len() as f64 * level) as usize).min(sorted.len().saturating_sub(1));
    sorted.get(place).copied().unwrap_or(f64::NAN)
}

fn carbon_kg(offer: &Offer) -> Option<f64> {
    let own = offer.fee.hardware.map(|hardware| hardware.watts);
    Some(own.or(offer.server.watts)? / 1e3 * MONTH_HOURS * offer.grid_carbon? / 1e3)
}
