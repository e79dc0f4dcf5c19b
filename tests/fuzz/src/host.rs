//! Files of the kernel, one of them with any content, through all samplers.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::path::Path;
use std::time::{Duration, SystemTime};

use headroom_agent::exposition;
use headroom_agent::samplers::{SamplerName, SamplerOptions, Samplers};
use headroom_agent::series::{Reading, Round, SeriesTables};
use headroom_proto::catalogue;
use headroom_proto::metric::is_metric_name;
use headroom_proto::wire::SeriesDefinition;
use tempfile::TempDir;

use crate::scratch;

/// The files of a host: what stands in them when they are not the one that is tried.
const FILES: [(&str, &str); 57] = [
    ("proc/stat", include_str!("../../../agent/src/samplers/fixtures/bbb/proc/stat")),
    ("proc/meminfo", include_str!("../../../agent/src/samplers/fixtures/bbb/proc/meminfo")),
    ("proc/loadavg", include_str!("../../../agent/src/samplers/fixtures/bbb/proc/loadavg")),
    ("proc/diskstats", include_str!("../../../agent/src/samplers/fixtures/bbb/proc/diskstats")),
    ("proc/vmstat", include_str!("../../../agent/src/samplers/fixtures/bbb/proc/vmstat")),
    ("proc/net/dev", include_str!("../../../agent/src/samplers/fixtures/bbb/proc/net/dev")),
    ("proc/net/snmp", include_str!("../../../agent/src/samplers/fixtures/bbb/proc/net/snmp")),
    ("proc/net/snmp6", include_str!("../../../agent/src/samplers/fixtures/bbb/proc/net/snmp6")),
    (
        "proc/net/softnet_stat",
        include_str!("../../../agent/src/samplers/fixtures/bbb/proc/net/softnet_stat"),
    ),
    (
        "proc/pressure/cpu",
        include_str!("../../../agent/src/samplers/fixtures/bbb/proc/pressure/cpu"),
    ),
    ("proc/pressure/io", include_str!("../../../agent/src/samplers/fixtures/bbb/proc/pressure/io")),
    // Without file systems on the network, which are asked beside the rounds.
    ("proc/self/mountinfo", MOUNTS),
    ("etc/os-release", include_str!("../../../agent/src/samplers/fixtures/bbb/etc/os-release")),
    ("sys/class/net/eth0/carrier", "1\n"),
    ("sys/class/net/eth0/speed", "1000\n"),
    ("sys/class/net/eth0/mtu", "1500\n"),
    ("sys/class/net/eth0/operstate", "up\n"),
    ("sys/class/net/eth0/duplex", "full\n"),
    ("sys/class/net/eth0/address", "52:54:00:aa:bb:01\n"),
    ("sys/class/net/eth0/ifindex", "2\n"),
    ("sys/class/net/eth0/iflink", "2\n"),
    ("sys/class/net/eth0/ifalias", "uplink\n"),
    ("sys/class/net/eth0/uevent", "INTERFACE=eth0\n"),
    (
        "proc/4242/stat",
        "4242 (nginx) S 1 4242 4242 0 -1 4194304 900 0 0 0 250 50 0 0 20 0 2 0 1000 9000000 \
         500 18446744073709551615 0 0 0 0 0 0 0 0 0 0 0 0 17 0 0 0 0 0 0\n",
    ),
    ("proc/4242/comm", "nginx\n"),
    ("proc/4242/cmdline", "nginx\0-g\0daemon off;\0"),
    ("proc/4242/cgroup", "0::/system.slice/nginx.service\n"),
    ("sys/fs/cgroup/cgroup.controllers", "cpu io memory pids\n"),
    ("GROUP/cgroup.procs", "4242\n4243\n"),
    (
        "GROUP/cpu.stat",
        "usage_usec 2500000\nuser_usec 2000000\nsystem_usec 500000\nthrottled_usec 250000\n",
    ),
    ("GROUP/memory.current", "1000000\n"),
    ("GROUP/memory.stat", "anon 600000\ninactive_file 400000\n"),
    ("GROUP/memory.max", "2000000\n"),
    ("GROUP/memory.events", "oom 1\noom_kill 1\n"),
    ("GROUP/io.stat", "8:0 rbytes=100 wbytes=200 rios=3 wios=4 dbytes=0 dios=0\n"),
    ("GROUP/pids.current", "7\n"),
    ("proc/4242/net/dev", "heading\nheading\neth0: 1 1 1 2 0 0 0 0 3 3 3 4 0 0 0 0\n"),
    (
        "proc/net/netstat",
        "TcpExt: ListenDrops TCPTimeouts\nTcpExt: 1 2\nIpExt: InOctets\nIpExt: 9\n",
    ),
    (
        "proc/net/sockstat",
        "sockets: used 18\nTCP: inuse 2 orphan 0 tw 1 alloc 2 mem 179\nUDP: inuse 1 mem 3\n",
    ),
    (
        "proc/net/udp",
        "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when\n\
         \x20 1: 0100007F:0035 00000000:0000 07 00000010:00000200 00:00000000 0 0 0 7 2 0 0\n",
    ),
    (
        "proc/net/arp",
        "IP address HW type Flags HW address Mask Device\n192.0.2.1 0x1 0x2 02:fc:00:00:00:05 * eth0\n\
         10.0.0.1 0x1 0x2 02:fc:00:00:00:06 * br0\n",
    ),
    (
        "proc/net/stat/nf_conntrack",
        "entries searched found drop\n00000005 00000000 0000000a 00000001\n",
    ),
    ("proc/sys/fs/file-nr", "597\t0\t2466170\n"),
    ("proc/schedstat", "version 15\ncpu0 0 0 0 0 0 0 25 5 77\ndomain0 3\ncpu1 0 0 0 0 0 0 1 2 3\n"),
    (
        "proc/mdstat",
        "Personalities : [raid1]\nmd0 : active raid1 sda1[0] sdb1[1](F)\n      1000 blocks [2/1] [U_]\n\
         \x20     [=>..]  recovery = 8.5% (10/1000) finish=1min\n\nunused devices: <none>\n",
    ),
    ("sys/class/hwmon/hwmon0/name", "coretemp\n"),
    ("sys/class/hwmon/hwmon0/temp1_input", "55000\n"),
    ("sys/class/hwmon/hwmon0/temp1_label", "Core 0\n"),
    ("sys/class/thermal/thermal_zone0/temp", "44000\n"),
    ("sys/class/dmi/id/product_name", "Virtual Machine\n"),
    ("sys/block/sda/dev", "8:0\n"),
    ("sys/block/sda/size", "5\n"),
    ("run/udev/data/b8:0", "S:x\nE:ID_MODEL=A_Disk\nE:ID_PATH=pci-1\n"),
    (
        "proc/cpuinfo",
        "processor\t: 0\nvendor_id\t: GenuineIntel\nmodel name\t: Xeon\ncore id\t\t: 1\n\n\
         processor\t: 1\nCPU implementer\t: 0x41\nCPU part\t: 0xd0c\n\nSerial\t: 0\n",
    ),
    (
        "proc/interrupts",
        "           CPU0       CPU2\n  0:         14          3  IO-APIC   2-edge      timer\n\
         NMI:          1          2   Non-maskable interrupts\nERR:          0\n",
    ),
    (
        "proc/net/tcp",
        "  sl  local_address rem_address   st tx_queue rx_queue\n\
         \x20  0: 00000000:07E8 00000000:0000 0A 00000000:00000000 00:00000000 0 0 0 562 1\n\
         \x20  1: 0100007F:C120 0100007F:4A9C 01 00000010:00000200 03:00001528 0 0 0 0 3\n",
    ),
    ("proc/4243/stat", "4243 (x) S 1 1 1 0 -1 0 0 0 0 0 0 0 0 0 20 0 1 0 9 0 0 0\n"),
];

