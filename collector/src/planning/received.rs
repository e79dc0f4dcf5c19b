//! Bytes in: what microphones and cameras send, and what remains of it, which is screen shares
//! where nothing else tells of them.

use std::collections::BTreeMap;

use super::doubt::Doubt;
use super::fit::Fit;
use super::media::Media;
use super::minute::{Minute, Shares};
use super::prior::Prior;
use super::quantiles::median;
use super::row::{Row, Standing};

/// How often minutes are told apart by whether a screen seems to be shared.
const ROUNDS: usize = 6;

/// Remainders up to it are noise in any case.
const LEAST_NOISE_MBIT: f64 = 0.1;

/// What remains of a single room counts as its share from this part of a share's rate on.
const LEAST_SHARE: f64 = 0.3;

/// Fewest minutes without a share that teach anything.
const FEWEST_MINUTES: usize = 60;

/// Variance of what one room shares, relative to the square of a share's rate: some rooms share,
/// most do not, and shares differ.
const ROOM_VARIANCE: f64 = 0.35;

/// How far shares of one meeting are from the host's own, on the logarithm, and how far a host's
/// are from the published figure.
const MEETING_SPREAD: f64 = 0.45;
const HOST_SPREAD: f64 = 0.40;

/// How far single shares leave that in any case: cameras of their rooms are among them. Measured over
/// 400 simulated hosts: 0.21 to 0.34 after 28 days, where hours of single shares alone say 0.05 to 0.13.
const SINGLE_SPREAD: f64 = 0.25;

/// What microphones and cameras of a host send, and the shares that remain.
#[derive(Debug, Clone, PartialEq)]
pub struct Received {
    /// Base, audio with web, cameras.
    pub fit: Fit<3>,
    /// What one share takes, as a factor on the published figure, and how unsure that is: from
    /// minutes with a single room, of which what remains is a single share.
    pub share_factor: f64,
    /// Standard deviation of its logarithm.
    pub share_deviation: f64,
    /// Mbit/s of shares of a room in the mean.
    room_mbit: f64,
}

impl Received {
    /// Fits the minutes in which no screen seems to be shared.
    pub fn of(minutes: &[Minute], media: &Media) -> Result<Self, Doubt> {
        let rows: Vec<Row<3>> = minutes.iter().filter_map(|minute| row(minute, media)).collect();
        let fit = fit_without_shares(&rows)?;
        let mut received =
            Self { fit, share_factor: 1.0, share_deviation: HOST_SPREAD, room_mbit: 0.0 };
        received.learn_shares(minutes, media);
        Ok(received)
    }

    /// What one room shares in the mean, and what one share takes.
    fn learn_shares(&mut self, minutes: &[Minute], media: &Media) {
        let (mut remainders, mut rooms) = (0.0, 0.0);
        let mut single: BTreeMap<i64, Vec<f64>> = BTreeMap::new();
        for minute in minutes.iter().filter(|minute| minute.rooms > 0.0) {
            let Some(row) = row(minute, media) else { continue };
            let remainder = row.measured - row.expected(&self.fit.posterior.factors);
            remainders += remainder;
            rooms += minute.rooms;
            let noise = self.fit.prior.variance(&row, &self.fit.posterior.factors).sqrt();
            let is_share = remainder > (2.0 * noise).max(LEAST_SHARE * media.screen_mbit);
            if minute.rooms < 1.5 && is_share {
                single.entry(row.minute.div_euclid(60)).or_default().push(remainder);
            }
        }
        self.room_mbit = (remainders / rooms.max(1.0)).clamp(0.0, media.screen_mbit);
        let of_hour = |values: Vec<f64>| median(values).map(|mbit| (mbit / media.screen_mbit).ln());
        let logs: Vec<f64> = single.into_values().filter_map(of_hour).collect();
        let believed = 1.0 / (HOST_SPREAD * HOST_SPREAD);
        let measured = logs.len() as f64 / (MEETING_SPREAD * MEETING_SPREAD);
        let mean = logs.iter().sum::<f64>() / (MEETING_SPREAD * MEETING_SPREAD);
        let variance = 1.0 / (believed + measured);
        // The mean of shares that differ lies above their middle.
        let above = 0.5 * MEETING_SPREAD * MEETING_SPREAD;
        self.share_factor = (mean * variance + above).exp();
        self.share_deviation = variance.sqrt().hypot(SINGLE_SPREAD);
    }

    /// The minute with the shares that its bytes in tell of; without them as it is.
    pub fn with_shares(&self, minute: &Minute, media: &Media) -> Minute {
        let Some(row) = row(minute, media) else { return *minute };
        let factors = &self.fit.posterior.factors;
        let remainder = row.measured - row.expected(factors);
        let noise = self.fit.prior.variance(&row, factors) + self.fit.posterior.variance(&row);
        // What remains is noise and shares: each gets its part by its variance.
        let usual = self.room_mbit * minute.rooms;
        let variance = minute.rooms * ROOM_VARIANCE * media.screen_mbit * media.screen_mbit;
        let shared = usual + (remainder - usual) * variance / (variance + noise);
        let streams_in = if minute.rooms > 0.0 { shared.max(0.0) / media.screen_mbit } else { 0.0 };
        let streams_out = streams_in * minute.viewers_per_share();
        Minute { shares: Some(Shares { streams_in, streams_out }), ..*minute }
    }
}

/// Rows whose remainder is above noise show a share and are left out, until that settles.
fn fit_without_shares(rows: &[Row<3>]) -> Result<Fit<3>, Doubt> {
    let prior = prior();
    let mut factors = prior.mean;
    let mut fit = Err(Doubt::NothingMeasured);
    for _ in 0..ROUNDS {
        let is_clean = |row: &&Row<3>| {
            let remainder = row.measured - row.expected(&factors);
            remainder < prior.variance(row, &factors).sqrt().max(LEAST_NOISE_MBIT)
        };
        let clean: Vec<Row<3>> = rows.iter().filter(is_clean).copied().collect();
        if clean.len() < FEWEST_MINUTES {
            break;
        }
        let found = Fit::of(&clean, &prior)?;
        factors = found.posterior.factors;
        fit = Ok(found);
    }
    fit
}

fn row(minute: &Minute, media: &Media) -> Option<Row<3>> {
    let received = minute.received(media);
    let squares = |of_all: f64, share: f64| of_all * of_all * share;
    let share = minute.squares.people / (minute.people * minute.people).max(1.0);
    Some(Row {
        minute: minute.minute,
        day: minute.day,
        people: minute.people,
        measured: minute.received_mbit.filter(|mbit| mbit.is_finite())?,
        standing: Standing::Measured,
        columns: [1.0, received.audio, received.cameras],
        squares: [0.0, squares(received.audio, share), squares(received.cameras, share)],
    })
}

fn prior() -> Prior<3> {
    Prior {
        mean: [0.05, 1.0, 1.0],
        deviation: [0.2, 0.15, 0.30],
        room_spread: [0.0, 0.08, 0.22],
        noise: 0.05,
        relative_noise: 0.05,
    }
}
