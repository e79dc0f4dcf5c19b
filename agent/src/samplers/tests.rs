//! The samplers before a made-up host.

mod containers;
mod extras;
mod fake_host;
mod families;
mod odd;
mod processes;
mod recordings;
mod sensors;
mod units;

use std::time::Duration;

use headroom_proto::units::BitRate;

use self::fake_host::{FakeHost, lines_of, masked, now, sample};
use super::{SamplerOptions, Samplers};
use crate::series::{Reading, Round};

#[test]
fn a_host_in_node_exporters_words() {
    insta::assert_snapshot!(masked(&FakeHost::bigbluebutton().sample()));
}

#[test]
fn a_sampler_works_again_when_its_file_does() {
    let success = |value| format!("headroom_agent_sampler_success{{sampler=\"load\"}} {value}");
    let host = FakeHost::without_files();
    let mut samplers = Samplers::new(&host.options());
    host.write("proc/loadavg/a_folder", "");
    assert_eq!(lines_of(&sample(&mut samplers, now()), &success(0)).len(), 1);
    host.remove("proc/loadavg");
    for (content, works, load) in [
        ("0.5 1 2 1/9 9\n", 1, &["node_load1 0.5"][..]),
        ("\n", 0, &[]),
        ("64.25 1 2 1/9 9\n", 1, &["node_load1 64.25"]),
    ] {
        host.write("proc/loadavg", content);
        let text = sample(&mut samplers, now());
        assert_eq!(lines_of(&text, &success(works)).len(), 1, "{content}");
        assert_eq!(lines_of(&text, "node_load1 "), load);
    }
}

#[test]
fn the_hosts_series_are_of_one_job_and_the_agents_of_another() {
    let mut reading = Reading::default();
    let host = FakeHost::bigbluebutton();
    host.remove("proc/stat");
    Samplers::new(&host.options()).sample(now(), &mut Round::new(&mut reading));
    for series in reading.named() {
        let of_host = ["node_", "headroom_network_", "headroom_processes_"]
            .iter()
            .any(|start| series.metric.starts_with(start));
        let expected = if of_host { "node" } else { "headroom" };
        assert_eq!(series.job, expected, "{series:?}");
    }
}

#[test]
fn all_cores_together_and_the_busiest_are_told_by_what_they_did_since_the_last_round() {
    let host = FakeHost::without_files();
    let mut samplers = Samplers::new(&host.options());
    let start = "cpu0 0 0 0 100 0 0 0 0 0 0\ncpu1 0 0 0 100 0 0 0 0 0 0\n";
    for (stat, expected) in [
        (start, None),
        // No time has passed.
        (start, None),
        // A quarter and a half of what passed; the time of a guest is the user's already.
        (
            "cpu0 10 0 10 160 0 0 0 0 5 0\ncpu1 20 0 0 170 0 30 0 0 0 0\n",
            Some(["0.35", "0.4166666666666667"]),
        ),
        // Waiting for disks is idle, stolen time is not; a core that comes is not compared.
        (
            "cpu0 10 0 10 160 100 0 0 0 5 0\ncpu1 20 0 0 190 0 30 0 60 0 0\ncpu2 9 0 0 0 0 0 0 0 0 0\n",
            Some(["0.3333333333333333", "0.75"]),
        ),
        // The kernel takes back idle time: it stays, and what was done meanwhile counts.
        ("cpu1 21 0 0 189 0 30 0 61 0 0\n", Some(["1", "1"])),
        ("cpu1 22 0 0 192 0 29 0 61 0 0\n", Some(["0.3333333333333333", "0.3333333333333333"])),
    ] {
        host.write("proc/stat", stat);
        let text = sample(&mut samplers, now());
        for (place, metric) in ["busy", "busiest_core"].into_iter().enumerate() {
            let metric = format!("headroom_cpu_{metric}_ratio");
            let expected = expected.map(|values| format!("{metric} {}", values[place]));
            assert_eq!(lines_of(&text, &metric), Vec::from_iter(expected), "{stat}");
        }
    }
}

#[test]
fn older_kernels_count_packets_by_line_and_have_fewer_counters() {
    let host = FakeHost::without_files();
    host.write("proc/net/snmp", "Udp: InDatagrams NoPorts\nUdp: 5 6\n");
    host.write("proc/net/softnet_stat", "01 0a 0b 00\n02 00 ff 00\n");
    let text = host.sample();
    assert_eq!(
        lines_of(&text, "node_netstat_"),
        ["node_netstat_Udp_InDatagrams 5", "node_netstat_Udp_NoPorts 6"]
    );
    assert_eq!(
        lines_of(&text, "node_softnet_"),
        [
            "node_softnet_dropped_total{cpu=\"0\"} 10",
            "node_softnet_dropped_total{cpu=\"1\"} 0",
            "node_softnet_processed_total{cpu=\"0\"} 1",
            "node_softnet_processed_total{cpu=\"1\"} 2",
            "node_softnet_times_squeezed_total{cpu=\"0\"} 11",
            "node_softnet_times_squeezed_total{cpu=\"1\"} 255",
        ]
    );
}

