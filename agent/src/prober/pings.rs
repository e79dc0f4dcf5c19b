//! The shell around the prober: one task that sends what is due, takes what comes in, and hands over the
//! rounds that are over.
//!
//! Waits on: the next ping's moment, the sockets, connections, names, and settings. It ends only when it
//! is dropped.

use std::collections::BTreeSet;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use headroom_proto::chain::Chain;
use headroom_proto::wire::ProbeError;
use tokio::sync::watch;
use tokio::time::sleep_until;

use super::chance::nonce;
use super::connects::{Connected, Connects};
use super::flights::{Flights, Landing, Launch};
use super::gateway::gateways;
use super::https::{Fetched, Pages};
use super::limits::ProberLimits;
use super::paths::{Answered, Due, Now, Paths};
use super::resolver::{Answer, Asked, Resolver, whereabouts};
use super::socket::{Incoming, PingSocket, Speaks};
use super::target::{Family, Kind, Target};
use crate::settings::AgentSettings;
use crate::telemetry::unix_ms;

/// How long a round that is over waits for others, to share a frame with them.
const GATHER: Duration = Duration::from_secs(1);

/// How often the gateways are looked up, and a socket that was refused is tried again.
const LOOK: Duration = Duration::from_secs(60);

/// The most packets that are read before others get their turn.
const DRAIN: usize = 256;

/// All that pings.
pub struct Pings {
    limits: ProberLimits,
    paths: Paths,
    icmp: Lines,
    stun: Lines,
    connects: Connects,
    pages: Pages,
    resolver: Resolver,
    next_look: Instant,
    hand_over_at: Option<Instant>,
    /// Whether settings may still change.
    is_watching: bool,
}

/// The sockets of one kind.
struct Lines {
    four: Line,
    six: Line,
}

/// Which of them.
#[derive(Debug, Clone, Copy)]
struct LineName {
    speaks: Speaks,
    family: Family,
}

/// The socket of one kind and family, and what is under way on it.
struct Line {
    name: LineName,
    identifier: u16,
    socket: Option<PingSocket>,
    /// When it may be tried to be opened again.
    next_try: Option<Instant>,
    flights: Flights,
}

/// What the task goes on for.
enum Event {
    Settings(bool),
    Readable(LineName),
    Connected(Connected),
    Fetched(Fetched),
    Resolved(Answer),
    Due,
    HandOver,
    Look,
}

impl Pings {
    /// Nothing to ping yet.
    pub fn new(limits: ProberLimits) -> Result<Self, getrandom::Error> {
        let seed = nonce()?;
        Ok(Self {
            paths: Paths::new(seed, limits.trains),
            limits,
            icmp: Lines::new(Speaks::Icmp, seed as u32),
            stun: Lines::new(Speaks::Stun, (seed >> 32) as u32),
            connects: Connects::default(),
            pages: Pages::default(),
            resolver: Resolver::default(),
            next_look: Instant::now(),
            hand_over_at: None,
            is_watching: true,
        })
    }

    /// Pings what the settings name, and lets `hand_over` take rounds that are over.
    pub async fn run(
        mut self,
        mut settings: watch::Receiver<AgentSettings>,
        mut hand_over: impl FnMut(&mut Paths),
    ) {
        loop {
            if self.paths.has_closed() && self.hand_over_at.is_none() {
                self.hand_over_at = Some(Instant::now() + GATHER);
            }
            match self.next(&mut settings).await {
                Event::Settings(still_open) => {
                    self.is_watching = still_open;
                    let targets = settings.borrow_and_update().targets.clone();
                    self.set_targets(&targets);
                }
                Event::Readable(name) => self.read(name),
                Event::Connected(connected) => self.take_connected(connected),
                Event::Fetched(fetched) => self.take_fetched(fetched),
                Event::Resolved(answer) => self.take_answer(&answer),
                Event::Due => {
                    while let Some(due) = self.paths.take_due(now()) {
                        self.send(due);
                    }
                }
                Event::HandOver => {
                    self.hand_over_at = None;
                    hand_over(&mut self.paths);
                }
                Event::Look => self.look(),
            }
        }
    }

    async fn next(&mut self, settings: &mut watch::Receiver<AgentSettings>) -> Event {
        let (due, look) =
            (self.paths.next_due(), Some(self.next_look).filter(|_| !self.paths.is_empty()));
        tokio::select! {
            changed = settings.changed(), if self.is_watching => Event::Settings(changed.is_ok()),
            name = self.icmp.ready() => Event::Readable(name),
            name = self.stun.ready() => Event::Readable(name),
            connected = self.connects.next() => Event::Connected(connected),
            fetched = self.pages.next() => Event::Fetched(fetched),
            answer = self.resolver.next() => Event::Resolved(answer),
            () = at(due) => Event::Due,
            () = at(self.hand_over_at) => Event::HandOver,
            () = at(look) => Event::Look,
        }
    }

    fn set_targets(&mut self, targets: &[Arc<Target>]) {
        let now = now();
        self.paths.set_targets(targets, now);
        let hosts: BTreeSet<_> = targets.iter().map(|target| target.address.host.clone()).collect();
        self.resolver.set(hosts.into_iter(), now.instant);
        self.look();
    }

    fn look(&mut self) {
        let now = now();
        self.paths.set_gateways(&gateways(), now);
        self.next_look = now.instant + LOOK;
    }

