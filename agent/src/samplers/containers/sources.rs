//! The files of a control group, of both versions, and what they say (kernel:
//! Documentation/admin-guide/cgroup-v2.rst and cgroup-v1/).

use super::figures::Figures;
use super::stacked::StackedDisks;

/// What a file is about. In version 1, each has a hierarchy of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Controller {
    Cpu,
    CpuAccounting,
    Memory,
    Io,
    Processes,
}

/// A file and how it is read. Reading fails if it does not look as documented.
pub struct Source {
    pub controller: Controller,
    pub file: &'static str,
    pub read: fn(&str, &mut Figures, &mut StackedDisks) -> Option<()>,
}

const fn source(
    controller: Controller,
    file: &'static str,
    read: fn(&str, &mut Figures, &mut StackedDisks) -> Option<()>,
) -> Source {
    Source { controller, file, read }
}

/// Version 2.
pub const UNIFIED: [Source; 7] = [
    source(Controller::Cpu, "cpu.stat", |text, figures, _| {
        set(&mut figures.cpu, text, "usage_usec", MICROSECONDS)?;
        set(&mut figures.cpu_user, text, "user_usec", MICROSECONDS)?;
        set(&mut figures.cpu_system, text, "system_usec", MICROSECONDS)?;
        set(&mut figures.throttled, text, "throttled_usec", MICROSECONDS)
    }),
    source(Controller::Memory, "memory.current", |text, figures, _| {
        figures.memory = Some(number(text)?);
        Some(())
    }),
    source(Controller::Memory, "memory.stat", |text, figures, _| {
        set(&mut figures.inactive_file, text, "inactive_file", 1.0)
    }),
    source(Controller::Memory, "memory.max", |text, figures, _| {
        figures.memory_limit = match text.trim() {
            "max" => None,
            limit => Some(number(limit)?),
        };
        Some(())
    }),
    source(Controller::Memory, "memory.events", |text, figures, _| {
        set(&mut figures.oom_kills, text, "oom_kill", 1.0)
    }),
    source(Controller::Io, "io.stat", read_unified_io),
    source(Controller::Processes, "pids.current", read_threads),
];

/// Version 1. Of the same figure, the later file is the better one.
pub const LEGACY: [Source; 12] = [
    source(Controller::CpuAccounting, "cpuacct.usage", |text, figures, _| {
        figures.cpu = Some(number(text)? / NANOSECONDS);
        Some(())
    }),
    source(Controller::CpuAccounting, "cpuacct.stat", |text, figures, _| {
        set(&mut figures.cpu_user, text, "user", TICKS)?;
        set(&mut figures.cpu_system, text, "system", TICKS)
    }),
    source(Controller::Cpu, "cpu.stat", |text, figures, _| {
        set(&mut figures.throttled, text, "throttled_time", NANOSECONDS)
    }),
    source(Controller::Memory, "memory.usage_in_bytes", |text, figures, _| {
        figures.memory = Some(number(text)?);
        Some(())
    }),
    source(Controller::Memory, "memory.stat", |text, figures, _| {
        set(&mut figures.inactive_file, text, "total_inactive_file", 1.0)
    }),
    source(Controller::Memory, "memory.limit_in_bytes", |text, figures, _| {
        figures.memory_limit = Some(number(text)?).filter(|limit| *limit < NO_LIMIT_BYTES);
        Some(())
    }),
    source(Controller::Memory, "memory.oom_control", |text, figures, _| {
        set(&mut figures.oom_kills, text, "oom_kill", 1.0)
    }),
    source(Controller::Io, "blkio.throttle.io_service_bytes", read_legacy_bytes),
    source(Controller::Io, "blkio.throttle.io_service_bytes_recursive", read_legacy_bytes),
    source(Controller::Io, "blkio.throttle.io_serviced", read_legacy_operations),
    source(Controller::Io, "blkio.throttle.io_serviced_recursive", read_legacy_operations),
    source(Controller::Processes, "pids.current", read_threads),
];

const MICROSECONDS: f64 = 1e6;
const NANOSECONDS: f64 = 1e9;

/// Hundredths of a second (`USER_HZ`).
const TICKS: f64 = 100.0;

/// Version 1 writes "no limit" as the largest number of whole pages in 63 bits.
const NO_LIMIT_BYTES: f64 = (1u64 << 62) as f64;

fn number(text: &str) -> Option<f64> {
    text.trim().parse::<u64>().ok().map(|number| number as f64)
}

/// Sets a figure to the number behind a key, in units of which `units` are one. A kernel may not have
/// the key; but a number that is none is a failure.
fn set(figure: &mut Option<f64>, text: &str, key: &str, units: f64) -> Option<()> {
    let value = text.lines().find_map(|line| line.strip_prefix(key)?.strip_prefix(' '));
    if let Some(value) = value {
        *figure = Some(number(value)? / units);
    }
    Some(())
}

