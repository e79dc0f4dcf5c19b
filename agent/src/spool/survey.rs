//! What a segment still holds, and what damage took of it: exactly which frames. Pure.
//!
//! Behind damage the next sound record is looked for, byte by byte. Frames of a segment have no holes,
//! so those between two sound ones are known by their numbers.

use std::collections::HashSet;
use std::ops::Range;

use headroom_proto::wire::agent_message::Message;
use headroom_proto::wire::{AgentMessage, Frame};
use prost::Message as _;

use super::record::{HEADER_BYTES, Record};

/// A record takes at least this: what a damaged place can have held is bounded by it.
const LEAST_RECORD_BYTES: u64 = 20;

/// How the payload of series and of a frame begins.
const SERIES_TAG: u8 = 0x12;
const FRAME_TAG: u8 = 0x1a;

/// In front of the boot, and of a frame's sequence behind it.
const BOOT_TAG: u8 = 0x09;
const SEQUENCE_TAG: u8 = 0x10;

/// A frame that was lost, or would be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LostFrame {
    /// Its number.
    pub sequence: u64,
    /// When it was taken, as far as that can still be told.
    pub timestamp_ms: i64,
    /// How many samples it held, likewise.
    pub samples: u64,
}

/// A frame that can be read, but for series whose definitions cannot.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Undefined {
    pub frame: LostFrame,
    /// The ids that nothing before it defines.
    pub ids: Vec<u32>,
}

/// What a segment holds.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Survey {
    /// The first and the last of all frames, lost ones among them.
    pub ends: Option<(LostFrame, LostFrame)>,
    /// How many there are.
    pub frames: u64,
    /// Those that damage took, in order.
    pub lost: Vec<LostFrame>,
    /// Those that need definitions from elsewhere.
    pub undefined: Vec<Undefined>,
    /// Whether anything sound was found.
    pub is_sound: bool,
    /// Where the last sound record ends.
    pub end: usize,
}

/// What is known of a segment beside its bytes.
#[derive(Debug, Clone)]
pub struct Known {
    pub boot: u64,
    /// Its first and last sequence, if it is not only just taken up.
    pub sequences: Option<(u64, u64)>,
    /// When it was written last, Unix time in milliseconds: where no frame tells a moment.
    pub written_ms: i64,
}

/// Something found in the file, in order.
enum Found {
    Frame(Undefined),
    /// Bytes that are no sound record.
    Damage(Damage),
}

struct Damage {
    place: Range<usize>,
    /// Whether definitions stand before it.
    is_defined: bool,
}

/// Looks through the records of a segment.
pub fn survey(bytes: &[u8], known: &Known) -> Survey {
    let mut survey = Survey::default();
    let mut found: Vec<Found> = Vec::new();
    let mut defined: HashSet<u32> = HashSet::new();
    let mut place = 0;
    while place < bytes.len() {
        let Some((record, length)) = sound_at(&bytes[place..], Some(known.boot)) else {
            let next = next_sound(&bytes[place..], Some(known.boot));
            let end = next.map_or(bytes.len(), |next| place + next);
            let is_defined = !defined.is_empty();
            found.push(Found::Damage(Damage { place: place..end, is_defined }));
            place = end;
            continue;
        };
        place += length;
        (survey.is_sound, survey.end) = (true, place);
        match record {
            Record::Series(series) => defined.extend(series.series.iter().map(|one| one.id)),
            Record::Frame(frame) => {
                let ids = frame.ids.iter().copied().filter(|id| !defined.contains(id)).collect();
                found.push(Found::Frame(Undefined { frame: lost_frame(&frame), ids }));
            }
        }
    }
    let frames = found.iter().filter_map(|found| match found {
        Found::Frame(frame) => Some(frame.frame),
        Found::Damage(_) => None,
    });
    let mut all: Vec<LostFrame> = frames.collect();
    survey.lost = holes(bytes, &found, known);
    all.extend(&survey.lost);
    let undefined = found.into_iter().filter_map(|found| match found {
        Found::Frame(frame) => Some(frame).filter(|frame| !frame.ids.is_empty()),
        Found::Damage(_) => None,
    });
    survey.undefined = undefined.collect();
    all.sort_by_key(|frame| frame.sequence);
    survey.frames = all.len() as u64;
    survey.ends = all.first().copied().zip(all.last().copied());
    survey
}

