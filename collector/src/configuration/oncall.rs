//! Who is told what: `[notify]`, `[[receivers]]`, `[[people]]`, `[rota]` and `[[escalation]]`.

mod heartbeats;
mod receivers;

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::str::FromStr;

use headroom_proto::configuration::Section;
use headroom_proto::units::Span;
use jiff::civil::{Date, DateTime, Time};
use jiff::tz::TimeZone;

pub use self::heartbeats::Watchdog;
use self::heartbeats::{build_heartbeats, build_watchdog};
use self::receivers::{Address, build_receivers};
use super::agents::{INSTANCE_RULE, is_instance};
use crate::identity::TokenHash;
use crate::latency::Places;
use crate::oncall::{
    Channel, Drill, Override, People, Person, Policy, Receiver, Rota, Site, Step, Timing, Topology,
    Turn, Waking, WeekTime, Who, moment_of,
};

/// What is configured of telling.
#[derive(Debug, Clone, Default)]
pub struct OnCall {
    /// Who is told what, and when.
    pub policy: Policy,
    /// Where messages go.
    pub receivers: Vec<Receiver>,
    /// Where links that act lead.
    pub public_url: Option<String>,
    /// Where they are served.
    pub listen: Option<SocketAddr>,
    /// The tokens of whoever is to be heard of, by name.
    pub beats: BTreeMap<String, TokenHash>,
    /// Who hears that all is well.
    pub watchdog: Option<Watchdog>,
}

pub fn build(root: &Section<'_>, places: &Places) -> OnCall {
    let sections = root.sections("receivers");
    let (receivers, feeds) = build_receivers(&sections);
    let notify = root.section("notify");
    // One that is wrong otherwise is known by its name.
    let names: BTreeSet<String> =
        sections.iter().filter_map(|section| section.value("name")).collect();
    let persons = build_persons(&root.sections("people"), &names);
    let rota_section = root.section("rota");
    let rota = build_rota(&rota_section, &persons);
    let drill = build_drill(&rota_section);
    let steps = build_steps(root, &persons, rota.as_ref());
    let public = root.section("http").section("public");
    let (heartbeats, beats) = build_heartbeats(&root.sections("heartbeats"), &public);
    let policy = Policy {
        timing: build_timing(&notify),
        group_by: notify.list("group_by"),
        topology: topology(places),
        feeds,
        people: People { persons, rota, steps },
        heartbeats,
        drill,
    };
    let (listen, public_url) = build_links(&public);
    let watchdog = build_watchdog(&root.section("watchdog"));
    OnCall { policy, receivers, public_url, listen, beats, watchdog }
}

/// `[http.public]`: where links that act are served, and how phones reach that.
fn build_links(section: &Section<'_>) -> (Option<SocketAddr>, Option<String>) {
    let listen = section.value::<Listen>("listen").map(|Listen(address)| address);
    let url = section.value::<Address>("url").map(|Address(url)| url);
    if section.has("listen") && !section.has("url") {
        section.mistake("url", "is missing: links need the address that phones reach");
    }
    if section.has("url") && !section.has("listen") {
        section.mistake("listen", "is missing: links are served by a listener of their own");
    }
    (listen, url)
}

/// Where something is served.
struct Listen(SocketAddr);

impl FromStr for Listen {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, &'static str> {
        text.parse().map(Self).map_err(|_| "must be an address and a port, such as 127.0.0.1:8442")
    }
}

fn build_timing(section: &Section<'_>) -> Timing {
    let default = Timing::default();
    let span = |key: &str, default_ms: i64| {
        let Some(Span(time)) = section.value(key) else { return default_ms };
        let time_ms = i64::try_from(time.as_millis()).unwrap_or(i64::MAX);
        if !(1000..=31 * 86_400_000).contains(&time_ms) {
            section.mistake(key, "must be between 1s and 31d");
        }
        time_ms
    };
    Timing {
        wait_ms: span("wait", default.wait_ms),
        interval_ms: span("interval", default.interval_ms),
        repeat_ms: span("repeat", default.repeat_ms),
        calm_ms: span("calm", default.calm_ms),
        taken_ms: span("taken", default.taken_ms),
    }
}

