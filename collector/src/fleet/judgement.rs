//! What is judged of a host, in one place: silence, BBB, disks, memory, processors, the link. Pure: the
//! facts and the moment come in, findings in words go out, the worst first.

use std::cmp::Ordering;
use std::fmt::Write as _;

use super::Reporter;
use super::facts::{Facts, LastReport, Mount};

/// How much of something may be used: from the first on it deserves a look, from the second on it is
/// bad.
struct Thresholds {
    warning: f64,
    bad: f64,
}

const DISK: Thresholds = Thresholds { warning: 0.95, bad: 0.98 };
const MEMORY: Thresholds = Thresholds { warning: 0.92, bad: 0.97 };
/// BBB's audio suffers from here on.
const CPU: Thresholds = Thresholds { warning: 0.8, bad: 0.95 };
const LINK: Thresholds = Thresholds { warning: 0.8, bad: 0.95 };

/// A disk that is full so soon deserves a look, and is bad. What has more room than it uses is left in
/// peace: a trend of a few days says little of months.
const FULL_SOON_SECONDS: f64 = 14.0 * DAY_SECONDS;
const FULL_NOW_SECONDS: f64 = DAY_SECONDS;
const DAY_SECONDS: f64 = 86_400.0;
const LEAST_USED: f64 = 0.5;

/// How bad something is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// It deserves a look.
    Warning,
    /// It is too much, or does not work.
    Bad,
}

/// What was judged, in the order in which it is told of what is equally bad.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Subject {
    /// Whether the host reports.
    Silence,
    /// Whether its BBB answers.
    Bbb,
    /// A file system.
    Disk,
    /// Its memory.
    Memory,
    /// Its processors.
    Cpu,
    /// Its link.
    Link,
}

/// One thing that somebody should look at.
#[derive(Debug, Clone, PartialEq)]
pub struct Finding {
    /// How bad it is.
    pub severity: Severity,
    /// What was judged.
    pub subject: Subject,
    /// The reason, such as `/var/bigbluebutton is 93 % full, no space left in 8 days`.
    pub reason: String,
    /// How near it is to the worst, for the order among equals: 1 is the worst.
    pub nearness: f64,
}

impl Subject {
    /// In one word.
    pub fn word(self) -> &'static str {
        match self {
            Self::Silence => "silent",
            Self::Bbb => "BBB",
            Self::Disk => "disk",
            Self::Memory => "memory",
            Self::Cpu => "CPU",
            Self::Link => "link",
        }
    }
}

impl Finding {
    /// Which of two is told first.
    pub fn urgency(&self, other: &Self) -> Ordering {
        (other.severity.cmp(&self.severity))
            .then_with(|| self.subject.cmp(&other.subject))
            .then_with(|| other.nearness.total_cmp(&self.nearness))
            .then_with(|| self.reason.cmp(&other.reason))
    }
}

/// Which of two hosts to look at first, by their findings: by the worst, then by how many there are.
pub fn urgency(one: &[Finding], other: &[Finding]) -> Ordering {
    match (one.first(), other.first()) {
        (Some(a), Some(b)) => (b.severity.cmp(&a.severity))
            .then_with(|| a.subject.cmp(&b.subject))
            .then_with(|| b.nearness.total_cmp(&a.nearness))
            .then_with(|| other.len().cmp(&one.len())),
        (Some(_), None) => Ordering::Less,
        (None, Some(_)) => Ordering::Greater,
        (None, None) => Ordering::Equal,
    }
}

/// What is to be said of a host at a moment, Unix time in milliseconds; the worst first. Of one that
/// is silent nothing else is known to be so still.
pub fn judge(facts: &Facts, now_ms: i64) -> Vec<Finding> {
    if let Some(silence) = silence(facts, now_ms) {
        return vec![silence];
    }
    let mut findings: Vec<Finding> = facts.mounts.iter().filter_map(disk).collect();
    findings.extend(bbb(facts));
    let shares = [
        (Subject::Memory, MEMORY, facts.memory_used, "of the memory is used"),
        (Subject::Cpu, CPU, facts.cpu_busy, "of the processors' time of five minutes was used"),
    ];
    for (subject, thresholds, used, words) in shares {
        let Some(used) = used else { continue };
        let reason = format!("{} {words}", percent(used));
        findings.extend(thresholds.judge(subject, used, reason));
    }
    findings.extend(link(facts));
    findings.sort_by(Finding::urgency);
    findings
}

