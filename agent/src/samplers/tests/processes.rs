//! Groups of processes before a made-up /proc.

use std::io::{BufRead, BufReader, Write};
use std::process::{Command, Stdio};
use std::time::Duration;

use rustix::time::{ClockId, clock_gettime};

use super::fake_host::{FakeHost, lines_of, now, sample, sample_with};
use crate::samplers::{SamplerOptions, Samplers};

/// A process's files: its command, the unit it runs in, and what it has used and holds.
struct Process<'p> {
    id: u32,
    command: &'p str,
    unit: &'p str,
}

impl Process<'_> {
    fn start(&self, host: &FakeHost) {
        let Self { id, command, unit } = self;
        host.write(&format!("proc/{id}/comm"), format!("{command}\n"));
        host.write(&format!("proc/{id}/cgroup"), format!("0::/system.slice/{unit}.service\n"));
        host.write(&format!("proc/{id}/cmdline"), "node\0/srv/etherpad/server.js\0");
    }

    /// Ticks in user and system mode, threads and resident pages.
    fn use_up(&self, host: &FakeHost, [user, system, threads, pages]: [u64; 4]) {
        host.write(&format!("proc/{}/stat", self.id), stat([user, system, threads, pages]));
    }
}

/// The line of a process with a parent, what it used, and what its children used that it waited for.
fn child(parent: u32, used: u64, waited_for: u64) -> String {
    format!("1 (x) S {parent} 1 1 0 -1 0 0 0 0 0 {used} 0 {waited_for} 0 20 0 1 0 5 9 1 1\n")
}

fn stat([user, system, threads, pages]: [u64; 4]) -> String {
    format!(
        "1 (a b) c) S 1 1 1 0 -1 0 0 0 0 0 {user} {system} 0 0 20 0 {threads} 0 5 9 {pages} 1\n"
    )
}

fn value(text: &str, series: &str) -> Option<f64> {
    let line = lines_of(text, &format!("{series} ")).first().copied()?;
    line.rsplit(' ').next()?.parse().ok()
}

const NGINX: &str = "groupname=\"nginx\"";

#[test]
fn a_group_counts_what_its_members_use_and_never_falls() {
    let host = FakeHost::without_files();
    let nginx = |id| Process { id, command: "nginx", unit: "nginx" };
    let (first, second) = (nginx(10), nginx(11));
    for process in [&first, &second] {
        process.start(&host);
    }
    let mut samplers = Samplers::new(&host.options());
    let user = format!("namedprocess_namegroup_cpu_seconds_total{{{NGINX},mode=\"user\"}}");
    let system = format!("namedprocess_namegroup_cpu_seconds_total{{{NGINX},mode=\"system\"}}");
    let busiest = format!("headroom_process_busiest_cpu_ratio{{{NGINX}}}");
    let gauges = ["num_procs", "num_threads"];
    let gauges = gauges.map(|name| format!("namedprocess_namegroup_{name}{{{NGINX}}}"));
    let resident = format!("namedprocess_namegroup_memory_bytes{{{NGINX},memtype=\"resident\"}}");
    let page = rustix::param::page_size() as f64;

    // What was used before the agent saw them is not counted.
    first.use_up(&host, [1000, 100, 1, 10]);
    second.use_up(&host, [9000, 0, 3, 20]);
    let text = sample(&mut samplers, now());
    assert_eq!((value(&text, &user), value(&text, &system)), (Some(0.0), Some(0.0)));
    assert_eq!(gauges.each_ref().map(|name| value(&text, name)), [Some(2.0), Some(4.0)]);
    assert_eq!(value(&text, &resident), Some(30.0 * page));
    assert_eq!(value(&text, &busiest), None);

    first.use_up(&host, [1100, 150, 1, 10]);
    second.use_up(&host, [9010, 0, 3, 20]);
    let text = sample(&mut samplers, now() + Duration::from_secs(2));
    assert_eq!((value(&text, &user), value(&text, &system)), (Some(1.1), Some(0.5)));
    assert_eq!(value(&text, &busiest), Some(0.75), "150 ticks in two seconds");

    // An ended process leaves a file without a line.
    host.write("proc/10/stat", "");
    second.use_up(&host, [9110, 0, 3, 20]);
    let text = sample(&mut samplers, now() + Duration::from_secs(3));
    assert_eq!((value(&text, &user), value(&text, &system)), (Some(2.1), Some(0.5)));
    assert_eq!(value(&text, &gauges[0]), Some(1.0));

    // Nor does the counter fall when there is no member any more, or a new one.
    host.write("proc/11/stat", "");
    let text = sample(&mut samplers, now() + Duration::from_secs(4));
    assert_eq!((value(&text, &user), value(&text, &gauges[0])), (Some(2.1), Some(0.0)));
    assert_eq!(value(&text, &busiest), None);
    host.remove("proc/10");
    let third = nginx(12);
    third.start(&host);
    third.use_up(&host, [5, 5, 1, 1]);
    let text = sample(&mut samplers, now() + Duration::from_secs(60));
    // It has come since the last look, so all that it used counts.
    assert_eq!((value(&text, &user), value(&text, &gauges[0])), (Some(2.15), Some(1.0)));
}

