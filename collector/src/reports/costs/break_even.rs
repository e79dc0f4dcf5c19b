//! From how many organisations, or how much use, a dedicated server is cheaper than a share of what there
//! is. Pure.

use super::Question;
use super::tiers::by;
use super::used::Used;
use crate::contracts::{Account as Contracted, Beyond, Counted, Form, Series, Traffic};
use crate::costs::{Bill, Use};
use crate::offers::{self, Catalogue, Demand, Months, Offer};
use crate::reports::document::{Cell, Column, Section, Table};
use crate::reports::words;

/// Days of a month.
const MONTH_DAYS: usize = 30;
const WEEK_DAYS: f64 = 7.0;
const FOUR_WEEKS_DAYS: f64 = 28.0;

/// Of the hours in which rooms were, what was sent must have been told for this part.
const MOST_HOURS_PART: f64 = 0.9;

/// Steps in which more and more use is tried.
const TRIED: usize = 400;

/// What a dedicated server is held against.
#[derive(Clone, Copy)]
pub struct Alternatives<'a> {
    /// What is offered.
    pub catalogue: &'a Catalogue,
    /// What a host carried, whose course the moved traffic is taken to have.
    pub carried: &'a Demand,
    /// What all hosts sent for organisations in four weeks, as their models have it, where all are made.
    pub sent_bytes: Option<f64>,
}

/// What is shared now, in a month of thirty days; money in whole units of the base.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Shared {
    organisations: usize,
    hours: f64,
    /// None where that is not told.
    bytes: Option<f64>,
    /// People at once, at most, of each organisation, together.
    people: f64,
    /// What all share alike, and what goes by use.
    alike: f64,
    by_use: f64,
}

/// From where on an offer is cheaper than a share.
#[derive(Debug, Clone, PartialEq)]
struct Even<'a> {
    offer: &'a str,
    /// What it costs for nobody, and for all.
    empty: f64,
    full: f64,
    /// Organisations of the mean, together.
    organisations: Option<usize>,
    /// Hours of people of one organisation.
    hours: Option<f64>,
}

/// The section, where offers are known and anything is shared.
pub fn section(question: &Question<'_>) -> Option<Section> {
    let alternatives = question.alternatives?;
    let shared = shared(question, alternatives)?;
    let month = month_of(alternatives.carried)?;
    let offers = alternatives.catalogue.offers.iter();
    // One server is meant: a set is compared on the page of servers.
    let exchange = &alternatives.catalogue.exchange;
    let known = offers.filter(|offer| offer.set.is_empty() && exchange.knows(offer.currency));
    let rows: Vec<Even<'_>> =
        known.map(|offer| even(offer, alternatives.catalogue, shared, &month)).collect();
    let base = alternatives.catalogue.exchange.base;
    let mut said = vec![
        format!(
            "{} share {} of hosts' bills a month in all: {} alike and {} by use. Whoever moves takes its use along, and its traffic, with the course of what was measured.",
            words::counted(shared.organisations, "organisation", "organisations"),
            money(shared.alike + shared.by_use),
            money(shared.alike),
            money(shared.by_use)
        ),
        "A server of one's own is priced with tax, set-up spread over a year, and traffic; whether it carries all of it, and who answers at night, the offers say.".into(),
    ];
    if shared.bytes.is_none() {
        said.push("What was sent for organisations is not told yet: what offers that bill traffic would cost for it is not known.".into());
    }
    Some(Section {
        key: "break_even",
        title: "When a server of one's own is cheaper",
        sentences: said,
        tables: vec![table(&rows, shared, &base.to_string())],
    })
}

fn money(value: f64) -> String {
    format!("{value:.2}")
}

/// What hosts cost, and what was used of them, by the mean of whole weeks.
fn shared(question: &Question<'_>, alternatives: Alternatives<'_>) -> Option<Shared> {
    let catalogue = alternatives.catalogue;
    let sharing = question.sharing();
    let weeks: Vec<&Used> = question.weeks.iter().collect();
    if weeks.is_empty() || sharing.is_empty() {
        return None;
    }
    let used = sharing.iter().map(|name| by(&weeks, name, &[]));
    let all = used.fold(Use::default(), Use::and);
    let months = weeks.len() as f64 * WEEK_DAYS / MONTH_DAYS as f64;
    let people = |name: &&str| weeks.iter().map(|week| week.people_of(name)).fold(0.0, f64::max);
    let is_of_hosts = |bill: &&Bill| !bill.hosts.is_empty() && bill.months.have(question.month);
    let (mut alike, mut by_use) = (0.0, 0.0);
    for bill in question.plan.bills.iter().filter(is_of_hosts) {
        let amount = catalogue.exchange.in_base(bill.amount.minor as f64, bill.amount.currency);
        alike += amount * bill.equal;
        by_use += amount * (1.0 - bill.equal);
    }
    let shared = Shared {
        organisations: sharing.len(),
        hours: all.hours / months,
        bytes: bytes_of(&weeks, all).map(|bytes| bytes / months).or_else(|| {
            let weeks = alternatives.sent_bytes.filter(|bytes| *bytes > 0.0)?;
            Some(weeks / FOUR_WEEKS_DAYS * MONTH_DAYS as f64)
        }),
        people: sharing.iter().map(people).sum(),
        alike,
        by_use,
    };
    (shared.hours > 0.0 && (alike + by_use) > 0.0).then_some(shared)
}

