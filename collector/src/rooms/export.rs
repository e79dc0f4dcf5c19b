//! Rooms as data: CSV and JSON.

use std::fmt::Write as _;

use jiff::Timestamp;
use serde_json::{Value, json};

use super::{Advice, Answer, Counts, Hour, Moment, Outlook, Reason, Rooms, Today, Until};

/// What a row of the CSV is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum By {
    /// A host.
    Host,
    /// An organisation.
    Tenant,
}

const COUNTS: &str = "rooms,breakout_rooms,people,voices,cameras,recording_rooms,largest_room";
const TODAY: &str = "user_hours_today,room_hours_today,peak_people_today,peak_at";

/// A row for each host or organisation. What is not known is empty.
pub fn csv(rooms: &Rooms, by: By) -> String {
    let mut text = String::new();
    match by {
        By::Host => {
            let _ = writeln!(text, "host,answers,last_answer,reason,{COUNTS},{TODAY}");
            for host in &rooms.hosts {
                let (since, reason) = match &host.answer {
                    Answer::Fresh => (String::new(), ""),
                    Answer::Missing { since_ms, reason } => {
                        (since_ms.map(iso).unwrap_or_default(), word(reason))
                    }
                };
                let (name, answers) = (field(&host.instance), host.now.is_some());
                let figures = (counts(host.now), today(&host.today));
                let _ = writeln!(
                    text,
                    "{name},{answers},{since},{},{},{}",
                    field(reason),
                    figures.0,
                    figures.1
                );
            }
        }
        By::Tenant => {
            let _ = writeln!(text, "organisation,{COUNTS},{TODAY}");
            for tenant in &rooms.tenants {
                let name = field(&tenant.tenant);
                let figures = (counts(Some(tenant.now)), today(&tenant.today));
                let _ = writeln!(text, "{name},{},{}", figures.0, figures.1);
            }
        }
    }
    text
}

/// A field as RFC 4180 has it. Spreadsheets take what begins with one of these signs for a formula.
pub fn field(text: &str) -> String {
    let text = match text.chars().next() {
        Some('=' | '+' | '-' | '@' | '\t' | '\r') => format!("'{text}"),
        _ => text.to_owned(),
    };
    let special = |c: char| matches!(c, ',' | '"' | '\n' | '\r');
    if text.contains(special) { format!("\"{}\"", text.replace('"', "\"\"")) } else { text }
}

fn counts(counts: Option<Counts>) -> String {
    let Some(c) = counts else { return ",,,,,,".into() };
    let all = [c.rooms, c.breakouts, c.people, c.voices, c.cameras, c.recording, c.largest];
    all.map(|count| format!("{count:.0}")).join(",")
}

fn today(today: &Today) -> String {
    let hours = |hours: Option<f64>| hours.map(|hours| format!("{hours:.3}")).unwrap_or_default();
    let people = today.peak.map(|(people, _)| format!("{people:.0}")).unwrap_or_default();
    let at = peak_at(today).unwrap_or_default();
    format!("{},{},{people},{at}", hours(today.user_hours), hours(today.room_hours))
}

/// All of it, with the hours to come.
pub fn json(rooms: &Rooms, moment: &Moment) -> String {
    let host = |host: &super::HostRooms| {
        let (since, reason) = match &host.answer {
            Answer::Fresh => (None, None),
            Answer::Missing { since_ms, reason } => (since_ms.map(iso), Some(word(reason))),
        };
        json!({
            "host": host.instance,
            "answers": host.now.is_some(),
            "last_answer": since,
            "reason": reason,
            "now": counts_json(host.now),
            "today": today_json(&host.today),
            "reboot": advice_json(host.advice(moment.now_ms)),
            "quietest_hour": outlook_json(&host.outlook),
        })
    };
    let tenant = |tenant: &super::TenantRooms| {
        json!({
            "organisation": tenant.tenant,
            "now": counts_json(Some(tenant.now)),
            "today": today_json(&tenant.today),
        })
    };
    let value = json!({
        "at": iso(moment.now_ms),
        "now": counts_json(rooms.now()),
        "today": today_json(&rooms.today),
        "quietest_hour": outlook_json(&rooms.outlook),
        "hosts": rooms.hosts.iter().map(host).collect::<Vec<_>>(),
        "organisations": rooms.tenants.iter().map(tenant).collect::<Vec<_>>(),
    });
    format!("{value:#}\n")
}

fn counts_json(counts: Option<Counts>) -> Value {
    counts.map_or(Value::Null, |c| {
        json!({
            "rooms": whole(c.rooms),
            "breakout_rooms": whole(c.breakouts),
            "people": whole(c.people),
            "voices": whole(c.voices),
            "cameras": whole(c.cameras),
            "recording_rooms": whole(c.recording),
            "largest_room": whole(c.largest),
        })
    })
}

fn today_json(today: &Today) -> Value {
    json!({
        "user_hours": today.user_hours,
        "room_hours": today.room_hours,
        "peak_people": today.peak.map(|(people, _)| whole(people)),
        "peak_at": peak_at(today),
    })
}

fn advice_json(advice: Advice) -> Value {
    let (state, until) = match advice {
        Advice::Unknown => ("unknown", None),
        Advice::Busy { .. } => ("do_not", None),
        Advice::Free { until } => ("safe", Some(until)),
    };
    let about = match until {
        Some(Until::At(at_ms)) => Some(iso(at_ms)),
        None | Some(Until::Unknown | Until::Now | Until::BeyondADay) => None,
    };
    let known = until.map(|until| until != Until::Unknown);
    json!({
        "advice": state,
        "until_about": about,
        "history_is_enough": known,
        "rooms_usual_now": until.map(|until| until == Until::Now),
    })
}

fn outlook_json(outlook: &Outlook) -> Value {
    let quietest = |hour: &Hour| {
        let (most, mean) = hour.expected()?;
        let (from, to) = (iso(hour.from_ms), iso(hour.to_ms()));
        Some(json!({ "from": from, "to": to, "people_at_most": whole(most), "people_mean": mean }))
    };
    outlook.quietest().and_then(quietest).unwrap_or(Value::Null)
}

/// A reason in one word.
fn word(reason: &Reason) -> &str {
    match reason {
        Reason::AgentSilent => "agent_silent",
        Reason::State(state) => state,
        Reason::Failed(key) => key,
    }
}

/// When the most people were there, if anybody was.
fn peak_at(today: &Today) -> Option<String> {
    today.peak.filter(|(people, _)| *people > 0.0).map(|(_, at_ms)| iso(at_ms))
}

/// People and rooms are whole.
fn whole(count: f64) -> i64 {
    count.round() as i64
}

fn iso(timestamp_ms: i64) -> String {
    Timestamp::from_millisecond(timestamp_ms).map_or_else(|_| String::new(), |at| at.to_string())
}
