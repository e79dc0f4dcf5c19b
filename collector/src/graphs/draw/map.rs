//! A map of the world in stripes of land, as far as people live, with signs and names on it.

use std::sync::LazyLock;

use headroom_proto::panics;
use plotters::prelude::DrawingBackend;

use super::names::{Field, Named, Signed};
use super::pen::{Align, Lettering, Outcome, Pen, Point};
use super::room::Patch;
use super::signs::{self, Meaning};
use super::svg::{drawn, titled};
use super::{DrawError, Look, MARGIN, Size};
use crate::graphs::map::{Map, Place};
use crate::graphs::scatter::Standing;
use crate::latency::Coordinates;

/// A stripe of land.
#[derive(Debug, Clone, Copy)]
struct Stripe {
    latitude: f64,
    west: f64,
    east: f64,
}

/// Each second degree of latitude has its stripes.
static LAND: LazyLock<Vec<Stripe>> = LazyLock::new(|| {
    let rows = include_str!("../../../../dashboards/land.txt").lines();
    let numbers = |row: &str| -> Vec<f64> {
        row.split(' ').filter_map(|number| number.parse().ok()).collect()
    };
    let stripes = |row: Vec<f64>| -> Vec<Stripe> {
        let Some((&latitude, ends)) = row.split_first() else { return Vec::new() };
        let (pairs, _) = ends.as_chunks::<2>();
        pairs.iter().map(|&[west, east]| Stripe { latitude, west, east }).collect()
    };
    rows.filter(|row| !row.starts_with('#')).map(numbers).flat_map(stripes).collect()
});

/// What the map reaches, in degrees.
const NORTH: f64 = 78.0;
const SOUTH: f64 = -56.0;
const AROUND: f64 = 360.0;

/// Half of a stripe, in degrees.
const HALF: f64 = 0.7;

/// Room above for the title, and below for what signs mean.
const TOP: f64 = 36.0;
const BELOW: f64 = 40.0;

/// Names are no longer than this part of the map.
const LONGEST_NAME: f64 = 0.5;

/// Where the map lies.
struct Sheet {
    left: f64,
    /// Points to a degree.
    degree: f64,
}

impl Sheet {
    fn of(size: Size) -> Self {
        let (width, _) = size.plot();
        Self { left: MARGIN, degree: (width - 2.0 * MARGIN) / AROUND }
    }

    fn right(&self) -> f64 {
        self.left + AROUND * self.degree
    }

    fn is_narrow(&self) -> bool {
        self.right() < 400.0
    }

    fn bottom(&self) -> f64 {
        TOP + (NORTH - SOUTH) * self.degree
    }

    /// What lies beyond the map lies on its edge.
    fn at(&self, Coordinates { latitude, longitude }: Coordinates) -> Point {
        let south = NORTH - latitude.clamp(SOUTH, NORTH);
        Point(self.left + (longitude + AROUND / 2.0) * self.degree, TOP + south * self.degree)
    }
}

/// As SVG.
pub fn map_svg(map: &Map, look: Look) -> Result<String, DrawError> {
    let input = || panics::hash(&map.title);
    let draw = || {
        let size = points(look.size);
        let svg = drawn(size, look.theme, |pen| picture(pen, map, look.size))?;
        Ok(titled(&svg, size, &map.title, &map.description()))
    };
    panics::catch("the drawing of a map", input, draw)?
}

/// The width and height of a map, in points.
pub fn points(size: Size) -> (u32, u32) {
    let (width, _) = size.plot();
    (width as u32, (Sheet::of(size).bottom() + BELOW) as u32)
}

fn picture<DB: DrawingBackend>(pen: &Pen<'_, DB>, map: &Map, size: Size) -> Outcome<DB> {
    let (width, height) = points(size);
    let corner = Point(f64::from(width), f64::from(height));
    pen.rectangle(Point(0.0, 0.0), corner, pen.palette.paper.into())?;
    let sheet = Sheet::of(size);
    let bold = Lettering::new(15.0, pen.palette.text, Align::Left).bold();
    let title = bold.fitting(std::slice::from_ref(&map.title), sheet.right() - sheet.left);
    pen.text(&title, Point(MARGIN, 18.0), bold)?;
    for Stripe { latitude, west, east } in LAND.iter() {
        let corner = |latitude: f64, longitude: f64| sheet.at(Coordinates { latitude, longitude });
        let (from, to) = (corner(latitude + HALF, *west), corner(latitude - HALF, *east));
        pen.rectangle(from, to, pen.palette.grid.into())?;
    }
    let names = names(&sheet, map);
    names.iter().try_for_each(|named| named.lead(pen))?;
    for (place, meaning) in signs(map) {
        signs::draw(pen, sheet.at(place.at), meaning)?;
    }
    names.iter().try_for_each(|named| named.draw(pen))?;
    let mut meanings = vec![Meaning::Member];
    meanings.extend(Standing::ALL.map(Meaning::Of));
    signs::key(pen, &meanings, Point(sheet.left, sheet.bottom() + 20.0), sheet.right())
}

