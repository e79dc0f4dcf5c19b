//! The answer before the table of hosts.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::{counted, megabits, rate};
use crate::fleet::{Finding, HostState, LastReport, Subject};
use crate::rooms::Counts;

/// How many hosts, rooms and people, the busiest host, and whether all is well. `rooms` has the
/// hosts with BBB; those that do not answer have nothing. `others` are hosts that are not told of.
pub fn headline(
    hosts: &[HostState],
    others: usize,
    rooms: &BTreeMap<String, Option<Counts>>,
) -> String {
    if hosts.iter().all(|host| host.last_report == LastReport::Never) {
        return "No host has reported yet.".into();
    }
    let mut words = counted((hosts.len() + others) as f64, "host", "hosts");
    let answering: Vec<&Counts> = rooms.values().flatten().collect();
    if !answering.is_empty() {
        let sum = |count: fn(&Counts) -> f64| answering.iter().map(|counts| count(counts)).sum();
        let rooms = counted(sum(|counts| counts.rooms), "room", "rooms");
        let people = counted(sum(|counts| counts.people), "person", "people");
        let _ = write!(words, ", {rooms}, {people}");
    }
    words.push('.');
    let busiest = hosts
        .iter()
        .filter_map(|host| Some((host, host.sends?)))
        .max_by(|a, b| a.1.total_cmp(&b.1));
    if let Some((host, sends)) = busiest {
        let _ = match host.limit {
            Some(limit) => {
                let (sends, limit) = (megabits(Some(sends)), megabits(Some(limit)));
                write!(words, " {} sends {sends} of {limit} Mbit/s.", host.instance)
            }
            None => write!(words, " {} sends {}.", host.instance, rate(sends)),
        };
    }
    let missing = rooms.iter().filter(|(_, counts)| counts.is_none()).map(|(name, _)| &**name);
    let missing: Vec<&str> = missing.collect();
    if !missing.is_empty() {
        let _ = write!(words, " No answer from BBB on {}.", missing.join(", "));
    }
    let named = |report: fn(&HostState) -> bool| -> Vec<&str> {
        hosts.iter().filter(|host| report(host)).map(|host| host.instance.as_str()).collect()
    };
    let never = |host: &HostState| host.last_report == LastReport::Never;
    let silent = named(|host| host.silent && host.last_report != LastReport::Never);
    add_state(&mut words, &silent, ["is silent", "are silent"]);
    add_state(&mut words, &named(never), ["has never reported", "have never reported"]);
    let judged = add_findings(&mut words, hosts);
    if silent.is_empty() && !hosts.iter().any(never) && judged == 0 {
        words.push_str(" All report.");
    }
    words
}

fn add_state(words: &mut String, hosts: &[&str], [is, are]: [&str; 2]) {
    let _ = match hosts {
        [] => Ok(()),
        [one] => write!(words, " {one} {is}."),
        several => write!(words, " {} {are}.", several.join(", ")),
    };
}

/// So many findings are told in the headline; the others stand in the table.
const MOST_FINDINGS: usize = 3;

/// What was judged beside silence and BBB, the worst first; how many there are.
fn add_findings(words: &mut String, hosts: &[HostState]) -> usize {
    let mut findings: Vec<(&str, &Finding)> = Vec::new();
    for host in hosts {
        let judged = host.findings.iter().filter(|finding| match finding.subject {
            Subject::Silence | Subject::Bbb => false,
            Subject::Disk | Subject::Memory | Subject::Cpu | Subject::Link => true,
        });
        findings.extend(judged.map(|finding| (host.instance.as_str(), finding)));
    }
    findings.sort_by(|a, b| a.1.urgency(b.1));
    for (instance, finding) in findings.iter().take(MOST_FINDINGS) {
        let _ = write!(words, " {instance}: {}.", finding.reason);
    }
    match findings.len().saturating_sub(MOST_FINDINGS) {
        0 => {}
        more => {
            let _ = write!(words, " {more} more below.");
        }
    }
    findings.len()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fleet::{Facts, Severity};

    fn host(instance: &str, sends: Option<f64>, silent: bool) -> HostState {
        HostState {
            instance: instance.into(),
            last_report: LastReport::At(0),
            silent,
            sends,
            receives: None,
            peak: None,
            devices: vec!["eth0".into()],
            limit: (instance == "ca1").then_some(1e9),
            day: Vec::new(),
            first_ms: None,
            lost_frames: 0,
            facts: Facts::default(),
            findings: Vec::new(),
        }
    }

    /// Hosts, rooms of those with BBB, what is said.
    type Case = (Vec<HostState>, Vec<(&'static str, Option<Counts>)>, &'static str);

    #[test]
    fn the_headline_answers_first() {
        let counts = |rooms: f64, people: f64| Some(Counts { rooms, people, ..Counts::default() });
        let two = || vec![host("a", Some(1e6), false), host("ca1", Some(85e6), false)];
        let mut filling = host("fi1", None, false);
        let reason = "/var/bigbluebutton is 93 % full, no space left in 8 days".to_owned();
        filling.findings = vec![Finding {
            severity: Severity::Warning,
            subject: Subject::Disk,
            reason,
            nearness: 0.93,
        }];
        let new = HostState { last_report: LastReport::Never, ..host("new", None, true) };
        let cases: [Case; 10] = [
            (
                vec![filling],
                vec![],
                "1 host. fi1: /var/bigbluebutton is 93 % full, no space left in 8 days.",
            ),
            (vec![new.clone()], vec![], "No host has reported yet."),
            (vec![host("a", None, false), new], vec![], "2 hosts. new has never reported."),
            (vec![], vec![], "No host has reported yet."),
            (vec![host("a", None, false)], vec![], "1 host. All report."),
            (two(), vec![], "2 hosts. ca1 sends 85.0 of 1000 Mbit/s. All report."),
            (
                vec![host("a", None, true), host("b", Some(2e3), false), host("c", None, true)],
                vec![],
                "3 hosts. b sends 2.00 kbit/s. a, c are silent.",
            ),
            (
                two(),
                vec![("a", counts(0.0, 0.0)), ("ca1", counts(5.0, 63.0))],
                "2 hosts, 5 rooms, 63 people. ca1 sends 85.0 of 1000 Mbit/s. All report.",
            ),
            (
                two(),
                vec![("a", counts(1.0, 1.0)), ("ca1", None)],
                "2 hosts, 1 room, 1 person. ca1 sends 85.0 of 1000 Mbit/s. No answer from BBB on \
                 ca1. All report.",
            ),
            (
                vec![host("a", None, false)],
                vec![("a", None)],
                "1 host. No answer from BBB on a. All report.",
            ),
        ];
        for (hosts, rooms, expected) in cases {
            let rooms = rooms.into_iter().map(|(name, counts)| (name.to_owned(), counts)).collect();
            assert_eq!(headline(&hosts, 0, &rooms), expected);
        }
    }
}
