//! What a kernel never writes, and names that nobody expects: what is whole is told all the same.

use std::time::Duration;

use super::fake_host::{FakeHost, lines_of, masked, values};
use super::{Samplers, now};

/// What a sampler's lines begin with.
const FAMILIES: [(&str, &[&str]); 9] = [
    (
        "cpu",
        &[
            "node_boot_time_seconds",
            "node_context_switches_total",
            "node_cpu_guest_seconds_total",
            "node_cpu_seconds_total",
            "node_forks_total",
            "node_intr_total",
            "node_procs_",
        ],
    ),
    ("disks", &["node_disk_"]),
    ("filesystems", &["node_filesystem_"]),
    ("load", &["node_load1 ", "node_load15 ", "node_load5 "]),
    ("memory", &["node_memory_", "node_vmstat_"]),
    ("network", &["node_network_", "headroom_network_device_speed_bytes"]),
    ("pressure", &["node_pressure_"]),
    ("netstat", &["node_netstat_"]),
    ("softnet", &["node_softnet_"]),
];

/// What becomes of a sampler.
#[derive(Clone, Copy)]
enum Fate<'a> {
    /// It goes on as before.
    Well,
    /// It fails, and may lose all its lines.
    Fails(&'a str),
    /// It skips one item, and may lose lines that hold a text.
    Skips(&'a str, &'a str),
}

/// Changes a host whose samplers are all well and compares: no line may begin with `gone` any more,
/// lines that the fate allows may go, and no other line goes or comes.
#[track_caller]
fn check_change(change: impl FnOnce(&FakeHost), fate: Fate<'_>, gone: &[&str]) {
    let host = FakeHost::bigbluebutton();
    let before = masked(&host.sample());
    change(&host);
    let after = masked(&host.sample());
    for start in gone {
        assert_ne!(lines_of(&before, start), [""; 0], "{start} was never there");
        assert_eq!(lines_of(&after, start), [""; 0]);
    }
    let of = |name: &str, sampler: &str, value: u32| {
        format!("headroom_agent_{name}{{sampler=\"{sampler}\"}} {value}")
    };
    let family = |sampler: &str| FAMILIES.iter().find(|(name, _)| *name == sampler).unwrap().1;
    let told = match fate {
        Fate::Well => None,
        Fate::Fails(sampler) => {
            Some([of("sampler_success", sampler, 1), of("sampler_success", sampler, 0)])
        }
        Fate::Skips(sampler, _) => {
            Some([of("items_skipped_total", sampler, 0), of("items_skipped_total", sampler, 1)])
        }
    };
    let begins = |line: &str, starts: &[&str]| starts.iter().any(|start| line.starts_with(start));
    let may_go = |line: &str| match fate {
        Fate::Well => begins(line, gone),
        Fate::Fails(sampler) => begins(line, family(sampler)),
        Fate::Skips(sampler, item) => line.contains(item) && begins(line, family(sampler)),
    };
    let (was, is) = told.map_or((None, None), |[was, is]| (Some(was), Some(is)));
    let (before, after) = (values(&before), values(&after));
    // A sampler that fails for what it skipped counts that, too.
    let counts = |line: &str| {
        matches!(fate, Fate::Fails(_)) && line.starts_with("headroom_agent_items_skipped_total")
    };
    let lost = before.difference(&after).filter(|line| Some(**line) != was.as_deref());
    let lost: Vec<_> = lost.filter(|line| !may_go(line) && !counts(line)).collect();
    assert_eq!(lost, [&""; 0], "other lines went");
    let come = after.difference(&before).filter(|line| !counts(line));
    let come: Vec<_> = come.map(|line| (*line).to_owned()).collect();
    assert_eq!(come, Vec::from_iter(is), "lines came");
}

#[test]
fn a_missing_file_leaves_out_its_values_and_no_others() {
    for (sampler, path) in [
        ("cpu", "proc/stat"),
        ("disks", "proc/diskstats"),
        ("filesystems", "proc/self/mountinfo"),
        ("load", "proc/loadavg"),
        ("network", "proc/net/dev"),
        ("softnet", "proc/net/softnet_stat"),
    ] {
        let (_, family) = FAMILIES.iter().find(|(name, _)| *name == sampler).unwrap();
        check_change(|host| host.remove(path), Fate::Fails(sampler), family);
    }
}

