//! Frames that were given up and of which the collector does not know yet. Pure.

use std::collections::BTreeSet;

use headroom_proto::wire::{Loss, SequenceRange};

/// The most losses kept; beyond it the oldest is given up, with a warning.
const MAX_LOSSES: usize = 1000;

/// What is known of a loss when it is added.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// Nobody knows of it: it joins the loss that it continues.
    New,
    /// It was reported as it is, so the collector may know it by its first frame. It may grow.
    Reported,
    /// A frame that was sent and may have arrived: it stays alone.
    Sent,
}

/// Losses in the order of their happening.
#[derive(Debug, Clone, Default)]
pub struct Losses {
    list: Vec<Loss>,
    /// Frames that were sent, by boot and sequence.
    sent: BTreeSet<(u64, u64)>,
}

impl Losses {
    /// All of them.
    pub fn as_slice(&self) -> &[Loss] {
        &self.list
    }

    /// Takes all of them away.
    pub fn take(&mut self) -> Vec<Loss> {
        std::mem::take(self).list
    }

    /// Adds a loss.
    pub fn add(&mut self, loss: Loss, standing: Standing) {
        let continued = self.list.iter_mut().find(|known| {
            standing == Standing::New
                && known.boot == loss.boot
                && known.reason == loss.reason
                && known.last_sequence + 1 == loss.first_sequence
                && known.last_timestamp_ms <= loss.first_timestamp_ms
                && !self.sent.contains(&(known.boot, known.first_sequence))
        });
        if let Some(known) = continued {
            known.last_sequence = loss.last_sequence;
            known.last_timestamp_ms = loss.last_timestamp_ms;
            known.samples += loss.samples;
            return;
        }
        if standing == Standing::Sent {
            self.sent.insert((loss.boot, loss.first_sequence));
        }
        self.list.push(loss);
        if self.list.len() > MAX_LOSSES {
            let oldest = self.list.remove(0);
            self.sent.remove(&(oldest.boot, oldest.first_sequence));
            tracing::warn!("gave up reporting the loss {oldest:?}: {MAX_LOSSES} wait already");
        }
    }

    /// Forgets the loss that the collector has acknowledged exactly so.
    pub fn remove(&mut self, range: &SequenceRange) {
        self.forget(|loss| {
            (loss.boot, loss.first_sequence, loss.last_sequence)
                == (range.boot, range.first, range.last)
        });
    }

    /// Forgets losses of single frames that have arrived: only what was sent is reported so. Whether
    /// there were any.
    pub fn forget_arrived(&mut self, range: &SequenceRange) -> bool {
        let before = self.list.len();
        self.forget(|loss| {
            let single = loss.boot == range.boot && loss.first_sequence == loss.last_sequence;
            single && (range.first..=range.last).contains(&loss.first_sequence)
        });
        self.list.len() < before
    }

    fn forget(&mut self, done: impl Fn(&Loss) -> bool) {
        let sent = &mut self.sent;
        self.list.retain(|loss| {
            let done = done(loss);
            if done {
                sent.remove(&(loss.boot, loss.first_sequence));
            }
            !done
        });
    }
}

/// The frames of a loss, as the collector will acknowledge it.
pub fn range(loss: &Loss) -> SequenceRange {
    SequenceRange { boot: loss.boot, first: loss.first_sequence, last: loss.last_sequence }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn loss(first_sequence: u64, last_sequence: u64) -> Loss {
        let samples = last_sequence + 1 - first_sequence;
        Loss { boot: 1, first_sequence, last_sequence, samples, ..Loss::default() }
    }

    #[test]
    fn a_loss_joins_what_it_continues_unless_the_collector_may_know_otherwise() {
        use Standing::{New, Reported, Sent};
        for (added, expected) in [
            (&[(loss(1, 3), New), (loss(4, 4), New), (loss(6, 6), New)][..], &[(1, 4), (6, 6)][..]),
            // What was sent stays alone, from before and from behind.
            (
                &[(loss(1, 3), New), (loss(4, 4), Sent), (loss(5, 6), New)],
                &[(1, 3), (4, 4), (5, 6)],
            ),
            // What was reported keeps its beginning, and may grow.
            (&[(loss(1, 3), New), (loss(4, 5), Reported), (loss(6, 6), New)], &[(1, 3), (4, 6)]),
            (&[(loss(1, 3), New), (Loss { boot: 2, ..loss(4, 4) }, New)], &[(1, 3), (4, 4)]),
            (&[(loss(1, 3), New), (Loss { reason: 2, ..loss(4, 4) }, New)], &[(1, 3), (4, 4)]),
        ] {
            let mut losses = Losses::default();
            for (loss, standing) in added {
                losses.add(*loss, *standing);
            }
            let found: Vec<_> =
                losses.as_slice().iter().map(|l| (l.first_sequence, l.last_sequence)).collect();
            assert_eq!(found, expected);
            let samples: u64 = losses.as_slice().iter().map(|loss| loss.samples).sum();
            assert_eq!(samples, added.iter().map(|(loss, _)| loss.samples).sum::<u64>());
        }
    }
}
