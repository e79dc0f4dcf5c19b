//! What people answer on the page of alerts. Nobody logs in there, so that only the page itself may
//! send an answer, or who has a writer's token.

use std::sync::Arc;

use axum::extract::rejection::FormRejection;
use axum::extract::{Form, State};
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Redirect, Response};
use jiff::civil::Time;
use serde::Deserialize;

use super::credentials::credentials;
use super::oncall::Wish;
use super::problem::{Code, Problem};
use super::site::Site;
use crate::oncall::{Answer, GroupId, Repeat};

const HOUR_MS: i64 = 3_600_000;

/// The longest silence that the page makes, in hours.
const LONGEST_HOURS: i64 = 366 * 24;

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
    /// Days of the week on which it holds, Monday being 0; always if there are none.
    #[serde(default)]
    days: String,
    /// When on these days, by the clock on the wall.
    #[serde(default)]
    from: String,
    #[serde(default)]
    to: String,
    #[serde(default)]
    zone: String,
}

impl Answered {
    /// The hours that come again, if any are named.
    fn repeats(&self) -> Result<Option<Repeat>, Problem> {
        if self.days.is_empty() {
            return Ok(None);
        }
        let minutes = |name: &str, text: &str| {
            let time: Option<Time> = text.parse().ok();
            let minutes = time.map(|time| time.hour() as u16 * 60 + time.minute() as u16);
            minutes.ok_or_else(|| {
                Problem::bad_request(format!("{name}={text} is no time such as 02:00."))
            })
        };
        let repeat = Repeat {
            zone: self.zone.clone(),
            days: self.days.bytes().take(8).map(|digit| digit.wrapping_sub(b'0')).collect(),
            from_minutes: minutes("from", &self.from)?,
            to_minutes: minutes("to", &self.to)?,
        };
        let wrong = |error| Problem::bad_request(format!("A silence that comes again {error}."));
        repeat.check().map_err(wrong)?;
        Ok(Some(repeat))
    }
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
    let answered = read(form)?;
    let repeats = answered.repeats()?;
    let Answered { group, person, what, hours, .. } = answered;
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
                return Err(Problem::bad_request("A silence lasts between an hour and a year."));
            }
            Wish::SilenceGroup { group, person, for_ms: hours * HOUR_MS, repeats }
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
pub fn check(site: &Site, headers: &HeaderMap) -> Result<(), Problem> {
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
        Ok(_) => Ok(Redirect::to("/alerts").into_response()),
        Err(why) => Err(Problem::bad_request(format!("That was not done: {why}."))),
    }
}
