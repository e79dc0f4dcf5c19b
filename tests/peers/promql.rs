//! The same data in Debian's Prometheus and in Headroom, the same questions to both: the answers
//! must be equal to nine digits, labels, order where the language defines it, and errors too.

use std::path::Path;

use anyhow::{Context, ensure};
use harness::promql::{Answer, data, difference, expressions, questions, recorded};
use tempfile::TempDir;

use crate::peer::Peer;
use crate::{collector, prometheus};

pub fn compare() -> anyhow::Result<()> {
    let folder = TempDir::new()?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let samples = data::samples();
    println!("{} samples of {} series", samples.len(), data::count_series(&samples));
    let theirs = start_prometheus(folder.path(), &samples)?;
    let ours = start_headroom(folder.path(), &samples)?;

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

/// Prometheus with the samples in blocks of its own.
fn start_prometheus(folder: &Path, samples: &[data::Sample]) -> anyhow::Result<Peer> {
    let text = folder.join("samples.txt");
    std::fs::write(&text, data::open_metrics(samples))?;
    prometheus::import(folder, &text)?;
    prometheus::start(folder)
}

/// Headroom with the samples half in chunks, half in memory.
fn start_headroom(folder: &Path, samples: &[data::Sample]) -> anyhow::Result<Peer> {
    data::fill(&folder.join("headroom"), samples)?;
    Ok(collector::start(folder, &[])?.peer)
}

async fn ask(url: &str, question: &str) -> anyhow::Result<Answer> {
    let (status, body) = harness::fetch(&format!("{url}{question}")).await.context("an answer")?;
    Ok((status, serde_json::from_slice(&body)?))
}
