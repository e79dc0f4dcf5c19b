//! When the pictures of a page are: over a period that ends now, or on a day of the calendar; and the
//! links to others.

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use crate::graphs::{Period, Span};
use crate::web::problem::Problem;
use crate::web::question;
use crate::web::site::Visit;

/// When the pictures of a page are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum When {
    /// Until now.
    Last(Period),
    /// On a day where the site is.
    Day(Date),
}

/// What an address asks for.
#[derive(Debug, Clone, Copy, Default)]
pub struct Asked<'q> {
    pub range: Option<&'q str>,
    pub day: Option<&'q str>,
}

/// A link to the same page at another time.
pub struct WhenLink {
    pub href: String,
    pub words: String,
    pub current: bool,
}

/// The links of a page: to periods that end now, and to days.
pub struct WhenLinks {
    pub last: Vec<WhenLink>,
    pub days: Vec<WhenLink>,
}

impl When {
    /// What is asked for: a day, one of the periods, or else the usual one.
    pub fn of(
        asked: Asked<'_>,
        visit: Visit<'_>,
        periods: &[Period],
        usual: Period,
    ) -> Result<Self, Problem> {
        let Some(text) = asked.day else {
            return Ok(Self::Last(question::period(asked.range, periods, usual)?));
        };
        question::day(text, visit.now_ms, &visit.site.zone).map(Self::Day)
    }

    /// The time that is shown.
    pub fn span(self, visit: Visit<'_>) -> Span {
        let zone = &visit.site.zone;
        let last = |period| Span::ending(period, visit.now_ms, zone.clone());
        match self {
            Self::Last(period) => last(period),
            Self::Day(date) => {
                Span::of_day(date, visit.now_ms, zone).unwrap_or_else(|| last(Period::Day))
            }
        }
    }

    /// As the address of a page says it.
    pub fn wish(self) -> String {
        match self {
            Self::Last(period) => format!("range={}", period.name()),
            Self::Day(date) => format!("day={date}"),
        }
    }

    /// What pictures of that time are called in addresses.
    pub fn name(self) -> &'static str {
        match self {
            Self::Last(period) => period.name(),
            Self::Day(_) => Period::Day.name(),
        }
    }

    /// What an address of a picture says beside its name, each with an ampersand behind it.
    pub fn wishes(self, visit: Visit<'_>) -> String {
        match self {
            Self::Last(_) => String::new(),
            Self::Day(_) => {
                let Span { from_ms, to_ms, .. } = self.span(visit);
                format!("from={}&to={}&", from_ms / 1000, to_ms / 1000)
            }
        }
    }

    /// In words.
    pub fn words(self) -> String {
        match self {
            Self::Last(period) => format!("last {}", period.words()),
            Self::Day(date) => date.strftime("%a %-d %b %Y").to_string(),
        }
    }

    /// Links to the periods of a page, to yesterday, and beside a day to those around it.
    pub fn links(self, visit: Visit<'_>, periods: &[Period]) -> WhenLinks {
        let link = |when: Self, words: String| WhenLink {
            href: format!("?{}", when.wish()),
            words,
            current: self == when,
        };
        let last = |period: &Period| link(Self::Last(*period), period.words().to_owned());
        let today = today(visit);
        let day = |date: Date, words: String| link(Self::Day(date), words);
        let named = |date: Date| day(date, date.strftime("%a %-d %b").to_string());
        let days = match self {
            Self::Last(_) => {
                today.yesterday().into_iter().map(|date| day(date, "yesterday".into())).collect()
            }
            Self::Day(date) => {
                let around = [date.yesterday().ok(), Some(date), date.tomorrow().ok()];
                around.into_iter().flatten().filter(|date| *date <= today).map(named).collect()
            }
        };
        // The long day is there for those who ask for it.
        let long = Some(&Period::LongDay).filter(|long| self == Self::Last(**long));
        WhenLinks { last: periods.iter().chain(long).map(last).collect(), days }
    }
}

/// The day that it is where the site is.
fn today(visit: Visit<'_>) -> Date {
    let zone: &TimeZone = &visit.site.zone;
    let now = Timestamp::from_millisecond(visit.now_ms).unwrap_or(Timestamp::UNIX_EPOCH);
    now.to_zoned(zone.clone()).date()
}
