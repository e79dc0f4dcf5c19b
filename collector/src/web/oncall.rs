//! What the pages know of those on call: what is on the board, and whom to hand answers.

use std::collections::BTreeMap;
use std::sync::Arc;

use tokio::sync::{mpsc, oneshot};

use crate::identity::{Guesses, TokenHash};
use crate::oncall::{Answer, Board, GroupId, Key, Policy, Repeat, Seen, Silence, Ticket};

/// The most answers that wait.
pub const ANSWERS: usize = 32;

/// What became of an answer; a sentence if it did nothing.
pub type Outcome = Result<Done, String>;

/// What was done.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Done {
    /// The number of the silence, if there is one now.
    pub silence: Option<u128>,
}

/// A receiver as it is told to anybody.
#[derive(Debug, Clone)]
pub struct ToldReceiver {
    /// Its name.
    pub name: String,
    /// Its kind, as in a configuration.
    pub kind: &'static str,
}

/// What somebody wants.
pub enum Wish {
    /// To take a call, or to give it to the next.
    Answer {
        /// Of which group.
        group: GroupId,
        /// Who.
        person: String,
        /// What.
        answer: Answer,
    },
    /// What a link allows.
    Link {
        /// The link.
        text: String,
        /// What it allows.
        ticket: Ticket,
    },
    /// To silence what stands of a group.
    SilenceGroup {
        /// Which.
        group: GroupId,
        /// Who.
        person: String,
        /// For how long, in milliseconds.
        for_ms: i64,
        /// When within that time; always if nobody says.
        repeats: Option<Repeat>,
    },
    /// To silence something.
    Silence(Silence),
    /// To silence something in the place of another silence.
    Replace {
        /// The number of that.
        old: u128,
        /// What takes its place.
        silence: Silence,
    },
    /// To have alerts of others taken in, by fingerprint.
    Alerts(BTreeMap<u64, Seen>),
    /// To end a silence.
    Unsilence(u128),
    /// To be heard of.
    Beat(String),
}

/// A wish, and where its outcome is told.
pub struct Ask {
    /// What is wished for.
    pub wish: Wish,
    /// What becomes of it.
    pub outcome: oneshot::Sender<Outcome>,
}

/// The way to those on call; clones are the same.
#[derive(Clone)]
pub struct OnCall {
    /// What is known.
    pub board: Arc<Board>,
    /// Who is told what.
    pub policy: Arc<Policy>,
    /// Where people reach the collector, if anybody said.
    pub external_url: Arc<str>,
    /// What links are signed with.
    pub key: Key,
    /// All receivers.
    pub receivers: Arc<[ToldReceiver]>,
    /// Who may be heard of, by name.
    pub beats: Arc<BTreeMap<String, TokenHash>>,
    /// Wrong tokens of late.
    pub guesses: Arc<Guesses>,
    /// Who decides.
    pub asks: mpsc::Sender<Ask>,
}

impl OnCall {
    /// Hands in a wish; answers once it is durable, or refused.
    pub async fn ask(&self, wish: Wish) -> Outcome {
        let (outcome, told) = oneshot::channel();
        if self.asks.try_send(Ask { wish, outcome }).is_err() {
            return Err("too many answers wait; try again in a moment".into());
        }
        told.await.unwrap_or_else(|_| Err("the collector ends".into()))
    }
}
