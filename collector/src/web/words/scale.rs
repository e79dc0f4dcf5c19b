//! Sparklines: a day in 120 × 24 points, on one scale for all of a table, so that their heights compare.

use std::fmt::Write as _;

use crate::graphs::significant;

/// Points that the highest value takes.
const HEIGHT: f64 = 23.0;

/// What is there is seen, however little it is.
const LEAST: f64 = 0.5;

/// The scale of a table's sparklines, from zero up to the highest of their values.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Scale {
    highest: f64,
}

impl Scale {
    /// The one of these days.
    pub fn of<'d>(days: impl Iterator<Item = &'d Vec<Option<f64>>>) -> Self {
        let values = days.flatten().flatten();
        Self { highest: values.fold(0.0, |highest, value| value.max(highest)) }
    }

    /// How far it reaches, in words: `0 to 419 Mbit/s`. A unit of the table is so many of the
    /// values'.
    pub fn words(self, unit: &str, values_per_unit: f64) -> String {
        let highest = self.highest / values_per_unit;
        let whole = highest.fract() == 0.0;
        let highest = if whole { format!("{highest:.0}") } else { significant(highest) };
        format!("0 to {highest} {unit}")
    }

    /// The path of a sparkline; gaps stay gaps.
    pub fn sparkline(self, values: &[Option<f64>]) -> String {
        let mut path = String::new();
        if self.highest <= 0.0 {
            return path;
        }
        let width = 120.0 / values.len().max(1) as f64;
        for (place, value) in values.iter().enumerate() {
            let Some(value) = value else { continue };
            let (x, height) = (place as f64 * width, (value / self.highest * HEIGHT).max(LEAST));
            let _ = write!(path, "M{x:.1},24v-{height:.1}h{width:.2}v{height:.1}z");
        }
        path
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sparklines_of_a_table_share_a_scale_and_leave_gaps_out() {
        let days = [vec![Some(1e6), None, Some(2e6)], vec![None, Some(4e6)], vec![Some(0.0)]];
        let words = |highest| Scale { highest }.words("people", 1.0);
        assert_eq!([306.0, 1.25].map(words), ["0 to 306 people", "0 to 1.25 people"]);
        let scale = Scale::of(days.iter());
        assert_eq!(scale.words("Mbit/s", 1e6), "0 to 4 Mbit/s");
        let [first, second, nothing] = days.each_ref().map(|day| scale.sparkline(day));
        assert_eq!(first, "M0.0,24v-5.8h40.00v5.8zM80.0,24v-11.5h40.00v11.5z");
        assert_eq!(second, "M60.0,24v-23.0h60.00v23.0z");
        assert_eq!(nothing, "M0.0,24v-0.5h120.00v0.5z");
        assert_eq!(Scale::of([vec![None]].iter()).sparkline(&[Some(1.0)]), "");
    }
}
