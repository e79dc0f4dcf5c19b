//! What a month comes to by a contract.

/// What is to be paid for traffic, beside the fee of the month.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Charge {
    /// For what.
    pub what: Charged,
    /// In minor units.
    pub minor: i64,
}

/// What is charged for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Charged {
    /// What lies beyond a quota.
    BeyondQuota,
    /// Volumes that were bought ahead.
    Packs,
    /// What the 95th percentile has beyond the commit.
    BeyondCommit,
}

/// A month by a contract.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Statement {
    /// What is to be paid; they sum to all of it.
    pub charges: Vec<Charge>,
    /// What counted, in bytes.
    pub counted_bytes: f64,
    /// What is billed by the 95th percentile, in Mbit/s.
    pub percentile_mbit: Option<f64>,
    /// When the quota was used up, Unix time in milliseconds.
    pub quota_ends_ms: Option<i64>,
    /// Minutes in which more was wanted than a throttle let through.
    pub throttled_minutes: f64,
    /// Minutes in which more was wanted than the port lets through.
    pub above_port_minutes: f64,
    /// People times minutes of both.
    pub hampered_person_minutes: f64,
    /// Whether what is fair was passed.
    pub is_unfair: bool,
}

impl Charged {
    /// For people.
    pub fn words(self) -> &'static str {
        match self {
            Self::BeyondQuota => "traffic beyond the quota",
            Self::Packs => "traffic bought ahead",
            Self::BeyondCommit => "traffic beyond the commit",
        }
    }
}

impl Statement {
    /// All that is to be paid, in minor units.
    pub fn total(&self) -> i64 {
        self.charges.iter().map(|charge| charge.minor).sum()
    }

    /// Whether everything passed, and nothing was beyond what is fair.
    pub fn holds(&self) -> bool {
        self.throttled_minutes == 0.0 && self.above_port_minutes == 0.0 && !self.is_unfair
    }
}
