//! Why nobody may write, and why a request is refused.

use headroom_proto::panics::Panicked;

use super::fields::Malformed;
use super::{MAX_REQUEST_BYTES, Version};
use crate::samples::NoRoom;
use crate::telemetry::Unread;

/// Nobody is known by what was shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NoWriter {
    /// It was nothing.
    #[error("remote write needs a token here")]
    NoToken,
    /// It was a token.
    #[error("the token is not known to this collector")]
    UnknownToken,
}

/// Why a request is refused, in whole or in part.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum RemoteWriteError {
    /// The request cannot be read.
    #[error("{0}")]
    Malformed(String),
    /// It is too large.
    #[error("the request has {bytes} bytes once unpacked, at most {MAX_REQUEST_BYTES}")]
    Large {
        /// How large.
        bytes: usize,
    },
    /// Some samples were refused; the others are durable.
    #[error("{samples} samples were refused, the others stored; the first: {first}")]
    Partial {
        /// How many.
        samples: u64,
        /// Why, of the first.
        first: String,
        /// How many were not.
        written: u64,
    },
    /// The store takes nothing now; the request may be sent again.
    #[error("{0}")]
    Unavailable(String),
    /// There is no memory for it.
    #[error(transparent)]
    NoRoom(#[from] NoRoom),
    /// What reads requests did not survive this one.
    #[error(transparent)]
    Panicked(#[from] Panicked),
}

impl RemoteWriteError {
    /// A request of a version that is none.
    pub(super) fn malformed(version: Version) -> impl Fn(Malformed) -> Self {
        move |error| {
            Self::Malformed(format!("the request is no remote write {}: {error}", version.name()))
        }
    }

    /// Why nothing of the request was taken, if it is for good.
    pub(super) fn unread(&self) -> Option<Unread> {
        match self {
            Self::Malformed(_) => Some(Unread::Malformed),
            Self::Large { .. } | Self::NoRoom(NoRoom::Ever { .. }) => Some(Unread::Large),
            Self::Panicked(_) => Some(Unread::Panicked),
            Self::Partial { .. } | Self::Unavailable(_) | Self::NoRoom(NoRoom::Now) => None,
        }
    }
}
