//! The functions that Go gives every template; `and` and `or` evaluate their arguments themselves.

use std::cmp::Ordering;
use std::fmt::Write as _;

use super::arguments::Arguments;
use super::failure::Failure;
use super::value::Value;
use super::{format, print};

const NAMES: [&str; 19] = [
    "and", "call", "eq", "ge", "gt", "html", "index", "js", "le", "len", "lt", "ne", "not", "or",
    "print", "printf", "println", "slice", "urlquery",
];

/// Whether there is a function of that name.
pub fn is_known(name: &str) -> bool {
    NAMES.contains(&name)
}

/// Calls a function of that name, if there is one.
pub fn call(name: &str, values: &[Value]) -> Option<Result<Value, Failure>> {
    let arguments = Arguments { name, values };
    let outcome = match name {
        "eq" => arguments.at_least(1).map_err(Failure::Count).and_then(|()| equal(values)),
        "ne" | "lt" | "le" | "gt" | "ge" => {
            arguments.count(2).map_err(Failure::Count).and_then(|()| compare(name, values))
        }
        "not" => {
            arguments.count(1).map_err(Failure::Count).map(|()| Value::Bool(!values[0].is_true()))
        }
        "len" => arguments.count(1).map_err(Failure::Count).and_then(|()| length(&values[0])),
        "index" => arguments.at_least(1).map_err(Failure::Count).and_then(|()| index(values)),
        "slice" => arguments.at_least(1).map_err(Failure::Count).and_then(|()| slice(values)),
        "print" => Ok(Value::text(print::all(values))),
        "println" => Ok(Value::text(print::line(values))),
        "printf" => arguments.at_least(1).map_err(Failure::Count).and_then(|()| {
            let format = arguments.text(0)?;
            Ok(Value::text(format::formatted(format, &values[1..])))
        }),
        "html" => Ok(Value::text(escape_html(&together(values)))),
        "js" => Ok(Value::text(escape_script(&together(values)))),
        "urlquery" => Ok(Value::text(escape_query(&together(values)))),
        "call" => Err(Failure::Call(match values.first() {
            None | Some(Value::Missing | Value::Nil) => "call of nil".into(),
            Some(other) => format!("non-function of type {}", other.kind()),
        })),
        _ => return None,
    };
    Some(outcome)
}

fn together(values: &[Value]) -> String {
    match values {
        [Value::Text(text)] => text.to_string(),
        [only] => print::shown(only),
        values => print::all(values),
    }
}

/// Whether the first equals any other.
fn equal(values: &[Value]) -> Result<Value, Failure> {
    let [first, others @ ..] = values else {
        return Err(Failure::Call("missing argument for comparison".into()));
    };
    if others.is_empty() {
        return Err(Failure::Call("missing argument for comparison".into()));
    }
    for other in others {
        if same(first, other)? {
            return Ok(Value::Bool(true));
        }
    }
    Ok(Value::Bool(false))
}

const INCOMPATIBLE: &str = "incompatible types for comparison";

fn same(first: &Value, other: &Value) -> Result<bool, Failure> {
    match (first, other) {
        (Value::Bool(a), Value::Bool(b)) => Ok(a == b),
        (Value::Int(a), Value::Int(b)) => Ok(a == b),
        (Value::Float(a), Value::Float(b)) => Ok(a == b),
        (Value::Text(a), Value::Text(b)) => Ok(a == b),
        (Value::Missing | Value::Nil, Value::Missing | Value::Nil) => Ok(true),
        (Value::Labels(_) | Value::Samples(_) | Value::Arguments(_), _) => Err(Failure::Call(
            format!("non-comparable type {}: {}", print::plain(first), first.kind()),
        )),
        _ => Err(Failure::Call(INCOMPATIBLE.into())),
    }
}

fn compare(name: &str, values: &[Value]) -> Result<Value, Failure> {
    let (first, second) = (&values[0], &values[1]);
    if name == "ne" {
        return Ok(Value::Bool(!same(first, second)?));
    }
    let order = match (first, second) {
        (Value::Int(a), Value::Int(b)) => Some(a.cmp(b)),
        (Value::Float(a), Value::Float(b)) => a.partial_cmp(b),
        (Value::Text(a), Value::Text(b)) => Some(a.cmp(b)),
        (Value::Int(_) | Value::Float(_) | Value::Text(_), _) => {
            return Err(Failure::Call(INCOMPATIBLE.into()));
        }
        _ => return Err(Failure::Call("invalid type for comparison".into())),
    };
    // What cannot be compared is neither less nor equal, and so it is greater.
    Ok(Value::Bool(match name {
        "lt" => order.is_some_and(Ordering::is_lt),
        "le" => order.is_some_and(Ordering::is_le),
        "gt" => !order.is_some_and(Ordering::is_le),
        _ => !order.is_some_and(Ordering::is_lt),
    }))
}

