//! The query API at its limits and in its mistakes: status, kind and words are Prometheus 2.42's
//! where it has them.

mod listings;
mod status;

use std::fmt::Write as _;
use std::time::Duration;

use harness::{CollectorOptions, CollectorProgram, eventually, fetch, metric};
use serde_json::{Value, json};

/// A question, its status and what `error` begins with; a success if that is empty.
type Case = (&'static str, u16, &'static str);

const BAD_TIME: &str = "invalid parameter \"time\": Invalid time value for 'time': cannot parse \"x\" to \
                        a valid timestamp";
const TOO_MANY: &str =
    "query processing would load too many samples into memory in query execution";

const CASES: [Case; 57] = [
    ("query", 400, "invalid parameter \"query\": 1:1: parse error: no expression found in input"),
    ("query?query=sum(", 400, "invalid parameter \"query\": "),
    (
        "format_query",
        400,
        "invalid parameter \"query\": 1:1: parse error: no expression found in input",
    ),
    (
        "format_query?query=sum(",
        400,
        "invalid parameter \"query\": 1:5: parse error: unclosed left",
    ),
    ("format_query?query=label_replace(a,%22(%22,%22%22,%22b%22,%22(%22)", 200, ""),
    ("parse_query?query=sum(a)%20by%20(b)", 200, ""),
    (
        "parse_query?query=a[",
        400,
        "invalid parameter \"query\": 1:3: parse error: unclosed left bracket",
    ),
    ("query?query=1&time=x", 400, BAD_TIME),
    ("query?query=1&time=", 200, ""),
    ("query?query=1&time=2020-05-28T12:00:00%2B02:00", 200, ""),
    ("query?query=1&time=1e300", 400, "invalid parameter \"time\": "),
    (
        "query?query=1&timeout=x",
        400,
        "invalid parameter \"timeout\": cannot parse \"x\" to a valid duration",
    ),
    ("query?query=1&timeout=0", 503, "query timed out in query queue"),
    ("query?query=1&timeout=10s", 200, ""),
    ("query?query=vector(1)[100y:1s]", 422, TOO_MANY),
    ("query?query=sum_over_time(vector(1)[9y:1s])", 422, TOO_MANY),
    (
        "query?query=label_replace(load,%22x%22,%22%22,%22y%22,%22(%22)",
        422,
        "invalid regular expression in label_replace(): (",
    ),
    ("query?query=load[100y]", 200, ""),
    ("query?query=max_over_time(load[100y])&time=9223372036854775", 200, ""),
    ("query?query=load[100y]&time=-9223372036854775.808", 200, ""),
    ("query?query=load&time=-292273086-05-16T16:47:06Z", 200, ""),
    ("query?query=load%20offset%20100y", 200, ""),
    (
        "query_range?query=1",
        400,
        "invalid parameter \"start\": cannot parse \"\" to a valid timestamp",
    ),
    (
        "query_range?query=1&start=1",
        400,
        "invalid parameter \"end\": cannot parse \"\" to a valid timestamp",
    ),
    (
        "query_range?query=1&start=1&end=2",
        400,
        "invalid parameter \"step\": cannot parse \"\" to a valid duration",
    ),
    (
        "query_range?query=1&start=1&end=2&step=0",
        400,
        "invalid parameter \"step\": zero or negative query resolution step widths are not accepted. \
         Try a positive integer",
    ),
    (
        "query_range?query=1&start=2&end=1&step=1",
        400,
        "invalid parameter \"end\": end timestamp must not be before start time",
    ),
    (
        "query_range?query=1&start=1&end=200000&step=1",
        400,
        "exceeded maximum resolution of 11,000 points per timeseries. Try decreasing the query \
         resolution (?step=XX)",
    ),
    (
        "query_range?query=1&start=1&end=2&step=1e300",
        400,
        "invalid parameter \"step\": cannot parse \"1e300\" to a valid duration. It overflows int64",
    ),
    ("query_range?start=1&end=2&step=5", 400, "1:1: parse error: no expression found in input"),
    (
        "query_range?query=up[5m]&start=1&end=2&step=5",
        400,
        "invalid expression type \"range vector\" for range query, must be Scalar or instant Vector",
    ),
    ("query_range?query=1&start=-253402300799&end=253402300799&step=9e9", 200, ""),
    ("series", 400, "no match[] parameter provided"),
    ("series?match[]=sum(up)", 400, "invalid parameter \"match[]\": "),
    (
        "series?match[]=up&start=x",
        400,
        "invalid parameter \"start\": Invalid time value for 'start': cannot parse \"x\" to a valid \
         timestamp",
    ),
    ("series?match[]={}", 400, "invalid parameter \"match[]\": "),
    ("query_range?query=vector(1)&start=0&end=11000&step=1", 200, ""),
    ("query_range?query=vector(1)&start=0&end=11000.999&step=1", 200, ""),
    (
        "query_range?query=vector(1)&start=0&end=11001&step=1",
        400,
        "exceeded maximum resolution of ",
    ),
    (
        "query_range?query=1&start=-9223372036854775808&end=9223372036854775807&step=1",
        400,
        "exceeded maximum resolution of ",
    ),
    ("query_range?query=up&start=9223372036854775807&end=9223372036854775807&step=1", 200, ""),
    ("query?query=max_over_time(up[5m])&time=-9223372036854775808", 200, ""),
    ("query?query=up%20offset%20100y&time=-9223372036854775808", 200, ""),
    ("query?query=up%20offset%20-100y&time=9223372036854775807", 200, ""),
    ("query?query=year()&time=9223372036854775807", 200, ""),
    (
        "series?match[]=up&start=-292273086-05-16T16:47:06Z&end=292277025-08-18T07:12:54.999999999Z",
        200,
        "",
    ),
    ("labels?start=-9223372036854775808&end=9223372036854775807", 200, ""),
    ("label/job/values?start=-9223372036854775808&end=9223372036854775807", 200, ""),
    ("status/tsdb?limit=0", 400, "limit must be a positive number"),
    ("status/tsdb?limit=10001", 400, "limit must not exceed 10000"),
    ("labels?match[]=up&start=1&end=2", 200, ""),
    ("label/a-b/values", 200, ""),
    ("label/U__/values", 400, "invalid label name: \"\""),
    ("label/__name__/values?match[]=up", 200, ""),
    ("metadata?limit=x", 400, "limit must be a number"),
    ("metadata?limit=10", 200, ""),
    ("query_exemplars?query=up&start=1&end=2", 200, ""),
];

