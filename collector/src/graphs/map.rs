//! Where things are: what a map of the world shows.

use super::scatter::Standing;
use crate::latency::Coordinates;

/// All of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Map {
    /// What it shows.
    pub title: String,
    /// What is chosen from; those that matter most come first.
    pub sites: Vec<Site>,
    /// Who will meet.
    pub members: Vec<Place>,
}

/// A place with its name.
#[derive(Debug, Clone, PartialEq)]
pub struct Place {
    /// What people call it.
    pub name: String,
    /// On the earth.
    pub at: Coordinates,
}

/// A place among which one is chosen.
#[derive(Debug, Clone, PartialEq)]
pub struct Site {
    /// Where it is.
    pub place: Place,
    /// How it stands beside the others.
    pub standing: Standing,
}

impl Map {
    /// Whether there is anything to show.
    pub fn is_empty(&self) -> bool {
        self.sites.is_empty()
    }

    /// In words, for who does not see it.
    pub fn description(&self) -> String {
        let site = |site: &Site| format!("{} ({})", told(&site.place), site.standing.word());
        let sites: Vec<String> = self.sites.iter().map(site).collect();
        let members: Vec<String> = self.members.iter().map(told).collect();
        let met = if members.is_empty() {
            String::new()
        } else {
            format!(" Who meets: {}.", members.join("; "))
        };
        format!("{}.{met}", sites.join("; "))
    }
}

fn told(Place { name, at }: &Place) -> String {
    let [north, east] = [(at.latitude, ["N", "S"]), (at.longitude, ["E", "W"])].map(
        |(degrees, [positive, negative])| {
            let side = if degrees < 0.0 { negative } else { positive };
            format!("{:.0}° {side}", degrees.abs())
        },
    );
    format!("{name}: {north}, {east}")
}
