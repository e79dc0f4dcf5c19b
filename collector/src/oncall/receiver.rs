//! A receiver of messages, as it is configured.

use std::fmt;

use super::formats::Format;

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
}

/// A text that is shown to nobody.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// Keeps a text.
    pub fn new(text: String) -> Self {
        Self(text)
    }

    /// The text, for the one that it is for.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("<secret>")
    }
}