async fn ask(collector: &CollectorProgram, question: &str) -> (u16, Value) {
    let url = collector.http(&format!("/api/v1/{question}"));
    let (status, body) = fetch(&url).await.unwrap();
    (status, serde_json::from_slice(&body).unwrap_or_default())
}

#[tokio::test(flavor = "multi_thread")]
async fn mistakes_are_told_as_prometheus_tells_them() {
    let mut collector = CollectorProgram::start(CollectorOptions::default()).await;
    for (question, status, error) in CASES {
        let (found, body) = ask(&collector, question).await;
        assert_eq!(found, status, "{question}: {body}");
        let kind = match status {
            400 => json!("bad_data"),
            422 => json!("execution"),
            503 => json!("timeout"),
            _ => Value::Null,
        };
        assert_eq!(body["errorType"], kind, "{question}");
        let told = body["error"].as_str().unwrap_or_default();
        assert!(told.starts_with(error), "{question}: {told}");
        assert_eq!(body["status"], if status == 200 { "success" } else { "error" }, "{question}");
    }
    for (question, data) in
        [("rules", json!({ "groups": [] })), ("alerts", json!({ "alerts": [] }))]
    {
        assert_eq!(ask(&collector, question).await.1["data"], data);
    }
    let (status, body) = fetch(&collector.http("/api/v1/nothing")).await.unwrap();
    assert_eq!((status, &body[..]), (404, &b"404 page not found\n"[..]));
    for (outcome, at_least) in [("answered", 8), ("bad_data", 20), ("execution", 3), ("timeout", 1)]
    {
        let name = format!("headroom_query_total{{outcome=\"{outcome}\"}}");
        eventually(&name, Duration::from_secs(20), async || {
            metric(&collector, &name).await.filter(|count| *count >= at_least)
        })
        .await;
    }
    collector.terminate();
}

