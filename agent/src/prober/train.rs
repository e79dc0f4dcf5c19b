//! Packets at the pace of speech: 20 of them, 20 ms apart, each five minutes. They say what a conversation
//! meets, jitter and reordering, and count in no round. Pure.

use std::str::FromStr;
use std::time::Duration;

use headroom_proto::wire::{DiscardReason, ProbeTrain};

use super::stamp::whole_us;

/// How many packets a train has.
pub const PACKETS: u32 = 20;

/// How far apart they are.
pub const SPACING: Duration = Duration::from_millis(20);

/// In one of so many rounds of a path there is a train.
pub const ROUNDS: u64 = 5;

/// How long a train is.
pub const LENGTH: Duration = Duration::from_millis(PACKETS as u64 * SPACING.as_millis() as u64);

/// Whether trains are sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Trains {
    /// They are.
    #[default]
    Sent,
    /// Nobody wants them.
    Off,
}

/// A text that says neither.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be sent or off")]
pub struct TrainsError;

impl FromStr for Trains {
    type Err = TrainsError;

    fn from_str(text: &str) -> Result<Self, TrainsError> {
        match text {
            "sent" => Ok(Self::Sent),
            "off" => Ok(Self::Off),
            _ => Err(TrainsError),
        }
    }
}

/// A train that is under way, or was.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Train {
    sent: u32,
    /// By packet.
    took_us: [Option<u32>; PACKETS as usize],
    /// The latest packet that was answered so far.
    latest: Option<u32>,
    reordered: u32,
    duplicates: u32,
}

impl Train {
    /// A packet goes out.
    pub fn send(&mut self) {
        self.sent += 1;
    }

    /// A packet was answered, in the order of answers.
    pub fn answer(&mut self, packet: u32, round_trip: Duration) {
        let Some(place) = self.took_us.get_mut(packet as usize) else { return };
        *place = Some(whole_us(round_trip));
        self.reordered += u32::from(self.latest.is_some_and(|latest| packet < latest));
        self.latest = self.latest.max(Some(packet));
    }

    /// An answer counts for nothing.
    pub fn discard(&mut self, reason: DiscardReason) {
        self.duplicates += u32::from(reason == DiscardReason::Duplicate);
    }

    /// What it said; nothing if none of it was sent.
    pub fn told(&self) -> Option<ProbeTrain> {
        let pairs = self.took_us.iter().zip(self.took_us.iter().skip(1));
        let differences: Vec<u64> =
            pairs.filter_map(|(one, next)| Some(u64::from((*one)?.abs_diff((*next)?)))).collect();
        let count = differences.len() as u64;
        let sum: u64 = differences.iter().sum();
        (self.sent > 0).then(|| ProbeTrain {
            sent: self.sent,
            received: self.took_us.iter().flatten().count() as u32,
            reordered: self.reordered,
            duplicates: self.duplicates,
            jitter_us: (sum + count / 2).checked_div(count).map(|mean| mean as u32),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The packets in the order of their answers, with how long each took.
    fn told(answers: &[(u32, u64)]) -> ProbeTrain {
        let mut train = Train::default();
        (0..PACKETS).for_each(|_| train.send());
        for (packet, ms) in answers {
            train.answer(*packet, Duration::from_millis(*ms));
        }
        train.told().unwrap()
    }

    #[test]
    fn jitter_is_of_neighbours_and_order_of_answers() {
        let steady: Vec<_> = (0..PACKETS).map(|packet| (packet, 40)).collect();
        let all = told(&steady);
        assert_eq!((all.sent, all.received, all.reordered, all.jitter_us), (20, 20, 0, Some(0)));
        // 10, 30 and 20 ms of difference; what is missing between has no neighbour.
        let some = told(&[(0, 40), (1, 50), (2, 20), (3, 40), (5, 400)]);
        assert_eq!((some.received, some.jitter_us), (5, Some(20_000)));
        for (order, reordered) in [
            (&[0, 1, 2, 3][..], 0),
            (&[1, 0, 2, 3], 1),
            (&[3, 0, 1, 2], 3),
            (&[0, 2, 1, 3], 1),
            (&[3, 2, 1, 0], 3),
            (&[0, 2, 3], 0),
        ] {
            let answers: Vec<_> = order.iter().map(|packet| (*packet, 40)).collect();
            assert_eq!(told(&answers).reordered, reordered, "{order:?}");
        }
        assert_eq!(told(&[(0, 40), (2, 40)]).jitter_us, None);
        assert_eq!(told(&[(99, 40)]).received, 0);
        assert_eq!(Train::default().told(), None);
    }

    #[test]
    fn only_what_comes_twice_is_a_duplicate() {
        let mut train = Train::default();
        train.send();
        train.answer(0, Duration::from_millis(1));
        train.discard(DiscardReason::Duplicate);
        train.discard(DiscardReason::Late);
        assert_eq!(train.told().map(|told| (told.received, told.duplicates)), Some((1, 1)));
    }
}
