//! PromQL answers as Prometheus 2.42 did when `tests/compare promql` asked it the same questions
//! (`HEADROOM_RECORD=tests/e2e/promql/answers.tsv tests/compare promql` records them anew).

use std::process::Command;
use std::time::Duration;

use harness::promql::{data, difference, expression_of, read};
use harness::{Program, binaries, eventually, fetch};
use serde_json::{Value, json};
use tempfile::TempDir;

const ANSWERS: &str = include_str!("promql/answers.tsv");

#[tokio::test(flavor = "multi_thread")]
async fn answers_as_prometheus_did() {
    let folder = TempDir::new().unwrap();
    data::fill(&folder.path().join("data"), &data::samples()).unwrap();
    let place = folder.path().join("c.toml");
    let text = "[http]\nlisten = '127.0.0.1:0'\n[grpc]\nlisten = '127.0.0.1:0'\n\
                [store]\ndirectory = 'data'\nraw_retention = '36500d'\n";
    std::fs::write(&place, text).unwrap();
    let mut command = Command::new(binaries().join("headroom"));
    command.arg("serve").arg("--config").arg(&place);
    let program = Program::start(command, "collector", folder.path());
    let http = eventually("the collector announces", Duration::from_secs(30), async || {
        let text = program.stdout();
        Some(text.lines().next()?.strip_prefix("http listening on ")?.to_owned())
    })
    .await;
    let ask = async |question: &str| {
        let (status, body) = fetch(&format!("http://{http}{question}")).await.unwrap();
        (status, serde_json::from_slice::<Value>(&body).unwrap())
    };

    let recorded = read(ANSWERS);
    assert!(recorded.len() >= 400, "{} answers recorded", recorded.len());
    let mut differing = Vec::new();
    for (question, theirs) in &recorded {
        let expression = expression_of(question);
        differing.extend(difference(&expression, theirs, &ask(question).await));
    }
    assert!(differing.is_empty(), "{}", differing.join("\n"));

    let (status, body) = ask("/api/v1/labels?match[]=load").await;
    assert_eq!((status, &body["data"]), (200, &json!(["__name__", "instance", "job"])));
    let (_, body) = ask("/api/v1/label/rack/values").await;
    assert_eq!(body["data"], json!(["r0", "r1"]));
    let (_, body) =
        ask("/api/v1/series?match[]=constant{rack=\"r0\"}&match[]=load{instance=\"ca1\"}").await;
    assert_eq!(body["data"].as_array().unwrap().len(), 3);
    let (status, body) = ask("/api/v1/series").await;
    assert_eq!((status, &body["errorType"]), (400, &json!("bad_data")));
    let (_, body) = ask("/api/v1/metadata?metric=bytes_total").await;
    assert_eq!(body["data"]["bytes_total"][0]["type"], "counter");
    let (_, body) = ask("/api/v1/status/buildinfo").await;
    assert_eq!(body["data"]["version"], "2.42.0");
    program.terminate();
}
