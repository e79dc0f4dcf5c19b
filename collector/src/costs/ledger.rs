//! What each organisation owes of all bills, what it has paid for all, and who settles with whom.

use std::collections::BTreeMap;

use super::bill::{Bill, Part};

/// How one organisation stands in one currency, in minor units.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Balance {
    /// Which one.
    pub organisation: String,
    /// Its parts of all bills.
    pub owes: i64,
    /// What it has paid for all.
    pub paid: i64,
}

/// A payment that settles.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Transfer {
    /// Who pays.
    pub from: String,
    /// Whom.
    pub to: String,
    /// How much, in minor units.
    pub amount: i64,
}

impl Balance {
    /// What it gets back; negative if it has to pay.
    pub fn balance(&self) -> i64 {
        self.paid - self.owes
    }
}

/// Adds up bills of one currency with their parts, by organisation.
pub fn balances<'b>(bills: impl IntoIterator<Item = (&'b Bill, &'b [Part])>) -> Vec<Balance> {
    let mut all: BTreeMap<String, Balance> = BTreeMap::new();
    let entry = |all: &mut BTreeMap<String, Balance>, name: &str, owes: i64, paid: i64| {
        let nothing = Balance { organisation: name.to_owned(), owes: 0, paid: 0 };
        let one = all.entry(name.to_owned()).or_insert(nothing);
        (one.owes, one.paid) = (one.owes + owes, one.paid + paid);
    };
    for (bill, parts) in bills {
        for part in parts {
            entry(&mut all, &part.organisation, part.all(), 0);
        }
        if let Some(payer) = &bill.paid_by {
            entry(&mut all, payer, 0, bill.amount.minor);
        }
    }
    all.into_values().collect()
}

/// Few payments after which nobody owes anything to those who paid: whoever owes most pays whoever
/// gets most, again and again. What nobody has paid yet stays owed.
pub fn transfers(balances: &[Balance]) -> Vec<Transfer> {
    let mut open: Vec<(i64, &str)> =
        balances.iter().map(|one| (one.balance(), &*one.organisation)).collect();
    let mut transfers = Vec::new();
    loop {
        // Of equal ones the first by name.
        open.sort_by(|a, b| a.0.cmp(&b.0).then(a.1.cmp(b.1)));
        let (Some(&(least, from)), Some(&(most, _))) = (open.first(), open.last()) else { break };
        let creditor = open.iter().position(|(balance, _)| *balance == most).unwrap_or(0);
        let amount = most.min(-least);
        if amount <= 0 {
            break;
        }
        let to = open[creditor].1;
        transfers.push(Transfer { from: from.to_owned(), to: to.to_owned(), amount });
        open[0].0 += amount;
        open[creditor].0 -= amount;
    }
    transfers
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::*;
    use crate::costs::{Basis, Months, Use};

    fn bill(amount: &str, payer: &str, equal: f64) -> Bill {
        Bill {
            name: amount.into(),
            amount: amount.parse().unwrap(),
            paid_by: (!payer.is_empty()).then(|| payer.to_owned()),
            shared_by: Vec::new(),
            hosts: Vec::new(),
            equal,
            by: Basis::UserHours,
            months: Months { from: None, until: None },
        }
    }

    fn ledger(bills: &[Bill], hours: &[(&'static str, f64)]) -> Vec<Balance> {
        let used =
            |(name, hours): &(&'static str, f64)| (*name, Use { hours: *hours, ..Use::default() });
        let parts: Vec<Vec<Part>> =
            bills.iter().map(|bill| bill.parts(hours.iter().map(used))).collect();
        balances(bills.iter().zip(&parts).map(|(bill, parts)| (bill, &**parts)))
    }

    #[test]
    fn who_paid_for_all_gets_back_what_the_others_owe() {
        let bills = [bill("100.00 EUR", "a", 0.0), bill("-20.00 EUR", "b", 0.0)];
        let found = ledger(&bills, &[("a", 1.0), ("b", 1.0), ("c", 2.0)]);
        let short: Vec<(&str, i64, i64)> =
            found.iter().map(|one| (&*one.organisation, one.owes, one.paid)).collect();
        assert_eq!(short, [("a", 2000, 10_000), ("b", 2000, -2000), ("c", 4000, 0)]);
        let payments: Vec<String> = transfers(&found)
            .iter()
            .map(|one| format!("{}>{} {}", one.from, one.to, one.amount))
            .collect();
        assert_eq!(payments, ["b>a 4000", "c>a 4000"]);
    }

    #[test]
    fn a_bill_that_nobody_paid_stays_owed_and_a_payer_need_not_share() {
        let found = ledger(&[bill("30.00 EUR", "", 1.0)], &[("a", 1.0), ("b", 0.0)]);
        assert_eq!(found.iter().map(Balance::balance).sum::<i64>(), -3000);
        assert!(transfers(&found).is_empty());
        let found = ledger(&[bill("30.00 EUR", "d", 1.0)], &[("a", 1.0), ("b", 0.0)]);
        assert_eq!(transfers(&found).len(), 2);
    }

    proptest! {
        #[test]
        fn payments_settle_all_that_was_paid(balances in vec(-100_000i64..100_000, 1..12)) {
            let all: Vec<Balance> = balances
                .iter()
                .enumerate()
                .map(|(n, balance)| Balance { organisation: n.to_string(), owes: 0, paid: *balance })
                .collect();
            let mut open: BTreeMap<String, i64> =
                all.iter().map(|one| (one.organisation.clone(), one.balance())).collect();
            let payments = transfers(&all);
            prop_assert!(payments.len() < balances.len().max(1));
            for one in payments {
                prop_assert!(one.amount > 0);
                *open.get_mut(&one.from).unwrap() += one.amount;
                *open.get_mut(&one.to).unwrap() -= one.amount;
            }
            let (least, most) = (open.values().min().unwrap(), open.values().max().unwrap());
            prop_assert!(*least == 0 || *most == 0 || (least.signum() == most.signum()));
        }
    }
}
