//! `offers`: a file of its own with what providers offer, what is wanted, how currencies compare and
//! what was decided. Its mistakes are told with its own lines.

mod choice;
mod import;
mod sets;
mod traffic;

pub use self::import::{ImportError, Offers};

use std::collections::{BTreeMap, HashSet};
use std::fmt::Display;
use std::path::Path;
use std::str::FromStr;
use std::sync::Arc;

use headroom_proto::configuration::{ConfigurationError, Section, read, read_text};
use jiff::civil::Date;

use super::latency::build_coordinates;
use crate::contracts::Contract;
use crate::costs::{Currency, Money};
use crate::offers::{
    Catalogue, Decision, Exchange, Fee, Hardware, Offer, Ownership, Renewal, Server, Site, Support,
};

/// More offers nobody compares.
const MOST_OFFERS: usize = 100;

/// The longest term and life, in months and years.
const LONGEST_TERM: u32 = 120;
const LONGEST_YEARS: f64 = 20.0;

const LONGEST_TEXT: usize = 400;

/// The file that the demo has, which is an example for others, too.
const EXAMPLE: &str = include_str!("../../../dashboards/offers/example.toml");

/// The offers of the file that `offers` names.
pub fn build(root: &Section<'_>) -> Option<Arc<Catalogue>> {
    let path = root.path("offers")?;
    match read(&path, build_catalogue) {
        Ok(catalogue) => Some(Arc::new(catalogue)),
        Err(error) => {
            for mistake in error.to_string().lines() {
                root.mistake("offers", format!("have a mistake: {mistake}"));
            }
            None
        }
    }
}

/// Made-up offers of the kinds that cooperatives weigh.
pub fn example() -> Result<Arc<Catalogue>, ConfigurationError> {
    read_text(Path::new("example.toml"), EXAMPLE, build_catalogue).map(Arc::new)
}

/// The contract of a host that runs: its port, and what traffic costs in that currency.
pub(super) fn build_contract(
    section: &Section<'_>,
    currency: Option<Currency>,
) -> Option<Contract> {
    traffic::build(section, &Prices { currency })
}

fn build_catalogue(root: &Section<'_>) -> Catalogue {
    let exchange = build_exchange(root);
    let sections = root.sections("offers");
    if let Some(first) = sections.get(MOST_OFFERS) {
        first.mistake("name", format!("is one of more than {MOST_OFFERS} offers"));
    }
    let mut names = HashSet::new();
    let mut offers = Vec::new();
    for section in sections.iter().take(MOST_OFFERS) {
        let Some(offer) = build_offer(section, &exchange) else { continue };
        if !names.insert(offer.name.clone()) {
            section.mistake("name", "stands twice; each offer has its own");
        }
        offers.push(offer);
    }
    let sets = sets::build(&root.sections("sets"), &offers, exchange.base);
    for (section, set) in root.sections("sets").iter().zip(&sets) {
        let name = set.as_ref().map(|set| set.name.clone());
        if name.is_some_and(|name| !names.insert(name)) {
            section.mistake("name", "stands twice; each offer and each set has its own");
        }
    }
    offers.extend(sets.into_iter().flatten());
    let decisions = root.sections("decisions");
    let decisions = decisions.iter().filter_map(|one| build_decision(one, &names, &exchange));
    Catalogue {
        choice: choice::build(&root.section("choice"), &exchange),
        is_example: root.flag("example"),
        decisions: decisions.collect(),
        offers,
        exchange,
    }
}

fn build_exchange(root: &Section<'_>) -> Exchange {
    let base = root.value::<Currency>("currency").unwrap_or(Currency::EURO);
    let section = root.section("exchange");
    let date: Option<Date> = section.value("date");
    let rates = section.section("rates");
    let mut found = BTreeMap::new();
    for key in rates.free_keys() {
        let rate: Option<f64> = rates.value(&key);
        let Ok(currency) = key.parse::<Currency>() else {
            rates.mistake(&key, "is no currency of three great letters, such as USD");
            continue;
        };
        if currency == base && rate.is_some_and(|rate| rate != 1.0) {
            rates.mistake(&key, format!("is what all rates are for one of: one {base} is worth 1"));
            continue;
        }
        match rate {
            Some(rate) if rate > 0.0 && rate.is_finite() => {
                found.insert(currency, rate);
            }
            Some(_) => rates.mistake(&key, format!("must be what one {base} is worth, above 0")),
            None => {}
        }
    }
    if !found.is_empty() && !section.has("date") {
        section.mistake("date", "is missing: rates are of a day");
    }
    Exchange { base, date, rates: found }
}

