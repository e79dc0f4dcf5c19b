//! Binding requests and answers of STUN as bytes (RFC 8489). Pure.
//!
//! The transaction's id is what only who got a request can send back: 16 bits of the socket, 16 of the
//! sequence, and a nonce of 64. The address that an answer holds is read to see that it is whole, and
//! forgotten.

use core::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use super::packet::{Echo, Heard};

/// The header of a message.
const HEADER_BYTES: usize = 20;

/// A whole request: it needs no attributes.
pub const REQUEST_BYTES: usize = HEADER_BYTES;

/// Types of messages (RFC 8489, section 5).
const REQUEST: u16 = 0x0001;
const SUCCESS: u16 = 0x0101;
const ERROR: u16 = 0x0111;

/// What each message has at the same place.
const COOKIE: u32 = 0x2112_a442;

/// Attributes (section 18.3).
const MAPPED_ADDRESS: u16 = 0x0001;
const XOR_MAPPED_ADDRESS: u16 = 0x0020;
const FINGERPRINT: u16 = 0x8028;

/// What the check of a fingerprint is mixed with (section 14.7).
const FINGERPRINT_MIX: u32 = 0x5354_554e;

/// What a server says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Said {
    /// Where it saw the request come from, if the answer is whole.
    Binding(Heard),
    /// That it does not answer such.
    Error(Heard),
}

/// A request.
pub fn request(echo: Echo) -> [u8; REQUEST_BYTES] {
    let mut message = [0; REQUEST_BYTES];
    message[..2].copy_from_slice(&REQUEST.to_be_bytes());
    message[4..8].copy_from_slice(&COOKIE.to_be_bytes());
    message[8..10].copy_from_slice(&echo.identifier.to_be_bytes());
    message[10..12].copy_from_slice(&echo.sequence.to_be_bytes());
    message[12..].copy_from_slice(&echo.nonce.to_be_bytes());
    message
}

/// Reads an answer; none if it is something else. One that brings back the id and is damaged behind it is one that is not
/// whole: it was answered, and that must not look as if nobody did.
pub fn answer(bytes: &[u8]) -> Option<Said> {
    let message = Message::read(bytes)?;
    let is_whole = message.is_sound();
    match message.kind {
        SUCCESS => {
            let is_whole = is_whole && message.mapped_address().is_some();
            Some(Said::Binding(Heard { is_whole, ..message.heard() }))
        }
        ERROR => Some(Said::Error(Heard { is_whole, ..message.heard() })),
        _ => None,
    }
}

/// Reads the request that an error of ICMP quotes, of which the end may be missing.
pub fn quoted(bytes: &[u8]) -> Option<Heard> {
    let number = |place: usize| Some(u16::from_be_bytes(*bytes.get(place..)?.first_chunk::<2>()?));
    if number(0)? != REQUEST || number(4)? != (COOKIE >> 16) as u16 {
        return None;
    }
    let nonce = bytes.get(12..).and_then(|rest| rest.first_chunk::<8>());
    Some(Heard {
        identifier: number(8)?,
        sequence: number(10)?,
        nonce: nonce.map(|bytes| u64::from_be_bytes(*bytes)),
        is_whole: bytes.len() == REQUEST_BYTES,
    })
}

/// A message by its header.
#[derive(Debug, Clone, Copy)]
struct Message<'b> {
    bytes: &'b [u8],
    kind: u16,
    id: [u8; 12],
    /// Whether it is as long as its header says.
    is_filled: bool,
}

impl<'b> Message<'b> {
    fn read(bytes: &'b [u8]) -> Option<Self> {
        let (header, attributes) = bytes.split_at_checked(HEADER_BYTES)?;
        let kind = u16::from_be_bytes(*header.first_chunk::<2>()?);
        let length = usize::from(u16::from_be_bytes([header[2], header[3]]));
        let cookie = u32::from_be_bytes(*header[4..].first_chunk::<4>()?);
        // Behind what is a multiple of four there is nothing.
        let is_filled = length == attributes.len() && length.is_multiple_of(4);
        let id = *header.last_chunk::<12>()?;
        (cookie == COOKIE).then_some(Self { bytes, kind, id, is_filled })
    }