fn length(value: &Value) -> Result<Value, Failure> {
    let length = match value {
        Value::Text(text) => text.len(),
        Value::Labels(labels) => labels.len(),
        Value::Samples(samples) => samples.len(),
        Value::Arguments(arguments) => arguments.len(),
        Value::Missing | Value::Nil => return Err(Failure::Call("len of nil pointer".into())),
        other => return Err(Failure::Call(format!("len of type {}", other.kind()))),
    };
    Ok(Value::Int(length as i64))
}

fn index(values: &[Value]) -> Result<Value, Failure> {
    let Some(first) = values.first() else { return Ok(Value::Missing) };
    let mut value = first.clone();
    for key in &values[1..] {
        value = match (&value, key) {
            (Value::Labels(labels), Value::Text(name)) => {
                Value::text(labels.get(&**name).map(String::as_str).unwrap_or_default())
            }
            (Value::Arguments(arguments), Value::Text(name)) => {
                arguments.get(&**name).cloned().unwrap_or(Value::Missing)
            }
            (Value::Samples(samples), Value::Int(place)) => {
                let found = usize::try_from(*place).ok().and_then(|place| samples.get(place));
                let found = found.cloned().map(Value::Sample);
                found.ok_or_else(|| Failure::Call(format!("index out of range: {place}")))?
            }
            (Value::Text(text), Value::Int(place)) => {
                let found =
                    usize::try_from(*place).ok().and_then(|place| text.as_bytes().get(place));
                let found = found.map(|byte| Value::Int(i64::from(*byte)));
                found.ok_or_else(|| Failure::Call(format!("index out of range: {place}")))?
            }
            (Value::Labels(_) | Value::Arguments(_), key) => {
                let message = format!("value has type {}; should be string", key.kind());
                return Err(Failure::Call(message));
            }
            (Value::Samples(_) | Value::Text(_), key) => {
                let message = format!("cannot index slice/array with type {}", key.kind());
                return Err(Failure::Call(message));
            }
            (Value::Missing | Value::Nil, _) => {
                return Err(Failure::Call("index of untyped nil".into()));
            }
            (other, _) => {
                return Err(Failure::Call(format!("can't index item of type {}", other.kind())));
            }
        };
    }
    Ok(value)
}

fn slice(values: &[Value]) -> Result<Value, Failure> {
    let length = match values.first() {
        Some(Value::Text(text)) => text.len(),
        Some(Value::Samples(samples)) => samples.len(),
        other => {
            let kind = other.map_or("nil", Value::kind);
            return Err(Failure::Call(format!("can't slice item of type {kind}")));
        }
    };
    let mut bounds = [0, length];
    for (bound, value) in bounds.iter_mut().zip(&values[1..]) {
        let Value::Int(number) = value else {
            let message = format!("cannot index slice/array with type {}", value.kind());
            return Err(Failure::Call(message));
        };
        let inside = usize::try_from(*number).ok().filter(|place| *place <= length);
        *bound = inside.ok_or_else(|| Failure::Call(format!("index out of range: {number}")))?;
    }
    let [from, to] = bounds;
    if from > to {
        return Err(Failure::Call(format!("invalid slice index: {from} > {to}")));
    }
    Ok(match &values[0] {
        Value::Text(text) => Value::text(String::from_utf8_lossy(&text.as_bytes()[from..to])),
        Value::Samples(samples) => Value::Samples(samples[from..to].into()),
        _ => Value::Missing,
    })
}

fn escape_html(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '\0' => escaped.push('\u{fffd}'),
            '"' => escaped.push_str("&#34;"),
            '\'' => escaped.push_str("&#39;"),
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            other => escaped.push(other),
        }
    }
    escaped
}

fn escape_script(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '\\' => escaped.push_str("\\\\"),
            '\'' => escaped.push_str("\\'"),
            '"' => escaped.push_str("\\\""),
            '<' | '>' | '&' | '=' | '\0'..='\x1f' | '\x7f'..='\u{a0}' => {
                let _ = write!(escaped, "\\u{:04X}", u32::from(letter));
            }
            other => escaped.push(other),
        }
    }
    escaped
}

/// As the value of a parameter in an address.
pub fn escape_query(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b' ' => escaped.push('+'),
            byte if byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte) => {
                escaped.push(char::from(byte));
            }
            byte => {
                let _ = write!(escaped, "%{byte:02X}");
            }
        }
    }
    escaped
}
