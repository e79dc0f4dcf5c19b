//! `info`: series with the labels of info metrics that have the same instance and job.

use std::collections::BTreeMap;

use super::QueryError;
use super::meter::Meter;
use super::rows::Rows;
use super::tree::Info;
use super::value::Row;
use crate::samples::{Labels, METRIC, Matcher};

/// The labels by which a series finds its info.
const IDENTITY: [&str; 2] = ["instance", "job"];

/// What a series' info is found by.
type Identity<'r> = [&'r str; 2];

/// The series of info metrics with the same identity, by the metric's name.
type Candidates<'r> = BTreeMap<&'r str, Vec<&'r Row>>;

impl Info {
    /// Whether a series is one of the info metrics themselves, which get no labels.
    pub fn is_info(&self, labels: &Labels) -> bool {
        !self.names.is_empty() && self.names.iter().all(|name| name.accepts(labels.metric()))
    }

    /// The matchers of the info series that some series may need; nothing if none can have any.
    pub fn matchers(&self, rows: &Rows<'_>) -> Option<Vec<Matcher>> {
        let wanting = || rows.list.iter().filter(|row| !self.is_info(&row.labels));
        let identities = IDENTITY.map(|name| {
            let values = wanting().filter_map(|row| row.labels.get(name));
            let values: std::collections::BTreeSet<&str> = values.collect();
            (!values.is_empty()).then(|| Matcher::one_of(name, values))
        });
        if identities.iter().all(Option::is_none) {
            return None;
        }
        let named = self.names.iter().chain(&self.data).cloned();
        Some(named.chain(identities.into_iter().flatten()).collect())
    }

    /// Whether the labels of info metrics may all be missing.
    fn allows_none(&self) -> bool {
        self.data.iter().all(|matcher| matcher.accepts(""))
    }

    fn wants(&self, label: &str) -> bool {
        label != METRIC
            && (self.data.is_empty() || self.data.iter().any(|matcher| matcher.name() == label))
    }
}

/// Rows with the labels of their infos, whose points are the moments of their samples.
pub fn enriched<'b>(
    node: &Info,
    rows: &Rows<'b>,
    infos: &Rows<'b>,
    meter: &Meter<'b>,
) -> Result<Rows<'b>, QueryError> {
    let mut known: BTreeMap<Identity<'_>, Candidates<'_>> = BTreeMap::new();
    let mut memory = meter.nothing();
    for info in &infos.list {
        meter.check()?;
        memory.take(2 * size_of::<(Identity<'_>, Candidates<'_>)>() as u64)?;
        let of_identity = known.entry(identity(&info.labels)).or_default();
        of_identity.entry(info.labels.metric()).or_default().push(info);
    }
    let nobody = Candidates::new();
    let mut found = Rows::none(meter);
    for row in &rows.list {
        meter.check()?;
        if node.is_info(&row.labels) {
            found.take(row.points.len())?;
            found.names.take(row.labels.bytes())?;
            found.list.push(row.clone());
            continue;
        }
        let candidates = known.get(&identity(&row.labels)).unwrap_or(&nobody);
        enrich(node, row, candidates, Enriched { rows: &mut found, meter })?;
    }
    found.merge(meter)?;
    Ok(found)
}

fn identity(labels: &Labels) -> Identity<'_> {
    IDENTITY.map(|name| labels.get(name).unwrap_or_default())
}

/// Where rows go that have got their labels.
struct Enriched<'e, 'm, 'b> {
    rows: &'e mut Rows<'b>,
    meter: &'m Meter<'b>,
}

/// Infos that a series has at some steps, and its row with their labels, if it has one.
struct Choice<'r> {
    infos: Vec<&'r Labels>,
    place: Option<usize>,
}

/// Adds a row for each choice of infos that a series has at some steps: mostly one.
fn enrich(
    node: &Info,
    row: &Row,
    candidates: &Candidates<'_>,
    enriched: Enriched<'_, '_, '_>,
) -> Result<(), QueryError> {
    let Enriched { rows, meter } = enriched;
    let mut known: Vec<Choice<'_>> = Vec::new();
    let steps = row.points.len();
    for span in meter.spans(steps) {
        for step in span? {
            let Some(value) = row.points[step] else { continue };
            let chosen = newest(candidates, step)?;
            let infos: Vec<&Labels> = chosen.iter().map(|info| &info.labels).collect();
            let place = if let Some(choice) = known.iter().find(|choice| choice.infos == infos) {
                choice.place
            } else {
                let labels = joined(node, &row.labels, &infos)?;
                let place = labels.map(|labels| add(rows, labels, steps)).transpose()?;
                known.push(Choice { infos, place });
                place
            };
            if let Some(place) = place {
                rows.list[place].points[step] = Some(value);
            }
        }
    }
    Ok(())
}

fn add(rows: &mut Rows<'_>, labels: Labels, steps: usize) -> Result<usize, QueryError> {
    rows.take(steps)?;
    rows.names.take(labels.bytes())?;
    rows.list.push(Row { labels, points: vec![None; steps] });
    Ok(rows.list.len() - 1)
}

/// The newest info of each metric at a step.
fn newest<'r>(candidates: &Candidates<'r>, step: usize) -> Result<Vec<&'r Row>, QueryError> {
    let mut chosen = Vec::with_capacity(candidates.len());
    for infos in candidates.values() {
        let mut newest: Option<(&Row, f64)> = None;
        for &info in infos {
            let Some(seconds) = info.points[step] else { continue };
            match newest {
                Some((known, at)) if at == seconds => {
                    return Err(QueryError::Execution(format!(
                        "found duplicate series for info metric: existing {} @ {at}, new {} @ {at}",
                        known.labels, info.labels
                    )));
                }
                Some((_, at)) if at > seconds => {}
                Some(_) | None => newest = Some((info, seconds)),
            }
        }
        chosen.extend(newest.map(|(info, _)| info));
    }
    Ok(chosen)
}

/// The labels of a series and those of its infos that it has not; nothing if it must have some.
fn joined(node: &Info, labels: &Labels, infos: &[&Labels]) -> Result<Option<Labels>, QueryError> {
    if infos.is_empty() && !node.allows_none() {
        return Ok(None);
    }
    let mut all: BTreeMap<&str, &str> = BTreeMap::new();
    for info in infos {
        for (name, value) in info.iter().filter(|(name, _)| node.wants(name)) {
            if all.get(name).is_some_and(|known| *known != value) {
                return Err(QueryError::Execution(format!("conflicting label: {name}")));
            }
            if labels.get(name).is_none() {
                all.insert(name, value);
            }
        }
    }
    all.extend(labels.iter());
    Ok(Some(Labels::sorted(all.into_iter())))
}
