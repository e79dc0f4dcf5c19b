use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::*;
use crate::oncall::{GroupId, MessageAlert, Reason, Severity, Standing, Status};

fn texts(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
    pairs.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect()
}

fn message(summary: &str) -> Message {
    let alert = |fingerprint, device: &str, standing| MessageAlert {
        fingerprint,
        labels: texts(&[("alertname", "LinkNearLimit"), ("device", device), ("instance", "ca1")]),
        annotations: texts(&[("summary", summary), ("runbook", "Ask.")]),
        since_ms: 1_000,
        standing,
        link: "/graph?g0.expr=up".into(),
    };
    Message {
        receiver: "ops".into(),
        person: Some("anna".into()),
        group: GroupId(1),
        key: vec![("instance".into(), "ca1".into())],
        opened_ms: 1_000,
        count: 2,
        at_ms: 61_000,
        status: Status::Firing,
        reason: Reason::First,
        severity: Severity::Page,
        alerts: vec![
            alert(0x9f1a_4c2d_0e3b_5a67, "eth0", Standing::Firing),
            alert(1, "eth1", Standing::Ended { at_ms: 31_000 }),
        ],
        truncated: 3,
    }
}

fn links(key: &Key) -> Links<'_> {
    let public_url = Some("https://call.example/");
    Links { external_url: "https://headroom.example/", public_url, key }
}

fn body(post: &Post) -> Value {
    assert_eq!(post.content_type, "application/json");
    serde_json::from_str(&post.body).unwrap()
}

#[test]
fn the_webhook_is_alertmanagers_to_the_letter() {
    let key = Key::of([1; 32]);
    let post = Format::Webhook.post(&message("near"), links(&key));
    let alert = |status: &str, device: &str, ends: &str, print: &str| {
        json!({
            "status": status,
            "labels": {"alertname": "LinkNearLimit", "device": device, "instance": "ca1"},
            "annotations": {"summary": "near", "runbook": "Ask."},
            "startsAt": "1970-01-01T00:00:01Z",
            "endsAt": ends,
            "generatorURL": "https://headroom.example/graph?g0.expr=up",
            "fingerprint": print,
        })
    };
    let expected = json!({
        "receiver": "ops",
        "status": "firing",
        "alerts": [
            alert("firing", "eth0", "0001-01-01T00:00:00Z", "9f1a4c2d0e3b5a67"),
            alert("resolved", "eth1", "1970-01-01T00:00:31Z", "0000000000000001"),
        ],
        "notification_reason": "first notification",
        "groupLabels": {"instance": "ca1"},
        "commonLabels": {"alertname": "LinkNearLimit", "instance": "ca1"},
        "commonAnnotations": {"summary": "near", "runbook": "Ask."},
        "routeLabels": {},
        "externalURL": "https://headroom.example",
        "version": "4",
        "groupKey": "{}:{instance=\"ca1\"}",
        "truncatedAlerts": 3,
    });
    assert_eq!(body(&post), expected);
    assert_eq!((post.method, &*post.path), (Method::Post, ""));
}

