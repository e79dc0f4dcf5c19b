//! The report on cycles of bills: for each host with a contract what has counted since its bills began
//! anew, what it comes to at the end, and when a quota is used up. Pure.

mod series;
mod table;

use jiff::Timestamp;
use jiff::tz::TimeZone;

pub use self::series::figures;
use super::document::{Document, Of, Part, Section, State};
use super::plan::HostContract;
use super::words;
use crate::contracts::{Beyond, Form};
use crate::costs::Money;
use crate::offers::{Demand, Outlook, QuotaOutlook, Running, outlook};

/// So much of a cycle may be missing before it is said.
const NOTEWORTHY: f64 = 0.02;

/// A quota that is used up this often is said to be.
const LIKELY: f64 = 0.5;

/// One that is used up less often lasts.
const UNLIKELY: f64 = 0.1;

/// The running cycle of one host.
#[derive(Debug)]
pub struct HostCycle<'c> {
    /// By what it is billed.
    pub contract: &'c HostContract,
    /// When the cycle began and when it ends, Unix time in milliseconds.
    pub bounds_ms: (i64, i64),
    /// Until when it was measured.
    pub until_ms: i64,
    /// What is known of it; none where less than a week was measured.
    pub outlook: Option<Outlook>,
    /// Whose midnight begins it.
    zone: TimeZone,
}

impl<'c> HostCycle<'c> {
    /// The cycle in which a host is; `usual` is the collector's own zone.
    pub fn of(contract: &'c HostContract, demand: &Demand, at: Moment<'_>) -> Self {
        let bounds_ms = contract.cycle(at.zone).bounds_ms(at.until_ms);
        let running = Running { contract: &contract.contract, bounds_ms, until_ms: at.until_ms };
        Self::with(contract, outlook(running, demand), at)
    }

    /// The same, where it is known already how it goes on.
    pub fn with(contract: &'c HostContract, outlook: Option<Outlook>, at: Moment<'_>) -> Self {
        let cycle = contract.cycle(at.zone);
        let bounds_ms = cycle.bounds_ms(at.until_ms);
        Self { contract, bounds_ms, until_ms: at.until_ms, outlook, zone: cycle.zone }
    }

    /// A day of the contract's own zone.
    fn day(&self, at_ms: i64) -> String {
        let at = Timestamp::from_millisecond(at_ms).unwrap_or_default();
        at.to_zoned(self.zone.clone()).strftime("%-d %B").to_string()
    }

    /// Days of the cycle, and that which runs.
    fn days(&self) -> [i64; 2] {
        let date = |at_ms: i64| {
            let at = Timestamp::from_millisecond(at_ms).unwrap_or_default();
            at.to_zoned(self.zone.clone()).date()
        };
        let begin = date(self.bounds_ms.0);
        let since = |at_ms: i64| i64::from((date(at_ms) - begin).get_days());
        [since(self.until_ms) + 1, since(self.bounds_ms.1)]
    }

    /// What the whole cycle costs, in nine of ten cases at most; none where no price is told.
    fn cost(&self, charges: f64) -> Option<Money> {
        let currency = self.contract.currency?;
        Some(Money { minor: self.contract.monthly + charges.round() as i64, currency })
    }

    /// What is covered of its 95th percentile, where that is billed.
    fn commit_mbit(&self) -> Option<f64> {
        match self.contract.contract.form {
            Form::Percentile { commit_mbit, .. } => Some(commit_mbit),
            Form::Unmetered | Form::Quota { .. } | Form::Prepaid { .. } => None,
        }
    }

    fn state(&self) -> State {
        let Some(outlook) = &self.outlook else { return State::Warning };
        let over = outlook
            .end_percentile_mbit
            .zip(self.commit_mbit())
            .is_some_and(|(end, commit)| end.middle > commit);
        match outlook.quota {
            Some(quota) if quota.probability >= LIKELY => State::Bad,
            Some(quota) if quota.probability >= UNLIKELY => State::Warning,
            None if over => State::Warning,
            Some(_) | None => State::Good,
        }
    }

    /// What is to be known of it, in a sentence.
    fn sentence(&self) -> String {
        format!("{}: {}.", self.contract.instance, self.told())
    }

    fn told(&self) -> String {
        let Some(outlook) = &self.outlook else {
            return "nothing can be foreseen before a week was measured".into();
        };
        let [day, days] = self.days();
        let at = format!("on day {day} of {days}");
        match (self.contract.contract.form, outlook.quota) {
            (Form::Quota { beyond, .. }, Some(quota)) => {
                self.of_quota(outlook, quota, Told { at: &at, beyond })
            }
            (Form::Percentile { commit_mbit, .. }, _) => {
                let end = outlook.end_percentile_mbit.map_or(f64::NAN, |end| end.middle);
                let over = if end > commit_mbit { "more than" } else { "within" };
                let (end, covered) = (words::figure(end), words::figure(commit_mbit));
                match outlook.percentile_mbit {
                    Some(mbit) => format!(
                        "its 95th percentile is {} Mbit/s {at} and ends at about {end}, {over} the {covered} that are covered",
                        words::figure(mbit)
                    ),
                    None => format!(
                        "its cycle begins, and its 95th percentile ends at about {end} Mbit/s, {over} the {covered} that are covered"
                    ),
                }
            }
            (Form::Prepaid { pack_bytes, .. }, _) => format!(
                "{} counted {at}, about {} at the end, in packs of {}",
                words::bytes(outlook.counted_bytes),
                words::bytes(outlook.end_bytes.middle),
                words::bytes(pack_bytes)
            ),
            (Form::Unmetered | Form::Quota { .. }, _) => {
                format!("{} {at}, and none of it is billed", words::bytes(outlook.counted_bytes))
            }
        }
    }

