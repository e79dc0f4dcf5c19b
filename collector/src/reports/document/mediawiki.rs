//! A report as MediaWiki's markup.

use std::fmt::Write as _;

use super::{Cell, Document, Part, Section, Table};
use crate::moments::iso;
use crate::printable::printable;

/// All of it.
pub fn mediawiki(document: &Document) -> String {
    let mut text = String::new();
    let _ = writeln!(text, "= {} =\n\n{}\n", document.title, line(&document.answer));
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
        let _ = writeln!(text, "* {}", line(sentence));
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
    let mut before = None;
    for sign in printable(text).chars() {
        match sign {
            '&' => plain.push_str("&amp;"),
            '<' => plain.push_str("&lt;"),
            '|' | '[' | '{' | '\'' | '=' | '~' => push_reference(&mut plain, sign),
            // Two of them begin a word that changes the page.
            '_' if before == Some('_') => push_reference(&mut plain, sign),
            '\n' | '\r' => plain.push(' '),
            sign => plain.push(sign),
        }
        before = Some(sign);
    }
    plain
}

/// The same where a line begins: there some signs make a list, a term or a rule of it, and blanks a
/// program's text.
fn line(text: &str) -> String {
    let text = text.trim_start();
    let mut rest = text.chars();
    match rest.next() {
        Some(sign @ ('*' | '#' | ':' | ';' | '-')) => {
            let mut line = String::new();
            push_reference(&mut line, sign);
            line.push_str(&plain(rest.as_str()));
            line
        }
        Some(_) | None => plain(text),
    }
}

fn push_reference(text: &mut String, sign: char) {
    let _ = write!(text, "&#{};", u32::from(sign));
}
