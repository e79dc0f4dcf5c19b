//! Traffic and links of network interfaces; of loopback the link only, since what it carries stays.
//!
//! `node_network_info` says in its label `kind` what an interface is, so that a sum over
//! `kind="physical"` counts each byte once, whatever bridges and containers stand behind.

mod link;

use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use headroom_proto::catalogue::{
    Metric, NODE_NETWORK_RECEIVE_BYTES_TOTAL, NODE_NETWORK_RECEIVE_COMPRESSED_TOTAL,
    NODE_NETWORK_RECEIVE_DROP_TOTAL, NODE_NETWORK_RECEIVE_ERRS_TOTAL,
    NODE_NETWORK_RECEIVE_FIFO_TOTAL, NODE_NETWORK_RECEIVE_FRAME_TOTAL,
    NODE_NETWORK_RECEIVE_MULTICAST_TOTAL, NODE_NETWORK_RECEIVE_PACKETS_TOTAL,
    NODE_NETWORK_TRANSMIT_BYTES_TOTAL, NODE_NETWORK_TRANSMIT_CARRIER_TOTAL,
    NODE_NETWORK_TRANSMIT_COLLS_TOTAL, NODE_NETWORK_TRANSMIT_COMPRESSED_TOTAL,
    NODE_NETWORK_TRANSMIT_DROP_TOTAL, NODE_NETWORK_TRANSMIT_ERRS_TOTAL,
    NODE_NETWORK_TRANSMIT_FIFO_TOTAL, NODE_NETWORK_TRANSMIT_PACKETS_TOTAL,
};
use headroom_proto::units::BitRate;

pub use self::link::EACH_LINK;
use self::link::Link;
use super::period::Period;
use super::proc_file::{ProcFile, parse_error};
use super::{SampleError, Sampler};
use crate::series::Round;

/// The columns of /proc/net/dev behind the interface's name.
const COLUMNS: [&Metric; 16] = [
    NODE_NETWORK_RECEIVE_BYTES_TOTAL,
    NODE_NETWORK_RECEIVE_PACKETS_TOTAL,
    NODE_NETWORK_RECEIVE_ERRS_TOTAL,
    NODE_NETWORK_RECEIVE_DROP_TOTAL,
    NODE_NETWORK_RECEIVE_FIFO_TOTAL,
    NODE_NETWORK_RECEIVE_FRAME_TOTAL,
    NODE_NETWORK_RECEIVE_COMPRESSED_TOTAL,
    NODE_NETWORK_RECEIVE_MULTICAST_TOTAL,
    NODE_NETWORK_TRANSMIT_BYTES_TOTAL,
    NODE_NETWORK_TRANSMIT_PACKETS_TOTAL,
    NODE_NETWORK_TRANSMIT_ERRS_TOTAL,
    NODE_NETWORK_TRANSMIT_DROP_TOTAL,
    NODE_NETWORK_TRANSMIT_FIFO_TOTAL,
    NODE_NETWORK_TRANSMIT_COLLS_TOTAL,
    NODE_NETWORK_TRANSMIT_CARRIER_TOTAL,
    NODE_NETWORK_TRANSMIT_COMPRESSED_TOTAL,
];

const LOOPBACK: &str = "lo";

/// What a link is changes rarely and costs many small files to read.
const LINK_REFRESH: Duration = Duration::from_secs(15);

pub struct Network {
    dev: ProcFile,
    sys: PathBuf,
    speeds: BTreeMap<String, BitRate>,
    links: HashMap<String, Link>,
    period: Period,
}

impl Network {
    pub fn new(root: &Path, speeds: BTreeMap<String, BitRate>) -> Self {
        Self {
            dev: ProcFile::new(root, "proc/net/dev"),
            sys: root.join("sys/class/net"),
            speeds,
            links: HashMap::new(),
            period: Period::new(LINK_REFRESH),
        }
    }
}

impl Sampler for Network {
    fn name(&self) -> &'static str {
        "network"
    }

    fn sample(&mut self, now: SystemTime, round: &mut Round<'_>) -> Result<(), SampleError> {
        if self.period.is_due(now) {
            self.links.clear();
        }
        let path = self.dev.path().to_owned();
        // Two lines of headings stand above the interfaces.
        for line in self.dev.read()?.lines().skip(2) {
            let interface = interface(line);
            let Some((device, counters)) = interface else {
                round.item(|_| Err(parse_error(&path, line)));
                continue;
            };
            if !self.links.contains_key(device) {
                let link = Link::read(&self.sys, device, &self.speeds);
                self.links.insert(device.to_owned(), link);
            }
            let link = self.links.get(device);
            round.item(|round| {
                let inside = device == LOOPBACK;
                let pushed = if inside { Some(()) } else { push_counters(device, counters, round) };
                if let Some(link) = link {
                    link.push(device, round);
                }
                pushed.ok_or_else(|| parse_error(&path, line))
            });
        }
        Ok(())
    }
}

/// An interface's name and its counters, from a line of net/dev. A name may hold colons: that behind
/// it is the last.
pub fn interface(line: &str) -> Option<(&str, &str)> {
    let (name, counters) = line.rsplit_once(':')?;
    Some((name.trim(), counters))
}

fn push_counters(device: &str, counters: &str, round: &mut Round<'_>) -> Option<()> {
    let mut fields = counters.split_ascii_whitespace();
    for metric in COLUMNS {
        round.push(metric.name, &[("device", device)], fields.next()?.parse().ok()?);
    }
    Some(())
}
