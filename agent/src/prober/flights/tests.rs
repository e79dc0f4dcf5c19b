use super::*;
use crate::prober::paths::{PathId, Ping};
use proptest::prelude::*;

fn place(path: u64) -> Place {
    Place { path: PathId(path), round: 0, ping: Ping::Spread(0) }
}

fn launch(place: Place, nonce: u64, destination: SocketAddr) -> Launch {
    Launch { place, nonce, destination }
}

fn address(last: u8) -> SocketAddr {
    ([192, 0, 2, last], 3478).into()
}

fn echo(sequence: u16, nonce: Option<u64>) -> Heard {
    Heard { identifier: 0, sequence, nonce, is_whole: true }
}

fn at(read: Instant) -> Arrival {
    Arrival { read, lain_ns: None }
}

#[test]
fn only_the_first_right_reply_in_time_is_an_answer() {
    let start = Instant::now();
    let after = |ms| at(start + Duration::from_millis(ms));
    let wrong = Landing::Discarded(place(1), DiscardReason::WrongPayload);
    let foreign = Landing::Discarded(place(1), DiscardReason::Foreign);
    let late = Landing::Discarded(place(1), DiscardReason::Late);
    let twice = Landing::Discarded(place(1), DiscardReason::Duplicate);
    let answer = Landing::Answer { place: place(1), round_trip: Duration::from_millis(20) };
    let cut = Heard { is_whole: false, ..echo(0, Some(7)) };
    let mapped: SocketAddr = "[::ffff:192.0.2.1]:3478".parse().unwrap();
    let other_port: SocketAddr = ([192, 0, 2, 1], 3479).into();
    for (replies, expected) in [
        (vec![(echo(0, Some(7)), address(1), 20)], vec![answer]),
        (vec![(echo(0, Some(7)), mapped, 20)], vec![answer]),
        (vec![(echo(0, Some(8)), address(1), 20)], vec![wrong]),
        (vec![(echo(0, None), address(1), 20)], vec![wrong]),
        (vec![(cut, address(1), 20)], vec![wrong]),
        // Who guesses a sequence from elsewhere says nothing of the path.
        (vec![(echo(0, Some(8)), address(2), 20)], vec![Landing::Unknown]),
        (vec![(echo(1, Some(7)), address(1), 20)], vec![Landing::Unknown]),
        (vec![(echo(0, Some(7)), address(2), 20)], vec![foreign]),
        (vec![(echo(0, Some(7)), other_port, 20)], vec![foreign]),
        (vec![(echo(0, Some(7)), address(1), 3_001)], vec![late]),
        (
            // None of those that are wrong takes the place of the one that is right.
            vec![
                (echo(0, Some(8)), address(1), 10),
                (echo(0, Some(7)), address(2), 15),
                (echo(0, Some(7)), address(1), 20),
                (echo(0, Some(7)), address(1), 21),
            ],
            vec![wrong, foreign, answer, twice],
        ),
    ] {
        let mut flights = Flights::default();
        assert_eq!(flights.launch(launch(place(1), 7, address(1)), start), Some(0));
        let landings: Vec<_> = replies
            .iter()
            .map(|(heard, source, ms)| flights.land(*heard, *source, after(*ms)))
            .collect();
        assert_eq!(landings, expected, "{replies:?}");
    }
}

#[test]
fn an_error_ends_its_own_ping_and_no_other() {
    let start = Instant::now();
    let soon = start + Duration::from_millis(5);
    for (heard, destination, now, fails) in [
        (echo(0, Some(7)), address(1), soon, true),
        // Routers may quote eight bytes only.
        (echo(0, None), address(1), soon, true),
        (echo(0, Some(8)), address(1), soon, false),
        (echo(0, Some(7)), address(2), soon, false),
        (echo(1, Some(7)), address(1), soon, false),
        (echo(0, Some(7)), address(1), start + TIMEOUT * 2, false),
    ] {
        let mut flights = Flights::default();
        flights.launch(launch(place(1), 7, address(1)), start).unwrap();
        let failed = flights.fail(heard, destination, now);
        assert_eq!(failed, fails.then_some(place(1)), "{heard:?} {destination}");
        assert_eq!(flights.fail(heard, destination, now), None, "once");
        // A reply behind its error comes too late to count.
        let landing = flights.land(echo(0, Some(7)), address(1), at(soon));
        assert_eq!(matches!(landing, Landing::Answer { .. }), !fails);
    }
}

#[test]
fn a_sequence_that_is_under_way_is_not_given_again() {
    let (mut flights, start) = (Flights::default(), Instant::now());
    for expected in 0..=u16::MAX {
        assert_eq!(flights.launch(launch(place(1), 0, address(1)), start), Some(expected));
    }
    assert_eq!(flights.launch(launch(place(2), 0, address(1)), start), None);
    assert_eq!(flights.launch(launch(place(2), 9, address(1)), start + TIMEOUT), Some(0));
    // What comes for the old one is not the new one's.
    let landing = flights.land(echo(0, Some(0)), address(1), at(start + TIMEOUT));
    assert_eq!(landing, Landing::Discarded(place(2), DiscardReason::WrongPayload));
}

proptest! {
    /// However pings and replies are mixed, each ping has one answer at most, and it is its own.
    #[test]
    fn no_answer_is_given_to_another_path(
        events in proptest::collection::vec((0_u8..4, 0_u16..24, any::<bool>(), 0_u64..4000), 1..200)
    ) {
        let (mut flights, mut now) = (Flights::default(), Instant::now());
        let mut sent: Vec<(u16, u64, Instant, bool)> = Vec::new();
        for (kind, which, right, ms) in events {
            now += Duration::from_millis(ms);
            if kind == 0 || sent.is_empty() {
                let path = sent.len() as u64;
                if let Some(sequence) = flights.launch(launch(place(path), path ^ 0xabcd, address(1)), now) {
                    sent.push((sequence, path, now, false));
                }
                continue;
            }
            let index = usize::from(which) % sent.len();
            let (sequence, path, began, answered) = sent[index];
            let nonce = if right { path ^ 0xabcd } else { path ^ 0xabce };
            match flights.land(echo(sequence, Some(nonce)), address(1), at(now)) {
                Landing::Answer { place, round_trip } => {
                    prop_assert!(right && !answered);
                    prop_assert_eq!((place.path, round_trip), (PathId(path), now - began));
                    prop_assert!(round_trip <= TIMEOUT);
                    sent[index].3 = true;
                }
                Landing::Discarded(place, reason) => {
                    prop_assert_eq!(place.path, PathId(path));
                    prop_assert_eq!(reason == DiscardReason::WrongPayload, !right);
                }
                Landing::Unknown => prop_assert!(now - began >= MEMORY),
            }
        }
        prop_assert!(flights.order.len() <= sent.len() && flights.by_sequence.len() <= sent.len());
    }
}
