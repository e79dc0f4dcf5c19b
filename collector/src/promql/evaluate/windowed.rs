//! Calls of functions over windows.

use promql_parser::parser::Expr;

use super::{Evaluator, absent_labels};
use crate::promql::QueryError;
use crate::promql::grid::Grid;
use crate::promql::rates::{Extrapolation, extrapolated, last_two, regression};
use crate::promql::value::{Row, without_name};
use crate::promql::windows::{self, Window, over_windows};
use crate::store::Labels;

impl Evaluator<'_> {
    /// Functions of windows; nothing if `name` is none of them.
    pub(super) fn windowed(
        &self,
        name: &str,
        arguments: &[&Expr],
        grid: &Grid,
    ) -> Result<Option<Vec<Row>>, QueryError> {
        let is_window = |expression: &&Expr| {
            let mut inner: &Expr = expression;
            while let Expr::Paren(paren) = inner {
                inner = &paren.expr;
            }
            matches!(inner, Expr::MatrixSelector(_) | Expr::Subquery(_))
        };
        let Some(place) = arguments.iter().position(is_window) else {
            return Ok(None);
        };
        let windows = self.windows(arguments[place], grid)?;
        let numbers: Vec<Vec<f64>> = arguments
            .iter()
            .enumerate()
            .filter(|(n, _)| *n != place)
            .map(|(_, argument)| self.numbers(argument, grid))
            .collect::<Result<_, _>>()?;
        let number = |n: usize, step: usize| numbers.get(n).map_or(f64::NAN, |all| all[step]);
        if name == "holt_winters" {
            check_factors(number(0, 0), number(1, 0))?;
        }
        let where_ = (grid, windows.shift, windows.range_ms);
        if name == "absent_over_time" {
            let rows = windows.series.iter();
            let rows: Vec<Row> = rows
                .map(|series| over_windows(series, Labels::none(), where_, |_, _| Some(1.0)))
                .collect();
            let none = |step: usize| rows.iter().all(|row| row.points[step].is_none());
            let points = (0..grid.steps).map(|step| none(step).then_some(1.0)).collect();
            return Ok(Some(vec![Row { labels: absent_labels(arguments[place]), points }]));
        }
        let keeps_name = name == "last_over_time";
        let function = |window: &Window<'_>, step: usize| {
            let at_ms = grid.at(step);
            window_function(name, window, (at_ms, number(0, step), number(1, step)))
        };
        let rows = windows.series.iter().map(|series| {
            let labels =
                if keeps_name { series.labels.clone() } else { without_name(&series.labels) };
            over_windows(series, labels, where_, function)
        });
        // Series that would become one are an error even at different steps.
        let rows: Vec<Row> = rows.filter(|row| !row.is_empty()).collect();
        let unique: std::collections::HashSet<&Labels> = rows.iter().map(|r| &r.labels).collect();
        if unique.len() < rows.len() {
            let message = "vector cannot contain metrics with the same labelset";
            return Err(QueryError::Execution(message.into()));
        }
        Ok(Some(rows))
    }
}

fn check_factors(smoothing: f64, trend: f64) -> Result<(), QueryError> {
    for (what, factor) in [("smoothing", smoothing), ("trend", trend)] {
        if factor <= 0.0 || factor >= 1.0 {
            return Err(QueryError::Execution(format!(
                "invalid {what} factor. Expected: 0 < {} < 1, got: {factor:.6}",
                if what == "smoothing" { "sf" } else { "tf" }
            )));
        }
    }
    Ok(())
}

fn window_function(name: &str, window: &Window<'_>, (at_ms, a, b): (i64, f64, f64)) -> Option<f64> {
    let values = window.values;
    match name {
        "rate" => extrapolated(window, Extrapolation::PerSecond),
        "increase" => extrapolated(window, Extrapolation::Increase),
        "delta" => extrapolated(window, Extrapolation::Delta),
        "irate" => last_two(window, true),
        "idelta" => last_two(window, false),
        "deriv" => regression(window, window.timestamps[0]).map(|(slope, _)| slope),
        "predict_linear" => {
            regression(window, at_ms).map(|(slope, intercept)| slope * a + intercept)
        }
        "holt_winters" => windows::holt_winters(values, a, b),
        "avg_over_time" => Some(windows::mean(values)),
        "sum_over_time" => Some(windows::sum(values)),
        "min_over_time" => Some(windows::min(values)),
        "max_over_time" => Some(windows::max(values)),
        "count_over_time" => Some(values.len() as f64),
        "last_over_time" => values.last().copied(),
        "present_over_time" => Some(1.0),
        "stddev_over_time" => Some(windows::variance(values).sqrt()),
        "stdvar_over_time" => Some(windows::variance(values)),
        "quantile_over_time" => Some(windows::quantile(a, values)),
        "changes" => Some(windows::changes(values)),
        "resets" => Some(windows::resets(values)),
        _ => None,
    }
}
