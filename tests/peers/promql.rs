//! The same remote writes to Debian's Prometheus and to Headroom, the same questions to both: the
//! answers must be equal to nine digits, labels, order where the language defines it, errors too. Edge
//! cases are asked beside them: errors to the word, and what differs is listed with its reason.

use anyhow::{Context, ensure};
use harness::promql::{
    Answer, ApiRequest, Edge, data, difference, difference_to_the_word, edges, expression_of,
    expressions, pattern, questions, random, recorded, requests,
};
use tempfile::TempDir;
use tokio::runtime::Runtime;

use crate::peer::Peer;
use crate::remote_write::{Batches, Labels, Point};
use crate::{collector, option, prometheus, remote_write};

/// So many expressions are made at random, unless `HEADROOM_RANDOM` says otherwise, from that seed
/// (`HEADROOM_SEED`), and none of their parts is deeper.
const RANDOM: f64 = 500.0;
const SEED: f64 = 1.0;
const DEPTH: u32 = 4;

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

    let both = Both { runtime, theirs, ours };
    let mut differing = compare_expressions(&both)?;
    differing.append(&mut compare_edges(&both)?);
    differing.append(&mut compare_requests(&both)?);
    differing.append(&mut compare_random(&both)?);
    both.theirs.stop();
    both.ours.stop();
    for (number, difference) in differing.iter().take(200).enumerate() {
        println!("{}. {difference}", number + 1);
    }
    ensure!(differing.is_empty(), "{} answers differ", differing.len());
    Ok(())
}

/// Who is asked.
struct Both {
    runtime: Runtime,
    theirs: Peer,
    ours: Peer,
}

impl Both {
    /// Their answer and ours.
    fn ask(&self, question: &str) -> anyhow::Result<[Answer; 2]> {
        let theirs = self.runtime.block_on(ask(&self.theirs.url, question))?;
        Ok([theirs, self.runtime.block_on(ask(&self.ours.url, question))?])
    }
}

/// The expressions that must be equal: what differs.
fn compare_expressions(both: &Both) -> anyhow::Result<Vec<String>> {
    let expressions = expressions();
    let (mut asked, mut differing, mut answers) = (0, Vec::new(), Vec::new());
    for expression in &expressions {
        for question in questions(expression) {
            asked += 1;
            let [theirs, ours] = both.ask(&question)?;
            if let Some(what) = difference(expression, &theirs, &ours) {
                differing.push(format!("{question}\n    {what}"));
            }
            if recorded(&question) {
                answers.push((question, theirs));
            }
        }
    }
    // The end-to-end tests ask the recorded questions again, without a Prometheus.
    if let Some(file) = std::env::var_os("HEADROOM_RECORD") {
        std::fs::write(&file, harness::promql::write(&answers))?;
    }
    let equal = asked - differing.len();
    println!("{} expressions, {asked} questions, {equal} equal", expressions.len());
    Ok(differing)
}

/// The edge cases: what differs that should not, and what is equal though it is said to differ.
fn compare_edges(both: &Both) -> anyhow::Result<Vec<String>> {
    let edges = edges();
    let (mut equal, mut listed, mut differing) = (0, 0, Vec::new());
    for Edge { expression, reason } in &edges {
        let mut found = Vec::new();
        for question in questions(expression) {
            let [theirs, ours] = both.ask(&question)?;
            match difference_to_the_word(expression, &theirs, &ours) {
                None => equal += 1,
                Some(what) => found.push(format!("{question}\n    {what}")),
            }
        }
        match reason {
            None => differing.append(&mut found),
            Some(reason) if found.is_empty() => {
                differing.push(format!("{expression} is equal, though: {reason}"));
            }
            Some(_) => listed += found.len(),
        }
    }
    let count = edges.len();
    println!("{count} edge cases, {equal} answers equal, {listed} differ for listed reasons");
    Ok(differing)
}

/// Requests to the API: what differs that should not, and what is equal though it is said to differ.
fn compare_requests(both: &Both) -> anyhow::Result<Vec<String>> {
    let requests = requests();
    let (mut equal, mut listed, mut differing) = (0, 0, Vec::new());
    for request in &requests {
        let ask = |peer: &Peer| both.runtime.block_on(request_of(&peer.url, request));
        let [theirs, ours] = [ask(&both.theirs)?, ask(&both.ours)?];
        let ApiRequest { address, form, reason } = request;
        match (theirs == ours, reason) {
            (true, None) => equal += 1,
            (false, Some(_)) => listed += 1,
            (true, Some(reason)) => differing.push(format!("{address} is equal, though: {reason}")),
            (false, None) => {
                let form = form.as_deref().unwrap_or_default();
                differing.push(format!("{address} {form}\n    {theirs:?}\n    {ours:?}"));
            }
        }
    }
    let count = requests.len();
    println!("{count} requests, {equal} answers equal, {listed} differ for listed reasons");
    Ok(differing)
}

async fn request_of(url: &str, request: &ApiRequest) -> anyhow::Result<Answer> {
    let client = reqwest::Client::new();
    let address = format!("{url}{}", request.address);
    let kind = "application/x-www-form-urlencoded";
    let asked = match &request.form {
        Some(form) => client.post(address).header("content-type", kind).body(form.clone()),
        None => client.get(address),
    };
    let answer = asked.send().await?;
    let status = answer.status().as_u16();
    Ok((status, serde_json::from_slice(&answer.bytes().await?)?))
}

async fn ask(url: &str, question: &str) -> anyhow::Result<Answer> {
    let (status, body) = harness::fetch(&format!("{url}{question}")).await.context("an answer")?;
    Ok((status, serde_json::from_slice(&body)?))
}

/// Expressions and patterns made at random: what differs.
fn compare_random(both: &Both) -> anyhow::Result<Vec<String>> {
    let count = option::number("HEADROOM_RANDOM", RANDOM)? as usize;
    let mut rng = fastrand::Rng::with_seed(option::number("HEADROOM_SEED", SEED)? as u64);
    let (mut asked, mut answered, mut differing) = (0, 0, Vec::new());
    for _ in 0..count {
        let depth = rng.u32(0..=DEPTH);
        let [expression, pattern] = [random(&mut rng, depth), pattern(&mut rng)];
        let at_end = |question: &String| question.starts_with(AT_A_MOMENT);
        let of_pattern = questions(&pattern).into_iter().find(at_end);
        for question in questions(&expression).into_iter().chain(of_pattern) {
            asked += 1;
            let [theirs, ours] = both.ask(&question)?;
            answered += usize::from(theirs.0 == 200);
            differing.extend(difference(&expression_of(&question), &theirs, &ours));
        }
    }
    println!("{count} expressions and patterns at random, {asked} questions, {answered} answered");
    Ok(differing)
}

/// How a question begins that is asked of one moment.
const AT_A_MOMENT: &str = "/api/v1/query?";
