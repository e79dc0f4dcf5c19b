//! Hosts that report each 10 s, vantages that ping each minute, rules that look, and people who answer.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;

use jiff::Timestamp;
use jiff::civil::Time;

use crate::configuration::CollectorConfiguration;
use crate::oncall::{Answer, Change, Desk, Now, Reply};
use crate::rooms::KeptRooms;
use crate::rules::{Book, Surroundings, Tick};
use crate::run::oncall::look::Look;
use crate::samples::{Budget, Labels, Memory};

/// How often hosts report, and vantages ping, in seconds.
const ROUND_S: i64 = 10;
const PINGS_S: i64 = 60;

/// So much of the past is known, and how closely, in milliseconds.
const PAST_MS: i64 = 28 * 86_400_000;
const PAST_STEP_MS: usize = 120_000;

/// What eth0 of each host carries, in bytes a second.
const LINK: f64 = 1.25e8;

/// An agent.
struct Host {
    speaks: bool,
    is_cut_off: bool,
    rooms: Option<(f64, f64)>,
    /// How much of its link is used.
    link: f64,
    sent: f64,
    frames: f64,
    /// When within a round it reports, in seconds.
    phase: i64,
}

/// Rooms and people of a host in the same hours of each past day, by the clock on the wall.
struct Past<'p> {
    name: &'p str,
    rooms: f64,
    people: f64,
    from: Time,
    to: Time,
}

/// What a sample says.
#[derive(Clone, Copy)]
struct Said<'s> {
    metric: &'s str,
    value: f64,
}

fn said(metric: &str, value: f64) -> Said<'_> {
    Said { metric, value }
}

/// All of it.
pub struct World {
    configuration: CollectorConfiguration,
    samples: Memory,
    book: Book,
    desk: Desk,
    kept: KeptRooms,
    hosts: BTreeMap<String, Host>,
    /// How much is lost, by vantage and datacentre.
    loss: BTreeMap<(String, String), f64>,
    began_ms: i64,
    now_ms: i64,
    /// Who was told what, and how long after the begin, in milliseconds.
    pub told: Vec<(i64, String)>,
}

impl World {
    /// A world in which all is well, by a configuration.
    pub fn new(configuration: &Path, began_ms: i64) -> Self {
        let configuration = CollectorConfiguration::check(configuration).unwrap();
        let mut book = Book::default();
        book.replace(configuration.rules.read().unwrap());
        let host = |(place, agent): (usize, &crate::identity::Agent)| {
            let host = Host {
                speaks: true,
                is_cut_off: false,
                rooms: None,
                link: 0.1,
                sent: 0.0,
                frames: 0.0,
                phase: place as i64 * 3 % ROUND_S,
            };
            (agent.instance.to_string(), host)
        };
        let hosts = configuration.agents.iter().enumerate().map(host).collect();
        Self {
            configuration,
            samples: Memory::default(),
            book,
            desk: Desk::default(),
            kept: KeptRooms::default(),
            hosts,
            loss: BTreeMap::new(),
            began_ms,
            now_ms: began_ms,
            told: Vec::new(),
        }
    }

    /// Goes on until so long after the begin.
    pub fn go_on(&mut self, after_ms: i64) {
        while self.now_ms < self.began_ms + after_ms {
            self.now_ms += 1000;
            self.report();
            if self.now_ms.div_euclid(1000) % PINGS_S == 0 {
                self.ping();
            }
            let due = self.book.due(self.now_ms);
            if !due.is_empty() {
                self.look(&due);
            }
        }
    }

    /// Somebody or something does what a line says.
    pub fn does(&mut self, deed: &[String]) {
        let deed: Vec<&str> = deed.iter().map(String::as_str).collect();
        match deed[..] {
            ["silent", ..] => deed[1..].iter().for_each(|name| self.host(name).speaks = false),
            ["speak", ..] => deed[1..].iter().for_each(|name| self.host(name).speaks = true),
            ["offline", name] => self.host(name).is_cut_off = true,
            ["rooms", name, rooms, people] => {
                self.host(name).rooms = Some((rooms.parse().unwrap(), people.parse().unwrap()));
            }
            ["past", name, rooms, people, hours] => {
                let (from, to) = hours.split_once("..").unwrap();
                let (from, to) = (from.parse().unwrap(), to.parse().unwrap());
                let (rooms, people) = (rooms.parse().unwrap(), people.parse().unwrap());
                self.remember(&Past { name, rooms, people, from, to });
            }
            ["link", name, used] => self.host(name).link = used.parse().unwrap(),
            ["loss", vantage, place, loss] => {
                for one in
                    ["v1", "v2", "v3"].iter().filter(|one| vantage == "*" || vantage == **one)
                {
                    let path = ((*one).to_owned(), place.to_owned());
                    self.loss.insert(path, loss.parse().unwrap());
                }
            }
            ["take", person] => self.answer(person, Answer::Take),
            ["pass", person] => self.answer(person, Answer::Pass),
            ["end"] => {}
            _ => panic!("nobody can {deed:?}"),
        }
    }

