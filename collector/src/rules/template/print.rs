//! How values become text: as Go's fmt prints them.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use jiff::Timestamp;

use super::number;
use super::value::{Data, Found, Value};

/// `%v`
pub fn plain(value: &Value) -> String {
    match value {
        Value::Missing => "<no value>".into(),
        Value::Nil => "<nil>".into(),
        Value::Bool(truth) => truth.to_string(),
        Value::Int(number) => number.to_string(),
        Value::Float(number) => number::general(*number, None),
        Value::Text(text) => text.to_string(),
        Value::Labels(labels) => map(labels, Clone::clone),
        Value::Arguments(arguments) => map(arguments, plain),
        Value::Samples(samples) => {
            let samples: Vec<String> = samples.iter().map(sample).collect();
            format!("[{}]", samples.join(" "))
        }
        Value::Sample(found) => sample(found),
        Value::Data => "{}".into(),
        Value::Time(nanoseconds) => time(*nanoseconds),
    }
}

/// What an action writes: a sample itself, not that it stands elsewhere.
pub fn shown(value: &Value) -> String {
    let text = plain(value);
    match value {
        Value::Sample(_) => text.trim_start_matches('&').to_owned(),
        _ => text,
    }
}

/// All that a text is about.
pub fn data(data: &Data<'_>) -> String {
    let [labels, external] = [data.labels, data.external_labels].map(|all| map(all, Clone::clone));
    format!("{{{labels} {external} {} {}}}", data.external_url, number::general(data.value, None))
}

fn map<T>(pairs: &BTreeMap<String, T>, show: impl Fn(&T) -> String) -> String {
    let pairs: Vec<String> =
        pairs.iter().map(|(name, value)| format!("{name}:{}", show(value))).collect();
    format!("map[{}]", pairs.join(" "))
}

fn sample(Found { labels, value }: &Found) -> String {
    format!("&{{{} {}}}", map(labels, Clone::clone), number::general(*value, None))
}

/// A moment in UTC as Go's `Time` prints itself.
pub fn time(nanoseconds: i64) -> String {
    let Ok(moment) = Timestamp::from_nanosecond(nanoseconds.into()) else { return String::new() };
    let moment = moment.to_zoned(jiff::tz::TimeZone::UTC);
    let mut text = moment.strftime("%Y-%m-%d %H:%M:%S").to_string();
    let behind = nanoseconds.rem_euclid(1_000_000_000);
    if behind != 0 {
        let digits = format!("{behind:09}");
        let _ = write!(text, ".{}", digits.trim_end_matches('0'));
    }
    text + " +0000 UTC"
}

/// Values one behind the other, a space between two of which neither is a text.
pub fn all(values: &[Value]) -> String {
    let mut text = String::new();
    let mut before_is_text = true;
    for (place, value) in values.iter().enumerate() {
        let is_text = matches!(value, Value::Text(_));
        if place > 0 && !is_text && !before_is_text {
            text.push(' ');
        }
        text.push_str(&argument(value));
        before_is_text = is_text;
    }
    text
}

/// Values one behind the other, a space between each and a line's end behind the last.
pub fn line(values: &[Value]) -> String {
    values.iter().map(argument).collect::<Vec<_>>().join(" ") + "\n"
}

/// A value among others.
pub fn argument(value: &Value) -> String {
    match value {
        Value::Missing => "<nil>".into(),
        other => plain(other),
    }
}