#[test]
fn members_are_looked_for_each_ten_seconds_or_when_the_clock_goes_backwards() {
    let host = FakeHost::without_files();
    host.write("proc/uptime", "1 1");
    let mut samplers = Samplers::new(&host.options());
    let procs = format!("namedprocess_namegroup_num_procs{{{NGINX}}}");
    for (id, at, seen) in [(1, 0, 1), (2, 9, 1), (3, 10, 3), (4, 19, 3), (5, 3, 5), (6, 12, 5)] {
        let process = Process { id, command: "nginx", unit: "nginx" };
        process.start(&host);
        process.use_up(&host, [1, 1, 1, 1]);
        let text = sample(&mut samplers, now() + Duration::from_secs(at));
        assert_eq!(value(&text, &procs), Some(f64::from(seen)), "{id}");
    }
}

#[test]
fn a_process_that_becomes_another_is_found_sooner_or_later() {
    let host = FakeHost::without_files();
    let mut samplers = Samplers::new(&host.options());
    let procs = format!("namedprocess_namegroup_num_procs{{{NGINX}}}");
    let command = |id, command| {
        let process = Process { id, command, unit: "x" };
        process.start(&host);
        process.use_up(&host, [1, 1, 1, 1]);
    };
    command(1, "sh");
    command(2, "sh");
    for scan in 1..=60 {
        match scan {
            // It runs now what it was started for.
            2 => command(1, "nginx"),
            // The number belongs to another process, which is not looked at for some minutes.
            9 => command(2, "nginx"),
            _ => {}
        }
        let text = sample(&mut samplers, now() + Duration::from_secs(60) * scan);
        let expected = [None, Some(1.0), Some(2.0)][[2, 60].iter().filter(|n| scan >= **n).count()];
        assert_eq!(value(&text, &procs), expected, "{scan}");
    }
}

#[test]
fn only_groups_are_told_and_no_name_of_a_process() {
    let host = FakeHost::without_files();
    for (id, command, unit) in [
        (1, "systemd", "init"),
        (20, "node", "bbb-webrtc-sfu"),
        (21, "node", "shop"),
        (22, "mediasoup-worke", "bbb-webrtc-sfu"),
        (23, "secret-of-alice", "x"),
        (24, "prosody", "x"),
        (25, "ffmpeg", "bbb-rap-resque-worker"),
    ] {
        let process = Process { id, command, unit };
        process.start(&host);
        process.use_up(&host, [1, 1, 1, 1]);
    }
    host.write("proc/net/comm", "nginx\n");
    let commands = vec!["prosody".parse().unwrap()];
    let text = sample_with(&SamplerOptions { commands, ..host.options() });
    let groups = ["bbb-webrtc-sfu", "etherpad", "mediasoup-worker", "prosody", "recordings"];
    let expected =
        groups.map(|group| format!("namedprocess_namegroup_num_procs{{groupname=\"{group}\"}} 1"));
    assert_eq!(lines_of(&text, "namedprocess_namegroup_num_procs"), expected);
    assert!(!text.contains("alice") && !text.contains("server.js"), "{text}");
}

