//! Series, labels and values as lists: whole, cut where `limit` says, or refused with that word.

use harness::{CollectorOptions, CollectorProgram};
use headroom::samples::Labels;
use headroom::store::{FrameWrite, Store};
use serde_json::{Value, json};

use super::ask;

const AT_MS: i64 = 1_590_667_200_000;

/// A sample of each series.
fn write(store: &Store, series: &[Labels]) {
    let ids: Vec<_> = series.iter().map(|labels| store.series_id(labels).unwrap()).collect();
    let values = vec![1.0; ids.len()];
    let frame = FrameWrite {
        id: None,
        timestamp_ms: AT_MS,
        series: ids.into(),
        values,
        rounds: Vec::new(),
    };
    store.append(&[frame]).unwrap();
}

async fn filled(series: &[Labels]) -> CollectorProgram {
    let options = CollectorOptions {
        store: "raw_retention = '36500d'\n".into(),
        ..CollectorOptions::default()
    };
    let mut collector = CollectorProgram::start(options).await;
    collector.terminate();
    write(&collector.open_store(), series);
    collector.start_again().await;
    collector
}

/// Addresses, what is listed, and whether there is more.
const CASES: [(&str, &[&str], bool); 14] = [
    ("labels?match[]={instance=\"a\"}", &["__name__", "device", "instance"], false),
    ("labels?match[]={instance=\"a\"}&limit=0", &["__name__", "device", "instance"], false),
    ("labels?match[]={instance=\"a\"}&limit=3", &["__name__", "device", "instance"], false),
    ("labels?match[]={instance=\"a\"}&limit=2", &["__name__", "device"], true),
    ("labels?limit=2", &["__name__", "device"], true),
    ("labels?match[]=load", &["__name__", "instance"], false),
    ("labels?match[]=load&match[]=sent&limit=1", &["__name__"], true),
    ("labels?start=1590667100&end=1590667300&match[]=load", &["__name__", "instance"], false),
    ("labels?match[]=sent&start=1600000000", &[], false),
    ("label/device/values", &["eth0", "eth1", "eth2"], false),
    ("label/device/values?limit=2", &["eth0", "eth1"], true),
    ("label/device/values?match[]=load", &[], false),
    ("label/device/values?match[]=sent{device!=\"eth0\"}&limit=1", &["eth1"], true),
    ("label/__name__/values?match[]=sent&match[]=load&match[]=load", &["load", "sent"], false),
];

/// Queries, the length of their results, and whether there is more.
const ANSWERS: [(&str, usize, bool); 8] = [
    ("query?query=sent&time=1590667200", 3, false),
    ("query?query=sent&time=1590667200&limit=0", 3, false),
    ("query?query=sent&time=1590667200&limit=3", 3, false),
    ("query?query=sent&time=1590667200&limit=2", 2, true),
    ("query?query=sent[5m]&time=1590667200&limit=1", 1, true),
    // A number is a moment and a value.
    ("query?query=1&time=1590667200&limit=1", 2, false),
    ("query_range?query=sent&start=1590667200&end=1590667260&step=60&limit=2", 2, true),
    ("query_range?query=sent&start=1590667200&end=1590667260&step=60&limit=5", 3, false),
];

