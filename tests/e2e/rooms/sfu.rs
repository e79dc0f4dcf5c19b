//! Streams by kind, from an exporter as bbb-webrtc-sfu has them.

use harness::bigbluebutton::Flavour;
use harness::eventually;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::task::JoinSet;

use super::{PATIENCE, agent, ask, collector, stand_in, state};

const EXPORTED: &str = "# TYPE mediasoup_producers gauge\n\
                        mediasoup_producers{type=\"simple\",kind=\"video\"} 7\n\
                        sfu_screenshare_sessions 12\n\
                        process_cpu_seconds_total 3\n";

/// Answers each request, and closes.
async fn serve(listener: TcpListener) {
    while let Ok((mut stream, _)) = listener.accept().await {
        let mut request = [0; 2048];
        let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n", EXPORTED.len());
        if stream.read(&mut request).await.is_ok() {
            // Who has gone meanwhile asks again.
            let _ = stream.write_all(format!("{head}{EXPORTED}").as_bytes()).await;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_exporter_is_passed_on_and_its_end_is_seen() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/metrics", listener.local_addr().unwrap());
    let mut serving = JoinSet::new();
    serving.spawn(serve(listener));
    let stand_in = stand_in(Flavour::Bbb30, &["ca1"], 15).await;
    let mut collector = collector().await;
    // One that never was there is no failure.
    let more = format!("[bbb.sfu]\nmcs-core = '{url}'\nvideo = 'http://127.0.0.1:9/metrics'\n");
    let mut agent = agent(&collector, &stand_in, &more);
    let up = |value: f64| {
        let collector = &collector;
        async move {
            eventually("the exporter's state", PATIENCE, async || {
                let found = ask(collector, "headroom_sfu_up", "exporter").await;
                (found == [("mcs-core".to_owned(), value)]).then_some(())
            })
            .await;
        }
    };
    up(1.0).await;
    let streams = ask(&collector, "mediasoup_producers", "kind").await;
    assert_eq!(streams, [("video".to_owned(), 7.0)]);
    let shares = ask(&collector, "sfu_screenshare_sessions", "job").await;
    assert_eq!(shares, [("bbb".to_owned(), 12.0)]);
    assert!(ask(&collector, "process_cpu_seconds_total", "job").await.is_empty());
    serving.abort_all();
    up(0.0).await;
    assert!(ask(&collector, "mediasoup_producers", "kind").await.is_empty());
    assert_eq!(state(&collector).await, "ok");
    agent.terminate();
    collector.terminate();
}
