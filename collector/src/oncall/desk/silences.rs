//! The silences of a desk: made, replaced and ended.

use super::{Change, Deed, Desk};
use crate::oncall::id::GroupId;
use crate::oncall::message::What;
use crate::oncall::silence::{Silence, SilenceError};

/// The most silences at once, and with those that have ended.
const SILENCES: usize = 1000;
const ALL_SILENCES: usize = 5000;

/// What takes the place of a silence.
#[derive(Debug, Clone)]
pub struct Replacement {
    /// Its number, if it is a new one.
    pub number: u128,
    /// The silence.
    pub silence: Silence,
}

/// A silence that took the place of another.
#[derive(Debug, Clone)]
pub struct Replaced {
    /// Its number.
    pub number: u128,
    /// What is to be kept.
    pub changes: Vec<Change>,
}

/// On whose word something is silenced, and for how long.
#[derive(Debug, Clone, Copy)]
pub struct SilencedBy<'s> {
    /// Whose.
    pub owner: &'s str,
    /// From when on, Unix time in milliseconds.
    pub from_ms: i64,
    /// Until when.
    pub to_ms: i64,
}

impl Desk {
    /// A silence of what stands of a group, and of nothing beyond it.
    pub fn silence_of(&self, id: GroupId, by: SilencedBy<'_>) -> Option<Silence> {
        let SilencedBy { owner, from_ms, to_ms } = by;
        Some(Silence {
            matchers: self.groups.get(&id)?.conditions()?,
            from_ms,
            to_ms,
            repeats: None,
            owner: owner.to_owned(),
            comment: String::new(),
        })
    }

    /// Somebody silences something.
    pub fn silence(
        &mut self,
        number: u128,
        silence: Silence,
        now_ms: i64,
    ) -> Result<Vec<Change>, SilenceError> {
        silence.check(now_ms)?;
        let open = self.silences.values().filter(|known| known.to_ms > now_ms).count();
        if open >= SILENCES || self.silences.len() >= ALL_SILENCES {
            return Err(SilenceError::Many);
        }
        let covered = self.groups.iter().filter(|(_, group)| {
            group.alerts.0.values().any(|known| silence.covers(&known.labels))
        });
        let mut changes = vec![Change::Silence(number, Some(silence.clone()))];
        let owner = &silence.owner;
        changes.extend(covered.map(|(id, group)| {
            let deed = Deed { what: What::Silenced, person: owner, at_ms: now_ms };
            Change::Notice(group.notice(*id, deed))
        }));
        self.silences.insert(number, silence);
        Ok(changes)
    }

    /// A silence ends before its time.
    pub fn unsilence(&mut self, number: u128, now_ms: i64) -> Option<Change> {
        let silence = self.silences.get_mut(&number).filter(|known| known.to_ms > now_ms)?;
        silence.end(now_ms);
        Some(Change::Silence(number, Some(silence.clone())))
    }

    /// A silence becomes another: the same one where it is about the same, else a new one in its
    /// place. Answers with the number of that.
    pub fn replace(
        &mut self,
        old: u128,
        by: Replacement,
        now_ms: i64,
    ) -> Result<Replaced, SilenceError> {
        let Replacement { number, mut silence } = by;
        let known = self.silences.get(&old).ok_or(SilenceError::Unknown)?;
        // Who replaces one has no word for hours that come again, and means no others.
        silence.repeats = silence.repeats.or_else(|| known.repeats.clone());
        if known.matchers == silence.matchers && known.to_ms > now_ms {
            if known.from_ms <= now_ms {
                silence.from_ms = known.from_ms;
            }
            silence.check(now_ms)?;
            self.silences.insert(old, silence.clone());
            return Ok(Replaced {
                number: old,
                changes: vec![Change::Silence(old, Some(silence))],
            });
        }
        let mut changes = self.silence(number, silence, now_ms)?;
        changes.extend(self.unsilence(old, now_ms));
        Ok(Replaced { number, changes })
    }
}
