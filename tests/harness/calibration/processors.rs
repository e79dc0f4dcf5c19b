//! Processors: the peak of all cores and of the busiest thread on days whose rooms are known.

use headroom::planning::media::Media;
use headroom::planning::processors::{ProcessorMinute, Processors};
use headroom_simulation::worlds::{Constants, Profile, World, WorldMinute};

use super::observed::room_of;
use super::{Cell, HELD_OUT, HISTORIES, count, drawn};

/// Cores of recordings that are processed, as on the simulated hosts.
const PROCESSING: f64 = 1.8;

/// By length of history: all cores, the busiest thread.
pub fn calibrate_processors(worlds: u64) -> Vec<(usize, [Cell; 2])> {
    let media = Media::delivered();
    let mut table: Vec<(usize, [Cell; 2])> =
        HISTORIES.iter().map(|history| (*history, <[Cell; 2]>::default())).collect();
    for number in 0..worlds {
        let world: World = drawn(number, &Constants::default(), Profile::ALL);
        let days: Vec<Vec<ProcessorMinute>> = (0..28 + HELD_OUT)
            .map(|day| {
                let processed = processing(number, day);
                let of = |minute| of(minute, day, &media, &processed);
                world.day(day).iter().map(of).collect()
            })
            .collect();
        let (past, future) = days.split_at(28);
        for (history, [all, threads]) in &mut table {
            let seen = past[past.len() - *history..].concat();
            let Ok(model) = Processors::of(&seen) else { continue };
            for day in future.iter().filter(|day| day.iter().any(|m| m.drivers[2] > 5.0)) {
                let most = |of: fn(&ProcessorMinute) -> f64| day.iter().map(of).fold(0.0, f64::max);
                if let Some(outlook) = model.day(day) {
                    count(all, &outlook, most(|m| m.cores.iter().sum::<f64>() + m.other_cores));
                }
                if let Some(outlook) = model.day_thread(day) {
                    count(threads, &outlook, most(|m| m.busiest_thread));
                }
            }
        }
    }
    table
}

/// In which hours of a day recordings are processed: in every second world, one of eight, whatever
/// the rooms of the hour.
fn processing(world: u64, day: i32) -> impl Fn(i64) -> bool {
    move |hour| {
        let seed = (world << 32) | ((day as u64) << 8) | hour as u64;
        world % 2 == 1 && fastrand::Rng::with_seed(seed).u8(..8) == 0
    }
}

fn of(
    minute: &WorldMinute,
    day: i32,
    media: &Media,
    processing: impl Fn(i64) -> bool,
) -> ProcessorMinute {
    let rooms = minute.rooms.iter().map(room_of);
    let mut drivers = [0.0; 3];
    for room in rooms {
        drivers[0] += f64::from(room.voices);
        drivers[1] += f64::from(room.consumers(media));
        drivers[2] += f64::from(room.people);
    }
    ProcessorMinute {
        minute: i64::from(day) * 1440 + minute.minute,
        day,
        drivers,
        cores: minute.cores,
        other_cores: if processing(minute.minute / 60) { 0.1 + PROCESSING } else { 0.1 },
        busiest_thread: minute.busiest_thread,
    }
}
