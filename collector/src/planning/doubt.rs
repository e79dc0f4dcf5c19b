//! What cannot be told, or not with confidence, each with its sentence.

use thiserror::Error;

use super::media::{Media, Page, Source};
use super::prior::SharesFrom;
use super::row::{Row, Standing};

/// Busy days below which a history is called thin.
const THIN_DAYS: usize = 4;

/// Why there is no number, or why it is wider than one would like.
#[derive(Debug, Clone, Copy, PartialEq, Error)]
pub enum Doubt {
    /// Columns of a fit say the same.
    #[error(
        "what was measured cannot be told apart by kind: kinds of load always came together \
         (condition number {condition:.0})"
    )]
    Collinear {
        /// Of the scaled sums.
        condition: f64,
    },
    /// No minute with a measurement.
    #[error("nothing was measured that could be held against rooms")]
    NothingMeasured,
    /// Measurements, but nobody in rooms.
    #[error("no rooms were seen in this history: all that follows is the published formula")]
    NoRooms,
    /// Rooms, but hardly any traffic.
    #[error(
        "rooms were seen, but their host sent next to nothing: media may leave by another \
         interface, or another host"
    )]
    NoTraffic,
    /// Few busy days.
    #[error(
        "only {}: ranges come from the published formula for the most part", busy(*days)
    )]
    ThinHistory {
        /// Days with more than five people.
        days: usize,
    },
    /// Base load without people.
    #[error(
        "{mbit:.1} Mbit/s leave this host when nobody is there: other services use its interface; \
         they are counted as base load"
    )]
    OtherServices {
        /// Base.
        mbit: f64,
    },
    /// Minutes that hide demand.
    #[error(
        "in {minutes} minutes the link was full or dropped packets: more was asked for than was \
         sent, so peaks of their days count as at least what was sent"
    )]
    HiddenDemand {
        /// So many.
        minutes: usize,
    },
    /// Part of the history has no reading.
    #[error("{minutes} minutes of this history have no reading; nothing is assumed for them")]
    MissingMinutes {
        /// So many.
        minutes: usize,
    },
    /// Counters that began anew.
    #[error(
        "the counters of the interface began anew {}, as when a host is started: what was \
         sent between the last reading before and the first after is not known", times_over(*times)
    )]
    Restarted {
        /// So often.
        times: usize,
    },
    /// A clock that went back.
    #[error(
        "{minutes} minutes came twice or out of order, as when a clock is set: they are left out"
    )]
    ClockSet {
        /// So many.
        minutes: usize,
    },
    /// Nothing tells of shares, but the mix has some.
    #[error(
        "nothing tells of screen shares on this host (no SFU exporter, no bytes in), so what a \
         share costs is mixed into everything else: no figure for rooms that share"
    )]
    SharesUnknown,
    /// Shares are estimated.
    #[error(
        "screen shares are estimated from bytes in: their rooms are not known, so ranges of rooms \
         that share are wider"
    )]
    SharesEstimated,
    /// Settings could not be read.
    #[error(
        "BigBlueButton's settings could not be read: pages of {page} cameras are assumed, and ranges \
         reach up to what they would be without pages, and down to cameras as published"
    )]
    SettingsAssumed {
        /// Of viewers.
        page: u32,
    },
    /// A factor that no host was seen with.
    #[error(
        "cameras take {factor:.2} times the published figure, which no setting explains: pages \
         may be off, or cameras set higher, than the host says"
    )]
    CameraFactor {
        /// Of cameras.
        factor: f64,
    },
    /// A mix that cannot be.
    #[error("a room cannot have {cameras} cameras and {people} people: each camera is a person's")]
    MoreCamerasThanPeople {
        /// As typed.
        cameras: u32,
        /// As typed.
        people: u32,
    },
    /// A mix of nobody.
    #[error("a mix without people asks for nothing")]
    EmptyMix,
    /// A link that tells no speed.
    #[error(
        "the speed of the link is not known (the kernel says {}): set it under [[links]] in the \
         configuration", said(*told)
    )]
    LinkSpeedUnknown {
        /// As the kernel told it.
        told: f64,
    },
    /// Parts beyond the whole.
    #[error(
        "the parts of organisations sum to {ratio:.2} times what the interface counted: they are \
         scaled down to it"
    )]
    PartsAboveWhole {
        /// Parts over whole.
        ratio: f64,
    },
    /// More than was ever there.
    #[error(
        "this mix asks {times:.1} times the most that was ever seen here: the published formula \
         carries {prior_share:.0} % of the answer"
    )]
    BeyondTheSeen {
        /// Expected over the highest minute.
        times: f64,
        /// Weight of the prior in the kind that decides, in percent.
        prior_share: f64,
    },
    /// Too short for a forecast.
    #[error("a forecast needs four weeks of days; {days} were seen")]
    ShortHistory {
        /// Days with a peak.
        days: usize,
    },
    /// Days, but nobody on them.
    #[error("a forecast needs days with people in rooms; none were seen")]
    NobodyToForesee,
    /// BigBlueButton was silent.
    #[error(
        "BigBlueButton did not answer in {minutes} minutes of this history; they are left out, and \
         peaks may lie among them"
    )]
    Unanswered {
        /// So many.
        minutes: usize,
    },
    /// Another release, or other settings.
    #[error(
        "BigBlueButton's release or its settings changed within this history: only what came after \
         counts"
    )]
    NewRegime,
    /// Settings were not read for a while.
    #[error(
        "in {minutes} minutes BigBlueButton's settings could not be read and streams were counted by \
         others: these minutes are left out"
    )]
    SettingsUnread {
        /// So many.
        minutes: usize,
    },
    /// No listeners are told.
    #[error("BigBlueButton tells of no listeners: who has no microphone is taken to listen")]
    ListenersUnknown,
}

