//! The same remote writes to Debian's Prometheus and to Headroom, the same questions to both: the
//! answers must be equal to nine digits, labels, order where the language defines it, errors too.

use anyhow::{Context, ensure};
use harness::promql::{Answer, data, difference, expressions, questions, recorded};
use tempfile::TempDir;

use crate::peer::Peer;
use crate::remote_write::{Batches, Labels, Point};
use crate::{collector, prometheus, remote_write};

pub fn compare() -> anyhow::Result<()> {
    let folder = TempDir::new()?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let (series, points) = data::points(&data::samples());
    println!("{} samples of {} series, by remote write to both", points.len(), series.len());
    let labels: Vec<Labels> = series
        .iter()
        .map(|pairs| Labels::new(pairs.iter().map(|(name, value)| (*name, value.as_str()))))
        .collect();
    let write = |peer: &Peer, points: &[(usize, i64, f64)]| {
        let point = |&(series, timestamp_ms, value)| Point { series, timestamp_ms, value };
        let points: Vec<Point> = points.iter().map(point).collect();
        remote_write::send(peer, vec![Batches::new(labels.clone(), points.into_iter())])
    };
    let theirs = prometheus::start(folder.path())?;
    write(&theirs, &points)?;
    // Half of the samples lie in chunks, half in memory.
    let (early, late) = points.split_at(points.len() / 2);
    let ours = collector::start(folder.path(), &[])?.peer;
    write(&ours, early)?;
    collector::settle(&ours.stop())?;
    let ours = collector::start(folder.path(), &[])?.peer;
    write(&ours, late)?;

    let expressions = expressions();
    let mut equal = 0;
    let mut asked = 0;
    let mut differing = Vec::new();
    let mut answers = Vec::new();
    for expression in &expressions {
        for question in questions(expression) {
            asked += 1;
            let their_answer = runtime.block_on(ask(&theirs.url, &question))?;
            let our_answer = runtime.block_on(ask(&ours.url, &question))?;
            if recorded(&question) {
                answers.push((question.clone(), their_answer.clone()));
            }
            match difference(expression, &their_answer, &our_answer) {
                None => equal += 1,
                Some(what) => differing.push(format!("{question}\n    {what}")),
            }
        }
    }
    theirs.stop();
    ours.stop();
    // The end-to-end tests ask the recorded questions again, without a Prometheus.
    if let Some(file) = std::env::var_os("HEADROOM_RECORD") {
        std::fs::write(&file, harness::promql::write(&answers))?;
    }
    for (number, difference) in differing.iter().take(40).enumerate() {
        println!("{}. {difference}", number + 1);
    }
    println!("\n{} expressions, {asked} questions, {equal} equal", expressions.len());
    ensure!(differing.is_empty(), "{} answers differ", differing.len());
    Ok(())
}

async fn ask(url: &str, question: &str) -> anyhow::Result<Answer> {
    let (status, body) = harness::fetch(&format!("{url}{question}")).await.context("an answer")?;
    Ok((status, serde_json::from_slice(&body)?))
}
