//! Containers before made-up control groups of both versions.

use std::collections::BTreeMap;
use std::time::{Duration, SystemTime};

use super::fake_host::{FakeHost, lines_of, now, sample, sample_with};
use crate::samplers::{ContainerOptions, SamplerOptions, Samplers};
use crate::series::{Reading, Round};

const SUCCESS: &str = "headroom_agent_sampler_success{sampler=\"containers\"}";

/// The files of a group of version 2, with one process in it.
const UNIFIED: [(&str, &str); 8] = [
    ("cgroup.procs", "4242\n4243\n"),
    (
        "cpu.stat",
        "usage_usec 2500000\nuser_usec 2000000\nsystem_usec 500000\nthrottled_usec 250000\n",
    ),
    ("memory.current", "1000000\n"),
    ("memory.stat", "anon 600000\ninactive_file 400000\n"),
    ("memory.max", "2000000\n"),
    ("memory.events", "oom 1\noom_kill 1\n"),
    ("io.stat", "8:0 rbytes=100 wbytes=200 rios=3 wios=4 dbytes=0 dios=0\n"),
    ("pids.current", "7\n"),
];

/// The same of version 1.
const LEGACY: [(&str, &str); 11] = [
    ("cpuacct/FOLDER/cpuacct.usage", "2500000000\n"),
    ("cpuacct/FOLDER/cpuacct.stat", "user 200\nsystem 50\n"),
    ("cpu/FOLDER/cpu.stat", "nr_periods 1\nnr_throttled 1\nthrottled_time 250000000\n"),
    ("memory/FOLDER/cgroup.procs", "4242\n4243\n"),
    ("memory/FOLDER/memory.usage_in_bytes", "1000000\n"),
    ("memory/FOLDER/memory.stat", "inactive_file 1\ntotal_inactive_file 400000\n"),
    ("memory/FOLDER/memory.limit_in_bytes", "2000000\n"),
    ("memory/FOLDER/memory.oom_control", "oom_kill_disable 0\nunder_oom 0\noom_kill 1\n"),
    ("blkio/FOLDER/blkio.throttle.io_service_bytes", "8:0 Read 100\n8:0 Write 200\nTotal 300\n"),
    ("blkio/FOLDER/blkio.throttle.io_serviced", "8:0 Read 3\n8:0 Write 4\nTotal 7\n"),
    ("pids/FOLDER/pids.current", "7\n"),
];

fn id(digit: &str) -> String {
    digit.repeat(64)
}

fn docker(digit: &str) -> String {
    format!("docker-{}.scope", id(digit))
}

/// A host of version 2 without containers; the host's own network is 1.
fn host() -> FakeHost {
    let host = FakeHost::without_files();
    host.write("sys/fs/cgroup/cgroup.controllers", "cpu io memory pids\n");
    host.symlink("proc/1/ns/net", "net:[1]");
    host
}

fn add(host: &FakeHost, group: &str) {
    for (file, content) in UNIFIED {
        host.write(&format!("sys/fs/cgroup/{group}/{file}"), content);
    }
}

/// A process in a network of that number, with `eth0` beside what every network has.
fn process(host: &FakeHost, process: u32, network: u32) {
    host.symlink(&format!("proc/{process}/ns/net"), &format!("net:[{network}]"));
    let dev = "heading\nheading\n  lo: 9 9 9 9 9 9 9 9 9 9 9 9 9 9 9 9\n\
               tunl0: 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0\n\
               eth0: 1000 10 1 2 0 0 0 0 3000 30 3 4 0 0 0 0\n";
    host.write(&format!("proc/{process}/net/dev"), dev);
}

fn names(text: &str) -> Vec<String> {
    let name = |line: &&str| {
        let (_, rest) = line.split_once("name=\"")?;
        Some(rest.split_once('"')?.0.to_owned())
    };
    lines_of(text, "container_memory_usage_bytes").iter().filter_map(name).collect()
}

