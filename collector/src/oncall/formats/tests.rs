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

/// What is posted in a format.
fn posted(format: &Format, message: &Message, links: Links<'_>) -> Post {
    match format.write(message, links) {
        Parcel::Post(post) => post,
        Parcel::Mail(mail) => panic!("a mail: {mail:?}"),
    }
}

fn body(post: &Post) -> Value {
    assert_eq!(post.content_type, "application/json");
    serde_json::from_str(&post.body).unwrap()
}

#[test]
fn the_webhook_is_alertmanagers_to_the_letter() {
    let key = Key::of([1; 32]);
    let post = posted(&Format::Webhook, &message("near"), links(&key));
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
    let post = body(&posted(&ntfy, &message("near"), links(&key)));
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
    assert_eq!(body(&posted(&ntfy, &message("near"), nowhere)).get("actions"), None);
    let over = Message { status: Status::Resolved, ..message("near") };
    let over = body(&posted(&ntfy, &over, links(&key)));
    assert_eq!((&over["priority"], over.get("actions")), (&json!(2), None));
    assert_eq!(over["sequence_id"], post["sequence_id"]);
    let long = body(&posted(&ntfy, &message(&"é".repeat(9000)), links(&key)));
    assert!(long["message"].as_str().unwrap().len() <= 4096);
    assert!(long["title"].as_str().unwrap().len() <= 250);
}

#[test]
fn matrix_names_the_event_for_ever_and_calls_nobody() {
    let key = Key::of([1; 32]);
    let matrix = Format::Matrix { room: "!abc:example.org".into() };
    let hostile = "@room <b>near</b> & \"more\"";
    let post = posted(&matrix, &message(hostile), links(&key));
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
    // Signs that others stand for take the most room: it is still an event.
    for sign in ["\"", "@", "é", "\\", "](", "\u{7f}"] {
        let post = posted(&matrix, &message(&sign.repeat(90_000 / sign.len())), links(&key));
        assert!(post.body.len() <= 60_000, "{sign:?}: {}", post.body.len());
    }
}

#[test]
fn a_room_is_fit_if_a_matrix_server_says_that_it_is_not_encrypted() {
    let matrix = Format::Matrix { room: "!abc".into() };
    let found =
        |status, body| matrix.find(&Answered { status, retry_after: None, date: None, body });
    assert_eq!(found(404, "{\"errcode\":\"M_NOT_FOUND\"}"), Finding::Sound);
    for (status, body, says) in [
        (200, "{\"algorithm\":\"m.megolm.v1.aes-sha2\"}", "is encrypted"),
        (401, "{\"errcode\":\"M_UNKNOWN_TOKEN\"}", "does not know the token"),
        (403, "{\"errcode\":\"M_FORBIDDEN\"}", "join it first"),
    ] {
        let finding = found(status, body);
        assert!(matches!(&finding, Finding::Unfit(why) if why.contains(says)), "{finding:?}");
    }
    for (status, body) in [(404, "<html>"), (404, "{\"errcode\":\"M_UNRECOGNIZED\"}"), (502, "")] {
        assert!(matches!(found(status, body), Finding::Unknown(_)), "{status} {body}");
    }
}

const HOSTILE: &str =
    "<!channel> @here <b>near</b>\r\nBcc: evil@example.org [a](http://evil.example)";

#[test]
fn slack_calls_nobody_and_shows_text_as_text() {
    let key = Key::of([1; 32]);
    let post = posted(&Format::Slack, &message(HOSTILE), links(&key));
    let payload = body(&post);
    assert_eq!((post.method, &*post.path), (Method::Post, ""));
    let text = payload["text"].as_str().unwrap();
    assert!(text.starts_with("&lt;!channel&gt; @\u{200b}here &lt;b&gt;near"), "{text}");
    assert!(!text.contains("](") && !text.contains('\n'), "{text}");
    let attachment = &payload["attachments"][0];
    assert_eq!((&attachment["color"], &payload["mrkdwn"]), (&json!("danger"), &json!(false)));
    assert!(!attachment["text"].as_str().unwrap().contains('<'));
    let fields = attachment["fields"].as_array().unwrap();
    assert_eq!(fields.len(), 4);
    assert_eq!(fields[3]["value"], "<https://headroom.example/alerts>");
    let over = Message { status: Status::Resolved, ..message("near") };
    let over = body(&posted(&Format::Slack, &over, links(&key)));
    assert_eq!(over["attachments"][0]["color"], "good");
    assert_eq!(over["attachments"][0]["fields"].as_array().unwrap().len(), 1);
}

