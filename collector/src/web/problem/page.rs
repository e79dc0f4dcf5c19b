//! A problem as a page, with a link to where its reader goes next.

use askama::Template;
use axum::http::Uri;
use axum::response::{Html, IntoResponse, Response};

use super::{Code, Problem, Way};
use crate::printable::printable;
use crate::web::frame::Frame;

#[derive(Template)]
#[template(path = "problem.html")]
struct ProblemPage<'p> {
    frame: Frame<'p>,
    title: &'static str,
    sentence: String,
    address: String,
    name: String,
    /// After how many seconds it is asked for again by itself.
    again_seconds: Option<u32>,
}

/// The page of a problem at an address; none if it cannot be written.
pub fn page(problem: &Problem, uri: &Uri, frame: Frame<'_>) -> Option<Response> {
    let Link { address, name } = next(problem, uri);
    let page = ProblemPage {
        frame,
        title: title(problem.code),
        sentence: ended(&problem.sentence),
        address,
        name,
        again_seconds: problem.code.retry_after_seconds().filter(|_| problem.code == Code::Loading),
    };
    let text = page.render().ok()?;
    Some((problem.code.status(), Html(printable(&text).into_owned())).into_response())
}

fn title(code: Code) -> &'static str {
    match code {
        Code::NotFound => "There is nothing here",
        Code::BadRequest => "This address has a mistake",
        Code::Unprocessable => "That is too much at once",
        Code::Late => "That took too long",
        Code::Queued | Code::Busy => "Too busy right now",
        Code::Loading => "Loading",
        Code::Large => "That is too much to take",
        Code::Slow => "That came too slowly",
        Code::Misdirected => "This is another host's name",
        Code::Unauthorized => "This needs a token",
        Code::Forbidden => "This is not yours to ask",
        Code::Internal => "Something failed here",
    }
}

/// A link: where to, and what it is called.
struct Link {
    address: String,
    name: String,
}

impl Link {
    fn to(address: impl Into<String>, name: impl Into<String>) -> Self {
        Self { address: address.into(), name: name.into() }
    }
}

fn next(problem: &Problem, uri: &Uri) -> Link {
    match (&problem.way, problem.code) {
        (Some(Way::Rooms), _) => Link::to("/rooms", "All rooms"),
        (Some(Way::Latency), _) => Link::to("/latency", "All that is pinged"),
        (Some(Way::GraphOfAll(name)), _) => {
            Link::to(format!("/graphs/all/{name}/day.svg"), format!("The last day of {name}"))
        }
        // What follows the question mark is what is wrong, or too much.
        (None, Code::BadRequest | Code::Unprocessable) if uri.query().is_some() => {
            Link::to(uri.path(), "The same without what follows the question mark")
        }
        (
            None,
            Code::Late | Code::Queued | Code::Busy | Code::Loading | Code::Slow | Code::Internal,
        ) => {
            let same = uri.path_and_query().map_or("/", |whole| whole.as_str());
            Link::to(same, "Try again")
        }
        (Some(Way::Hosts | Way::Overview), _)
        | (
            None,
            Code::NotFound
            | Code::BadRequest
            | Code::Unprocessable
            | Code::Large
            | Code::Misdirected
            | Code::Unauthorized
            | Code::Forbidden,
        ) => Link::to("/", "All hosts"),
    }
}

fn ended(sentence: &str) -> String {
    let end = if sentence.ends_with(['.', '?', '!']) { "" } else { "." };
    format!("{sentence}{end}")
}
