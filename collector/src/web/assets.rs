//! Style and script, part of the program.

use axum::http::header;
use axum::response::{IntoResponse, Response};

use super::problem::Problem;
use super::question::Names;

const CSS: &str = include_str!("../../../dashboards/style.css");
const JS: &str = include_str!("../../../dashboards/headroom.js");
const ICON: &str = include_str!("../../../dashboards/icon.svg");

pub async fn asset(Names(file): Names<String>) -> Result<Response, Problem> {
    let (kind, content) = match file.as_str() {
        "style.css" => ("text/css; charset=utf-8", CSS),
        "headroom.js" => ("text/javascript; charset=utf-8", JS),
        "icon.svg" => ("image/svg+xml", ICON),
        _ => return Err(Problem::not_found(format!("There is no asset {file}."))),
    };
    let headers = [(header::CONTENT_TYPE, kind), (header::CACHE_CONTROL, "max-age=300")];
    Ok((headers, content).into_response())
}

pub async fn icon() -> Response {
    ([(header::CONTENT_TYPE, "image/svg+xml")], ICON).into_response()
}
