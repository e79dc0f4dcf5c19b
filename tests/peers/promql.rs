//! The same data in Debian's Prometheus and in Headroom, the same questions to both: the answers
//! must be equal to nine digits, labels, order where the language defines it, and errors too.

use std::net::TcpListener;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use harness::promql::{Answer, data, difference, expressions, questions, recorded};
use harness::{Program, binaries};
use tempfile::TempDir;

const START_TIMEOUT: Duration = Duration::from_secs(60);

pub fn compare() -> anyhow::Result<()> {
    let folder = TempDir::new()?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let samples = data::samples();
    println!("{} samples of {} series", samples.len(), data::count_series(&samples));
    let (theirs, their_url) = start_prometheus(folder.path(), &samples)?;
    let (ours, our_url) = start_headroom(folder.path(), &samples)?;
    runtime.block_on(ready(&their_url, "/-/ready"))?;
    runtime.block_on(ready(&our_url, "/-/ready"))?;

    let expressions = expressions();
    let mut equal = 0;
    let mut asked = 0;
    let mut differing = Vec::new();
    let mut answers = Vec::new();
    for expression in &expressions {
        for question in questions(expression) {
            asked += 1;
            let their_answer = runtime.block_on(ask(&their_url, &question))?;
            let our_answer = runtime.block_on(ask(&our_url, &question))?;
            if recorded(&question) {
                answers.push((question.clone(), their_answer.clone()));
            }
            match difference(expression, &their_answer, &our_answer) {
                None => equal += 1,
                Some(what) => differing.push(format!("{question}\n    {what}")),
            }
        }
    }
    theirs.terminate();
    ours.terminate();
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

fn start_prometheus(folder: &Path, samples: &[data::Sample]) -> anyhow::Result<(Program, String)> {
    let text = folder.join("samples.txt");
    std::fs::write(&text, data::open_metrics(samples))?;
    let blocks = folder.join("prometheus");
    let mut promtool = Command::new("promtool");
    promtool.args(["tsdb", "create-blocks-from", "openmetrics"]).arg(&text).arg(&blocks);
    let output = promtool.output().context("promtool is installed with prometheus")?;
    let errors = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "promtool: {errors}");
    let configuration = folder.join("prometheus.yml");
    std::fs::write(&configuration, "global: {}\n")?;
    let port = free_port()?;
    let mut command = Command::new("prometheus");
    command
        .arg(format!("--config.file={}", configuration.display()))
        .arg(format!("--storage.tsdb.path={}", blocks.display()))
        .arg("--storage.tsdb.retention.time=100y")
        .arg(format!("--web.listen-address=127.0.0.1:{port}"));
    let program = Program::start(command, "prometheus", folder);
    Ok((program, format!("http://127.0.0.1:{port}")))
}

fn start_headroom(folder: &Path, samples: &[data::Sample]) -> anyhow::Result<(Program, String)> {
    data::fill(&folder.join("headroom"), samples)?;
    let port = free_port()?;
    let configuration = folder.join("collector.toml");
    let text = format!(
        "[http]\nlisten = '127.0.0.1:{port}'\n[grpc]\nlisten = '127.0.0.1:0'\n\
         [store]\ndirectory = 'headroom'\nraw_retention = '36500d'\n"
    );
    std::fs::write(&configuration, text)?;
    let mut command = Command::new(binaries().join("headroom"));
    command.arg("serve").arg("--config").arg(configuration);
    let program = Program::start(command, "headroom", folder);
    Ok((program, format!("http://127.0.0.1:{port}")))
}

fn free_port() -> anyhow::Result<u16> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?.port())
}

async fn ready(url: &str, path: &str) -> anyhow::Result<()> {
    let start = Instant::now();
    loop {
        if let Some((200, _)) = harness::fetch(&format!("{url}{path}")).await {
            return Ok(());
        }
        ensure!(start.elapsed() < START_TIMEOUT, "{url} does not answer");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

async fn ask(url: &str, question: &str) -> anyhow::Result<Answer> {
    let (status, body) = harness::fetch(&format!("{url}{question}")).await.context("an answer")?;
    Ok((status, serde_json::from_slice(&body)?))
}
