//! Memory from /proc/meminfo, paging and out-of-memory kills from /proc/vmstat.

use std::path::Path;
use std::time::SystemTime;

use headroom_proto::catalogue::{Metric, NODE_MEMORY, NODE_MEMORY_BYTES, NODE_VMSTAT};

use super::proc_file::{ProcFile, count, parse_error};
use super::{SampleError, Sampler};
use crate::series::Round;

/// No kernel has a longer word for a figure, and no name of a metric has room for one.
const MAX_KEY_BYTES: usize = 64;

pub struct Memory {
    meminfo: ProcFile,
    vmstat: ProcFile,
    name: String,
}

impl Memory {
    pub fn new(root: &Path) -> Self {
        Self {
            meminfo: ProcFile::new(root, "proc/meminfo"),
            vmstat: ProcFile::new(root, "proc/vmstat"),
            name: String::new(),
        }
    }
}

impl Sampler for Memory {
    fn name(&self) -> &'static str {
        "memory"
    }

    fn sample(&mut self, _: SystemTime, round: &mut Round<'_>) -> Result<(), SampleError> {
        push_lines(&mut self.meminfo, &mut self.name, round, push_meminfo);
        push_lines(&mut self.vmstat, &mut self.name, round, push_paging);
        Ok(())
    }
}

/// Writes what a file says line by line.
fn push_lines(
    file: &mut ProcFile,
    name: &mut String,
    round: &mut Round<'_>,
    push: impl Fn(&str, &mut String, &mut Round<'_>) -> Option<()>,
) {
    let path = file.path().to_owned();
    let text = round.part(file.read()).unwrap_or_default();
    for line in text.lines().filter(|line| !line.trim().is_empty()) {
        round.item(|round| push(line, name, round).ok_or_else(|| parse_error(&path, line)));
    }
}

/// `Active(anon):  12 kB` becomes `node_memory_Active_anon_bytes`; plain counts have no unit.
fn push_meminfo(line: &str, name: &mut String, round: &mut Round<'_>) -> Option<()> {
    let (key, rest) = line.split_once(':')?;
    let is_name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '(' | ')');
    (key.len() <= MAX_KEY_BYTES && key.chars().all(is_name)).then_some(())?;
    let mut fields = rest.split_ascii_whitespace();
    let number = count(fields.next()?)?;
    let (metric, value) = match fields.next() {
        None => (NODE_MEMORY, number),
        Some("kB") => (NODE_MEMORY_BYTES, number * 1024.0),
        Some(_) => return None,
    };
    write_name(metric, key, name);
    round.push(name, &[], value);
    Some(())
}

fn push_paging(line: &str, name: &mut String, round: &mut Round<'_>) -> Option<()> {
    let (key, value) = line.split_once(' ').unwrap_or((line, ""));
    if is_paging(key) {
        write_name(NODE_VMSTAT, key, name);
        round.push(name, &[], count(value)?);
    }
    Some(())
}

/// The name of the series that the kernel calls `key`, without brackets.
fn write_name(metric: &Metric, key: &str, name: &mut String) {
    let (before, behind) = metric.around();
    name.clear();
    name.push_str(before);
    name.extend(key.chars().filter(|&c| c != ')').map(|c| if c == '(' { '_' } else { c }));
    name.push_str(behind);
}

/// What node_exporter keeps by default: `oom_kill|pgpg|pswp|pg.*fault`.
fn is_paging(key: &str) -> bool {
    let is_name = key.bytes().all(|letter| letter.is_ascii_alphanumeric() || letter == b'_');
    if key.len() > MAX_KEY_BYTES || !is_name {
        return false;
    }
    key.starts_with("oom_kill")
        || key.starts_with("pgpg")
        || key.starts_with("pswp")
        || (key.starts_with("pg") && key.contains("fault"))
}
