//! Mixes beside every limit: whether they fit, how many people do in such rooms, what binds first.

use super::{Question, View};
use crate::planning::Doubt;
use crate::planning::capacity::{Answer, CONFIDENT, Check, Fitting, Resource};
use crate::planning::mix::Mix;
use crate::reports::document::{Cell, Column, Section, State, Table, Value};
use crate::reports::host::HostModel;
use crate::reports::words;

/// A mix and what is said of it.
#[derive(Debug, Clone)]
pub struct Answered {
    /// What was asked.
    pub mix: Mix,
    /// Beside every limit.
    pub answer: Result<Answer, Doubt>,
    /// Rooms like its own on an empty host.
    pub fitting: Result<Fitting, Doubt>,
}

impl Answered {
    /// Whether it fits with confidence; nothing if that cannot be told.
    pub fn fits(&self) -> Option<bool> {
        Some(self.answer.as_ref().ok()?.probability >= CONFIDENT)
    }

    /// What it is expected to send, in Mbit/s.
    pub fn expected_mbit(&self) -> f64 {
        self.link().map_or(0.0, |check| check.expected)
    }

    fn link(&self) -> Option<&Check> {
        let checks = &self.answer.as_ref().ok()?.checks;
        checks.iter().find(|check| check.resource == Resource::LinkPlan)
    }
}

/// Answers each mix, the typed one and that of the busiest minute among them.
pub fn answer(model: &HostModel, question: &Question<'_>) -> Vec<Answered> {
    let Ok(host) = model.host() else { return Vec::new() };
    let seen = model.rooms.as_ref().map(|rooms| &rooms.busiest);
    let answered = |mix: &Mix| Answered {
        mix: mix.clone(),
        answer: host.answer(mix),
        fitting: host.people_that_fit(mix),
    };
    question.mixes().chain(seen).map(answered).collect()
}

pub fn section(view: View<'_>) -> Section {
    let columns = vec![
        Column::words("rooms", &["mix"]),
        Column::figures("people", "", &["people"]),
        Column::figures("fits", "probability", &["probability"]),
        Column::figures("people that fit", "in such rooms", &["people_that_fit"]),
        Column::words("first limit", &["binds"]),
        Column::figures("sends", "Mbit/s, 80 % range", &["expected_mbit", "low_mbit", "high_mbit"]),
    ];
    let rows = view.answered.iter().map(row).collect();
    let caption = format!(
        "Mixes on {}, whether all limits hold, and how many people fit on an empty host.",
        view.model.instance
    );
    let beyond = view.answered.iter().filter_map(beyond);
    Section {
        key: "mixes",
        title: "Mixes of rooms",
        sentences: beyond.collect(),
        tables: vec![Table { key: "mixes", caption, columns, rows }],
    }
}

/// Said of a mix that asks more than was ever seen.
fn beyond(answered: &Answered) -> Option<String> {
    let doubts = &answered.answer.as_ref().ok()?.doubts;
    let doubt = doubts.iter().find(|doubt| matches!(doubt, Doubt::BeyondTheSeen { .. }))?;
    Some(words::sentence(&format!("{}: {doubt}", answered.mix.name)))
}

fn row(answered: &Answered) -> Vec<Cell> {
    let name = Cell::text(&answered.mix.name);
    let people = f64::from(answered.mix.people());
    let people = Cell::shown(format!("{people:.0}"), [people]);
    let (answer, link) = match (&answered.answer, answered.link()) {
        (Ok(answer), Some(link)) => (answer, link),
        (Err(doubt), _) => return refused(name, people, doubt),
        (Ok(_), None) => return vec![name, people],
    };
    let (state, word) = match (answer.probability >= CONFIDENT, answer.probability >= 0.5) {
        (true, _) => (State::Good, "yes"),
        (false, true) => (State::Warning, "maybe"),
        (false, false) => (State::Bad, "no"),
    };
    let fits = format!("{word}, {}", words::probability(answer.probability));
    let fits = Cell::shown(fits, [answer.probability]);
    let range = format!("{} ({})", words::figure(link.expected), words::range(link.range));
    vec![
        name,
        people,
        fits.standing(state).because(limits(answer)),
        fitting(answered),
        binds(answered),
        Cell::shown(range, [link.expected, link.range.low, link.range.high]),
    ]
}

fn refused(name: Cell, people: Cell, doubt: &Doubt) -> Vec<Cell> {
    let why = words::sentence(&doubt.to_string());
    let nothing = |values| Cell::nothing(why.clone(), values);
    vec![name, people, nothing(1), nothing(1), nothing(1), nothing(3)]
}

fn fitting(answered: &Answered) -> Cell {
    match &answered.fitting {
        Ok(Fitting { people, binds: None, .. }) => {
            Cell::shown(format!("{people} or more"), [f64::from(*people)])
        }
        Ok(Fitting { people, .. }) => Cell::shown(people.to_string(), [f64::from(*people)]),
        Err(doubt) => Cell::nothing(words::sentence(&doubt.to_string()), 1),
    }
}

/// What binds first as the rooms become more.
fn binds(answered: &Answered) -> Cell {
    let of_more = answered.fitting.as_ref().ok().and_then(|fitting| fitting.binds);
    let of_mix = answered.answer.as_ref().ok().and_then(|answer| answer.binds);
    match of_more.or(of_mix) {
        Some(resource) => Cell {
            values: vec![Value::Text(words::resource_key(resource).into())],
            ..Cell::text(words::resource(resource))
        },
        None => Cell::nothing("Nothing binds.", 1),
    }
}

/// Each limit in words, the tightest first.
fn limits(answer: &Answer) -> String {
    let mut checks: Vec<&Check> = answer.checks.iter().collect();
    checks.sort_by(|a, b| {
        let used = |check: &Check| check.expected / check.limit;
        a.probability.total_cmp(&b.probability).then(used(b).total_cmp(&used(a)))
    });
    let one = |check: &&Check| {
        let resource = words::resource(check.resource);
        let (expected, limit) = (words::figure(check.expected), words::figure(check.limit));
        format!("{resource} {expected} of {limit}, {}", words::probability(check.probability))
    };
    let all: Vec<String> = checks.iter().map(one).collect();
    words::sentence(&all.join("; "))
}