const MOUNTS: &str = "22 27 0:20 / /proc rw,nosuid shared:14 - proc proc rw\n\
                      27 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw\n\
                      30 27 253:0 / /srv/old\\134new rw shared:13 - ext4 /dev/mapper/vg\\040a rw\n";

/// The control group of a container.
const GROUP: &str = "sys/fs/cgroup/system.slice/docker-\
                     1111111111111111111111111111111111111111111111111111111111111111.scope";

/// Container groups are looked for at most this often.
const LOOKS_APART: Duration = Duration::from_secs(31);

thread_local! {
    /// Names with their labels' names that were looked up, which takes longer than all the rest.
    static DECLARED: RefCell<HashSet<String>> = RefCell::default();
    static HOST: RefCell<Host> = RefCell::new(Host::new());
}

/// The number of a file, one byte, and its content.
pub fn host(bytes: &[u8]) {
    let Some((number, content)) = bytes.split_first() else { return };
    let (path, usual) = FILES[usize::from(*number) % FILES.len()];
    HOST.with_borrow(|host| {
        host.write(path, content);
        host.sample(path);
        host.write(path, usual.as_bytes());
    });
}

/// Files of which each line is an item of its own, with how many lines of headings.
const LISTS: [(&str, usize); 13] = [
    ("proc/stat", 0),
    ("proc/meminfo", 0),
    ("proc/diskstats", 0),
    ("proc/vmstat", 0),
    ("proc/net/dev", 2),
    ("proc/net/snmp6", 0),
    ("proc/net/softnet_stat", 0),
    ("proc/net/sockstat", 0),
    ("proc/net/arp", 1),
    ("proc/schedstat", 0),
    ("proc/self/mountinfo", 0),
    ("proc/interrupts", 1),
    ("proc/net/tcp", 1),
];

