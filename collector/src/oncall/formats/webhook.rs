//! Alertmanager's webhook, version 4.

use std::fmt::Write as _;

use serde::Serialize;

use super::{Links, Method, Post};
use crate::moments::iso;
use crate::oncall::alert::{Standing, Texts, whole_link};
use crate::oncall::message::{Message, MessageAlert, Reason, Status};

/// The moment of what has not ended.
const NEVER: &str = "0001-01-01T00:00:00Z";

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Payload<'m> {
    receiver: &'m str,
    status: Status,
    alerts: Vec<Alert<'m>>,
    #[serde(rename = "notification_reason")]
    notification_reason: &'static str,
    group_labels: Texts,
    common_labels: Texts,
    common_annotations: Texts,
    route_labels: Texts,
    #[serde(rename = "externalURL")]
    external_url: &'m str,
    version: &'static str,
    group_key: String,
    truncated_alerts: usize,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Alert<'m> {
    status: Status,
    labels: &'m Texts,
    annotations: &'m Texts,
    starts_at: String,
    ends_at: String,
    #[serde(rename = "generatorURL")]
    generator_url: String,
    fingerprint: String,
}

/// A message as Alertmanager would send it.
pub fn post(message: &Message, links: Links<'_>) -> Post {
    let external_url = links.external_url.trim_end_matches('/');
    let payload = Payload {
        receiver: &message.receiver,
        status: message.status,
        alerts: message.alerts.iter().map(|alert| told(alert, external_url)).collect(),
        notification_reason: reason(message.reason),
        group_labels: message.key.iter().cloned().collect(),
        common_labels: common(message.alerts.iter().map(|alert| &alert.labels)),
        common_annotations: common(message.alerts.iter().map(|alert| &alert.annotations)),
        route_labels: Texts::new(),
        external_url,
        version: "4",
        group_key: group_key(&message.key),
        truncated_alerts: message.truncated,
    };
    Post {
        method: Method::Post,
        path: String::new(),
        content_type: "application/json",
        body: serde_json::to_string(&payload).expect("texts always have a form in JSON"),
    }
}

fn told<'m>(alert: &'m MessageAlert, external_url: &str) -> Alert<'m> {
    let (status, ends_at) = match alert.standing {
        Standing::Firing | Standing::Unknown { .. } => (Status::Firing, NEVER.to_owned()),
        Standing::Ended { at_ms } => (Status::Resolved, iso(at_ms)),
    };
    Alert {
        status,
        labels: &alert.labels,
        annotations: &alert.annotations,
        starts_at: iso(alert.since_ms),
        ends_at,
        generator_url: whole_link(external_url, &alert.link),
        fingerprint: format!("{:016x}", alert.fingerprint),
    }
}

fn reason(reason: Reason) -> &'static str {
    match reason {
        Reason::First => "first notification",
        Reason::More => "new alerts added",
        Reason::Less => "some alerts resolved",
        Reason::Over => "all alerts resolved",
        Reason::Still => "repeat interval elapsed",
        Reason::Escalation | Reason::Again | Reason::Test | Reason::Duty | Reason::Digest => {
            "unknown"
        }
    }
}

/// What all of them say.
fn common<'m>(mut texts: impl Iterator<Item = &'m Texts>) -> Texts {
    let mut common = texts.next().cloned().unwrap_or_default();
    for other in texts {
        common.retain(|name, value| other.get(name) == Some(value));
    }
    common
}

/// As Alertmanager writes a group under its root route.
fn group_key(key: &[(String, String)]) -> String {
    let mut sorted: Vec<&(String, String)> = key.iter().collect();
    sorted.sort();
    let mut text = "{}:{".to_owned();
    for (place, (name, value)) in sorted.into_iter().enumerate() {
        let comma = if place == 0 { "" } else { ", " };
        let value = serde_json::to_string(value).unwrap_or_default();
        let _ = write!(text, "{comma}{name}={value}");
    }
    text.push('}');
    text
}
