//! What one would do without all this: counts fitted by non-negative least squares, and a bootstrap
//! over days.

use headroom::planning::least_squares::Sums;
use headroom::planning::media::Media;
use headroom::planning::minute::Minute;
use headroom::planning::non_negative::Quadratic;
use headroom_simulation::worlds::{Constants, Profile, World};

use super::{HELD_OUT, Sight, drawn, minutes_of};

const DRAWS: usize = 60;
const HISTORY: i32 = 28;

/// The part of day peaks that its 80 % range held.
pub fn plain_coverage(worlds: u64) -> f64 {
    let media = Media::delivered();
    let (mut held, mut peaks) = (0, 0);
    for number in 0..worlds {
        let world: World = drawn(number, &Constants::default(), Profile::ALL);
        let days: Vec<Vec<Minute>> = (0..HISTORY + HELD_OUT)
            .map(|day| minutes_of(&world.day(day), day, &media, Sight::Sfu))
            .collect();
        let (past, future) = days.split_at(HISTORY as usize);
        let sums: Vec<Sums<4>> = past.iter().map(|day| sums(day)).collect();
        let solutions = bootstrap(&sums, number);
        for day in future.iter().filter(|day| day.iter().any(|minute| minute.people > 5.0)) {
            let peak = day.iter().filter_map(|minute| minute.sent_mbit).fold(0.0, f64::max);
            let mut foreseen: Vec<f64> = solutions
                .iter()
                .map(|factors| {
                    let of = |minute: &Minute| {
                        columns(minute).iter().zip(factors).map(|(x, b)| x * b).sum::<f64>()
                    };
                    day.iter().map(of).fold(0.0, f64::max)
                })
                .collect();
            foreseen.sort_by(f64::total_cmp);
            let (low, high) = (foreseen[DRAWS / 10], foreseen[DRAWS - 1 - DRAWS / 10]);
            held += usize::from((low..=high).contains(&peak));
            peaks += 1;
        }
    }
    held as f64 / f64::from(peaks.max(1))
}

fn bootstrap(days: &[Sums<4>], seed: u64) -> Vec<[f64; 4]> {
    let mut random = fastrand::Rng::with_seed(seed);
    let mut draw = || {
        let mut sum = Sums::default();
        for _ in 0..days.len() {
            sum.join(&days[random.usize(..days.len())]);
        }
        let quadratic = Quadratic { gram: sum.gram(), moment: sum.moment() };
        quadratic.least_non_negative().into()
    };
    (0..DRAWS).map(|_| draw()).collect()
}

fn sums(day: &[Minute]) -> Sums<4> {
    let mut sums = Sums::default();
    for minute in day {
        sums.add(&columns(minute), minute.sent_mbit.unwrap_or_default(), 1.0);
    }
    sums
}

/// Base, people, microphones, camera streams out.
fn columns(minute: &Minute) -> [f64; 4] {
    [1.0, minute.people, minute.voices, minute.cameras_out.iter().sum()]
}
