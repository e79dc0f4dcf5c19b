//! What is believed before anything is measured: the published formula, and how far hosts, rooms
//! and minutes are known to be from it.

use super::row::Row;

/// How the column of screen shares was known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SharesFrom {
    /// The SFU told of them.
    Told,
    /// What bytes in have beyond microphones and cameras.
    BytesIn,
    /// Nothing tells of them: a column of what each room's would be, had it one. Without a column audio
    /// and cameras took their place, and 62 to 67 % of events without shares were held at 80 %; with it
    /// 78 to 90 %.
    Unknown,
}

/// Beliefs on K factors, and on what minutes vary by.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Prior<const K: usize> {
    /// Of each factor: 1 is the published figure.
    pub mean: [f64; K],
    /// Standard deviation of each factor.
    pub deviation: [f64; K],
    /// How far one room is from another, by kind, relative.
    pub room_spread: [f64; K],
    /// Noise of a minute, in the unit of the measurement.
    pub noise: f64,
    /// Noise of a minute, relative.
    pub relative_noise: f64,
}

impl<const K: usize> Prior<K> {
    /// The variance of a minute around what is expected of it.
    pub fn variance(&self, row: &Row<K>, factors: &[f64; K]) -> f64 {
        let relative = self.relative_noise * row.expected(factors);
        self.noise * self.noise + relative * relative + self.variance_of_rooms(row, factors)
    }

    /// The part of it that rooms bring, which are each as they are for as long as they last.
    pub fn variance_of_rooms(&self, row: &Row<K>, factors: &[f64; K]) -> f64 {
        let of_rooms = (0..K).map(|k| {
            let spread = self.room_spread[k] * factors[k];
            spread * spread * row.squares[k]
        });
        of_rooms.sum::<f64>()
    }
}

/// Of Mbit/s: base, audio with web, cameras, screen shares.
pub fn of_bandwidth(shares: SharesFrom) -> Prior<4> {
    let [share_mean, share_deviation, share_spread] = match shares {
        SharesFrom::Told => [1.0, 0.40, 0.45],
        SharesFrom::BytesIn => [1.0, 0.50, 0.54],
        // Of rooms, between none and all share: one room's is all or nothing.
        SharesFrom::Unknown => [0.5, 0.40, 1.1],
    };
    Prior {
        mean: [0.05, 1.0, 1.0, share_mean],
        deviation: [0.2, 0.15, 0.30, share_deviation],
        room_spread: [0.0, 0.08, 0.22, share_spread],
        noise: 0.05,
        relative_noise: 0.05,
    }
}

/// Of cores that one group of processes uses: base and its driver.
pub fn of_processors() -> Prior<2> {
    Prior {
        mean: [0.05, 1.0],
        deviation: [0.3, 0.5],
        room_spread: [0.0, 0.10],
        noise: 0.02,
        relative_noise: 0.10,
    }
}
