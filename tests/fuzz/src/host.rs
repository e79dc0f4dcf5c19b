//! Files of the kernel, one of them with any content, through all samplers.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::path::Path;
use std::time::{Duration, SystemTime};

use headroom_agent::exposition;
use headroom_agent::samplers::{SamplerOptions, Samplers};
use headroom_agent::series::{Reading, Round, SeriesTables};
use tempfile::TempDir;

use crate::scratch;

/// The files of a host: what stands in them when they are not the one that is tried.
const FILES: [(&str, &str); 37] = [
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
    static HOST: RefCell<Host> = RefCell::new(Host::new());
}

/// The number of a file, one byte, and its content.
pub fn host(bytes: &[u8]) {
    let Some((number, content)) = bytes.split_first() else { return };
    let (path, usual) = FILES[usize::from(*number) % FILES.len()];
    HOST.with_borrow(|host| {
        host.write(path, content);
        host.sample();
        host.write(path, usual.as_bytes());
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

    /// Two rounds of new samplers, up to the text that they are shown as.
    fn sample(&self) {
        let options = SamplerOptions {
            root: self.root.path().to_owned(),
            link_speeds: BTreeMap::new(),
            units: Vec::new(),
            recordings: self.root.path().join("var/bigbluebutton"),
            ..SamplerOptions::default()
        };
        let mut samplers = Samplers::new(&options);
        let mut tables = SeriesTables::default();
        let mut reading = Reading::default();
        for round in 0..2 {
            let now = SystemTime::UNIX_EPOCH + Duration::from_secs(1_767_312_000);
            samplers.sample(now + LOOKS_APART * round, &mut Round::new(&mut reading));
            let layout = tables.resolve(&mut reading).layout;
            let _ = exposition::write(&layout, reading.values());
            reading = Reading::default();
        }
    }
}

/// Each file as it is.
pub fn seeds() -> Vec<Vec<u8>> {
    let seed =
        |(number, (_, content)): (u8, &(&str, &str))| [&[number][..], content.as_bytes()].concat();
    (0..).zip(&FILES).map(seed).collect()
}
