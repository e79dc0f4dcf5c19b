//! A bill, and what each organisation has of it.

use super::Use;
use super::money::Money;
use super::month::Months;
use super::split::split;

/// A bill of each month, or of some.
#[derive(Debug, Clone, PartialEq)]
pub struct Bill {
    /// What people call it.
    pub name: String,
    /// What it is; a refund is negative.
    pub amount: Money,
    /// Who pays it, for all.
    pub paid_by: Option<String>,
    /// Who shares it; all organisations if none is named.
    pub shared_by: Vec<String>,
    /// Whose use counts: that of these hosts; of all if none is named.
    pub hosts: Vec<String>,
    /// The part that all share alike, between 0 and 1. The rest goes by use.
    pub equal: f64,
    /// By which use.
    pub by: Basis,
    /// When it comes.
    pub months: Months,
}

/// What use is counted by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Basis {
    /// Hours of people.
    UserHours,
    /// Bytes sent.
    Bytes,
}

/// What one organisation has of a bill, in minor units of its currency.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    /// Whose it is.
    pub organisation: String,
    /// Of what is shared alike.
    pub equal: i64,
    /// Of what goes by use.
    pub by_use: i64,
}

impl Basis {
    /// How much somebody used.
    pub fn of(self, used: Use) -> f64 {
        match self {
            Self::UserHours => used.hours,
            Self::Bytes => used.bytes,
        }
    }

    /// For people.
    pub fn words(self) -> &'static str {
        match self {
            Self::UserHours => "user hours",
            Self::Bytes => "bytes sent",
        }
    }
}

impl Part {
    /// All of it.
    pub fn all(&self) -> i64 {
        self.equal + self.by_use
    }
}

impl Bill {
    /// Splits it over those who share it, in their order: an equal part for each, the rest by use
    /// (Cerdà-Alabern, Baig and Navarro, Computer Networks 168, 2020).
    pub fn parts<'o>(&self, organisations: impl IntoIterator<Item = (&'o str, Use)>) -> Vec<Part> {
        let shares = |name: &str| {
            self.shared_by.is_empty() || self.shared_by.iter().any(|known| known == name)
        };
        let own: Vec<(&str, f64)> = organisations
            .into_iter()
            .filter(|(name, _)| shares(name))
            .map(|(name, used)| (name, self.by.of(used)))
            .collect();
        let alike = (self.amount.minor as f64 * self.equal).round() as i64;
        let ones = vec![1.0; own.len()];
        let weights: Vec<f64> = own.iter().map(|(_, weight)| *weight).collect();
        let equal = split(alike, &ones);
        let by_use = split(self.amount.minor - alike, &weights);
        let parts = own.iter().zip(equal.into_iter().zip(by_use));
        let part = |((name, _), (equal, by_use)): (&(&str, f64), (i64, i64))| Part {
            organisation: (*name).to_owned(),
            equal,
            by_use,
        };
        parts.map(part).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bill(equal: f64, by: Basis) -> Bill {
        Bill {
            name: "ca1".into(),
            amount: "100.00 EUR".parse().unwrap(),
            paid_by: None,
            shared_by: Vec::new(),
            hosts: Vec::new(),
            equal,
            by,
            months: Months { from: None, until: None },
        }
    }

    const USED: [(&str, Use); 3] = [
        ("a", Use { hours: 30.0, bytes: 1.0 }),
        ("b", Use { hours: 10.0, bytes: 1.0 }),
        ("c", Use { hours: 0.0, bytes: 2.0 }),
    ];

    fn all(bill: &Bill) -> Vec<(i64, i64)> {
        bill.parts(USED).iter().map(|part| (part.equal, part.by_use)).collect()
    }

    #[test]
    fn an_equal_part_and_the_rest_by_use() {
        assert_eq!(all(&bill(0.0, Basis::UserHours)), [(0, 7500), (0, 2500), (0, 0)]);
        assert_eq!(all(&bill(0.3, Basis::UserHours)), [(1000, 5250), (1000, 1750), (1000, 0)]);
        assert_eq!(all(&bill(1.0, Basis::UserHours)), [(3334, 0), (3333, 0), (3333, 0)]);
        assert_eq!(all(&bill(0.0, Basis::Bytes)), [(0, 2500), (0, 2500), (0, 5000)]);
    }

    #[test]
    fn only_those_who_share_it_have_a_part_and_zero_use_is_shared_alike() {
        let some = Bill { shared_by: vec!["c".into(), "b".into()], ..bill(0.0, Basis::UserHours) };
        let names: Vec<String> = some.parts(USED).into_iter().map(|p| p.organisation).collect();
        assert_eq!(names, ["b", "c"]);
        let idle = Bill { shared_by: vec!["c".into()], ..bill(0.0, Basis::UserHours) };
        assert_eq!(all(&idle), [(0, 10_000)]);
    }
}
