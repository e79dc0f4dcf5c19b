//! `POST /api/v2/alerts`: alerts of an outside Prometheus, and of whoever else has a writer's token.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};
use serde::Deserialize;

use super::{DONE, moment};
use crate::clock::now_ms;
use crate::oncall::{Outside, Seen, Texts};
use crate::rules::fingerprint;
use crate::samples::{Labels, Share, Side};
use crate::web::answers::check;
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

/// 200 once they are durable.
pub async fn post_alerts(
    State(site): State<Arc<Site>>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Problem> {
    check(&site, &headers)?;
    let share = Share::nothing(&site.pool, Side::Writers);
    let taken = body::take(body, share, REQUEST).await?;
    let reading = tokio::task::spawn_blocking(move || read(taken.bytes(), now_ms())).await;
    let alerts = reading.map_err(|error| Problem::internal("read alerts", &error))??;
    match site.oncall.ask(Wish::Alerts(alerts)).await {
        Ok(_) => Ok(DONE.into_response()),
        Err(why) => Err(Problem::new(Code::Busy, why)),
    }
}

fn read(bytes: &[u8], now_ms: i64) -> Result<BTreeMap<u64, Seen>, Problem> {
    let posted: Vec<Posted> = serde_json::from_slice(bytes)
        .map_err(|error| Problem::bad_request(format!("the alerts cannot be read: {error}")))?;
    if posted.len() > ALERTS {
        let sentence = format!("a request has at most {ALERTS} alerts, not {}", posted.len());
        return Err(Problem::new(Code::Large, sentence));
    }
    let seen = |posted: Posted| {
        let outside = Outside {
            labels: posted.labels,
            annotations: posted.annotations.unwrap_or_default(),
            starts_ms: moment(posted.starts_at.as_deref())?,
            ends_ms: moment(posted.ends_at.as_deref())?,
            link: posted.generator_url.unwrap_or_default(),
        };
        let seen = outside.seen(now_ms).map_err(|error| Problem::bad_request(error.to_string()))?;
        let labels = seen.labels.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        Ok((fingerprint(&Labels::new("", labels)), seen))
    };
    posted.into_iter().map(seen).collect()
}
