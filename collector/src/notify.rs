//! `headroom notify`: whether a receiver gets what it is sent, and what would be sent of a rule, to
//! whom and when. Asks no running collector, and leaves no trace in its store.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::PathBuf;
use std::str::FromStr;

use clap::Subcommand;
use headroom_proto::configuration::ConfigurationError;

use crate::clock::now_ms;
use crate::configuration::CollectorConfiguration;
use crate::delivery::Courier;
use crate::moments::{DAY_MS, iso};
use crate::oncall::{
    Finding, Format, GroupId, Key, Links, Message, MessageAlert, Outcome, Parcel, Reason, Receiver,
    Rehearsal, Rehearsed, Seen, Severity, Standing, Status, Texts, span,
};
use crate::printable::printable;
use crate::rules::{Alerting, Group, Kind, Mistakes, Rule, Supposed, preview, table_link};

/// Where the configuration is, unless somebody says otherwise.
const CONFIGURATION: &str = "/etc/headroom/collector.toml";

/// The most messages that a preview tells one by one.
const MOST: usize = 24;

/// A page is looked at for so long, what waits for the morning for so long, in milliseconds.
const PAGE_MS: i64 = 2 * 3_600_000;
const MORNING_MS: i64 = DAY_MS;

/// What is to be done.
#[derive(Debug, Subcommand)]
pub enum Notify {
    /// Send a receiver a message that is marked as a test.
    Test {
        /// Its name among the receivers of the configuration.
        #[arg(value_name = "RECEIVER")]
        receiver: String,
        /// The configuration file.
        #[arg(long, value_name = "FILE", default_value = CONFIGURATION)]
        config: PathBuf,
    },
    /// Show what would be sent of a rule, to whom and when, if nobody answered.
    Preview {
        /// The alert's name.
        #[arg(value_name = "RULE")]
        rule: String,
        /// The configuration file.
        #[arg(long, value_name = "FILE", default_value = CONFIGURATION)]
        config: PathBuf,
        /// A label of what it would find, such as instance=ca1; may stand several times.
        #[arg(long = "label", value_name = "NAME=VALUE")]
        labels: Vec<Label>,
        /// The value that it would find.
        #[arg(long, value_name = "NUMBER", default_value_t = 1.0, allow_hyphen_values = true)]
        value: f64,
    },
}

/// A label as it is given.
#[derive(Debug, Clone)]
pub struct Label(String, String);

impl FromStr for Label {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, &'static str> {
        let (name, value) = text.split_once('=').ok_or("must be a label such as instance=ca1")?;
        Ok(Self(name.to_owned(), value.to_owned()))
    }
}