    fn heard(&self) -> Heard {
        let number = |place: usize| u16::from_be_bytes([self.id[place], self.id[place + 1]]);
        let nonce = self.id.last_chunk::<8>().map(|bytes| u64::from_be_bytes(*bytes));
        Heard { identifier: number(0), sequence: number(2), nonce, is_whole: false }
    }

    fn attributes(&self) -> Attributes<'b> {
        Attributes { rest: self.bytes.get(HEADER_BYTES..).unwrap_or_default(), is_broken: false }
    }

    /// Whether its attributes fill it, and what it says to be its fingerprint is.
    fn is_sound(&self) -> bool {
        let mut attributes = self.attributes();
        let mut fingerprint = None;
        for Attribute { kind, value } in attributes.by_ref() {
            // Nothing follows a fingerprint.
            if fingerprint.is_some() {
                return false;
            }
            if kind == FINGERPRINT {
                fingerprint =
                    Some(value.first_chunk::<4>().map(|bytes| u32::from_be_bytes(*bytes)));
            }
        }
        if attributes.is_broken || !self.is_filled {
            return false;
        }
        let before = self.bytes.len().checked_sub(8).and_then(|length| self.bytes.get(..length));
        match (fingerprint, before) {
            (None, _) => true,
            (Some(said), before) => {
                let own = before.map(|before| crc32fast::hash(before) ^ FINGERPRINT_MIX);
                said.is_some() && said == own
            }
        }
    }

    /// Where the server saw the request come from.
    fn mapped_address(&self) -> Option<SocketAddr> {
        let find = |wanted: u16| self.attributes().find(|attribute| attribute.kind == wanted);
        if let Some(mixed) = find(XOR_MAPPED_ADDRESS) {
            let mut mix = [0; 16];
            mix[..4].copy_from_slice(&COOKIE.to_be_bytes());
            mix[4..].copy_from_slice(&self.id);
            return address(mixed.value, mix);
        }
        // As servers of before RFC 5389 have it.
        address(find(MAPPED_ADDRESS)?.value, [0; 16])
    }
}

/// One attribute.
#[derive(Debug, Clone, Copy)]
struct Attribute<'b> {
    kind: u16,
    value: &'b [u8],
}

/// The attributes of a message, up to one that does not fit.
#[derive(Debug)]
struct Attributes<'b> {
    rest: &'b [u8],
    is_broken: bool,
}

impl<'b> Iterator for Attributes<'b> {
    type Item = Attribute<'b>;

    fn next(&mut self) -> Option<Attribute<'b>> {
        if self.rest.is_empty() {
            return None;
        }
        let found = self.rest.split_first_chunk::<4>().and_then(|(head, rest)| {
            let [kind, more, high, low] = *head;
            let length = usize::from(u16::from_be_bytes([high, low]));
            let (value, _) = rest.split_at_checked(length)?;
            self.rest = rest.get(length.next_multiple_of(4)..)?;
            Some(Attribute { kind: u16::from_be_bytes([kind, more]), value })
        });
        if found.is_none() {
            (self.rest, self.is_broken) = (&[], true);
        }
        found
    }
}

/// An address of an attribute, mixed with some bytes (RFC 8489, sections 14.1 and 14.2).
fn address(value: &[u8], mix: [u8; 16]) -> Option<SocketAddr> {
    let (&[_, family, high, low], octets) = value.split_first_chunk::<4>()?;
    let port = u16::from_be_bytes([high ^ mix[0], low ^ mix[1]]);
    let address = match family {
        1 => {
            let mixed = <[u8; 4]>::try_from(octets).ok()?;
            IpAddr::V4(Ipv4Addr::from(std::array::from_fn(|place| mixed[place] ^ mix[place])))
        }
        2 => {
            let mixed = <[u8; 16]>::try_from(octets).ok()?;
            IpAddr::V6(Ipv6Addr::from(std::array::from_fn(|place| mixed[place] ^ mix[place])))
        }
        _ => return None,
    };
    Some(SocketAddr::new(address, port))
}

#[cfg(test)]
mod tests;
