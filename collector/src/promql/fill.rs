//! `fill`: what stands in where one side of an operator has a series and the other has none for it.

use super::QueryError;
use super::meter::Meter;
use super::rows::Rows;
use super::signature::Groups;
use super::tree::Matched;
use super::value::Row;

/// Adds to both sides what stands in for their missing series.
pub fn fill<'b>(
    node: &Matched,
    left: &mut Rows<'b>,
    right: &mut Rows<'b>,
    meter: &Meter<'b>,
) -> Result<(), QueryError> {
    let fill = node.matching.fill;
    // Both are found before either is added: what stands in has no need of others.
    let of_left = fill.left.map(|value| missing(node, [left, right], value, meter)).transpose()?;
    let of_right =
        fill.right.map(|value| missing(node, [right, left], value, meter)).transpose()?;
    if let Some(rows) = of_left {
        left.extend(rows);
    }
    if let Some(rows) = of_right {
        right.extend(rows);
    }
    Ok(())
}

/// A row for each group of the other side, with the labels that are matched by and a value where the
/// other has one and this side has none.
fn missing<'b>(
    node: &Matched,
    [side, other]: [&Rows<'b>; 2],
    value: f64,
    meter: &Meter<'b>,
) -> Result<Rows<'b>, QueryError> {
    let pick = &node.matching.pick;
    let (here, there) =
        (Groups::of(&side.list, pick, meter)?, Groups::of(&other.list, pick, meter)?);
    let mut found = Rows::none(meter);
    for members in &there.rows {
        let first = &other.list[members[0]];
        let steps = first.points.len();
        found.take(steps)?;
        found.names.take(first.labels.bytes())?;
        let mut points = vec![None; steps];
        for &place in members {
            let present = &other.list[place].points;
            meter
                .each(&mut points, |step, point| *point = point.or(present[step].map(|_| value)))?;
        }
        for &place in here.number(&first.labels).map_or(&[][..], |group| &here.rows[group]) {
            let present = &side.list[place].points;
            meter.each(&mut points, |step, point| {
                *point = point.filter(|_| present[step].is_none());
            })?;
        }
        found.list.push(Row { labels: pick.of(&first.labels), points });
    }
    found.drop_empty(meter)?;
    Ok(found)
}
