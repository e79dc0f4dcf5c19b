//! Scenarios of pings as files of `tests/scenarios`: what the reflector does with the pings to an address, and what a
//! round has to say of that.

use std::collections::BTreeMap;
use std::path::Path;

use toml::{Table, Value};

use crate::reflector::{Pattern, fate};

/// A scenario.
#[derive(Debug, Clone)]
pub struct Scenario {
    /// The name of its file.
    pub name: String,
    /// What happens to pings.
    pub pings: Pattern,
    /// So many addresses have it.
    pub paths: usize,
    /// What a round says.
    pub says: Says,
}

/// What a round has to say. Parts are of all pings that were sent; ranges hold their ends.
#[derive(Debug, Clone, Default)]
pub struct Says {
    /// The part that was answered.
    pub answered: f64,
    /// The median of round trips.
    pub median_ms: Option<[f64; 2]>,
    /// The jitter, as far as there are three answers.
    pub jitter_ms: Option<[f64; 2]>,
    /// Which part ended with which error, and which replies counted for nothing.
    pub errors: BTreeMap<String, f64>,
    /// Likewise.
    pub discarded: BTreeMap<String, f64>,
    /// What a train says, by the last word of its metric.
    pub train: BTreeMap<String, [f64; 2]>,
}

/// All scenarios, by name.
pub fn scenarios() -> Vec<Scenario> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios");
    let entries = std::fs::read_dir(&folder).expect("there are scenarios");
    let mut all: Vec<Scenario> = entries
        .map(|entry| {
            let path = entry.expect("a readable folder").path();
            let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
            let text = std::fs::read_to_string(&path).expect("a readable scenario");
            Scenario::read(&name, &text).unwrap_or_else(|what| panic!("{name}: {what}"))
        })
        .collect();
    all.sort_by(|one, other| one.name.cmp(&other.name));
    all
}

impl Scenario {
    fn read(name: &str, text: &str) -> Result<Self, String> {
        let table: Table = text.parse().map_err(|error| format!("{error}"))?;
        known(&table, &["about", "pings", "paths", "says"])?;
        let pings = table.get("pings").and_then(Value::as_array).ok_or("no pings")?;
        let of_text = |ping: &Value| {
            let fate = ping.as_str().and_then(fate);
            fate.ok_or_else(|| format!("{ping} is no fate of a ping"))
        };
        let pings = pings.iter().map(of_text).collect::<Result<Pattern, String>>()?;
        let paths = table.get("paths").and_then(Value::as_integer).unwrap_or(1);
        let says = table.get("says").and_then(Value::as_table).ok_or("it says nothing")?;
        let name = name.to_owned();
        Ok(Self { name, pings, paths: paths as usize, says: Says::read(says)? })
    }
}

impl Says {
    fn read(table: &Table) -> Result<Self, String> {
        known(table, &["answered", "median_ms", "jitter_ms", "errors", "discarded", "train"])?;
        let empty = Table::new();
        let below = |name: &str| table.get(name).and_then(Value::as_table).unwrap_or(&empty);
        let parts = |name: &str| -> Result<BTreeMap<String, f64>, String> {
            let part = |(name, value): (&String, &Value)| Ok((name.clone(), number(value)?));
            below(name).iter().map(part).collect()
        };
        let train = |(name, value): (&String, &Value)| Ok((name.clone(), range(value)?));
        Ok(Self {
            answered: number(table.get("answered").ok_or("nothing of what is answered")?)?,
            median_ms: table.get("median_ms").map(range).transpose()?,
            jitter_ms: table.get("jitter_ms").map(range).transpose()?,
            errors: parts("errors")?,
            discarded: parts("discarded")?,
            train: below("train").iter().map(train).collect::<Result<_, String>>()?,
        })
    }
}

fn known(table: &Table, names: &[&str]) -> Result<(), String> {
    let unknown = table.keys().find(|name| !names.contains(&name.as_str()));
    unknown.map_or(Ok(()), |name| Err(format!("{name} means nothing")))
}

fn number(value: &Value) -> Result<f64, String> {
    let number = value.as_float().or_else(|| value.as_integer().map(|whole| whole as f64));
    number.ok_or_else(|| format!("{value} is no number"))
}

fn range(value: &Value) -> Result<[f64; 2], String> {
    let ends = value.as_array().map(Vec::as_slice).unwrap_or_default();
    match ends {
        [from, to] => Ok([number(from)?, number(to)?]),
        _ => Err(format!("{value} is no range")),
    }
}
