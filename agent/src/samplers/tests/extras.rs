//! Samplers that an operator asks for, before a made-up host.

use super::fake_host::{FakeHost, lines_of, sample_with};
use crate::samplers::{ExtraName, SamplerOptions};

/// Prints the file of its first argument beside it, such as `-S`; without one it fails.
const ETHTOOL: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/src/samplers/fixtures/ethtool");
const SYSTEMCTL: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/src/samplers/fixtures/systemctl");

/// What a host tells that is asked for one more family.
fn told(host: &FakeHost, name: ExtraName) -> String {
    sample_with(&SamplerOptions { also: vec![name], ..host.options() })
}

fn skipped(text: &str, name: ExtraName) -> u64 {
    let start = format!("headroom_agent_items_skipped_total{{sampler=\"{}\"}} ", name.as_str());
    lines_of(text, &start)[0][start.len()..].parse().unwrap()
}

fn works(text: &str, name: ExtraName) -> bool {
    let start = format!("headroom_agent_sampler_success{{sampler=\"{}\"}} ", name.as_str());
    lines_of(text, &start)[0].ends_with(" 1")
}

#[test]
fn nothing_of_it_is_told_by_itself_and_each_can_be_asked_for() {
    let host = FakeHost::bigbluebutton();
    host.write("run/systemd/system/here", "");
    host.write("proc/interrupts", "CPU0\n0: 5 chip dev\n");
    let samplers = |text: &str, name: &str| {
        let start = format!("headroom_agent_sampler_success{{sampler=\"{name}\"}}");
        lines_of(text, &start).len()
    };
    let usual = host.sample();
    assert_eq!(samplers(&usual, "units"), 1);
    for name in ExtraName::ALL {
        assert_eq!(samplers(&usual, name.as_str()), 0, "{name:?}");
        let text = told(&host, name);
        assert_eq!(samplers(&text, name.as_str()), 1, "{name:?}");
        let units = usize::from(name != ExtraName::Systemd);
        assert_eq!(samplers(&text, "units"), units, "all units are told once");
    }
}

#[test]
fn interrupts_by_the_numbers_of_their_cores() {
    let host = FakeHost::without_files();
    // The second core is offline, on ARM no space stands behind the colon, ERR counts for no core.
    let interrupts = "           CPU0       CPU2\n  0:         14          3  IO-APIC   2-edge      timer\n\
        NMI:          1          2   Non-maskable interrupts\nIPI0:7 8 Rescheduling interrupts\n\
        ERR:          0\n 16:  x  1  PCI-MSI eth0\n 17:  18446744073709551615 1 PCI-MSI eth1\nodd\n";
    host.write("proc/interrupts", interrupts);
    let text = told(&host, ExtraName::Interrupts);
    assert_eq!(
        lines_of(&text, "node_interrupts_total"),
        [
            "node_interrupts_total{cpu=\"0\",devices=\"2-edge timer\",info=\"IO-APIC\",type=\"0\"} 14",
            "node_interrupts_total{cpu=\"0\",info=\"Non-maskable interrupts\",type=\"NMI\"} 1",
            "node_interrupts_total{cpu=\"0\",info=\"Rescheduling interrupts\",type=\"IPI0\"} 7",
            "node_interrupts_total{cpu=\"2\",devices=\"2-edge timer\",info=\"IO-APIC\",type=\"0\"} 3",
            "node_interrupts_total{cpu=\"2\",info=\"Non-maskable interrupts\",type=\"NMI\"} 2",
            "node_interrupts_total{cpu=\"2\",info=\"Rescheduling interrupts\",type=\"IPI0\"} 8",
        ]
    );
    assert_eq!(skipped(&text, ExtraName::Interrupts), 3);
}

#[test]
fn of_very_many_interrupts_those_are_told_that_happen() {
    let host = FakeHost::without_files();
    let cores = |text: &str| format!(" {text}").repeat(200);
    let heading = (0..200).map(|core| format!(" CPU{core}")).collect::<Vec<_>>().concat();
    let line = |number: usize, count: &str| format!("{number}:{} chip dev\n", cores(count));
    let quiet: String = (0..100).map(|number| line(number, "0")).collect();
    let busy: String = (100..105).map(|number| line(number, "7")).collect();
    host.write("proc/interrupts", format!("{heading}\n{quiet}{busy}"));
    let text = told(&host, ExtraName::Interrupts);
    assert_eq!(lines_of(&text, "node_interrupts_total").len(), 1000);
    assert_eq!(skipped(&text, ExtraName::Interrupts), 0);
    let busier: String = (105..110).map(|number| line(number, "7")).collect();
    host.write("proc/interrupts", format!("{heading}\n{quiet}{busy}{busier}"));
    let text = told(&host, ExtraName::Interrupts);
    assert_eq!(lines_of(&text, "node_interrupts_total").len(), 1400);
    assert_eq!(skipped(&text, ExtraName::Interrupts), 3);
}

