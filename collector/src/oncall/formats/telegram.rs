//! Telegram: a message of a bot. It has no way to know a message again: after a crash in the middle of
//! a delivery it may come twice.

use std::fmt::Write as _;

use serde::{Deserialize, Serialize};

use super::{Links, Method, Post, in_html, in_line, quiet, within};
use crate::oncall::alert::Severity;
use crate::oncall::message::{Message, Status};
use crate::oncall::secret::Secret;

/// A message has at most 4,096 letters once its tags are read; links are not counted.
const TITLE_BYTES: usize = 500;
const TEXT_BYTES: usize = 3000;

/// Where it goes.
#[derive(Clone, Copy)]
pub struct To<'t> {
    /// The bot's token.
    pub bot: &'t Secret,
    /// The chat.
    pub chat: &'t str,
    /// The topic within it.
    pub topic: Option<i64>,
}

#[derive(Serialize)]
struct Payload<'m> {
    chat_id: &'m str,
    text: String,
    parse_mode: &'static str,
    disable_notification: bool,
    link_preview_options: Preview,
    #[serde(skip_serializing_if = "Option::is_none")]
    message_thread_id: Option<i64>,
}

#[derive(Serialize)]
struct Preview {
    is_disabled: bool,
}

/// A message for a chat.
pub fn post(to: To<'_>, message: &Message, links: Links<'_>) -> Post {
    let title = within(&quiet(&in_line(&message.title())), TITLE_BYTES);
    let body = within(&quiet(&message.text()), TEXT_BYTES);
    let mut text = format!("<b>{}</b>\n{}", in_html(&title), in_html(&body));
    for (label, url) in links.acts(message) {
        let _ = write!(text, "\n<a href=\"{}\">{label}</a>", in_html(&url));
    }
    if let Some(url) = links.page() {
        let _ = write!(text, "\n<a href=\"{}\">All alerts</a>", in_html(&url));
    }
    let is_loud = match (message.status, message.severity) {
        (Status::Firing, Severity::Page) => true,
        (Status::Firing, Severity::Morning) | (Status::Resolved, _) => false,
    };
    let payload = Payload {
        chat_id: to.chat,
        text,
        parse_mode: "HTML",
        disable_notification: !is_loud,
        link_preview_options: Preview { is_disabled: true },
        message_thread_id: to.topic,
    };
    Post {
        method: Method::Post,
        path: format!("/bot{}/sendMessage", to.bot.reveal()),
        content_type: "application/json",
        body: serde_json::to_string(&payload).expect("texts always have a form in JSON"),
    }
}

#[derive(Deserialize)]
struct Limited {
    parameters: Parameters,
}

#[derive(Deserialize)]
struct Parameters {
    retry_after: i64,
}

/// When it wants to be asked again, of an answer that says so.
pub fn retry_after_ms(body: &str) -> Option<i64> {
    let limited: Limited = serde_json::from_str(body).ok()?;
    Some(limited.parameters.retry_after.clamp(0, 86_400) * 1000)
}
