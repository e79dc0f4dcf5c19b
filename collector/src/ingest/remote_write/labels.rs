//! What a writer may name a series: any text as name, within limits. It knows nothing of who writes.

use super::fields::Malformed;
use super::unstored::Unstored;
use crate::samples::METRIC;
use crate::telemetry::RefusalReason;

/// How many bytes of a text are shown, and how many labels of a series without a name.
const SHOWN: usize = 64;
const SHOWN_LABELS: usize = 4;

/// Name and value of a label, which need not be text.
pub type LabelBytes<'r> = (&'r [u8], &'r [u8]);

/// What the labels of a series may be at most.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LabelLimits {
    /// Labels of one series, the metric's name among them.
    pub labels: usize,
    /// A metric's or a label's name, in bytes.
    pub name_bytes: usize,
    /// A label's value, in bytes.
    pub value_bytes: usize,
}

impl Default for LabelLimits {
    fn default() -> Self {
        Self { labels: 64, name_bytes: 200, value_bytes: 4096 }
    }
}

/// What is wrong with the labels of a series.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Wrong<'r> {
    Many(usize),
    NoMetric,
    LongMetric(&'r [u8]),
    NoName,
    LongName(&'r [u8]),
    LongValue(LabelBytes<'r>),
    Twice(&'r [u8]),
    NoText(&'r [u8]),
}

/// Names and values of a series, as the store takes them.
pub type Pairs<'r> = Vec<(&'r str, &'r str)>;

/// Names and values of a series, sorted by name and without those that are empty; else why
/// they may not name one.
pub fn check<'r>(
    labels: impl Iterator<Item = Result<LabelBytes<'r>, Malformed>>,
    limits: LabelLimits,
) -> Result<Result<Pairs<'r>, Unstored>, Malformed> {
    let mut pairs: Vec<LabelBytes<'r>> = Vec::new();
    let mut count = 0;
    for label in labels {
        let label = label?;
        // A label without a value is no label, but one without a name is a mistake.
        if label.1.is_empty() && !label.0.is_empty() {
            continue;
        }
        count += 1;
        if count <= limits.labels {
            pairs.push(label);
        }
    }
    if !pairs.is_sorted_by_key(|label| label.0) {
        pairs.sort_by_key(|label| label.0);
    }
    let checked =
        if count > limits.labels { Err(Wrong::Many(count)) } else { texts(&pairs, limits) };
    Ok(checked.map_err(|wrong| Unstored {
        reason: wrong.reason(),
        message: wrong.message(&shown(&pairs), limits),
    }))
}

fn texts<'r>(pairs: &[LabelBytes<'r>], limits: LabelLimits) -> Result<Pairs<'r>, Wrong<'r>> {
    let mut texts = Vec::with_capacity(pairs.len());
    for (place, &(name, value)) in pairs.iter().enumerate() {
        if name.is_empty() {
            return Err(Wrong::NoName);
        }
        if name.len() > limits.name_bytes {
            return Err(Wrong::LongName(name));
        }
        if place > 0 && pairs[place - 1].0 == name {
            return Err(Wrong::Twice(name));
        }
        let is_metric = name == METRIC.as_bytes();
        if is_metric && value.len() > limits.name_bytes {
            return Err(Wrong::LongMetric(value));
        }
        if !is_metric && value.len() > limits.value_bytes {
            return Err(Wrong::LongValue((name, value)));
        }
        match (str::from_utf8(name), str::from_utf8(value)) {
            (Ok(name), Ok(value)) => texts.push((name, value)),
            (Err(_), _) | (_, Err(_)) => return Err(Wrong::NoText(name)),
        }
    }
    let has_metric = texts.iter().any(|(name, _)| *name == METRIC);
    if has_metric { Ok(texts) } else { Err(Wrong::NoMetric) }
}

impl Wrong<'_> {
    fn reason(&self) -> RefusalReason {
        match self {
            Self::Many(_) => RefusalReason::ManyLabels,
            Self::NoMetric => RefusalReason::NoMetricName,
            Self::LongMetric(_) | Self::LongName(_) => RefusalReason::LongName,
            Self::NoName => RefusalReason::EmptyLabelName,
            Self::LongValue(_) => RefusalReason::LongLabelValue,
            Self::Twice(_) => RefusalReason::DuplicateLabel,
            Self::NoText(_) => RefusalReason::NoUtf8,
        }
    }

    /// What is wrong with the labels of that series.
    fn message(&self, series: &str, limits: LabelLimits) -> String {
        let LabelLimits { labels, name_bytes, value_bytes } = limits;
        match self {
            Self::Many(count) => format!("series {series} has {count} labels, at most {labels}"),
            Self::NoMetric => format!("series {series} has no metric name"),
            Self::LongMetric(metric) => {
                let bytes = metric.len();
                format!("metric name {series} has {bytes} bytes, at most {name_bytes}")
            }
            Self::NoName => format!("series {series} has a label without a name"),
            Self::LongName(name) => {
                let (name, bytes) = (start(name), name.len());
                format!(
                    "label name {name:?} of series {series} has {bytes} bytes, at most {name_bytes}"
                )
            }
            Self::LongValue((name, value)) => {
                let (name, bytes) = (start(name), value.len());
                format!(
                    "value of label {name:?} of series {series} has {bytes} bytes, at most {value_bytes}"
                )
            }
            Self::Twice(name) => format!("label {:?} stands twice in series {series}", start(name)),
            Self::NoText(name) => {
                format!("label {:?} of series {series} is not UTF-8", start(name))
            }
        }
    }
}

