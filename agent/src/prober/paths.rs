//! Paths, and when their pings are due: 20 a minute each, of a page 4, spread with jitter. Pure: moments, addresses
//! and seeds are arguments.
//!
//! A path is a target by family. It keeps its rounds for as long as the settings name it, whatever
//! address its name leads to.

mod place;

use core::net::IpAddr;
use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap, HashMap, HashSet, VecDeque};
use std::sync::Arc;
use std::time::{Duration, Instant};

use headroom_proto::targets::TargetHost;
use headroom_proto::wire::{AddressFamily, DiscardReason, ProbeError, ProbeKind, ProbeRound};

use self::place::Lasts;
pub use self::place::{Answered, Due, Failed, Now, PathId, Ping, Place};
use super::chance::Spread;
use super::fetched::Fetch;
use super::round::{Jitter, Round, SPAN, TIMEOUT};
use super::stamp::whole_us;
use super::target::{Family, Kind, Target};
use super::train::{self, Trains};

/// How late a ping may be sent.
const LATEST: Duration = Duration::from_secs(3);

/// The most rounds that wait for the journal; then the oldest go, and are counted.
const MOST_CLOSED: usize = 20_000;

/// What spreads paths over the minute: multiples of the golden ratio are never close together.
const GOLDEN: f64 = 0.618_033_988_749_895;

/// Where a name leads, as far as is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Whereabouts {
    /// An address.
    Address(IpAddr),
    /// None yet, or none of that family where that family was asked for.
    Unresolved,
    /// An address that this agent does not ask.
    Forbidden,
    /// None of that family, which is nothing to tell of.
    Absent,
}

/// Whom a path is to.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Role {
    /// A target.
    Target(Arc<Target>),
    /// This host's own gateway, which tells whether the host is connected at all.
    Gateway(IpAddr),
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct PathKey {
    role: Role,
    family: Family,
}

impl PathKey {
    fn pings(&self) -> u32 {
        match &self.role {
            Role::Target(target) => target.kind.pings(),
            Role::Gateway(_) => Kind::Icmp.pings(),
        }
    }
}

#[derive(Debug)]
struct Path {
    key: PathKey,
    whereabouts: Whereabouts,
    /// How long its name was last looked up, in microseconds.
    resolve_us: Option<u32>,
    /// When the round under way began, and when it ends.
    begin: Instant,
    end: Instant,
    current: Round,
    /// The round before, whose last answers may still come.
    closing: Option<(Round, Instant)>,
    jitter: Jitter,
}

/// What is to be done for a path, and when.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Event {
    Ping(u32),
    /// A packet of a train.
    Train(u32),
    /// The round ends, and the next begins.
    Turn,
    /// What was not answered counts as lost.
    Close,
}

/// All paths.
#[derive(Debug)]
pub struct Paths {
    by_id: BTreeMap<PathId, Path>,
    by_key: HashMap<PathKey, PathId>,
    agenda: BinaryHeap<Reverse<(Instant, PathId, Event)>>,
    closed: VecDeque<ProbeRound>,
    dropped_rounds: u64,
    spread: Spread,
    trains: Trains,
    next_id: u64,
    /// When anything, and when the gateway, answered last.
    answered: Lasts,
    gateway_answered: Lasts,
}

impl Paths {
    /// No paths yet.
    pub fn new(seed: u64, trains: Trains) -> Self {
        Self {
            by_id: BTreeMap::new(),
            by_key: HashMap::new(),
            agenda: BinaryHeap::new(),
            closed: VecDeque::new(),
            dropped_rounds: 0,
            spread: Spread::new(seed),
            trains,
            next_id: 0,
            answered: Lasts::default(),
            gateway_answered: Lasts::default(),
        }
    }

    /// Makes paths to exactly these targets, and keeps those that are there.
    pub fn set_targets(&mut self, targets: &[Arc<Target>], now: Now) {
        let key = |target: &Arc<Target>, family| PathKey {
            role: Role::Target(Arc::clone(target)),
            family,
        };
        let wanted =
            targets.iter().flat_map(|target| target.families().map(|family| key(target, family)));
        let is_target = |key: &PathKey| matches!(key.role, Role::Target(_));
        self.reconcile(wanted.collect(), is_target, now);
    }

