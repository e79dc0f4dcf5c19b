//! Forecasts: daily peaks of simulated hosts, and the highest minute of the four weeks after them.

use headroom::planning::forecast::DayPeak;
use headroom_simulation::worlds::{Constants, Profile, World};

use super::drawn;

/// How many days are known, and how many are foreseen.
pub const KNOWN_DAYS: i32 = 112;
/// See [`KNOWN_DAYS`].
pub const FORESEEN_DAYS: i32 = 28;

/// One host's daily peaks, and what came.
#[derive(Debug, Clone)]
pub struct Course {
    /// Sixteen weeks.
    pub known: Vec<DayPeak>,
    /// The highest minute of the four weeks after.
    pub highest: f64,
}

/// The courses of so many worlds.
pub fn courses(worlds: u64) -> Vec<Course> {
    let course = |number| {
        let world: World = drawn(number, &Constants::default(), Profile::ALL);
        let peak = |day: i32| DayPeak {
            day,
            weekday: day.rem_euclid(7) as u8,
            peak: world.day(day).iter().map(|minute| minute.sent_mbit).fold(0.0, f64::max),
        };
        let peaks: Vec<DayPeak> = (0..KNOWN_DAYS + FORESEEN_DAYS).map(peak).collect();
        let (known, to_come) = peaks.split_at(KNOWN_DAYS as usize);
        let highest = to_come.iter().map(|day| day.peak).fold(0.0, f64::max);
        Course { known: known.to_vec(), highest }
    };
    (0..worlds).map(course).collect()
}
