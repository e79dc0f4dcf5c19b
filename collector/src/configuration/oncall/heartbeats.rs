//! Heartbeats: who is to be heard of (`[[heartbeats]]`), and who hears that all is well (`[watchdog]`).

use std::collections::BTreeMap;
use std::time::Duration;

use headroom_proto::configuration::Section;
use headroom_proto::units::Span;

use super::receivers::{Address, build_secret};
use crate::configuration::agents::{INSTANCE_RULE, is_instance};
use crate::identity::TokenHash;
use crate::oncall::{Heartbeat, Secret, Severity};

/// How often others are heard of at the most and at the least, in milliseconds.
const SHORTEST_MS: i64 = 10_000;
const LONGEST_MS: i64 = 366 * 86_400_000;

/// How often all is told to be well, unless somebody says otherwise.
const EVERY: Duration = Duration::from_secs(60);

/// Who hears that all is well.
#[derive(Debug, Clone)]
pub struct Watchdog {
    /// Where.
    pub url: String,
    /// What is shown there, if it asks for anything.
    pub token: Option<Secret>,
    /// How often.
    pub every: Duration,
}

/// Who is to be heard of, and their tokens.
pub fn build_heartbeats(
    sections: &[Section<'_>],
    public: &Section<'_>,
) -> (Vec<Heartbeat>, BTreeMap<String, TokenHash>) {
    let (mut heartbeats, mut tokens) = (Vec::new(), BTreeMap::new());
    for section in sections {
        if !public.has("listen") {
            section.mistake("name", "is heard of at [http.public], which is missing");
        }
        let name: Option<String> = section.required("name");
        let token: Option<TokenHash> = section.required("token_sha256");
        let every_ms = span(section, "every");
        if !section.has("every") {
            section.mistake("every", "is missing: how often it is heard of, such as 1d");
        }
        // Half as long again, where nobody says how late it may be.
        let grace_ms = span(section, "grace").or(every_ms.map(|every_ms| every_ms / 2));
        let severity = build_severity(section);
        let runbook = section.value("runbook").unwrap_or_default();
        let Some(name) = name else { continue };
        if !is_instance(&name) {
            section.mistake("name", INSTANCE_RULE);
        }
        let (Some(token), Some(every_ms), Some(grace_ms)) = (token, every_ms, grace_ms) else {
            continue;
        };
        if tokens.insert(name.clone(), token).is_some() {
            section.mistake("name", "stands twice; each heartbeat has its own");
        }
        heartbeats.push(Heartbeat { name, every_ms, grace_ms, severity, runbook });
    }
    (heartbeats, tokens)
}

fn span(section: &Section<'_>, key: &str) -> Option<i64> {
    let Span(time) = section.value(key)?;
    let time_ms = i64::try_from(time.as_millis()).unwrap_or(i64::MAX);
    if !(SHORTEST_MS..=LONGEST_MS).contains(&time_ms) {
        section.mistake(key, "must be between 10s and 366d");
    }
    Some(time_ms)
}

fn build_severity(section: &Section<'_>) -> Severity {
    match section.value::<String>("severity").as_deref() {
        Some("page") => Severity::Page,
        None | Some("morning") => Severity::Morning,
        Some(_) => {
            section.mistake("severity", "must be page or morning");
            Severity::Morning
        }
    }
}

/// `[watchdog]`: who hears that all is well.
pub fn build_watchdog(section: &Section<'_>) -> Option<Watchdog> {
    let url = section.value::<Address>("url").map(|Address(url)| url);
    let token = build_secret(section, "token_file").map(Secret::new);
    let every = section.value("every").map_or(EVERY, |Span(every)| every);
    if !(Duration::from_secs(1)..=Duration::from_secs(86_400)).contains(&every) {
        section.mistake("every", "must be between 1s and 1d");
    }
    if !section.has("url") && (section.has("every") || section.has("token_file")) {
        section.mistake("url", "is missing: where somebody hears that all is well");
    }
    Some(Watchdog { url: url?, token, every })
}
