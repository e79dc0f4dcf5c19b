//! Why nobody may write, and why a request is refused.

use headroom_proto::panics::Panicked;

use super::MAX_REQUEST_BYTES;
use super::fields::Malformed;
use crate::samples::NoRoom;

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

impl From<Malformed> for RemoteWriteError {
    fn from(error: Malformed) -> Self {
        Self::Malformed(format!("the request is no remote write 1.0: {error}"))
    }
}
