//! One line of /proc/PID/stat (proc_pid_stat(5)).

use std::ops::{Add, Sub};
use std::time::Duration;

/// The kernel reports CPU time to user space in hundredths of a second (`USER_HZ`).
const TICKS_PER_SECOND: f64 = 100.0;

/// CPU time, in ticks.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Ticks {
    pub user: u64,
    pub system: u64,
}

impl Ticks {
    pub fn sum(self) -> u64 {
        self.user.saturating_add(self.system)
    }

    /// The smaller of each.
    pub fn min(self, other: Self) -> Self {
        Self { user: self.user.min(other.user), system: self.system.min(other.system) }
    }
}

impl Add for Ticks {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self {
            user: self.user.saturating_add(other.user),
            system: self.system.saturating_add(other.system),
        }
    }
}

/// The kernel may shift a little between user and system time; what falls counts as nothing.
impl Sub for Ticks {
    type Output = Self;

    fn sub(self, other: Self) -> Self {
        Self {
            user: self.user.saturating_sub(other.user),
            system: self.system.saturating_sub(other.system),
        }
    }
}

/// Seconds of CPU time.
pub fn seconds(ticks: u64) -> f64 {
    ticks as f64 / TICKS_PER_SECOND
}

/// The most ticks that so many cores together have in that time.
pub fn most(time: Duration, cores: usize) -> u64 {
    (time.as_secs_f64() * TICKS_PER_SECOND * cores as f64) as u64
}

/// What the samplers need of a process or thread.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stat {
    /// The process that started it, or looks after it now.
    pub parent: u32,
    pub used: Ticks,
    /// What those used that it has waited for: its children that have ended, and theirs.
    pub waited_for: Ticks,
    pub threads: u64,
    pub resident_pages: u64,
}

impl Stat {
    /// The line's numbers; none if it is not such a line.
    pub fn parse(line: &str) -> Option<Self> {
        // The name, in parentheses, may hold anything, parentheses too.
        let (_, rest) = line.rsplit_once(") ")?;
        // The first field behind the name is the third of all.
        let mut fields = rest.split_ascii_whitespace().skip(4 - 3);
        let parent = fields.next()?.parse().ok()?;
        let mut fields = fields.skip(14 - 5);
        let mut ticks =
            || Some(Ticks { user: number(fields.next())?, system: number(fields.next())? });
        let (used, waited_for) = (ticks()?, ticks()?);
        let threads = number(fields.nth(20 - 18))?;
        let resident_pages = number(fields.nth(24 - 21))?;
        Some(Self { parent, used, waited_for, threads, resident_pages })
    }
}

fn number(field: Option<&str>) -> Option<u64> {
    field?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_may_hold_anything() {
        let numbers = "S 1 9 9 0 -1 4194560 5 6 7 8 1500 250 3 4 20 0 17 0 88 123456 789 18446744073709551615";
        let expected = Stat {
            parent: 1,
            used: Ticks { user: 1500, system: 250 },
            waited_for: Ticks { user: 3, system: 4 },
            threads: 17,
            resident_pages: 789,
        };
        for name in ["node", "a b", "x) R 1 (y", ") "] {
            assert_eq!(Stat::parse(&format!("42 ({name}) {numbers}\n")), Some(expected), "{name}");
        }
        for line in ["", "42 (node)", "42 (node) S 1 2", "42 node S 1 2 3 4 5 6 7 8 9 10 11 12"] {
            assert_eq!(Stat::parse(line), None, "{line}");
        }
    }
}
