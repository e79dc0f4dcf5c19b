//! Where messages go: `[[receivers]]`, each kind with what it needs, secrets from files alone.

use std::collections::BTreeSet;
use std::str::FromStr;

use headroom_proto::configuration::Section;
use headroom_proto::files;

use crate::configuration::agents::{INSTANCE_RULE, is_instance};
use crate::oncall::{Format, MailAccount, Receiver, Secret, Security};

/// The most bytes of a file with a secret.
const SECRET_BYTES: u64 = 4096;

/// How many messages an hour a receiver gets one by one, unless somebody says otherwise, and at most.
const BUDGET: usize = 12;
const BUDGETS: usize = 1000;

/// Where these are if nobody says otherwise.
const PAGERDUTY: &str = "https://events.pagerduty.com";
const TELEGRAM: &str = "https://api.telegram.org";

pub fn build_receivers(sections: &[Section<'_>]) -> (Vec<Receiver>, Vec<String>) {
    let mut names = BTreeSet::new();
    let (mut receivers, mut feeds) = (Vec::new(), Vec::new());
    for section in sections {
        let name: Option<String> = section.required("name");
        if let Some(name) = &name {
            if !is_instance(name) {
                section.mistake("name", INSTANCE_RULE);
            }
            if !names.insert(name.clone()) {
                section.mistake("name", "stands twice; each receiver has its own");
            }
        }
        let kind: Option<String> = section.required("kind");
        let reached = kind.and_then(|kind| build_reached(section, &kind));
        let hears_all = section.flag("everything");
        if let (Some(name), Some(Reached { format, url, token })) = (name, reached) {
            if hears_all {
                feeds.push(name.clone());
            }
            let budget = build_budget(section, &format);
            receivers.push(Receiver { name, format, url, token, budget });
        }
    }
    (receivers, feeds)
}

/// How many messages it gets one by one in an hour; programs get all.
fn build_budget(section: &Section<'_>, format: &Format) -> Option<usize> {
    let told = section.value::<usize>("budget");
    let is_read = match format {
        Format::Webhook | Format::PagerDuty { .. } => false,
        Format::Ntfy { .. }
        | Format::Matrix { .. }
        | Format::Email(_)
        | Format::Slack
        | Format::Telegram { .. } => true,
    };
    if told.is_some() && !is_read {
        section.mistake("budget", "is for receivers that people read: programs get all");
    }
    if told.is_some_and(|told| !(1..=BUDGETS).contains(&told)) {
        section.mistake("budget", format_args!("must be between 1 and {BUDGETS}"));
    }
    is_read.then(|| told.unwrap_or(BUDGET))
}

/// How a receiver is reached.
struct Reached {
    format: Format,
    url: String,
    token: Option<Secret>,
}

fn build_reached(section: &Section<'_>, kind: &str) -> Option<Reached> {
    let secret = |key: &str| build_secret(section, key).map(Secret::new);
    let url = || section.required::<Address>("url").map(|Address(url)| url);
    match kind {
        "webhook" => {
            let (url, token) = (url(), secret("token_file"));
            Some(Reached { format: Format::Webhook, url: url?, token })
        }
        "ntfy" => {
            let (url, token) = (url(), secret("token_file"));
            let topic = section.value("topic").or_else(|| build_secret(section, "topic_file"));
            if topic.is_none() && !section.has("topic_file") {
                section.mistake("topic", "is missing, or topic_file with a topic nobody guesses");
            }
            Some(Reached { format: Format::Ntfy { topic: topic? }, url: url?, token })
        }
        "matrix" => {
            let (url, token) = (url(), secret("token_file"));
            let room = section.required::<String>("room");
            // Rooms of version 12 and later have no server in their ids.
            if room.as_ref().is_some_and(|room| !room.starts_with('!') || room.len() < 2) {
                section.mistake("room", "must be a room's id such as !abc:example.org, no alias");
            }
            if !section.has("token_file") {
                section.mistake("token_file", "is missing: a room is written by an account");
            }
            Some(Reached { format: Format::Matrix { room: room? }, url: url?, token })
        }
        "email" => build_email(section),
        "slack" => build_slack(section),
        "pagerduty" => {
            let url = section.value("url").map_or_else(|| PAGERDUTY.to_owned(), |Address(url)| url);
            let routing_key = needed_secret(section, "routing_key_file");
            let format = Format::PagerDuty { routing_key: routing_key? };
            Some(Reached { format, url, token: None })
        }
        "telegram" => build_telegram(section),
        _ => {
            section.mistake(
                "kind",
                "must be email, ntfy, matrix, webhook, slack, pagerduty or telegram",
            );
            // What another kind has is not unknown.
            let _ = (section.value::<Address>("url"), section.value::<String>("token_file"));
            None
        }
    }
}

/// The address of such a webhook is its secret.
fn build_slack(section: &Section<'_>) -> Option<Reached> {
    let plain = section.value::<Address>("url").map(|Address(url)| url);
    let secret = build_secret(section, "url_file").and_then(|text| match text.parse() {
        Ok(Address(url)) => Some(url),
        Err(why) => {
            section.mistake("url_file", format_args!("holds no address: it {why}"));
            None
        }
    });
    if !section.has("url") && !section.has("url_file") {
        section.mistake("url_file", "is missing: a file with the webhook's address");
    }
    Some(Reached { format: Format::Slack, url: secret.or(plain)?, token: None })
}

fn build_telegram(section: &Section<'_>) -> Option<Reached> {
    let url = section.value("url").map_or_else(|| TELEGRAM.to_owned(), |Address(url)| url);
    let chat = section.required::<String>("chat");
    let topic = section.value("topic");
    let bot = needed_secret(section, "token_file");
    let is_token = |bot: &Secret| {
        let text = bot.reveal();
        text.contains(':') && text.bytes().all(|b| b.is_ascii_alphanumeric() || b":_-".contains(&b))
    };
    if bot.as_ref().is_some_and(|bot| !is_token(bot)) {
        section.mistake("token_file", "holds no token of a bot, such as 123456:ABC-DEF");
    }
    Some(Reached { format: Format::Telegram { bot: bot?, chat: chat?, topic }, url, token: None })
}

fn build_email(section: &Section<'_>) -> Option<Reached> {
    let url = section.required::<MailServer>("url");
    let (from, to) = (section.required("from"), section.required("to"));
    let user: Option<String> = section.value("user");
    let token = build_secret(section, "password_file").map(Secret::new);
    let authority = section.path("ca_file").and_then(|path| match files::read_text(&path) {
        Ok(text) if text.contains("CERTIFICATE") => Some(text),
        Ok(_) => {
            section.mistake("ca_file", "must hold a PEM block CERTIFICATE");
            None
        }
        Err(error) => {
            section.mistake("ca_file", format_args!("cannot be read: {error}"));
            None
        }
    });
    let is_plain = section.flag("allow_plaintext");
    if section.has("user") != section.has("password_file") {
        section.mistake("user", "and password_file go together");
    }
    let MailServer { url, is_tls, is_loopback } = url?;
    if is_plain && (is_tls || !is_loopback) {
        section.mistake("allow_plaintext", "is for a server of this machine, at smtp://127.0.0.1");
    }
    let security = match (is_tls, is_plain) {
        (true, _) => Security::Tls,
        (false, true) => Security::Plain,
        (false, false) => Security::StartTls,
    };
    let account = MailAccount { from: from?, to: to?, user, security, authority };
    Some(Reached { format: Format::Email(account), url, token })
}

fn needed_secret(section: &Section<'_>, key: &str) -> Option<Secret> {
    if !section.has(key) {
        section.mistake(key, "is missing: a file with the secret");
    }
    build_secret(section, key).map(Secret::new)
}

/// A server of mail: `smtps://` has TLS from the first byte, `smtp://` begins it.
struct MailServer {
    url: String,
    is_tls: bool,
    is_loopback: bool,
}

impl FromStr for MailServer {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, &'static str> {
        let (scheme, place) = text.split_once("://").unwrap_or_default();
        let place = place.trim_end_matches('/');
        let (host, port) = match place.rsplit_once(':') {
            Some((host, port)) if !port.ends_with(']') => (host, port),
            Some(_) | None => (place, "25"),
        };
        let is_host = |c: char| c.is_ascii_alphanumeric() || ".-_[]:".contains(c);
        let is_sound = !host.is_empty() && host.chars().all(is_host) && port.parse::<u16>().is_ok();
        if !is_sound || !matches!(scheme, "smtp" | "smtps") {
            return Err("must be smtp://HOST (STARTTLS) or smtps://HOST (TLS), with :PORT at will");
        }
        let bare = host.trim_matches(['[', ']']);
        let is_loopback = bare == "localhost"
            || bare.parse().is_ok_and(|address: std::net::IpAddr| address.is_loopback());
        Ok(Self { url: format!("{scheme}://{place}"), is_tls: scheme == "smtps", is_loopback })
    }
}

