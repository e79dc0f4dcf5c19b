//! E-mail: plain text and HTML side by side, in one thread for each trouble, each mail with a name
//! that is the same whenever it is tried again.
//!
//! What becomes header lines is one line without control characters; whoever sends encodes it.

use std::fmt::Write as _;
use std::str::FromStr;

use super::{Links, in_html, in_line, within};
use crate::oncall::alert::Severity;
use crate::oncall::message::{Message, Status};
use crate::oncall::outbox::Outcome;
use crate::printable::printable;

/// The longest subject, and the longest text, in bytes.
const SUBJECT_BYTES: usize = 200;
const TEXT_BYTES: usize = 64 << 10;

/// A mailbox, and the server that takes mail for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MailAccount {
    /// Who writes.
    pub from: MailAddress,
    /// Who reads.
    pub to: MailAddress,
    /// Who logs in at the server; the receiver's token is the password.
    pub user: Option<String>,
    /// How the connection is kept from others.
    pub security: Security,
    /// An authority of certificates beside the system's, PEM.
    pub authority: Option<String>,
}

/// How a connection to a mail server is kept from others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Security {
    /// TLS from the first byte.
    Tls,
    /// TLS once the server has said who it is, or nothing at all.
    StartTls,
    /// In the clear.
    Plain,
}

/// An address of mail, with a name if there is one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MailAddress {
    /// The name in front.
    pub name: Option<String>,
    /// What stands before the `@`.
    pub local: String,
    /// What stands behind it.
    pub domain: String,
}

/// A text that is no address of mail.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be an address such as anna@example.org or Headroom <headroom@example.org>")]
pub struct MailAddressError;

impl FromStr for MailAddress {
    type Err = MailAddressError;

    fn from_str(text: &str) -> Result<Self, MailAddressError> {
        let text = text.trim();
        let (name, address) = match text.strip_suffix('>').and_then(|text| text.split_once('<')) {
            Some((name, address)) => (Some(name.trim()), address),
            None => (None, text),
        };
        let (local, domain) = address.split_once('@').ok_or(MailAddressError)?;
        let is_local = |c: char| c.is_ascii_alphanumeric() || "!#$%&'*+-/=?^_`{|}~.".contains(c);
        let is_domain = |c: char| c.is_ascii_alphanumeric() || c == '.' || c == '-';
        let dots_well = |text: &str| text.split('.').all(|part| !part.is_empty());
        let is_sound = (1..=64).contains(&local.len())
            && (1..=253).contains(&domain.len())
            && local.chars().all(is_local)
            && domain.chars().all(is_domain)
            && dots_well(local)
            && dots_well(domain)
            && name
                .is_none_or(|name| !name.contains(|c: char| c.is_control() || "<>\"@".contains(c)));
        let name = name.filter(|name| !name.is_empty()).map(ToOwned::to_owned);
        let address = Self { name, local: local.to_owned(), domain: domain.to_owned() };
        is_sound.then_some(address).ok_or(MailAddressError)
    }
}

/// A mail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mail {
    /// Its name, in angle brackets.
    pub id: String,
    /// What all mails of the same trouble answer to.
    pub thread: String,
    /// When it was decided, Unix time in milliseconds.
    pub at_ms: i64,
    /// One line.
    pub subject: String,
    /// As plain text.
    pub text: String,
    /// As HTML, to which a picture may be added.
    pub html: String,
    /// Whether it wakes somebody.
    pub is_urgent: bool,
    /// The picture of its graph, PNG, once somebody has drawn it.
    pub picture: Option<Vec<u8>>,
}

/// A message as a mail.
pub fn write(account: &MailAccount, message: &Message, links: Links<'_>) -> Mail {
    let domain = &account.from.domain;
    Mail {
        id: format!("<{}@{domain}>", message.id()),
        thread: format!("<{}@{domain}>", message.thread()),
        at_ms: message.at_ms,
        subject: subject(message),
        text: plain(message, links),
        html: html(message, links),
        is_urgent: message.status == Status::Firing && message.severity == Severity::Page,
        picture: None,
    }
}

fn subject(message: &Message) -> String {
    let standing = message.alerts.iter().filter(|alert| alert.stands()).count() + message.truncated;
    let mark = match message.status {
        Status::Firing => format!("[FIRING:{standing}]"),
        Status::Resolved => "[RESOLVED]".to_owned(),
    };
    within(&in_line(&format!("{mark} {}", message.title())), SUBJECT_BYTES)
}

