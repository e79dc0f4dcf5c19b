//! The functions that Prometheus gives templates, beside Go's own.

use core::net::IpAddr;
use std::collections::BTreeMap;
use std::sync::Arc;

use super::arguments::Arguments;
use super::failure::Failure;
use super::value::{Data, Found, Value};
use super::{Ask, builtin, humanize};
use crate::rules::parse_duration;
use crate::samples::Pattern;

/// The names of Prometheus's functions.
const NAMES: [&str; 28] = [
    "args",
    "externalURL",
    "first",
    "graphLink",
    "humanize",
    "humanize1024",
    "humanizeDuration",
    "humanizePercentage",
    "humanizeTimestamp",
    "label",
    "match",
    "parseDuration",
    "pathPrefix",
    "query",
    "reReplaceAll",
    "safeHtml",
    "sortByLabel",
    "stripDomain",
    "stripPort",
    "strvalue",
    "tableLink",
    "title",
    "tmpl",
    "toLower",
    "toTime",
    "toUpper",
    "urlQueryEscape",
    "value",
];

/// The most memory that a pattern takes once it is compiled, in bytes.
const PATTERN_BYTES: usize = 1 << 20;

/// Whether there is a function of that name.
pub fn is_known(name: &str) -> bool {
    NAMES.contains(&name) || builtin::is_known(name)
}

/// Calls a function.
pub fn call(
    name: &str,
    values: &[Value],
    data: &Data<'_>,
    ask: &dyn Ask,
) -> Result<Value, Failure> {
    if let Some(outcome) = builtin::call(name, values) {
        return outcome;
    }
    let arguments = Arguments { name, values };
    let wanted = match name {
        "externalURL" | "pathPrefix" => 0,
        "label" | "match" | "sortByLabel" => 2,
        "reReplaceAll" => 3,
        "args" => values.len(),
        _ => 1,
    };
    arguments.count(wanted).map_err(Failure::Count)?;
    of_texts(&arguments)
        .or_else(|| of_numbers(&arguments))
        .unwrap_or_else(|| of_data(&arguments, data, ask))
}

type Called = Result<Value, Failure>;

fn of_texts(arguments: &Arguments<'_>) -> Option<Called> {
    let each: fn(&str) -> String = match arguments.name {
        "title" => title,
        "toUpper" => |text| text.chars().map(|letter| one(letter, letter.to_uppercase())).collect(),
        "toLower" => {
            |text| text.chars().filter_map(|letter| letter.to_lowercase().next()).collect()
        }
        "safeHtml" => str::to_owned,
        "urlQueryEscape" => builtin::escape_query,
        "stripPort" => strip_port,
        "stripDomain" => strip_domain,
        "graphLink" => |text| format!("/graph?g0.expr={}&g0.tab=0", builtin::escape_query(text)),
        "tableLink" => super::table_link,
        "match" => {
            return Some(pattern(arguments, |found, _| {
                Ok(Value::Bool(found.matches(text_of(arguments, 1))))
            }));
        }
        "reReplaceAll" => {
            return Some(pattern(arguments, |found, with| {
                let text = arguments.text(2)?;
                Ok(Value::text(found.replaced(text, with)))
            }));
        }
        _ => return None,
    };
    Some(arguments.text(0).map(|text| Value::text(each(text))))
}

fn text_of<'a>(arguments: &Arguments<'a>, place: usize) -> &'a str {
    match arguments.values.get(place) {
        Some(Value::Text(text)) => text,
        _ => "",
    }
}

/// What is done with a pattern, which is the first argument, and the text behind it.
fn pattern(arguments: &Arguments<'_>, work: impl FnOnce(&Pattern, &str) -> Called) -> Called {
    let text = arguments.text(0)?;
    let second = arguments.text(1)?;
    let compiled = Pattern::anywhere(text, PATTERN_BYTES).map_err(|error| {
        Failure::Call(match arguments.name {
            "match" => error.to_string(),
            _ => format!("regexp: Compile({}): {error}", quoted(text)),
        })
    })?;
    work(&compiled, second)
}

/// A pattern as Go quotes it.
fn quoted(text: &str) -> String {
    if text.contains(|letter: char| letter == '`' || letter.is_control() && letter != '\t') {
        crate::promql::quoted(text)
    } else {
        format!("`{text}`")
    }
}

fn of_numbers(arguments: &Arguments<'_>) -> Option<Called> {
    let show: fn(f64) -> Result<String, String> = match arguments.name {
        "humanize" => |value| Ok(humanize::decimal(value)),
        "humanize1024" => |value| Ok(humanize::binary(value)),
        "humanizeDuration" => |value| Ok(humanize::duration(value)),
        "humanizePercentage" => |value| Ok(humanize::percentage(value)),
        "humanizeTimestamp" => humanize::timestamp,
        "toTime" => {
            let time = arguments.number(0).and_then(humanize::nanoseconds);
            let whole = |at: i64| Value::Time(at / 1_000_000 * 1_000_000);
            return Some(time.map(whole).map_err(Failure::Call));
        }
        _ => return None,
    };
    Some(arguments.number(0).and_then(show).map(Value::text).map_err(Failure::Call))
}

