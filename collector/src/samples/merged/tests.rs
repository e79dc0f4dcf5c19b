use proptest::collection::vec;
use proptest::prelude::*;

use super::*;
use crate::samples::{Matcher, Memory, Sample, TimeRange};

/// A sample of one of three series, and in which source it lies.
#[derive(Debug, Clone)]
struct Place {
    series: u8,
    at_ms: i64,
    value: i8,
    in_first: bool,
}

fn places() -> impl Strategy<Value = Vec<Place>> {
    let place = (0u8..3, 0i64..20, any::<i8>(), any::<bool>())
        .prop_map(|(series, at_ms, value, in_first)| Place { series, at_ms, value, in_first });
    vec(place, 0..40)
}

fn labels(series: u8) -> Labels {
    Labels::new("load", [("instance", &*series.to_string())])
}

/// The samples that lie in one source, or in the other.
fn source(places: &[Place], in_first: bool) -> Memory {
    let mut memory = Memory::default();
    for place in places.iter().filter(|place| place.in_first == in_first) {
        memory.put(&labels(place.series), place.at_ms, place.value.into());
    }
    memory
}

type Told = Vec<(String, Vec<(i64, f64)>)>;

fn told(samples: &dyn Samples, what: Selection<'_>) -> Told {
    let found = samples.select(what, Hints::ALL, &Budget::unlimited()).unwrap();
    let samples = |series: Series| {
        let points = series.timestamps.into_iter().zip(series.values).collect();
        (series.labels.to_string(), points)
    };
    found.into_iter().map(samples).collect()
}

proptest! {
    /// Wherever samples lie, they are read as if they lay together; the first source's stay.
    #[test]
    fn two_sources_are_read_as_one(places in places(), from_ms in 0i64..20, to_ms in 0i64..20) {
        let (first, second) = (source(&places, true), source(&places, false));
        let mut all = Memory::default();
        for in_first in [true, false] {
            for place in places.iter().filter(|place| place.in_first == in_first) {
                all.put(&labels(place.series), place.at_ms, place.value.into());
            }
        }
        let merged = Merged { first: &first, second: &second };
        let matchers = [Matcher::equal("instance", "1")];
        for matchers in [&[][..], &matchers] {
            let what = Selection { matchers, range: TimeRange { from_ms, to_ms } };
            let budget = Budget::unlimited();
            prop_assert_eq!(told(&merged, what), told(&all, what));
            for most in [0, 1, 9] {
                let found = merged.find(what, most, &budget).unwrap();
                prop_assert_eq!(found, all.find(what, most, &budget).unwrap());
            }
            let names = |samples: &dyn Samples| samples.label_names(what, &budget).unwrap();
            prop_assert_eq!(names(&merged), names(&all));
            let values =
                |samples: &dyn Samples| samples.label_values(what, "instance", &budget).unwrap();
            prop_assert_eq!(values(&merged), values(&all));
        }
    }
}

/// Rollups of one series: buckets of a minute with one sample each, or none of them.
struct Rollups(Option<Vec<i64>>);

impl Samples for Rollups {
    fn select(&self, _: Selection<'_>, _: Hints, _: &Budget) -> Result<Vec<Series>, ReadError> {
        Ok(Vec::new())
    }

    fn select_buckets(
        &self,
        _: Selection<'_>,
        _: Resolution,
        _: &Budget,
    ) -> Result<Option<Vec<BucketSeries>>, ReadError> {
        let bucket =
            |begin_ms: &i64| Bucket::of(*begin_ms, Sample { at_ms: *begin_ms + 1, value: 1.0 });
        let series = |begins: &Vec<i64>| {
            vec![BucketSeries { labels: labels(0), buckets: begins.iter().map(bucket).collect() }]
        };
        Ok(self.0.as_ref().map(series))
    }

    fn find(&self, _: Selection<'_>, _: usize, _: &Budget) -> Result<Vec<Labels>, ReadError> {
        Ok(Vec::new())
    }

    fn label_names(&self, _: Selection<'_>, _: &Budget) -> Result<Vec<String>, ReadError> {
        Ok(Vec::new())
    }

    fn label_values(
        &self,
        _: Selection<'_>,
        _: &str,
        _: &Budget,
    ) -> Result<Vec<String>, ReadError> {
        Ok(Vec::new())
    }
}

/// Of one bucket in both it is not known any more which samples they share.
#[test]
fn rollups_are_joined_where_they_lie_apart() {
    for (first, second, expected) in [
        (Some(vec![0, 60]), Some(vec![120]), Some(vec![0, 60, 120])),
        (Some(vec![0, 120]), Some(vec![60]), Some(vec![0, 60, 120])),
        (Some(vec![0, 60]), Some(vec![60]), None),
        (Some(vec![0]), None, None),
        (None, Some(vec![0]), None),
    ] {
        let case = format!("{first:?} and {second:?}");
        let (first, second) = (Rollups(first), Rollups(second));
        let merged = Merged { first: &first, second: &second };
        let budget = Budget::unlimited();
        let resolution = Resolution::Minutes;
        let found = merged.select_buckets(Selection::ever(&[]), resolution, &budget).unwrap();
        let begins = found.map(|series| {
            series[0].buckets.iter().map(|bucket| bucket.begin_ms).collect::<Vec<_>>()
        });
        assert_eq!(begins, expected, "{case}");
    }
}
