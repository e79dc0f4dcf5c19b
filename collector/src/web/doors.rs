//! The way into each group of addresses: by which name a request asks, from which page it comes, and
//! whose token it shows.
//!
//! What is refused is counted, and of each writer that is refused the log has one line a minute.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Instant;

use axum::extract::{Request, State};
use axum::http::{HeaderMap, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use super::credentials::credentials;
use super::names::Foreign;
use super::problem::{Code, Problem};
use super::site::Site;
use crate::connections::Caller;
use crate::ingest::NoWriter;
use crate::telemetry::Turned;

/// The most letters of what a stranger calls itself that are told.
const SHOWN: usize = 60;

/// What whoever is turned away may change.
const SETTING: &str = "[http] hosts in the collector's configuration (--host of up and demo)";

/// Who may ask.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Group {
    /// Anybody: nothing is told of the hosts.
    Public,
    /// Who may read: people, and programs that ask.
    Reader,
    /// Who may write samples.
    Writer,
    /// Who looks after the collector.
    Admin,
}

/// The way into one group.
#[derive(Clone)]
pub struct Door {
    /// Which.
    pub group: Group,
    /// Who knows its own names, and the writers'.
    pub site: Arc<Site>,
}

/// Lets a request into its group.
pub async fn admit(State(door): State<Door>, mut request: Request, next: Next) -> Response {
    let refused = match door.group {
        Group::Public => Ok(()),
        Group::Reader | Group::Admin => door.check_names(&request),
        Group::Writer => match door.check_names(&request) {
            Ok(()) => door.find_writer(&mut request).await,
            Err(foreign) => Err(foreign),
        },
    };
    match refused {
        Ok(()) => next.run(request).await,
        Err(problem) => problem.into_response(),
    }
}

impl Door {
    fn check_names(&self, request: &Request) -> Result<(), Problem> {
        let names = &self.site.names;
        let checked = names.check(request.method(), request.uri(), request.headers());
        checked.map_err(|foreign| {
            self.site.counts.doors.turn_away(foreign.turned());
            Problem::from(foreign)
        })
    }

    /// Leaves the writer with the request, for whoever answers it.
    async fn find_writer(&self, request: &mut Request) -> Result<(), Problem> {
        // What may not be asked at all says so itself.
        if request.method().is_safe() {
            return Ok(());
        }
        let shown = credentials(request.headers());
        let known = self.site.remote_write.writer(shown.token.as_deref());
        match known {
            Ok(writer) => {
                // Where none need be shown, whoever shows none stays a stranger.
                let caller = request.extensions().get::<Caller>();
                if let Some(caller) = caller.filter(|_| shown.token.is_some()) {
                    caller.recognise_for_good();
                }
                request.extensions_mut().insert(writer);
                Ok(())
            }
            Err(why) => {
                let peer = request.extensions().get::<Caller>().map(Caller::address);
                let stranger = Stranger::of(request.headers(), peer);
                stranger.turn_away(&self.site, "a remote write", why).await;
                Err(no_writer(why))
            }
        }
    }
}

/// Who came without a token that is known.
pub struct Stranger {
    /// What it calls itself.
    name: String,
    peer: Option<IpAddr>,
}

impl Stranger {
    /// Who sent a request with these headers.
    pub fn of(headers: &HeaderMap, peer: Option<SocketAddr>) -> Self {
        let agent = || headers.get(header::USER_AGENT)?.to_str().ok().map(ToOwned::to_owned);
        let name = credentials(headers).user.or_else(agent).unwrap_or_default();
        let name = name.chars().take(SHOWN).collect();
        Self { name, peer: peer.map(|peer| peer.ip()) }
    }

    /// Counts that it was refused `what` and tells the log. Who shows a wrong token waits for the answer,
    /// longer each time.
    pub async fn turn_away(&self, site: &Site, what: &str, why: NoWriter) {
        let Self { name, peer } = self;
        site.counts.doors.turn_away(Turned::Token);
        let now = Instant::now();
        let from = peer.map_or_else(String::new, |peer| peer.to_string());
        if let Some(before) = site.refusals.tell(&format!("{name} {from}"), now) {
            tracing::warn!(writer = ?name, peer = from, before, "refused {what}: {why}");
        }
        if let (NoWriter::UnknownToken, Some(peer)) = (why, *peer) {
            tokio::time::sleep(site.guesses.wrong(peer, now)).await;
        }
    }
}

impl From<Foreign> for Problem {
    fn from(foreign: Foreign) -> Self {
        match foreign {
            Foreign::Host(name) => Self::new(
                Code::Misdirected,
                format!(
                    "This collector is not called {name:?}. Ask it by its address or as localhost, \
                     or add that name to {SETTING}."
                ),
            ),
            Foreign::Page(origin) => Self::new(
                Code::Forbidden,
                format!(
                    "A page from elsewhere ({origin:?}) may not change or ask this. If this \
                     collector's own pages are shown there, add its host to {SETTING}."
                ),
            ),
        }
    }
}

fn no_writer(why: NoWriter) -> Problem {
    let sentence = match why {
        NoWriter::NoToken => {
            "Remote write needs a token here, as a bearer or as the password of basic \
             authentication. `headroom token --writer NAME` makes one; [[writers]] in the \
             collector's configuration says what it may write."
        }
        NoWriter::UnknownToken => {
            "The token is none that this collector knows from [[writers]] in its configuration."
        }
    };
    Problem::new(Code::Unauthorized, sentence)
}
