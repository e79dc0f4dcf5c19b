//! When alerts would have fired: each time with its length, and the hours of the day.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::printable::printable;
use crate::rules::{AlertState, GroupReport, Health, Kind, fingerprint};

/// So many times of one alert are told one by one.
const TIMES: usize = 40;

/// From when until when, Unix time in milliseconds.
#[derive(Debug, Clone, Copy)]
pub struct Course {
    pub from_ms: i64,
    pub to_ms: i64,
}

/// What is known so far, by alert.
#[derive(Debug, Default)]
pub struct Told(BTreeMap<String, OfRule>);

/// One alerting rule.
#[derive(Debug, Default)]
struct OfRule {
    /// What fires now, by fingerprint.
    open: BTreeMap<u64, Firing>,
    /// What fired, in the order of its end.
    closed: Vec<Firing>,
    /// Moments at which it could not be evaluated, and why last.
    failed: usize,
    why: String,
}

#[derive(Debug, Clone)]
struct Firing {
    from_ms: i64,
    to_ms: i64,
    summary: String,
}

impl Told {
    /// What a group found at a moment.
    pub fn see(&mut self, report: &GroupReport, at_ms: i64) {
        for (rule, found) in report.definition.rules.iter().zip(&report.rules) {
            match rule.kind {
                Kind::Recording => continue,
                Kind::Alerting(_) => {}
            }
            let known = self.0.entry(rule.name.clone()).or_default();
            match &found.health {
                Health::Unknown | Health::Good => {}
                Health::Bad(why) => {
                    known.failed += 1;
                    known.why.clone_from(why);
                    continue;
                }
            }
            let mut open = std::mem::take(&mut known.open);
            for alert in found.alerts.iter().filter(|alert| alert.state == AlertState::Firing) {
                let print = fingerprint(&alert.labels);
                let begun = open.remove(&print);
                let from_ms = begun.map_or(at_ms, |firing| firing.from_ms);
                let summary = alert.annotations.iter().find(|(name, _)| name == "summary");
                let summary = match summary {
                    Some((_, text)) if !text.is_empty() => text.clone(),
                    Some(_) | None => alert.labels.to_string(),
                };
                known.open.insert(print, Firing { from_ms, to_ms: at_ms, summary });
            }
            known.closed.extend(open.into_values().map(|firing| Firing { to_ms: at_ms, ..firing }));
        }
    }

    /// Nothing more comes.
    pub fn end(&mut self, at_ms: i64) {
        for rule in self.0.values_mut() {
            let open = std::mem::take(&mut rule.open).into_values();
            rule.closed.extend(open.map(|firing| Firing { to_ms: at_ms, ..firing }));
            rule.closed.sort_by_key(|firing| firing.from_ms);
        }
    }

    /// All of it in words, or that of one alert.
    pub fn text(&self, course: Course, zone: &TimeZone, only: Option<&str>) -> String {
        let (from, to) = (wall(course.from_ms, zone), wall(course.to_ms, zone));
        let mut text = format!("From {from} to {to}:\n");
        let wanted = |name: &String| only.is_none_or(|only| name == only);
        for (name, rule) in self.0.iter().filter(|(name, _)| wanted(name)) {
            rule.tell(name, zone, &mut text);
        }
        text
    }
}

impl OfRule {
    fn tell(&self, name: &str, zone: &TimeZone, text: &mut String) {
        let minutes: i64 = self.closed.iter().map(|one| (one.to_ms - one.from_ms) / 60_000).sum();
        let _ = match self.closed.len() {
            0 => writeln!(text, "\n{name}: never"),
            1 => writeln!(text, "\n{name}: once, for {minutes} min"),
            times => writeln!(text, "\n{name}: {times} times, {minutes} min in all"),
        };
        for firing in self.closed.iter().take(TIMES) {
            let minutes = (firing.to_ms - firing.from_ms) / 60_000;
            let (from, summary) = (wall(firing.from_ms, zone), printable(&firing.summary));
            let summary = summary.replace(['\n', '\r'], " ");
            let _ = writeln!(text, "  {from}  {minutes:>5} min  {summary}");
        }
        if self.closed.len() > TIMES {
            let _ = writeln!(text, "  and {} more", self.closed.len() - TIMES);
        }
        if self.closed.len() > 1 {
            let _ = writeln!(text, "  by hour of the day: {}", self.hours(zone));
        }
        if self.failed > 0 {
            let why = printable(&self.why);
            let _ = writeln!(text, "  could not be evaluated {} times: {why}", self.failed);
        }
    }

    /// At which hours of the day it began, and how often.
    fn hours(&self, zone: &TimeZone) -> String {
        let mut hours: BTreeMap<i8, usize> = BTreeMap::new();
        for firing in &self.closed {
            let at = Timestamp::from_millisecond(firing.from_ms).unwrap_or(Timestamp::UNIX_EPOCH);
            *hours.entry(at.to_zoned(zone.clone()).hour()).or_default() += 1;
        }
        let hours = hours.iter().map(|(hour, times)| match times {
            1 => format!("{hour:02}h"),
            times => format!("{hour:02}h ({times})"),
        });
        hours.collect::<Vec<_>>().join(", ")
    }
}

fn wall(at_ms: i64, zone: &TimeZone) -> String {
    let at = Timestamp::from_millisecond(at_ms).unwrap_or(Timestamp::UNIX_EPOCH);
    at.to_zoned(zone.clone()).strftime("%a %Y-%m-%d %H:%M").to_string()
}