fn lost_frame(Frame { sequence, timestamp_ms, values, .. }: &Frame) -> LostFrame {
    let (sequence, timestamp_ms) = (*sequence, *timestamp_ms);
    LostFrame { sequence, timestamp_ms, samples: values.len() as u64 }
}

/// The record at the beginning, and what it takes, if it is sound and of that boot.
pub fn sound_at(bytes: &[u8], boot: Option<u64>) -> Option<(Record, usize)> {
    let (header, rest) = bytes.split_first_chunk::<HEADER_BYTES>()?;
    let length = Record::payload_length(*header)?;
    let record = Record::decode(*header, rest.get(..length)?)?;
    let is_own = boot.is_none_or(|boot| record.boot() == boot);
    is_own.then_some((record, HEADER_BYTES + length))
}

/// The place of the next sound record behind one that is not.
pub fn next_sound(bytes: &[u8], boot: Option<u64>) -> Option<usize> {
    let begins = |place: &usize| {
        // Few places look like a record: only of those the checksum is made.
        matches!(bytes.get(place + HEADER_BYTES), Some(&(SERIES_TAG | FRAME_TAG)))
    };
    let mut places = (1..bytes.len()).filter(begins);
    places.find(|place| sound_at(&bytes[*place..], boot).is_some())
}

/// The boot that a segment's records are of, whatever its header says.
pub fn boot_of_records(bytes: &[u8]) -> Option<u64> {
    let first = sound_at(bytes, None).or_else(|| {
        let place = next_sound(bytes, None)?;
        sound_at(&bytes[place..], None)
    });
    first.map(|(record, _)| record.boot())
}

/// The frames that damaged places held: those that are missing between sound ones.
fn holes(bytes: &[u8], found: &[Found], known: &Known) -> Vec<LostFrame> {
    let mut lost = Vec::new();
    let mut before: Option<LostFrame> = None;
    let mut damage: Vec<&Damage> = Vec::new();
    for found in found {
        match found {
            Found::Damage(place) => damage.push(place),
            Found::Frame(Undefined { frame, .. }) => {
                let between = Hole { bytes, damage: std::mem::take(&mut damage), known };
                lost.extend(between.frames(before, Some(*frame)));
                before = Some(*frame);
            }
        }
    }
    lost.extend(Hole { bytes, damage, known }.frames(before, None));
    lost
}

/// Damage between two sound frames, or before the first, or behind the last.
struct Hole<'s> {
    bytes: &'s [u8],
    damage: Vec<&'s Damage>,
    known: &'s Known,
}

