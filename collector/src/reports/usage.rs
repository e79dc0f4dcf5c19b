//! Who used a link: what each organisation sent, by its streams and the host's own factors, so that all
//! parts and the base sum to what the interface counted. Pure.

use std::collections::BTreeMap;

use super::day::TenantMinute;
use super::occasion::{Occasion, USUAL_MINUTES};
use super::past::Past;
use crate::planning::Doubt;
use crate::planning::bandwidth::Bandwidth;
use crate::planning::minute::{Minute, Shares};
use crate::planning::organisations::{Part, Split, split};

/// Bytes of a Mbit/s that holds for a minute.
const BYTES: f64 = 60.0 * 1e6 / 8.0;

/// So many minutes with parts above their whole are worth a word.
const NOTEWORTHY: f64 = 0.05;

/// Who used it in the last four weeks.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Usage {
    /// By bytes, the most first.
    pub organisations: Vec<OrganisationUse>,
    /// What left without anybody, in bytes.
    pub base_bytes: f64,
    /// The highest minute of all together, in Mbit/s.
    pub peak_mbit: f64,
    /// When that was, Unix time in minutes.
    pub peak_minute: i64,
    /// Parts above the whole, if there were.
    pub doubt: Option<Doubt>,
}

/// What one organisation used.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct OrganisationUse {
    /// Its name.
    pub name: String,
    /// Bytes out.
    pub bytes: f64,
    /// Bytes out in the last hour.
    pub hour_bytes: f64,
    /// Its highest minute, in Mbit/s.
    pub peak_mbit: f64,
    /// What it had in the highest minute of all.
    pub at_peak_mbit: f64,
    /// People at once, at most.
    pub people: f64,
    /// Rooms at once, at most.
    pub rooms: f64,
    /// Hours of people.
    pub hours: f64,
}

/// The last four weeks of a past, split.
#[derive(Debug, Clone, Default)]
pub struct Splits {
    /// Minutes that were measured, by their place in the past.
    pub minutes: Vec<SplitMinute>,
    /// Of each of their parts, in order: its place in the past, and what it sent in Mbit/s.
    pub parts: Vec<SplitPart>,
    doubt: Option<Doubt>,
}

/// One minute.
#[derive(Debug, Clone, Copy)]
pub struct SplitMinute {
    /// Unix time in minutes.
    pub minute: i64,
    /// All that was sent.
    pub sent_mbit: f64,
    /// What of it is nobody's.
    pub base_mbit: f64,
    /// Screens, as they were told or estimated.
    pub shares: Shares,
    /// How many parts it has.
    pub parts: usize,
}

/// One organisation in one minute.
#[derive(Debug, Clone, Copy)]
pub struct SplitPart {
    /// Its place among the parts of the past.
    pub place: usize,
    /// What it sent.
    pub mbit: f64,
}

impl Usage {
    /// The sum of the organisations' peaks over the peak of their sum: how much they share.
    pub fn oversubscription(&self) -> Option<f64> {
        let peaks = self.organisations.iter().map(|one| one.peak_mbit).sum::<f64>();
        (self.peak_mbit > 0.0).then(|| peaks / self.peak_mbit)
    }
}

impl Splits {
    /// Splits each minute of the last four weeks.
    pub fn of(past: &Past, bandwidth: &Bandwidth, until_ms: i64) -> Self {
        let from = until_ms.div_euclid(60_000) - USUAL_MINUTES;
        let (mut splits, mut above) = (Self::default(), Above::default());
        let mut begin = past.parts.partition_point(|part| part.minute < from);
        let first = past.minutes.partition_point(|minute| minute.minute < from);
        for minute in &past.minutes[first..] {
            let is_before = |part: &TenantMinute| part.minute < minute.minute;
            begin += past.parts[begin..].iter().take_while(|part| is_before(part)).count();
            let own = past.parts[begin..].iter();
            let count = own.take_while(|part| part.minute == minute.minute).count();
            let own = &past.parts[begin..begin + count];
            let Some(sent_mbit) = minute.sent_mbit else { continue };
            let shares = shares_of(minute, bandwidth);
            let split = split_minute(own, shares, bandwidth, sent_mbit);
            above.count(split.doubt, count);
            splits.minutes.push(SplitMinute {
                minute: minute.minute,
                sent_mbit,
                base_mbit: split.base_mbit,
                shares,
                parts: count,
            });
            let parts = split.parts_mbit.into_iter().zip(begin..);
            splits.parts.extend(parts.map(|(mbit, place)| SplitPart { place, mbit }));
        }
        splits.doubt = above.doubt();
        splits
    }
}