    /// What past weeks were like.
    fn remember(&mut self, past: &Past<'_>) {
        let zone = self.configuration.time_zone.clone();
        for at_ms in (self.began_ms - PAST_MS + 7_000..self.began_ms).step_by(PAST_STEP_MS) {
            let at = Timestamp::from_millisecond(at_ms).unwrap().to_zoned(zone.clone()).time();
            let is_there = past.from <= at && at < past.to;
            let labels = [("instance", past.name), ("job", "node"), ("tenant", "all")];
            for (metric, value, labels) in [
                ("bbb_meetings", past.rooms, &labels[..2]),
                ("headroom_tenant_rooms", past.rooms, &labels[..]),
                ("headroom_tenant_participants", past.people, &labels[..]),
            ] {
                self.put(said(metric, if is_there { value } else { 0.0 }), labels, at_ms);
            }
        }
    }

    fn host(&mut self, name: &str) -> &mut Host {
        self.hosts.get_mut(name).unwrap()
    }

    fn put(&mut self, said: Said<'_>, labels: &[(&str, &str)], at_ms: i64) {
        let labels = Labels::new(said.metric, labels.iter().copied());
        self.samples.put(&labels, at_ms, said.value);
    }

    /// Hosts report in their rounds.
    fn report(&mut self) {
        let (now_ms, second) = (self.now_ms, self.now_ms.div_euclid(1000));
        let mut samples: Vec<(String, &str, bool, f64)> = Vec::new();
        for (name, host) in &mut self.hosts {
            if !host.speaks || second.rem_euclid(ROUND_S) != host.phase {
                continue;
            }
            host.sent += host.link * LINK * ROUND_S as f64;
            host.frames += 1.0;
            let mut say = |metric, of_link, value| {
                samples.push((name.clone(), metric, of_link, value));
            };
            say("node_boot_time_seconds", false, 1.7e9);
            say("headroom_agent_interval_seconds", false, ROUND_S as f64);
            say("headroom_agent_frames_total", false, host.frames);
            if let Some((rooms, people)) = host.rooms {
                say("headroom_rooms", false, rooms);
                say("headroom_participants", false, people);
            }
            if !name.starts_with('v') {
                say("node_network_transmit_bytes_total", true, host.sent);
                say("node_network_speed_bytes", true, LINK);
                say("node_network_info", true, 1.0);
            }
        }
        for (name, metric, of_link, value) in samples {
            let mut labels = vec![("instance", name.as_str()), ("job", "node")];
            if of_link {
                labels.push(("device", "eth0"));
            }
            if metric == "node_network_info" {
                labels.push(("kind", "physical"));
            }
            self.put(Said { metric, value }, &labels, now_ms);
        }
    }

    /// Vantages tell of their last minute.
    fn ping(&mut self) {
        let now_ms = self.now_ms;
        let places = self.configuration.places.clone();
        for vantage in &places.vantages {
            let host = &self.hosts[&*vantage.agent];
            if !host.speaks {
                continue;
            }
            let is_cut_off = host.is_cut_off;
            for place in &places.datacentres {
                let path = (vantage.agent.to_string(), place.name.to_string());
                let loss = self.loss.get(&path).copied().unwrap_or(0.0);
                for target in &place.targets {
                    let labels = [
                        ("instance", target.target.as_str()),
                        ("datacentre", &place.name),
                        ("vantage", &vantage.agent),
                        ("kind", if target.target.contains(':') { "tcp" } else { "icmp" }),
                        ("family", "ipv4"),
                        ("job", "probe"),
                    ];
                    let offline = f64::from(u8::from(is_cut_off));
                    self.put(said("headroom_probe_vantage_offline", offline), &labels, now_ms);
                    if !is_cut_off {
                        self.put(said("headroom_probe_sent", 20.0), &labels, now_ms);
                        let received = (20.0 * (1.0 - loss)).round();
                        self.put(said("headroom_probe_received", received), &labels, now_ms);
                    }
                }
            }
        }
    }

    /// Rules that are due find what they find, and it is decided who is told.
    fn look(&mut self, due: &[usize]) {
        let (at_ms, budget) = (self.now_ms, Budget::unlimited());
        let surroundings = Surroundings {
            external_labels: Arc::default(),
            external_url: self.configuration.rules.external_url.clone(),
        };
        for place in due {
            let group = self.book.group(*place).unwrap().clone();
            let tick = Tick {
                samples: &self.samples,
                budget: &budget,
                at_ms,
                surroundings: &surroundings,
                stopwatch: &|| 0.0,
            };
            for written in group.evaluate(&tick).written {
                self.samples.put(&written.labels, written.at_ms, written.value);
            }
        }
        let agents: BTreeSet<String> = self.hosts.keys().cloned().collect();
        let look = Look {
            reports: &self.book.reports(),
            samples: &self.samples,
            budget: &budget,
            kept: &self.kept,
            zone: self.configuration.time_zone.clone(),
            agents: &agents,
            began_ms: self.began_ms,
            at_ms,
        };
        let picture = look.picture(&self.desk).unwrap();
        for change in self.desk.advance(&picture, &self.configuration.oncall.policy) {
            if let Change::Message(message) = change {
                let text = format!("{}: {}", message.receiver, message.title());
                self.told.push((at_ms - self.began_ms, text));
            }
        }
    }

    /// Somebody answers what rings.
    fn answer(&mut self, person: &str, answer: Answer) {
        let ringing = self.desk.groups().iter().filter(|(_, group)| group.call.ringing.is_some());
        let ids: Vec<_> = ringing.map(|(id, _)| *id).collect();
        assert_eq!(ids.len(), 1, "one thing rings at {}", self.now_ms - self.began_ms);
        let now = Now { at_ms: self.now_ms, policy: &self.configuration.oncall.policy };
        self.desk.answer(ids[0], Reply { person, answer }, now).unwrap();
    }
}
