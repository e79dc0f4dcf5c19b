//! A container of known load: what the agent reads of it, within 5 %.

mod crowding;

use std::os::unix::fs::symlink;

use harness::{ControlGroup, Namespace, Workload};
use headroom_agent::run;
use headroom_agent::samplers::{ContainerOptions, SamplerOptions};
use tempfile::TempDir;

const CPU_SECONDS: f64 = 2.0;
const MEMORY_BYTES: f64 = 256e6;
const NETWORK_BYTES: f64 = 64e6;

/// How far a reading may be off.
const TOLERANCE: f64 = 0.05;

/// This host, but for a Docker that knows the container by name.
fn host(id: &str) -> TempDir {
    let root = TempDir::new().unwrap();
    for folder in ["proc", "sys"] {
        symlink(format!("/{folder}"), root.path().join(folder)).unwrap();
    }
    let docker = root.path().join("var/lib/docker/containers").join(id);
    std::fs::create_dir_all(&docker).unwrap();
    std::fs::write(docker.join("config.v2.json"), r#"{"Name":"/greenlight"}"#).unwrap();
    root
}

/// The container's only series of that metric.
fn value(text: &str, metric: &str) -> f64 {
    let ours = |line: &&str| {
        line.starts_with(&format!("{metric}{{"))
            && line.contains("name=\"greenlight\"")
            && line.contains("tenant=\"Cooperative\"")
    };
    let lines: Vec<&str> = text.lines().filter(ours).collect();
    assert_eq!(lines.len(), 1, "{metric}: {lines:?}");
    lines[0].rsplit(' ').next().and_then(|value| value.parse().ok()).unwrap()
}

#[test]
#[ignore = "needs control groups that can be written; tests/run runs it where there are"]
fn a_container_of_known_load_is_read_within_five_percent() {
    let id = format!("{:064x}", u128::from(std::process::id()) << 64 | 0x5ca1_ab1e);
    let root = host(&id);
    let tenants = [("greenlight".to_owned(), "Cooperative".to_owned())].into();
    let options = SamplerOptions {
        root: root.path().to_owned(),
        containers: ContainerOptions { tenants },
        ..SamplerOptions::default()
    };
    let namespace = Namespace::new();
    let group = ControlGroup::new(&format!("docker-{id}.scope"));
    let folders = group.folders();
    let address = "192.0.2.2:7000";
    let mut answer = Workload::start(|program| namespace.far(program), &["answer", address]);
    answer.expect("listening");
    let mut workload = Workload::start(|program| namespace.near(program), &[]);
    // Its first answer shows that it runs itself, and not what starts it.
    workload.order("burn 0");
    group.take_in(workload.id());

    let before = run::once(&options);
    workload.order(&format!("hold {MEMORY_BYTES}"));
    let held = run::once(&options);
    workload.order(&format!("burn {}", CPU_SECONDS * 1000.0));
    let burnt = run::once(&options);
    workload.order(&format!("exchange {address} {NETWORK_BYTES}"));
    let after = run::once(&options);

    for (from, to, metric, expected) in [
        (&before, &held, "container_memory_usage_bytes", MEMORY_BYTES),
        (&before, &held, "container_memory_working_set_bytes", MEMORY_BYTES),
        (&held, &burnt, "container_cpu_usage_seconds_total", CPU_SECONDS),
        (&burnt, &after, "container_network_transmit_bytes_total", NETWORK_BYTES),
        (&burnt, &after, "container_network_receive_bytes_total", NETWORK_BYTES),
    ] {
        let found = value(to, metric) - value(from, metric);
        let off = (found / expected - 1.0).abs();
        println!("{metric}: {found} of {expected}, {:.2} % off", off * 100.0);
        assert!(off <= TOLERANCE, "{metric}: {found} of {expected}");
    }
    let split = |text| {
        let of = |mode| value(text, &format!("container_cpu_{mode}_seconds_total"));
        of("user") + of("system")
    };
    let both = split(&burnt) - split(&held);
    assert!((both / CPU_SECONDS - 1.0).abs() <= TOLERANCE, "{both} of {CPU_SECONDS}");
    assert_eq!(value(&after, "container_processes"), 1.0);

    workload.finish();
    answer.finish();
    drop(group);
    assert!(folders.iter().all(|folder| !folder.exists()), "{folders:?}");
}
