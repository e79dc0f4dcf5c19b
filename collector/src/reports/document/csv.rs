//! One table of a report as CSV, for all its parts together.

use super::json::rounded;
use super::{Document, Table, Value};
use crate::sheet::{RowEnd, Sheet};

/// The rows of the tables of that name, with the name of their part before them; nothing if none has one.
pub fn csv(document: &Document, table: &str) -> Option<String> {
    let tables: Vec<(&str, &Table)> = document
        .parts
        .iter()
        .flat_map(|part| {
            let tables = part.sections.iter().flat_map(|section| &section.tables);
            tables.map(|table| (&*part.name, table))
        })
        .filter(|(_, found)| found.key == table)
        .collect();
    let (_, first) = tables.first()?;
    let mut sheet = Sheet::new(RowEnd::Newline);
    let keys = first.columns.iter().flat_map(|column| column.keys.iter().copied());
    sheet.row([document.of.one()].into_iter().chain(keys));
    for (name, table) in &tables {
        for row in &table.rows {
            let values = row.iter().flat_map(|cell| cell.values.iter().map(text));
            sheet.row([(*name).to_owned()].into_iter().chain(values));
        }
    }
    Some(sheet.text())
}

fn text(value: &Value) -> String {
    match value {
        Value::Nothing => String::new(),
        Value::Number(number) => rounded(*number).to_string(),
        Value::Exact(number) => number.to_string(),
        Value::Text(text) => text.clone(),
    }
}
