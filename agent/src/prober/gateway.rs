//! Where this host ends, as the kernel's routes have it: its default gateways, and its own addresses.

use std::collections::HashSet;
use std::fs::File;
use std::io::Read as _;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket};

/// The most gateways that are asked.
const MOST: usize = 4;

/// The most of a table that is read, in bytes: the default routes of a large router may lie behind.
const MOST_BYTES: u64 = 1 << 20;

/// This host's gateways now.
pub fn gateways() -> Vec<IpAddr> {
    let read = |path: &str| {
        let mut bytes = Vec::new();
        // Without the table there is no gateway to ask.
        let _ = File::open(path).and_then(|file| file.take(MOST_BYTES).read_to_end(&mut bytes));
        String::from_utf8_lossy(&bytes).into_owned()
    };
    let (four, six) = (read("/proc/net/route"), read("/proc/net/ipv6_route"));
    let mut found: Vec<IpAddr> = four.lines().filter_map(ipv4).map(IpAddr::V4).collect();
    found.extend(six.lines().filter_map(ipv6).map(IpAddr::V6));
    let mut seen = HashSet::new();
    found.retain(|gateway| seen.insert(*gateway));
    found.truncate(MOST);
    found
}

/// Whether an address is this host's own: the way to it begins there. Nothing is sent.
pub fn is_own(address: IpAddr) -> bool {
    let any: IpAddr = match address {
        IpAddr::V4(_) => Ipv4Addr::UNSPECIFIED.into(),
        IpAddr::V6(_) => Ipv6Addr::UNSPECIFIED.into(),
    };
    let begins_at = || {
        let socket = UdpSocket::bind(SocketAddr::new(any, 0)).ok()?;
        socket.connect(SocketAddr::new(address, 9)).ok()?;
        Some(socket.local_addr().ok()?.ip())
    };
    begins_at() == Some(address)
}

/// The gateway of a line of /proc/net/route, if it leads everywhere.
fn ipv4(line: &str) -> Option<Ipv4Addr> {
    let mut fields = line.split_whitespace().skip(1);
    let (destination, gateway) = (fields.next()?, fields.next()?);
    let mask = fields.nth(4)?;
    let number = |text| u32::from_str_radix(text, 16).ok();
    if number(destination)? != 0 || number(mask)? != 0 {
        return None;
    }
    // The kernel prints the bytes of the network as a number of its own machine.
    let gateway = Ipv4Addr::from(number(gateway)?.to_ne_bytes());
    (!gateway.is_unspecified()).then_some(gateway)
}

/// The same for /proc/net/ipv6_route. A gateway of the link alone needs a device, so it is left out.
fn ipv6(line: &str) -> Option<Ipv6Addr> {
    let mut fields = line.split_whitespace();
    let (destination, bits) = (fields.next()?, fields.next()?);
    let gateway = fields.nth(2)?;
    let number = |text| u128::from_str_radix(text, 16).ok();
    if number(destination)? != 0 || bits != "00" {
        return None;
    }
    let gateway = Ipv6Addr::from_bits(number(gateway)?);
    (!gateway.is_unspecified() && !gateway.is_unicast_link_local()).then_some(gateway)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_this_hosts_addresses_are_its_own() {
        assert!(is_own("127.0.0.1".parse().unwrap()));
        assert!(!is_own("192.0.2.1".parse().unwrap()) && !is_own("2001:db8::1".parse().unwrap()));
    }

    #[test]
    fn only_what_leads_everywhere_is_a_gateway() {
        for (line, gateway) in [
            ("eth0\t00000000\t010011AC\t0003\t0\t0\t0\t00000000\t0\t0\t0", Some("172.17.0.1")),
            ("eth0\t000011AC\t00000000\t0001\t0\t0\t0\t0000FFFF\t0\t0\t0", None),
            ("eth0\t00000000\t00000000\t0001\t0\t0\t0\t00000000\t0\t0\t0", None),
            ("Iface\tDestination\tGateway\tFlags\tRefCnt\tUse\tMetric\tMask", None),
            ("", None),
        ] {
            let expected = gateway.map(|text| text.parse::<Ipv4Addr>().unwrap());
            // The table is as a machine with the small end first prints it.
            if cfg!(target_endian = "little") {
                assert_eq!(ipv4(line), expected, "{line}");
            }
        }
        let zero = "0".repeat(32);
        let six = |gateway: &str| {
            ipv6(&format!("{zero} 00 {zero} 00 {gateway} 00000400 1 0 00000003 eth0"))
        };
        assert_eq!(six("20010db8000000000000000000000001"), "2001:db8::1".parse().ok());
        assert_eq!(six("fe800000000000000000000000000001"), None);
        assert_eq!(six(&zero), None);
        assert_eq!(ipv6("nonsense"), None);
    }
}
