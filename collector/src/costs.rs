//! Who pays what: bills, their split over organisations, and the balances of a month.
//!
//! Money is counted in whole minor units, so that parts always sum to their whole. Pure: it knows who
//! used how much and not where that was measured.

mod airport;
mod bill;
mod ledger;
mod money;
mod month;
mod split;

pub use self::bill::{Basis, Bill, Part};
pub use self::ledger::{Balance, Transfer, balances, transfers};
pub use self::money::{Currency, Money, MoneyError};
pub use self::month::{Month, MonthError, Months};
pub use self::split::split;

/// What an organisation used in a month.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Use {
    /// Hours of people in its rooms.
    pub hours: f64,
    /// Bytes sent for it.
    pub bytes: f64,
    /// Bytes sent for it in the busiest hour of each host.
    pub busiest_bytes: f64,
    /// Bytes sent for it in its own busiest hour on each host.
    pub peak_bytes: f64,
}

impl Use {
    /// Both together.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self {
            hours: self.hours + other.hours,
            bytes: self.bytes + other.bytes,
            busiest_bytes: self.busiest_bytes + other.busiest_bytes,
            peak_bytes: self.peak_bytes + other.peak_bytes,
        }
    }
}