#[test]
fn sockets_of_tcp_by_state() {
    let host = FakeHost::without_files();
    let line = |state: &str, queues: &str| {
        format!("  1: 0100007F:0035 00000000:0000 {state} {queues} 00:0 0 0 0 1 2\n")
    };
    let tcp = [
        "  sl  local_address rem_address   st tx_queue rx_queue\n".to_owned(),
        line("01", "00000010:00000200"),
        line("01", "00000001:00000000"),
        // Five connections wait here, and no byte does.
        line("0A", "00000000:00000005"),
        line("0C", "00000000:00000000"),
        line("0D", "00000000:00000000"),
        line("01", "x"),
    ];
    host.write("proc/net/tcp", tcp.concat());
    host.write("proc/net/tcp6", format!("heading\n{}", line("06", "00000000:00000000")));
    let text = told(&host, ExtraName::Tcpstat);
    let value = |state: &str| {
        let start = format!("node_tcp_connection_states{{state=\"{state}\"}} ");
        lines_of(&text, &start)[0][start.len()..].to_owned()
    };
    for (state, expected) in [
        ("established", "2"),
        ("listen", "1"),
        ("syn_recv", "1"),
        ("time_wait", "1"),
        ("close_wait", "0"),
        ("tx_queued_bytes", "17"),
        ("rx_queued_bytes", "512"),
    ] {
        assert_eq!(value(state), expected, "{state}");
    }
    assert_eq!(skipped(&text, ExtraName::Tcpstat), 2);
    // What is no such file at all is no count of nothing.
    host.write("proc/net/tcp", "heading\n".to_owned() + &"odd\n".repeat(200));
    let text = told(&host, ExtraName::Tcpstat);
    assert!(!works(&text, ExtraName::Tcpstat));
    assert_eq!(lines_of(&text, "node_tcp_"), [""; 0]);
}

#[test]
fn processes_and_threads_by_state() {
    let host = FakeHost::without_files();
    let stat = |state: &str, threads: u32| {
        format!("7 (a) R) {state} 1 7 7 0 -1 0 0 0 0 0 0 0 0 0 20 0 {threads} 0 9 0 0 0\n")
    };
    for (path, state, threads) in [
        ("1/stat", "S", 1),
        ("2/stat", "R", 3),
        ("2/task/2/stat", "S", 3),
        ("2/task/3/stat", "D", 3),
        ("2/task/4/stat", "S", 3),
        ("3/stat", "Z", 1),
    ] {
        host.write(&format!("proc/{path}"), stat(state, threads));
    }
    // One that ends just now, and one that nobody understands.
    host.write("proc/4/here", "");
    host.write("proc/5/stat", "5 (x) ?");
    host.write("proc/sys/kernel/pid_max", "32768\n");
    host.write("proc/sys/kernel/threads-max", "18446744073709551615\n");
    let text = told(&host, ExtraName::ProcessStates);
    assert_eq!(
        lines_of(&text, "node_processes_"),
        [
            "node_processes_max_processes 32768",
            "node_processes_pids 3",
            "node_processes_state{state=\"R\"} 1",
            "node_processes_state{state=\"S\"} 1",
            "node_processes_state{state=\"Z\"} 1",
            "node_processes_threads 5",
            "node_processes_threads_state{thread_state=\"D\"} 1",
            "node_processes_threads_state{thread_state=\"S\"} 3",
            "node_processes_threads_state{thread_state=\"Z\"} 1",
        ]
    );
}