fn silence(facts: &Facts, now_ms: i64) -> Option<Finding> {
    let finding = |severity, reason: String, nearness| Finding {
        severity,
        subject: Subject::Silence,
        reason,
        nearness,
    };
    let reported_ms = match facts.report {
        LastReport::Never => {
            let reason = "is configured and has never reported".to_owned();
            return Some(finding(Severity::Warning, reason, 0.0));
        }
        LastReport::LongAgo => {
            let reason = match facts.reporter {
                Reporter::Agent => "has not reported for more than a month",
                Reporter::Writer => "nobody has written of it for more than a month",
            };
            return Some(finding(Severity::Bad, reason.to_owned(), 0.0));
        }
        LastReport::At(reported_ms) => reported_ms,
    };
    let silent_ms = now_ms - reported_ms;
    let patience_ms = facts.reporter.silent_after_ms();
    let silence = lasting(silent_ms as f64 / 1000.0);
    let reason = || match facts.reporter {
        Reporter::Agent => format!("has not reported for {silence}"),
        Reporter::Writer => format!("nobody has written of it for {silence}"),
    };
    // A silence that has just begun is the one to look at.
    let nearness = || patience_ms as f64 / silent_ms as f64;
    (silent_ms > patience_ms).then(|| finding(Severity::Bad, reason(), nearness()))
}

fn bbb(facts: &Facts) -> Option<Finding> {
    let state = facts.bbb.as_ref().filter(|state| *state != "ok")?;
    let reason = format!("BBB does not answer: {}", state.replace('_', " "));
    Some(Finding { severity: Severity::Bad, subject: Subject::Bbb, reason, nearness: 1.0 })
}

fn disk(mount: &Mount) -> Option<Finding> {
    let used = mount.used_ratio()?;
    let seconds = mount.seconds_left().filter(|_| used >= LEAST_USED);
    let soon = |limit: f64| seconds.is_some_and(|seconds| seconds < limit);
    let severity = if used >= DISK.bad || soon(FULL_NOW_SECONDS) {
        Severity::Bad
    } else if used >= DISK.warning || soon(FULL_SOON_SECONDS) {
        Severity::Warning
    } else {
        return None;
    };
    let name = &mount.mountpoint;
    let mut reason = format!("{name} is {} full", percent(used));
    if let Some(seconds) = seconds {
        let _ = write!(reason, ", no space left in {}", lasting(seconds));
    }
    Some(Finding { severity, subject: Subject::Disk, reason, nearness: used })
}

fn link(facts: &Facts) -> Option<Finding> {
    let (peak, limit) = (facts.sent_peak?, facts.link_speed.filter(|limit| *limit > 0.0)?);
    let used = peak / limit;
    let [peak, limit] = [peak, limit].map(|rate| rate / 1e6);
    let reason = format!("sent {peak:.0} of {limit:.0} Mbit/s at the peak of the last day");
    LINK.judge(Subject::Link, used, reason)
}

impl Thresholds {
    fn judge(&self, subject: Subject, used: f64, reason: String) -> Option<Finding> {
        let severity = match used {
            used if used >= self.bad => Severity::Bad,
            used if used >= self.warning => Severity::Warning,
            _ => return None,
        };
        Some(Finding { severity, subject, reason, nearness: used })
    }
}

/// A part of a whole; nothing is full before it is.
pub fn percent(part: f64) -> String {
    let percent = (part * 100.0).round();
    let percent = if part < 1.0 { percent.min(99.0) } else { percent };
    format!("{percent:.0} %")
}