/// A way to a person: `phone`, or `mail after 5m`.
struct Way(Channel);

impl FromStr for Way {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, &'static str> {
        let (receiver, after) = text.split_once(" after ").unwrap_or((text, "0s"));
        let Ok(Span(after)) = after.parse() else {
            return Err(
                "must be a receiver's name, with a delay if it is not the first: mail after 5m",
            );
        };
        let after_ms = i64::try_from(after.as_millis()).unwrap_or(i64::MAX);
        Ok(Self(Channel { receiver: receiver.to_owned(), after_ms }))
    }
}

/// Waking hours: `07:30-22:00`.
struct Hours(Waking);

impl FromStr for Hours {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, &'static str> {
        let hours = text.split_once('-').and_then(|(from, to)| {
            let time = |text: &str| text.trim().parse::<Time>().ok();
            Some(Waking { from: time(from)?, to: time(to)? })
        });
        hours.map(Self).ok_or("must be the hours of a day such as 07:30-22:00")
    }
}

fn build_persons(
    sections: &[Section<'_>],
    receivers: &BTreeSet<String>,
) -> BTreeMap<String, Person> {
    let mut persons = BTreeMap::new();
    for section in sections {
        let name: Option<String> = section.required("name");
        let zone = build_zone(section, "zone");
        let waking = section.value("waking").map_or(
            Waking { from: jiff::civil::time(7, 30, 0, 0), to: jiff::civil::time(22, 0, 0, 0) },
            |Hours(waking)| waking,
        );
        let ways: Vec<Way> = section.list("channels").unwrap_or_default();
        let channels: Vec<Channel> = ways.into_iter().map(|Way(channel)| channel).collect();
        if channels.is_empty() {
            section.mistake("channels", "is missing: name at least one receiver");
        }
        for channel in channels.iter().filter(|one| !receivers.contains(&one.receiver)) {
            let name = &channel.receiver;
            section
                .mistake("channels", format_args!("name {name}, which is none of [[receivers]]"));
        }
        if !channels.is_sorted_by_key(|channel| channel.after_ms) {
            section.mistake("channels", "must stand in the order of their delays");
        }
        let Some(name) = name else { continue };
        if name == DUTY {
            section.mistake("name", "means whoever is on duty; a person has another");
        }
        if !is_instance(&name) {
            section.mistake("name", INSTANCE_RULE);
        }
        if persons.insert(name, Person { channels, waking, zone }).is_some() {
            section.mistake("name", "stands twice; each person has one");
        }
    }
    persons
}

/// Whoever is on duty, in a step of escalation.
const DUTY: &str = "duty";

fn build_zone(section: &Section<'_>, key: &str) -> TimeZone {
    let Some(name) = section.value::<String>(key) else { return TimeZone::system() };
    TimeZone::get(&name).unwrap_or_else(|_| {
        section.mistake(key, "must be a zone of the IANA database, such as Europe/Berlin");
        TimeZone::UTC
    })
}

fn build_rota(section: &Section<'_>, persons: &BTreeMap<String, Person>) -> Option<Rota> {
    let turns = section.sections("turns");
    let overrides = section.sections("overrides");
    let zone = build_zone(section, "zone");
    if turns.is_empty() {
        if section.value::<Date>("begins").is_some() || !overrides.is_empty() {
            section.mistake("turns", "is missing: who is on duty when?");
        }
        return None;
    }
    let begins: Option<Date> = section.required("begins");
    let turns: Vec<Turn> = turns.iter().filter_map(build_turn).collect();
    let stands_in = |one: &Section<'_>| {
        let moment = |key: &str| {
            let wall: DateTime = one.required::<Wall>(key)?.0;
            moment_of(wall, &zone)
        };
        let (from_ms, to_ms) = (moment("from"), moment("to"));
        let person: String = one.required("person")?;
        let (from_ms, to_ms) = (from_ms?, to_ms?);
        if to_ms <= from_ms {
            one.mistake("to", "must be after from");
        }
        Some(Override { person, from_ms, to_ms })
    };
    let overrides = overrides.iter().filter_map(stands_in).collect();
    let rota = match Rota::new(zone.clone(), begins?, turns, overrides) {
        Ok(rota) => rota,
        Err(error) => {
            section.mistake("turns", error);
            return None;
        }
    };
    let strangers: BTreeSet<&str> =
        rota.people().filter(|name| !persons.contains_key(*name)).collect();
    for name in strangers {
        section.mistake("turns", format_args!("name {name}, who is none of [[people]]"));
    }
    Some(rota)
}

