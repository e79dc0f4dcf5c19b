//! The tables of the report on costs.

use super::{Account, Question, Shared};
use crate::costs::{Balance, Part as Share, Transfer};
use crate::reports::document::{Cell, Column, State, Table};
use crate::reports::words;

/// How each organisation stands.
pub fn balances(account: &Account<'_>, question: &Question<'_>) -> Table {
    let columns = vec![
        Column::words("organisation", &["organisation"]),
        Column::figures("user hours", "in the month", &["user_hours"]),
        Column::figures("sent", "in the month", &["bytes"]),
        Column::figures("owes", "", &["owes"]),
        Column::figures("has paid", "", &["paid"]),
        Column::figures("balance", "", &["balance"]),
    ];
    let row = |one: &Balance| {
        let used = question.used.by(&one.organisation, &[]);
        let state = if one.balance() < 0 { State::Warning } else { State::Plain };
        vec![
            Cell::text(&one.organisation),
            Cell::shown(words::figure(used.hours), [used.hours]),
            sent(used.bytes),
            amount(account, one.owes),
            amount(account, one.paid),
            amount(account, one.balance()).standing(state),
        ]
    };
    let rows = account.balances.iter().map(row).collect();
    let caption = format!("What each organisation owes and has paid, in {}.", account.currency);
    Table { key: "balances", caption, columns, rows }
}

/// What was sent for somebody, which only full hours that were read tell.
fn sent(bytes: f64) -> Cell {
    if bytes > 0.0 {
        return Cell::shown(words::bytes(bytes), [bytes]);
    }
    Cell::nothing("Nobody told in this month what was sent for it.", 1)
}

/// Who pays whom.
pub fn transfers(account: &Account<'_>) -> Table {
    let columns = vec![
        Column::words("from", &["from"]),
        Column::words("to", &["to"]),
        Column::figures("amount", "", &["amount"]),
    ];
    let row = |one: &Transfer| {
        vec![Cell::text(&one.from), Cell::text(&one.to), amount(account, one.amount)]
    };
    let rows = account.transfers.iter().map(row).collect();
    Table { key: "payments", caption: "After these, all are even.".into(), columns, rows }
}

/// Each organisation's part of each bill.
pub fn parts(account: &Account<'_>) -> Table {
    let columns = vec![
        Column::words("bill", &["bill"]),
        Column::words("organisation", &["organisation"]),
        Column::figures("alike", "", &["equal"]),
        Column::figures("by use", "", &["by_use"]),
        Column::figures("all", "", &["all"]),
        Column::figures("used", "of all", &["use_ratio"]),
    ];
    let row = |shared: &Shared<'_>, part: &Share| {
        vec![
            Cell::text(&shared.bill.name),
            Cell::text(&part.organisation),
            amount(account, part.equal),
            amount(account, part.by_use),
            amount(account, part.all()),
            Cell::shown(format!("{:.1} %", part.of_use * 100.0), [part.of_use]),
        ]
    };
    let all = account.bills.iter();
    let rows = all.flat_map(|shared| shared.parts.iter().map(move |part| row(shared, part)));
    let caption = "Each organisation's part of each bill: they sum to it.".into();
    Table { key: "bills", caption, columns, rows: rows.collect() }
}

fn amount(account: &Account<'_>, minor: i64) -> Cell {
    let money = account.money(minor);
    Cell::exact(money.to_string(), [money.value()])
}
