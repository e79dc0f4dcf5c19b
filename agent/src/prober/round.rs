//! What the pings of one round said. Pure.

use core::net::IpAddr;
use std::time::Duration;

use headroom_proto::wire::{DiscardReason, DiscardedReplies, ProbeError, ProbeErrors, ProbeRound};

use super::fetched::{Fetch, Fetches};
use super::stamp::whole_us;
use super::train::Train;

/// How many pings a round has.
pub const PINGS: u32 = 20;

/// How many a round of a page has: each is a handshake of TLS, which costs a server more than hundreds of packets,
/// and its access log a line.
pub const PAGES: u32 = 4;

/// How long a round is.
pub const SPAN: Duration = Duration::from_secs(60);

/// How long a reply may take. What comes later is late.
pub const TIMEOUT: Duration = Duration::from_secs(3);

/// How many errors and reasons there are.
const ERRORS: usize = ProbeError::Answer as usize + 1;
const REASONS: usize = DiscardReason::WrongPayload as usize + 1;

/// A round that is under way.
#[derive(Debug, Clone, PartialEq)]
pub struct Round {
    /// Its number on its path.
    pub number: u64,
    /// When it began, by the wall clock, and how long it is.
    pub begin_ms: i64,
    /// How long it is.
    pub span: Duration,
    sent: u32,
    answers: Vec<Answer>,
    errors: [u32; ERRORS],
    discarded: [u32; REASONS],
    hop_limit: u8,
    address: Option<IpAddr>,
    router: Option<IpAddr>,
    fetches: Option<Box<Fetches>>,
    train: Option<Box<Train>>,
}

/// An answer: which ping, and how long it took.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Answer {
    ping: u32,
    took_us: u32,
}

/// Jitter of a path as RFC 3550 has it (section 6.4.1), which goes on from round to round.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Jitter {
    last_us: Option<u32>,
    value_us: Option<f64>,
}

impl Round {
    /// A round without pings.
    pub fn new(number: u64, begin_ms: i64, span: Duration) -> Self {
        Self {
            number,
            begin_ms,
            span,
            sent: 0,
            answers: Vec::new(),
            errors: [0; ERRORS],
            discarded: [0; REASONS],
            hop_limit: 0,
            address: None,
            router: None,
            fetches: None,
            train: None,
        }
    }

    /// A ping was due, and goes to an address if there is one.
    pub fn send(&mut self, address: Option<IpAddr>) {
        self.sent += 1;
        self.address = address.or(self.address);
    }

    /// A ping was answered.
    pub fn answer(&mut self, ping: u32, round_trip: Duration, hop_limit: u8) {
        let answer = Answer { ping, took_us: whole_us(round_trip) };
        self.answers.push(answer);
        if hop_limit > 0 {
            self.hop_limit = hop_limit;
        }
    }

    /// A ping ended with an error.
    pub fn fail(&mut self, error: ProbeError, router: Option<IpAddr>) {
        self.errors[error as usize] += 1;
        self.router = router.or(self.router);
    }

    /// A ping over HTTPS told this beside.
    pub fn fetch(&mut self, fetch: Fetch) {
        self.fetches.get_or_insert_default().add(fetch);
    }

    /// The train that goes meanwhile, which counts nowhere else.
    pub fn train(&mut self) -> &mut Train {
        self.train.get_or_insert_default()
    }

    /// A reply counts for nothing.
    pub fn discard(&mut self, reason: DiscardReason) {
        self.discarded[reason as usize] = self.discarded[reason as usize].saturating_add(1);
    }

    /// Whether nothing was due in it.
    pub fn is_empty(&self) -> bool {
        self.sent == 0
    }

    /// Whether nobody answered.
    pub fn is_silent(&self) -> bool {
        self.answers.is_empty()
    }

    /// Whether all pings ended since this host has no way out.
    pub fn has_no_way(&self) -> bool {
        self.errors[ProbeError::NoRoute as usize] == self.sent
    }

    /// What it said, for the wire, without the path that it is of; the jitter goes on.
    pub fn close(mut self, jitter: &mut Jitter) -> ProbeRound {
        self.answers.sort_unstable();
        for answer in &self.answers {
            jitter.take(answer.took_us);
        }
        let mut took: Vec<u32> = self.answers.iter().map(|answer| answer.took_us).collect();
        took.sort_unstable();
        let text = |address: Option<IpAddr>| address.map_or_else(String::new, |a| a.to_string());
        ProbeRound {
            begin_ms: self.begin_ms,
            span_ms: self.span.as_millis() as u32,
            sent: self.sent,
            round_trips_us: differences(&took),
            errors: counted(&self.errors, |error, count| ProbeErrors { error, count }),
            discarded: counted(&self.discarded, |reason, count| DiscardedReplies { reason, count }),
            jitter_us: jitter
                .value_us
                .filter(|_| !took.is_empty())
                .map(|value| value.round() as u32),
            hop_limit: self.hop_limit.into(),
            address: text(self.address),
            router: text(self.router),
            https: self.fetches.map(|fetches| fetches.told()),
            train: self.train.and_then(|train| train.told()),
            ..ProbeRound::default()
        }
    }
}

