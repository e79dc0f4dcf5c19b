//! How messages become bytes of the stream. A frame that was encoded before goes as it is.

use headroom_proto::wire::agent_message::Message as Up;
use headroom_proto::wire::{AgentMessage, CollectorMessage};
use prost::Message as _;
use prost::bytes::{BufMut, Bytes};
use tonic::Status;
use tonic::codec::{Codec, EncodeBuf, Encoder};
use tonic_prost::ProstDecoder;

/// A message of the agent.
#[derive(Debug, Clone)]
pub enum Outgoing {
    /// To be encoded.
    Message(Up),
    /// An `AgentMessage`, encoded.
    Encoded(Bytes),
}

impl From<Up> for Outgoing {
    fn from(message: Up) -> Self {
        Self::Message(message)
    }
}

/// The agent's side of the stream.
#[derive(Debug, Clone, Copy)]
pub struct WireCodec;

impl Codec for WireCodec {
    type Encode = Outgoing;
    type Decode = CollectorMessage;
    type Encoder = Self;
    type Decoder = ProstDecoder<CollectorMessage>;

    fn encoder(&mut self) -> Self::Encoder {
        Self
    }

    fn decoder(&mut self) -> Self::Decoder {
        ProstDecoder::default()
    }
}

impl Encoder for WireCodec {
    type Item = Outgoing;
    type Error = Status;

    fn encode(&mut self, item: Outgoing, buffer: &mut EncodeBuf<'_>) -> Result<(), Status> {
        match item {
            Outgoing::Message(message) => {
                let message = AgentMessage { message: Some(message) };
                message.encode(buffer).map_err(|error| Status::internal(error.to_string()))
            }
            Outgoing::Encoded(bytes) => {
                buffer.put_slice(&bytes);
                Ok(())
            }
        }
    }
}
