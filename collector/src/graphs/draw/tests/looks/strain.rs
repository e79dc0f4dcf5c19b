//! Graphs of data that strain a picture.

use super::*;
use crate::graphs::definition::{AskedLine, Definition, LineDefinition, Source};

/// What is hard about the data.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Strain {
    /// Humps, of a host with a long name, far below a limit.
    FarLimit,
    /// Humps, a little more than a quarter of the limit.
    NearLimit,
    /// As much as there can be, all the time.
    Full,
    /// More than the limit, all the time.
    Beyond,
    /// Almost nothing.
    Tiny,
    /// More than anybody can read, of which only bounds are known.
    Huge,
    /// Gaps, losses, and what is no number; a limit right above the data.
    Gaps,
    /// Nothing.
    Nothing,
}

pub const STRAINS: [Strain; 8] = [
    Strain::FarLimit,
    Strain::Full,
    Strain::Gaps,
    Strain::Huge,
    Strain::NearLimit,
    Strain::Beyond,
    Strain::Tiny,
    Strain::Nothing,
];

const COUNT: i64 = 240;
const LONG: &str = "meet1.bigbluebutton.example-cooperative.org";

/// So many series of one line: one more than there are hues.
const SERIES: usize = 13;

/// The graph of that name over a period, of such data.
pub fn strained(name: &str, period: Period, strain: Strain) -> Graph {
    let definition = definition(name).unwrap();
    let span = Span::ending(period, NOW_MS, TimeZone::get("Europe/Berlin").unwrap());
    let height = height(definition, strain);
    let lines = looks(definition).into_iter().enumerate().map(|(place, look)| {
        let part = height / (1.0 + place as f64 * 0.6);
        line(look, &span, (part, strain))
    });
    let lines = lines.collect();
    let limit = definition.limit.as_ref().map(|_| limit(definition, strain, height));
    let is_long =
        matches!(strain, Strain::FarLimit | Strain::Huge | Strain::Gaps | Strain::Nothing);
    Graph {
        definition,
        whom: if is_long { LONG } else { "ca1" }.into(),
        devices: vec!["enp1s0f1".into()],
        mount: definition.is_of_mount().then(|| "/var/bigbluebutton/recordings".to_owned()),
        grain: Grain::of_samples(Some(10_000)),
        now_ms: NOW_MS,
        losses: if strain == Strain::Gaps { losses(&span) } else { Vec::new() },
        span,
        lines,
        limit,
        pings: None,
    }
}

/// How the lines of a definition look: where it has one for each value of a label, of many.
fn looks(definition: &Definition) -> Vec<LineDefinition> {
    let several = |line: &AskedLine| {
        let named = |number: usize| LineDefinition {
            name: format!("organisation {number} {}", &LONG[number..]),
            colour: Colour::Numbered(number as u32),
            ..line.look.clone()
        };
        match line.expressions.by {
            None => vec![line.look.clone()],
            Some(_) => (0..SERIES).map(named).collect(),
        }
    };
    match &definition.source {
        Source::Links { lines } => lines.iter().map(|line| line.look.clone()).collect(),
        Source::Expressions { lines, .. } => lines.iter().flat_map(several).collect(),
        Source::Rounds { look, .. } => vec![look.clone()],
    }
}

fn height(definition: &Definition, strain: Strain) -> f64 {
    let height = match strain {
        Strain::FarLimit | Strain::NearLimit | Strain::Gaps | Strain::Nothing => 61.3,
        Strain::Full | Strain::Beyond => 1e9,
        Strain::Tiny => 0.000_7,
        Strain::Huge => 3.4e17,
    };
    definition.unit.whole().map_or(height, |whole| height.min(whole))
}

fn limit(definition: &Definition, strain: Strain, height: f64) -> f64 {
    let limit = match strain {
        Strain::FarLimit => height * 900.0,
        Strain::NearLimit => height * 3.7,
        Strain::Full => height,
        Strain::Beyond => height * 0.6,
        Strain::Tiny | Strain::Nothing => 1e9,
        Strain::Huge => height * 1.4,
        Strain::Gaps => height * 1.02,
    };
    definition.unit.whole().map_or(limit, |whole| limit.min(whole))
}

fn line(look: LineDefinition, span: &Span, (height, strain): (f64, Strain)) -> Line {
    let step_ms = (span.to_ms - span.from_ms) / COUNT;
    let hump = |n: i64| 0.55 + 0.45 * (n as f64 / 17.0).sin();
    let interval = |n: i64| {
        let from_ms = span.from_ms + n * step_ms;
        let mean = match strain {
            Strain::Full | Strain::Beyond => height,
            Strain::Gaps if n % 41 == 0 => f64::NAN,
            Strain::FarLimit
            | Strain::NearLimit
            | Strain::Tiny
            | Strain::Huge
            | Strain::Gaps
            | Strain::Nothing => height * hump(n),
        };
        let (min, max) = (mean * 0.6, (mean * 1.3).min(height));
        Interval { from_ms, to_ms: from_ms + step_ms, mean, min, max }
    };
    let read = |n: &i64| match strain {
        Strain::Nothing => false,
        Strain::Gaps => !(30..100).contains(n) && !(150..153).contains(n) && *n < 210,
        Strain::FarLimit
        | Strain::NearLimit
        | Strain::Full
        | Strain::Beyond
        | Strain::Tiny
        | Strain::Huge => true,
    };
    let intervals: Vec<Interval> = (0..COUNT).filter(read).map(interval).collect();
    let sound: Vec<Interval> =
        intervals.iter().filter(|interval| !interval.mean.is_nan()).copied().collect();
    let statistics = Statistics::of(&sound, NOW_MS);
    let certainty = match strain {
        Strain::Huge => Certainty::bounded(&sound),
        Strain::FarLimit
        | Strain::NearLimit
        | Strain::Full
        | Strain::Beyond
        | Strain::Tiny
        | Strain::Gaps
        | Strain::Nothing => Certainty::default(),
    };
    let LineDefinition { name, colour, side, shape } = look;
    Line {
        name,
        note: None,
        colour,
        side,
        shape,
        intervals,
        statistics,
        certainty,
        told_from_ms: None,
    }
}

fn losses(span: &Span) -> Vec<LostInterval> {
    let step_ms = (span.to_ms - span.from_ms) / COUNT;
    let loss = |(first, last): (i64, i64)| LostInterval {
        instance: "ca1".into(),
        boot: 1,
        first_sequence: 1,
        last_sequence: 2,
        first_ms: span.from_ms + first * step_ms,
        last_ms: span.from_ms + last * step_ms,
        samples: 2,
        reason: 1,
    };
    [(40, 90), (151, 152), (180, 181)].map(loss).into()
}