/// Trees as deep as an attacker likes: refused, or answered, and the collector lives.
#[tokio::test(flavor = "multi_thread")]
async fn no_expression_is_too_deep_for_the_stack() {
    let mut collector = CollectorProgram::start(CollectorOptions::default()).await;
    let client = reqwest::Client::new();
    let expressions = [
        format!("{}1{}", "(".repeat(200_000), ")".repeat(200_000)),
        format!("1{}", "+1".repeat(200_000)),
        format!("1{}", "^1".repeat(200_000)),
        format!("{}1", "-".repeat(200_000)),
        format!("{}x{}", "abs(".repeat(50_000), ")".repeat(50_000)),
        format!("{}x{}", "sum(".repeat(120), ")".repeat(120)),
        format!("x{}", " or x".repeat(50_000)),
        format!("x{}", " or x".repeat(250)),
        format!("x{}", "[5m:]".repeat(50_000)),
        format!("1{}", "+1".repeat(250)),
        format!("{}1{}", "(".repeat(250), ")".repeat(250)),
        format!("{}x{}", "-abs(".repeat(120), ")".repeat(120)),
        format!("{}x{}", "max_over_time(".repeat(60), "[5m:1m])".repeat(60)),
        format!("1{}", "^1".repeat(250)),
        "x{a=~\"".to_owned() + &"(".repeat(50_000) + "\"}",
        "x{a=~\"(((a{100}){100}){100}){100}\"}".to_owned(),
    ];
    for expression in expressions {
        let start: String = expression.chars().take(20).collect();
        let body = format!("query={}", expression.replace('+', "%2B"));
        let request = client.post(collector.http("/api/v1/query")).body(body);
        let kind = "application/x-www-form-urlencoded";
        let answer = request.header("content-type", kind).send().await;
        let status = answer.unwrap_or_else(|error| panic!("{start}: {error}")).status().as_u16();
        assert!([200, 400, 422].contains(&status), "{start}: {status}");
    }
    collector.terminate();
}

/// A sum of a hundred parts that each take a little while.
fn slow(timeout: &str) -> String {
    let part = "quantile_over_time(0.5,vector(time())[1m:1s])";
    let mut sum = part.to_owned();
    for _ in 0..100 {
        let _ = write!(sum, "%2B{part}");
    }
    format!("query_range?query={sum}&start=0&end=10000&step=1&timeout={timeout}")
}

#[tokio::test(flavor = "multi_thread")]
async fn slow_queries_end_in_time_and_make_room() {
    let mut collector = CollectorProgram::start(CollectorOptions::default()).await;
    let late = "query timed out in expression evaluation";
    let (status, body) = ask(&collector, &slow("200ms")).await;
    assert_eq!(
        (status, body["errorType"].as_str(), &body["error"]),
        (503, Some("timeout"), &json!(late))
    );

    // A reader who goes away is noticed.
    let client = reqwest::Client::builder().timeout(Duration::from_millis(300)).build().unwrap();
    let url = collector.http(&format!("/api/v1/{}", slow("30s")));
    assert!(client.get(url).send().await.unwrap_err().is_timeout());
    let canceled = "headroom_query_total{outcome=\"canceled\"}";
    eventually("the query is given up", Duration::from_secs(20), async || {
        let running = metric(&collector, "headroom_query_running").await?;
        (metric(&collector, canceled).await? == 1 && running == 0).then_some(())
    })
    .await;

    // All places are taken; the next one waits, and not for ever.
    let running: Vec<_> = (0..20)
        .map(|_| {
            let url = collector.http(&format!("/api/v1/{}", slow("3s")));
            tokio::spawn(async move { fetch(&url).await.unwrap().0 })
        })
        .collect();
    eventually("all places are taken", Duration::from_secs(20), async || {
        (metric(&collector, "headroom_query_running").await? == 20).then_some(())
    })
    .await;
    let (status, body) = ask(&collector, "query?query=1&timeout=100ms").await;
    assert_eq!((status, &body["error"]), (503, &json!("query timed out in query queue")));
    for answer in running {
        assert_eq!(answer.await.unwrap(), 503);
    }
    eventually("places are free again", Duration::from_secs(20), async || {
        (ask(&collector, "query?query=1").await.0 == 200).then_some(())
    })
    .await;
    collector.terminate();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_form_goes_before_the_address() {
    let mut collector = CollectorProgram::start(CollectorOptions::default()).await;
    let url = collector.http("/api/v1/query?query=1&time=12");
    let post = async |kind: &str, body: &'static str| {
        let request = reqwest::Client::new().post(&url).header("content-type", kind).body(body);
        let body = request.send().await.unwrap().bytes().await.unwrap();
        serde_json::from_slice::<Value>(&body).unwrap()["data"]["result"].clone()
    };
    let form = "application/x-www-form-urlencoded";
    assert_eq!(post(form, "query=2%2B3").await, json!([12, "5"]));
    assert_eq!(post("application/json", "{\"query\":\"7\"}").await, json!([12, "1"]));
    collector.terminate();
}
