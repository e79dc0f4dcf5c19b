//! The same four weeks on other servers, and when a second one is needed.

use super::View;
use crate::planning::capacity::LINK_PLAN;
use crate::reports::document::{Cell, Column, Section, State, Table, Value};
use crate::reports::replays::Replay;
use crate::reports::words;

pub fn section(view: View<'_>) -> Section {
    let replays = &view.model.replays;
    if replays.is_empty() {
        let said =
            "No meetings of the last four weeks can be placed elsewhere: none were held, or the \
                    link's speed is not known."
                .to_owned();
        return Section::said("replay", "On other servers", vec![said]);
    }
    let columns = vec![
        Column::words("where", &["placement"]),
        Column::figures("highest minute", "Mbit/s, busiest server", &["peak_mbit"]),
        Column::figures("each server", "Mbit/s", &[]),
        Column::figures("people at most", "busiest server", &["people"]),
        Column::figures("days above the plan", "70 % of its link", &["days_above", "days"]),
    ];
    let caption =
        format!("The meetings of {} in the last four weeks on other servers.", view.model.instance);
    let rows = replays.iter().map(row).collect();
    Section {
        key: "replay",
        title: "On other servers",
        sentences: vec![second_server(replays)],
        tables: vec![Table { key: "replay", caption, columns, rows }],
    }
}

/// Whether a second server was needed.
fn second_server(replays: &[Replay]) -> String {
    let of = |key: &str| replays.iter().find(|replay| replay.key == key);
    let (Some(one), Some(two)) = (of("as_it_was"), of("two_by_people")) else {
        return String::new();
    };
    let days = one.carried.first().map_or(0, |carried| carried.days);
    let plan = words::figure(LINK_PLAN * one.link_mbit);
    match (one.days_above(), two.days_above()) {
        (0, _) => format!(
            "One server was enough: on none of {days} days was a minute above {plan} Mbit/s."
        ),
        (above, 0) => format!(
            "A second server was needed on {above} of {days} days, and two would have been enough."
        ),
        (above, still) => format!(
            "A second server was needed on {above} of {days} days; on {still} of them two would not \
             have been enough."
        ),
    }
}

fn row(replay: &Replay) -> Vec<Cell> {
    let place = Cell { values: vec![Value::Text(replay.key.into())], ..Cell::text(replay.place) };
    let each: Vec<String> = replay.carried.iter().map(|one| words::figure(one.peak_mbit)).collect();
    let people = replay.carried.iter().map(|one| one.peak_people).fold(0.0, f64::max);
    let (above, days) =
        (replay.days_above(), replay.carried.iter().map(|one| one.days).max().unwrap_or(0));
    let state = if above > 0 { State::Warning } else { State::Plain };
    vec![
        place,
        Cell::shown(words::figure(replay.peak_mbit()), [replay.peak_mbit()]),
        Cell { values: Vec::new(), ..Cell::text(each.join(" · ")) },
        Cell::shown(format!("{people:.0}"), [people]),
        Cell::shown(format!("{above} of {days}"), [above as f64, days as f64]).standing(state),
    ]
}
