//! What can be pinged: targets as they are written, and addresses that nobody asks. Resolves nothing.

use core::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use crate::limits::MAX_TARGET_BYTES;
use crate::wire::ProbeKind;

/// The port of HTTPS, and that of STUN (RFC 8489, section 18.6), where none is named.
const HTTPS_PORT: u16 = 443;
const STUN_PORT: u16 = 3478;

/// What begins the address of a page.
const SCHEME: &str = "https://";

/// A target as it is written: a host, its port, and a path.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct TargetAddress {
    /// The host.
    pub host: TargetHost,
    /// The port; none for ICMP.
    pub port: Option<u16>,
    /// The page, with its slash; none but for HTTPS.
    pub path: Option<String>,
}

/// The host of a target.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum TargetHost {
    /// A name, in small letters.
    Name(String),
    /// An address.
    Address(IpAddr),
}

/// Why something cannot be a target.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TargetError {
    /// Too long.
    #[error("must be at most {MAX_TARGET_BYTES} bytes")]
    Long,
    /// Neither name nor address.
    #[error("must name a host, such as ca1.example.org, or an address")]
    Host,
    /// A port where none belongs.
    #[error("must have no port: ICMP knows none")]
    Port,
    /// No port where one belongs.
    #[error("must name a host and a port, such as ca1.example.org:443")]
    NoPort,
    /// No address of a page.
    #[error(
        "must be the address of a page, such as https://ca1.example.org/bigbluebutton/api, without a \
         name, a password or a query"
    )]
    Page,
    /// An address that nobody asks.
    #[error("must not be {0}")]
    Forbidden(Forbidden),
    /// A kind that this version does not know.
    #[error("must be of a kind that this version knows: icmp, tcp, https or stun")]
    Kind,
}

/// Why an address is not asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Forbidden {
    /// It stands for no host.
    #[error("an unspecified address")]
    Unspecified,
    /// It stands for a group of hosts.
    #[error("a multicast address")]
    Multicast,
    /// It stands for all hosts of a network.
    #[error("a broadcast address")]
    Broadcast,
    /// It is one of a link, and nobody says of which.
    #[error("an address of a link alone, which stands for another host on each")]
    OfLink,
}

impl TargetAddress {
    /// Reads a target of a kind.
    pub fn read(kind: ProbeKind, text: &str) -> Result<Self, TargetError> {
        if text.len() > MAX_TARGET_BYTES {
            return Err(TargetError::Long);
        }
        match kind {
            ProbeKind::Icmp => Self::without_port(text),
            ProbeKind::Tcp => Self::with_port(text),
            ProbeKind::Https => Self::of_page(text),
            ProbeKind::Stun => Self::with_usual_port(text, STUN_PORT),
            ProbeKind::Unspecified => Err(TargetError::Kind),
        }
    }

    fn without_port(text: &str) -> Result<Self, TargetError> {
        let bare = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(text);
        match TargetHost::read(bare) {
            Ok(host) => Ok(Self { host, port: None, path: None }),
            Err(TargetError::Host) if Self::with_port(text).is_ok() => Err(TargetError::Port),
            Err(error) => Err(error),
        }
    }

    fn with_port(text: &str) -> Result<Self, TargetError> {
        let (host, port) = text.rsplit_once(':').ok_or(TargetError::NoPort)?;
        let digits = !port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit());
        let port = port.parse::<u16>().ok().filter(|port| digits && *port > 0);
        let bracketed = host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
        if bracketed.is_none() && host.contains(':') {
            return Err(TargetError::NoPort);
        }
        let host = TargetHost::read(bracketed.unwrap_or(host))?;
        Ok(Self { host, port: Some(port.ok_or(TargetError::NoPort)?), path: None })
    }

    fn with_usual_port(text: &str, usual: u16) -> Result<Self, TargetError> {
        match (Self::without_port(text), Self::with_port(text)) {
            (Ok(target), _) => Ok(Self { port: Some(usual), ..target }),
            (Err(_), Ok(target)) => Ok(target),
            (Err(_), Err(error @ TargetError::Forbidden(_))) | (Err(error), Err(_)) => Err(error),
        }
    }

    /// A page that can be asked for without anything that is private or changes something.
    fn of_page(text: &str) -> Result<Self, TargetError> {
        let rest = text.strip_prefix(SCHEME).ok_or(TargetError::Page)?;
        let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"/-._~%".contains(&byte);
        if !path.bytes().all(plain) {
            return Err(TargetError::Page);
        }
        let target = Self::with_usual_port(authority, HTTPS_PORT).map_err(|error| match error {
            TargetError::Forbidden(_) => error,
            TargetError::Long
            | TargetError::Host
            | TargetError::Port
            | TargetError::NoPort
            | TargetError::Page
            | TargetError::Kind => TargetError::Page,
        })?;
        let path = if path.is_empty() { "/" } else { path };
        Ok(Self { path: Some(path.to_owned()), ..target })
    }
}

