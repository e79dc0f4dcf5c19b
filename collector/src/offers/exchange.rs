//! Currencies beside each other, from a table with a date.

use std::collections::BTreeMap;

use jiff::civil::Date;

use crate::costs::{Currency, Money};

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

    /// The same amount in another currency, to its nearest unit; none where there is no rate.
    pub fn convert(&self, money: Money, to: Currency) -> Option<Money> {
        if money.currency == to {
            return Some(money);
        }
        let rate = if to == self.base { 1.0 } else { *self.rates.get(&to)? };
        let whole = self.in_base(money.minor as f64, money.currency) * rate;
        let minor = whole * 10_f64.powi(to.digits() as i32);
        minor.is_finite().then(|| Money { minor: minor.round() as i64, currency: to })
    }
}