#[tokio::test(flavor = "multi_thread")]
async fn listings_are_cut_where_limit_says() {
    let sent = |device| Labels::new("sent", [("device", device), ("instance", "a")]);
    let load = Labels::new("load", [("instance", "a")]);
    let mut collector = filled(&[sent("eth2"), sent("eth0"), sent("eth1"), load]).await;
    for (question, listed, more) in CASES {
        let (status, body) = ask(&collector, question).await;
        assert_eq!((status, &body["data"]), (200, &json!(listed)), "{question}");
        let warnings = if more { json!(["results truncated due to limit"]) } else { Value::Null };
        assert_eq!(body["warnings"], warnings, "{question}");
    }
    for (limit, count, more) in [("0", 4, false), ("4", 4, false), ("3", 3, true), ("1", 1, true)] {
        let question = format!("series?match[]=sent&match[]={{instance=\"a\"}}&limit={limit}");
        let (_, body) = ask(&collector, &question).await;
        let listed = body["data"].as_array().unwrap();
        assert_eq!((listed.len(), body["warnings"].is_array()), (count, more), "{body}");
        assert!(listed.iter().all(|labels| labels["instance"] == "a"), "{body}");
    }
    for (question, count, more) in ANSWERS {
        let (status, body) = ask(&collector, question).await;
        let warnings = if more { json!(["results truncated due to limit"]) } else { Value::Null };
        assert_eq!((status, &body["warnings"]), (200, &warnings), "{question}");
        assert_eq!(body["data"]["result"].as_array().map(Vec::len), Some(count), "{question}");
    }
    for question in [
        "labels?limit=x",
        "series?match[]=up&limit=-1",
        "label/a/values?limit=1.5",
        "query?query=up&limit=x",
        "query_range?query=up&start=1&end=2&step=1&limit=-1",
    ] {
        let (status, body) = ask(&collector, question).await;
        let told = body["error"].as_str().unwrap();
        assert!(status == 400 && told.starts_with("invalid parameter \"limit\": "), "{told}");
    }
    collector.terminate();
}

/// Twenty thousand series, whose labels together are larger than one listing may be.
#[tokio::test(flavor = "multi_thread")]
async fn series_that_are_too_many_are_told_by_limit() {
    let long = "x".repeat(4_096);
    let series = |n: usize| {
        let (value, name) = (format!("{n}{long}"), format!("a{}", n % 5));
        // No instance may have names of a quarter of all memory for names.
        let instance = ["a", "b"][n / 5 % 2];
        let labels = [("long", value.as_str()), ("instance", instance), ("name", name.as_str())];
        Labels::new("wide", labels)
    };
    let all: Vec<Labels> = (0..20_000).map(series).collect();
    let mut collector = filled(&all).await;
    let (status, body) = ask(&collector, "series?match[]=wide").await;
    let error = "the request would take more than 67108864 bytes of memory, the most it may; ask \
                 for fewer with limit=";
    assert_eq!((status, &body["error"]), (422, &json!(error)));
    let (status, body) = ask(&collector, "series?match[]=wide&limit=100").await;
    assert_eq!((status, body["data"].as_array().map(Vec::len)), (200, Some(100)));
    let (status, body) = ask(&collector, "label/name/values?match[]=wide").await;
    assert_eq!((status, &body["data"]), (200, &json!(["a0", "a1", "a2", "a3", "a4"])));
    let (status, body) = ask(&collector, "labels?match[]={instance=\"a\"}").await;
    assert_eq!((status, &body["data"]), (200, &json!(["__name__", "instance", "long", "name"])));
    // An answer of many parts is whole.
    let (status, body) = ask(&collector, "series?match[]=wide&limit=5000").await;
    assert_eq!((status, body["data"].as_array().map(Vec::len)), (200, Some(5_000)));
    collector.terminate();
}

/// Names that are no words are listed as they are, and asked for in addresses as Prometheus 3 escapes
/// them.
#[tokio::test(flavor = "multi_thread")]
async fn names_of_any_letters_are_listed() {
    let duration = Labels::new("http.server.duration", [("service.name", "größe"), ("a b", "1")]);
    let mut collector = filled(&[duration, Labels::new("up", [("job", "x")])]).await;
    let all = json!({ "__name__": "http.server.duration", "a b": "1", "service.name": "größe" });
    for (question, listed) in [
        (
            "label/__name__/values?match[]=up&match[]={__name__=~\"http.*\"}",
            json!(["http.server.duration", "up"]),
        ),
        ("label/service.name/values", json!(["größe"])),
        ("label/U__service_2e_name/values", json!(["größe"])),
        ("label/U__a_20_b/values", json!(["1"])),
        ("label/U__none_2e_/values", json!([])),
        ("series?match[]={__name__=\"http.server.duration\"}", json!([all])),
        ("series?match[]={__name__=~\"http[.].*\"}", json!([all])),
        ("labels?match[]={__name__=~\"http[.].*\"}", json!(["__name__", "a b", "service.name"])),
    ] {
        let (status, body) = ask(&collector, question).await;
        assert_eq!((status, &body["data"]), (200, &listed), "{question}");
    }
    collector.terminate();
}
