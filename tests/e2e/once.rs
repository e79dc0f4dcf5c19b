//! `headroom-agent once`: one round, of any host that stands below a folder.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

use harness::{binaries, run};
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
                         [network.link_speeds]\nx0 = '250 Mbit/s'\n\
                         [textfiles]\ndirectory = '/srv/jobs of the host'\n";
    write(folder.path(), "host/srv/jobs of the host/backup.prom", "backup_bytes 7\n");
    write(folder.path(), "agent.toml", configuration);
    let token = folder.path().join("token");
    let mode = std::os::unix::fs::PermissionsExt::from_mode(0o600);
    std::fs::set_permissions(token, mode).unwrap();
    let [root, file] = ["host", "agent.toml"].map(|name| folder.path().join(name));
    let [root, file] = [root, file].map(|path| path.to_str().unwrap().to_owned());

    let output = run("headroom-agent", ["once", "--root", &root, "--config", &file]);
    assert_eq!(output.code, Some(0), "{}", output.stderr);
    let speed = "node_network_speed_bytes{device=\"x0\"} 31250000";
    for line in ["node_load1 0.5", speed, "backup_bytes 7"] {
        assert!(output.stdout.lines().any(|told| told == line), "{line}: {}", output.stdout);
    }
    assert!(!output.stdout.contains("node_memory_MemTotal"), "this host is not that one");
    let output = run("headroom-agent", ["check", "--root", &root, &file]);
    assert_eq!(output.code, Some(0), "{}", output.stderr);
    // BigBlueButton's own files are the host's, too.
    let with_rooms = format!("{configuration}[bbb]\n");
    write(folder.path(), "agent.toml", &with_rooms);
    let properties =
        "securitySalt=0123456789abcdef\nbigbluebutton.web.serverURL=https://bbb.example\n";
    let place = "host/usr/share/bbb-web/WEB-INF/classes/bigbluebutton.properties";
    write(folder.path(), place, properties);
    let output = run("headroom-agent", ["check", "--root", &root, &file]);
    assert_eq!(output.code, Some(0), "{}", output.stderr);
    let output = run("headroom-agent", ["check", &file]);
    assert!(output.stderr.contains("properties_file") && output.stderr.contains("textfiles"));
    let output = run("headroom-agent", ["once", "--root", &root]);
    assert!(output.stdout.contains("node_network_speed_bytes{device=\"x0\"} 125000000\n"));

    write(folder.path(), "agent.toml", "[collector]\nurl = 'ftp://c'\ntoken_file = 'token'\n");
    let output = run("headroom-agent", ["once", "--config", &file]);
    assert_eq!((output.code, output.stdout.as_str()), (Some(78), ""));
    assert!(output.stderr.contains("collector.url"), "{}", output.stderr);
}

/// One round of an agent in namespaces of its own, which `enter` fills; `$0` is a folder, `$1` the agent.
#[track_caller]
fn once_inside(namespaces: &[&str], enter: &str, folder: &Path) -> String {
    let mut command = Command::new("unshare");
    command.args(namespaces).args(["sh", "-c", enter]).arg(folder);
    let output = command.arg(binaries().join("headroom-agent")).output().unwrap();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{errors} (namespaces and mounts need root)");
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn an_agent_in_a_container_tells_the_network_of_the_host() {
    let folder = TempDir::new().unwrap();
    let enter = "mount --rbind / \"$0\" && exec \"$1\" once --root \"$0\"";
    let told = once_inside(&["--mount", "--net"], enter, folder.path());
    let dev = std::fs::read_to_string("/proc/1/net/dev").unwrap();
    let of_host: BTreeSet<&str> =
        dev.lines().skip(2).filter_map(|line| Some(line.rsplit_once(':')?.0.trim())).collect();
    let info = told.lines().filter_map(|line| line.strip_prefix("node_network_info{"));
    let of_agent: BTreeSet<&str> =
        info.filter_map(|line| line.split_once("device=\"")?.1.split('"').next()).collect();
    assert_eq!(of_agent, of_host);
}

#[test]
fn a_file_system_whose_server_never_answers_costs_its_own_error() {
    let folder = TempDir::new().unwrap();
    let enter = "exec 9<>/dev/fuse && mount -i -t fuse.hangs \
                 -o fd=9,rootmode=40000,user_id=0,group_id=0 hangs \"$0\" && \"$1\" once";
    let told = once_inside(&["--mount"], enter, folder.path());
    let point = folder.path().display();
    let hangs = format!("{{device=\"hangs\",fstype=\"fuse.hangs\",mountpoint=\"{point}\"}}");
    let errors = format!("node_filesystem_device_error{hangs} 1");
    assert!(told.lines().any(|line| line == errors), "{told}");
    assert!(!told.contains(&format!("node_filesystem_size_bytes{hangs}")));
    let is_well = |line: &str| {
        line.starts_with("node_filesystem_size_bytes{") && line.contains("mountpoint=\"/\"")
    };
    assert!(told.lines().any(is_well), "the others are asked all the same: {told}");
}

#[test]
fn a_file_system_that_is_read_only_below_a_mount_that_is_not_is_told_so() {
    let folder = TempDir::new().unwrap();
    let enter = "mount -t tmpfs below \"$0\" && mkdir \"$0/a\" \"$0/b\" && mount -t tmpfs own \"$0/a\" && \
                 mount -o remount,ro \"$0/a\" && mount --bind \"$0/a\" \"$0/b\" && \
                 mount -o remount,bind,rw \"$0/b\" && exec \"$1\" once";
    let told = once_inside(&["--mount"], enter, folder.path());
    for (point, read_only) in [("", 0), ("/a", 1), ("/b", 1)] {
        let point = format!("mountpoint=\"{}{point}\"}} {read_only}", folder.path().display());
        let is_own =
            |line: &str| line.starts_with("node_filesystem_readonly{") && line.ends_with(&*point);
        assert!(told.lines().any(is_own), "{point} in {told}");
    }
}
