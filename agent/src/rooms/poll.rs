//! What became of a poll: its state, and what it saw.

use std::sync::Arc;
use std::time::Duration;

use super::media::Media;
use super::room::Room;
use super::watch::PollTime;

/// How a poll ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PollState {
    /// BigBlueButton answered with its meetings, be there any or none.
    Ok,
    /// No connection, or it broke.
    Unreachable,
    /// No whole answer in time.
    Timeout,
    /// The certificate is not trusted, or the handshake failed.
    Tls,
    /// Another HTTP status than 200.
    HttpStatus,
    /// The answer is longer than allowed.
    TooLarge,
    /// The answer is nothing that BigBlueButton says.
    Unparsable,
    /// BigBlueButton refuses.
    Failed,
    /// The secret cannot be read.
    NoSecret,
}

/// All states, in the order of their numbers.
pub const STATES: [PollState; 9] = [
    PollState::Ok,
    PollState::Unreachable,
    PollState::Timeout,
    PollState::Tls,
    PollState::HttpStatus,
    PollState::TooLarge,
    PollState::Unparsable,
    PollState::Failed,
    PollState::NoSecret,
];

impl PollState {
    /// Its name in the label `state`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Unreachable => "unreachable",
            Self::Timeout => "timeout",
            Self::Tls => "tls",
            Self::HttpStatus => "http_status",
            Self::TooLarge => "too_large",
            Self::Unparsable => "unparsable",
            Self::Failed => "failed",
            Self::NoSecret => "no_secret",
        }
    }
}

/// One poll.
#[derive(Debug, Clone, PartialEq)]
pub struct Poll {
    /// When it was answered.
    pub time: PollTime,
    /// How long the answer took; none without one.
    pub latency: Option<Duration>,
    /// What it saw.
    pub outcome: Outcome,
    /// What the SFU's own exporters say, if they are on.
    pub sfu: Vec<super::sfu::Sample>,
    /// What is known of BigBlueButton's settings of media.
    pub media: Arc<Media>,
}

/// What a poll saw.
#[derive(Debug, Clone, PartialEq)]
pub enum Outcome {
    /// The rooms; none is an answer too.
    Rooms {
        /// All of them.
        rooms: Vec<Room>,
        /// BigBlueButton's version, if it is known.
        version: Option<String>,
    },
    /// Nothing.
    Failed {
        /// Why.
        state: PollState,
        /// The message key of an answer that says FAILED.
        key: Option<&'static str>,
    },
}

impl Outcome {
    /// How the poll ended.
    pub fn state(&self) -> PollState {
        match self {
            Self::Rooms { .. } => PollState::Ok,
            Self::Failed { state, .. } => *state,
        }
    }
}
