//! A remote write request byte by byte, with anything in it that a writer may get wrong.

/// One series of a request.
#[derive(Debug, Clone, Default)]
pub struct Given {
    labels: Vec<(Vec<u8>, Vec<u8>)>,
    samples: Vec<(i64, f64)>,
    exemplars: usize,
    histograms: usize,
    said: Option<Said>,
}

/// What is said of a metric.
#[derive(Debug, Clone)]
pub struct Said {
    /// Its name.
    pub metric: &'static str,
    /// Its type, as remote write numbers it.
    pub kind: u8,
    /// What it is.
    pub help: &'static str,
    /// In which unit.
    pub unit: &'static str,
}

impl Said {
    fn encode(&self) -> Vec<u8> {
        let texts = [(2, self.metric), (4, self.help), (5, self.unit)];
        let texts = texts.map(|(number, text)| field(number, text.as_bytes())).concat();
        [&[1 << 3, self.kind][..], &texts].concat()
    }
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

    /// With what is said of its metric, which only version 2.0 has here.
    #[must_use]
    pub fn said(self, said: Said) -> Self {
        Self { said: Some(said), ..self }
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

/// What is said of metrics as a request of version 1.0.
pub fn metadata(said: &[Said]) -> Vec<u8> {
    said.iter().flat_map(|said| field(3, &said.encode())).collect()
}

/// A request of version 2.0, with more references of labels behind those of the last series.
pub fn request_2(series: &[Given], more: &[u64]) -> Vec<u8> {
    let mut symbols: Vec<Vec<u8>> = vec![Vec::new()];
    let mut refer = |text: &[u8]| {
        let place = symbols.iter().position(|known| known == text).unwrap_or_else(|| {
            symbols.push(text.to_vec());
            symbols.len() - 1
        });
        varint(place as u64)
    };
    let mut all = Vec::new();
    for (place, given) in series.iter().enumerate() {
        let texts = given.labels.iter().flat_map(|(name, value)| [name, value]);
        let mut references: Vec<u8> = texts.flat_map(|text| refer(text)).collect();
        if place + 1 == series.len() {
            references.extend(more.iter().flat_map(|reference| varint(*reference)));
        }
        let mut parts = vec![field(1, &references)];
        parts.extend(given.samples.iter().map(|sample| field(2, &encode_sample(*sample))));
        parts.extend((0..given.histograms).map(|_| field(3, &[])));
        parts.extend((0..given.exemplars).map(|_| field(4, &[])));
        if let Some(Said { metric: _, kind, help, unit }) = &given.said {
            let (help, unit) = (refer(help.as_bytes()), refer(unit.as_bytes()));
            let said = [&[1 << 3, *kind, 3 << 3][..], &help, &[4 << 3], &unit].concat();
            parts.push(field(5, &said));
        }
        // When a counter began.
        parts.push([&[6 << 3][..], &varint(1_700_000_000_000)].concat());
        all.extend(field(5, &parts.concat()));
    }
    let symbols: Vec<u8> = symbols.iter().flat_map(|symbol| field(4, symbol)).collect();
    [symbols, all].concat()
}

/// A request of version 1.0, as protobuf.
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
