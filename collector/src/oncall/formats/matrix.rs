//! Matrix: an event of a room, whose transaction id makes a second attempt the same event.

use std::fmt::Write as _;

use serde::{Deserialize, Serialize};

use super::{Links, Method, Post, in_html, in_line, quiet, within};
use crate::oncall::message::Message;

/// Events are at most 64 KiB, both texts and all around them together.
const TEXT_BYTES: usize = 12_000;

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
    let title = quiet(&in_line(&message.title()));
    let text = quiet(&within(&message.text(), TEXT_BYTES));
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
    let path = format!(
        "/_matrix/client/v3/rooms/{}/send/m.room.message/{}",
        in_path(room),
        in_path(&message.id())
    );
    Post {
        method: Method::Put,
        path,
        content_type: "application/json",
        body: serde_json::to_string(&payload).expect("texts always have a form in JSON"),
    }
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

#[derive(Deserialize)]
struct Limited {
    retry_after_ms: i64,
}

/// When a server that has had too much wants to be asked again.
pub fn retry_after_ms(body: &str) -> Option<i64> {
    let limited: Limited = serde_json::from_str(body).ok()?;
    Some(limited.retry_after_ms.max(0))
}