/// Minutes whose parts were above their whole: single ones are noise.
#[derive(Debug, Clone, Copy, Default)]
struct Above {
    minutes: f64,
    many: f64,
    ratios: f64,
}

impl Above {
    /// One minute of so many organisations.
    fn count(&mut self, doubt: Option<Doubt>, organisations: usize) {
        if organisations == 0 {
            return;
        }
        self.minutes += 1.0;
        if let Some(Doubt::PartsAboveWhole { ratio }) = doubt {
            self.many += 1.0;
            self.ratios += ratio;
        }
    }

    fn doubt(&self) -> Option<Doubt> {
        let ratio = self.ratios / self.many.max(1.0);
        let is_common = self.many > NOTEWORTHY * self.minutes;
        is_common.then_some(Doubt::PartsAboveWhole { ratio })
    }
}

/// What one minute adds to an organisation.
#[derive(Debug, Clone, Copy, Default)]
struct Sum {
    mbit: f64,
    people: f64,
    rooms: f64,
}

/// Sums up what was split, by organisation.
pub fn of(past: &Past, splits: &Splits, occasion: Occasion<'_>) -> Usage {
    let until = occasion.until_ms.div_euclid(60_000);
    let plan = occasion.plan;
    let names: Vec<&str> = past.tenants.iter().map(|tenant| plan.organisation_of(tenant)).collect();
    let mut usage = Usage { doubt: splits.doubt, ..Usage::default() };
    let mut all: BTreeMap<&str, OrganisationUse> = BTreeMap::new();
    let mut rest = &*splits.parts;
    for minute in &splits.minutes {
        let (own, others) = rest.split_at(minute.parts);
        rest = others;
        usage.base_bytes += minute.base_mbit * BYTES;
        let mut sums: BTreeMap<&str, Sum> = BTreeMap::new();
        for part in own {
            let told = &past.parts[part.place];
            let Some(name) = names.get(usize::from(told.tenant)) else { continue };
            let sum = sums.entry(name).or_default();
            sum.mbit += part.mbit;
            sum.people += told.people;
            sum.rooms += told.rooms;
        }
        let common_mbit: f64 = sums.values().map(|sum| sum.mbit).sum();
        let is_peak = common_mbit > usage.peak_mbit;
        if is_peak {
            (usage.peak_mbit, usage.peak_minute) = (common_mbit, minute.minute);
            for one in all.values_mut() {
                one.at_peak_mbit = 0.0;
            }
        }
        let is_last_hour = minute.minute >= until - 60;
        for (name, sum) in sums {
            let one = all.entry(name).or_default();
            one.add(sum);
            one.hour_bytes += if is_last_hour { sum.mbit * BYTES } else { 0.0 };
            one.at_peak_mbit = if is_peak { sum.mbit } else { one.at_peak_mbit };
        }
    }
    usage.organisations =
        all.into_iter().map(|(name, one)| OrganisationUse { name: name.into(), ..one }).collect();
    usage.organisations.sort_by(|a, b| b.bytes.total_cmp(&a.bytes).then(a.name.cmp(&b.name)));
    usage
}

impl OrganisationUse {
    fn add(&mut self, sum: Sum) {
        self.bytes += sum.mbit * BYTES;
        self.peak_mbit = self.peak_mbit.max(sum.mbit);
        self.people = self.people.max(sum.people);
        self.rooms = self.rooms.max(sum.rooms);
        self.hours += sum.people / 60.0;
    }
}

/// The screens of a minute.
fn shares_of(minute: &Minute, bandwidth: &Bandwidth) -> Shares {
    let media = bandwidth.media();
    let estimated = bandwidth.received.as_ref().map(|received| received.with_shares(minute, media));
    estimated.as_ref().unwrap_or(minute).shares.unwrap_or_default()
}

fn split_minute(
    parts: &[TenantMinute],
    shares: Shares,
    bandwidth: &Bandwidth,
    sent_mbit: f64,
) -> Split {
    let shares_mbit = shares.streams_out * bandwidth.media().screen_mbit;
    let parts: Vec<Part> = parts.iter().map(|part| part.part).collect();
    split(&parts, &bandwidth.fit.posterior.factors, shares_mbit, sent_mbit)
}
