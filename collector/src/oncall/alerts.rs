//! The alerts of a group, by fingerprint.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::alert::{Known, Severity, Standing};

/// The alerts of a group, by fingerprint.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Alerts(#[serde(with = "by_fingerprint")] pub BTreeMap<u64, Known>);

impl Alerts {
    /// Whether all of these are known to be over.
    pub fn are_over(&self, fingerprints: &BTreeSet<u64>) -> bool {
        let is_over = |print| self.0.get(print).is_none_or(|known| !known.stands());
        fingerprints.iter().all(is_over)
    }

    /// When the last of these ended.
    pub fn ended_ms(&self, fingerprints: &BTreeSet<u64>) -> Option<i64> {
        let ended = fingerprints.iter().filter_map(|print| match self.0.get(print)?.standing {
            Standing::Ended { at_ms } => Some(at_ms),
            Standing::Firing | Standing::Unknown { .. } => None,
        });
        ended.max()
    }

    /// How urgent the most urgent of these is.
    pub fn severity(&self, fingerprints: &BTreeSet<u64>) -> Severity {
        let known = fingerprints.iter().filter_map(|print| self.0.get(print));
        known.map(|known| Severity::of(&known.labels)).max().unwrap_or(Severity::Morning)
    }
}

/// Fingerprints as texts: keys of JSON are texts.
mod by_fingerprint {
    use std::collections::BTreeMap;

    use serde::{Deserialize, Deserializer, Serializer};

    use super::Known;

    pub fn serialize<S: Serializer>(
        alerts: &BTreeMap<u64, Known>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        serializer.collect_map(alerts.iter().map(|(print, known)| (format!("{print:016x}"), known)))
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<BTreeMap<u64, Known>, D::Error> {
        let texts = BTreeMap::<String, Known>::deserialize(deserializer)?;
        let number = |(text, known): (String, Known)| {
            let print = u64::from_str_radix(&text, 16).map_err(serde::de::Error::custom)?;
            Ok((print, known))
        };
        texts.into_iter().map(number).collect()
    }
}
