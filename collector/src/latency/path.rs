//! A path, and what its last hour was like. Pure.

use headroom_proto::metric::BROWSER;
use headroom_proto::wire::ProbeKind;

use super::distance::Bound;
use super::quality::{Leg, Quality};
use super::series::kind_name;

/// A path, in the order that people look for it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct PathName {
    /// Who pings.
    pub vantage: String,
    /// Which datacentre.
    pub datacentre: String,
    /// The target, as the configuration writes it.
    pub target: String,
    /// How it is asked.
    pub kind: String,
    /// Over which family.
    pub family: String,
}

impl PathName {
    /// How it is told from the other paths to its datacentre, in addresses.
    pub fn key(&self) -> String {
        format!("{}/{}/{}/{}", self.vantage, self.kind, self.family, self.target)
    }

    /// Where it stands among those of a vantage and a datacentre: what is nearest to the way of a conversation
    /// first, IPv4 before IPv6.
    pub fn order(&self) -> (usize, &str) {
        let kinds = [ProbeKind::Icmp, ProbeKind::Stun, ProbeKind::Tcp, ProbeKind::Https];
        let place = kinds.into_iter().position(|kind| kind_name(kind) == self.kind);
        (place.unwrap_or(kinds.len()), &self.family)
    }

    /// Whether members measure it, each when it pleases.
    pub(super) fn is_browser(&self) -> bool {
        self.kind == BROWSER
    }

    /// Whether its round trips are the way there and back, and no more.
    pub(super) fn is_plain(&self) -> bool {
        self.kind != kind_name(ProbeKind::Https) && !self.is_browser()
    }
}

/// The last hour of a path.
#[derive(Debug, Clone, PartialEq)]
pub struct PathHour {
    /// The path.
    pub name: PathName,
    /// Why there is nothing to see now; none if there is.
    pub hole: Option<Hole>,
    /// The median of the medians, in milliseconds.
    pub median_ms: Option<f64>,
    /// The least round trip.
    pub least_ms: Option<f64>,
    /// Jitter of the last round.
    pub jitter_ms: Option<f64>,
    /// Jitter of the last train, at the pace of speech.
    pub speech_jitter_ms: Option<f64>,
    /// What the median usually is at this hour of the week, in milliseconds, as far as that is known.
    pub usual_ms: Option<f64>,
    /// The part of pings that was not answered; none without pings.
    pub loss_ratio: Option<f64>,
    /// How a packet of speech fares on it, as far as signs agree; none of a page, whose time is not that of a
    /// packet.
    pub leg: Option<Leg>,
    /// How two members there would hear each other through the datacentre; none of a page, likewise.
    pub quality: Option<Quality>,
    /// How far it is, where both places are known; none of a page, likewise.
    pub bound: Option<Bound>,
    /// The medians of the hour by minute, in milliseconds.
    pub trace_ms: Vec<Option<f64>>,
    /// The last round, in Unix milliseconds.
    pub last_ms: Option<i64>,
}

impl PathHour {
    /// An hour of which nothing is known.
    pub(super) fn unknown(name: PathName) -> Self {
        Self {
            name,
            hole: None,
            median_ms: None,
            least_ms: None,
            jitter_ms: None,
            speech_jitter_ms: None,
            usual_ms: None,
            loss_ratio: None,
            leg: None,
            quality: None,
            bound: None,
            trace_ms: Vec::new(),
            last_ms: None,
        }
    }
}

/// Why a path shows nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hole {
    /// No round has been told yet.
    NotYet,
    /// None lately.
    Silent,
    /// None lately, and that is as it should be: who would tell it is not asked, or there is nothing to ask.
    NotAsked,
    /// The vantage was cut off.
    VantageOffline,
    /// Nothing is answered.
    NoAnswer,
    /// ICMP is not answered, and other pings from there are.
    Filtered,
}

impl Hole {
    /// In words.
    pub fn words(self) -> &'static str {
        match self {
            Self::NotYet => "no round yet: the first takes a minute",
            Self::Silent => "no round for three minutes: the agent does not report",
            Self::NotAsked => {
                "no round for three minutes: it is no longer asked for, its vantage refuses it, or its name has no \
                 such address"
            }
            Self::VantageOffline => {
                "vantage offline: over this family it reaches nobody, not even its own gateway"
            }
            Self::NoAnswer => "nothing is answered",
            Self::Filtered => {
                "ICMP is not answered, but other pings are: a filter or a limit of rate"
            }
        }
    }
}