/// Who meets lies below what is chosen from, the first of which lies above all.
fn signs(map: &Map) -> impl Iterator<Item = (&Place, Meaning)> {
    let members = map.members.iter().map(|place| (place, Meaning::Member));
    let sites = map.sites.iter().rev();
    members.chain(sites.map(|site| (&site.place, Meaning::Of(site.standing))))
}

/// Names of what is chosen from come before those of who meets, for which a phone has no room.
fn names(sheet: &Sheet, map: &Map) -> Vec<Named> {
    let (left, right) = (sheet.left, sheet.right());
    let field = Field {
        bounds: Patch { left, right, top: TOP, bottom: sheet.bottom() },
        taken: Vec::new(),
        longest: (right - left) * LONGEST_NAME,
    };
    let members = if sheet.is_narrow() { &[] } else { map.members.as_slice() };
    let places = map.sites.iter().map(|site| &site.place).chain(members);
    let signed = places.map(|place| Signed { at: sheet.at(place.at), name: &place.name });
    field.name(&signed.collect::<Vec<_>>())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::graphs::Theme;
    use crate::graphs::map::Site;

    fn is_land(latitude: f64, longitude: f64) -> bool {
        LAND.iter().any(|stripe| {
            (stripe.latitude - latitude).abs() <= 1.0
                && (stripe.west..=stripe.east).contains(&longitude)
        })
    }

    #[test]
    fn land_is_where_it_is() {
        for (latitude, longitude) in [(45.6, -73.8), (52.0, 13.0), (-1.3, 36.8), (-25.0, 135.0)] {
            assert!(is_land(latitude, longitude), "{latitude}, {longitude}");
        }
        for (latitude, longitude) in [(45.0, -40.0), (0.0, -140.0), (-40.0, 80.0), (35.0, 18.0)] {
            assert!(!is_land(latitude, longitude), "{latitude}, {longitude}");
        }
        for Stripe { latitude, west, east } in LAND.iter() {
            assert!((SOUTH..=NORTH).contains(latitude), "{latitude}");
            assert!(-180.0 <= *west && west < east && *east <= 180.0, "{latitude}: {west}, {east}");
        }
    }

    fn place(name: &str, latitude: f64, longitude: f64) -> Place {
        Place { name: name.into(), at: Coordinates { latitude, longitude } }
    }

    fn map() -> Map {
        let site = |name: &str, latitude, longitude, standing| Site {
            place: place(name, latitude, longitude),
            standing,
        };
        Map {
            title: "Where <they> are".into(),
            sites: vec![
                site("Kansas City", 39.1, -94.6, Standing::Front),
                site("Falkenstein", 50.5, 12.4, Standing::Behind),
                site("Nürnberg", 49.5, 11.1, Standing::Front),
                site("Gravelines", 51.0, 2.1, Standing::Rejected),
            ],
            members: vec![place("School", 52.5, 13.4), place("Pole", 90.0, 180.0)],
        }
    }

    #[test]
    fn each_name_stands_on_the_map_and_on_no_other() {
        for size in [Size::Full, Size::Narrow] {
            let (sheet, map) = (Sheet::of(size), map());
            let names = names(&sheet, &map);
            assert!(names.len() >= 4, "{size:?}: {}", names.len());
            for (number, one) in names.iter().enumerate() {
                assert!(one.patch.right <= sheet.right() && one.patch.top >= TOP, "{}", one.text);
                assert!(names[..number].iter().all(|other| !other.patch.overlaps(&one.patch)));
                for (place, _) in signs(&map) {
                    let sign = super::super::names::around(sheet.at(place.at));
                    assert!(!one.patch.overlaps(&sign), "{} lies on {}", one.text, place.name);
                }
            }
        }
    }

    #[test]
    fn a_map_is_svg_with_its_words() {
        let svg = map_svg(&map(), Look { theme: Theme::Dark, size: Size::Full }).unwrap();
        assert!(svg.contains("Where &lt;they&gt; are") && svg.contains("Gravelines"));
        assert!(svg.contains("School: 52° N, 13° E") && svg.contains("39° N, 95° W (no other"));
        assert!(svg.len() < 120_000, "{} bytes", svg.len());
    }
}
