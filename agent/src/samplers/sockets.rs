//! Sockets in use, from /proc/net/sockstat and sockstat6, and what waits in those of UDP.

use std::path::Path;
use std::time::{Duration, SystemTime};

use headroom_proto::catalogue::{Metric, NODE_SOCKSTAT, NODE_SOCKSTAT_BYTES, NODE_UDP_QUEUES};

use super::period::Period;
use super::proc_file::{ProcFile, count, parse_error};
use super::{SampleError, Sampler};
use crate::series::Round;

/// The kernel prints a line for each socket of UDP, and a host of meetings has thousands.
const QUEUES_HOLD: Duration = Duration::from_secs(15);

/// No kernel has longer words for protocols and figures.
const MAX_WORD_BYTES: usize = 64;

pub struct Sockets {
    in_use: [ProcFile; 2],
    udp: [Queues; 2],
    period: Period,
    name: String,
}

/// The queues of all UDP sockets of a version of IP.
struct Queues {
    ip: &'static str,
    file: ProcFile,
    /// Bytes to be sent and to be read; none if that could not be read.
    waiting: Option<[u64; 2]>,
}

impl Sockets {
    pub fn new(root: &Path) -> Self {
        let queues =
            |(ip, name)| Queues { ip, file: ProcFile::of_network(root, name), waiting: None };
        Self {
            in_use: ["sockstat", "sockstat6"].map(|name| ProcFile::of_network(root, name)),
            udp: [("v4", "udp"), ("v6", "udp6")].map(queues),
            period: Period::new(QUEUES_HOLD),
            name: String::new(),
        }
    }
}

impl Sampler for Sockets {
    fn name(&self) -> &'static str {
        "sockets"
    }

    fn sample(&mut self, now: SystemTime, round: &mut Round<'_>) -> Result<(), SampleError> {
        for file in &mut self.in_use {
            let path = file.path().to_owned();
            let text = round.part(file.read_if_there()).flatten();
            for line in text.unwrap_or_default().lines() {
                round.item(|round| {
                    push_protocol(line, &mut self.name, round)
                        .ok_or_else(|| parse_error(&path, line))
                });
            }
        }
        let due = self.period.is_due(now);
        for queues in &mut self.udp {
            if due {
                queues.read(round);
            }
            let [sent, read] =
                queues.waiting.map_or([None; 2], |[sent, read]| [Some(sent), Some(read)]);
            for (queue, waiting) in [("tx", sent), ("rx", read)] {
                if let Some(bytes) = waiting {
                    let labels = [("ip", queues.ip), ("queue", queue)];
                    round.push(NODE_UDP_QUEUES.name, &labels, bytes as f64);
                }
            }
        }
        Ok(())
    }
}

/// `TCP: inuse 4 orphan 0 mem 179`.
fn push_protocol(line: &str, name: &mut String, round: &mut Round<'_>) -> Option<()> {
    let is_name = |text: &str| {
        let letters = text.bytes().all(|letter| letter.is_ascii_alphanumeric() || letter == b'_');
        text.len() <= MAX_WORD_BYTES && letters
    };
    let (protocol, rest) = line.split_once(':').filter(|(protocol, _)| is_name(protocol))?;
    let mut fields = rest.split_ascii_whitespace();
    while let Some(key) = fields.next() {
        is_name(key).then_some(())?;
        let field = fields.next()?;
        let Some(value) = count(field) else {
            round.item(|_| Err(format!("{protocol} {key} is {field:?}")));
            continue;
        };
        write_name(NODE_SOCKSTAT, [protocol, key], name);
        round.push(name, &[], value);
        if key == "mem" {
            write_name(NODE_SOCKSTAT_BYTES, [protocol, key], name);
            round.push(name, &[], value * rustix::param::page_size() as f64);
        }
    }
    Some(())
}

fn write_name(metric: &Metric, [protocol, key]: [&str; 2], name: &mut String) {
    let (before, behind) = metric.around();
    name.clear();
    name.extend([before, protocol, "_", key, behind]);
}

impl Queues {
    fn read(&mut self, round: &mut Round<'_>) {
        self.waiting = None;
        let path = self.file.path().to_owned();
        let Some(text) = round.part(self.file.read_if_there()).flatten() else { return };
        let mut sums = [0u64; 2];
        for line in text.lines().skip(1) {
            round.item(|_| {
                let [sent, read] = queues(line).ok_or_else(|| parse_error(&path, line))?;
                sums = [sums[0].saturating_add(sent), sums[1].saturating_add(read)];
                Ok::<(), SampleError>(())
            });
        }
        self.waiting = Some(sums);
    }
}

/// The fifth column is `tx_queue:rx_queue`, in hexadecimal.
fn queues(line: &str) -> Option<[u64; 2]> {
    let (sent, read) = line.split_ascii_whitespace().nth(4)?.split_once(':')?;
    let number = |text| u32::from_str_radix(text, 16).ok().map(u64::from);
    Some([number(sent)?, number(read)?])
}
