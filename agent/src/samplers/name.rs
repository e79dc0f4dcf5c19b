//! The names of the samplers, by which an operator leaves some of them out and asks for others.

use std::str::FromStr;

/// What an operator may leave out.
const NAMES: [&str; 20] = [
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
    "timex",
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

/// A sampler that is only there if an operator asks for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExtraName {
    /// Figures of interfaces' drivers.
    Ethtool,
    /// Interrupts by core.
    Interrupts,
    /// Processes and threads by state.
    ProcessStates,
    /// All units of systemd, in place of those that are named.
    Systemd,
    /// Sockets of TCP by state.
    Tcpstat,
}

/// Why a text is no such sampler's name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("must be one of {}", ExtraName::ALL.map(ExtraName::as_str).join(", "))]
pub struct ExtraNameError;

impl ExtraName {
    /// All of them.
    pub const ALL: [Self; 5] =
        [Self::Ethtool, Self::Interrupts, Self::ProcessStates, Self::Systemd, Self::Tcpstat];

    /// The name that it has in `headroom_agent_sampler_success`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Ethtool => "ethtool",
            Self::Interrupts => "interrupts",
            Self::ProcessStates => "process_states",
            Self::Systemd => "systemd",
            Self::Tcpstat => "tcpstat",
        }
    }
}

impl FromStr for ExtraName {
    type Err = ExtraNameError;

    fn from_str(text: &str) -> Result<Self, ExtraNameError> {
        Self::ALL.into_iter().find(|name| name.as_str() == text).ok_or(ExtraNameError)
    }
}
