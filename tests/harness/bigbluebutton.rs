//! A stand-in for BigBlueButton: answers its API for hosts of a made-up cooperative, at a simulated
//! time, as releases 2.2, 2.7, 3.0 and Scalelite do, and breaks in all ways that are known.
//!
//! It knows the truth: what was used, what was asked, and every word that must not get about.

mod answers;
mod checksum;
mod crowd;
mod fault;
mod http;
mod meetings;
mod private;
mod serve;

pub use self::checksum::{Algorithm, checksum};
pub use self::crowd::large_answer;
pub use self::fault::Fault;

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use headroom_simulation::{Host, Meeting, Span, TenantUsage, World};
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::tls::Certificates;

/// Whose ways it has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Flavour {
    /// 2.2: nothing is escaped, numbers are grouped in all fields, some clients are Flash, who
    /// listens is in the audio too, sha1 and sha256 only.
    Bbb22,
    /// 2.7.
    Bbb27,
    /// 3.0: fields that would be empty are left out, and nobody is said to listen only.
    Bbb30,
    /// Scalelite: several hosts as one, no sha384, its own order where nothing goes on.
    Scalelite,
    /// Scalelite of 2020: no `meetings` at all where nothing goes on.
    OldScalelite,
}

/// How rooms and people are called.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Names {
    /// As the world has them: ampersands, quotes, emoji.
    AsTheyAre,
    /// Without `&` and `<`, which break an answer of 2.2.
    Harmless,
}

/// What it is started with.
#[derive(Debug, Clone)]
pub struct StandInOptions {
    /// Where its meetings come from.
    pub world: World,
    /// The hosts whose meetings it lists: one, or those behind Scalelite.
    pub hosts: Vec<&'static Host>,
    /// Whose ways it has.
    pub flavour: Flavour,
    /// What calls must be signed with; without one, nothing is checked.
    pub secret: String,
    /// What calls may be signed by.
    pub algorithms: Vec<Algorithm>,
    /// The simulated time at its start.
    pub origin_ms: i64,
    /// Simulated seconds in a second.
    pub speed: f64,
    /// How rooms and people are called.
    pub names: Names,
    /// What stands between groups of three digits; `,` in English, `.` or a space elsewhere.
    pub grouping: &'static str,
    /// How long somebody who left is still counted; up to a minute in real life.
    pub lingering: Duration,
    /// Set for `https`.
    pub certificates: Option<Certificates>,
}

impl StandInOptions {
    /// A host as it is delivered, from a moment on, ten times as fast.
    pub fn of(flavour: Flavour, world: World, host: &'static Host, origin_ms: i64) -> Self {
        Self {
            world,
            hosts: vec![host],
            flavour,
            secret: "639259d4-9dd8-4b25-bf01-95f9567eaf4b".to_owned(),
            algorithms: flavour.algorithms().to_vec(),
            origin_ms,
            speed: 10.0,
            names: if flavour == Flavour::Bbb22 { Names::Harmless } else { Names::AsTheyAre },
            grouping: ",",
            lingering: Duration::ZERO,
            certificates: None,
        }
    }
}

/// A call that it was asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked {
    /// Path and query as they were sent.
    pub target: String,
    /// The simulated time.
    pub at_ms: i64,
    /// What was found of its checksum.
    pub signature: Signature,
}

/// What was found of a checksum.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Signature {
    /// The call needs none, or there is no secret.
    NotNeeded,
    /// Right, over the bytes as they were sent.
    Right(Algorithm),
    /// Absent, wrong, or by an algorithm that is not allowed.
    Wrong,
}

/// A stand-in that runs until it is dropped.
pub struct StandIn {
    shared: Arc<Shared>,
    address: SocketAddr,
    listening: watch::Sender<bool>,
    listens: watch::Receiver<bool>,
    _tasks: JoinSet<()>,
}

/// What all connections see.
struct Shared {
    options: StandInOptions,
    begin: Instant,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    secret: String,
    fault: Option<Fault>,
    asked: Vec<Asked>,
    words: BTreeSet<String>,
}

