//! Any order of what may befall a spool, against plain sets.

use std::collections::BTreeSet;
use std::time::Duration;

use proptest::prelude::*;
use proptest::sample::Index;

use super::witness::{FrameId, SMALLEST_SEGMENT, Witness};
use crate::spool::Sent;

#[derive(Debug, Clone)]
enum Event {
    Append { frames: u64, series: u32, sent: Sent },
    Acknowledge { first: Index, length: u64 },
    AcknowledgeLoss(Index),
    Connect,
    Read(usize),
    KeepLedger,
    Wait(Duration),
    Restart,
    Crash,
}

fn event() -> impl Strategy<Value = Event> {
    prop_oneof![
        6 => (1u64..12, 0u32..500, sent())
            .prop_map(|(frames, series, sent)| Event::Append { frames, series, sent }),
        6 => (any::<Index>(), 0u64..30)
            .prop_map(|(first, length)| Event::Acknowledge { first, length }),
        2 => any::<Index>().prop_map(Event::AcknowledgeLoss),
        2 => Just(Event::Connect),
        4 => (0usize..20).prop_map(Event::Read),
        1 => Just(Event::KeepLedger),
        1 => (0u64..90).prop_map(|seconds| Event::Wait(Duration::from_secs(seconds))),
        1 => Just(Event::Restart),
        1 => Just(Event::Crash),
    ]
}

fn sent() -> impl Strategy<Value = Sent> {
    prop_oneof![Just(Sent::Never), Just(Sent::Before), Just(Sent::Now)]
}

/// A stream to a collector: what was sent on it, by whatever way.
struct Connection {
    sent: Vec<FrameId>,
}

impl Connection {
    fn begin(witness: &mut Witness) -> Self {
        witness.spool.begin_stream();
        Self { sent: Vec::new() }
    }

    fn append(&mut self, (frames, series, sent): (u64, u32, Sent), witness: &mut Witness) {
        let first = witness.last_sequence(witness.boot) + 1;
        witness.append_sent(frames, series, sent);
        if sent == Sent::Now {
            self.sent.extend((first..first + frames).map(|sequence| (witness.boot, sequence)));
        }
    }

    fn read(&mut self, frames: usize, witness: &mut Witness) -> bool {
        let (ids, is_last) = witness.read(frames);
        self.sent.extend(ids);
        is_last
    }

    /// Once the backlog has been read, nothing was sent twice, and all that waits was sent.
    fn check(&mut self, witness: &mut Witness) {
        while !self.read(100, witness) {}
        let all: BTreeSet<FrameId> = self.sent.iter().copied().collect();
        assert_eq!(all.len(), self.sent.len(), "sent twice");
        assert!(all.is_superset(&witness.readable()), "never sent");
    }
}

fn befall(event: &Event, witness: &mut Witness, connection: &mut Connection) {
    match event {
        Event::Append { frames, series, sent } => {
            connection.append((*frames, *series, *sent), witness);
        }
        Event::Acknowledge { first, length } => {
            let appended = witness.appended();
            if !appended.is_empty() {
                let (boot, first) = *first.get(&appended);
                let last = (first + length).min(witness.last_sequence(boot));
                witness.acknowledge(boot, first, last);
            }
        }
        Event::AcknowledgeLoss(which) => {
            let losses = witness.spool.losses().to_vec();
            if !losses.is_empty() {
                witness.acknowledge_loss(which.get(&losses));
            }
        }
        Event::Connect => {
            connection.check(witness);
            *connection = Connection::begin(witness);
        }
        Event::Read(frames) => drop(connection.read(*frames, witness)),
        Event::KeepLedger => witness.keep_ledger(),
        Event::Wait(time) => witness.wait(*time),
        Event::Restart => {
            connection.check(witness);
            witness.restart();
            *connection = Connection::begin(witness);
        }
        Event::Crash => {
            connection.check(witness);
            witness.crash();
            *connection = Connection::begin(witness);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn each_frame_is_to_be_read_or_acknowledged_or_lost(
        events in prop::collection::vec(event(), 1..50),
    ) {
        let mut witness = Witness::new(3 * SMALLEST_SEGMENT, Duration::from_secs(150));
        let mut connection = Connection::begin(&mut witness);
        for event in events {
            befall(&event, &mut witness, &mut connection);
            witness.check();
        }
        connection.check(&mut witness);
    }
}
