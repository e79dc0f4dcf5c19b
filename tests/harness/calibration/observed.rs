//! What a host's series would tell of a simulated minute.

use headroom::planning::media::Media;
use headroom::planning::minute::Minute;
use headroom::planning::room::Room;
use headroom_simulation::worlds::{RoomMinute, WorldMinute};

/// What a host tells of screen shares.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sight {
    /// Its SFU tells.
    Sfu,
    /// It tells bytes in.
    BytesIn,
    /// Neither.
    Neither,
}

/// The minutes of a day as series tell them.
pub fn minutes_of(day: &[WorldMinute], number: i32, media: &Media, sight: Sight) -> Vec<Minute> {
    let minute = |world: &WorldMinute| {
        let mut minute = Minute::idle(i64::from(number) * 1440 + world.minute, number);
        for room in &world.rooms {
            minute.add(&room_of(room), 1, media);
        }
        minute.shares = match sight {
            Sight::Sfu => Some(minute.shares.unwrap_or_default()),
            Sight::BytesIn | Sight::Neither => None,
        };
        minute.sent_mbit = Some(world.sent_mbit);
        minute.received_mbit = match sight {
            Sight::Sfu | Sight::BytesIn => Some(world.received_mbit),
            Sight::Neither => None,
        };
        minute
    };
    day.iter().map(minute).collect()
}

/// A simulated room as the formula takes it.
pub fn room_of(room: &RoomMinute) -> Room {
    Room {
        people: room.people,
        moderators: room.moderators,
        telephones: 0,
        voices: room.voices,
        hearing: room.people,
        cameras: room.cameras,
        moderator_cameras: room.moderator_cameras,
        shares: room.shares,
    }
}
