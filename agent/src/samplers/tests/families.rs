//! node_exporter's other families before a made-up host: the same names, labels and values.

use super::fake_host::{FakeHost, lines_of, sample_with};
use crate::samplers::SamplerOptions;

/// Files of a host, and the lines that come of them: all that begin with `start`.
#[track_caller]
pub fn check(files: &[(&str, &str)], start: &str, expected: &[&str]) {
    let host = FakeHost::without_files();
    for (path, content) in files {
        match content.strip_prefix("-> ") {
            Some(target) => host.symlink(path, target),
            None => host.write(path, content),
        }
    }
    assert_eq!(lines_of(&host.sample(), start), expected, "{files:?}");
}

#[test]
fn protocols_tell_what_is_asked_for() {
    check(
        &[
            (
                "proc/net/snmp",
                "Ip: Forwarding DefaultTTL\nIp: 2 64\nTcp: RtoMin CurrEstab InErrs\nTcp: 200 7 3\n",
            ),
            (
                "proc/net/netstat",
                "TcpExt: SyncookiesSent ListenDrops TCPTimeouts TW\nTcpExt: 1 2 3 4\n\
                 IpExt: InOctets InCsumErrors\nIpExt: 125384242275 9\n",
            ),
            (
                "proc/net/snmp6",
                "Ip6InOctets   5\nIcmp6InMsgs\t6\nUdpLite6InErrors 7\nIp6InReceives 8\nodd\n",
            ),
        ],
        "node_netstat_",
        &[
            "node_netstat_Icmp6_InMsgs 6",
            "node_netstat_Ip6_InOctets 5",
            "node_netstat_IpExt_InOctets 125384242275",
            "node_netstat_Ip_Forwarding 2",
            "node_netstat_TcpExt_ListenDrops 2",
            "node_netstat_TcpExt_SyncookiesSent 1",
            "node_netstat_TcpExt_TCPTimeouts 3",
            "node_netstat_Tcp_CurrEstab 7",
            "node_netstat_Tcp_InErrs 3",
            "node_netstat_UdpLite6_InErrors 7",
        ],
    );
}

#[test]
fn sockets_and_what_waits_in_them() {
    let page = rustix::param::page_size();
    let bytes = format!("node_sockstat_TCP_mem_bytes {}", 179 * page);
    check(
        &[
            (
                "proc/net/sockstat",
                "sockets: used 18\nTCP: inuse 2 orphan 0 mem 179\nRAW: inuse x\n",
            ),
            ("proc/net/sockstat6", "TCP6: inuse 3\n"),
        ],
        "node_sockstat_",
        &[
            "node_sockstat_TCP6_inuse 3",
            "node_sockstat_TCP_inuse 2",
            "node_sockstat_TCP_mem 179",
            &bytes,
            "node_sockstat_TCP_orphan 0",
            "node_sockstat_sockets_used 18",
        ],
    );
    let line =
        |queues: &str| format!("  1: 0100007F:0035 00000000:0000 07 {queues} 00:0 0 0 0 1 2\n");
    let udp = ["heading\n", &line("00000010:00000200"), &line("x"), &line("00000001:00000000")];
    check(
        &[("proc/net/udp", &udp.concat())],
        "node_udp_queues",
        &[
            "node_udp_queues{ip=\"v4\",queue=\"rx\"} 512",
            "node_udp_queues{ip=\"v4\",queue=\"tx\"} 17",
        ],
    );
}

