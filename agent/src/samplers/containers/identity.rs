//! What a control group is by its name, and what people call it.

use std::path::Path;

use super::names::{self, Names};
use crate::samplers::units::UnitName;

/// What a control group stands for.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Identity {
    /// A container of Docker, by its id.
    Docker(String),
    /// A container of Podman, by its id.
    Podman(String),
    /// A container of another manager, such as containerd or CRI-O, by its id.
    Other(String),
    /// A container of LXC or systemd-nspawn, or another machine of systemd's, by its name.
    Machine(String),
    /// A service of the host, by its unit.
    Service(String),
}

impl Identity {
    /// What the control group `folder` in the group `parent` is; none if it only holds others.
    pub fn of(folder: &str, parent: &str, units: &[UnitName]) -> Option<Self> {
        let within = |start: &str, end: &str| folder.strip_prefix(start)?.strip_suffix(end);
        let id = |text: Option<&str>| text.filter(|text| is_id(text)).map(str::to_owned);
        if let Some(id) = id(within("docker-", ".scope")) {
            return Some(Self::Docker(id));
        }
        // Quadlet has the container within its service, as `libpod-payload-ID`.
        let podman = [("libpod-", ".scope"), ("libpod-payload-", ""), ("libpod-", "")];
        if let Some(id) = podman.iter().find_map(|(start, end)| id(within(start, end))) {
            return Some(Self::Podman(id));
        }
        // Who watches a container is none: `crio-conmon-ID.scope`.
        let other = folder.strip_suffix(".scope").and_then(|name| name.rsplit_once('-'));
        let watches = |manager: &str| manager.ends_with("conmon");
        if let Some((_, id)) = other.filter(|(manager, id)| is_id(id) && !watches(manager)) {
            return Some(Self::Other(id.to_owned()));
        }
        if let Some(name) = folder.strip_prefix("lxc.payload.") {
            return Some(Self::Machine(name.to_owned()));
        }
        let machine = within("machine-", ".scope").or(within("systemd-nspawn@", ".service"));
        match (parent, machine) {
            ("docker", _) => return id(Some(folder)).map(Self::Docker),
            ("lxc" | "lxc.payload", _) => return Some(Self::Machine(folder.to_owned())),
            // Kubernetes without systemd.
            (pod, _) if pod.starts_with("pod") => return id(Some(folder)).map(Self::Other),
            ("machine.slice", Some(name)) => return Some(Self::Machine(unescape(name))),
            _ => {}
        }
        let known = units.iter().any(|unit| unit.matches(folder));
        (known && folder.ends_with(".service")).then(|| Self::Service(folder.to_owned()))
    }

    /// Whether it is a service, which stays where a container may be gone in a moment.
    pub fn is_service(&self) -> bool {
        matches!(self, Self::Service(_))
    }

    /// What people call it: the name by its manager's files where those can be read, else the first
    /// twelve digits of an id, as Docker and Podman shorten them. Whose it is, `group` tells.
    pub fn name(&self, names: &mut Names, root: &Path, group: &str) -> String {
        let short = |id: &str| id.chars().take(12).collect();
        match self {
            Self::Docker(id) => names::docker(root, id).unwrap_or_else(|| short(id)),
            Self::Podman(id) => names.podman(root, group, id).unwrap_or_else(|| short(id)),
            Self::Other(id) => short(id),
            Self::Machine(name) | Self::Service(name) => name.clone(),
        }
    }
}

fn is_id(text: &str) -> bool {
    text.len() == 64 && text.bytes().all(|b| b.is_ascii_digit() || matches!(b, b'a'..=b'f'))
}

/// systemd writes a dash within a name as `\x2d`, and others likewise.
fn unescape(text: &str) -> String {
    let mut parts = text.split("\\x");
    let mut plain = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let code = part.get(..2).and_then(|digits| u8::from_str_radix(digits, 16).ok());
        match code.filter(u8::is_ascii_graphic) {
            Some(code) => {
                plain.push(code.into());
                plain.push_str(&part[2..]);
            }
            None => plain.extend(["\\x", part]),
        }
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_control_group_is_known_by_its_name() {
        let id = "5ca1ab1e".repeat(8);
        let docker = Some(Identity::Docker(id.clone()));
        let podman = Some(Identity::Podman(id.clone()));
        let other = Some(Identity::Other(id.clone()));
        let machine = |name: &str| Some(Identity::Machine(name.to_owned()));
        let service = |name: &str| Some(Identity::Service(name.to_owned()));
        for (folder, parent, expected) in [
            (format!("docker-{id}.scope"), "system.slice", docker.clone()),
            (format!("docker-{id}.scope"), "app.slice", docker.clone()),
            (id.clone(), "docker", docker.clone()),
            (id.clone(), "elsewhere", None),
            ("docker-5ca1ab1e.scope".into(), "system.slice", None),
            (format!("docker-{}.scope", id.to_uppercase()), "system.slice", None),
            ("buildkit".into(), "docker", None),
            (format!("libpod-{id}.scope"), "machine.slice", podman.clone()),
            (format!("libpod-{id}"), "libpod_parent", podman.clone()),
            (format!("libpod-payload-{id}"), "meet.service", podman.clone()),
            (format!("libpod-conmon-{id}.scope"), "machine.slice", None),
            (format!("cri-containerd-{id}.scope"), "kubepods.slice", other.clone()),
            (format!("nerdctl-{id}.scope"), "system.slice", other.clone()),
            (format!("crio-conmon-{id}.scope"), "kubepods.slice", None),
            (format!("{id}.scope"), "kubepods.slice", None),
            ("lxc.payload.meet1".into(), "", machine("meet1")),
            ("lxc.monitor.meet1".into(), "", None),
            ("meet1".into(), "lxc", machine("meet1")),
            ("meet1".into(), "lxc.payload", machine("meet1")),
            (id.clone(), "pod2b8e1f9c-5d77-4c8e-9a51-0c1d2e3f4a5b", other.clone()),
            ("pod2b8e1f9c-5d77-4c8e-9a51-0c1d2e3f4a5b".into(), "burstable", None),
            (r"machine-meet\x2d1.scope".into(), "machine.slice", machine("meet-1")),
            ("systemd-nspawn@meet.service".into(), "machine.slice", machine("meet")),
            ("machine-meet.scope".into(), "system.slice", None),
            ("bbb-web.service".into(), "system.slice", service("bbb-web.service")),
            (
                "bbb-html5-backend@1.service".into(),
                "x.slice",
                service("bbb-html5-backend@1.service"),
            ),
            ("cron.service".into(), "system.slice", None),
            ("bigbluebutton.target".into(), "system.slice", None),
            ("system.slice".into(), "", None),
        ] {
            let units = ["bbb-web", "bbb-html5-backend@*", "bigbluebutton.target"];
            let units = units.map(|unit| unit.parse().unwrap());
            assert_eq!(Identity::of(&folder, parent, &units), expected, "{parent}/{folder}");
        }
    }

    #[test]
    fn a_machines_name_is_plain_again() {
        for (text, expected) in [
            (r"a\x2db\x5fc", "a-b_c"),
            (r"a\x2", r"a\x2"),
            (r"a\xzz", r"a\xzz"),
            (r"a\x0ab", r"a\x0ab"),
            ("", ""),
        ] {
            assert_eq!(unescape(text), expected);
        }
    }
}
