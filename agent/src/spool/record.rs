//! One record of a segment: length and CRC-32 of the payload (both u32, little endian), then the
//! payload, an `AgentMessage` of the wire.

use headroom_proto::wire::agent_message::Message;
use headroom_proto::wire::{AgentMessage, Frame, SeriesDefinitions};
use prost::Message as _;

/// Length and checksum.
pub const HEADER_BYTES: usize = 8;

/// No record is longer; a length beyond it is damage.
pub const MAX_PAYLOAD_BYTES: usize = 4 << 20;

/// What a segment holds.
#[derive(Debug, Clone, PartialEq)]
pub enum Record {
    /// Series that the frames behind it refer to.
    Series(SeriesDefinitions),
    /// A frame.
    Frame(Frame),
}

/// Puts a record of that payload behind what `bytes` holds.
pub fn write(payload: &[u8], bytes: &mut Vec<u8>) {
    bytes.extend((payload.len() as u32).to_le_bytes());
    bytes.extend(crc32fast::hash(payload).to_le_bytes());
    bytes.extend(payload);
}

impl Record {
    /// The payload's length as a record's header states it.
    pub fn payload_length(header: [u8; HEADER_BYTES]) -> Option<usize> {
        let [a, b, c, d, ..] = header;
        let length = u32::from_le_bytes([a, b, c, d]) as usize;
        (length <= MAX_PAYLOAD_BYTES).then_some(length)
    }

    /// The record of a payload; nothing if it is damaged.
    pub fn decode(header: [u8; HEADER_BYTES], payload: &[u8]) -> Option<Self> {
        let [.., a, b, c, d] = header;
        if crc32fast::hash(payload) != u32::from_le_bytes([a, b, c, d]) {
            return None;
        }
        match AgentMessage::decode(payload).ok()?.message? {
            Message::Series(series) => Some(Self::Series(series)),
            Message::Frame(frame) => Some(Self::Frame(frame)),
            Message::Hello(_) | Message::Loss(_) | Message::SettingsApplied(_) => None,
        }
    }

    /// The boot that it belongs to.
    pub fn boot(&self) -> u64 {
        match self {
            Self::Series(series) => series.boot,
            Self::Frame(frame) => frame.boot,
        }
    }
}
