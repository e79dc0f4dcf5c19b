//! A remote write request, read in place: protobuf fields become slices of the request. No I/O.
//!
//! `WriteRequest`: 1 time series. `TimeSeries`: 1 label, 2 sample. `Label`: 1 name, 2 value.
//! `Sample`: 1 value (double), 2 timestamp (int64). Other fields are skipped.

/// What cannot be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Malformed {
    /// A number or a length goes beyond the end.
    #[error("it ends within a field")]
    Short,
    /// A field of a kind that does not exist.
    #[error("a field has no valid wire type")]
    WireType,
    /// A label that is no text.
    #[error("a label is not UTF-8")]
    Utf8,
}

/// One series of a request.
#[derive(Debug, Clone, Copy)]
pub struct TimeSeries<'r> {
    bytes: &'r [u8],
    /// How many of the first bytes are labels and nothing else, if no label comes later.
    labels: Option<usize>,
}

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
        let (mut labels, mut others) = (0, false);
        while let Some(field) = fields.next() {
            let (number, _) = field?;
            if number != 1 {
                others = true;
            } else if others {
                return Ok(Self { bytes, labels: None });
            } else {
                labels = bytes.len() - fields.0.len();
            }
        }
        Ok(Self { bytes, labels: Some(labels) })
    }

    /// The bytes that name the series: the same for the same labels in the same order.
    pub fn name_bytes(&self) -> Option<&'r [u8]> {
        self.labels.map(|length| &self.bytes[..length])
    }

    pub fn labels(&self) -> impl Iterator<Item = Result<(&'r str, &'r str), Malformed>> {
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

fn label(bytes: &[u8]) -> Result<(&str, &str), Malformed> {
    let (mut name, mut value) = ("", "");
    for field in Fields(bytes) {
        let text = |bytes| str::from_utf8(bytes).map_err(|_| Malformed::Utf8);
        match field? {
            (1, Value::Bytes(bytes)) => name = text(bytes)?,
            (2, Value::Bytes(bytes)) => value = text(bytes)?,
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

#[derive(Debug, Clone, Copy)]
enum Value<'r> {
    Varint(u64),
    Fixed64(u64),
    Bytes(&'r [u8]),
    Fixed32,
}

/// The fields of a message: number and value.
struct Fields<'r>(&'r [u8]);

impl<'r> Iterator for Fields<'r> {
    type Item = Result<(u64, Value<'r>), Malformed>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.0.is_empty() {
            return None;
        }
        let field = self.field();
        if field.is_err() {
            self.0 = &[];
        }
        Some(field)
    }
}

impl<'r> Fields<'r> {
    fn field(&mut self) -> Result<(u64, Value<'r>), Malformed> {
        let tag = self.varint()?;
        let value = match tag & 7 {
            0 => Value::Varint(self.varint()?),
            1 => Value::Fixed64(u64::from_le_bytes(self.fixed()?)),
            2 => {
                let length = usize::try_from(self.varint()?).map_err(|_| Malformed::Short)?;
                let (bytes, rest) = self.0.split_at_checked(length).ok_or(Malformed::Short)?;
                self.0 = rest;
                Value::Bytes(bytes)
            }
            5 => {
                self.fixed::<4>()?;
                Value::Fixed32
            }
            _ => return Err(Malformed::WireType),
        };
        Ok((tag >> 3, value))
    }

    fn fixed<const N: usize>(&mut self) -> Result<[u8; N], Malformed> {
        let (bytes, rest) = self.0.split_first_chunk().ok_or(Malformed::Short)?;
        self.0 = rest;
        Ok(*bytes)
    }

    fn varint(&mut self) -> Result<u64, Malformed> {
        let mut number = 0;
        for shift in (0..64).step_by(7) {
            let (&byte, rest) = self.0.split_first().ok_or(Malformed::Short)?;
            self.0 = rest;
            number |= u64::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                return Ok(number);
            }
        }
        Err(Malformed::Short)
    }
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
        let cases = [
            ([&labels[..], &samples].concat(), true),
            ([&samples[..], &labels].concat(), false),
            ([&labels[..], &samples, &[3 << 3, 9]].concat(), true),
        ];
        for (series, cacheable) in cases {
            let request = [field(1, &series), field(3, b"metadata")].concat();
            let all: Vec<TimeSeries<'_>> = read(&request).map(Result::unwrap).collect();
            assert_eq!(all.len(), 1);
            let labels: Vec<_> = all[0].labels().map(Result::unwrap).collect();
            assert_eq!(labels, [("__name__", "a"), ("b", "c")]);
            let samples: Vec<_> = all[0].samples().map(Result::unwrap).collect();
            assert_eq!((samples.len(), samples[0], samples[1].0), (2, (1, 1.5), 2));
            assert!(samples[1].1.is_nan());
            assert_eq!(all[0].name_bytes().is_some(), cacheable);
        }
        assert_eq!(read(&[1 << 3 | 2, 9, 1]).next().unwrap().unwrap_err(), Malformed::Short);
        assert_eq!(read(&[1 << 3 | 3]).next().unwrap().unwrap_err(), Malformed::WireType);
        let text = field(1, &field(1, &field(1, &[0xff])));
        let series = read(&text).next().unwrap().unwrap();
        assert_eq!(series.labels().next().unwrap().unwrap_err(), Malformed::Utf8);
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
