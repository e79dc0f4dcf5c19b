//! Whether a choice of servers holds: simulated worlds whose next quarter is known, offers drawn over all
//! forms of contracts, each chosen by what was known before and held against what it then cost.

use headroom::contracts::{
    Account, BYTES_PER_MBIT_STEP, Beyond, Burst, Contract, Counted, Form, Port, Price, Rounding,
    Series, Sharing, Step, Traffic,
};
use headroom::costs::{Currency, Money};
use headroom::offers::{
    Bill, Catalogue, Choice, Demand, Exchange, Fee, Held, Months, Offer, Peak, Worlds, evaluate,
};
use headroom_simulation::worlds::{Constants, Profile, World};

/// Days that are known, and months that follow.
const KNOWN_DAYS: i32 = 56;
const MONTHS: u32 = 3;
const MONTH_DAYS: i32 = 30;

/// Steps of a day.
const DAY: usize = 288;

/// Offers of each world, and futures that each is held against.
const OFFERS: usize = 20;
const DRAWS: usize = 200;

/// How worlds went.
#[derive(Debug, Clone, Default)]
pub struct Choices {
    /// Worlds.
    pub worlds: usize,
    /// In which the least regret cost at most 1.15 of the best in hindsight.
    pub least_regret_close: usize,
    /// The same of the cheapest list price.
    pub list_price_close: usize,
    /// In which the cheapest list price was the best.
    pub list_price_best: usize,
    /// The same of the largest port.
    pub port_close: usize,
    /// Offers whose price depends on traffic, and those of them whose range of 80 % held what they cost.
    pub ranges: usize,
    /// See `ranges`.
    pub ranges_held: usize,
}

impl Choices {
    /// A count as a part of worlds.
    pub fn part(&self, count: usize) -> f64 {
        count as f64 / self.worlds.max(1) as f64
    }

    /// How many ranges held.
    pub fn held(&self) -> f64 {
        self.ranges_held as f64 / self.ranges.max(1) as f64
    }
}

/// Chooses in so many worlds, from a number on.
pub fn choose(worlds: u64, first: u64) -> Choices {
    let mut choices = Choices::default();
    for number in first..first + worlds {
        one(number, &mut choices);
    }
    choices
}

fn one(number: u64, choices: &mut Choices) {
    let profile = Profile::ALL[(number % 4) as usize];
    let world = World::drawn(7_000 + number, profile, &Constants::default());
    let known: Vec<Vec<Step>> = (0..KNOWN_DAYS).map(|day| steps(&world, day)).collect();
    let peak = known.iter().flatten().map(Step::greater_mbit).fold(0.0, f64::max);
    let mut chance = Chance(number.wrapping_mul(0x9E37_79B9_7F4A_7C15) + 1);
    let catalogue = Catalogue {
        offers: offers(&known, peak, &mut chance),
        choice: Choice::default(),
        exchange: Exchange::of(Currency::EURO),
        decisions: Vec::new(),
        is_example: false,
    };
    let demand = Demand::new(known, Peak::Seen(peak), 1.0);
    let months = Months(MONTHS);
    let Some(futures) = Worlds::of(&demand, months, DRAWS) else { return };
    let held = Held { catalogue: &catalogue, demand: &demand, worlds: &futures };
    let found = evaluate(held, |_| None);
    let quarter: Vec<Series> = (0..MONTHS as i32).map(|month| series(&world, month)).collect();
    let truth: Vec<Truth> =
        catalogue.offers.iter().map(|offer| truth(offer, &quarter, &catalogue.choice)).collect();
    let best = truth.iter().map(|one| one.loss).fold(f64::INFINITY, f64::min);
    let is_close = |place: usize| truth[place].loss <= 1.15 * best;
    let least = |of: &dyn Fn(usize) -> f64| {
        (0..OFFERS).min_by(|a, b| of(*a).total_cmp(&of(*b))).unwrap_or(0)
    };
    let regret = least(&|place| found[place].regret);
    let list = least(&|place| catalogue.offers[place].fee.monthly as f64);
    let port = least(&|place| -catalogue.offers[place].contract.port.lasting_mbit());
    choices.worlds += 1;
    choices.least_regret_close += usize::from(is_close(regret));
    choices.list_price_close += usize::from(is_close(list));
    choices.list_price_best += usize::from(truth[list].loss <= best);
    choices.port_close += usize::from(is_close(port));
    for (one, truth) in found.iter().zip(&truth) {
        // Where hardly any traffic is paid for, nothing is to be foreseen.
        if one.monthly.high > one.monthly.low * 1.01 {
            choices.ranges += 1;
            let range = one.monthly.low..=one.monthly.high;
            choices.ranges_held += usize::from(range.contains(&truth.cost));
        }
    }
}

/// What an offer truly cost in a month, and with whom it hampered.
struct Truth {
    cost: f64,
    loss: f64,
}

