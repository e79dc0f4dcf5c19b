//! A request of version 2.0, read in place: its texts stand once, as symbols, and labels refer to
//! them. No I/O.
//!
//! `Request`: 4 symbol, 5 time series. `TimeSeries`: 1 references of labels, 2 sample, 3 native
//! histogram, 4 exemplar, 5 metadata. `Metadata`: 1 type, 3 reference of help, 4 of unit. Other
//! fields, such as when a counter began, are skipped.

use super::fields::{Fields, Malformed, Value};
use super::references::{References, Referred};
use super::series::{Labels, Part, Said, Series};
use super::unstored::Unstored;
use crate::samples::{METRIC, NoRoom, Share};
use crate::telemetry::RefusalReason;

/// The longest names that are remembered, in bytes; longer ones are looked up each time.
const LONGEST_KEY: usize = 16 << 10;

/// What begins the keys of this version, which no label of version 1.0 begins with.
const KEY: u8 = 2;

/// A request on its way in.
pub struct Reader<'r> {
    fields: Fields<'r>,
    symbols: Vec<&'r [u8]>,
    /// What names the series at hand.
    key: Vec<u8>,
    /// What was said of the metric of the series before.
    said: Option<Said<'r>>,
}

impl<'r> Reader<'r> {
    /// Finds the symbols of a request, for which `share` takes memory.
    pub fn new(bytes: &'r [u8], share: &mut Share) -> Result<Result<Self, Malformed>, NoRoom> {
        let symbols = || {
            Fields(bytes).filter_map(|field| match field {
                Ok((4, Value::Bytes(symbol))) => Some(symbol),
                Ok(_) | Err(_) => None,
            })
        };
        let count = symbols().count();
        share.take((count * size_of::<&[u8]>() + 2 * LONGEST_KEY) as u64)?;
        let mut all = Vec::with_capacity(count);
        all.extend(symbols());
        let is_other = |field| matches!(field, Ok((1..=3, Value::Bytes(_))));
        if Fields(bytes).any(is_other) {
            return Ok(Err(Malformed::OtherVersion));
        }
        Ok(Ok(Self { fields: Fields(bytes), symbols: all, key: Vec::new(), said: None }))
    }

    /// The next part.
    pub fn next(&mut self) -> Option<Result<Part<'_>, Malformed>> {
        loop {
            match self.fields.next()? {
                Ok((5, Value::Bytes(bytes))) => {
                    return Some(self.series(bytes).map(Part::Series));
                }
                Ok((4, Value::Bytes(_))) => {}
                Ok((4 | 5, _)) => return Some(Err(Malformed::Form)),
                Ok(_) => {}
                Err(error) => return Some(Err(error)),
            }
        }
    }

    fn series(&mut self, bytes: &'r [u8]) -> Result<Series<'_>, Malformed> {
        let (mut exemplars, mut histograms, mut metadata) = (0, 0, None);
        for field in Fields(bytes) {
            match field? {
                (3, Value::Bytes(_)) => histograms += 1,
                (4, Value::Bytes(_)) => exemplars += 1,
                (5, Value::Bytes(bytes)) => metadata = Some(bytes),
                _ => {}
            }
        }
        let metric = self.name(bytes)?;
        let description = match (metadata, &metric) {
            (Some(bytes), Ok(Some(metric))) => self.said(bytes, metric)?,
            (None, _) | (_, Ok(None) | Err(_)) => None,
        };
        // What is said of one metric again and again is read once.
        let is_news = description != self.said;
        self.said = description;
        let referred = Referred::new(bytes, &self.symbols);
        Ok(Series {
            name: (1..=LONGEST_KEY).contains(&self.key.len()).then_some(&*self.key),
            labels: metric.map_or_else(Labels::Broken, |_| Labels::Referred(referred)),
            samples: bytes,
            exemplars,
            histograms,
            description: description.filter(|_| is_news),
        })
    }

    /// Finds the key of a series, which is empty if it has none; the name of its metric, or why its
    /// labels cannot be found.
    fn name(&mut self, bytes: &[u8]) -> Result<Result<Option<&'r [u8]>, Unstored>, Malformed> {
        self.key.clear();
        self.key.push(KEY);
        let (mut metric, mut name) = (None, None);
        for reference in References::of(bytes) {
            let reference = reference?;
            let place = usize::try_from(reference).ok();
            let Some(symbol) = place.and_then(|place| self.symbols.get(place).copied()) else {
                let count = self.symbols.len();
                self.key.clear();
                return Ok(Err(unstored(format!(
                    "a label refers to symbol {reference} of {count}"
                ))));
            };
            if self.key.len() <= LONGEST_KEY {
                self.key.extend_from_slice(&(symbol.len() as u32).to_le_bytes());
                self.key.extend_from_slice(&symbol[..symbol.len().min(LONGEST_KEY - 4)]);
            }
            match name.take() {
                None => name = Some(symbol),
                Some(name) if name == METRIC.as_bytes() => metric = Some(symbol),
                Some(_) => {}
            }
        }
        if name.is_some() {
            self.key.clear();
            return Ok(Err(unstored("the last label of a series has no value".into())));
        }
        Ok(Ok(metric))
    }

    /// What is said of a metric; nothing if that is nothing.
    fn said(&self, bytes: &[u8], metric: &'r [u8]) -> Result<Option<Said<'r>>, Malformed> {
        let mut said = Said { metric, kind: 0, help: &[], unit: &[] };
        let symbol = |reference: u64| {
            let place = usize::try_from(reference).ok();
            place.and_then(|place| self.symbols.get(place).copied()).unwrap_or_default()
        };
        for field in Fields(bytes) {
            match field? {
                (1, Value::Varint(kind)) => said.kind = kind,
                (3, Value::Varint(help)) => said.help = symbol(help),
                (4, Value::Varint(unit)) => said.unit = symbol(unit),
                _ => {}
            }
        }
        let is_something = said.kind != 0 || !said.help.is_empty() || !said.unit.is_empty();
        Ok(is_something.then_some(said))
    }
}

