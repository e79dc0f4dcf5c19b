//! Who shows tokens that nobody has: each wrong one makes its peer wait longer for the answer.
//!
//! Whoever shows a right one is never kept waiting. Reads no clock.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// The wait after the first wrong token; it doubles with each.
const SHORTEST: Duration = Duration::from_millis(50);

/// The longest wait.
pub const LONGEST: Duration = Duration::from_secs(5);

/// After so long without a wrong token a peer is forgotten.
const MEMORY: Duration = Duration::from_secs(600);

/// The most peers that are remembered; beyond it the one that was wrong longest ago is forgotten.
const PEERS: usize = 4096;

/// The wrong tokens of late, by peer.
#[derive(Debug, Default)]
pub struct Guesses(Mutex<HashMap<IpAddr, Guess>>);

#[derive(Debug, Clone, Copy)]
struct Guess {
    wrong: u32,
    last: Instant,
}

impl Guesses {
    /// A peer showed a wrong token: how long its answer is held back.
    pub fn wrong(&self, peer: IpAddr, now: Instant) -> Duration {
        let mut peers = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let peer = network(peer);
        if peers.len() >= PEERS && !peers.contains_key(&peer) {
            peers.retain(|_, guess| now.saturating_duration_since(guess.last) < MEMORY);
            let oldest = peers.iter().min_by_key(|(_, guess)| guess.last).map(|(peer, _)| *peer);
            if let Some(oldest) = oldest.filter(|_| peers.len() >= PEERS) {
                peers.remove(&oldest);
            }
        }
        let guess = peers.entry(peer).or_insert(Guess { wrong: 0, last: now });
        if now.saturating_duration_since(guess.last) >= MEMORY {
            guess.wrong = 0;
        }
        let wait = SHORTEST.saturating_mul(1 << guess.wrong.min(16)).min(LONGEST);
        *guess = Guess { wrong: guess.wrong.saturating_add(1), last: now };
        wait
    }
}

/// Who has one address of IPv6 has all 2⁶⁴ of its network.
pub fn network(peer: IpAddr) -> IpAddr {
    match peer.to_canonical() {
        IpAddr::V4(address) => address.into(),
        IpAddr::V6(address) => Ipv6Addr::from_bits(address.to_bits() >> 64 << 64).into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_wrong_token_of_a_peer_costs_it_more_and_others_nothing() {
        let (guesses, start) = (Guesses::default(), Instant::now());
        let peer = |text: &str| text.parse::<IpAddr>().unwrap();
        let first = peer("192.0.2.1");
        let waits: Vec<u128> = (0..9).map(|_| guesses.wrong(first, start).as_millis()).collect();
        assert_eq!(waits, [50, 100, 200, 400, 800, 1600, 3200, 5000, 5000]);
        assert_eq!(guesses.wrong(peer("::ffff:192.0.2.1"), start), LONGEST);
        assert_eq!(guesses.wrong(peer("192.0.2.2"), start), SHORTEST);
        assert_eq!(guesses.wrong(peer("2001:db8::1"), start), SHORTEST);
        assert_eq!(guesses.wrong(peer("2001:db8::2"), start), 2 * SHORTEST);
        assert_eq!(guesses.wrong(first, start + MEMORY), SHORTEST);
    }

    #[test]
    fn no_more_than_so_many_peers_are_remembered() {
        let (guesses, start) = (Guesses::default(), Instant::now());
        for number in 0..2 * PEERS as u32 {
            let now = start + Duration::from_millis(u64::from(number));
            guesses.wrong(IpAddr::V4(number.into()), now);
        }
        assert_eq!(guesses.0.lock().unwrap().len(), PEERS);
        let again = guesses.wrong(IpAddr::V4((2 * PEERS as u32 - 1).into()), start);
        assert_eq!(again, 2 * SHORTEST, "the newest are the ones that stay");
    }
}
