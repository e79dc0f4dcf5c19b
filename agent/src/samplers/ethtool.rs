//! Figures of interfaces' drivers, as `ethtool -S` and `ethtool -i` print them each minute, under the names
//! that node_exporter makes of them. Asking a driver may take long, and no crate asks it without unsafe
//! code, so the program is a child beside the rounds, and only where an operator asks for it.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant, SystemTime};

use headroom_proto::catalogue::{NODE_ETHTOOL, NODE_ETHTOOL_INFO};

use super::background::Background;
use super::proc_file::count;
use super::program::Program;
use super::{SampleError, Sampler};
use crate::series::Round;

const INTERVAL: Duration = Duration::from_secs(60);

/// The longest answer: some thousand queues.
const MOST_BYTES: usize = 512 << 10;

/// The most series of all interfaces together, the most interfaces that are asked, and the longest name.
const MOST_SERIES: usize = 1000;
const MOST_DEVICES: usize = 64;
const MOST_NAME_BYTES: usize = 96;

/// What the driver says of itself, and the label that it becomes.
const ABOUT: [(&str, &str); 5] = [
    ("bus-info", "bus_info"),
    ("driver", "driver"),
    ("expansion-rom-version", "expansion_rom_version"),
    ("firmware-version", "firmware_version"),
    ("version", "version"),
];

/// Names that node_exporter spells its own way.
const RENAMED: [(&str, &str); 7] = [
    ("rx_bytes", "received_bytes_total"),
    ("rx_dropped", "received_dropped_total"),
    ("rx_errors", "received_errors_total"),
    ("rx_packets", "received_packets_total"),
    ("tx_bytes", "transmitted_bytes_total"),
    ("tx_errors", "transmitted_errors_total"),
    ("tx_packets", "transmitted_packets_total"),
];

pub struct Ethtool {
    root: PathBuf,
    told: Option<Background<Drivers>>,
}

/// Puts what ethtool prints of one interface into a round: `-i`, and `-S`. It is the answer of a program of
/// the host, which may say anything.
pub fn tell_driver(about_it: &str, figures: &str, round: &mut Round<'_>) {
    let mut drivers = Drivers::default();
    drivers.about.push(("eth0".to_owned(), about(about_it)));
    drivers.add("eth0", figures);
    drivers.push(round);
}

/// What the drivers have said.
#[derive(Debug, Default, PartialEq)]
struct Drivers {
    /// By interface.
    about: Vec<(String, Vec<(&'static str, String)>)>,
    /// By interface and name.
    figures: Vec<(String, String, f64)>,
    /// Figures that found no room.
    left_out: usize,
}

impl Ethtool {
    pub fn new(root: &Path) -> Self {
        Self { root: root.to_owned(), told: None }
    }
}

impl Sampler for Ethtool {
    fn name(&self) -> &'static str {
        "ethtool"
    }

    fn sample(&mut self, _: SystemTime, round: &mut Round<'_>) -> Result<(), SampleError> {
        let Some(told) = &mut self.told else { return Ok(()) };
        if let Some(drivers) = told.last()? {
            drivers.push(round);
        }
        Ok(())
    }

    fn is_there(&mut self) -> bool {
        if self.told.is_none() {
            let (root, devices) = (self.root.clone(), self.root.join("sys/class/net"));
            // It may be installed, or moved, while the agent runs.
            let ask =
                move |_: &_| Drivers::ask(&Program::new(&root, "ethtool", MOST_BYTES), &devices);
            self.told = Background::start("ethtool", INTERVAL, ask).ok();
        }
        self.told.is_some()
    }

    fn settle(&mut self, deadline: Instant) {
        if self.is_there()
            && let Some(told) = &self.told
        {
            told.settle(deadline);
        }
    }
}

impl Drivers {
    /// Asks for each interface. A driver that has no figures, or is gone, says so by an error, and takes no
    /// other along; a host without the program fails.
    fn ask(program: &Program, devices: &Path) -> Result<Self, SampleError> {
        program.ask(["--version"])?;
        let entries = std::fs::read_dir(devices).into_iter().flatten().flatten();
        let names = entries.filter_map(|entry| entry.file_name().into_string().ok());
        // An interface that begins with a dash would be an option.
        let names: BTreeSet<String> = names.filter(|name| !name.starts_with('-')).collect();
        let mut drivers = Self::default();
        for device in names.iter().take(MOST_DEVICES) {
            if let Ok(text) = program.ask(["-i", device]) {
                let about = about(&text);
                if !about.is_empty() {
                    drivers.about.push((device.clone(), about));
                }
            }
            if let Ok(text) = program.ask(["-S", device]) {
                drivers.add(device, &text);
            }
        }
        Ok(drivers)
    }

