//! `/metrics`: what the collector says of itself, also while it is too busy for anything else.

use std::sync::Arc;

use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use tokio::sync::Semaphore;

use super::Site;
use super::content::EXPOSITION;
use crate::telemetry::{OwnNumbers, exposition};

/// How many have them measured at once: that walks through the store's folders.
static PLACES: Semaphore = Semaphore::const_new(2);

pub async fn metrics(State(site): State<Arc<Site>>) -> Response {
    let counts = Arc::clone(&site.counts);
    let numbers = OwnNumbers::new(counts, site.records.clone(), site.pool.clone());
    // Whoever asks without end holds up nobody else's work.
    let place = PLACES.acquire().await;
    let measure = move || {
        let _place = place;
        exposition(&numbers.now())
    };
    let text = tokio::task::spawn_blocking(measure).await.unwrap_or_default();
    ([(header::CONTENT_TYPE, EXPOSITION)], text).into_response()
}