impl Hole<'_> {
    fn frames(&self, before: Option<LostFrame>, behind: Option<LostFrame>) -> Vec<LostFrame> {
        let Some((first, last)) = self.sequences(before, behind) else { return Vec::new() };
        let legible = self.legible();
        let fits = |frame: &&LostFrame| {
            before.is_none_or(|before| before.timestamp_ms <= frame.timestamp_ms)
                && behind.is_none_or(|behind| behind.timestamp_ms >= frame.timestamp_ms)
        };
        let one = |sequence: u64| {
            let told = legible.iter().find(|frame| frame.sequence == sequence).filter(fits);
            told.copied().unwrap_or_else(|| self.between(before, behind, sequence))
        };
        (first..=last).map(one).collect()
    }

    /// The first and the last of them.
    fn sequences(
        &self,
        before: Option<LostFrame>,
        behind: Option<LostFrame>,
    ) -> Option<(u64, u64)> {
        let first_damage = self.damage.first()?;
        let plausible =
            |&(first, last): &(u64, u64)| (1..=last).contains(&first) && last - first < self.room();
        let known = || self.known.sequences;
        let found = match (before, behind) {
            (Some(before), Some(behind)) => {
                Some((before.sequence.saturating_add(1), behind.sequence.saturating_sub(1)))
            }
            (None, Some(behind)) => {
                let last = behind.sequence.saturating_sub(1);
                let first = known().map(|(first, _)| first);
                // The definitions in front of all frames are no frame.
                let counted = || self.counted().filter(|_| first_damage.is_defined);
                let first = first.or_else(|| Some(behind.sequence.saturating_sub(counted()?)));
                let named = || self.named().map(|(first, _)| first);
                first.or_else(named).map(|first| (first, last))
            }
            (Some(before), None) => {
                let first = before.sequence.saturating_add(1);
                let last = known().map(|(_, last)| last);
                let last = last.or_else(|| Some(before.sequence.saturating_add(self.counted()?)));
                let named = || self.named().map(|(_, last)| last);
                last.or_else(named).map(|last| (first, last))
            }
            (None, None) => known().or_else(|| self.named()),
        };
        found.filter(plausible)
    }

    /// How many frames there were, if the lengths of all records still stand.
    fn counted(&self) -> Option<u64> {
        let mut frames = 0;
        for damage in &self.damage {
            let mut bytes = &self.bytes[damage.place.clone()];
            while !bytes.is_empty() {
                let (header, rest) = bytes.split_first_chunk::<HEADER_BYTES>()?;
                let (payload, behind) = rest.split_at_checked(Record::payload_length(*header)?)?;
                frames += u64::from(self.is_frame(payload));
                bytes = behind;
            }
        }
        Some(frames)
    }

    /// Whether a damaged payload was a frame's, though one bit of what says so may be another.
    fn is_frame(&self, payload: &[u8]) -> bool {
        let mark = [&[BOOT_TAG][..], &self.known.boot.to_le_bytes(), &[SEQUENCE_TAG]].concat();
        let is_named =
            payload.windows(mark.len()).take(LEAST_RECORD_BYTES as usize).any(|w| *w == mark);
        let tag = payload.first().copied().unwrap_or_default();
        is_named || (tag != SERIES_TAG && (tag ^ FRAME_TAG).count_ones() <= 1)
    }

    /// How many frames there was room for.
    fn room(&self) -> u64 {
        let bytes = self.damage.iter().map(|damage| damage.place.len() as u64).sum::<u64>();
        bytes.div_ceil(LEAST_RECORD_BYTES)
    }

    /// The least and the greatest sequence that damaged frames still tell.
    fn named(&self) -> Option<(u64, u64)> {
        let mark = [&[BOOT_TAG][..], &self.known.boot.to_le_bytes(), &[SEQUENCE_TAG]].concat();
        let mut sequences = Vec::new();
        for damage in &self.damage {
            let bytes = &self.bytes[damage.place.clone()];
            for (place, _) in bytes.windows(mark.len()).enumerate().filter(|(_, w)| *w == mark) {
                let mut rest = &bytes[place + mark.len()..];
                sequences.extend(prost::encoding::decode_varint(&mut rest).ok());
            }
        }
        Some((*sequences.iter().min()?, *sequences.iter().max()?))
    }

    /// Damaged frames that can still be read as such: not to be relied on, but for what they say of
    /// their moment and their size.
    fn legible(&self) -> Vec<LostFrame> {
        let mut legible = Vec::new();
        for damage in &self.damage {
            let mut bytes = &self.bytes[damage.place.clone()];
            while let Some((header, rest)) = bytes.split_first_chunk::<HEADER_BYTES>()
                && let Some(length) = Record::payload_length(*header)
                && let Some((payload, behind)) = rest.split_at_checked(length)
            {
                let message =
                    AgentMessage::decode(payload).ok().and_then(|decoded| decoded.message);
                if let Some(Message::Frame(frame)) = message
                    && frame.boot == self.known.boot
                    && frame.ids.len() == frame.values.len()
                {
                    legible.push(lost_frame(&frame));
                }
                bytes = behind;
            }
        }
        legible
    }

    /// A frame as its neighbours let expect it.
    fn between(
        &self,
        before: Option<LostFrame>,
        behind: Option<LostFrame>,
        sequence: u64,
    ) -> LostFrame {
        let samples = before.or(behind).map_or(0, |near| near.samples);
        let timestamp_ms = match (before, behind) {
            (Some(before), Some(behind)) => {
                let whole_ms = behind.timestamp_ms.saturating_sub(before.timestamp_ms);
                let steps = (behind.sequence - before.sequence).max(1);
                let part = (sequence - before.sequence) as f64 / steps as f64;
                before.timestamp_ms.saturating_add((whole_ms as f64 * part) as i64)
            }
            (Some(near), None) | (None, Some(near)) => near.timestamp_ms,
            (None, None) => self.known.written_ms,
        };
        LostFrame { sequence, timestamp_ms, samples }
    }
}
