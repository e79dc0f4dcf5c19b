//! A round of pings as an agent tells it, checked: nothing in it contradicts itself.

use core::net::IpAddr;

use headroom_proto::limits::MAX_ROUND_PINGS;
use headroom_proto::wire::{
    AddressFamily, DiscardReason, HttpsAnswers, ProbeError, ProbeKind, ProbeRound, ProbeTrain,
};

use crate::store::{PathRound, Tally};

/// How long a round may have waited before it was told, and how far clocks may be set meanwhile.
const LONGEST_WAIT_MS: i64 = 24 * 3_600_000;
const LONGEST_STEP_MS: i64 = 300_000;

/// The longest round, in milliseconds, and the longest time of anything in it, in microseconds.
const LONGEST_MS: u32 = 3_600_000;
const LONGEST_US: u32 = 3_600_000_000;

/// No certificate ends later: 9999-12-31T23:59:59Z (RFC 5280, 4.1.2.5).
const LAST_END_S: i64 = 253_402_300_799;

/// A round that makes sense.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Round {
    /// The target, as the configuration writes it.
    pub target: String,
    /// How it was asked.
    pub kind: ProbeKind,
    /// Over which family.
    pub family: AddressFamily,
    /// When it began, in Unix milliseconds, and how long it was.
    pub begin_ms: i64,
    /// How long it was.
    pub span_ms: u32,
    /// How many pings there were.
    pub sent: u32,
    /// Round trips in microseconds, sorted.
    pub round_trips_us: Vec<u32>,
    /// How many ended with which error.
    pub errors: Vec<(ProbeError, u32)>,
    /// How many replies counted for nothing, and why.
    pub discarded: Vec<(DiscardReason, u32)>,
    /// Jitter in microseconds.
    pub jitter_us: Option<u32>,
    /// What was left of the hop limit.
    pub hop_limit: Option<u8>,
    /// Whether the vantage was cut off, so that this says nothing of the target.
    pub vantage_offline: bool,
    /// The address that was asked, if it is one.
    pub address: Option<IpAddr>,
    /// Who sent the last error, if that was a router.
    pub router: Option<IpAddr>,
    /// How long the name was last looked up, in microseconds.
    pub resolve_us: Option<u32>,
    /// What HTTPS told beside; none of other kinds.
    pub https: Option<HttpsAnswers>,
    /// Packets at the pace of speech that went meanwhile.
    pub train: Option<ProbeTrain>,
}

/// Why a round is not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum RoundError {
    /// Of a kind or family that this version does not know.
    #[error("a round of a kind or family that this collector does not know")]
    Kind,
    /// Without pings, or with too many.
    #[error("a round of {0} pings, not of 1 to {MAX_ROUND_PINGS}")]
    Pings(u32),
    /// Longer than rounds are.
    #[error("a round of {0} ms")]
    Span(u32),
    /// More answers and errors than pings.
    #[error("a round of {sent} pings with {ended} answers and errors")]
    Ended {
        /// How many pings.
        sent: u32,
        /// How many ends.
        ended: u64,
    },
    /// A round trip of nothing, or of more than fits.
    #[error("a round with a round trip of nothing, or of more than an hour")]
    RoundTrip,
    /// A train that contradicts itself.
    #[error(
        "a round with a train of {sent} packets, {received} answered, {reordered} of them late"
    )]
    Train {
        /// How many packets.
        sent: u32,
        /// How many answers.
        received: u32,
        /// How many of them behind a later one.
        reordered: u32,
    },
    /// Cut off, and answered all the same.
    #[error("a round of a vantage that was offline, with answers")]
    Offline,
}

impl Round {
    /// Checks what an agent says.
    pub fn of(told: ProbeRound) -> Result<Self, RoundError> {
        let (kind, family) = (told.kind(), told.family());
        if kind == ProbeKind::Unspecified || family == AddressFamily::Unspecified {
            return Err(RoundError::Kind);
        }
        if told.sent == 0 || told.sent as usize > MAX_ROUND_PINGS {
            return Err(RoundError::Pings(told.sent));
        }
        if told.span_ms == 0 || told.span_ms > LONGEST_MS {
            return Err(RoundError::Span(told.span_ms));
        }
        let round_trips = told.round_trips_us.len() as u64;
        let errors: u64 = told.errors.iter().map(|one| u64::from(one.count)).sum();
        let ended = round_trips.saturating_add(errors);
        if ended > u64::from(told.sent) {
            return Err(RoundError::Ended { sent: told.sent, ended });
        }
        if told.vantage_offline && round_trips > 0 {
            return Err(RoundError::Offline);
        }
        let train = told.train.map(checked).transpose()?;
        let round_trips_us = added_up(&told.round_trips_us).ok_or(RoundError::RoundTrip)?;
        Ok(Self {
            kind,
            family,
            begin_ms: told.begin_ms,
            span_ms: told.span_ms,
            sent: told.sent,
            round_trips_us,
            // What a later version tells apart, this one counts as other.
            errors: counted(told.errors.iter().map(|one| {
                let known = ProbeError::try_from(one.error).unwrap_or(ProbeError::Other);
                (known, one.count)
            })),
            discarded: counted(told.discarded.iter().map(|one| {
                let known = DiscardReason::try_from(one.reason);
                (known.unwrap_or(DiscardReason::Unspecified), one.count)
            })),
            jitter_us: told.jitter_us,
            hop_limit: u8::try_from(told.hop_limit).ok().filter(|hops| *hops > 0),
            vantage_offline: told.vantage_offline,
            address: told.address.parse().ok(),
            router: told.router.parse().ok(),
            resolve_us: told.resolve_us.filter(|us| *us <= LONGEST_US),
            https: told.https.filter(|_| kind == ProbeKind::Https).map(sensible),
            train,
            target: told.target,
        })
    }

