//! A rehearsal: what the host sent while the event was tried, beside what its history let expect of the
//! same rooms. The event is then foreseen by as much more or less. Pure, but for reading those minutes.

use crate::planning::capacity::{Answer, Check, Host, Resource};
use crate::planning::minute::Minute;
use crate::planning::scores::Range;
use crate::reports::host::HostModel;
use crate::reports::words;

/// Fewer minutes with people say nothing.
const LEAST_MINUTES: usize = 5;

/// Fewer people make no rehearsal.
const LEAST_PEOPLE: f64 = 5.0;

/// What was found of it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Rehearsal {
    /// Minutes with people.
    pub minutes: usize,
    /// People, at most.
    pub people: f64,
    /// What was sent in its highest minute, in Mbit/s.
    pub measured_mbit: f64,
    /// What its rooms let expect of that.
    pub foreseen_mbit: f64,
}

/// Why it says nothing.
#[derive(Debug, Clone, Copy, PartialEq, thiserror::Error)]
pub enum RehearsalError {
    /// There were too few people.
    #[error(
        "the rehearsal had {minutes} minutes with people, {people:.0} at most: it needs {LEAST_MINUTES} minutes with {LEAST_PEOPLE} people"
    )]
    Few {
        /// Minutes.
        minutes: usize,
        /// People.
        people: f64,
    },
    /// What the host sends is not known yet.
    #[error("what the host's rooms let expect is not known yet")]
    Unknown,
}

impl Rehearsal {
    /// Of the minutes in which it was held.
    pub fn of(model: &HostModel, minutes: &[Minute]) -> Result<Self, RehearsalError> {
        let with_people: Vec<Minute> = minutes
            .iter()
            .filter(|minute| minute.people > 0.0 && minute.sent_mbit.is_some())
            .copied()
            .collect();
        let people = with_people.iter().map(|minute| minute.people).fold(0.0, f64::max);
        if with_people.len() < LEAST_MINUTES || people < LEAST_PEOPLE {
            return Err(RehearsalError::Few { minutes: with_people.len(), people });
        }
        let bandwidth = model.bandwidth.as_ref().map_err(|_| RehearsalError::Unknown)?;
        let outlook = bandwidth.day(&with_people).ok_or(RehearsalError::Unknown)?;
        let sent = with_people.iter().filter_map(|minute| minute.sent_mbit);
        let measured_mbit = sent.fold(0.0, f64::max);
        // A host that sends nothing to people is read wrongly.
        if measured_mbit <= 0.0 {
            return Err(RehearsalError::Unknown);
        }
        Ok(Self {
            minutes: with_people.len(),
            people,
            measured_mbit,
            foreseen_mbit: outlook.expected(),
        })
    }

    /// How many times of what was expected it took.
    pub fn ratio(&self) -> f64 {
        self.measured_mbit / self.foreseen_mbit.max(f64::EPSILON)
    }

    /// The host as an event finds it that is like its rehearsal: a narrower or wider link.
    pub fn host<'h>(&self, host: Host<'h>) -> Host<'h> {
        Host { link_mbit: host.link_mbit / self.ratio(), ..host }
    }

    /// What such a host answers, in Mbit/s of the link as it is.
    pub fn answer(&self, mut answer: Answer) -> Answer {
        let times = self.ratio();
        for check in &mut answer.checks {
            match check.resource {
                Resource::LinkPlan | Resource::LinkHard => *check = scaled(*check, times),
                Resource::Processors
                | Resource::BusiestThread
                | Resource::Consumers
                | Resource::Microphones => {}
            }
        }
        answer
    }

    /// For people.
    pub fn words(&self) -> String {
        format!(
            "Rehearsed with up to {} people in {} minutes: at most {} Mbit/s were sent, where its rooms let expect {}; the event is foreseen with {:.2} times of what history says.",
            self.people.round(),
            self.minutes,
            words::figure(self.measured_mbit),
            words::figure(self.foreseen_mbit),
            self.ratio()
        )
    }
}

fn scaled(check: Check, times: f64) -> Check {
    let Range { low, high } = check.range;
    Check {
        limit: check.limit * times,
        expected: check.expected * times,
        range: Range { low: low * times, high: high * times },
        ..check
    }
}
