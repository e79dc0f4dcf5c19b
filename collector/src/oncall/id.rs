//! What names a group, and hashes of texts.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// What a group is known by: a hash of what names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct GroupId(pub u128);

/// A text that names no group.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a group is named by 32 hexadecimal digits")]
pub struct GroupIdError;

impl GroupId {
    /// Of a group that this names.
    pub fn of(key: &[(String, String)]) -> Self {
        let text = serde_json::to_string(key).expect("texts always have a form in JSON");
        let hash = Sha256::digest(text.as_bytes());
        let first = hash.first_chunk::<16>().expect("the hash has 32 bytes");
        Self(u128::from_be_bytes(*first))
    }
}

impl fmt::Display for GroupId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", self.0)
    }
}

impl FromStr for GroupId {
    type Err = GroupIdError;

    fn from_str(text: &str) -> Result<Self, GroupIdError> {
        let is_sound = text.len() == 32 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
        let number = u128::from_str_radix(text, 16).ok().filter(|_| is_sound);
        number.map(Self).ok_or(GroupIdError)
    }
}

impl TryFrom<String> for GroupId {
    type Error = GroupIdError;

    fn try_from(text: String) -> Result<Self, GroupIdError> {
        text.parse()
    }
}

impl From<GroupId> for String {
    fn from(id: GroupId) -> Self {
        id.to_string()
    }
}

/// What an alert is known by that no rule finds.
pub fn fingerprint(text: &str) -> u64 {
    let hash = Sha256::digest(text.as_bytes());
    u64::from_be_bytes(*hash.first_chunk().expect("the hash has 32 bytes"))
}

/// The first 32 hexadecimal digits of a text's hash.
pub fn digest(text: &str) -> String {
    let hash = Sha256::digest(text.as_bytes());
    let first = hash.first_chunk::<16>().expect("the hash has 32 bytes");
    format!("{:032x}", u128::from_be_bytes(*first))
}