impl Jitter {
    fn take(&mut self, took_us: u32) {
        if let Some(last_us) = self.last_us.replace(took_us) {
            let difference = f64::from(took_us.abs_diff(last_us));
            let before = self.value_us.unwrap_or(0.0);
            self.value_us = Some(before + (difference - before) / 16.0);
        }
    }
}

/// The first of sorted numbers, then how much more each is than the one before.
fn differences(sorted: &[u32]) -> Vec<u32> {
    let before = std::iter::once(&0).chain(sorted);
    sorted.iter().zip(before).map(|(one, before)| one - before).collect()
}

fn counted<T>(counts: &[u32], make: impl Fn(i32, u32) -> T) -> Vec<T> {
    let there = counts.iter().enumerate().filter(|(_, count)| **count > 0);
    there.map(|(place, count)| make(place as i32, *count)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_round_tells_all_that_came_of_its_pings() {
        let mut round = Round::new(3, 1000, SPAN);
        assert!(round.is_empty());
        let (target, router) = ([192, 0, 2, 1].into(), [192, 0, 2, 254].into());
        for ping in 0..6 {
            round.send((ping > 0).then_some(target));
        }
        round.fail(ProbeError::Unresolved, None);
        round.answer(3, Duration::from_micros(900), 57);
        round.answer(1, Duration::from_micros(1000), 0);
        round.answer(2, Duration::from_micros(1160), 58);
        round.fail(ProbeError::Prohibited, Some(router));
        round.discard(DiscardReason::Duplicate);
        round.discard(DiscardReason::Duplicate);
        assert!(!round.is_silent() && !round.has_no_way());
        let mut jitter = Jitter::default();
        let told = round.close(&mut jitter);
        assert_eq!((told.sent, told.span_ms, told.begin_ms), (6, 60_000, 1000));
        assert_eq!(told.round_trips_us, [900, 100, 160]);
        assert_eq!(
            (told.hop_limit, &*told.address, &*told.router),
            (58, "192.0.2.1", "192.0.2.254")
        );
        let errors: Vec<_> = told.errors.iter().map(|one| (one.error(), one.count)).collect();
        assert_eq!(errors, [(ProbeError::Unresolved, 1), (ProbeError::Prohibited, 1)]);
        assert_eq!(
            (told.discarded[0].reason(), told.discarded[0].count),
            (DiscardReason::Duplicate, 2)
        );
        // 1000, 1160, 900 in the order of their sending: 160/16 = 10; 10 + (260 - 10)/16.
        assert_eq!(told.jitter_us, Some(26));
        // It goes on: 900 to 900.
        let mut next = Round::new(4, 2000, SPAN);
        next.send(None);
        next.answer(0, Duration::from_micros(900), 0);
        assert_eq!(next.close(&mut jitter).jitter_us, Some(24));
        assert_eq!(Round::new(5, 0, SPAN).close(&mut jitter).jitter_us, None);
    }

    #[test]
    fn a_host_without_a_way_out_is_told_from_one_that_hears_nothing() {
        let mut round = Round::new(0, 0, SPAN);
        round.send(None);
        assert!(!round.has_no_way() && round.is_silent());
        round.fail(ProbeError::NoRoute, None);
        assert!(round.has_no_way());
    }

    proptest! {
        #[test]
        fn round_trips_are_sorted_and_whole(took in proptest::collection::vec(0_u64..5_000_000, 0..100)) {
            let mut round = Round::new(0, 0, SPAN);
            for (ping, took_us) in took.iter().enumerate() {
                round.send(None);
                round.answer(ping as u32, Duration::from_micros(*took_us), 0);
            }
            let told = round.close(&mut Jitter::default());
            let mut sum = 0;
            let read: Vec<u32> = told.round_trips_us.iter().map(|step| { sum += step; sum }).collect();
            let mut sorted: Vec<u32> = took.iter().map(|took_us| (*took_us as u32).max(1)).collect();
            sorted.sort_unstable();
            prop_assert_eq!(read, sorted);
        }
    }
}
