//! Figures and states as the pages say them.

use std::fmt::Write as _;

use crate::fleet::HostState;
use crate::graphs::{Prefix, significant};

/// A rate in Mbit/s with three digits; a dash for none.
pub fn megabits(rate: Option<f64>) -> String {
    rate.map_or_else(|| "–".into(), |rate| significant(rate / 1e6))
}

/// A rate with its own prefix.
pub fn rate(rate: f64) -> String {
    let prefix = Prefix::for_largest(rate);
    format!("{} {}", prefix.write(rate), prefix.unit("bit/s"))
}

/// How long ago, roughly.
pub fn ago(seconds: i64) -> String {
    match seconds {
        s if s < 2 => "now".into(),
        s if s < 120 => format!("{s} s ago"),
        s if s < 7200 => format!("{} min ago", s / 60),
        s if s < 172_800 => format!("{} h ago", s / 3600),
        s => format!("{} days ago", s / 86_400),
    }
}

/// The answer before the table: how many hosts, the busiest one, and whether all is well.
pub fn headline(hosts: &[HostState]) -> String {
    let mut words = match hosts.len() {
        0 => return "No host has reported yet.".into(),
        1 => "1 host.".to_owned(),
        several => format!("{several} hosts."),
    };
    let busiest = hosts
        .iter()
        .filter_map(|host| Some((host, host.sends?)))
        .max_by(|a, b| a.1.total_cmp(&b.1));
    if let Some((host, sends)) = busiest {
        let _ = match host.limit {
            Some(limit) => {
                write!(words, " {} sends {} of {}.", host.instance, rate(sends), rate(limit))
            }
            None => write!(words, " {} sends {}.", host.instance, rate(sends)),
        };
    }
    let silent: Vec<&str> =
        hosts.iter().filter(|host| host.silent).map(|host| host.instance.as_str()).collect();
    match &silent[..] {
        [] => words.push_str(" All report."),
        [one] => {
            let _ = write!(words, " {one} is silent.");
        }
        several => {
            let _ = write!(words, " {} are silent.", several.join(", "));
        }
    }
    words
}

/// The path of a sparkline, 120 × 24 points; gaps stay gaps.
pub fn sparkline(values: &[Option<f64>]) -> String {
    let highest = values.iter().flatten().fold(0.0f64, |a, &b| a.max(b));
    let mut path = String::new();
    if highest <= 0.0 {
        return path;
    }
    let width = 120.0 / values.len().max(1) as f64;
    for (place, value) in values.iter().enumerate() {
        let Some(value) = value else { continue };
        let (x, height) = (place as f64 * width, (value / highest * 23.0).max(0.5));
        let _ = write!(path, "M{x:.1},24v-{height:.1}h{width:.2}v{height:.1}z");
    }
    path
}

#[cfg(test)]
mod tests {
    use super::*;

    fn host(instance: &str, sends: Option<f64>, silent: bool) -> HostState {
        HostState {
            instance: instance.into(),
            last_report_ms: 0,
            silent,
            sends,
            receives: None,
            peak: None,
            devices: vec!["eth0".into()],
            limit: (instance == "ca1").then_some(1e9),
            day: Vec::new(),
            first_ms: None,
            lost_frames: 0,
        }
    }

    #[test]
    fn the_headline_answers_first() {
        let cases = [
            (vec![], "No host has reported yet."),
            (vec![host("a", None, false)], "1 host. All report."),
            (
                vec![host("a", Some(1e6), false), host("ca1", Some(85e6), false)],
                "2 hosts. ca1 sends 85.0 Mbit/s of 1.00 Gbit/s. All report.",
            ),
            (
                vec![host("a", None, true), host("b", Some(2e3), false), host("c", None, true)],
                "3 hosts. b sends 2.00 kbit/s. a, c are silent.",
            ),
        ];
        for (hosts, expected) in cases {
            assert_eq!(headline(&hosts), expected);
        }
    }

    #[test]
    fn ages_round_down() {
        let said = [0, 5, 119, 720, 7200, 200_000].map(ago).join(", ");
        assert_eq!(said, "now, 5 s ago, 119 s ago, 12 min ago, 2 h ago, 2 days ago");
    }

    #[test]
    fn a_sparkline_leaves_gaps_out() {
        assert_eq!(sparkline(&[Some(1.0), None, Some(2.0)]).matches('M').count(), 2);
        assert_eq!(sparkline(&[Some(0.0), None]), "");
    }
}
