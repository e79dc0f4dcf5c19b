//! What was decided earlier, and whether what it rested on still holds.

use super::View;
use crate::offers::{Assumption, Decision};
use crate::reports::document::{Cell, Column, Section, State, Table};
use crate::reports::words;

/// A section of all decisions, the one in force first, if there are any.
pub fn section(view: View<'_>) -> Option<Section> {
    let own = view.question.catalogue.decisions_on(view.question.host).into_iter();
    let found: Vec<(&Decision, Vec<Assumption>)> =
        own.filter_map(|one| Some((one, assumptions(view, one)?))).collect();
    if found.is_empty() {
        return None;
    }
    let columns = vec![
        Column::words("decision", &["date", "offer"]),
        Column::words("assumed", &["assumption"]),
        Column::figures("then", "", &["assumed"]),
        Column::figures("now", "", &["now"]),
        Column::words("holds", &["holds"]),
    ];
    let rows = found.iter().flat_map(|(one, all)| all.iter().map(|assumed| row(one, assumed)));
    let table = Table {
        key: "decisions",
        caption: "What was decided, beside what is now.".into(),
        columns,
        rows: rows.collect(),
    };
    let sentences = found.iter().map(|(one, all)| sentence(one, all)).collect();
    Some(Section { key: "decisions", title: "Decided", sentences, tables: vec![table] })
}

fn assumptions(view: View<'_>, decision: &Decision) -> Option<Vec<Assumption>> {
    let taken = view.ranking.all.iter().find(|one| one.one.offer.name == decision.offer)?;
    Some(decision.assumptions(&taken.one, view.question.demand.month_bytes()))
}

fn row(decision: &Decision, one: &Assumption) -> Vec<Cell> {
    let shown = |value: f64| match one.key {
        "traffic" => Cell::shown(words::bytes(value), [value]),
        "within" => Cell::shown(words::probability(value), [value]),
        _ => Cell::shown(words::figure(value), [value]),
    };
    let (word, state) = if one.holds { ("yes", State::Good) } else { ("no longer", State::Bad) };
    let mut name = Cell::text(format!("{}, {}", decision.date, decision.offer));
    name.values = [decision.date.to_string(), decision.offer.clone()]
        .map(crate::reports::document::Value::Text)
        .to_vec();
    vec![
        name,
        Cell::text(one.words),
        shown(one.assumed),
        shown(one.now),
        Cell::text(word).standing(state),
    ]
}

fn sentence(decision: &Decision, all: &[Assumption]) -> String {
    let broken: Vec<&str> = all.iter().filter(|one| !one.holds).map(|one| one.words).collect();
    let reason = decision.reason.as_ref().map_or_else(String::new, |why| format!(" ({why})"));
    let holds = if broken.is_empty() {
        "all that it rested on holds".to_owned()
    } else {
        format!("no longer as assumed: {}", words::listed(&broken))
    };
    format!("On {} {} was taken{reason}: {holds}.", decision.date, decision.offer)
}