impl StandIn {
    /// Starts it on a free port of loopback.
    pub async fn start(options: StandInOptions) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("a bound port has an address");
        let words = BTreeSet::from([options.secret.clone()]);
        let state = State { secret: options.secret.clone(), words, ..State::default() };
        let shared = Shared { options, begin: Instant::now(), state: Mutex::new(state) };
        let shared = Arc::new(shared);
        let (listening, wanted) = watch::channel(true);
        let (tell, listens) = watch::channel(true);
        let mut tasks = JoinSet::new();
        tasks.spawn(serve::run(Arc::clone(&shared), listener, wanted, tell));
        Self { shared, address, listening, listens, _tasks: tasks }
    }

    /// Where its API is: the agent's `url`.
    pub fn url(&self) -> String {
        let port = self.address.port();
        match self.shared.options.certificates {
            Some(_) => format!("https://localhost:{port}/bigbluebutton/api"),
            None => format!("http://127.0.0.1:{port}/bigbluebutton/api"),
        }
    }

    /// The simulated time.
    pub fn now_ms(&self) -> i64 {
        self.shared.now_ms()
    }

    /// From now on calls must be signed with another secret.
    pub fn set_secret(&self, secret: &str) {
        let mut state = self.shared.state();
        state.words.insert(secret.to_owned());
        secret.clone_into(&mut state.secret);
    }

    /// Breaks it, until it is healed or broken otherwise; returns once that is so.
    pub async fn fail(&self, fault: Fault) {
        let listens = fault != Fault::NotListening;
        self.shared.state().fault = Some(fault);
        self.listen(listens).await;
    }

    /// All is well again; returns once that is so.
    pub async fn heal(&self) {
        self.shared.state().fault = None;
        self.listen(true).await;
    }

    async fn listen(&self, wanted: bool) {
        self.listening.send_replace(wanted);
        let mut listens = self.listens.clone();
        listens.wait_for(|listens| *listens == wanted).await.expect("the stand-in runs");
    }

    /// What each organisation really used between two simulated moments, over all its hosts.
    pub fn truth(&self, from_ms: i64, to_ms: i64) -> Vec<TenantUsage> {
        let Shared { options, .. } = &*self.shared;
        let mut found: Vec<TenantUsage> = Vec::new();
        for host in &options.hosts {
            for usage in options.world.usage(host, Span { from_ms, to_ms }) {
                let number = usage.organisation.number;
                match found.iter_mut().find(|own| own.organisation.number == number) {
                    None => found.push(usage),
                    Some(own) => {
                        own.user_seconds += usage.user_seconds;
                        own.room_seconds += usage.room_seconds;
                        own.camera_seconds += usage.camera_seconds;
                        own.largest_room = own.largest_room.max(usage.largest_room);
                    }
                }
            }
        }
        found
    }

    /// The meetings that it lists at a simulated moment.
    pub fn meetings(&self, at_ms: i64) -> Vec<Meeting> {
        self.shared.meetings(at_ms)
    }

    /// All calls so far.
    pub fn asked(&self) -> Vec<Asked> {
        self.shared.state().asked.clone()
    }

    /// Every private word that it has given out or kept: secrets, names, ids, passwords, telephone
    /// numbers, private metadata. As they were printed, too, where they were printed otherwise.
    pub fn private_words(&self) -> Vec<String> {
        self.shared.state().words.iter().cloned().collect()
    }
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn now_ms(&self) -> i64 {
        let passed_ms = self.begin.elapsed().as_secs_f64() * 1000.0 * self.options.speed;
        self.options.origin_ms + passed_ms as i64
    }

    fn meetings(&self, at_ms: i64) -> Vec<Meeting> {
        let hosts = self.options.hosts.iter();
        hosts.flat_map(|host| self.options.world.meetings_at(host, at_ms)).collect()
    }
}

impl Flavour {
    /// The algorithms that it is delivered with.
    pub fn algorithms(self) -> &'static [Algorithm] {
        use Algorithm::{Sha1, Sha256, Sha384, Sha512};
        match self {
            Self::Bbb22 => &[Sha1, Sha256],
            Self::Bbb27 | Self::Bbb30 => &[Sha1, Sha256, Sha384, Sha512],
            Self::Scalelite | Self::OldScalelite => &[Sha1, Sha256, Sha512],
        }
    }
}
