use jiff::tz::TimeZone;

use super::*;
use crate::graphs::definition::definition;
use crate::graphs::gather::{Graph, Line};
use crate::graphs::{Period, Span};
use crate::query::{RateInterval, Statistics};
use crate::store::LostInterval;

const NOW_MS: i64 = 1_590_678_000_000;

/// A day with a quiet night, meetings, a gap and a loss.
fn day(limit: Option<f64>) -> Graph {
    let zone = TimeZone::get("Europe/Berlin").unwrap();
    let span = Span::ending(Period::Day, NOW_MS, zone);
    let rate = |n: i64, height: f64| {
        let hour = n as f64 / 360.0;
        let meeting =
            if (4.0..5.5).contains(&hour) || (20.0..21.2).contains(&hour) { 1.0 } else { 0.04 };
        let ripple = 1.0 + 0.2 * (n as f64 / 7.0).sin() + 0.1 * (n as f64 / 2.3).cos();
        height * meeting * ripple
    };
    let line = |name, side, height: f64| {
        let intervals: Vec<RateInterval> = (0..8640)
            .filter(|n| !(3000..3600).contains(n))
            .map(|n| {
                let from_ms = span.from_ms + n * 10_000;
                RateInterval::even(from_ms, from_ms + 10_000, rate(n, height))
            })
            .collect();
        let statistics = Statistics::of(&intervals, NOW_MS);
        Line { name, side, intervals, statistics }
    };
    let sides = (crate::graphs::Side::Above, crate::graphs::Side::Below);
    let lines = vec![line("sent", sides.0, 65e6), line("received", sides.1, 14e6)];
    let loss = LostInterval {
        instance: "ca1".into(),
        boot: 1,
        first_sequence: 1,
        last_sequence: 2,
        first_ms: span.from_ms + 3_300 * 10_000,
        last_ms: span.from_ms + 3_599 * 10_000,
        samples: 2,
        reason: 1,
    };
    Graph {
        definition: definition("network").unwrap(),
        instance: "ca1".into(),
        devices: vec!["eth0".into()],
        span,
        now_ms: NOW_MS,
        lines,
        limit,
        losses: vec![loss],
    }
}

#[test]
fn a_day_as_svg() {
    let svg = svg(&day(Some(1e9)), Theme::Light, Size::Full).unwrap();
    let texts: Vec<&str> = svg
        .split("<text")
        .skip(1)
        .filter_map(|text| text.split_once('>')?.1.split_once("</text>").map(|(t, _)| t.trim()))
        .collect();
    insta::assert_snapshot!(texts.join("\n"));
    assert!(svg.starts_with("<svg width=\"900\" height=\"400\" role=\"img\""), "{}", &svg[..200]);
}

#[test]
fn a_small_one_has_fewer_words_and_the_same_figures() {
    let graph = day(Some(1e9));
    let (full, small) =
        [Size::Full, Size::Small].map(|size| svg(&graph, Theme::Light, size).unwrap()).into();
    assert!(small.starts_with("<svg width=\"580\" height=\"320\""), "{}", &small[..200]);
    assert!(small.contains("84.5") && small.contains("102 GB"));
    let narrow = svg(&graph, Theme::Light, Size::Narrow).unwrap();
    assert!(narrow.contains("84.5") && !narrow.contains("95th"));
    assert!(narrow.contains("27 May 17:00 to 28 May 17:00 CEST"), "fewer words for the same time");
    let words = |svg: &str| svg.matches(":00\n").count();
    assert!(words(&small) < words(&full), "{} {}", words(&small), words(&full));
}

#[test]
fn a_long_name_stays_within_the_picture() {
    let mut graph = day(Some(1e9));
    graph.instance = "meet1.bigbluebutton.example-cooperative.org".into();
    let titles = [
        (Size::Full, "meet1.bigbluebutton.example-cooperative.org · eth0 · day\n"),
        (Size::Small, "meet1.bigbluebutton.example-cooperative.org · day\n"),
        (Size::Narrow, "meet1.bigbluebutton.example-…\n"),
    ];
    for (size, title) in titles {
        let svg = svg(&graph, Theme::Light, size).unwrap();
        assert!(svg.contains(title), "{size:?}: {}", &svg[..900]);
    }
}

#[test]
fn letters_are_as_large_as_they_should_be() {
    let svg = svg(&day(None), Theme::Light, Size::Full).unwrap();
    let sizes: std::collections::BTreeSet<u32> = svg
        .split("font-size=\"")
        .skip(1)
        .filter_map(|rest| rest.split('"').next()?.parse::<f64>().ok())
        .map(|size| size.round() as u32)
        .collect();
    assert_eq!(sizes.into_iter().collect::<Vec<_>>(), [110, 120, 150], "tenths of a point");
}

#[test]
fn a_hostile_name_stays_text() {
    let mut graph = day(None);
    graph.devices = vec!["<script>\"&".into()];
    let svg = svg(&graph, Theme::Dark, Size::Full).unwrap();
    assert!(!svg.contains("<script>"));
    assert!(svg.contains("&lt;script&gt;"));
}

#[test]
fn a_png_has_the_size_that_was_asked_for() {
    for (density, width, height) in [(1, 900, 400), (2, 1800, 800), (9, 2700, 1200)] {
        let bytes = png(&day(Some(1e8)), (Theme::Light, Size::Full), density).unwrap();
        let reader = png::Decoder::new(std::io::Cursor::new(bytes)).read_info().unwrap();
        assert_eq!((reader.info().width, reader.info().height), (width, height));
    }
}

#[test]
fn nothing_to_draw_is_drawn_as_nothing() {
    let mut graph = day(None);
    graph.lines.iter_mut().for_each(|line| {
        line.intervals.clear();
        line.statistics = None;
    });
    let svg = svg(&graph, Theme::Light, Size::Full).unwrap();
    assert!(svg.contains("no data"));
    assert!(!svg.contains("updated"));
}