    /// The gateways of this host, which are asked only while there are targets.
    pub fn set_gateways(&mut self, gateways: &[IpAddr], now: Now) {
        let any = !self.is_empty();
        let wanted = gateways.iter().filter(|_| any).map(|gateway| PathKey {
            role: Role::Gateway(*gateway),
            family: if gateway.is_ipv4() { Family::V4 } else { Family::V6 },
        });
        let is_gateway = |key: &PathKey| matches!(key.role, Role::Gateway(_));
        let wanted: Vec<PathKey> = wanted.collect();
        let known = self.by_key.keys().filter(|key| is_gateway(key)).count();
        if known != wanted.len() || !wanted.iter().all(|key| self.by_key.contains_key(key)) {
            // What another gateway did says nothing of this one's silence.
            self.gateway_answered = Lasts::default();
        }
        self.reconcile(wanted, is_gateway, now);
    }

    fn reconcile(&mut self, wanted: Vec<PathKey>, concerned: impl Fn(&PathKey) -> bool, now: Now) {
        let keep: HashSet<&PathKey> = wanted.iter().collect();
        let Self { by_key, by_id, .. } = self;
        by_key.retain(|key, id| {
            let stays = !concerned(key) || keep.contains(key);
            if !stays {
                by_id.remove(id);
            }
            stays
        });
        for key in wanted {
            if !self.by_key.contains_key(&key) {
                self.add(key, now);
            }
        }
    }

    fn add(&mut self, key: PathKey, now: Now) {
        let id = PathId(self.next_id);
        // The first round is cut short, so that the rounds of all paths end all over the minute.
        let rest = 1.0 - (self.next_id as f64 * GOLDEN).fract();
        self.next_id += 1;
        let end = now.instant + SPAN.mul_f64(rest);
        let whereabouts = match &key.role {
            Role::Gateway(address) => Whereabouts::Address(*address),
            Role::Target(target) => match target.address.host {
                TargetHost::Address(address) => Whereabouts::Address(address),
                // Until the first answer there is nothing to tell.
                TargetHost::Name(_) => Whereabouts::Absent,
            },
        };
        let path = Path {
            key: key.clone(),
            whereabouts,
            resolve_us: None,
            begin: now.instant,
            end,
            current: Round::new(0, now.wall_ms, end - now.instant),
            closing: None,
            jitter: Jitter::default(),
        };
        self.by_id.insert(id, path);
        let pings = key.pings();
        self.by_key.insert(key, id);
        let passed = (1.0 - rest) * f64::from(pings);
        self.plan_ping(id, passed.ceil() as u32);
        self.agenda.push(Reverse((end, id, Event::Turn)));
    }

    /// Plans a train somewhere in the round that has begun, if it is one of those that have one.
    fn plan_train(&mut self, id: PathId) {
        let Some(path) = self.by_id.get(&id).filter(|_| self.trains == Trains::Sent) else {
            return;
        };
        let has_trains = match &path.key.role {
            Role::Target(target) => match target.kind {
                Kind::Icmp | Kind::Stun => true,
                Kind::Tcp | Kind::Https => false,
            },
            Role::Gateway(_) => false,
        };
        // Paths take turns.
        if has_trains && path.current.number.wrapping_add(id.0).is_multiple_of(train::ROUNDS) {
            let room = SPAN.saturating_sub(train::LENGTH);
            let begin = path.begin + room.mul_f64(self.spread.ratio());
            self.agenda.push(Reverse((begin, id, Event::Train(0))));
        }
    }

    /// Plans a ping of the round under way, if it has one of that number.
    fn plan_ping(&mut self, id: PathId, ping: u32) {
        let Some(path) = self.by_id.get(&id) else { return };
        let pings = path.key.pings();
        if ping >= pings {
            return;
        }
        let begin = path.end.checked_sub(SPAN).unwrap_or(path.begin);
        // Each has a time of its own, and is sent somewhere within.
        let slot = SPAN / pings;
        let due = begin + slot * ping + slot.mul_f64(self.spread.ratio());
        self.agenda.push(Reverse((due.max(path.begin), id, Event::Ping(ping))));
    }

    /// When the next thing is due.
    pub fn next_due(&self) -> Option<Instant> {
        self.agenda.peek().map(|Reverse((due, ..))| *due)
    }

