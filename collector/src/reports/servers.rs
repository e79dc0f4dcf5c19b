//! The report on servers: what each offer would cost and carry for the rooms of one host, which suits
//! best, and why the others do not. Pure, but for reading what is to be carried.

pub mod demand;

mod decided;
mod published;
pub(super) mod reach;
mod reasons;
mod tables;

use jiff::Timestamp;
use jiff::tz::TimeZone;

pub use self::published::Published;
use super::document::{Document, Of, Part, Section, State};
use super::words;
use crate::costs::Currency;
use crate::latency::{Coordinates, PathHour};
pub use crate::offers::Catalogue;
use crate::offers::{
    Criterion, DRAWS, Demand, Evaluated, Held, Member, Middle, Peak, Ranked, Ranking, Standing,
    Worlds, evaluate,
};
use crate::planning::capacity::CONFIDENT;

/// Days of a whole picture: four weeks.
const WHOLE_DAYS: usize = 28;

/// So much may be missing before it is said.
const NOTEWORTHY: f64 = 0.02;

/// Rates and prices older than this are said to be old, in days.
const OLD_DAYS: i32 = 90;

/// What holds less often than this does not carry a host.
const LIKELY: f64 = 0.5;

/// What is asked of it.
#[derive(Clone, Copy)]
pub struct Question<'q> {
    /// What is offered and wanted.
    pub catalogue: &'q Catalogue,
    /// Whose rooms are to move.
    pub host: &'q str,
    /// What they need.
    pub demand: &'q Demand,
    /// Who meets.
    pub members: &'q [Member],
    /// What was measured of datacentres.
    pub paths: &'q [PathHour],
    /// What others measured between cities.
    pub published: Option<&'q Published<'q>>,
    /// Until when all was read, Unix time in milliseconds.
    pub until_ms: i64,
    /// The zone of days.
    pub zone: &'q TimeZone,
}

/// What is taken while a report is made, in bytes.
pub fn bytes(demand: &Demand) -> u64 {
    Worlds::bytes(demand)
}

/// What is found: the report, and where each offer stands beside the others.
#[derive(Debug, Clone, PartialEq)]
pub struct Found {
    /// The report.
    pub document: Document,
    /// The offers, the best first; none where less than a week was measured.
    pub beside: Vec<Beside>,
    /// In what money is told.
    pub base: Currency,
}

/// An offer beside the others.
#[derive(Debug, Clone, PartialEq)]
pub struct Beside {
    /// Its name.
    pub name: String,
    /// Where it stands, where that is known.
    pub at: Option<Coordinates>,
    /// What a month costs, in whole units of the base.
    pub monthly: Middle,
    /// How likely all of its limits hold.
    pub holds: f64,
    /// Whether it lacks nothing.
    pub is_eligible: bool,
    /// Whether no other beats it.
    pub is_front: bool,
}

impl Beside {
    fn of(ranked: &Ranked<'_>) -> Self {
        let (is_eligible, is_front) = match ranked.standing {
            Standing::Rejected(_) => (false, false),
            Standing::Dominated(_) => (true, false),
            Standing::Front => (true, true),
        };
        let one = &ranked.one;
        let (monthly, holds, at) = (one.monthly, one.holds, one.offer.site.coordinates);
        Self { name: one.offer.name.clone(), at, monthly, holds, is_eligible, is_front }
    }
}

/// The report.
pub fn report(question: Question<'_>) -> Found {
    let Question { catalogue, demand, .. } = question;
    let base = catalogue.exchange.base;
    let found = |answer, state, sections, beside| Found {
        document: Document {
            title: "Servers",
            of: Of::Hosts,
            answer: String::clone(&answer),
            until_ms: question.until_ms,
            sentences: question.sentences(),
            parts: vec![Part { name: question.host.to_owned(), answer, state, sections }],
        },
        beside,
        base,
    };
    let Some(worlds) = Worlds::of(demand, catalogue.months(), DRAWS) else {
        let days = demand.days.len();
        let answer = format!(
            "No offer can be told yet: {} of {} were measured, and a week is the least.",
            words::counted(days, "day", "days"),
            question.host
        );
        return found(answer, State::Warning, Vec::new(), Vec::new());
    };
    let held = Held { catalogue, demand, worlds: &worlds };
    let Question { members, paths, published, .. } = question;
    let ways = reach::Ways { members, paths, published };
    let evaluated = evaluate(held, |offer| reach::of(&offer.site, ways));
    let ranking = Ranking::of(catalogue, &evaluated);
    let view = View { question, worlds: &worlds, ranking: &ranking };
    let is_carried = ranking.first().is_some_and(|first| first.one.holds >= CONFIDENT);
    let state = if is_carried { State::Good } else { State::Warning };
    let beside = ranking.all.iter().map(Beside::of).collect();
    found(view.answer(), state, view.sections(), beside)
}

