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
use super::gateway::{gateways, is_own};
use super::https::{Fetched, Pages};
use super::limits::ProberLimits;
use super::paths::{Answered, Due, Failed, Now, Paths, Place};
use super::resolver::{Answer, Asked, Resolver, whereabouts};
use super::round::TIMEOUT;
use super::socket::{Incoming, PingSocket, Speaks};
use super::target::{Family, Kind, Target};
use crate::settings::AgentSettings;
use crate::telemetry::unix_ms;

/// How long a round that is over waits for others, to share a frame with them.
const GATHER: Duration = Duration::from_secs(1);

/// How often the gateways are looked up, and a socket that was refused is tried again.
const LOOK: Duration = Duration::from_secs(60);

/// How long a socket is used. A router that translates addresses, or a firewall, knows a stream of pings by its
/// identifier or port and keeps it on the way that it began on, even where that way is gone: as long as pings go on,
/// it would never be another.
const RENEW: Duration = Duration::from_secs(600);

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
    /// When another takes its place.
    renew_at: Option<Instant>,
    /// The one before.
    retired: Option<Retired>,
    /// When it may be tried to be opened again.
    next_try: Option<Instant>,
    flights: Flights,
}

/// A socket that sends no more, and until when its answers may come.
struct Retired {
    socket: PingSocket,
    until: Instant,
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
            self.fail(due.place, error, None);
        }
    }

    fn read(&mut self, name: LineName) {
        for _ in 0..DRAIN {
            let line = self.line(name);
            let Some(incoming) = line.receive() else { return };
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
                    let (error, router) = from_whom(error, router);
                    if let Some(place) = line.flights.fail(heard, destination, Instant::now()) {
                        self.fail(place, error, router);
                    }
                }
                Incoming::Left(_) | Incoming::Other => {}
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
            Err(error) => self.fail(place, error, None),
        }
    }

    fn fail(&mut self, place: Place, error: ProbeError, router: Option<IpAddr>) {
        self.paths.fail(place, Failed { at: Instant::now(), error, router });
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
            renew_at: None,
            retired: None,
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
        let ready = async |socket: Option<&PingSocket>| match socket {
            Some(socket) => socket.ready().await,
            None => std::future::pending().await,
        };
        tokio::select! {
            () = ready(self.socket.as_ref()) => {}
            () = ready(self.retired.as_ref().map(|retired| &retired.socket)) => {}
        }
    }

    /// What has come in next, on the socket or on the one before; none if nothing has.
    fn receive(&mut self) -> Option<Incoming> {
        let own = self.socket.as_mut().and_then(PingSocket::receive);
        own.or_else(|| self.retired.as_mut()?.socket.receive())
    }

    fn send(&mut self, due: Due) -> Result<(), ProbeError> {
        self.open(Instant::now());
        let Some(socket) = &mut self.socket else { return Err(ProbeError::NotPermitted) };
        let nonce = nonce().map_err(|_| ProbeError::NotSent)?;
        let destination = SocketAddr::new(due.address, due.port.unwrap_or(0));
        let launch = Launch { place: due.place, nonce, destination };
        let sequence = self.flights.launch(launch, Instant::now());
        let sequence = sequence.ok_or(ProbeError::NotSent)?;
        let sent = socket.send(destination, sequence, nonce);
        let left = sent.inspect_err(|_| self.flights.ground(sequence))?;
        self.flights.left(sequence, left);
        Ok(())
    }

    /// Opens the socket, or another once it is old; unless that was tried a moment ago.
    fn open(&mut self, now: Instant) {
        self.retired.take_if(|retired| retired.until <= now);
        let is_young = self.socket.is_some() && self.renew_at.is_some_and(|at| now < at);
        if is_young || self.next_try.is_some_and(|next| now < next) {
            return;
        }
        let identifier = self.identifier.wrapping_add(1);
        match PingSocket::open(self.name.speaks, self.name.family, identifier) {
            Ok(socket) => {
                self.identifier = identifier;
                self.renew_at = Some(now + RENEW);
                let before = self.socket.replace(socket);
                self.retired = before.map(|socket| Retired { socket, until: now + TIMEOUT });
            }
            Err(error) => {
                tracing::warn!("{}", Chain(&error));
                self.next_try = Some(now + LOOK);
            }
        }
    }
}

/// What an error says, and which router says so. Where nobody answers for the next hop, and where its
/// own filter refuses, the kernel of this host speaks in its own name: that is no router.
fn from_whom(error: ProbeError, router: Option<IpAddr>) -> (ProbeError, Option<IpAddr>) {
    match (error, router.filter(|router| is_own(*router))) {
        (error, None) => (error, router),
        (ProbeError::Refused, Some(_)) => (ProbeError::Prohibited, None),
        (error, Some(_)) => (error, None),
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::prober::paths::{PathId, Ping, Place};
    use tokio::net::UdpSocket;

    #[test]
    fn this_host_is_no_router_of_its_own_pings() {
        let (own, other) = (IpAddr::from([127, 0, 0, 1]), IpAddr::from([192, 0, 2, 1]));
        for (error, router, expected) in [
            (ProbeError::HostUnreachable, Some(own), (ProbeError::HostUnreachable, None)),
            (ProbeError::Refused, Some(own), (ProbeError::Prohibited, None)),
            (ProbeError::Refused, None, (ProbeError::Refused, None)),
            (ProbeError::HopLimit, Some(other), (ProbeError::HopLimit, Some(other))),
        ] {
            assert_eq!(from_whom(error, router), expected, "{error:?} {router:?}");
        }
    }

    #[tokio::test]
    async fn another_socket_takes_over_and_what_the_old_one_sent_is_still_heard() {
        let server = UdpSocket::bind("127.0.0.1:0").await.unwrap();
        let at = server.local_addr().unwrap();
        let mut line = Lines::new(Speaks::Stun, 7).four;
        let due = |ping| Due {
            place: Place { path: PathId(1), round: 1, ping: Ping::Spread(ping) },
            kind: Kind::Stun,
            family: Family::V4,
            address: at.ip(),
            port: Some(at.port()),
        };
        let mut asked = [[0; 20]; 2];
        line.send(due(0)).unwrap();
        let first = server.recv_from(&mut asked[0]).await.unwrap().1;
        line.open(Instant::now() + RENEW);
        line.send(due(1)).unwrap();
        let second = server.recv_from(&mut asked[1]).await.unwrap().1;
        assert_ne!(first, second, "a router takes it for another stream");
        assert_ne!(asked[0][8..10], asked[1][8..10]);
        for (to, asked) in [(first, asked[0]), (second, asked[1])] {
            // A binding of 127.0.0.1:1, as RFC 3489 has it.
            let mut answer = asked.to_vec();
            answer.extend([0, 1, 0, 8, 0, 1, 0, 1, 127, 0, 0, 1]);
            (answer[0], answer[1], answer[3]) = (1, 1, 12);
            server.send_to(&answer, to).await.unwrap();
            line.ready().await;
            let Some(Incoming::Reply { heard, source, arrival, .. }) = line.receive() else {
                panic!("nothing is heard at {to}");
            };
            let landing = line.flights.land(heard, source, arrival);
            assert!(matches!(landing, Landing::Answer { .. }), "{landing:?}");
        }
        line.open(Instant::now() + RENEW + TIMEOUT);
        assert!(line.retired.is_none());
    }
}
