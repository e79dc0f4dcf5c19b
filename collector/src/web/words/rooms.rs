//! Rooms in words: what is there, whether a host may be rebooted, when it is quiet.

use super::{Sentence, counted};
use crate::rooms::{Advice, Answer, HostRooms, Moment, Outlook, Reason, Rooms, Until};

/// The answer before the tables: what is there, which hosts not to reboot, which do not answer, the
/// quietest hour.
pub fn overview(rooms: &Rooms, moment: &Moment) -> Sentence {
    let answering = rooms.hosts.iter().filter(|host| host.now.is_some()).count();
    let hosts = counted(answering as f64, "host", "hosts");
    let busy: Vec<&str> = rooms
        .hosts
        .iter()
        .filter(|host| host.now.is_some_and(|now| !now.is_empty()))
        .map(|host| host.instance.as_str())
        .collect();
    let now = Sentence::said_at(moment);
    let now = match Advice::of(rooms.now(), &rooms.outlook, moment.now_ms) {
        Advice::Unknown => now.words("Nobody knows who is in the rooms."),
        Advice::Busy { rooms, people } => {
            let (rooms, people) = present(rooms, people);
            let busy = busy.join(", ");
            now.words(format!("{rooms}, {people} now on {hosts}: do not reboot {busy}."))
        }
        Advice::Free { until } => {
            free(now.words(format!("No rooms now on {hosts}: ")), until).words(".")
        }
    };
    let missing = rooms.hosts.iter().filter(|host| host.now.is_none());
    let missing = missing.fold(Sentence::said_at(moment), |all, host| {
        let on = format!("No answer from BBB on {}", host.instance);
        all.then(since(Sentence::said_at(moment).words(on), &host.answer).words("."))
    });
    let mut next = quietest(&rooms.outlook, moment);
    let too_new: Vec<&str> = rooms.too_new().map(|host| host.instance.as_str()).collect();
    if rooms.outlook.is_known() && !too_new.is_empty() {
        let names = too_new.join(", ");
        next = next.words(format!(" Without {names}: not enough history."));
    }
    now.then(missing).then(next)
}

/// The same of one host.
pub fn now_and_next(host: &HostRooms, moment: &Moment) -> Sentence {
    let now = Sentence::said_at(moment);
    let now = match host.advice(moment.now_ms) {
        Advice::Unknown => {
            since(now.words("No answer from BBB"), &host.answer).words(": look before you reboot.")
        }
        Advice::Busy { rooms, people } => {
            let (rooms, people) = present(rooms, people);
            now.words(format!("{rooms}, {people} now: do not reboot."))
        }
        Advice::Free { until } => free(now.words("No rooms now: "), until).words("."),
    };
    let next = now.then(quietest(&host.outlook, moment));
    let Some(hour) = host.outlook.quietest() else { return next };
    let Some((most, mean)) = hour.expected().filter(|_| hour.had_rooms()) else {
        return next.words(" In past weeks it had no rooms.");
    };
    let most = counted(most, "person", "people");
    let mean = crate::graphs::significant(mean);
    next.words(format!(" In past weeks it had at most {most}, {mean} on average."))
}

/// Whether to reboot a host, in a few words.
pub fn advice(host: &HostRooms, moment: &Moment) -> Sentence {
    match host.advice(moment.now_ms) {
        Advice::Unknown => no_answer(host, moment),
        Advice::Busy { .. } => Sentence::said_at(moment).words("do not"),
        Advice::Free { until } => free(Sentence::said_at(moment), until),
    }
}

/// Since when and why BBB does not answer.
fn no_answer(host: &HostRooms, moment: &Moment) -> Sentence {
    since(Sentence::said_at(moment).words("no answer from BBB"), &host.answer)
}

/// The quietest hour to come.
fn quietest(outlook: &Outlook, moment: &Moment) -> Sentence {
    let next = Sentence::said_at(moment);
    match outlook.quietest() {
        Some(hour) => next
            .words("Quietest hour coming: ")
            .clock(hour.from_ms)
            .words("–")
            .clock(hour.to_ms())
            .words("."),
        None => next.words("Not enough history yet to say when it will be quiet."),
    }
}

fn present(rooms: f64, people: f64) -> (String, String) {
    (counted(rooms, "room", "rooms"), counted(people, "person", "people"))
}

fn free(before: Sentence, until: Until) -> Sentence {
    match until {
        Until::Unknown => before.words("safe to reboot; not enough history to say until when"),
        Until::Now => before.words("safe to reboot, but rooms are usual at this hour"),
        Until::At(at_ms) => before.words("safe to reboot until about ").clock(at_ms),
        Until::BeyondADay => before.words("safe to reboot, no rooms expected within a day"),
    }
}

fn since(before: Sentence, answer: &Answer) -> Sentence {
    let Answer::Missing { since_ms, reason } = answer else { return before };
    let before = match since_ms {
        Some(at_ms) => before.words(" since ").clock(*at_ms),
        None => before.words(" within a month"),
    };
    before.words(format!(" ({})", why(reason)))
}