#[test]
fn pagerduty_resolves_what_it_triggered() {
    let key = Key::of([1; 32]);
    let format = Format::PagerDuty { routing_key: Secret::new("r".repeat(32)) };
    assert!(!format!("{format:?}").contains("rrr"), "{format:?}");
    let post = posted(&format, &message(&"é".repeat(3000)), links(&key));
    assert_eq!((post.method, &*post.path), (Method::Post, "/v2/enqueue"));
    let event = body(&post);
    assert_eq!(event["routing_key"], "r".repeat(32));
    assert_eq!(event["event_action"], "trigger");
    assert_eq!(event["payload"]["summary"].as_str().unwrap().chars().count(), 1024);
    assert_eq!(
        (&event["payload"]["severity"], &event["payload"]["source"]),
        (&json!("critical"), &json!("ca1"))
    );
    assert_eq!(event["payload"]["timestamp"], "1970-01-01T00:01:01Z");
    assert_eq!(event["links"][0]["href"], "https://headroom.example/alerts");
    assert!(event["dedup_key"].as_str().unwrap().len() <= 255);
    assert!(post.body.len() < 512_000);
    let over = Message { status: Status::Resolved, count: 3, ..message("near") };
    let over = body(&posted(&format, &over, links(&key)));
    assert_eq!(
        (&over["event_action"], &over["dedup_key"]),
        (&json!("resolve"), &event["dedup_key"])
    );
    // The end of what could wait ends no page of the same host.
    let morning = Message { severity: Severity::Morning, ..message("near") };
    let keys =
        |message: &Message| body(&posted(&format, message, links(&key)))["dedup_key"].clone();
    assert_ne!(keys(&morning), event["dedup_key"]);
    // Who is told of everything is told of one trouble.
    let all = |severity| Message { person: None, severity, ..message("near") };
    assert_eq!(keys(&all(Severity::Morning)), keys(&all(Severity::Page)));
}

#[test]
fn telegram_has_room_for_what_it_is_sent_and_takes_no_tag_from_others() {
    let key = Key::of([1; 32]);
    let bot = Secret::new("12:abc".into());
    let format = Format::Telegram { bot, chat: "-100".into(), topic: Some(7) };
    let post = posted(&format, &message(HOSTILE), links(&key));
    assert_eq!((post.method, &*post.path), (Method::Post, "/bot12:abc/sendMessage"));
    let sent = body(&post);
    assert_eq!((&sent["chat_id"], &sent["message_thread_id"]), (&json!("-100"), &json!(7)));
    assert_eq!(
        (&sent["parse_mode"], &sent["disable_notification"]),
        (&json!("HTML"), &json!(false))
    );
    let text = sent["text"].as_str().unwrap();
    assert!(text.contains("&lt;b&gt;near&lt;/b&gt;"), "{text}");
    assert_eq!(text.matches("<a href=\"https://").count(), 4);
    let long = body(&posted(&format, &message(&"é\n".repeat(9000)), links(&key)));
    assert!(long["text"].as_str().unwrap().chars().count() <= 4096);
    let loud = body(&posted(&format, &message(&"@".repeat(9000)), links(&key)));
    assert!(loud["text"].as_str().unwrap().chars().count() <= 4096 + 4 * 300);
    let morning = Message { severity: Severity::Morning, ..message("near") };
    assert_eq!(body(&posted(&format, &morning, links(&key)))["disable_notification"], true);
}

