//! Rounds of pings are kept and become samples: only of targets that this agent was given, under names and labels that
//! are the collector's own.

use std::collections::HashMap;

use headroom_proto::catalogue::HEADROOM_PROBE_VANTAGE_OFFLINE;
use headroom_proto::metric::{INSTANCE, JOB, PROBE_JOB};
use headroom_proto::wire::ProbeRound;

use super::frames::Refused;
use crate::latency::{self, GivenTargets, Round, Sample, family_name, kind_name};
use crate::samples::METRIC;
use crate::store::{RoundWrite, SeriesId, SeriesLimit};
use crate::telemetry::RefusalReason;

/// The most series of rounds whose ids a stream keeps: more than all targets have.
const MOST_KNOWN: usize = 400_000;

/// The series of rounds that a stream has told of, by what names them.
#[derive(Debug, Default)]
pub struct StreamRounds {
    known: HashMap<SeriesName, SeriesId>,
}

/// A path's metric, and the label that is its own.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct SeriesName {
    target: String,
    datacentre: String,
    kind: &'static str,
    family: &'static str,
    metric: &'static str,
    label: Option<(&'static str, &'static str)>,
}

/// Who tells of rounds.
#[derive(Debug, Clone, Copy)]
pub struct Teller<'t> {
    /// The agent, as its token says.
    pub agent: &'t str,
    /// What it was given to ping.
    pub given: &'t GivenTargets,
    /// When, Unix time in milliseconds.
    pub told_ms: i64,
}

/// What became of the rounds of a frame.
#[derive(Debug, Default)]
pub struct Told {
    /// The series that are known now.
    pub known: StreamRounds,
    /// Those of the rounds, each once.
    pub series: Vec<SeriesId>,
    /// Their values.
    pub values: Vec<f64>,
    /// The rounds themselves.
    pub rounds: Vec<RoundWrite>,
    /// What was left out.
    pub refused: Vec<Refused>,
}

impl StreamRounds {
    /// The samples of rounds that an agent tells. `resolve` finds the id of labels, sorted by name.
    pub fn samples(
        self,
        teller: Teller<'_>,
        rounds: &[ProbeRound],
        resolve: impl Fn(&[(&str, &str)]) -> Result<SeriesId, SeriesLimit>,
    ) -> Told {
        let Teller { agent, given, told_ms } = teller;
        let mut told = Told { known: self, ..Told::default() };
        let mut places: HashMap<SeriesId, usize> = HashMap::new();
        for round in rounds {
            let checked = check(given, round);
            let (round, datacentre) = match checked {
                Ok(checked) => checked,
                Err(message) => {
                    told.refused.push(Refused {
                        reason: RefusalReason::Round,
                        samples: 1,
                        message,
                    });
                    continue;
                }
            };
            for sample in latency::samples(&round) {
                let name = SeriesName::of(&round, datacentre, &sample);
                match told.known.id(name, agent, &resolve) {
                    Ok(id) => {
                        told.add(&mut places, id, sample.value);
                        // The series that each round has names its path.
                        if sample.metric.name == HEADROOM_PROBE_VANTAGE_OFFLINE.name {
                            told.rounds.push(RoundWrite { path: id, round: round.kept(told_ms) });
                        }
                    }
                    Err(limit) => told.refused.push(Refused {
                        reason: (&limit).into(),
                        samples: 1,
                        message: limit.to_string(),
                    }),
                }
            }
        }
        told
    }

    fn id(
        &mut self,
        name: SeriesName,
        agent: &str,
        resolve: impl Fn(&[(&str, &str)]) -> Result<SeriesId, SeriesLimit>,
    ) -> Result<SeriesId, SeriesLimit> {
        if let Some(known) = self.known.get(&name) {
            return Ok(*known);
        }
        let id = resolve(&name.pairs(agent))?;
        if self.known.len() < MOST_KNOWN {
            self.known.insert(name, id);
        }
        Ok(id)
    }
}

impl Told {
    /// A frame has one moment, so of two rounds of a path the later one counts.
    fn add(&mut self, places: &mut HashMap<SeriesId, usize>, id: SeriesId, value: f64) {
        if let Some(place) = places.get(&id) {
            self.values[*place] = value;
            return;
        }
        places.insert(id, self.series.len());
        self.series.push(id);
        self.values.push(value);
    }
}

impl SeriesName {
    fn of(round: &Round, datacentre: &str, sample: &Sample) -> Self {
        Self {
            target: round.target.clone(),
            datacentre: datacentre.to_owned(),
            kind: kind_name(round.kind),
            family: family_name(round.family),
            metric: sample.metric.name,
            label: sample.label,
        }
    }