/// Why nothing was sent or shown.
#[derive(Debug, thiserror::Error)]
pub enum NotifyError {
    /// The configuration is wrong.
    #[error("{0}")]
    Configuration(ConfigurationError),
    /// There is no such receiver.
    #[error("there is no receiver {name}; there {known}")]
    Receiver {
        /// As it was asked for.
        name: String,
        /// What there is, in words.
        known: String,
    },
    /// There is no such rule.
    #[error("no rule alerts of {name}; there {known}")]
    Rule {
        /// As it was asked for.
        name: String,
        /// What there is, in words.
        known: String,
    },
    /// The rules cannot be read.
    #[error("the rules cannot be read")]
    Rules(#[from] Mistakes),
    /// The receiver would not do.
    #[error("{receiver} ({kind}) will not do, and was sent nothing: {why}")]
    Unfit {
        /// Its name.
        receiver: String,
        /// Its kind.
        kind: &'static str,
        /// Why.
        why: String,
    },
    /// The receiver did not take it.
    #[error("{receiver} ({kind}) did not take it: {why}")]
    NotTaken {
        /// Its name.
        receiver: String,
        /// Its kind.
        kind: &'static str,
        /// Why, in its words.
        why: String,
    },
}

/// Does it; answers with what is to be said.
pub async fn run(command: Notify) -> Result<String, NotifyError> {
    match command {
        Notify::Test { receiver, config } => test(&load(&config)?, &receiver).await,
        Notify::Preview { rule, config, labels, value } => {
            let labels = labels.into_iter().map(|Label(name, value)| (name, value)).collect();
            shown(&load(&config)?, &rule, Given { labels, value })
        }
    }
}

fn load(path: &std::path::Path) -> Result<CollectorConfiguration, NotifyError> {
    CollectorConfiguration::load(path).map_err(NotifyError::Configuration)
}

fn are(names: &[&str]) -> String {
    if names.is_empty() { "are none".to_owned() } else { format!("are {}", names.join(", ")) }
}

async fn test(configuration: &CollectorConfiguration, name: &str) -> Result<String, NotifyError> {
    let receivers = &configuration.oncall.receivers;
    let Some(receiver) = receivers.iter().find(|receiver| receiver.name == name) else {
        let known: Vec<&str> = receivers.iter().map(|receiver| receiver.name.as_str()).collect();
        let known = are(&known);
        return Err(NotifyError::Receiver { name: name.to_owned(), known });
    };
    let statuses: &[Status] = match receiver.format {
        // A test shall not stand there for ever.
        Format::PagerDuty { .. } => &[Status::Firing, Status::Resolved],
        Format::Webhook
        | Format::Ntfy { .. }
        | Format::Matrix { .. }
        | Format::Email(_)
        | Format::Slack
        | Format::Telegram { .. } => &[Status::Firing],
    };
    // Nobody is named in a test, so that none of its links act and none is signed.
    let key = Key::of([0; 32]);
    let external_url = &configuration.rules.external_url;
    let links = Links { external_url, public_url: None, key: &key };
    let (courier, at_ms) = (Courier::default(), now_ms());
    let kind = receiver.format.kind();
    match courier.examine(receiver).await {
        // Where nobody knows, the message itself shows it.
        Finding::Sound | Finding::Unknown(_) => {}
        Finding::Unfit(why) => {
            let why = printable(&why).into_owned();
            return Err(NotifyError::Unfit { receiver: name.to_owned(), kind, why });
        }
    }
    for (place, status) in statuses.iter().enumerate() {
        let message = test_message(receiver, *status, At { at_ms, count: place as u32 + 1 });
        let parcel = receiver.format.write(&message, links);
        match courier.deliver(receiver, parcel).await {
            Outcome::Taken => {}
            Outcome::Later(why, _) | Outcome::Never(why) => {
                let why = printable(&why).into_owned();
                return Err(NotifyError::NotTaken { receiver: name.to_owned(), kind, why });
            }
        }
    }
    Ok(format!("{name} ({kind}) took it; look whether it has arrived\n"))
}

/// Looks at receivers that can be looked at, and sends none anything. What will not do is an error, a line each;
/// what nobody knows is only told.
pub async fn examine(configuration: &CollectorConfiguration) -> Result<(), String> {
    let (courier, mut unfit) = (Courier::default(), Vec::new());
    for receiver in &configuration.oncall.receivers {
        let (name, kind) = (&receiver.name, receiver.format.kind());
        match courier.examine(receiver).await {
            Finding::Sound => {}
            Finding::Unfit(why) => {
                unfit.push(format!("receiver {name} ({kind}): {}", printable(&why)));
            }
            Finding::Unknown(why) => {
                let why = printable(&why);
                tracing::warn!("receiver {name} ({kind}) could not be looked at: {why}");
            }
        }
    }
    if unfit.is_empty() { Ok(()) } else { Err(unfit.join("\n")) }
}

/// When a message is made, and which of its group it is.
#[derive(Clone, Copy)]
struct At {
    at_ms: i64,
    count: u32,
}

fn test_message(receiver: &Receiver, status: Status, At { at_ms, count }: At) -> Message {
    let key = vec![("alertname".to_owned(), "Test".to_owned())];
    let text = |name: &str, text: String| (name.to_owned(), text);
    let standing = match status {
        Status::Firing => Standing::Firing,
        Status::Resolved => Standing::Ended { at_ms },
    };
    let alert = MessageAlert {
        fingerprint: 0,
        labels: Texts::from([text("alertname", "Test".into())]),
        annotations: Texts::from([
            text("summary", format!("{} is reached by Headroom", receiver.name)),
            text("affected", "nobody".into()),
            text("runbook", "Nothing: somebody ran headroom notify test.".into()),
        ]),
        since_ms: at_ms,
        standing,
        link: String::new(),
    };
    Message {
        receiver: receiver.name.clone(),
        person: None,
        group: GroupId::of(&key),
        key,
        opened_ms: at_ms,
        count,
        at_ms,
        status,
        reason: Reason::Test,
        severity: Severity::Morning,
        alerts: vec![alert],
        truncated: 0,
    }
}

/// What a rule is supposed to find.
struct Given {
    labels: BTreeMap<String, String>,
    value: f64,
}

fn shown(
    configuration: &CollectorConfiguration,
    name: &str,
    given: Given,
) -> Result<String, NotifyError> {
    let groups = configuration.rules.read()?;
    let found = groups.iter().find_map(|group| {
        let rule = group.rules.iter().find(|rule| rule.name == name && alerting(rule).is_some())?;
        Some((group, rule))
    });
    let Some((group, rule)) = found else {
        let rules = groups.iter().flat_map(|group| &group.rules);
        let mut known: Vec<&str> =
            rules.filter(|rule| alerting(rule).is_some()).map(|rule| &*rule.name).collect();
        known.dedup();
        return Err(NotifyError::Rule { name: name.to_owned(), known: are(&known) });
    };
    let mut labels = given.labels;
    if let Some(agent) = configuration.agents.first() {
        labels.entry("instance".into()).or_insert_with(|| agent.instance.to_string());
    }
    let external_url = configuration.rules.external_url.clone();
    let supposed = Supposed { labels, value: given.value, external_url };
    Ok(told(configuration, group, &Of { rule, supposed: &supposed }))
}

/// What is shown of which rule.
struct Of<'o> {
    rule: &'o Rule,
    supposed: &'o Supposed,
}

