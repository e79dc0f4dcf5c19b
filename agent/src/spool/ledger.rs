//! What of the spool is acknowledged, and which losses are still to be reported, across restarts.
//!
//! A small text file, replaced as a whole: a line `acknowledged BOOT FIRST LAST` for each range,
//! a line `lost BOOT FIRST LAST FROM_MS TO_MS SAMPLES REASON` for each loss.

use std::collections::{BTreeSet, HashMap};
use std::fmt::Write as _;
use std::io;
use std::path::{Path, PathBuf};

use headroom_proto::sequences::SequenceSet;
use headroom_proto::wire::{Loss, LossReason, SequenceRange};

/// The most losses kept; beyond it the oldest is given up, with a warning.
const MAX_LOSSES: usize = 1000;

/// The spool's memory of what is done with.
pub struct Ledger {
    path: PathBuf,
    losses: Vec<Loss>,
    /// Losses of one frame that an earlier run left: whether it was sent is no longer known.
    uncertain: BTreeSet<(u64, u64)>,
}

impl Ledger {
    /// The ledger of the spool in `directory`.
    pub fn at(directory: &Path) -> Self {
        Self { path: directory.join("ledger"), losses: Vec::new(), uncertain: BTreeSet::new() }
    }

    /// Reads the file; lines that are no lines of a ledger are left out.
    pub fn load(&mut self) -> HashMap<u64, SequenceSet> {
        let mut acknowledged: HashMap<u64, SequenceSet> = HashMap::new();
        let text = std::fs::read_to_string(&self.path).unwrap_or_default();
        for line in text.lines() {
            if let Some((boot, first, last)) = parse_acknowledged(line) {
                acknowledged.entry(boot).or_default().insert_range(first, last);
            } else if let Some(loss) = parse_loss(line) {
                if loss.first_sequence == loss.last_sequence {
                    self.uncertain.insert((loss.boot, loss.last_sequence));
                }
                self.losses.push(loss);
            } else {
                tracing::warn!("left out line {line:?} of {}", self.path.display());
            }
        }
        acknowledged
    }

    /// Replaces the file.
    pub fn store(&self, acknowledged: &HashMap<u64, SequenceSet>) -> io::Result<()> {
        let mut text = String::new();
        for (boot, set) in acknowledged {
            for (first, last) in set.ranges() {
                let _ = writeln!(text, "acknowledged {boot} {first} {last}");
            }
        }
        for loss in &self.losses {
            let Loss { boot, first_sequence, last_sequence, .. } = loss;
            let Loss { first_timestamp_ms, last_timestamp_ms, samples, reason, .. } = loss;
            let _ = writeln!(
                text,
                "lost {boot} {first_sequence} {last_sequence} \
                 {first_timestamp_ms} {last_timestamp_ms} {samples} {reason}"
            );
        }
        let new = self.path.with_extension("new");
        std::fs::write(&new, text)?;
        std::fs::rename(&new, &self.path)
    }

    /// Adds a loss, joined to one that it continues, unless one of them may have arrived.
    pub fn add_loss(&mut self, loss: Loss, sent: impl Fn(u64) -> bool) {
        let continued = self.losses.iter_mut().find(|known| {
            known.boot == loss.boot
                && known.reason == loss.reason
                && known.last_sequence + 1 == loss.first_sequence
                && !sent(known.last_sequence)
                && !self.uncertain.contains(&(known.boot, known.last_sequence))
                && !sent(loss.first_sequence)
        });
        match continued {
            Some(known) => {
                known.last_sequence = loss.last_sequence;
                known.last_timestamp_ms = loss.last_timestamp_ms;
                known.samples += loss.samples;
            }
            None => self.losses.push(loss),
        }
        if self.losses.len() > MAX_LOSSES {
            let oldest = self.losses.remove(0);
            tracing::warn!("gave up reporting the loss {oldest:?}: {MAX_LOSSES} wait already");
        }
    }

    /// Forgets the loss that the collector has acknowledged exactly so.
    pub fn remove_loss(&mut self, range: &SequenceRange) {
        self.losses.retain(|loss| {
            (loss.boot, loss.first_sequence, loss.last_sequence)
                != (range.boot, range.first, range.last)
        });
    }

    /// Forgets losses of single frames that have arrived: only what was sent is reported so.
    /// Whether there were any.
    pub fn forget_arrived(&mut self, range: &SequenceRange) -> bool {
        let before = self.losses.len();
        self.losses.retain(|loss| {
            let single = loss.boot == range.boot && loss.first_sequence == loss.last_sequence;
            !(single && (range.first..=range.last).contains(&loss.first_sequence))
        });
        self.losses.len() < before
    }

    /// Losses still to be reported.
    pub fn losses(&self) -> &[Loss] {
        &self.losses
    }
}

fn parse_acknowledged(line: &str) -> Option<(u64, u64, u64)> {
    let mut fields = line.strip_prefix("acknowledged ")?.split(' ');
    let mut next = || fields.next()?.parse().ok();
    Some((next()?, next()?, next()?))
}

fn parse_loss(line: &str) -> Option<Loss> {
    let fields: Vec<&str> = line.strip_prefix("lost ")?.split(' ').collect();
    let [boot, first, last, from, to, samples, reason] = fields[..] else { return None };
    let reason: i32 = reason.parse().ok()?;
    Some(Loss {
        boot: boot.parse().ok()?,
        first_sequence: first.parse().ok()?,
        last_sequence: last.parse().ok()?,
        first_timestamp_ms: from.parse().ok()?,
        last_timestamp_ms: to.parse().ok()?,
        samples: samples.parse().ok()?,
        reason: LossReason::try_from(reason).ok()?.into(),
    })
}
