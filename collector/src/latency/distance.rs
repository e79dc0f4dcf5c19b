//! How far apart two places are, and how fast light could be there and back.

/// The mean radius of the earth, in kilometres.
const EARTH_KM: f64 = 6371.0088;

/// How far a round trip reaches in a millisecond: light in glass goes at two thirds of its speed.
const FIBRE_KM_PER_MS: f64 = 99.93;

/// Beyond so many times the bound the way is a bad one. Public measurements have a median of 2.
pub const POOR_ROUTING: f64 = 3.5;

/// Where something stands, in degrees.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Coordinates {
    /// North of the equator.
    pub latitude: f64,
    /// East of Greenwich.
    pub longitude: f64,
}

/// What a round trip says of a path.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Bound {
    /// The great circle, in kilometres.
    pub distance_km: f64,
    /// What a round trip takes at least, in milliseconds.
    pub least_ms: f64,
}

impl Bound {
    /// Between two places, by the haversine.
    pub fn between(one: Coordinates, other: Coordinates) -> Self {
        let [from, to] = [one, other].map(|place| place.latitude.to_radians());
        let (north, east) = (to - from, (other.longitude - one.longitude).to_radians());
        let half = (north / 2.0).sin().powi(2) + from.cos() * to.cos() * (east / 2.0).sin().powi(2);
        let distance_km = 2.0 * EARTH_KM * half.clamp(0.0, 1.0).sqrt().asin();
        Self { distance_km, least_ms: distance_km / FIBRE_KM_PER_MS }
    }

    /// What is wrong with a least round trip on that distance, if anything.
    pub fn flag(self, least_ms: f64) -> Option<&'static str> {
        if least_ms < self.least_ms {
            return Some("faster than light: the location is wrong");
        }
        // Short ways are never straight.
        (self.distance_km > 200.0 && least_ms > POOR_ROUTING * self.least_ms)
            .then_some("over 3.5 × the bound: a long way round")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(latitude: f64, longitude: f64) -> Coordinates {
        Coordinates { latitude, longitude }
    }

    #[test]
    fn distances_are_great_circles() {
        let quarter = EARTH_KM * std::f64::consts::FRAC_PI_2;
        for (one, other, km) in [
            (place(0.0, 0.0), place(0.0, 0.0), 0.0),
            (place(0.0, 0.0), place(90.0, 77.0), quarter),
            (place(0.0, 179.0), place(0.0, -91.0), quarter),
            (place(0.0, 0.0), place(0.0, 180.0), 2.0 * quarter),
            (place(90.0, 0.0), place(-90.0, 0.0), 2.0 * quarter),
        ] {
            let found = Bound::between(one, other);
            assert!((found.distance_km - km).abs() < 1e-3, "{one:?} {other:?}: {found:?}");
        }
    }

    #[test]
    fn what_light_cannot_do_is_flagged() {
        // London to Montréal.
        let bound = Bound::between(place(51.51, -0.13), place(45.50, -73.57));
        assert!((5200.0..5260.0).contains(&bound.distance_km), "{bound:?}");
        assert!((52.0..52.7).contains(&bound.least_ms), "{bound:?}");
        assert_eq!(bound.flag(84.0), None);
        assert!(bound.flag(40.0).unwrap().contains("faster than light"));
        assert!(bound.flag(190.0).unwrap().contains("3.5"));
        let near = Bound::between(place(51.51, -0.13), place(51.60, -0.10));
        assert_eq!(near.flag(9.0), None);
    }
}
