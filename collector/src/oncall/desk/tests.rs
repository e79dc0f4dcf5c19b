//! Scenarios: what is found tick by tick, and who is told what, when. The clock is an argument.

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::*;
use crate::oncall::cause::{Site, Topology};
use crate::oncall::people::{Channel, People, Person, Step, Waking, Who};
use crate::oncall::rota::{Rota, Turn};
use crate::oncall::{Answer, Matcher, Reason, Status};

mod again;
mod duty;
mod silenced;
mod waiting;

const TICK_MS: i64 = 15_000;
const MINUTE_MS: i64 = 60_000;

fn ms(text: &str) -> i64 {
    text.parse::<Timestamp>().unwrap().as_millisecond()
}

fn texts(pairs: &[(&str, &str)]) -> Texts {
    pairs.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect()
}

/// A world that is looked at each 15 s.
struct World {
    desk: Desk,
    policy: Policy,
    now_ms: i64,
    /// What fires, by fingerprint.
    fires: BTreeMap<u64, Seen>,
    /// Agents that do not speak.
    mute: BTreeSet<String>,
    heard_ms: BTreeMap<String, i64>,
    /// Until when hosts have no rooms.
    quiet_ms: BTreeMap<String, i64>,
    rules: BTreeSet<String>,
    /// Who was told what, when, in minutes since the beginning.
    told: Vec<String>,
    began_ms: i64,
}

const HOSTS: [&str; 5] = ["a1", "a2", "a3", "a4", "a5"];

fn person(receiver: &str) -> Person {
    Person {
        channels: vec![
            Channel { receiver: format!("{receiver}-phone"), after_ms: 0 },
            Channel { receiver: format!("{receiver}-mail"), after_ms: 5 * MINUTE_MS },
        ],
        waking: Waking { from: jiff::civil::time(7, 30, 0, 0), to: jiff::civil::time(22, 0, 0, 0) },
        zone: TimeZone::get("Europe/Berlin").unwrap(),
    }
}

fn policy() -> Policy {
    let zone = TimeZone::get("Europe/Berlin").unwrap();
    let hour = "Mon 09:00".parse().unwrap();
    let turn = Turn { from: hour, to: hour, people: vec!["anna".into(), "ben".into()] };
    let rota = Rota::new(zone, "2026-01-05".parse().unwrap(), vec![turn], vec![]).unwrap();
    let site = |name: &str, hosts: &[&str]| Site {
        name: name.into(),
        hosts: hosts.iter().map(|host| (*host).to_owned()).collect(),
        targets: vec![format!("gw.{name}")],
    };
    let persons = ["anna", "ben", "cem"].map(|name| (name.to_owned(), person(name)));
    Policy {
        topology: Topology {
            sites: vec![site("dark", &HOSTS), site("lone", &["b1"])],
            ..Topology::default()
        },
        people: People {
            persons: persons.into(),
            rota: Some(rota),
            steps: vec![
                Step { who: Who::Duty, after_ms: 0 },
                Step { who: Who::Person("cem".into()), after_ms: 10 * MINUTE_MS },
            ],
        },
        ..Policy::default()
    }
}

impl World {
    fn at(text: &str) -> Self {
        let rules = ["HostSilent", "LinkNearLimit", "LinkBusy", "PathLoss"];
        Self {
            desk: Desk::default(),
            policy: policy(),
            now_ms: ms(text),
            fires: BTreeMap::new(),
            mute: BTreeSet::new(),
            heard_ms: BTreeMap::new(),
            quiet_ms: BTreeMap::new(),
            rules: rules.map(ToOwned::to_owned).into(),
            told: Vec::new(),
            began_ms: ms(text),
        }
    }

    fn fire(&mut self, name: &str, instance: &str, severity: &str) {
        let labels = texts(&[("alertname", name), ("instance", instance), ("severity", severity)]);
        let annotations = texts(&[("summary", &format!("{name} {instance}"))]);
        let print = Self::print(name, instance);
        let seen = Seen {
            labels,
            annotations,
            since_ms: self.now_ms,
            link: "/graph".into(),
            until_ms: None,
        };
        self.fires.entry(print).or_insert(seen);
    }

    fn end(&mut self, name: &str, instance: &str) {
        let print = Self::print(name, instance);
        self.fires.remove(&print);
    }

    fn print(name: &str, instance: &str) -> u64 {
        GroupId::of(&[(name.to_owned(), instance.to_owned())]).0 as u64
    }

