//! A report as Markdown, for wikis and mails.

use std::fmt::Write as _;

use super::{Cell, Document, Part, Section, Table};
use crate::moments::iso;
use crate::printable::printable;

/// All of it.
pub fn markdown(document: &Document) -> String {
    let mut text = String::new();
    let _ = writeln!(text, "# {}\n\n{}\n", document.title, line(&document.answer));
    let _ = writeln!(text, "Told from what was measured until {}.", iso(document.until_ms));
    push_sentences(&mut text, &document.sentences);
    for part in &document.parts {
        push_part(&mut text, part);
    }
    text
}

fn push_part(text: &mut String, part: &Part) {
    let _ = writeln!(text, "\n## {}\n\n{}", plain(&part.name), line(&part.answer));
    for section in &part.sections {
        push_section(text, section);
    }
}

fn push_section(text: &mut String, section: &Section) {
    let _ = writeln!(text, "\n### {}", section.title);
    push_sentences(text, &section.sentences);
    for table in &section.tables {
        push_table(text, table);
    }
}

fn push_sentences(text: &mut String, sentences: &[String]) {
    if !sentences.is_empty() {
        text.push('\n');
    }
    for sentence in sentences {
        let _ = writeln!(text, "- {}", line(sentence));
    }
}

fn push_table(text: &mut String, table: &Table) {
    let _ = writeln!(text, "\n{}\n", line(&table.caption));
    for column in &table.columns {
        let _ = write!(text, "| {} ", column.headed());
    }
    text.push_str("|\n");
    for column in &table.columns {
        text.push_str(if column.is_figures() { "|---:" } else { "|---" });
    }
    text.push_str("|\n");
    for row in &table.rows {
        for Cell { text: cell, .. } in row {
            let _ = write!(text, "| {} ", plain(cell));
        }
        text.push_str("|\n");
    }
}

/// Texts of others end no row, begin no heading and no markup.
fn plain(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    for sign in printable(text).chars() {
        if matches!(sign, '|' | '\\' | '`' | '*' | '_' | '<' | '[' | '#' | '~' | '&') {
            plain.push('\\');
        }
        plain.push(if is_break(sign) { ' ' } else { sign });
    }
    plain
}

/// The same where a line begins: there a sign, or a number with a point, would make a quotation, a list, a
/// rule or a heading of it, and blanks a program's text.
fn line(text: &str) -> String {
    let plain = plain(text.trim_start());
    let digits = plain.bytes().take_while(u8::is_ascii_digit).count();
    let escaped = match plain.as_bytes().get(digits) {
        Some(b'>' | b'-' | b'+' | b'=') if digits == 0 => Some(0),
        Some(b'.' | b')') if digits > 0 => Some(digits),
        Some(_) | None => None,
    };
    match escaped.map(|place| plain.split_at(place)) {
        Some((before, behind)) => format!("{before}\\{behind}"),
        None => plain,
    }
}

fn is_break(sign: char) -> bool {
    matches!(sign, '\n' | '\r')
}