    /// Lines `     rx_queue_0_bytes: 17` below a heading.
    fn add(&mut self, device: &str, text: &str) {
        let mut known = BTreeSet::new();
        for line in text.lines().skip(1) {
            let Some((key, value)) = line.rsplit_once(':') else { continue };
            let Some(value) = count(value.trim()) else { continue };
            let Some(name) = name(key.trim()) else { continue };
            // Two keys may come to one name.
            if !known.insert(name.clone()) {
                continue;
            }
            if self.figures.len() < MOST_SERIES {
                self.figures.push((device.to_owned(), name, value));
            } else {
                self.left_out += 1;
            }
        }
    }

    fn push(&self, round: &mut Round<'_>) {
        for (device, about) in &self.about {
            let mut labels = vec![("device", &**device)];
            labels.extend(about.iter().map(|(label, text)| (*label, &**text)));
            round.push(NODE_ETHTOOL_INFO.name, &labels, 1.0);
        }
        for (device, name, value) in &self.figures {
            round.push(name, &[("device", device)], *value);
        }
        for _ in 0..self.left_out {
            round.item(|_| Err(format!("the drivers tell more than {MOST_SERIES} figures")));
        }
    }
}

/// Lines `driver: virtio_net`.
fn about(text: &str) -> Vec<(&'static str, String)> {
    let label = |line: &str| {
        let (key, value) = line.split_once(':')?;
        let (_, label) = ABOUT.iter().find(|(known, _)| *known == key.trim())?;
        let value: String = value.trim().chars().take(MOST_NAME_BYTES).collect();
        (!value.is_empty()).then_some((*label, value))
    };
    let mut labels: Vec<_> = text.lines().filter_map(label).collect();
    labels.sort();
    labels.dedup_by_key(|(label, _)| *label);
    labels
}

/// The metric of a driver's own word: in small letters, what no name may hold as `_`, and `rx` and `tx`
/// spelt out where they stand by themselves.
fn name(key: &str) -> Option<String> {
    let (before, _) = NODE_ETHTOOL.around();
    if let Some((_, renamed)) = RENAMED.iter().find(|(known, _)| *known == key) {
        return Some(format!("{before}{renamed}"));
    }
    let is_letter = |letter: char| letter.is_ascii_alphanumeric() || letter == '_';
    let mut plain = String::new();
    let mut rest = key;
    // Odd letters become one `_`, with those that stand around them.
    while let Some(place) = rest.find(|letter| !is_letter(letter)) {
        plain.push_str(rest[..place].trim_end_matches('_'));
        plain.push('_');
        let behind = rest[place..].trim_start_matches(|letter| !is_letter(letter));
        rest = behind.trim_start_matches('_');
    }
    plain.push_str(rest);
    let plain = plain.to_ascii_lowercase();
    let words = plain.trim_start_matches('_').split('_').map(|word| match word {
        "rx" => "received",
        "tx" => "transmitted",
        other => other,
    });
    let name = words.collect::<Vec<_>>().join("_");
    (1..=MOST_NAME_BYTES).contains(&name.len()).then(|| format!("{before}{name}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_drivers_words_become_node_exporters_names() {
        for (key, expected) in [
            ("rx_bytes", "received_bytes_total"),
            ("rx_drops", "received_drops"),
            ("rx0_xdp_drops", "rx0_xdp_drops"),
            ("tx_queue_0_packets", "transmitted_queue_0_packets"),
            ("[3]: rx_bytes", "3_received_bytes"),
            ("rx-64.bytes", "received_64_bytes"),
            ("__a  b", "a_b"),
            ("port.tx_size", "port_transmitted_size"),
        ] {
            assert_eq!(name(key), Some(format!("node_ethtool_{expected}")), "{key}");
        }
        assert_eq!(name(""), None);
        assert_eq!(name(&"x".repeat(97)), None);
    }
}