#[test]
fn more_processes_than_there_is_room_for_are_counted() {
    let host = FakeHost::without_files();
    for id in 1..=403 {
        let process = Process { id, command: "nginx", unit: "nginx" };
        process.start(&host);
        process.use_up(&host, [1, 1, 1, 1]);
    }
    let text = host.sample();
    let procs = format!("namedprocess_namegroup_num_procs{{{NGINX}}}");
    assert_eq!(value(&text, &procs), Some(400.0));
    assert_eq!(value(&text, "headroom_processes_dropped"), Some(3.0));
}

#[test]
fn the_busiest_thread_of_freeswitch_is_that_of_the_time_between_two_scans() {
    let host = FakeHost::without_files();
    let freeswitch = Process { id: 7, command: "freeswitch", unit: "freeswitch" };
    freeswitch.start(&host);
    freeswitch.use_up(&host, [0, 0, 3, 1]);
    let threads = |used: [u64; 3]| {
        for (thread, user) in (70..).zip(used) {
            host.write(&format!("proc/7/task/{thread}/stat"), stat([user, 0, 3, 1]));
        }
    };
    let mut samplers = Samplers::new(&host.options());
    let busiest = "headroom_process_busiest_thread_cpu_ratio{groupname=\"freeswitch\"}";
    for (at, used, expected) in [
        (0, [9, 100, 100], None),
        (1, [9, 900, 100], None),
        (60, [10, 1000, 4600], Some(0.75)),
        (61, [9000, 1000, 4600], Some(0.75)),
    ] {
        threads(used);
        let text = sample(&mut samplers, now() + Duration::from_secs(at));
        assert_eq!(value(&text, busiest), expected, "{at}");
    }
}

#[test]
fn what_the_kernel_tells_of_this_very_process_is_read() {
    let command = std::fs::read_to_string("/proc/self/comm").unwrap();
    let group = format!("groupname=\"{}\"", command.trim_end());
    let commands = vec![command.trim_end().parse().unwrap()];
    let options = SamplerOptions { commands, ..SamplerOptions::default() };
    let mut samplers = Samplers::new(&options);
    sample(&mut samplers, now());
    let cpu_time = || {
        let time = clock_gettime(ClockId::ProcessCPUTime);
        Duration::new(time.tv_sec as u64, time.tv_nsec as u32)
    };
    let end = cpu_time() + Duration::from_millis(100);
    while cpu_time() < end {}
    let text = sample(&mut samplers, now() + Duration::from_secs(10));
    let family = "namedprocess_namegroup_";
    let used = ["user", "system"].map(|mode| {
        let series = format!("{family}cpu_seconds_total{{{group},mode=\"{mode}\"}}");
        value(&text, &series).unwrap()
    });
    assert!(used[0] + used[1] >= 0.09, "{used:?}");
    let busiest = format!("headroom_process_busiest_cpu_ratio{{{group}}}");
    assert!(value(&text, &busiest).unwrap() >= 0.009);
    assert!(value(&text, &format!("{family}num_threads{{{group}}}")).unwrap() >= 2.0);
    let resident = format!("{family}memory_bytes{{{group},memtype=\"resident\"}}");
    assert!(value(&text, &resident).unwrap() > 1e6);
}