#[test]
fn drivers_by_what_ethtool_prints() {
    let host = FakeHost::without_files();
    for device in ["eth0", "lo", "-S"] {
        host.write(&format!("sys/class/net/{device}/mtu"), "1500\n");
    }
    host.symlink("usr/bin/ethtool", ETHTOOL);
    host.write("usr/bin/--version", "ethtool version 6.1\n");
    let about = "driver: virtio_net\nversion: 1.0.0\nfirmware-version: \nexpansion-rom-version:\n\
                 bus-info: 0000:00:03.0\nsupports-statistics: yes\n";
    host.write("usr/bin/-i", about);
    let figures = "NIC statistics:\n     rx_bytes: 9\n     rx_drops: 2\n     tx0_kicks: 2814\n\
                   \x20    [0]: rx_bytes: 3\n     odd\n     neg: -1\n     huge: 18446744073709551615\n";
    host.write("usr/bin/-S", figures);
    let text = told(&host, ExtraName::Ethtool);
    let own: Vec<_> = lines_of(&text, "node_ethtool_")
        .into_iter()
        .filter(|line| line.contains("device=\"eth0\""))
        .collect();
    assert_eq!(
        own,
        [
            "node_ethtool_0_received_bytes{device=\"eth0\"} 3",
            "node_ethtool_info{bus_info=\"0000:00:03.0\",device=\"eth0\",driver=\"virtio_net\",version=\"1.0.0\"} 1",
            "node_ethtool_received_bytes_total{device=\"eth0\"} 9",
            "node_ethtool_received_drops{device=\"eth0\"} 2",
            "node_ethtool_tx0_kicks{device=\"eth0\"} 2814",
        ]
    );
    let many = (0..600).map(|number| format!("     q{number}: 1\n")).collect::<Vec<_>>().concat();
    host.write("usr/bin/-S", format!("NIC statistics:\n{many}"));
    let text = told(&host, ExtraName::Ethtool);
    assert_eq!(lines_of(&text, "node_ethtool_q").len(), 1000);
    assert_eq!(skipped(&text, ExtraName::Ethtool), 200);
    // An interface without figures takes no other along; without the program there is nothing.
    host.remove("usr/bin/-S");
    let text = told(&host, ExtraName::Ethtool);
    assert_eq!(lines_of(&text, "node_ethtool_").len(), 2);
    host.remove("usr/bin/--version");
    assert!(!works(&told(&host, ExtraName::Ethtool), ExtraName::Ethtool));
}

#[test]
fn all_units_of_systemd() {
    let host = FakeHost::without_files();
    host.write("run/systemd/system/here", "");
    host.write("proc/stat", "btime 1767225600\n");
    host.symlink("usr/bin/systemctl", SYSTEMCTL);
    let unit = |name: &str, state: &str, more: &str| {
        format!("Id={name}\nLoadState=loaded\nActiveState={state}\n{more}\n")
    };
    // The stand-in answers all questions alike: systemd speaks of itself, and of units.
    let units = [
        unit("cron.service", "active", "Type=simple\nNRestarts=2\n"),
        unit("sshd.socket", "active", "NAccepted=7\nNConnections=1\nNRefused=[not set]\n"),
        unit("daily.timer", "active", "LastTriggerUSecMonotonic=1min 30s\n"),
        unit("bad.service", "failed", ""),
        unit("dev-sda.device", "active", ""),
        unit("home.mount", "reloading", ""),
    ];
    let manager = "Version=252.38-1~deb12u1\nSystemState=degraded\n";
    host.write("usr/bin/answer", format!("{}\n{manager}", units.concat()));
    let text = told(&host, ExtraName::Systemd);
    let asked = std::fs::read_to_string(host.path("usr/bin/asked")).unwrap();
    assert_eq!(asked, "show --no-pager --property=Version,SystemState\n");
    for line in [
        "node_systemd_units{state=\"active\"} 5",
        "node_systemd_units{state=\"failed\"} 1",
        "node_systemd_units{state=\"inactive\"} 0",
        "node_systemd_version{version=\"252.38-1~deb12u1\"} 252.38",
        "node_systemd_system_running 0",
        "node_systemd_socket_accepted_connections_total{name=\"sshd.socket\"} 7",
        "node_systemd_socket_current_connections{name=\"sshd.socket\"} 1",
        "node_systemd_timer_last_trigger_seconds{name=\"daily.timer\"} 1767225690",
        "node_systemd_unit_state{name=\"bad.service\",state=\"failed\"} 1",
        "node_systemd_service_restart_total{name=\"cron.service\"} 2",
    ] {
        assert_eq!(lines_of(&text, line), [line]);
    }
    for start in [
        "node_systemd_socket_refused_connections_total",
        "node_systemd_unit_state{name=\"dev-sda.device\"",
        "node_systemd_unit_state{name=\"home.mount\"",
    ] {
        assert_eq!(lines_of(&text, start), [""; 0]);
    }
    let many: String =
        (0..500).map(|number| unit(&format!("a{number}.service"), "active", "")).collect();
    host.write("usr/bin/answer", many);
    let text = told(&host, ExtraName::Systemd);
    assert_eq!(lines_of(&text, "node_systemd_unit_state").len(), 5 * 400);
    assert_eq!(lines_of(&text, "node_systemd_units{state=\"active\"} 500").len(), 1);
    assert_eq!(skipped(&text, ExtraName::Systemd), 100);
}
