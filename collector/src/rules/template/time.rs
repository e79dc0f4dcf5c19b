//! Moments as templates ask them: what Go's `Time` tells of itself in UTC, and its layouts.

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Span, Zoned};

use super::arguments::Arguments;
use super::failure::Failure;
use super::print;
use super::value::Value;

const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

const WEEKDAYS: [&str; 7] =
    ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];

/// What a layout's part stands for.
#[derive(Debug, Clone, Copy)]
enum Part {
    Year,
    ShortYear,
    Month,
    ShortMonth,
    MonthNumber {
        width: usize,
    },
    Weekday,
    ShortWeekday,
    Day {
        width: usize,
    },
    SpacedDay,
    SpacedYear,
    DayOfYear {
        fill: char,
    },
    Hour,
    HalfHour {
        width: usize,
    },
    Minute {
        width: usize,
    },
    Second {
        width: usize,
    },
    Half {
        great: bool,
    },
    Zone,
    /// `Z` as it is written for UTC.
    Zulu,
    /// The distance from UTC, as it is written for none.
    Offset(&'static str),
    Fraction {
        mark: char,
        digits: usize,
        trimmed: bool,
    },
}

/// Calls a method of a moment; none where it has no such method.
pub fn call(nanoseconds: i64, method: &str, values: &[Value]) -> Option<Result<Value, Failure>> {
    let wanted = match method {
        "Format" | "Add" => 1,
        "AddDate" => 3,
        _ => 0,
    };
    let arguments = Arguments { name: method, values };
    let at = zoned(nanoseconds);
    let number = |number: i64| Value::Int(number);
    let value = match method {
        "Format" => {
            let layout =
                arguments.count(1).map_err(Failure::Count).and_then(|()| arguments.text(0));
            return Some(layout.map(|layout| Value::text(format(&at, layout))));
        }
        "Add" | "AddDate" => {
            let whole = |place| arguments.whole(place);
            let moved = arguments.count(wanted).map_err(Failure::Count).and_then(|()| {
                Ok(match method {
                    "Add" => nanoseconds.wrapping_add(whole(0)?),
                    _ => moved(&at, [whole(0)?, whole(1)?, whole(2)?]).unwrap_or(nanoseconds),
                })
            });
            return Some(moved.map(Value::Time));
        }
        "UTC" => Value::Time(nanoseconds),
        "Location" => Value::text("UTC"),
        "String" => Value::text(print::time(nanoseconds)),
        "Unix" => number(nanoseconds.div_euclid(1_000_000_000)),
        "UnixMilli" => number(nanoseconds.div_euclid(1_000_000)),
        "UnixMicro" => number(nanoseconds.div_euclid(1_000)),
        "UnixNano" => number(nanoseconds),
        "Year" => number(at.year().into()),
        "Month" => Value::text(month(&at)),
        "Day" => number(at.day().into()),
        "Hour" => number(at.hour().into()),
        "Minute" => number(at.minute().into()),
        "Second" => number(at.second().into()),
        "Nanosecond" => number(at.subsec_nanosecond().into()),
        "YearDay" => number(at.day_of_year().into()),
        "Weekday" => Value::text(weekday(&at)),
        "IsZero" => Value::Bool(false),
        _ => return None,
    };
    Some(arguments.count(wanted).map_err(Failure::Count).map(|()| value))
}

/// So many years, months and days later; a day beyond its month's last is one of the next.
fn moved(at: &Zoned, [years, months, days]: [i64; 3]) -> Option<i64> {
    let months = (i64::from(at.year()).checked_add(years)?.checked_mul(12)?)
        .checked_add(i64::from(at.month()) - 1)?
        .checked_add(months)?;
    let year = i16::try_from(months.div_euclid(12)).ok()?;
    let first = Date::new(year, months.rem_euclid(12) as i8 + 1, 1).ok()?;
    let days = days.checked_add(i64::from(at.day()) - 1)?;
    let date = first.checked_add(Span::new().try_days(days).ok()?).ok()?;
    let moved = date.to_datetime(at.time()).to_zoned(TimeZone::UTC).ok()?;
    i64::try_from(moved.timestamp().as_nanosecond()).ok()
}

/// Every moment that a template can make lies in the centuries around.
fn zoned(nanoseconds: i64) -> Zoned {
    let moment = jiff::Timestamp::from_nanosecond(nanoseconds.into()).unwrap_or_default();
    moment.to_zoned(TimeZone::UTC)
}

fn month(at: &Zoned) -> &'static str {
    MONTHS[usize::try_from(at.month() - 1).unwrap_or_default().min(11)]
}

fn weekday(at: &Zoned) -> &'static str {
    WEEKDAYS[usize::try_from(at.weekday().to_sunday_zero_offset()).unwrap_or_default().min(6)]
}

fn format(at: &Zoned, layout: &str) -> String {
    let mut text = String::with_capacity(layout.len());
    let mut rest = layout;
    while let Some(letter) = rest.chars().next() {
        if let Some((part, length)) = part(rest) {
            text.push_str(&shown(at, part));
            rest = &rest[length..];
        } else {
            text.push(letter);
            rest = &rest[letter.len_utf8()..];
        }
    }
    text
}

