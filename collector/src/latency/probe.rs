//! The last round of one path, told as blackbox_exporter tells a probe. It is read, never asked for. Pure.

use std::collections::BTreeSet;

use headroom_proto::catalogue::HEADROOM_PROBE_VANTAGE_OFFLINE;
use headroom_proto::exposition::Exposition;
use headroom_proto::metric::{INSTANCE, JOB, PROBE_JOB};
use headroom_proto::wire::ProbeKind;

use super::matrix::{SILENT_MS, name_of};
use super::path::PathName;
use super::series::kind_name;
use crate::samples::{Hints, METRIC, Matcher, ReadError, Reader, Selection, Series, TimeRange};

/// Labels that name the path, which whoever scrapes gives by the target.
const OF_PATH: [&str; 7] = [METRIC, INSTANCE, JOB, "datacentre", "family", "kind", "vantage"];

/// What is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WantedProbe<'w> {
    /// The target, as the configuration writes it.
    pub target: &'w str,
    /// How it is asked, such as `icmp`, `icmp_ipv6`, `tcp_connect`, `http_2xx` or `stun`; any, if there is one only.
    pub module: Option<&'w str>,
    /// From where; any, if there is one only.
    pub vantage: Option<&'w str>,
}

/// Why there is no answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ProbeMistake {
    /// Nothing is pinged in such a way.
    #[error("module={0} is none of icmp, tcp, http or stun, with _ipv4 or _ipv6 if need be")]
    Module(String),
    /// Nobody told anything.
    #[error("no round of {0} was told of in the last three minutes")]
    Silent(String),
    /// Not one path, but several.
    #[error("{0} is pinged by several: name one by module= and vantage= ({1})")]
    Several(String, String),
}

/// The text of a probe.
pub fn probe(
    reader: Reader<'_>,
    wanted: WantedProbe<'_>,
    now_ms: i64,
) -> Result<Result<String, ProbeMistake>, ReadError> {
    let module = match wanted.module.map(Module::read).transpose() {
        Ok(module) => module.unwrap_or_default(),
        Err(mistake) => return Ok(Err(mistake)),
    };
    let own = [Matcher::equal(INSTANCE, wanted.target), Matcher::equal(JOB, PROBE_JOB)];
    let matchers: Vec<Matcher> = own.into_iter().chain(module.matchers()).collect();
    let range = TimeRange { from_ms: now_ms - SILENT_MS, to_ms: now_ms };
    let found = reader.select(Selection { matchers: &matchers, range }, Hints::default())?;
    let told = tell(&found, wanted);
    reader.budget.release(found.iter().map(Series::bytes).sum());
    Ok(told)
}

fn tell(found: &[Series], wanted: WantedProbe<'_>) -> Result<String, ProbeMistake> {
    let is_wanted = |name: &PathName| wanted.vantage.is_none_or(|one| one == name.vantage);
    let names: BTreeSet<PathName> =
        found.iter().map(|series| name_of(&series.labels)).filter(is_wanted).collect();
    let target = || wanted.target.to_owned();
    // Whoever asks for no family gets IPv4 where there are both.
    let mut names: Vec<&PathName> = names.iter().collect();
    names.dedup_by(|six, four| {
        PathName { family: four.family.clone(), ..PathName::clone(six) } == **four
    });
    let name = match &names[..] {
        [] => return Err(ProbeMistake::Silent(target())),
        [name] => *name,
        several => {
            let words = several.iter().map(|one| format!("{} from {}", one.kind, one.vantage));
            let words = words.collect::<Vec<_>>().join(", ");
            return Err(ProbeMistake::Several(target(), words));
        }
    };
    let own: Vec<&Series> = found.iter().filter(|one| name_of(&one.labels) == *name).collect();
    let offline = HEADROOM_PROBE_VANTAGE_OFFLINE.name;
    let rounds = own.iter().find(|series| series.labels.metric() == offline);
    let round_ms = rounds.and_then(|series| series.timestamps.last());
    let round_ms = *round_ms.ok_or_else(|| ProbeMistake::Silent(target()))?;
    let mut told = Exposition::default();
    for series in own {
        // What the last round did not say is not said.
        if let (Some(at_ms), Some(value)) = (series.timestamps.last(), series.values.last())
            && *at_ms == round_ms
        {
            let labels = series.labels.iter().filter(|(name, _)| !OF_PATH.contains(name));
            told.add(series.labels.metric(), labels, *value);
        }
    }
    Ok(told.to_string())
}

/// A kind and a family, each if it is named.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
struct Module {
    kind: Option<ProbeKind>,
    family: Option<&'static str>,
}

