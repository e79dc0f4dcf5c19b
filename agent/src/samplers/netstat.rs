//! What the host's protocols have sent, taken and lost, from /proc/net/snmp, snmp6 and netstat, under
//! the names that node_exporter tells by default.
//!
//! Media is UDP: a full socket buffer is heard as gaps long before a link is full.

use std::path::Path;
use std::time::SystemTime;

use headroom_proto::catalogue::NODE_NETSTAT;

use super::proc_file::{ProcFile, count, parse_error};
use super::{SampleError, Sampler};
use crate::series::Round;

/// No kernel has longer words for protocols and counters.
const MAX_WORD_BYTES: usize = 64;

pub struct Netstat {
    snmp: ProcFile,
    snmp6: ProcFile,
    extended: ProcFile,
    name: String,
}

impl Netstat {
    pub fn new(root: &Path) -> Self {
        Self {
            snmp: ProcFile::of_network(root, "snmp"),
            snmp6: ProcFile::of_network(root, "snmp6"),
            extended: ProcFile::of_network(root, "netstat"),
            name: String::new(),
        }
    }
}

impl Sampler for Netstat {
    fn name(&self) -> &'static str {
        "netstat"
    }

    fn sample(&mut self, _: SystemTime, round: &mut Round<'_>) -> Result<(), SampleError> {
        let name = &mut self.name;
        let path = self.snmp.path().to_owned();
        if let Some(text) = round.part(self.snmp.read()) {
            push_pairs(&path, text, name, round);
        }
        let path = self.extended.path().to_owned();
        if let Some(text) = round.part(self.extended.read_if_there()).flatten() {
            push_pairs(&path, text, name, round);
        }
        let path = self.snmp6.path().to_owned();
        let text = round.part(self.snmp6.read_if_there()).flatten();
        for line in text.unwrap_or_default().lines() {
            round.item(|round| {
                push_single(line, name, round).ok_or_else(|| parse_error(&path, line))
            });
        }
        Ok(())
    }
}

/// For each protocol a line of names and one of values; older kernels have fewer of both.
fn push_pairs(path: &Path, text: &str, name: &mut String, round: &mut Round<'_>) {
    let mut lines = text.lines().peekable();
    while let Some(line) = lines.next() {
        let Some((protocol, names)) = line.split_once(": ") else { continue };
        let values = lines.peek().and_then(|next| next.strip_prefix(protocol)?.strip_prefix(": "));
        if values.is_some() {
            lines.next();
        }
        round.item(|round| {
            let mut push = || {
                let mut values = values?.split_ascii_whitespace();
                for key in names.split_ascii_whitespace() {
                    let value = values.next()?;
                    if is_told(protocol, key)
                        && push_counter((protocol, key), value, name, round).is_none()
                    {
                        round.item(|_| Err(format!("{protocol} {key} is {value:?}")));
                    }
                }
                Some(())
            };
            push().ok_or_else(|| parse_error(path, values.unwrap_or(line)))
        });
    }
}

/// A line for each counter of IPv6, such as `Udp6InErrors 3`.
fn push_single(line: &str, name: &mut String, round: &mut Round<'_>) -> Option<()> {
    let mut fields = line.split_ascii_whitespace();
    let key = fields.next()?;
    let Some(behind) = key.find('6').map(|place| place + 1) else { return Some(()) };
    let (protocol, key) = key.split_at(behind);
    if is_told(protocol, key) {
        push_counter((protocol, key), fields.next()?, name, round)?;
    }
    Some(())
}

fn push_counter(
    (protocol, key): (&str, &str),
    value: &str,
    name: &mut String,
    round: &mut Round<'_>,
) -> Option<()> {
    let (before, _) = NODE_NETSTAT.around();
    name.clear();
    name.extend([before, protocol, "_", key]);
    round.push(name, &[], count(value)?);
    Some(())
}

fn is_told(protocol: &str, key: &str) -> bool {
    if matches!(key, "InErrors" | "InErrs") {
        let is_name = protocol.bytes().all(|letter| letter.is_ascii_alphanumeric());
        return protocol.len() <= MAX_WORD_BYTES && is_name;
    }
    match protocol {
        "Ip" => key == "Forwarding",
        "Ip6" | "IpExt" => matches!(key, "InOctets" | "OutOctets"),
        "Icmp" | "Icmp6" => matches!(key, "InMsgs" | "OutMsgs"),
        "Tcp" => matches!(
            key,
            "ActiveOpens"
                | "CurrEstab"
                | "InSegs"
                | "OutRsts"
                | "OutSegs"
                | "PassiveOpens"
                | "RetransSegs"
        ),
        "TcpExt" => {
            let is_name = key.bytes().all(|letter| letter.is_ascii_alphanumeric());
            let family = key.starts_with("Listen") || key.starts_with("Syncookies");
            (family && is_name && key.len() <= MAX_WORD_BYTES)
                || matches!(key, "TCPOFOQueue" | "TCPRcvQDrop" | "TCPSynRetrans" | "TCPTimeouts")
        }
        "Udp" | "Udp6" => matches!(
            key,
            "InDatagrams" | "NoPorts" | "OutDatagrams" | "RcvbufErrors" | "SndbufErrors"
        ),
        _ => false,
    }
}
