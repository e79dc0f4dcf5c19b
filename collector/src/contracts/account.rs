//! Months by a contract, one after the other: what was bought ahead lasts from one to the next.

use super::contract::{Beyond, Contract, Form};
use super::statement::{Charge, Charged, Statement};
use super::traffic::{STEP_MINUTES, Traffic};

/// More packs in a month than these are not bought one by one: nobody pays so many.
const MOST_PACKS: i64 = 1_000_000;

/// What a customer has by a contract.
#[derive(Debug, Clone)]
pub struct Account<'c> {
    contract: &'c Contract,
    packs: Vec<Pack>,
    month: u32,
}

/// What is left of volumes that were bought in one month.
#[derive(Debug, Clone, Copy)]
struct Pack {
    left_bytes: f64,
    /// The first month in which it is worth nothing.
    expires: u32,
}

impl<'c> Account<'c> {
    /// Nothing has been used yet.
    pub fn new(contract: &'c Contract) -> Self {
        Self { contract, packs: Vec::new(), month: 0 }
    }

    /// The next month.
    pub fn month(&mut self, traffic: Traffic<'_>) -> Statement {
        let counted_bytes = traffic.counted_bytes(self.contract.counted);
        let mut statement = Statement { counted_bytes, ..Statement::default() };
        match self.contract.form {
            Form::Unmetered => {}
            Form::Quota { included_bytes, beyond } => {
                statement.beyond(included_bytes, beyond);
            }
            Form::Prepaid { pack_bytes, price, months } => {
                let bought = self.use_packs(counted_bytes, pack_bytes, months);
                statement.charge(Charged::Packs, bought.saturating_mul(price));
            }
            Form::Percentile { commit_mbit, price } => {
                let billed = traffic.percentile_mbit(self.contract.counted);
                statement.percentile_mbit = Some(billed);
                let over = (billed - commit_mbit).max(0.0);
                statement.charge(Charged::BeyondCommit, (over * price as f64).round() as i64);
            }
        }
        self.hamper(&mut statement, traffic);
        self.month += 1;
        statement
    }

    /// Takes a volume from what was bought, the oldest first, and buys what is missing; says how many.
    fn use_packs(&mut self, bytes: f64, pack_bytes: f64, months: u32) -> i64 {
        let month = self.month;
        self.packs.retain(|pack| pack.expires > month && pack.left_bytes > 0.0);
        let mut missing = bytes;
        for pack in &mut self.packs {
            let taken = pack.left_bytes.min(missing);
            (pack.left_bytes, missing) = (pack.left_bytes - taken, missing - taken);
        }
        // What sums of floating numbers are off by buys nothing.
        let bought = ((missing / pack_bytes - 1e-9).ceil().max(0.0) as i64).min(MOST_PACKS);
        if bought > 0 {
            let left_bytes = (bought as f64 * pack_bytes - missing).max(0.0);
            self.packs.push(Pack { left_bytes, expires: month + months.max(1) });
        }
        bought
    }

    /// Goes through the stretches of the month in which not everything may pass.
    fn hamper(&self, statement: &mut Statement, traffic: Traffic<'_>) {
        let Contract { port, counted, .. } = *self.contract;
        let whole = traffic.series.steps().len();
        let quota = self.quota().filter(|quota| statement.counted_bytes > *quota);
        let ends = quota.map(|quota| traffic.place_where(counted, |used| used > quota));
        statement.quota_ends_ms = ends.map(|place| traffic.at_ms(place));
        let slows =
            port.burst.map(|burst| traffic.place_where(counted, |used| used >= burst.until_bytes));
        let throttled_from = ends.filter(|_| self.throttle().is_some()).unwrap_or(whole);
        let slow_from = slows.unwrap_or(0);
        let mut cuts = [0, slow_from, throttled_from, whole];
        cuts.sort_unstable();
        for pair in cuts.windows(2) {
            let (from, to) = (pair[0], pair[1]);
            let used = if from < slow_from { 0.0 } else { f64::INFINITY };
            let port_mbit = port.speed_mbit(used);
            let throttle = self.throttle().filter(|_| from >= throttled_from);
            let limit = throttle.map_or(port_mbit, |mbit| mbit.min(port_mbit));
            if from >= to || traffic.highest_mbit() <= limit {
                continue;
            }
            let (minutes, person_minutes) = above(traffic, [from, to], limit);
            statement.hampered_person_minutes += person_minutes;
            match throttle {
                Some(_) => statement.throttled_minutes += minutes,
                None => statement.above_port_minutes += minutes,
            }
        }
    }

    fn quota(&self) -> Option<f64> {
        match self.contract.form {
            Form::Quota { included_bytes, .. } => Some(included_bytes),
            Form::Unmetered | Form::Prepaid { .. } | Form::Percentile { .. } => None,
        }
    }

    /// What still passes beyond the quota, where that is less.
    fn throttle(&self) -> Option<f64> {
        match self.contract.form {
            Form::Quota { beyond: Beyond::Throttled { mbit }, .. } => Some(mbit),
            Form::Quota { beyond: Beyond::Priced(_) | Beyond::Unfair, .. }
            | Form::Unmetered
            | Form::Prepaid { .. }
            | Form::Percentile { .. } => None,
        }
    }
}

/// Minutes in which more flows than a limit, and people times minutes of them.
fn above(traffic: Traffic<'_>, [from, to]: [usize; 2], limit_mbit: f64) -> (f64, f64) {
    let limit = limit_mbit / traffic.times;
    let steps = traffic.series.steps()[from..to].iter();
    let above = steps.filter(|step| step.greater_mbit() > limit);
    let (count, people) =
        above.fold((0.0, 0.0), |(count, people), step| (count + 1.0, people + step.people));
    (count * STEP_MINUTES, people * traffic.times * STEP_MINUTES)
}

impl Statement {
    fn charge(&mut self, what: Charged, minor: i64) {
        if minor != 0 {
            self.charges.push(Charge { what, minor });
        }
    }

    fn beyond(&mut self, included_bytes: f64, beyond: Beyond) {
        let over = self.counted_bytes - included_bytes;
        match beyond {
            Beyond::Priced(price) => self.charge(Charged::BeyondQuota, price.of(over)),
            Beyond::Throttled { .. } => {}
            Beyond::Unfair => self.is_unfair = over > 0.0,
        }
    }
}
