//! The story of one meeting: what its host sent while it ran, what of that was its own, who was there. What
//! a cooperative pastes under its minutes. Pure, but for reading it.

mod found;
mod share;

use jiff::Timestamp;
use jiff::tz::TimeZone;

pub use self::found::{Asked, Found, Own, find, hash};
use super::document::{Cell, Column, Document, Of, Part, Section, State, Table};
use super::host::HostModel;
use super::words;
use crate::latency::PathHour;
use crate::planning::scores::Range;
use crate::store::{Marks, Use};

/// So much of a meeting's time may have no figures before it is said.
const NOTEWORTHY: f64 = 0.02;

/// What is asked of it.
#[derive(Clone, Copy)]
pub struct Question<'q> {
    /// What was found.
    pub found: &'q Found,
    /// The model of its host.
    pub model: &'q HostModel,
    /// Paths to its host's datacentre in the hour before it was last seen.
    pub paths: &'q [PathHour],
    /// What people call it, if they say.
    pub title: Option<&'q str>,
    /// The zone of times.
    pub zone: &'q TimeZone,
}

/// The report.
pub fn report(question: Question<'_>) -> Document {
    let meeting = &question.found.meeting;
    let answer = question.answer();
    let mut sections = vec![question.traffic(), question.people()];
    sections.extend(question.latency());
    sections.push(Section::said("basis", "What this rests on", question.basis()));
    Document {
        title: "Meeting",
        of: Of::Meetings,
        answer: answer.clone(),
        until_ms: meeting.seen_ms,
        sentences: question.sentences(),
        parts: vec![Part { name: question.name(), answer, state: State::Plain, sections }],
    }
}

/// Where its picture is, as the address of a page.
pub fn picture(found: &Found) -> String {
    let meeting = &found.meeting;
    let [from_ms, to_ms] = found.picture_ms();
    format!(
        "/graphs/{}/network/hour.svg?from={}&to={}",
        meeting.instance,
        from_ms / 1000,
        to_ms / 1000
    )
}