/// The number of a list, a place in it, and a line that is put there: what was told is told all the same.
pub fn host_lines(bytes: &[u8]) {
    let [number, place, odd @ ..] = bytes else { return };
    let (path, headings) = LISTS[usize::from(*number) % LISTS.len()];
    let (_, usual) = FILES.iter().find(|(known, _)| *known == path).expect("a list is a file");
    let mut lines: Vec<&[u8]> = usual.trim_end().split('\n').map(str::as_bytes).collect();
    let place = headings + usize::from(*place) % (lines.len() - headings + 1);
    let odd: Vec<&[u8]> = odd.split(|byte| *byte == b'\n').collect();
    lines.splice(place..place, odd);
    HOST.with_borrow(|host| {
        let before = host.sample(path);
        host.write(path, &[&lines.join(&b"\n"[..])[..], b"\n"].concat());
        let after = host.sample(path);
        host.write(path, usual.as_bytes());
        let lost: Vec<_> = before.difference(&after).collect();
        assert!(
            lost.is_empty(),
            "{path} with {:?} loses {lost:?}",
            lines[place].escape_ascii().to_string()
        );
    });
}

/// A directory that looks like a host's root.
struct Host {
    root: TempDir,
}

impl Host {
    fn new() -> Self {
        let host = Self { root: scratch::folder() };
        for (path, content) in FILES {
            host.write(path, content.as_bytes());
        }
        host
    }

    fn write(&self, path: &str, content: &[u8]) {
        let path = self.root.path().join(path.replace("GROUP", GROUP));
        let made = std::fs::create_dir_all(path.parent().unwrap_or(Path::new("/")));
        made.and_then(|()| std::fs::write(path, content)).expect("scratch can be written");
    }

