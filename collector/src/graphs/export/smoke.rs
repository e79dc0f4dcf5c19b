//! The smoke of a path as data: each cell with its quantiles, and what happened.

use serde_json::{Value, json};

use crate::latency::{Cell, Event, PathName, Smoke, Spell};
use crate::moments::iso;
use crate::sheet::{RowEnd, Sheet};

/// A row for each cell: when, how many pings were sent and answered, and each twentieth of the round trips
/// in seconds. Where there was no answer the fields are empty.
pub fn csv(smoke: &Smoke) -> String {
    let mut sheet = Sheet::new(RowEnd::Newline);
    let quantiles = (0..=20).map(|twentieth| format!("p{}_seconds", twentieth * 5));
    sheet.row(["begin", "end", "sent", "received"].map(str::to_owned).into_iter().chain(quantiles));
    for cell in &smoke.cells {
        let figures = cell.quantiles_us.iter().flatten().map(|us| seconds(*us));
        let begin = [iso(cell.from_ms), iso(cell.to_ms)];
        let counts = [cell.sent, cell.received].map(|count| count.to_string());
        sheet.row(begin.into_iter().chain(counts).chain(figures));
    }
    sheet.text()
}

/// Adds all of it to what is told of a graph.
pub fn add(smoke: &Smoke, path: Option<&PathName>, value: &mut Value) {
    if let Some(PathName { vantage, target, kind, family, .. }) = path {
        value["path"] =
            json!({ "vantage": vantage, "target": target, "kind": kind, "family": family });
        let cells: Vec<Value> = smoke.cells.iter().map(cell).collect();
        value["cells"] = json!(cells);
    }
    value["events"] = smoke.events.iter().map(event).collect();
    value["silences"] = smoke.spells.iter().map(spell).collect();
}

fn cell(cell: &Cell) -> Value {
    let quantiles = cell.quantiles_us.map(|all| all.map(|us| f64::from(us) / 1e6).to_vec());
    json!({
        "from": iso(cell.from_ms),
        "to": iso(cell.to_ms),
        "sent": cell.sent,
        "received": cell.received,
        "quantiles_seconds": quantiles,
    })
}

fn event(event: &Event) -> Value {
    json!({
        "at": iso(event.at_ms),
        "change": event.change.word(),
        "before": event.before,
        "after": event.after,
    })
}

fn spell(spell: &Spell) -> Value {
    json!({ "from": iso(spell.from_ms), "to": iso(spell.to_ms), "silence": spell.silence.words() })
}

fn seconds(us: u32) -> String {
    format!("{:.6}", f64::from(us) / 1e6)
}
