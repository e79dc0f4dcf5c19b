use jiff::tz::TimeZone;

use super::*;
use crate::graphs::definition::{Colour, Shape, Side, definition};
use crate::graphs::graph::{Certainty, Grain, Graph, Line};
use crate::graphs::{Period, Span};
use crate::query::{Interval, Statistics};
use crate::store::LostInterval;

mod looks;

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
        let intervals: Vec<Interval> = (0..8640)
            .filter(|n| !(3000..3600).contains(n))
            .map(|n| {
                let from_ms = span.from_ms + n * 10_000;
                Interval::even(from_ms, from_ms + 10_000, rate(n, height))
            })
            .collect();
        let statistics = Statistics::of(&intervals, NOW_MS);
        let colour = if side == Side::Above { Colour::Sent } else { Colour::Received };
        let (name, shape) = (String::from(name), Shape::Area);
        let (certainty, told_from_ms) = (Certainty::default(), None);
        Line {
            name,
            note: None,
            colour,
            side,
            shape,
            intervals,
            statistics,
            certainty,
            told_from_ms,
        }
    };
    let sides = (Side::Above, Side::Below);
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
        whom: "ca1".into(),
        devices: vec!["eth0".into()],
        mount: None,
        span,
        now_ms: NOW_MS,
        grain: Grain::of_samples(Some(10_000)),
        lines,
        limit,
        losses: vec![loss],
        pings: None,
    }
}

#[test]
fn a_day_as_svg() {
    let svg = svg(&day(Some(1e9)), Look { theme: Theme::Light, size: Size::Full }).unwrap();
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
    let (full, small) = [Size::Full, Size::Small]
        .map(|size| svg(&graph, Look { theme: Theme::Light, size }).unwrap())
        .into();
    assert!(small.starts_with("<svg width=\"580\" height=\"320\""), "{}", &small[..200]);
    assert!(small.contains("84.5") && small.contains("102 GB"));
    let narrow = svg(&graph, Look { theme: Theme::Light, size: Size::Narrow }).unwrap();
    let (_, drawn) = narrow.split_once("</desc>").unwrap();
    assert!(drawn.contains("84.5") && !drawn.contains("95th"));
    assert!(drawn.contains("ca1 · eth0 · day\n"), "it names its subject and span");
    assert!(narrow.contains("27 May 17:00 to 28 May 17:00 CEST"), "fewer words for the same time");
    let words = |svg: &str| svg.matches(":00\n").count();
    assert!(words(&small) < words(&full), "{} {}", words(&small), words(&full));
}

#[test]
fn a_long_name_stays_within_the_picture() {
    let mut graph = day(Some(1e9));
    graph.whom = "meet1.bigbluebutton.example-cooperative.org".into();
    let titles = [
        (Size::Full, "\nmeet1.bigbluebutton.example-cooperative.org · eth0 · day\n"),
        (Size::Small, "… · network traffic\n"),
        (Size::Narrow, "… · network traffic\n"),
    ];
    for (size, title) in titles {
        let svg = svg(&graph, Look { theme: Theme::Light, size }).unwrap();
        assert!(svg.contains(title) && svg.contains("\nmeet1."), "{size:?}: {}", &svg[..1500]);
        let span = if size == Size::Full { "\nWed 27 May" } else { "\nday: " };
        assert!(svg.contains(span), "{size:?}: {}", &svg[..1500]);
    }
}

#[test]
fn letters_are_as_large_as_they_should_be() {
    let svg = svg(&day(None), Look { theme: Theme::Light, size: Size::Full }).unwrap();
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
    let svg = svg(&graph, Look { theme: Theme::Dark, size: Size::Full }).unwrap();
    assert!(!svg.contains("<script>"));
    assert_eq!(svg.matches("&lt;script&gt;").count(), 2, "drawn, and in the title");
}

#[test]
fn who_cannot_see_a_picture_is_told_of_it() {
    let svg = svg(&day(Some(1e9)), Look { theme: Theme::Light, size: Size::Narrow }).unwrap();
    let title = "<title id=\"title\">ca1 · network traffic · eth0 · day</title>\n";
    assert!(svg.contains(title), "{}", &svg[..900]);
    let (_, told) = svg.split_once("<desc id=\"description\">").unwrap();
    let (told, _) = told.split_once("</desc>").unwrap();
    insta::assert_snapshot!(told.replace(". ", ".\n"));
}

#[test]
fn data_say_in_what_they_are_counted() {
    // A link of a gigabit beside some hundred megabits, which would be 0.301 of it.
    let mut graph = day(Some(1e9));
    let figures = graph.lines[0].statistics.as_mut().unwrap();
    figures.max = 301e6;
    let svg = svg(&graph, Look { theme: Theme::Light, size: Size::Full }).unwrap();
    assert!(svg.contains("network traffic in Mbit/s\n") && svg.contains("\n301\n"));
    assert!(svg.contains("link speed 1.00 Gbit/s\n") && svg.contains("\n1200\n"));
}