/// Why there is no answer. Keys of failures are BBB's own words.
fn why(reason: &Reason) -> &str {
    let state = match reason {
        Reason::AgentSilent => return "the agent is silent",
        Reason::Failed(key) => return key,
        Reason::State(state) => state.as_str(),
    };
    match state {
        "timeout" => "timed out",
        "tls" => "TLS failed",
        "http_status" => "HTTP error",
        "too_large" => "answer too large",
        "unparsable" => "answer not readable",
        "no_secret" => "no secret",
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rooms::{Counts, Hour, PastHour, Today};
    use jiff::Zoned;

    fn moment() -> Moment {
        let now: Zoned = "2020-05-28T14:04:10[Europe/Berlin]".parse().unwrap();
        Moment { now_ms: now.timestamp().as_millisecond(), zone: now.time_zone().clone() }
    }

    /// What past weeks were like: people of the current hour and of those to come.
    fn outlook(people: &[f64]) -> Outlook {
        let begin_ms = moment().now_ms.div_euclid(3_600_000) * 3_600_000;
        let hour = |(n, people): (usize, &f64)| {
            let past =
                Some(PastHour { people: *people, rooms: f64::from(u8::from(*people > 0.0)) });
            Hour { from_ms: begin_ms + n as i64 * 3_600_000, past: [past, None, None, None] }
        };
        Outlook::of(people.iter().enumerate().map(hour).collect())
    }

    fn host(instance: &str, present: Result<(f64, f64), (i64, Reason)>, past: &[f64]) -> HostRooms {
        let answer = match &present {
            Ok(_) => Answer::Fresh,
            Err((ago_ms, reason)) => {
                let since_ms = Some(moment().now_ms - ago_ms);
                Answer::Missing { since_ms, reason: reason.clone() }
            }
        };
        let counts = |(rooms, people)| Counts { rooms, people, ..Counts::default() };
        HostRooms {
            instance: instance.into(),
            answer,
            now: present.ok().map(counts),
            today: Today::default(),
            day: Vec::new(),
            outlook: outlook(past),
        }
    }

    fn check(hosts: Vec<HostRooms>, expected: &str) {
        let outlook = Outlook::together(hosts.iter().map(|host| &host.outlook));
        let rooms = Rooms { hosts, tenants: Vec::new(), today: Today::default(), outlook };
        assert_eq!(overview(&rooms, &moment()).to_string(), expected);
    }

    #[test]
    fn the_top_line_says_whom_not_to_reboot_and_when_it_is_quiet() {
        let minute = 60_000;
        check(
            vec![
                host("ca1", Ok((4.0, 60.0)), &[9.0, 9.0, 2.0, 9.0]),
                host("de1", Ok((1.0, 3.0)), &[0.0, 1.0, 0.0, 1.0]),
                host("fr1", Ok((0.0, 0.0)), &[0.0, 0.0, 0.0, 0.0]),
            ],
            "5 rooms, 63 people now on 3 hosts: do not reboot ca1, de1. Quietest hour coming: \
             16:00–17:00.",
        );
        check(
            vec![host("ca1", Ok((0.0, 0.0)), &[0.0, 0.0, 5.0]), host("de1", Ok((0.0, 0.0)), &[])],
            "No rooms now on 2 hosts: safe to reboot until about 16:00. Quietest hour coming: \
             15:00–16:00. Without de1: not enough history.",
        );
        check(
            vec![
                host("ca1", Err((35 * minute, Reason::Failed("checksumError".into()))), &[]),
                host("de1", Ok((1.0, 1.0)), &[]),
                host("fr1", Err((2 * 1440 * minute, Reason::AgentSilent)), &[]),
            ],
            "1 room, 1 person now on 1 host: do not reboot de1. No answer from BBB on ca1 since \
             13:29 (checksumError). No answer from BBB on fr1 since 26 May 14:04 (the agent is \
             silent). Not enough history yet to say when it will be quiet.",
        );
        check(
            vec![host("ca1", Err((minute, Reason::State("timeout".into()))), &[0.0, 0.0])],
            "Nobody knows who is in the rooms. No answer from BBB on ca1 since 14:03 (timed out). \
             Quietest hour coming: 15:00–16:00.",
        );
    }

    #[test]
    fn each_host_has_its_answer() {
        let said = |host: &HostRooms| {
            let (now, short) = (now_and_next(host, &moment()), advice(host, &moment()));
            format!("{now} | {short}")
        };
        let busy = host("a", Ok((5.0, 63.0)), &[9.0, 9.0, 2.0]);
        assert_eq!(
            said(&busy),
            "5 rooms, 63 people now: do not reboot. Quietest hour coming: 16:00–17:00. In past \
             weeks it had at most 2 people, 2.00 on average. | do not"
        );
        let quiet = host("a", Ok((5.0, 63.0)), &[9.0, 9.0, 0.0]);
        let words = "Quietest hour coming: 16:00–17:00. In past weeks it had no rooms.";
        assert!(now_and_next(&quiet, &moment()).to_string().ends_with(words));
        let cases: [(&[f64], &str); 4] = [
            (&[], "safe to reboot; not enough history to say until when"),
            (&[3.0, 0.0], "safe to reboot, but rooms are usual at this hour"),
            (&[0.0, 0.0, 1.0], "safe to reboot until about 16:00"),
            (&[0.0, 0.0], "safe to reboot, no rooms expected within a day"),
        ];
        for (past, expected) in cases {
            let free = host("a", Ok((0.0, 0.0)), past);
            assert_eq!(advice(&free, &moment()).to_string(), expected);
            let now = now_and_next(&free, &moment()).to_string();
            assert!(now.starts_with(&format!("No rooms now: {expected}.")), "{now}");
        }
        let missing = host("a", Err((61_000, Reason::Failed("checksumError".into()))), &[]);
        assert_eq!(
            said(&missing),
            "No answer from BBB since 14:03 (checksumError): look before you reboot. Not enough \
             history yet to say when it will be quiet. | no answer from BBB since 14:03 \
             (checksumError)"
        );
    }
}
