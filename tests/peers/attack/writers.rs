//! Who may write, and who may read: pages from elsewhere, other names, forged agents, too many series.

use std::time::Duration;

use harness::{CollectorOptions, CollectorProgram};

use super::ground::{
    Attack, Finding, KIND, Request, agent, ask, check_alive, collector, count, frame, get, now_ms,
    push, wait_for,
};
use super::memory::{series, write};
use crate::process;

pub const ATTACKS: &[Attack] = &[
    Attack {
        what: "a page in a browser posts to /api/v1/write and /api/v1/snapshot",
        must: "401, 403 or 421; nothing is stored",
        run: foreign_page,
    },
    Attack {
        what: "DNS rebinding: pages are read under another name",
        must: "421 or 403 on every page; proxies' names work",
        run: rebinding,
    },
    Attack {
        what: "a program of this machine forges what the agent ca1 says",
        must: "401 without a token; refused with a writer's; the agent's own sample is stored",
        run: forged,
    },
    Attack {
        what: "60,000 long-labelled series of invented instances, then a restart",
        must: "refused and counted; the agent unharmed; opens again in as little memory",
        run: invented,
    },
    Attack {
        what: "series come and go until the limit of one host is passed in all",
        must: "a store above its limit opens and serves",
        run: above_the_limit,
    },
];

/// A request without a token that stores a sample of `ca1`, in the words of a browser.
fn written(collector: &CollectorProgram, head: &[(&str, &str)]) -> anyhow::Result<u16> {
    let body = snap::raw::Encoder::new().compress_vec(&series(1, |_| "ca1".into()))?;
    let (method, path) = ("POST", "/api/v1/write");
    Ok(ask(collector, Request { method, path, head, body: &body })?.status)
}

fn stored(collector: &CollectorProgram, selector: &str) -> anyhow::Result<bool> {
    let path = format!("/api/v1/query?query=count({})", super::questions::escaped(selector));
    Ok(get(collector, &path)?.text().contains("\"value\""))
}

fn foreign_page() -> anyhow::Result<Finding> {
    let collector = collector(CollectorOptions::default())?;
    let origin = ("origin", "http://evil.example");
    let simple = ("content-type", "text/plain");
    let site = ("sec-fetch-site", "cross-site");
    let token = format!("Bearer {}", collector.remote_write().token);
    let with_token = ("authorization", &*token);
    let mut statuses = Vec::new();
    for head in [&[origin, simple][..], &[simple, site], &[origin, simple, site, with_token]] {
        statuses.push(written(&collector, head)?);
        let (method, path) = ("POST", "/api/v1/snapshot");
        let request = Request { method, path, head, ..Request::default() };
        statuses.push(ask(&collector, request)?.status);
    }
    let refused = statuses.iter().all(|status| matches!(status, 401 | 403 | 421));
    let stored = stored(&collector, "wide")?;
    Ok(Finding::of(refused && !stored, format!("answers {statuses:?}, stored: {stored}")))
}

fn rebinding() -> anyhow::Result<Finding> {
    let http = "hosts = ['headroom.example.org']\n".to_owned();
    let collector = collector(CollectorOptions { http, ..CollectorOptions::default() })?;
    let pages = [
        "/",
        "/hosts/ca1",
        "/rooms",
        "/api/v1/query?query=up",
        "/metrics",
        "/graphs/ca1/network/day.svg",
    ];
    let mut wrong = Vec::new();
    for path in pages {
        for (host, is_ours) in [
            ("evil.example", false),
            ("127.0.0.1.evil.example:8440", false),
            ("localhost", true),
            ("headroom.example.org", true),
        ] {
            let head = [("host", host)];
            let status =
                ask(&collector, Request { path, head: &head, ..Request::default() })?.status;
            if is_ours == matches!(status, 403 | 421) {
                wrong.push(format!("{path} as {host}: {status}"));
            }
        }
    }
    let happened = wrong.first().cloned().unwrap_or("told to our own names alone".into());
    Ok(Finding::of(wrong.is_empty(), happened))
}