#[test]
fn tables_of_the_kernel() {
    let conntrack = "entries  searched found new invalid ignore insert drop search_restart\n\
                     00000005 00000000 0000000a 00000000 00000001 00000000 00000000 00000002 00000000\n\
                     00000005 00000000 00000001 00000000 00000001 00000000 00000000 00000000 00000000\n";
    check(
        &[
            ("proc/net/stat/nf_conntrack", conntrack),
            ("proc/sys/net/netfilter/nf_conntrack_count", "5\n"),
            ("proc/sys/net/netfilter/nf_conntrack_max", "262144\n"),
        ],
        "node_nf_conntrack_",
        &[
            "node_nf_conntrack_entries 5",
            "node_nf_conntrack_entries_limit 262144",
            "node_nf_conntrack_stat_drop 2",
            "node_nf_conntrack_stat_found 11",
            "node_nf_conntrack_stat_ignore 0",
            "node_nf_conntrack_stat_insert 0",
            "node_nf_conntrack_stat_invalid 2",
            "node_nf_conntrack_stat_search_restart 0",
        ],
    );
    check(
        &[("proc/sys/fs/file-nr", "597\t0\t2466170\n")],
        "node_filefd_",
        &["node_filefd_allocated 597", "node_filefd_maximum 2466170"],
    );
    check(
        &[("proc/sys/kernel/random/entropy_avail", "256\n")],
        "node_entropy_",
        &["node_entropy_available_bits 256"],
    );
    let arp = "IP address HW type Flags HW address Mask Device\n\
               192.0.2.1 0x1 0x2 02:fc:00:00:00:05 * eth0\n192.0.2.2 0x1 0x0 00:00:00:00:00:00 * eth0\n\
               10.0.0.1 0x1 0x2 02:fc:00:00:00:06 * br0\n";
    check(
        &[("proc/net/arp", arp)],
        "node_arp_entries",
        &["node_arp_entries{device=\"br0\"} 1", "node_arp_entries{device=\"eth0\"} 2"],
    );
    let schedstat = "version 15\ntimestamp 4\ncpu0 0 0 0 0 0 0 2500000000 500000000 77\n\
                     domain0 3 1 2\ncpu1 0 0 0\n";
    check(
        &[("proc/schedstat", schedstat)],
        "node_schedstat_",
        &[
            "node_schedstat_running_seconds_total{cpu=\"0\"} 2.5",
            "node_schedstat_timeslices_total{cpu=\"0\"} 77",
            "node_schedstat_waiting_seconds_total{cpu=\"0\"} 0.5",
        ],
    );
}

#[test]
fn cores_and_clocks() {
    let cpu = "sys/devices/system/cpu";
    let files: Vec<(String, &str)> = [
        ("cpu0/cpufreq/scaling_cur_freq", "1800000\n"),
        ("cpu0/cpufreq/scaling_governor", "powersave\n"),
        ("cpu0/cpufreq/scaling_available_governors", "performance powersave\n"),
        ("cpu0/topology/physical_package_id", "0\n"),
        ("cpu0/topology/core_id", "4\n"),
        ("cpu0/thermal_throttle/core_throttle_count", "5\n"),
        ("cpu0/thermal_throttle/package_throttle_count", "30\n"),
        ("cpu1/topology/physical_package_id", "0\n"),
        ("cpu1/topology/core_id", "4\n"),
        ("cpu1/thermal_throttle/core_throttle_count", "5\n"),
        ("cpuidle/x", ""),
    ]
    .map(|(path, content)| (format!("{cpu}/{path}"), content))
    .into();
    let files: Vec<(&str, &str)> =
        files.iter().map(|(path, content)| (&**path, *content)).collect();
    check(
        &files,
        "node_cpu_",
        &[
            "node_cpu_core_throttles_total{core=\"4\",package=\"0\"} 5",
            "node_cpu_package_throttles_total{package=\"0\"} 30",
            "node_cpu_scaling_frequency_hertz{cpu=\"0\"} 1800000000",
            "node_cpu_scaling_governor{cpu=\"0\",governor=\"performance\"} 0",
            "node_cpu_scaling_governor{cpu=\"0\",governor=\"powersave\"} 1",
        ],
    );
    let clock = "sys/devices/system/clocksource/clocksource0";
    check(
        &[
            (&format!("{clock}/available_clocksource"), "tsc kvm-clock \n"),
            (&format!("{clock}/current_clocksource"), "tsc\n"),
        ],
        "node_time_clocksource",
        &[
            "node_time_clocksource_available_info{clocksource=\"kvm-clock\",device=\"0\"} 1",
            "node_time_clocksource_available_info{clocksource=\"tsc\",device=\"0\"} 1",
            "node_time_clocksource_current_info{clocksource=\"tsc\",device=\"0\"} 1",
        ],
    );
    check(&[], "node_selinux", &["node_selinux_enabled 0"]);
    check(
        &[("sys/fs/selinux/enforce", "1")],
        "node_selinux",
        &["node_selinux_current_mode 1", "node_selinux_enabled 1"],
    );
}

