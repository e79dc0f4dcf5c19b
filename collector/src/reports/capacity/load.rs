//! What a host carried at most, beside its limits.

use super::View;
use crate::planning::capacity::{
    CONSUMERS_PER_CORE, LINK_ALARM, LINK_HARD, LINK_PLAN, MICROPHONES_PER_CORE, PROCESSORS_HARD,
    THREAD_HARD,
};
use crate::reports::document::{Cell, Column, Section, State, Table};
use crate::reports::words;

/// Packets a second that a core handles without haste.
const PACKETS_PER_CORE: f64 = 50_000.0;

/// One limit.
struct Limit {
    key: &'static str,
    what: &'static str,
    value: f64,
    most: f64,
    /// Why there may be no figure.
    unknown: &'static str,
}

pub fn section(view: View<'_>) -> Section {
    let rows = limits(view).iter().map(row).collect();
    let columns = vec![
        Column::words("limit", &["limit", "name"]),
        Column::figures("at most seen", "a minute's mean", &["seen"]),
        Column::figures("limit", "", &["value"]),
        Column::figures("left", "of the limit", &["left_ratio"]),
    ];
    let caption = format!("What {} carried at most, beside its limits.", view.model.instance);
    let more = view.model.more_people.map(|more| {
        let binds = more.binds.map_or_else(String::new, |binds| {
            format!(" What binds first then: {}.", words::resource(binds))
        });
        match more.people {
            0 => format!(
                "Beside its busiest minute of four weeks nobody more fits with 90 % confidence.{binds}"
            ),
            people => format!(
                "Beside its busiest minute of four weeks about {} more people fit, in rooms as they \
                 mostly are here.{binds}",
                about(people)
            ),
        }
    });
    Section {
        key: "load",
        title: "Load against limits",
        sentences: more.into_iter().collect(),
        tables: vec![Table { key: "load", caption, columns, rows }],
    }
}

/// People are told no finer than the model knows them.
pub fn about(people: u32) -> u32 {
    match people {
        0..20 => people,
        20..100 => people / 5 * 5,
        _ => people / 10 * 10,
    }
}

fn limits(view: View<'_>) -> Vec<Limit> {
    let (model, load) = (view.model, &view.model.load);
    let cores = model.cores;
    let link = |key, what, part: f64, most| Limit {
        key,
        what,
        value: part * model.link_mbit,
        most,
        unknown: "Nobody tells the link's speed; set it under [[links]] in the configuration.",
    };
    let core = |key, what, limit: f64, most: f64| Limit {
        key,
        what,
        value: limit,
        most,
        unknown: "This is not told of the host.",
    };
    vec![
        link("link_plan", "link, plan: 70 %, 99th percentile", LINK_PLAN, load.usual_peak_mbit),
        link("link_alarm", "link, alarm: 85 %, Mbit/s", LINK_ALARM, load.peak_mbit),
        link("link_hard", "link, hard: 93 %, Mbit/s", LINK_HARD, load.peak_mbit),
        core(
            "processors",
            "processors: 80 % of all cores",
            PROCESSORS_HARD * cores,
            load.most_cores,
        ),
        core(
            "busiest_thread",
            "busiest thread that serves rooms, of one core",
            THREAD_HARD,
            load.busiest_thread,
        ),
        core(
            "consumers",
            "streams out of mediasoup, 500 a worker",
            CONSUMERS_PER_CORE * model.workers,
            load.most_consumers,
        ),
        core(
            "microphones",
            "microphones, 50 a core",
            MICROPHONES_PER_CORE * cores,
            load.most_voices,
        ),
        core(
            "packets",
            "packets out a second, 50 000 a core",
            PACKETS_PER_CORE * cores,
            load.most_packets,
        ),
    ]
}

fn row(limit: &Limit) -> Vec<Cell> {
    let Limit { key, what, value: limit, most, unknown } = *limit;
    let name = Cell {
        values: vec![
            crate::reports::document::Value::Text(key.into()),
            crate::reports::document::Value::Text(what.into()),
        ],
        ..Cell::text(what)
    };
    let known = limit.is_finite() && limit > 0.0;
    let unseen = "Nothing of it was used, or nobody told.";
    let seen = if most > 0.0 {
        Cell::shown(words::figure(most), [most])
    } else {
        Cell::nothing(unseen, 1)
    };
    if !known {
        return vec![name, seen, Cell::nothing(unknown, 1), Cell::nothing(unknown, 1)];
    }
    let left = 1.0 - most / limit;
    let state = match (left < 0.0, left < 0.2) {
        (true, _) => State::Bad,
        (false, true) => State::Warning,
        (false, false) => State::Plain,
    };
    let left = if most > 0.0 {
        Cell::shown(format!("{:.0} %", left * 100.0), [left]).standing(state)
    } else {
        Cell::nothing(unseen, 1)
    };
    vec![name, seen, Cell::shown(words::figure(limit), [limit]), left]
}