/// A series by the beginning of its metric's name, or else of its labels.
fn shown(pairs: &[LabelBytes<'_>]) -> String {
    let metric = pairs.iter().find(|(name, _)| *name == METRIC.as_bytes());
    if let Some((_, metric)) = metric {
        return format!("{:?}", start(metric));
    }
    let label = |(name, value): &LabelBytes<'_>| format!("{}={:?}", start(name), start(value));
    let labels: Vec<String> = pairs.iter().take(SHOWN_LABELS).map(label).collect();
    let more = if pairs.len() > SHOWN_LABELS { ",…" } else { "" };
    format!("{{{}{more}}}", labels.join(","))
}

/// The beginning of what should be a text.
fn start(bytes: &[u8]) -> String {
    match bytes.get(..SHOWN) {
        Some(beginning) => format!("{}…", String::from_utf8_lossy(beginning)),
        None => String::from_utf8_lossy(bytes).into_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    use super::RefusalReason::{
        DuplicateLabel, EmptyLabelName, LongLabelValue, LongName, ManyLabels, NoMetricName, NoUtf8,
    };

    const LIMITS: LabelLimits = LabelLimits { labels: 3, name_bytes: 20, value_bytes: 8 };

    type Given<'c> = &'c [(&'c [u8], &'c [u8])];

    fn checked(labels: Given<'_>) -> Result<String, Unstored> {
        let checked = check(labels.iter().copied().map(Ok), LIMITS).unwrap();
        checked.map(|pairs| {
            let shown = pairs.iter().map(|(name, value)| format!("{name}={value}"));
            shown.collect::<Vec<_>>().join(" ")
        })
    }

    #[test]
    fn labels_are_sorted_and_those_without_a_value_left_out() {
        let cases: [(Given<'_>, &str); 7] = [
            (&[(b"__name__", b"m"), (b"a", b"1")], "__name__=m a=1"),
            (&[(b"z", b"1"), (b"__name__", b"m"), (b"A", b"2")], "A=2 __name__=m z=1"),
            (&[(b"__name__", b"m"), (b"a", b""), (b"b", b""), (b"c", b"")], "__name__=m"),
            (&[(b"__name__", b"http.server.size"), (b"a.b", b"")], "__name__=http.server.size"),
            (&[(b"__name__", "größe".as_bytes()), ("ü".as_bytes(), b"1")], "__name__=größe ü=1"),
            (&[(b"__name__", b"twenty_letters_fit_x")], "__name__=twenty_letters_fit_x"),
            (&[(b"__name__", b"m"), (b"a", b"12345678")], "__name__=m a=12345678"),
        ];
        for (labels, expected) in cases {
            assert_eq!(checked(labels).as_deref(), Ok(expected), "{labels:?}");
        }
    }

    #[test]
    fn what_is_wrong_with_labels_is_said_and_of_one_kind() {
        let cases: [(Given<'_>, RefusalReason, &str); 12] = [
            (
                &[(b"__name__", b"twenty_letters_fit_xx")],
                LongName,
                "metric name \"twenty_letters_fit_xx\" has 21 bytes, at most 20",
            ),
            (
                &[(b"__name__", b"m"), (b"a", b"123456789")],
                LongLabelValue,
                "value of label \"a\" of series \"m\" has 9 bytes, at most 8",
            ),
            (
                &[(b"__name__", b"m"), (b"twenty_letters_fit_xx", b"1")],
                LongName,
                "label name \"twenty_letters_fit_xx\" of series \"m\" has 21 bytes, at most 20",
            ),
            (
                &[(b"__name__", b"m"), (b"a", b"1"), (b"b", b"1"), (b"c", b"1")],
                ManyLabels,
                "series \"m\" has 4 labels, at most 3",
            ),
            (&[(b"a", b"1")], NoMetricName, "series {a=\"1\"} has no metric name"),
            (&[], NoMetricName, "series {} has no metric name"),
            (
                &[(b"__name__", b""), (b"a", b"1")],
                NoMetricName,
                "series {a=\"1\"} has no metric name",
            ),
            (
                &[(b"__name__", b"m"), (b"", b"1")],
                EmptyLabelName,
                "series \"m\" has a label without a name",
            ),
            (
                &[(b"", b""), (b"__name__", b"m")],
                EmptyLabelName,
                "series \"m\" has a label without a name",
            ),
            (
                &[(b"a", b"1"), (b"__name__", b"m"), (b"a", b"2")],
                DuplicateLabel,
                "label \"a\" stands twice in series \"m\"",
            ),
            (
                &[(b"__name__", b"m"), (b"a", b"\xff")],
                NoUtf8,
                "label \"a\" of series \"m\" is not UTF-8",
            ),
            (
                &[(b"__name__", b"m\xff")],
                NoUtf8,
                "label \"__name__\" of series \"m\u{fffd}\" is not UTF-8",
            ),
        ];
        for (labels, reason, message) in cases {
            let unstored = Unstored { reason, message: message.to_owned() };
            assert_eq!(checked(labels), Err(unstored), "{labels:?}");
        }
        let broken = [Ok((&b"a"[..], &b"1"[..])), Err(Malformed::Short)];
        assert_eq!(check(broken.into_iter(), LIMITS), Err(Malformed::Short));
    }
}