#[test]
fn a_file_that_shrinks_leaves_nothing_of_what_it_was() {
    let host = FakeHost::without_files();
    let mut samplers = Samplers::new(&host.options());
    for interrupts in [3, 6000, 3] {
        host.write("proc/stat", format!("intr 7{}\nctxt {interrupts}\n", " 1".repeat(interrupts)));
        let text = sample(&mut samplers, now());
        let switches = format!("node_context_switches_total {interrupts}");
        assert_eq!(lines_of(&text, "node_context"), [switches]);
        assert_eq!(lines_of(&text, "node_intr"), ["node_intr_total 7"]);
    }
}

#[test]
fn memory_is_named_after_its_key_and_unit() {
    for (line, expected) in [
        ("HugePages_Total:       8", "node_memory_HugePages_Total 8"),
        ("Active(anon):    7340032 kB", "node_memory_Active_anon_bytes 7516192768"),
        ("DirectMap1G:    33554432 kB", "node_memory_DirectMap1G_bytes 34359738368"),
    ] {
        let host = FakeHost::without_files();
        host.write("proc/meminfo", format!("{line}\n"));
        host.write("proc/vmstat", String::new());
        assert_eq!(lines_of(&host.sample(), "node_memory"), [expected]);
    }
}

#[test]
fn older_kernels_tell_less_of_a_disk() {
    for (columns, metrics) in [
        ("1 2 3 4 5 6 7 8 9 10 11", 11),
        ("1 2 3 4 5 6 7 8 9 10 11 12 13 14 15", 15),
        ("1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17", 17),
        ("1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18", 17),
    ] {
        let host = FakeHost::without_files();
        host.write("proc/diskstats", format!("  8  0 sda {columns}\n"));
        let text = host.sample();
        assert_eq!(lines_of(&text, "node_disk_").len(), metrics, "{columns}");
        assert_eq!(lines_of(&text, "node_disk_discard").is_empty(), metrics < 15, "{columns}");
        assert_eq!(lines_of(&text, "node_disk_flush").is_empty(), metrics < 17, "{columns}");
    }
}

#[test]
fn sectors_become_bytes_and_milliseconds_seconds_to_the_last_digit() {
    let host = FakeHost::without_files();
    host.write("proc/diskstats", "8 0 sda 1 2 3 9 5 6 7 8013 1 109 1001009\n");
    for (metric, value) in [
        ("node_disk_read_bytes_total", "1536"),
        ("node_disk_read_time_seconds_total", "0.009"),
        ("node_disk_written_bytes_total", "3584"),
        ("node_disk_write_time_seconds_total", "8.013"),
        ("node_disk_io_now", "1"),
        ("node_disk_io_time_seconds_total", "0.109"),
        ("node_disk_io_time_weighted_seconds_total", "1001.009"),
    ] {
        let expected = [format!("{metric}{{device=\"sda\"}} {value}")];
        assert_eq!(lines_of(&host.sample(), metric), expected);
    }
}

#[test]
fn partitions_and_memory_are_no_disks() {
    let disks = "sda sdaa vda xvdf nvme0n1 nvme10n1 dm-0 md127 sr0 mmcblk0";
    let others = "sda1 vda15 xvda1 hda2 nvme0n1p2 nvme10n1p12 loop0 loop12 ram0 zram0 fd0";
    let line = |device: &str| format!("  8  0 {device} 1 2 3 4 5 6 7 8 9 10 11\n");
    let host = FakeHost::without_files();
    let lines: String = disks.split(' ').chain(others.split(' ')).map(line).collect();
    host.write("proc/diskstats", lines);
    let line = |device: &str| format!("node_disk_io_now{{device=\"{device}\"}} 9");
    let mut expected: Vec<String> = disks.split(' ').map(line).collect();
    expected.sort();
    assert_eq!(lines_of(&host.sample(), "node_disk_io_now"), expected);
}

#[test]
fn a_file_system_has_room_for_what_is_free() {
    let host = FakeHost::without_files();
    host.write("proc/self/mountinfo", "1 1 8:1 / / rw - ext4 /dev/sda1 rw\n");
    let text = host.sample();
    let figure = |name: &str| {
        let lines = lines_of(&text, &format!("node_filesystem_{name}{{"));
        lines[0].rsplit(' ').next().and_then(|value| value.parse::<f64>().ok()).unwrap()
    };
    assert!(figure("size_bytes") >= figure("free_bytes"), "{text}");
    assert!(figure("free_bytes") >= figure("avail_bytes"), "{text}");
    assert!(figure("files") >= figure("files_free"), "{text}");
}

