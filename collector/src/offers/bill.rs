//! What an offer costs in a month, by its parts.

use super::offer::Offer;
use crate::contracts::Statement;

/// For what money is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Item {
    /// The price of the month.
    Fee,
    /// What was paid once, over all months.
    SetUp,
    /// Hardware that wears off.
    Hardware,
    /// Power.
    Power,
    /// Traffic beyond what the price covers.
    Traffic,
    /// What comes on top of all.
    Tax,
}

/// A month, in minor units of the offer's currency.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Bill {
    /// Those that are not zero; they sum to all.
    pub parts: Vec<(Item, i64)>,
}

/// How many months a plan is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Months(pub u32);

impl Item {
    /// All of them, in the order of a bill.
    pub const ALL: [Self; 6] =
        [Self::Fee, Self::SetUp, Self::Hardware, Self::Power, Self::Traffic, Self::Tax];

    /// For people.
    pub fn words(self) -> &'static str {
        match self {
            Self::Fee => "price",
            Self::SetUp => "set-up",
            Self::Hardware => "hardware",
            Self::Power => "power",
            Self::Traffic => "traffic",
            Self::Tax => "tax",
        }
    }
}

impl Bill {
    /// The bill of one month of several, counted from 0, with its traffic.
    pub fn of(offer: &Offer, month: u32, months: Months, statement: &Statement) -> Self {
        let fee = &offer.fee;
        let renewed = fee.renewal.filter(|renewal| month >= renewal.after_months);
        let hardware = fee.hardware.as_ref();
        let net = [
            (Item::Fee, renewed.map_or(fee.monthly, |renewal| renewal.monthly)),
            (Item::SetUp, part_of(fee.setup, month, months)),
            (Item::Hardware, hardware.map_or(0, super::offer::Hardware::monthly)),
            (Item::Power, hardware.map_or(0, super::offer::Hardware::power)),
            (Item::Traffic, statement.total()),
        ];
        let sum: i64 = net.iter().map(|(_, minor)| minor).sum();
        let tax = (sum as f64 * fee.tax).round() as i64;
        let parts = net.into_iter().chain([(Item::Tax, tax)]);
        Self { parts: parts.filter(|(_, minor)| *minor != 0).collect() }
    }

    /// All of it.
    pub fn total(&self) -> i64 {
        self.parts.iter().map(|(_, minor)| minor).sum()
    }

    /// One part.
    pub fn part(&self, item: Item) -> i64 {
        self.parts.iter().filter(|(known, _)| *known == item).map(|(_, minor)| minor).sum()
    }
}

/// What one month has of what is paid once: all months together have exactly that.
fn part_of(whole: i64, month: u32, months: Months) -> i64 {
    let until = |month: u32| whole * i64::from(month) / i64::from(months.0.max(1));
    until(month + 1) - until(month)
}
