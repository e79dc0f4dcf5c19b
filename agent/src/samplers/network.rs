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
use self::link::{Link, leads_out};
use super::period::Period;
use super::proc_file::{ProcFile, count, parse_error};
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

/// The most interfaces that are told beside those that lead out of the host: each has some forty series,
/// and each container may bring one.
const MOST_OTHERS: usize = 100;

pub struct Network {
    dev: ProcFile,
    sys: PathBuf,
    speeds: BTreeMap<String, BitRate>,
    /// What each link is; none of those that found no room.
    links: HashMap<String, Option<Link>>,
    period: Period,
}

impl Network {
    pub fn new(root: &Path, speeds: BTreeMap<String, BitRate>) -> Self {
        Self {
            dev: ProcFile::of_network(root, "dev"),
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
        let mut room = MOST_OTHERS;
        // Two lines of headings stand above the interfaces.
        for line in self.dev.read()?.lines().skip(2) {
            let interface = interface(line);
            let Some((device, counters)) = interface else {
                round.item(|_| Err(parse_error(&path, line)));
                continue;
            };
            if self.links.get(device).is_none_or(|link| link.is_none() && room > 0) {
                let told = room > 0 || leads_out(&self.sys, device);
                let link = told.then(|| Link::read(&self.sys, device, &self.speeds));
                self.links.insert(device.to_owned(), link);
            }
            let link = self.links.get(device).and_then(Option::as_ref);
            if !link.is_some_and(Link::leads_out) {
                if room == 0 {
                    round.item(|_| {
                        Err(format!("there are more than {MOST_OTHERS} interfaces within"))
                    });
                    continue;
                }
                room -= 1;
            }
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
    // A line with fewer fields tells nothing: nobody knows which are missing.
    (counters.split_ascii_whitespace().count() >= COLUMNS.len()).then_some(())?;
    for (metric, field) in COLUMNS.into_iter().zip(counters.split_ascii_whitespace()) {
        match count(field) {
            Some(count) => round.push(metric.name, &[("device", device)], count),
            None => round.item(|_| Err(format!("{metric} of {device} is {field:?}"))),
        }
    }
    Some(())
}
