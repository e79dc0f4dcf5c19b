//! The report on costs: what each organisation used of each host in a month, its part of every bill, and
//! who pays whom. Pure, but for reading what was used.

pub mod used;

mod break_even;
mod busiest;
mod tables;
mod tiers;

use std::collections::BTreeSet;
use std::fmt::Write as _;

use jiff::tz::TimeZone;

pub use self::break_even::Alternatives;
use self::used::Used;
use super::document::{Document, Of, Part, Section, State};
use super::plan::Plan;
use super::words;
use crate::costs::{
    Balance, Basis, Bill, Currency, Money, Month, Part as Share, Transfer, Use, balances, transfers,
};

/// Rooms whose organisation is not known are told under this name.
const UNKNOWN: &str = "unknown";

/// So much of a month may be missing before it is said.
const NOTEWORTHY: f64 = 0.02;

const HOUR_MS: i64 = 3_600_000;

/// Who is first seen so long after the month began has joined within it: a week is as long as most pause.
const JOINED_MS: i64 = 8 * 24 * HOUR_MS;

/// What is asked of it.
#[derive(Clone, Copy)]
pub struct Question<'q> {
    /// What is configured.
    pub plan: &'q Plan,
    /// The month.
    pub month: Month,
    /// What was used in it.
    pub used: &'q Used,
    /// What was used in whole weeks of late, the newest first.
    pub weeks: &'q [Used],
    /// What else there is to have.
    pub alternatives: Option<Alternatives<'q>>,
    /// Until when use was read, Unix time in milliseconds.
    pub until_ms: i64,
    /// Where months begin and end.
    pub zone: &'q TimeZone,
}

/// A bill with its parts.
struct Shared<'q> {
    bill: &'q Bill,
    parts: Vec<Share>,
}

/// One currency's bills, and how everybody stands.
struct Account<'q> {
    currency: Currency,
    bills: Vec<Shared<'q>>,
    balances: Vec<Balance>,
    transfers: Vec<Transfer>,
}

impl Account<'_> {
    fn money(&self, minor: i64) -> Money {
        Money { minor, currency: self.currency }
    }

    fn sum(&self) -> Money {
        self.money(self.bills.iter().map(|shared| shared.bill.amount.minor).sum())
    }
}

/// The report of a month.
pub fn report(question: Question<'_>) -> Document {
    let sharing = question.sharing();
    let accounts = question.accounts(&sharing);
    let (from_ms, to_ms) = question.month.bounds_ms(question.zone);
    Document {
        title: "Costs",
        of: Of::Currencies,
        answer: question.answer(&accounts, &sharing),
        until_ms: to_ms.min(question.until_ms).max(from_ms),
        sentences: question.sentences(&accounts, &sharing),
        parts: accounts.iter().map(|account| question.part(account)).collect(),
    }
}

