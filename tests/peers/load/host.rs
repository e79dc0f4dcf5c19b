//! A host and its fifty series.

use super::signal::{Shape, Signal};

/// How many series a host has: all that [`CATALOGUE`] lists.
pub const SERIES_PER_HOST: usize = 50;

/// All hosts come from this seed.
const SEED: u64 = 0x68_65_61_64_72_6f_6f_6d;

const DATACENTRES: [&str; 4] = ["ca-mtl-1", "de-nbg-1", "fi-hel-1", "us-nyc-1"];

const MIB: f64 = 1_048_576.0;
const GIB: f64 = 1024.0 * MIB;
const PAGE: f64 = 4096.0;

/// Labels beyond those that all series of a host have.
type Own = &'static [(&'static str, &'static str)];

const ETH0: Own = &[("device", "eth0")];
const ETH1: Own = &[("device", "eth1")];
const VDA: Own = &[("device", "vda")];
const ROOT: Own = &[("device", "/dev/vda1"), ("fstype", "ext4"), ("mountpoint", "/")];
const BOOT: Own = &[("device", "/dev/vda15"), ("fstype", "vfat"), ("mountpoint", "/boot/efi")];
const RECORDINGS: Own =
    &[("device", "/dev/vdb"), ("fstype", "xfs"), ("mountpoint", "/var/bigbluebutton")];

const fn walk(low: f64, high: f64, grain: f64) -> Shape {
    Shape::Walk { low, high, grain }
}

const fn sensor(name: &'static [(&'static str, &'static str)]) -> (&'static str, Own, Shape) {
    ("node_hwmon_temp_celsius", name, walk(28.0, 80.0, 0.01))
}

const fn busy(cpu: &'static [(&'static str, &'static str)]) -> (&'static str, Own, Shape) {
    ("node_cpu_busy_ratio", cpu, walk(0.0, 1.0, 0.0001))
}

/// Metric, its own labels, and what it does.
const CATALOGUE: [(&str, Own, Shape); SERIES_PER_HOST] = [
    ("node_network_receive_bytes_total", ETH0, Shape::Counter(2.5e7)),
    ("node_network_receive_bytes_total", ETH1, Shape::Counter(4e4)),
    ("node_network_transmit_bytes_total", ETH0, Shape::Counter(6e7)),
    ("node_network_transmit_bytes_total", ETH1, Shape::Counter(3e4)),
    ("node_network_receive_packets_total", ETH0, Shape::Counter(3e4)),
    ("node_network_receive_packets_total", ETH1, Shape::Counter(200.0)),
    ("node_network_transmit_packets_total", ETH0, Shape::Counter(5e4)),
    ("node_network_transmit_packets_total", ETH1, Shape::Counter(180.0)),
    ("node_disk_read_bytes_total", VDA, Shape::Counter(3e5)),
    ("node_disk_written_bytes_total", VDA, Shape::Counter(4e6)),
    ("node_disk_reads_completed_total", VDA, Shape::Counter(7.0)),
    ("node_disk_writes_completed_total", VDA, Shape::Counter(90.0)),
    ("node_context_switches_total", &[], Shape::Counter(9e4)),
    ("node_intr_total", &[], Shape::Counter(6e4)),
    ("node_forks_total", &[], Shape::Counter(3.0)),
    ("node_vmstat_pgfault", &[], Shape::Counter(5e3)),
    ("node_netstat_Tcp_RetransSegs", &[], Shape::Counter(0.6)),
    ("node_load1", &[], walk(0.0, 16.0, 0.01)),
    ("node_load5", &[], walk(0.0, 14.0, 0.01)),
    ("node_load15", &[], walk(0.0, 12.0, 0.01)),
    sensor(&[("chip", "platform_coretemp_0"), ("sensor", "temp1")]),
    sensor(&[("chip", "platform_coretemp_0"), ("sensor", "temp2")]),
    sensor(&[("chip", "platform_coretemp_0"), ("sensor", "temp3")]),
    sensor(&[("chip", "platform_coretemp_0"), ("sensor", "temp4")]),
    ("node_hwmon_fan_rpm", &[("chip", "platform_it87_656"), ("sensor", "fan1")], FAN),
    ("node_memory_MemAvailable_bytes", &[], walk(2.0 * GIB, 14.0 * GIB, PAGE)),
    ("node_memory_MemFree_bytes", &[], walk(0.2 * GIB, 4.0 * GIB, PAGE)),
    ("node_memory_Cached_bytes", &[], walk(1.0 * GIB, 8.0 * GIB, PAGE)),
    ("node_memory_Buffers_bytes", &[], walk(10.0 * MIB, 500.0 * MIB, PAGE)),
    ("node_memory_Active_bytes", &[], walk(1.0 * GIB, 9.0 * GIB, PAGE)),
    ("node_memory_Inactive_bytes", &[], walk(1.0 * GIB, 7.0 * GIB, PAGE)),
    ("node_filesystem_avail_bytes", ROOT, walk(30.0 * GIB, 60.0 * GIB, PAGE)),
    ("node_filesystem_avail_bytes", BOOT, Shape::Constant(118_226_944.0)),
    ("node_filesystem_avail_bytes", RECORDINGS, walk(300.0 * GIB, 800.0 * GIB, PAGE)),
    busy(&[("cpu", "0")]),
    busy(&[("cpu", "1")]),
    busy(&[("cpu", "2")]),
    busy(&[("cpu", "3")]),
    ("node_pressure_cpu_percent", &[], walk(0.0, 100.0, 0.01)),
    ("node_swap_used_percent", &[], walk(0.0, 100.0, 0.1)),
    ("probe_duration_seconds", &[("target", "https://bbb.example.org/")], Shape::Noise(0.021)),
    ("node_timex_offset_seconds", &[], walk(-0.002, 0.002, 1e-9)),
    ("node_filesystem_size_bytes", ROOT, Shape::Constant(84_281_561_088.0)),
    ("node_filesystem_size_bytes", BOOT, Shape::Constant(129_718_272.0)),
    ("node_filesystem_size_bytes", RECORDINGS, Shape::Constant(1_099_511_627_776.0)),
    ("node_memory_MemTotal_bytes", &[], Shape::Constant(16_777_216_000.0)),
    ("node_boot_time_seconds", &[], Shape::Constant(1_781_234_567.0)),
    ("node_network_up", ETH0, Shape::Constant(1.0)),
    ("node_network_speed_bytes", ETH0, Shape::Constant(125_000_000.0)),
    ("probe_success", &[("target", "https://bbb.example.org/")], Shape::Constant(1.0)),
];

