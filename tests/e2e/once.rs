//! `headroom-agent once`: one round, of any host that stands below a folder.

use std::path::Path;

use harness::run;
use tempfile::TempDir;

fn write(folder: &Path, path: &str, content: &str) {
    let path = folder.join(path);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, content).unwrap();
}

#[test]
fn a_round_is_that_of_the_host_below_the_root_by_its_configuration() {
    let folder = TempDir::new().unwrap();
    write(folder.path(), "host/proc/loadavg", "0.5 1 2 1/9 9\n");
    let counters = "1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16";
    write(folder.path(), "host/proc/net/dev", &format!("heading\nheading\nx0: {counters}\n"));
    write(folder.path(), "host/sys/class/net/x0/speed", "1000\n");
    write(folder.path(), "token", "0123456789abcdef\n");
    let configuration = "[collector]\nurl = 'https://c:1'\ntoken_file = 'token'\n\
                         [network.link_speeds]\nx0 = '250 Mbit/s'\n";
    write(folder.path(), "agent.toml", configuration);
    let token = folder.path().join("token");
    let mode = std::os::unix::fs::PermissionsExt::from_mode(0o600);
    std::fs::set_permissions(token, mode).unwrap();
    let [root, file] = ["host", "agent.toml"].map(|name| folder.path().join(name));
    let [root, file] = [root, file].map(|path| path.to_str().unwrap().to_owned());

    let output = run("headroom-agent", ["once", "--root", &root, "--config", &file]);
    assert_eq!(output.code, Some(0), "{}", output.stderr);
    for line in ["node_load1 0.5", "node_network_speed_bytes{device=\"x0\"} 31250000"] {
        assert!(output.stdout.lines().any(|told| told == line), "{line}: {}", output.stdout);
    }
    assert!(!output.stdout.contains("node_memory_MemTotal"), "this host is not that one");
    let output = run("headroom-agent", ["once", "--root", &root]);
    assert!(output.stdout.contains("node_network_speed_bytes{device=\"x0\"} 125000000\n"));

    write(folder.path(), "agent.toml", "[collector]\nurl = 'ftp://c'\ntoken_file = 'token'\n");
    let output = run("headroom-agent", ["once", "--config", &file]);
    assert_eq!((output.code, output.stdout.as_str()), (Some(78), ""));
    assert!(output.stderr.contains("collector.url"), "{}", output.stderr);
}