#[test]
fn what_children_used_that_were_never_seen_counts_once() {
    let host = FakeHost::without_files();
    let start = |id| Process { id, command: "nginx", unit: "nginx" }.start(&host);
    let user = format!("namedprocess_namegroup_cpu_seconds_total{{{NGINX},mode=\"user\"}}");
    let mut samplers = Samplers::new(&host.options());
    let mut at = |seconds: u64, lines: &[(u32, String)]| {
        for (id, line) in lines {
            host.write(&format!("proc/{id}/stat"), line);
        }
        value(&sample(&mut samplers, now() + Duration::from_secs(seconds)), &user)
    };
    // A parent and a child, both older than the agent: what is past is not counted.
    start(10);
    start(11);
    assert_eq!(at(0, &[(10, child(1, 500, 9000)), (11, child(10, 7000, 0))]), Some(0.0));
    // Children that came and went between two rounds.
    assert_eq!(at(1, &[(10, child(1, 500, 9150))]), Some(1.5));
    // The known child works, ends, and is waited for: the rest of it counts, nothing of it twice.
    assert_eq!(at(2, &[(11, child(10, 7100, 0))]), Some(2.5));
    assert_eq!(at(3, &[(11, String::new()), (10, child(1, 500, 16_290))]), Some(2.9));
    // One that has come since the last look counts from its beginning, also below a stranger.
    host.remove("proc/11");
    host.write("proc/12/comm", "sh\n");
    host.write("proc/12/stat", child(10, 0, 0));
    start(13);
    assert_eq!(at(10, &[(13, child(12, 30, 20))]), Some(3.4));
    assert_eq!(at(11, &[(13, String::new()), (10, child(1, 500, 16_350))]), Some(3.5));
    // A child that is no member and was there for long tells nothing of what was used now.
    assert_eq!(at(12, &[(10, child(1, 500, 900_000_000))]), Some(3.5));
}

#[test]
fn short_lived_processes_of_a_real_host_are_not_lost() {
    let folder = tempfile::TempDir::new().unwrap();
    let shell = folder.path().join("headroom-short");
    std::fs::copy("/bin/sh", &shell).unwrap();
    let options = SamplerOptions {
        commands: vec!["headroom-short".parse().unwrap()],
        ..SamplerOptions::default()
    };
    // Each child counts for some hundredths of a second, and ends.
    let script = "for child in 1 2 3 4 5 6 7 8; do (n=0; while [ $n -lt 60000 ]; do n=$((n+1)); done); \
                  done; echo done; read end";
    let mut parent = Command::new(&shell)
        .args(["-c", &format!("echo ready; read begin; {script}")])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut answers = BufReader::new(parent.stdout.take().unwrap()).lines();
    let mut orders = parent.stdin.take().unwrap();
    assert_eq!(answers.next().unwrap().unwrap(), "ready");
    let mut samplers = Samplers::new(&options);
    sample(&mut samplers, now());
    orders.write_all(b"begin\n").unwrap();
    assert_eq!(answers.next().unwrap().unwrap(), "done");
    let text = sample(&mut samplers, now() + Duration::from_secs(5));
    let line = std::fs::read_to_string(format!("/proc/{}/stat", parent.id())).unwrap();
    let (_, rest) = line.rsplit_once(") ").unwrap();
    let ticks: Vec<f64> = rest.split(' ').skip(11).take(4).map(|n| n.parse().unwrap()).collect();
    let used: f64 = ticks.iter().sum::<f64>() / 100.0;
    let told: f64 = ["user", "system"]
        .map(|mode| {
            let group = "groupname=\"headroom-short\"";
            let metric = "namedprocess_namegroup_cpu_seconds_total";
            value(&text, &format!("{metric}{{{group},mode=\"{mode}\"}}")).unwrap()
        })
        .iter()
        .sum();
    drop(orders);
    parent.wait().unwrap();
    assert!(used > 0.1, "{used} s");
    assert!((used - told).abs() < 0.1 * used, "{told} of {used} s");
}
