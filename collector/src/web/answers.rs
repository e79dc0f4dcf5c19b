//! What people answer on the page of alerts. Nobody logs in there, so that only the page itself may
//! send an answer, or who has a writer's token.

use std::sync::Arc;

use axum::extract::rejection::FormRejection;
use axum::extract::{Form, State};
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;

use super::credentials::credentials;
use super::oncall::Wish;
use super::problem::{Code, Problem};
use super::site::Site;
use crate::oncall::{Answer, GroupId};

const HOUR_MS: i64 = 3_600_000;

/// The longest silence that the page makes, in hours.
const LONGEST_HOURS: i64 = 31 * 24;

/// The longest name of a person, in bytes.
const NAME_BYTES: usize = 64;

/// An answer as the form sends it.
#[derive(Debug, Deserialize)]
pub struct Answered {
    group: String,
    person: String,
    what: String,
    #[serde(default)]
    hours: Option<i64>,
}

/// The end of a silence.
#[derive(Debug, Deserialize)]
pub struct Ended {
    number: u128,
}

/// `POST /alerts/answer`: somebody has it, or silences it.
pub async fn answer(
    State(site): State<Arc<Site>>,
    headers: HeaderMap,
    form: Result<Form<Answered>, FormRejection>,
) -> Result<Response, Problem> {
    check(&site, &headers)?;
    let Answered { group, person, what, hours } = read(form)?;
    let group: GroupId =
        group.parse().map_err(|error| Problem::bad_request(format!("group={group}: {error}.")))?;
    let person = person.trim().to_owned();
    let people = &site.oncall.policy.people.persons;
    let is_known = people.is_empty() || people.contains_key(&person);
    if person.is_empty() || person.len() > NAME_BYTES || !is_known {
        return Err(Problem::bad_request("Say who you are: one of [[people]]."));
    }
    let wish = match what.as_str() {
        "take" => Wish::Answer { group, person, answer: Answer::Take },
        "pass" => Wish::Answer { group, person, answer: Answer::Pass },
        "silence" => {
            let hours = hours.unwrap_or(4);
            if !(1..=LONGEST_HOURS).contains(&hours) {
                return Err(Problem::bad_request("A silence lasts between an hour and a month."));
            }
            Wish::SilenceGroup { group, person, for_ms: hours * HOUR_MS }
        }
        _ => {
            return Err(Problem::bad_request(format!(
                "what={what} is none of take, pass, silence."
            )));
        }
    };
    done(&site, wish).await
}

/// `POST /alerts/unsilence`: a silence ends before its time.
pub async fn unsilence(
    State(site): State<Arc<Site>>,
    headers: HeaderMap,
    form: Result<Form<Ended>, FormRejection>,
) -> Result<Response, Problem> {
    check(&site, &headers)?;
    done(&site, Wish::Unsilence(read(form)?.number)).await
}

/// The door has looked whether the origin is one of the collector's own.
fn check(site: &Site, headers: &HeaderMap) -> Result<(), Problem> {
    let token = credentials(headers).token;
    let is_writer = site.remote_write.writer(token.as_deref()).is_ok();
    if headers.contains_key(header::ORIGIN) || (token.is_some() && is_writer) {
        return Ok(());
    }
    let sentence = "Answers come from the collector's own page, or with a writer's token.";
    Err(Problem::new(Code::Forbidden, sentence))
}

fn read<T>(form: Result<Form<T>, FormRejection>) -> Result<T, Problem> {
    form.map(|Form(read)| read).map_err(|rejection| {
        Problem::bad_request(format!("The form cannot be read: {}.", rejection.body_text()))
    })
}

async fn done(site: &Site, wish: Wish) -> Result<Response, Problem> {
    match site.oncall.ask(wish).await {
        Ok(()) => Ok(Redirect::to("/alerts").into_response()),
        Err(why) => Err(Problem::bad_request(format!("That was not done: {why}."))),
    }
}
