//! Questions that no evaluator can take.

use super::ground::{Attack, Finding, Request, ask, check_alive, collector, count, get};
use harness::{CollectorOptions, CollectorProgram};

pub const ATTACKS: &[Attack] = &[
    Attack {
        what: "durations that no clock can hold, through every door",
        must: "each is answered with 400 or 422",
        run: durations,
    },
    Attack {
        what: "expressions of great depth and width",
        must: "each is answered with a refusal",
        run: depth,
    },
    Attack {
        what: "3,000 expressions changed by chance",
        must: "each is answered; panics are counted, and there are none",
        run: changed,
    },
];

const BAD: [&str; 5] =
    ["a offset NaN", "a[1e20]", "a[18446744073709551615]", "a[5m:1e20]", "a offset -1e20"];

fn durations() -> anyhow::Result<Finding> {
    let collector = collector(CollectorOptions::default())?;
    let mut wrong = Vec::new();
    for text in BAD {
        let text = escaped(text);
        let doors = [
            format!("/api/v1/query?query={text}"),
            format!("/api/v1/query_range?query={text}&start=0&end=60&step=15"),
            format!("/api/v1/series?match[]={text}"),
            format!("/api/v1/labels?match[]={text}"),
            format!("/api/v1/label/job/values?match[]={text}"),
        ];
        for door in doors {
            let status = get(&collector, &door)?.status;
            if !matches!(status, 400 | 422) {
                wrong.push(format!("{door}: {status}"));
            }
        }
    }
    check_alive(&collector)?;
    let happened = wrong.first().cloned().unwrap_or("25 refusals".into());
    Ok(Finding::of(wrong.is_empty(), happened))
}

fn depth() -> anyhow::Result<Finding> {
    let collector = collector(CollectorOptions::default())?;
    let texts = [
        format!("{}1{}", "(".repeat(50_000), ")".repeat(50_000)),
        format!("{}a", "-".repeat(200_000)),
        format!("a{}", "+a".repeat(100_000)),
        format!("{}a{}", "sum(".repeat(20_000), ")".repeat(20_000)),
        format!("a{}", "[1m:1s]".repeat(10_000)),
        format!("a{}", "^a".repeat(50_000)),
        format!("a{{{}}}", "b=\"c\",".repeat(50_000)),
        format!("a{{b=~\"{}x{}\"}}", "(".repeat(20_000), ")*".repeat(20_000)),
        "a{b=~\"((a{1000}){1000}){1000}\"}".into(),
    ];
    let mut statuses = Vec::new();
    for text in &texts {
        statuses.push(query(&collector, text)?);
    }
    check_alive(&collector)?;
    let holds = statuses.iter().all(|status| (200..500).contains(status) || *status == 503);
    Ok(Finding::of(holds, format!("answers {statuses:?}")))
}

fn changed() -> anyhow::Result<Finding> {
    let collector = collector(CollectorOptions::default())?;
    let kept: Vec<&str> = include_str!("../../harness/promql/expressions.txt")
        .lines()
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
        .chain(BAD)
        .collect();
    let mut rng = fastrand::Rng::with_seed(10);
    for _ in 0..3_000 {
        let [one, other] = [0, 1].map(|_| kept[rng.usize(..kept.len())].as_bytes());
        let bytes = headroom_fuzz::changes::change(one, other, &mut rng);
        let text = String::from_utf8_lossy(&bytes);
        if query(&collector, &text).is_err() {
            return Ok(Finding::of(false, format!("no answer to {text:?}")));
        }
    }
    let panics = count(&collector, "headroom_panics_total")?;
    let happened = format!("3,000 answers, headroom_panics_total {panics:?}");
    Ok(Finding::of(panics == Some(0.0), happened))
}

/// The status of an answer to a question that is posted.
fn query(collector: &CollectorProgram, text: &str) -> anyhow::Result<u16> {
    let body = format!("query={}", escaped(text));
    let head = [("content-type", "application/x-www-form-urlencoded")];
    let (method, path) = ("POST", "/api/v1/query");
    Ok(ask(collector, Request { method, path, head: &head, body: body.as_bytes() })?.status)
}

/// A text as part of an address.
pub fn escaped(text: &str) -> String {
    let escape = |byte: u8| match byte {
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' => char::from(byte).to_string(),
        other => format!("%{other:02X}"),
    };
    text.bytes().map(escape).collect()
}
