//! Slack's incoming webhooks, which Mattermost takes too. Their address is the secret.
//!
//! They have no way to know a message again: after a crash in the middle of a delivery it may come twice.

use serde::Serialize;

use super::{Links, Method, Post, in_line, quiet, within};
use crate::oncall::alert::Severity;
use crate::oncall::message::{Message, Status};

/// Longer texts are cut by whoever shows them.
const TITLE_BYTES: usize = 500;
const TEXT_BYTES: usize = 7000;

#[derive(Serialize)]
struct Payload {
    text: String,
    mrkdwn: bool,
    attachments: [Attachment; 1],
}

#[derive(Serialize)]
struct Attachment {
    fallback: String,
    color: &'static str,
    text: String,
    /// Nothing of it is Markdown.
    mrkdwn_in: [&'static str; 0],
    #[serde(skip_serializing_if = "Vec::is_empty")]
    fields: Vec<Field>,
    footer: &'static str,
    ts: i64,
}

#[derive(Serialize)]
struct Field {
    title: &'static str,
    value: String,
    short: bool,
}

/// A message for a channel.
pub fn post(message: &Message, links: Links<'_>) -> Post {
    let title = escaped(&within(&in_line(&message.title()), TITLE_BYTES));
    let color = match (message.status, message.severity) {
        (Status::Resolved, _) => "good",
        (Status::Firing, Severity::Page) => "danger",
        (Status::Firing, Severity::Morning) => "#E69F00",
    };
    let acts = links.acts(message);
    let mut fields: Vec<Field> = acts
        .into_iter()
        .map(|(title, value)| Field { title, value: format!("<{value}>"), short: true })
        .collect();
    let page = links.page();
    fields.extend(page.map(|url| Field {
        title: "All alerts",
        value: format!("<{url}>"),
        short: false,
    }));
    let attachment = Attachment {
        fallback: title.clone(),
        color,
        text: escaped(&within(&message.text(), TEXT_BYTES)),
        mrkdwn_in: [],
        fields,
        footer: "Headroom",
        ts: message.at_ms.div_euclid(1000),
    };
    let payload = Payload { text: title, mrkdwn: false, attachments: [attachment] };
    Post {
        method: Method::Post,
        path: String::new(),
        content_type: "application/json",
        body: serde_json::to_string(&payload).expect("texts always have a form in JSON"),
    }
}

/// `<!channel>` and links are written with these three.
fn escaped(text: &str) -> String {
    quiet(text).replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}
