//! What an event costs: its part of a host that carries it, or a host of its own for the whole least
//! term, and whoever is on call.

use super::{Question, Terms};
use crate::contracts::{Account, STEP_MINUTES, Series, Step, Traffic};
use crate::costs::{Currency, Money};
use crate::offers::{Catalogue, Offer};
use crate::planning::capacity::{Answer, LINK_PLAN, Resource};
use crate::reports::document::{Cell, Column, Section, Table};
use crate::reports::words;

/// Hours of a month, as bills go.
const MONTH_HOURS: f64 = 720.0;

/// Steps of five minutes of such a month.
const MONTH_STEPS: usize = 8_640;

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
    /// What is not in it, and why.
    pub doubts: Vec<String>,
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
        let monthly = question.month.money?;
        let part = needed(alone);
        let money = monthly.times(event.hours / MONTH_HOURS * part * terms.margin);
        let what = format!(
            "{} hours of {} a month, {:.0} % of {}, × {}",
            event.hours,
            monthly,
            part * 100.0,
            question.model.instance,
            terms.margin
        );
        let parts = vec![PricePart { what, money }];
        let mut price = Self::of(question.model.instance.clone(), parts, question)?;
        let left_out = &question.month.left_out;
        if !left_out.is_empty() {
            price.doubts.push(format!(
                "No rate compares {} with {}: the price has no part of it.",
                words::listed(left_out),
                monthly.currency
            ));
        }
        Some(price)
    }

    /// The cheapest host that carries it alone, for as long as one is bound, with its traffic.
    pub fn of_burst(question: Question<'_>, alone: &Answer) -> Option<Self> {
        let burst = Burst::cheapest(question, alone)?;
        let (offer, margin) = (burst.offer, question.terms.margin);
        let base = question.catalogue?.exchange.base;
        let months = words::counted(offer.fee.term_months.max(1) as usize, "month", "months");
        let mut parts = vec![PricePart {
            what: format!("{} for {months}, × {margin}", offer.name),
            money: in_minor(burst.term * margin, base),
        }];
        if burst.traffic > 0.0 {
            let counted = words::bytes(burst.counted_bytes);
            parts.push(PricePart {
                what: format!("its traffic, up to {counted} that count, × {margin}"),
                money: in_minor(burst.traffic * margin, base),
            });
        }
        Self::of(offer.name.clone(), parts, question)
    }

    /// The parts, and whoever is on call, in the currency of the first.
    fn of(place: String, mut parts: Vec<PricePart>, question: Question<'_>) -> Option<Self> {
        let currency = parts.first()?.money.currency;
        let mut doubts = Vec::new();
        if let Some(rate) = question.terms.on_call {
            let hours = question.event.hours;
            let exchange = question.catalogue.map(|catalogue| &catalogue.exchange);
            let same = Some(rate).filter(|rate| rate.currency == currency);
            let own = same.or_else(|| exchange?.convert(rate, currency));
            let unit = if hours == 1.0 { "hour" } else { "hours" };
            let what = format!("on call, {hours} {unit} at {rate}");
            match own {
                Some(own) => parts.push(PricePart { what, money: own.times(hours) }),
                None => doubts.push(format!(
                    "Whoever is on call costs {rate} an hour, which no rate compares with {currency}: the price has no part of it."
                )),
            }
        }
        let net = Money { minor: parts.iter().map(|part| part.money.minor).sum(), currency };
        Some(Self { place, parts, net, tax: net.times(question.terms.tax), doubts })
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
            vec![Cell::text(what), Cell::exact(money.to_string(), [money.value()])]
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

/// A host for the event alone; money in whole units of the base.
struct Burst<'o> {
    offer: &'o Offer,
    /// For the whole least term.
    term: f64,
    /// What the event's traffic costs.
    traffic: f64,
    /// What of it counts, in bytes.
    counted_bytes: f64,
}

impl<'o> Burst<'o> {
    /// Of those whose port and processors carry it, and whose traffic passes.
    fn cheapest(question: Question<'o>, alone: &Answer) -> Option<Self> {
        let catalogue = question.catalogue?;
        let sends = alone.checks.iter().find(|check| check.resource == Resource::LinkPlan)?;
        let month = month(question, sends.range.high)?;
        let carries = |offer: &&Offer| {
            let port = offer.contract.port.lasting_mbit() * LINK_PLAN;
            let cores = offer.server.working_cores().unwrap_or(0.0);
            let is_rented = offer.fee.hardware.is_none() && offer.set.is_empty();
            sends.range.high <= port && cores >= cores_needed(alone) && is_rented
        };
        let of = |offer: &'o Offer| {
            let statement = Account::new(&offer.contract).month(Traffic::as_measured(&month));
            let traffic = statement.total() as f64 * (1.0 + offer.fee.tax);
            let traffic = catalogue.exchange.in_base(traffic, offer.currency);
            let counted_bytes = statement.counted_bytes;
            statement.holds().then(|| Self {
                offer,
                term: term_price(catalogue, offer),
                traffic,
                counted_bytes,
            })
        };
        let all = catalogue.offers.iter().filter(carries).filter_map(of);
        let priced = all.filter(|one| one.all().is_finite());
        priced.min_by(|a, b| a.all().total_cmp(&b.all()))
    }

    fn all(&self) -> f64 {
        self.term + self.traffic
    }
}

/// A month in which nothing flows but the event's traffic.
fn month(question: Question<'_>, sent_mbit: f64) -> Option<Series> {
    let media = question.model.bandwidth.as_ref().ok()?.media();
    let mix = question.event.mix();
    let received =
        mix.rooms.iter().map(|rooms| f64::from(rooms.count) * rooms.room.received(media).sum());
    let people = f64::from(question.event.users);
    let event = Step { sent_mbit, received_mbit: received.sum(), people };
    let steps = (question.event.hours * 60.0 / STEP_MINUTES).ceil() as usize;
    let mut all = vec![event; steps];
    let nobody = Step { sent_mbit: 0.0, received_mbit: 0.0, people: 0.0 };
    all.resize(steps.max(MONTH_STEPS), nobody);
    Some(Series::new(0, all))
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
