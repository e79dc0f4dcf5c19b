use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;

use super::*;
use crate::samples::TimeRange;
use crate::store::stretch::Stretch;

/// Which series come together: one is in two lists, and one twice in a list.
const LISTS: [&[u32]; 4] = [&[0, 1, 2], &[2, 5], &[7], &[9, 3, 9]];

/// A row as the test remembers it: where, when, and which it was.
type Kept = (usize, i64, usize);

fn value(number: usize, place: usize) -> f64 {
    (number * 10 + place) as f64
}

/// What rows hold of a series in a range: of equal timestamps the first.
fn expected(rows: &[Kept], id: u32, range: TimeRange) -> (BTreeMap<i64, f64>, usize) {
    let (mut samples, mut removed) = (BTreeMap::new(), 0);
    for (list, at_ms, number) in rows.iter().filter(|(_, at_ms, _)| range.contains(*at_ms)) {
        for (place, _) in LISTS[*list].iter().enumerate().filter(|(_, known)| **known == id) {
            if samples.contains_key(at_ms) {
                removed += 1;
            } else {
                samples.insert(*at_ms, value(*number, place));
            }
        }
    }
    (samples, removed)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    /// Views that were made while rows came have what was there, and go on having it.
    #[test]
    fn a_view_is_the_head_as_it_was(
        rows in prop::collection::vec((0_usize..4, 0_i64..60, any::<bool>()), 1..200),
        (from, to) in (0_i64..60, 0_i64..60),
        spread in prop::sample::select(vec![1_i64, 3_600_000]),
    ) {
        let head = Arc::new(Head::default());
        let lists: Vec<Arc<[SeriesId]>> =
            LISTS.iter().map(|ids| ids.iter().map(|id| SeriesId(*id)).collect()).collect();
        let mut kept: Vec<Kept> = Vec::new();
        // Each with what it holds of its series before more rows come: shared segments.
        let mut views: Vec<(HeadView, Recent, usize)> = Vec::new();
        for (number, (list, at, look)) in rows.into_iter().enumerate() {
            let at_ms = at * spread;
            let values: Vec<f64> = (0..LISTS[list].len()).map(|n| value(number, n)).collect();
            let layout = head.layout(&lists[list]);
            head.add([HeadRow { layout, timestamp_ms: at_ms, values: &values }]);
            kept.push((list, at_ms, number));
            if look {
                let view = head.view();
                let recent = view.recent(SeriesId(2));
                views.push((view, recent, kept.len()));
            }
        }
        let range = TimeRange { from_ms: from * spread, to_ms: to * spread };
        for (view, early, seen) in &views {
            for id in [0, 1, 2, 3, 4, 5, 7, 9, 100] {
                let (samples, removed) = expected(&kept[..*seen], id, range);
                let late = view.recent(SeriesId(id));
                for recent in if id == 2 { vec![early, &late] } else { vec![&late] } {
                    let mut found = Stretch::default();
                    prop_assert_eq!(recent.copy(range, &mut found), removed);
                    let found = found.timestamps.into_iter().zip(found.values);
                    prop_assert_eq!(found.collect::<BTreeMap<_, _>>(), samples.clone());
                    prop_assert_eq!(recent.count(range), samples.len() + removed);
                    prop_assert_eq!(recent.has_any(range), !samples.is_empty());
                    let days: BTreeSet<Day> = samples.keys().map(|at_ms| Day::of(*at_ms)).collect();
                    prop_assert_eq!(recent.days(range), days);
                }
                let mut marks = [false];
                view.presence(range).mark(&[SeriesId(id)], &mut marks);
                prop_assert_eq!(marks[0], !samples.is_empty());
            }
        }
        let days: BTreeSet<Day> = kept.iter().map(|(_, at_ms, _)| Day::of(*at_ms)).collect();
        prop_assert_eq!(head.days(), days.into_iter().collect::<Vec<_>>());
    }
}