fn of_data(arguments: &Arguments<'_>, data: &Data<'_>, ask: &dyn Ask) -> Called {
    match arguments.name {
        "query" => {
            let expression = arguments.text(0)?;
            ask.query(expression).map(Value::Samples).map_err(Failure::Call)
        }
        "first" => {
            let samples = arguments.samples(0)?;
            let first = samples.first().cloned().map(Value::Sample);
            let none = || Failure::Call("first() called on vector with no elements".into());
            first.ok_or_else(none)
        }
        "label" => arguments.text(0).and_then(|name| {
            let sample = arguments.sample(1)?;
            Ok(label(sample, name))
        }),
        "value" => arguments.sample(0).map(|sample| Value::Float(sample.value)),
        "strvalue" => arguments.sample(0).map(|sample| label(sample, "__value__")),
        "sortByLabel" => arguments.text(0).and_then(|name| {
            let mut sorted = arguments.samples(1)?.to_vec();
            let key = |sample: &Found| sample.labels.get(name).cloned().unwrap_or_default();
            sorted.sort_by_key(key);
            Ok(Value::Samples(sorted.into()))
        }),
        "externalURL" => Ok(Value::text(data.external_url)),
        "pathPrefix" => Ok(Value::text(path(data.external_url))),
        "parseDuration" => {
            let text = arguments.text(0)?;
            let parsed = parse_duration(text).map_err(|error| Failure::Call(error.to_string()))?;
            Ok(Value::Float(parsed as f64 / 1000.0))
        }
        "args" => {
            let named = |(place, value): (usize, &Value)| (format!("arg{place}"), value.clone());
            let all: BTreeMap<_, _> = arguments.values.iter().enumerate().map(named).collect();
            Ok(Value::Arguments(Arc::new(all)))
        }
        other => Err(Failure::Call(format!("{other} is not there in rules"))),
    }
}

fn label(sample: &Found, name: &str) -> Value {
    Value::text(sample.labels.get(name).map(String::as_str).unwrap_or_default())
}

/// The path of an address, from its first slash behind the host.
fn path(url: &str) -> &str {
    let behind = url.split_once("://").map_or(url, |(_, behind)| behind);
    behind.find('/').map_or("", |slash| &behind[slash..])
}

/// Each word with a large letter first.
fn title(text: &str) -> String {
    let mut before = ' ';
    let mut titled = String::with_capacity(text.len());
    for letter in text.chars() {
        if separates(before) {
            titled.push(title_case(letter));
        } else {
            titled.push(letter);
        }
        before = letter;
    }
    titled
}

/// Two letters in one have a case for titles.
fn title_case(letter: char) -> char {
    match letter {
        'Ǆ' | 'ǅ' | 'ǆ' => 'ǅ',
        'Ǉ' | 'ǈ' | 'ǉ' => 'ǈ',
        'Ǌ' | 'ǋ' | 'ǌ' => 'ǋ',
        'Ǳ' | 'ǲ' | 'ǳ' => 'ǲ',
        other => one(other, other.to_uppercase()),
    }
}

/// The one letter that another case is; where that would be several, the letter itself.
fn one(letter: char, mut changed: impl Iterator<Item = char>) -> char {
    match (changed.next(), changed.next()) {
        (Some(one), None) => one,
        (_, _) => letter,
    }
}

fn separates(letter: char) -> bool {
    match letter {
        letter if letter.is_ascii() => !(letter.is_ascii_alphanumeric() || letter == '_'),
        letter if letter.is_alphanumeric() => false,
        letter => letter.is_whitespace(),
    }
}

/// Host and port; nothing where they are not written as such.
fn host_and_port(text: &str) -> Option<(&str, &str)> {
    let (host, port) = text.rsplit_once(':')?;
    match host.strip_prefix('[') {
        Some(inside) => {
            let inside = inside.strip_suffix(']')?;
            (!inside.contains(['[', ']']) && !port.contains(['[', ']'])).then_some((inside, port))
        }
        None => {
            (!host.contains([':', '[', ']']) && !port.contains(['[', ']'])).then_some((host, port))
        }
    }
}

fn strip_port(text: &str) -> String {
    host_and_port(text).map_or(text, |(host, _)| host).to_owned()
}

fn strip_domain(text: &str) -> String {
    let (host, port) = host_and_port(text).unwrap_or((text, ""));
    if host.parse::<IpAddr>().is_ok() {
        return text.to_owned();
    }
    let host = host.split('.').next().unwrap_or_default();
    if port.is_empty() { host.to_owned() } else { format!("{host}:{port}") }
}