/// Threads count as tasks: cAdvisor's `container_threads`.
fn read_threads(text: &str, figures: &mut Figures, _: &mut StackedDisks) -> Option<()> {
    figures.threads = Some(number(text)?);
    Some(())
}

/// Lines `8:0 rbytes=1 wbytes=2 rios=3 wios=4 …`; a disk that has done nothing has no figures.
fn read_unified_io(text: &str, figures: &mut Figures, stacked: &mut StackedDisks) -> Option<()> {
    let mut sums = [0.0; 4];
    for line in text.lines() {
        let mut fields = line.split_ascii_whitespace().peekable();
        let mut disk = None;
        // Some kernels let the numbers of disks without figures stand before the next one's.
        while let Some(number) = fields.next_if(|field| is_disk(field)) {
            disk = Some(number);
        }
        if disk.is_some_and(|disk| stacked.carries_another(disk)) {
            continue;
        }
        // Figures of no disk are nobody's.
        fields.peek().is_none_or(|_| disk.is_some()).then_some(())?;
        for field in fields {
            let (key, value) = field.split_once('=')?;
            let keys = ["rbytes", "wbytes", "rios", "wios"];
            if let Some(place) = keys.iter().position(|known| *known == key) {
                sums[place] += number(value)?;
            }
        }
    }
    [figures.io.read_bytes, figures.io.written_bytes, figures.io.reads, figures.io.writes] =
        sums.map(Some);
    Some(())
}

/// A disk as the kernel numbers it: `8:0`.
fn is_disk(field: &str) -> bool {
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    field.split_once(':').is_some_and(|(major, minor)| is_number(major) && is_number(minor))
}

fn read_legacy_bytes(text: &str, figures: &mut Figures, stacked: &mut StackedDisks) -> Option<()> {
    (figures.io.read_bytes, figures.io.written_bytes) = read_and_written(text, stacked)?;
    Some(())
}

fn read_legacy_operations(
    text: &str,
    figures: &mut Figures,
    stacked: &mut StackedDisks,
) -> Option<()> {
    (figures.io.reads, figures.io.writes) = read_and_written(text, stacked)?;
    Some(())
}