/// `[rota] drill`: the hour of the week at which there is one each month.
fn build_drill(section: &Section<'_>) -> Option<Drill> {
    let hour: WeekTime = section.value("drill")?;
    if !section.has("turns") {
        section.mistake("drill", "needs [[rota.turns]]: who would be called?");
    }
    let zone = section.value::<String>("zone").and_then(|name| TimeZone::get(&name).ok());
    Some(Drill { hour, zone: zone.unwrap_or_else(TimeZone::system) })
}

/// A moment as the clock on the wall shows it.
struct Wall(DateTime);

impl FromStr for Wall {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, &'static str> {
        let wall = text.replacen(' ', "T", 1).parse();
        wall.map(Self).map_err(|_| "must be a moment on the wall such as 2026-12-24 09:00")
    }
}

fn build_turn(section: &Section<'_>) -> Option<Turn> {
    let from: Option<WeekTime> = section.required("from");
    let to: Option<WeekTime> = section.value("to");
    let people = section.list("people").unwrap_or_default();
    let from = from?;
    Some(Turn { from, to: to.unwrap_or(from), people })
}

fn build_steps(
    root: &Section<'_>,
    persons: &BTreeMap<String, Person>,
    rota: Option<&Rota>,
) -> Vec<Step> {
    let mut steps = Vec::new();
    for section in root.sections("escalation") {
        let after_ms = section.value("after").map_or(0, |Span(after)| after.as_millis() as i64);
        let who = match section.required::<String>("call") {
            None => continue,
            Some(name) if name == DUTY => {
                if rota.is_none() {
                    section.mistake("call", "needs a [rota], which says who is on duty");
                }
                Who::Duty
            }
            Some(name) => {
                if !persons.contains_key(&name) {
                    section.mistake("call", "must be duty or one of [[people]]");
                }
                Who::Person(name)
            }
        };
        steps.push(Step { who, after_ms });
    }
    if !steps.is_sorted_by_key(|step| step.after_ms) {
        root.mistake("escalation", "must stand in the order of its delays");
    }
    match (steps.is_empty(), rota, persons.keys().next()) {
        // One who is on duty, or alone, is called without further words.
        (true, Some(_), _) => vec![Step { who: Who::Duty, after_ms: 0 }],
        (true, None, Some(name)) if persons.len() == 1 => {
            vec![Step { who: Who::Person(name.clone()), after_ms: 0 }]
        }
        // A rota that is wrong has been told.
        (true, None, Some(_)) if !root.has("rota") => {
            root.mistake(
                "people",
                "are several: a [rota] or [[escalation]] says who is called first",
            );
            steps
        }
        (true, None, _) | (false, _, _) => steps,
    }
}

/// What is where, as whoever tells people has to know it.
pub fn topology(places: &Places) -> Topology {
    let sites = places.datacentres.iter().map(|datacentre| Site {
        name: datacentre.name.to_string(),
        hosts: datacentre.hosts.iter().map(ToString::to_string).collect(),
        targets: datacentre.targets.iter().map(|target| target.target.clone()).collect(),
    });
    let vantages = places.vantages.iter().filter(|vantage| !places.is_host(&vantage.agent));
    let vantages = vantages.map(|vantage| vantage.agent.to_string()).collect();
    Topology { sites: sites.collect(), vantages }
}