fn truth(offer: &Offer, quarter: &[Series], choice: &Choice) -> Truth {
    let mut account = Account::new(&offer.contract);
    let (mut cost, mut hampered) = (0.0, 0.0);
    for (month, series) in quarter.iter().enumerate() {
        let statement = account.month(Traffic::as_measured(series));
        cost += Bill::of(offer, month as u32, Months(MONTHS), &statement).total() as f64 / 100.0;
        hampered += statement.hampered_person_minutes * choice.hampered_price;
    }
    let months = f64::from(MONTHS);
    Truth { cost: cost / months, loss: (cost + hampered) / months }
}

/// A day in steps of five minutes.
pub(crate) fn steps(world: &World, day: i32) -> Vec<Step> {
    let mut steps = vec![Step { sent_mbit: 0.0, received_mbit: 0.0, people: 0.0 }; DAY];
    for minute in world.day(day) {
        let Some(step) = usize::try_from(minute.minute / 5).ok().and_then(|at| steps.get_mut(at))
        else {
            continue;
        };
        let people: u32 = minute.rooms.iter().map(|room| room.people).sum();
        step.sent_mbit += minute.sent_mbit / 5.0;
        step.received_mbit += minute.received_mbit / 5.0;
        step.people += f64::from(people) / 5.0;
    }
    steps
}

fn series(world: &World, month: i32) -> Series {
    let first = KNOWN_DAYS + month * MONTH_DAYS;
    Series::new(0, (first..first + MONTH_DAYS).flat_map(|day| steps(world, day)).collect())
}

/// Offers of every form, whose quotas and prices lie around what the host needs.
fn offers(known: &[Vec<Step>], peak_mbit: f64, chance: &mut Chance) -> Vec<Offer> {
    let sent: f64 = known.iter().flatten().map(|step| step.sent_mbit).sum();
    let month_bytes = sent * BYTES_PER_MBIT_STEP / f64::from(KNOWN_DAYS) * f64::from(MONTH_DAYS);
    let mut rates: Vec<f64> = known.iter().flatten().map(|step| step.sent_mbit).collect();
    rates.sort_by(f64::total_cmp);
    let usual_mbit = rates[rates.len() * 95 / 100].max(0.1);
    (0..OFFERS)
        .map(|number| {
            // Who asks little for the month asks more for traffic, and one price for all is dearer.
            let cheap = chance.unit();
            let flat = if number % 6 == 0 { 1.6 } else { 1.0 };
            let monthly = (4_000.0 + 8_000.0 * cheap) * flat;
            let dear = 1.5 - cheap;
            let form = form(number, Needs { month_bytes, usual_mbit, monthly, dear }, chance);
            offer(number, monthly as i64, form, port(peak_mbit, chance))
        })
        .collect()
}

/// What prices lie around.
#[derive(Clone, Copy)]
struct Needs {
    month_bytes: f64,
    usual_mbit: f64,
    monthly: f64,
    /// How dear traffic is beside others.
    dear: f64,
}

fn form(number: usize, needs: Needs, chance: &mut Chance) -> Form {
    let Needs { month_bytes, usual_mbit, monthly, dear } = needs;
    let quota = |part: f64, beyond| Form::Quota { included_bytes: month_bytes * part, beyond };
    match number % 6 {
        0 => Form::Unmetered,
        1 => {
            let minor = (monthly * dear * chance.between(0.02, 0.4)) as i64;
            let unit_bytes = month_bytes / 10.0;
            let price = Price { minor, unit_bytes, rounding: Rounding::Whole };
            quota(chance.between(0.1, 1.2), Beyond::Priced(price))
        }
        2 => quota(chance.between(0.3, 3.0), Beyond::Throttled { mbit: 10.0 }),
        3 => quota(chance.between(0.5, 3.0), Beyond::Unfair),
        4 => Form::Prepaid {
            pack_bytes: month_bytes * chance.between(0.1, 0.8),
            price: (monthly * dear * chance.between(0.1, 0.6)) as i64,
            months: 1 + (chance.unit() * 3.0) as u32,
        },
        _ => Form::Percentile {
            commit_mbit: usual_mbit * chance.between(0.1, 1.0),
            price: (monthly * dear / usual_mbit * chance.between(0.2, 2.0)) as i64,
        },
    }
}

fn port(peak_mbit: f64, chance: &mut Chance) -> Port {
    let mbit = peak_mbit * chance.between(0.4, 6.0);
    let sharing =
        if chance.unit() < 0.3 { Sharing::Shared { part: 0.5 } } else { Sharing::Dedicated };
    let burst = (chance.unit() < 0.2).then_some(Burst { mbit: mbit * 4.0, until_bytes: 1e12 });
    Port { mbit, sharing, burst }
}

fn offer(number: usize, monthly: i64, form: Form, port: Port) -> Offer {
    let contract = Contract { port, counted: Counted::Out, form };
    let price = Money { minor: monthly, currency: Currency::EURO };
    let offer = Offer::of(&format!("offer {number}"), price, contract);
    Offer { fee: Fee { term_months: 1, ..offer.fee }, ..offer }
}

/// Draws of this file alone (SplitMix64).
struct Chance(u64);

impl Chance {
    fn unit(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        ((z ^ (z >> 31)) >> 11) as f64 / (1_u64 << 53) as f64
    }

    fn between(&mut self, low: f64, high: f64) -> f64 {
        low + (high - low) * self.unit()
    }
}
