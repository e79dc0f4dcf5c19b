//! A network namespace of the test's own, joined to a second one by a veth pair.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};

/// Two namespaces, `near` (192.0.2.1) and `far` (192.0.2.2), of addresses kept for documentation
/// (RFC 5737). Gone when dropped.
pub struct Namespace {
    near: String,
    far: String,
}

impl Namespace {
    /// Makes both; needs root.
    pub fn new() -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let name = |end: &str| format!("headroom-{}-{number}-{end}", std::process::id());
        let pair = Self { near: name("near"), far: name("far") };
        let Self { near, far } = &pair;
        ip(&["netns", "add", near]);
        ip(&["netns", "add", far]);
        ip(&["-n", near, "link", "set", "lo", "up"]);
        let veth =
            ["-n", near, "link", "add", "eth0", "type", "veth", "peer", "eth0", "netns", far];
        ip(&veth);
        for (namespace, address) in [(near, "192.0.2.1/30"), (far, "192.0.2.2/30")] {
            ip(&["-n", namespace, "address", "add", address, "dev", "eth0"]);
            ip(&["-n", namespace, "link", "set", "eth0", "up"]);
        }
        // What the far side sends elsewhere comes by, and ends there: nothing is forwarded.
        ip(&["-n", far, "route", "add", "default", "via", "192.0.2.1"]);
        pair
    }

    /// Sockets for pings need no privilege in the near namespace from now on.
    pub fn let_everybody_ping(&self) {
        let everybody = "net.ipv4.ping_group_range=0 2147483647";
        let set = self.near("sysctl").args(["-qw", everybody]).status().expect("sysctl runs");
        assert!(set.success(), "sysctl {everybody}: {set}");
    }

    /// The file of the far namespace, by which a thread enters it.
    pub fn far_file(&self) -> PathBuf {
        Path::new("/var/run/netns").join(&self.far)
    }

    /// The file of the near namespace.
    pub fn near_file(&self) -> PathBuf {
        Path::new("/var/run/netns").join(&self.near)
    }

    /// Changes links, addresses or routes of the near namespace, as ip(8) does.
    pub fn near_ip(&self, arguments: &[&str]) {
        let here = ["-n", self.near.as_str()].into_iter();
        ip(&here.chain(arguments.iter().copied()).collect::<Vec<_>>());
    }

    /// The words before a command that is to run in the near namespace.
    pub fn near_words(&self) -> Vec<String> {
        ["ip", "netns", "exec", &self.near].map(str::to_owned).to_vec()
    }

    /// Names are asked of a server of the near namespace's own from now on, at its port 53.
    pub fn ask_names_here(&self) {
        // ip-netns(8) lays this file over that of the system.
        let folder = Path::new("/etc/netns").join(&self.near);
        std::fs::create_dir_all(&folder).expect("root may write to /etc");
        std::fs::write(folder.join("resolv.conf"), "nameserver 127.0.0.1\n").expect("writable");
    }

    /// A command in the near namespace.
    pub fn near(&self, program: &str) -> Command {
        inside(&self.near, program)
    }

    /// A command in the far namespace.
    pub fn far(&self, program: &str) -> Command {
        inside(&self.far, program)
    }
}

impl Default for Namespace {
    fn default() -> Self {
        Self::new()
    }
}

impl Drop for Namespace {
    fn drop(&mut self) {
        for namespace in [&self.near, &self.far] {
            let mut command = Command::new("ip");
            let _ = command.args(["netns", "delete", namespace]).stderr(Stdio::null()).status();
        }
        let names = Path::new("/etc/netns");
        let _ = std::fs::remove_dir_all(names.join(&self.near));
        // As long as others have something there, it stays.
        let _ = std::fs::remove_dir(names);
    }
}

fn inside(namespace: &str, program: &str) -> Command {
    let mut command = Command::new("ip");
    command.args(["netns", "exec", namespace, program]);
    command
}

fn ip(arguments: &[&str]) {
    let status = Command::new("ip").args(arguments).status().expect("iproute2 is installed");
    assert!(status.success(), "ip {}: {status} (namespaces need root)", arguments.join(" "));
}
