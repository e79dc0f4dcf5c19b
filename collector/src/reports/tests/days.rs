//! Days that have ended outlive their minutes: forecasts and scores rest on what was told of them.

use super::host::{BEGIN_MS, Moment, Reading, Scenario};
use crate::moments::DAY_MS;
use crate::reports::series::day_figures;

/// What is told of a day, by its place in the history, which may lie before it.
fn told(day: i64, values: &[(&'static str, f64)]) -> Moment {
    let reading = |(metric, value): &(&'static str, f64)| {
        let direction = ("direction", "out".to_owned());
        let has_direction = *metric == "headroom_planning_day_peak_mbit";
        Reading {
            metric,
            labels: Some(direction).filter(|_| has_direction).into_iter().collect(),
            value: *value,
        }
    };
    Moment {
        at_ms: BEGIN_MS + (day + 1) * DAY_MS - 1000,
        day,
        minute: 1439,
        readings: values.iter().map(reading).collect(),
    }
}

/// Sixty days before the history, each with a peak a tenth above what was foreseen of it.
fn sixty_days() -> Vec<Moment> {
    let day = |day| {
        told(
            day,
            &[
                ("headroom_planning_day_coverage_ratio", 1.0),
                ("headroom_planning_day_peak_mbit", 33.0),
                ("headroom_planning_day_foreseen_mbit", 30.0),
                ("headroom_planning_day_spread_ratio", 0.1),
                ("headroom_planning_day_hidden_minutes", 0.0),
            ],
        )
    };
    (-60..0).map(day).collect()
}

#[test]
fn forecasts_and_scores_rest_on_days_whose_minutes_are_gone() {
    let text = Scenario::lessons().text();
    assert!(text.contains("A forecast needs four weeks of days; 5 were seen."), "{text}");
    assert!(text.contains(" of 5 past busy days lay within"), "{text}");
    let text = Scenario { before: sixty_days(), ..Scenario::lessons() }.text();
    assert!(text.contains("It rests on the peaks of 65 days"), "{text}");
    assert!(text.contains(" of 65 past busy days lay within"), "{text}");
}

#[test]
fn scores_of_another_regime_do_not_count_but_peaks_do() {
    let mut before = sixty_days();
    // Another release ran until thirty days before the history.
    let version = vec![("version", "2.7.4".to_owned())];
    let mut last = told(-31, &[]);
    last.readings.push(Reading { metric: "bbb_version", labels: version, value: 1.0 });
    before.push(last);
    let text = Scenario { before, ..Scenario::lessons() }.text();
    assert!(text.contains("It rests on the peaks of 65 days"), "{text}");
    assert!(text.contains(" of 35 past busy days lay within"), "{text}");
}

#[test]
fn what_was_foreseen_of_a_day_is_told_once_and_again_behind_each_word_on_it() {
    let word = |day| told(day, &[("headroom_planning_day_coverage_ratio", 1.0)]);
    let mut before: Vec<Moment> = (0..5).map(word).collect();
    let model = Scenario { before, ..Scenario::lessons() }.model();
    let first = day_figures(&model);
    let moments: Vec<i64> = first.iter().map(|day| day.at_ms).collect();
    assert_eq!(moments, (0..5).map(|day| word(day).at_ms).collect::<Vec<_>>());
    let peaks = &model.bandwidth.as_ref().unwrap().day_peaks;
    for (day, peak) in first.iter().zip(peaks) {
        let [foreseen, spread] = [day.figures[0].value, day.figures[1].value];
        assert_eq!([foreseen, spread], [peak.foreseen.expected, peak.foreseen.spread]);
        assert!((peak.measured / foreseen).ln().abs() < 3.0 * spread, "{peak:?}");
    }
    // They are stored, and more of the third day comes in.
    before = (0..5).map(word).collect();
    for (moment, day) in before.iter_mut().zip(&first) {
        moment.readings.extend(day.figures.iter().map(|figure| Reading {
            metric: figure.metric.name,
            labels: Vec::new(),
            value: figure.value,
        }));
    }
    before.push(Moment { at_ms: word(2).at_ms + 1, ..word(2) });
    let again = day_figures(&Scenario { before, ..Scenario::lessons() }.model());
    let moments: Vec<i64> = again.iter().map(|day| day.at_ms).collect();
    assert_eq!(moments, [word(2).at_ms + 1]);
}
