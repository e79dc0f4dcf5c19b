//! A report as sentences and tables, whatever it is about; and the same as JSON, CSV, Markdown
//! and MediaWiki. The
//! same report is the same bytes.

mod csv;
mod json;
mod markdown;
mod mediawiki;

pub use self::csv::csv;
pub use self::json::json;
pub use self::markdown::markdown;
pub use self::mediawiki::mediawiki;

/// A whole report.
#[derive(Debug, Clone, PartialEq)]
pub struct Document {
    /// What it is about.
    pub title: &'static str,
    /// What its parts are of.
    pub of: Of,
    /// The answer, in a sentence.
    pub answer: String,
    /// From when it is, Unix time in milliseconds.
    pub until_ms: i64,
    /// What is to be said of all of it.
    pub sentences: Vec<String>,
    /// A part for each host, or for each of what else it is of.
    pub parts: Vec<Part>,
}

/// What the parts of a report are of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Of {
    /// Hosts.
    Hosts,
    /// Currencies.
    Currencies,
    /// Events.
    Events,
    /// Meetings.
    Meetings,
    /// Contracts of hosts.
    Contracts,
}

/// What is said of one host, or of what else the report is of.
#[derive(Debug, Clone, PartialEq)]
pub struct Part {
    /// Its name.
    pub name: String,
    /// The answer for it, in a sentence.
    pub answer: String,
    /// How it stands.
    pub state: State,
    /// In reading order.
    pub sections: Vec<Section>,
}

/// One subject.
#[derive(Debug, Clone, PartialEq)]
pub struct Section {
    /// Its name for programs.
    pub key: &'static str,
    /// Its name for people.
    pub title: &'static str,
    /// What is said before its tables.
    pub sentences: Vec<String>,
    /// Its tables.
    pub tables: Vec<Table>,
}

/// Rows that are alike.
#[derive(Debug, Clone, PartialEq)]
pub struct Table {
    /// Its name for programs.
    pub key: &'static str,
    /// What its rows are.
    pub caption: String,
    /// Its columns.
    pub columns: Vec<Column>,
    /// Rows with a cell for each column.
    pub rows: Vec<Vec<Cell>>,
}

/// A column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Column {
    /// Its head.
    pub title: &'static str,
    /// Smaller, below it: the unit.
    pub unit: &'static str,
    /// How its cells are set.
    pub set: Set,
    /// The names of its values, as programs read them.
    pub keys: &'static [&'static str],
}

/// How a column is set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Set {
    /// To the left.
    Words,
    /// To the right, digits below digits.
    Figures,
}

/// What stands in a row below a column.
#[derive(Debug, Clone, PartialEq)]
pub struct Cell {
    /// As people read it; a dash where nothing is known.
    pub text: String,
    /// As programs read it: a value for each key of its column.
    pub values: Vec<Value>,
    /// How it stands.
    pub state: State,
    /// Why it is a dash, or what is behind it.
    pub why: String,
}

/// A value for programs.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// Nothing is known.
    Nothing,
    /// A number that was measured or foreseen: what follows its sixth digit is noise.
    Number(f64),
    /// A number of which every digit counts, as those of an amount of money do.
    Exact(f64),
    /// A text.
    Text(String),
}

/// How something stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// Nothing is to be said of it.
    Plain,
    /// It holds.
    Good,
    /// It may not.
    Warning,
    /// It does not.
    Bad,
}

impl Document {
    /// The names of its tables, each once.
    pub fn tables(&self) -> Vec<&'static str> {
        let mut known: Vec<&str> = Vec::new();
        let sections = self.parts.iter().flat_map(|part| &part.sections);
        for table in sections.flat_map(|section| &section.tables) {
            if !known.contains(&table.key) {
                known.push(table.key);
            }
        }
        known
    }
}

impl Of {
    /// One of them, for programs.
    fn one(self) -> &'static str {
        match self {
            Self::Hosts => "host",
            Self::Currencies => "currency",
            Self::Events => "event",
            Self::Meetings => "meeting",
            Self::Contracts => "contract",
        }
    }

    /// All of them, for programs.
    fn all(self) -> &'static str {
        match self {
            Self::Hosts => "hosts",
            Self::Currencies => "currencies",
            Self::Events => "events",
            Self::Meetings => "meetings",
            Self::Contracts => "contracts",
        }
    }
}

impl State {
    /// The word for it, beside its colour.
    pub fn word(self) -> &'static str {
        match self {
            Self::Plain => "",
            Self::Good => "good",
            Self::Warning => "warning",
            Self::Bad => "bad",
        }
    }
}

/// What stands where nothing is known.
pub const DASH: &str = "–";

impl Column {
    /// Of words.
    pub fn words(title: &'static str, keys: &'static [&'static str]) -> Self {
        Self { title, unit: "", set: Set::Words, keys }
    }

    /// Of figures in a unit.
    pub fn figures(title: &'static str, unit: &'static str, keys: &'static [&'static str]) -> Self {
        Self { title, unit, set: Set::Figures, keys }
    }

    /// Its title and its unit in one line.
    pub fn headed(&self) -> String {
        let Self { title, unit, .. } = self;
        if unit.is_empty() { (*title).to_owned() } else { format!("{title} ({unit})") }
    }

    /// Whether it is set to the right.
    pub fn is_figures(&self) -> bool {
        self.set == Set::Figures
    }
}

impl Cell {
    /// What it is sorted by, if it stands for a number: prefixes of units are chosen cell by cell.
    pub fn number(&self) -> Option<f64> {
        match self.values.first()? {
            Value::Number(number) | Value::Exact(number) => Some(*number),
            Value::Nothing | Value::Text(_) => None,
        }
    }

    /// A text.
    pub fn text(text: impl Into<String>) -> Self {
        let text = text.into();
        Self {
            values: vec![Value::Text(text.clone())],
            text,
            state: State::Plain,
            why: String::new(),
        }
    }

    /// Numbers as they are shown.
    pub fn shown(text: impl Into<String>, numbers: impl IntoIterator<Item = f64>) -> Self {
        let value =
            |number: f64| if number.is_finite() { Value::Number(number) } else { Value::Nothing };
        let values = numbers.into_iter().map(value).collect();
        Self { text: text.into(), values, state: State::Plain, why: String::new() }
    }

    /// Numbers of which every digit counts.
    pub fn exact(text: impl Into<String>, numbers: impl IntoIterator<Item = f64>) -> Self {
        let mut cell = Self::shown(text, []);
        cell.values = numbers.into_iter().map(Value::Exact).collect();
        cell
    }

    /// Nothing, and why; the column has so many values.
    pub fn nothing(why: impl Into<String>, values: usize) -> Self {
        let values = vec![Value::Nothing; values];
        Self { text: DASH.into(), values, state: State::Plain, why: why.into() }
    }

    /// The same with how it stands.
    #[must_use]
    pub fn standing(self, state: State) -> Self {
        Self { state, ..self }
    }

    /// The same with what is behind it.
    #[must_use]
    pub fn because(self, why: impl Into<String>) -> Self {
        Self { why: why.into(), ..self }
    }
}

impl Section {
    /// A subject with sentences alone.
    pub fn said(key: &'static str, title: &'static str, sentences: Vec<String>) -> Self {
        Self { key, title, sentences, tables: Vec::new() }
    }
}

#[cfg(test)]
mod tests;
