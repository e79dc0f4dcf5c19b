//! Figures and states as the pages say them.

mod fleet;
mod rooms;
mod scale;
mod sentence;

pub use self::fleet::headline;
pub use self::rooms::{advice, now_and_next, overview};
pub use self::scale::Scale;
pub use self::sentence::{Part, Sentence};
use crate::fleet::{Mount, lasting};
use crate::graphs::{Prefix, significant};

/// A rate in Mbit/s with three digits; a dash for none.
pub fn megabits(rate: Option<f64>) -> String {
    rate.map_or_else(|| "–".into(), |rate| significant(rate / 1e6))
}

/// A rate with its own prefix.
pub fn rate(rate: f64) -> String {
    let prefix = Prefix::for_largest(rate);
    format!("{} {}", prefix.write(rate), prefix.unit("bit/s"))
}

/// A number of things that are counted, with its word.
pub fn counted(count: f64, one: &str, several: &str) -> String {
    let word = if (count - 1.0).abs() < 0.5 { one } else { several };
    format!("{count:.0} {word}")
}

/// Hours that add up, without decimals where they are many.
pub fn hours(hours: Option<f64>) -> String {
    hours.map_or_else(|| "–".into(), significant)
}

/// Bytes counted in tens, as disks are sold.
pub fn bytes(bytes: f64) -> String {
    let prefix = Prefix::for_largest(bytes);
    format!("{} {}", prefix.write(bytes), prefix.unit("B"))
}

/// What there is to say of a file system.
pub fn mount(mount: &Mount) -> String {
    let left = bytes(mount.left_bytes);
    match mount.seconds_left() {
        Some(seconds) => {
            format!("{}: {left} left, full in {}", mount.mountpoint, lasting(seconds))
        }
        None => format!("{}: {left} left", mount.mountpoint),
    }
}

/// How long ago, roughly.
pub fn ago(seconds: i64) -> String {
    match seconds {
        s if s < 2 => "now".into(),
        s if s < 120 => format!("{s} s ago"),
        s if s < 7200 => format!("{} min ago", s / 60),
        s if s < 172_800 => format!("{} h ago", s / 3600),
        s => format!("{} days ago", s / 86_400),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ages_round_down() {
        let said = [0, 5, 119, 720, 7200, 200_000].map(ago).join(", ");
        assert_eq!(said, "now, 5 s ago, 119 s ago, 12 min ago, 2 h ago, 2 days ago");
    }
}
