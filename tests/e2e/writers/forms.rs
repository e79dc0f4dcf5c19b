//! In which forms a remote write may come, and what is kept of what is said of metrics.

use std::time::{SystemTime, UNIX_EPOCH};

use harness::remote_write::Destination;
use harness::remote_write::by_hand::{Given, Said, metadata, packed, request, request_2};
use harness::{CollectorOptions, CollectorProgram, metric};
use headroom::samples::{Budget, Hints, Matcher, Samples, Selection};
use headroom_proto::metric::JOB;
use reqwest::Response;
use serde_json::{Value, json};

const ONE: &str = "application/x-protobuf;proto=prometheus.WriteRequest";
const TWO: &str = "application/x-protobuf;proto=io.prometheus.write.v2.Request";

/// Headers, a body, the status of the answer and what that begins with.
type Sending<'s> = (&'s [(&'s str, &'s str)], Vec<u8>, u16, &'s str);

/// Series, more references of labels, the status, what was written, and what the answer begins with.
type Counting<'s> = (Vec<Given>, &'s [u64], u16, [u64; 3], &'s str);

fn now_ms() -> i64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis() as i64
}

async fn post(collector: &CollectorProgram, headers: &[(&str, &str)], body: &[u8]) -> Response {
    let Destination { url, token } = collector.remote_write();
    let mut post = reqwest::Client::new().post(url).bearer_auth(token).body(packed(body));
    for (name, value) in headers {
        post = post.header(*name, *value);
    }
    post.send().await.unwrap()
}

/// Samples, histograms and exemplars that were written, as the answer counts them.
fn written(response: &Response) -> Option<[u64; 3]> {
    let count = |of: &str| {
        let name = format!("x-prometheus-remote-write-{of}-written");
        response.headers().get(name)?.to_str().ok()?.parse().ok()
    };
    Some([count("samples")?, count("histograms")?, count("exemplars")?])
}

async fn refused(collector: &CollectorProgram, reason: &str) -> u64 {
    let name = format!("headroom_ingest_requests_refused_total{{reason=\"{reason}\"}}");
    metric(collector, &name).await.unwrap()
}

