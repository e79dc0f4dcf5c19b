//! Ranges and probabilities from scores that are known.

use super::*;

const UNIT: Foreseen = Foreseen { expected: 1.0, spread: 1.0 };

fn of(values: &[f64]) -> Scores {
    let score = |z: &f64| Score { day: 0, z: *z, standing: Standing::Measured };
    Scores::of(&values.iter().map(score).collect::<Vec<_>>())
}

fn ends(scores: &Scores, level: Level, subject: Subject) -> [f64; 2] {
    let range = scores.range(UNIT, level, subject);
    [range.low.ln(), range.high.ln()].map(|z| (z * 1e9).round() / 1e9)
}

#[test]
fn nine_scores_give_a_finite_range_of_eighty() {
    let nine: Vec<f64> = (1..=9).map(|n| f64::from(n) / 10.0).collect();
    assert_eq!(ends(&of(&nine), Level::EIGHTY, Subject::Day), [0.1, 0.9]);
    let thirty_nine: Vec<f64> = (1..=39).map(|n| f64::from(n) / 10.0).collect();
    assert_eq!(ends(&of(&thirty_nine), Level::NINETY_FIVE, Subject::Day), [0.1, 3.9]);
    assert_eq!(ends(&of(&thirty_nine), Level::EIGHTY, Subject::Day), [0.4, 3.6]);
}

#[test]
fn beyond_few_scores_students_quantiles_decide() {
    // Three degrees of freedom at least: 1.638 at .9.
    let [low, high] = ends(&of(&[0.5]), Level::EIGHTY, Subject::Day);
    assert!((low + 1.637_744).abs() < 1e-5 && (high - 1.937_744).abs() < 1e-5, "{low} {high}");
    let [low, high] = ends(&of(&[-3.0, 4.0]), Level::EIGHTY, Subject::Day);
    assert_eq!([low, high], [-3.0, 4.0]);
}

#[test]
fn a_typed_mix_is_never_narrower_than_the_normal_quantile() {
    let narrow: Vec<f64> = (0..100).map(|n| f64::from(n) / 1e3).collect();
    let [low, high] = ends(&of(&narrow), Level::EIGHTY, Subject::Mix);
    assert!((low + 1.281_552).abs() < 1e-5 && (high - 1.281_552).abs() < 1e-5);
    let [low, high] = ends(&of(&narrow), Level::NINETY_FIVE, Subject::Mix);
    assert!((low + 1.959_964).abs() < 1e-5 && (high - 1.959_964).abs() < 1e-5);
    // Nor is its probability surer: both say the same.
    for (z, probability) in [(1.281_552_f64, 0.9), (-1.281_552, 0.1), (0.0, 0.5)] {
        let said = of(&narrow).probability_below(UNIT, z.exp(), Subject::Mix);
        assert!((said - probability).abs() < 1e-5, "{z}: {said}");
    }
}

#[test]
fn scores_around_their_own_middle_keep_their_distances() {
    let centred = of(&[1.0, 2.0, 4.0]).centred();
    assert_eq!(centred, Scores { middle: 0.0, ..of(&[-1.0, 0.0, 2.0]) });
}

#[test]
fn probabilities_rise_with_the_limit_and_reach_beyond_the_scores() {
    let nine: Vec<f64> = (1..=9).map(|n| f64::from(n) / 10.0).collect();
    let scores = of(&nine);
    let below = |z: f64| scores.probability_below(UNIT, z.exp(), Subject::Day);
    assert!((below(0.55) - 0.55).abs() < 1e-9);
    let rising: Vec<f64> = [-9.0, -1.0, 0.35, 0.55, 0.85, 2.0, 6.0].map(below).to_vec();
    assert!(rising.windows(2).all(|pair| pair[0] < pair[1]), "{rising:?}");
    assert!(rising[0] < 0.001 && rising[6] > 0.999, "{rising:?}");
    // One busy day alone cannot forbid a link that is far wider.
    assert!(of(&[0.1]).probability_below(UNIT, 4.0_f64.exp(), Subject::Day) > 0.9);
    assert_eq!(scores.probability_below(UNIT, 0.0, Subject::Day), 0.0);
    assert!(Scores::default().probability_below(UNIT, 9.0_f64.exp(), Subject::Day) > 0.99);
}

