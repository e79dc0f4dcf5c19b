//! The names of the samplers, by which an operator leaves some of them out.

use std::str::FromStr;

/// What an operator may leave out.
const NAMES: [&str; 19] = [
    "containers",
    "cpu",
    "disks",
    "filesystems",
    "hardware",
    "host",
    "load",
    "memory",
    "netstat",
    "network",
    "pressure",
    "processes",
    "recordings",
    "scheduler",
    "sockets",
    "softnet",
    "tables",
    "textfiles",
    "units",
];

/// A sampler, by the name that it has in `headroom_agent_sampler_success`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SamplerName(&'static str);

/// Why a text is no sampler's name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("must be one of {}", NAMES.join(", "))]
pub struct SamplerNameError;

impl FromStr for SamplerName {
    type Err = SamplerNameError;

    fn from_str(text: &str) -> Result<Self, SamplerNameError> {
        NAMES.iter().find(|name| **name == text).map(|name| Self(name)).ok_or(SamplerNameError)
    }
}

impl SamplerName {
    /// All of them.
    pub fn all() -> impl Iterator<Item = Self> {
        NAMES.into_iter().map(Self)
    }

    /// The name.
    pub fn as_str(&self) -> &'static str {
        self.0
    }
}
