//! `[events]`: by what events are priced.

use headroom_proto::configuration::Section;

use crate::costs::Money;
use crate::reports::terms::Terms;

/// The largest margin, and the longest time for which a quote may hold, in days.
const MOST_MARGIN: f64 = 100.0;
const LONGEST_VALID: u32 = 366;

pub fn build(section: &Section<'_>) -> Terms {
    let usual = Terms::default();
    let margin: f64 = section.value("margin").unwrap_or(usual.margin);
    if !(margin > 0.0 && margin <= MOST_MARGIN) {
        section.mistake("margin", format!("must be more than 0 and at most {MOST_MARGIN}"));
    }
    let on_call: Option<Money> = section.value("on_call");
    if on_call.is_some_and(|money| money.minor < 0) {
        section.mistake("on_call", "must not be negative");
    }
    let tax: f64 = section.value("tax").unwrap_or(usual.tax);
    if !(0.0..=1.0).contains(&tax) {
        section.mistake("tax", "must be a part of the price between 0 and 1, such as 0.19");
    }
    let valid_days: u32 = section.value("valid_days").unwrap_or(usual.valid_days);
    if !(1..=LONGEST_VALID).contains(&valid_days) {
        section.mistake("valid_days", format!("must be between 1 and {LONGEST_VALID}"));
    }
    Terms {
        margin,
        on_call,
        tax: tax.clamp(0.0, 1.0),
        valid_days: valid_days.clamp(1, LONGEST_VALID),
    }
}
