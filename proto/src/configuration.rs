//! Reads a TOML configuration key by key and collects every mistake with its line.
//!
//! A caller asks for each key it knows; a key that nobody asked for is a mistake too.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::fmt::{self, Display};
use std::path::{Path, PathBuf};
use std::str::FromStr;

use toml::de::{DeTable, DeValue};

use crate::files;

/// A text as a file of this kind writes it; a control character becomes a space.
pub fn quoted(text: &str) -> String {
    let mut quoted = String::from("\"");
    for sign in text.chars() {
        match sign {
            '"' | '\\' => quoted.extend(['\\', sign]),
            sign if sign.is_control() => quoted.push(' '),
            sign => quoted.push(sign),
        }
    }
    quoted.push('"');
    quoted
}

/// The exit code of a program whose configuration is wrong (`EX_CONFIG` of sysexits.h).
pub const EXIT_CODE: u8 = 78;

/// Why a configuration is refused: each mistake on a line of its own.
#[derive(Debug, thiserror::Error)]
pub struct ConfigurationError {
    path: PathBuf,
    mistakes: Vec<Mistake>,
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Mistake {
    line: usize,
    message: String,
}

impl Display for ConfigurationError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (position, mistake) in self.mistakes.iter().enumerate() {
            let end = if position == 0 { "" } else { "\n" };
            match mistake.line {
                0 => write!(f, "{end}{}: {}", self.path.display(), mistake.message)?,
                line => write!(f, "{end}{}:{line}: {}", self.path.display(), mistake.message)?,
            }
        }
        Ok(())
    }
}

/// Reads the file at `path` and lets `build` ask for what it knows.
///
/// `build` may return anything for a value that is wrong: its result counts only without mistakes.
pub fn read<T>(
    path: &Path,
    build: impl FnOnce(&Section<'_>) -> T,
) -> Result<T, ConfigurationError> {
    let text = files::read_text(path).map_err(|error| {
        let message = format!("failed to read: {error}");
        ConfigurationError { path: path.to_owned(), mistakes: vec![Mistake { line: 0, message }] }
    })?;
    read_text(path, &text, build)
}

/// The same of a text that is there already; `path` is what it is called in mistakes.
pub fn read_text<T>(
    path: &Path,
    text: &str,
    build: impl FnOnce(&Section<'_>) -> T,
) -> Result<T, ConfigurationError> {
    let fail = |mistakes| ConfigurationError { path: path.to_owned(), mistakes };
    let lines = Lines::of(text);
    let (table, errors) = DeTable::parse_recoverable(text);
    if !errors.is_empty() {
        let mistake = |error: &toml::de::Error| Mistake {
            line: error.span().map_or(0, |span| lines.of_offset(span.start)),
            message: error.message().to_owned(),
        };
        return Err(fail(errors.iter().map(mistake).collect()));
    }
    let reading = Reading {
        lines,
        folder: path.parent().unwrap_or(Path::new("")),
        asked: RefCell::default(),
        mistakes: RefCell::default(),
    };
    let root =
        Section { reading: &reading, name: String::new(), table: Some(table.get_ref()), line: 1 };
    let built = build(&root);
    root.report_unknown();
    let mut mistakes = reading.mistakes.into_inner();
    if mistakes.is_empty() {
        return Ok(built);
    }
    mistakes.sort();
    mistakes.dedup();
    Err(fail(mistakes))
}

struct Reading<'d> {
    lines: Lines,
    folder: &'d Path,
    /// Full names of the keys that were asked for.
    asked: RefCell<BTreeSet<String>>,
    mistakes: RefCell<Vec<Mistake>>,
}

/// One table of the configuration; absent tables read as empty ones.
pub struct Section<'d> {
    reading: &'d Reading<'d>,
    name: String,
    table: Option<&'d DeTable<'d>>,
    line: usize,
}

