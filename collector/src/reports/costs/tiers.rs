//! What each service tier costs: what organisations of it would owe of a month's bills by weeks as they
//! used them. Pure.

use std::collections::BTreeMap;

use super::used::Used;
use super::{Account, Question};
use crate::costs::Use;
use crate::planning::chance::Chance;
use crate::reports::document::{Cell, Column, Section, Table};
use crate::reports::words;

/// How many months are put together.
const MONTHS: usize = 500;

/// Weeks of each.
const WEEKS: usize = 4;

/// Fewer weeks say nothing of what differs between them.
pub const LEAST_WEEKS: usize = 2;

/// The seed of all draws.
const SEED: u64 = 0x7469_6572_7321;

/// What organisations of one tier would owe.
#[derive(Debug, Clone, PartialEq)]
pub struct TierPrice {
    /// How many they are.
    pub organisations: usize,
    /// Hours of people in a month of four weeks, in the middle.
    pub hours: f64,
    /// What half of all months stay below, in minor units.
    pub middle: f64,
    /// What nine of ten stay below.
    pub high: f64,
}

/// What is drawn of one tier.
#[derive(Default)]
struct Drawn {
    owed: Vec<f64>,
    hours: Vec<f64>,
}

/// The price of each tier, by its name, in the currency of an account.
pub fn prices(question: &Question<'_>, account: &Account<'_>) -> BTreeMap<String, TierPrice> {
    let tiers: BTreeMap<&str, &str> = question
        .plan
        .organisations
        .iter()
        .filter_map(|one| Some((&*one.name, &*one.tier.as_ref()?.name)))
        .collect();
    let sharing = question.sharing();
    let weeks: Vec<&Used> = question.weeks.iter().collect();
    let mut drawn: BTreeMap<&str, Drawn> = BTreeMap::new();
    let mut chance = Chance::of(SEED);
    let months = if weeks.len() < LEAST_WEEKS || tiers.is_empty() { 0 } else { MONTHS };
    for _ in 0..months {
        let picked: Vec<&Used> = (0..WEEKS).filter_map(|_| chance.pick(&weeks)).collect();
        for (name, owed) in owed(account, &sharing, &picked) {
            let Some(tier) = tiers.get(name) else { continue };
            let of_tier = drawn.entry(*tier).or_default();
            of_tier.owed.push(owed as f64);
            of_tier.hours.push(by(&picked, name, &[]).hours);
        }
    }
    let count = |tier: &str| tiers.values().filter(|known| **known == tier).count();
    let price = |(tier, mut one): (&str, Drawn)| {
        one.owed.sort_by(f64::total_cmp);
        one.hours.sort_by(f64::total_cmp);
        let at = |values: &[f64], part: f64| values[(values.len() as f64 * part) as usize];
        let price = TierPrice {
            organisations: count(tier),
            hours: at(&one.hours, 0.5),
            middle: at(&one.owed, 0.5),
            high: at(&one.owed, 0.9),
        };
        (tier.to_owned(), price)
    };
    drawn.into_iter().map(price).collect()
}

/// What somebody used in some weeks together.
pub fn by(weeks: &[&Used], name: &str, hosts: &[String]) -> Use {
    weeks.iter().map(|week| week.by(name, hosts)).fold(Use::default(), Use::and)
}

/// What each organisation owes of all bills by some weeks, in minor units.
fn owed<'s>(account: &Account<'_>, sharing: &[&'s str], weeks: &[&Used]) -> Vec<(&'s str, i64)> {
    let mut owed: Vec<(&str, i64)> = sharing.iter().map(|name| (*name, 0)).collect();
    for shared in &account.bills {
        let used = sharing.iter().map(|name| (*name, by(weeks, name, &shared.bill.hosts)));
        for part in shared.bill.parts(used.collect::<Vec<(&str, Use)>>()) {
            let own = owed.iter_mut().find(|(name, _)| *name == part.organisation);
            if let Some((_, sum)) = own {
                *sum += part.all();
            }
        }
    }
    owed
}

/// The prices as a section; none where no organisation has a tier.
pub fn section(question: &Question<'_>, account: &Account<'_>) -> Option<Section> {
    if question.plan.organisations.iter().all(|one| one.tier.is_none()) {
        return None;
    }
    let weeks = question.weeks.len();
    if weeks < LEAST_WEEKS {
        let said = format!(
            "Prices of tiers need {LEAST_WEEKS} whole weeks; {} measured.",
            if weeks == 1 { "one was".to_owned() } else { format!("{weeks} were") }
        );
        return Some(Section::said("tiers", "What a tier costs", vec![said]));
    }
    let said = format!(
        "What an organisation of each tier would owe of these bills in {MONTHS} months, each of {WEEKS} of the {weeks} whole weeks that were measured: half of them stay below the first price, nine of ten below the second."
    );
    Some(Section {
        key: "tiers",
        title: "What a tier costs",
        sentences: vec![said],
        tables: vec![table(account, &prices(question, account))],
    })
}

fn table(account: &Account<'_>, prices: &BTreeMap<String, TierPrice>) -> Table {
    let columns = vec![
        Column::words("tier", &["tier"]),
        Column::figures("organisations", "", &["organisations"]),
        Column::figures("user hours", "four weeks, 50 %", &["user_hours"]),
        Column::figures("price", "50 %", &["price_50"]),
        Column::figures("price", "90 %", &["price_90"]),
        Column::figures("a user hour", "50 %", &["price_of_hour"]),
    ];
    let money = |minor: f64| {
        let money = account.money(minor.round() as i64);
        Cell::exact(money.to_string(), [money.value()])
    };
    let row = |(name, price): (&String, &TierPrice)| {
        let hour = price.middle / price.hours;
        vec![
            Cell::text(name),
            Cell::shown(price.organisations.to_string(), [price.organisations as f64]),
            Cell::shown(words::figure(price.hours), [price.hours]),
            money(price.middle),
            money(price.high),
            if price.hours > 0.0 {
                let unit = account.money(1).value();
                Cell::shown(format!("{:.3}", hour * unit), [hour * unit])
            } else {
                Cell::nothing("Nobody of this tier used anything.", 1)
            },
        ]
    };
    let caption = format!("The price of a month by tier, in {}.", account.currency);
    Table { key: "tiers", caption, columns, rows: prices.iter().map(row).collect() }
}
