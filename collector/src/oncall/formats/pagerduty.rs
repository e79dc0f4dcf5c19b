//! PagerDuty's events, version 2: what goes on triggers, its end resolves, both under one key.

use serde::Serialize;

use super::{Links, Method, Post, in_line, within};
use crate::moments::iso;
use crate::oncall::alert::{INSTANCE, Severity};
use crate::oncall::message::{Message, Status};
use crate::oncall::secret::Secret;
use crate::printable::printable;

/// The longest summary, in letters, and how much of the text goes along: an event is at most 512,000
/// bytes.
const SUMMARY_LETTERS: usize = 1024;
const TEXT_BYTES: usize = 60_000;

#[derive(Serialize)]
struct Enqueued<'m> {
    routing_key: &'m str,
    event_action: &'static str,
    dedup_key: String,
    payload: Payload,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    links: Vec<Link>,
    client: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    client_url: Option<String>,
}

#[derive(Serialize)]
struct Payload {
    summary: String,
    source: String,
    severity: &'static str,
    timestamp: String,
    group: String,
    class: String,
    custom_details: Details,
}

#[derive(Serialize)]
struct Details {
    text: String,
}

#[derive(Serialize)]
struct Link {
    href: String,
    text: &'static str,
}

/// A message for a service.
pub fn post(routing_key: &Secret, message: &Message, links: Links<'_>) -> Post {
    let label =
        |name: &str| message.alerts.first().and_then(|alert| alert.labels.get(name)).cloned();
    let of = message.key.iter().map(|(name, value)| format!("{name} {value}"));
    let group = within(&in_line(&of.collect::<Vec<_>>().join(", ")), SUMMARY_LETTERS);
    let summary = in_line(&message.title());
    let event = Enqueued {
        routing_key: routing_key.reveal(),
        event_action: match message.status {
            Status::Firing => "trigger",
            Status::Resolved => "resolve",
        },
        dedup_key: message.thread(),
        payload: Payload {
            summary: summary.chars().take(SUMMARY_LETTERS).collect(),
            source: label(INSTANCE).unwrap_or_else(|| group.clone()),
            severity: match message.severity {
                Severity::Page => "critical",
                Severity::Morning => "warning",
            },
            timestamp: iso(message.at_ms),
            group,
            class: label("alertname").unwrap_or_default(),
            custom_details: Details { text: within(&printable(&message.text()), TEXT_BYTES) },
        },
        links: links.page().map(|href| Link { href, text: "All alerts" }).into_iter().collect(),
        client: "Headroom",
        client_url: links.page(),
    };
    Post {
        method: Method::Post,
        path: "/v2/enqueue".into(),
        content_type: "application/json",
        body: serde_json::to_string(&event).expect("texts always have a form in JSON"),
    }
}
