//! Rooms as data: CSV and JSON.

use serde_json::{Value, json};

use super::{Advice, Answer, Counts, Hour, Moment, Outlook, Reason, Rooms, Today, Until};
use crate::moments::iso;
use crate::sheet::{RowEnd, Sheet};

/// What a row of the CSV is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum By {
    /// A host.
    Host,
    /// An organisation.
    Tenant,
}

const COUNTS: [&str; 7] =
    ["rooms", "breakout_rooms", "people", "voices", "cameras", "recording_rooms", "largest_room"];
const TODAY: [&str; 4] = ["user_hours_today", "room_hours_today", "peak_people_today", "peak_at"];

/// A row for each host or organisation. What is not known is empty.
pub fn csv(rooms: &Rooms, by: By) -> String {
    let mut sheet = Sheet::new(RowEnd::Newline);
    let heads = |own: &[&'static str]| [own, &COUNTS, &TODAY].concat();
    match by {
        By::Host => {
            sheet.row(heads(&["host", "answers", "last_answer", "reason"]));
            for host in &rooms.hosts {
                let (since, reason) = match &host.answer {
                    Answer::Fresh => (String::new(), ""),
                    Answer::Missing { since_ms, reason } => {
                        (since_ms.map(iso).unwrap_or_default(), word(reason))
                    }
                };
                let answers = host.now.is_some().to_string();
                let own = [host.instance.clone(), answers, since, reason.to_owned()];
                sheet.row(own.into_iter().chain(counts(host.now)).chain(today(&host.today)));
            }
        }
        By::Tenant => {
            sheet.row(heads(&["organisation"]));
            for tenant in &rooms.tenants {
                let figures = counts(Some(tenant.now)).into_iter().chain(today(&tenant.today));
                sheet.row([tenant.tenant.clone()].into_iter().chain(figures));
            }
        }
    }
    sheet.text()
}

fn counts(counts: Option<Counts>) -> [String; 7] {
    let Some(c) = counts else { return Default::default() };
    let all = [c.rooms, c.breakouts, c.people, c.voices, c.cameras, c.recording, c.largest];
    all.map(|count| format!("{count:.0}"))
}

fn today(today: &Today) -> [String; 4] {
    let hours = |hours: Option<f64>| hours.map(|hours| format!("{hours:.3}")).unwrap_or_default();
    let people = today.peak.map(|(people, _)| format!("{people:.0}")).unwrap_or_default();
    let at = peak_at(today).unwrap_or_default();
    [hours(today.user_hours), hours(today.room_hours), people, at]
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
