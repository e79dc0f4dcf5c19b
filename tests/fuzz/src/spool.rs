//! Segments of an agent's spool, as a damaged disk may give them back, and a collector's answers.

use std::time::Duration;

use headroom_agent::spool::{Spool, SpoolOptions};
use headroom_proto::wire::agent_message::Message;
use headroom_proto::wire::collector_message::Message as Answer;
use headroom_proto::wire::{
    Acknowledgement, AgentMessage, CollectorMessage, Frame, SequenceRange, SeriesDefinition,
    SeriesDefinitions,
};
use prost::Message as _;

use crate::pieces::{join, pieces};
use crate::scratch;

/// What a segment begins with: its magic, and the boot.
const HEADER: &[u8; 16] = b"headspl1\x07\0\0\0\0\0\0\0";

/// The whole input is the file; else it is made of parts.
const AS_IT_IS: u8 = 1;

/// How the input is to be taken, one byte; a file, or parts: those that are an agent's messages
/// become records with their checksums, those that are a collector's are its answers.
pub fn spool(bytes: &[u8]) {
    let Some((how, rest)) = bytes.split_first() else { return };
    let folder = scratch::folder();
    let path = folder.path().join("0000000000000001.spool");
    let mut file = HEADER.to_vec();
    let mut answers = Vec::new();
    if *how == AS_IT_IS {
        rest.clone_into(&mut file);
    } else {
        for (place, piece) in pieces(rest).enumerate() {
            if place % 4 == 3 {
                answers.extend(CollectorMessage::decode(piece).ok().and_then(|m| m.message));
            } else {
                record(piece, &mut file);
            }
        }
    }
    std::fs::write(path, file).expect("the scratch folder can be written");
    let options = SpoolOptions {
        directory: folder.path().to_owned(),
        max_bytes: 1 << 20,
        max_age: Duration::from_hours(1),
        write_after: Duration::ZERO,
    };
    for boot in [8, 9] {
        let Ok(mut spool) = Spool::open(options.clone(), boot) else { return };
        read_all(&mut spool);
        for answer in &answers {
            if let Answer::Acknowledgement(acknowledgement) = answer {
                spool.acknowledge(acknowledgement);
            }
        }
        let _ = (spool.state(), spool.losses());
        spool.finish();
    }
}

fn read_all(spool: &mut Spool) {
    let _ = spool.state();
    spool.begin_stream();
    // More than an input can hold.
    for _ in 0..100_000 {
        if spool.read(100).is_last {
            return;
        }
    }
    panic!("the backlog has no end");
}

fn record(payload: &[u8], bytes: &mut Vec<u8>) {
    bytes.extend((payload.len() as u32).to_le_bytes());
    bytes.extend(crc32fast::hash(payload).to_le_bytes());
    bytes.extend(payload);
}

pub fn seeds() -> Vec<Vec<u8>> {
    let message = |message: Message| AgentMessage { message: Some(message) }.encode_to_vec();
    let definition = SeriesDefinition { id: 0, metric: "node_load1".into(), labels: Vec::new() };
    let series = message(Message::Series(SeriesDefinitions { boot: 7, series: vec![definition] }));
    let frame = |sequence| {
        let timestamp_ms = 1_760_000_000_000 + sequence as i64 * 10_000;
        let (ids, values) = (vec![0], vec![0.5]);
        let frame = Frame { boot: 7, sequence, timestamp_ms, ids, values, ..Frame::default() };
        message(Message::Frame(frame))
    };
    let acknowledged = |first, last| {
        let frames = vec![SequenceRange { boot: 7, first, last }];
        let acknowledgement = Acknowledgement { frames, losses: Vec::new() };
        CollectorMessage { message: Some(Answer::Acknowledgement(acknowledgement)) }.encode_to_vec()
    };
    let parts = |answer| join(&[series.clone(), frame(1), frame(2), answer, frame(3), frame(5)]);
    let mut file = HEADER.to_vec();
    for payload in [&series, &frame(1), &frame(2)] {
        record(payload, &mut file);
    }
    vec![
        [vec![0], parts(acknowledged(1, 2))].concat(),
        [vec![0], parts(acknowledged(0, u64::MAX))].concat(),
        [vec![AS_IT_IS], file].concat(),
    ]
}
