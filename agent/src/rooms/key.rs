//! What hides meetings: a key of this host, under which an id becomes a hash that tells nothing but
//! that it is the same meeting again.

mod file;

use std::fmt;

use ring::hmac;

pub use self::file::{HostIdentity, KeyFile};

/// Makes meetings known again without telling which they are.
#[derive(Clone)]
pub struct MeetingKey(hmac::Key);

impl MeetingKey {
    /// The key that belongs to a secret of this host; the same secret gives the same key.
    pub fn derive(secret: &[u8]) -> Self {
        let purpose = b"headroom meeting ids, version 1";
        let derived = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, secret), purpose);
        Self(hmac::Key::new(hmac::HMAC_SHA256, derived.as_ref()))
    }

    /// What stands for the meeting of that id.
    pub fn hide(&self, id: &str) -> MeetingId {
        let tag = hmac::sign(&self.0, id.as_bytes());
        let mut hidden = [0; 16];
        hidden.copy_from_slice(&tag.as_ref()[..16]);
        MeetingId(hidden)
    }
}

impl fmt::Debug for MeetingKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("MeetingKey(…)")
    }
}

/// A keyed hash in place of a meeting's id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct MeetingId(pub [u8; 16]);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_meeting_has_the_same_id_under_one_key_only() {
        let key = MeetingKey::derive(b"token");
        let id = "183f0bf3a0982a127bdb8161e0c44eb696b3e75c-1700000000000";
        assert_eq!(key.hide(id), MeetingKey::derive(b"token").hide(id));
        assert_ne!(key.hide(id), MeetingKey::derive(b"other").hide(id));
        assert_ne!(key.hide(id), key.hide(&id.replace("-17", "-18")));
        assert_eq!(format!("{key:?}"), "MeetingKey(…)");
    }
}
