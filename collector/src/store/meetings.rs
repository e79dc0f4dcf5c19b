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
    /// Those with a microphone or a telephone; none if nobody told.
    pub voices: Option<Use>,
    /// Those who hear without a microphone.
    pub listeners: Option<Use>,
    /// Streams of cameras to all who see them, estimated.
    pub cameras_out: Option<Use>,
}

/// How much there was of something.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Use {
    /// The most at once.
    pub peak: u32,
    /// Its number times seconds.
    pub seconds: f64,
}

impl Use {
    /// Both together; what one of two did not know is not known of both.
    fn joined(own: Option<Self>, other: Option<Self>) -> Option<Self> {
        let (own, other) = own.zip(other)?;
        Some(Self { peak: own.peak.max(other.peak), seconds: own.seconds + other.seconds })
    }
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

    /// Its row tells of voices, listeners or camera streams out.
    const USES: u8 = 128;

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
        self.voices = Use::joined(self.voices, other.voices);
        self.listeners = Use::joined(self.listeners, other.listeners);
        self.cameras_out = Use::joined(self.cameras_out, other.cameras_out);
    }

    fn uses(&self) -> [Option<Use>; 3] {
        [self.voices, self.listeners, self.cameras_out]
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
    /// watched; if any use is known, peaks and sums of the three (all 64 bits, big endian); tenant (the
    /// rest).
    fn encode(&self) -> Vec<u8> {
        let uses = encode_uses(self.uses());
        let marks = self.marks.0 | if uses.is_empty() { 0 } else { Marks::USES };
        [
            &[marks][..],
            &self.seen_ms.to_be_bytes(),
            &u64::from(self.participants_peak).to_be_bytes(),
            &u64::from(self.cameras_peak).to_be_bytes(),
            &self.participant_seconds.to_be_bytes(),
            &self.camera_seconds.to_be_bytes(),
            &self.measured_seconds.to_be_bytes(),
            &uses,
            self.tenant.as_bytes(),
        ]
        .concat()
    }

    fn decode(instance: &Arc<str>, key: &[u8], row: &[u8]) -> Option<Self> {
        let (started, key) = key.split_first_chunk::<8>()?;
        let (id, boot) = key.split_first_chunk::<16>()?;
        let (&marks, row) = row.split_first()?;
        let (numbers, row) = row.split_at_checked(48)?;
        let known = if marks & Marks::USES == 0 { 0 } else { USES_BYTES };
        let (uses, tenant) = row.split_at_checked(known)?;
        let [voices, listeners, cameras_out] = decode_uses(uses)?;
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
            marks: Marks(marks & !Marks::USES),
            measured_seconds: f64::from_be_bytes(*measured),
            participants_peak: u64::from_be_bytes(*participants).try_into().ok()?,
            participant_seconds: f64::from_be_bytes(*users),
            cameras_peak: u64::from_be_bytes(*cameras).try_into().ok()?,
            camera_seconds: f64::from_be_bytes(*streams),
            voices,
            listeners,
            cameras_out,
        })
    }

    fn bytes(&self) -> u64 {
        (size_of::<Self>() + self.tenant.len()) as u64
    }
}

const USES_BYTES: usize = 48;

/// Nothing if nothing is known.
fn encode_uses(uses: [Option<Use>; 3]) -> Vec<u8> {
    if uses.iter().all(Option::is_none) {
        return Vec::new();
    }
    let peaks = uses.map(|used| u64::from(used.map_or(0, |used| used.peak)).to_be_bytes());
    let sums = uses.map(|used| used.map_or(f64::NAN, |used| used.seconds).to_be_bytes());
    [peaks, sums].concat().concat()
}

fn decode_uses(bytes: &[u8]) -> Option<[Option<Use>; 3]> {
    if bytes.is_empty() {
        return Some([None; 3]);
    }
    let (numbers, []) = bytes.as_chunks::<8>() else { return None };
    let (peaks, sums) = numbers.split_at_checked(3)?;
    let mut uses = [None; 3];
    for (known, (peak, sum)) in uses.iter_mut().zip(peaks.iter().zip(sums)) {
        let peak = u64::from_be_bytes(*peak).try_into().ok()?;
        let seconds = f64::from_be_bytes(*sum);
        *known = (!seconds.is_nan()).then_some(Use { peak, seconds });
    }
    Some(uses)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn meeting(uses: [Option<Use>; 3]) -> Meeting {
        let [voices, listeners, cameras_out] = uses;
        Meeting {
            instance: "ca1".into(),
            boot: 7,
            id: [3; 16],
            tenant: "school".into(),
            started_ms: 1_000,
            seen_ms: 2_000,
            marks: Marks::ENDED.and(Marks::RECORDED),
            measured_seconds: 1.0,
            participants_peak: 4,
            participant_seconds: 3.5,
            cameras_peak: 2,
            camera_seconds: 1.5,
            voices,
            listeners,
            cameras_out,
        }
    }

    #[test]
    fn rows_come_back_with_what_was_known() {
        let used = |peak, seconds| Some(Use { peak, seconds });
        for uses in [
            [None; 3],
            [used(3, 2.5), used(0, 0.0), used(40, 1e9)],
            [None, None, used(1, 0.25)],
            [used(1, 0.25), None, None],
        ] {
            let meeting = meeting(uses);
            let read = Meeting::decode(&"ca1".into(), &meeting.key(), &meeting.encode());
            assert_eq!(read.as_ref(), Some(&meeting));
        }
    }

    /// As it stood in stores before there were sums of voices.
    #[test]
    fn a_row_without_uses_is_as_it_was_and_knows_none() {
        let row = meeting([None; 3]).encode();
        assert_eq!((row[0], row.len()), (5, 1 + 48 + "school".len()));
        assert_eq!(&row[49..], b"school");
        let known = meeting([Some(Use { peak: 1, seconds: 1.0 }), None, None]).encode();
        assert_eq!((known[0], known.len()), (5 | 128, row.len() + 48));
        for end in 49..known.len() - "school".len() {
            let key = meeting([None; 3]).key();
            assert_eq!(Meeting::decode(&"ca1".into(), &key, &known[..end]), None, "{end}");
        }
    }

    #[test]
    fn what_one_boot_did_not_know_is_not_known_of_both() {
        let used = |seconds| Some(Use { peak: seconds as u32, seconds });
        let mut first = meeting([used(2.0), used(1.0), None]);
        first.join(&meeting([used(5.0), None, None]));
        assert_eq!(first.uses(), [Some(Use { peak: 5, seconds: 7.0 }), None, None]);
    }
}