impl Module {
    fn read(text: &str) -> Result<Self, ProbeMistake> {
        let kind = match text.split('_').next().unwrap_or_default() {
            "icmp" => ProbeKind::Icmp,
            "tcp" => ProbeKind::Tcp,
            "http" | "https" => ProbeKind::Https,
            "stun" => ProbeKind::Stun,
            _ => return Err(ProbeMistake::Module(text.chars().take(64).collect())),
        };
        let families = ["ipv4", "ipv6"];
        let family =
            families.into_iter().find(|family| text.split('_').any(|word| word == *family));
        Ok(Self { kind: Some(kind), family })
    }

    fn matchers(self) -> impl Iterator<Item = Matcher> {
        let kind = self.kind.map(|kind| Matcher::equal("kind", kind_name(kind)));
        kind.into_iter().chain(self.family.map(|family| Matcher::equal("family", family)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::samples::Labels;
    use headroom_proto::catalogue::{
        PROBE_DURATION_SECONDS, PROBE_ICMP_DURATION_SECONDS, PROBE_SUCCESS,
    };

    fn series(metric: &str, path: &[(&str, &str)], last: (i64, f64)) -> Series {
        let own = [(INSTANCE, "ca1"), (JOB, PROBE_JOB), ("datacentre", "here")];
        let labels = Labels::new(metric, own.iter().chain(path).copied());
        Series { labels, timestamps: vec![0, last.0], values: vec![7.0, last.1], stand_ins: vec![] }
    }

    fn path<'p>(vantage: &'p str, kind: &'p str, family: &'p str) -> [(&'p str, &'p str); 3] {
        [("vantage", vantage), ("kind", kind), ("family", family)]
    }

    const ANY: WantedProbe<'_> = WantedProbe { target: "ca1", module: None, vantage: None };

    #[test]
    fn the_last_round_is_told_and_nothing_of_the_one_before() {
        let four = path("lagos", "icmp", "ipv4");
        let phase = [&four[..], &[("phase", "rtt")]].concat();
        let found = [
            series(HEADROOM_PROBE_VANTAGE_OFFLINE.name, &four, (60_000, 0.0)),
            series(PROBE_SUCCESS.name, &four, (60_000, 1.0)),
            series(PROBE_ICMP_DURATION_SECONDS.name, &phase, (60_000, 0.012)),
            series(PROBE_DURATION_SECONDS.name, &four, (30_000, 0.5)),
            series(
                HEADROOM_PROBE_VANTAGE_OFFLINE.name,
                &path("lagos", "icmp", "ipv6"),
                (60_000, 1.0),
            ),
        ];
        let text = tell(&found, ANY).unwrap();
        let lines: Vec<&str> = text.lines().filter(|line| !line.starts_with('#')).collect();
        let expected = [
            "headroom_probe_vantage_offline 0",
            "probe_icmp_duration_seconds{phase=\"rtt\"} 0.012",
            "probe_success 1",
        ];
        assert_eq!(lines, expected);
        assert!(text.contains("# TYPE probe_success gauge\n"), "{text}");
    }

    #[test]
    fn who_names_too_little_is_told_what_there_is() {
        let offline = HEADROOM_PROBE_VANTAGE_OFFLINE.name;
        let found = [
            series(offline, &path("lagos", "icmp", "ipv4"), (60_000, 0.0)),
            series(offline, &path("paris", "tcp", "ipv4"), (60_000, 0.0)),
        ];
        let mistake = tell(&found, ANY).unwrap_err().to_string();
        assert!(mistake.ends_with("(icmp from lagos, tcp from paris)"), "{mistake}");
        assert!(tell(&found, WantedProbe { vantage: Some("paris"), ..ANY }).is_ok());
        let nobody = tell(&found, WantedProbe { vantage: Some("oslo"), ..ANY });
        assert_eq!(nobody, Err(ProbeMistake::Silent("ca1".into())));
    }

    #[test]
    fn modules_are_called_as_they_are_elsewhere() {
        for (text, expected) in [
            ("icmp", Some((ProbeKind::Icmp, None))),
            ("icmp_ipv6", Some((ProbeKind::Icmp, Some("ipv6")))),
            ("tcp_connect", Some((ProbeKind::Tcp, None))),
            ("http_2xx", Some((ProbeKind::Https, None))),
            ("https", Some((ProbeKind::Https, None))),
            ("stun_ipv4", Some((ProbeKind::Stun, Some("ipv4")))),
            ("dns", None),
            ("", None),
        ] {
            let read = Module::read(text).ok();
            let expected = expected.map(|(kind, family)| Module { kind: Some(kind), family });
            assert_eq!(read, expected, "{text}");
        }
    }
}