/// Sampler, one of its files, and what the lines of it begin with.
const FILES_OF_SEVERAL: &str = "
memory | proc/meminfo | node_memory_
memory | proc/vmstat | node_vmstat_
netstat | proc/net/snmp | node_netstat_Ip_ node_netstat_Udp_ node_netstat_UdpLite_
netstat | proc/net/snmp6 | node_netstat_Udp6_
pressure | proc/pressure/cpu | node_pressure_cpu_
pressure | proc/pressure/io | node_pressure_io_
pressure | proc/pressure/memory | node_pressure_memory_
sockets | proc/net/sockstat | node_sockstat_UDP_
sockets | proc/net/sockstat6 | node_sockstat_UDP6_
sockets | proc/net/udp6 | node_udp_queues{ip=\"v6\"
tables | proc/sys/fs/file-nr | node_filefd_
tables | proc/sys/kernel/random/entropy_avail | node_entropy_available_bits
tables | proc/sys/net/netfilter/nf_conntrack_count | node_nf_conntrack_entries
tables | proc/net/stat/nf_conntrack | node_nf_conntrack_stat_
tables | proc/net/arp | node_arp_entries
";

#[test]
fn a_file_that_cannot_be_read_takes_no_other_of_its_sampler_along() {
    for case in FILES_OF_SEVERAL.trim().lines() {
        let parts: Vec<&str> = case.split(" | ").collect();
        let [sampler, path, own] = parts[..] else { panic!("{case}") };
        let host = FakeHost::bigbluebutton();
        for (path, content) in [
            ("proc/net/sockstat", "UDP: inuse 3\n"),
            ("proc/net/sockstat6", "UDP6: inuse 4\n"),
            ("proc/net/udp", "heading\n"),
            ("proc/net/udp6", "heading\n"),
            ("proc/sys/fs/file-nr", "1 0 9\n"),
            ("proc/sys/kernel/random/entropy_avail", "256\n"),
            ("proc/sys/net/netfilter/nf_conntrack_count", "5\n"),
            ("proc/net/stat/nf_conntrack", "found invalid\n0000000a 00000001\n"),
            ("proc/net/arp", "heading\n1.2.3.4 0x1 0x2 00:00 * eth0\n"),
        ] {
            host.write(path, content);
        }
        let before = masked(&host.sample());
        // Opening a folder works, reading it does not.
        host.remove(path);
        host.write(&format!("{path}/x"), "");
        let after = masked(&host.sample());
        let (before, after) = (values(&before), values(&after));
        let lost: Vec<_> = before.difference(&after).collect();
        let skipped =
            |count| format!("headroom_agent_items_skipped_total{{sampler=\"{sampler}\"}} {count}");
        let is_own = |line: &str| own.split(' ').any(|start| line.starts_with(start));
        assert!(lost.iter().any(|line| is_own(line)), "{case}: {lost:?}");
        let others = lost.iter().filter(|line| !is_own(line) && ***line != skipped(0));
        assert_eq!(others.collect::<Vec<_>>(), [&&""; 0], "{case}");
        assert!(after.contains(&*skipped(1)), "{case}");
    }
}

#[test]
fn a_file_that_a_kernel_need_not_have_is_no_failure() {
    for (path, gone) in [
        ("proc/pressure", &["node_pressure_"][..]),
        ("proc/pressure/io", &["node_pressure_io_"]),
        ("proc/net/snmp6", &["node_netstat_Udp6_"]),
        ("etc/os-release", &["node_os_info", "node_os_version"]),
        ("sys/class/net/eth0/mtu", &["node_network_mtu_bytes{device=\"eth0\""]),
    ] {
        check_change(|host| host.remove(path), Fate::Well, gone);
    }
}

/// Sampler, file, what stands there, what stands there instead, what must not be told any more, and
/// what is in all lines that may go with it.
const GARBLED: &str = r#"
cpu | proc/stat | cpu2 1726038 | cpu2 x | node_cpu_seconds_total{cpu="2",mode="user" | cpu="2"
cpu | proc/stat |  1250 75 |  1250 | node_cpu_guest_seconds_total{cpu="3",mode="nice" | cpu="3"
cpu | proc/stat | intr 918273645 | intr ? | node_intr_total | node_intr_total
cpu | proc/stat | btime 1767225600 | btime then | node_boot_time_seconds | node_boot_time_seconds
disks | proc/diskstats | 812345 2211 | 812345 - | node_disk_reads_merged_total{device="sda" | device="sda"
disks | proc/diskstats | sr0 4 | sr0 four | node_disk_reads_completed_total{device="sr0" | device="sr0"
filesystems | proc/self/mountinfo | 30 27 253:0 | xx 27 253:0 | node_filesystem_readonly{device="/dev/mapper/vg a" | device="/dev/mapper/vg a"
memory | proc/meminfo |  20971520 kB |  | node_memory_MemAvailable | MemAvailable
memory | proc/meminfo | 20971520 kB | 20 GB | node_memory_MemAvailable | MemAvailable
memory | proc/meminfo | MemAvailable: | MemAvailable | node_memory_MemAvailable | MemAvailable
memory | proc/vmstat | oom_kill 2 | oom_kill two | node_vmstat_oom_kill | oom_kill
memory | proc/vmstat | oom_kill 2 | oom_kill | node_vmstat_oom_kill | oom_kill
network | proc/net/dev | eno1: | eno1 | node_network_receive_bytes_total{device="eno1" | device="eno1"
network | proc/net/dev | eth0: 9 | eth0: nine9 | node_network_receive_bytes_total{device="eth0" | device="eth0"
network | proc/net/dev | 8          9 | 8 | node_network_transmit_compressed_total{device="eth0" | device="eth0"
netstat | proc/net/snmp | 1045000000 | many | node_netstat_Udp_InDatagrams | node_netstat_Udp_
netstat | proc/net/snmp | Udp: 1 | 1 | node_netstat_Udp_InErrors | node_netstat_Udp_
netstat | proc/net/snmp6 | 45000 | - | node_netstat_Udp6_InDatagrams | Udp6_InDatagrams
softnet | proc/net/softnet_stat | 0000002a | 2g | node_softnet_dropped_total{cpu="0" | cpu="0"
softnet | proc/net/softnet_stat |  00000002 |  x | node_softnet_times_squeezed_total{cpu="2" | cpu="2"
pressure | proc/pressure/io | total=812500000 |  | node_pressure_io_waiting_seconds_total | io_waiting
pressure | proc/pressure/io | =406250000 | =? | node_pressure_io_stalled_seconds_total | io_stalled
"#;

#[test]
fn a_garbled_item_is_skipped_takes_no_other_along_and_never_becomes_zero() {
    for case in GARBLED.trim().lines() {
        let parts: Vec<&str> = case.split(" | ").collect();
        let [sampler, path, from, to, gone, item] = parts[..] else { panic!("{case}") };
        check_change(|host| host.replace(path, from, to), Fate::Skips(sampler, item), &[gone]);
    }
}

#[test]
fn a_sampler_of_which_nothing_is_left_has_failed() {
    for (sampler, path, from, to) in [
        ("load", "proc/loadavg", "1.75", "much"),
        ("load", "proc/loadavg", "1.5 4/1732 271828", ""),
        ("disks", "proc/diskstats", "", "nothing that a kernel writes x\n"),
        ("network", "proc/net/dev", "", "one\ntwo\nthree\n"),
    ] {
        let (_, family) = FAMILIES.iter().find(|(name, _)| *name == sampler).unwrap();
        let change = |host: &FakeHost| match from {
            "" => host.write(path, to),
            from => host.replace(path, from, to),
        };
        check_change(change, Fate::Fails(sampler), family);
    }
}

/// A name may hold what it likes: the others are told, and it too if that can be.
#[test]
fn odd_names_silence_nobody() {
    let host = FakeHost::bigbluebutton();
    let before = masked(&host.sample());
    let counters = "1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16";
    let dev = std::fs::read(host.path("proc/net/dev")).unwrap();
    let odd = format!("ibr10:30:  {counters}\na b\u{e9}: {counters}\n");
    host.write("proc/net/dev", [&dev[..], odd.as_bytes(), b"\xff\xfe: 1 2 3\n"].concat());
    let table = std::fs::read(host.path("proc/self/mountinfo")).unwrap();
    let mount = b"90 1 8:77 / /srv/\xe9t\xe9 rw shared:1 - ext4 /dev/odd rw\n\xff\n";
    host.write("proc/self/mountinfo", [&table[..], mount].concat());
    let meminfo = std::fs::read(host.path("proc/meminfo")).unwrap();
    host.write("proc/meminfo", [&meminfo[..], b"\n\nOdd\xff: 1 kB\n"].concat());
    let after = masked(&host.sample());
    let (before, after) = (values(&before), values(&after));
    let lost: Vec<_> = before.difference(&after).copied().collect();
    assert_eq!(
        lost,
        [
            "headroom_agent_items_skipped_total{sampler=\"filesystems\"} 0",
            "headroom_agent_items_skipped_total{sampler=\"memory\"} 0",
            "headroom_agent_items_skipped_total{sampler=\"network\"} 0",
        ]
    );
    for line in [
        "node_network_receive_bytes_total{device=\"ibr10:30\"} 1",
        "node_network_transmit_compressed_total{device=\"a b\u{e9}\"} 16",
        "node_filesystem_device_error{device=\"/dev/odd\",fstype=\"ext4\",mountpoint=\"/srv/\u{fffd}t\u{fffd}\"} 1",
        "headroom_agent_items_skipped_total{sampler=\"filesystems\"} 1",
    ] {
        assert!(after.contains(line), "{line} is not among {after:#?}");
    }
}

#[test]
fn a_file_without_end_fails_its_sampler() {
    let endless = "x".repeat((4 << 20) + 1);
    let (_, family) = FAMILIES[0];
    check_change(|host| host.write("proc/stat", &endless), Fate::Fails("cpu"), family);
}

/// What the kernel tells once it has counted below zero: file, what stands there, what stands there instead,
/// and what is not told for it. All else is.
const BELOW_ZERO: &str = r#"
cpu | proc/stat | 1250 75 | 1250 18446744073709551615 | node_cpu_guest_seconds_total{cpu="3",mode="nice"}
cpu | proc/stat | procs_running 3 | procs_running -2049562273 | node_procs_running
disks | proc/diskstats | 812345 2211 | 812345 18446744073709551615 | node_disk_reads_merged_total{device="sda"}
memory | proc/meminfo | 20971520 kB | 18446744073709551612 kB | node_memory_MemAvailable_bytes
netstat | proc/net/snmp | 1045000000 | -5 | node_netstat_Udp_InDatagrams
"#;

#[test]
fn what_has_been_below_zero_is_no_number_and_takes_nothing_along() {
    for case in BELOW_ZERO.trim().lines() {
        let parts: Vec<&str> = case.split('|').map(str::trim).collect();
        let [sampler, path, from, to, gone] = parts[..] else { panic!("{case}") };
        let host = FakeHost::bigbluebutton();
        let before = masked(&host.sample());
        host.replace(path, from, to);
        let after = masked(&host.sample());
        let (before, after) = (values(&before), values(&after));
        let of_agent = |line: &&&str| !line.starts_with("headroom_agent_");
        let lost: Vec<_> = before.difference(&after).filter(of_agent).collect();
        assert!(matches!(lost[..], [line] if line.starts_with(gone)), "{case}: {lost:?}");
        let skipped = format!("headroom_agent_items_skipped_total{{sampler=\"{sampler}\"}} 1");
        assert!(after.contains(&*skipped), "{case}");
    }
}

#[test]
fn requests_on_their_way_to_a_disk_are_no_four_billions() {
    let host = FakeHost::without_files();
    for (now, told) in [("3", true), ("4294967295", false), ("4294967290", false), ("-1", false)] {
        host.write("proc/diskstats", format!("8 0 sda 1 2 3 4 5 6 7 8 {now} 10 11\n"));
        let text = host.sample();
        assert_eq!(lines_of(&text, "node_disk_io_now").len(), usize::from(told), "{now}");
        assert_eq!(lines_of(&text, "node_disk_").len(), 10 + usize::from(told), "{now}");
    }
}

#[test]
fn a_byte_that_is_no_text_costs_itself_only() {
    let host = FakeHost::with_interface("x0/mtu 1500");
    host.write("sys/class/net/x0/ifalias", b"up\xfflink\n");
    host.write("etc/os-release", b"ID=debian\nPRETTY_NAME=\"D\xe9bian\"\nVERSION_ID=12\n");
    let text = host.sample();
    let info = lines_of(&text, "node_network_info");
    assert!(info[0].contains("ifalias=\"up\u{fffd}link\""), "{info:?}");
    let os = lines_of(&text, "node_os_info");
    assert!(os[0].contains("pretty_name=\"D\u{fffd}bian\""), "{os:?}");
    assert_eq!(lines_of(&text, "node_os_version"), ["node_os_version{id=\"debian\"} 12"]);
}

#[test]
fn a_disk_with_a_slash_in_its_name_has_the_same_name_everywhere() {
    let host = FakeHost::without_files();
    for (file, content) in [
        ("dev", "104:0\n"),
        ("size", "5\n"),
        ("queue/rotational", "0\n"),
        ("device/vendor", "HP\n"),
    ] {
        host.write(&format!("sys/block/cciss!c0d0/{file}"), content);
    }
    host.write("proc/diskstats", "104 0 cciss/c0d0 1 2 3 4 5 6 7 8 9 10 11\n");
    host.symlink("sys/dev/block/104:0", "../../block/cciss!c0d0");
    host.write("proc/self/mountinfo", "1 1 104:0 / / rw - ext4 /dev/cciss/c0d0 rw\n");
    let text = host.sample();
    for line in [
        "headroom_disk_info{device=\"cciss/c0d0\",kind=\"ssd\",mountpoint=\"/\"} 1",
        "node_disk_info{device=\"cciss/c0d0\",major=\"104\",minor=\"0\"} 1",
        "node_disk_io_now{device=\"cciss/c0d0\"} 9",
    ] {
        assert_eq!(lines_of(&text, line), [line]);
    }
}

#[test]
fn a_file_system_may_have_no_source_and_a_mount_no_optional_fields() {
    let host = FakeHost::without_files();
    let table = "36 1 0:50 / / rw shared:1 - fuse.x  rw\n\
                 108 53 0:34 / / rw,relatime - ext4 sunrpc rw\n";
    host.write("proc/self/mountinfo", table);
    let text = host.sample();
    let errors = lines_of(&text, "node_filesystem_device_error");
    assert_eq!(errors.len(), 2, "{errors:?}");
    assert!(errors[0].contains("device=\"none\",fstype=\"fuse.x\""), "{errors:?}");
}

#[test]
fn an_agent_with_a_network_of_its_own_tells_the_hosts() {
    let counters = "1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16";
    let host = FakeHost::without_files();
    host.write("proc/net/dev", format!("heading\nheading\nown0: {counters}\n"));
    host.write("proc/net/sockstat", "UDP: inuse 1\n");
    for (device, sockets) in [("own0", 1), ("host0", 7)] {
        let text = host.sample();
        let traffic = format!("node_network_receive_bytes_total{{device=\"{device}\"}} 1");
        assert_eq!(lines_of(&text, "node_network_receive_bytes_total"), [traffic]);
        let sockets = format!("node_sockstat_UDP_inuse {sockets}");
        assert_eq!(lines_of(&text, "node_sockstat_UDP"), [sockets]);
        host.write("proc/1/net/dev", format!("heading\nheading\nhost0: {counters}\n"));
        host.write("proc/1/net/sockstat", "UDP: inuse 7\n");
    }
}

/// A thousand of something leave room for all else, and what is left out is counted.
#[test]
fn very_many_mounts_disks_and_interfaces_leave_room_for_the_rest() {
    let host = FakeHost::with_interface("x0/device/\nx0/mtu 1");
    let counters = "1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16";
    let lines = |line: fn(usize) -> String| (0..1000).map(line).collect::<String>();
    let interfaces =
        lines(|number| format!("veth{number}: 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16\n"));
    host.write("proc/net/dev", format!("heading\nheading\n{interfaces}x0: {counters}\n"));
    let disks = lines(|number| format!(" 253 {number} dm-{number} 1 2 3 4 5 6 7 8 9 10 11\n"));
    host.write("proc/diskstats", format!("8 0 sda 1 2 3 4 5 6 7 8 9 10 11\n8 1 sda1 1\n{disks}"));
    let mounts =
        lines(|number| format!("{number} 1 0:{number} / /m{number} rw - ext4 d{number} rw\n"));
    host.write("proc/self/mountinfo", mounts);
    host.write("proc/loadavg", "0.5 1 2 1/9 9\n");
    let text = host.sample();
    for (start, expected) in [
        ("node_network_receive_bytes_total", 101),
        ("node_network_receive_bytes_total{device=\"x0\"}", 1),
        ("node_disk_io_now", 100),
        ("node_disk_io_now{device=\"sda\"}", 1),
        ("node_filesystem_device_error", 200),
        ("node_load1 ", 1),
    ] {
        assert_eq!(lines_of(&text, start).len(), expected, "{start}");
    }
    for (sampler, expected) in [("network", 900), ("disks", 901), ("filesystems", 800)] {
        let start = format!("headroom_agent_items_skipped_total{{sampler=\"{sampler}\"}}");
        assert_eq!(lines_of(&text, &start), [format!("{start} {expected}")]);
    }
}

#[test]
fn a_table_of_mounts_that_cannot_be_read_is_told_in_each_round() {
    let host = FakeHost::without_files();
    let mut samplers = Samplers::new(&host.options());
    let success = "headroom_agent_sampler_success{sampler=\"filesystems\"}";
    let begin = now();
    for (second, told) in [(0, 0), (1, 0), (2, 1)] {
        if told == 1 {
            host.write("proc/self/mountinfo", "1 1 8:1 / / rw - ext4 /dev/sda1 rw\n");
        }
        let text = super::sample(&mut samplers, begin + Duration::from_secs(second));
        assert_eq!(lines_of(&text, success), [format!("{success} {told}")], "second {second}");
    }
}
