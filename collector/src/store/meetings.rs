//! Meetings as intervals of use, each under a keyed hash: what a report of one meeting needs, and
//! nobody's name.

use std::collections::BTreeMap;
use std::sync::Arc;

use fjall::{Keyspace, UserKey};

use super::StoreError;
use super::database::{self, Database};
use super::rows::{self, Place, Record};
use crate::moments::DAY_MS;
use crate::samples::{Budget, Held, ReadError, TimeRange, sorted};

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
    let known = rows::at_key_of(database, meeting)?;
    Ok(known.is_none_or(|known| {
        let ended = known.marks.has(Marks::ENDED) && !meeting.marks.has(Marks::ENDED);
        meeting.measured_seconds >= known.measured_seconds && !ended
    }))
}

/// The meetings of `instance` that touch `range`, by their start; what several boots saw of one is
/// joined.
pub fn read(
    database: &Database,
    instance: &str,
    range: TimeRange,
    budget: &Budget,
) -> Result<Vec<Meeting>, ReadError> {
    let first = ordered(range.from_ms.saturating_sub(LONGEST_MS)).to_vec();
    let end = ordered(range.to_ms.saturating_add(1)).to_vec();
    let mut joined: BTreeMap<[u8; 16], Meeting> = BTreeMap::new();
    let mut memory = Held::nothing(budget);
    let place = Place { instance, keys: Some(first..end) };
    rows::each(database, place, budget, |meeting: Meeting| {
        if let Some(known) = joined.get_mut(&meeting.id) {
            known.join(&meeting);
        } else {
            memory.more(size_of_val(&meeting.id) as u64 + meeting.bytes())?;
            joined.insert(meeting.id, meeting);
        }
        Ok(())
    })?;
    let mut meetings: Vec<Meeting> = Vec::new();
    for meeting in joined.into_values().filter(|meeting| meeting.seen_ms >= range.from_ms) {
        memory.less(meeting.bytes());
        budget.hold(meeting.bytes())?;
        meetings.push(meeting);
    }
    drop(memory);
    sorted(meetings, budget, |a, b| (a.started_ms, a.id).cmp(&(b.started_ms, b.id)))
}

/// The keys of meetings that started before `oldest_ms`, at most so many.
pub fn expired(
    database: &Database,
    oldest_ms: i64,
    most: usize,
) -> Result<Vec<UserKey>, StoreError> {
    let mut keys = Vec::new();
    for entry in database.meetings.iter() {
        let (key, _) = database::entry(entry, "forget old meetings")?;
        let started = key.iter().position(|&byte| byte == 0).and_then(|end| started_of(&key, end));
        if started.is_some_and(|started_ms| started_ms < oldest_ms) {
            keys.push(key);
        }
        if keys.len() == most {
            break;
        }
    }
    Ok(keys)
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

impl Record for Meeting {
    const NAME: &'static str = "meetings";

    fn keyspace(database: &Database) -> &Keyspace {
        &database.meetings
    }

    fn instance(&self) -> &str {
        &self.instance
    }

    /// Start, id, boot.
    fn key(&self) -> Vec<u8> {
        [&ordered(self.started_ms)[..], &self.id, &self.boot.to_be_bytes()].concat()
    }

    /// Marks (one byte), last seen, peaks of participants and cameras, their sums and the seconds
    /// watched (all 64 bits, big endian), tenant (the rest).
    fn encode(&self) -> Vec<u8> {
        [
            &[self.marks.0][..],
            &self.seen_ms.to_be_bytes(),
            &u64::from(self.participants_peak).to_be_bytes(),
            &u64::from(self.cameras_peak).to_be_bytes(),
            &self.participant_seconds.to_be_bytes(),
            &self.camera_seconds.to_be_bytes(),
            &self.measured_seconds.to_be_bytes(),
            self.tenant.as_bytes(),
        ]
        .concat()
    }

    fn decode(instance: &Arc<str>, key: &[u8], row: &[u8]) -> Option<Self> {
        let (started, key) = key.split_first_chunk::<8>()?;
        let (id, boot) = key.split_first_chunk::<16>()?;
        let (&marks, row) = row.split_first()?;
        let (numbers, tenant) = row.split_at_checked(48)?;
        let ([seen, participants, cameras, users, streams, measured], []) =
            numbers.as_chunks::<8>()
        else {
            return None;
        };
        Some(Self {
            instance: Arc::clone(instance),
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

    fn bytes(&self) -> u64 {
        (size_of::<Self>() + self.tenant.len()) as u64
    }
}
