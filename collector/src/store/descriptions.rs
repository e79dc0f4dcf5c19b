//! What writers say of their metrics: type, help and unit, of each metric the newest word. Bounded, all
//! of it in memory, and kept in the database beside it.

use std::collections::HashMap;
use std::sync::Arc;

use super::StoreError;
use super::database::{self, Batch, Database};
use super::state::Counters;

/// The most metrics that are described.
const MOST: usize = 50_000;

/// The most that they take in memory, in bytes.
const MOST_BYTES: usize = 16 << 20;

/// What each takes beside its texts.
const OVERHEAD_BYTES: usize = 160;

/// The longest help and unit, in bytes.
const LONGEST_HELP_BYTES: usize = 4096;
const LONGEST_UNIT_BYTES: usize = 200;

/// Of which type a metric is, in OpenMetrics's words and numbered as remote write does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MetricType {
    /// Nobody said.
    Unknown,
    /// It only rises.
    Counter,
    /// It rises and falls.
    Gauge,
    /// Counts by bucket.
    Histogram,
    /// The same of what there is now.
    GaugeHistogram,
    /// Quantiles.
    Summary,
    /// Labels that tell something.
    Info,
    /// States of which some hold.
    StateSet,
}

/// Every type by its number and its name.
const TYPES: [(MetricType, &str); 8] = [
    (MetricType::Unknown, "unknown"),
    (MetricType::Counter, "counter"),
    (MetricType::Gauge, "gauge"),
    (MetricType::Histogram, "histogram"),
    (MetricType::GaugeHistogram, "gaugehistogram"),
    (MetricType::Summary, "summary"),
    (MetricType::Info, "info"),
    (MetricType::StateSet, "stateset"),
];

impl MetricType {
    /// The type of that number; unknown if there is none.
    pub fn of(number: u64) -> Self {
        let known = usize::try_from(number).ok().and_then(|number| TYPES.get(number));
        known.map_or(Self::Unknown, |(kind, _)| *kind)
    }

    /// What it is called.
    pub fn name(self) -> &'static str {
        TYPES.iter().find(|(kind, _)| *kind == self).map_or("unknown", |(_, name)| name)
    }

    fn number(self) -> u8 {
        (0..).zip(TYPES).find(|(_, (kind, _))| *kind == self).map_or(0, |(number, _)| number)
    }
}

/// What is known of a metric.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Description {
    /// Its name.
    pub metric: Arc<str>,
    /// Its type.
    pub kind: MetricType,
    /// What it is, in a sentence.
    pub help: Arc<str>,
    /// In which unit.
    pub unit: Arc<str>,
}

impl Description {
    /// About what it takes in memory.
    pub fn bytes(&self) -> usize {
        OVERHEAD_BYTES + self.metric.len() + self.help.len() + self.unit.len()
    }

    /// CRC-32, the type, the unit behind its length (u16, little endian), the help.
    fn encode(&self) -> Vec<u8> {
        let unit = (self.unit.len() as u16).to_le_bytes();
        let (kind, unit_text) = ([self.kind.number()], self.unit.as_bytes());
        let row = [&kind[..], &unit, unit_text, self.help.as_bytes()].concat();
        [&crc32fast::hash(&row).to_le_bytes()[..], &row].concat()
    }

    fn decode(metric: &[u8], row: &[u8]) -> Option<Self> {
        let (sum, rest) = row.split_first_chunk::<4>()?;
        if crc32fast::hash(rest).to_le_bytes() != *sum {
            return None;
        }
        let (kind, rest) = rest.split_first()?;
        let (length, rest) = rest.split_first_chunk::<2>()?;
        let (unit, help) = rest.split_at_checked(u16::from_le_bytes(*length).into())?;
        Some(Self {
            metric: str::from_utf8(metric).ok()?.into(),
            kind: MetricType::of((*kind).into()),
            help: str::from_utf8(help).ok()?.into(),
            unit: str::from_utf8(unit).ok()?.into(),
        })
    }
}

/// What is said of a metric and why it is not kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Word {
    /// It is known, and said once more.
    Known,
    /// It is new.
    News,
    /// There is no room for it.
    Refused,
}

/// All that is known.
#[derive(Debug, Default)]
pub struct Descriptions {
    by_metric: HashMap<Arc<str>, Description>,
    bytes: usize,
}

