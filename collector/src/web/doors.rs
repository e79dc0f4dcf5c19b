//! The way into each group of addresses: by which name a request asks, from which page it comes, and
//! whose token it shows.
//!
//! What is refused is counted, and of each writer that is refused the log has one line a minute.

use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::extract::{Request, State};
use axum::http::header;
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
                if let Some(caller) = request.extensions().get::<Caller>() {
                    caller.recognise_for_good();
                }
                request.extensions_mut().insert(writer);
                Ok(())
            }
            Err(why) => {
                self.site.counts.doors.turn_away(Turned::Token);
                let user = shown.user.or_else(|| agent(request)).unwrap_or_default();
                let wait = self.note(request, &user, why);
                tokio::time::sleep(wait).await;
                Err(no_writer(why))
            }
        }
    }

    /// Tells the log who was refused; answers with how long it waits for that.
    fn note(&self, request: &Request, user: &str, why: NoWriter) -> Duration {
        let now = Instant::now();
        let peer = request.extensions().get::<Caller>().map(|caller| caller.address().ip());
        let user: String = user.chars().take(SHOWN).collect();
        let from = peer.map_or_else(String::new, |peer| peer.to_string());
        if let Some(before) = self.site.refusals.tell(&format!("{user} {from}"), now) {
            tracing::warn!(writer = ?user, peer = from, before, "refused a remote write: {why}");
        }
        match (why, peer) {
            (NoWriter::UnknownToken, Some(peer)) => self.site.guesses.wrong(peer, now),
            (NoWriter::UnknownToken, None) | (NoWriter::NoToken, _) => Duration::ZERO,
        }
    }
}

/// What a program calls itself.
fn agent(request: &Request) -> Option<String> {
    request.headers().get(header::USER_AGENT)?.to_str().ok().map(ToOwned::to_owned)
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