    fn tick(&mut self) {
        self.now_ms += TICK_MS;
        for host in HOSTS.iter().chain(&["b1"]) {
            if !self.mute.contains(*host) {
                self.heard_ms.insert((*host).to_owned(), self.now_ms);
            }
        }
        let picture = Picture {
            at_ms: self.now_ms,
            began_ms: self.began_ms,
            seen: self.fires.clone(),
            verdicts: super::super::Verdicts {
                present: self.rules.clone(),
                unjudged: BTreeSet::new(),
            },
            heard_ms: self.heard_ms.clone(),
            quiet_ms: self.quiet_ms.clone(),
            agents: HOSTS.iter().chain(&["b1"]).map(|host| (*host).to_owned()).collect(),
        };
        for change in self.desk.advance(&picture, &self.policy) {
            if let Change::Message(message) = change {
                let minutes = (self.now_ms - self.began_ms) as f64 / MINUTE_MS as f64;
                self.told.push(format!("{minutes} {}: {}", message.receiver, message.title()));
            }
        }
    }

    fn minutes(&mut self, minutes: i64) {
        for _ in 0..minutes * MINUTE_MS / TICK_MS {
            self.tick();
        }
    }

    fn answer(&mut self, who: &str, answer: Answer) -> Result<(), AnswerError> {
        let mut ringing = self.desk.groups().iter().filter(|(_, g)| g.call.ringing.is_some());
        let id = *ringing.next().unwrap().0;
        let now = Now { at_ms: self.now_ms, policy: &self.policy };
        self.desk.answer(id, Reply { person: who, answer }, now).map(drop)
    }

    /// How many minutes lie between each message and the next but one.
    fn distances(&self) -> Vec<f64> {
        let minute = |line: &String| line.split(' ').next().unwrap().parse::<f64>().unwrap();
        let moments: Vec<f64> = self.told.iter().map(minute).collect();
        moments.windows(3).map(|three| three[2] - three[0]).collect()
    }

    fn take_told(&mut self) -> Vec<String> {
        std::mem::take(&mut self.told)
    }
}

#[test]
fn a_dark_datacentre_is_one_page_to_one_person_and_one_end() {
    let mut world = World::at("2026-05-05T01:00:00Z");
    world.minutes(10);
    for host in HOSTS {
        world.mute.insert(host.into());
    }
    // Silence shows after 40 s, not in the same tick for all.
    for host in &HOSTS[..2] {
        world.fire("HostSilent", host, "page");
    }
    world.fire("PathLoss", "gw.dark", "page");
    world.tick();
    for host in HOSTS {
        world.fire("HostSilent", host, "page");
        world.fire("LinkNearLimit", host, "page");
    }
    world.minutes(4);
    assert_eq!(world.take_told(), ["10.75 ben-phone: none of the 5 hosts in dark reports"]);
    assert_eq!(world.answer("ben", Answer::Take), Ok(()));
    world.minutes(60);
    assert_eq!(world.take_told(), [""; 0]);
    // It comes back host by host.
    for host in HOSTS {
        world.mute.remove(host);
        world.end("HostSilent", host);
        world.end("LinkNearLimit", host);
        world.end("PathLoss", "gw.dark");
        world.tick();
    }
    world.minutes(30);
    let told = world.take_told();
    assert_eq!(told.len(), 1, "{told:?}");
    assert!(told[0].contains("ben-phone: over: none of the 5 hosts in dark reports"), "{told:?}");
    assert!(world.desk.groups().values().all(|group| group.alerts.0.is_empty()));
}

#[test]
fn nobody_answers_and_the_next_is_called_at_the_right_minute_whatever_clocks_do() {
    // On both nights clocks change at 01:00 in UTC.
    for night in ["2026-03-29T00:50:00Z", "2026-10-25T00:50:00Z", "2026-06-01T00:50:00Z"] {
        let mut world = World::at(night);
        world.mute.insert("b1".into());
        world.fire("HostSilent", "b1", "page");
        world.minutes(30);
        let duty = world.policy.people.first(world.now_ms).unwrap().to_owned();
        let expected = [
            format!("0.75 {duty}-phone: HostSilent b1"),
            format!("5.75 {duty}-mail: HostSilent b1"),
            "10.75 cem-phone: nobody has it yet: HostSilent b1".to_owned(),
            "15.75 cem-mail: nobody has it yet: HostSilent b1".to_owned(),
        ];
        assert_eq!(world.take_told(), expected, "{night}");
        assert_eq!(world.answer("cem", Answer::Take), Ok(()));
        assert_eq!(world.answer("anna", Answer::Take), Err(AnswerError::Taken("cem".into())));
        assert_eq!(world.answer("anna", Answer::Pass), Err(AnswerError::Taken("cem".into())));
        world.minutes(119);
        assert_eq!(world.take_told(), [""; 0]);
        // Two hours are over, and it still stands.
        world.minutes(2);
        let again = world.take_told();
        assert_eq!(again, [format!("150 {duty}-phone: again: HostSilent b1")], "{night}");
    }
}