/// What was found, for those who tell of it.
#[derive(Clone, Copy)]
struct View<'v> {
    question: Question<'v>,
    worlds: &'v Worlds,
    ranking: &'v Ranking<'v>,
}

impl Question<'_> {
    /// Whole units of the base.
    fn money(&self, value: f64) -> String {
        let base = self.catalogue.exchange.base;
        if value.is_finite() { format!("{} {base}", words::figure(value)) } else { "–".into() }
    }

    /// What is to be known before anything is believed.
    fn sentences(&self) -> Vec<String> {
        let mut said = Vec::new();
        let days = self.demand.days.len();
        if days < WHOLE_DAYS {
            said.push(format!("Only {days} of {WHOLE_DAYS} days were measured: ranges are wide, and growth is hardly known."));
        }
        let missing = 1.0 - self.demand.known_part;
        if missing > NOTEWORTHY {
            said.push(format!("{:.0} % of what {} sent was not measured: it is taken to be as at that time of other days.", missing * 100.0, self.host));
        }
        if self.catalogue.is_example {
            said.push("The figures of these offers are examples, made up to show this report: no provider has to keep to them.".into());
        }
        said.extend(self.old());
        let placeless: Vec<&str> = self
            .members
            .iter()
            .filter(|member| member.coordinates.is_none() && member.vantage.is_none())
            .map(|member| &*member.name)
            .collect();
        if placeless.len() < self.members.len() {
            if !placeless.is_empty() {
                said.push(format!(
                    "Nobody says where {} is: it has no part in latency.",
                    words::listed(&placeless)
                ));
            }
        } else if self.catalogue.choice.weights.weight(Criterion::Latency) > 0.0 {
            said.push("Nobody says where members are, so latency tells no offer from another: [[organisations]] take latitude and longitude.".into());
        }
        said
    }

    /// Dates that lie far back, or ahead.
    fn old(&self) -> Vec<String> {
        let at = Timestamp::from_millisecond(self.until_ms).unwrap_or_default();
        let today = at.to_zoned(self.zone.clone()).date();
        let age = |date: jiff::civil::Date| (today - date).get_days();
        let mut said = Vec::new();
        if let Some(date) = self.catalogue.exchange.date {
            match age(date) {
                days if days > OLD_DAYS => {
                    said.push(format!("The exchange rates are of {date}, {days} days ago."));
                }
                days if days < 0 => {
                    said.push(format!("The exchange rates are of {date}, which is still to come."));
                }
                _ => {}
            }
        }
        let is_old = |date: jiff::civil::Date| age(date) > OLD_DAYS;
        let offers = self.catalogue.offers.iter();
        let old: Vec<&str> = offers
            .filter(|offer| offer.read.is_some_and(is_old))
            .map(|offer| &*offer.name)
            .collect();
        if !old.is_empty() {
            said.push(format!("Read over {OLD_DAYS} days ago: {}.", words::listed(&old)));
        }
        said
    }
}

