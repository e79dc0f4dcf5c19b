//! How messages are written for each kind of receiver, and what its answers mean.
//!
//! Labels and annotations are foreign words: each format keeps them from being anything but text.

mod matrix;
mod ntfy;
mod webhook;

use super::message::Message;
use super::outbox::Outcome;
use super::ticket::{Action, Key, Ticket};

/// How long a link of a message acts, in milliseconds.
const LINKS_MS: i64 = 86_400_000;

/// The kinds of receivers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Format {
    /// Alertmanager's own, version 4, for programs.
    Webhook,
    /// A topic of an ntfy server.
    Ntfy {
        /// The topic: whoever knows it may read it.
        topic: String,
    },
    /// A room of a Matrix server.
    Matrix {
        /// Its id.
        room: String,
    },
}

/// How it is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    /// POST.
    Post,
    /// PUT.
    Put,
}

/// What is sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Post {
    /// How.
    pub method: Method,
    /// What stands behind the receiver's address.
    pub path: String,
    /// In which form.
    pub content_type: &'static str,
    /// The body.
    pub body: String,
}

/// Where links of messages lead.
#[derive(Clone, Copy)]
pub struct Links<'l> {
    /// Where people reach the collector; nothing if nobody said.
    pub external_url: &'l str,
    /// Where links that act lead, if there is such a place.
    pub public_url: Option<&'l str>,
    /// What they are signed with.
    pub key: &'l Key,
}

impl Format {
    /// A message in this format.
    pub fn post(&self, message: &Message, links: Links<'_>) -> Post {
        match self {
            Self::Webhook => webhook::post(message, links),
            Self::Ntfy { topic } => ntfy::post(topic, message, links),
            Self::Matrix { room } => matrix::post(room, message, links),
        }
    }

    /// What an answer means.
    pub fn judge(&self, answer: &Answered<'_>) -> Outcome {
        let Answered { status, retry_after, body } = *answer;
        let asked_ms = match self {
            Self::Matrix { .. } => matrix::retry_after_ms(body),
            Self::Webhook | Self::Ntfy { .. } => None,
        };
        let seconds = retry_after.and_then(|text| text.trim().parse::<u32>().ok());
        let asked_ms = asked_ms.or(seconds.map(|seconds| i64::from(seconds) * 1000));
        match status {
            200..=299 => Outcome::Taken,
            429 => Outcome::Later("it asks for patience (429)".into(), asked_ms),
            300..=399 => Outcome::Never(format!("it leads elsewhere ({status})")),
            500.. => Outcome::Later(format!("it answers {status}"), asked_ms),
            _ => Outcome::Never(format!("it answers {status}")),
        }
    }
}

/// What a receiver answered.
#[derive(Debug, Clone, Copy)]
pub struct Answered<'a> {
    /// The status.
    pub status: u16,
    /// The header that says when to come again.
    pub retry_after: Option<&'a str>,
    /// The beginning of the body.
    pub body: &'a str,
}

impl Links<'_> {
    /// The page with all alerts.
    pub fn page(&self) -> Option<String> {
        let url = self.external_url.trim_end_matches('/');
        (!url.is_empty()).then(|| format!("{url}/alerts"))
    }

    /// A link that acts for whoever reads the message.
    pub fn act(&self, action: Action, message: &Message) -> Option<String> {
        let (url, person) = (self.public_url?, message.person.clone()?);
        let ticket = Ticket {
            action,
            group: message.group,
            person,
            opened_ms: message.opened_ms,
            expires_ms: message.at_ms + LINKS_MS,
        };
        Some(format!("{}/a/{}", url.trim_end_matches('/'), self.key.sign(&ticket)))
    }
}

/// A text of at most so many bytes, cut between two letters.
fn within(text: &str, bytes: usize) -> String {
    if text.len() <= bytes {
        return text.to_owned();
    }
    let end = text.floor_char_boundary(bytes.saturating_sub('…'.len_utf8()));
    format!("{}…", &text[..end])
}

/// A text in HTML.
fn in_html(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            other => escaped.push(other),
        }
    }
    escaped
}

#[cfg(test)]
mod tests;
