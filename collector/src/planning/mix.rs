//! Mixes of rooms as somebody types them: so many rooms of so many people with so many cameras.

use super::doubt::Doubt;
use super::media::Media;
use super::minute::Minute;
use super::room::{ByKind, Room};

/// Rooms that are alike.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rooms {
    /// How many.
    pub count: u32,
    /// Each of them.
    pub room: Room,
}

/// Rooms that are open at the same time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mix {
    /// What people call it.
    pub name: String,
    /// Its rooms.
    pub rooms: Vec<Rooms>,
}

/// A room in which all may speak and one moderates.
fn usual_room(people: u32, cameras: u32, shares: u32) -> Room {
    Room {
        people,
        moderators: 1.min(people),
        telephones: 0,
        voices: people,
        hearing: people,
        cameras,
        moderator_cameras: 1.min(cameras),
        shares,
    }
}

impl Mix {
    /// `count` rooms of `people` with `cameras` and `shares` each, one moderator in each.
    pub fn of(name: &str, count: u32, [people, cameras, shares]: [u32; 3]) -> Self {
        let room = usual_room(people, cameras, shares);
        Self { name: name.to_owned(), rooms: vec![Rooms { count, room }] }
    }

    /// People in `count` rooms, as evenly as they go, with `cameras` and `shares` in each.
    pub fn evenly(name: &str, count: u32, [people, cameras, shares]: [u32; 3]) -> Self {
        let count = count.max(1);
        let larger = people % count;
        let sizes = [(larger, people / count + 1), (count - larger, people / count)];
        let filled = sizes.into_iter().filter(|(count, people)| *count > 0 && *people > 0);
        let rooms = filled.map(|(count, people)| Rooms {
            count,
            room: usual_room(people, cameras.min(people), shares.min(people)),
        });
        Self { name: name.to_owned(), rooms: rooms.collect() }
    }

    /// The mixes that every report answers for.
    pub fn usual() -> Vec<Self> {
        let mut breakouts =
            Self::of("an event of 200 in 25 breakout rooms, all cameras", 25, [8, 8, 0]);
        let plenary = usual_room(200, 4, 1);
        let breakout_hall =
            Room { cameras: 0, moderator_cameras: 0, voices: 0, hearing: 0, shares: 0, ..plenary };
        breakouts.rooms.push(Rooms { count: 1, room: breakout_hall });
        vec![
            Self::of("8 rooms of 25, one camera each", 8, [25, 1, 0]),
            Self::of("8 rooms of 25, four cameras and a share each", 8, [25, 4, 1]),
            Self::of("25 groups of 8, all cameras", 25, [8, 8, 0]),
            Self::of("one event of 200, ten cameras and a share", 1, [200, 10, 1]),
            breakouts,
        ]
    }

    /// Refused where it cannot be.
    pub fn check(&self) -> Result<(), Doubt> {
        for Rooms { room, .. } in &self.rooms {
            if room.cameras > room.people {
                return Err(Doubt::MoreCamerasThanPeople {
                    cameras: room.cameras,
                    people: room.people,
                });
            }
        }
        if self.people() == 0 { Err(Doubt::EmptyMix) } else { Ok(()) }
    }

    /// People in all rooms. Those of a hall in which nobody hears anybody sit in breakout rooms, too.
    pub fn people(&self) -> u32 {
        let seated =
            self.rooms.iter().filter(|rooms| rooms.room.hearing > 0 || self.rooms.len() == 1);
        let people = seated.map(|rooms| rooms.count.saturating_mul(rooms.room.people));
        people.fold(0, u32::saturating_add)
    }

    /// Whether a screen is shared.
    pub fn has_shares(&self) -> bool {
        self.rooms.iter().any(|rooms| rooms.count > 0 && rooms.room.shares > 0)
    }

    /// What is sent by the formula, in Mbit/s.
    pub fn sent(&self, media: &Media) -> ByKind {
        self.minute(media).sent(media)
    }

    /// The minute in which all rooms are full.
    pub fn minute(&self, media: &Media) -> Minute {
        let mut minute = Minute::idle(0, 0);
        for rooms in &self.rooms {
            minute.add(&rooms.room, rooms.count, media);
        }
        minute
    }

    /// The fewest rooms of the same proportions.
    #[must_use]
    pub fn smallest_set(&self) -> Self {
        let divisor = self.rooms.iter().map(|rooms| rooms.count).fold(0, greatest_divisor).max(1);
        let mut set = self.clone();
        for rooms in &mut set.rooms {
            rooms.count /= divisor;
        }
        set
    }

    /// The same rooms, `times` as many.
    #[must_use]
    pub fn times(&self, times: u32) -> Self {
        let mut more = self.clone();
        for rooms in &mut more.rooms {
            rooms.count = rooms.count.saturating_mul(times);
        }
        more
    }
}

fn greatest_divisor(a: u32, b: u32) -> u32 {
    if b == 0 { a } else { greatest_divisor(b, a % b) }
}
