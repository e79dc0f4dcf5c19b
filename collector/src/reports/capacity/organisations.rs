//! Who uses the link: each organisation's bytes, peaks and share of the common peak, against its tier.

use super::View;
use crate::reports::document::{Cell, Column, Section, State, Table};
use crate::reports::plan::Tier;
use crate::reports::usage::OrganisationUse;
use crate::reports::words;

/// By how much their own peaks must exceed the common one to say so.
const SELDOM_TOGETHER: f64 = 1.3;

pub fn section(view: View<'_>) -> Section {
    let usage = &view.model.usage;
    let mut sentences = Vec::new();
    if let Some(ratio) = usage.oversubscription().filter(|_| usage.organisations.len() > 1) {
        let so = if ratio >= SELDOM_TOGETHER { ": they are seldom busy together" } else { "" };
        sentences.push(format!(
            "The organisations' own peaks sum to {ratio:.1} times their common peak of {} Mbit/s{so}.",
            words::figure(usage.peak_mbit)
        ));
    }
    if usage.organisations.is_empty() {
        sentences.push("No organisation had rooms in the last four weeks.".into());
    } else {
        sentences.push(format!(
            "{} left without anybody, and is nobody's. Whose screens are shared nobody tells, so shares \
             are split by people who may look.",
            words::bytes(usage.base_bytes)
        ));
    }
    sentences.extend(usage.doubt.map(|doubt| words::sentence(&doubt.to_string())));
    let tables = if usage.organisations.is_empty() { Vec::new() } else { vec![table(view)] };
    Section { key: "organisations", title: "Who uses the link", sentences, tables }
}

fn table(view: View<'_>) -> Table {
    let usage = &view.model.usage;
    let columns = vec![
        Column::words("organisation", &["organisation"]),
        Column::figures("sent", "four weeks", &["bytes"]),
        Column::figures("peak", "Mbit/s", &["peak_mbit"]),
        Column::figures("of the common peak", "", &["peak_share"]),
        Column::figures("people", "at most", &["people"]),
        Column::figures("rooms", "at most", &["rooms"]),
        Column::figures("user-hours", "four weeks", &["user_hours"]),
        Column::words("tier", &["tier", "within_tier"]),
    ];
    let row = |one: &OrganisationUse| {
        let share = one.at_peak_mbit / usage.peak_mbit.max(f64::MIN_POSITIVE);
        let tier = view.question.plan.tier_of(&one.name);
        vec![
            Cell::text(&one.name),
            Cell::shown(words::bytes(one.bytes), [one.bytes]),
            Cell::shown(words::figure(one.peak_mbit), [one.peak_mbit]),
            Cell::shown(format!("{:.0} %", share * 100.0), [share]),
            Cell::shown(format!("{:.0}", one.people), [one.people]),
            Cell::shown(format!("{:.0}", one.rooms), [one.rooms]),
            Cell::shown(words::figure(one.hours), [one.hours]),
            against(tier, one),
        ]
    };
    let caption =
        format!("What each organisation sent from {} in the last four weeks.", view.model.instance);
    let rows = usage.organisations.iter().map(row).collect();
    Table { key: "organisations", caption, columns, rows }
}

/// What an organisation used, against what it agreed to.
fn against(tier: Option<&Tier>, one: &OrganisationUse) -> Cell {
    use crate::reports::document::Value;
    let Some(tier) = tier else {
        return Cell::nothing("No tier is configured under [[organisations]].", 2);
    };
    let over = [
        ("rooms", tier.rooms, one.rooms),
        ("people", tier.people, one.people),
        ("user-hours", tier.hours, one.hours),
    ];
    let over: Vec<String> = over
        .into_iter()
        .filter_map(|(what, limit, used)| {
            let limit = limit.filter(|limit| used.round() > *limit)?;
            Some(format!("{} of {} {what}", words::figure(used), words::figure(limit)))
        })
        .collect();
    let is_within = over.is_empty();
    let text = if is_within {
        format!("within {}", tier.name)
    } else {
        format!("over {}: {}", tier.name, over.join(", "))
    };
    let state = if is_within { State::Good } else { State::Warning };
    let values = vec![Value::Text(tier.name.clone()), Value::Text(is_within.to_string())];
    Cell { text, values, state, why: String::new() }
}
