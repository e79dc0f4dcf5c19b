//! Round trips that others measured and published, for members that nobody pings for: those between the
//! cities that are nearest to both ends.

use std::collections::BTreeMap;

use crate::latency::{Bound, Coordinates, Leg};
use crate::reference::{City, Pair, Table};

/// A city stands for what is at most so far from it.
const NEAR_KM: f64 = 150.0;

/// A table, ready to be asked.
#[derive(Debug)]
pub struct Published<'t> {
    table: &'t Table,
    /// Pairs by their cities.
    pairs: BTreeMap<(usize, usize), &'t Pair>,
}

/// What was published between two places.
#[derive(Debug, Clone, PartialEq)]
pub struct Found {
    /// The round trip.
    pub leg: Leg,
    /// Of which cities.
    pub cities: [String; 2],
}

impl<'t> Published<'t> {
    /// Of a table.
    pub fn of(table: &'t Table) -> Self {
        let pairs = table.pairs.iter().map(|pair| ((pair.from, pair.to), pair)).collect();
        Self { table, pairs }
    }

    /// From when its measurements are, in words.
    pub fn span(&self) -> String {
        let Table { since, until, .. } = self.table;
        let day = |text: &str| text.chars().take(10).collect::<String>();
        match (since.is_empty(), since == until) {
            (true, _) => String::new(),
            (false, true) => format!(" of {}", day(since)),
            (false, false) => format!(" from {} to {}", day(since), day(until)),
        }
    }

    /// The round trip between two places, by the mean of both directions; none where no city is near, or
    /// nothing was measured between them.
    pub fn between(&self, one: Coordinates, other: Coordinates) -> Option<Found> {
        let (from, to) = (self.nearest(one)?, self.nearest(other)?);
        let both = [(from, to), (to, from)].map(|key| self.pairs.get(&key));
        let means: Vec<f64> = both.into_iter().flatten().map(|pair| pair.mean_ms).collect();
        let round_trip_ms = means.iter().sum::<f64>() / means.len() as f64;
        let name = |place: usize| self.table.cities[place].name.clone();
        (!means.is_empty()).then(|| Found {
            leg: Leg { round_trip_ms, loss_ratio: 0.0 },
            cities: [name(from), name(to)],
        })
    }

    fn nearest(&self, place: Coordinates) -> Option<usize> {
        let away = |city: &City| {
            let City { latitude, longitude, .. } = *city;
            Bound::between(place, Coordinates { latitude, longitude }).distance_km
        };
        let all = self.table.cities.iter().map(away).enumerate();
        let nearest = all.min_by(|a, b| a.1.total_cmp(&b.1))?;
        (nearest.1 <= NEAR_KM).then_some(nearest.0)
    }
}
