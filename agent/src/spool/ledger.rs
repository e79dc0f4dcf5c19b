//! What of the spool is acknowledged, and which losses are still to be reported, across restarts.
//!
//! A small text file, replaced as a whole: a line `acknowledged BOOT FIRST LAST` for each range,
//! a line `lost BOOT FIRST LAST FROM_MS TO_MS SAMPLES REASON` for each loss.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::io;
use std::path::{Path, PathBuf};

use headroom_proto::sequences::SequenceSet;
use headroom_proto::wire::{Loss, LossReason};

use crate::losses::{Losses, Standing};

/// Which frames of each boot are acknowledged.
pub type Acknowledged = HashMap<u64, SequenceSet>;

/// The spool's memory of what is done with.
pub struct Ledger {
    path: PathBuf,
}

impl Ledger {
    /// The ledger of the spool in `directory`.
    pub fn at(directory: &Path) -> Self {
        Self { path: directory.join("ledger") }
    }

    /// Reads the file; lines that are no lines of a ledger are left out.
    ///
    /// What was sent and what was reported is no longer known, so all that may be is taken to be.
    pub fn load(&self) -> (Acknowledged, Losses) {
        let mut acknowledged = Acknowledged::new();
        let mut losses = Losses::default();
        let text = std::fs::read_to_string(&self.path).unwrap_or_default();
        for line in text.lines() {
            if let Some((boot, first, last)) = parse_acknowledged(line) {
                acknowledged.entry(boot).or_default().insert_range(first, last);
            } else if let Some(loss) = parse_loss(line) {
                let single = loss.first_sequence == loss.last_sequence;
                losses.add(loss, if single { Standing::Sent } else { Standing::Reported });
            } else {
                tracing::warn!("left out line {line:?} of {}", self.path.display());
            }
        }
        (acknowledged, losses)
    }

    /// Replaces the file.
    pub fn store(&self, acknowledged: &Acknowledged, losses: &Losses) -> io::Result<()> {
        let mut text = String::new();
        for (boot, set) in acknowledged {
            for (first, last) in set.ranges() {
                let _ = writeln!(text, "acknowledged {boot} {first} {last}");
            }
        }
        for loss in losses.as_slice() {
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
