//! The quote of an event: whether a host carries it beside what it usually has at that hour, what it costs
//! by its parts, and a page to send. Pure: made from a model, and from what was read of that hour.

pub mod before;
pub mod month;
mod price;
pub mod rehearsal;
pub mod usual;

use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};

use self::before::Around;
use self::month::HostMonth;
use self::price::Price;
use self::rehearsal::Rehearsal;
use self::usual::Usual;
use super::document::{Cell, Column, Document, Of, Part, Section, State, Table};
use super::host::HostModel;
use super::terms::Terms;
use super::words;
use crate::offers::Catalogue;
use crate::planning::Doubt;
use crate::planning::capacity::{Answer, CONFIDENT, Check, Resource};
use crate::planning::mix::Mix;

/// An event as somebody asks for it.
#[derive(Debug, Clone, PartialEq)]
pub struct Event {
    /// People, in all rooms together.
    pub users: u32,
    /// How long it lasts.
    pub hours: f64,
    /// Cameras in each room.
    pub cameras: u32,
    /// Screen shares in each room.
    pub shares: u32,
    /// Rooms.
    pub rooms: u32,
    /// When it begins, Unix time in milliseconds, if that is known.
    pub begin_ms: Option<i64>,
}

/// What is asked of it.
#[derive(Clone, Copy)]
pub struct Question<'q> {
    /// The event.
    pub event: &'q Event,
    /// By what it is priced.
    pub terms: Terms,
    /// The host.
    pub model: &'q HostModel,
    /// What the host usually has at that hour.
    pub usual: &'q Usual,
    /// What was found when it was tried, if it was.
    pub rehearsal: Option<&'q Rehearsal>,
    /// What stands around it.
    pub around: &'q Around,
    /// What the host costs in a month.
    pub month: &'q HostMonth,
    /// Where a host for the event alone is looked for.
    pub catalogue: Option<&'q Catalogue>,
    /// From when all is, Unix time in milliseconds.
    pub until_ms: i64,
    /// The zone of times.
    pub zone: &'q TimeZone,
}

/// Whether the event fits: alone, and beside what is usual.
struct Fit {
    alone: Answer,
    beside: Answer,
}

/// The quote.
pub fn report(question: Question<'_>) -> Document {
    let name = question.event.words();
    let document = |answer: String, state, sections, doubts: Vec<String>| Document {
        title: "Event",
        of: Of::Events,
        answer: answer.clone(),
        until_ms: question.until_ms,
        sentences: question.rehearsal.map(Rehearsal::words).into_iter().chain(doubts).collect(),
        parts: vec![Part { name: name.clone(), answer, state, sections }],
    };
    let fit = match question.fit() {
        Ok(fit) => fit,
        Err(doubt) => {
            let answer = words::sentence(&format!("no quote: {doubt}"));
            return document(answer, State::Warning, Vec::new(), Vec::new());
        }
    };
    let fits = fit.beside.probability >= CONFIDENT;
    let price = if fits {
        Price::beside(question, &fit.alone)
    } else {
        Price::of_burst(question, &fit.alone)
    };
    let state = if fits { State::Good } else { State::Warning };
    let answer = question.answer(&fit, price.as_ref());
    let mut sections = vec![question.promise(&fit, price.as_ref())];
    sections.extend(price.as_ref().map(|price| price.section(question.terms)));
    sections.push(question.checks(&fit));
    sections.push(before::section(&question, &fit));
    document(answer, state, sections, price.map_or_else(Vec::new, |price| price.doubts))
}

impl Event {
    /// Its rooms.
    pub fn mix(&self) -> Mix {
        Mix::evenly(&self.words(), self.rooms, [self.users, self.cameras, self.shares])
    }

    /// For people.
    pub fn words(&self) -> String {
        let rooms = match self.rooms {
            0 | 1 => String::new(),
            several => format!(" in {several} rooms"),
        };
        let hours =
            if self.hours == 1.0 { "1 hour".into() } else { format!("{} hours", self.hours) };
        let cameras = words::counted(self.cameras as usize, "camera", "cameras");
        let shares = match self.shares {
            0 => String::new(),
            1 => " and a shared screen".to_owned(),
            several => format!(" and {several} shared screens"),
        };
        format!("{} people{rooms} for {hours} with {cameras}{shares}", self.users)
    }
}

