//! What is good of a request is stored though another part is bad, and what is bad is counted by its
//! reason, as often as it was told.

use std::time::{SystemTime, UNIX_EPOCH};

use harness::remote_write::Destination;
use harness::remote_write::by_hand::{Given, packed, request};
use harness::{CollectorOptions, CollectorProgram, metric};
use headroom::samples::{Budget, Hints, Matcher, Samples, Selection};
use headroom::store::Store;
use headroom_proto::metric::JOB;

fn now_ms() -> i64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis() as i64
}

async fn write(collector: &CollectorProgram, series: &[Given]) -> (u16, String) {
    let Destination { url, token } = collector.remote_write();
    let post = reqwest::Client::new().post(url).bearer_auth(token);
    let response = post.body(packed(&request(series))).send().await.unwrap();
    (response.status().as_u16(), response.text().await.unwrap())
}

/// How many samples were refused, by reasons that there are.
async fn refused(collector: &CollectorProgram) -> Vec<(String, u64)> {
    let (_, text) = harness::fetch(&collector.http("/metrics")).await.unwrap();
    let text = String::from_utf8(text).unwrap();
    let start = "headroom_ingest_samples_refused_total{reason=\"";
    let counts = text.lines().filter_map(|line| line.strip_prefix(start)?.split_once("\"} "));
    let counts = counts.map(|(reason, count)| (reason.to_owned(), count.parse().unwrap()));
    counts.filter(|(_, count)| *count > 0).collect()
}

fn stored(store: &Store) -> Vec<String> {
    let from_outside = [Matcher::not_equal(JOB, "headroom")];
    let what = Selection::ever(&from_outside);
    let found = store.select(what, Hints::default(), &Budget::unlimited()).unwrap();
    found.iter().map(|series| format!("{} {:?}", series.labels, series.values)).collect()
}

