//! `headroom rules test`: files of tests and the rules that they name are read and run.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use crate::configuration::RuleFiles;
use crate::rules::{Group, Mistakes, Plan};
use headroom_proto::files;

/// How a file of tests went, in promtool's words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verdict {
    /// What to print.
    pub text: String,
    /// Whether all is as it must be.
    pub passed: bool,
}

/// Runs the tests of several files, tells of each, and answers whether all is as it must be.
pub fn run_all(paths: &[PathBuf], mut tell: impl FnMut(&str)) -> bool {
    let mut passed = true;
    for path in paths {
        let verdict = run(path);
        passed &= verdict.passed;
        tell(&verdict.text);
    }
    passed
}

/// Runs the tests of one file.
pub fn run(path: &Path) -> Verdict {
    let mut text = format!("Unit Testing:  {}\n", path.display());
    match read(path) {
        Err(mistakes) => {
            let _ = writeln!(text, "  FAILED:\n{mistakes}");
            Verdict { text, passed: false }
        }
        Ok(Read { plan, files }) => {
            // They were right a moment ago; what is not is told as missing rules.
            let groups = || -> Vec<Group> { files.read().unwrap_or_default() };
            let failures = plan.run(&groups);
            let passed = failures.is_empty();
            let outcome = if passed { "  SUCCESS".into() } else { failures.join("\n") };
            let head = if passed { "" } else { "  FAILED:\n" };
            let _ = writeln!(text, "{head}{outcome}");
            Verdict { text, passed }
        }
    }
}

struct Read {
    plan: Plan,
    files: RuleFiles,
}

fn read(path: &Path) -> Result<Read, Mistakes> {
    let name = path.display().to_string();
    let text =
        files::read_text(path).map_err(|error| Mistakes::of_file(&name, &error.to_string()))?;
    let plan = Plan::read(&name, &text)?;
    let folder = path.parent().unwrap_or(Path::new("."));
    let patterns = plan.rule_files.iter().map(|file| folder.join(file)).collect();
    let files = RuleFiles { patterns, ..RuleFiles::default() };
    files.read()?;
    Ok(Read { plan, files })
}