fn build_offer(section: &Section<'_>, exchange: &Exchange) -> Option<Offer> {
    let name = name(section, "name");
    let monthly: Option<Money> = section.value("price");
    let hardware = section.has("hardware").then(|| section.section("hardware"));
    if monthly.is_none() && hardware.is_none() && !section.has("price") {
        section.mistake("price", "is missing: the price of a month, or [offers.hardware]");
    }
    let purchase = hardware.as_ref().and_then(|own| own.value::<Money>("purchase"));
    let currency = monthly.or(purchase).map(|money| money.currency);
    let money = Prices { currency };
    if let Some(currency) = currency.filter(|currency| !exchange.knows(*currency)) {
        let key = if monthly.is_some() { "price" } else { "hardware" };
        section.mistake(
            key,
            format!(
                "has no rate: write what one {} is worth in {currency} into [exchange.rates]",
                exchange.base
            ),
        );
    }
    let fee = build_fee(section, hardware.as_ref(), &money, monthly);
    let contract = traffic::build(section, &money);
    let offer = Offer {
        name: name.unwrap_or_default(),
        provider: text(section, "provider"),
        site: Site {
            place: text(section, "place"),
            datacentre: text(section, "datacentre"),
            coordinates: build_coordinates(section),
        },
        source: text(section, "source"),
        read: section.value("read"),
        currency: currency.unwrap_or(exchange.base),
        fee,
        server: build_server(section),
        contract: contract?,
        ownership: section.value::<Owner>("ownership").map(|Owner(one)| one),
        support: section.value::<Answers>("support").map(|Answers(one)| one),
        jurisdiction: text(section, "jurisdiction"),
        grid_carbon: amount(section, "grid_carbon"),
        notes: text(section, "notes"),
        set: Vec::new(),
    };
    (!offer.name.is_empty()).then_some(offer)
}

/// Amounts of one offer, which are all in one currency.
struct Prices {
    currency: Option<Currency>,
}

impl Prices {
    /// In minor units; 0 if absent.
    fn minor(&self, section: &Section<'_>, key: &str) -> i64 {
        let Some(money) = section.value::<Money>(key) else { return 0 };
        if let Some(own) = self.currency.filter(|own| *own != money.currency) {
            section.mistake(key, format!("must be in {own}, as the offer's price is"));
        }
        if money.minor < 0 {
            section.mistake(key, "must not be negative");
        }
        money.minor
    }
}

fn build_fee(
    section: &Section<'_>,
    hardware: Option<&Section<'_>>,
    money: &Prices,
    monthly: Option<Money>,
) -> Fee {
    if monthly.is_some_and(|money| money.minor < 0) {
        section.mistake("price", "must not be negative");
    }
    let term_months: u32 = section.value("term_months").unwrap_or(1);
    if term_months > LONGEST_TERM {
        section.mistake("term_months", format!("must be at most {LONGEST_TERM}"));
    }
    let after: Option<u32> = section.value("renewal_after_months");
    if section.has("renewal") != section.has("renewal_after_months") {
        section.mistake("renewal", "needs renewal_after_months beside it, and that a renewal");
    }
    let renewed = money.minor(section, "renewal");
    let tax: f64 = section.value("tax").unwrap_or(0.0);
    if !(0.0..=1.0).contains(&tax) {
        section.mistake("tax", "must be a part of the price between 0 and 1, such as 0.19");
    }
    Fee {
        monthly: monthly.map_or(0, |money| money.minor),
        renewal: after.map(|after_months| Renewal { monthly: renewed, after_months }),
        setup: money.minor(section, "setup"),
        term_months: term_months.min(LONGEST_TERM),
        tax: tax.clamp(0.0, 1.0),
        hardware: hardware.map(|own| build_hardware(own, money)),
    }
}