impl<'q> Question<'q> {
    /// Who shares what has no names of its own: those that are configured, or all that used anything.
    fn sharing(&self) -> Vec<&'q str> {
        let configured: Vec<&str> = self.plan.organisations.iter().map(|one| &*one.name).collect();
        let used = self.used.organisations();
        let mut sharing: Vec<&str> = if configured.is_empty() {
            used.into_iter().filter(|name| *name != UNKNOWN).collect()
        } else {
            configured
        };
        let named = self.plan.bills.iter().flat_map(|bill| bill.shared_by.iter());
        sharing.extend(named.map(|name| &**name));
        sharing.sort_unstable();
        sharing.dedup();
        sharing
    }

    fn accounts(&self, sharing: &[&str]) -> Vec<Account<'q>> {
        let due = self.plan.bills.iter().filter(|bill| bill.months.have(self.month));
        let shared = |bill: &'q Bill| {
            let used = sharing.iter().map(|name| (*name, self.used.by(name, &bill.hosts)));
            Shared { bill, parts: bill.parts(used.collect::<Vec<(&str, Use)>>()) }
        };
        let mut bills: Vec<Shared<'q>> = due.map(shared).collect();
        bills.sort_by_key(|shared| shared.bill.amount.currency);
        let same =
            |a: &Shared<'_>, b: &Shared<'_>| a.bill.amount.currency == b.bill.amount.currency;
        let mut accounts = Vec::new();
        while let Some(first) = bills.first() {
            let currency = first.bill.amount.currency;
            let count = bills.iter().take_while(|shared| same(shared, first)).count();
            let own: Vec<Shared<'q>> = bills.drain(..count).collect();
            let balances = balances(own.iter().map(|shared| (shared.bill, &*shared.parts)));
            let transfers = transfers(&balances);
            accounts.push(Account { currency, bills: own, balances, transfers });
        }
        accounts
    }

    fn answer(&self, accounts: &[Account<'_>], sharing: &[&str]) -> String {
        let month = self.month.words();
        if accounts.is_empty() {
            return format!("No bill is known for {month}.");
        }
        let sums: Vec<String> = accounts.iter().map(|account| account.sum().to_string()).collect();
        let so_far = if self.is_over() { "" } else { " so far" };
        let by = match sharing.len() {
            0 => "nobody shares that yet".to_owned(),
            1 => format!("all of it is {}'s", sharing[0]),
            several => format!("shared by {several} organisations"),
        };
        format!("{month}{so_far}: {}, {by}.", words::listed(&sums))
    }

    fn is_over(&self) -> bool {
        self.month.bounds_ms(self.zone).1 <= self.until_ms
    }

    /// What is to be known before anything is paid.
    fn sentences(&self, accounts: &[Account<'_>], sharing: &[&str]) -> Vec<String> {
        let mut said = Vec::new();
        if !self.is_over() {
            said.push("The month is not over: use is as measured so far, bills are those of the whole month.".to_owned());
        }
        said.extend(self.unread());
        let hours = |name: &str| self.used.by(name, &[]).hours;
        let others: Vec<&str> =
            self.used.organisations().into_iter().filter(|name| !sharing.contains(name)).collect();
        let left: f64 = others.iter().map(|name| hours(name)).sum();
        let all: f64 = left + sharing.iter().map(|name| hours(name)).sum::<f64>();
        if left > 0.0 && !accounts.is_empty() {
            let names: Vec<String> = others.iter().map(|name| (*name).to_owned()).collect();
            let percent = left / all * 100.0;
            let part = if percent < 1.0 { "Under 1".into() } else { format!("{percent:.0}") };
            said.push(format!(
                "{part} % of the user hours are of {}, who shares no bill: they are shared as the others' are.",
                words::listed(&names)
            ));
        }
        said.extend(self.joined(sharing));
        for shared in accounts.iter().flat_map(|account| &account.bills) {
            said.extend(self.doubt(shared));
        }
        said
    }

    /// Hosts that were not read for a part of the month.
    fn unread(&self) -> Option<String> {
        let (from_ms, to_ms) = self.month.bounds_ms(self.zone);
        let hours = (to_ms.min(self.until_ms) - from_ms).max(0) / HOUR_MS;
        if self.used.hours_read.is_empty() {
            return Some(
                "Nothing was read of any host in this month: what goes by use is shared alike."
                    .into(),
            );
        }
        let hosts_of_bills = self.plan.bills.iter().flat_map(|bill| &bill.hosts);
        let silent: BTreeSet<&String> =
            hosts_of_bills.filter(|host| !self.used.hours_read.contains_key(*host)).collect();
        let silent: Vec<String> =
            silent.into_iter().map(|host| format!("{host} not at all")).collect();
        let is_short = |read: usize| (read as f64) < hours as f64 * (1.0 - NOTEWORTHY) - 1.0;
        let short = self.used.hours_read.iter().filter(|(_, read)| is_short(**read));
        let short = short.map(|(host, read)| format!("{host} in {read} of {hours} hours"));
        let short: Vec<String> = short.chain(silent).collect();
        (!short.is_empty()).then(|| format!("Only a part was read: {}.", words::listed(&short)))
    }

    /// Who was first seen when the month had long begun, where others were there before.
    fn joined(&self, sharing: &[&str]) -> Option<String> {
        let (from_ms, _) = self.month.bounds_ms(self.zone);
        let others = self.used.since_ms.values().any(|since| since - from_ms < JOINED_MS);
        let late =
            self.used.since_ms.iter().filter(|(name, since)| {
                *since - from_ms >= JOINED_MS && sharing.contains(&&***name)
            });
        let day = |at_ms: i64| {
            let at = jiff::Timestamp::from_millisecond(at_ms).unwrap_or_default();
            at.to_zoned(self.zone.clone()).strftime("%-d %B").to_string()
        };
        let late: Vec<String> =
            late.map(|(name, since)| format!("{name} on {}", day(*since))).collect();
        (others && !late.is_empty()).then(|| {
            format!("First seen within the month: {}. What is shared alike counts the whole month for them.", words::listed(&late))
        })
    }

    /// What is odd about a bill.
    fn doubt(&self, shared: &Shared<'_>) -> Option<String> {
        let bill = shared.bill;
        if shared.parts.is_empty() {
            return Some(format!("Nobody shares {}, so it is owed by nobody.", bill.name));
        }
        if bill.equal >= 1.0 {
            return None;
        }
        if shared.parts.iter().all(|part| part.of_use <= 0.0) {
            return Some(format!(
                "Nobody used what {} is for, so all of it is shared alike.",
                bill.name
            ));
        }
        match bill.by {
            Basis::UserHours => None,
            Basis::Bytes | Basis::BusiestHour | Basis::Peak => self.untold(bill),
        }
    }

    /// Of which hosts of a bill bytes were told for a part only of the hours in which their rooms were.
    fn untold(&self, bill: &Bill) -> Option<String> {
        let is_of = |host: &String| bill.hosts.is_empty() || bill.hosts.contains(host);
        let short = self.used.hours_read.iter().filter(|(host, _)| is_of(host));
        let short = short.filter_map(|(host, read)| {
            let told = self.used.hours_of_bytes.get(host).copied().unwrap_or(0);
            let is_short = (told as f64) < *read as f64 * (1.0 - NOTEWORTHY) - 2.0;
            is_short.then(|| format!("{told} of the {read} hours of {host}"))
        });
        let short: Vec<String> = short.collect();
        (!short.is_empty()).then(|| {
            format!(
                "Who sent what was told for {} only: by that {} is shared.",
                words::listed(&short),
                bill.name
            )
        })
    }

    fn part(&self, account: &Account<'_>) -> Part {
        let open = account.balances.iter().map(Balance::balance).sum::<i64>();
        let payments: Vec<String> = account
            .transfers
            .iter()
            .map(|one| format!("{} pays {} {}", one.from, one.to, account.money(one.amount)))
            .collect();
        let mut answer = match payments.len() {
            0 => "Nobody owes anything to another.".to_owned(),
            _ => format!("{}.", words::listed(&payments)),
        };
        if open < 0 {
            let left = account.money(-open);
            let _ = write!(answer, " {left} is not paid by anybody who is named.");
        }
        let balances = Section {
            key: "balances",
            title: "Who owes what",
            sentences: Vec::new(),
            tables: vec![tables::balances(account, self)],
        };
        let bills = Section {
            key: "bills",
            title: "Bills",
            sentences: account.bills.iter().map(|shared| rule(shared.bill)).collect(),
            tables: vec![tables::parts(account)],
        };
        let mut sections = vec![balances, bills];
        if !account.transfers.is_empty() {
            sections.insert(
                1,
                Section {
                    key: "payments",
                    title: "Payments that settle it",
                    sentences: Vec::new(),
                    tables: vec![tables::transfers(account)],
                },
            );
        }
        sections.extend(tiers::section(self, account));
        let is_base = |other: Alternatives<'_>| other.catalogue.exchange.base == account.currency;
        sections.extend(
            self.alternatives
                .filter(|other| is_base(*other))
                .and_then(|_| break_even::section(self)),
        );
        Part { name: account.currency.to_string(), answer, state: State::Plain, sections }
    }
}

/// How a bill is shared, in a sentence.
fn rule(bill: &Bill) -> String {
    let of = if bill.hosts.is_empty() {
        String::new()
    } else {
        format!(" of {}", words::listed(&bill.hosts))
    };
    let rest = format!("by {}{of}", bill.by.words());
    let how = if bill.equal >= 1.0 {
        "alike".to_owned()
    } else if bill.equal <= 0.0 {
        rest
    } else {
        format!("{:.0} % alike and the rest {rest}", bill.equal * 100.0)
    };
    let payer =
        bill.paid_by.as_ref().map_or_else(String::new, |payer| format!(", paid by {payer}"));
    format!("{}: {}{payer}, shared {how}.", bill.name, bill.amount)
}

#[cfg(test)]
mod tests;