/// What other architectures write, and what their cores are called.
const PROCESSORS: [(&str, &[&str]); 6] = [
    (
        "vendor_id       : IBM/S390\n# processors    : 2\ncache0          : level=1 type=Data size=128K\n\
         processor 0: version = 00,  identification = 2733E8,  machine = 2964\n\
         processor 1: version = 00,  identification = 2733E8,  machine = 2964\n\n\
         cpu number      : 0\ncpu MHz dynamic : 5000\n\n",
        &[
            "{cpu=\"0\",model=\"2964\",model_name=\"IBM/S390 2964\",vendor=\"IBM/S390\"}",
            "{cpu=\"1\",model=\"2964\",model_name=\"IBM/S390 2964\",vendor=\"IBM/S390\"}",
        ],
    ),
    (
        "processor\t: 8\ncpu\t\t: POWER9, altivec supported\nclock\t\t: 2900.000000MHz\n\n\
         timebase\t: 512000000\nmodel\t\t: 8335-GTH\n",
        &["{cpu=\"8\",model_name=\"POWER9, altivec supported\"}"],
    ),
    (
        "processor\t: 0\nhart\t\t: 1\nisa\t\t: rv64imafdc\nuarch\t\t: sifive,u74-mc\n\n",
        &["{cpu=\"0\",model_name=\"sifive,u74-mc\"}"],
    ),
    (
        "system type\t\t: generic\n\nprocessor\t\t: 3\nModel Name\t\t: Loongson-3A5000\n\n",
        &["{cpu=\"3\",model_name=\"Loongson-3A5000\"}"],
    ),
    (
        "processor\t\t: 0\ncpu model\t\t: Cavium Octeon III V0.2\n\n",
        &["{cpu=\"0\",model_name=\"Cavium Octeon III V0.2\"}"],
    ),
    // Linux before 3.8 told once what all cores are.
    (
        "Processor\t: ARMv7 Processor rev 5 (v7l)\nprocessor\t: 0\n\nprocessor\t: 1\n\n\
         CPU implementer\t: 0x41\nCPU part\t: 0xc07\n\nHardware\t: sun8i\n",
        &["{cpu=\"0\",model_name=\"Cortex-A7\"}", "{cpu=\"1\",model_name=\"Cortex-A7\"}"],
    ),
];

#[test]
fn processors_of_other_architectures_have_their_names() {
    for (text, expected) in PROCESSORS {
        let expected: Vec<_> = expected.iter().map(|it| format!("node_cpu_info{it} 1")).collect();
        let expected: Vec<&str> = expected.iter().map(String::as_str).collect();
        check(&[("proc/cpuinfo", text)], "node_cpu_info", &expected);
    }
}