fn build_hardware(section: &Section<'_>, money: &Prices) -> Hardware {
    if !section.has("purchase") {
        section.mistake("purchase", "is missing");
    }
    let years: f64 = section.required("years").unwrap_or(1.0);
    if !(years > 0.0 && years <= LONGEST_YEARS) {
        section.mistake("years", format!("must be more than 0 and at most {LONGEST_YEARS}"));
    }
    Hardware {
        purchase: money.minor(section, "purchase"),
        years: years.clamp(0.1, LONGEST_YEARS),
        watts: amount(section, "watts").unwrap_or(0.0),
        tariff: money.minor(section, "tariff"),
    }
}

fn build_server(section: &Section<'_>) -> Server {
    let (cores, threads) = (amount(section, "cores"), amount(section, "threads"));
    if let (Some(cores), Some(threads)) = (cores, threads)
        && threads < cores
    {
        section.mistake("threads", format!("must be at least cores ({cores})"));
    }
    let bytes = |key: &str| section.value::<traffic::Volume>(key).map(|volume| volume.bytes);
    Server {
        cores,
        threads,
        thread_score: amount(section, "thread_score"),
        memory_bytes: bytes("memory"),
        disk_bytes: bytes("disk"),
        disks: text(section, "disks"),
        watts: amount(section, "watts"),
    }
}

fn build_decision(
    section: &Section<'_>,
    names: &HashSet<String>,
    exchange: &Exchange,
) -> Option<Decision> {
    let (date, offer) = (section.required("date"), section.required::<String>("offer"));
    let cost = section.value::<Money>("cost_high");
    let month = section.value::<traffic::Volume>("month").map(|volume| volume.bytes);
    let (within, reason) = (part(section, "within"), text(section, "reason"));
    let host = text(section, "host");
    if let Some(money) = cost.filter(|money| !exchange.knows(money.currency)) {
        let currency = money.currency;
        section.mistake("cost_high", format!("has no rate in [exchange.rates] for {currency}"));
    }
    if cost.is_some_and(|money| money.minor < 0) {
        section.mistake("cost_high", "must not be negative");
    }
    if offer.as_ref().is_some_and(|offer| !names.contains(offer)) {
        section.mistake("offer", "is none of [[offers]]");
    }
    Some(Decision {
        date: date?,
        offer: offer?,
        host,
        cost_high: cost.map(|money| exchange.in_base(money.minor as f64, money.currency)),
        within,
        month_bytes: month,
        reason,
    })
}

/// A number that is not negative.
fn amount(section: &Section<'_>, key: &str) -> Option<f64> {
    let value: f64 = section.value(key)?;
    if !value.is_finite() || value < 0.0 {
        section.mistake(key, "must be a number that is not negative");
        return None;
    }
    Some(value)
}

/// A number from 0 to 1.
fn part(section: &Section<'_>, key: &str) -> Option<f64> {
    let value: f64 = section.value(key)?;
    if !(0.0..=1.0).contains(&value) {
        section.mistake(key, "must be between 0 and 1");
    }
    Some(value.clamp(0.0, 1.0))
}

fn name(section: &Section<'_>, key: &str) -> Option<String> {
    let name: String = section.required(key)?;
    if name.trim().is_empty() || name.len() > 100 || name.chars().any(char::is_control) {
        section.mistake(key, "must have 1 to 100 bytes, none for control");
        return None;
    }
    Some(name)
}

fn text(section: &Section<'_>, key: &str) -> Option<String> {
    let text: String = section.value(key)?;
    if text.len() > LONGEST_TEXT || text.chars().any(char::is_control) {
        section.mistake(key, format!("must have at most {LONGEST_TEXT} bytes, none for control"));
    }
    Some(text)
}

struct Owner(Ownership);

struct Answers(Support);

impl FromStr for Owner {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let found = Ownership::ALL.into_iter().find(|one| one.word() == text);
        found.map(Self).ok_or_else(|| one_of(Ownership::ALL.map(Ownership::word)))
    }
}

impl FromStr for Answers {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let found = Support::ALL.into_iter().find(|one| one.word() == text);
        found.map(Self).ok_or_else(|| one_of(Support::ALL.map(Support::word)))
    }
}

fn one_of(words: impl IntoIterator<Item = impl Display>) -> String {
    let words: Vec<String> = words.into_iter().map(|word| word.to_string()).collect();
    format!("must be one of {}", words.join(", "))
}

#[cfg(test)]
mod tests;
