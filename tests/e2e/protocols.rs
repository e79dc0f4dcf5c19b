//! Limits of the protocols themselves: what breaks one is ended and counted by its kind.

use std::net::SocketAddr;
use std::time::Duration;

use harness::{CollectorOptions, CollectorProgram, counted, metric};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/// An open HPACK block of a request: `POST / http`.
const HEADERS: [u8; 3] = [0x83, 0x84, 0x86];

/// A frame of HTTP/2: kind, flags and stream, and what it says of its length if that is not true.
fn frame([kind, flags, stream]: [u8; 3], payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).unwrap().to_be_bytes();
    [&length[1..], &[kind, flags, 0, 0, 0, stream], payload].concat()
}

async fn said(to: &str, bytes: &[u8]) -> Vec<u8> {
    let to: SocketAddr = to.trim_start_matches("http://").trim_end_matches('/').parse().unwrap();
    let mut stream = TcpStream::connect(to).await.unwrap();
    // It may end it before everything is said.
    let _ = stream.write_all(bytes).await;
    let mut answer = Vec::new();
    let _ = tokio::time::timeout(Duration::from_secs(20), stream.read_to_end(&mut answer)).await;
    answer
}

#[tokio::test(flavor = "multi_thread")]
async fn a_limit_of_http_2_that_is_hit_is_counted_by_its_kind() {
    let mut collector = CollectorProgram::start(CollectorOptions::default()).await;
    let resets = (0..2_000_u32).flat_map(|n| {
        let stream = (2 * n + 1).to_be_bytes();
        let mut both = frame([1, 4, 0], &HEADERS);
        both[5..9].copy_from_slice(&stream);
        let mut reset = frame([3, 0, 0], &[0, 0, 0, 8]);
        reset[5..9].copy_from_slice(&stream);
        both.extend(reset);
        both
    });
    let continued = (0..20_000).flat_map(|_| frame([9, 0, 1], b""));
    let full = frame([8, 0, 0], &[0x7f, 0xff, 0xff, 0xff]);
    for (reason, frames) in [
        ("load", resets.collect()),
        ("load", [frame([1, 0, 1], &HEADERS), continued.collect()].concat()),
        ("frame_size", frame([0, 0, 1], &vec![0; 20_000])),
        ("flow_control", [full.clone(), full].concat()),
        ("protocol", frame([0, 0, 0], b"x")),
    ] {
        let name = format!("headroom_grpc_violations_total{{reason=\"{reason}\"}}");
        let before = metric(&collector, &name).await.unwrap();
        let settings = frame([4, 0, 0], b"");
        said(&collector.grpc(), &[PREFACE, &settings, &frames].concat()).await;
        counted(&collector, &name, before + 1).await;
    }
    collector.terminate();
}

/// Each breaks what both ends know of headers, so that nothing behind it could be read: the stream's
/// connection ends.
#[tokio::test(flavor = "multi_thread")]
async fn headers_that_cannot_be_unpacked_are_counted() {
    let mut collector = CollectorProgram::start(CollectorOptions::default()).await;
    for blocks in [
        // An index that is none, one beyond both tables, a number without an end, a text that is
        // longer than its block, Huffman's end inside a text, and a table larger than was agreed.
        vec![vec![0x80]],
        vec![vec![0xff, 0x80, 0x01]],
        vec![[&[0xff][..], &[0xff; 20]].concat()],
        vec![vec![0x00, 0x05, b'a']],
        vec![vec![0x00, 0x84, 0xff, 0xff, 0xff, 0xff, 0x01, b'x']],
        vec![vec![0x3f, 0xe1, 0xff, 0x7f]],
        vec![HEADERS.to_vec(), vec![0xbe]],
    ] {
        let last = blocks.len() - 1;
        let frames = blocks.iter().enumerate().flat_map(|(place, block)| {
            let kind = if place == 0 { 1 } else { 9 };
            frame([kind, if place == last { 4 } else { 0 }, 1], block)
        });
        let name = "headroom_grpc_violations_total{reason=\"protocol\"}";
        let before = metric(&collector, name).await.unwrap();
        let settings = frame([4, 0, 0], b"");
        let frames: Vec<u8> = frames.collect();
        said(&collector.grpc(), &[PREFACE, &settings, &frames].concat()).await;
        counted(&collector, name, before + 1).await;
    }
    collector.terminate();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_too_large_for_the_parser_is_told_from_what_is_no_request() {
    let mut collector = CollectorProgram::start(CollectorOptions::default()).await;
    let large = format!("GET /{} HTTP/1.1\r\nHost: localhost\r\n\r\n", "x".repeat(100_000));
    let many = "a: b\r\n".repeat(200);
    let many = format!("GET / HTTP/1.1\r\nHost: localhost\r\n{many}\r\n");
    for (reason, text) in
        [("too_large", &*large), ("too_large", &*many), ("malformed", "\u{1}\r\n\r\n")]
    {
        let name = format!("headroom_http_connections_cut_total{{reason=\"{reason}\"}}");
        let before = metric(&collector, &name).await.unwrap();
        let answer = said(&collector.http(""), text.as_bytes()).await;
        assert!(answer.starts_with(b"HTTP/1.1 4"), "{}", String::from_utf8_lossy(&answer));
        counted(&collector, &name, before + 1).await;
    }
    collector.terminate();
}

/// What a shell hands to curl: quotes, signs of comparison and letters beyond ASCII as they are.
#[tokio::test(flavor = "multi_thread")]
async fn an_address_may_be_typed_as_it_is_read() {
    let mut collector = CollectorProgram::start(CollectorOptions::default()).await;
    let question = "/api/v1/query?query=label_replace(vector(1),\"a\",\"é<$0>\",\"\",\"\")>0";
    let heads = ["Connection: keep-alive", "Connection: close"];
    let requests =
        heads.map(|head| format!("GET {question} HTTP/1.1\r\nHost: localhost\r\n{head}\r\n\r\n"));
    let answers = said(&collector.http(""), requests.concat().as_bytes()).await;
    let answers = String::from_utf8(answers).unwrap();
    assert_eq!(answers.matches("HTTP/1.1 200").count(), 2, "{answers}");
    assert_eq!(answers.matches("{\"a\":\"é<>\"}").count(), 2, "{answers}");
    collector.terminate();
}