#[test]
fn not_me_calls_the_next_now_and_nobody_twice() {
    let mut world = World::at("2026-05-05T01:00:00Z");
    world.mute.insert("b1".into());
    world.fire("HostSilent", "b1", "page");
    world.minutes(2);
    assert_eq!(world.take_told(), ["0.75 ben-phone: HostSilent b1"]);
    assert_eq!(world.answer("ben", Answer::Pass), Ok(()));
    world.tick();
    assert_eq!(world.take_told(), ["2.25 cem-phone: nobody has it yet: HostSilent b1"]);
    assert_eq!(world.answer("cem", Answer::Pass), Err(AnswerError::Last));
}

#[test]
fn something_new_in_a_group_that_is_taken_is_told_and_what_is_known_is_not() {
    let mut world = World::at("2026-05-05T01:00:00Z");
    world.fire("LinkNearLimit", "b1", "page");
    world.minutes(1);
    assert_eq!(world.answer("ben", Answer::Take), Ok(()));
    world.take_told();
    world.minutes(30);
    assert_eq!(world.take_told(), [""; 0]);
    world.rules.insert("DiskAlmostFull".into());
    world.fire("DiskAlmostFull", "b1", "page");
    world.minutes(1);
    let told = world.take_told();
    assert_eq!(told, ["31.75 ben-phone: LinkNearLimit b1 and 1 more"]);
}

#[test]
fn a_link_that_flaps_is_told_at_most_twice_an_hour() {
    for (on_minutes, off_minutes) in [(2, 2), (3, 4), (5, 20), (1, 9), (20, 20)] {
        let mut world = World::at("2026-05-05T10:00:00Z");
        for _ in 0..360 / (on_minutes + off_minutes) {
            world.fire("LinkNearLimit", "b1", "page");
            world.minutes(1);
            let is_open = world.desk.groups().values().any(|group| group.call.ringing.is_some());
            if is_open {
                let _ = world.answer("anna", Answer::Take);
            }
            world.minutes(on_minutes - 1);
            world.end("LinkNearLimit", "b1");
            world.minutes(off_minutes);
        }
        world.told.retain(|line| line.contains("ben-phone"));
        assert!(!world.told.is_empty());
        let distances = world.distances();
        let told = &world.told;
        assert!(
            distances.iter().all(|minutes| *minutes > 60.0),
            "{on_minutes}/{off_minutes}: {told:?}"
        );
    }
}

#[test]
fn a_morning_matter_is_told_at_breakfast_or_never_if_it_healed() {
    // Half past seven in Berlin is half past five in UTC in summer.
    let mut world = World::at("2026-05-05T01:00:00Z");
    world.fire("LinkBusy", "b1", "morning");
    world.fire("LinkBusy", "a1", "morning");
    world.minutes(60);
    world.end("LinkBusy", "a1");
    world.minutes(209);
    assert_eq!(world.take_told(), [""; 0]);
    world.minutes(2);
    assert_eq!(world.take_told(), ["270 ben-phone: LinkBusy b1"]);
    world.minutes(60);
    world.end("LinkBusy", "b1");
    world.minutes(10);
    assert_eq!(world.take_told(), ["336.25 ben-phone: over: LinkBusy b1"]);
}

#[test]
fn a_host_that_dies_while_its_alert_fires_is_unknown_and_never_over() {
    let mut world = World::at("2026-05-05T01:00:00Z");
    world.fire("LinkNearLimit", "b1", "page");
    world.minutes(3);
    assert_eq!(world.take_told().len(), 1);
    world.mute.insert("b1".into());
    world.minutes(1);
    // Its samples are too old for the rule, and it has not spoken.
    world.end("LinkNearLimit", "b1");
    world.minutes(120);
    let told = world.take_told();
    assert!(told.iter().all(|line| !line.contains("over")), "{told:?}");
    let standing = |world: &World| {
        world
            .desk
            .groups()
            .values()
            .next()
            .map(|group| group.alerts.0.values().next().unwrap().standing)
    };
    let since_ms = world.began_ms + 4 * MINUTE_MS + TICK_MS;
    assert_eq!(standing(&world), Some(super::super::Standing::Unknown { since_ms }));
    // A restart forgets nothing of that.
    let groups = world.desk.groups().clone();
    world.desk = Desk::restore(Kept { groups, ..Kept::default() }, world.now_ms);
    world.minutes(10);
    assert!(world.take_told().iter().all(|line| !line.contains("over")));
    world.mute.remove("b1");
    world.minutes(6);
    let told = world.take_told();
    assert!(told.last().unwrap().contains("over: LinkNearLimit b1"), "{told:?}");
}

