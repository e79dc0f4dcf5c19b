//! `/probe?target=&module=&vantage=`: the last round of a path for a Prometheus that is used to
//! blackbox_exporter. Nothing is sent for it.

use axum::response::Response;
use serde::Deserialize;

use super::content::{Content, EXPOSITION};
use super::gate::{Gate, Kind};
use super::problem::Problem;
use super::question::Wishes;
use super::site::Visit;
use crate::latency::{self, ProbeMistake, WantedProbe};

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct ProbeQuery {
    /// The target, as the configuration writes it.
    target: Option<String>,
    /// How it is asked.
    module: Option<String>,
    /// From where.
    vantage: Option<String>,
}

pub async fn probe(gate: Gate, wishes: Wishes<ProbeQuery>) -> Result<Response, Problem> {
    gate.pass(Kind::Query, move |visit| make(visit, &wishes.read()?)).await
}

fn make(visit: Visit<'_>, query: &ProbeQuery) -> Result<Content, Problem> {
    let ProbeQuery { target, module, vantage } = query;
    let Some(target) = target.as_deref().filter(|target| !target.is_empty()) else {
        return Err(Problem::bad_request("target= is missing: it names what is pinged."));
    };
    // A scraper writes what its rules left empty.
    let named = |text: &Option<String>| text.clone().filter(|text| !text.is_empty());
    let (module, vantage) = (named(module), named(vantage));
    let wanted = WantedProbe { target, module: module.as_deref(), vantage: vantage.as_deref() };
    let told = latency::probe(visit.reader(), wanted, visit.now_ms);
    let told = told.map_err(|error| Problem::failed("read rounds", &error))?;
    match told {
        Ok(text) => Ok(Content::whole(EXPOSITION, text).revalidated()),
        Err(mistake @ (ProbeMistake::Module(_) | ProbeMistake::Several(..))) => {
            Err(Problem::bad_request(format!("{mistake}.")))
        }
        Err(mistake @ ProbeMistake::Silent(_)) => {
            Err(Problem::not_found(mistake.to_string() + "."))
        }
    }
}
