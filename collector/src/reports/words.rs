//! Figures as people read them in reports.

use crate::planning::capacity::{CONFIDENT, Resource};
use crate::planning::scores::Range;

/// A probability: never more sure than what it rests on.
pub fn probability(probability: f64) -> String {
    if !probability.is_finite() {
        return "–".into();
    }
    if probability >= 0.99 {
        "over 99 %".into()
    } else if probability < 0.01 {
        "under 1 %".into()
    } else {
        // What is not enough does not look as if it were.
        let percent = (probability * 100.0).round();
        let is_enough = probability >= CONFIDENT || percent < CONFIDENT * 100.0;
        format!("{:.0} %", if is_enough { percent } else { CONFIDENT * 100.0 - 1.0 })
    }
}

/// Three significant digits, as far as they are whole; one more place below 10.
pub fn figure(value: f64) -> String {
    if !value.is_finite() {
        return "–".into();
    }
    let size = value.abs();
    if size >= 1000.0 {
        let digits = size.log10().floor() as i32 - 2;
        let step = 10_f64.powi(digits);
        format!("{:.0}", (value / step).round() * step)
    } else if size >= 100.0 || value == 0.0 {
        format!("{value:.0}")
    } else if size >= 10.0 {
        format!("{value:.1}").trim_end_matches(".0").to_owned()
    } else {
        format!("{value:.2}")
    }
}

/// From low to high.
pub fn range(range: Range) -> String {
    format!("{}–{}", figure(range.low), figure(range.high))
}

/// A link's speed in Mbit/s.
pub fn speed(mbit: f64) -> String {
    if mbit >= 1000.0 && (mbit / 100.0).fract() == 0.0 {
        format!("{} Gbit/s", mbit / 1000.0)
    } else {
        format!("{} Mbit/s", figure(mbit))
    }
}

/// Bytes, base ten.
pub fn bytes(bytes: f64) -> String {
    let units = [("TB", 1e12), ("GB", 1e9), ("MB", 1e6)];
    let fits = units.iter().find(|(_, factor)| bytes >= *factor);
    let (unit, factor) = fits.copied().unwrap_or(("kB", 1e3));
    format!("{} {unit}", figure(bytes / factor))
}

/// So many of something.
pub fn counted(count: usize, one: &str, several: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { several })
}

/// All of them in a row: a, b and c.
pub fn listed<T: AsRef<str>>(all: &[T]) -> String {
    let all: Vec<&str> = all.iter().map(AsRef::as_ref).collect();
    match &*all {
        [] => String::new(),
        [one] => (*one).to_owned(),
        [others @ .., last] => format!("{} and {last}", others.join(", ")),
    }
}

/// What is limited, in a word or two.
pub fn resource(resource: Resource) -> &'static str {
    match resource {
        Resource::LinkPlan => "the link",
        Resource::LinkHard => "the link at its hard limit",
        Resource::Processors => "the processors",
        Resource::BusiestThread => "the busiest thread",
        Resource::Consumers => "mediasoup's workers",
        Resource::Microphones => "FreeSWITCH's microphones",
    }
}

/// The same for programs.
pub fn resource_key(resource: Resource) -> &'static str {
    match resource {
        Resource::LinkPlan => "link_plan",
        Resource::LinkHard => "link_hard",
        Resource::Processors => "processors",
        Resource::BusiestThread => "busiest_thread",
        Resource::Consumers => "consumers",
        Resource::Microphones => "microphones",
    }
}

/// A sentence: a great letter first, a full stop last.
pub fn sentence(text: &str) -> String {
    let mut letters = text.chars();
    let first = letters.next().map(|letter| letter.to_uppercase().to_string());
    let end = if text.ends_with(['.', '?']) { "" } else { "." };
    format!("{}{}{end}", first.unwrap_or_default(), letters.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_have_three_digits_and_probabilities_are_never_sure() {
        let figures = [0.0, 0.123, 5.0, 12.34, 56.0, 312.4, 9958.0, 12_345.0].map(figure);
        assert_eq!(figures, ["0", "0.12", "5.00", "12.3", "56", "312", "9960", "12300"]);
        assert_eq!([1.0, 0.972, 0.0].map(probability), ["over 99 %", "97 %", "under 1 %"]);
        assert_eq!([1000.0, 2500.0, 500.0].map(speed), ["1 Gbit/s", "2.5 Gbit/s", "500 Mbit/s"]);
        assert_eq!([2.5e12, 3.2e9, 120.0].map(bytes), ["2.50 TB", "3.20 GB", "0.12 kB"]);
        assert_eq!(sentence("no rooms were seen"), "No rooms were seen.");
    }
}
