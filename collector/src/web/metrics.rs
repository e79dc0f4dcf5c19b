//! `/metrics`: what the collector says of itself, also while it is too busy for anything else.

use std::sync::Arc;

use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};

use super::Site;
use super::content::EXPOSITION;
use crate::telemetry::{OwnNumbers, exposition};

pub async fn metrics(State(site): State<Arc<Site>>) -> Response {
    let counts = Arc::clone(&site.counts);
    let numbers = OwnNumbers::new(counts, site.records.clone(), site.pool.clone());
    let measure = move || exposition(&numbers.now());
    let text = tokio::task::spawn_blocking(measure).await.unwrap_or_default();
    ([(header::CONTENT_TYPE, EXPOSITION)], text).into_response()
}
