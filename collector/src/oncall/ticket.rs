//! Links that act: who may do what with which group, until when, under a key that nobody else has.
//!
//! A link is for one person, one group and one action; whoever has it may do that, and nothing else.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use super::id::GroupId;

/// The version of what is signed.
const VERSION: u8 = 1;

/// The longest that is read as one, in bytes of text.
const LONGEST: usize = 512;

const SIGNATURE_BYTES: usize = 32;

/// What a link does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// I have it.
    Take,
    /// Not me: the next, now.
    Pass,
    /// Silence it.
    Silence,
}

/// What a link allows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ticket {
    /// To do what.
    pub action: Action,
    /// With which group.
    pub group: GroupId,
    /// For whom.
    pub person: String,
    /// Of which trouble: when the group opened, so that it does nothing for the next.
    pub opened_ms: i64,
    /// Until when, Unix time in milliseconds.
    pub expires_ms: i64,
}

/// What links are signed with.
#[derive(Clone)]
pub struct Key([u8; 32]);

/// Why a link does nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TicketError {
    /// It was not made here, or was changed.
    #[error("this link was not made here, or was changed on its way")]
    Forged,
    /// It is too old.
    #[error("this link is too old")]
    Expired,
}

impl Action {
    const ALL: [Self; 3] = [Self::Take, Self::Pass, Self::Silence];

    fn number(self) -> u8 {
        match self {
            Self::Take => 1,
            Self::Pass => 2,
            Self::Silence => 3,
        }
    }
}

impl Key {
    /// A key of these bytes.
    pub fn of(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    fn mac(&self, body: &[u8]) -> Hmac<Sha256> {
        let mut mac =
            <Hmac<Sha256> as KeyInit>::new_from_slice(&self.0).expect("a key of any length is one");
        mac.update(body);
        mac
    }

    /// The text of a link.
    pub fn sign(&self, ticket: &Ticket) -> String {
        let body = ticket.encode();
        let signature = self.mac(&body).finalize().into_bytes();
        URL_SAFE_NO_PAD.encode([&body[..], &signature[..]].concat())
    }

    /// What a link allows at a moment.
    pub fn read(&self, text: &str, now_ms: i64) -> Result<Ticket, TicketError> {
        if text.len() > LONGEST {
            return Err(TicketError::Forged);
        }
        let bytes = URL_SAFE_NO_PAD.decode(text).map_err(|_| TicketError::Forged)?;
        let (body, signature) =
            bytes.split_last_chunk::<SIGNATURE_BYTES>().ok_or(TicketError::Forged)?;
        self.mac(body).verify_slice(signature).map_err(|_| TicketError::Forged)?;
        let ticket = Ticket::decode(body).ok_or(TicketError::Forged)?;
        if ticket.expires_ms <= now_ms { Err(TicketError::Expired) } else { Ok(ticket) }
    }
}

impl Ticket {
    /// Version, action, group, opening, end, person (the rest); big endian.
    fn encode(&self) -> Vec<u8> {
        [
            &[VERSION, self.action.number()][..],
            &self.group.0.to_be_bytes(),
            &self.opened_ms.to_be_bytes(),
            &self.expires_ms.to_be_bytes(),
            self.person.as_bytes(),
        ]
        .concat()
    }

    fn decode(body: &[u8]) -> Option<Self> {
        let ([version, action], rest) = body.split_first_chunk::<2>()?;
        let (group, rest) = rest.split_first_chunk::<16>()?;
        let (opened, rest) = rest.split_first_chunk::<8>()?;
        let (expires, person) = rest.split_first_chunk::<8>()?;
        let action = Action::ALL.into_iter().find(|known| known.number() == *action)?;
        (*version == VERSION).then_some(())?;
        Some(Self {
            action,
            group: GroupId(u128::from_be_bytes(*group)),
            person: str::from_utf8(person).ok()?.to_owned(),
            opened_ms: i64::from_be_bytes(*opened),
            expires_ms: i64::from_be_bytes(*expires),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_allows_what_it_says_and_nothing_once_a_bit_of_it_is_changed() {
        let key = Key::of([7; 32]);
        for action in Action::ALL {
            let ticket = Ticket {
                action,
                group: GroupId(u128::MAX / 3),
                person: "anna".into(),
                opened_ms: 5,
                expires_ms: 1000,
            };
            let text = key.sign(&ticket);
            assert!(
                text.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_".contains(&b)),
                "{text}"
            );
            assert_eq!(key.read(&text, 999), Ok(ticket.clone()));
            assert_eq!(key.read(&text, 1000), Err(TicketError::Expired));
            assert_eq!(Key::of([8; 32]).read(&text, 0), Err(TicketError::Forged));
            let bytes = URL_SAFE_NO_PAD.decode(&text).unwrap();
            for bit in 0..bytes.len() * 8 {
                let mut changed = bytes.clone();
                changed[bit / 8] ^= 1 << (bit % 8);
                let changed = URL_SAFE_NO_PAD.encode(changed);
                assert_eq!(key.read(&changed, 0), Err(TicketError::Forged), "bit {bit}");
            }
        }
        for text in ["", "a", "AAAA", &"A".repeat(43), &"A".repeat(5000), "é"] {
            assert_eq!(key.read(text, 0), Err(TicketError::Forged), "{text}");
        }
    }
}
