//! `/api/v2/silences` and `/api/v2/silence/{id}`.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};

use super::{DONE, Wished, answer, filters, moment, number, post, told, unknown_silence, uuid};
use crate::clock::now_ms;
use crate::oncall::{Matcher, ReadOnce, Repeat, Silence, Texts};
use crate::samples::{Share, Side};
use crate::web::answers::Answerer;
use crate::web::body;
use crate::web::content::JSON;
use crate::web::gate::{Gate, Kind};
use crate::web::oncall::Wish;
use crate::web::problem::Problem;
use crate::web::question::{Names, Wishes};
use crate::web::site::{Site, Visit};

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Told<'s> {
    id: String,
    status: Phase,
    updated_at: String,
    comment: &'s str,
    created_by: &'s str,
    ends_at: String,
    matchers: Vec<Condition>,
    starts_at: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    annotations: Option<Texts>,
}

#[derive(Serialize)]
struct Phase {
    state: &'static str,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Condition {
    is_equal: Option<bool>,
    #[serde(default)]
    is_regex: bool,
    name: String,
    value: String,
}

/// A silence as it is sent.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Posted {
    #[serde(default)]
    id: Option<String>,
    matchers: Vec<Condition>,
    #[serde(default)]
    starts_at: Option<String>,
    #[serde(default)]
    ends_at: Option<String>,
    #[serde(default)]
    created_by: String,
    #[serde(default)]
    comment: String,
}

#[derive(Serialize)]
struct Made {
    #[serde(rename = "silenceID")]
    silence_id: String,
}

impl<'s> Told<'s> {
    fn of(number: u128, silence: &'s Silence, now_ms: i64) -> Self {
        let state = match (silence.from_ms > now_ms, silence.to_ms <= now_ms) {
            (_, true) => "expired",
            (true, false) => "pending",
            (false, false) => "active",
        };
        let condition = |matcher: &Matcher| Condition {
            is_equal: Some(matcher.is_equal),
            is_regex: matcher.is_regex,
            name: matcher.name.clone(),
            value: matcher.value.clone(),
        };
        let repeats = |repeat: &Repeat| Texts::from([("repeats".to_owned(), repeat.words())]);
        Self {
            id: uuid(number),
            status: Phase { state },
            // A number holds the moment at which it was given.
            updated_at: told((number >> 20) as i64),
            comment: &silence.comment,
            created_by: &silence.owner,
            ends_at: told(silence.to_ms),
            matchers: silence.matchers.iter().map(condition).collect(),
            starts_at: told(silence.from_ms),
            annotations: silence.repeats.as_ref().map(repeats),
        }
    }
}

/// `GET /api/v2/silences`: those that hold, that will, and that have ended within days.
pub async fn silences(gate: Gate, wishes: Wishes<Wished>) -> Result<Response, Problem> {
    let make = move |visit: Visit<'_>| {
        let filters = filters(&wishes.read()?)?;
        let shown = visit.site.oncall.board.now();
        // A filter is met by a silence that has that very condition, as with Alertmanager: what it finds
        // may be ended.
        let meets =
            |silence: &Silence| filters.iter().all(|filter| silence.matchers.contains(filter));
        let mut silences: Vec<(u128, &Silence)> =
            shown.desk.silences().iter().map(|(number, silence)| (*number, silence)).collect();
        silences.sort_by_key(|(number, silence)| {
            (silence.to_ms <= visit.now_ms, silence.from_ms > visit.now_ms, silence.to_ms, *number)
        });
        let silences = silences.into_iter().filter(|(_, silence)| meets(silence));
        let told = silences.map(|(number, silence)| Told::of(number, silence, visit.now_ms));
        Ok(answer(&told.collect::<Vec<_>>()))
    };
    gate.pass(Kind::Listing, make).await
}

/// `GET /api/v2/silence/{id}`.
pub async fn silence(gate: Gate, Names(id): Names<String>) -> Result<Response, Problem> {
    let make = move |visit: Visit<'_>| {
        let shown = visit.site.oncall.board.now();
        let number = number(&id).ok_or_else(unknown_silence)?;
        let silence = shown.desk.silences().get(&number).ok_or_else(unknown_silence)?;
        Ok(answer(&Told::of(number, silence, visit.now_ms)))
    };
    gate.pass(Kind::Listing, make).await
}

/// `POST /api/v2/silences`: a new one, or one in the place of another.
pub async fn post_silence(
    State(site): State<Arc<Site>>,
    _: Answerer,
    body: Body,
) -> Result<Response, Problem> {
    let share = Share::nothing(&site.pool, Side::Writers);
    let taken = body::take(body, share, post::REQUEST).await?;
    let posted: Posted = serde_json::from_slice(taken.bytes())
        .map_err(|error| Problem::bad_request(format!("the silence cannot be read: {error}")))?;
    let old = match posted.id.as_deref().filter(|id| !id.is_empty()) {
        Some(id) => Some(number(id).ok_or_else(unknown_silence)?),
        None => None,
    };
    let silence = silence_of(posted, now_ms())?;
    let wish = match old {
        Some(old) => Wish::Replace { old, silence },
        None => Wish::Silence(silence),
    };
    match site.oncall.ask(wish).await {
        Ok(done) => {
            let silence_id = done.silence.map(uuid).unwrap_or_default();
            let made = serde_json::to_string(&Made { silence_id });
            let made = made.expect("texts always have a form in JSON");
            Ok(([(axum::http::header::CONTENT_TYPE, JSON)], made).into_response())
        }
        Err(why) if why == "silence not found" => Err(unknown_silence()),
        Err(why) => Err(Problem::bad_request(why)),
    }
}

fn silence_of(posted: Posted, now_ms: i64) -> Result<Silence, Problem> {
    let from_ms = moment(posted.starts_at.as_deref())?.unwrap_or(now_ms).max(now_ms);
    let to_ms = moment(posted.ends_at.as_deref())?;
    let to_ms = to_ms.ok_or_else(|| Problem::bad_request("a silence needs an end: endsAt"))?;
    let matcher = |condition: Condition| Matcher {
        name: condition.name,
        value: condition.value,
        is_regex: condition.is_regex,
        is_equal: condition.is_equal.unwrap_or(true),
        read: ReadOnce::default(),
    };
    Ok(Silence {
        matchers: posted.matchers.into_iter().map(matcher).collect(),
        from_ms,
        to_ms,
        repeats: None,
        owner: posted.created_by,
        comment: posted.comment,
    })
}

/// `DELETE /api/v2/silence/{id}`: it ends now.
pub async fn delete_silence(
    State(site): State<Arc<Site>>,
    _: Answerer,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    let number = number(&id).ok_or_else(unknown_silence)?;
    match site.oncall.ask(Wish::Unsilence(number)).await {
        Ok(_) => Ok(DONE.into_response()),
        Err(_) if !site.oncall.board.now().desk.silences().contains_key(&number) => {
            Err(unknown_silence())
        }
        Err(why) => Err(Problem::bad_request(why)),
    }
}
