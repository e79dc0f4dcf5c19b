//! Which reply belongs to which ping. Pure: moments are arguments.
//!
//! A reply counts if it brings back a nonce that nobody can guess, comes from where its ping went, is
//! the first, and comes in time. All others are told apart, and count for nothing.

use core::net::{IpAddr, SocketAddr};
use std::collections::{HashMap, VecDeque};
use std::time::{Duration, Instant};

use headroom_proto::wire::DiscardReason;

use super::packet::Heard;
use super::paths::Place;
use super::round::TIMEOUT;
use super::stamp::Arrival;

/// How long a ping is remembered, to know what comes late or twice.
const MEMORY: Duration = Duration::from_secs(30);

/// The pings of one socket that are under way, and those that were lately: by sequence, of which
/// there are 65,536.
#[derive(Debug, Default)]
pub struct Flights {
    by_sequence: HashMap<u16, Flight>,
    /// In the order of their sending.
    order: VecDeque<(Instant, u16)>,
    next: u16,
}

/// A ping that is to be sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Launch {
    /// Whose it is.
    pub place: Place,
    /// What its reply has to bring back.
    pub nonce: u64,
    /// Where it goes; ICMP has the port 0.
    pub destination: SocketAddr,
}

/// One ping.
#[derive(Debug, Clone, Copy)]
struct Flight {
    place: Place,
    nonce: u64,
    destination: SocketAddr,
    sent: Instant,
    fate: Fate,
}

/// What became of a ping so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fate {
    Flying,
    Answered,
    Failed,
}

/// What a reply is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Landing {
    /// The answer to a ping.
    Answer {
        /// Whose.
        place: Place,
        /// How long it took.
        round_trip: Duration,
    },
    /// It counts for nothing, and stands at the ping whose sequence it has.
    Discarded(Place, DiscardReason),
    /// Nothing that was sent lately has this sequence.
    Unknown,
}

impl Flights {
    /// The sequence of a ping that is about to be sent; none while the ping that had it last is under
    /// way, which is a limit: 65,536 within a time-out.
    pub fn launch(&mut self, launch: Launch, sent: Instant) -> Option<u16> {
        self.forget(sent);
        let sequence = self.next;
        let before = self.by_sequence.get(&sequence);
        if before.is_some_and(|before| sent.saturating_duration_since(before.sent) < TIMEOUT) {
            return None;
        }
        self.next = self.next.wrapping_add(1);
        let Launch { place, nonce, destination } = launch;
        let flight = Flight { place, nonce, destination, sent, fate: Fate::Flying };
        self.by_sequence.insert(sequence, flight);
        self.order.push_back((sent, sequence));
        Some(sequence)
    }

    /// When a ping left.
    pub fn left(&mut self, sequence: u16, at: Instant) {
        if let Some(flight) = self.by_sequence.get_mut(&sequence) {
            flight.sent = at;
        }
    }

    /// A ping that was not sent after all.
    pub fn ground(&mut self, sequence: u16) {
        if let Some(flight) = self.by_sequence.get_mut(&sequence) {
            flight.fate = Fate::Failed;
        }
    }

    /// What a reply is.
    pub fn land(&mut self, heard: Heard, source: SocketAddr, arrival: Arrival) -> Landing {
        let Some(flight) = self.by_sequence.get_mut(&heard.sequence) else {
            return Landing::Unknown;
        };
        let (place, source) = (flight.place, canonical(source));
        let discarded = |reason| Landing::Discarded(place, reason);
        if heard.nonce != Some(flight.nonce) {
            // Only who is at the place that was asked can accuse that place.
            let accused = flight.destination == source;
            return if accused { discarded(DiscardReason::WrongPayload) } else { Landing::Unknown };
        }
        if flight.destination != source {
            return discarded(DiscardReason::Foreign);
        }
        if !heard.is_whole {
            return discarded(DiscardReason::WrongPayload);
        }
        match flight.fate {
            Fate::Answered => discarded(DiscardReason::Duplicate),
            Fate::Failed => discarded(DiscardReason::Late),
            Fate::Flying => {
                flight.fate = Fate::Answered;
                let round_trip = arrival.round_trip(flight.sent);
                if round_trip > TIMEOUT {
                    return discarded(DiscardReason::Late);
                }
                Landing::Answer { place, round_trip }
            }
        }
    }

    /// Whose ping an error is about, which ends it. What an error quotes may end before the nonce: then
    /// the sequence and where it went have to do.
    pub fn fail(&mut self, heard: Heard, destination: SocketAddr, now: Instant) -> Option<Place> {
        let flight = self.by_sequence.get_mut(&heard.sequence)?;
        let is_its_own = heard.nonce.is_none_or(|nonce| nonce == flight.nonce)
            && flight.destination == canonical(destination)
            && flight.fate == Fate::Flying
            && now.saturating_duration_since(flight.sent) <= TIMEOUT;
        if !is_its_own {
            return None;
        }
        flight.fate = Fate::Failed;
        Some(flight.place)
    }

    fn forget(&mut self, now: Instant) {
        while let Some(&(sent, sequence)) = self.order.front() {
            if now.saturating_duration_since(sent) < MEMORY {
                return;
            }
            self.order.pop_front();
            // A later ping may have the sequence by now.
            let is_old = |flight: &Flight| now.saturating_duration_since(flight.sent) >= MEMORY;
            if self.by_sequence.get(&sequence).is_some_and(is_old) {
                self.by_sequence.remove(&sequence);
            }
        }
    }
}

/// IPv4 within IPv6 is IPv4, and nothing else of an address counts than host and port.
fn canonical(address: SocketAddr) -> SocketAddr {
    let host: IpAddr = address.ip().to_canonical();
    SocketAddr::new(host, address.port())
}

#[cfg(test)]
mod tests;
