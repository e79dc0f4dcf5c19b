//! Damage in the spool's files: what it took is reported as lost, frame by frame, and what it left is
//! sent as if nothing had happened.

use std::collections::{BTreeSet, HashMap};

use headroom_proto::wire::{Loss, LossReason, SeriesDefinition};

use super::survey::{LostFrame, Survey};
use super::{Segment, Spool, tell};
use crate::losses::Standing;

/// So many frames of one segment are reported one by one: each may have arrived before it was damaged,
/// which the collector knows. More are reported as one.
const ONE_BY_ONE: usize = 100;

impl Spool {
    /// Takes note of what the survey of a segment found. Answers how many samples are lost by it that
    /// were not known to be.
    pub(super) fn take_damage(&mut self, number: u64, survey: Survey) -> u64 {
        let Some(place) = self.segments.iter().position(|one| one.number() == number) else {
            return 0;
        };
        if survey.lost.is_empty() && survey.undefined.is_empty() {
            return 0;
        }
        let boot = self.segments[place].boot();
        let Survey { mut lost, undefined, .. } = survey;
        let missing: BTreeSet<u32> = undefined.iter().flat_map(|one| one.ids.clone()).collect();
        let definitions = self.definitions(boot, &missing);
        for one in undefined {
            if !one.ids.iter().all(|id| definitions.contains_key(id)) {
                lost.push(one.frame);
            }
        }
        self.segments[place].restore(definitions.into_values().collect());
        let done = self.acknowledged.entry(boot).or_default();
        lost.retain(|frame| !done.contains(frame.sequence));
        lost.sort_by_key(|frame| frame.sequence);
        for frame in &lost {
            done.insert(frame.sequence);
        }
        let losses = losses(boot, &lost);
        for loss in &losses {
            tell(loss);
            let single = loss.first_sequence == loss.last_sequence;
            self.losses.add(*loss, if single { Standing::Sent } else { Standing::Reported });
        }
        if !losses.is_empty() {
            self.keep_ledger();
        }
        losses.iter().map(|loss| loss.samples).sum()
    }

    /// What other segments of a boot know of ids; they stand for the same series in all of them.
    fn definitions(&self, boot: u64, ids: &BTreeSet<u32>) -> HashMap<u32, SeriesDefinition> {
        let mut found = HashMap::new();
        let others = self.segments.iter().filter(|segment| segment.boot() == boot);
        for segment in others {
            if found.len() == ids.len() {
                break;
            }
            segment.each_definition(|definition| {
                if ids.contains(&definition.id) {
                    found.insert(definition.id, definition);
                }
            });
        }
        found
    }

    /// Looks through segments in which a reader met damage since this was asked last; whether there
    /// were any.
    pub(super) fn survey_damaged(&mut self) -> bool {
        let damaged = self.segments.iter().filter(|segment| segment.has_met_damage());
        let surveys: Vec<(u64, Survey)> = damaged
            .filter_map(|segment| Some((segment.number(), segment.survey().ok()?)))
            .collect();
        let any = !surveys.is_empty();
        for (number, survey) in surveys {
            self.dropped_samples += self.take_damage(number, survey);
        }
        any
    }

    /// The same for the oldest segment alone.
    pub(super) fn survey_damaged_front(&mut self) {
        let Some(front) = self.segments.front() else { return };
        if let Ok(survey) = front.survey() {
            let number = front.number();
            self.dropped_samples += self.take_damage(number, survey);
        }
    }
}

/// Frames as losses: each its own, or, if they are many, those that follow upon each other as one.
fn losses(boot: u64, lost: &[LostFrame]) -> Vec<Loss> {
    let mut losses: Vec<Loss> = Vec::new();
    for frame in lost {
        let last = losses.last_mut().filter(|last| {
            lost.len() > ONE_BY_ONE
                && last.last_sequence + 1 == frame.sequence
                && last.last_timestamp_ms <= frame.timestamp_ms
        });
        if let Some(last) = last {
            last.last_sequence = frame.sequence;
            last.last_timestamp_ms = frame.timestamp_ms;
            last.samples += frame.samples;
            continue;
        }
        losses.push(Loss {
            boot,
            first_sequence: frame.sequence,
            last_sequence: frame.sequence,
            first_timestamp_ms: frame.timestamp_ms,
            last_timestamp_ms: frame.timestamp_ms,
            samples: frame.samples,
            reason: LossReason::SpoolDamaged.into(),
        });
    }
    losses
}

impl Segment {
    /// Hands out the definitions that can be read.
    fn each_definition(&self, mut take: impl FnMut(SeriesDefinition)) {
        let mut offset = 0;
        while let Some((record, _)) = self.read(&mut offset) {
            if let super::Record::Series(series) = record {
                series.series.into_iter().for_each(&mut take);
            }
        }
    }
}
