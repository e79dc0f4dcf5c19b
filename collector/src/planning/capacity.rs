//! Does a mix fit, how many people fit, and what binds first.

use super::bandwidth::Bandwidth;
use super::doubt::Doubt;
use super::media::{Media, Source};
use super::mix::{Mix, Rooms};
use super::outlook::Outlook;
use super::processors::Processors;
use super::scores::{Level, Range};

/// Parts of a link's speed: what one plans for, is alarmed at, and never passes.
pub const LINK_PLAN: f64 = 0.70;
/// See [`LINK_PLAN`].
pub const LINK_ALARM: f64 = 0.85;
/// See [`LINK_PLAN`].
pub const LINK_HARD: f64 = 0.93;
/// Part of all cores beyond which audio degrades.
pub const PROCESSORS_HARD: f64 = 0.80;
/// Part of a core beyond which its busiest thread is late.
pub const THREAD_HARD: f64 = 0.90;
/// Streams that a core of mediasoup hands out.
pub const CONSUMERS_PER_CORE: f64 = 500.0;
/// Microphones that a core of FreeSWITCH mixes.
pub const MICROPHONES_PER_CORE: f64 = 50.0;

/// The probability with which everything is to fit.
pub const CONFIDENT: f64 = 0.90;

/// How many rooms are tried.
const MOST_ROOMS: u32 = 10_000;

/// What a host has a limited amount of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Resource {
    /// Mbit/s out, up to what one plans for.
    LinkPlan,
    /// Mbit/s out, up to where packets are dropped.
    LinkHard,
    /// All cores together.
    Processors,
    /// The busiest thread, against one core.
    BusiestThread,
    /// Streams that mediasoup's workers hand out.
    Consumers,
    /// Microphones that FreeSWITCH mixes.
    Microphones,
}

/// A host as plans see it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Host<'h> {
    /// What it sends.
    pub bandwidth: &'h Bandwidth,
    /// What its processors do, if that is told.
    pub processors: Option<&'h Processors>,
    /// The speed of its link in Mbit/s, as the kernel or the configuration tells it.
    pub link_mbit: f64,
    /// Its cores.
    pub cores: f64,
    /// mediasoup's workers.
    pub workers: f64,
}

/// A mix beside one limit.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Check {
    /// Of what.
    pub resource: Resource,
    /// In its unit: Mbit/s, cores, streams, microphones.
    pub limit: f64,
    /// The middle of what is foreseen.
    pub expected: f64,
    /// 80 %.
    pub range: Range,
    /// That it stays within.
    pub probability: f64,
}

/// What can be said of a mix on a host.
#[derive(Debug, Clone, PartialEq)]
pub struct Answer {
    /// Each limit that is known.
    pub checks: Vec<Check>,
    /// That all hold: the least of them.
    pub probability: f64,
    /// What binds first.
    pub binds: Option<Resource>,
    /// What is to be said beside it.
    pub doubts: Vec<Doubt>,
}

/// How many people fit in rooms like those of a mix.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Fitting {
    /// Rooms, or sets of rooms, of the mix.
    pub sets: u32,
    /// People in them.
    pub people: u32,
    /// What binds beyond them; none if nothing did up to ten thousand.
    pub binds: Option<Resource>,
}

