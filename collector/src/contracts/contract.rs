//! The forms of contracts.

/// What of a shared port one counts on, as a part of its speed: others use it, too.
pub const SHARED_PART: f64 = 0.5;

/// What a provider asks for traffic, and what it lets through.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Contract {
    /// What passes.
    pub port: Port,
    /// Which traffic counts.
    pub counted: Counted,
    /// What it costs.
    pub form: Form,
}

/// The port of a server.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Port {
    /// Its speed, in Mbit/s.
    pub mbit: f64,
    /// Who else uses it.
    pub sharing: Sharing,
    /// A higher speed at the beginning of each month.
    pub burst: Option<Burst>,
}

/// Who uses a port.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Sharing {
    /// One server alone.
    Dedicated,
    /// Several: one counts on this part of its speed.
    Shared {
        /// Between 0 and 1.
        part: f64,
    },
}

/// A speed that holds until a volume is used up.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Burst {
    /// In Mbit/s.
    pub mbit: f64,
    /// Of the traffic that counts, in a month.
    pub until_bytes: f64,
}

/// Which traffic counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Counted {
    /// What leaves.
    Out,
    /// What leaves and what comes, together.
    InAndOut,
    /// The greater of both.
    Greater,
}

/// What traffic costs, beside the fee of a month.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Form {
    /// Nothing, however much it is.
    Unmetered,
    /// Nothing up to a volume in each month.
    Quota {
        /// The volume.
        included_bytes: f64,
        /// What is beyond it.
        beyond: Beyond,
    },
    /// Volumes are bought ahead, and expire.
    Prepaid {
        /// How much one has.
        pack_bytes: f64,
        /// What one costs, in minor units.
        price: i64,
        /// In how many months it can be used, that of the purchase among them; at least 1.
        months: u32,
    },
    /// The 95th percentile of five minutes, beyond what the fee covers.
    Percentile {
        /// What the fee covers, in Mbit/s.
        commit_mbit: f64,
        /// What each Mbit/s beyond it costs, in minor units.
        price: i64,
    },
}

/// What is beyond a quota.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Beyond {
    /// It has a price.
    Priced(Price),
    /// It is slow until the month ends.
    Throttled {
        /// What still passes, in Mbit/s.
        mbit: f64,
    },
    /// Nothing happens, but the provider may ask for more or end the contract: "unlimited", with a
    /// limit for what is fair.
    Unfair,
}

/// The price of a volume.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Price {
    /// In minor units, of each unit of volume.
    pub minor: i64,
    /// The unit of volume: a TB, or a TiB.
    pub unit_bytes: f64,
    /// How parts of a unit count.
    pub rounding: Rounding,
}

/// How parts of a unit count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rounding {
    /// Each that has begun counts whole.
    Whole,
    /// By their size.
    Exact,
}

/// Less than this part of a unit is noise of sums, and begins no unit: a kilobyte of a TB.
const NOISE: f64 = 1e-9;

impl Port {
    /// What one counts on, in Mbit/s, once so many bytes have counted in the month.
    pub fn speed_mbit(&self, counted_bytes: f64) -> f64 {
        let mbit = match self.burst {
            Some(burst) if counted_bytes < burst.until_bytes => burst.mbit.max(self.mbit),
            Some(_) | None => self.mbit,
        };
        mbit * self.sharing.part()
    }

    /// What one counts on for good, in Mbit/s.
    pub fn lasting_mbit(&self) -> f64 {
        self.mbit * self.sharing.part()
    }
}

impl Sharing {
    fn part(self) -> f64 {
        match self {
            Self::Dedicated => 1.0,
            Self::Shared { part } => part,
        }
    }
}

impl Counted {
    /// What counts of so much in each direction.
    pub fn of(self, sent: f64, received: f64) -> f64 {
        match self {
            Self::Out => sent,
            Self::InAndOut => sent + received,
            Self::Greater => sent.max(received),
        }
    }

    /// For people.
    pub fn words(self) -> &'static str {
        match self {
            Self::Out => "what is sent",
            Self::InAndOut => "what is sent and received",
            Self::Greater => "the greater of sent and received",
        }
    }
}

impl Price {
    /// What a volume costs, in minor units.
    pub fn of(&self, bytes: f64) -> i64 {
        let units = bytes.max(0.0) / self.unit_bytes;
        let units = match self.rounding {
            Rounding::Whole => (units - NOISE).ceil().max(0.0),
            Rounding::Exact => units,
        };
        (units * self.minor as f64).round() as i64
    }
}
