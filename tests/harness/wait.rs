//! Waiting for something to become true, and asking a page.

use std::time::{Duration, Instant};

use crate::collector::CollectorProgram;

/// How often a condition is looked at.
const POLL: Duration = Duration::from_millis(50);

/// How long a count may take to be as expected.
const COUNTED: Duration = Duration::from_secs(20);

/// Waits until `condition` answers, and fails with `what` if it does not in time.
pub async fn eventually<T>(
    what: &str,
    within: Duration,
    mut condition: impl AsyncFnMut() -> Option<T>,
) -> T {
    let start = Instant::now();
    loop {
        if let Some(found) = condition().await {
            return found;
        }
        assert!(start.elapsed() < within, "{what}: not within {within:?}");
        tokio::time::sleep(POLL).await;
    }
}

/// Status and body of a page; none while nobody answers.
pub async fn fetch(url: &str) -> Option<(u16, Vec<u8>)> {
    let client = reqwest::Client::builder().timeout(Duration::from_secs(20)).build().ok()?;
    let response = client.get(url).send().await.ok()?;
    let status = response.status().as_u16();
    Some((status, response.bytes().await.ok()?.to_vec()))
}

/// What the collector says of itself under that name and those labels; none while nobody answers.
pub async fn metric(collector: &CollectorProgram, name: &str) -> Option<u64> {
    let (_, body) = fetch(&collector.http("/metrics")).await?;
    let text = String::from_utf8(body).ok()?;
    text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '))?.parse().ok()
}

/// Waits until the collector counts so many under that name: what ends with a connection, or behind an
/// answer, is counted a little after whoever asked has read it.
pub async fn counted(collector: &CollectorProgram, name: &str, count: u64) {
    let start = Instant::now();
    loop {
        let found = metric(collector, name).await;
        if found == Some(count) {
            return;
        }
        assert!(start.elapsed() < COUNTED, "{name}: {count} expected, {found:?} counted");
        tokio::time::sleep(POLL).await;
    }
}
