//! Alerts on their way to Alertmanagers: what one of them gets, beside one that hangs and one that is
//! not there.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use harness::{CollectorOptions, CollectorProgram, eventually, metric};
use serde_json::Value;
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

const LONG: Duration = Duration::from_secs(30);

/// Stands in for an Alertmanager: keeps what it is sent.
#[derive(Clone, Default)]
struct StandIn(Arc<Mutex<Vec<Value>>>);

impl StandIn {
    async fn start() -> (Self, String) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}/", listener.local_addr().unwrap());
        let stand_in = Self::default();
        let serving = stand_in.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serving.clone().serve(stream));
            }
        });
        (stand_in, address)
    }

    async fn serve(self, mut stream: TcpStream) {
        let mut bytes = Vec::new();
        while stream.read_buf(&mut bytes).await.unwrap_or(0) > 0 {
            let text = String::from_utf8(bytes.clone()).unwrap();
            let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
            let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
            if body.len() < length.unwrap().parse().unwrap() {
                continue;
            }
            assert!(head.starts_with("POST /api/v2/alerts HTTP/1.1\r\n"), "{head}");
            assert!(head.contains("content-type: application/json"), "{head}");
            let alerts: Vec<Value> = serde_json::from_str(body).unwrap();
            self.0.lock().unwrap().extend(alerts);
            stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n").await.unwrap();
            bytes.clear();
        }
    }

    /// What came of one alert.
    fn of(&self, name: &str) -> Vec<Value> {
        let all = self.0.lock().unwrap();
        all.iter().filter(|alert| alert["labels"]["alertname"] == name).cloned().collect()
    }
}

fn rules(expression: &str) -> String {
    format!(
        "groups:\n- name: g\n  interval: 1s\n  rules:\n  - alert: Told\n    expr: {expression}\n    \
         labels: {{severity: page}}\n    annotations: {{summary: 'is {{{{ $value }}}}'}}\n  \
         - {{alert: Waits, expr: vector(1), for: 1h}}\n"
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn an_alertmanager_is_told_what_fires_and_what_ended_whatever_others_do() {
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("rules.yml");
    std::fs::write(&file, rules("vector(7)")).unwrap();
    let (stand_in, address) = StandIn::start().await;
    // It takes connections and never answers.
    let hanging = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let hangs = format!("http://{}", hanging.local_addr().unwrap());
    let gone = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let refuses = format!("http://{}", gone.local_addr().unwrap());
    drop(gone);
    let more = format!(
        "[rules]\nfiles = ['{}']\nexternal_url = 'https://headroom.example/'\n\
         alertmanager_urls = ['{hangs}', '{refuses}', '{address}']\n",
        file.display()
    );
    let options = CollectorOptions { more, ..CollectorOptions::default() };
    let mut collector = CollectorProgram::start(options).await;
    let told = eventually("what fires is told", LONG, async || stand_in.of("Told").pop()).await;
    assert_eq!(told["labels"]["severity"], "page");
    assert_eq!(told["annotations"]["summary"], "is 7");
    let link = "https://headroom.example/graph?g0.expr=vector%287%29&g0.tab=1";
    assert_eq!(told["generatorURL"], link);
    let moment = |value: &Value| -> i64 {
        value.as_str().unwrap().parse::<jiff::Timestamp>().unwrap().as_second()
    };
    assert_eq!(moment(&told["endsAt"]) - moment(&told["startsAt"]), 240);
    std::fs::write(&file, rules("vector(0) > 1")).unwrap();
    let reloaded = reqwest::Client::new().post(collector.http("/-/reload")).send().await.unwrap();
    assert_eq!(reloaded.status(), 200);
    let ended = eventually("its end is told", LONG, async || stand_in.of("Told").get(1).cloned());
    let ended = ended.await;
    assert_eq!(ended["startsAt"], told["startsAt"]);
    let lasted = moment(&ended["endsAt"]) - moment(&ended["startsAt"]);
    assert!((1..120).contains(&lasted), "{lasted}");
    assert!(stand_in.of("Waits").is_empty());
    eventually("what is not taken is counted", LONG, async || {
        let failed = metric(&collector, "headroom_notices_total{outcome=\"failed\"}").await?;
        let sent = metric(&collector, "headroom_notices_total{outcome=\"sent\"}").await?;
        (failed >= 1 && sent >= 2).then_some(())
    })
    .await;
    assert!(collector.log().contains("does not take alerts"), "{}", collector.log());
    collector.terminate();
}
