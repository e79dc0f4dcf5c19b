//! Settings of a comparison, from the environment.

use anyhow::{Context, ensure};

/// How many alternating runs a comparison takes, unless `HEADROOM_RUNS` says otherwise.
const RUNS: f64 = 5.0;

/// The number in that variable, or the default; above zero.
pub fn number(name: &str, default: f64) -> anyhow::Result<f64> {
    let Ok(text) = std::env::var(name) else { return Ok(default) };
    let number: f64 = text.parse().with_context(|| format!("{name}={text}: not a number"))?;
    ensure!(number.is_finite() && number > 0.0, "{name}={text}: not above zero");
    Ok(number)
}

/// How many alternating runs there are; medians are of these.
pub fn runs() -> anyhow::Result<usize> {
    Ok(number("HEADROOM_RUNS", RUNS)?.ceil() as usize)
}
