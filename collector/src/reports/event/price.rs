//! What an event costs: its part of a host that carries it, or a host of its own for the whole least
//! term, and whoever is on call.

use super::{Question, Terms};
use crate::costs::{Currency, Money};
use crate::offers::{Catalogue, Offer};
use crate::planning::capacity::{Answer, LINK_PLAN, Resource};
use crate::reports::document::{Cell, Column, Section, Table};
use crate::reports::words;

/// Hours of a month, as bills go.
const MONTH_HOURS: f64 = 720.0;

/// What is asked for.
#[derive(Debug, Clone, PartialEq)]
pub struct Price {
    /// Where it is held.
    pub place: String,
    /// Its parts.
    pub parts: Vec<PricePart>,
    /// All but the tax.
    pub net: Money,
    /// The tax.
    pub tax: Money,
}

/// What one part is for, and how much it is.
#[derive(Debug, Clone, PartialEq)]
pub struct PricePart {
    /// For what.
    pub what: String,
    /// How much.
    pub money: Money,
}

impl Price {
    /// A part of the host's month.
    pub fn beside(question: Question<'_>, alone: &Answer) -> Option<Self> {
        let (event, terms) = (question.event, question.terms);
        let monthly = question.monthly?;
        let part = needed(alone);
        let own = monthly.times(event.hours / MONTH_HOURS * part * terms.margin);
        let what = format!(
            "{} hours of {} a month, {:.0} % of {}, × {}",
            event.hours,
            monthly,
            part * 100.0,
            question.model.instance,
            terms.margin
        );
        Some(Self::of(question.model.instance.clone(), PricePart { what, money: own }, question))
    }

    /// The cheapest host that carries it alone, for as long as one is bound.
    pub fn of_burst(question: Question<'_>, alone: &Answer) -> Option<Self> {
        let catalogue = question.catalogue?;
        let sends = alone.checks.iter().find(|check| check.resource == Resource::LinkPlan)?;
        let carries = |offer: &&Offer| {
            let port = offer.contract.port.lasting_mbit() * LINK_PLAN;
            let cores = offer.server.working_cores().unwrap_or(0.0);
            let is_rented = offer.fee.hardware.is_none() && offer.set.is_empty();
            sends.range.high <= port && cores >= cores_needed(alone) && is_rented
        };
        let costs = |offer: &Offer| term_price(catalogue, offer);
        let fit = catalogue.offers.iter().filter(carries).filter(|offer| costs(offer).is_finite());
        let offer = fit.min_by(|a, b| costs(a).total_cmp(&costs(b)))?;
        let base = catalogue.exchange.base;
        let own = in_minor(costs(offer) * question.terms.margin, base);
        let months = words::counted(offer.fee.term_months.max(1) as usize, "month", "months");
        let what = format!("{} for {months}, × {}", offer.name, question.terms.margin);
        Some(Self::of(offer.name.clone(), PricePart { what, money: own }, question))
    }

    fn of(place: String, own: PricePart, question: Question<'_>) -> Self {
        let currency = own.money.currency;
        let mut parts = vec![own];
        // Two currencies are never added.
        if let Some(rate) = question.terms.on_call.filter(|rate| rate.currency == currency) {
            let hours = question.event.hours;
            let what = format!("on call, {hours} hours at {rate}");
            parts.push(PricePart { what, money: rate.times(hours) });
        }
        let net = Money { minor: parts.iter().map(|part| part.money.minor).sum(), currency };
        Self { place, parts, net, tax: net.times(question.terms.tax) }
    }

    /// All of it.
    pub fn all(&self) -> Money {
        Money { minor: self.net.minor + self.tax.minor, ..self.net }
    }

    /// For people.
    pub fn words(&self, terms: Terms) -> String {
        let tax = match terms.tax {
            tax if tax > 0.0 => format!(", {:.0} % tax of {} included", tax * 100.0, self.tax),
            _ => ", no tax".to_owned(),
        };
        format!("It costs {}{tax}", self.all())
    }

    /// Its parts.
    pub fn section(&self, terms: Terms) -> Section {
        let columns =
            vec![Column::words("part", &["part"]), Column::figures("amount", "", &["amount"])];
        let row = |what: &str, money: Money| {
            vec![Cell::text(what), Cell::shown(money.to_string(), [money.value()])]
        };
        let mut rows: Vec<Vec<Cell>> =
            self.parts.iter().map(|part| row(&part.what, part.money)).collect();
        if terms.tax > 0.0 {
            rows.push(row("tax", self.tax));
        }
        rows.push(row("all", self.all()));
        let caption = "What the price is made of.".into();
        let table = Table { key: "price", caption, columns, rows };
        Section { key: "price", title: "Price", sentences: Vec::new(), tables: vec![table] }
    }
}

/// The part of the host that the event needs by the upper end of its range, at most all.
fn needed(alone: &Answer) -> f64 {
    let parts = alone.checks.iter().map(|check| check.range.high / check.limit);
    parts.filter(|part| part.is_finite()).fold(0.0, f64::max).min(1.0)
}

fn cores_needed(alone: &Answer) -> f64 {
    let own = alone.checks.iter().find(|check| check.resource == Resource::Processors);
    own.map_or(0.0, |check| check.range.high)
}

/// What an offer costs for its whole least term, in whole units of the base.
fn term_price(catalogue: &Catalogue, offer: &Offer) -> f64 {
    let fee = &offer.fee;
    let net = fee.monthly * i64::from(fee.term_months.max(1)) + fee.setup;
    catalogue.exchange.in_base(net as f64 * (1.0 + fee.tax), offer.currency)
}

fn in_minor(whole: f64, currency: Currency) -> Money {
    let units = 10_f64.powi(currency.digits() as i32);
    Money { minor: (whole * units).round() as i64, currency }
}