impl View<'_> {
    fn answer(&self) -> String {
        let host = self.question.host;
        let Some(first) = self.ranking.first() else {
            return match self.question.catalogue.offers.len() {
                0 => "No offer is known.".to_owned(),
                _ => format!("No offer has all that is asked for to carry {host}."),
            };
        };
        if first.one.holds < LIKELY {
            return self.doubtful(first);
        }
        let least = self.ranking.least_regret.filter(|name| *name != first.one.offer.name);
        let least = least.map_or_else(
            || " It is also the one with the least regret.".to_owned(),
            |name| format!(" By cost and hampered people alone it would be {name}."),
        );
        format!(
            "{} suits {host} best: {} a month, and all limits hold with {}{}.{least}",
            first.one.offer.name,
            self.range(&first.one),
            words::probability(first.one.holds),
            tightest(&first.one)
        )
    }

    /// The first, where it more likely fails than not: nobody is told that it suits.
    fn doubtful(&self, first: &Ranked<'_>) -> String {
        let (host, name) = (self.question.host, &first.one.offer.name);
        let eligible = self.ranking.all.iter().filter(|one| one.score.is_some());
        // Of equal ones the better.
        let surest = eligible.rev().max_by(|a, b| a.one.holds.total_cmp(&b.one.holds));
        let told = |one: &Evaluated<'_>| {
            let likely = words::probability(one.holds);
            format!(
                "{} a month, and all limits hold with {likely}{}",
                self.range(one),
                tightest(one)
            )
        };
        match surest.filter(|one| one.one.holds >= LIKELY) {
            Some(surest) => format!(
                "{name} has most points for {host}, but does not carry it: {}. {} does: {}.",
                told(&first.one),
                surest.one.offer.name,
                told(&surest.one)
            ),
            None => {
                format!("No offer carries {host}. {name} has most points: {}.", told(&first.one))
            }
        }
    }

    fn range(&self, one: &Evaluated<'_>) -> String {
        let (low, high) = (words::figure(one.monthly.low), words::figure(one.monthly.high));
        let middle = self.question.money(one.monthly.middle);
        if low == high { middle } else { format!("{middle} ({low}–{high})") }
    }

    fn sections(&self) -> Vec<Section> {
        let mut sections = vec![
            Section {
                key: "offers",
                title: "Side by side",
                sentences: Vec::new(),
                tables: vec![tables::offers(*self)],
            },
            Section::said("why", "Why", reasons::all(*self)),
            Section {
                key: "costs",
                title: "What a month is made of",
                sentences: Vec::new(),
                tables: vec![tables::parts(*self)],
            },
            Section {
                key: "limits",
                title: "What it carries",
                sentences: Vec::new(),
                tables: vec![tables::limits(*self)],
            },
        ];
        if self.ranking.all.iter().any(|one| one.one.reach.is_some()) {
            sections.push(Section {
                key: "latency",
                title: "How far it is",
                sentences: reach::sentences(*self),
                tables: vec![tables::reach(*self), tables::links(*self)],
            });
        }
        sections.push(Section {
            key: "weights",
            title: "What counts",
            sentences: reasons::sensitivity(*self),
            tables: vec![tables::weights(*self)],
        });
        sections.extend(decided::section(*self));
        sections.push(Section {
            key: "assumptions",
            title: "What this rests on",
            sentences: self.assumptions(),
            tables: vec![tables::basis(*self)],
        });
        sections
    }

    fn assumptions(&self) -> Vec<String> {
        let (demand, growth) = (self.question.demand, self.worlds.growth);
        let months = self.question.catalogue.months().0;
        let peak = match &demand.peak {
            Peak::Foreseen(_) => {
                "Highest minutes are those that the capacity report foresees for four weeks."
            }
            Peak::Seen(_) => {
                "Under four weeks were measured, so highest minutes are the highest that was seen, and a third more or less."
            }
        };
        vec![
            format!("{DRAWS} futures of {months} months, each of whole weeks as {} sent them on {} days, in any order; all offers meet the same ones.", self.question.host, demand.days.len()),
            format!("What is sent grows by {:+.1} % ± {:.1} a month, for {:.0} months; beyond as long as was measured no growth is expected, and doubt goes on.", growth.monthly.exp_m1() * 100.0, growth.deviation * 100.0, growth.months.max(1.0)),
            peak.to_owned(),
            "A port holds if the highest minute stays below 70 % of what one counts on of it; traffic holds if no throttle and no fair use is met in the first month; processors hold below 80 % of working cores.".to_owned(),
            format!("Cores alone say little: {} were busy at most, ± 25 %; two threads of a core count as a quarter more than one.", words::figure(demand.busy_cores)),
            "Servers of a set each take their part of what is sent; in their highest minute a quarter of the rest comes on top, since rooms do not split evenly.".to_owned(),
            format!("A minute in which somebody hears or sees badly counts {}.", self.question.money(self.question.catalogue.choice.hampered_price)),
        ]
    }

    fn weight(&self, criterion: Criterion) -> f64 {
        self.question.catalogue.choice.weights.weight(criterion)
    }

    fn by_place(&self, place: usize) -> &str {
        self.question.catalogue.offers.get(place).map_or("another", |offer| &offer.name)
    }
}

/// What is the least sure of an offer's limits, where that matters.
fn tightest(one: &Evaluated<'_>) -> String {
    if one.holds >= CONFIDENT {
        return String::new();
    }
    let limits = [
        (one.port_holds, "its port"),
        (one.traffic_holds, "its traffic"),
        (one.processors_hold.unwrap_or(1.0), "its processors"),
    ];
    let least = limits.into_iter().min_by(|a, b| a.0.total_cmp(&b.0));
    least.map_or_else(String::new, |(_, what)| format!(" only, for {what}"))
}

#[cfg(test)]
mod tests;
