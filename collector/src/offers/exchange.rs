//! Currencies beside each other, from a table with a date.

use std::collections::BTreeMap;

use jiff::civil::Date;

use crate::costs::Currency;

/// How much of each currency one gets for one of the base.
#[derive(Debug, Clone, PartialEq)]
pub struct Exchange {
    /// In what all is compared.
    pub base: Currency,
    /// When the rates held.
    pub date: Option<Date>,
    /// Of each other currency.
    pub rates: BTreeMap<Currency, f64>,
}

impl Exchange {
    /// All is in one currency.
    pub fn of(base: Currency) -> Self {
        Self { base, date: None, rates: BTreeMap::new() }
    }

    /// Whether a currency can be compared.
    pub fn knows(&self, currency: Currency) -> bool {
        currency == self.base || self.rates.contains_key(&currency)
    }

    /// An amount in minor units, in whole units of the base; not a number where there is no rate.
    pub fn in_base(&self, minor: f64, currency: Currency) -> f64 {
        let whole = minor / 10_f64.powi(currency.digits() as i32);
        if currency == self.base {
            return whole;
        }
        self.rates.get(&currency).map_or(f64::NAN, |rate| whole / rate)
    }
}
