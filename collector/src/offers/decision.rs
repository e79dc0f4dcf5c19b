//! What was decided, on which assumptions, and which of these no longer hold.

use jiff::civil::Date;

use super::Catalogue;
use super::evaluation::Evaluated;

/// A figure may be so much worse than it was assumed before that is said.
const TOLERANCE: f64 = 1.10;

/// What was decided once.
#[derive(Debug, Clone, PartialEq)]
pub struct Decision {
    /// When.
    pub date: Date,
    /// Which offer was taken.
    pub offer: String,
    /// Whose rooms were to move; none where the decision does not say.
    pub host: Option<String>,
    /// What it was to cost in a month in nine of ten cases, in whole units of the base.
    pub cost_high: Option<f64>,
    /// How likely all limits were to hold.
    pub within: Option<f64>,
    /// What was sent in a month, in bytes.
    pub month_bytes: Option<f64>,
    /// Why.
    pub reason: Option<String>,
}

/// What was assumed, beside what is.
#[derive(Debug, Clone, PartialEq)]
pub struct Assumption {
    /// Its name for programs.
    pub key: &'static str,
    /// What it is of.
    pub words: &'static str,
    /// As it was.
    pub assumed: f64,
    /// As it is.
    pub now: f64,
    /// Whether it still holds.
    pub holds: bool,
}

/// A decision that no newer one has replaced.
#[derive(Debug, Clone, PartialEq)]
pub struct InForce<'c> {
    /// It.
    pub decision: &'c Decision,
    /// On which hosts.
    pub hosts: Vec<&'c str>,
}

impl Catalogue {
    /// The host that a decision was taken for: that which it names, else that whose rooms are to move; none
    /// where neither is named, and then it is for whatever host is asked of.
    fn host_of<'c>(&'c self, decision: &'c Decision) -> Option<&'c str> {
        decision.host.as_deref().or(self.choice.host.as_deref())
    }

    /// All decisions on a host, the newest first; of those of one day the last of the file.
    pub fn decisions_on(&self, host: &str) -> Vec<&Decision> {
        let is_on = |one: &&Decision| self.host_of(one).is_none_or(|own| own == host);
        let mut own: Vec<&Decision> = self.decisions.iter().rev().filter(is_on).collect();
        own.sort_by_key(|one| std::cmp::Reverse(one.date));
        own
    }

    /// The decision on a host that is in force: the newest.
    pub fn decision_on(&self, host: &str) -> Option<&Decision> {
        self.decisions_on(host).first().copied()
    }

    /// What is in force on some hosts, each decision once.
    pub fn in_force<'c>(&'c self, hosts: &'c [String]) -> Vec<InForce<'c>> {
        let mut found: Vec<InForce<'_>> = Vec::new();
        for host in hosts {
            let Some(decision) = self.decision_on(host) else { continue };
            match found.iter_mut().find(|known| std::ptr::eq(known.decision, decision)) {
                Some(known) => known.hosts.push(host),
                None => found.push(InForce { decision, hosts: vec![host] }),
            }
        }
        found
    }
}

impl Decision {
    /// Each assumption beside what is found now.
    pub fn assumptions(&self, one: &Evaluated<'_>, month_bytes: f64) -> Vec<Assumption> {
        let at_most = |key, words, assumed: Option<f64>, now: f64| {
            let assumed = assumed?;
            Some(Assumption { key, words, assumed, now, holds: now <= assumed * TOLERANCE })
        };
        let within = self.within.map(|assumed| Assumption {
            key: "within",
            words: "that all limits hold",
            assumed,
            now: one.holds,
            holds: one.holds >= assumed - 0.05,
        });
        [
            at_most("cost", "what a month costs in nine of ten", self.cost_high, one.monthly.high),
            within,
            at_most("traffic", "what is sent in thirty days", self.month_bytes, month_bytes),
        ]
        .into_iter()
        .flatten()
        .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::costs::Currency;
    use crate::offers::{Choice, Exchange};

    fn decided(date: &str, offer: &str, host: Option<&str>) -> Decision {
        Decision {
            date: date.parse().unwrap(),
            offer: offer.into(),
            host: host.map(Into::into),
            cost_high: None,
            within: None,
            month_bytes: None,
            reason: None,
        }
    }

    fn catalogue(host: Option<&str>) -> Catalogue {
        Catalogue {
            offers: Vec::new(),
            choice: Choice { host: host.map(Into::into), ..Choice::default() },
            exchange: Exchange::of(Currency::EURO),
            decisions: vec![
                decided("2026-05-01", "named", Some("ca1")),
                decided("2026-04-01", "nobody's", None),
                decided("2026-06-01", "other", Some("de1")),
                decided("2026-05-01", "again", Some("ca1")),
            ],
            is_example: false,
        }
    }

    fn on(host: Option<&str>, asked: &str) -> Vec<String> {
        let catalogue = catalogue(host);
        assert_eq!(catalogue.decision_on(asked), catalogue.decisions_on(asked).first().copied());
        catalogue.decisions_on(asked).iter().map(|one| one.offer.clone()).collect()
    }

    #[test]
    fn a_decision_is_on_the_host_that_it_or_its_file_names_and_the_newest_is_in_force() {
        assert_eq!(on(Some("ca1"), "ca1"), ["again", "named", "nobody's"]);
        assert_eq!(on(Some("ca1"), "de1"), ["other"]);
        assert_eq!(on(Some("de1"), "de1"), ["other", "nobody's"]);
        assert_eq!(on(Some("ca1"), "fi1"), Vec::<String>::new());
        // Where no host is named at all, it is for whichever is asked of.
        assert_eq!(on(None, "ca1"), ["again", "named", "nobody's"]);
        assert_eq!(on(None, "fi1"), ["nobody's"]);
    }

    #[test]
    fn what_is_in_force_is_told_once_with_all_its_hosts() {
        let told = |host: Option<&str>| {
            let hosts = ["ca1", "de1", "fi1", "us1"].map(String::from);
            let catalogue = catalogue(host);
            let told = catalogue.in_force(&hosts);
            let one =
                |one: &InForce<'_>| format!("{}: {}", one.decision.offer, one.hosts.join(" "));
            told.iter().map(one).collect::<Vec<_>>()
        };
        assert_eq!(told(Some("ca1")), ["again: ca1", "other: de1"]);
        assert_eq!(told(None), ["again: ca1", "other: de1", "nobody's: fi1 us1"]);
    }
}