impl TargetHost {
    fn read(text: &str) -> Result<Self, TargetError> {
        // A link may be named behind an address of it, which another host does not know.
        let bare = text.split_once('%').map_or(text, |(address, _)| address);
        if let Ok(address @ IpAddr::V6(_)) = bare.parse::<IpAddr>()
            && bare.len() < text.len()
        {
            return Err(forbidden(address).map_or(TargetError::Host, TargetError::Forbidden));
        }
        if let Ok(address) = text.parse::<IpAddr>() {
            let address = address.to_canonical();
            return match forbidden(address) {
                Some(forbidden) => Err(TargetError::Forbidden(forbidden)),
                None => Ok(Self::Address(address)),
            };
        }
        let name = text.strip_suffix('.').unwrap_or(text);
        let labels_are_fine = name.split('.').all(is_label);
        // A last label that begins with a digit is an address to those who resolve it, such as 127.1.
        let last = name.rsplit('.').next().unwrap_or_default();
        let ends_like_a_name = last.starts_with(|first: char| first.is_ascii_alphabetic());
        let is_name = name.len() <= 253 && labels_are_fine && ends_like_a_name;
        if is_name { Ok(Self::Name(name.to_ascii_lowercase())) } else { Err(TargetError::Host) }
    }
}

fn is_label(label: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    (1..=63).contains(&label.len())
        && label.bytes().all(allowed)
        && !label.starts_with('-')
        && !label.ends_with('-')
}

