//! The way into the journal, for one producer: it never waits.

use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::time::Duration;

use tokio::sync::mpsc;

use super::Message;
use crate::series::{Reading, Scope};

/// How many readings of one producer there are, on the way or in its hands.
pub const READINGS: usize = 3;

/// Hands readings in, and gets their memory back.
pub struct Inlet {
    inbox: mpsc::Sender<Message>,
    back: SyncSender<Box<Reading>>,
    empty: Receiver<Box<Reading>>,
}

impl Inlet {
    pub(super) fn new(inbox: mpsc::Sender<Message>) -> Self {
        let (back, empty) = sync_channel(READINGS);
        for _ in 0..READINGS {
            // There is room for all.
            let _ = back.try_send(Box::default());
        }
        Self { inbox, back, empty }
    }

    /// An empty reading; none while the journal has not taken the last ones, which is for the producer
    /// to count.
    pub fn reading(&self, scope: Scope, timestamp_ms: i64) -> Option<Box<Reading>> {
        let mut reading = self.empty.try_recv().ok()?;
        reading.begin(scope, timestamp_ms);
        Some(reading)
    }

    /// An empty reading as soon as there is one, for a last word.
    pub fn reading_within(
        &self,
        patience: Duration,
        scope: Scope,
        timestamp_ms: i64,
    ) -> Option<Box<Reading>> {
        let mut reading = self.empty.recv_timeout(patience).ok()?;
        reading.begin(scope, timestamp_ms);
        Some(reading)
    }

    /// Hands a reading in. Whether it was taken: if the journal's inbox is full, it is dropped.
    pub fn hand_in(&self, reading: Box<Reading>) -> bool {
        let message = Message::Reading(reading, self.back.clone());
        match self.inbox.try_send(message) {
            Ok(()) => true,
            Err(
                mpsc::error::TrySendError::Full(message)
                | mpsc::error::TrySendError::Closed(message),
            ) => {
                if let Message::Reading(reading, back) = message {
                    let _ = back.try_send(reading);
                }
                false
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::journal::INBOX;
    use crate::series::Round;

    fn round(inlet: &Inlet, number: u64) -> bool {
        let Some(mut reading) = inlet.reading(Scope::HOST, number as i64) else { return false };
        Round::new(&mut reading).push("a", &[], number as f64);
        inlet.hand_in(reading)
    }

    #[test]
    fn a_journal_that_takes_nothing_for_an_hour_ends_no_producer() {
        let (inbox, mut messages) = mpsc::channel(INBOX);
        let inlet = Inlet::new(inbox);
        let taken = (0..3600).filter(|number| round(&inlet, *number)).count();
        assert_eq!(taken, READINGS, "as many as there are");
        // It goes on: what was taken is there, and its memory comes back.
        for number in 0..READINGS as i64 {
            let Some(Message::Reading(reading, back)) = messages.blocking_recv() else { panic!() };
            assert_eq!(reading.timestamp_ms, number);
            back.try_send(reading).unwrap();
        }
        assert!(round(&inlet, 3600));
    }

    #[test]
    fn an_inbox_that_others_have_filled_drops_a_reading_and_keeps_its_memory() {
        let (inbox, mut messages) = mpsc::channel(1);
        let (inlet, other) = (Inlet::new(inbox.clone()), Inlet::new(inbox));
        assert!(round(&other, 0));
        let taken = (0..3600).filter(|number| round(&inlet, *number)).count();
        assert_eq!(taken, 0);
        assert!(messages.blocking_recv().is_some());
        assert!(round(&inlet, 3600));
        drop(messages);
        // A journal that is gone is no end either.
        assert!(!round(&inlet, 3601));
    }
}