fn stored(collector: &CollectorProgram) -> Vec<String> {
    let from_outside = [Matcher::not_equal(JOB, "headroom")];
    let store = collector.open_store();
    let what = Selection::ever(&from_outside);
    let found = store.select(what, Hints::default(), &Budget::unlimited()).unwrap();
    found.iter().map(|series| format!("{} {:?}", series.labels, series.values)).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn only_known_forms_are_taken_and_none_is_taken_for_another() {
    let mut collector = CollectorProgram::start(CollectorOptions::default()).await;
    let now = now_ms();
    let one = |n: i64| request(&[Given::of("m").label("n", n.to_string()).sample(now, 1.0)]);
    let two = request_2(&[Given::of("m").label("n", "two").sample(now, 1.0)], &[]);
    let kind = |value| ("content-type", value);
    let encoding = |value| ("content-encoding", value);
    let cases: [Sending<'_>; 12] = [
        (&[], one(1), 204, ""),
        (&[kind("application/x-protobuf"), encoding("snappy")], one(2), 204, ""),
        (&[kind(ONE)], one(3), 204, ""),
        (&[kind(TWO)], two.clone(), 204, ""),
        (
            &[kind("application/json")],
            one(4),
            415,
            "content type \"application/json\" is not taken",
        ),
        (&[kind("application/vnd.google.protobuf")], one(4), 415, "content type "),
        (&[kind("application/x-protobuf;proto=x")], one(4), 415, "content type "),
        (&[encoding("zstd")], one(4), 415, "content encoding \"zstd\" is not taken, only snappy"),
        (&[encoding("gzip")], one(4), 415, "content encoding "),
        // Each is an empty request to who takes it for the other.
        (
            &[kind(ONE)],
            two,
            400,
            "the request is no remote write 1.0: it has the fields of another",
        ),
        (
            &[kind(TWO)],
            one(4),
            400,
            "the request is no remote write 2.0: it has the fields of another",
        ),
        (&[kind(TWO)], vec![0xff; 9], 400, "the request is no remote write 2.0: "),
    ];
    for (headers, body, status, said) in cases {
        let response = post(&collector, headers, &body).await;
        let is_two = headers.contains(&kind(TWO));
        assert_eq!(response.status(), status, "{headers:?}");
        assert_eq!(written(&response).is_some(), is_two && status != 415, "{headers:?}");
        let text = response.text().await.unwrap();
        assert!(text.starts_with(said), "{headers:?}: {text}");
    }
    assert_eq!(refused(&collector, "content_type").await, 3);
    assert_eq!(refused(&collector, "encoding").await, 2);
    assert_eq!(refused(&collector, "malformed").await, 3);
    collector.kill();
    let expected = ["1", "2", "3", "two"].map(|n| format!("m{{n=\"{n}\"}} [1.0]"));
    assert_eq!(stored(&collector), expected);
}

#[tokio::test(flavor = "multi_thread")]
async fn version_2_tells_how_much_was_written() {
    let mut collector = CollectorProgram::start(CollectorOptions::default()).await;
    let now = now_ms();
    let m = |n: &str| Given::of("m").label("n", n).sample(now, 1.0).sample(now - 1, 0.0);
    let unsorted = Given::default().label("z", "1").label("__name__", "u").sample(now, 1.0);
    let cases: [Counting<'_>; 8] = [
        (vec![], &[], 204, [0, 0, 0], ""),
        (vec![m("a"), m("b").exemplars(1), unsorted], &[], 204, [5, 0, 0], ""),
        (vec![m("a"), m("c")], &[], 204, [4, 0, 0], ""),
        (vec![m("d"), Given::of("h").histograms(2)], &[], 400, [2, 0, 0], "2 samples were refused"),
        (
            vec![m("e"), m("f").label("n", "twice")],
            &[],
            400,
            [2, 0, 0],
            "2 samples were refused, the others stored; the first: label \"n\" stands twice",
        ),
        (
            vec![m("g"), m("broken")],
            &[99, 1],
            400,
            [2, 0, 0],
            "2 samples were refused, the others stored; the first: a label refers to symbol 99 of 6",
        ),
        (
            vec![m("h"), m("odd")],
            &[1],
            400,
            [2, 0, 0],
            "2 samples were refused, the others stored; the first: the last label of a series has no",
        ),
        (
            vec![m("i").sample(now, 5.0)],
            &[],
            400,
            [2, 0, 0],
            "1 samples were refused, the others stored; the first: a series has the values 1 and 5",
        ),
    ];
    for (series, more, status, count, said) in cases {
        let response = post(&collector, &[("content-type", TWO)], &request_2(&series, more)).await;
        assert_eq!((response.status().as_u16(), written(&response)), (status, Some(count)));
        let text = response.text().await.unwrap();
        assert!(text.starts_with(said), "{text}");
    }
    collector.kill();
    let mut expected: Vec<String> = ["a", "b", "c", "d", "e", "g", "h", "i"]
        .map(|n| format!("m{{n=\"{n}\"}} [0.0, 1.0]"))
        .into();
    expected.push("u{z=\"1\"} [1.0]".into());
    assert_eq!(stored(&collector), expected);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_said_of_metrics_is_kept() {
    let mut collector = CollectorProgram::start(CollectorOptions::default()).await;
    let now = now_ms();
    let said = |metric, kind, help, unit| Said { metric, kind, help, unit };
    let first = [
        said("requests_total", 1, "Old words.", ""),
        said("requests_total", 1, "Requests that came.", ""),
        said("latency_seconds", 3, "How long they took.", "seconds"),
        said("", 1, "Nameless.", ""),
    ];
    let words_only = post(&collector, &[], &metadata(&first)).await;
    assert_eq!(words_only.status(), 204);
    let wait = said("", 5, "How long they waited.", "seconds");
    let series = [
        Given::of("wait_seconds_count").sample(now, 1.0).said(wait.clone()),
        Given::of("wait_seconds_sum").sample(now, 1.0).said(wait),
        Given::of("latency_seconds_bucket").label("le", "+Inf").sample(now, 1.0),
        Given::of("undescribed").sample(now, 1.0),
    ];
    let with_series = post(&collector, &[("content-type", TWO)], &request_2(&series, &[])).await;
    assert_eq!(with_series.status(), 204);
    let refused = metric(&collector, "headroom_ingest_metadata_refused_total").await;
    assert_eq!(refused, Some(1));
    let entry =
        |kind: &str, help: &str, unit: &str| json!([{ "type": kind, "help": help, "unit": unit }]);
    let latency = entry("histogram", "How long they took.", "seconds");
    let expected = [
        ("requests_total", Some(entry("counter", "Requests that came.", ""))),
        ("latency_seconds", Some(latency.clone())),
        ("latency_seconds_bucket", None),
        ("wait_seconds", Some(entry("summary", "How long they waited.", "seconds"))),
        ("wait_seconds_count", None),
        ("undescribed", Some(entry("unknown", "", ""))),
    ];
    // It is still there after a death.
    for _ in 0..2 {
        let all = asked(&collector, "metadata").await;
        for (metric, entry) in &expected {
            assert_eq!(all.get(metric), entry.as_ref(), "{metric}");
        }
        let one = asked(&collector, "metadata?metric=latency_seconds").await;
        assert_eq!(one, json!({ "latency_seconds": latency }));
        let few = asked(&collector, "metadata?limit=2&limit_per_metric=1").await;
        assert_eq!(few.as_object().unwrap().len(), 2);
        collector.kill();
        collector.start_again().await;
    }
    collector.terminate();
}

async fn asked(collector: &CollectorProgram, question: &str) -> Value {
    let (status, body) =
        harness::fetch(&collector.http(&format!("/api/v1/{question}"))).await.unwrap();
    assert_eq!(status, 200, "{question}");
    serde_json::from_slice::<Value>(&body).unwrap()["data"].clone()
}
