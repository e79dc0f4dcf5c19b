//! Links that act, for phones that have no login: GET shows what a link does, POST does it, for
//! scanners of mails follow links. They are served by a listener of their own, which knows nothing
//! else.

use askama::Template;
use axum::extract::{Path, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{Html, IntoResponse, Response};

use super::oncall::{OnCall, Wish};
use crate::clock::now_ms;
use crate::oncall::{Action, Known, Ticket, TicketError};
use crate::printable::printable;

#[derive(Template)]
#[template(path = "link.html")]
struct LinkPage<'p> {
    headline: &'p str,
    /// What it is about, a line each.
    about: Vec<String>,
    person: &'p str,
    /// What the button says; there is none if the link does nothing more.
    button: Option<&'static str>,
}

/// `GET /a/{token}`: what the link does.
pub async fn show(State(oncall): State<OnCall>, Path(token): Path<String>) -> Response {
    let ticket = match oncall.key.read(&token, now_ms()) {
        Ok(ticket) => ticket,
        Err(error) => return refused(error),
    };
    let about = about(&oncall, &ticket);
    let (headline, button) = if about.is_empty() {
        ("It is over already.", None)
    } else {
        (question(ticket.action), Some(button(ticket.action)))
    };
    let page = LinkPage { headline, about, person: &ticket.person, button };
    sent(StatusCode::OK, &page)
}

/// `POST /a/{token}`: does it.
pub async fn act(State(oncall): State<OnCall>, Path(token): Path<String>) -> Response {
    let ticket = match oncall.key.read(&token, now_ms()) {
        Ok(ticket) => ticket,
        Err(error) => return refused(error),
    };
    let about = about(&oncall, &ticket);
    let (action, person) = (ticket.action, ticket.person.clone());
    let (status, headline) = match oncall.ask(Wish::Link { text: token, ticket }).await {
        Ok(_) => (StatusCode::OK, done(action).to_owned()),
        Err(why) => (StatusCode::CONFLICT, format!("Nothing was done: {why}.")),
    };
    sent(status, &LinkPage { headline: &headline, about, person: &person, button: None })
}

fn question(action: Action) -> &'static str {
    match action {
        Action::Take => "Do you have it?",
        Action::Pass => "Shall the next be called, now?",
        Action::Silence => "Shall it be silent for two hours?",
    }
}

fn button(action: Action) -> &'static str {
    match action {
        Action::Take => "I have it",
        Action::Pass => "Not me: the next person, now",
        Action::Silence => "Silence it",
    }
}

fn done(action: Action) -> &'static str {
    match action {
        Action::Take => "You have it.",
        Action::Pass => "The next is called.",
        Action::Silence => "It is silent for two hours.",
    }
}

/// What stands of the trouble that a link was made for.
fn about(oncall: &OnCall, ticket: &Ticket) -> Vec<String> {
    let shown = oncall.board.now();
    let group = shown.desk.groups().get(&ticket.group);
    let Some(group) = group.filter(|group| group.opened_ms == ticket.opened_ms) else {
        return Vec::new();
    };
    let standing = group.alerts.0.values().filter(|known| known.stands());
    let line = |known: &Known| {
        let text = |name: &str| known.annotations.get(name).map_or("", String::as_str);
        let summary = if text("summary").is_empty() { known.name() } else { text("summary") };
        let affected = text("affected");
        if affected.is_empty() {
            summary.to_owned()
        } else {
            format!("{summary}. Affected: {affected}")
        }
    };
    standing.take(10).map(line).collect()
}

fn refused(error: TicketError) -> Response {
    let status = match error {
        TicketError::Forged => StatusCode::NOT_FOUND,
        TicketError::Expired => StatusCode::GONE,
    };
    let headline = match error {
        TicketError::Forged => "This link was not made here, or was changed on its way.",
        TicketError::Expired => "This link is too old.",
    };
    sent(status, &LinkPage { headline, about: Vec::new(), person: "", button: None })
}

/// Nothing is loaded, nothing is kept, and nobody learns where it was.
fn sent(status: StatusCode, page: &LinkPage<'_>) -> Response {
    let text = page.render().unwrap_or_else(|_| "The page cannot be made.".into());
    let mut response = (status, Html(printable(&text).into_owned())).into_response();
    let policy = "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; \
                  frame-ancestors 'none'; base-uri 'none'";
    for (name, value) in [
        (header::CONTENT_SECURITY_POLICY, policy),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::CACHE_CONTROL, "no-store"),
    ] {
        response.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    response
}
