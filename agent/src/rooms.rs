//! Rooms: what BigBlueButton on this host is doing, and for whom.
//!
//! A poll is fetched (`poller`), read (`answer`), counted (`account`) and forgotten: nothing but
//! counts, origins' hosts and keyed hashes of meetings comes out of an answer.

pub mod account;
pub mod answer;
mod census;
pub mod checksum;
pub mod client;
mod counts;
mod histogram;
pub mod key;
pub mod media;
pub mod poll;
pub mod poller;
pub mod room;
pub mod secret;
pub mod sfu;
mod streams;
mod tenants;
pub mod watch;

use headroom_proto::chain::Chain;
use headroom_proto::wire;

use self::account::{Account, AccountOptions};
use self::answer::AnswerError;
use self::client::FetchError;
use self::key::MeetingKey;
use self::media::{MediaFiles, MediaWatch};
use self::poll::{Outcome, Poll, PollState};
use self::poller::{Fetched, PollError, PollerOptions};
use crate::series::Round;

/// What is needed to watch rooms.
#[derive(Debug, Clone)]
pub struct RoomsOptions {
    /// How BigBlueButton is asked.
    pub poller: PollerOptions,
    /// How it is counted.
    pub account: AccountOptions,
    /// Where its settings of media stand.
    pub media: MediaFiles,
}

/// The rooms of this host, as far as polls have told.
pub struct Rooms {
    account: Account,
    key: MeetingKey,
    media: Option<MediaWatch>,
    state: Option<PollState>,
}

impl Rooms {
    /// Nothing is known yet; the key hides meetings' ids.
    pub fn new(options: &AccountOptions, key: MeetingKey) -> Self {
        Self { account: Account::new(options), key, media: None, state: None }
    }

    /// The same, by BigBlueButton's own settings of media instead of those it is delivered with.
    #[must_use]
    pub fn with_media(self, watch: MediaWatch) -> Self {
        Self { media: Some(watch), ..self }
    }

    /// Reads what a poll got, writes its series, and gives back the meetings to be reported.
    pub fn take(&mut self, fetched: Fetched, round: &mut Round<'_>) -> Vec<wire::Meeting> {
        let Fetched { time, latency, meetings, version, sfu } = fetched;
        let media = self.media.as_mut().map(MediaWatch::last).unwrap_or_default();
        let (outcome, reason) = match meetings {
            Ok(mut bytes) => match answer::read_meetings(&mut bytes, &self.key, &media.settings) {
                Ok(rooms) => (Outcome::Rooms { rooms, version }, String::new()),
                Err(error) => (refused(&error), error.to_string()),
            },
            Err(error) => (not_fetched(&error), Chain(&error).to_string()),
        };
        self.tell(outcome.state(), &reason);
        self.account.poll(Poll { time, latency, outcome, sfu, media }, round)
    }

    /// What is to be said of meetings that go on, at the end of the agent.
    pub fn reports(&self) -> Vec<wire::Meeting> {
        self.account.reports()
    }

    /// Logs a state once, when it begins.
    fn tell(&mut self, state: PollState, reason: &str) {
        let before = self.state.replace(state);
        match (before, state) {
            (Some(before), now) if before == now => {}
            (None, PollState::Ok) => tracing::info!("BigBlueButton answers"),
            (Some(_), PollState::Ok) => tracing::info!("BigBlueButton answers again"),
            (_, state) => {
                tracing::warn!(state = state.name(), "no rooms are counted: {reason}");
            }
        }
    }
}

fn refused(error: &AnswerError) -> Outcome {
    match error {
        AnswerError::Failed { key } => Outcome::Failed { state: PollState::Failed, key: Some(key) },
        AnswerError::Xml { .. }
        | AnswerError::Cut { .. }
        | AnswerError::Foreign
        | AnswerError::Panicked(_) => Outcome::Failed { state: PollState::Unparsable, key: None },
    }
}

fn not_fetched(error: &PollError) -> Outcome {
    let state = match error {
        PollError::Secret(_) => PollState::NoSecret,
        PollError::Fetch(FetchError::Unreachable { .. }) => PollState::Unreachable,
        PollError::Fetch(FetchError::Tls { .. }) => PollState::Tls,
        PollError::Fetch(FetchError::Timeout { .. }) => PollState::Timeout,
        PollError::Fetch(FetchError::Status { .. }) => PollState::HttpStatus,
        PollError::Fetch(FetchError::TooLarge { .. }) => PollState::TooLarge,
    };
    Outcome::Failed { state, key: None }
}
