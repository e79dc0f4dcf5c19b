//! How often each core was interrupted and by what, from /proc/interrupts. A host of many cores and queues
//! has tens of thousands of these series, so they are told only where an operator asks for them.

use std::path::Path;
use std::time::SystemTime;

use headroom_proto::catalogue::NODE_INTERRUPTS_TOTAL;

use super::proc_file::{ProcFile, count, parse_error};
use super::{SampleError, Sampler};
use crate::series::Round;

/// The most series. Of a host that has more, those are told that have ever happened, in the kernel's
/// order, and what finds no room is counted as skipped.
const MOST_SERIES: usize = 1500;

/// The longest words on an interrupt that are told.
const MOST_WORDS_BYTES: usize = 256;

pub struct Interrupts {
    interrupts: ProcFile,
}

impl Interrupts {
    pub fn new(root: &Path) -> Self {
        Self { interrupts: ProcFile::new(root, "proc/interrupts") }
    }
}

/// What interrupts, such as `28` or `NMI`, and what is said of it.
#[derive(Debug, PartialEq)]
struct Interrupt<'t> {
    kind: &'t str,
    /// In the order of the heading.
    counts: Vec<f64>,
    info: String,
    devices: String,
}

impl Sampler for Interrupts {
    fn name(&self) -> &'static str {
        "interrupts"
    }

    fn sample(&mut self, _: SystemTime, round: &mut Round<'_>) -> Result<(), SampleError> {
        let path = self.interrupts.path().to_owned();
        let Some(text) = self.interrupts.read_if_there()? else { return Ok(()) };
        let mut lines = text.lines();
        let heading = lines.next().unwrap_or_default();
        let cores: Option<Vec<&str>> =
            heading.split_ascii_whitespace().map(|core| core.strip_prefix("CPU")).collect();
        let cores = cores.ok_or_else(|| parse_error(&path, heading))?;
        let mut room = MOST_SERIES;
        let few = lines.clone().count() * cores.len() <= MOST_SERIES;
        for line in lines {
            round.item(|round| {
                let one = interrupt(line, cores.len());
                let one = one.ok_or_else(|| parse_error(&path, line).to_string())?;
                let told = cores.iter().zip(&one.counts).filter(|(_, count)| few || **count > 0.0);
                let told: Vec<_> = told.collect();
                room = room
                    .checked_sub(told.len())
                    .ok_or_else(|| format!("{}: more than {MOST_SERIES} series", path.display()))?;
                for (core, count) in told {
                    let labels = [
                        ("cpu", *core),
                        ("devices", &*one.devices),
                        ("info", &*one.info),
                        ("type", one.kind),
                    ];
                    round.push(NODE_INTERRUPTS_TOTAL.name, &labels, *count);
                }
                Ok::<(), String>(())
            });
        }
        Ok(())
    }
}

/// `28: 0 1 PCI-MSIX-0000:00:01.0 0-edge virtio0-config`, with a number for each core. A line that counts
/// for no core, such as `ERR: 0`, has no counts; none if it is no such line.
fn interrupt(line: &str, cores: usize) -> Option<Interrupt<'_>> {
    // On some machines nothing stands between the name and the first number.
    let (kind, rest) = line.split_once(':')?;
    let kind = kind.trim();
    let fields: Vec<&str> = rest.split_ascii_whitespace().collect();
    let is_name = !kind.is_empty() && kind.bytes().all(|byte| byte.is_ascii_alphanumeric());
    is_name.then_some(())?;
    let counted = if fields.len() > cores { cores } else { 0 };
    let (counts, words) = fields.split_at(counted);
    let counts = counts.iter().map(|text| count(text)).collect::<Option<_>>()?;
    // What is told of numbered ones has the chip in front.
    let numbered = kind.bytes().all(|byte| byte.is_ascii_digit());
    let (info, devices) = words.split_at(if numbered { words.len().min(1) } else { words.len() });
    let text = |words: &[&str]| {
        let mut text = words.join(" ");
        text.truncate(text.floor_char_boundary(MOST_WORDS_BYTES));
        text
    };
    Some(Interrupt { kind, counts, info: text(info), devices: text(devices) })
}
