//! The agents that may push: `[[agents]]` with instance and token hash.

use std::collections::HashSet;
use std::time::Duration;

use headroom_proto::configuration::Section;
use headroom_proto::limits::{LONGEST_INTERVAL, SHORTEST_INTERVAL};
use headroom_proto::units::Span;

use crate::identity::{Agent, TokenHash};

const LONGEST_NAME: usize = 64;

pub fn build(sections: &[Section<'_>]) -> Vec<Agent> {
    let mut instances = HashSet::new();
    let mut tokens = HashSet::new();
    let mut agents = Vec::new();
    for section in sections {
        let instance: Option<String> = section.required("instance");
        let token: Option<TokenHash> = section.required("token_sha256");
        if let Some(name) = &instance {
            if !is_instance(name) {
                section.mistake("instance", INSTANCE_RULE);
            }
            if !instances.insert(name.clone()) {
                section.mistake("instance", "stands twice; each agent has its own");
            }
        }
        if token.is_some_and(|token| !tokens.insert(token)) {
            section.mistake("token_sha256", "stands twice; each agent has its own");
        }
        let interval = build_interval(section);
        if let (Some(instance), Some(token)) = (instance, token) {
            agents.push(Agent { instance: instance.into(), token, interval });
        }
    }
    agents
}

fn build_interval(section: &Section<'_>) -> Option<Duration> {
    let Span(interval) = section.value("interval")?;
    if interval < SHORTEST_INTERVAL {
        let rule = format!("must be at least {}", Span(SHORTEST_INTERVAL));
        section.mistake("interval", rule);
    }
    if interval > LONGEST_INTERVAL {
        section.mistake("interval", format_args!("must be at most {}", Span(LONGEST_INTERVAL)));
    }
    Some(interval)
}

/// What a name must be to be an instance.
pub const INSTANCE_RULE: &str =
    "must be 1 to 64 of a-z, A-Z, 0-9, dot, dash, underscore, not dots alone";

/// Whether a name can be an instance: it stands in addresses of pages and pictures.
pub fn is_instance(name: &str) -> bool {
    let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_');
    // Of dots alone, an address would lead elsewhere (RFC 3986, 5.2.4).
    let is_dots = name.chars().all(|c| c == '.');
    (1..=LONGEST_NAME).contains(&name.len()) && name.chars().all(allowed) && !is_dots
}
