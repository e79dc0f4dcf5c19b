//! The cooperative's members: where they are, how much each counts, what each has agreed to. Made up, as
//! all of it.

use crate::latency::Coordinates;
use crate::offers::Member;
use crate::reports::plan::{Organisation, Tier};

/// A member, its city's latitude and longitude, its weight, and the vantage that stands for it.
struct Place(&'static str, f64, f64, f64, Option<&'static str>);

/// Who has agreed to the large tier; all others have the small one.
const LARGE: [&str; 3] =
    ["Collège de la Rivière", "Federation of Co-operatives", "University of Kallavesi"];

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

/// The same as organisations, which agents tell by their own names.
pub fn organisations() -> Vec<Organisation> {
    let tier = |name: &str, people: f64, hours: f64| Tier {
        name: name.to_owned(),
        rooms: None,
        people: Some(people),
        hours: Some(hours),
    };
    let organisation = |Place(name, ..): &Place| {
        let is_large = LARGE.contains(name);
        let own =
            if is_large { tier("large", 250.0, 20_000.0) } else { tier("small", 80.0, 4_000.0) };
        Organisation {
            name: (*name).to_owned(),
            tenants: vec![(*name).to_owned()],
            tier: Some(own),
        }
    };
    PLACES.iter().map(organisation).collect()
}
