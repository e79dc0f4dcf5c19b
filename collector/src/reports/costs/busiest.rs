//! The busiest hour of each host, and of each organisation on it: what parts of a common peak go by. Pure.

use std::collections::BTreeMap;

use crate::samples::Bucket;

/// What one organisation was sent by one host.
#[derive(Debug, Clone, PartialEq)]
pub struct Sent {
    /// The host.
    pub host: String,
    /// The organisation.
    pub organisation: String,
    /// Hour by hour, as far as it was told.
    pub hours: Vec<Hour>,
}

/// One hour of it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Hour {
    /// Which one: when it was told, Unix time in milliseconds of the hour's begin.
    pub told_ms: i64,
    /// Bytes.
    pub bytes: f64,
}

/// What an organisation had at the busiest.
#[derive(Debug, Clone, PartialEq)]
pub struct Busiest {
    /// On this host.
    pub host: String,
    /// The organisation.
    pub organisation: String,
    /// Bytes of its own busiest hour.
    pub own_bytes: f64,
    /// Its bytes of the host's busiest hour.
    pub bytes: f64,
}

impl Hour {
    /// Of a rollup.
    pub fn of(bucket: &Bucket) -> Self {
        Self { told_ms: bucket.begin_ms, bytes: bucket.last }
    }
}

/// What each had at the busiest; of equal hours of a host the first counts.
pub fn busiest(sent: Vec<Sent>) -> Vec<Busiest> {
    let mut sums: BTreeMap<&str, BTreeMap<i64, f64>> = BTreeMap::new();
    for one in &sent {
        let own = sums.entry(&one.host).or_default();
        for hour in &one.hours {
            *own.entry(hour.told_ms).or_default() += hour.bytes;
        }
    }
    let first_most = |hours: &BTreeMap<i64, f64>| {
        let most = hours.iter().rev().max_by(|a, b| a.1.total_cmp(b.1));
        most.map(|(told_ms, _)| *told_ms)
    };
    let at: BTreeMap<String, Option<i64>> =
        sums.iter().map(|(host, hours)| ((*host).to_owned(), first_most(hours))).collect();
    let of = |Sent { host, organisation, hours }: Sent| {
        let busiest = at.get(&host).copied().flatten();
        let own_bytes = hours.iter().map(|hour| hour.bytes).fold(0.0, f64::max);
        let then = hours.iter().filter(|hour| Some(hour.told_ms) == busiest);
        let bytes = then.map(|hour| hour.bytes).sum();
        Busiest { host, organisation, own_bytes, bytes }
    };
    sent.into_iter().map(of).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sent(host: &str, organisation: &str, bytes: &[f64]) -> Sent {
        let hour = |(told_ms, bytes): (i64, &f64)| Hour { told_ms, bytes: *bytes };
        Sent {
            host: host.into(),
            organisation: organisation.into(),
            hours: (0..).zip(bytes).map(hour).collect(),
        }
    }

    #[test]
    fn the_busiest_hour_is_that_of_all_together_on_each_host_by_itself() {
        let all = vec![
            sent("ca1", "School", &[1.0, 6.0, 2.0]),
            sent("ca1", "Choir", &[9.0, 5.0]),
            sent("de1", "School", &[0.0, 4.0, 4.0]),
            sent("fi1", "Choir", &[]),
        ];
        let found: Vec<[f64; 2]> =
            busiest(all).iter().map(|one| [one.own_bytes, one.bytes]).collect();
        // Eleven in the second hour of the one host; of the other the first of two.
        assert_eq!(found, [[6.0, 6.0], [9.0, 5.0], [4.0, 4.0], [0.0, 0.0]]);
    }
}
