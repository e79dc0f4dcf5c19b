//! `GET /api/v2/alerts` and `/api/v2/alerts/groups`.

use std::collections::BTreeMap;

use axum::response::Response;
use serde::Serialize;

use super::{Wished, answer, filters, is_wanted, told, uuid};
use crate::oncall::{Group, Known, Matcher, Shown, Texts, whole_link};
use crate::web::gate::{Gate, Kind};
use crate::web::problem::Problem;
use crate::web::question::Wishes;
use crate::web::site::Visit;

/// How long what our own rules find is said to fire: it is found again and again, in milliseconds.
const FOUND_FOR_MS: i64 = 300_000;

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Alert<'a> {
    labels: &'a Texts,
    annotations: &'a Texts,
    receivers: &'a [Receiver<'a>],
    fingerprint: String,
    starts_at: String,
    updated_at: String,
    ends_at: String,
    #[serde(rename = "generatorURL", skip_serializing_if = "String::is_empty")]
    generator_url: String,
    status: Status,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Status {
    state: &'static str,
    silenced_by: Vec<String>,
    inhibited_by: Vec<String>,
    muted_by: [String; 0],
}

#[derive(Debug, Clone, Serialize)]
struct Receiver<'a> {
    name: &'a str,
}

#[derive(Debug, Serialize)]
struct Told<'a> {
    labels: BTreeMap<&'a str, &'a str>,
    receiver: Receiver<'a>,
    alerts: Vec<Alert<'a>>,
}

/// Which alerts are wanted.
struct Wanted {
    filters: Vec<Matcher>,
    receiver: Option<Matcher>,
    active: bool,
    silenced: bool,
    inhibited: bool,
}

impl Wanted {
    fn of(wished: &Wished) -> Result<Self, Problem> {
        let receiver = wished.iter().find(|(name, value)| name == "receiver" && !value.is_empty());
        let pattern = |(_, value): &(String, String)| Matcher::parse(&format!("receiver=~{value}"));
        let receiver = receiver.map(pattern).transpose();
        Ok(Self {
            filters: filters(wished)?,
            receiver: receiver.map_err(|error| {
                Problem::bad_request(format!("failed to parse receiver param: {error}"))
            })?,
            active: is_wanted(wished, "active")?,
            silenced: is_wanted(wished, "silenced")?,
            inhibited: is_wanted(wished, "inhibited")?,
        })
    }

    fn takes(&self, known: &Known, status: &Status) -> bool {
        let (is_silenced, is_inhibited) =
            (!status.silenced_by.is_empty(), !status.inhibited_by.is_empty());
        let is_active = !is_silenced && !is_inhibited;
        self.filters.iter().all(|filter| filter.accepts(&known.labels))
            && (self.active || !is_active)
            && (self.silenced || !is_silenced)
            && (self.inhibited || !is_inhibited)
    }

    /// The receivers that are wanted.
    fn receivers<'v>(&self, visit: Visit<'v>) -> Vec<Receiver<'v>> {
        let names = visit.site.oncall.receivers.iter().map(|receiver| receiver.name.as_str());
        let is_wanted = |name: &&str| {
            let texts = Texts::from([("receiver".to_owned(), (*name).to_owned())]);
            self.receiver.as_ref().is_none_or(|receiver| receiver.accepts(&texts))
        };
        names.filter(is_wanted).map(|name| Receiver { name }).collect()
    }
}

/// What answers go by.
struct Showing<'a> {
    shown: &'a Shown,
    wanted: &'a Wanted,
    receivers: &'a [Receiver<'a>],
    external_url: &'a str,
    now_ms: i64,
}

impl<'a> Showing<'a> {
    fn status(&self, print: u64, known: &Known) -> Status {
        let silences = self.shown.desk.silences().iter();
        let holds = silences
            .filter(|(_, silence)| silence.holds(self.now_ms) && silence.covers(&known.labels));
        let silenced_by: Vec<String> = holds.map(|(number, _)| uuid(*number)).collect();
        let muted = self.shown.muted.get(&print).filter(|_| silenced_by.is_empty());
        let inhibited_by: Vec<String> = muted.cloned().into_iter().collect();
        let is_active = silenced_by.is_empty() && inhibited_by.is_empty();
        let state = if is_active { "active" } else { "suppressed" };
        Status { state, silenced_by, inhibited_by, muted_by: [] }
    }

    fn alerts(&self, group: &'a Group) -> Vec<Alert<'a>> {
        let standing = group.alerts.0.iter().filter(|(_, known)| known.stands());
        let alert = |(print, known): (&u64, &'a Known)| {
            let status = self.status(*print, known);
            self.wanted.takes(known, &status).then(|| self.alert(*print, known, status))
        };
        standing.filter_map(alert).collect()
    }

    fn alert(&self, print: u64, known: &'a Known, status: Status) -> Alert<'a> {
        Alert {
            labels: &known.labels,
            annotations: &known.annotations,
            receivers: self.receivers,
            fingerprint: format!("{print:016x}"),
            starts_at: told(known.since_ms),
            updated_at: told(known.found_ms),
            ends_at: told(known.until_ms.unwrap_or(self.now_ms + FOUND_FOR_MS)),
            generator_url: whole_link(self.external_url, &known.link),
            status,
        }
    }
}

/// `GET /api/v2/alerts`: what stands.
pub async fn alerts(gate: Gate, wishes: Wishes<Wished>) -> Result<Response, Problem> {
    let make = move |visit: Visit<'_>| {
        let wanted = Wanted::of(&wishes.read()?)?;
        let (shown, receivers) = (visit.site.oncall.board.now(), wanted.receivers(visit));
        if wanted.receiver.is_some() && receivers.is_empty() {
            return Ok(answer(&Vec::<Alert<'_>>::new()));
        }
        let showing = showing(visit, &shown, &wanted, &receivers);
        let groups = shown.desk.groups().values();
        let mut alerts: Vec<Alert<'_>> = groups.flat_map(|group| showing.alerts(group)).collect();
        alerts.sort_by(|a, b| a.fingerprint.cmp(&b.fingerprint));
        Ok(answer(&alerts))
    };
    gate.pass(Kind::Listing, make).await
}

/// `GET /api/v2/alerts/groups`: the same by cause.
pub async fn groups(gate: Gate, wishes: Wishes<Wished>) -> Result<Response, Problem> {
    let make = move |visit: Visit<'_>| {
        let wanted = Wanted::of(&wishes.read()?)?;
        let (shown, receivers) = (visit.site.oncall.board.now(), wanted.receivers(visit));
        let showing = showing(visit, &shown, &wanted, &receivers);
        let mut told = Vec::new();
        for receiver in &receivers {
            for group in shown.desk.groups().values() {
                let alerts = showing.alerts(group);
                if alerts.is_empty() {
                    continue;
                }
                let labels = group.key.iter().map(|(name, value)| (name.as_str(), value.as_str()));
                told.push(Told { labels: labels.collect(), receiver: receiver.clone(), alerts });
            }
        }
        Ok(answer(&told))
    };
    gate.pass(Kind::Listing, make).await
}

fn showing<'a>(
    visit: Visit<'a>,
    shown: &'a Shown,
    wanted: &'a Wanted,
    receivers: &'a [Receiver<'a>],
) -> Showing<'a> {
    let external_url = &visit.site.oncall.external_url;
    Showing { shown, wanted, receivers, external_url, now_ms: visit.now_ms }
}
