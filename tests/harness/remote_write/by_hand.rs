//! A remote write request byte by byte, with anything in it that a writer may get wrong.

/// One series of a request.
#[derive(Debug, Clone, Default)]
pub struct Given {
    labels: Vec<(Vec<u8>, Vec<u8>)>,
    samples: Vec<(i64, f64)>,
    exemplars: usize,
    histograms: usize,
}

impl Given {
    /// A series of a metric.
    pub fn of(metric: &str) -> Self {
        Self::default().label("__name__", metric)
    }

    /// With one more label, where it stands.
    #[must_use]
    pub fn label(mut self, name: impl AsRef<[u8]>, value: impl AsRef<[u8]>) -> Self {
        self.labels.push((name.as_ref().to_vec(), value.as_ref().to_vec()));
        self
    }

    /// With one more sample.
    #[must_use]
    pub fn sample(mut self, timestamp_ms: i64, value: f64) -> Self {
        self.samples.push((timestamp_ms, value));
        self
    }

    /// With so many exemplars.
    #[must_use]
    pub fn exemplars(self, exemplars: usize) -> Self {
        Self { exemplars, ..self }
    }

    /// With so many native histograms.
    #[must_use]
    pub fn histograms(self, histograms: usize) -> Self {
        Self { histograms, ..self }
    }

    fn encode(&self) -> Vec<u8> {
        let label = |(name, value): &(Vec<u8>, Vec<u8>)| {
            field(1, &[field(1, name), field(2, value)].concat())
        };
        let mut parts: Vec<Vec<u8>> = self.labels.iter().map(label).collect();
        parts.extend(self.samples.iter().map(|sample| field(2, &encode_sample(*sample))));
        parts.extend((0..self.exemplars).map(|_| field(3, &[])));
        parts.extend((0..self.histograms).map(|_| field(4, &[])));
        parts.concat()
    }
}

/// A request of version 1, as protobuf.
pub fn request(series: &[Given]) -> Vec<u8> {
    series.iter().flat_map(|series| field(1, &series.encode())).collect()
}

fn encode_sample((timestamp_ms, value): (i64, f64)) -> Vec<u8> {
    let mut bytes = [&[1 << 3 | 1][..], &value.to_le_bytes(), &[2 << 3]].concat();
    bytes.extend(varint(timestamp_ms as u64));
    bytes
}

/// A field of bytes.
pub fn field(number: u8, bytes: &[u8]) -> Vec<u8> {
    [&[number << 3 | 2][..], &varint(bytes.len() as u64), bytes].concat()
}

/// A number in as few bytes as it needs.
pub fn varint(mut number: u64) -> Vec<u8> {
    let mut bytes = Vec::new();
    while number >= 0x80 {
        bytes.push(number as u8 | 0x80);
        number >>= 7;
    }
    bytes.push(number as u8);
    bytes
}

/// Bytes as they are sent.
pub fn packed(bytes: &[u8]) -> Vec<u8> {
    snap::raw::Encoder::new().compress_vec(bytes).expect("a request is short enough to be packed")
}
