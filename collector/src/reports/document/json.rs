//! A report as JSON: values by their names, sentences as they stand.

use serde_json::{Map, Value as Json, json};

use super::{Document, Of, Part, Section, Table, Value};
use crate::moments::iso;

/// All of it, with a newline at its end.
pub fn json(document: &Document) -> String {
    let parts: Vec<Json> = document.parts.iter().map(|part| of_part(part, document.of)).collect();
    let whole = json!({
        "report": document.title,
        "until": iso(document.until_ms),
        "answer": document.answer,
        "sentences": document.sentences,
        document.of.all(): parts,
    });
    format!("{whole:#}\n")
}

fn of_part(part: &Part, of: Of) -> Json {
    let sections: Map<String, Json> =
        part.sections.iter().map(|section| (section.key.to_owned(), of_section(section))).collect();
    json!({
        of.one(): part.name,
        "answer": part.answer,
        "state": part.state.word(),
        "sections": sections,
    })
}

fn of_section(section: &Section) -> Json {
    let tables: Map<String, Json> =
        section.tables.iter().map(|table| (table.key.to_owned(), rows(table))).collect();
    json!({ "title": section.title, "sentences": section.sentences, "tables": tables })
}

fn rows(table: &Table) -> Json {
    let row = |cells: &Vec<super::Cell>| {
        let mut row = Map::new();
        for (column, cell) in table.columns.iter().zip(cells) {
            for (key, value) in column.keys.iter().zip(&cell.values) {
                row.insert((*key).to_owned(), of_value(value));
            }
        }
        Json::Object(row)
    };
    table.rows.iter().map(row).collect()
}

fn of_value(value: &Value) -> Json {
    match value {
        Value::Nothing => Json::Null,
        Value::Number(number) => json!(rounded(*number)),
        Value::Exact(number) => json!(number),
        Value::Text(text) => json!(text),
    }
}

/// Six digits: what follows is noise of the last operation, and differs between machines.
pub(super) fn rounded(number: f64) -> f64 {
    format!("{number:.5e}").parse().unwrap_or(number)
}
