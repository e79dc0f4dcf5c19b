//! What planners configure: `[[mixes]]`, `[[tiers]]`, `[[organisations]]`, `[[disks]]`, `[[links]]`,
//! `[[bills]]`, `[[contracts]]`, `[events]` and `offers`.

mod bills;
mod contracts;
mod events;

use std::collections::{BTreeMap, HashSet};

use headroom_proto::configuration::Section;
use headroom_proto::units::BitRate;

use super::latency::build_coordinates;
use super::offers;
use crate::offers::Member;
use crate::planning::mix::{Mix, Rooms};
use crate::planning::room::Room;
use crate::reports::plan::{Disk, Organisation, Plan, Tier};

/// More mixes would make no better report.
const MOST_MIXES: usize = 50;

/// The most rooms of a mix, and people in one.
const MOST_ROOMS: u32 = 10_000;
const MOST_PEOPLE: u32 = 10_000;

const LONGEST_NAME: usize = 100;

pub fn build(root: &Section<'_>) -> Plan {
    let usual = Plan::default();
    let mixes = build_mixes(&root.sections("mixes"));
    let tiers = build_tiers(&root.sections("tiers"));
    let organisations = root.sections("organisations");
    let offers = offers::build(root);
    Plan {
        mixes: if mixes.is_empty() { usual.mixes } else { mixes },
        organisations: build_organisations(&organisations, &tiers),
        disks: root.sections("disks").iter().filter_map(build_disk).collect(),
        links_mbit: build_links(&root.sections("links")),
        bills: bills::build(&root.sections("bills")),
        contracts: contracts::build(&root.sections("contracts"), offers.as_deref()),
        offers,
        events: events::build(&root.section("events")),
        members: organisations.iter().filter_map(build_member).collect(),
    }
}

fn build_mixes(sections: &[Section<'_>]) -> Vec<Mix> {
    if let Some(first) = sections.get(MOST_MIXES) {
        first.mistake("name", format!("is one of more than {MOST_MIXES} mixes"));
    }
    let mut names = HashSet::new();
    let build = |section: &Section<'_>| {
        let name = name(section, "name")?;
        if !names.insert(name.clone()) {
            section.mistake("name", "stands twice; each mix has its own");
        }
        let mut rooms: Vec<Rooms> = build_rooms(section).into_iter().collect();
        rooms.extend(section.sections("with").iter().filter_map(build_rooms));
        (!rooms.is_empty()).then_some(Mix { name, rooms })
    };
    sections.iter().take(MOST_MIXES).filter_map(build).collect()
}

/// Rooms that are alike.
fn build_rooms(section: &Section<'_>) -> Option<Rooms> {
    let count = |key: &str, usual: u32, most: u32| {
        let count = section.value(key).unwrap_or(usual);
        if count > most {
            section.mistake(key, format!("must be at most {most}"));
        }
        count.min(most)
    };
    let rooms: Option<u32> = section.required("rooms");
    let people: Option<u32> = section.required("people");
    if rooms.is_none() || people.is_none() {
        // Whoever sees the mistake is not told that the others are unknown.
        for key in ["moderators", "cameras", "microphones", "shares"] {
            section.value::<u32>(key);
        }
    }
    let (rooms, people) = (rooms?, people?);
    for (key, value, most) in [("rooms", rooms, MOST_ROOMS), ("people", people, MOST_PEOPLE)] {
        if value == 0 || value > most {
            section.mistake(key, format!("must be between 1 and {most}"));
        }
    }
    let of_people = |key: &str, usual: u32| {
        let found = count(key, usual, MOST_PEOPLE);
        if found > people {
            section.mistake(key, format!("must be at most people ({people})"));
        }
        found.min(people)
    };
    let moderators = of_people("moderators", 1.min(people));
    let cameras = of_people("cameras", 0);
    let room = Room {
        people: people.min(MOST_PEOPLE),
        moderators,
        telephones: 0,
        voices: of_people("microphones", people),
        hearing: people.min(MOST_PEOPLE),
        cameras,
        moderator_cameras: moderators.min(cameras).min(1),
        shares: of_people("shares", 0),
    };
    Some(Rooms { count: rooms.min(MOST_ROOMS), room })
}