    /// Two rounds of a new sampler, that of the file, up to the text that they are shown as. Which series
    /// the first of them told.
    fn sample(&self, path: &str) -> BTreeSet<String> {
        let own = sampler(path);
        let options = SamplerOptions {
            root: self.root.path().to_owned(),
            link_speeds: BTreeMap::new(),
            units: Vec::new(),
            recordings: self.root.path().join("var/bigbluebutton"),
            off: SamplerName::all().filter(|name| name.as_str() != own).collect(),
            also: own.parse().into_iter().collect(),
            ..SamplerOptions::default()
        };
        let mut samplers = Samplers::new(&options);
        samplers.settle(Duration::from_mins(1));
        let mut tables = SeriesTables::default();
        let mut told = BTreeSet::new();
        for round in 0..2 {
            let now = SystemTime::UNIX_EPOCH + Duration::from_secs(1_767_312_000);
            let mut reading = Reading::default();
            samplers.sample(now + LOOKS_APART * round, &mut Round::new(&mut reading));
            let layout = tables.resolve(&mut reading).layout;
            for (definition, value) in layout.definitions().iter().zip(reading.values()) {
                let name = &definition.metric;
                assert!(value.is_finite(), "{name} is {value}, which no file of the kernel says");
            }
            for definition in layout.definitions() {
                check_declared(definition);
                told.extend(
                    (round == 0).then(|| format!("{} {:?}", definition.metric, definition.labels)),
                );
            }
            let _ = exposition::write(&layout, reading.values());
        }
        told
    }
}

/// A series is one of the catalogue's.
fn check_declared(definition: &SeriesDefinition) {
    let labels = || definition.labels.iter().map(|label| &*label.name);
    let key = format!("{} {}", definition.metric, labels().collect::<Vec<_>>().join(" "));
    if DECLARED.with_borrow(|declared| declared.contains(&key)) {
        return;
    }
    assert_eq!(catalogue::check(&definition.metric, labels()), Ok(()), "{definition:?}");
    assert!(is_metric_name(&definition.metric), "{definition:?}");
    DECLARED.with_borrow_mut(|declared| declared.insert(key));
}

/// The sampler that reads a file.
fn sampler(path: &str) -> &'static str {
    let known = [
        ("proc/stat", "cpu"),
        ("proc/meminfo", "memory"),
        ("proc/vmstat", "memory"),
        ("proc/loadavg", "load"),
        ("proc/diskstats", "disks"),
        ("proc/net/snmp", "netstat"),
        ("proc/net/netstat", "netstat"),
        ("proc/net/softnet_stat", "softnet"),
        ("proc/net/sockstat", "sockets"),
        ("proc/net/udp", "sockets"),
        ("proc/net/arp", "tables"),
        ("proc/net/stat", "tables"),
        ("proc/sys", "tables"),
        ("proc/net/dev", "network"),
        ("sys/class/net/eth0", "network"),
        ("proc/pressure", "pressure"),
        ("proc/self/mountinfo", "filesystems"),
        ("etc/os-release", "host"),
        ("proc/schedstat", "scheduler"),
        ("proc/4242/net/dev", "containers"),
        ("proc/4242", "processes"),
        ("proc/4243", "process_states"),
        ("proc/interrupts", "interrupts"),
        ("proc/net/tcp", "tcpstat"),
        ("proc/cpuinfo", "hardware"),
        ("sys/fs/cgroup", "containers"),
        ("GROUP", "containers"),
        ("proc/mdstat", "hardware"),
        ("sys/block", "hardware"),
        ("sys/class", "hardware"),
        ("run/udev", "hardware"),
    ];
    let found = known.iter().find(|(start, _)| path.starts_with(start));
    found.map(|(_, sampler)| *sampler).expect("each file is somebody's")
}

/// Each file as it is.
pub fn seeds() -> Vec<Vec<u8>> {
    let seed =
        |(number, (_, content)): (u8, &(&str, &str))| [&[number][..], content.as_bytes()].concat();
    (0..).zip(&FILES).map(seed).collect()
}

/// Lines of each list, at its beginning, in its midst and at its end.
pub fn line_seeds() -> Vec<Vec<u8>> {
    let mut seeds = Vec::new();
    for (number, (path, _)) in (0..).zip(&LISTS) {
        let (_, content) = FILES.iter().find(|(known, _)| known == path).expect("a list is a file");
        for (place, line) in (0..).step_by(3).zip(content.lines()) {
            seeds.push([&[number, place][..], line.as_bytes()].concat());
        }
        seeds.push(vec![number, 1]);
    }
    seeds
}
