//! Commands that run to their end, and packages of the Python registry.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, ensure};

/// Runs a command to its end; what it printed.
pub fn output(command: &mut Command, folder: &Path) -> anyhow::Result<String> {
    let name = command.get_program().to_string_lossy().into_owned();
    let output = command.current_dir(folder).output().with_context(|| format!("no {name}"))?;
    let said = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "{name}: {}", said.lines().last().unwrap_or_default());
    Ok(String::from_utf8(output.stdout)?)
}

/// Installs packages into an environment of their own below `folder`; where its programs are.
pub fn python(folder: &Path, packages: &[&str]) -> anyhow::Result<PathBuf> {
    output(Command::new("python3").args(["-m", "venv", "venv"]), folder)?;
    let programs = folder.join("venv/bin");
    let mut pip = Command::new(programs.join("pip"));
    output(pip.args(["install", "--quiet"]).args(packages), folder)?;
    Ok(programs)
}
