//! Choosing a server: offers as people write them down, what each would cost and carry under what was
//! measured, and which of them suits best.
//!
//! Pure: values in, values out; it knows no store, no page and no clock. What is drawn is drawn from a
//! seed, so the same inputs give the same report.

// What is offered, and what is wanted.
mod choice;
mod decision;
mod exchange;
mod offer;
mod set;

// What is to come, and what an offer makes of it.
mod bill;
mod cycle;
mod demand;
mod evaluation;
mod members;
mod worlds;

// Which suits.
mod criteria;
mod gate;
mod ranking;

pub use self::bill::{Bill, Item, Months};
pub use self::choice::{Choice, Musts, Weights};
pub use self::criteria::{Criterion, Scored};
pub use self::cycle::{Outlook, QuotaOutlook, Running, outlook};
pub use self::decision::{Assumption, Decision, InForce};
pub use self::demand::{Demand, Growth, Peak};
pub use self::evaluation::{Evaluated, Held, Middle, QuotaEnd, evaluate};
pub use self::exchange::Exchange;
pub use self::gate::Failed;
pub use self::members::{Link, Member, Reach, Way};
pub(crate) use self::offer::MONTH_HOURS;
pub use self::offer::{Fee, Hardware, Offer, Ownership, Part, Renewal, Server, Site, Support};
pub use self::ranking::{Ranked, Ranking, Standing};
pub use self::worlds::{DRAWS, Draw, Worlds};

/// All that a file of offers says.
#[derive(Debug, Clone, PartialEq)]
pub struct Catalogue {
    /// The offers, in the order of the file.
    pub offers: Vec<Offer>,
    /// What is wanted.
    pub choice: Choice,
    /// How currencies compare.
    pub exchange: Exchange,
    /// What was decided.
    pub decisions: Vec<Decision>,
    /// Whether its figures are made up, to show what a report looks like.
    pub is_example: bool,
}

#[cfg(test)]
mod tests;
