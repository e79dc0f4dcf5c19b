//! `/rooms/meetings.{csv,json}`: each meeting as an interval of use, under its hash.

use std::fmt::Write as _;

use axum::response::Response;
use serde::Deserialize;
use serde_json::{Value, json};

use super::content::{CSV, Content, JSON};
use super::gate::{Gate, Kind};
use super::problem::Problem;
use super::question::{Names, Wishes, moment};
use super::site::Visit;
use crate::fleet;
use crate::moments::{DAY_MS, iso};
use crate::samples::{ReadError, TimeRange};
use crate::sheet::{RowEnd, Sheet};
use crate::store::{Marks, Meeting, Use};

/// What a meeting takes while its row is written, at most, in bytes: in CSV the text twice, since it
/// doubles; in JSON also the tree that it is written from.
const CSV_BYTES: u64 = 1_000;
const JSON_BYTES: u64 = 6_000;

/// Which meetings are asked for.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct MeetingsQuery {
    /// One host instead of all.
    host: Option<String>,
    /// Begin and end, Unix seconds or RFC 3339.
    from: Option<String>,
    to: Option<String>,
}

pub async fn meetings(
    gate: Gate,
    Names(file): Names<String>,
    wishes: Wishes<MeetingsQuery>,
) -> Result<Response, Problem> {
    let answer = move |visit: Visit<'_>| make(visit, &file, &wishes.read()?);
    gate.pass(Kind::Page, answer).await
}

fn make(visit: Visit<'_>, file: &str, query: &MeetingsQuery) -> Result<Content, Problem> {
    let (kind, row_bytes, render): (_, u64, fn(&[Meeting]) -> String) = match file {
        "meetings.csv" => (CSV, CSV_BYTES, csv),
        "meetings.json" => (JSON, JSON_BYTES, json),
        _ => {
            let sentence = format!("There is no {file}; it is meetings.csv or meetings.json.");
            return Err(Problem::not_found(sentence));
        }
    };
    let range = range(query, visit.now_ms)?;
    let failed = |error: ReadError| Problem::failed("read the meetings", &error);
    let found = read(visit, query.host.as_deref(), range).map_err(failed)?;
    let _memory = visit.budget.lend(found.len() as u64 * row_bytes).map_err(failed)?;
    Ok(Content::whole(kind, render(&found)).revalidated())
}

fn range(query: &MeetingsQuery, now_ms: i64) -> Result<TimeRange, Problem> {
    let read =
        |name, text: &Option<String>| text.as_deref().map(|text| moment(name, text)).transpose();
    let to_ms = read("to", &query.to)?.unwrap_or(now_ms);
    let from_ms = read("from", &query.from)?.unwrap_or(to_ms - DAY_MS);
    if from_ms > to_ms {
        let (from, to) = (iso(from_ms), iso(to_ms));
        return Err(Problem::bad_request(format!("from={from} must not lie behind to={to}.")));
    }
    Ok(TimeRange { from_ms, to_ms })
}

fn read(visit: Visit<'_>, host: Option<&str>, range: TimeRange) -> Result<Vec<Meeting>, ReadError> {
    let hosts = match host {
        Some(host) => vec![host.to_owned()],
        None => fleet::instances(visit.reader())?,
    };
    let mut meetings = Vec::new();
    for host in hosts {
        meetings.extend(visit.site.records.meetings(&host, range, visit.budget)?);
    }
    meetings.sort_by_key(|meeting| meeting.started_ms);
    Ok(meetings)
}

const HEADS: [&str; 24] = [
    "host",
    "meeting",
    "tenant",
    "started",
    "last_seen",
    "ended",
    "breakout",
    "recorded",
    "measured_seconds",
    "participants_peak",
    "participants_mean",
    "participant_seconds",
    "cameras_peak",
    "cameras_mean",
    "camera_seconds",
    "voices_peak",
    "voices_mean",
    "voice_seconds",
    "listeners_peak",
    "listeners_mean",
    "listener_seconds",
    "cameras_out_peak",
    "cameras_out_mean",
    "camera_out_seconds",
];

/// A row for each meeting; times in ISO 8601.
fn csv(meetings: &[Meeting]) -> String {
    let mut sheet = Sheet::new(RowEnd::Newline);
    sheet.row(HEADS);
    for meeting in meetings {
        let Meeting { instance, tenant, measured_seconds, .. } = meeting;
        let has = |mark| meeting.marks.has(mark).to_string();
        let mut row = vec![
            instance.to_string(),
            hex(&meeting.id),
            tenant.clone(),
            iso(meeting.started_ms),
            iso(meeting.seen_ms),
            has(Marks::ENDED),
            has(Marks::BREAKOUT),
            has(Marks::RECORDED),
            format!("{measured_seconds:.0}"),
        ];
        let (people, cameras) = (meeting.participants_peak, meeting.cameras_peak);
        for used in [
            Some(Use { peak: people, seconds: meeting.participant_seconds }),
            Some(Use { peak: cameras, seconds: meeting.camera_seconds }),
            meeting.voices,
            meeting.listeners,
            meeting.cameras_out,
        ] {
            let Some(Use { peak, seconds }) = used else {
                row.extend([String::new(), String::new(), String::new()]);
                continue;
            };
            let mean = mean(seconds, meeting).map_or_else(String::new, |mean| format!("{mean:.2}"));
            row.extend([peak.to_string(), mean, format!("{seconds:.0}")]);
        }
        sheet.row(&row);
    }
    sheet.text()
}

fn json(meetings: &[Meeting]) -> String {
    let one = |meeting: &Meeting| {
        json!({
            "host": &*meeting.instance,
            "meeting": hex(&meeting.id),
            "tenant": meeting.tenant,
            "started": iso(meeting.started_ms),
            "last_seen": iso(meeting.seen_ms),
            "ended": meeting.marks.has(Marks::ENDED),
            "breakout": meeting.marks.has(Marks::BREAKOUT),
            "recorded": meeting.marks.has(Marks::RECORDED),
            "measured_seconds": meeting.measured_seconds,
            "participants": figures(meeting.participants_peak, meeting.participant_seconds, meeting),
            "cameras": figures(meeting.cameras_peak, meeting.camera_seconds, meeting),
            "voices": told(meeting.voices, meeting),
            "listeners": told(meeting.listeners, meeting),
            "cameras_out": told(meeting.cameras_out, meeting),
        })
    };
    json!({ "meetings": meetings.iter().map(one).collect::<Vec<_>>() }).to_string()
}

fn figures(peak: u32, seconds: f64, meeting: &Meeting) -> Value {
    json!({ "peak": peak, "mean": mean(seconds, meeting), "seconds": seconds })
}

/// Null where nobody told.
fn told(used: Option<Use>, meeting: &Meeting) -> Value {
    used.map_or(Value::Null, |used| figures(used.peak, used.seconds, meeting))
}

/// None where nothing was measured.
fn mean(sum: f64, meeting: &Meeting) -> Option<f64> {
    (meeting.measured_seconds > 0.0).then(|| sum / meeting.measured_seconds)
}

fn hex(id: &[u8; 16]) -> String {
    id.iter().fold(String::with_capacity(32), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}