impl Question<'_> {
    fn name(&self) -> String {
        let id: String = hash(&self.found.meeting.id).chars().take(8).collect();
        self.title.map_or_else(|| format!("meeting {id}"), ToOwned::to_owned)
    }

    fn moment(&self, at_ms: i64) -> String {
        let at = Timestamp::from_millisecond(at_ms).unwrap_or_default().to_zoned(self.zone.clone());
        at.strftime("%a %-d %B %Y, %H:%M %Z").to_string()
    }

    fn answer(&self) -> String {
        let meeting = &self.found.meeting;
        let people = words::counted(meeting.participants_peak as usize, "person", "people");
        let minutes = ((meeting.seen_ms - meeting.started_ms) as f64 / 60_000.0).round() as usize;
        let length = words::counted(minutes, "minute", "minutes");
        let sent = match self.found.own(self.model) {
            Some(own) => {
                format!("took about {} of what {} sent", bytes_of(own), meeting.instance)
            }
            None => format!("ran on {}, which told nothing of what it sent", meeting.instance),
        };
        format!("{} with {people} for {length} {sent}.", self.name())
    }

    fn sentences(&self) -> Vec<String> {
        let meeting = &self.found.meeting;
        let tenant = if meeting.tenant.is_empty() { "nobody" } else { &meeting.tenant };
        let state = if meeting.marks.has(Marks::ENDED) { "ended" } else { "was last seen" };
        let mut said = vec![format!(
            "It began on {} and {state} on {}; its rooms are {tenant}'s.",
            self.moment(meeting.started_ms),
            self.moment(meeting.seen_ms)
        )];
        if meeting.marks.has(Marks::RECORDED) {
            said.push("It was recorded.".into());
        }
        if let Some(part) = self.found.told_part().filter(|part| *part < 1.0 - NOTEWORTHY) {
            said.push(format!(
                "Its host told what it sent for {} of that time only: all figures of traffic are of that part.",
                words::probability(part)
            ));
        }
        said
    }

    fn traffic(&self) -> Section {
        let found = self.found;
        let columns = vec![
            Column::words("traffic", &["of"]),
            Column::figures("peak", "Mbit/s", &["peak_mbit"]),
            Column::figures("mean", "Mbit/s", &["mean_mbit"]),
            Column::figures("total", "80 %", &["bytes", "bytes_low", "bytes_high"]),
            Column::figures("share", "", &["share_ratio"]),
        ];
        let why = "Its host told nothing of its traffic at that time.";
        let row = |name: &str, told: Option<Own>, share: Option<f64>| {
            let [peak, mean, bytes] = match told {
                Some(told) => [
                    Cell::shown(words::figure(told.peak_mbit), [told.peak_mbit]),
                    Cell::shown(words::figure(told.mean_mbit), [told.mean_mbit]),
                    Cell::shown(bytes_of(told), [told.bytes, told.range.low, told.range.high]),
                ],
                None => [1, 1, 3].map(|values| Cell::nothing(why, values)),
            };
            let share = share.map_or_else(
                || Cell::nothing(why, 1),
                |share| Cell::shown(format!("{:.0} %", share * 100.0), [share]),
            );
            vec![Cell::text(name), peak, mean, bytes, share]
        };
        let own = found.own(self.model);
        let all = found.sent.map(counted);
        let rest = own.zip(all).map(|(own, all)| Own {
            peak_mbit: all.peak_mbit - own.peak_mbit,
            mean_mbit: all.mean_mbit - own.mean_mbit,
            bytes: all.bytes - own.bytes,
            range: Range { low: all.bytes - own.range.high, high: all.bytes - own.range.low },
        });
        let share = own.zip(all).map(|(own, all)| own.bytes / all.bytes.max(f64::MIN_POSITIVE));
        let rows = vec![
            row("this meeting, about", own, share),
            row("all else on its host", rest, share.map(|share| 1.0 - share)),
            row("its host, sent", all, all.map(|_| 1.0)),
            row("its host, received", found.received.map(counted), None),
        ];
        let caption = "While it ran.".into();
        Section {
            key: "traffic",
            title: "What it took",
            sentences: Vec::new(),
            tables: vec![Table { key: "traffic", caption, columns, rows }],
        }
    }

    fn people(&self) -> Section {
        let meeting = &self.found.meeting;
        let columns = vec![
            Column::words("what", &["what"]),
            Column::figures("at most", "", &["peak"]),
            Column::figures("mean", "", &["mean"]),
            Column::figures("hours", "", &["hours"]),
        ];
        let row = |what: &str, used: Option<Use>| {
            let Some(Use { peak, seconds }) = used else {
                let why = "Nobody told.";
                return vec![
                    Cell::text(what),
                    Cell::nothing(why, 1),
                    Cell::nothing(why, 1),
                    Cell::nothing(why, 1),
                ];
            };
            let mean = share::mean(seconds, meeting);
            vec![
                Cell::text(what),
                Cell::shown(peak.to_string(), [f64::from(peak)]),
                Cell::shown(words::figure(mean), [mean]),
                Cell::shown(words::figure(seconds / 3600.0), [seconds / 3600.0]),
            ]
        };
        let of = |peak: u32, seconds: f64| Some(Use { peak, seconds });
        let rows = vec![
            row("people", of(meeting.participants_peak, meeting.participant_seconds)),
            row("cameras", of(meeting.cameras_peak, meeting.camera_seconds)),
            row("microphones", meeting.voices),
            row("who only listened", meeting.listeners),
            row("camera streams sent", meeting.cameras_out),
        ];
        Section {
            key: "people",
            title: "Who was there",
            sentences: Vec::new(),
            tables: vec![Table {
                key: "people",
                caption: "Counted each 15 seconds.".into(),
                columns,
                rows,
            }],
        }
    }

    fn latency(&self) -> Option<Section> {
        let columns = vec![
            Column::words("from", &["vantage"]),
            Column::figures("round trip", "ms", &["median_ms"]),
            Column::figures("lost", "", &["loss_ratio"]),
        ];
        let row = |path: &PathHour| {
            let median = path.median_ms?;
            let loss = path.loss_ratio.unwrap_or(0.0);
            Some(vec![
                Cell::text(&path.name.vantage),
                Cell::shown(words::figure(median), [median]),
                Cell::shown(format!("{:.1} %", loss * 100.0), [loss]),
            ])
        };
        let rows: Vec<Vec<Cell>> = self.paths.iter().filter_map(row).collect();
        (!rows.is_empty()).then(|| Section {
            key: "latency",
            title: "How far away it was",
            sentences: Vec::new(),
            tables: vec![Table {
                key: "latency",
                caption: "In the hour before it ended.".into(),
                columns,
                rows,
            }],
        })
    }

    fn basis(&self) -> Vec<String> {
        let others = self.found.others.len();
        vec![
            format!(
                "Its host counts bytes of all rooms together; this meeting's part is told by its people and camera streams against those of {} that ran meanwhile.",
                words::counted(others, "other meeting", "other meetings"),
            ),
            "Whose screens are shared nobody tells: what is beyond all else is split by who might have seen them. In four of five cases it lies within the range, which reaches from no screen of this meeting's to as many as may have been."
                .into(),
        ]
    }
}

/// What was counted is sure.
fn counted([peak_mbit, mean_mbit, bytes]: [f64; 3]) -> Own {
    Own { peak_mbit, mean_mbit, bytes, range: Range { low: bytes, high: bytes } }
}

/// With its range, where it has one.
fn bytes_of(Own { bytes, range: Range { low, high }, .. }: Own) -> String {
    let [middle, low, high] = [bytes, low, high].map(words::bytes);
    if low == high { middle } else { format!("{middle} ({low} to {high})") }
}

#[cfg(test)]
mod tests;
