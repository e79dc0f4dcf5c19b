//! Echo requests and replies as bytes (RFC 792, RFC 4443). Pure.

use super::target::Family;

/// What a ping carries behind its header: a nonce and zeros, 56 bytes as ping(8) sends.
pub const PAYLOAD_BYTES: usize = 56;

/// The header of an echo.
const HEADER_BYTES: usize = 8;

/// A whole ping.
pub const PACKET_BYTES: usize = HEADER_BYTES + PAYLOAD_BYTES;

/// What tells one ping from all others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Echo {
    /// Of whom. The kernel puts its own into what goes through a datagram socket.
    pub identifier: u16,
    /// Which of the last 65,536.
    pub sequence: u16,
    /// What only who got it can send back.
    pub nonce: u64,
}

/// What of a ping came back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Heard {
    /// Of whom.
    pub identifier: u16,
    /// Which.
    pub sequence: u16,
    /// What it brings back; none if it is too short.
    pub nonce: Option<u64>,
    /// Whether it is as long as what was sent, with nothing changed behind the nonce.
    pub is_whole: bool,
}

/// The types of request and reply.
fn types(family: Family) -> (u8, u8) {
    match family {
        Family::V4 => (8, 0),
        Family::V6 => (128, 129),
    }
}

/// A request, its checksum included. For IPv6 the kernel writes another, since it knows the addresses.
pub fn request(family: Family, echo: Echo) -> [u8; PACKET_BYTES] {
    let mut packet = [0; PACKET_BYTES];
    packet[0] = types(family).0;
    packet[4..6].copy_from_slice(&echo.identifier.to_be_bytes());
    packet[6..8].copy_from_slice(&echo.sequence.to_be_bytes());
    packet[8..16].copy_from_slice(&echo.nonce.to_be_bytes());
    let sum = checksum(&packet);
    packet[2..4].copy_from_slice(&sum.to_be_bytes());
    packet
}

/// Reads a reply; none if it is something else.
pub fn reply(family: Family, bytes: &[u8]) -> Option<Heard> {
    heard(bytes, types(family).1)
}

/// Reads the request that an error quotes, of which the end may be missing.
pub fn quoted(family: Family, bytes: &[u8]) -> Option<Heard> {
    heard(bytes, types(family).0)
}

/// What is behind the header of IPv4; nothing if it is none.
pub fn behind_header(bytes: &[u8]) -> Option<&[u8]> {
    let first = *bytes.first()?;
    let length = usize::from(first & 0xf) * 4;
    if first >> 4 != 4 || length < 20 { None } else { bytes.get(length..) }
}

fn heard(bytes: &[u8], kind: u8) -> Option<Heard> {
    let (header, payload) = bytes.split_at_checked(HEADER_BYTES)?;
    if header[0] != kind || header[1] != 0 {
        return None;
    }
    let number = |place: usize| u16::from_be_bytes([header[place], header[place + 1]]);
    let nonce = payload.first_chunk::<8>().map(|bytes| u64::from_be_bytes(*bytes));
    let rest = payload.get(8..).unwrap_or_default();
    let is_whole = payload.len() == PAYLOAD_BYTES && rest.iter().all(|byte| *byte == 0);
    Some(Heard { identifier: number(4), sequence: number(6), nonce, is_whole })
}

/// The internet checksum (RFC 1071).
fn checksum(bytes: &[u8]) -> u16 {
    let word = |pair: &[u8]| u32::from(u16::from_be_bytes([pair[0], *pair.get(1).unwrap_or(&0)]));
    let mut sum: u32 = bytes.chunks(2).map(word).sum();
    while sum > 0xffff {
        sum = (sum & 0xffff) + (sum >> 16);
    }
    !(sum as u16)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::collection::vec;
    use proptest::prelude::*;

    #[test]
    fn a_checksum_is_as_in_the_standards_example() {
        // RFC 1071, section 3.
        assert_eq!(checksum(&[0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7]), !0xddf2);
        assert_eq!(checksum(&[0xff]), !0xff00);
    }

    proptest! {
        #[test]
        fn what_is_sent_is_read_back(identifier: u16, sequence: u16, nonce: u64, six: bool) {
            let family = if six { Family::V6 } else { Family::V4 };
            let mut packet = request(family, Echo { identifier, sequence, nonce });
            prop_assert_eq!(checksum(&packet), 0, "a packet with its sum has the sum 0");
            let whole = Heard { identifier, sequence, nonce: Some(nonce), is_whole: true };
            prop_assert_eq!(quoted(family, &packet), Some(whole));
            prop_assert_eq!(reply(family, &packet), None, "a request is no reply");
            packet[0] = types(family).1;
            prop_assert_eq!(reply(family, &packet), Some(whole));
            let short = Heard { nonce: None, is_whole: false, ..whole };
            prop_assert_eq!(reply(family, &packet[..15]), Some(short));
            prop_assert_eq!(reply(family, &packet[..7]), None);
            packet[40] ^= 1;
            prop_assert!(!reply(family, &packet).unwrap().is_whole);
        }

        #[test]
        fn any_bytes_are_read_or_left(bytes in vec(any::<u8>(), 0..100)) {
            for family in [Family::V4, Family::V6] {
                let _ = (reply(family, &bytes), quoted(family, &bytes));
            }
            let _ = behind_header(&bytes);
        }
    }
}
