//! People: where they are reached, when they are awake, and in which order they are called.

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::civil::Time;
use jiff::tz::TimeZone;

use super::rota::Rota;

/// Who may be called, and in which order.
#[derive(Debug, Clone, Default)]
pub struct People {
    /// By name.
    pub persons: BTreeMap<String, Person>,
    /// Who is on duty when.
    pub rota: Option<Rota>,
    /// Who is called, one after the other, while nobody takes the call.
    pub steps: Vec<Step>,
}

/// Somebody who may be called.
#[derive(Debug, Clone, PartialEq)]
pub struct Person {
    /// Where, in order.
    pub channels: Vec<Channel>,
    /// When what can wait is told.
    pub waking: Waking,
    /// Where they live.
    pub zone: TimeZone,
}

/// A way to a person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Channel {
    /// The receiver's name.
    pub receiver: String,
    /// How long after the call began, in milliseconds.
    pub after_ms: i64,
}

/// The hours of a day in which somebody is awake, by the clock on the wall.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Waking {
    /// When they get up.
    pub from: Time,
    /// When they go to bed; before `from` for those who do so after midnight.
    pub to: Time,
}

/// A step of a call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// Who is called.
    pub who: Who,
    /// How long after the call began, in milliseconds.
    pub after_ms: i64,
}

/// Who is called in a step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Who {
    /// Whoever is on duty.
    Duty,
    /// This person.
    Person(String),
}

impl Waking {
    /// Whether somebody with these hours is awake.
    pub fn is_awake(self, at: Time) -> bool {
        if self.from <= self.to {
            self.from <= at && at < self.to
        } else {
            self.from <= at || at < self.to
        }
    }
}

impl Person {
    /// Whether they are awake at a moment.
    pub fn is_awake(&self, at_ms: i64) -> bool {
        let at = Timestamp::from_millisecond(at_ms).unwrap_or(Timestamp::UNIX_EPOCH);
        self.waking.is_awake(at.to_zoned(self.zone.clone()).time())
    }
}

impl People {
    /// Who a step means at a moment.
    pub fn who(&self, who: &Who, at_ms: i64) -> Option<&str> {
        let name = match who {
            Who::Duty => self.rota.as_ref()?.on_duty(at_ms)?,
            Who::Person(name) => name,
        };
        self.persons.get_key_value(name).map(|(name, _)| name.as_str())
    }

    /// Whoever is told first at a moment.
    pub fn first(&self, at_ms: i64) -> Option<&str> {
        self.steps.first().and_then(|step| self.who(&step.who, at_ms))
    }
}
