//! ntfy: JSON to the root of its server, with three buttons at most.

use serde::Serialize;

use super::{Links, Method, Post, in_line, within};
use crate::oncall::alert::Severity;
use crate::oncall::message::{Message, Status};
use crate::printable::printable;

/// The longest message; a longer one becomes a file.
const MESSAGE_BYTES: usize = 4096;
const TITLE_BYTES: usize = 250;

#[derive(Serialize)]
struct Payload<'m> {
    topic: &'m str,
    title: String,
    message: String,
    priority: u8,
    tags: [&'static str; 1],
    /// Messages of one trouble replace each other, where the server knows that.
    sequence_id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    click: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    actions: Vec<Button>,
}

#[derive(Serialize)]
struct Button {
    action: &'static str,
    label: &'static str,
    url: String,
    method: &'static str,
    clear: bool,
}

/// A message for a topic.
pub fn post(topic: &str, message: &Message, links: Links<'_>) -> Post {
    let (priority, tag) = match (message.status, message.severity) {
        (Status::Resolved, _) => (2, "white_check_mark"),
        (Status::Firing, Severity::Page) => (5, "rotating_light"),
        (Status::Firing, Severity::Morning) => (3, "sunrise"),
    };
    let payload = Payload {
        topic,
        title: within(&in_line(&message.title()), TITLE_BYTES),
        message: within(&printable(&message.text()), MESSAGE_BYTES),
        priority,
        tags: [tag],
        sequence_id: message.thread(),
        click: links.page(),
        actions: buttons(message, links),
    };
    Post {
        method: Method::Post,
        path: String::new(),
        content_type: "application/json",
        body: serde_json::to_string(&payload).expect("texts always have a form in JSON"),
    }
}

fn buttons(message: &Message, links: Links<'_>) -> Vec<Button> {
    let button = |(label, url)| Button { action: "http", label, url, method: "POST", clear: true };
    match message.severity {
        Severity::Page => links.acts(message).into_iter().map(button).collect(),
        Severity::Morning => Vec::new(),
    }
}