/// A secret from a file that nobody else may read.
pub fn build_secret(section: &Section<'_>, key: &str) -> Option<String> {
    use std::io::Read as _;
    use std::os::unix::fs::PermissionsExt as _;

    let path = section.path(key)?;
    let read = || -> std::io::Result<(u32, String)> {
        let file = std::fs::File::open(&path)?;
        let mode = file.metadata()?.permissions().mode();
        let mut text = String::new();
        file.take(SECRET_BYTES).read_to_string(&mut text)?;
        Ok((mode, text))
    };
    match read() {
        Err(error) => section.mistake(key, format_args!("cannot be read: {error}")),
        Ok((mode, _)) if mode & 0o007 != 0 => {
            section.mistake(key, "can be read by others: chmod o= it");
        }
        Ok((_, text)) if text.trim().is_empty() => section.mistake(key, "is empty"),
        Ok((_, text)) => return Some(text.trim().to_owned()),
    }
    None
}

/// An address of HTTP.
pub struct Address(pub String);

impl FromStr for Address {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, &'static str> {
        let host = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
        let is_sound = |host: &&str| {
            !host.is_empty()
                && host.is_ascii()
                && !host.contains(|c: char| c.is_whitespace() || c.is_control() || c == '@')
        };
        match host.filter(is_sound) {
            Some(_) => Ok(Self(text.trim_end_matches('/').to_owned())),
            None => {
                Err("must be an address such as https://ntfy.example.org, without a name in it")
            }
        }
    }
}