#[test]
fn processors_of_either_make() {
    let intel = "processor\t: 0\nvendor_id\t: GenuineIntel\ncpu family\t: 6\nmodel\t\t: 85\n\
                 model name\t: Intel(R) Xeon(R) CPU @ 2.00GHz\nstepping\t: 3\nphysical id\t: 0\ncore id\t\t: 1\n\n";
    let arm = "processor\t: 1\nBogoMIPS\t: 243.75\nCPU implementer\t: 0x41\nCPU part\t: 0xd0c\n\n\
               Hardware\t: a board\nSerial\t: S3CR3T\n";
    check(
        &[("proc/cpuinfo", &[intel, arm].concat())],
        "node_cpu_info",
        &[
            "node_cpu_info{core=\"1\",cpu=\"0\",family=\"6\",model=\"85\",\
             model_name=\"Intel(R) Xeon(R) CPU @ 2.00GHz\",package=\"0\",stepping=\"3\",\
             vendor=\"GenuineIntel\"} 1",
            "node_cpu_info{cpu=\"1\",model_name=\"Neoverse-N1\"} 1",
        ],
    );
    let cpu = "sys/devices/system/cpu";
    let files = ["0 0", "1 0", "2 1"].map(|thread_and_core| {
        let (thread, core) = thread_and_core.split_once(' ').unwrap();
        (format!("{cpu}/cpu{thread}/topology"), core)
    });
    let files: Vec<(String, &str)> = files
        .iter()
        .flat_map(|(folder, core)| {
            [(format!("{folder}/core_id"), *core), (format!("{folder}/physical_package_id"), "0")]
        })
        .collect();
    let files: Vec<(&str, &str)> =
        files.iter().map(|(path, content)| (&**path, *content)).collect();
    check(&files, "headroom_cpu_physical_cores", &["headroom_cpu_physical_cores 2"]);
}

/// Disks and firmware, with serial numbers wherever they stand.
fn host_with_serials() -> FakeHost {
    let block = "sys/devices/pci0000:00/virtio1/block";
    let host = FakeHost::without_files();
    for (path, content) in [
        ("vda/dev", "254:0\n"),
        ("vda/size", "536870912\n"),
        ("vda/queue/rotational", "1\n"),
        ("vda/device/serial", "S3CR3T\n"),
        ("vda/vda1/partition", "1\n"),
    ] {
        host.write(&format!("{block}/{path}"), content);
    }
    for (path, content) in [
        ("dm-0/dev", "253:0\n"),
        ("sda/dev", "8:0\n"),
        ("sda/size", "5\n"),
        ("sda/queue/rotational", "0\n"),
        ("sda/device/vendor", "ATA\n"),
        ("loop0/dev", "7:0\n"),
    ] {
        host.write(&format!("sys/block/{path}"), content);
    }
    host.symlink("sys/block/vda", "../devices/pci0000:00/virtio1/block/vda");
    host.symlink("sys/dev/block/254:1", "../../devices/pci0000:00/virtio1/block/vda/vda1");
    host.symlink("sys/dev/block/253:0", "../../block/dm-0");
    host.symlink(
        "sys/block/dm-0/slaves/vda1",
        "../../../devices/pci0000:00/virtio1/block/vda/vda1",
    );
    let mounts = "1 1 254:1 / /boot rw - ext4 /dev/vda1 rw\n2 1 253:0 / / rw - ext4 /dev/dm-0 rw\n\
                  3 1 0:5 / /proc rw - proc proc rw\n";
    host.write("proc/self/mountinfo", mounts);
    let known = "S:disk/by-id/x\nE:ID_MODEL=A_Disk\nE:ID_PATH=pci-1\nE:ID_REVISION=2.0\n\
                 E:ID_SERIAL=S3CR3T\nE:ID_WWN=0xS3CR3T\n";
    host.write("run/udev/data/b8:0", known);
    for (file, content) in [
        ("product_name", "Virtual Machine\n"),
        ("product_serial", "S3CR3T\n"),
        ("product_uuid", "S3CR3T\n"),
        ("chassis_asset_tag", "S3CR3T\n"),
        ("sys_vendor", "Example\n"),
        ("bios_date", " \n"),
    ] {
        host.write(&format!("sys/class/dmi/id/{file}"), content);
    }
    for (file, content) in [
        ("model", "Fast One   \n"),
        ("serial", "S3CR3T\n"),
        ("state", "live\n"),
        ("firmware_rev", "1\n"),
    ] {
        host.write(&format!("sys/class/nvme/nvme0/{file}"), content);
    }
    host
}

