//! What an interface is and how its link stands, from /sys/class/net.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use headroom_proto::catalogue::{
    HEADROOM_NETWORK_DEVICE_SPEED_BYTES, Metric, NODE_NETWORK_ADDRESS_ASSIGN_TYPE,
    NODE_NETWORK_CARRIER, NODE_NETWORK_CARRIER_CHANGES_TOTAL,
    NODE_NETWORK_CARRIER_DOWN_CHANGES_TOTAL, NODE_NETWORK_CARRIER_UP_CHANGES_TOTAL,
    NODE_NETWORK_DEVICE_ID, NODE_NETWORK_DORMANT, NODE_NETWORK_FLAGS, NODE_NETWORK_IFACE_ID,
    NODE_NETWORK_IFACE_LINK, NODE_NETWORK_IFACE_LINK_MODE, NODE_NETWORK_INFO,
    NODE_NETWORK_MTU_BYTES, NODE_NETWORK_NAME_ASSIGN_TYPE, NODE_NETWORK_NET_DEV_GROUP,
    NODE_NETWORK_PROTOCOL_TYPE, NODE_NETWORK_RECEIVE_NOHANDLER_TOTAL, NODE_NETWORK_SPEED_BYTES,
    NODE_NETWORK_TRANSMIT_QUEUE_LENGTH, NODE_NETWORK_UP,
};
use headroom_proto::units::BitRate;

use crate::series::Round;

/// The type of hardware address that a bridge or a pair has; tunnels have others.
const ETHERNET: &str = "1";
const LOOPBACK: &str = "772";

/// What the links are that lead out of a host: that of a machine, and the end of a container's own.
const PHYSICAL: &str = "physical";
const VETH: &str = "veth";
const TUNNEL: &str = "tunnel";

/// What a driver tells that does not know its speed, in Mbit/s: ethtool's -1 in every width that it
/// may have got on its way. Others tell it as it is, or nothing.
const UNKNOWN_SPEEDS: [f64; 3] = [u16::MAX as f64, u32::MAX as f64, u64::MAX as f64];

/// Files with a number, and what it is.
const FIGURES: [(&str, &Metric); 16] = [
    ("mtu", NODE_NETWORK_MTU_BYTES),
    ("carrier", NODE_NETWORK_CARRIER),
    ("carrier_changes", NODE_NETWORK_CARRIER_CHANGES_TOTAL),
    ("carrier_up_count", NODE_NETWORK_CARRIER_UP_CHANGES_TOTAL),
    ("carrier_down_count", NODE_NETWORK_CARRIER_DOWN_CHANGES_TOTAL),
    ("addr_assign_type", NODE_NETWORK_ADDRESS_ASSIGN_TYPE),
    ("dev_id", NODE_NETWORK_DEVICE_ID),
    ("dormant", NODE_NETWORK_DORMANT),
    ("flags", NODE_NETWORK_FLAGS),
    ("ifindex", NODE_NETWORK_IFACE_ID),
    ("iflink", NODE_NETWORK_IFACE_LINK),
    ("link_mode", NODE_NETWORK_IFACE_LINK_MODE),
    ("name_assign_type", NODE_NETWORK_NAME_ASSIGN_TYPE),
    ("netdev_group", NODE_NETWORK_NET_DEV_GROUP),
    ("type", NODE_NETWORK_PROTOCOL_TYPE),
    ("tx_queue_len", NODE_NETWORK_TRANSMIT_QUEUE_LENGTH),
];

/// What the link counts, read as seldom as the rest of it.
const NO_HANDLER: (&str, &Metric) =
    ("statistics/rx_nohandler", NODE_NETWORK_RECEIVE_NOHANDLER_TOTAL);

/// Stands for each of these where the operator tells speeds.
pub const EACH_LINK: &str = "*";

