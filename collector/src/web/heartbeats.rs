//! Heartbeats of others: `/heartbeat/{name}` on the public listener, with a token of its own.

use std::time::Instant;

use axum::extract::{Path, Request, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};

use super::credentials::credentials;
use super::oncall::{OnCall, Wish};
use crate::connections::Caller;
use crate::identity::TokenHash;

/// The longest name that is looked at, in bytes.
const NAME_BYTES: usize = 64;

/// `GET` or `POST`: whoever has the token is heard of. A wrong name and a wrong token are told alike.
pub async fn hear(
    State(oncall): State<OnCall>,
    Path(name): Path<String>,
    request: Request,
) -> Response {
    let shown = credentials(request.headers()).token.map(|token| TokenHash::of(&token));
    let known = oncall.beats.get(&name).filter(|_| name.len() <= NAME_BYTES);
    if known.is_none() || known != shown.as_ref() {
        if let Some(caller) = request.extensions().get::<Caller>() {
            let wait = oncall.guesses.wrong(caller.address().ip(), Instant::now());
            tokio::time::sleep(wait).await;
        }
        let sentence = "A heartbeat needs its name and its token, as a bearer or a password.\n";
        return (StatusCode::UNAUTHORIZED, sentence).into_response();
    }
    match oncall.ask(Wish::Beat(name)).await {
        Ok(_) => "OK\n".into_response(),
        Err(why) => {
            (StatusCode::SERVICE_UNAVAILABLE, format!("Not heard: {why}.\n")).into_response()
        }
    }
}
