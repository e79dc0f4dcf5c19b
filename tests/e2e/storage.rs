//! The store from outside: remote writes, snapshots and what is refused.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use harness::remote_write::Destination;
use harness::{CollectorOptions, CollectorProgram, fetch, run};
use headroom::samples::{Budget, Hints, Labels, Matcher, Samples, Selection};
use headroom::store::{FrameWrite, Store};
use headroom_proto::metric::JOB;
use tempfile::TempDir;

fn now_ms() -> i64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis() as i64
}

/// A protobuf field of bytes.
fn field(number: u8, bytes: &[u8]) -> Vec<u8> {
    assert!(bytes.len() < 128);
    [&[number << 3 | 2, bytes.len() as u8][..], bytes].concat()
}

fn varint(mut number: u64) -> Vec<u8> {
    let mut bytes = Vec::new();
    while number >= 0x80 {
        bytes.push(number as u8 | 0x80);
        number >>= 7;
    }
    bytes.push(number as u8);
    bytes
}

/// A remote write request of one series.
fn request(labels: &[(&str, &str)], samples: &[(i64, f64)]) -> Vec<u8> {
    let label = |(name, value): &(&str, &str)| {
        field(1, &[field(1, name.as_bytes()), field(2, value.as_bytes())].concat())
    };
    let sample = |(timestamp, value): &(i64, f64)| {
        let value = [&[1 << 3 | 1][..], &value.to_le_bytes()].concat();
        field(2, &[value, vec![2 << 3], varint(*timestamp as u64)].concat())
    };
    let series: Vec<Vec<u8>> = labels.iter().map(label).chain(samples.iter().map(sample)).collect();
    field(1, &series.concat())
}

