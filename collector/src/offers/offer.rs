//! An offer, as its provider makes it.

use jiff::civil::Date;

use crate::contracts::Contract;
use crate::costs::{Currency, Money};
use crate::latency::Coordinates;

/// A server that one can have.
#[derive(Debug, Clone, PartialEq)]
pub struct Offer {
    /// What people call it.
    pub name: String,
    /// Who offers it.
    pub provider: Option<String>,
    /// Where it stands.
    pub site: Site,
    /// Where its figures are from.
    pub source: Option<String>,
    /// When they were read.
    pub read: Option<Date>,
    /// In what it is paid.
    pub currency: Currency,
    /// What is paid besides traffic.
    pub fee: Fee,
    /// What one gets.
    pub server: Server,
    /// What traffic costs, and what passes.
    pub contract: Contract,
    /// Whose it is.
    pub ownership: Option<Ownership>,
    /// Who answers when it fails.
    pub support: Option<Support>,
    /// Whose law holds.
    pub jurisdiction: Option<String>,
    /// Grams of carbon dioxide for a kilowatt hour of its grid.
    pub grid_carbon: Option<f64>,
    /// What else is to be said.
    pub notes: Option<String>,
    /// The servers that it is a set of; of one server alone none.
    pub set: Vec<Part>,
}

/// One server of a set.
#[derive(Debug, Clone, PartialEq)]
pub struct Part {
    /// What it is.
    pub offer: Offer,
    /// Which part of what is sent it takes, between 0 and 1.
    pub part: f64,
}

/// Where a server stands.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Site {
    /// As people say it.
    pub place: Option<String>,
    /// The datacentre that is pinged for it.
    pub datacentre: Option<String>,
    /// On the earth.
    pub coordinates: Option<Coordinates>,
}

/// What is paid besides traffic, in minor units of the offer's currency.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Fee {
    /// Each month.
    pub monthly: i64,
    /// Another price after some months.
    pub renewal: Option<Renewal>,
    /// Once.
    pub setup: i64,
    /// For how many months one is bound.
    pub term_months: u32,
    /// A part of the price that comes on top of it.
    pub tax: f64,
    /// What one owns.
    pub hardware: Option<Hardware>,
}

/// A price that holds after some months.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Renewal {
    /// Each month.
    pub monthly: i64,
    /// After so many months.
    pub after_months: u32,
}

/// Hardware of one's own.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Hardware {
    /// What it cost to buy.
    pub purchase: i64,
    /// How long it is to serve.
    pub years: f64,
    /// What it draws, in watts.
    pub watts: f64,
    /// What a kilowatt hour costs.
    pub tariff: i64,
}

/// What one gets.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Server {
    /// Cores.
    pub cores: Option<f64>,
    /// Threads, two to a core of most.
    pub threads: Option<f64>,
    /// A public score of one thread.
    pub thread_score: Option<f64>,
    /// Memory, in bytes.
    pub memory_bytes: Option<f64>,
    /// Disks, in bytes together.
    pub disk_bytes: Option<f64>,
    /// What the disks are, in words.
    pub disks: Option<String>,
    /// What it draws, in watts.
    pub watts: Option<f64>,
}

/// Whose a server is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Ownership {
    /// A cooperative's.
    Cooperative,
    /// A community's: an association, a free network.
    Community,
    /// One's own.
    Own,
    /// A public body's.
    Public,
    /// A company's.
    Company,
}

/// Who answers when a server fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Support {
    /// Nobody.
    Nobody,
    /// Tickets, whenever they are read.
    Tickets,
    /// People, by day.
    ByDay,
    /// People, at night too.
    OnCall,
}

/// Hours of a month, on average over a year.
pub(crate) const MONTH_HOURS: f64 = 730.5;

/// Rooms do not split evenly: in its highest minute a server with a part of what is sent has so much of
/// the rest on top. Of two alike the busier then has five eighths.
const UNEVEN: f64 = 0.25;

impl Part {
    /// Which part of the host's highest minute it has in its own.
    pub fn of_peak(&self) -> f64 {
        self.part + (1.0 - self.part) * UNEVEN
    }
}

impl Ownership {
    /// All of them.
    pub const ALL: [Self; 5] =
        [Self::Cooperative, Self::Community, Self::Own, Self::Public, Self::Company];

    /// As files write it, and people read it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Cooperative => "cooperative",
            Self::Community => "community",
            Self::Own => "own",
            Self::Public => "public",
            Self::Company => "company",
        }
    }
}

impl Support {
    /// All of them, the best last.
    pub const ALL: [Self; 4] = [Self::Nobody, Self::Tickets, Self::ByDay, Self::OnCall];

    /// As files write it, and people read it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Nobody => "nobody",
            Self::Tickets => "tickets",
            Self::ByDay => "by-day",
            Self::OnCall => "on-call",
        }
    }

    /// From 0 to 1.
    pub fn rank(self) -> f64 {
        match self {
            Self::Nobody => 0.0,
            Self::Tickets => 1.0 / 3.0,
            Self::ByDay => 2.0 / 3.0,
            Self::OnCall => 1.0,
        }
    }
}

impl Hardware {
    /// What wears off in a month.
    pub fn monthly(&self) -> i64 {
        (self.purchase as f64 / (self.years * 12.0)).round() as i64
    }

    /// What power costs in a month.
    pub fn power(&self) -> i64 {
        (self.watts / 1e3 * MONTH_HOURS * self.tariff as f64).round() as i64
    }
}

impl Offer {
    /// An offer of which nothing is said but its price and its contract.
    pub fn of(name: &str, monthly: Money, contract: Contract) -> Self {
        Self {
            name: name.to_owned(),
            provider: None,
            site: Site::default(),
            source: None,
            read: None,
            currency: monthly.currency,
            fee: Fee { monthly: monthly.minor, ..Fee::default() },
            server: Server::default(),
            contract,
            ownership: None,
            support: None,
            jurisdiction: None,
            grid_carbon: None,
            notes: None,
            set: Vec::new(),
        }
    }

    /// Its servers, each with its part of what is sent and of the highest minute: itself, of no set.
    pub fn servers(&self) -> Vec<(&Self, [f64; 2])> {
        if self.set.is_empty() {
            return vec![(self, [1.0, 1.0])];
        }
        self.set.iter().map(|one| (&one.offer, [one.part, one.of_peak()])).collect()
    }
}

impl Server {
    /// Its cores, as work goes: two threads of a core do a quarter more than one.
    pub fn working_cores(&self) -> Option<f64> {
        let threads_of = |cores: f64| self.threads.is_some_and(|threads| threads >= 2.0 * cores);
        match (self.cores, self.threads) {
            (Some(cores), _) if threads_of(cores) => Some(cores * 1.25),
            (Some(cores), _) => Some(cores),
            (None, Some(threads)) => Some(threads / 2.0 * 1.25),
            (None, None) => None,
        }
    }
}