    /// The next ping that is due, if one is; rounds end on the way. None is caught up with that is later
    /// than its time: two pings at once would measure each other.
    pub fn take_due(&mut self, now: Now) -> Option<Due> {
        while self.next_due().is_some_and(|due| due <= now.instant) {
            let Reverse((due, id, event)) = self.agenda.pop()?;
            if !self.by_id.contains_key(&id) {
                continue;
            }
            match event {
                Event::Turn => self.turn(id, now),
                Event::Close => self.close(id),
                Event::Train(packet) => {
                    if packet + 1 < train::PACKETS {
                        let next = due + train::SPACING;
                        self.agenda.push(Reverse((next, id, Event::Train(packet + 1))));
                    }
                    if now.instant.saturating_duration_since(due) < train::SPACING
                        && let Some(due) = self.packet(id, packet)
                    {
                        return Some(due);
                    }
                }
                Event::Ping(ping) => {
                    self.plan_ping(id, ping + 1);
                    if now.instant.saturating_duration_since(due) < LATEST
                        && let Some(due) = self.ping(id, ping)
                    {
                        return Some(due);
                    }
                }
            }
        }
        None
    }

    fn ping(&mut self, id: PathId, ping: u32) -> Option<Due> {
        let path = self.by_id.get_mut(&id)?;
        let place = Place { path: id, round: path.current.number, ping: Ping::Spread(ping) };
        let (kind, port) = match &path.key.role {
            Role::Target(target) => (target.kind, target.address.port),
            Role::Gateway(_) => (Kind::Icmp, None),
        };
        match path.whereabouts {
            Whereabouts::Address(address) => {
                path.current.send(Some(address));
                return Some(Due { place, kind, family: path.key.family, address, port });
            }
            Whereabouts::Unresolved => {
                path.current.send(None);
                path.current.fail(ProbeError::Unresolved, None);
            }
            Whereabouts::Forbidden => {
                path.current.send(None);
                path.current.fail(ProbeError::ForbiddenAddress, None);
            }
            Whereabouts::Absent => {}
        }
        None
    }

    /// A packet of a train, which goes only where there is an address.
    fn packet(&mut self, id: PathId, packet: u32) -> Option<Due> {
        let path = self.by_id.get_mut(&id)?;
        let Role::Target(target) = &path.key.role else { return None };
        let Whereabouts::Address(address) = path.whereabouts else { return None };
        let (kind, port, family) = (target.kind, target.address.port, path.key.family);
        path.current.train().send();
        let place = Place { path: id, round: path.current.number, ping: Ping::OfTrain(packet) };
        Some(Due { place, kind, family, address, port })
    }

    fn turn(&mut self, id: PathId, now: Now) {
        let Some(path) = self.by_id.get_mut(&id) else { return };
        let ended = path.end;
        // A host that slept leaves out the rounds that it slept through.
        let slept = now.instant.saturating_duration_since(ended).as_millis() / SPAN.as_millis();
        path.begin = ended + SPAN * u32::try_from(slept).unwrap_or(u32::MAX);
        path.end = path.begin + SPAN;
        let late_ms = now.instant.saturating_duration_since(path.begin).as_millis() as i64;
        let next = Round::new(path.current.number + 1, now.wall_ms - late_ms, SPAN);
        let over = std::mem::replace(&mut path.current, next);
        path.closing = Some((over, ended));
        let end = path.end;
        self.agenda.push(Reverse((ended + TIMEOUT, id, Event::Close)));
        self.agenda.push(Reverse((end, id, Event::Turn)));
        self.plan_ping(id, 0);
        self.plan_train(id);
    }

    fn close(&mut self, id: PathId) {
        let Some(path) = self.by_id.get_mut(&id) else { return };
        let Some((round, ended)) = path.closing.take() else { return };
        let Role::Target(target) = &path.key.role else { return };
        if round.is_empty() {
            return;
        }
        let since = ended.checked_sub(SPAN).unwrap_or(ended);
        let silent = |last: Option<Instant>| last.is_none_or(|last| last < since);
        // A gateway that never answered says nothing by its silence.
        let family = path.key.family;
        let gateway = self.gateway_answered.of(family);
        let gateway_lost = gateway.is_some() && silent(gateway);
        // Many a vantage has no IPv6, which is nobody's loss either.
        let vantage_offline = silent(self.answered.of(family))
            && round.is_silent()
            && (round.has_no_way() || gateway_lost);
        let told = ProbeRound {
            target: target.written.to_string(),
            kind: ProbeKind::from(target.kind).into(),
            family: AddressFamily::from(path.key.family).into(),
            vantage_offline,
            resolve_us: path.resolve_us,
            ..round.close(&mut path.jitter)
        };
        if self.closed.len() >= MOST_CLOSED {
            self.closed.pop_front();
            self.dropped_rounds += 1;
        }
        self.closed.push_back(told);
    }

    fn round_mut(&mut self, place: Place) -> Option<&mut Round> {
        let path = self.by_id.get_mut(&place.path)?;
        let closing = path.closing.as_mut().map(|(round, _)| round);
        let rounds = [Some(&mut path.current), closing];
        rounds.into_iter().flatten().find(|round| round.number == place.round)
    }

