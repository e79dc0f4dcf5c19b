//! A request of version 1.0, read in place. No I/O.
//!
//! `WriteRequest`: 1 time series, 3 metadata. `TimeSeries`: 1 label, 2 sample, 3 exemplar, 4 native
//! histogram. `MetricMetadata`: 1 type, 2 name, 4 help, 5 unit. Other fields are skipped.

use super::fields::{Fields, Malformed, Value};
use super::series::{Labels, Part, Said, Series};

/// The parts of a request.
pub fn read(bytes: &[u8]) -> impl Iterator<Item = Result<Part<'_>, Malformed>> {
    Fields(bytes).filter_map(|field| match field {
        Ok((1, Value::Bytes(bytes))) => Some(series(bytes).map(Part::Series)),
        Ok((3, Value::Bytes(bytes))) => Some(said(bytes).map(Part::Description)),
        // What version 2.0 has in place of series would else be lost without a word.
        Ok((4 | 5, Value::Bytes(_))) => Some(Err(Malformed::OtherVersion)),
        Ok((1 | 3, _)) => Some(Err(Malformed::Form)),
        Ok(_) => None,
        Err(error) => Some(Err(error)),
    })
}

fn series(bytes: &[u8]) -> Result<Series<'_>, Malformed> {
    let mut fields = Fields(bytes);
    let (mut exemplars, mut histograms, mut others) = (0, 0, false);
    // How many of the first bytes are labels and nothing else, if no label comes later.
    let mut labels = Some(0);
    while let Some(field) = fields.next() {
        let (number, _) = field?;
        match number {
            1 if others => labels = None,
            1 => labels = Some(bytes.len() - fields.0.len()),
            _ => {
                others = true;
                exemplars += u64::from(number == 3);
                histograms += u64::from(number == 4);
            }
        }
    }
    let name = labels.map(|length| &bytes[..length]);
    Ok(Series {
        name,
        labels: Labels::Inline(name.unwrap_or(bytes)),
        samples: &bytes[labels.unwrap_or_default()..],
        exemplars,
        histograms,
        description: None,
    })
}

fn said(bytes: &[u8]) -> Result<Said<'_>, Malformed> {
    let mut said = Said { metric: &[], kind: 0, help: &[], unit: &[] };
    for field in Fields(bytes) {
        match field? {
            (1, Value::Varint(kind)) => said.kind = kind,
            (2, Value::Bytes(metric)) => said.metric = metric,
            (4, Value::Bytes(help)) => said.help = help,
            (5, Value::Bytes(unit)) => said.unit = unit,
            _ => {}
        }
    }
    Ok(said)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ingest::remote_write::labels::LabelLimits;
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
        for (bytes, cacheable, others) in cases {
            let request = field(1, &bytes);
            let mut parts = read(&request);
            let Some(Ok(Part::Series(series))) = parts.next() else { panic!("no series") };
            assert!(parts.next().is_none());
            let labels = series.labels.check(LabelLimits::default()).unwrap();
            assert_eq!(labels, Ok(vec![("__name__", "a"), ("b", "c")]));
            let samples: Vec<_> = series.samples().map(Result::unwrap).collect();
            assert_eq!((samples.len(), samples[0], samples[1].0), (2, (1, 1.5), 2));
            assert!(samples[1].1.is_nan());
            assert_eq!(series.name.is_some(), cacheable);
            assert_eq!((series.exemplars, series.histograms), others);
        }
    }

    #[test]
    fn reads_what_is_said_of_metrics_and_refuses_what_it_is_not() {
        let texts = [field(2, b"up"), field(4, b"Whether it is."), field(5, b"x")].concat();
        let request = field(3, &[&[1 << 3, 2][..], &texts].concat());
        let Some(Ok(Part::Description(said))) = read(&request).next() else { panic!("nothing") };
        assert_eq!(said, Said { metric: b"up", kind: 2, help: b"Whether it is.", unit: b"x" });
        for (bytes, error) in [
            (&[1 << 3 | 2, 9, 1][..], Malformed::Short),
            (&[1 << 3 | 3], Malformed::WireType),
            (&[4 << 3 | 2, 0, 5 << 3 | 2, 0], Malformed::OtherVersion),
        ] {
            assert_eq!(read(bytes).next().unwrap().unwrap_err(), error, "{bytes:?}");
        }
    }

    #[test]
    fn what_comes_in_another_form_is_refused_and_never_zero() {
        let name = label_field("__name__", "a");
        let sample = |fields: &[u8]| [&name[..], &field(2, fields)].concat();
        let good = [&[1 << 3 | 1][..], &1.5f64.to_le_bytes(), &[2 << 3, 7]].concat();
        for (series, expected) in [
            (sample(&good), Ok((7, 1.5))),
            // A value that counts, a value of four bytes, a moment of eight.
            (sample(&[1 << 3, 5, 2 << 3, 7]), Err(Malformed::Form)),
            (sample(&[1 << 3 | 5, 0, 0, 0x80, 0x3f, 2 << 3, 7]), Err(Malformed::Form)),
            (sample(&[2 << 3 | 1, 7, 0, 0, 0, 0, 0, 0, 0]), Err(Malformed::Form)),
            // A sample that is a number.
            ([&name[..], &[2 << 3, 7]].concat(), Err(Malformed::Form)),
        ] {
            let request = field(1, &series);
            let Some(Ok(Part::Series(series))) = read(&request).next() else { panic!("none") };
            assert_eq!(series.samples().next(), Some(expected), "{request:?}");
        }
        for labels in [vec![1 << 3, 5], field(1, &[1 << 3, 5]), field(1, &[2 << 3 | 5, 0, 0, 0, 0])]
        {
            let request = field(1, &labels);
            let Some(Ok(Part::Series(series))) = read(&request).next() else { panic!("none") };
            let checked = series.labels.check(LabelLimits::default()).unwrap_err();
            assert_eq!(checked, Malformed::Form, "{request:?}");
        }
        for request in [[1 << 3, 5], [3 << 3, 5]] {
            assert_eq!(read(&request).next().unwrap().unwrap_err(), Malformed::Form);
        }
    }

    proptest! {
        #[test]
        fn never_panics(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            for part in read(&bytes).flatten() {
                if let Part::Series(series) = part {
                    let _ = series.labels.check(LabelLimits::default());
                    series.samples().for_each(drop);
                }
            }
        }
    }
}