fn alerting(rule: &Rule) -> Option<&Alerting> {
    match &rule.kind {
        Kind::Alerting(alerting) => Some(alerting),
        Kind::Recording => None,
    }
}

fn told(configuration: &CollectorConfiguration, group: &Group, of: &Of<'_>) -> String {
    let &Of { rule, supposed } = of;
    let Some(alerting) = alerting(rule) else { return String::new() };
    let previewed = preview(rule, alerting, supposed);
    let seen = Seen {
        labels: previewed.labels,
        annotations: previewed.annotations,
        since_ms: now_ms(),
        link: table_link(rule.expression.line()),
        until_ms: None,
    };
    let policy = &configuration.oncall.policy;
    let severity = Severity::of(&seen.labels);
    let (lasts_ms, word) = match severity {
        Severity::Page => (PAGE_MS, "page: it wakes whoever is on duty"),
        Severity::Morning => (MORNING_MS, "morning: it waits for waking hours"),
    };
    let rehearsal = Rehearsal { policy, seen: &seen, lasts_ms };
    let key = policy.group_of(&seen.labels);
    let key: Vec<String> = key.iter().map(|(name, value)| format!("{name} {value}")).collect();
    let (file, name, seconds) = (&group.file, &group.name, group.interval_ms / 1000);
    let mut text = format!("{} ({word})\n", rule.name);
    let _ = writeln!(text, "  rule:   {file}, group {name}, looked at each {seconds} s");
    if alerting.hold_ms > 0 {
        let _ = writeln!(text, "  fires:  once it has stood for {}", span(alerting.hold_ms));
    }
    let _ = writeln!(text, "  one message with all of: {}", key.join(", "));
    let messages = rehearsal.told();
    if messages.is_empty() {
        text.push_str("\nNobody is told: no receiver hears everything, and nobody is called.\n");
        return text;
    }
    let _ = writeln!(text, "\nIf it fired now ({}), and nobody answered:", iso(seen.since_ms));
    text + &course(configuration, &messages) + &samples(configuration, &messages)
}

fn receiver_of<'c>(
    configuration: &'c CollectorConfiguration,
    message: &Message,
) -> Option<&'c Receiver> {
    configuration.oncall.receivers.iter().find(|known| known.name == message.receiver)
}

/// Who is told, one after the other.
fn course(configuration: &CollectorConfiguration, messages: &[Rehearsed]) -> String {
    let mut text = String::new();
    for Rehearsed { after_ms, message } in messages.iter().take(MOST) {
        let kind = receiver_of(configuration, message).map_or("", |known| known.format.kind());
        let who = message.person.as_deref().unwrap_or("whoever reads all");
        let (after, title) = (after(*after_ms), line(&message.title()));
        let _ = writeln!(text, "  {after:>12}  {who} by {} ({kind}): {title}", message.receiver);
    }
    if messages.len() > MOST {
        let _ = writeln!(text, "  and {} more", messages.len() - MOST);
    }
    text
}

/// The first message of each kind of receiver, as it would be read.
fn samples(configuration: &CollectorConfiguration, messages: &[Rehearsed]) -> String {
    let key = Key::of([0; 32]);
    let external_url = &configuration.rules.external_url;
    let links = Links { external_url, public_url: None, key: &key };
    let (mut text, mut kinds) = (String::new(), Vec::new());
    for Rehearsed { message, .. } in messages {
        let Some(receiver) = receiver_of(configuration, message) else { continue };
        let kind = receiver.format.kind();
        if !kinds.contains(&kind) {
            kinds.push(kind);
            let _ = write!(text, "\nWhat {} ({kind}) would show:\n", receiver.name);
            text.push_str(&words(receiver, message, links));
        }
    }
    text
}

/// What a reader would see, without what only machines read.
fn words(receiver: &Receiver, message: &Message, links: Links<'_>) -> String {
    let (title, body) = match receiver.format.write(message, links) {
        Parcel::Mail(mail) => (mail.subject, mail.text),
        Parcel::Post(_) => (line(&message.title()), message.text()),
    };
    let mut text = format!("  {title}\n");
    for line in printable(&body).trim_end().lines() {
        let _ = writeln!(text, "  | {line}");
    }
    text
}

fn line(text: &str) -> String {
    printable(text).replace(['\n', '\r'], " ")
}

fn after(ms: i64) -> String {
    match ms / 1000 {
        seconds @ 0..120 => format!("after {seconds} s"),
        _ => format!("after {}", span(ms)),
    }
}