#[test]
fn a_container_of_either_version_in_cadvisors_words() {
    let tenants = BTreeMap::from([("greenlight".to_owned(), "Cooperative".to_owned())]);
    let unified = host();
    add(&unified, &format!("system.slice/{}", docker("a")));
    let legacy = FakeHost::without_files();
    legacy.symlink("proc/self/ns/net", "net:[1]");
    for (file, content) in LEGACY {
        let folder = format!("system.slice/{}", docker("a"));
        legacy.write(&format!("sys/fs/cgroup/{}", file.replace("FOLDER", &folder)), content);
    }
    let mut texts = Vec::new();
    for host in [unified, legacy] {
        process(&host, 4242, 2);
        let path = format!("var/lib/docker/containers/{}/config.v2.json", id("a"));
        let secrets = r#"{"Config":{"Env":["PASSWORD=x"]},"MountPoints":{"/d":{"Name":"volume"}},"#;
        host.write(&path, format!(r#"{secrets}"Name":"/greenlight"}}"#));
        let containers = ContainerOptions { tenants: tenants.clone() };
        let text = sample_with(&SamplerOptions { containers, ..host.options() });
        texts.push(lines_of(&text, "container_").join("\n"));
    }
    assert_eq!(texts[0], texts[1]);
    insta::assert_snapshot!(texts[0]);
}

#[test]
fn containers_are_found_where_their_managers_put_them() {
    let host = host();
    for group in [
        format!("system.slice/{}", docker("a")),
        format!("docker/{}", id("b")),
        format!("user.slice/user-1000.slice/user@1000.service/user.slice/{}", docker("c")),
        format!("machine.slice/libpod-{}.scope", id("d")),
        "lxc.payload.meet1".into(),
        "lxc.payload.meet1/system.slice/nginx.service".into(),
        r"machine.slice/machine-meet\x2d2.scope".into(),
        "system.slice/nginx.service".into(),
        r"system.slice/system-bbb\x2dhtml5.slice/bbb-html5-backend@1.service".into(),
        "bbb_record_core.slice/bbb-rap-starter.service".into(),
        "system.slice/cron.service".into(),
        "system.slice".into(),
    ] {
        add(&host, &group);
    }
    let expected = [
        "bbb-rap-starter.service",
        "bbbbbbbbbbbb",
        "meet1",
        "dddddddddddd",
        "meet-2",
        "aaaaaaaaaaaa",
        "nginx.service",
        "bbb-html5-backend@1.service",
        "cccccccccccc",
    ];
    assert_eq!(names(&host.sample()), expected, "in the order of their control groups");
}

#[test]
fn a_network_counts_once_and_never_as_the_hosts() {
    for (networks, host_knows, expected) in
        [([2, 3], true, 2), ([2, 2], true, 1), ([1, 2], true, 1), ([2, 3], false, 0)]
    {
        let host = host();
        if !host_knows {
            host.remove("proc/1/ns/net");
        }
        for (digit, (number, network)) in ["a", "b"].iter().zip((50..).zip(networks)) {
            let group = format!("system.slice/{}", docker(digit));
            add(&host, &group);
            // A manager's own groups within; the topmost process tells.
            host.write(&format!("sys/fs/cgroup/{group}/cgroup.procs"), "");
            host.write(
                &format!("sys/fs/cgroup/{group}/init.scope/cgroup.procs"),
                format!("0\n{number}\n"),
            );
            host.write(&format!("sys/fs/cgroup/{group}/other.scope/cgroup.procs"), "60\n");
            process(&host, number, network);
        }
        process(&host, 60, 9);
        let text = host.sample();
        let received = lines_of(&text, "container_network_receive_bytes_total");
        assert_eq!(received.len(), expected, "{networks:?} {received:?}");
        assert!(received.iter().all(|line| line.contains("interface=\"eth0\"")), "{received:?}");
        let counts = lines_of(&text, "container_processes");
        assert!(counts.iter().all(|line| line.ends_with(" 3")), "{counts:?}");
    }
}

#[test]
fn a_number_that_another_process_has_got_is_no_way_into_a_network() {
    let host = host();
    add(&host, &format!("system.slice/{}", docker("a")));
    process(&host, 4242, 2);
    let mut samplers = Samplers::new(&host.options());
    for (network, seen) in [(2, 8), (1, 0)] {
        host.remove("proc/4242/ns/net");
        host.symlink("proc/4242/ns/net", &format!("net:[{network}]"));
        assert_eq!(lines_of(&sample(&mut samplers, now()), "container_network_").len(), seen);
    }
    host.remove("proc/4242");
    let text = sample(&mut samplers, now());
    assert_eq!(lines_of(&text, "container_network_"), [""; 0]);
    assert_eq!(lines_of(&text, SUCCESS), [format!("{SUCCESS} 1")]);
}

#[test]
fn a_container_that_comes_later_must_stay_to_be_told() {
    let host = host();
    add(&host, &format!("system.slice/{}", docker("a")));
    let mut samplers = Samplers::new(&host.options());
    let mut at = |seconds: u64| names(&sample(&mut samplers, now() + Duration::from_secs(seconds)));
    let (a, b, service) = ("aaaaaaaaaaaa", "bbbbbbbbbbbb", "nginx.service");
    assert_eq!(at(0), [a], "what runs when the agent starts");
    for group in [&docker("b"), &docker("c"), service] {
        add(&host, &format!("system.slice/{group}"));
    }
    assert_eq!(at(29), [a]);
    assert_eq!(at(30), [a, service]);
    host.remove(&format!("sys/fs/cgroup/system.slice/{}", docker("c")));
    assert_eq!(at(59), [a, service]);
    assert_eq!(at(60), [a, b, service]);
    host.remove(&format!("sys/fs/cgroup/system.slice/{}", docker("a")));
    assert_eq!(at(61), [b, service], "what ends is not told any more");
    assert_eq!(at(90), [b, service]);
}

#[test]
fn more_containers_than_there_is_room_for_are_counted() {
    let group = |number: u64| format!("sys/fs/cgroup/lxc.payload.c{number:03}/memory.current");
    let host = host();
    let dropped = |text: &str| lines_of(text, "headroom_containers_dropped").join("");
    for number in 0..205 {
        host.write(&group(number), "1\n");
    }
    let mut samplers = Samplers::new(&host.options());
    let text = sample(&mut samplers, now());
    assert_eq!(
        (names(&text).len(), dropped(&text).as_str()),
        (200, "headroom_containers_dropped 5")
    );
    // However often they change, a run of the agent knows at most 300.
    for round in 1..=3 {
        for number in 0..205 {
            host.remove(&format!("sys/fs/cgroup/lxc.payload.c{:03}", number + (round - 1) * 205));
            host.write(&group(number + round * 205), "1\n");
        }
        for twice in [2 * round, 2 * round + 1] {
            sample(&mut samplers, now() + Duration::from_secs(30 * twice));
        }
    }
    let text = sample(&mut samplers, now() + Duration::from_secs(30 * 8));
    assert_eq!(
        (names(&text).len(), dropped(&text).as_str()),
        (0, "headroom_containers_dropped 205")
    );
}

#[test]
fn a_file_that_a_controller_does_not_have_leaves_out_its_values_only() {
    for (file, gone) in [
        ("cpu.stat", "container_cpu_"),
        ("memory.stat", "container_memory_working_set_bytes"),
        ("memory.max", "container_spec_memory_limit_bytes"),
        ("memory.events", "container_oom_events_total"),
        ("io.stat", "container_fs_"),
        ("pids.current", "container_threads"),
        ("cgroup.procs", "container_processes"),
    ] {
        let host = host();
        add(&host, "lxc.payload.meet1");
        let before = host.sample();
        host.remove(&format!("sys/fs/cgroup/lxc.payload.meet1/{file}"));
        let after = host.sample();
        let expected: Vec<&str> = lines_of(&before, "container_")
            .into_iter()
            .filter(|line| !line.starts_with(gone))
            .collect();
        assert_eq!(lines_of(&after, "container_"), expected, "{file}");
        assert_eq!(lines_of(&after, SUCCESS), [format!("{SUCCESS} 1")]);
    }
}

#[test]
fn a_garbled_file_leaves_out_its_values_only_and_never_becomes_zero() {
    for (file, content, gone) in [
        ("cpu.stat", "usage_usec ?\n", "container_cpu_"),
        ("memory.current", "\n", "container_memory_"),
        ("memory.current", "-1\n", "container_memory_"),
        ("memory.max", "huge\n", "container_spec_memory_limit_bytes"),
        ("io.stat", "8:0 rbytes\n", "container_fs_"),
        ("pids.current", "many\n", "container_threads"),
    ] {
        let host = host();
        add(&host, "lxc.payload.meet1");
        add(&host, "lxc.payload.meet2");
        let before = host.sample();
        host.write(&format!("sys/fs/cgroup/lxc.payload.meet1/{file}"), content);
        let text = host.sample();
        let goes = |line: &&str| line.starts_with(gone) && line.contains("meet1");
        let expected: Vec<_> =
            lines_of(&before, "container_").into_iter().filter(|line| !goes(line)).collect();
        assert_eq!(lines_of(&text, "container_"), expected, "{file} {content}");
        let skipped = "headroom_agent_items_skipped_total{sampler=\"containers\"} 1";
        assert_eq!(lines_of(&text, skipped), [skipped], "{file} {content}");
        assert_eq!(lines_of(&text, SUCCESS), [format!("{SUCCESS} 1")]);
    }
}

#[test]
fn root_in_one_container_silences_none_of_the_others() {
    let host = host();
    for (container, number) in [("meet1", 101), ("meet2", 102)] {
        add(&host, &format!("lxc.payload.{container}"));
        let processes = format!("sys/fs/cgroup/lxc.payload.{container}/cgroup.procs");
        host.write(&processes, format!("{number}\n"));
        process(&host, number, number);
    }
    let before = host.sample();
    let lines =
        b"x\ny\n\xf0\n  \nno colon\neth0: 1 2\nibr10:30: 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16\n";
    host.write("proc/101/net/dev", lines);
    let after = host.sample();
    let of = |text: &str, name: &str| -> Vec<String> {
        let lines = lines_of(text, "container_").into_iter();
        lines.filter(|line| line.contains(name)).map(str::to_owned).collect()
    };
    assert_eq!(of(&after, "meet2"), of(&before, "meet2"));
    let told = "container_network_receive_bytes_total{id=\"/lxc.payload.meet1\",interface=\"ibr10:30\",name=\"meet1\"} 1";
    assert!(of(&after, "meet1").contains(&told.to_owned()), "{after}");
}

#[test]
fn a_docker_name_that_is_none_gives_way_to_the_id() {
    let file = format!("var/lib/docker/containers/{}/config.v2.json", id("a"));
    let endless = format!(r#"{{"Env":"{}","Name":"/late"}}"#, "x".repeat(1 << 20));
    for (content, expected) in [
        (r#"{"Name":"/bbb_web.1"}"#, "bbb_web.1"),
        (r#"{"Name":"plain"}"#, "plain"),
        (r#"{"Name":""}"#, "aaaaaaaaaaaa"),
        (r#"{"Name":"/a b\n"}"#, "aaaaaaaaaaaa"),
        (r#"{"Name":7}"#, "aaaaaaaaaaaa"),
        (r#"{"MountPoints":{"Name":"volume"}}"#, "aaaaaaaaaaaa"),
        ("{", "aaaaaaaaaaaa"),
        (&endless, "aaaaaaaaaaaa"),
    ] {
        let host = host();
        add(&host, &format!("docker/{}", id("a")));
        host.write(&file, content);
        assert_eq!(names(&host.sample()), [expected], "{content:.60}");
    }
}

#[test]
fn a_host_without_control_groups_has_no_such_sampler() {
    let host = FakeHost::without_files();
    assert_eq!(lines_of(&host.sample(), SUCCESS), [""; 0]);
    host.write("sys/fs/cgroup/cpu,cpuacct/lxc/meet1/cpuacct.usage", "1000000000\n");
    let text = host.sample();
    assert_eq!(lines_of(&text, SUCCESS), [format!("{SUCCESS} 1")]);
    let usage = "container_cpu_usage_seconds_total{id=\"/lxc/meet1\",name=\"meet1\"} 1";
    assert_eq!(lines_of(&text, "container_cpu_usage"), [usage]);
}

#[test]
fn containers_are_of_the_hosts_job() {
    let host = host();
    add(&host, "lxc.payload.meet1");
    let mut reading = Reading::default();
    Samplers::new(&host.options()).sample(SystemTime::now(), &mut Round::new(&mut reading));
    let containers = reading.named().filter(|series| series.metric.contains("container"));
    let jobs: Vec<_> = containers.map(|series| series.job).collect();
    assert!(jobs.len() > 10 && jobs.iter().all(|job| *job == "node"), "{jobs:?}");
}

#[test]
fn a_container_of_podman_has_the_name_that_podman_gave_it() {
    let list = |name: &str| {
        let other = format!(r#"{{"id":"{}","names":["other"]}}"#, id("9"));
        format!(r#"[{other},{{"id":"{}","names":["{name}"],"metadata":"s3cret"}}]"#, id("d"))
    };
    let (of_root, of_user) =
        ("var/lib/containers/storage", "home/ann/.local/share/containers/storage");
    let rootless = "user.slice/user-1000.slice/user@1000.service/user.slice";
    let plain = format!("machine.slice/libpod-{}.scope", id("d"));
    let quadlet = format!("system.slice/meet.service/libpod-payload-{}", id("d"));
    let in_user = format!("{rootless}/libpod-{}.scope", id("d"));
    let short = "dddddddddddd";
    for (group, file, content, expected) in [
        (&plain, format!("{of_root}/overlay-containers/containers.json"), list("meet"), "meet"),
        (&quadlet, format!("{of_root}/overlay-containers/containers.json"), list("meet"), "meet"),
        (&plain, format!("{of_root}/vfs-containers/containers.json"), list("meet"), "meet"),
        (&plain, format!("{of_root}/overlay-containers/volatile-containers.json"), list("m"), "m"),
        (&in_user, format!("{of_user}/overlay-containers/containers.json"), list("hers"), "hers"),
        // The list of root says nothing of a user's.
        (&in_user, format!("{of_root}/overlay-containers/containers.json"), list("meet"), short),
        (&plain, format!("{of_root}/overlay-containers/containers.json"), list("a b"), short),
        (&plain, format!("{of_root}/overlay-containers/containers.json"), "[{".into(), short),
        (&plain, format!("{of_root}/overlay-containers/containers.json"), "[]".into(), short),
    ] {
        let host = host();
        host.write(
            "etc/passwd",
            "root:x:0:0::/root:/bin/sh\nann:x:1000:1000:Ann:/home/ann:/bin/sh\n",
        );
        add(&host, group);
        host.write(&file, &content);
        let text = host.sample();
        assert_eq!(names(&text), [expected], "{group} {content}");
        assert!(!text.contains("s3cret"));
    }
}

/// Whoever may start containers may put anything where Podman has its files.
#[test]
fn a_pipe_in_place_of_a_users_files_keeps_no_round_waiting() {
    let host = host();
    host.write("etc/passwd", b"odd\xff:x:1:1::/:/bin/sh\nann:x:1000:1000:Ann:/home/ann:/bin/sh\n");
    let folder = "home/ann/.local/share/containers/storage/overlay-containers";
    host.write(&format!("{folder}/volatile-containers.json"), r#"[{"names":["odd"]}]"#);
    let pipe = host.path(&format!("{folder}/containers.json"));
    rustix::fs::mknodat(rustix::fs::CWD, &pipe, rustix::fs::FileType::Fifo, 0o600.into(), 0)
        .unwrap();
    add(&host, &format!("user.slice/user-1000.slice/libpod-{}.scope", id("d")));
    assert_eq!(names(&host.sample()), ["dddddddddddd"]);
}
