//! Meetings as intervals of use, each under a keyed hash: what a report of one meeting needs, and
//! nobody's name.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::StoreError;
use super::database::{self, Batch, Database};
use crate::moments::DAY_MS;
use crate::samples::TimeRange;

/// No meeting is looked for that started longer ago than this before the range asked for.
const LONGEST_MS: i64 = 14 * DAY_MS;

/// What one boot of an agent saw of a meeting. Times are Unix time in milliseconds.
#[derive(Debug, Clone, PartialEq)]
pub struct Meeting {
    /// The agent's name.
    pub instance: Arc<str>,
    /// The agent's run; 0 once the runs have been joined.
    pub boot: u64,
    /// The keyed hash of its id.
    pub id: [u8; 16],
    /// The organisation it belongs to.
    pub tenant: String,
    /// When it started.
    pub started_ms: i64,
    /// The last poll that saw it.
    pub seen_ms: i64,
    /// What became of it, and what it was.
    pub marks: Marks,
    /// How long it was watched; the means are the sums below divided by it.
    pub measured_seconds: f64,
    /// The most participants at once.
    pub participants_peak: u32,
    /// Participants times seconds.
    pub participant_seconds: f64,
    /// The most camera streams at once.
    pub cameras_peak: u32,
    /// Camera streams times seconds.
    pub camera_seconds: f64,
}

/// Yes or no of a meeting, as bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Marks(u8);

impl Marks {
    /// It has ended.
    pub const ENDED: Self = Self(1);
    /// It is a breakout room.
    pub const BREAKOUT: Self = Self(2);
    /// It was recorded at some time.
    pub const RECORDED: Self = Self(4);

    /// Whether all of `marks` are set.
    pub fn has(self, marks: Self) -> bool {
        self.0 & marks.0 == marks.0
    }

    /// Both together.
    #[must_use]
    pub fn and(self, marks: Self) -> Self {
        Self(self.0 | marks.0)
    }
}

impl Meeting {
    /// Adds what another boot of the agent saw of the same meeting.
    fn join(&mut self, other: &Self) {
        self.boot = 0;
        if other.seen_ms >= self.seen_ms {
            self.tenant.clone_from(&other.tenant);
        }
        self.started_ms = self.started_ms.min(other.started_ms);
        self.seen_ms = self.seen_ms.max(other.seen_ms);
        self.marks = self.marks.and(other.marks);
        self.measured_seconds += other.measured_seconds;
        self.participants_peak = self.participants_peak.max(other.participants_peak);
        self.participant_seconds += other.participant_seconds;
        self.cameras_peak = self.cameras_peak.max(other.cameras_peak);
        self.camera_seconds += other.camera_seconds;
    }
}

/// Whether this says more than what is known of the same meeting from the same boot.
pub fn is_news(database: &Database, meeting: &Meeting) -> Result<bool, StoreError> {
    let operation = format!("read the meetings of {}", meeting.instance);
    let known = database
        .meetings
        .get(encode_key(meeting))
        .map_err(|source| StoreError::Database { operation, source })?;
    let known = known.and_then(|value| {
        let key = encode_key(meeting);
        decode(&meeting.instance, &key[meeting.instance.len() + 1..], &value)
    });
    Ok(known.is_none_or(|known| {
        let ended = known.marks.has(Marks::ENDED) && !meeting.marks.has(Marks::ENDED);
        meeting.measured_seconds >= known.measured_seconds && !ended
    }))
}

/// What was written of the same meeting by the same boot is replaced.
pub fn write(database: &Database, batch: &mut Batch, meeting: &Meeting) {
    batch.insert(&database.meetings, encode_key(meeting), encode(meeting));
}