#[test]
fn receivers_of_everything_are_told_as_alertmanager_tells() {
    let mut world = World::at("2026-05-05T01:00:00Z");
    world.policy.feeds = vec!["hook".into()];
    world.policy.people = People::default();
    world.fire("LinkNearLimit", "b1", "page");
    world.minutes(1);
    world.fire("LinkBusy", "b1", "morning");
    world.minutes(6);
    world.end("LinkBusy", "b1");
    world.minutes(6);
    world.end("LinkNearLimit", "b1");
    world.minutes(6);
    let expected = [
        "0.75 hook: LinkNearLimit b1",
        "5.75 hook: LinkNearLimit b1 and 1 more",
        "10.75 hook: LinkNearLimit b1",
        "15.75 hook: over: LinkNearLimit b1",
    ];
    assert_eq!(world.take_told(), expected);
    assert!(world.desk.groups().values().all(|group| group.alerts.0.is_empty()));
}

#[test]
fn what_is_silenced_is_not_told_until_the_silence_ends() {
    let mut world = World::at("2026-05-05T01:00:00Z");
    let silence = Silence {
        matchers: vec![Matcher::equal("instance", "b1")],
        from_ms: world.now_ms,
        to_ms: world.now_ms + 30 * MINUTE_MS,
        repeats: None,
        owner: "anna".into(),
        comment: "a new switch".into(),
    };
    let now_ms = world.now_ms;
    world.desk.silence(1, silence, now_ms).unwrap();
    world.fire("LinkNearLimit", "b1", "page");
    world.minutes(29);
    assert_eq!(world.take_told(), [""; 0]);
    world.minutes(2);
    assert_eq!(world.take_told(), ["30.5 ben-phone: LinkNearLimit b1"]);
    assert!(!world.desk.silences().values().any(|known| known.holds(world.now_ms)));
    // It is shown for some days.
    world.now_ms += 5 * 24 * 60 * MINUTE_MS;
    world.tick();
    assert!(world.desk.silences().is_empty());
}

#[test]
fn a_vantage_that_is_silent_accuses_nobody() {
    let mut world = World::at("2026-05-05T01:00:00Z");
    world.mute.insert("b1".into());
    world.fire("HostSilent", "b1", "page");
    for target in ["x1", "x2", "x3"] {
        world.fire("PathLoss", target, "page");
        let print = World::print("PathLoss", target);
        world.fires.get_mut(&print).unwrap().labels.insert("vantage".into(), "b1".into());
    }
    world.minutes(5);
    assert_eq!(world.take_told(), ["0.75 ben-phone: HostSilent b1"]);
}

#[test]
fn a_rule_that_is_not_judged_says_nothing_and_one_that_is_gone_ends_its_alerts() {
    let mut world = World::at("2026-05-05T01:00:00Z");
    world.fire("LinkNearLimit", "b1", "page");
    world.minutes(2);
    world.take_told();
    let print = World::print("LinkNearLimit", "b1");
    let mut picture = Picture { at_ms: world.now_ms + TICK_MS, ..Picture::default() };
    picture.verdicts.present = world.rules.clone();
    picture.verdicts.unjudged.insert("LinkNearLimit".into());
    assert_eq!(world.desk.advance(&picture, &world.policy), []);
    assert!(world.desk.groups().values().all(|group| group.alerts.0[&print].stands()));
    world.rules.remove("LinkNearLimit");
    world.end("LinkNearLimit", "b1");
    world.minutes(6);
    let told = world.take_told();
    assert!(told.last().unwrap().contains("over: LinkNearLimit b1"), "{told:?}");
}

#[test]
fn all_that_matters_survives_being_written_and_read() {
    let mut world = World::at("2026-05-05T01:00:00Z");
    world.policy.feeds = vec!["hook".into()];
    world.fire("LinkNearLimit", "b1", "page");
    world.fire("LinkBusy", "b1", "morning");
    world.minutes(1);
    world.answer("anna", Answer::Take).unwrap();
    for group in world.desk.groups().values() {
        let text = serde_json::to_string(group).unwrap();
        assert_eq!(serde_json::from_str::<Group>(&text).unwrap(), *group);
    }
    let _ = (Reason::First, Status::Firing);
}