/// A time that something lasts, roughly.
pub fn lasting(seconds: f64) -> String {
    let counted = |count: f64, one: &str, several: &str| {
        let count = count.floor();
        format!("{count:.0} {}", if count < 2.0 { one } else { several })
    };
    match seconds {
        s if s < 120.0 => format!("{s:.0} s"),
        s if s < 7200.0 => format!("{:.0} min", (s / 60.0).floor()),
        s if s < 2.0 * DAY_SECONDS => format!("{:.0} h", (s / 3600.0).floor()),
        s if s < 90.0 * DAY_SECONDS => counted(s / DAY_SECONDS, "day", "days"),
        s if s < 730.0 * DAY_SECONDS => counted(s / (30.0 * DAY_SECONDS), "month", "months"),
        s if s < 3650.0 * DAY_SECONDS => counted(s / (365.0 * DAY_SECONDS), "year", "years"),
        _ => "over 10 years".into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW_MS: i64 = 1_590_678_000_000;

    fn host() -> Facts {
        Facts { report: LastReport::At(NOW_MS - 5_000), ..Facts::named("fi1") }
    }

    /// A file system of 100 GB that is used so far and gains so many GB a day.
    fn mount(mountpoint: &str, used: f64, a_day: f64) -> Mount {
        Mount {
            mountpoint: mountpoint.into(),
            used_bytes: used * 1e9,
            left_bytes: (100.0 - used) * 1e9,
            filling: Some(a_day * 1e9 / DAY_SECONDS),
        }
    }

    fn said(facts: &Facts) -> String {
        let say = |finding: &Finding| format!("{:?}: {}", finding.severity, finding.reason);
        judge(facts, NOW_MS).iter().map(say).collect::<Vec<_>>().join("; ")
    }

    #[test]
    fn each_thing_is_judged_with_its_reason() {
        let mounts = |mounts: &[Mount]| Facts { mounts: mounts.to_vec(), ..host() };
        for (facts, expected) in [
            (host(), ""),
            (Facts::named("new"), "Warning: is configured and has never reported"),
            (
                Facts { report: LastReport::At(NOW_MS - 720_000), cpu_busy: Some(1.0), ..host() },
                "Bad: has not reported for 12 min",
            ),
            (
                Facts {
                    report: LastReport::At(NOW_MS - 720_000),
                    reporter: Reporter::Writer,
                    ..host()
                },
                "Bad: nobody has written of it for 12 min",
            ),
            (
                Facts { bbb: Some("http_status".into()), ..host() },
                "Bad: BBB does not answer: http status",
            ),
            (Facts { bbb: Some("ok".into()), ..host() }, ""),
            (
                mounts(&[mount("/", 40.0, 30.0), mount("/var/bigbluebutton", 60.0, 5.0)]),
                "Warning: /var/bigbluebutton is 60 % full, no space left in 8 days",
            ),
            (
                mounts(&[mount("/", 96.0, -1.0), mount("/srv", 80.0, 29.0)]),
                "Bad: /srv is 80 % full, no space left in 16 h; Warning: / is 96 % full",
            ),
            (mounts(&[mount("/", 99.9, 0.0)]), "Bad: / is 99 % full"),
            (mounts(&[mount("/", 94.0, 0.1)]), ""),
            (
                Facts { memory_used: Some(0.93), cpu_busy: Some(0.96), ..host() },
                "Bad: 96 % of the processors' time of five minutes was used; Warning: 93 % of the \
                 memory is used",
            ),
            (
                Facts { sent_peak: Some(850e6), link_speed: Some(1e9), ..host() },
                "Warning: sent 850 of 1000 Mbit/s at the peak of the last day",
            ),
            (Facts { sent_peak: Some(850e6), ..host() }, ""),
        ] {
            assert_eq!(said(&facts), expected, "{facts:?}");
        }
    }

    #[test]
    fn hosts_come_in_the_order_of_their_worst() {
        let judged = |facts: &Facts| judge(facts, NOW_MS);
        let silent =
            |ago_ms| Facts { report: LastReport::At(NOW_MS - ago_ms), ..Facts::named("s") };
        let order = [
            silent(70_000),
            silent(86_400_000),
            Facts { bbb: Some("timeout".into()), ..host() },
            Facts { mounts: vec![mount("/", 98.5, 0.0)], ..host() },
            Facts::named("new"),
            Facts { mounts: vec![mount("/", 96.0, 0.0)], ..host() },
            Facts { memory_used: Some(0.93), ..host() },
            host(),
        ];
        for pair in order.windows(2) {
            let [one, other] = [&pair[0], &pair[1]].map(judged);
            assert_eq!(urgency(&one, &other), Ordering::Less, "{pair:?}");
        }
    }
}
