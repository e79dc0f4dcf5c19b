//! Who pings what: `[[vantages]]` and `[[datacentres]]`, with their places as they are typed.

use std::collections::HashSet;
use std::sync::Arc;

use headroom_proto::configuration::Section;
use headroom_proto::limits::MAX_TARGETS;
use headroom_proto::targets::TargetAddress;
use headroom_proto::wire::{AddressFamily, ProbeKind, ProbeTarget};

use super::agents::{INSTANCE_RULE, is_instance};
use crate::identity::Agent;
use crate::latency::{Coordinates, Datacentre, Places, Vantage, kind_name};

/// The longest name of a place, in letters.
const LONGEST_PLACE: usize = 64;

/// The most regions that members choose from.
const MOST_REGIONS: usize = 50;

/// How targets may be asked, each by the key of its name.
const KINDS: [ProbeKind; 4] = [ProbeKind::Icmp, ProbeKind::Tcp, ProbeKind::Https, ProbeKind::Stun];

pub fn build(root: &Section<'_>, agents: &[Agent]) -> Places {
    let vantages = build_vantages(&root.sections("vantages"), agents);
    let sections = root.sections("datacentres");
    let datacentres: Vec<Datacentre> = build_datacentres(&sections);
    let targets: usize = datacentres.iter().map(|one| one.targets.len()).sum();
    if targets > MAX_TARGETS {
        let rule = format!("have {targets} targets together, at most {MAX_TARGETS}");
        root.mistake("datacentres", rule);
    }
    let check_regions = build_regions(&root.section("latency_check"), &vantages);
    if !check_regions.is_empty() && !root.section("http").section("public").has("listen") {
        root.section("latency_check")
            .mistake("regions", "are chosen at [http.public], which is missing");
    }
    Places { vantages, datacentres, check_regions }
}

/// The regions of members who measure from their browser.
fn build_regions(section: &Section<'_>, vantages: &[Vantage]) -> Vec<Arc<str>> {
    let texts: Vec<String> = section.list("regions").unwrap_or_default();
    if texts.len() > MOST_REGIONS {
        section.mistake("regions", format_args!("are {}, at most {MOST_REGIONS}", texts.len()));
    }
    let mut seen = HashSet::new();
    for text in &texts {
        if !is_place(text) {
            let rule = format!("must each have 1 to {LONGEST_PLACE} letters, none for control");
            section.mistake("regions", rule);
        } else if !seen.insert(text) {
            section.mistake("regions", format_args!("name {text} twice"));
        } else if vantages.iter().any(|vantage| *vantage.agent == **text) {
            section.mistake("regions", format_args!("name {text}, which is a vantage"));
        }
    }
    texts.into_iter().map(Into::into).collect()
}

fn is_place(text: &str) -> bool {
    let length = text.chars().count();
    (1..=LONGEST_PLACE).contains(&length) && !text.chars().any(char::is_control)
}

fn build_vantages(sections: &[Section<'_>], agents: &[Agent]) -> Vec<Vantage> {
    let mut names = HashSet::new();
    let mut vantages = Vec::new();
    for section in sections {
        let Some(agent) = section.required::<String>("agent") else { continue };
        if !agents.iter().any(|known| *known.instance == *agent) {
            section.mistake("agent", "must be the instance of one of [[agents]]");
        }
        if !names.insert(agent.clone()) {
            section.mistake("agent", "stands twice; each agent has one place");
        }
        vantages.push(Vantage {
            agent: agent.into(),
            region: build_text(section, "region"),
            city: build_text(section, "city"),
            coordinates: build_coordinates(section),
            network: build_text(section, "network"),
        });
    }
    vantages
}

fn build_datacentres(sections: &[Section<'_>]) -> Vec<Datacentre> {
    let (mut names, mut targets) = (HashSet::new(), HashSet::new());
    let mut datacentres = Vec::new();
    for section in sections {
        let Some(name) = section.required::<String>("name") else { continue };
        if !is_instance(&name) {
            section.mistake("name", INSTANCE_RULE);
        }
        if !names.insert(name.clone()) {
            section.mistake("name", "stands twice; each datacentre has its own");
        }
        let hosts: Vec<String> = section.list("hosts").unwrap_or_default();
        let only = build_only(section);
        let own = KINDS.map(|kind| build_targets(section, Asked { kind, only }));
        for target in own.iter().flatten() {
            if !targets.insert((target.target.clone(), target.kind)) {
                let (key, text) = (kind_name(target.kind()), &target.target);
                section.mistake(key, format_args!("names {text}, which stands twice"));
            }
        }
        datacentres.push(Datacentre {
            name: name.into(),
            city: build_text(section, "city"),
            coordinates: build_coordinates(section),
            hosts: hosts.into_iter().map(Into::into).collect(),
            targets: own.into_iter().flatten().collect(),
        });
    }
    datacentres
}

/// How targets are asked.
#[derive(Clone, Copy)]
struct Asked {
    kind: ProbeKind,
    only: AddressFamily,
}

fn build_targets(section: &Section<'_>, asked: Asked) -> Vec<ProbeTarget> {
    let key = kind_name(asked.kind);
    let texts: Vec<String> = section.list(key).unwrap_or_default();
    for text in &texts {
        if let Err(rule) = TargetAddress::read(asked.kind, text) {
            section.mistake(key, format_args!("names {text}, which {rule}"));
        }
    }
    let Asked { kind, only } = asked;
    let target = |target| ProbeTarget { target, kind: kind.into(), only: only.into() };
    texts.into_iter().map(target).collect()
}

fn build_only(section: &Section<'_>) -> AddressFamily {
    match section.value::<String>("family").as_deref() {
        None => AddressFamily::Unspecified,
        Some("ipv4") => AddressFamily::Ipv4,
        Some("ipv6") => AddressFamily::Ipv6,
        Some(_) => {
            section.mistake("family", "must be ipv4 or ipv6; both are asked if it is absent");
            AddressFamily::Unspecified
        }
    }
}

fn build_text(section: &Section<'_>, key: &str) -> Option<String> {
    let text: String = section.value(key)?;
    if !is_place(&text) {
        section
            .mistake(key, format_args!("must be 1 to {LONGEST_PLACE} letters, none for control"));
    }
    Some(text)
}

pub(super) fn build_coordinates(section: &Section<'_>) -> Option<Coordinates> {
    let degrees = |key: &str, most: f64| {
        let value: f64 = section.value(key)?;
        if !(-most..=most).contains(&value) {
            section.mistake(key, format_args!("must be between -{most} and {most}"));
        }
        Some(value)
    };
    let (latitude, longitude) = (degrees("latitude", 90.0), degrees("longitude", 180.0));
    if latitude.is_some() != longitude.is_some() {
        let missing = if latitude.is_some() { "longitude" } else { "latitude" };
        section.mistake(missing, "is missing: a place needs both");
    }
    Some(Coordinates { latitude: latitude?, longitude: longitude? })
}
