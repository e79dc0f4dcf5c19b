//! A bill, and what each organisation has of it.

use super::Use;
use super::airport::airport;
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
    /// What each had of the busiest hour of the hosts.
    BusiestHour,
    /// The busiest hour of each, as the Shapley value of the airport game: each step of it is shared by all
    /// who need so much.
    Peak,
}

/// What one organisation has of a bill, in minor units of its currency.
#[derive(Debug, Clone, PartialEq)]
pub struct Part {
    /// Whose it is.
    pub organisation: String,
    /// Of what is shared alike.
    pub equal: i64,
    /// Of what goes by use.
    pub by_use: i64,
    /// Its part of all use, between 0 and 1; 0 where nobody used anything.
    pub of_use: f64,
}

impl Basis {
    /// What of all use each has, in any unit.
    fn weights(self, used: &[Use]) -> Vec<f64> {
        let each = |of: fn(&Use) -> f64| used.iter().map(of).collect::<Vec<f64>>();
        match self {
            Self::UserHours => each(|used| used.hours),
            Self::Bytes => each(|used| used.bytes),
            Self::BusiestHour => each(|used| used.busiest_bytes),
            Self::Peak => airport(&each(|used| used.peak_bytes)),
        }
    }

    /// For people.
    pub fn words(self) -> &'static str {
        match self {
            Self::UserHours => "user hours",
            Self::Bytes => "bytes sent",
            Self::BusiestHour => "part of the busiest hour",
            Self::Peak => {
                "each one's own busiest hour, whose steps are shared by all who need them,"
            }
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
        let own = organisations.into_iter().filter(|(name, _)| shares(name));
        let (names, used): (Vec<&str>, Vec<Use>) = own.unzip();
        let weights = self.by.weights(&used);
        let all: f64 = weights.iter().sum();
        let alike = (self.amount.minor as f64 * self.equal).round() as i64;
        let equal = split(alike, &vec![1.0; names.len()]);
        let by_use = split(self.amount.minor - alike, &weights);
        let part = |(place, name): (usize, &&str)| Part {
            organisation: (*name).to_owned(),
            equal: equal[place],
            by_use: by_use[place],
            of_use: if all > 0.0 { weights[place] / all } else { 0.0 },
        };
        names.iter().enumerate().map(part).collect()
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
        ("a", Use { hours: 30.0, bytes: 1.0, busiest_bytes: 1.0, peak_bytes: 3.0 }),
        ("b", Use { hours: 10.0, bytes: 1.0, busiest_bytes: 3.0, peak_bytes: 7.0 }),
        ("c", Use { hours: 0.0, bytes: 2.0, busiest_bytes: 0.0, peak_bytes: 10.0 }),
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
        assert_eq!(all(&bill(0.0, Basis::BusiestHour)), [(0, 2500), (0, 7500), (0, 0)]);
        // Three parts for a third each, four more for a half each, three more for the largest alone.
        assert_eq!(all(&bill(0.0, Basis::Peak)), [(0, 1000), (0, 3000), (0, 6000)]);
        let parts = bill(0.3, Basis::UserHours).parts(USED);
        assert_eq!(parts.iter().map(|part| part.of_use).collect::<Vec<_>>(), [0.75, 0.25, 0.0]);
    }

    #[test]
    fn only_those_who_share_it_have_a_part_and_zero_use_is_shared_alike() {
        let some = Bill { shared_by: vec!["c".into(), "b".into()], ..bill(0.0, Basis::UserHours) };
        let names: Vec<String> = some.parts(USED).into_iter().map(|p| p.organisation).collect();
        assert_eq!(names, ["b", "c"]);
        let idle = Bill { shared_by: vec!["c".into()], ..bill(0.0, Basis::UserHours) };
        assert_eq!(all(&idle), [(0, 10_000)]);
        assert_eq!(idle.parts(USED)[0].of_use, 0.0);
    }
}
