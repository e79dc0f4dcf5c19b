//! A remote write request of version 1, read in place: its fields become slices of the request. No I/O.
//!
//! `WriteRequest`: 1 time series. `TimeSeries`: 1 label, 2 sample, 3 exemplar, 4 native histogram.
//! `Label`: 1 name, 2 value. `Sample`: 1 value (double), 2 timestamp (int64). Other fields are skipped.

use super::fields::{Fields, Malformed, Value};

/// One series of a request.
#[derive(Debug, Clone, Copy)]
pub struct TimeSeries<'r> {
    bytes: &'r [u8],
    /// How many of the first bytes are labels and nothing else, if no label comes later.
    labels: Option<usize>,
    /// How many exemplars there are.
    pub exemplars: u64,
    /// How many native histograms.
    pub histograms: u64,
}

/// Name and value of a label, which need not be text.
pub type LabelBytes<'r> = (&'r [u8], &'r [u8]);

/// The series of a request.
pub fn read(bytes: &[u8]) -> impl Iterator<Item = Result<TimeSeries<'_>, Malformed>> {
    Fields(bytes).filter_map(|field| match field {
        Ok((1, Value::Bytes(bytes))) => Some(TimeSeries::new(bytes)),
        Ok(_) => None,
        Err(error) => Some(Err(error)),
    })
}

impl<'r> TimeSeries<'r> {
    fn new(bytes: &'r [u8]) -> Result<Self, Malformed> {
        let mut fields = Fields(bytes);
        let mut series = Self { bytes, labels: Some(0), exemplars: 0, histograms: 0 };
        let mut others = false;
        while let Some(field) = fields.next() {
            let (number, _) = field?;
            match number {
                1 if others => series.labels = None,
                1 => series.labels = Some(bytes.len() - fields.0.len()),
                _ => {
                    others = true;
                    series.exemplars += u64::from(number == 3);
                    series.histograms += u64::from(number == 4);
                }
            }
        }
        Ok(series)
    }

    /// The bytes that name the series: the same for the same labels in the same order.
    pub fn name_bytes(&self) -> Option<&'r [u8]> {
        self.labels.map(|length| &self.bytes[..length])
    }

    pub fn labels(&self) -> impl Iterator<Item = Result<LabelBytes<'r>, Malformed>> + use<'r> {
        Fields(self.bytes).filter_map(|field| match field {
            Ok((1, Value::Bytes(bytes))) => Some(label(bytes)),
            Ok(_) => None,
            Err(error) => Some(Err(error)),
        })
    }

    /// Timestamp and value of each sample.
    pub fn samples(&self) -> impl Iterator<Item = Result<(i64, f64), Malformed>> + use<'r> {
        Fields(&self.bytes[self.labels.unwrap_or_default()..]).filter_map(|field| match field {
            Ok((2, Value::Bytes(bytes))) => Some(sample(bytes)),
            Ok(_) => None,
            Err(error) => Some(Err(error)),
        })
    }
}

fn label(bytes: &[u8]) -> Result<LabelBytes<'_>, Malformed> {
    let (mut name, mut value) = (&[][..], &[][..]);
    for field in Fields(bytes) {
        match field? {
            (1, Value::Bytes(bytes)) => name = bytes,
            (2, Value::Bytes(bytes)) => value = bytes,
            _ => {}
        }
    }
    Ok((name, value))
}

fn sample(bytes: &[u8]) -> Result<(i64, f64), Malformed> {
    let (mut timestamp_ms, mut value) = (0, 0.0);
    for field in Fields(bytes) {
        match field? {
            (1, Value::Fixed64(bits)) => value = f64::from_bits(bits),
            (2, Value::Varint(number)) => timestamp_ms = number as i64,
            _ => {}
        }
    }
    Ok((timestamp_ms, value))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn field(number: u8, bytes: &[u8]) -> Vec<u8> {
        [&[number << 3 | 2, bytes.len() as u8][..], bytes].concat()
    }

    fn label_field(name: &str, value: &str) -> Vec<u8> {
        field(1, &[field(1, name.as_bytes()), field(2, value.as_bytes())].concat())
    }

    fn sample_field(timestamp: u8, value: f64) -> Vec<u8> {
        field(2, &[&[1 << 3 | 1][..], &value.to_le_bytes(), &[2 << 3, timestamp]].concat())
    }

    #[test]
    fn reads_labels_and_samples_in_any_order() {
        let labels = [label_field("__name__", "a"), label_field("b", "c")].concat();
        let samples = [sample_field(1, 1.5), sample_field(2, f64::NAN)].concat();
        let others = [field(3, b"exemplar"), field(4, b"histogram"), field(4, b"")].concat();
        let cases = [
            ([&labels[..], &samples].concat(), true, (0, 0)),
            ([&samples[..], &labels].concat(), false, (0, 0)),
            ([&labels[..], &samples, &[5 << 3, 9]].concat(), true, (0, 0)),
            ([&labels[..], &others, &samples].concat(), true, (1, 2)),
            ([&others[..], &labels, &samples].concat(), false, (1, 2)),
        ];
        for (series, cacheable, others) in cases {
            let request = [field(1, &series), field(3, b"metadata")].concat();
            let all: Vec<TimeSeries<'_>> = read(&request).map(Result::unwrap).collect();
            assert_eq!(all.len(), 1);
            let labels: Vec<_> = all[0].labels().map(Result::unwrap).collect();
            assert_eq!(labels, [(&b"__name__"[..], &b"a"[..]), (b"b", b"c")]);
            let samples: Vec<_> = all[0].samples().map(Result::unwrap).collect();
            assert_eq!((samples.len(), samples[0], samples[1].0), (2, (1, 1.5), 2));
            assert!(samples[1].1.is_nan());
            assert_eq!(all[0].name_bytes().is_some(), cacheable);
            assert_eq!((all[0].exemplars, all[0].histograms), others);
        }
        assert_eq!(read(&[1 << 3 | 2, 9, 1]).next().unwrap().unwrap_err(), Malformed::Short);
        assert_eq!(read(&[1 << 3 | 3]).next().unwrap().unwrap_err(), Malformed::WireType);
    }

    proptest! {
        #[test]
        fn never_panics(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            for series in read(&bytes).flatten() {
                series.labels().for_each(drop);
                series.samples().for_each(drop);
            }
        }
    }
}
