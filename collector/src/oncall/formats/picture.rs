//! Pictures that follow a message, where the format has no place for one within it: Matrix and Telegram.
//! The words have arrived by then; a picture that does not is left out.

use std::fmt::Write as _;

use super::{Format, Method, Post, matrix};
use crate::oncall::message::Message;

/// What parts a form; no picture has it.
const FORM: &str = "multipart/form-data; boundary=headroom-6f1d2c9a-0b7e-4e55-9a53-picture";
const BOUNDARY: &str = "headroom-6f1d2c9a-0b7e-4e55-9a53-picture";

/// What is handed over first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Upload {
    /// Where and how; its body is the next.
    pub post: Post,
    /// The body.
    pub body: Vec<u8>,
}

impl Format {
    /// Whether a picture follows a message.
    pub fn is_followed_by_a_picture(&self) -> bool {
        match self {
            Self::Matrix { .. } | Self::Telegram { .. } => true,
            Self::Webhook
            | Self::Ntfy { .. }
            | Self::Email(_)
            | Self::Slack
            | Self::PagerDuty { .. } => false,
        }
    }

    /// A picture, PNG, on its way.
    pub fn upload(&self, png: Vec<u8>) -> Option<Upload> {
        let post = |path, content_type| Post {
            method: Method::Post,
            path,
            content_type,
            body: String::new(),
        };
        match self {
            Self::Matrix { .. } => {
                let path = "/_matrix/media/v3/upload?filename=graph.png".to_owned();
                Some(Upload { post: post(path, "image/png"), body: png })
            }
            Self::Telegram { bot, chat, topic } => {
                let path = format!("/bot{}/sendPhoto", bot.reveal());
                let topic = topic.map(|topic| topic.to_string());
                let fields = [("chat_id", Some(chat.clone())), ("message_thread_id", topic)];
                Some(Upload { post: post(path, FORM), body: form(&fields, &png) })
            }
            Self::Webhook
            | Self::Ntfy { .. }
            | Self::Email(_)
            | Self::Slack
            | Self::PagerDuty { .. } => None,
        }
    }

    /// What shows a picture that was taken, if that is a step of its own.
    pub fn show(&self, message: &Message, answer: &str, bytes: usize) -> Option<Post> {
        match self {
            Self::Matrix { room } => matrix::picture(room, message, answer, bytes),
            Self::Webhook
            | Self::Ntfy { .. }
            | Self::Email(_)
            | Self::Slack
            | Self::PagerDuty { .. }
            | Self::Telegram { .. } => None,
        }
    }
}

fn form(fields: &[(&str, Option<String>)], png: &[u8]) -> Vec<u8> {
    let mut text = String::new();
    let quiet = ("disable_notification", Some("true".to_owned()));
    for (name, value) in fields.iter().chain([&quiet]) {
        let Some(value) = value else { continue };
        let _ = write!(
            text,
            "--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n"
        );
    }
    let _ = write!(
        text,
        "--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"photo\"; filename=\"graph.png\"\r\n\
         Content-Type: image/png\r\n\r\n"
    );
    [text.as_bytes(), png, format!("\r\n--{BOUNDARY}--\r\n").as_bytes()].concat()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::oncall::Secret;

    #[test]
    fn a_form_has_the_chat_and_the_picture_and_tells_no_phone() {
        let bot = Secret::new("1:A".to_owned());
        let format = Format::Telegram { bot, chat: "-100".into(), topic: Some(7) };
        let Upload { post, body } = format.upload(b"\x89PNG\r\n--x".to_vec()).unwrap();
        assert_eq!((post.path.as_str(), post.content_type), ("/bot1:A/sendPhoto", FORM));
        let text = String::from_utf8_lossy(&body);
        for part in [
            "name=\"chat_id\"\r\n\r\n-100\r\n",
            "name=\"message_thread_id\"\r\n\r\n7\r\n",
            "name=\"disable_notification\"\r\n\r\ntrue\r\n",
            "Content-Type: image/png\r\n\r\n\u{fffd}PNG\r\n--x\r\n--",
        ] {
            assert!(text.contains(part), "{part:?} in {text:?}");
        }
        assert!(FORM.ends_with(BOUNDARY) && text.ends_with(&format!("--{BOUNDARY}--\r\n")));
        assert_eq!(Format::Slack.upload(Vec::new()), None);
    }
}
