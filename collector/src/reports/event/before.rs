//! The day before an event: what to look at, how it stands now, and whether that is a go.

use headroom_proto::catalogue::BBB_RECORDINGS_UNPROCESSED;
use headroom_proto::metric::INSTANCE;

use super::{Fit, Question};
use crate::planning::capacity::CONFIDENT;
use crate::reports::document::{Cell, Column, Section, State, Table};
use crate::reports::words;
use crate::samples::{Hints, Matcher, ReadError, Reader, Selection, Series, TimeRange};

/// What was told longer ago says nothing of now.
const NEWEST_MS: i64 = 900_000;

/// The disk must have room for so many of the worst days.
const WORST_DAYS: f64 = 2.0;

/// What stands around an event.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Around {
    /// Recordings that wait to be processed, where that is told.
    pub waiting: Option<f64>,
    /// The other host that carries the event best alone, and how likely.
    pub other: Option<OtherHost>,
}

/// A host that may stand in.
#[derive(Debug, Clone, PartialEq)]
pub struct OtherHost {
    /// Which.
    pub name: String,
    /// How likely it carries the event alone.
    pub probability: f64,
}

/// One thing to look at.
struct Item {
    what: String,
    now: String,
    needed: String,
    /// None where nobody tells.
    is_go: Option<bool>,
}

/// Recordings that wait on a host now; none where it does not tell.
pub fn waiting(reader: Reader<'_>, instance: &str, now_ms: i64) -> Result<Option<f64>, ReadError> {
    let matchers =
        [Matcher::metric(BBB_RECORDINGS_UNPROCESSED.name), Matcher::equal(INSTANCE, instance)];
    let range = TimeRange { from_ms: now_ms - NEWEST_MS, to_ms: now_ms };
    let found = reader.select(Selection { matchers: &matchers, range }, Hints::default())?;
    let last = |series: &Series| series.values.last().copied().filter(|value| value.is_finite());
    Ok(found.iter().find_map(last))
}

/// The list.
pub(super) fn section(question: &Question<'_>, fit: &Fit) -> Section {
    let items = items(question, fit);
    let stops: Vec<&str> =
        items.iter().filter(|one| one.is_go == Some(false)).map(|one| &*one.what).collect();
    let unknown: Vec<&str> =
        items.iter().filter(|one| one.is_go.is_none()).map(|one| &*one.what).collect();
    let mut said = vec![match (stops.is_empty(), unknown.is_empty()) {
        (true, true) => "Go, as it stands now.".to_owned(),
        (true, false) => format!("Go, once somebody has looked at {}.", words::listed(&unknown)),
        (false, _) => format!("No go, as it stands now: {}.", words::listed(&stops)),
    }];
    said.push("Ask who else has announced a meeting for that hour.".to_owned());
    if fit.beside.probability < 0.99 {
        said.push("If the link fills, turn cameras off for all but those who speak: that is most of what is sent.".into());
    }
    let columns = vec![
        Column::words("look at", &["item"]),
        Column::words("now", &["now"]),
        Column::words("needed", &["needed"]),
        Column::words("go", &["go"]),
    ];
    let caption = format!("As {} stands; ask again the day before.", question.model.instance);
    let rows = items.into_iter().map(row).collect();
    let tables = vec![Table { key: "before", caption, columns, rows }];
    Section { key: "before", title: "The day before", sentences: said, tables }
}

fn row(item: Item) -> Vec<Cell> {
    let (word, state) = match item.is_go {
        Some(true) => ("go", State::Good),
        Some(false) => ("no go", State::Bad),
        None => ("look", State::Warning),
    };
    vec![
        Cell::text(item.what),
        Cell::text(item.now),
        Cell::text(item.needed),
        Cell::text(word).standing(state),
    ]
}

fn items(question: &Question<'_>, fit: &Fit) -> Vec<Item> {
    let host = &question.model.instance;
    let likely = fit.beside.probability;
    vec![
        Item {
            what: format!("other rooms on {host}"),
            now: format!("usually {}", question.usual.words()),
            needed: format!(
                "all limits hold with {}; it is {}",
                words::probability(CONFIDENT),
                words::probability(likely)
            ),
            is_go: Some(likely >= CONFIDENT),
        },
        disk(question),
        recordings(question),
        rehearsal(question),
        plan_b(question),
    ]
}

fn disk(question: &Question<'_>) -> Item {
    let recordings = &question.model.recordings;
    let worst = recordings.worst_bytes(1).map(|bytes| bytes * WORST_DAYS);
    let left = recordings.mount.as_ref().map(|mount| mount.left_bytes);
    let told = |bytes: Option<f64>| bytes.map_or_else(|| "not told".into(), words::bytes);
    Item {
        what: format!("the disk of {}", question.model.instance),
        now: format!("{} left", told(left)),
        needed: format!("twice what its worst day brought: {}", told(worst)),
        is_go: left.zip(worst).map(|(left, worst)| left >= worst),
    }
}

fn recordings(question: &Question<'_>) -> Item {
    let waiting = question.around.waiting;
    Item {
        what: "recordings that wait".into(),
        now: waiting.map_or_else(|| "not told".into(), |count| format!("{count:.0}")),
        needed: "none: processing takes cores".into(),
        is_go: waiting.map(|count| count == 0.0),
    }
}

fn rehearsal(question: &Question<'_>) -> Item {
    let held = question
        .rehearsal
        .map(|one| format!("held, with {:.2} times of what was expected", one.ratio()));
    Item {
        what: "a rehearsal".into(),
        is_go: held.is_some().then_some(true),
        now: held.unwrap_or_else(|| "none is named".into()),
        needed: "the same rooms with fewer people, and here from when to when".into(),
    }
}

fn plan_b(question: &Question<'_>) -> Item {
    let other = question.around.other.as_ref();
    Item {
        what: "plan B".into(),
        now: other.map_or_else(
            || "no other host is known".into(),
            |other| format!("{}, with {}", other.name, words::probability(other.probability)),
        ),
        needed: "a second room on another host, whose address all have".into(),
        is_go: other.map(|other| other.probability >= CONFIDENT),
    }
}
