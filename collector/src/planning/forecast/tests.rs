//! Courses of daily peaks, and what is said of the days after them.

use super::*;

/// Weekdays by `level`, weekends idle, growing by a part each day.
fn peaks(days: i32, growth: f64) -> Vec<DayPeak> {
    let peak = |day: i32| {
        let weekday = day.rem_euclid(7) as u8;
        let wobble = 1.0 + 0.05 * f64::from((day * 37).rem_euclid(11) - 5) / 5.0;
        let level = if weekday < 5 { 100.0 } else { 0.0 };
        DayPeak { day, weekday, peak: level * wobble * (growth * f64::from(day)).exp() }
    };
    (0..days).map(peak).collect()
}

#[test]
fn steady_peaks_stay_where_they_are() {
    let forecast = Forecast::of(&peaks(112, 0.0), 28).unwrap();
    assert!(forecast.monthly_trend.abs() < 0.02, "{}", forecast.monthly_trend);
    assert!((100.0..115.0).contains(&forecast.expected()), "{}", forecast.expected());
    let range = forecast.range(Level::EIGHTY);
    assert!(range.low < 106.0 && range.high > 104.0 && range.high < 140.0, "{range:?}");
    assert_eq!(forecast.run_out(200.0), RunOut::NotWithin { days: 28 });
    assert!(forecast.probability_below(200.0) > 0.9);
    assert!(forecast.probability_below(80.0) < 0.1);
}

#[test]
fn growth_is_seen_and_passes_the_limit_in_a_range() {
    // 20 % a month.
    let forecast = Forecast::of(&peaks(112, 0.006), 112).unwrap();
    assert!((0.12..0.22).contains(&forecast.monthly_trend), "{}", forecast.monthly_trend);
    let now = 100.0 * (0.006_f64 * 112.0).exp();
    let RunOut::Between { earliest_days, likely_days } = forecast.run_out(1.25 * now) else {
        panic!("a limit that is passed");
    };
    assert!(earliest_days < likely_days.unwrap());
    assert!((5..60).contains(&earliest_days), "{earliest_days}");
}

#[test]
fn the_same_peaks_give_the_same_forecast() {
    let once = Forecast::of(&peaks(60, 0.001), 28).unwrap();
    assert_eq!(once, Forecast::of(&peaks(60, 0.001), 28).unwrap());
}

#[test]
fn a_short_or_idle_history_is_refused() {
    for history in [peaks(0, 0.0), peaks(20, 0.0)] {
        assert!(matches!(Forecast::of(&history, 28), Err(Doubt::ShortHistory { .. })));
    }
    // Long ago and yesterday is no history of weeks.
    let few = [&peaks(5, 0.0)[..], &peaks(60, 0.0)[55..]].concat();
    assert!(matches!(Forecast::of(&few, 28), Err(Doubt::ShortHistory { days: 1..14 })));
    let idle: Vec<DayPeak> =
        peaks(60, 0.0).into_iter().map(|day| DayPeak { peak: 0.0, ..day }).collect();
    assert_eq!(Forecast::of(&idle, 28), Err(Doubt::ShortHistory { days: 0 }));
}

#[test]
fn nothing_is_foreseen_further_than_the_history_is_long() {
    let forecast = Forecast::of(&peaks(30, 0.01), 300).unwrap();
    let passed = forecast.run_out(100.0 * (0.01_f64 * 150.0).exp());
    assert!(matches!(passed, RunOut::NotWithin { days } if days <= 30), "{passed:?}");
}
