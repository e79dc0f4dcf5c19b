use std::time::Duration;

use super::*;

/// A port of this host that nobody listens on.
fn closed() -> SocketAddr {
    std::net::UdpSocket::bind("127.0.0.1:0").unwrap().local_addr().unwrap()
}

#[tokio::test]
async fn errors_that_stand_before_a_stamp_are_told_all_the_same() {
    let mut socket = PingSocket::open(Speaks::Stun, Family::V4, 7).unwrap();
    let asked: Vec<SocketAddr> = (0..8).map(|_| closed()).collect();
    for (sequence, to) in asked.iter().enumerate() {
        let before = Instant::now();
        let left = socket.send(*to, sequence as u16, 1).unwrap();
        assert!((before..=Instant::now()).contains(&left));
    }
    let mut refused = Vec::new();
    let all = async {
        while refused.len() < asked.len() {
            socket.ready().await;
            while let Some(incoming) = socket.receive() {
                if let Incoming::Error { destination, error: ProbeError::Refused, .. } = incoming {
                    refused.push(destination);
                }
            }
        }
    };
    tokio::time::timeout(Duration::from_secs(10), all).await.expect("each is refused");
    refused.sort();
    let mut expected = asked;
    expected.sort();
    assert_eq!(refused, expected);
}