/// What is wrong with one series among good ones, by which reason it is counted, how often, and what
/// its writer is told.
fn cases(now: i64) -> Vec<(Given, &'static str, u64, String)> {
    let bad = |given: Given| given.sample(now - 1000, 1.0).sample(now, 2.0);
    let long = |length| "x".repeat(length);
    let many = (0..64).fold(Given::of("bad"), |given, n| given.label(format!("l{n:02}"), "v"));
    let a_day_ahead = now + 86_400_000;
    vec![
        (
            bad(Given::of("bad").label("path", long(4097))),
            "label_value_too_long",
            2,
            "value of label \"path\" of series \"bad\" has 4097 bytes, at most 4096".into(),
        ),
        (bad(many), "too_many_labels", 2, "series \"bad\" has 65 labels, at most 64".into()),
        (
            bad(Given::of(&long(201))),
            "name_too_long",
            2,
            format!("metric name \"{}…\" has 201 bytes, at most 200", long(64)),
        ),
        (
            bad(Given::of("bad").label(long(201), "v")),
            "name_too_long",
            2,
            format!("label name \"{}…\" of series \"bad\" has 201 bytes", long(64)),
        ),
        (
            bad(Given::default().label("a", "b")),
            "no_metric_name",
            2,
            "series {a=\"b\"} has no metric name".into(),
        ),
        (
            bad(Given::of("bad").label("", "b")),
            "empty_label_name",
            2,
            "series \"bad\" has a label without a name".into(),
        ),
        (
            bad(Given::of("bad").label("a", "b").label("a", "c")),
            "duplicate_label",
            2,
            "label \"a\" stands twice in series \"bad\"".into(),
        ),
        (
            bad(Given::of("bad").label("a", b"\xc3\x28")),
            "invalid_utf8",
            2,
            "label \"a\" of series \"bad\" is not UTF-8".into(),
        ),
        (Given::of("bad").sample(1, 1.0), "too_old", 1, "timestamp 1 is over 62 days old".into()),
        (
            Given::of("bad").sample(a_day_ahead, 1.0),
            "future",
            1,
            format!("timestamp {a_day_ahead} is over 300 s ahead of the collector's clock"),
        ),
        (
            Given::of("bad").histograms(3),
            "native_histogram",
            3,
            "native histograms are not taken; send classic ones, with buckets".into(),
        ),
        (
            bad(Given::of("bad").label("instance", "ca1").label("job", "node")),
            "writer",
            2,
            "instance \"ca1\" with job \"node\" is for that host's own agent alone".into(),
        ),
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn one_bad_series_loses_only_itself() {
    let instances = vec!["ca1".into()];
    let options = CollectorOptions { instances, ..CollectorOptions::default() };
    let mut collector = CollectorProgram::start(options).await;
    let now = now_ms();
    let good = |n: usize, place| Given::of("good").label("n", format!("{n}{place}"));
    let mut expected = Vec::new();
    for (n, (bad, reason, count, told)) in cases(now).into_iter().enumerate() {
        let before = refused(&collector).await;
        let around = |place, value| good(n, place).sample(now, value);
        let (status, said) = write(&collector, &[around("a", 1.0), bad, around("b", 2.0)]).await;
        let told = format!("{count} samples were refused, the others stored; the first: {told}");
        assert!(status == 400 && said.starts_with(&told), "{status} {said} instead of {told}");
        let after = refused(&collector).await;
        let was = before.iter().find(|(known, _)| known == reason).map_or(0, |known| known.1);
        assert!(after.contains(&(reason.to_owned(), was + count)), "{reason}: {after:?}");
        let sum = |all: &[(String, u64)]| all.iter().map(|(_, count)| count).sum::<u64>();
        assert_eq!(sum(&after), sum(&before) + count, "{reason}: {after:?}");
        expected.push(format!("good{{n=\"{n}a\"}} [1.0]"));
        expected.push(format!("good{{n=\"{n}b\"}} [2.0]"));
    }
    collector.kill();
    expected.sort_unstable();
    assert_eq!(stored(&collector.open_store()), expected);
}

#[tokio::test(flavor = "multi_thread")]
async fn all_kinds_at_once_tell_the_first_and_how_many() {
    let instances = vec!["ca1".into()];
    let options = CollectorOptions { instances, ..CollectorOptions::default() };
    let mut collector = CollectorProgram::start(options).await;
    let now = now_ms();
    let cases = cases(now);
    let count: u64 = cases.iter().map(|case| case.2).sum();
    let mut series: Vec<Given> = cases.into_iter().map(|case| case.0).collect();
    series.push(Given::of("good").label("instance", "ca1").sample(now, 7.0));
    let told =
        format!("{count} samples were refused, the others stored; the first: value of label");
    // A retry is told the same, and nothing is stored twice.
    for _ in 0..2 {
        let (status, said) = write(&collector, &series).await;
        assert!(status == 400 && said.starts_with(&told), "{status} {said}");
    }
    let sum: u64 = refused(&collector).await.iter().map(|(_, count)| count).sum();
    assert_eq!(sum, 2 * count);
    collector.kill();
    assert_eq!(stored(&collector.open_store()), ["good{instance=\"ca1\"} [7.0]"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn odd_labels_are_put_right() {
    let mut collector = CollectorProgram::start(CollectorOptions::default()).await;
    let now = now_ms();
    let unsorted = || Given::default().label("z", "1").label("__name__", "m").label("A", "2");
    let long = "v".repeat(4096);
    let name = "n".repeat(200);
    let many = (0..63).fold(Given::of("many"), |given, n| given.label(format!("l{n:02}"), "v"));
    let series = [
        unsorted().sample(now, 1.0),
        // The same in order is the same series.
        Given::default()
            .label("A", "2")
            .label("__name__", "m")
            .label("z", "1")
            .sample(now - 1, 0.0),
        // A label without a value is no label.
        Given::of("empty").label("a", "").label("b", "").sample(now, 2.0),
        Given::of(&name).label("long", &long).sample(now, 3.0),
        many.sample(now, 4.0),
        Given::of("http.server.duration").label("service.name", "größe").sample(now, 5.0),
    ];
    assert_eq!(write(&collector, &series).await, (204, String::new()));
    collector.kill();
    let found = stored(&collector.open_store());
    let labels: Vec<String> = (0..63).map(|n| format!("l{n:02}=\"v\"")).collect();
    let mut expected = vec![
        "m{A=\"2\",z=\"1\"} [0.0, 1.0]".to_owned(),
        "empty [2.0]".to_owned(),
        format!("{name}{{long=\"{long}\"}} [3.0]"),
        format!("many{{{}}} [4.0]", labels.join(",")),
        "{\"http.server.duration\",\"service.name\"=\"größe\"} [5.0]".to_owned(),
    ];
    expected.sort_unstable();
    let mut found = found;
    found.sort_unstable();
    assert_eq!(found, expected);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_values_of_one_moment_the_first_stays_and_the_other_is_counted() {
    let mut collector = CollectorProgram::start(CollectorOptions::default()).await;
    let now = now_ms();
    let m = |n: &str| Given::of("m").label("n", n);
    let series = [
        m("a").sample(now, 1.0).sample(now, 2.0),
        m("b").sample(now, 3.0).sample(now - 10, 2.5).sample(now, 3.0),
        m("c").sample(now, 4.0),
        m("b").sample(now, 9.0),
        m("c").sample(now, 4.0),
    ];
    let told = format!(
        "2 samples were refused, the others stored; the first: a series has the values 1 and 2 at \
         timestamp {now}; the first stays\n"
    );
    for times in 1..=2 {
        assert_eq!(write(&collector, &series).await, (400, told.clone()));
        let counted = [("duplicate_timestamp".to_owned(), 2 * times)];
        assert_eq!(refused(&collector).await, counted);
    }
    // Equal ones are nothing to tell.
    let equal = [m("d").sample(now, 5.0).sample(now, 5.0), m("d").sample(now, 5.0).exemplars(2)];
    assert_eq!(write(&collector, &equal).await, (204, String::new()));
    let exemplars = metric(&collector, "headroom_ingest_exemplars_dropped_total").await;
    assert_eq!(exemplars, Some(2));
    collector.kill();
    let expected =
        ["m{n=\"a\"} [1.0]", "m{n=\"b\"} [2.5, 3.0]", "m{n=\"c\"} [4.0]", "m{n=\"d\"} [5.0]"];
    assert_eq!(stored(&collector.open_store()), expected);
}

#[tokio::test(flavor = "multi_thread")]
async fn limits_of_labels_are_configured() {
    let more = "[remote_write]\nlabels = 3\nname_bytes = '20 B'\nlabel_value_bytes = '16 B'\n";
    let options = CollectorOptions { more: more.into(), ..CollectorOptions::default() };
    let mut collector = CollectorProgram::start(options).await;
    let now = now_ms();
    let series = [
        Given::of("fits").label("a", "x".repeat(16)).label("b", "1").sample(now, 1.0),
        Given::of("fits").label("a", "x".repeat(17)).sample(now, 1.0),
        Given::of("fits").label("a", "1").label("b", "1").label("c", "1").sample(now, 1.0),
        Given::of(&"n".repeat(21)).sample(now, 1.0),
    ];
    let (status, said) = write(&collector, &series).await;
    assert!(status == 400 && said.starts_with("3 samples were refused"), "{status} {said}");
    let mut reasons = refused(&collector).await;
    reasons.sort_unstable();
    let one = |reason: &str| (reason.to_owned(), 1);
    let expected = [one("label_value_too_long"), one("name_too_long"), one("too_many_labels")];
    assert_eq!(reasons, expected);
    collector.terminate();
}