fn forged() -> anyhow::Result<Finding> {
    let collector = collector(CollectorOptions::default())?;
    let now = now_ms();
    let label = |name: &str, value: &str| harness::remote_write::WrittenLabel {
        name: name.into(),
        value: value.into(),
    };
    // In the future, so that the agent's own would come second.
    let labels = vec![label("__name__", "node_load1"), label("a", "b"), label("instance", "ca1")];
    let labels = [labels, vec![label("job", "node"), label(KIND.0, KIND.1)]].concat();
    let samples =
        vec![harness::remote_write::WrittenSample { value: 666.0, timestamp_ms: now + 60_000 }];
    let series = vec![harness::remote_write::WrittenSeries { labels, samples }];
    let request = prost::Message::encode_to_vec(&harness::remote_write::WriteRequest { series });
    let packed = snap::raw::Encoder::new().compress_vec(&request)?;
    let (method, path) = ("POST", "/api/v1/write");
    let bare =
        ask(&collector, Request { method, path, body: &packed, ..Request::default() })?.status;
    let with_token = write(&collector, &request)?;
    wait_for(async {
        let mut stream = agent(&collector, &[("node_load1", "a", "b")]).await?;
        push(&mut stream, vec![frame(1, now + 60_000, vec![7.0])]).await
    })??;
    let path = format!("/api/v1/query?query=node_load1&time={}", now / 1000 + 61);
    let answer = get(&collector, &path)?.text();
    let own = answer.contains("\"7\"") && !answer.contains("666");
    let holds = bare == 401 && (400..500).contains(&with_token) && own;
    Ok(Finding::of(holds, format!("{bare}, {with_token} with a token, its own sample: {own}")))
}

fn invented() -> anyhow::Result<Finding> {
    let store = "series = 10000\nlabel_bytes = '16 MiB'\n".to_owned();
    let mut collector = collector(CollectorOptions { store, ..CollectorOptions::default() })?;
    let before = process::memory(collector.id())?.resident_mib;
    let long = "x".repeat(1_000);
    let mut statuses = std::collections::BTreeMap::new();
    for batch in 0..60 {
        let request = series(1_000, |n| format!("{long}-{}", batch * 1_000 + n));
        *statuses.entry(write(&collector, &request)?).or_insert(0) += 1;
    }
    let grown = process::memory(collector.id())?.resident_mib - before;
    let refused = count(&collector, "headroom_ingest_samples_refused_total")?.unwrap_or(0.0);
    let acknowledged = wait_for(async {
        let mut stream = agent(&collector, &[("node_load1", "a", "b")]).await?;
        push(&mut stream, vec![frame(1, now_ms(), vec![7.0])]).await
    })??;
    let own = stored(&collector, "node_load1")?;
    collector.kill();
    wait_for(collector.start_again())?;
    check_alive(&collector)?;
    let again = process::memory(collector.id())?.resident_mib;
    let holds = grown < 128.0 && refused >= 40_000.0 && acknowledged == 1 && own && again < 200.0;
    Ok(Finding::of(
        holds,
        format!(
            "{grown:.0} MiB more, {refused} refused, agent's: {own}, {again:.0} MiB again, {statuses:?}"
        ),
    ))
}

fn above_the_limit() -> anyhow::Result<Finding> {
    let mut collector = collector(CollectorOptions::default())?;
    let written = write(&collector, &series(3_000, |_| "web1".into()))?;
    collector.terminate();
    // The same data under a limit that they have passed.
    let store = "series = 1000\n".to_owned();
    let directory = Some(collector.data());
    let options = CollectorOptions { store, directory, ..CollectorOptions::default() };
    let below = super::ground::collector(options)?;
    let reads = stored(&below, "wide")?;
    let more = write(&below, &series(4_000, |_| "web2".into()))?;
    std::thread::sleep(Duration::from_millis(100));
    check_alive(&below)?;
    let holds = written == 204 && reads && (400..500).contains(&more);
    Ok(Finding::of(holds, format!("serves: {reads}, more series: {more}")))
}
