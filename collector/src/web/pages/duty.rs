//! Who is on duty, as a calendar.

use axum::response::Response;
use serde::Deserialize;

use crate::oncall::calendar;
use crate::web::content::{CALENDAR, Content};
use crate::web::gate::{Gate, Kind};
use crate::web::problem::Problem;
use crate::web::question::Wishes;
use crate::web::site::Visit;

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct DutyQuery {
    /// Of whom alone.
    person: Option<String>,
}

pub async fn duty(gate: Gate, wishes: Wishes<DutyQuery>) -> Result<Response, Problem> {
    let answer = move |visit: Visit<'_>| {
        let DutyQuery { person } = wishes.read()?;
        let people = &visit.site.oncall.policy.people;
        if let Some(name) = person.as_ref().filter(|name| !people.persons.contains_key(*name)) {
            return Err(Problem::not_found(format!("There is nobody of the name {name} on call.")));
        }
        let mut spans =
            people.rota.as_ref().map(|rota| rota.spans(visit.now_ms)).unwrap_or_default();
        spans.retain(|span| person.as_ref().is_none_or(|name| span.person == *name));
        Ok(Content::whole(CALENDAR, calendar(&spans)).revalidated())
    };
    gate.pass(Kind::Page, answer).await
}
