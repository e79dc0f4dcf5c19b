//! How two members at two vantages hear each other through a datacentre. Pure.

use super::path::PathHour;
use super::quality::{Leg, Quality};

/// Two vantages that speak through a datacentre.
#[derive(Debug, Clone, PartialEq)]
pub struct Pair {
    /// One of them.
    pub one: String,
    /// The other.
    pub other: String,
    /// The delay from mouth to ear, one way, in milliseconds.
    pub delay_ms: f64,
    /// How they hear each other.
    pub quality: Quality,
}

/// All pairs of vantages that reach a datacentre now, the worst first. Each speaks over the path that is nearest to the
/// way of a conversation.
pub fn pairs(paths: &[PathHour], datacentre: &str) -> Vec<Pair> {
    let legs = legs(paths, datacentre);
    let mut pairs = Vec::new();
    for (place, (one, leg)) in legs.iter().enumerate() {
        for (other, other_leg) in legs.iter().skip(place + 1) {
            pairs.push(Pair {
                one: (*one).to_owned(),
                other: (*other).to_owned(),
                delay_ms: Quality::delay_ms(*leg, *other_leg),
                quality: Quality::of_pair(*leg, *other_leg),
            });
        }
    }
    pairs.sort_by(|a, b| a.quality.rating.total_cmp(&b.quality.rating));
    pairs
}

/// By vantage, then by what is nearest to the way of a conversation.
fn order(path: &PathHour) -> (&str, (usize, &str)) {
    (&path.name.vantage, path.name.order())
}

/// The leg of each vantage, in the order of their names.
fn legs<'p>(paths: &'p [PathHour], datacentre: &str) -> Vec<(&'p str, Leg)> {
    let own = paths.iter().filter(|path| path.name.datacentre == datacentre && path.hole.is_none());
    let mut own: Vec<&PathHour> = own.filter(|path| path.leg.is_some()).collect();
    own.sort_by(|one, other| order(one).cmp(&order(other)));
    own.dedup_by(|one, other| one.name.vantage == other.name.vantage);
    let leg = |path: &'p PathHour| Some((&*path.name.vantage, path.leg?));
    own.into_iter().filter_map(leg).collect()
}

#[cfg(test)]
mod tests {
    use super::super::path::{Hole, PathName};
    use super::*;

    fn path(vantage: &str, kind: &str, median_ms: f64, hole: Option<Hole>) -> PathHour {
        let leg = Leg { round_trip_ms: median_ms, loss_ratio: 0.0 };
        let name = PathName {
            vantage: vantage.into(),
            datacentre: "montreal".into(),
            target: "ca1".into(),
            kind: kind.into(),
            family: "ipv4".into(),
        };
        PathHour {
            hole,
            median_ms: Some(median_ms),
            loss_ratio: Some(0.0),
            leg: Some(leg),
            quality: Some(Quality::of_pair(leg, leg)),
            ..PathHour::unknown(name)
        }
    }

    #[test]
    fn each_pair_stands_once_the_worst_first_by_the_nearest_way() {
        let paths = [
            path("paris", "tcp", 900.0, None),
            path("paris", "icmp", 80.0, None),
            path("lagos", "icmp", 180.0, None),
            path("lima", "icmp", 140.0, None),
            path("oslo", "icmp", 10.0, Some(Hole::Silent)),
        ];
        let found = pairs(&paths, "montreal");
        let names: Vec<_> = found.iter().map(|pair| (&*pair.one, &*pair.other)).collect();
        assert_eq!(names, [("lagos", "lima"), ("lagos", "paris"), ("lima", "paris")]);
        // Half of both round trips, and what is the same for all: 110 ms.
        assert_eq!(found[1].delay_ms, 240.0);
        assert!(pairs(&paths, "elsewhere").is_empty());
    }
}
