//! A report as MediaWiki's markup.

use std::fmt::Write as _;

use super::{Cell, Document, Part, Section, Table};
use crate::moments::iso;
use crate::printable::printable;

/// All of it.
pub fn mediawiki(document: &Document) -> String {
    let mut text = String::new();
    let _ = writeln!(text, "= {} =\n\n{}\n", document.title, plain(&document.answer));
    let _ = writeln!(text, "Told from what was measured until {}.", iso(document.until_ms));
    push_sentences(&mut text, &document.sentences);
    for part in &document.parts {
        push_part(&mut text, part);
    }
    text
}

fn push_part(text: &mut String, part: &Part) {
    let _ = writeln!(text, "\n== {} ==", plain(&part.name));
    for section in &part.sections {
        push_section(text, section);
    }
}

fn push_section(text: &mut String, section: &Section) {
    let _ = writeln!(text, "\n=== {} ===", section.title);
    section.tables.iter().for_each(|table| push_table(text, table));
    push_sentences(text, &section.sentences);
}

fn push_sentences(text: &mut String, sentences: &[String]) {
    if !sentences.is_empty() {
        text.push('\n');
    }
    for sentence in sentences {
        let _ = writeln!(text, "* {}", plain(sentence));
    }
}

fn push_table(text: &mut String, table: &Table) {
    let _ = writeln!(text, "\n{{| class=\"wikitable\"\n|+ {}", plain(&table.caption));
    for column in &table.columns {
        let _ = writeln!(text, "! {}", column.headed());
    }
    for row in &table.rows {
        text.push_str("|-\n");
        for (Cell { text: cell, .. }, column) in row.iter().zip(&table.columns) {
            let set = if column.is_figures() { "style=\"text-align: right\" | " } else { "" };
            let _ = writeln!(text, "| {set}{}", plain(cell));
        }
    }
    text.push_str("|}\n");
}

/// Texts of others begin no markup.
fn plain(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    for sign in printable(text).chars() {
        match sign {
            '&' => plain.push_str("&amp;"),
            '<' => plain.push_str("&lt;"),
            '|' | '[' | '{' | '\'' | '=' | '~' => {
                let _ = write!(plain, "&#{};", u32::from(sign));
            }
            '\n' => plain.push(' '),
            sign => plain.push(sign),
        }
    }
    plain
}