/// Lines `8:0 Read 4096`, and a last one with the total.
fn read_and_written(text: &str, stacked: &mut StackedDisks) -> Option<(Option<f64>, Option<f64>)> {
    let (mut read, mut written) = (0.0, 0.0);
    for line in text.lines() {
        let fields: Vec<&str> = line.split(' ').collect();
        match fields[..] {
            [disk, "Read" | "Write", _] if stacked.carries_another(disk) => {}
            [_, "Read", bytes] => read += number(bytes)?,
            [_, "Write", bytes] => written += number(bytes)?,
            ["Total", _] | [_, _, _] => {}
            _ => return None,
        }
    }
    Some((Some(read), Some(written)))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Reads a file of that name and compares what it changed in [`Figures::default`].
    #[track_caller]
    fn check(sources: &[Source], file: &str, text: &str, expected: Option<&Figures>) {
        let root = tempfile::TempDir::new().unwrap();
        // dm-0 stands on a part of the first disk.
        let part = root.path().join("sys/dev/block/8:0/sda3");
        std::fs::create_dir_all(part.join("holders/dm-0")).unwrap();
        std::fs::write(part.join("partition"), "3\n").unwrap();
        std::fs::create_dir_all(root.path().join("sys/dev/block/253:0/holders")).unwrap();
        let mut stacked = StackedDisks::new(root.path());
        let source = sources.iter().find(|source| source.file == file).unwrap();
        let mut figures = Figures::default();
        let read = (source.read)(text, &mut figures, &mut stacked);
        assert_eq!(read.map(|()| &figures), expected, "{file} {text:?}");
    }

    fn figures(change: impl FnOnce(&mut Figures)) -> Figures {
        let mut figures = Figures::default();
        change(&mut figures);
        figures
    }

    #[test]
    fn version_2_is_read_as_documented() {
        for (file, text, expected) in [
            (
                "cpu.stat",
                "usage_usec 2500000\nuser_usec 2000000\nsystem_usec 500000\nnr_throttled 3\n\
                 throttled_usec 250000\n",
                figures(|f| {
                    f.cpu = Some(2.5);
                    f.cpu_user = Some(2.0);
                    f.cpu_system = Some(0.5);
                    f.throttled = Some(0.25);
                }),
            ),
            ("cpu.stat", "usage_usec 1000000\n", figures(|f| f.cpu = Some(1.0))),
            ("memory.current", "1048576\n", figures(|f| f.memory = Some(1_048_576.0))),
            ("memory.max", "max\n", figures(|_| {})),
            ("memory.max", "4096\n", figures(|f| f.memory_limit = Some(4096.0))),
            (
                "memory.stat",
                "anon 5\ninactive_anon 6\ninactive_file 7\nactive_file 8\n",
                figures(|f| f.inactive_file = Some(7.0)),
            ),
            (
                "memory.events",
                "low 0\noom 4\noom_kill 3\noom_group_kill 1\n",
                figures(|f| f.oom_kills = Some(3.0)),
            ),
            ("pids.current", "12\n", figures(|f| f.threads = Some(12.0))),
            (
                "io.stat",
                "8:0 rbytes=900 wbytes=900 rios=9 wios=9 dbytes=0 dios=0\n\
                 253:0 rbytes=100 wbytes=200 rios=3 wios=4 dbytes=0 dios=0\n259:0 \n\
                 9:1 rbytes=1 wbytes=2 rios=3 wios=4 dbytes=0 dios=0\n",
                figures(|f| {
                    f.io.read_bytes = Some(101.0);
                    f.io.written_bytes = Some(202.0);
                    f.io.reads = Some(6.0);
                    f.io.writes = Some(8.0);
                }),
            ),
            (
                "io.stat",
                "7:7 7:6 7:5 7:4 rbytes=28672 wbytes=0 rios=22 wios=0 dbytes=0 dios=0\n\
                 253:0 8:0 rbytes=900 wbytes=900 rios=9 wios=9\n8:0 253:0 rbytes=1 wbytes=1 rios=1 wios=1\n\n",
                figures(|f| {
                    f.io.read_bytes = Some(28673.0);
                    f.io.written_bytes = Some(1.0);
                    f.io.reads = Some(23.0);
                    f.io.writes = Some(1.0);
                }),
            ),
        ] {
            check(&UNIFIED, file, text, Some(&expected));
        }
    }

    #[test]
    fn version_1_is_read_as_documented() {
        let service = "8:0 Read 900\n8:0 Write 900\n253:0 Read 100\n253:0 Write 200\n\
                       253:0 Sync 250\n253:0 Async 50\n253:0 Total 300\nTotal 2100\n";
        for (file, text, expected) in [
            ("cpuacct.usage", "2500000000\n", figures(|f| f.cpu = Some(2.5))),
            (
                "cpuacct.stat",
                "user 200\nsystem 50\n",
                figures(|f| {
                    f.cpu_user = Some(2.0);
                    f.cpu_system = Some(0.5);
                }),
            ),
            (
                "cpu.stat",
                "nr_periods 9\nnr_throttled 3\nthrottled_time 250000000\n",
                figures(|f| f.throttled = Some(0.25)),
            ),
            ("memory.usage_in_bytes", "4096\n", figures(|f| f.memory = Some(4096.0))),
            ("memory.limit_in_bytes", "4096\n", figures(|f| f.memory_limit = Some(4096.0))),
            ("memory.limit_in_bytes", "9223372036854771712\n", figures(|_| {})),
            (
                "memory.stat",
                "inactive_file 1\ntotal_inactive_file 7\n",
                figures(|f| f.inactive_file = Some(7.0)),
            ),
            (
                "memory.oom_control",
                "oom_kill_disable 0\nunder_oom 0\noom_kill 3\n",
                figures(|f| f.oom_kills = Some(3.0)),
            ),
            ("memory.oom_control", "oom_kill_disable 0\nunder_oom 0\n", figures(|_| {})),
            (
                "blkio.throttle.io_service_bytes_recursive",
                service,
                figures(|f| {
                    f.io.read_bytes = Some(100.0);
                    f.io.written_bytes = Some(200.0);
                }),
            ),
            (
                "blkio.throttle.io_serviced",
                "9:1 Read 3\n9:1 Write 4\nTotal 7\n",
                figures(|f| {
                    f.io.reads = Some(3.0);
                    f.io.writes = Some(4.0);
                }),
            ),
        ] {
            check(&LEGACY, file, text, Some(&expected));
        }
    }

    #[test]
    fn a_number_that_is_none_is_no_number() {
        for (file, text) in [
            ("cpu.stat", "usage_usec much\n"),
            ("memory.current", ""),
            ("memory.max", "-1\n"),
            ("io.stat", "253:0 rbytes\n"),
            ("io.stat", "253:0 rbytes=x\n"),
            ("io.stat", "rbytes=1 wbytes=2 rios=3 wios=4\n"),
            ("io.stat", "disk rbytes=1 wbytes=2 rios=3 wios=4\n"),
        ] {
            check(&UNIFIED, file, text, None);
        }
        for (file, text) in [
            ("cpuacct.usage", "much\n"),
            ("blkio.throttle.io_serviced", "9:1 Read\n"),
            ("blkio.throttle.io_service_bytes", "9:1 Write x\n"),
        ] {
            check(&LEGACY, file, text, None);
        }
    }
}