impl Host<'_> {
    /// Whether a mix fits, beside every limit.
    pub fn answer(&self, mix: &Mix) -> Result<Answer, Doubt> {
        let mut checks = self.link_checks(mix)?;
        checks.extend(self.processor_checks(mix));
        let binds = checks.iter().min_by(|a, b| tightness(a).total_cmp(&tightness(b)));
        let probability = checks.iter().map(|check| check.probability).fold(1.0, f64::min);
        let mut doubts = self.bandwidth.doubts.clone();
        doubts.extend(self.bandwidth.beyond_the_seen(mix));
        Ok(Answer { probability, binds: binds.map(|check| check.resource), checks, doubts })
    }

    /// Rooms of the mix on an empty host, as many as fit with confidence.
    pub fn people_that_fit(&self, mix: &Mix) -> Result<Fitting, Doubt> {
        let set = mix.smallest_set();
        let fits = |sets: u32| {
            let answer = self.answer(&set.times(sets))?;
            Ok((answer.probability >= CONFIDENT).then_some(()).ok_or(answer.binds))
        };
        let (mut least, mut beyond, mut binds) = (0, 1, None);
        while beyond <= MOST_ROOMS {
            match fits(beyond)? {
                Ok(()) => (least, beyond) = (beyond, beyond * 2),
                Err(first) => {
                    binds = first;
                    break;
                }
            }
        }
        while beyond - least > 1 {
            let middle = least.midpoint(beyond);
            match fits(middle)? {
                Ok(()) => least = middle,
                Err(first) => (beyond, binds) = (middle, first),
            }
        }
        Ok(Fitting { sets: least, people: set.people().saturating_mul(least), binds })
    }

    fn link_checks(&self, mix: &Mix) -> Result<Vec<Check>, Doubt> {
        if !self.link_mbit.is_finite() || self.link_mbit <= 0.0 {
            return Err(Doubt::LinkSpeedUnknown { told: self.link_mbit });
        }
        let outlook = self.bandwidth.mix(mix)?;
        let part = |resource, part: f64| check(resource, part * self.link_mbit, outlook);
        let mut checks =
            vec![part(Resource::LinkPlan, LINK_PLAN), part(Resource::LinkHard, LINK_HARD)];
        match self.bandwidth.media().source {
            Source::Told => {}
            Source::Assumed => self.widen(mix, &mut checks),
        }
        Ok(checks)
    }

    /// Where pages are assumed only, ranges reach from what cameras would take as published to what
    /// they would take without pages.
    fn widen(&self, mix: &Mix, checks: &mut [Check]) {
        let upper = self.bandwidth.mix_with(mix, &self.bandwidth.media().unpaged());
        let lower = self.bandwidth.mix_of_published_cameras(mix);
        let (Ok(upper), Ok(lower)) = (upper, lower) else { return };
        for check in checks {
            check.range.high = check.range.high.max(upper.range(Level::EIGHTY).high);
            check.range.low = check.range.low.min(lower.range(Level::EIGHTY).low);
            check.probability = check.probability.min(upper.probability_below(check.limit));
        }
    }

    fn processor_checks(&self, mix: &Mix) -> Vec<Check> {
        let media = self.bandwidth.media();
        let sum =
            |of: fn(&Rooms, &Media) -> f64| mix.rooms.iter().map(|r| of(r, media)).sum::<f64>();
        let voices = sum(|rooms, _| f64::from(rooms.count) * f64::from(rooms.room.voices));
        let consumers =
            sum(|rooms, media| f64::from(rooms.count) * f64::from(rooms.room.consumers(media)));
        let exact = |resource, limit: f64, value: f64| Check {
            resource,
            limit,
            expected: value,
            range: Range { low: value, high: value },
            probability: f64::from(u8::from(value <= limit)),
        };
        let mut checks = Vec::new();
        if self.workers > 0.0 {
            let limit = self.workers * CONSUMERS_PER_CORE;
            checks.push(exact(Resource::Consumers, limit, consumers));
        }
        if self.cores > 0.0 {
            let limit = self.cores * MICROPHONES_PER_CORE;
            checks.push(exact(Resource::Microphones, limit, voices));
        }
        if let Some(processors) = self.processors {
            let drivers = [voices, consumers, f64::from(mix.people())];
            let all = processors.mix(drivers);
            checks.push(check(Resource::Processors, PROCESSORS_HARD * self.cores, all));
            if let Some(thread) = processors.mix_thread(drivers) {
                checks.push(check(Resource::BusiestThread, THREAD_HARD, thread));
            }
        }
        checks
    }
}

/// Less is tighter: first by probability, then by what is left.
fn tightness(check: &Check) -> f64 {
    check.probability * 1e3 - check.expected / check.limit.max(f64::MIN_POSITIVE)
}

fn check(resource: Resource, limit: f64, outlook: Outlook<'_>) -> Check {
    let range = outlook.range(Level::EIGHTY);
    let probability = outlook.probability_below(limit);
    Check { resource, limit, expected: outlook.expected(), range, probability }
}
