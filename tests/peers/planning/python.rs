//! Python's side: each row says what it found, or that it was skipped and why.

use std::path::PathBuf;
use std::process::{Command, Stdio};

use anyhow::{Context, ensure};
use harness::calibration::Course;
use headroom::planning::row::Standing;
use headroom::planning::scores::{Foreseen, Level, Score, Scores, Subject};
use serde_json::{Value, json};
use std::io::Write;

/// A row of the forecast's table: held, error, seconds.
pub fn row(name: &str, [held, error, seconds]: [f64; 3]) -> Vec<String> {
    vec![
        name.to_owned(),
        format!("{:.1}", held * 100.0),
        format!("{:.1}", error * 100.0),
        format!("{:.2}", seconds * 1e3),
    ]
}

/// prophet on the logarithms of the same courses.
pub fn prophet(courses: &[Course]) -> Vec<String> {
    let courses: Vec<Value> = courses
        .iter()
        .map(|course| {
            let days: Vec<i32> = course.known.iter().map(|peak| peak.day).collect();
            let peaks: Vec<f64> = course.known.iter().map(|peak| peak.peak).collect();
            json!({"days": days, "peaks": peaks, "highest": course.highest})
        })
        .collect();
    match ask("prophet", &json!({ "courses": courses })) {
        Ok(answer) => {
            let number = |name: &str| answer[name].as_f64().unwrap_or(f64::NAN);
            row("prophet", [number("held"), number("error"), number("seconds")])
        }
        Err(why) => vec!["prophet".to_owned(), format!("skipped: {why:#}")],
    }
}

/// The interval of the same scores by MAPIE.
pub fn mapie() -> String {
    let mut chance = fastrand::Rng::with_seed(7);
    let values: Vec<f64> = (0..40).map(|_| chance.f64() * 4.0 - 2.0).collect();
    let score = |z: &f64| Score { day: 0, z: *z, standing: Standing::Measured };
    let scores = Scores::of(&values.iter().map(score).collect::<Vec<_>>());
    let unit = Foreseen { expected: 1.0, spread: 1.0 };
    let range = scores.range(unit, Level::EIGHTY, Subject::Day);
    let ours = [range.low.ln(), range.high.ln()];
    match ask("mapie", &json!({ "scores": values })) {
        Ok(answer) => {
            let theirs = [0, 1].map(|end| answer["interval"][end].as_f64().unwrap_or(f64::NAN));
            let same = (0..2).all(|end| (ours[end] - theirs[end]).abs() < 1e-9);
            let verdict = if same { "the same" } else { "NOT the same" };
            format!("\n80 % of 40 scores: ours {ours:.4?}, MAPIE's {theirs:.4?}: {verdict}")
        }
        Err(why) => format!("\nMAPIE: skipped: {why:#}"),
    }
}

/// Longley by statsmodels, whose values NIST certifies and our unit tests hold to six digits.
pub fn statsmodels() -> String {
    match ask("statsmodels", &json!({})) {
        Ok(answer) => {
            format!("statsmodels on Longley: {} (NIST: -3482258.63459582)", answer["constant"])
        }
        Err(why) => format!("statsmodels: skipped: {why:#}"),
    }
}

/// The same three rounds of weighted sums over as many rows.
pub fn numpy(rows: usize) -> String {
    match ask("numpy", &json!({ "rows": rows })) {
        Ok(answer) => {
            format!("numpy, the fit alone: {:.2} s", answer["seconds"].as_f64().unwrap_or(f64::NAN))
        }
        Err(why) => format!("numpy: skipped: {why:#}"),
    }
}

/// Lets Python answer in JSON.
fn ask(what: &str, question: &Value) -> anyhow::Result<Value> {
    let python = installed()?;
    let mut child = Command::new(python)
        .args(["-c", include_str!("beside.py"), what])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .context("failed to start python")?;
    let mut stdin = child.stdin.take().context("python takes input")?;
    stdin.write_all(question.to_string().as_bytes()).context("failed to ask python")?;
    drop(stdin);
    let output = child.wait_with_output().context("failed to wait for python")?;
    ensure!(output.status.success(), "python's {what} failed");
    serde_json::from_slice(&output.stdout).with_context(|| format!("{what}: no JSON"))
}

/// A Python with the packages, installed once below `target`.
fn installed() -> anyhow::Result<PathBuf> {
    let folder = harness::binaries().join("planning-python");
    let python = folder.join("bin/python");
    if folder.join("complete").exists() {
        return Ok(python);
    }
    let run = |command: &mut Command| -> anyhow::Result<()> {
        let status = command.stderr(Stdio::null()).status().context("failed to start")?;
        ensure!(status.success(), "failed to install Python's packages");
        Ok(())
    };
    run(Command::new("python3").args(["-m", "venv"]).arg(&folder))?;
    let packages = ["numpy", "statsmodels", "mapie", "prophet"];
    run(Command::new(folder.join("bin/pip")).args(["install", "--quiet"]).args(packages))?;
    std::fs::write(folder.join("complete"), "").context("failed to note what is installed")?;
    Ok(python)
}
