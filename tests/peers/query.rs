//! How long questions take over HTTP: a day, a month and a year of the same data in VictoriaMetrics,
//! Prometheus and Headroom, and whether the answers agree.

mod data;

use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use harness::promql::{difference, encode};
use tempfile::TempDir;

use crate::load::Times;
use crate::peer::Peer;
use crate::{option, process, table};

/// How many steps the width of a graph asks for.
const STEPS: i64 = 400;

/// In each round a question is asked this often, or for this long.
const REQUESTS: usize = 40;
const ROUND: Duration = Duration::from_millis(1_500);

struct Question {
    title: &'static str,
    expression: &'static str,
    days: usize,
    step_s: i64,
    rows: usize,
}

const fn question(
    title: &'static str,
    expression: &'static str,
    (days, rows): (usize, usize),
) -> Question {
    let step_s = if days == data::YEAR_DAYS { 86_400 } else { days as i64 * 86_400 / STEPS };
    Question { title, expression, days, step_s, rows }
}

const QUESTIONS: [Question; 6] = [
    question("a day, one series", "node_load1{instance=\"host-00000\"}", (1, 1)),
    question(
        "a day, rate of 50 series",
        "sum by (instance) (rate(node_network_receive_bytes_total[5m]))",
        (1, data::HOSTS),
    ),
    question(
        "a month, rate of 50 series",
        "sum by (instance) (rate(node_network_receive_bytes_total[5m]))",
        (data::MONTH_DAYS, data::HOSTS),
    ),
    question(
        "a year, daily mean of one series",
        "avg_over_time(node_load1{instance=\"host-00000\"}[1d])",
        (data::YEAR_DAYS, 1),
    ),
    question(
        "a year, daily maximum of one series",
        "max_over_time(node_load1{instance=\"host-00000\"}[1d])",
        (data::YEAR_DAYS, 1),
    ),
    question(
        "a year, daily rate of one series",
        "rate(node_network_receive_bytes_total{instance=\"host-00000\"}[1d])",
        (data::YEAR_DAYS, 1),
    ),
];

pub fn compare() -> anyhow::Result<()> {
    let runs = option::runs()?;
    let folder = TempDir::new()?;
    let peers = data::start_all(folder.path())?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let client = reqwest::Client::new();
    let mut times: Vec<[Vec<f64>; 3]> = QUESTIONS.iter().map(|_| Default::default()).collect();
    for question in &QUESTIONS {
        runtime.block_on(agree(&client, &peers, question))?;
    }
    for peer in &peers {
        process::wait_until_idle(peer.id())?;
    }
    for run in 0..runs {
        println!("round {} of {runs}", run + 1);
        for (question, times) in QUESTIONS.iter().zip(&mut times) {
            for turn in 0..peers.len() {
                let place = (run + turn) % peers.len();
                let url = url(&peers[place], question);
                times[place].extend(runtime.block_on(ask_often(&client, &url))?);
            }
        }
    }
    for peer in peers {
        peer.stop();
    }
    let rows: Vec<Vec<String>> = QUESTIONS.iter().zip(times).map(row).collect();
    println!();
    let heads = ["ms, median", "VictoriaMetrics", "Prometheus", "Headroom", "ratios", "aim, both"];
    table::print(&heads, &rows);
    println!(
        "\nDays and months in {STEPS} steps, years in days. VictoriaMetrics is asked with nocache=1: \
         answers it has\nkept from before are not what is measured. Headroom's answers equal \
         Prometheus's to nine digits.\nratios: Headroom to VictoriaMetrics and to Prometheus"
    );
    Ok(())
}

fn row((question, times): (&Question, [Vec<f64>; 3])) -> Vec<String> {
    let [victoria, prometheus, headroom] = times.map(table::median);
    let ms = |value: f64| format!("{value:.2}");
    let (first, second) = (headroom / victoria, headroom / prometheus);
    vec![
        question.title.to_owned(),
        ms(victoria),
        ms(prometheus),
        ms(headroom),
        format!("{first:.2}, {second:.2}"),
        table::aim("1 or less", first <= 1.0 && second <= 1.0),
    ]
}

fn url(peer: &Peer, question: &Question) -> String {
    let times = Times::days(question.days);
    // Days begin at midnight, as pages and Grafana ask for them; other steps end with the last
    // sample. The first step has a day, or five minutes, before it.
    let last = if question.step_s == 86_400 { 0 } else { 10 };
    let end = times.end_ms() / 1000 - last;
    let start = end - (question.days as i64 * 86_400 / question.step_s - 1) * question.step_s;
    format!(
        "{}/api/v1/query_range?query={}&start={start}&end={end}&step={}&nocache=1",
        peer.url,
        encode(question.expression),
        question.step_s
    )
}

/// The answers have what they should, and Headroom's are Prometheus's.
async fn agree(
    client: &reqwest::Client,
    [victoria, prometheus, headroom]: &[Peer; 3],
    question: &Question,
) -> anyhow::Result<()> {
    let mut answers = Vec::new();
    for peer in [victoria, prometheus, headroom] {
        let body = ask(client, &url(peer, question)).await?;
        let answer: serde_json::Value = serde_json::from_slice(&body)?;
        let rows = answer["data"]["result"].as_array().map_or(0, Vec::len);
        let (name, title) = (peer.kind.name, question.title);
        ensure!(rows == question.rows, "{title}: {name} answers {rows} rows: {answer}");
        answers.push(answer);
    }
    let ours = answers.pop().context("three answers")?;
    let theirs = answers.pop().context("three answers")?;
    match difference(question.expression, &(200, theirs), &(200, ours)) {
        None => Ok(()),
        Some(what) => anyhow::bail!("{}: Prometheus and Headroom differ: {what}", question.title),
    }
}

/// Asks again and again; answers how long each took, in milliseconds.
async fn ask_often(client: &reqwest::Client, url: &str) -> anyhow::Result<Vec<f64>> {
    // The first finds connections and caches as the last question left them.
    ask(client, url).await?;
    let begin = Instant::now();
    let mut times = Vec::new();
    while times.len() < REQUESTS && begin.elapsed() < ROUND {
        let start = Instant::now();
        ask(client, url).await?;
        times.push(start.elapsed().as_secs_f64() * 1e3);
    }
    Ok(times)
}

async fn ask(client: &reqwest::Client, url: &str) -> anyhow::Result<Vec<u8>> {
    let response = client.get(url).send().await.with_context(|| url.to_owned())?;
    let status = response.status();
    let body = response.bytes().await?.to_vec();
    ensure!(status.is_success(), "{url}: {status}: {}", String::from_utf8_lossy(&body));
    Ok(body)
}