/// The part that a layout begins with and its length; none where it begins with a letter of its own.
fn part(layout: &str) -> Option<(Part, usize)> {
    const PARTS: [(&str, Part); 31] = [
        ("January", Part::Month),
        ("Monday", Part::Weekday),
        ("MST", Part::Zone),
        ("01", Part::MonthNumber { width: 2 }),
        ("002", Part::DayOfYear { fill: '0' }),
        ("02", Part::Day { width: 2 }),
        ("03", Part::HalfHour { width: 2 }),
        ("04", Part::Minute { width: 2 }),
        ("05", Part::Second { width: 2 }),
        ("06", Part::ShortYear),
        ("15", Part::Hour),
        ("1", Part::MonthNumber { width: 1 }),
        ("2006", Part::Year),
        ("2", Part::Day { width: 1 }),
        ("_2006", Part::SpacedYear),
        ("__2", Part::DayOfYear { fill: ' ' }),
        ("_2", Part::SpacedDay),
        ("3", Part::HalfHour { width: 1 }),
        ("4", Part::Minute { width: 1 }),
        ("5", Part::Second { width: 1 }),
        ("PM", Part::Half { great: true }),
        ("pm", Part::Half { great: false }),
        ("-07:00:00", Part::Offset("+00:00:00")),
        ("-070000", Part::Offset("+000000")),
        ("-07:00", Part::Offset("+00:00")),
        ("-0700", Part::Offset("+0000")),
        ("-07", Part::Offset("+00")),
        ("Z07:00:00", Part::Zulu),
        ("Z070000", Part::Zulu),
        ("Z07:00", Part::Zulu),
        ("Z0700", Part::Zulu),
    ];
    // A short name is none where a word goes on.
    let short = |name: &str, part: Part| {
        let behind = layout.strip_prefix(name)?;
        let goes_on = behind.starts_with(|letter: char| letter.is_ascii_lowercase());
        (!goes_on).then_some((part, name.len()))
    };
    let known = PARTS.iter().find(|(name, _)| layout.starts_with(name));
    known
        .map(|(name, part)| (*part, name.len()))
        .or_else(|| layout.starts_with("Z07").then_some((Part::Zulu, 3)))
        .or_else(|| short("Jan", Part::ShortMonth))
        .or_else(|| short("Mon", Part::ShortWeekday))
        .or_else(|| fraction(layout))
}

/// A full stop or a comma, and as many noughts or nines, that no other digit follows.
fn fraction(layout: &str) -> Option<(Part, usize)> {
    let mark = layout.chars().next().filter(|mark| matches!(mark, '.' | ','))?;
    let digits = &layout[1..];
    let digit = digits.chars().next().filter(|digit| matches!(digit, '0' | '9'))?;
    let behind = digits.trim_start_matches(digit);
    let count = digits.len() - behind.len();
    let ends = !behind.starts_with(|letter: char| letter.is_ascii_digit());
    ends.then_some((Part::Fraction { mark, digits: count, trimmed: digit == '9' }, 1 + count))
}

fn shown(at: &Zoned, part: Part) -> String {
    let half = i32::from((at.hour() + 11).rem_euclid(12) + 1);
    match part {
        Part::Year => format!("{:04}", at.year()),
        Part::SpacedYear => format!("_{:04}", at.year()),
        Part::ShortYear => format!("{:02}", at.year().rem_euclid(100)),
        Part::Month => month(at).to_owned(),
        Part::ShortMonth => month(at)[..3].to_owned(),
        Part::MonthNumber { width } => format!("{:0width$}", at.month()),
        Part::Weekday => weekday(at).to_owned(),
        Part::ShortWeekday => weekday(at)[..3].to_owned(),
        Part::Day { width } => format!("{:0width$}", at.day()),
        Part::SpacedDay => format!("{:2}", at.day()),
        Part::DayOfYear { fill: '0' } => format!("{:03}", at.day_of_year()),
        Part::DayOfYear { .. } => format!("{:3}", at.day_of_year()),
        Part::Hour => format!("{:02}", at.hour()),
        Part::HalfHour { width } => format!("{half:0width$}"),
        Part::Minute { width } => format!("{:0width$}", at.minute()),
        Part::Second { width } => format!("{:0width$}", at.second()),
        Part::Half { great } => match (at.hour() >= 12, great) {
            (true, true) => "PM".into(),
            (true, false) => "pm".into(),
            (false, true) => "AM".into(),
            (false, false) => "am".into(),
        },
        Part::Zone => "UTC".into(),
        Part::Zulu => "Z".into(),
        Part::Offset(written) => written.into(),
        Part::Fraction { mark, digits, trimmed } => {
            let all = format!("{:09}", at.subsec_nanosecond());
            let shown = &all[..digits.min(9)];
            let shown = if trimmed { shown.trim_end_matches('0') } else { shown };
            if shown.is_empty() { String::new() } else { format!("{mark}{shown}") }
        }
    }
}