    fn send(&mut self, due: Due) {
        let family = due.family;
        let sent = match due.kind {
            Kind::Icmp => self.line(LineName { speaks: Speaks::Icmp, family }).send(due),
            Kind::Stun => self.line(LineName { speaks: Speaks::Stun, family }).send(due),
            Kind::Tcp => {
                let port = due.port.unwrap_or_default();
                let opened = self.connects.open(due.place, SocketAddr::new(due.address, port));
                if opened { Ok(()) } else { Err(ProbeError::NotSent) }
            }
            Kind::Https => {
                let target = self.paths.target(due.place.path);
                let asked =
                    target.is_some_and(|to| self.pages.ask(due.place, due.address, &to.address));
                if asked { Ok(()) } else { Err(ProbeError::NotSent) }
            }
        };
        if let Err(error) = sent {
            self.paths.fail(due.place, error, None);
        }
    }

    fn read(&mut self, name: LineName) {
        for _ in 0..DRAIN {
            let line = self.line(name);
            let Some(incoming) = line.socket.as_mut().and_then(PingSocket::receive) else { return };
            match incoming {
                Incoming::Reply { heard, source, arrival, hop_limit } => {
                    match line.flights.land(heard, source, arrival) {
                        Landing::Answer { place, round_trip } => {
                            let heard = Answered { at: arrival.read, hop_limit };
                            self.paths.answer(place, round_trip, heard);
                        }
                        Landing::Discarded(place, reason) => self.paths.discard(place, reason),
                        Landing::Unknown => {}
                    }
                }
                Incoming::Error { heard, destination, error, router } => {
                    if let Some(place) = line.flights.fail(heard, destination, Instant::now()) {
                        self.paths.fail(place, error, router);
                    }
                }
                Incoming::Other => {}
            }
        }
    }

    fn take_connected(&mut self, Connected { place, took }: Connected) {
        match took {
            Ok(Some(took)) => {
                let heard = Answered { at: Instant::now(), hop_limit: 0 };
                self.paths.answer(place, took, heard);
            }
            // It was not answered in time.
            Ok(None) => {}
            Err(error) => self.paths.fail(place, error, None),
        }
    }

    fn take_fetched(&mut self, Fetched { place, took, told }: Fetched) {
        self.paths.fetch(place, told);
        self.take_connected(Connected { place, took });
    }

    fn take_answer(&mut self, answer: &Answer) {
        let known: Vec<IpAddr> = self.paths.addresses(&answer.host);
        let limits = &self.limits;
        self.paths.resolve(&answer.host, answer.took, |target, family| {
            let path = Asked { target, family, known: &known };
            whereabouts(limits, path, answer)
        });
    }

    fn line(&mut self, name: LineName) -> &mut Line {
        let lines = match name.speaks {
            Speaks::Icmp => &mut self.icmp,
            Speaks::Stun => &mut self.stun,
        };
        match name.family {
            Family::V4 => &mut lines.four,
            Family::V6 => &mut lines.six,
        }
    }
}

impl Lines {
    /// Nothing is open; the identifiers are of a random number.
    fn new(speaks: Speaks, random: u32) -> Self {
        let line = |family, identifier| Line {
            name: LineName { speaks, family },
            identifier,
            socket: None,
            next_try: None,
            flights: Flights::default(),
        };
        Self { four: line(Family::V4, random as u16), six: line(Family::V6, (random >> 16) as u16) }
    }

    /// Waits until something has come in on one of them.
    async fn ready(&self) -> LineName {
        tokio::select! {
            () = self.four.ready() => self.four.name,
            () = self.six.ready() => self.six.name,
        }
    }
}

impl Line {
    /// Waits until something has come in; for ever, while there is no socket.
    async fn ready(&self) {
        match &self.socket {
            Some(socket) => socket.ready().await,
            None => std::future::pending().await,
        }
    }

    fn send(&mut self, due: Due) -> Result<(), ProbeError> {
        self.open();
        let Some(socket) = &self.socket else { return Err(ProbeError::NotPermitted) };
        let nonce = nonce().map_err(|_| ProbeError::NotSent)?;
        let destination = SocketAddr::new(due.address, due.port.unwrap_or(0));
        let launch = Launch { place: due.place, nonce, destination };
        let sequence = self.flights.launch(launch, Instant::now());
        let sequence = sequence.ok_or(ProbeError::NotSent)?;
        let sent = socket.send(destination, sequence, nonce);
        if sent.is_err() {
            self.flights.ground(sequence);
        }
        sent
    }

    /// Opens the socket, unless that was tried a moment ago.
    fn open(&mut self) {
        let now = Instant::now();
        if self.socket.is_some() || self.next_try.is_some_and(|next| now < next) {
            return;
        }
        match PingSocket::open(self.name.speaks, self.name.family, self.identifier) {
            Ok(socket) => self.socket = Some(socket),
            Err(error) => {
                tracing::warn!("{}", Chain(&error));
                self.next_try = Some(now + LOOK);
            }
        }
    }
}

fn now() -> Now {
    Now { instant: Instant::now(), wall_ms: unix_ms(SystemTime::now()) }
}

/// Waits for a moment; for ever, if there is none.
async fn at(moment: Option<Instant>) {
    match moment {
        Some(moment) => sleep_until(moment.into()).await,
        None => std::future::pending().await,
    }
}
