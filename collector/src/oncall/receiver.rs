//! A receiver of messages, as it is configured.

use super::formats::Format;
use super::secret::Secret;

/// Where messages go.
#[derive(Debug, Clone)]
pub struct Receiver {
    /// Its name.
    pub name: String,
    /// How messages are written for it.
    pub format: Format,
    /// The address of its server.
    pub url: String,
    /// What is shown to it, if it asks for anything.
    pub token: Option<Secret>,
    /// How many messages it gets one by one in an hour, if people read them.
    pub budget: Option<usize>,
}