impl Descriptions {
    /// Reads what was kept; what is damaged is counted and left out.
    pub fn load(database: &Database, counters: &Counters) -> Result<Self, StoreError> {
        let (mut known, mut damaged) = (Self::default(), 0);
        for entry in database.metrics.iter() {
            let (key, row) = database::entry(entry, "read what is known of metrics")?;
            match Description::decode(&key, &row) {
                Some(word) => known.take([&word]),
                None => damaged += 1,
            }
        }
        if damaged > 0 {
            counters.damaged(damaged, &format!("{damaged} descriptions of metrics"));
        }
        Ok(known)
    }

    /// What is known of a metric.
    pub fn of(&self, metric: &str) -> Option<&Description> {
        self.by_metric.get(metric)
    }

    /// All of it, in no order.
    pub fn all(&self) -> impl ExactSizeIterator<Item = &Description> {
        self.by_metric.values()
    }

    /// Whether a word is new, and whether there is room for it.
    pub fn judge(&self, word: &Description) -> Word {
        let before = self.of(&word.metric);
        if before == Some(word) {
            return Word::Known;
        }
        let is_long = word.help.len() > LONGEST_HELP_BYTES || word.unit.len() > LONGEST_UNIT_BYTES;
        let bytes = self.bytes + word.bytes() - before.map_or(0, Description::bytes);
        let is_full = self.by_metric.len() >= MOST && before.is_none();
        if is_long || is_full || bytes > MOST_BYTES { Word::Refused } else { Word::News }
    }

    /// What is new of some words, of each metric the last.
    pub fn news<'w>(&self, words: &'w [Description]) -> Vec<&'w Description> {
        let last: HashMap<&str, &Description> =
            words.iter().map(|word| (&*word.metric, word)).collect();
        last.into_values().filter(|word| self.judge(word) == Word::News).collect()
    }

    /// Takes words in for which there is room.
    pub fn take<'w>(&mut self, words: impl IntoIterator<Item = &'w Description>) {
        for word in words {
            if self.judge(word) == Word::News {
                self.bytes += word.bytes();
                let before = self.by_metric.insert(Arc::clone(&word.metric), word.clone());
                self.bytes -= before.map_or(0, |before| before.bytes());
            }
        }
    }
}

/// Writes a word as a row.
pub fn put(database: &Database, batch: &mut Batch, word: &Description) {
    batch.insert(&database.metrics, word.metric.as_bytes(), word.encode());
}

#[cfg(test)]
mod tests {
    use super::*;

    fn described(metric: &str, help: &str) -> Description {
        let (metric, help) = (metric.into(), help.into());
        Description { metric, kind: MetricType::Summary, help, unit: "seconds".into() }
    }

    #[test]
    fn a_row_is_read_as_it_was_written_and_damage_is_seen() {
        for kind in TYPES.map(|(kind, _)| kind) {
            let word = Description { kind, ..described("größe", "What it is.\nReally.") };
            let row = word.encode();
            assert_eq!(Description::decode("größe".as_bytes(), &row), Some(word));
            for place in 0..row.len() {
                let mut damaged = row.clone();
                damaged[place] ^= 4;
                assert_eq!(Description::decode(b"m", &damaged), None, "{place}");
            }
            assert_eq!(Description::decode(b"m", &row[..row.len() - 1]), None);
        }
    }

    #[test]
    fn the_newest_word_counts_while_there_is_room() {
        let mut known = Descriptions::default();
        let word = described("m", "One.");
        assert_eq!(known.judge(&word), Word::News);
        known.take([&word]);
        assert_eq!(known.judge(&word), Word::Known);
        let other = described("m", "Two.");
        let both = [word.clone(), other.clone(), word.clone(), other.clone()];
        assert_eq!(known.news(&both), [&other]);
        known.take([&other]);
        assert_eq!((known.of("m"), known.bytes), (Some(&other), other.bytes()));
        assert_eq!(known.judge(&described("n", &"x".repeat(4097))), Word::Refused);
        let long = "x".repeat(4096);
        for n in 0.. {
            let word = described(&n.to_string(), &long);
            if known.judge(&word) == Word::Refused {
                assert!(n > 3000, "{n} metrics");
                break;
            }
            known.take([&word]);
        }
        assert!(known.bytes <= MOST_BYTES);
        assert_eq!(known.judge(&described("m", "3")), Word::News, "less than before");
    }
}