/// Why an address is not asked, if it is not. What a network of a host has for broadcast only its
/// kernel knows, which sends nothing there.
pub fn forbidden(address: IpAddr) -> Option<Forbidden> {
    match address.to_canonical() {
        IpAddr::V4(Ipv4Addr::BROADCAST) => Some(Forbidden::Broadcast),
        // RFC 1122, 3.2.1.3: "this network" is no destination.
        IpAddr::V4(address) if address.octets()[0] == 0 => Some(Forbidden::Unspecified),
        IpAddr::V6(Ipv6Addr::UNSPECIFIED) => Some(Forbidden::Unspecified),
        address if address.is_multicast() => Some(Forbidden::Multicast),
        IpAddr::V6(address) if address.is_unicast_link_local() => Some(Forbidden::OfLink),
        IpAddr::V4(_) | IpAddr::V6(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(kind: ProbeKind, text: &str) -> String {
        match TargetAddress::read(kind, text) {
            Ok(TargetAddress { host, port, path }) => {
                let host = match host {
                    TargetHost::Name(name) => name,
                    TargetHost::Address(address) => format!("<{address}>"),
                };
                let port = port.map_or(String::new(), |port| format!(" at {port}"));
                format!("{host}{port}{}", path.map_or(String::new(), |path| format!(" for {path}")))
            }
            Err(error) => error.to_string(),
        }
    }

    #[test]
    fn hosts_are_names_or_addresses_and_nothing_that_only_looks_so() {
        let host = "must name a host, such as ca1.example.org, or an address";
        let link = "must not be an address of a link alone, which stands for another host on each";
        for (text, expected) in [
            ("CA1.example.org", "ca1.example.org"),
            ("ca1.example.org.", "ca1.example.org"),
            ("localhost", "localhost"),
            ("192.0.2.1", "<192.0.2.1>"),
            ("2001:db8::1", "<2001:db8::1>"),
            ("[2001:db8::1]", "<2001:db8::1>"),
            ("::ffff:192.0.2.1", "<192.0.2.1>"),
            ("", host),
            (".", host),
            ("a..b", host),
            ("127.1", host),
            ("2130706433", host),
            ("0x7f000001", host),
            ("a b", host),
            ("-rf", host),
            ("ca1-.example.org", host),
            ("ca1.example.org:443", "must have no port: ICMP knows none"),
            ("[2001:db8::1]:443", "must have no port: ICMP knows none"),
            ("255.255.255.255", "must not be a broadcast address"),
            ("::ffff:255.255.255.255", "must not be a broadcast address"),
            ("224.0.0.1", "must not be a multicast address"),
            ("ff02::1", "must not be a multicast address"),
            ("0.0.0.0", "must not be an unspecified address"),
            ("0.1.2.3", "must not be an unspecified address"),
            ("::", "must not be an unspecified address"),
            ("::ffff:0.0.0.0", "must not be an unspecified address"),
            ("fe80::1", link),
            ("[fe80::1]", link),
            ("fe80::1%eth0", link),
            ("febf::1", link),
            ("fec0::1", "<fec0::1>"),
            ("2001:db8::1%eth0", host),
            ("192.0.2.1%eth0", host),
        ] {
            assert_eq!(read(ProbeKind::Icmp, text), expected, "{text:?}");
        }
        let long = format!("{}.org", "a".repeat(63));
        assert_eq!(read(ProbeKind::Icmp, &long), long);
        assert_eq!(read(ProbeKind::Icmp, &format!("a{long}")), host);
        assert_eq!(read(ProbeKind::Icmp, &"a.".repeat(132)), "must be at most 262 bytes");
    }

    #[test]
    fn tcp_needs_a_port() {
        let port = "must name a host and a port, such as ca1.example.org:443";
        for (text, expected) in [
            ("ca1.example.org:443", "ca1.example.org at 443"),
            ("[2001:db8::1]:443", "<2001:db8::1> at 443"),
            ("192.0.2.1:80", "<192.0.2.1> at 80"),
            ("ca1.example.org", port),
            ("2001:db8::1", port),
            ("ca1.example.org:", port),
            ("ca1.example.org:0", port),
            ("ca1.example.org:+80", port),
            ("ca1.example.org:65536", port),
            ("255.255.255.255:80", "must not be a broadcast address"),
        ] {
            assert_eq!(read(ProbeKind::Tcp, text), expected, "{text:?}");
        }
    }
    #[test]
    fn stun_may_have_a_port() {
        for (text, expected) in [
            ("turn.example.org", "turn.example.org at 3478"),
            ("turn.example.org:19302", "turn.example.org at 19302"),
            ("2001:db8::1", "<2001:db8::1> at 3478"),
            ("[2001:db8::1]:3479", "<2001:db8::1> at 3479"),
            ("turn.example.org:0", "must name a host, such as ca1.example.org, or an address"),
            ("224.0.0.1:3478", "must not be a multicast address"),
        ] {
            assert_eq!(read(ProbeKind::Stun, text), expected, "{text:?}");
        }
    }

    #[test]
    fn a_page_has_an_address_without_anything_private() {
        let page = "must be the address of a page, such as https://ca1.example.org/bigbluebutton/api, \
                    without a name, a password or a query";
        for (text, expected) in [
            (
                "https://CA1.example.org/bigbluebutton/api",
                "ca1.example.org at 443 for /bigbluebutton/api",
            ),
            ("https://ca1.example.org", "ca1.example.org at 443 for /"),
            ("https://ca1.example.org:8443/", "ca1.example.org at 8443 for /"),
            ("https://[2001:db8::1]/a%20b", "<2001:db8::1> at 443 for /a%20b"),
            ("http://ca1.example.org/", page),
            ("ca1.example.org", page),
            ("https://", page),
            ("https://user:secret@ca1.example.org/", page),
            ("https://ca1.example.org/api?checksum=1", page),
            ("https://ca1.example.org?a", page),
            ("https://ca1.example.org/#a", page),
            ("https://ca1.example.org/a b", page),
            ("https://ca1.example.org/a\r\nX: y", page),
            ("https://ca1.example.org:0/", page),
            ("https://0.0.0.0/", "must not be an unspecified address"),
        ] {
            assert_eq!(read(ProbeKind::Https, text), expected, "{text:?}");
        }
    }
}
