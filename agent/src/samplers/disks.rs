//! Disk I/O by block device, from /proc/diskstats.

use std::path::Path;
use std::time::SystemTime;

use headroom_proto::catalogue::{
    Metric, NODE_DISK_DISCARD_TIME_SECONDS_TOTAL, NODE_DISK_DISCARDED_SECTORS_TOTAL,
    NODE_DISK_DISCARDS_COMPLETED_TOTAL, NODE_DISK_DISCARDS_MERGED_TOTAL,
    NODE_DISK_FLUSH_REQUESTS_TIME_SECONDS_TOTAL, NODE_DISK_FLUSH_REQUESTS_TOTAL, NODE_DISK_IO_NOW,
    NODE_DISK_IO_TIME_SECONDS_TOTAL, NODE_DISK_IO_TIME_WEIGHTED_SECONDS_TOTAL,
    NODE_DISK_READ_BYTES_TOTAL, NODE_DISK_READ_TIME_SECONDS_TOTAL, NODE_DISK_READS_COMPLETED_TOTAL,
    NODE_DISK_READS_MERGED_TOTAL, NODE_DISK_WRITE_TIME_SECONDS_TOTAL,
    NODE_DISK_WRITES_COMPLETED_TOTAL, NODE_DISK_WRITES_MERGED_TOTAL, NODE_DISK_WRITTEN_BYTES_TOTAL,
};

use super::proc_file::{ProcFile, count, parse_error};
use super::{SampleError, Sampler};
use crate::series::Round;

const SECTORS: f64 = 1.0 / 512.0;
const MILLISECONDS: f64 = 1000.0;

/// The columns behind the device's name, with how many of their unit make one base unit
/// (kernel: Documentation/admin-guide/iostats.rst). Older kernels end earlier.
///
/// Dividing keeps 9 ms at 0.009 s, where a product with 0.001 is off in the last digit and is
/// stored less tightly.
const COLUMNS: [(&Metric, f64); 17] = [
    (NODE_DISK_READS_COMPLETED_TOTAL, 1.0),
    (NODE_DISK_READS_MERGED_TOTAL, 1.0),
    (NODE_DISK_READ_BYTES_TOTAL, SECTORS),
    (NODE_DISK_READ_TIME_SECONDS_TOTAL, MILLISECONDS),
    (NODE_DISK_WRITES_COMPLETED_TOTAL, 1.0),
    (NODE_DISK_WRITES_MERGED_TOTAL, 1.0),
    (NODE_DISK_WRITTEN_BYTES_TOTAL, SECTORS),
    (NODE_DISK_WRITE_TIME_SECONDS_TOTAL, MILLISECONDS),
    (NODE_DISK_IO_NOW, 1.0),
    (NODE_DISK_IO_TIME_SECONDS_TOTAL, MILLISECONDS),
    (NODE_DISK_IO_TIME_WEIGHTED_SECONDS_TOTAL, MILLISECONDS),
    (NODE_DISK_DISCARDS_COMPLETED_TOTAL, 1.0),
    (NODE_DISK_DISCARDS_MERGED_TOTAL, 1.0),
    (NODE_DISK_DISCARDED_SECTORS_TOTAL, 1.0),
    (NODE_DISK_DISCARD_TIME_SECONDS_TOTAL, MILLISECONDS),
    (NODE_DISK_FLUSH_REQUESTS_TOTAL, 1.0),
    (NODE_DISK_FLUSH_REQUESTS_TIME_SECONDS_TOTAL, MILLISECONDS),
];

/// The most devices that are told: each has seventeen series, and a host may have a thousand volumes.
const MOST_DEVICES: usize = 100;

pub struct Disks {
    diskstats: ProcFile,
}

impl Disks {
    pub fn new(root: &Path) -> Self {
        Self { diskstats: ProcFile::new(root, "proc/diskstats") }
    }
}

impl Sampler for Disks {
    fn name(&self) -> &'static str {
        "disks"
    }

    fn sample(&mut self, _: SystemTime, round: &mut Round<'_>) -> Result<(), SampleError> {
        let path = self.diskstats.path().to_owned();
        let mut room = MOST_DEVICES;
        for line in self.diskstats.read()?.lines() {
            let before = round.len();
            if room == 0 {
                let device = line.split_ascii_whitespace().nth(2);
                if device.is_some_and(|device| !is_part_or_memory(device)) {
                    round.item(|_| Err(format!("there are more than {MOST_DEVICES} disks")));
                }
                continue;
            }
            round.item(|round| push_device(line, round).ok_or_else(|| parse_error(&path, line)));
            room -= usize::from(round.len() > before);
        }
        Ok(())
    }
}

fn push_device(line: &str, round: &mut Round<'_>) -> Option<()> {
    let mut fields = line.split_ascii_whitespace().skip(2);
    let device = fields.next()?;
    if is_part_or_memory(device) {
        return Some(());
    }
    for ((metric, units), field) in COLUMNS.iter().zip(fields) {
        // Some drivers end more requests than they began, and the kernel tells less than none.
        let below =
            *metric == NODE_DISK_IO_NOW && field.parse().is_ok_and(|now: u64| now >= 1 << 31);
        match count(field).filter(|_| !below) {
            Some(count) => round.push(metric.name, &[("device", device)], count / units),
            None => round.item(|_| Err(format!("{metric} of {device} is {field:?}"))),
        }
    }
    Some(())
}

/// What node_exporter leaves out: memory and loop devices, floppies, and partitions, whose I/O
/// their whole disk counts already.
pub fn is_part_or_memory(device: &str) -> bool {
    let stem = device.trim_end_matches(|c: char| c.is_ascii_digit());
    if stem.len() == device.len() {
        return false;
    }
    let disk_letter = |prefix: &str| {
        let rest = stem.strip_prefix(prefix);
        rest.is_some_and(|rest| rest.len() == 1 && rest.as_bytes()[0].is_ascii_lowercase())
    };
    matches!(stem, "ram" | "zram" | "loop" | "fd")
        || ["hd", "sd", "vd", "xvd"].into_iter().any(disk_letter)
        || (stem.starts_with("nvme") && stem.contains('n') && stem.ends_with('p'))
}
