//! Matrix: an event of a room, whose transaction id makes a second attempt the same event.

use std::fmt::Write as _;

use serde::{Deserialize, Serialize};

use super::{Answered, Finding, Links, Method, Post, in_html, in_line, quiet, within};
use crate::oncall::message::Message;

/// The longest title, and the longest text.
const TITLE_BYTES: usize = 1_000;
const TEXT_BYTES: usize = 12_000;

/// Events are at most 64 KiB, with what servers add to them.
const EVENT_BYTES: usize = 60_000;

/// So much of what a server says is told.
const SAID_BYTES: usize = 200;

#[derive(Serialize)]
struct Payload {
    msgtype: &'static str,
    body: String,
    format: &'static str,
    formatted_body: String,
    /// Nobody is called by a label's value.
    #[serde(rename = "m.mentions")]
    mentions: Mentions,
}

#[derive(Serialize)]
struct Mentions {}

/// A message for a room.
pub fn post(room: &str, message: &Message, links: Links<'_>) -> Post {
    let mut bytes = TEXT_BYTES;
    let mut body = written(message, links, bytes);
    // Letters that stand for others take up to six times the room.
    while body.len() > EVENT_BYTES && bytes > 0 {
        bytes /= 2;
        body = written(message, links, bytes);
    }
    let path = format!(
        "/_matrix/client/v3/rooms/{}/send/m.room.message/{}",
        in_path(room),
        in_path(&message.id())
    );
    Post { method: Method::Put, path, content_type: "application/json", body }
}

/// An event with so much text at the most.
fn written(message: &Message, links: Links<'_>, bytes: usize) -> String {
    let title = quiet(&within(&in_line(&message.title()), TITLE_BYTES));
    let text = quiet(&within(&message.text(), bytes));
    let mut plain = format!("{title}\n\n{text}");
    let mut html =
        format!("<b>{}</b><br>{}", in_html(&title), in_html(&text).replace('\n', "<br>"));
    for (label, url) in links.acts(message) {
        let _ = write!(plain, "\n{label}: {url}");
        let _ = write!(html, "<br><a href=\"{}\">{label}</a>", in_html(&url));
    }
    if let Some(url) = links.page() {
        let _ = write!(plain, "\n{url}");
        let _ = write!(html, "<br><a href=\"{0}\">{0}</a>", in_html(&url));
    }
    let payload = Payload {
        msgtype: "m.text",
        body: plain,
        format: "org.matrix.custom.html",
        formatted_body: html,
        mentions: Mentions {},
    };
    serde_json::to_string(&payload).expect("texts always have a form in JSON")
}

/// Whether a room is encrypted.
pub fn question(room: &str) -> Post {
    let path = format!("/_matrix/client/v3/rooms/{}/state/m.room.encryption", in_path(room));
    Post { method: Method::Get, path, content_type: "application/json", body: String::new() }
}

/// What the answer to that means. Messages of ours are not encrypted: in a room that is, clients warn of
/// them or hide them.
pub fn find(room: &str, answer: &Answered<'_>) -> Finding {
    let errcode = Failed::of(answer.body).and_then(|failed| failed.errcode);
    match answer.status {
        404 if errcode.as_deref() == Some("M_NOT_FOUND") => Finding::Sound,
        404 => Finding::Unknown("it answers 404, as no Matrix server does: is url right?".into()),
        200..=299 => Finding::Unfit(format!(
            "the room {room} is encrypted, and nothing is encrypted here: make one that is not"
        )),
        401 => Finding::Unfit("the server does not know the token".into()),
        403 => Finding::Unfit(format!("the account is not in the room {room}: join it first")),
        status => Finding::Unknown(format!("it answers {status}")),
    }
}

#[derive(Serialize)]
struct Picture<'p> {
    msgtype: &'static str,
    body: &'static str,
    url: &'p str,
    info: Info,
}

#[derive(Serialize)]
struct Info {
    mimetype: &'static str,
    size: usize,
}

#[derive(Deserialize)]
struct Uploaded {
    content_uri: String,
}

/// The picture behind a message, once its server has said where it keeps it.
pub fn picture(room: &str, message: &Message, answer: &str, bytes: usize) -> Option<Post> {
    let Uploaded { content_uri } = serde_json::from_str(answer).ok()?;
    if !content_uri.starts_with("mxc://") {
        return None;
    }
    let info = Info { mimetype: "image/png", size: bytes };
    let picture = Picture { msgtype: "m.image", body: "graph.png", url: &content_uri, info };
    let path = format!(
        "/_matrix/client/v3/rooms/{}/send/m.room.message/{}-picture",
        in_path(room),
        in_path(&message.id())
    );
    let body = serde_json::to_string(&picture).ok()?;
    Some(Post { method: Method::Put, path, content_type: "application/json", body })
}

/// A part of a path.
fn in_path(text: &str) -> String {
    let mut escaped = String::new();
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            escaped.push(byte.into());
        } else {
            let _ = write!(escaped, "%{byte:02X}");
        }
    }
    escaped
}

/// What a server says of a request that failed.
#[derive(Deserialize)]
struct Failed {
    errcode: Option<String>,
    error: Option<String>,
    retry_after_ms: Option<i64>,
}

impl Failed {
    fn of(body: &str) -> Option<Self> {
        serde_json::from_str(body).ok()
    }
}

/// When a server that has had too much wants to be asked again.
pub fn retry_after_ms(body: &str) -> Option<i64> {
    Some(Failed::of(body)?.retry_after_ms?.max(0))
}

/// Why it does not take a message, in its own words.
pub fn why(body: &str) -> Option<String> {
    let error = Failed::of(body)?.error?;
    Some(within(&in_line(&error), SAID_BYTES))
}
