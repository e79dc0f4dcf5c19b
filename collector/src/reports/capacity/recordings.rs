//! Recordings: what they take under retention, and what a purge saves.

use super::View;
use crate::reports::document::{Cell, Column, Section, State, Table};
use crate::reports::recordings::{Mount, Recordings};
use crate::reports::words;

/// Days after which a purge might come.
const RETENTIONS: [usize; 4] = [1, 7, 14, 28];

/// A purge may be late by so much.
const LATE_DAYS: usize = 2;

pub fn section(view: View<'_>) -> Section {
    let recordings = &view.model.recordings;
    if recordings.days() == 0 || recordings.day_bytes() <= 0.0 {
        let said =
            "Nothing was told of recordings on this host's disk, or none were made.".to_owned();
        return Section::said("recordings", "Recordings", vec![said]);
    }
    Section {
        key: "recordings",
        title: "Recordings",
        sentences: sentences(view, recordings),
        tables: vec![table(view, recordings)],
    }
}

fn sentences(view: View<'_>, recordings: &Recordings) -> Vec<String> {
    let worst = recordings.worst_bytes(2).map_or_else(String::new, |worst| {
        format!("; the worst 48 hours brought {}", words::bytes(worst))
    });
    let mut sentences = vec![format!(
        "Recordings grow by {} a day, in the mean of {} days{worst}. Under retention they have a steady \
         state, no trend.",
        words::bytes(recordings.day_bytes()),
        recordings.days()
    )];
    if let Some(mount) = &recordings.mount {
        let kind = view.question.plan.disk_kind(&view.model.instance, &mount.mountpoint);
        let kind = kind.map_or_else(String::new, |kind| format!(" ({kind})"));
        sentences.push(format!(
            "They lie on {}{kind}: {}, of which {} are left; they take {} now.",
            mount.mountpoint,
            words::bytes(mount.size_bytes),
            words::bytes(mount.left_bytes),
            words::bytes(recordings.stored_bytes)
        ));
    }
    sentences
}

fn table(view: View<'_>, recordings: &Recordings) -> Table {
    let columns = vec![
        Column::words("purged after", &["retention_days"]),
        Column::figures("take", "in the mean", &["mean_bytes"]),
        Column::figures("at most", "as the worst days", &["worst_bytes"]),
        Column::figures("at most", "purge two days late", &["late_bytes"]),
        Column::figures("of the disk", "two days late", &["disk_ratio"]),
        Column::figures("saves", "of what is there now", &["saved_bytes"]),
    ];
    let rows = RETENTIONS.iter().map(|days| row(recordings, *days)).collect();
    let caption =
        format!("What recordings of {} take, by when they are purged.", view.model.instance);
    Table { key: "recordings", caption, columns, rows }
}

fn row(recordings: &Recordings, days: usize) -> Vec<Cell> {
    let mean = recordings.day_bytes() * days as f64;
    let short = || Cell::nothing(format!("The history has {} days.", recordings.days()), 1);
    let shown = |bytes: Option<f64>| {
        bytes.map_or_else(short, |bytes| Cell::shown(words::bytes(bytes), [bytes]))
    };
    let late = recordings.worst_bytes(days + LATE_DAYS);
    let name = if days == 1 { "a day".to_owned() } else { format!("{days} days") };
    let saved = (recordings.stored_bytes - mean).max(0.0);
    vec![
        Cell::shown(name, [days as f64]),
        Cell::shown(words::bytes(mean), [mean]),
        shown(recordings.worst_bytes(days)),
        shown(late),
        of_disk(recordings, late),
        Cell::shown(words::bytes(saved), [saved]),
    ]
}

/// What of the disk recordings take, beside all else on it.
fn of_disk(recordings: &Recordings, late: Option<f64>) -> Cell {
    let known = recordings.mount.as_ref().filter(|mount| mount.size_bytes > 0.0);
    let (Some(Mount { size_bytes, left_bytes, .. }), Some(late)) = (known, late) else {
        return Cell::nothing("Its file system or days enough are not known.", 1);
    };
    let others = (size_bytes - left_bytes - recordings.stored_bytes).max(0.0);
    let ratio = (others + late) / size_bytes;
    let state = match (ratio > 1.0, ratio > 0.9) {
        (true, _) => State::Bad,
        (false, true) => State::Warning,
        (false, false) => State::Plain,
    };
    Cell::shown(format!("{:.0} %", ratio * 100.0), [ratio]).standing(state)
}