    fn pairs<'n>(&'n self, agent: &'n str) -> Vec<(&'n str, &'n str)> {
        let own = [
            (METRIC, self.metric),
            (INSTANCE, &*self.target),
            (JOB, PROBE_JOB),
            ("vantage", agent),
            ("datacentre", &*self.datacentre),
            ("kind", self.kind),
            ("family", self.family),
        ];
        let mut pairs: Vec<(&str, &str)> = own.into_iter().chain(self.label).collect();
        pairs.sort_unstable();
        pairs
    }
}

/// A round that may be taken, and the datacentre that its target stands for.
fn check<'g>(given: &'g GivenTargets, told: &ProbeRound) -> Result<(Round, &'g str), String> {
    let shown: String = told.target.chars().take(64).collect();
    let datacentre = given.datacentre(&told.target, told.kind());
    let datacentre =
        datacentre.ok_or_else(|| format!("pings of {shown:?}, which this agent was not given"))?;
    let round = Round::of(told.clone()).map_err(|error| format!("pings of {shown:?}: {error}"))?;
    Ok((round, datacentre))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::latency::{Datacentre, Places, Vantage};
    use crate::store::{Claim, Store};
    use headroom_proto::wire::{AddressFamily, ProbeKind, ProbeTarget};

    fn places() -> Places {
        let target =
            |text: &str| ProbeTarget { target: text.into(), kind: ProbeKind::Icmp.into(), only: 0 };
        Places {
            vantages: vec![Vantage {
                agent: "lagos".into(),
                region: None,
                city: None,
                coordinates: None,
                network: None,
            }],
            datacentres: vec![Datacentre {
                name: "montreal".into(),
                city: None,
                coordinates: None,
                hosts: vec![],
                targets: vec![target("ca1.example.org")],
            }],
            ..Places::default()
        }
    }

    fn round(target: &str, received: usize) -> ProbeRound {
        ProbeRound {
            target: target.into(),
            kind: ProbeKind::Icmp.into(),
            family: AddressFamily::Ipv4.into(),
            span_ms: 60_000,
            sent: 20,
            round_trips_us: vec![100; received],
            ..ProbeRound::default()
        }
    }

    #[test]
    fn only_targets_that_were_given_become_series_and_the_labels_are_our_own() {
        let folder = tempfile::TempDir::new().unwrap();
        let store = Store::open(folder.path()).unwrap();
        let seen = std::cell::RefCell::new(Vec::new());
        let resolve = |pairs: &[(&str, &str)]| {
            let text = pairs.iter().map(|(name, value)| format!("{name}={value}"));
            seen.borrow_mut().push(text.collect::<Vec<_>>().join(" "));
            store.series_id_of(pairs, Claim::Own)
        };
        let given = places().given_to("lagos");
        let lagos = Teller { agent: "lagos", given: &given, told_ms: 60_000 };
        let mut broken = round("ca1.example.org", 20);
        broken.sent = 7;
        let rounds =
            [round("ca1.example.org", 5), round("evil", 20), broken, round("ca1.example.org", 20)];
        let told = StreamRounds::default().samples(lagos, &rounds, resolve);
        let reasons: Vec<&str> = told.refused.iter().map(|one| one.message.as_str()).collect();
        assert_eq!(
            reasons,
            [
                "pings of \"evil\", which this agent was not given",
                "pings of \"ca1.example.org\": a round of 7 pings with 20 answers and errors"
            ]
        );
        // Each series once, with the later value.
        let distinct: std::collections::HashSet<_> = told.series.iter().collect();
        assert_eq!((distinct.len(), told.values.len()), (told.series.len(), told.series.len()));
        let received = "__name__=headroom_probe_received datacentre=montreal family=ipv4 \
                        instance=ca1.example.org job=probe kind=icmp vantage=lagos";
        let place = seen.borrow().iter().position(|labels| labels == received).unwrap();
        assert_eq!(told.values[place], 20.0);
        let kept: Vec<u32> = told.rounds.iter().map(|one| one.round.received()).collect();
        assert_eq!(kept, [5, 20]);
        let path = "__name__=headroom_probe_vantage_offline datacentre=montreal family=ipv4 \
                    instance=ca1.example.org job=probe kind=icmp vantage=lagos";
        let place = seen.borrow().iter().position(|labels| labels == path).unwrap();
        assert!(told.rounds.iter().all(|one| one.path == told.series[place]));
        // What is known is not asked for again, and whoever is no vantage was given nothing.
        let asked = seen.borrow().len();
        let again = told.known.samples(lagos, &rounds[..1], resolve);
        assert_eq!((seen.borrow().len(), again.series.len()), (asked, asked));
        let other = places().given_to("paris");
        let paris = Teller { agent: "paris", given: &other, told_ms: 60_000 };
        let told = StreamRounds::default().samples(paris, &rounds, resolve);
        assert_eq!((told.series.len(), told.rounds.len(), told.refused.len()), (0, 0, 4));
    }
}