/// What was sent, where that was told for nearly all hours in which rooms were.
fn bytes_of(weeks: &[&Used], all: Use) -> Option<f64> {
    let sum = |of: fn(&Used) -> usize| weeks.iter().map(|week| of(week)).sum::<usize>() as f64;
    let read = sum(|week| week.hours_read.values().sum());
    let told = sum(|week| week.hours_of_bytes.values().sum());
    (all.bytes > 0.0 && told >= MOST_HOURS_PART * read).then_some(all.bytes)
}

/// Whether the price of an offer depends on what is sent.
fn bills_traffic(form: Form) -> bool {
    match form {
        Form::Unmetered | Form::Quota { beyond: Beyond::Throttled { .. } | Beyond::Unfair, .. } => {
            false
        }
        Form::Quota { beyond: Beyond::Priced(_), .. }
        | Form::Prepaid { .. }
        | Form::Percentile { .. } => true,
    }
}

/// The newest thirty days, or as many as there are.
fn month_of(carried: &Demand) -> Option<Series> {
    let first = carried.days.len().saturating_sub(MONTH_DAYS);
    let steps: Vec<_> = carried.days[first..].iter().flatten().copied().collect();
    (!steps.is_empty()).then(|| Series::new(0, steps))
}

fn even<'a>(offer: &'a Offer, catalogue: &Catalogue, shared: Shared, month: &Series) -> Even<'a> {
    let sent = Traffic::as_measured(month).counted_bytes(Counted::Out);
    // What the server costs for a part of all use.
    let costs = |part: f64| {
        let known = shared.bytes.filter(|_| sent > 0.0).map(|bytes| bytes / sent);
        if part > 0.0 && known.is_none() && bills_traffic(offer.contract.form) {
            return f64::NAN;
        }
        let times = known.unwrap_or(0.0) * part;
        let statement = Contracted::new(&offer.contract).month(Traffic { series: month, times });
        let bill = offers::Bill::of(offer, 0, Months(12), &statement);
        catalogue.exchange.in_base(bill.total() as f64, offer.currency)
    };
    let all = shared.alike + shared.by_use;
    let part_of = |count: usize| count as f64 / shared.organisations as f64;
    let organisations =
        (1..=shared.organisations).find(|count| costs(part_of(*count)) <= all * part_of(*count));
    let own = |part: f64| shared.alike / shared.organisations as f64 + shared.by_use * part;
    let mut parts = (1..=TRIED).map(|step| step as f64 / TRIED as f64);
    let hours = parts.find(|part| costs(*part) <= own(*part)).map(|part| part * shared.hours);
    Even { offer: &offer.name, empty: costs(0.0), full: costs(1.0), organisations, hours }
}

fn table(rows: &[Even<'_>], shared: Shared, base: &str) -> Table {
    let columns = vec![
        Column::words("offer", &["offer"]),
        Column::figures("a month", "for nobody", &["cost_empty"]),
        Column::figures("a month", "for all", &["cost_full"]),
        Column::figures("organisations", "of the mean, from", &["organisations"]),
        Column::figures("user hours", "of one, a month, from", &["user_hours"]),
        Column::figures("people at once", "as these are, about", &["people"]),
    ];
    let dearer = "It stays dearer than a share, also for all that is used.";
    let unknown = "What its traffic would cost is not known.";
    let row = |one: &Even<'_>| {
        let never = if one.full.is_finite() { dearer } else { unknown };
        let amount = |value: f64| {
            if value.is_finite() {
                Cell::shown(money(value), [value])
            } else {
                Cell::nothing(unknown, 1)
            }
        };
        let count = one.organisations.map_or_else(
            || Cell::nothing(never, 1),
            |count| Cell::shown(count.to_string(), [count as f64]),
        );
        let figure = |value: Option<f64>| {
            value.map_or_else(
                || Cell::nothing(never, 1),
                |value| Cell::shown(words::figure(value), [value]),
            )
        };
        let people = one.hours.filter(|_| shared.people > 0.0);
        vec![
            Cell::text(one.offer),
            amount(one.empty),
            amount(one.full),
            count,
            figure(one.hours),
            figure(people.map(|hours| (hours / shared.hours * shared.people).ceil())),
        ]
    };
    let caption = format!(
        "From where on each offer costs less than a share of the hosts there are, in {base}."
    );
    Table { key: "break_even", caption, columns, rows: rows.iter().map(row).collect() }
}