impl<'d> Section<'d> {
    /// The table `[key]`.
    #[must_use]
    pub fn section(&self, key: &str) -> Section<'d> {
        let (table, line) = match self.ask(key) {
            Some((DeValue::Table(table), line)) => (Some(table), line),
            Some((other, line)) => {
                self.note(
                    line,
                    format!("{} must be a table, not {}", self.full(key), other.type_str()),
                );
                (None, line)
            }
            None => (None, self.line),
        };
        Section { reading: self.reading, name: self.full(key), table, line }
    }

    /// The tables `[[key]]`.
    pub fn sections(&self, key: &str) -> Vec<Section<'d>> {
        let Some((value, line)) = self.ask(key) else {
            return Vec::new();
        };
        let tables: Option<Vec<_>> = value.as_array().and_then(|array| {
            array.iter().map(|item| Some((item.get_ref().as_table()?, item.span().start))).collect()
        });
        let Some(tables) = tables else {
            self.note(line, format!("{0} must be tables, as in [[{0}]]", self.full(key)));
            return Vec::new();
        };
        let section = |(position, (table, start)): (usize, (&'d DeTable<'d>, usize))| Section {
            reading: self.reading,
            name: format!("{}[{position}]", self.full(key)),
            table: Some(table),
            line: self.reading.lines.of_offset(start),
        };
        tables.into_iter().enumerate().map(section).collect()
    }

    /// The value of `key`, read by its own rules from a text or a bare number; none if absent.
    pub fn value<T: FromStr<Err: Display>>(&self, key: &str) -> Option<T> {
        let (value, line) = self.ask(key)?;
        let Some(text) = scalar(value) else {
            self.note(line, format!("{} must be a text, not {}", self.full(key), value.type_str()));
            return None;
        };
        let note = |error: T::Err| self.note(line, format!("{} ({text}) {error}", self.full(key)));
        text.parse().map_err(note).ok()
    }

    /// The values of the list `key`, each read by its own rules; none if absent.
    ///
    /// An item that is wrong is reported with its place, from 0, and left out.
    pub fn list<T: FromStr<Err: Display>>(&self, key: &str) -> Option<Vec<T>> {
        let (value, line) = self.ask(key)?;
        let Some(items) = value.as_array() else {
            let message =
                format!("{} must be a list of texts, not {}", self.full(key), value.type_str());
            self.note(line, message);
            return None;
        };
        let read = |(place, item): (usize, &toml::Spanned<DeValue<'_>>)| {
            let line = self.reading.lines.of_offset(item.span().start);
            let name = format!("{}[{place}]", self.full(key));
            let Some(text) = scalar(item.get_ref()) else {
                let kind = item.get_ref().type_str();
                self.note(line, format!("{name} must be a text, not {kind}"));
                return None;
            };
            text.parse().map_err(|error| self.note(line, format!("{name} ({text}) {error}"))).ok()
        };
        Some(items.iter().enumerate().filter_map(read).collect())
    }

    /// The value of `key`, which must be there.
    pub fn required<T: FromStr<Err: Display>>(&self, key: &str) -> Option<T> {
        if !self.has(key) {
            self.ask(key);
            self.note(self.line, format!("{} is missing", self.full(key)));
            return None;
        }
        self.value(key)
    }

    /// The truth value of `key`, false if absent.
    pub fn flag(&self, key: &str) -> bool {
        match self.ask(key) {
            None => false,
            Some((DeValue::Boolean(value), _)) => *value,
            Some((other, line)) => {
                let message =
                    format!("{} must be true or false, not {}", self.full(key), other.type_str());
                self.note(line, message);
                false
            }
        }
    }

    /// The path at `key`; relative paths start at the configuration's own folder.
    pub fn path(&self, key: &str) -> Option<PathBuf> {
        self.value::<String>(key).map(|path| self.reading.folder.join(path))
    }

    /// The paths in the list `key`; relative ones start at the configuration's own folder.
    pub fn paths(&self, key: &str) -> Option<Vec<PathBuf>> {
        let paths = self.list::<String>(key)?.into_iter();
        Some(paths.map(|path| self.reading.folder.join(path)).collect())
    }

    /// The keys of a table whose names are free, such as devices.
    pub fn free_keys(&self) -> Vec<String> {
        self.table
            .iter()
            .flat_map(|table| table.keys())
            .map(|key| key.get_ref().to_string())
            .collect()
    }

    /// Whether `key` is there.
    pub fn has(&self, key: &str) -> bool {
        self.table.is_some_and(|table| table.get(key).is_some())
    }

    /// Reports that the value of `key` breaks `rule`: `sampler.interval (0s) must be …`.
    pub fn mistake(&self, key: &str, rule: impl Display) {
        let found = self.table.and_then(|table| table.get(key));
        let line =
            found.map_or(self.line, |value| self.reading.lines.of_offset(value.span().start));
        let shown = found.and_then(|value| scalar(value.get_ref()));
        let shown = shown.map_or_else(String::new, |text| format!(" ({text})"));
        self.note(line, format!("{}{shown} {rule}", self.full(key)));
    }

    fn ask(&self, key: &str) -> Option<(&'d DeValue<'d>, usize)> {
        self.reading.asked.borrow_mut().insert(self.full(key));
        let value = self.table?.get(key)?;
        Some((value.get_ref(), self.reading.lines.of_offset(value.span().start)))
    }

    fn full(&self, key: &str) -> String {
        if self.name.is_empty() { key.to_owned() } else { format!("{}.{key}", self.name) }
    }

    fn note(&self, line: usize, message: String) {
        self.reading.mistakes.borrow_mut().push(Mistake { line, message });
    }

    fn report_unknown(&self) {
        for (key, value) in self.table.into_iter().flatten() {
            let full = self.full(key.get_ref());
            let line = self.reading.lines.of_offset(key.span().start);
            if !self.reading.asked.borrow().contains(&full) {
                self.note(line, format!("{full} is not a known key{}", self.known_here()));
                continue;
            }
            let inner = |name: String, table: &DeTable<'_>| {
                Section { reading: self.reading, name, table: Some(table), line }.report_unknown();
            };
            match value.get_ref() {
                DeValue::Table(table) => inner(full, table),
                DeValue::Array(array) => {
                    for (position, item) in array.iter().enumerate() {
                        if let DeValue::Table(table) = item.get_ref() {
                            inner(format!("{full}[{position}]"), table);
                        }
                    }
                }
                DeValue::String(_)
                | DeValue::Integer(_)
                | DeValue::Float(_)
                | DeValue::Boolean(_)
                | DeValue::Datetime(_) => {}
            }
        }
    }

    fn known_here(&self) -> String {
        let prefix = if self.name.is_empty() { String::new() } else { format!("{}.", self.name) };
        let asked = self.reading.asked.borrow();
        let known: Vec<&str> = asked
            .iter()
            .filter_map(|full| full.strip_prefix(&prefix))
            .filter(|rest| !rest.contains(['.', '[']))
            .collect();
        if known.is_empty() { String::new() } else { format!("; known here: {}", known.join(", ")) }
    }
}

