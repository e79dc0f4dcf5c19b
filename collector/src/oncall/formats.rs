//! How messages are written for each kind of receiver, and what its answers mean.
//!
//! Labels and annotations are foreign words: each format keeps them from being anything but text.

mod email;
mod matrix;
mod ntfy;
mod pagerduty;
mod picture;
mod slack;
mod telegram;
mod webhook;

pub use self::email::{Mail, MailAccount, MailAddress, Refused, Security, judge as judge_mail};
pub use self::picture::Upload;

use super::message::{Message, Reason, Status};
use super::outbox::Outcome;
use super::secret::Secret;
use super::ticket::{Action, Key, Ticket};
use crate::printable::printable;

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
    /// A mailbox.
    Email(MailAccount),
    /// An incoming webhook as Slack and Mattermost have them.
    Slack,
    /// PagerDuty's events, version 2.
    PagerDuty {
        /// What says which service is meant.
        routing_key: Secret,
    },
    /// A chat of Telegram.
    Telegram {
        /// The token of the bot that writes.
        bot: Secret,
        /// The chat.
        chat: String,
        /// The topic within it.
        topic: Option<i64>,
    },
}

/// A message as it is handed over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Parcel {
    /// Over HTTP.
    Post(Post),
    /// By mail.
    Mail(Mail),
}

/// How it is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    /// POST.
    Post,
    /// PUT.
    Put,
    /// GET, of what is only looked at.
    Get,
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
    pub fn write(&self, message: &Message, links: Links<'_>) -> Parcel {
        Parcel::Post(match self {
            Self::Webhook => webhook::post(message, links),
            Self::Ntfy { topic } => ntfy::post(topic, message, links),
            Self::Matrix { room } => matrix::post(room, message, links),
            Self::Slack => slack::post(message, links),
            Self::PagerDuty { routing_key } => pagerduty::post(routing_key, message, links),
            Self::Telegram { bot, chat, topic } => {
                let to = telegram::To { bot, chat, topic: *topic };
                telegram::post(to, message, links)
            }
            Self::Email(account) => return Parcel::Mail(email::write(account, message, links)),
        })
    }

    /// What it is called in a configuration.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Webhook => "webhook",
            Self::Ntfy { .. } => "ntfy",
            Self::Matrix { .. } => "matrix",
            Self::Email(_) => "email",
            Self::Slack => "slack",
            Self::PagerDuty { .. } => "pagerduty",
            Self::Telegram { .. } => "telegram",
        }
    }

    /// What an answer means.
    pub fn judge(&self, answer: &Answered<'_>) -> Outcome {
        let Answered { status, retry_after, date, body } = *answer;
        let asked_ms = match self {
            Self::Matrix { .. } => matrix::retry_after_ms(body),
            Self::Telegram { .. } => telegram::retry_after_ms(body),
            Self::Webhook
            | Self::Ntfy { .. }
            | Self::Email(_)
            | Self::Slack
            | Self::PagerDuty { .. } => None,
        };
        let asked_ms = asked_ms.or_else(|| wait_ms(retry_after?, date));
        let said = || match self.said(body) {
            Some(said) => format!("it answers {status}: {said}"),
            None => format!("it answers {status}"),
        };
        match status {
            200..=299 => Outcome::Taken,
            429 => Outcome::Later("it asks for patience (429)".into(), asked_ms),
            300..=399 => Outcome::Never(format!("it leads elsewhere ({status})")),
            // It was not read to its end.
            408 | 500.. => Outcome::Later(said(), asked_ms),
            _ => Outcome::Never(said()),
        }
    }

    /// Why a message was not taken, in words of whoever did not take it.
    fn said(&self, body: &str) -> Option<String> {
        match self {
            Self::Matrix { .. } => matrix::why(body),
            Self::Webhook
            | Self::Ntfy { .. }
            | Self::Email(_)
            | Self::Slack
            | Self::PagerDuty { .. }
            | Self::Telegram { .. } => None,
        }
    }
}

/// What is known of a receiver once it was looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Finding {
    /// Nothing speaks against it.
    Sound,
    /// It will not do, and why.
    Unfit(String),
    /// Nobody knows, and why.
    Unknown(String),
}

impl Format {
    /// What is asked before anything is sent, if there is anything to ask.
    pub fn question(&self) -> Option<Post> {
        match self {
            Self::Matrix { room } => Some(matrix::question(room)),
            Self::Webhook
            | Self::Ntfy { .. }
            | Self::Email(_)
            | Self::Slack
            | Self::PagerDuty { .. }
            | Self::Telegram { .. } => None,
        }
    }

    /// What the answer to that means.
    pub fn find(&self, answer: &Answered<'_>) -> Finding {
        match self {
            Self::Matrix { room } => matrix::find(room, answer),
            Self::Webhook
            | Self::Ntfy { .. }
            | Self::Email(_)
            | Self::Slack
            | Self::PagerDuty { .. }
            | Self::Telegram { .. } => Finding::Sound,
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
    /// The header that says what time it is there.
    pub date: Option<&'a str>,
    /// The beginning of the body.
    pub body: &'a str,
}

/// How long somebody wants to be left alone: seconds, or a moment by their own clock.
fn wait_ms(retry_after: &str, date: Option<&str>) -> Option<i64> {
    if let Ok(seconds) = retry_after.trim().parse::<u32>() {
        return Some(i64::from(seconds) * 1000);
    }
    let moment = |text: &str| {
        let at = jiff::fmt::rfc2822::parse(text.trim()).ok()?;
        Some(at.timestamp().as_millisecond())
    };
    Some((moment(retry_after)? - moment(date?)?).max(0))
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

/// What acts, in the order in which it is shown.
const ACTIONS: [(&str, Action); 3] =
    [("I have it", Action::Take), ("Not me: the next", Action::Pass), ("Silence", Action::Silence)];

impl Links<'_> {
    /// The links that act for whoever reads a message of something that goes on.
    fn acts(&self, message: &Message) -> Vec<(&'static str, String)> {
        let act = |(label, action)| Some((label, self.act(action, message)?));
        match (message.status, message.reason) {
            // No single group is meant.
            (Status::Resolved, _) | (Status::Firing, Reason::Duty | Reason::Digest) => Vec::new(),
            (
                Status::Firing,
                Reason::First
                | Reason::More
                | Reason::Less
                | Reason::Over
                | Reason::Still
                | Reason::Escalation
                | Reason::Again
                | Reason::Test,
            ) => ACTIONS.into_iter().filter_map(act).collect(),
        }
    }
}

/// A title is one line without what no medium carries.
fn in_line(text: &str) -> String {
    let line: String =
        text.chars().map(|letter| if letter.is_control() { ' ' } else { letter }).collect();
    printable(&line).into_owned()
}

/// A text that calls nobody and is no picture or link: clients ring at `@room` or `@channel` wherever it
/// stands, and some take Markdown, whose links may have their address elsewhere in the text.
fn quiet(text: &str) -> String {
    let text = printable(text).replace('@', "@\u{200b}");
    text.replace("](", "]\u{200b}(").replace("]:", "]\u{200b}:")
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