    fn of_quota(&self, outlook: &Outlook, quota: QuotaOutlook, told: Told<'_>) -> String {
        let used = words::bytes(outlook.counted_bytes);
        let all = words::bytes(quota.included_bytes);
        let Told { at, beyond } = told;
        let below = if quota.is_below_a_day { ", which is less than a day takes" } else { "" };
        if outlook.counted_bytes > quota.included_bytes {
            let when =
                quota.middle_ms.map_or_else(String::new, |end| format!(" on {}", self.day(end)));
            return format!(
                "{used} of {all}{below} {at}: its quota was used up{when}; {}",
                what(beyond)
            );
        }
        let likely = words::probability(quota.probability);
        match quota.middle_ms {
            Some(end) => format!(
                "{used} of {all}{below} {at}: its quota is used up about {}, with {likely}; then {}",
                self.day(end),
                what(beyond)
            ),
            None if quota.probability >= UNLIKELY => format!(
                "{used} of {all} {at}: its quota may be used up before the cycle ends, with {likely}; then {}",
                what(beyond)
            ),
            None => format!(
                "{used} of {all} {at}: its quota lasts, with {}",
                words::probability(1.0 - quota.probability)
            ),
        }
    }
}

/// When it is asked, and what the collector's own zone is.
#[derive(Clone, Copy)]
pub struct Moment<'z> {
    /// Until when was measured, Unix time in milliseconds.
    pub until_ms: i64,
    /// The collector's own zone.
    pub zone: &'z TimeZone,
}

/// What a sentence on a quota is told beside.
#[derive(Clone, Copy)]
struct Told<'t> {
    at: &'t str,
    beyond: Beyond,
}

/// What happens beyond a quota.
fn what(beyond: Beyond) -> String {
    match beyond {
        Beyond::Priced(_) => "what is beyond it is paid for".into(),
        Beyond::Throttled { mbit } => format!("only {} pass", words::speed(mbit)),
        Beyond::Unfair => "the provider may ask for more".into(),
    }
}

/// The report, worst first.
pub fn report(mut cycles: Vec<HostCycle<'_>>, until_ms: i64) -> Document {
    let urgency = |one: &HostCycle<'_>| match one.state() {
        State::Bad => 0,
        State::Warning => 1,
        State::Good => 2,
        State::Plain => 3,
    };
    cycles.sort_by(|a, b| {
        urgency(a).cmp(&urgency(b)).then(a.contract.instance.cmp(&b.contract.instance))
    });
    let answer = answer(&cycles);
    let part = Part {
        name: "all".into(),
        answer: answer.clone(),
        state: cycles.first().map_or(State::Plain, HostCycle::state),
        sections: vec![Section {
            key: "cycles",
            title: "Running cycles",
            sentences: cycles.iter().map(HostCycle::sentence).collect(),
            tables: vec![table::of(&cycles)],
        }],
    };
    let parts = if cycles.is_empty() { Vec::new() } else { vec![part] };
    Document {
        title: "Billing cycles",
        of: Of::Contracts,
        answer,
        until_ms,
        sentences: sentences(&cycles),
        parts,
    }
}

fn answer(cycles: &[HostCycle<'_>]) -> String {
    let Some(first) = cycles.first() else {
        return "No contract of a host that runs is known yet.".into();
    };
    match first.state() {
        State::Bad | State::Warning => first.sentence(),
        State::Good | State::Plain => format!(
            "{}: quotas last, and what is covered suffices.",
            words::counted(cycles.len(), "contract", "contracts")
        ),
    }
}

/// What is to be known before anything is believed.
fn sentences(cycles: &[HostCycle<'_>]) -> Vec<String> {
    let mut said: Vec<String> = cycles.iter().filter_map(missing).collect();
    let is_prepaid =
        |one: &&HostCycle<'_>| matches!(one.contract.contract.form, Form::Prepaid { .. });
    let prepaid: Vec<&str> =
        cycles.iter().filter(is_prepaid).map(|one| &*one.contract.instance).collect();
    if !prepaid.is_empty() {
        said.push(format!(
            "What {} has left of packs of earlier cycles is not known: each cycle is told as if it began with none.",
            words::listed(&prepaid)
        ));
    }
    said
}

/// That a part of the cycle was not measured.
fn missing(one: &HostCycle<'_>) -> Option<String> {
    let outlook = one.outlook.as_ref()?;
    let missing = 1.0 - outlook.measured;
    let has_begun = one.until_ms > one.bounds_ms.0;
    (has_begun && missing > NOTEWORTHY).then(|| {
        format!(
            "{:.0} % of the cycle of {} was not measured so far: it is taken as at that time of other days.",
            missing * 100.0,
            one.contract.instance
        )
    })
}

#[cfg(test)]
mod tests;