#[test]
fn a_png_has_the_size_that_was_asked_for() {
    for (density, width, height) in [(1, 900, 400), (2, 1800, 800), (9, 2700, 1200)] {
        let bytes =
            png(&day(Some(1e8)), Look { theme: Theme::Light, size: Size::Full }, density).unwrap();
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
    let svg = svg(&graph, Look { theme: Theme::Light, size: Size::Full }).unwrap();
    assert!(svg.contains("no data"));
    assert!(!svg.contains("updated"));
}

/// An hour of rooms: two of a stack and a line, whose values hold ten minutes each, and a gap.
fn rooms() -> Graph {
    let span = Span::ending(Period::Hour, NOW_MS, TimeZone::UTC);
    let line = |name: &str, colour, shape, values: [f64; 6]| {
        let interval = |(n, value): (usize, &f64)| {
            let from_ms = span.from_ms + n as i64 * 600_000;
            Interval::even(from_ms, from_ms + 600_000, *value)
        };
        let intervals = values.iter().enumerate().filter(|(n, _)| *n != 3).map(interval);
        let intervals: Vec<Interval> = intervals.collect();
        let statistics = Statistics::of(&intervals, NOW_MS);
        let (name, side) = (String::from(name), Side::Above);
        let (certainty, told_from_ms) = (Certainty::default(), None);
        Line {
            name,
            note: None,
            colour,
            side,
            shape,
            intervals,
            statistics,
            certainty,
            told_from_ms,
        }
    };
    let lines = vec![
        line("rooms", Colour::First, Shape::Stack, [1.0, 2.0, 2.0, 9.0, 3.0, 3.0]),
        line("breakouts", Colour::Second, Shape::Stack, [0.0, 0.0, 4.0, 9.0, 4.0, 0.0]),
        line("recording", Colour::Warning, Shape::Line, [0.0, 1.0, 1.0, 9.0, 1.0, 1.0]),
    ];
    Graph {
        definition: definition("rooms").unwrap(),
        whom: "ca1".into(),
        devices: Vec::new(),
        mount: None,
        span,
        now_ms: NOW_MS,
        grain: Grain::of_samples(Some(10_000)),
        lines,
        limit: None,
        losses: Vec::new(),
        pings: None,
    }
}

/// Each element of an SVG in a line: texts with their place, shapes with their colour and corners,
/// but for grid, hatching and ticks.
fn outline(svg: &str) -> String {
    let attribute = |element: &str, name: &str| {
        let value = element.split_once(&format!(" {name}=\"")).map(|(_, rest)| rest);
        value.and_then(|rest| rest.split('"').next()).unwrap_or_default().to_owned()
    };
    let mut lines = Vec::new();
    for element in svg.split('<').filter(|element| !element.starts_with('/')) {
        let of = |name| attribute(element, name);
        if element.starts_with("text") {
            let words = element.split_once('>').map_or("", |(_, words)| words.trim());
            lines.push(format!("text {},{} {} {words}", of("x"), of("y"), of("text-anchor")));
        }
        let points = of("points");
        let (fill, stroke) = (of("fill"), of("stroke"));
        if points.split(' ').count() > 4 {
            let numbers = |axis: usize| {
                let number = move |pair: &str| pair.split(',').nth(axis)?.parse::<i32>().ok();
                let all: Vec<i32> = points.split(' ').filter_map(number).collect();
                (all.iter().min().copied().unwrap_or(0), all.iter().max().copied().unwrap_or(0))
            };
            let ((left, right), (top, bottom)) = (numbers(0), numbers(1));
            let colour = format!("{fill} {stroke} {}", of("opacity"));
            lines.push(format!("shape {left}..{right} {top}..{bottom} {}", colour.trim()));
        }
    }
    lines.join("\n")
}

#[test]
fn stacks_stand_on_each_other_and_one_side_begins_at_zero() {
    let svg = svg(&rooms(), Look { theme: Theme::Light, size: Size::Strip }).unwrap();
    insta::assert_snapshot!(outline(&svg));
}

#[test]
fn plots_of_one_width_share_their_axis_of_time() {
    // Where the first tick of each graph stands: the words below the axis.
    let place = |svg: &str| {
        let word = svg.split("<text").find(|text| text.contains(">\n14:")).unwrap().to_owned();
        word.split("x=\"").nth(1).unwrap().split('"').next().unwrap().to_owned()
    };
    let mut network = day(Some(1e9));
    network.span = rooms().span;
    for size in [Size::Full, Size::Small, Size::Strip, Size::Narrow] {
        let places = [&network, &rooms()]
            .map(|graph| place(&svg(graph, Look { theme: Theme::Light, size }).unwrap()));
        assert_eq!(places[0], places[1], "{size:?}");
    }
    // The legend has a row for each line.
    assert_eq!(points(&network, Size::Full), (900, 400));
    assert_eq!(points(&rooms(), Size::Full), (900, 421));
}
