//! The answer in one sentence: for which rooms it is yes, for which it is no, and why.

use std::fmt::Write as _;

use super::mixes::Answered;
use super::{View, refused};
use crate::planning::capacity::{Answer, CONFIDENT, Check, Resource};
use crate::planning::mix::Mix;
use crate::reports::document::{Part, State};
use crate::reports::words;

/// Of one host, and how it stands.
pub fn of_host(view: View<'_>) -> (String, State) {
    let model = view.model;
    if model.bandwidth.is_err() {
        return refused(model);
    }
    let asked = asked(view);
    if let Some(doubt) = asked.iter().find_map(|answered| answered.answer.as_ref().err())
        && asked.iter().all(|answered| answered.answer.is_err())
    {
        return (words::sentence(&format!("no figure: {doubt}")), State::Warning);
    }
    let of = |wanted: bool| move |answered: &&&Answered| answered.fits() == Some(wanted);
    let by_load = |a: &&&Answered, b: &&&Answered| a.expected_mbit().total_cmp(&b.expected_mbit());
    // The most demanding that fits, and the least demanding that does not.
    let yes = asked.iter().filter(of(true)).max_by(by_load);
    let no = asked.iter().filter(of(false)).min_by(by_load);
    let link = words::speed(model.link_mbit);
    let cores = || words::counted(model.cores as usize, "core", "cores");
    let what = if model.cores > 0.0 { format!("{link} and {}", cores()) } else { link };
    let untold = asked.iter().find_map(|answered| answered.answer.as_ref().err());
    let (text, state) = match (yes, no) {
        (Some(yes), Some(no)) => {
            (format!("{what} carry {}, but not {}", carried(yes), failing(no)), State::Warning)
        }
        (Some(yes), None) => {
            // A mix that is asked for alone is compared with no other.
            let every = match (asked.len(), untold) {
                (..=1, _) => "",
                (_, None) => "every mix, even ",
                (_, Some(_)) => "every mix of which there is a figure, even ",
            };
            let text = format!("{what} carry {every}{}{}", carried(yes), until(yes));
            match untold {
                None => (text, State::Good),
                Some(doubt) => (format!("{text}; no figure of others: {doubt}"), State::Warning),
            }
        }
        (None, Some(no)) => match &no.fitting {
            Ok(fitting) if fitting.people > 0 => {
                let people = fitting.people;
                (format!("{what} carry {people} people, but not {}", failing(no)), State::Warning)
            }
            Ok(_) | Err(_) => {
                let none = if asked.len() > 1 {
                    "carry none of the mixes, not even"
                } else {
                    "do not carry"
                };
                (format!("{what} {none} {}", failing(no)), State::Bad)
            }
        },
        (None, None) => ("no mix was asked for".to_owned(), State::Plain),
    };
    (words::sentence(&text), state)
}

/// What the sentence is about: the typed mix alone, if there is one, else those of the plan.
fn asked(view: View<'_>) -> Vec<&Answered> {
    let planned = view.question.plan.mixes.len();
    let typed = usize::from(view.question.typed.is_some());
    let count = if typed == 1 { 1 } else { planned };
    view.answered.iter().take(count).collect()
}

fn carried(answered: &Answered) -> String {
    let probability = answered.answer.as_ref().map_or(f64::NAN, |answer| answer.probability);
    let people = answered.mix.people();
    format!("{people} people as {} ({})", answered.mix.name, words::probability(probability))
}

/// A mix that does not fit, what limits it, how many people would fit so, and whether it is the link.
fn failing(answered: &Answered) -> String {
    let (people, name) = (answered.mix.people(), &answered.mix.name);
    let Ok(answer) = &answered.answer else { return format!("{people} as {name}") };
    let mut told = words::probability(answer.probability);
    if let Some(binds) = answer.binds {
        let _ = write!(told, ", limited by {}", words::resource(binds));
    }
    if let Ok(fitting) = &answered.fitting {
        let _ = write!(told, "; {} fit in such rooms", fitting.people);
    }
    if let Some(alone) = link_alone(answer) {
        let _ = write!(told, "; the link alone would carry all, {}", words::probability(alone));
    }
    format!("{people} as {name} ({told})")
}

/// With what probability the link carries what another limit refuses, if it does with confidence.
fn link_alone(answer: &Answer) -> Option<f64> {
    let is_link = |check: &&Check| match check.resource {
        Resource::LinkPlan | Resource::LinkHard => true,
        Resource::Processors
        | Resource::BusiestThread
        | Resource::Consumers
        | Resource::Microphones => false,
    };
    let of_link = answer.checks.iter().filter(is_link).map(|check| check.probability);
    of_link.reduce(f64::min).filter(|alone| *alone >= CONFIDENT)
}

/// How far it would go: the fewest such rooms that no longer fit.
fn until(answered: &Answered) -> String {
    let Ok(fitting) = &answered.fitting else { return String::new() };
    let Some(first) = fitting.binds.map(words::resource) else { return String::new() };
    let set = answered.mix.smallest_set();
    let people = set.people().saturating_mul(fitting.sets + 1);
    let more = match &*set.rooms {
        [rooms] => format!("{} such rooms", (fitting.sets + 1).saturating_mul(rooms.count)),
        _ => "more of them".to_owned(),
    };
    format!(", but not {people} as {more}, limited by {first}")
}

/// Of all hosts together, about the mix that is typed, or else those of the plan.
pub fn of_all(parts: &[Part], typed: Option<&Mix>) -> String {
    let told = match typed {
        Some(_) => [
            (State::Good, "carries that", "carry that"),
            (
                State::Warning,
                "does not surely carry all of that",
                "do not surely carry all of that",
            ),
            (State::Bad, "carries none of that", "carry none of that"),
        ],
        None => [
            (State::Good, "carries every mix", "carry every mix"),
            (State::Warning, "carries some of them", "carry some of them"),
            (State::Bad, "carries none", "carry none"),
        ],
    };
    let of_state = |(state, one, several): (State, &str, &str)| {
        let hosts: Vec<&str> =
            parts.iter().filter(|part| part.state == state).map(|part| &*part.name).collect();
        let verb = if hosts.len() == 1 { one } else { several };
        (!hosts.is_empty()).then(|| format!("{} {verb}", names(&hosts)))
    };
    match parts {
        [] => "There is no host of which capacity could be told yet.".to_owned(),
        [one] => format!("{}: {}", one.name, one.answer),
        _ => {
            let all: Vec<String> = told.into_iter().filter_map(of_state).collect();
            let mixes = typed.map_or("Of the usual mixes", |mix| &*mix.name);
            format!("{mixes}: {}.", all.join("; "))
        }
    }
}

/// Names of hosts, as far as somebody reads them.
fn names(hosts: &[&str]) -> String {
    if hosts.len() > MOST_NAMES { format!("{} hosts", hosts.len()) } else { words::listed(hosts) }
}

/// Of more hosts only their number is told.
const MOST_NAMES: usize = 8;
