//! What was sent on one stream, and what of it waits for its answer. Pure.
//!
//! Whatever is acknowledged is forgotten for ever, so nothing is taken for acknowledged that was not
//! sent.

use std::collections::{BTreeSet, HashMap, HashSet};

use headroom_proto::sequences::SequenceSet;
use headroom_proto::wire::{Acknowledgement, Loss, Refusal, SequenceRange};

/// The collector answers for what it was never sent.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NeverSent {
    /// Frames, by the run of the agent.
    #[error("frames {first} to {last} of boot {boot:x}")]
    Frames {
        /// The run.
        boot: u64,
        /// The first of them.
        first: u64,
        /// The last.
        last: u64,
    },
    /// A loss, by the frames that it is said to be of.
    #[error("a loss of frames {first} to {last} of boot {boot:x}")]
    Loss {
        /// The run.
        boot: u64,
        /// The first frame.
        first: u64,
        /// The last.
        last: u64,
    },
}

/// The account of one stream.
#[derive(Debug, Default)]
pub struct Unanswered {
    /// All frames that were sent, by boot.
    sent: HashMap<u64, SequenceSet>,
    /// Those without an answer, by boot and sequence.
    frames: BTreeSet<(u64, u64)>,
    /// All losses that were reported: boot, first and last frame.
    reported: HashSet<(u64, u64, u64)>,
    /// Those without an answer.
    losses: HashSet<(u64, u64, u64)>,
}

impl Unanswered {
    /// How many frames and losses wait for their answer.
    pub fn count(&self) -> usize {
        self.frames.len() + self.losses.len()
    }

    /// A frame is sent.
    pub fn send(&mut self, boot: u64, sequence: u64) {
        self.sent.entry(boot).or_default().insert(sequence);
        self.frames.insert((boot, sequence));
    }

    /// A loss is reported.
    pub fn report(&mut self, loss: &Loss) {
        let name = (loss.boot, loss.first_sequence, loss.last_sequence);
        self.reported.insert(name);
        self.losses.insert(name);
    }

    /// Takes an acknowledgement: all of it was sent, or none of it counts.
    pub fn acknowledge(&mut self, acknowledgement: &Acknowledgement) -> Result<(), NeverSent> {
        // A range that ends before it begins is nothing.
        let frames = || acknowledgement.frames.iter().filter(|range| range.first <= range.last);
        frames().try_for_each(|range| self.check(*range))?;
        for SequenceRange { boot, first, last } in acknowledgement.losses.iter().copied() {
            if !self.reported.contains(&(boot, first, last)) {
                return Err(NeverSent::Loss { boot, first, last });
            }
        }
        frames().for_each(|range| self.answered(*range));
        for range in &acknowledgement.losses {
            self.losses.remove(&(range.boot, range.first, range.last));
        }
        Ok(())
    }

    /// Takes a refusal; that of a whole frame is its answer.
    pub fn refuse(&mut self, refusal: &Refusal) -> Result<(), NeverSent> {
        if !refusal.whole_frame {
            return Ok(());
        }
        let (boot, sequence) = (refusal.boot, refusal.sequence);
        let one = SequenceRange { boot, first: sequence, last: sequence };
        self.check(one)?;
        self.answered(one);
        Ok(())
    }

    fn check(&self, SequenceRange { boot, first, last }: SequenceRange) -> Result<(), NeverSent> {
        let sent = self.sent.get(&boot);
        let all = sent.is_some_and(|sent| sent.contains_range(first, last));
        if all { Ok(()) } else { Err(NeverSent::Frames { boot, first, last }) }
    }

    fn answered(&mut self, SequenceRange { boot, first, last }: SequenceRange) {
        let range = (boot, first)..=(boot, last);
        while let Some(frame) = self.frames.range(range.clone()).next().copied() {
            self.frames.remove(&frame);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An account of frames 1 to 5 and 9 of boot 7, and of a loss of 6 to 8.
    fn account() -> Unanswered {
        let mut account = Unanswered::default();
        for sequence in [1, 2, 3, 4, 5, 9] {
            account.send(7, sequence);
        }
        account.report(&Loss { boot: 7, first_sequence: 6, last_sequence: 8, ..Loss::default() });
        account
    }

    fn range((boot, first, last): (u64, u64, u64)) -> SequenceRange {
        SequenceRange { boot, first, last }
    }

    #[test]
    fn only_what_was_sent_is_answered_and_an_answer_counts_whole_or_not_at_all() {
        let mut done = account();
        for (frames, losses, left) in [
            (&[(7, 1, 1)][..], &[][..], 6),
            // Once more, and more than once.
            (&[(7, 1, 3), (7, 2, 2)], &[], 4),
            // Nothing, however it is written.
            (&[(7, 5, 4), (8, 9, 1)], &[], 4),
            (&[(7, 4, 5), (7, 9, 9)], &[(7, 6, 8)], 0),
            (&[(7, 9, 9)], &[(7, 6, 8)], 0),
        ] {
            let frames = frames.iter().copied().map(range).collect();
            let losses = losses.iter().copied().map(range).collect();
            assert_eq!(done.acknowledge(&Acknowledgement { frames, losses }), Ok(()));
            assert_eq!(done.count(), left);
        }
        let frames = |(boot, first, last)| NeverSent::Frames { boot, first, last };
        let loss = |(boot, first, last)| NeverSent::Loss { boot, first, last };
        let (none, first) = (&[][..], &[(7, 1, 1)][..]);
        for (also, losses, error) in [
            ((7, 0, u64::MAX), none, frames((7, 0, u64::MAX))),
            ((7, 5, 6), none, frames((7, 5, 6))),
            ((7, 6, 6), none, frames((7, 6, 6))),
            ((8, 1, 1), none, frames((8, 1, 1))),
            ((7, 2, 2), &[(7, 6, 7)], loss((7, 6, 7))),
            ((7, 2, 2), first, loss((7, 1, 1))),
        ] {
            let mut account = account();
            let frames = [first, &[also]].concat().into_iter().map(range).collect();
            let losses = losses.iter().copied().map(range).collect();
            assert_eq!(account.acknowledge(&Acknowledgement { frames, losses }), Err(error));
            assert_eq!(account.count(), 7);
        }
    }

    #[test]
    fn a_refusal_of_a_whole_frame_answers_it() {
        let mut account = account();
        let refusal = |sequence, whole_frame| Refusal {
            boot: 7,
            sequence,
            whole_frame,
            ..Refusal::default()
        };
        assert_eq!(account.refuse(&refusal(2, false)), Ok(()));
        assert_eq!(account.refuse(&refusal(100, false)), Ok(()));
        assert_eq!(account.count(), 7);
        assert_eq!(account.refuse(&refusal(2, true)), Ok(()));
        assert_eq!(account.count(), 6);
        let never = NeverSent::Frames { boot: 7, first: 100, last: 100 };
        assert_eq!(account.refuse(&refusal(100, true)), Err(never));
    }
}