/// The meetings of `instance` that touch `range`, by their start; what several boots saw of one is
/// joined.
pub fn read(
    database: &Database,
    instance: &str,
    range: TimeRange,
) -> Result<Vec<Meeting>, StoreError> {
    let operation = format!("read the meetings of {instance}");
    let prefix = [instance.as_bytes(), &[0]].concat();
    let bound = |at_ms: i64| [&prefix[..], &ordered(at_ms)].concat();
    let first = bound(range.from_ms.saturating_sub(LONGEST_MS));
    let last = bound(range.to_ms.saturating_add(1));
    let mut meetings: BTreeMap<[u8; 16], Meeting> = BTreeMap::new();
    for entry in database.meetings.range(first..last) {
        let (key, value) = database::entry(entry, &operation)?;
        let damaged = || StoreError::Damaged { what: format!("meeting {key:?}") };
        let meeting = decode(instance, &key[prefix.len()..], &value).ok_or_else(damaged)?;
        match meetings.get_mut(&meeting.id) {
            Some(known) => known.join(&meeting),
            None => drop(meetings.insert(meeting.id, meeting)),
        }
    }
    let mut meetings: Vec<Meeting> =
        meetings.into_values().filter(|meeting| meeting.seen_ms >= range.from_ms).collect();
    meetings.sort_by_key(|meeting| (meeting.started_ms, meeting.id));
    Ok(meetings)
}

/// Forgets what started before `oldest_ms`, at most so many at a time.
pub fn expire(
    database: &Database,
    oldest_ms: i64,
    (batch, most): (&mut Batch, usize),
) -> Result<(), StoreError> {
    let mut removed = 0;
    for entry in database.meetings.iter() {
        let (key, _) = database::entry(entry, "forget old meetings")?;
        let started = key.iter().position(|&byte| byte == 0).and_then(|end| started_of(&key, end));
        if removed < most && started.is_some_and(|started_ms| started_ms < oldest_ms) {
            batch.remove(&database.meetings, key);
            removed += 1;
        }
    }
    Ok(())
}

fn started_of(key: &[u8], end: usize) -> Option<i64> {
    let bytes = key.get(end + 1..end + 9)?.try_into().ok()?;
    Some(moment(bytes))
}

/// Big endian, shifted so that moments before 1970 sort first.
fn ordered(at_ms: i64) -> [u8; 8] {
    ((at_ms as u64) ^ (1 << 63)).to_be_bytes()
}

fn moment(bytes: [u8; 8]) -> i64 {
    (u64::from_be_bytes(bytes) ^ (1 << 63)) as i64
}

/// The instance, a zero byte, start, id, boot.
fn encode_key(meeting: &Meeting) -> Vec<u8> {
    let numbers = [&ordered(meeting.started_ms)[..], &meeting.id, &meeting.boot.to_be_bytes()];
    [meeting.instance.as_bytes(), &[0], &numbers.concat()].concat()
}

/// Marks (one byte), last seen, peaks of participants and cameras, their sums and the seconds
/// watched (all 64 bits, big endian), tenant (the rest).
fn encode(meeting: &Meeting) -> Vec<u8> {
    [
        &[meeting.marks.0][..],
        &meeting.seen_ms.to_be_bytes(),
        &u64::from(meeting.participants_peak).to_be_bytes(),
        &u64::from(meeting.cameras_peak).to_be_bytes(),
        &meeting.participant_seconds.to_be_bytes(),
        &meeting.camera_seconds.to_be_bytes(),
        &meeting.measured_seconds.to_be_bytes(),
        meeting.tenant.as_bytes(),
    ]
    .concat()
}

fn decode(instance: &str, key: &[u8], value: &[u8]) -> Option<Meeting> {
    let (started, key) = key.split_first_chunk::<8>()?;
    let (id, boot) = key.split_first_chunk::<16>()?;
    let (&marks, value) = value.split_first()?;
    let (numbers, tenant) = value.split_at_checked(48)?;
    let ([seen, participants, cameras, users, streams, measured], []) = numbers.as_chunks::<8>()
    else {
        return None;
    };
    Some(Meeting {
        instance: instance.into(),
        boot: u64::from_be_bytes(boot.try_into().ok()?),
        id: *id,
        tenant: str::from_utf8(tenant).ok()?.to_owned(),
        started_ms: moment(*started),
        seen_ms: i64::from_be_bytes(*seen),
        marks: Marks(marks),
        measured_seconds: f64::from_be_bytes(*measured),
        participants_peak: u64::from_be_bytes(*participants).try_into().ok()?,
        participant_seconds: f64::from_be_bytes(*users),
        cameras_peak: u64::from_be_bytes(*cameras).try_into().ok()?,
        camera_seconds: f64::from_be_bytes(*streams),
    })
}