fn scalar(value: &DeValue<'_>) -> Option<String> {
    match value {
        DeValue::String(text) => Some(text.to_string()),
        DeValue::Integer(number) => Some(number.as_str().to_owned()),
        DeValue::Float(number) => Some(number.as_str().to_owned()),
        DeValue::Boolean(_) | DeValue::Datetime(_) | DeValue::Array(_) | DeValue::Table(_) => None,
    }
}

/// Where lines begin behind the first.
struct Lines(Vec<usize>);

impl Lines {
    fn of(text: &str) -> Self {
        let ends = text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n');
        Self(ends.map(|(place, _)| place + 1).collect())
    }

    /// The number of the line that a byte lies in, from 1.
    fn of_offset(&self, offset: usize) -> usize {
        1 + self.0.partition_point(|begin| *begin <= offset)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mistakes(text: &str, build: impl FnOnce(&Section<'_>)) -> String {
        let folder = tempfile::TempDir::new().unwrap();
        let path = folder.path().join("c.toml");
        std::fs::write(&path, text).unwrap();
        let said = read(&path, build).err().map(|error| error.to_string()).unwrap_or_default();
        said.replace(&format!("{}:", path.display()), "")
    }

    #[test]
    fn a_list_tells_each_item_that_is_wrong_and_keeps_the_others() {
        for (text, expected, said) in [
            ("", None, ""),
            ("[a]\nports = []", Some(vec![]), ""),
            ("[a]\nports = ['1', 2,\n3]", Some(vec![1, 2, 3]), ""),
            ("[a]\nports = 1", None, "2: a.ports must be a list of texts, not integer"),
            (
                "[a]\nports = [1,\n'x', true, 4]",
                Some(vec![1, 4]),
                "3: a.ports[1] (x) invalid digit found in string\n\
                 3: a.ports[2] must be a text, not boolean",
            ),
        ] {
            let mut found = None;
            let mistakes = mistakes(text, |root| found = root.section("a").list::<u16>("ports"));
            assert_eq!((found, mistakes.as_str()), (expected, said), "{text}");
        }
    }
}