async fn write(collector: &CollectorProgram, body: Vec<u8>) -> (u16, String) {
    let client = reqwest::Client::builder().timeout(Duration::from_secs(20)).build().unwrap();
    let Destination { url, token } = collector.remote_write();
    let response = client.post(url).bearer_auth(token).body(body).send().await.unwrap();
    (response.status().as_u16(), response.text().await.unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn remote_writes_are_durable_or_refused_with_a_reason() {
    let mut collector = CollectorProgram::start(CollectorOptions::default()).await;
    let now = now_ms();
    let packed = |body: Vec<u8>| snap::raw::Encoder::new().compress_vec(&body).unwrap();
    let good = request(&[("__name__", "m"), ("a", "b")], &[(now - 1000, 1.5), (now, 2.5)]);
    assert_eq!(write(&collector, packed(good.clone())).await, (204, String::new()));
    let late =
        [request(&[("__name__", "n")], &[(now, 3.0)]), request(&[("__name__", "m")], &[(1, 1.0)])];
    let cases: [(Vec<u8>, &str); 4] = [
        (b"x".to_vec(), "the request is not compressed with snappy: "),
        (good, "the request is not compressed with snappy: "),
        (packed(vec![0xff; 9]), "the request is no remote write 1.0: "),
        (
            packed(late.concat()),
            "1 samples were refused, the others stored; the first: timestamp 1 is over 62 days old",
        ),
    ];
    for (body, reason) in cases {
        let (status, said) = write(&collector, body).await;
        assert!(status == 400 && said.starts_with(reason), "{status} {said} instead of {reason}");
    }
    let mut bomb = varint(1 << 30);
    bomb.extend([0; 8]);
    assert_eq!(write(&collector, bomb).await.0, 413);
    // The same again changes nothing: of equal timestamps the first stays.
    let again = request(&[("__name__", "m"), ("a", "b")], &[(now, 9.0)]);
    assert_eq!(write(&collector, packed(again)).await.0, 204);
    collector.kill();
    let store = collector.open_store();
    let from_outside = [Matcher::not_equal(JOB, "headroom")];
    let what = Selection::ever(&from_outside);
    let found = store.select(what, Hints::default(), &Budget::unlimited()).unwrap();
    let text: Vec<String> =
        found.iter().map(|series| format!("{} {:?}", series.labels, series.values)).collect();
    assert_eq!(text, ["m{a=\"b\"} [1.5, 2.5]", "n [3.0]"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_snapshot_of_a_running_collector_is_a_data_directory() {
    let mut collector = CollectorProgram::start(CollectorOptions::default()).await;
    let body = request(&[("__name__", "m")], &[(now_ms(), 1.0)]);
    let body = snap::raw::Encoder::new().compress_vec(&body).unwrap();
    assert_eq!(write(&collector, body).await.0, 204);
    let folder = TempDir::new().unwrap();
    let (copy, back) = (folder.path().join("copy"), folder.path().join("back"));
    let url = collector.http("");
    let snapshot = || run("headroom", ["snapshot", copy.to_str().unwrap(), "--url", &url]);
    let taken = snapshot();
    assert_eq!((taken.code, &*taken.stderr), (Some(0), ""));
    let occupied = snapshot();
    let reason = format!("headroom: {} exists already and is not empty\n", copy.display());
    assert_eq!((occupied.code, &*occupied.stderr), (Some(1), &*reason));
    assert_eq!(fetch(&collector.http("/-/healthy")).await.unwrap().0, 200);
    collector.terminate();
    let restored = run("headroom", ["restore", copy.to_str().unwrap(), back.to_str().unwrap()]);
    assert_eq!((restored.code, &*restored.stderr), (Some(0), ""));
    let store = Store::open(&back).unwrap();
    let found = store
        .select(Selection::ever(&[Matcher::metric("m")]), Hints::default(), &Budget::unlimited())
        .unwrap();
    assert_eq!(found[0].values, [1.0]);
    let gone =
        run("headroom", ["snapshot", folder.path().join("x").to_str().unwrap(), "--url", &url]);
    assert!(gone.code == Some(1) && gone.stderr.starts_with("headroom: failed to ask"), "{gone:?}");
    let none =
        run("headroom", ["restore", "/nonexistent", folder.path().join("y").to_str().unwrap()]);
    assert_eq!(none.stderr, "headroom: /nonexistent is no data directory\n");
    // Nor is a folder with other things in it, which stays as it is.
    let other = folder.path().join("notes");
    std::fs::create_dir(&other).unwrap();
    std::fs::write(other.join("notes.txt"), "x").unwrap();
    let compacted = run("headroom", ["compact", other.to_str().unwrap()]);
    let expected = format!("headroom: {} is no data directory\n", other.display());
    assert_eq!((compacted.code, compacted.stderr), (Some(1), expected));
    assert_eq!(std::fs::read_dir(&other).unwrap().count(), 1);
}

#[test]
fn a_restoration_that_leaves_something_out_says_what_and_fails() {
    let folder = TempDir::new().unwrap();
    let place = |name: &str| folder.path().join(name);
    let write = |name: &str, seals: bool| {
        let store = Store::open(&place(name)).unwrap();
        for n in 0..20 {
            let labels = Labels::new("m", [("n", &*n.to_string())]);
            let series = [store.series_id(&labels).unwrap()].into();
            let timestamp_ms = 1_790_000_000_000 + n;
            store
                .append(&[FrameWrite {
                    id: None,
                    timestamp_ms,
                    series,
                    values: vec![0.5],
                    rounds: Vec::new(),
                }])
                .unwrap();
        }
        if seals {
            store.seal().unwrap();
        }
    };
    let restore = |name: &str, to: &str| {
        run("headroom", ["restore", place(name).to_str().unwrap(), place(to).to_str().unwrap()])
    };
    let read = |name: &str| {
        let store = Store::open(&place(name)).unwrap();
        let found = store.select(Selection::ever(&[]), Hints::default(), &Budget::unlimited());
        found.unwrap().len()
    };
    write("whole", false);
    let whole = restore("whole", "back");
    assert_eq!((whole.code, &*whole.stderr, read("back")), (Some(0), "", 20));
    // A record in the middle of a log.
    write("log", false);
    let log = std::fs::read_dir(place("log/log")).unwrap().next().unwrap().unwrap().path();
    let mut content = std::fs::read(&log).unwrap();
    let middle = content.len() - 200;
    content[middle] ^= 1;
    std::fs::write(&log, content).unwrap();
    let damaged = restore("log", "rest");
    assert_eq!(damaged.code, Some(1), "{damaged:?}");
    for word in ["rest holds all that could be read, but ", "left out: ", " records of log "] {
        assert!(damaged.stderr.contains(word), "{word}: {damaged:?}");
    }
    assert_eq!(read("rest"), 19);
}
