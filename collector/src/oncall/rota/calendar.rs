//! The rota as a calendar that others subscribe to: iCalendar, RFC 5545.

use std::fmt::Write as _;

use jiff::Timestamp;

use super::Rota;
use crate::moments::DAY_MS;

/// So much of the past is looked through for the beginning of whoever is on duty now, in milliseconds. Who
/// has been so for longer is so from there on, and who never changes for as long to come.
const BEFORE_MS: i64 = 35 * DAY_MS;

/// So many turns at the most: half a year of days.
const TURNS: usize = 200;

/// The longest line, in bytes; what is longer goes on in the next.
const LINE_BYTES: usize = 75;

/// Somebody's time on duty.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Span {
    /// Who.
    pub person: String,
    /// From when on, Unix time in milliseconds.
    pub from_ms: i64,
    /// Until when.
    pub to_ms: i64,
}

impl Rota {
    /// Who is on duty from a moment on, one after the other.
    pub fn spans(&self, at_ms: i64) -> Vec<Span> {
        let today_ms = at_ms.div_euclid(DAY_MS) * DAY_MS;
        let begin_ms = today_ms - BEFORE_MS;
        let first = self.on_duty(begin_ms).map(|person| (begin_ms, person.to_owned()));
        let mut changes: Vec<(i64, String)> =
            first.into_iter().chain(self.ahead(begin_ms, TURNS)).collect();
        if let [(_, only)] = changes.as_slice() {
            changes.push((today_ms + BEFORE_MS, only.clone()));
        }
        let span = |pair: &[(i64, String)]| {
            let [(from_ms, person), (to_ms, _)] = pair else { return None };
            Some(Span { person: person.clone(), from_ms: *from_ms, to_ms: *to_ms })
        };
        let spans = changes.windows(2).filter_map(span);
        spans.filter(|span| span.to_ms > at_ms).collect()
    }
}

/// A calendar of these times.
pub fn calendar(spans: &[Span]) -> String {
    let mut text = String::new();
    for line in ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//Headroom//on call//EN"] {
        push(&mut text, line);
    }
    push(&mut text, "X-WR-CALNAME:On call");
    for Span { person, from_ms, to_ms } in spans {
        push(&mut text, "BEGIN:VEVENT");
        // The end of a turn stays the same while it goes on, and so does its name.
        push(&mut text, &format!("UID:{}-{person}@headroom", to_ms / 1000));
        push(&mut text, &format!("DTSTAMP:{}", moment(*from_ms)));
        push(&mut text, &format!("DTSTART:{}", moment(*from_ms)));
        push(&mut text, &format!("DTEND:{}", moment(*to_ms)));
        push(&mut text, &format!("SUMMARY:On call: {}", escaped(person)));
        // Nobody is busy for being on call.
        push(&mut text, "TRANSP:TRANSPARENT");
        push(&mut text, "END:VEVENT");
    }
    push(&mut text, "END:VCALENDAR");
    text
}

fn moment(at_ms: i64) -> String {
    let at = Timestamp::from_millisecond(at_ms).unwrap_or(Timestamp::UNIX_EPOCH);
    at.strftime("%Y%m%dT%H%M%SZ").to_string()
}

fn escaped(text: &str) -> String {
    text.replace('\\', "\\\\").replace(';', "\\;").replace(',', "\\,")
}

fn push(text: &mut String, line: &str) {
    let mut rest = line;
    let mut room = LINE_BYTES;
    while rest.len() > room {
        let (first, after) = rest.split_at(rest.floor_char_boundary(room));
        let _ = write!(text, "{first}\r\n ");
        // The space in front counts.
        (rest, room) = (after, LINE_BYTES - 1);
    }
    let _ = write!(text, "{rest}\r\n");
}

#[cfg(test)]
mod tests {
    use jiff::tz::TimeZone;

    use super::super::{Override, Turn};
    use super::*;

    fn ms(text: &str) -> i64 {
        text.parse::<Timestamp>().unwrap().as_millisecond()
    }

    #[test]
    fn whoever_is_on_duty_now_and_then_stands_in_the_calendar_by_the_clock_on_the_wall() {
        let hour = "Mon 09:00".parse().unwrap();
        let turn = Turn { from: hour, to: hour, people: vec!["anna".into(), "ben".into()] };
        let cem = Override {
            person: "cem".into(),
            from_ms: ms("2026-03-25T08:00:00Z"),
            to_ms: ms("2026-03-26T08:00:00Z"),
        };
        let zone = TimeZone::get("Europe/Berlin").unwrap();
        let begins = "2026-01-05".parse().unwrap();
        let rota = Rota::new(zone, begins, vec![turn], vec![cem]).unwrap();
        let spans = rota.spans(ms("2026-03-24T12:00:00Z"));
        let text = |span: &Span| format!("{} {}", moment(span.from_ms), span.person);
        let first: Vec<String> = spans.iter().take(4).map(text).collect();
        // On 29 March the clock goes forward.
        let expected = [
            "20260323T080000Z ben",
            "20260325T080000Z cem",
            "20260326T080000Z ben",
            "20260330T070000Z anna",
        ];
        assert_eq!(first, expected);
        let calendar = calendar(&spans[..1]);
        let expected = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//Headroom//on call//EN\r\n\
            X-WR-CALNAME:On call\r\nBEGIN:VEVENT\r\nUID:1774425600-ben@headroom\r\n\
            DTSTAMP:20260323T080000Z\r\nDTSTART:20260323T080000Z\r\nDTEND:20260325T080000Z\r\n\
            SUMMARY:On call: ben\r\nTRANSP:TRANSPARENT\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n";
        assert_eq!(calendar, expected);
        // Who stands in for half a year is on duty all that time, and who is alone always.
        let turn = || Turn { from: hour, to: hour, people: vec!["anna".into()] };
        let zone = || TimeZone::get("Europe/Berlin").unwrap();
        let (from_ms, to_ms) = (ms("2026-01-05T08:00:00Z"), ms("2026-07-01T08:00:00Z"));
        let cem = Override { person: "cem".into(), from_ms, to_ms };
        let firsts = |overrides| {
            let rota = Rota::new(zone(), begins, vec![turn()], overrides).unwrap();
            let spans = rota.spans(ms("2026-03-24T12:00:00Z"));
            let first = spans.first().map(|span| format!("{} {}", text(span), moment(span.to_ms)));
            first.unwrap_or_default()
        };
        assert_eq!(firsts(vec![cem]), "20260217T000000Z cem 20260701T080000Z");
        assert_eq!(firsts(vec![]), "20260217T000000Z anna 20260428T000000Z");
        let long = Span { person: "x".repeat(64), from_ms: 0, to_ms: 1000 };
        let folded = super::calendar(&[long]);
        assert!(folded.lines().all(|line| line.len() <= LINE_BYTES), "{folded}");
        assert!(folded.contains("\r\n x"), "{folded}");
    }
}