#[test]
fn ntfy_has_three_buttons_that_act_for_its_reader_alone() {
    let key = Key::of([1; 32]);
    let ntfy = Format::Ntfy { topic: "anna-7f".into() };
    let post = body(&ntfy.post(&message("near"), links(&key)));
    assert_eq!(post["topic"], "anna-7f");
    assert_eq!(post["title"], "near and 3 more");
    assert_eq!(post["priority"], 5);
    assert_eq!(post["click"], "https://headroom.example/alerts");
    let actions = post["actions"].as_array().unwrap();
    let known = [
        ("I have it", Action::Take),
        ("Not me: the next", Action::Pass),
        ("Silence", Action::Silence),
    ];
    assert_eq!(actions.len(), 3);
    for (action, (label, what)) in actions.iter().zip(known) {
        assert_eq!((&action["action"], &action["method"]), (&json!("http"), &json!("POST")));
        assert_eq!(action["label"], label);
        let url = action["url"].as_str().unwrap();
        let ticket =
            key.read(url.strip_prefix("https://call.example/a/").unwrap(), 61_000).unwrap();
        assert_eq!((ticket.action, &*ticket.person), (what, "anna"));
        assert_eq!((ticket.group, ticket.expires_ms), (GroupId(1), 61_000 + LINKS_MS));
    }
    let nowhere = Links { public_url: None, ..links(&key) };
    assert_eq!(body(&ntfy.post(&message("near"), nowhere)).get("actions"), None);
    let over = Message { status: Status::Resolved, ..message("near") };
    let over = body(&ntfy.post(&over, links(&key)));
    assert_eq!((&over["priority"], over.get("actions")), (&json!(2), None));
    assert_eq!(over["sequence_id"], post["sequence_id"]);
    let long = body(&ntfy.post(&message(&"é".repeat(9000)), links(&key)));
    assert!(long["message"].as_str().unwrap().len() <= 4096);
    assert!(long["title"].as_str().unwrap().len() <= 250);
}

#[test]
fn matrix_names_the_event_for_ever_and_calls_nobody() {
    let key = Key::of([1; 32]);
    let matrix = Format::Matrix { room: "!abc:example.org".into() };
    let hostile = "@room <b>near</b> & \"more\"";
    let post = matrix.post(&message(hostile), links(&key));
    let id = message(hostile).id();
    let path = format!("/_matrix/client/v3/rooms/%21abc%3Aexample.org/send/m.room.message/{id}");
    assert_eq!((post.method, &post.path), (Method::Put, &path));
    let event = body(&post);
    assert_eq!(event["msgtype"], "m.text");
    assert_eq!(event["format"], "org.matrix.custom.html");
    assert_eq!(event["m.mentions"], json!({}));
    assert!(!post.body.contains("@room"));
    let html = event["formatted_body"].as_str().unwrap();
    assert!(html.contains("&lt;b&gt;near&lt;/b&gt; &amp; &quot;more&quot;"), "{html}");
    assert_eq!(html.matches("<a href").count(), 4);
    let next = Message { count: 3, ..message(hostile) };
    assert_ne!(next.id(), id);
    assert_eq!(message("other").id(), id, "what it says is not what names it");
}

#[test]
fn answers_mean_taken_later_or_never() {
    let answered = |status, retry_after, body| Answered { status, retry_after, body };
    let later = |text: &str, asked_ms| Outcome::Later(text.into(), asked_ms);
    let never = |text: &str| Outcome::Never(text.into());
    let limited = "{\"errcode\":\"M_LIMIT_EXCEEDED\",\"retry_after_ms\":2000}";
    let patience = "it asks for patience (429)";
    let room = Format::Matrix { room: String::new() };
    for (format, answer, expected) in [
        (&Format::Webhook, answered(200, None, ""), Outcome::Taken),
        (&Format::Webhook, answered(204, None, ""), Outcome::Taken),
        (&Format::Webhook, answered(301, None, ""), never("it leads elsewhere (301)")),
        (&Format::Webhook, answered(400, None, ""), never("it answers 400")),
        (&Format::Webhook, answered(404, Some("9"), ""), never("it answers 404")),
        (&Format::Webhook, answered(429, Some("7"), ""), later(patience, Some(7000))),
        (&Format::Webhook, answered(429, Some("soon"), ""), later(patience, None)),
        (&Format::Webhook, answered(500, None, ""), later("it answers 500", None)),
        (&Format::Webhook, answered(503, Some("1"), limited), later("it answers 503", Some(1000))),
        (&room, answered(429, None, limited), later(patience, Some(2000))),
        (&room, answered(429, None, "<html>"), later(patience, None)),
        (&room, answered(403, None, "{}"), never("it answers 403")),
    ] {
        assert_eq!(format.judge(&answer), expected, "{format:?} {answer:?}");
    }
}