impl Question<'_> {
    fn fit(&self) -> Result<Fit, Doubt> {
        let host = self.model.host()?;
        let mix = self.event.mix();
        let Some(rehearsal) = self.rehearsal else {
            return Ok(Fit { alone: host.answer(&mix)?, beside: host.answer(&self.beside(mix))? });
        };
        let host = rehearsal.host(host);
        Ok(Fit {
            alone: rehearsal.answer(host.answer(&mix)?),
            beside: rehearsal.answer(host.answer(&self.beside(mix))?),
        })
    }

    /// The event's rooms, and as many usual ones as hold those who are usually there.
    fn beside(&self, mut mix: Mix) -> Mix {
        mix.rooms.extend(self.model.rooms.iter().flat_map(|seen| seen.holding(self.usual.people)));
        mix
    }

    fn answer(&self, fit: &Fit, price: Option<&Price>) -> String {
        let host = &self.model.instance;
        let likely = words::probability(fit.beside.probability);
        let costs = match price {
            Some(price) => format!(" {}.", price.words(self.terms)),
            None if fit.beside.probability >= CONFIDENT => {
                " What it costs cannot be told: no bill or offer says.".to_owned()
            }
            None => " What it costs cannot be told: no offer is known that carries it.".to_owned(),
        };
        if fit.beside.probability >= CONFIDENT {
            return format!(
                "{host} carries {} beside {}: with {likely}.{costs}",
                self.event.words(),
                self.usual.words()
            );
        }
        let binds = fit.beside.binds.map_or_else(String::new, |binds| {
            format!(" What binds first: {}.", words::resource(binds))
        });
        let carries = if fit.beside.probability < 0.5 { "does not carry" } else { "may not carry" };
        let elsewhere = match price {
            Some(price) => format!(" {} is taken for it.", price.place),
            None => String::new(),
        };
        format!(
            "{host} {carries} {} beside {}: all limits hold with {likely}.{binds}{elsewhere}{costs}",
            self.event.words(),
            self.usual.words()
        )
    }

    /// What may be sent to whoever asked.
    fn promise(&self, fit: &Fit, price: Option<&Price>) -> Section {
        let fits = fit.beside.probability >= CONFIDENT;
        if !fits && price.is_none() {
            let why =
                "Nothing can be promised: no host carries it, and no offer is known that does.";
            return Section::said("promise", "To send", vec![why.into()]);
        }
        let mut said = vec![format!("We hold {}.", self.event.words())];
        if let Some(begin) = self.event.begin_ms {
            said.push(format!("It begins on {}.", self.moment(begin)));
        }
        if let Some(check) = link(&fit.alone) {
            said.push(format!(
                "It sends {} Mbit/s, between {} and {} in four of five cases.",
                words::figure(check.expected),
                words::figure(check.range.low),
                words::figure(check.range.high)
            ));
        }
        if let Some(price) = price {
            said.push(format!("{}.", price.words(self.terms)));
            said.push(format!("This quote holds until {}.", self.valid_until()));
        }
        Section::said("promise", "To send", said)
    }

    fn checks(&self, fit: &Fit) -> Section {
        let columns = vec![
            Column::words("limit", &["resource"]),
            Column::figures("at most", "", &["limit"]),
            Column::figures("the event", "80 %", &["alone", "alone_low", "alone_high"]),
            Column::figures("with the usual", "80 %", &["expected", "low", "high"]),
            Column::figures("holds", "", &["within_ratio"]),
        ];
        let rows = fit.beside.checks.iter().map(|check| row(check, &fit.alone)).collect();
        let caption = format!("Beside {}.", self.usual.words());
        let sentences = fit.beside.doubts.iter().map(|doubt| words::sentence(&doubt.to_string()));
        let table = Table { key: "limits", caption, columns, rows };
        Section {
            key: "limits",
            title: "Does it fit",
            sentences: sentences.collect(),
            tables: vec![table],
        }
    }

    fn moment(&self, at_ms: i64) -> String {
        let at = Timestamp::from_millisecond(at_ms).unwrap_or_default().to_zoned(self.zone.clone());
        at.strftime("%A, %-d %B %Y, %H:%M %Z").to_string()
    }

    fn valid_until(&self) -> String {
        let at = Timestamp::from_millisecond(self.until_ms).unwrap_or_default();
        let day = at.to_zoned(self.zone.clone()).date();
        let until = day.checked_add(i64::from(self.terms.valid_days).days()).unwrap_or(day);
        // Nobody orders what has begun.
        let begin = self.event.begin_ms.and_then(|at_ms| Timestamp::from_millisecond(at_ms).ok());
        let begin = begin.map_or(until, |begin| begin.to_zoned(self.zone.clone()).date());
        until.min(begin).strftime("%-d %B %Y").to_string()
    }
}

/// What is sent, against what one plans for.
fn link(answer: &Answer) -> Option<&Check> {
    answer.checks.iter().find(|check| check.resource == Resource::LinkPlan)
}

fn row(check: &Check, alone: &Answer) -> Vec<Cell> {
    let shown = |check: &Check| {
        let Check { expected, range, .. } = *check;
        let text = if range.low < range.high {
            format!("{} ({})", words::figure(expected), words::range(range))
        } else {
            words::figure(expected)
        };
        Cell::shown(text, [expected, range.low, range.high])
    };
    let own = alone.checks.iter().find(|own| own.resource == check.resource);
    let state = if check.probability >= CONFIDENT { State::Good } else { State::Bad };
    vec![
        Cell::text(format!("{}{}", words::resource(check.resource), unit(check.resource))),
        Cell::shown(words::figure(check.limit), [check.limit]),
        own.map_or_else(|| Cell::nothing("It was not foreseen.", 3), shown),
        shown(check),
        Cell::shown(words::probability(check.probability), [check.probability]).standing(state),
    ]
}

/// What a resource is counted in, behind its name.
fn unit(resource: Resource) -> &'static str {
    match resource {
        Resource::LinkPlan | Resource::LinkHard => ", Mbit/s",
        Resource::Processors => ", cores",
        Resource::BusiestThread => ", of one core",
        Resource::Consumers => ", streams",
        Resource::Microphones => "",
    }
}

#[cfg(test)]
pub(super) mod tests;