#[test]
fn a_mail_has_a_name_for_ever_a_thread_and_one_line_as_subject() {
    let key = Key::of([1; 32]);
    let address = |text: &str| text.parse::<MailAddress>().unwrap();
    let format = Format::Email(MailAccount {
        from: address("Headroom <headroom@example.org>"),
        to: address("anna@example.net"),
        user: None,
        security: Security::StartTls,
        authority: None,
    });
    let mailed = |message: &Message| match format.write(message, links(&key)) {
        Parcel::Mail(mail) => mail,
        Parcel::Post(post) => panic!("a post: {post:?}"),
    };
    let mail = mailed(&message(HOSTILE));
    assert_eq!(mail.id, format!("<{}@example.org>", message(HOSTILE).id()));
    assert!(mail.subject.starts_with("[FIRING:4] <!channel> @here"), "{}", mail.subject);
    assert!(!mail.subject.contains(['\r', '\n']), "{:?}", mail.subject);
    assert!(mail.text.contains("I have it: https://call.example/a/"), "{}", mail.text);
    assert!(mail.html.contains("&lt;b&gt;near&lt;/b&gt;") && !mail.html.contains("<b>"));
    assert!(mail.is_urgent);
    let over = mailed(&Message { status: Status::Resolved, count: 3, ..message("near") });
    assert!(over.subject.starts_with("[RESOLVED] over: near"), "{}", over.subject);
    assert!(over.id != mail.id && over.thread == mail.thread && !over.is_urgent);
    assert!(!over.text.contains("/a/"));
    let long = mailed(&message(&"é".repeat(90_000)));
    assert!(long.subject.len() <= 200 && long.text.len() <= 70_000);
}

#[test]
fn answers_mean_taken_later_or_never() {
    let date = Some("Fri, 27 Nov 2026 07:00:00 GMT");
    let answered = |status, retry_after, body| Answered { status, retry_after, date, body };
    let undated = |status, retry_after| Answered { status, retry_after, date: None, body: "" };
    let moment = Some("Fri, 27 Nov 2026 07:01:30 GMT");
    let later = |text: &str, asked_ms| Outcome::Later(text.into(), asked_ms);
    let never = |text: &str| Outcome::Never(text.into());
    let limited = "{\"errcode\":\"M_LIMIT_EXCEEDED\",\"retry_after_ms\":2000}";
    let forbidden = "{\"errcode\":\"M_FORBIDDEN\",\"error\":\"not in\\nthe room\"}";
    let patience = "it asks for patience (429)";
    let room = Format::Matrix { room: String::new() };
    let secret = || Secret::new("s".into());
    let service = Format::PagerDuty { routing_key: secret() };
    let chat = Format::Telegram { bot: secret(), chat: "1".into(), topic: None };
    let asks = "{\"ok\":false,\"error_code\":429,\"parameters\":{\"retry_after\":35}}";
    for (format, answer, expected) in [
        (&Format::Webhook, answered(200, None, ""), Outcome::Taken),
        (&Format::Webhook, answered(204, None, ""), Outcome::Taken),
        (&Format::Webhook, answered(301, None, ""), never("it leads elsewhere (301)")),
        (&Format::Webhook, answered(400, None, ""), never("it answers 400")),
        (&Format::Webhook, answered(404, Some("9"), ""), never("it answers 404")),
        (&Format::Webhook, answered(408, None, ""), later("it answers 408", None)),
        (&Format::Webhook, answered(429, Some("7"), ""), later(patience, Some(7000))),
        (&Format::Webhook, answered(429, Some("soon"), ""), later(patience, None)),
        (&Format::Webhook, answered(429, moment, ""), later(patience, Some(90_000))),
        (&Format::Webhook, answered(429, date, ""), later(patience, Some(0))),
        (&Format::Webhook, answered(503, moment, ""), later("it answers 503", Some(90_000))),
        (&Format::Webhook, undated(429, moment), later(patience, None)),
        (&Format::Webhook, answered(500, None, ""), later("it answers 500", None)),
        (&Format::Webhook, answered(503, Some("1"), limited), later("it answers 503", Some(1000))),
        (&room, answered(429, None, limited), later(patience, Some(2000))),
        (&room, answered(429, None, "<html>"), later(patience, None)),
        (&room, answered(403, None, "{}"), never("it answers 403")),
        (&room, answered(403, None, forbidden), never("it answers 403: not in the room")),
        (&Format::Slack, answered(429, Some("30"), ""), later(patience, Some(30_000))),
        (&Format::Slack, answered(404, None, "no_service"), never("it answers 404")),
        (&service, answered(202, None, "{}"), Outcome::Taken),
        (&service, answered(400, None, "{}"), never("it answers 400")),
        (&service, answered(500, None, ""), later("it answers 500", None)),
        (&chat, answered(429, None, asks), later(patience, Some(35_000))),
        (&chat, answered(429, None, "{}"), later(patience, None)),
    ] {
        assert_eq!(format.judge(&answer), expected, "{format:?} {answer:?}");
    }
}
