//! Keeps the series of an exporter within their limit and loses none of what they count: those of the
//! metric that has the most come together over the label that tells most of them apart.

use std::collections::{BTreeMap, BTreeSet};

use super::Sample;

/// The border of a histogram's bucket: what counts up to different ones is never added up.
const BORDER: &str = "le";

/// The label of a summary, whose values are no counts: those of two workers come to nothing together.
const QUANTILE: &str = "quantile";

/// What became of samples.
#[derive(Debug, Default, PartialEq)]
pub struct Bounded {
    /// Those that are told.
    pub samples: Vec<Sample>,
    /// How many were added to another.
    pub merged: usize,
    /// How many found no room at all.
    pub dropped: usize,
}

/// Series of one metric, by their labels.
type Family = BTreeMap<Vec<(String, String)>, f64>;

/// At most so many samples.
pub fn bounded(samples: Vec<Sample>, most: usize) -> Bounded {
    let told = samples.len();
    if told <= most {
        return Bounded { samples, merged: 0, dropped: 0 };
    }
    // What is no number would make none of whatever it is added to.
    let (samples, unknown): (Vec<_>, Vec<_>) =
        samples.into_iter().partition(|sample| !sample.value.is_nan());
    let told = told - unknown.len();
    let mut families: BTreeMap<String, Family> = BTreeMap::new();
    for Sample { metric, labels, value } in samples {
        *families.entry(metric).or_default().entry(labels).or_default() += value;
    }
    let mut count: usize = families.values().map(Family::len).sum();
    while count > most {
        let with_labels = families.values_mut().filter(|family| label(family).is_some());
        let Some(largest) = with_labels.max_by_key(|family| family.len()) else { break };
        count -= largest.len();
        if let Some(label) = label(largest) {
            *largest = without(std::mem::take(largest), &label);
        }
        count += largest.len();
    }
    let series = families.into_iter().flat_map(|(metric, family)| {
        let sample = move |(labels, value)| Sample { metric: metric.clone(), labels, value };
        family.into_iter().map(sample)
    });
    let samples: Vec<Sample> = series.take(most).collect();
    let dropped = count - samples.len() + unknown.len();
    Bounded { merged: told - count, dropped, samples }
}

/// The label that has the most values; none if nothing may come together.
fn label(family: &Family) -> Option<String> {
    if family.keys().flatten().any(|(name, _)| name == QUANTILE) {
        return None;
    }
    let mut values: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    let others = family.keys().flatten().filter(|(name, _)| name != BORDER);
    for (name, value) in others {
        values.entry(name).or_default().insert(value);
    }
    let most = values.into_iter().max_by_key(|(_, values)| values.len());
    most.map(|(name, _)| name.to_owned())
}

fn without(family: Family, label: &str) -> Family {
    let mut merged = Family::new();
    for (mut labels, value) in family {
        labels.retain(|(name, _)| name != label);
        *merged.entry(labels).or_default() += value;
    }
    merged
}

#[cfg(test)]
mod tests {
    use super::*;

    fn samples(lines: impl IntoIterator<Item = String>) -> Vec<Sample> {
        lines.into_iter().filter_map(|line| Sample::of(&line)).collect()
    }

    fn shown(samples: &[Sample]) -> Vec<String> {
        let show = |Sample { metric, labels, value }: &Sample| {
            let labels: Vec<_> = labels.iter().map(|(n, v)| format!("{n}={v}")).collect();
            format!("{metric}[{}] {value}", labels.join(" "))
        };
        samples.iter().map(show).collect()
    }

    #[test]
    fn series_that_are_too_many_come_together_and_nothing_of_them_is_lost() {
        let consumers = (0..40).flat_map(|worker| {
            ["audio", "video"].map(|kind| {
                format!("mediasoup_consumers{{kind=\"{kind}\",workerUID=\"{worker}\"}} 2")
            })
        });
        let lines = consumers.chain([String::from("mcs_rooms 7")]);
        let all = samples(lines);
        let within = bounded(all.clone(), 81);
        assert_eq!((within.samples.len(), within.merged, within.dropped), (81, 0, 0));
        let beyond = bounded(all, 80);
        assert_eq!(
            shown(&beyond.samples),
            [
                "mcs_rooms[] 7",
                "mediasoup_consumers[kind=audio] 80",
                "mediasoup_consumers[kind=video] 80",
            ]
        );
        assert_eq!((beyond.merged, beyond.dropped), (78, 0));
    }

    #[test]
    fn borders_stay_apart_and_what_finds_no_room_is_counted() {
        let buckets = (0..9).flat_map(|worker| {
            ["1", "+Inf"].map(|le| format!("s_bucket{{le=\"{le}\",w=\"{worker}\"}} 1"))
        });
        let kept = bounded(samples(buckets), 5);
        assert_eq!(shown(&kept.samples), ["s_bucket[le=+Inf] 9", "s_bucket[le=1] 9"]);
        let names = (0..9).map(|number| format!("m{number} 1"));
        let kept = bounded(samples(names), 5);
        assert_eq!((kept.samples.len(), kept.merged, kept.dropped), (5, 0, 4));
    }

    #[test]
    fn what_is_no_number_spoils_no_sum_and_quantiles_are_not_added_up() {
        let workers = (0..9).map(|worker| {
            let value = if worker == 4 { "NaN".to_owned() } else { worker.to_string() };
            format!("mcs_users{{w=\"{worker}\"}} {value}")
        });
        let summary =
            (0..3).map(|worker| format!("mcs_seconds{{quantile=\"0.99\",w=\"{worker}\"}} 0.5"));
        let kept = bounded(samples(workers.chain(summary)), 4);
        assert_eq!(
            shown(&kept.samples),
            [
                "mcs_seconds[quantile=0.99 w=0] 0.5",
                "mcs_seconds[quantile=0.99 w=1] 0.5",
                "mcs_seconds[quantile=0.99 w=2] 0.5",
                "mcs_users[] 32",
            ]
        );
        assert_eq!((kept.merged, kept.dropped), (7, 1));
    }
}
