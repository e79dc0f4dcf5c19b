//! All running cycles in one table.

use super::HostCycle;
use crate::contracts::Form;
use crate::moments::iso;
use crate::offers::{Middle, Outlook, QuotaOutlook};
use crate::reports::document::{Cell, Column, State, Table, Value};
use crate::reports::words;

/// Why a figure is missing.
const TOO_SHORT: &str = "A week must have been measured.";

/// A row for each host.
pub fn of(cycles: &[HostCycle<'_>]) -> Table {
    let columns = vec![
        Column::words("host", &["host"]),
        Column::words("contract", &["form", "counted"]),
        Column::words("cycle", &["begin", "end", "zone"]),
        Column::figures("so far", "counted", &["counted_bytes"]),
        Column::figures("at the end", "50 and 90 %", &["end_bytes_50", "end_bytes_90"]),
        Column::figures("quota", "a cycle", &["quota_bytes"]),
        Column::figures("used up", "50 %; chance of it", &["quota_end", "quota_ends_ratio"]),
        Column::figures("95th", "Mbit/s so far", &["percentile_mbit"]),
        Column::figures(
            "95th at the end",
            "50 and 90 %",
            &["end_percentile_mbit_50", "end_percentile_mbit_90", "commit_mbit"],
        ),
        Column::figures("costs", "50 and 90 %", &["cost_50", "cost_90"]),
    ];
    let rows = cycles.iter().map(row).collect();
    let caption = "What each host's contract has counted since its bills began anew, and what it comes \
                   to: half of all futures stay below the first figure, nine of ten below the second. Costs are \
                   the price of a month and its traffic, without tax."
        .into();
    Table { key: "cycles", caption, columns, rows }
}

fn row(one: &HostCycle<'_>) -> Vec<Cell> {
    let mut cells = vec![Cell::text(&one.contract.instance), contract(one), cycle(one)];
    let Some(outlook) = &one.outlook else {
        cells.extend([1, 2, 1, 2, 1, 3, 2].map(|values| Cell::nothing(TOO_SHORT, values)));
        return cells;
    };
    cells.extend([
        bytes(outlook.counted_bytes),
        both(outlook.end_bytes, words::bytes),
        quota(outlook),
        used_up(one, outlook.quota),
        outlook.percentile_mbit.map_or_else(
            || Cell::nothing("Its cycle begins.", 1),
            |mbit| Cell::shown(words::figure(mbit), [mbit]),
        ),
        percentile(one, outlook),
        cost(one, outlook),
    ]);
    cells
}

fn bytes(value: f64) -> Cell {
    Cell::shown(words::bytes(value), [value])
}

/// What half and what nine of ten futures stay below.
fn both(range: Middle, shown: impl Fn(f64) -> String) -> Cell {
    let text = format!("{}, {}", shown(range.middle), shown(range.high));
    Cell::shown(text, [range.middle, range.high])
}

fn contract(one: &HostCycle<'_>) -> Cell {
    let contract = &one.contract.contract;
    let form = match contract.form {
        Form::Unmetered => "unmetered",
        Form::Quota { .. } => "quota",
        Form::Prepaid { .. } => "prepaid",
        Form::Percentile { .. } => "95th percentile",
    };
    let named = one.contract.offer.as_ref().map_or_else(String::new, |name| format!("{name}: "));
    let mut cell = Cell::text(format!("{named}{form}, {}", contract.counted.words()));
    cell.values = [form, contract.counted.words()].map(text).to_vec();
    cell
}

fn text(text: impl Into<String>) -> Value {
    Value::Text(text.into())
}

fn cycle(one: &HostCycle<'_>) -> Cell {
    let (begin_ms, end_ms) = one.bounds_ms;
    let zone = one.zone.iana_name().unwrap_or("UTC").to_owned();
    let mut cell = Cell::text(format!("{} to {}", one.day(begin_ms), one.day(end_ms)))
        .because(format!("From midnight to midnight in {zone}."));
    cell.values = vec![text(iso(begin_ms)), text(iso(end_ms)), text(zone)];
    cell
}

fn quota(outlook: &Outlook) -> Cell {
    outlook.quota.map_or_else(
        || Cell::nothing("Its contract has no quota.", 1),
        |quota| bytes(quota.included_bytes),
    )
}

fn used_up(one: &HostCycle<'_>, quota: Option<QuotaOutlook>) -> Cell {
    let Some(quota) = quota else { return Cell::nothing("Its contract has no quota.", 2) };
    let chance = words::probability(quota.probability);
    let (shown, value) = match quota.middle_ms {
        Some(end_ms) => (format!("{}; {chance}", one.day(end_ms)), text(iso(end_ms))),
        None => (format!("lasts; {chance}"), Value::Nothing),
    };
    let mut cell = Cell::shown(shown, [0.0, quota.probability]).standing(one.state());
    cell.values[0] = value;
    cell
}

fn percentile(one: &HostCycle<'_>, outlook: &Outlook) -> Cell {
    let (Some(commit_mbit), Some(end)) = (one.commit_mbit(), outlook.end_percentile_mbit) else {
        return Cell::nothing("Its contract bills no 95th percentile.", 3);
    };
    let state = if end.middle > commit_mbit { State::Warning } else { State::Good };
    let shown = format!("{}, {}", words::figure(end.middle), words::figure(end.high));
    let covered = format!("{} Mbit/s are covered.", words::figure(commit_mbit));
    Cell::shown(shown, [end.middle, end.high, commit_mbit]).standing(state).because(covered)
}

fn cost(one: &HostCycle<'_>, outlook: &Outlook) -> Cell {
    let ends = [outlook.end_charges.middle, outlook.end_charges.high].map(|end| one.cost(end));
    let [Some(middle), Some(high)] = ends else {
        return Cell::nothing("No price of its contract is told.", 2);
    };
    let shown = if middle == high { middle.to_string() } else { format!("{middle}, {high}") };
    Cell::exact(shown, [middle.value(), high.value()])
}