#[test]
fn a_file_system_on_the_network_is_given_time_to_answer() {
    let host = FakeHost::without_files();
    host.write("proc/self/mountinfo", "1 1 0:60 / / ro - nfs4 archive:/export ro\n");
    let mut samplers = Samplers::new(&host.options());
    let answers = (0..20).filter(|_| {
        let text = sample(&mut samplers, now());
        assert_eq!(lines_of(&text, "node_filesystem_device_error").len(), 1);
        lines_of(&text, "node_filesystem_size_bytes").len() == 1
    });
    assert!(answers.count() >= 10);
}

#[test]
fn a_counter_that_falls_a_little_stays_and_one_that_begins_anew_does_not() {
    let host = FakeHost::without_files();
    let mut samplers = Samplers::new(&host.options());
    for (stat, iowait) in [
        ("cpu0 10 0 10 9000 61400 0 0 0 5 0\n", "614"),
        ("cpu0 12 0 10 9098 61399 0 0 0 5 0\n", "614"),
        ("cpu0 14 0 10 9100 61200 0 0 0 5 0\n", "614"),
        ("cpu0 14 0 10 9200 61401 0 0 0 5 0\n", "614.01"),
        ("cpu0 1 0 1 50 61101 0 0 0 0 0\n", "611.01"),
        ("cpu0 1 0 1 150 3 0 0 0 0 0\n", "611.01"),
        ("cpu0 400 0 1 150 3 0 0 0 0 0\n", "611.01"),
        ("cpu0 1 0 1 150 3 0 0 0 0 0\n", "0.03"),
    ] {
        host.write("proc/stat", stat);
        let text = sample(&mut samplers, now());
        let series = "node_cpu_seconds_total{cpu=\"0\",mode=\"iowait\"}";
        assert_eq!(lines_of(&text, series), [format!("{series} {iowait}")], "{stat}");
    }
}

#[test]
fn a_speed_is_what_the_operator_says_or_else_the_kernel() {
    for (file, configured, bytes) in [
        ("x0/speed 1000", None, Some(125e6)),
        ("x0/speed -1", None, None),
        ("x0/speed 0", None, None),
        ("x0/speed 65535", None, None),
        ("x0/speed 4294967295", None, None),
        ("x0/speed 18446744073709551615", None, None),
        ("x0/speed 400000", None, Some(5e10)),
        // Ends of pairs and of tunnels tell 10 Gbit/s and 10 Mbit/s, which nothing holds them to.
        ("x0/speed 10000\nx0/ifindex 6\nx0/iflink 5", None, None),
        ("x0/speed 10\nx0/tun_flags 0x1002", None, None),
        ("x0/speed", None, None),
        ("x0/speed/", None, None),
        ("x0/mtu 1500", None, None),
        ("x0/speed -1", Some(BitRate(1e9)), Some(125e6)),
        ("x0/speed 10000", Some(BitRate(2.5e8)), Some(31_250_000.0)),
    ] {
        let host = FakeHost::with_interface(file);
        let link_speeds = configured.map(|speed| ("x0".to_owned(), speed)).into_iter().collect();
        let text =
            sample(&mut Samplers::new(&SamplerOptions { link_speeds, ..host.options() }), now());
        let expected =
            bytes.map(|bytes: f64| format!("node_network_speed_bytes{{device=\"x0\"}} {bytes}"));
        assert_eq!(lines_of(&text, "node_network_speed_bytes"), Vec::from_iter(expected), "{file}");
    }
}

#[test]
fn an_interface_is_of_one_kind() {
    for (kind, files) in [
        ("physical", "x0/device/"),
        ("physical", "x0/device/\nx0/uevent DEVTYPE=wlan"),
        ("physical", "x0/device/\nx0/master -> ../br0\nbr0/bridge/"),
        ("physical", "x0/bonding/\nx0/lower_a -> ../a\na/device/"),
        ("bond", "x0/bonding/\nx0/lower_a -> ../a\na/mtu 1500"),
        ("bond", "x0/bonding/"),
        ("bonded", "x0/device/\nx0/master -> ../bond0\nbond0/bonding/"),
        ("bonded", "x0/device/\nx0/master -> ../eth0\neth0/device/"),
        ("physical", "x0/device/\nx0/master -> ../vrf0\nvrf0/mtu 1500"),
        ("bridge", "x0/uevent INTERFACE=x0\nx0/bridge/\nx0/uevent DEVTYPE=bridge"),
        ("vlan", "x0/uevent DEVTYPE=vlan\nx0/ifindex 6\nx0/iflink 5"),
        ("tunnel", "x0/uevent DEVTYPE=wireguard"),
        ("tunnel", "x0/uevent DEVTYPE=vxlan"),
        ("tunnel", "x0/tun_flags 0x1002\nx0/ifindex 6\nx0/iflink 6"),
        ("veth", "x0/ifindex 6\nx0/iflink 5"),
        ("veth", "x0/ifindex 6\nx0/iflink 6\nx0/operstate up"),
        ("veth", "x0/ifindex 6\nx0/iflink 6\nx0/operstate lowerlayerdown"),
        ("virtual", "x0/ifindex 6\nx0/iflink 6\nx0/operstate unknown"),
        ("virtual", "x0/ifindex 6\nx0/iflink 6"),
        ("virtual", "x0/ifindex 6\nx0/iflink 5\nx0/lower_eth0 -> ../eth0\neth0/device/"),
        ("tunnel", "x0/ifindex 6\nx0/iflink 0\nx0/type 776"),
        ("virtual", ""),
    ] {
        let text = FakeHost::with_interface(files).sample();
        let start = format!("node_network_info{{device=\"x0\",kind=\"{kind}\"");
        let infos = lines_of(&text, "node_network_info");
        assert!(matches!(infos[..], [info] if info.starts_with(&start)), "{files:?} {infos:?}");
    }
}

