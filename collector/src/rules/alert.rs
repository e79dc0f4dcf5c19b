//! An alert: what is told of it, and how far it is.

use crate::samples::Labels;

/// How far an alert is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum AlertState {
    /// It has ended.
    Inactive,
    /// What it warns of is there, but not for long enough.
    Pending,
    /// It is to be told.
    Firing,
}

impl AlertState {
    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Inactive => "inactive",
            Self::Pending => "pending",
            Self::Firing => "firing",
        }
    }
}

/// One alert of a rule. Moments are Unix time in milliseconds.
#[derive(Debug, Clone, PartialEq)]
pub struct Alert {
    /// What names it, `alertname` among them.
    pub labels: Labels,
    /// What is told with it, ordered by name.
    pub annotations: Vec<(String, String)>,
    /// How far it is.
    pub state: AlertState,
    /// What the rule found last.
    pub value: f64,
    /// Since when it pends.
    pub active_at_ms: i64,
    /// Since when it fires.
    pub fired_at_ms: Option<i64>,
    /// When it ended.
    pub resolved_at_ms: Option<i64>,
    /// Since when it fires although nothing is found any more.
    pub kept_since_ms: Option<i64>,
    /// When it was told last.
    pub told_at_ms: Option<i64>,
}

const OFFSET: u64 = 0xcbf2_9ce4_8422_2325;
const PRIME: u64 = 0x0100_0000_01b3;

/// Between the parts of what is hashed.
const SEPARATOR: u8 = 0xff;

/// What Prometheus and Alertmanager know a set of labels by: FNV-1a of its names and values.
pub fn fingerprint(labels: &Labels) -> u64 {
    let mut hash = OFFSET;
    let mut add = |byte: u8| hash = (hash ^ u64::from(byte)).wrapping_mul(PRIME);
    for (name, value) in labels.iter() {
        for text in [name, value] {
            text.bytes().for_each(&mut add);
            add(SEPARATOR);
        }
    }
    hash
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fingerprints_are_those_of_prometheus() {
        // As the tests of Prometheus's own model have them.
        for (labels, expected) in [
            (&[][..], 14_695_981_039_346_656_037),
            (
                &[("name", "garland, briggs"), ("fear", "love is not enough")],
                5_799_056_148_416_392_346,
            ),
        ] {
            let labels = Labels::new("", labels.iter().copied());
            assert_eq!(fingerprint(&labels), expected);
        }
    }
}