fn unstored(message: String) -> Unstored {
    Unstored { reason: RefusalReason::LabelReferences, message }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ingest::remote_write::labels::LabelLimits;
    use crate::samples::{Pool, Side};
    use proptest::prelude::*;

    fn read(bytes: &[u8]) -> usize {
        let pool = Pool::new(1 << 30);
        let mut share = Share::nothing(&pool, Side::Writers);
        let Ok(Ok(mut reader)) = Reader::new(bytes, &mut share) else { return 0 };
        let mut count = 0;
        while let Some(part) = reader.next() {
            if let Ok(Part::Series(series)) = part {
                let _ = series.labels.check(LabelLimits::default());
                series.samples().for_each(drop);
                count += 1;
            }
        }
        count
    }

    fn field(number: u8, bytes: &[u8]) -> Vec<u8> {
        [&[number << 3 | 2, bytes.len() as u8][..], bytes].concat()
    }

    #[test]
    fn references_may_be_packed_or_not_and_symbols_stand_anywhere() {
        let symbols: Vec<u8> = ["", "__name__", "up", "job", "x"]
            .iter()
            .flat_map(|text| field(4, text.as_bytes()))
            .collect();
        let packed = field(1, &[1, 2, 3, 4]);
        let single = [8, 1, 8, 2, 8, 3, 8, 4].to_vec();
        let both = [&field(1, &[1, 2])[..], &[8, 3, 8, 4]].concat();
        for series in [packed, single, both] {
            let series = field(5, &series);
            for request in [[&symbols[..], &series].concat(), [&series[..], &symbols].concat()] {
                let pool = Pool::new(1 << 20);
                let mut share = Share::nothing(&pool, Side::Writers);
                let mut reader = Reader::new(&request, &mut share).unwrap().unwrap();
                let Some(Ok(Part::Series(series))) = reader.next() else { panic!("no series") };
                let labels = series.labels.check(LabelLimits::default()).unwrap();
                assert_eq!(labels, Ok(vec![("__name__", "up"), ("job", "x")]));
                assert!(series.name.is_some());
            }
        }
    }

    #[test]
    fn symbols_take_their_memory_first() {
        let pool = Pool::new(1 << 20);
        let mut share = Share::nothing(&pool, Side::Writers);
        let many = field(4, b"").repeat(100_000);
        assert!(matches!(Reader::new(&many, &mut share), Err(NoRoom::Ever { .. })));
    }

    proptest! {
        #[test]
        fn never_panics(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            read(&bytes);
            let series = [field(4, b"__name__"), field(5, &bytes[..bytes.len().min(100)])].concat();
            prop_assert!(read(&series) <= 1);
        }
    }
}