fn build_tiers(sections: &[Section<'_>]) -> Vec<Tier> {
    let mut tiers: Vec<Tier> = Vec::new();
    for section in sections {
        let limit = |key: &str| {
            let value: Option<f64> = section.value(key);
            if value.is_some_and(|value| !value.is_finite() || value < 0.0) {
                section.mistake(key, "must be a number that is not negative");
            }
            value
        };
        let (rooms, people, hours) = (limit("rooms"), limit("people"), limit("user_hours"));
        let Some(name) = name(section, "name") else { continue };
        if tiers.iter().any(|tier| tier.name == name) {
            section.mistake("name", "stands twice; each tier has its own");
        }
        tiers.push(Tier { name, rooms, people, hours });
    }
    tiers
}

fn build_organisations(sections: &[Section<'_>], tiers: &[Tier]) -> Vec<Organisation> {
    let (mut names, mut known) = (HashSet::new(), HashSet::new());
    let mut organisations = Vec::new();
    for section in sections {
        let tier: Option<String> = section.value("tier");
        let found = tier.as_ref().and_then(|name| tiers.iter().find(|tier| tier.name == *name));
        if tier.is_some() && found.is_none() {
            section.mistake("tier", "is none of [[tiers]]");
        }
        let tenants: Option<Vec<String>> = section.list("tenants");
        let Some(name) = name(section, "name") else { continue };
        if !names.insert(name.clone()) {
            section.mistake("name", "stands twice; each organisation has its own");
        }
        let tenants = tenants.unwrap_or_else(|| vec![name.clone()]);
        if let Some(twice) = tenants.iter().find(|tenant| !known.insert((*tenant).clone())) {
            section.mistake("tenants", format!("has {twice}, which is another organisation's"));
        }
        organisations.push(Organisation { name, tenants, tier: found.cloned() });
    }
    organisations
}

/// Where an organisation is, and how much it counts.
fn build_member(section: &Section<'_>) -> Option<Member> {
    let weight: f64 = section.value("weight").unwrap_or(1.0);
    if !(weight >= 0.0 && weight.is_finite()) {
        section.mistake("weight", "must be a number that is not negative");
    }
    let (vantage, coordinates) = (section.value("vantage"), build_coordinates(section));
    Some(Member { name: section.value("name")?, weight: weight.max(0.0), vantage, coordinates })
}

fn build_disk(section: &Section<'_>) -> Option<Disk> {
    let instance = section.value("instance");
    let mountpoint: Option<String> = section.required("mountpoint");
    if mountpoint.as_ref().is_some_and(|path| !path.starts_with('/')) {
        section.mistake("mountpoint", "must begin with /");
    }
    let kind: Option<String> = section.required("kind");
    Some(Disk { instance, mountpoint: mountpoint?, kind: kind? })
}

fn build_links(sections: &[Section<'_>]) -> BTreeMap<String, f64> {
    let mut links = BTreeMap::new();
    for section in sections {
        let instance: Option<String> = section.required("instance");
        let speed: Option<BitRate> = section.required("speed");
        let (Some(instance), Some(BitRate(bits))) = (instance, speed) else { continue };
        if bits < 1e6 {
            section.mistake("speed", "must be at least 1 Mbit/s");
        }
        if links.insert(instance, bits / 1e6).is_some() {
            section.mistake("instance", "stands twice; each host has one link here");
        }
    }
    links
}

fn name(section: &Section<'_>, key: &str) -> Option<String> {
    let name: String = section.required(key)?;
    if name.is_empty() || name.len() > LONGEST_NAME {
        section.mistake(key, format!("must have 1 to {LONGEST_NAME} bytes"));
    }
    Some(name)
}