    /// What is kept of it, as told at a moment. A clock that was set meanwhile moves it next to that.
    pub fn kept(&self, told_ms: i64) -> PathRound {
        let span_ms = i64::from(self.span_ms);
        let earliest_ms = told_ms.saturating_sub(LONGEST_WAIT_MS);
        let latest_ms = told_ms.saturating_add(LONGEST_STEP_MS);
        let is_likely = (earliest_ms..=latest_ms).contains(&self.begin_ms);
        PathRound {
            begin_ms: if is_likely { self.begin_ms } else { told_ms.saturating_sub(span_ms) },
            span_ms: self.span_ms,
            sent: self.sent,
            round_trips_us: self.round_trips_us.clone(),
            jitter_us: self.jitter_us,
            hop_limit: self.hop_limit,
            vantage_offline: self.vantage_offline,
            errors: tallies(self.errors.iter().map(|(error, count)| (*error as u32, *count))),
            discarded: tallies(
                self.discarded.iter().map(|(reason, count)| (*reason as u32, *count)),
            ),
            address: self.address,
            router: self.router,
        }
    }

    /// The lower median, in microseconds.
    pub fn median_us(&self) -> Option<u32> {
        let middle = self.round_trips_us.len().checked_sub(1)? / 2;
        self.round_trips_us.get(middle).copied()
    }
}

fn checked(train: ProbeTrain) -> Result<ProbeTrain, RoundError> {
    let ProbeTrain { sent, received, reordered, jitter_us, .. } = train;
    let is_sound = (1..=MAX_ROUND_PINGS as u32).contains(&sent)
        && received <= sent
        && reordered <= received
        && jitter_us.is_none_or(|us| us <= LONGEST_US);
    if is_sound { Ok(train) } else { Err(RoundError::Train { sent, received, reordered }) }
}

/// What HTTPS told, without what cannot be.
fn sensible(told: HttpsAnswers) -> HttpsAnswers {
    let part = |us: Option<u32>| us.filter(|us| *us <= LONGEST_US);
    HttpsAnswers {
        connect_us: part(told.connect_us),
        tls_us: part(told.tls_us),
        processing_us: part(told.processing_us),
        transfer_us: part(told.transfer_us),
        status: Some(told.status).filter(|status| (100..1000).contains(status)).unwrap_or(0),
        earliest_end_s: told.earliest_end_s.filter(|end_s| (0..=LAST_END_S).contains(end_s)),
        ..told
    }
}

/// The numbers whose first and whose differences these are; none if one is zero, or more than an hour.
fn added_up(differences: &[u32]) -> Option<Vec<u32>> {
    let mut sum = 0_u32;
    let add = |step: &u32| {
        sum = sum.checked_add(*step).filter(|sum| (1..=LONGEST_US).contains(sum))?;
        Some(sum)
    };
    differences.iter().map(add).collect()
}

fn tallies(counts: impl Iterator<Item = (u32, u32)>) -> Vec<Tally> {
    counts.map(|(kind, count)| Tally { kind, count }).collect()
}

/// Adds up what stands twice.
fn counted<K: PartialEq>(told: impl Iterator<Item = (K, u32)>) -> Vec<(K, u32)> {
    let mut counts: Vec<(K, u32)> = Vec::new();
    for (key, count) in told.filter(|(_, count)| *count > 0) {
        match counts.iter_mut().find(|(known, _)| *known == key) {
            Some((_, known)) => *known = known.saturating_add(count),
            None => counts.push((key, count)),
        }
    }
    counts
}

#[cfg(test)]
mod tests {
    use super::*;
    use headroom_proto::wire::ProbeErrors;
    use proptest::prelude::*;

