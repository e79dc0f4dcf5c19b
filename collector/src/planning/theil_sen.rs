//! A trend that outliers do not bend: the median of the slopes between all pairs (Theil 1950,
//! Sen 1968).

use super::quantiles::median;

/// How many points are paired: beyond it the newest count, so that time and memory are bounded.
const POINTS: usize = 1_000;

/// A point of a plane.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Point {
    /// Where it was measured.
    pub x: f64,
    /// What was measured.
    pub y: f64,
}

/// A straight line.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Line {
    /// Rise per unit of x.
    pub slope: f64,
    /// Height at 0.
    pub intercept: f64,
}

/// The line through the points, whose order is that of time; none where no two differ in x.
pub fn theil_sen(points: &[Point]) -> Option<Line> {
    let points = &points[points.len().saturating_sub(POINTS)..];
    let mut slopes = Vec::with_capacity(points.len() * points.len().saturating_sub(1) / 2);
    for (place, a) in points.iter().enumerate() {
        let apart = points[place + 1..].iter().filter(|b| b.x != a.x);
        slopes.extend(apart.map(|b| (b.y - a.y) / (b.x - a.x)));
    }
    let slope = median(slopes)?;
    let intercept = median(points.iter().map(|point| point.y - slope * point.x).collect())?;
    Some(Line { slope, intercept })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn points(values: &[(f64, f64)]) -> Vec<Point> {
        values.iter().map(|&(x, y)| Point { x, y }).collect()
    }

    #[test]
    fn outliers_do_not_bend_the_line() {
        let line: Vec<(f64, f64)> =
            (0..9).map(|n| (f64::from(n), 3.0 + 2.0 * f64::from(n))).collect();
        let mut bent = line.clone();
        (bent[4].1, bent[8].1) = (1e6, -1e6);
        for values in [line, bent] {
            let found = theil_sen(&points(&values)).unwrap();
            assert_eq!(found, Line { slope: 2.0, intercept: 3.0 });
        }
    }

    /// Sen 1968, section 3: seven points, of whose 21 slopes the middle is 4.
    #[test]
    fn the_published_example() {
        let values = [
            (1.0, 9.0),
            (2.0, 15.0),
            (3.0, 19.0),
            (4.0, 20.0),
            (10.0, 45.0),
            (12.0, 55.0),
            (18.0, 78.0),
        ];
        assert_eq!(theil_sen(&points(&values)).unwrap().slope, 4.0);
    }

    #[test]
    fn points_above_each_other_have_no_line() {
        assert_eq!(theil_sen(&points(&[(1.0, 1.0), (1.0, 2.0)])), None);
        assert_eq!(theil_sen(&[]), None);
    }
}