/// One interface, as its files in sysfs describe it; what a file does not tell is absent.
pub struct Link {
    kind: &'static str,
    texts: Vec<(&'static str, String)>,
    gauges: Vec<(&'static Metric, f64)>,
}

/// Whether an interface is one of those by which the host is reached.
pub fn leads_out(sys: &Path, device: &str) -> bool {
    kind(&sys.join(device)) == PHYSICAL
}

impl Link {
    /// Reads the files of `device`. `speeds` is what the operator says of links whose speed the
    /// kernel cannot tell; it comes first.
    pub fn read(sys: &Path, device: &str, speeds: &BTreeMap<String, BitRate>) -> Self {
        let folder = sys.join(device);
        let text = |file: &str| {
            let content = std::fs::read(folder.join(file)).ok()?;
            // What an operator writes as an alias need not be text.
            let content = String::from_utf8_lossy(&content);
            Some(content.trim().to_owned()).filter(|text| !text.is_empty())
        };
        let number = |file: &str| figure(&text(file)?);
        let kind = kind(&folder);
        // What carries nothing by itself has no speed of its own, whatever the kernel made up for it.
        let is_link = ![VETH, TUNNEL].contains(&kind);
        let known = |mbit: &f64| *mbit > 0.0 && !UNKNOWN_SPEEDS.contains(mbit);
        let kernel_speed =
            || number("speed").filter(|_| is_link).filter(known).map(|mbit| mbit * 1e6);
        let of_all = || speeds.get(EACH_LINK).filter(|_| [PHYSICAL, VETH].contains(&kind));
        let told = speeds.get(device).or_else(of_all).map(|BitRate(rate)| *rate);
        let kernel_speed = kernel_speed();
        let speed = told.or(kernel_speed);
        let state = text("operstate");
        let up = state.as_deref().map(|state| if state == "up" { 1.0 } else { 0.0 });
        let others =
            FIGURES.iter().chain([&NO_HANDLER]).map(|(file, metric)| (*metric, number(file)));
        let gauges = [
            (NODE_NETWORK_UP, up),
            (NODE_NETWORK_SPEED_BYTES, speed.map(|bits| bits / 8.0)),
            (HEADROOM_NETWORK_DEVICE_SPEED_BYTES, kernel_speed.map(|bits| bits / 8.0)),
        ];
        let texts = [
            ("address", text("address")),
            ("broadcast", text("broadcast")),
            ("duplex", text("duplex")),
            ("ifalias", text("ifalias")),
            ("operstate", state),
        ];
        Self {
            kind,
            texts: texts.into_iter().filter_map(|(name, text)| Some((name, text?))).collect(),
            gauges: gauges
                .into_iter()
                .chain(others)
                .filter_map(|(name, value)| Some((name, value?)))
                .collect(),
        }
    }

    /// Whether it is one of those by which the host is reached.
    pub fn leads_out(&self) -> bool {
        self.kind == PHYSICAL
    }

    /// Writes the link's state into the round.
    pub fn push(&self, device: &str, round: &mut Round<'_>) {
        for (metric, value) in &self.gauges {
            round.push(metric.name, &[("device", device)], *value);
        }
        let mut labels = vec![("device", device), ("kind", self.kind)];
        labels.extend(self.texts.iter().map(|(name, text)| (*name, text.as_str())));
        round.push(NODE_NETWORK_INFO.name, &labels, 1.0);
    }
}

/// What an interface is: `physical` has hardware (a virtual machine's counts as such) and no
/// master that stands for it.
///
/// A bond's members carry what the bond carries. The bond is the link that people plan with, and
/// its members are `bonded`; a bridge only passes on what its members carry.
fn kind(folder: &Path) -> &'static str {
    let uevent = std::fs::read_to_string(folder.join("uevent")).unwrap_or_default();
    let declared = uevent.lines().find_map(|line| line.strip_prefix("DEVTYPE="));
    if folder.join("bonding").exists() {
        return if has_hardware_below(folder) { PHYSICAL } else { "bond" };
    }
    match declared {
        Some("vlan") => return "vlan",
        Some("bridge") => return "bridge",
        Some("vxlan" | "geneve" | "gre" | "ipip" | "sit" | "wireguard") => return TUNNEL,
        _ => {}
    }
    // A master with hardware of its own, such as Azure's netvsc, carries what its slave carries.
    let master = folder.join("master");
    if master.join("bonding").exists() || master.join("device").exists() {
        return "bonded";
    }
    if folder.join("device").exists() {
        return PHYSICAL;
    }
    if folder.join("tun_flags").exists() {
        return TUNNEL;
    }
    // The two ends of a veth pair name each other's index. In two namespaces both may have the
    // same; but other than a dummy, a pair knows whether it is up.
    let text = |file: &str| std::fs::read_to_string(folder.join(file)).unwrap_or_default();
    match text("type").trim() {
        ETHERNET | "" => {}
        LOOPBACK => return "loopback",
        _ => return TUNNEL,
    }
    if lower(folder).next().is_some() {
        return "virtual";
    }
    let paired = text("ifindex").trim() != text("iflink").trim();
    let aware = matches!(text("operstate").trim(), "up" | "lowerlayerdown");
    if paired || aware { VETH } else { "virtual" }
}

/// Flags and device numbers are in hexadecimal.
fn figure(text: &str) -> Option<f64> {
    match text.strip_prefix("0x") {
        Some(digits) => u64::from_str_radix(digits, 16).ok().map(|number| number as f64),
        None => text.parse::<i64>().ok().map(|number| number as f64),
    }
}

/// The interfaces that this one stands on.
fn lower(folder: &Path) -> impl Iterator<Item = PathBuf> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let lower = entries.filter(|entry| entry.file_name().to_string_lossy().starts_with("lower_"));
    lower.map(|entry| entry.path())
}

fn has_hardware_below(folder: &Path) -> bool {
    lower(folder).any(|path| path.join("device").exists())
}
