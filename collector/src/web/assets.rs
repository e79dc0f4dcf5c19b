//! Style and script, part of the program.

use std::borrow::Cow;

use axum::http::header;
use axum::response::{IntoResponse, Response};
use serde::Deserialize;

use super::problem::Problem;
use super::question::{Names, Wishes};

const CSS: &str = include_str!("../../../dashboards/style.css");
const JS: &str = include_str!("../../../dashboards/headroom.js");
const LIVE: &str = include_str!("../../../dashboards/live.js");
const ICON: &str = include_str!("../../../dashboards/icon.svg");

/// What the icon of a page with troubles is asked with.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct IconQuery {
    troubles: u32,
}

pub async fn asset(
    Names(file): Names<String>,
    wishes: Wishes<IconQuery>,
) -> Result<Response, Problem> {
    let (kind, content): (_, Cow<'static, str>) = match file.as_str() {
        "style.css" => ("text/css; charset=utf-8", CSS.into()),
        "headroom.js" => ("text/javascript; charset=utf-8", JS.into()),
        "live.js" => ("text/javascript; charset=utf-8", LIVE.into()),
        "icon.svg" => ("image/svg+xml", with_troubles(wishes.read()?.troubles)),
        _ => return Err(Problem::not_found(format!("There is no asset {file}."))),
    };
    let headers = [(header::CONTENT_TYPE, kind), (header::CACHE_CONTROL, "max-age=300")];
    Ok((headers, content).into_response())
}

/// The icon, and on it how many troubles there are, as far as one digit tells.
fn with_troubles(troubles: u32) -> Cow<'static, str> {
    let words = match troubles {
        0 => return ICON.into(),
        few @ 1..=9 => few.to_string(),
        _ => "9+".into(),
    };
    let sign = format!(
        "<circle cx=\"21\" cy=\"11\" r=\"11\" fill=\"#B34D00\"/><text x=\"21\" y=\"17\" font-size=\"17\" \
         font-weight=\"700\" font-family=\"sans-serif\" text-anchor=\"middle\" fill=\"#fff\">{words}</text></svg>"
    );
    ICON.replace("</svg>", &sign).into()
}

pub async fn icon() -> Response {
    ([(header::CONTENT_TYPE, "image/svg+xml")], ICON).into_response()
}