/// What it says, with ends of lines of one kind.
fn body(message: &Message) -> String {
    within(&printable(&message.text()).replace("\r\n", "\n").replace('\r', "\n"), TEXT_BYTES)
}

fn plain(message: &Message, links: Links<'_>) -> String {
    let mut text = body(message);
    text.push('\n');
    for (label, url) in links.acts(message) {
        let _ = write!(text, "\n{label}: {url}");
    }
    if let Some(url) = links.page() {
        let _ = write!(text, "\nAll alerts: {url}");
    }
    text.push('\n');
    text
}

const HEAD: &str = "<!DOCTYPE html>\n<html lang=\"en\"><meta charset=\"utf-8\">\
    <meta name=\"color-scheme\" content=\"light dark\">\n\
    <body style=\"font:15px/1.45 system-ui,sans-serif;max-width:900px\">\n";

/// Ends without its last tags, which HTML does not ask for, so that a picture can follow.
fn html(message: &Message, links: Links<'_>) -> String {
    let title = in_html(&in_line(&message.title()));
    let text = body(message);
    let mut html = format!("{HEAD}<h1 style=\"font-size:18px\">{title}</h1>\n");
    for paragraph in text.split("\n\n") {
        let _ = writeln!(html, "<p>{}</p>", in_html(paragraph).replace('\n', "<br>\n"));
    }
    let mut shown: Vec<String> = links
        .acts(message)
        .iter()
        .map(|(label, url)| format!("<a href=\"{}\">{label}</a>", in_html(url)))
        .collect();
    shown.extend(links.page().map(|url| format!("<a href=\"{}\">All alerts</a>", in_html(&url))));
    if !shown.is_empty() {
        let _ = writeln!(html, "<p>{}</p>", shown.join(" · "));
    }
    html
}

/// Why a mail did not get through.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused {
    /// The server's number, if it answered.
    pub code: Option<u16>,
    /// What happened, in words; some of them the server's.
    pub why: String,
}

/// What a refusal means. Whose password is wrong is let in once it is right: a mail waits for that.
pub fn judge(refused: &Refused) -> Outcome {
    let why = within(&in_line(&refused.why), 300);
    match refused.code {
        Some(code @ (530 | 534 | 535 | 538)) => {
            Outcome::Later(format!("it does not let us in ({code}): {why}"), None)
        }
        Some(code @ 500..=599) => Outcome::Never(format!("it refuses ({code}): {why}")),
        Some(code) => Outcome::Later(format!("it cannot now ({code}): {why}"), None),
        None => Outcome::Later(why, None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_one_and_nothing_else() {
        let read = |text: &str| text.parse::<MailAddress>().ok();
        let address = |name: Option<&str>| MailAddress {
            name: name.map(Into::into),
            local: "anna.b+1".into(),
            domain: "example.org".into(),
        };
        assert_eq!(read("anna.b+1@example.org"), Some(address(None)));
        assert_eq!(read(" Anna Bé <anna.b+1@example.org>"), Some(address(Some("Anna Bé"))));
        assert_eq!(read("<anna.b+1@example.org>"), Some(address(None)));
        for text in [
            "",
            "anna",
            "@example.org",
            "anna@",
            "an na@example.org",
            "anna@example.org, ben@example.org",
            "anna@example..org",
            ".anna@example.org",
            "anna@exa\nmple.org",
            "A\r\nBcc: x <anna@example.org>",
            "A\" <anna@example.org>",
            "ben@x <anna@example.org>",
            "anna@@example.org",
        ] {
            assert_eq!(read(text), None, "{text:?}");
        }
    }

    #[test]
    fn what_a_server_says_means_later_or_never() {
        let judge = |code, why: &str| judge(&Refused { code, why: why.into() });
        let later = |text: &str| Outcome::Later(text.into(), None);
        assert_eq!(judge(Some(421), "busy"), later("it cannot now (421): busy"));
        assert_eq!(judge(Some(452), "a\r\nb"), later("it cannot now (452): a  b"));
        assert_eq!(judge(Some(535), "bad"), later("it does not let us in (535): bad"));
        assert_eq!(judge(Some(550), "no"), Outcome::Never("it refuses (550): no".into()));
        assert_eq!(judge(None, "broken"), later("broken"));
    }
}
