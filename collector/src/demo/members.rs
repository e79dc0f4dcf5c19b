//! Where the cooperative's members are, and how much each counts. Made up, as all of it.

use crate::latency::Coordinates;
use crate::offers::Member;

/// A member, its city's latitude and longitude, its weight, and the vantage that stands for it.
struct Place(&'static str, f64, f64, f64, Option<&'static str>);

const PLACES: [Place; 6] = [
    Place("Collège de la Rivière", 46.81, -71.21, 3.0, None),
    Place("Sprachschule Babel", 52.52, 13.41, 2.0, None),
    Place("Federation of Co-operatives", 41.39, 2.17, 2.0, Some("barcelona")),
    Place("University of Kallavesi", 62.89, 27.68, 2.0, None),
    Place("Union of Care Workers", 40.71, -74.01, 1.0, None),
    Place("Open Stage Collective", 6.52, 3.38, 1.0, Some("lagos")),
];

/// All members.
pub fn members() -> Vec<Member> {
    let member = |Place(name, latitude, longitude, weight, vantage): &Place| Member {
        name: (*name).to_owned(),
        weight: *weight,
        vantage: vantage.map(ToOwned::to_owned),
        coordinates: Some(Coordinates { latitude: *latitude, longitude: *longitude }),
    };
    PLACES.iter().map(member).collect()
}
