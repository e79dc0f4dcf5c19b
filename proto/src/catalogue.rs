//! Every metric that Headroom itself writes: its name, type, unit and labels, and what it says.
//! Whoever writes, reads or explains one takes its name from here.
//!
//! Names that others gave and that we only pass on, such as the SFU's, never stand here.

mod agent;
mod bbb;
mod billing;
mod collector;
mod containers;
mod disks;
mod hardware;
mod host;
mod kernel;
mod network;
mod planning;
mod plans;
mod probe;
mod processes;
mod recordings;
mod rooms;
mod tenants;

use std::fmt;

pub use self::agent::*;
pub use self::bbb::*;
pub use self::billing::*;
pub use self::collector::*;
pub use self::containers::*;
pub use self::disks::*;
pub use self::hardware::*;
pub use self::host::*;
pub use self::kernel::*;
pub use self::network::*;
pub use self::planning::*;
pub use self::plans::*;
pub use self::probe::*;
pub use self::processes::*;
pub use self::recordings::*;
pub use self::rooms::*;
pub use self::tenants::*;
use crate::metric::{INSTANCE, JOB};

/// A metric of ours. Displays as its name, for expressions: `rate({NODE_INTR_TOTAL}[5m])`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Metric {
    /// Its name. The kernel names the metrics of some files: where one stands, the name has a `*`.
    pub name: &'static str,
    /// Its type.
    pub kind: Kind,
    /// What its values count.
    pub unit: Unit,
    /// The labels that its series may have, beside `instance`, `job` and the borders of histograms.
    pub labels: &'static [&'static str],
    /// What it says, in one sentence.
    pub help: &'static str,
}

/// The type of a metric, as OpenMetrics has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Only grows, and begins at 0 anew when what counts begins anew.
    Counter,
    /// Goes up and down.
    Gauge,
    /// Counts values by upper border, for ever: `_bucket`, `_count` and `_sum`.
    Histogram,
    /// Counts values by upper border as they are now: `_bucket`, `_gcount` and `_gsum`.
    GaugeHistogram,
    /// Says something in its labels; its value is 1.
    Info,
}

/// What the values of a metric count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    /// Things, or nothing at all.
    None,
    /// Seconds.
    Seconds,
    /// Bytes.
    Bytes,
    /// A part of a whole, from 0 to 1.
    Ratio,
}

/// Why a series is not one of the catalogue.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum UndeclaredError {
    /// There is no such metric.
    #[error("metric {0} is not in the catalogue")]
    Metric(String),
    /// It has a label that is not among its own.
    #[error("metric {metric} is in the catalogue without label {label}")]
    Label {
        /// The metric.
        metric: &'static str,
        /// The label.
        label: String,
    },
}

/// All metrics of ours.
pub fn all() -> impl Iterator<Item = &'static Metric> {
    let families = [
        AGENT, BBB, BILLING, COLLECTOR, CONTAINERS, DISKS, HARDWARE, HOST, KERNEL, NETWORK,
        PLANNING, PLANS, PROBE, PROCESSES, RECORDINGS, ROOMS, TENANTS,
    ];
    families.into_iter().flatten().copied()
}

/// The metric that the series of that name belong to; none if it is not ours.
pub fn find(series: &str) -> Option<&'static Metric> {
    // What the catalogue names itself comes before what the kernel names.
    let named = all().filter(|metric| !metric.is_named_by_the_kernel());
    let others = all().filter(|metric| metric.is_named_by_the_kernel());
    named.chain(others).find(|metric| metric.has(series))
}

/// Checks that a series is of a metric of ours and has no other labels than the catalogue says.
pub fn check<'l>(
    series: &str,
    labels: impl Iterator<Item = &'l str>,
) -> Result<(), UndeclaredError> {
    let metric = find(series).ok_or_else(|| UndeclaredError::Metric(series.to_owned()))?;
    let histogram = matches!(metric.kind, Kind::Histogram | Kind::GaugeHistogram);
    let known = |label: &str| {
        metric.labels.contains(&label)
            || [INSTANCE, JOB].contains(&label)
            || histogram && label == "le"
    };
    for label in labels {
        if !known(label) {
            return Err(UndeclaredError::Label { metric: metric.name, label: label.to_owned() });
        }
    }
    Ok(())
}

impl Metric {
    /// What stands before and behind the kernel's own word; all of the name stands before it if
    /// there is none.
    pub fn around(&self) -> (&'static str, &'static str) {
        self.name.split_once('*').unwrap_or((self.name, ""))
    }

    /// The name that describes `series`, which is one of its own: of a histogram without the part.
    pub fn family<'s>(&self, series: &'s str) -> &'s str {
        self.kind.parts().iter().find_map(|part| series.strip_suffix(part)).unwrap_or(series)
    }

    fn is_named_by_the_kernel(&self) -> bool {
        self.name.contains('*')
    }

    /// Whether `series` is the name of series of this metric.
    fn has(&self, series: &str) -> bool {
        let (before, behind) = self.around();
        if self.is_named_by_the_kernel() {
            return series.strip_prefix(before).is_some_and(|rest| rest.ends_with(behind));
        }
        match series.strip_prefix(before) {
            Some(part) if self.kind.parts().is_empty() => part.is_empty(),
            Some(part) => self.kind.parts().contains(&part),
            None => false,
        }
    }
}

impl fmt::Display for Metric {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)
    }
}

impl Kind {
    /// Its name in OpenMetrics, and in Prometheus's answers.
    pub fn name(self) -> &'static str {
        match self {
            Self::Counter => "counter",
            Self::Gauge => "gauge",
            Self::Histogram => "histogram",
            Self::GaugeHistogram => "gaugehistogram",
            Self::Info => "info",
        }
    }

    /// What its series' names end in; nothing if they are just the metric's.
    pub fn parts(self) -> &'static [&'static str] {
        match self {
            Self::Histogram => &["_bucket", "_count", "_sum"],
            Self::GaugeHistogram => &["_bucket", "_gcount", "_gsum"],
            Self::Counter | Self::Gauge | Self::Info => &[],
        }
    }
}

impl Unit {
    /// Its name in OpenMetrics.
    pub fn name(self) -> &'static str {
        match self {
            Self::None => "",
            Self::Seconds => "seconds",
            Self::Bytes => "bytes",
            Self::Ratio => "ratio",
        }
    }
}

/// Declares a family of metrics, each as `CONSTANT = Type "name" in Unit by ["label"], "Help.";`,
/// where unit and labels may be left out, and the list of them.
macro_rules! metrics {
    ($family:ident: $(
        $constant:ident = $kind:ident $name:literal $(in $unit:ident)? $(by [$($label:literal),+])?,
        $help:literal;
    )+) => {
        $(
            #[doc = $help]
            pub const $constant: &super::Metric = &super::Metric {
                name: $name,
                kind: super::Kind::$kind,
                unit: super::metrics!(@unit $($unit)?),
                labels: &[$($($label),+)?],
                help: $help,
            };
        )+

        pub(super) const $family: &[&super::Metric] = &[$($constant),+];

        #[cfg(test)]
        mod tests {
            #[test]
            fn constants_are_named_as_their_metrics() {
                for (constant, metric) in [$((stringify!($constant), super::$constant)),+] {
                    assert_eq!(constant, metric.name.replace("_*", "").to_uppercase());
                }
            }
        }
    };
    (@unit) => { super::Unit::None };
    (@unit $unit:ident) => { super::Unit::$unit };
}
use metrics;

#[cfg(test)]
mod tests;
