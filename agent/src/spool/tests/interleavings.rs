//! Any order of what may befall a spool, against plain sets.

use std::collections::BTreeSet;
use std::time::Duration;

use proptest::prelude::*;
use proptest::sample::Index;

use super::witness::{Cursor, FrameId, SMALLEST_SEGMENT, Witness};
use crate::spool::Position;

#[derive(Debug, Clone)]
enum Event {
    Append { frames: u64, series: u32 },
    Acknowledge { first: Index, length: u64 },
    AcknowledgeLoss(Index),
    Connect,
    SendLive(usize),
    SendBacklog(usize),
    KeepLedger,
    Wait(Duration),
    Restart,
    Crash,
}

fn event() -> impl Strategy<Value = Event> {
    prop_oneof![
        6 => (1u64..12, 0u32..500).prop_map(|(frames, series)| Event::Append { frames, series }),
        6 => (any::<Index>(), 0u64..30)
            .prop_map(|(first, length)| Event::Acknowledge { first, length }),
        2 => any::<Index>().prop_map(Event::AcknowledgeLoss),
        2 => Just(Event::Connect),
        2 => (0usize..20).prop_map(Event::SendLive),
        2 => (0usize..20).prop_map(Event::SendBacklog),
        1 => Just(Event::KeepLedger),
        1 => (0u64..90).prop_map(|seconds| Event::Wait(Duration::from_secs(seconds))),
        1 => Just(Event::Restart),
        1 => Just(Event::Crash),
    ]
}

/// A stream to a collector: live frames from a boundary on, the backlog up to it.
struct Connection {
    live: Cursor,
    backlog: Cursor,
    sent: Vec<FrameId>,
}

impl Connection {
    fn begin(witness: &mut Witness) -> Self {
        let boundary = witness.spool.begin_segment();
        let backlog = Cursor::new(Position::default(), Some(boundary));
        Self { live: Cursor::new(boundary, None), backlog, sent: Vec::new() }
    }

    fn send_live(&mut self, frames: usize, witness: &mut Witness) {
        for _ in 0..frames {
            let Some(id) = self.live.read(witness) else { return };
            witness.send(id);
            self.sent.push(id);
        }
    }

    fn send_backlog(&mut self, frames: usize, witness: &mut Witness) {
        for _ in 0..frames {
            let Some(id) = self.backlog.read(witness) else { return };
            witness.send(id);
            self.sent.push(id);
        }
    }

    /// Nothing is sent twice, and all that waits has been sent or is still to come.
    fn check(&self, witness: &Witness) {
        let mut sent = self.sent.clone();
        sent.extend(self.live.clone().read_all(witness));
        sent.extend(self.backlog.clone().read_all(witness));
        let all: BTreeSet<FrameId> = sent.iter().copied().collect();
        assert_eq!(all.len(), sent.len(), "sent twice");
        assert!(all.is_superset(&witness.readable()), "never sent");
    }
}

fn befall(event: &Event, witness: &mut Witness, connection: &mut Connection) {
    match event {
        Event::Append { frames, series } => witness.append(*frames, *series),
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
        Event::SendLive(frames) => connection.send_live(*frames, witness),
        Event::SendBacklog(frames) => connection.send_backlog(*frames, witness),
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
        connection.check(&witness);
    }
}
