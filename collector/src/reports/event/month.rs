//! What a host costs in a month, by its bills. Pure.

use crate::costs::{Money, Month};
use crate::offers::Exchange;
use crate::reports::plan::Plan;

/// What a host costs.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct HostMonth {
    /// All bills together, in the currency of the first; none where no bill says what it costs.
    pub money: Option<Money>,
    /// The names of bills in other currencies that no rate compares: they are no part of it.
    pub left_out: Vec<String>,
}

impl HostMonth {
    /// By the bills of a month, those of several hosts by their number.
    pub fn of(plan: &Plan, host: &str, month: Month) -> Self {
        let exchange = plan.offers.as_ref().map(|catalogue| &catalogue.exchange);
        let mut all = Self::default();
        let is_own = |hosts: &[String]| hosts.iter().any(|known| known == host);
        for bill in plan.bills.iter().filter(|one| is_own(&one.hosts) && one.months.have(month)) {
            let part = bill.amount.times(1.0 / bill.hosts.len().max(1) as f64);
            if !all.add(part, exchange) {
                all.left_out.push(bill.name.clone());
            }
        }
        all.money = all.money.filter(|money| money.minor > 0);
        all
    }

    /// Tells whether it can be added.
    fn add(&mut self, part: Money, exchange: Option<&Exchange>) -> bool {
        let Some(known) = self.money else {
            self.money = Some(part);
            return true;
        };
        let same = Some(part).filter(|part| part.currency == known.currency);
        let part = same.or_else(|| exchange?.convert(part, known.currency));
        self.money =
            Some(Money { minor: known.minor + part.map_or(0, |part| part.minor), ..known });
        part.is_some()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::costs::{Basis, Bill, Currency, Months};
    use crate::offers::{Catalogue, Choice};

    fn bill(name: &str, amount: &str, hosts: &[&str]) -> Bill {
        Bill {
            name: name.into(),
            amount: amount.parse().unwrap(),
            paid_by: None,
            shared_by: Vec::new(),
            hosts: hosts.iter().map(|host| (*host).to_owned()).collect(),
            equal: 0.0,
            by: Basis::UserHours,
            months: Months { from: None, until: None },
        }
    }

    fn of(bills: Vec<Bill>, rate: Option<f64>) -> HostMonth {
        let rates = rate.map(|rate| ("USD".parse().unwrap(), rate)).into_iter().collect();
        let catalogue = Catalogue {
            offers: Vec::new(),
            choice: Choice::default(),
            exchange: Exchange { rates, ..Exchange::of(Currency::EURO) },
            decisions: Vec::new(),
            is_example: false,
        };
        let plan = Plan { bills, offers: Some(Arc::new(catalogue)), ..Plan::default() };
        HostMonth::of(&plan, "ca1", "2020-07".parse().unwrap())
    }

    #[test]
    fn bills_of_a_host_sum_in_one_currency_and_what_no_rate_compares_is_named() {
        let euros = || bill("rent", "100.00 EUR", &["ca1", "ca2"]);
        let dollars = || bill("backup", "12.00 USD", &["ca1"]);
        let month = |text: &str| text.parse::<Money>().ok();
        let found = of(vec![euros(), dollars(), bill("other", "9.00 EUR", &["de1"])], Some(1.2));
        assert_eq!(found, HostMonth { money: month("60.00 EUR"), left_out: Vec::new() });
        let found = of(vec![euros(), dollars()], None);
        assert_eq!(found, HostMonth { money: month("50.00 EUR"), left_out: vec!["backup".into()] });
        let found = of(vec![dollars(), euros()], Some(1.2));
        assert_eq!(found.money, month("72.00 USD"));
        // A refund of all is no price.
        let found = of(vec![euros(), bill("refund", "-50.00 EUR", &["ca1"])], None);
        assert_eq!(found, HostMonth::default());
    }
}