    /// A change to a good round, and what is said of it.
    type Case = (fn(&mut ProbeRound), &'static str);

    fn good() -> ProbeRound {
        ProbeRound {
            target: "ca1".into(),
            kind: ProbeKind::Icmp.into(),
            family: AddressFamily::Ipv4.into(),
            begin_ms: 1000,
            span_ms: 60_000,
            sent: 5,
            round_trips_us: vec![100, 50, 0, 10],
            errors: vec![ProbeErrors { error: ProbeError::Refused.into(), count: 1 }],
            ..ProbeRound::default()
        }
    }

    #[test]
    fn a_round_that_contradicts_itself_is_refused() {
        let cases: [Case; 14] = [
            (|_| {}, ""),
            (|r| r.kind = 0, "a round of a kind or family that this collector does not know"),
            (|r| r.kind = 77, "a round of a kind or family that this collector does not know"),
            (|r| r.family = 3, "a round of a kind or family that this collector does not know"),
            (|r| r.sent = 0, "a round of 0 pings, not of 1 to 100"),
            (|r| r.sent = 101, "a round of 101 pings, not of 1 to 100"),
            (|r| r.span_ms = 0, "a round of 0 ms"),
            (|r| r.sent = 4, "a round of 4 pings with 5 answers and errors"),
            (
                |r| r.errors[0].count = u32::MAX,
                "a round of 5 pings with 4294967299 answers and errors",
            ),
            (
                |r| r.round_trips_us[0] = 0,
                "a round with a round trip of nothing, or of more than an hour",
            ),
            (
                |r| r.round_trips_us[3] = u32::MAX,
                "a round with a round trip of nothing, or of more than an hour",
            ),
            (
                |r| r.train = Some(ProbeTrain { sent: 20, received: 21, ..ProbeTrain::default() }),
                "a round with a train of 20 packets, 21 answered, 0 of them late",
            ),
            (
                |r| r.train = Some(ProbeTrain::default()),
                "a round with a train of 0 packets, 0 answered, 0 of them late",
            ),
            (|r| r.vantage_offline = true, "a round of a vantage that was offline, with answers"),
        ];
        for (change, expected) in cases {
            let mut told = good();
            change(&mut told);
            let said = Round::of(told).map_or_else(|error| error.to_string(), |_| String::new());
            assert_eq!(said, expected);
        }
    }

    #[test]
    fn medians_are_the_lower_ones() {
        let mut told = good();
        let round = Round::of(told.clone()).unwrap();
        assert_eq!(
            (round.round_trips_us.as_slice(), round.median_us()),
            (&[100, 150, 150, 160][..], Some(150))
        );
        told.round_trips_us = vec![];
        assert_eq!(Round::of(told.clone()).unwrap().median_us(), None);
        told.round_trips_us = vec![7, 1];
        assert_eq!(Round::of(told).unwrap().median_us(), Some(7));
    }

    #[test]
    fn what_is_kept_begins_when_it_did_unless_a_clock_was_set() {
        let mut told = good();
        told.address = "192.0.2.7".into();
        told.router = "no address".into();
        for (begin_ms, told_ms, kept_ms) in [
            (1000, 64_000, 1000),
            (64_000, 64_000, 64_000),
            (1000, 1000 + LONGEST_WAIT_MS, 1000),
            (1000, 1001 + LONGEST_WAIT_MS, LONGEST_WAIT_MS - 58_999),
            (i64::MAX, 64_000, 4000),
            (i64::MIN, 64_000, 4000),
        ] {
            told.begin_ms = begin_ms;
            let kept = Round::of(told.clone()).unwrap().kept(told_ms);
            assert_eq!(kept.begin_ms, kept_ms, "{begin_ms} told at {told_ms}");
            assert_eq!(kept.address, Some(IpAddr::from([192, 0, 2, 7])));
            assert_eq!((kept.router, kept.received(), kept.median_us()), (None, 4, Some(150)));
            let refused = ProbeError::Refused as u32;
            assert_eq!(kept.errors, [Tally { kind: refused, count: 1 }]);
        }
    }

    #[test]
    fn what_https_tells_is_taken_of_https_alone_and_only_as_far_as_it_can_be() {
        let https = HttpsAnswers {
            connect_us: Some(u32::MAX),
            tls_us: Some(7),
            status: 77,
            earliest_end_s: Some(i64::MAX),
            ..HttpsAnswers::default()
        };
        let mut told = ProbeRound { https: Some(https), resolve_us: Some(u32::MAX), ..good() };
        let round = Round::of(told.clone()).unwrap();
        assert_eq!((round.https, round.resolve_us), (None, None));
        told.kind = ProbeKind::Https.into();
        let kept = HttpsAnswers { tls_us: Some(7), ..HttpsAnswers::default() };
        assert_eq!(Round::of(told).unwrap().https, Some(kept));
    }

    proptest! {
        #[test]
        fn whatever_is_told_is_refused_or_adds_up(
            numbers in proptest::collection::vec(any::<u32>(), 0..110),
            counts in proptest::collection::vec((any::<i32>(), any::<u32>()), 0..20),
            sent in 0_u32..120,
        ) {
            let errors = counts.iter().map(|(error, count)| ProbeErrors { error: *error, count: *count });
            let told = ProbeRound {
                round_trips_us: numbers,
                errors: errors.collect(),
                sent,
                ..good()
            };
            if let Ok(round) = Round::of(told) {
                let errors: u32 = round.errors.iter().map(|(_, count)| count).sum();
                prop_assert!(round.round_trips_us.len() as u32 + errors <= round.sent);
                prop_assert!(round.round_trips_us.is_sorted());
            }
        }
    }
}