const FAN: Shape = walk(900.0, 3_200.0, 1.0);

/// A made-up host.
#[derive(Debug, Clone)]
pub struct Host {
    /// What it is called: the label `instance`.
    pub instance: String,
    /// Its series.
    pub series: Vec<Series>,
}

/// One series of a host.
#[derive(Debug, Clone)]
pub struct Series {
    /// The metric.
    pub metric: &'static str,
    /// All other labels but `instance`.
    pub others: Vec<(&'static str, String)>,
    /// What it does.
    pub signal: Signal,
    instance: String,
}

impl Host {
    /// The host of that number.
    pub fn new(number: usize) -> Self {
        let instance = format!("host-{number:05}");
        let datacentre = DATACENTRES[number % DATACENTRES.len()];
        let series = |(place, (metric, own, shape)): (usize, &(&'static str, Own, Shape))| {
            let all = [
                ("job", "node"),
                ("datacentre", datacentre),
                ("environment", "production"),
                ("team", "meetings"),
            ];
            let others = all.iter().chain(*own).map(|&(name, value)| (name, value.to_owned()));
            let seed = SEED ^ ((number * SERIES_PER_HOST + place) as u64).wrapping_mul(0x9e37_79b9);
            let signal = Signal::new(*shape, seed);
            Series { metric, others: others.collect(), signal, instance: instance.clone() }
        };
        let series = CATALOGUE.iter().enumerate().map(series).collect();
        Self { instance, series }
    }

    /// The first series of that metric.
    pub fn into_first(self, metric: &str) -> Option<Series> {
        self.series.into_iter().find(|series| series.metric == metric)
    }
}

impl Series {
    /// All labels, the metric's name among them.
    pub fn labels(&self) -> impl Iterator<Item = (&str, &str)> {
        let own = [("__name__", self.metric), ("instance", self.instance.as_str())];
        own.into_iter().chain(self.others.iter().map(|(name, value)| (*name, value.as_str())))
    }
}
