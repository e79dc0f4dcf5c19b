//! What people answer on the page of alerts. Nobody logs in there, so that only the page itself may
//! send an answer, or who has a writer's token.

use std::sync::Arc;

use axum::extract::rejection::FormRejection;
use axum::extract::{Form, FromRequestParts, State};
use axum::http::header;
use axum::http::request::Parts;
use axum::response::{IntoResponse, Redirect, Response};
use jiff::civil::Time;
use serde::Deserialize;

use super::credentials::credentials;
use super::doors::Stranger;
use super::oncall::Wish;
use super::problem::{Code, Problem};
use super::question::field;
use super::site::Site;
use crate::clock::now_ms;
use crate::connections::Caller;
use crate::oncall::{Answer, GroupId, Repeat, RepeatError};

const HOUR_MS: i64 = 3_600_000;

/// The longest silence that the page makes, in hours.
const LONGEST_HOURS: i64 = 366 * 24;

/// How long one lasts if nobody says, in hours.
const USUAL_HOURS: i64 = 4;

/// The longest name of a person, in bytes.
const NAME_BYTES: usize = 64;

/// An answer as the form sends it.
#[derive(Debug, Deserialize)]
pub struct Answered {
    group: String,
    person: String,
    what: String,
    #[serde(default, deserialize_with = "field")]
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
        repeat.check().map_err(|error| {
            let asked = match error {
                RepeatError::Zone => format!("zone={}", self.zone),
                RepeatError::Days => format!("days={}", self.days),
                RepeatError::Time => format!("from={}, to={}", self.from, self.to),
            };
            Problem::bad_request(format!("{asked}: a silence that comes again {error}."))
        })?;
        Ok(Some(repeat))
    }
}

/// The end of a silence.
#[derive(Debug, Deserialize)]
pub struct Ended {
    // Forms are texts, and serde has no way of its own from one to so large a number.
    #[serde(default, deserialize_with = "field")]
    number: Option<u128>,
}

/// `POST /alerts/answer`: somebody has it, or silences it.
pub async fn answer(
    State(site): State<Arc<Site>>,
    _: Answerer,
    form: Result<Form<Answered>, FormRejection>,
) -> Result<Response, Problem> {
    let answered = read(form)?;
    let repeats = answered.repeats()?;
    let Answered { group, person, what, hours, .. } = answered;
    let group: GroupId =
        group.parse().map_err(|error| Problem::bad_request(format!("group={group}: {error}.")))?;
    let person = known(&site, person.trim())?;
    let wish = match what.as_str() {
        "take" => Wish::Answer { group, person, answer: Answer::Take },
        "pass" => Wish::Answer { group, person, answer: Answer::Pass },
        "silence" => {
            let hours = lasting(hours.unwrap_or(USUAL_HOURS), repeats.as_ref())?;
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

/// Who says it: one of those on call, or anybody where nobody is named.
fn known(site: &Site, person: &str) -> Result<String, Problem> {
    let people = &site.oncall.policy.people.persons;
    let names: Vec<&str> = people.keys().map(String::as_str).collect();
    let sentence = if names.is_empty() && (person.is_empty() || person.len() > NAME_BYTES) {
        format!("person={person} must be a name of at most {NAME_BYTES} bytes.")
    } else if !names.is_empty() && !names.contains(&person) {
        format!("person={person} is nobody on call: say who of {}.", names.join(", "))
    } else {
        return Ok(person.to_owned());
    };
    Err(Problem::bad_request(sentence))
}

/// How many hours a silence lasts, in which those that come again must come.
fn lasting(hours: i64, repeats: Option<&Repeat>) -> Result<i64, Problem> {
    if !(1..=LONGEST_HOURS).contains(&hours) {
        let sentence = format!("hours={hours}: a silence lasts between an hour and a year.");
        return Err(Problem::bad_request(sentence));
    }
    let from_ms = now_ms();
    let comes = |repeat: &Repeat| repeat.comes_within(from_ms, from_ms + hours * HOUR_MS);
    match repeats {
        Some(repeat) if !comes(repeat) => Err(Problem::bad_request(format!(
            "hours={hours}: {} does not come within that time, so nothing would be silent.",
            repeat.words()
        ))),
        Some(_) | None => Ok(hours),
    }
}

/// `POST /alerts/unsilence`: a silence ends before its time.
pub async fn unsilence(
    State(site): State<Arc<Site>>,
    _: Answerer,
    form: Result<Form<Ended>, FormRejection>,
) -> Result<Response, Problem> {
    let needs = || Problem::bad_request("The number of the silence that is to end is missing.");
    let number = read(form)?.number.ok_or_else(needs)?;
    done(&site, Wish::Unsilence(number)).await
}

/// Who may answer: the collector's own page, or who has a writer's token. The door has looked whether an
/// origin is one of its own.
pub struct Answerer;

impl FromRequestParts<Arc<Site>> for Answerer {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, site: &Arc<Site>) -> Result<Self, Problem> {
        if parts.headers.contains_key(header::ORIGIN) {
            return Ok(Self);
        }
        let token = credentials(&parts.headers).token;
        let known = token.is_some().then(|| site.remote_write.writer(token.as_deref()));
        if let Some(Ok(_)) = known {
            return Ok(Self);
        }
        if let Some(Err(why)) = known {
            let peer = parts.extensions.get::<Caller>().map(Caller::address);
            Stranger::of(&parts.headers, peer).turn_away(site, "an answer", why).await;
        }
        let sentence = "Answers come from the collector's own page, or with a writer's token.";
        Err(Problem::new(Code::Forbidden, sentence))
    }
}

fn read<T>(form: Result<Form<T>, FormRejection>) -> Result<T, Problem> {
    form.map(|Form(read)| read).map_err(|rejection| {
        let text = rejection.body_text();
        let reason = text.rsplit_once("form body: ").map_or(&*text, |(_, reason)| reason);
        Problem::bad_request(format!("The form cannot be read: {reason}."))
    })
}

async fn done(site: &Site, wish: Wish) -> Result<Response, Problem> {
    match site.oncall.ask(wish).await {
        Ok(_) => Ok(Redirect::to("/alerts").into_response()),
        Err(why) => Err(Problem::bad_request(format!("That was not done: {why}."))),
    }
}
