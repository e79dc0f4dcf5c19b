//! `GET /api/v1/placement`: which host suits a room of some members now. A reading, never an action.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::response::Response;
use serde::Deserialize;

use super::content::{Content, JSON};
use super::gate::{Gate, Kind};
use super::problem::Problem;
use super::question::{Wishes, field};
use super::site::Visit;
use crate::fleet::{self, Facts, Severity};
use crate::latency;
use crate::planning::mix::Mix;
use crate::reports::document::{Document, json};
use crate::reports::host::HostModel;
use crate::reports::placement::{Candidate, Health, Question, report};
use crate::reports::servers::Published;
use crate::reports::{self, Sources, words};
use crate::rooms::{self, Counts};
use crate::samples::ReadError;

/// The most people, cameras and shares.
const MOST: u32 = 10_000;

/// People of a room where nobody says how many.
const USUAL_PEOPLE: u32 = 10;

/// What is asked.
#[derive(Debug, Default, Clone, Deserialize)]
#[serde(default)]
pub struct PlacementQuery {
    /// Who meets: names of organisations with commas between; all of them, if nobody is named.
    from: Option<String>,
    #[serde(deserialize_with = "field")]
    people: Option<u32>,
    #[serde(deserialize_with = "field")]
    cameras: Option<u32>,
    #[serde(deserialize_with = "field")]
    shares: Option<u32>,
}

pub async fn placement(gate: Gate, wishes: Wishes<PlacementQuery>) -> Result<Response, Problem> {
    let answer = move |visit: Visit<'_>| {
        let document = document(visit, &wishes.read()?)?;
        Ok(Content::whole(JSON, json(&document)))
    };
    gate.pass(Kind::Report, answer).await
}

fn document(visit: Visit<'_>, query: &PlacementQuery) -> Result<Document, Problem> {
    let (site, now_ms) = (visit.site, visit.now_ms);
    let room = query.room()?;
    let known = &site.plans.plan.members;
    let all: Vec<&str> = known.iter().map(|member| &*member.name).collect();
    let named = query.named(&all)?;
    let members: Vec<_> =
        known.iter().filter(|member| named.contains(&&*member.name)).cloned().collect();
    let hosts = reports::hosts(visit.reader(), now_ms).map_err(|error| failed(&error))?;
    let present = rooms::now(visit.reader(), now_ms)?;
    let facts = fleet::all(visit.reader(), &site.configured, now_ms);
    let facts = facts.map_err(|error| failed(&error))?;
    let places = visit.places();
    let paths = latency::paths(visit.reader(), &places, now_ms);
    let paths = paths.map_err(|error| failed(&error))?;
    let table = site.reference.table();
    let table = table.map_err(|error| Problem::internal("read the reference table", &error))?;
    let published = table.as_deref().map(Published::of);
    let sources = Sources { reader: visit.reader(), records: &site.records };
    let models = hosts.iter().map(|host| site.plans.model(sources, host, now_ms));
    let models: Vec<Arc<HostModel>> =
        models.collect::<Result<_, _>>().map_err(|error| failed(&error))?;
    let healths: Vec<Health> =
        hosts.iter().map(|host| health(host, &facts, &present, now_ms)).collect();
    let candidates = models.iter().zip(&healths).map(|(model, health)| {
        let stands =
            |one: &&latency::Datacentre| one.hosts.iter().any(|known| **known == *model.instance);
        let people = present.get(&model.instance).copied().flatten().map(|now| now.people);
        let datacentre = places.datacentres.iter().find(stands);
        Candidate { model, datacentre, people, health }
    });
    let candidates: Vec<Candidate<'_>> = candidates.collect();
    let question = Question {
        room: &room,
        members: &members,
        paths: &paths,
        published: published.as_ref(),
        now_ms,
    };
    Ok(report(question, &candidates))
}

fn failed(error: &ReadError) -> Problem {
    Problem::failed("place a room", error)
}

