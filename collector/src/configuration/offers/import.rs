//! `headroom offers import`: a CSV of offers becomes blocks for the file of offers. Each row is read as
//! that file is, so every mistake is told, with its line.
//!
//! Columns are the keys of `[[offers]]`, those of its traffic behind `traffic.`; and those of Spare
//! Cores' published tables `server`, `server_price`, `region` and `traffic_price`, in their units.

mod row;

use std::collections::{BTreeMap, HashMap};
use std::fmt::{self, Display};
use std::path::{Path, PathBuf};

use clap::Subcommand;
use csv::ReaderBuilder;
use headroom_proto::configuration::read_text;
use headroom_proto::files;

use self::row::{COLUMNS, LEFT_OUT, Row};
use super::build_offer;
use crate::costs::{Currency, Money};
use crate::offers::Exchange;

/// More rows nobody compares: who has more chooses before.
const MOST_ROWS: usize = 1_000;

/// What is done with offers.
#[derive(Debug, Subcommand)]
pub enum Offers {
    /// Make blocks for the file of offers of a CSV: its own keys as columns, or Spare Cores' published ones.
    Import {
        /// The CSV, with a line of heads.
        #[arg(value_name = "FILE")]
        file: PathBuf,
    },
}

/// Why nothing was made: each mistake on a line of its own.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub struct ImportError {
    file: String,
    mistakes: Vec<Mistake>,
}

/// What is wrong, and on which line; 0 is the file itself.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Mistake {
    line: u64,
    message: String,
}

impl Display for ImportError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, Mistake { line, message }) in self.mistakes.iter().enumerate() {
            let end = if place == 0 { "" } else { "\n" };
            // A cell may hold what is no text, or lines of its own; a mistake has one.
            let message = message.replace(char::is_control, " ");
            match line {
                0 => write!(f, "{end}{}: {message}", self.file)?,
                line => write!(f, "{end}{}:{line}: {message}", self.file)?,
            }
        }
        Ok(())
    }
}

impl Offers {
    /// The blocks.
    pub fn run(&self) -> Result<String, ImportError> {
        let Self::Import { file } = self;
        let name = file.display().to_string();
        match files::read_text(file) {
            Ok(text) => import(&name, &text),
            Err(error) => {
                let message = format!("failed to read: {error}");
                Err(ImportError { file: name, mistakes: vec![Mistake { line: 0, message }] })
            }
        }
    }
}

/// Makes blocks of a CSV; `name` is what it is called in mistakes.
pub fn import(name: &str, text: &str) -> Result<String, ImportError> {
    let mut mistakes = Vec::new();
    let mut blocks = Vec::new();
    let mut names: HashMap<String, u64> = HashMap::new();
    for row in rows(text, &mut mistakes) {
        let (line, block) = (row.line, row.block());
        let found = block.and_then(|block| check(&block).map(|name| (name, block)));
        match found {
            Ok((name, block)) => {
                if let Some(before) = names.insert(name.clone(), line) {
                    let message = format!("name ({name}) stands twice; line {before} has it, too");
                    mistakes.push(Mistake { line, message });
                }
                blocks.push(block);
            }
            Err(found) => {
                mistakes.extend(found.into_iter().map(|message| Mistake { line, message }));
            }
        }
    }
    if blocks.is_empty() && mistakes.is_empty() {
        mistakes.push(Mistake { line: 0, message: "has no row with an offer".into() });
    }
    if mistakes.is_empty() {
        return Ok(blocks.join("\n"));
    }
    mistakes.sort();
    mistakes.dedup();
    Err(ImportError { file: name.to_owned(), mistakes })
}

fn rows(text: &str, mistakes: &mut Vec<Mistake>) -> Vec<Row> {
    let text = text.trim_start_matches('\u{feff}');
    let mut reader = ReaderBuilder::new().flexible(true).from_reader(text.as_bytes());
    let heads: Vec<String> = match reader.headers() {
        Ok(heads) => heads.iter().map(|head| head.trim().to_lowercase()).collect(),
        Err(error) => {
            mistakes.push(Mistake { line: 1, message: format!("is no CSV: {error}") });
            return Vec::new();
        }
    };
    for (place, head) in heads.iter().enumerate() {
        if heads[..place].contains(head) {
            mistakes.push(Mistake { line: 1, message: format!("column {head} stands twice") });
        } else if !COLUMNS.contains(&&**head) && !LEFT_OUT.contains(&&**head) {
            let message = format!("column {head} is not known");
            mistakes.push(Mistake { line: 1, message });
        }
    }
    let mut rows = Vec::new();
    for record in reader.records() {
        let record = match record {
            Ok(record) => record,
            Err(error) => {
                let line = error.position().map_or(0, csv::Position::line);
                mistakes.push(Mistake { line, message: format!("is no CSV: {error}") });
                break;
            }
        };
        let line = record.position().map_or(0, |position| line_of(text, position));
        if record.iter().all(|cell| cell.trim().is_empty()) {
            continue;
        }
        if record.len() != heads.len() {
            let message = format!("has {} cells below {} heads", record.len(), heads.len());
            mistakes.push(Mistake { line, message });
            continue;
        }
        if rows.len() >= MOST_ROWS {
            let message = format!("is one of more than {MOST_ROWS} offers: choose before");
            mistakes.push(Mistake { line, message });
            break;
        }
        let cells = heads.iter().cloned().zip(record.iter().map(|cell| cell.trim().to_owned()));
        let cells: BTreeMap<String, String> = cells.filter(|(_, cell)| !cell.is_empty()).collect();
        rows.push(Row { line, cells });
    }
    rows
}

/// The line on which a record stands: empty ones before it are no part of it.
fn line_of(text: &str, position: &csv::Position) -> u64 {
    let rest = text.as_bytes().get(position.byte() as usize..).unwrap_or_default();
    let empty = rest.iter().take_while(|byte| matches!(byte, b'\n' | b'\r'));
    position.line() + empty.filter(|byte| **byte == b'\n').count() as u64
}

/// Reads a block as the file of offers is read; tells its name.
fn check(block: &str) -> Result<String, Vec<String>> {
    // Rates stand in the file that the block goes to.
    let currencies = block.split(['"', ' ']).filter_map(|word| word.parse::<Currency>().ok());
    let exchange = Exchange {
        rates: currencies.map(|currency| (currency, 1.0)).collect(),
        ..Exchange::of(Currency::EURO)
    };
    let build = |root: &headroom_proto::configuration::Section<'_>| {
        root.sections("offers").first().and_then(|section| build_offer(section, &exchange))
    };
    match read_text(Path::new(""), block, build) {
        Ok(Some(offer)) => Ok(offer.name),
        Ok(None) => Err(vec!["has no offer".into()]),
        Err(error) => {
            let of_line = |line: &str| {
                let message = line.split_once(": ").map_or(line, |(_, message)| message);
                message.replace("offers[0].", "")
            };
            Err(error.to_string().lines().map(of_line).collect())
        }
    }
}

/// An amount as the file of offers writes it, with the digits that its currency has.
fn money(value: f64, currency: Currency) -> String {
    let units = 10_f64.powi(currency.digits() as i32);
    let money = Money { minor: (value * units).round() as i64, currency };
    money.to_string().replace('−', "-")
}

#[cfg(test)]
mod tests;
