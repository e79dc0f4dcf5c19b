//! Frames of one boot: readings with ids in place of names, numbered without holes. Pure.

use std::sync::Arc;

use headroom_proto::wire::agent_message::Message;
use headroom_proto::wire::{AgentMessage, Frame, SeriesDefinitions};
use prost::Message as _;
use prost::bytes::Bytes;

use crate::series::{Layout, Reading, Resolved, SeriesTables};

/// Gives series their ids and frames their sequences.
#[derive(Debug)]
pub struct Frames {
    boot: u64,
    sequence: u64,
    tables: SeriesTables,
}

/// What a reading became.
#[derive(Debug)]
pub struct Taken {
    /// The frame.
    pub frame: Frame,
    /// What its ids stand for.
    pub layout: Arc<Layout>,
    /// Samples that found no room among the series of this boot.
    pub dropped_samples: u64,
}

/// A frame as the wire carries it and the spool holds it.
#[derive(Debug, Clone)]
pub struct KeptFrame {
    /// The boot that took it.
    pub boot: u64,
    /// Its number within the boot.
    pub sequence: u64,
    /// When it was taken, Unix time in milliseconds.
    pub timestamp_ms: i64,
    /// How many samples it holds.
    pub samples: u64,
    /// What its ids stand for.
    pub layout: Arc<Layout>,
    /// An `AgentMessage`, encoded.
    pub message: Bytes,
}

/// Part of what waits in the spool.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Backlog {
    /// In the order of the log.
    pub records: Vec<Backlogged>,
    /// Whether nothing waits behind it.
    pub is_last: bool,
}

/// One record of the backlog.
#[derive(Debug, Clone, PartialEq)]
pub enum Backlogged {
    /// Series that the frames behind it refer to.
    Series(SeriesDefinitions),
    /// A frame.
    Frame(EncodedFrame),
}

/// A frame as it goes out.
#[derive(Debug, Clone, PartialEq)]
pub struct EncodedFrame {
    /// The boot that took it.
    pub boot: u64,
    /// Its number within the boot.
    pub sequence: u64,
    /// An `AgentMessage`, encoded.
    pub message: Bytes,
}

impl Frames {
    /// The frames of a boot, none taken yet.
    pub fn new(boot: u64) -> Self {
        Self { boot, sequence: 0, tables: SeriesTables::default() }
    }

    /// The boot.
    pub fn boot(&self) -> u64 {
        self.boot
    }

    /// Makes the next frame of a reading, which is left without values, meetings and rounds.
    pub fn take(&mut self, reading: &mut Reading) -> Taken {
        self.sequence += 1;
        let Resolved { layout, dropped_samples } = self.tables.resolve(reading);
        reading.set_sequence(self.sequence);
        let frame = Frame {
            boot: self.boot,
            sequence: self.sequence,
            timestamp_ms: reading.timestamp_ms,
            ids: layout.ids().to_vec(),
            values: reading.take_values(),
            meetings: std::mem::take(&mut reading.meetings),
            rounds: std::mem::take(&mut reading.rounds),
        };
        Taken { frame, layout, dropped_samples }
    }
}

impl KeptFrame {
    /// Encodes a frame, and gives back what it held.
    pub fn encode(frame: Frame, layout: Arc<Layout>) -> (Self, Frame) {
        let Frame { boot, sequence, timestamp_ms, .. } = frame;
        let samples = frame.values.len() as u64;
        let message = AgentMessage { message: Some(Message::Frame(frame)) };
        let bytes = message.encode_to_vec().into();
        let Some(Message::Frame(frame)) = message.message else {
            unreachable!("the message was just made of a frame")
        };
        (Self { boot, sequence, timestamp_ms, samples, layout, message: bytes }, frame)
    }

    /// What it takes in memory, about.
    pub fn bytes(&self) -> u64 {
        (self.message.len() + size_of::<Self>()) as u64
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::series::{Round, Scope};

    #[test]
    fn frames_are_numbered_over_all_scopes_and_know_their_own_number() {
        let mut frames = Frames::new(7);
        let mut reading = Reading::default();
        for (sequence, scope) in [(1, Scope::HOST), (2, Scope::ROOMS), (3, Scope::HOST)] {
            reading.begin(scope, 1000 + sequence);
            let mut round = Round::new(&mut reading);
            round.push("a", &[], 0.5);
            round.push_sequence("frames");
            let Taken { frame, layout, dropped_samples } = frames.take(&mut reading);
            assert_eq!((frame.boot, frame.sequence, dropped_samples), (7, sequence as u64, 0));
            assert_eq!(
                (frame.timestamp_ms, &*frame.values),
                (1000 + sequence, &[0.5, sequence as f64][..])
            );
            let (kept, same) = KeptFrame::encode(frame.clone(), Arc::clone(&layout));
            assert_eq!(same, frame);
            assert_eq!((kept.sequence, kept.samples), (sequence as u64, 2));
            let decoded = AgentMessage::decode(&*kept.message).unwrap();
            assert_eq!(decoded.message, Some(Message::Frame(frame)));
            reading.give_back(same.values);
        }
    }
}