#[test]
fn disks_and_firmware_without_serial_numbers() {
    let host = host_with_serials();
    let text = host.sample();
    assert!(!text.contains("S3CR3T"), "{text}");
    for (start, expected) in [
        (
            "headroom_disk_info",
            &[
                "headroom_disk_info{device=\"sda\",kind=\"ssd\"} 1",
                "headroom_disk_info{device=\"vda\",kind=\"virtual\",mountpoint=\"/\"} 1",
                "headroom_disk_info{device=\"vda\",kind=\"virtual\",mountpoint=\"/boot\"} 1",
            ][..],
        ),
        (
            "node_disk_info",
            &[
                "node_disk_info{device=\"dm-0\",major=\"253\",minor=\"0\"} 1",
                "node_disk_info{device=\"sda\",major=\"8\",minor=\"0\",model=\"A_Disk\",path=\"pci-1\",\
                 revision=\"2.0\"} 1",
                "node_disk_info{device=\"vda\",major=\"254\",minor=\"0\"} 1",
            ],
        ),
        (
            "node_dmi_info",
            &["node_dmi_info{product_name=\"Virtual Machine\",system_vendor=\"Example\"} 1"],
        ),
        (
            "node_nvme_info",
            &[
                "node_nvme_info{device=\"nvme0\",firmware_revision=\"1\",model=\"Fast One\",state=\"live\"} 1",
            ],
        ),
    ] {
        assert_eq!(lines_of(&text, start), expected);
    }
}

#[test]
fn an_array_without_a_disk_and_a_bond_without_an_interface_are_told() {
    let host = FakeHost::bigbluebutton();
    host.link("bond0/lower_eno1/bonding_slave/mii_status up");
    host.write(
        "proc/mdstat",
        "md0 : active raid1 sda1[0] sdb1[1](F)\n      1000 blocks [2/1] [U_]\n",
    );
    let text = host.sample();
    for (start, expected) in [
        (
            "node_bonding_",
            &["node_bonding_active{master=\"bond0\"} 1", "node_bonding_slaves{master=\"bond0\"} 2"]
                [..],
        ),
        ("node_md_disks_required", &["node_md_disks_required{device=\"md0\"} 2"]),
        (
            "node_md_disks{device=\"md0\",state=\"down\"}",
            &["node_md_disks{device=\"md0\",state=\"down\"} 1"],
        ),
        (
            "node_md_state{device=\"md0\",state=\"active\"}",
            &["node_md_state{device=\"md0\",state=\"active\"} 1"],
        ),
    ] {
        assert_eq!(lines_of(&text, start), expected);
    }
}

#[test]
fn each_family_can_be_left_out() {
    let host = FakeHost::bigbluebutton();
    host.write("proc/loadavg", "0.5 1 2 1/9 9\n");
    host.write("textfiles/a.prom", "");
    host.write("run/systemd/system/here", "");
    host.write("var/bigbluebutton/here", "");
    host.write("sys/fs/cgroup/cgroup.controllers", "cpu\n");
    let all =
        SamplerOptions { textfiles: Some("/textfiles".into()), off: Vec::new(), ..host.options() };
    let success = "headroom_agent_sampler_success{sampler=\"";
    let names = |text: &str| -> Vec<String> {
        let name = |line: &&str| line[success.len()..].split('"').next().unwrap().to_owned();
        lines_of(text, success).iter().map(name).collect()
    };
    let every = names(&sample_with(&all));
    assert_eq!(every.len(), 20, "{every:?}");
    for name in &every {
        let off = vec![name.parse().unwrap()];
        let left = names(&sample_with(&SamplerOptions { off, ..all.clone() }));
        let expected: Vec<_> = every.iter().filter(|other| *other != name).cloned().collect();
        assert_eq!(left, expected, "{name}");
    }
}
