//! What the journal hands to the spool's thread, and what that answers.

use std::io;

use headroom_proto::wire::{Acknowledgement, Loss};

use super::{Sent, Spool, SpoolState};
use crate::frames::{Backlog, KeptFrame};

/// What is to be done at once, in the order of the fields.
#[derive(Debug, Default)]
pub struct Work {
    /// A stream begins, on which nothing has been sent.
    pub begins_stream: bool,
    /// What the collector has made durable.
    pub acknowledged: Acknowledgement,
    /// Losses that happened before they came here.
    pub losses: Vec<Loss>,
    /// Frames to be kept.
    pub frames: Vec<(KeptFrame, Sent)>,
    /// How many frames of the backlog are wanted.
    pub wanted_frames: Option<usize>,
    /// A stream has ended: what is done with is to be written down.
    pub ends_stream: bool,
    /// Nothing comes behind this.
    pub is_last: bool,
}

/// What the thread says.
#[derive(Debug)]
pub enum Reply {
    /// The spool has been opened and may be used.
    Opened(Holdings),
    /// A piece of work is done.
    Done(Done),
    /// The disk refused frames some time ago and may be tried again.
    TryAgain,
}

/// How a piece of work went.
#[derive(Debug, Default)]
pub struct Done {
    /// How many of its frames are kept; the disk refused the others.
    pub kept_frames: usize,
    /// What was wanted of the backlog.
    pub backlog: Option<Backlog>,
    /// What the spool holds now.
    pub holdings: Holdings,
}

/// What a spool holds.
#[derive(Debug, Clone, Default)]
pub struct Holdings {
    /// All losses of which the collector does not know.
    pub losses: Vec<Loss>,
    /// What the spool says of itself.
    pub state: SpoolState,
}

impl Spool {
    /// Does a piece of work; also answers what the disk refused.
    pub fn execute(&mut self, work: &Work) -> (Done, Option<io::Error>) {
        if work.begins_stream {
            self.begin_stream();
        }
        self.acknowledge(&work.acknowledged);
        self.add_losses(&work.losses);
        let mut refused = None;
        let mut kept_frames = 0;
        for (frame, sent) in &work.frames {
            if let Err(error) = self.append(frame, *sent) {
                refused = Some(error);
                break;
            }
            kept_frames += 1;
        }
        let backlog = work.wanted_frames.map(|frames| self.read(frames));
        if work.ends_stream {
            self.keep_ledger();
        }
        if work.is_last {
            self.finish();
        }
        let trouble = self.take_trouble();
        (Done { kept_frames, backlog, holdings: self.holdings() }, refused.or(trouble))
    }

    /// What it holds.
    pub fn holdings(&self) -> Holdings {
        Holdings { losses: self.losses().to_vec(), state: self.state() }
    }
}
