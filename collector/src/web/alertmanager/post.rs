//! `POST /api/v2/alerts`: alerts of an outside Prometheus, and of whoever else has a writer's token.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use serde::Deserialize;

use super::{DONE, moment};
use crate::clock::now_ms;
use crate::oncall::{Outside, OutsideError, Seen, Texts};
use crate::rules::fingerprint;
use crate::samples::{Labels, Share, Side};
use crate::web::answers::Answerer;
use crate::web::body::{self, Allowed};
use crate::web::oncall::Wish;
use crate::web::problem::{Code, Problem};
use crate::web::site::Site;

/// How large a request may be. Beside its bytes there is what is made of it.
pub const REQUEST: Allowed = Allowed { bytes: 4 << 20, each: 6, time: Duration::from_secs(10) };

/// The most alerts of one request.
const ALERTS: usize = 5000;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Posted {
    labels: Texts,
    #[serde(default)]
    annotations: Option<Texts>,
    #[serde(default)]
    starts_at: Option<String>,
    #[serde(default)]
    ends_at: Option<String>,
    #[serde(default, rename = "generatorURL")]
    generator_url: Option<String>,
}

/// The alerts of a request.
struct Taken {
    /// Those that are alerts, by fingerprint.
    alerts: BTreeMap<u64, Seen>,
    /// Why others are none.
    wrong: Vec<OutsideError>,
}

/// 200 once they are durable; as with Alertmanager, one that is none is refused and takes no other along.
pub async fn post_alerts(
    State(site): State<Arc<Site>>,
    _: Answerer,
    body: Body,
) -> Result<Response, Problem> {
    let share = Share::nothing(&site.pool, Side::Writers);
    let taken = body::take(body, share, REQUEST).await?;
    let reading = tokio::task::spawn_blocking(move || read(taken.bytes(), now_ms())).await;
    let reading = reading.map_err(|error| Problem::internal("read alerts", &error))??;
    let Taken { alerts, wrong } = reading;
    if !alerts.is_empty() {
        let asked = site.oncall.ask(Wish::Alerts(alerts)).await;
        asked.map_err(|why| Problem::new(Code::Busy, why))?;
    }
    match wrong.as_slice() {
        [] => Ok(DONE.into_response()),
        [only] => Err(Problem::bad_request(only.to_string())),
        [first, others @ ..] => {
            let sentence = format!("{first}, and {} more are refused", others.len());
            Err(Problem::bad_request(sentence))
        }
    }
}

fn read(bytes: &[u8], now_ms: i64) -> Result<Taken, Problem> {
    let posted: Vec<Posted> = serde_json::from_slice(bytes)
        .map_err(|error| Problem::bad_request(format!("the alerts cannot be read: {error}")))?;
    if posted.len() > ALERTS {
        let sentence = format!("a request has at most {ALERTS} alerts, not {}", posted.len());
        return Err(Problem::new(Code::Large, sentence));
    }
    let mut taken = Taken { alerts: BTreeMap::new(), wrong: Vec::new() };
    for posted in posted {
        let outside = Outside {
            labels: posted.labels,
            annotations: posted.annotations.unwrap_or_default(),
            starts_ms: moment(posted.starts_at.as_deref())?,
            ends_ms: moment(posted.ends_at.as_deref())?,
            link: posted.generator_url.unwrap_or_default(),
        };
        match outside.seen(now_ms) {
            Ok(seen) => {
                let labels = seen.labels.iter();
                let labels = labels.map(|(name, value)| (name.as_str(), value.as_str()));
                taken.alerts.insert(fingerprint(&Labels::new("", labels)), seen);
            }
            Err(error) => taken.wrong.push(error),
        }
    }
    Ok(taken)
}
