//! An expression on one line, as Prometheus normalises it.

use std::fmt::{self, Display, Formatter};

use super::{Aggregated, Called, Operated, Placed, Resolved, Windowed, Written, go};
use crate::promql::tree::{At, Demand, Fill, Many, Matching, Pick, Test};

impl Display for Written {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number(number) => f.write_str(&number.text()),
            Self::Text(text) => f.write_str(&go::quoted(text)),
            Self::Brackets(inner) => write!(f, "({inner})"),
            Self::Signed(signed) => {
                f.write_str(if signed.is_negative { "-" } else { "+" })?;
                signed.operand.fmt(f)
            }
            Self::Selector(selection) => write!(f, "{}{}", selection.text, selection.place),
            Self::Window(window) => window.fmt(f),
            Self::Subquery(subquery) => write!(f, "{}{}", subquery.of, subquery.tail()),
            Self::Call(call) => call.fmt(f),
            Self::Aggregation(aggregation) => aggregation.fmt(f),
            Self::Operation(operation) => {
                let Operated { left, right, .. } = &**operation;
                write!(f, "{left} {} {right}", operation.words())
            }
        }
    }
}

impl Display for Windowed {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let selection = &self.selection;
        write!(f, "{}[{}]{}", selection.text, self.length.text, selection.place)
    }
}

impl Display for Called {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "{}(", self.function)?;
        for (place, argument) in self.arguments.iter().enumerate() {
            f.write_str(if place == 0 { "" } else { ", " })?;
            argument.fmt(f)?;
        }
        f.write_str(")")
    }
}

impl Display for Aggregated {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "{}(", self.head())?;
        if let Some(parameter) = &self.parameter {
            write!(f, "{parameter}, ")?;
        }
        write!(f, "{})", self.of)
    }
}

/// ` @ 1.500 offset 5m`
impl Display for Placed {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self.at {
            At::Step => {}
            At::Start => f.write_str(" @ start()")?,
            At::End => f.write_str(" @ end()")?,
            At::Moment(ms) => write!(f, " @ {:.3}", ms as f64 / 1000.0)?,
        }
        match &self.offset {
            Some(offset) => write!(f, " offset {}", offset.text),
            None => Ok(()),
        }
    }
}

impl Resolved {
    /// `[1h:5m] offset 1d`
    pub fn tail(&self) -> String {
        let step = self.step.as_ref().map_or("", |step| &step.text);
        format!("[{}:{step}]{}", self.length.text, self.place)
    }
}

impl Aggregated {
    /// `sum by (a, b) `
    pub fn head(&self) -> String {
        let name = &self.name;
        match &self.grouping {
            Pick::Only(labels) if labels.is_empty() => name.clone(),
            Pick::Only(labels) => format!("{name} by ({}) ", list(labels)),
            Pick::Without(labels) => format!("{name} without ({}) ", list(labels)),
        }
    }
}

impl Operated {
    /// `+ on (a) group_left ()`
    pub fn words(&self) -> String {
        let answer = if self.is_bool { " bool" } else { "" };
        let matching = self.matching.as_ref().map(words).unwrap_or_default();
        format!("{}{answer}{matching}", self.operator)
    }
}

fn words(matching: &Matching) -> String {
    let pick = match (&matching.pick, &matching.many) {
        (Pick::Without(labels), Many::Neither) if labels.is_empty() => String::new(),
        (Pick::Without(labels), _) => format!(" ignoring ({})", list(labels)),
        (Pick::Only(labels), _) => format!(" on ({})", list(labels)),
    };
    let many = match &matching.many {
        Many::Neither => String::new(),
        Many::Left(labels) => format!(" group_left ({})", list(labels)),
        Many::Right(labels) => format!(" group_right ({})", list(labels)),
    };
    let Fill { left, right } = matching.fill;
    let filled = |side: &str, value: Option<f64>| {
        value.map_or_else(String::new, |value| format!(" fill{side} ({})", go::number(value)))
    };
    let fill = if left.map(f64::to_bits) == right.map(f64::to_bits) {
        filled("", left)
    } else {
        filled("_left", left) + &filled("_right", right)
    };
    pick + &many + &fill
}

/// A name and what stands in braces, in the order of its letters.
pub fn selection(name: Option<&str>, demands: &[Demand]) -> String {
    let mut texts: Vec<String> = demands.iter().map(demand).collect();
    texts.sort_unstable();
    match name {
        Some(name) if texts.is_empty() => name.into(),
        name => format!("{}{{{}}}", name.unwrap_or_default(), texts.join(",")),
    }
}

fn demand(demand: &Demand) -> String {
    let test = test(demand.test);
    format!("{}{test}{}", go::label(&demand.label), go::quoted(demand.value.as_bytes()))
}

pub fn test(test: Test) -> &'static str {
    match test {
        Test::Equal => "=",
        Test::NotEqual => "!=",
        Test::Regex => "=~",
        Test::NotRegex => "!~",
    }
}

fn list(labels: &[String]) -> String {
    let labels: Vec<String> = labels.iter().map(|name| go::label(name)).collect();
    labels.join(", ")
}