#[test]
fn links_and_mounts_are_read_anew_after_fifteen_seconds_or_a_step_back_of_the_clock() {
    let host = FakeHost::with_interface("x0/mtu 1");
    let mut samplers = Samplers::new(&host.options());
    let start = now();
    for (written, at, seen) in [
        (1, start, 1),
        (2, start + Duration::from_millis(14_999), 1),
        (3, start + Duration::from_secs(15), 3),
        (4, start + Duration::from_secs(29), 3),
        (5, start, 5),
        (6, start + Duration::from_secs(14), 5),
        (7, start + Duration::from_secs(15), 7),
    ] {
        host.link(&format!("x0/mtu {written}"));
        host.write("proc/self/mountinfo", format!("1 1 8:1 / /mnt{written} rw - ext4 sda rw\n"));
        let text = sample(&mut samplers, at);
        let mtu = format!("node_network_mtu_bytes{{device=\"x0\"}} {seen}");
        assert_eq!(lines_of(&text, "node_network_mtu"), [mtu], "{written}");
        let errors = lines_of(&text, "node_filesystem_device_error");
        assert!(errors.len() == 1 && errors[0].contains(&format!("/mnt{seen}\"")), "{errors:?}");
    }
}

#[test]
fn interfaces_come_and_go_between_rounds() {
    let host = FakeHost::with_interface("x0/mtu 1\nx1/mtu 2");
    let mut samplers = Samplers::new(&host.options());
    for devices in [&["x0"][..], &["x0", "x1"], &["x1"], &[]] {
        host.count_traffic(devices);
        let text = sample(&mut samplers, now());
        assert_eq!(lines_of(&text, "node_network_mtu").len(), devices.len());
        assert_eq!(lines_of(&text, "node_network_").len(), devices.len() * 18);
    }
}

#[test]
fn a_release_has_a_number_if_its_version_is_one() {
    for (path, version, expected) in [
        ("etc/os-release", "VERSION_ID=\"22.04\"", Some("22.04")),
        ("etc/os-release", "VERSION_ID='12'", Some("12")),
        ("etc/os-release", "VERSION_ID=8.10.3", Some("8.1")),
        ("etc/os-release", "VERSION_ID=tumbleweed", None),
        ("etc/os-release", "BUILD_ID=rolling", None),
        ("usr/lib/os-release", "VERSION_ID=40", Some("40")),
    ] {
        let host = FakeHost::without_files();
        host.write(path, format!("# a release\nID=x\n{version}\n"));
        let expected = expected.map(|number| format!("node_os_version{{id=\"x\"}} {number}"));
        let text = host.sample();
        assert_eq!(lines_of(&text, "node_os_version"), Vec::from_iter(expected), "{version}");
        assert_eq!(lines_of(&text, "node_os_info{").len(), 1, "{version}");
    }
}

#[test]
fn a_file_system_that_has_become_another_is_not_told_under_the_old_name() {
    let host = FakeHost::without_files();
    host.write("srv/here", "");
    host.write("proc/self/mountinfo", "1 1 8:1 / /srv rw - ext4 /dev/sda1 rw\n");
    let mut samplers = Samplers::new(&host.options());
    let start = now();
    let told = |text: &str| lines_of(text, "node_filesystem_size_bytes").len();
    assert_eq!(told(&sample(&mut samplers, start)), 1);
    // Another device stands there, as below an unmounted file system.
    host.remove("srv");
    host.symlink("srv", "/proc");
    assert_eq!(told(&sample(&mut samplers, start)), 0);
    assert_eq!(told(&sample(&mut samplers, start)), 1, "the table is read anew, and has it");
}
