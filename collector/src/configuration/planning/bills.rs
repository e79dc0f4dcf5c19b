//! `[[bills]]`: what is to be paid, by whom it was, and how it is shared.

use std::str::FromStr;

use headroom_proto::configuration::Section;

use super::name;
use crate::costs::{Basis, Bill, Money, Month, Months};

/// More bills are another program's work.
const MOST: usize = 1_000;

/// Hours of work in one bill; a month has less.
const MOST_HOURS: f64 = 1_000.0;

/// The words for what use is counted by.
struct By(Basis);

impl FromStr for By {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, &'static str> {
        match text {
            "user-hours" => Ok(Self(Basis::UserHours)),
            "bytes" => Ok(Self(Basis::Bytes)),
            "busiest-hour" => Ok(Self(Basis::BusiestHour)),
            "peak" => Ok(Self(Basis::Peak)),
            _ => Err("must be user-hours, bytes, busiest-hour or peak"),
        }
    }
}

pub fn build(sections: &[Section<'_>]) -> Vec<Bill> {
    if let Some(first) = sections.get(MOST) {
        first.mistake("name", format!("is one of more than {MOST} bills"));
    }
    sections.iter().take(MOST).filter_map(one).collect()
}

fn one(section: &Section<'_>) -> Option<Bill> {
    let (name, amount) = (name(section, "name"), amount(section));
    let equal: f64 = section.value("equal").unwrap_or(0.0);
    if !(0.0..=1.0).contains(&equal) {
        section.mistake("equal", "must be between 0 and 1");
    }
    let by: Option<By> = section.value("by");
    let names = |key: &str| section.list::<String>(key).unwrap_or_default();
    let (shared_by, hosts) = (names("organisations"), names("hosts"));
    let (paid_by, months) = (section.value("paid_by"), months(section));
    // Every key has been asked for by now, so that none is called unknown for another's mistake.
    Some(Bill {
        name: name?,
        amount: amount?,
        paid_by,
        shared_by,
        hosts,
        equal: equal.clamp(0.0, 1.0),
        by: by.map_or(Basis::UserHours, |By(by)| by),
        months,
    })
}

/// What it costs: an amount, or hours of somebody's work at a rate.
fn amount(section: &Section<'_>) -> Option<Money> {
    let hours: Option<f64> = section.value("hours");
    let rate: Option<Money> = section.value("rate");
    let Some(hours) = hours else {
        if rate.is_some() {
            section.mistake("rate", "needs hours beside it");
        }
        return section.required("amount");
    };
    if section.has("amount") {
        section.mistake("hours", "stand beside an amount; a bill has one of both");
        return section.value("amount");
    }
    if !(hours > 0.0 && hours <= MOST_HOURS) {
        section.mistake("hours", format!("must be more than 0 and at most {MOST_HOURS}"));
    }
    let rate = rate.or_else(|| section.required("rate"))?;
    Some(rate.times(hours.clamp(0.0, MOST_HOURS)))
}

/// `month` is one month alone, `from` and `until` the first and the last; else it comes each month.
fn months(section: &Section<'_>) -> Months {
    let month: Option<Month> = section.value("month");
    let (from, until): (Option<Month>, Option<Month>) =
        (section.value("from"), section.value("until"));
    if section.has("month") {
        for key in ["from", "until"].into_iter().filter(|key| section.has(key)) {
            section.mistake(key, "stands beside month, which is one month alone");
        }
        return Months { from: month, until: month };
    }
    if let (Some(from), Some(until)) = (from, until)
        && until < from
    {
        section.mistake("until", format!("is before from ({from})"));
    }
    Months { from, until }
}