fn times_over(times: usize) -> String {
    if times == 1 { "once".into() } else { format!("{times} times") }
}

fn busy(days: usize) -> String {
    if days == 1 { "1 busy day was seen".into() } else { format!("{days} busy days were seen") }
}

/// A speed in Mbit/s as it was told.
fn said(mbit: f64) -> String {
    if mbit.is_finite() { format!("{mbit:.0} Mbit/s") } else { "nothing".into() }
}

impl Doubt {
    /// What is to be said of a history.
    pub fn of_history(
        rows: &[Row<4>],
        media: &Media,
        shares: SharesFrom,
        busy_days: usize,
    ) -> Vec<Self> {
        let mut doubts = Vec::new();
        let people = rows.iter().filter(|row| row.people > 0.0);
        let (count, sent) = people
            .filter(|row| row.measured.is_finite())
            .fold((0.0, 0.0), |(count, sent), row| (count + row.people, sent + row.measured));
        if count == 0.0 {
            doubts.push(Self::NoRooms);
        } else if sent / count < LEAST_MBIT_OF_A_PERSON {
            doubts.push(Self::NoTraffic);
        }
        if count > 0.0 && busy_days < THIN_DAYS {
            doubts.push(Self::ThinHistory { days: busy_days });
        }
        let hidden = rows.iter().filter(|row| row.standing == Standing::AtLeast).count();
        if hidden > 0 {
            doubts.push(Self::HiddenDemand { minutes: hidden });
        }
        let missing = rows.iter().filter(|row| !row.measured.is_finite()).count();
        if missing > 0 {
            doubts.push(Self::MissingMinutes { minutes: missing });
        }
        match shares {
            SharesFrom::Told => {}
            SharesFrom::BytesIn => doubts.push(Self::SharesEstimated),
            SharesFrom::Unknown => doubts.push(Self::SharesUnknown),
        }
        if let (Source::Assumed, Page::Of(page)) = (media.source, media.pages.viewer) {
            doubts.push(Self::SettingsAssumed { page });
        }
        doubts
    }
}

/// A fifth of the audio that one person is sent.
const LEAST_MBIT_OF_A_PERSON: f64 = 0.013;
