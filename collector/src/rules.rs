//! Rules as Prometheus has them: files are read and checked, alerts pend, fire and end, recordings
//! become series.
//!
//! All of it decides and none of it acts: no files, no clock, no threads. Samples are read through
//! the seam; what is to be stored and what is to be told is handed out.

mod alert;
mod alerting;
mod board;
mod book;
mod definition;
mod duration;
mod evaluation;
mod fields;
mod file;
mod group;
mod mistake;
mod notice;
mod preview;
mod shipped;
mod template;
mod trial;
mod yaml;

pub use self::alert::{Alert, AlertState, fingerprint};
pub use self::board::{Board, GroupReport, Health, RuleReport};
pub use self::book::{Book, Outcome, SharedGroup};
pub use self::definition::{Alerting, Group, Kind, Rule};
pub use self::duration::{DurationError, parse_duration};
pub use self::evaluation::{Surroundings, Tick};
pub use self::file::{DEFAULT_INTERVAL_MS, read};
pub use self::group::Written;
pub use self::mistake::{Mistake, Mistakes};
pub use self::notice::Notice;
pub use self::preview::{Preview, Supposed, preview};
pub use self::shipped::shipped;
pub use self::template::table_link;
pub use self::trial::Plan;

/// The series of an alert that pends or fires.
pub const ALERTS: &str = "ALERTS";

/// The series of the moment since when it does.
pub const ALERTS_FOR_STATE: &str = "ALERTS_FOR_STATE";

/// The label with an alert's name.
pub const ALERT_NAME: &str = "alertname";

/// The label with its state.
pub const ALERT_STATE: &str = "alertstate";

/// Where a last word of `ALERTS_FOR_STATE` still counts after a restart, in milliseconds.
pub const OUTAGE_TOLERANCE_MS: i64 = 3_600_000;