/// Whether all is well with a host, as the overview judges it.
fn health(
    host: &str,
    facts: &[Facts],
    present: &BTreeMap<String, Option<Counts>>,
    now_ms: i64,
) -> Health {
    let Some(facts) = facts.iter().find(|facts| facts.instance == host) else {
        return Health::Bad("it has not reported within a month".into());
    };
    let findings = fleet::judge(facts, now_ms);
    let of = |severity: Severity| {
        let own = findings.iter().filter(|finding| finding.severity == severity);
        own.map(|finding| &*finding.reason).collect::<Vec<&str>>()
    };
    let (bad, warnings) = (of(Severity::Bad), of(Severity::Warning));
    if !bad.is_empty() {
        return Health::Bad(words::listed(&bad));
    }
    if present.get(host).copied().flatten().is_none() {
        return Health::Bad("its BigBlueButton does not tell who is there".into());
    }
    if warnings.is_empty() { Health::Well } else { Health::Watched(words::listed(&warnings)) }
}

impl PlacementQuery {
    /// The room, as the answer calls it.
    fn room(&self) -> Result<Mix, Problem> {
        let people = self.people.unwrap_or(USUAL_PEOPLE);
        let (cameras, shares) = (self.cameras.unwrap_or(0), self.shares.unwrap_or(0));
        if !(1..=MOST).contains(&people) {
            let sentence = format!("people={people} must be between 1 and {MOST}.");
            return Err(Problem::bad_request(sentence));
        }
        for (name, value) in [("cameras", cameras), ("shares", shares)] {
            if value > people {
                return Err(Problem::bad_request(format!(
                    "{name}={value} is more than there are people in the room ({people})."
                )));
            }
        }
        let with = match (cameras, shares) {
            (0, 0) => String::new(),
            (cameras, 0) => {
                format!(" with {}", words::counted(cameras as usize, "camera", "cameras"))
            }
            (cameras, shares) => format!(
                " with {} and {}",
                words::counted(cameras as usize, "camera", "cameras"),
                words::counted(shares as usize, "shared screen", "shared screens")
            ),
        };
        Ok(Mix::of(&format!("a room of {people}{with}"), 1, [people, cameras, shares]))
    }

    /// Who meets, of all that are known.
    fn named<'n>(&'n self, all: &[&'n str]) -> Result<Vec<&'n str>, Problem> {
        let Some(from) = self.from.as_deref().map(str::trim).filter(|from| !from.is_empty()) else {
            return Ok(all.to_vec());
        };
        if all.contains(&from) {
            return Ok(vec![from]);
        }
        let named: Vec<&str> =
            from.split(',').map(str::trim).filter(|name| !name.is_empty()).collect();
        match named.iter().find(|name| !all.contains(name)) {
            None => Ok(named),
            Some(name) if all.is_empty() => Err(Problem::bad_request(format!(
                "from={name}: no [[organisations]] are configured whose places could be known."
            ))),
            Some(name) => Err(Problem::bad_request(format!(
                "from={name} is no organisation; there is {}.",
                words::listed(all)
            ))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(from: &str) -> PlacementQuery {
        PlacementQuery { from: Some(from.into()), ..PlacementQuery::default() }
    }

    #[test]
    fn who_meets_is_named_or_all_of_them() {
        let all = ["School", "Choir", "Bread, and Roses"];
        let named = |from: &str| asked(from).named(&all).map(|named| named.join("|")).ok();
        assert_eq!(named("").as_deref(), Some("School|Choir|Bread, and Roses"));
        assert_eq!(named("School, Choir,").as_deref(), Some("School|Choir"));
        assert_eq!(named("Bread, and Roses").as_deref(), Some("Bread, and Roses"));
        assert_eq!(named("School,Nobody"), None);
        assert!(asked("School").named(&[]).is_err());
    }

    #[test]
    fn a_room_is_of_so_many_people_or_refused() {
        let room = |people: Option<u32>, cameras: u32, shares: u32| {
            let (cameras, shares) = (Some(cameras), Some(shares));
            let query = PlacementQuery { from: None, people, cameras, shares };
            query.room().map(|mix| (mix.name.clone(), mix.people())).ok()
        };
        assert_eq!(room(None, 0, 0), Some(("a room of 10".into(), 10)));
        assert_eq!(
            room(Some(25), 1, 1),
            Some(("a room of 25 with 1 camera and 1 shared screen".into(), 25))
        );
        assert_eq!(room(Some(0), 0, 0), None);
        assert_eq!(room(Some(20_000), 0, 0), None);
        assert_eq!(room(Some(5), 6, 0), None);
    }
}