    /// A ping was answered.
    pub fn answer(&mut self, place: Place, round_trip: Duration, heard: Answered) {
        let Some(path) = self.by_id.get(&place.path) else { return };
        let last = match path.key.role {
            Role::Target(_) => &mut self.answered,
            Role::Gateway(_) => &mut self.gateway_answered,
        };
        last.hear(path.key.family, heard.at);
        let Some(round) = self.round_mut(place) else { return };
        match place.ping {
            Ping::Spread(ping) => round.answer(ping, round_trip, heard.hop_limit),
            Ping::OfTrain(packet) => round.train().answer(packet, round_trip),
        }
    }

    /// A ping ended with an error.
    pub fn fail(&mut self, place: Place, failed: Failed) {
        // Whom somebody refuses is connected, as much as who is answered.
        let path = self.by_id.get(&place.path).filter(|_| failed.is_from_beyond());
        if let Some(path) = path {
            self.answered.hear(path.key.family, failed.at);
        }
        let Some(round) = self.round_mut(place) else { return };
        match place.ping {
            Ping::Spread(_) => round.fail(failed.error, failed.router),
            // It was sent, and is not answered: the round's own pings tell why.
            Ping::OfTrain(_) => {}
        }
    }

    /// A ping over HTTPS told this beside.
    pub fn fetch(&mut self, place: Place, fetch: Fetch) {
        if let Some(round) = self.round_mut(place) {
            round.fetch(fetch);
        }
    }

    /// A reply counts for nothing. What comes when its round is told stands in the one under way.
    pub fn discard(&mut self, place: Place, reason: DiscardReason) {
        if let Ping::OfTrain(_) = place.ping {
            if let Some(round) = self.round_mut(place) {
                round.train().discard(reason);
            }
            return;
        }
        let current = self.by_id.get(&place.path).map(|path| path.current.number);
        let is_open = self.round_mut(place).is_some();
        let round = if is_open { Some(place.round) } else { current };
        if let Some(round) = round.and_then(|round| self.round_mut(Place { round, ..place })) {
            round.discard(reason);
        }
    }

    /// Where the paths of a host lead from now on, and how long that was looked for.
    pub fn resolve(
        &mut self,
        host: &TargetHost,
        took: Duration,
        found: impl Fn(&Target, Family) -> Whereabouts,
    ) {
        for path in self.by_id.values_mut() {
            if let Role::Target(target) = &path.key.role
                && target.address.host == *host
            {
                path.whereabouts = found(target, path.key.family);
                path.resolve_us = Some(whole_us(took));
            }
        }
    }

    /// The target of a path, if it has one.
    pub fn target(&self, path: PathId) -> Option<&Arc<Target>> {
        match &self.by_id.get(&path)?.key.role {
            Role::Target(target) => Some(target),
            Role::Gateway(_) => None,
        }
    }

    /// Where a host led so far, by family.
    pub fn addresses(&self, host: &TargetHost) -> Vec<IpAddr> {
        let own = self.by_id.values().filter(|path| match &path.key.role {
            Role::Target(target) => target.address.host == *host,
            Role::Gateway(_) => false,
        });
        own.filter_map(|path| match path.whereabouts {
            Whereabouts::Address(address) => Some(address),
            Whereabouts::Unresolved | Whereabouts::Forbidden | Whereabouts::Absent => None,
        })
        .collect()
    }

    /// Rounds that are over, so many at most, and one of each path.
    pub fn take_closed(&mut self, most: usize) -> Vec<ProbeRound> {
        let mut seen = HashSet::new();
        let fits = |round: &ProbeRound, seen: &mut HashSet<(String, i32, i32)>| {
            seen.insert((round.target.clone(), round.kind, round.family))
        };
        let mut taken = Vec::new();
        while taken.len() < most && self.closed.front().is_some_and(|round| fits(round, &mut seen))
        {
            taken.extend(self.closed.pop_front());
        }
        taken
    }

    /// Whether rounds wait to be taken.
    pub fn has_closed(&self) -> bool {
        !self.closed.is_empty()
    }

    /// Whether there are no paths to targets.
    pub fn is_empty(&self) -> bool {
        !self.by_key.keys().any(|key| matches!(key.role, Role::Target(_)))
    }

    /// Rounds that found no room, since the last time this was asked.
    pub fn take_dropped(&mut self) -> u64 {
        std::mem::take(&mut self.dropped_rounds)
    }
}

#[cfg(test)]
mod tests;