#[test]
fn a_peak_that_hides_demand_counts_as_above_all() {
    let hidden = |z| Score { day: 0, z, standing: Standing::AtLeast };
    let seen = |z| Score { day: 0, z, standing: Standing::Measured };
    let mut scores: Vec<Score> = (1..=19).map(|n| seen(f64::from(n) / 20.0)).collect();
    let before = Scores::of(&scores).probability_below(UNIT, 0.8_f64.exp(), Subject::Day);
    scores[4] = hidden(0.25);
    let after = Scores::of(&scores);
    assert!(after.probability_below(UNIT, 0.8_f64.exp(), Subject::Day) < before);
    assert!(after.range(UNIT, Level::EIGHTY, Subject::Day).high.is_finite());
}

fn glance(minute: i64, people: f64, measured: f64) -> Glance {
    Glance {
        minute,
        day: (minute / 1440) as i32,
        people,
        measured,
        standing: Standing::Measured,
        expected: 10.0,
        unsure: 0.1,
        room_spread: 0.0,
        on_top: 0.0,
    }
}

#[test]
fn each_busy_period_has_one_score_and_quiet_ones_none() {
    let glances = [
        glance(10, 9.0, 20.0),
        glance(70, 9.0, 10.0),
        glance(80, 3.0, 30.0),
        glance(1500, 5.0, 9.0),
    ];
    let days = scores(&glances, Period::Day, 0.0);
    assert_eq!(days.len(), 1);
    // Without wavering, only what is unsure and what lasts of noise.
    assert!((days[0].z - 3.0_f64.ln() / 0.1_f64.hypot(0.03)).abs() < 1e-9);
    assert_eq!(scores(&glances, Period::Hour, 0.0).len(), 2);
}

#[test]
fn the_highest_of_many_minutes_is_foreseen_above_each_of_them() {
    let hour = |minutes: i64| (0..minutes).map(|minute| glance(minute, 9.0, 10.0)).collect();
    let foreseen = |glances: &Vec<Glance>, waver| foresee(glances, waver).unwrap().expected;
    let (one, sixty): (Vec<Glance>, Vec<Glance>) = (hour(1), hour(60));
    assert!((foreseen(&one, 0.05) - 10.0).abs() < 1e-9);
    assert!((foreseen(&sixty, 0.0) - 10.0).abs() < 1e-9);
    // 0.5^(1/60) lies 2.27 standard deviations above the middle.
    assert!((foreseen(&sixty, 0.05) - 10.0 * (0.05 * 2.274_f64).exp()).abs() < 0.02);
    // Hours whose rooms differ: the highest of two lies 0.545 above, less than means lie.
    let apart = |minute| Glance { room_spread: 0.2, ..glance(minute, 9.0, 10.0) };
    let two = foreseen(&vec![apart(0), apart(60)], 0.0);
    let below = 0.5 * 0.04_f64.ln_1p();
    assert!((two.ln() - 10.0_f64.ln() - 0.2 * 0.545 + below).abs() < 1e-3, "{two}");
    assert_eq!(foresee(&[], 0.05), None);
}

#[test]
fn neighbouring_minutes_tell_how_far_they_waver() {
    let waver = |size: f64, count: i64| {
        let measured = |minute: i64| 10.0 * (size * (minute as f64 * 2.4).sin()).exp();
        let glances: Vec<Glance> =
            (0..count).map(|minute| glance(minute, 9.0, measured(minute))).collect();
        waver_of(&glances)
    };
    assert!(waver(0.2, 600) > 2.0 * waver(0.04, 600));
    // Without minutes the usual.
    assert!((waver(0.2, 1) - 0.04).abs() < 1e-9);
}
