//! Operators with vectors: with a number, as sets, and between series that are matched by labels.

use std::collections::HashMap;

use super::QueryError;
use super::meter::{Held, Meter};
use super::rows::{Numbers, Rows, label_bytes};
use super::signature::Groups;
use super::tree::{Many, Matched, Pick, SetOperator, Sets, Side, WithScalar};
use super::value::Row;
use crate::samples::{Labels, METRIC};

/// The operator between a vector and a number at each step.
pub fn with_scalar<'b>(
    node: &WithScalar,
    mut rows: Rows<'b>,
    numbers: &Numbers<'b>,
    meter: &Meter<'b>,
) -> Result<Rows<'b>, QueryError> {
    let operator = node.operator;
    if operator.drops_name() {
        rows.unname(meter)?;
    }
    for row in &mut rows.list {
        match node.scalar_side {
            Side::Left => meter.each(&mut row.points, |step, point| {
                *point = point.and_then(|value| operator.of(numbers.list[step], value, value));
            })?,
            Side::Right => meter.each(&mut row.points, |step, point| {
                *point = point.and_then(|value| operator.of(value, numbers.list[step], value));
            })?,
        }
    }
    rows.merge(meter)?;
    Ok(rows)
}

/// `and`, `or`, `unless`.
pub fn sets<'b>(
    node: &Sets,
    mut left: Rows<'b>,
    mut right: Rows<'b>,
    meter: &Meter<'b>,
) -> Result<Rows<'b>, QueryError> {
    match node.operator {
        SetOperator::And => {
            let presence = Presence::of(&right.list, &node.pick, meter)?;
            presence.keep(&mut left, Kept::Present, meter)?;
        }
        SetOperator::Unless => {
            let presence = Presence::of(&right.list, &node.pick, meter)?;
            presence.keep(&mut left, Kept::Absent, meter)?;
        }
        SetOperator::Or => {
            let presence = Presence::of(&left.list, &node.pick, meter)?;
            presence.keep(&mut right, Kept::Absent, meter)?;
            drop(presence);
            left.extend(right);
        }
    }
    left.merge(meter)?;
    Ok(left)
}

/// At which steps each group of rows has a value.
struct Presence<'r, 'b> {
    groups: Groups<'r, 'b>,
    steps: usize,
    /// All steps of the first group, then those of the next.
    present: Vec<bool>,
    _memory: Held<'b>,
}

/// Which points of the other side are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kept {
    Present,
    Absent,
}

impl<'r, 'b> Presence<'r, 'b> {
    fn of(rows: &'r [Row], pick: &'r Pick, meter: &Meter<'b>) -> Result<Self, QueryError> {
        let groups = Groups::of(rows, pick, meter)?;
        let steps = rows.first().map_or(0, |row| row.points.len());
        let count = groups.rows.len() * steps;
        let memory = meter.hold(count as u64)?;
        let mut present = vec![false; count];
        for (members, present) in groups.rows.iter().zip(present.chunks_mut(steps.max(1))) {
            for &place in members {
                let points = &rows[place].points;
                meter.each(present, |step, present| *present |= points[step].is_some())?;
            }
        }
        Ok(Self { groups, steps, present, _memory: memory })
    }

    fn keep(&self, rows: &mut Rows<'b>, kept: Kept, meter: &Meter<'b>) -> Result<(), QueryError> {
        for row in &mut rows.list {
            match (self.groups.number(&row.labels), kept) {
                (None, Kept::Absent) => meter.check()?,
                (None, Kept::Present) => meter.each(&mut row.points, |_, point| *point = None)?,
                (Some(group), kept) => {
                    let present = &self.present[group * self.steps..];
                    meter.each(&mut row.points, |step, point| {
                        if present[step] != (kept == Kept::Present) {
                            *point = None;
                        }
                    })?;
                }
            }
        }
        Ok(())
    }
}

/// Arithmetic and comparison between vectors.
pub fn matched<'b>(
    node: &Matched,
    left: &Rows<'b>,
    right: &Rows<'b>,
    meter: &Meter<'b>,
) -> Result<Rows<'b>, QueryError> {
    let (many, one, many_side) = match node.matching.many {
        Many::Neither | Many::Left(_) => (left, right, Side::Left),
        Many::Right(_) => (right, left, Side::Right),
    };
    let ones = Groups::of(&one.list, &node.matching.pick, meter)?;
    refuse_many(&ones, [&one.list, &many.list], many_side, meter)?;
    let steps = one.list.first().map_or(0, |row| row.points.len());
    let mut output = Output::new(node, ones.rows.len() * steps, meter)?;
    for row in &many.list {
        meter.check()?;
        let Some(group) = ones.number(&row.labels) else { continue };
        for &partner in &ones.rows[group] {
            let partner = &one.list[partner];
            output.rows.take(steps)?;
            let points = meter.collect(steps, |step| {
                let (of_many, of_one) = (row.points[step]?, partner.points[step]?);
                match many_side {
                    Side::Left => node.operator.of(of_many, of_one, of_many),
                    Side::Right => node.operator.of(of_one, of_many, of_one),
                }
            })?;
            let labels = output.labels(row, partner)?;
            output.add(group, Row { labels, points })?;
        }
    }
    let mut rows = output.rows;
    rows.merge(meter)?;
    Ok(rows)
}

/// The result of an operator between vectors under way.
struct Output<'n, 'm, 'b> {
    node: &'n Matched,
    meter: &'m Meter<'b>,
    rows: Rows<'b>,
    /// Whether a group has a value at a step: all steps of the first group, then those of the next.
    taken: Vec<bool>,
    /// Where many may have one partner: the row of each group that has these labels.
    places: HashMap<(usize, Labels), usize>,
    memory: Held<'b>,
}

impl<'n, 'm, 'b> Output<'n, 'm, 'b> {
    fn new(node: &'n Matched, steps: usize, meter: &'m Meter<'b>) -> Result<Self, QueryError> {
        let steps = match node.matching.many {
            Many::Neither => steps,
            Many::Left(_) | Many::Right(_) => 0,
        };
        let memory = meter.hold(steps as u64)?;
        let (rows, places) = (Rows::none(meter), HashMap::new());
        Ok(Self { node, meter, rows, taken: vec![false; steps], places, memory })
    }

    /// The labels of the result, of which `many` may be one of several.
    fn labels(&mut self, many: &Row, one: &Row) -> Result<Labels, QueryError> {
        let matching = &self.node.matching;
        let drops_name = self.node.operator.drops_name();
        let kept = |name: &str| {
            !(drops_name && name == METRIC)
                && match (&matching.many, &matching.pick) {
                    (Many::Neither, Pick::Only(names)) => names.iter().any(|kept| kept == name),
                    (Many::Neither, Pick::Without(names)) => !names.iter().any(|left| left == name),
                    (Many::Left(_) | Many::Right(_), _) => true,
                }
        };
        let mut pairs: Vec<(&str, &str)> =
            many.labels.iter().filter(|(name, _)| kept(name)).collect();
        let included = match &matching.many {
            Many::Neither => &[][..],
            Many::Left(names) | Many::Right(names) => names,
        };
        for name in included {
            let value = one.labels.get(name);
            match (pairs.binary_search_by(|(known, _)| (*known).cmp(name)), value) {
                (Ok(place), Some(value)) => pairs[place].1 = value,
                (Ok(place), None) => drop(pairs.remove(place)),
                (Err(place), Some(value)) => pairs.insert(place, (name, value)),
                (Err(_), None) => {}
            }
        }
        // Of an answer to whether it holds, the name goes even where it was asked for.
        if self.node.operator.is_truth() {
            pairs.retain(|(name, _)| *name != METRIC);
        }
        let bytes = pairs.iter().map(|(name, value)| label_bytes(name, value));
        self.rows.names.take(bytes.sum())?;
        Ok(Labels::sorted(pairs.into_iter()))
    }

    /// Adds a row that a group has; at each step a group may have one with its labels, or, if
    /// neither side may have many, one at all.
    fn add(&mut self, group: usize, row: Row) -> Result<(), QueryError> {
        /// An entry of the map, and some room.
        const ENTRY_BYTES: usize = 2 * size_of::<((usize, Labels), usize)>();
        match self.node.matching.many {
            Many::Neither => {
                let steps = row.points.len();
                let taken = &mut self.taken[group * steps..][..steps];
                let mut clash = false;
                self.meter.each(taken, |step, taken| {
                    clash |= *taken && row.points[step].is_some();
                    *taken |= row.points[step].is_some();
                })?;
                if clash {
                    let rule = "many-to-one matching must be explicit (group_left/group_right)";
                    return Err(multiple_matches(rule));
                }
                self.rows.list.push(row);
            }
            Many::Left(_) | Many::Right(_) => {
                self.memory.take(ENTRY_BYTES as u64)?;
                let next = self.rows.list.len();
                let place = *self.places.entry((group, row.labels.clone())).or_insert(next);
                if place == next {
                    self.rows.list.push(row);
                    return Ok(());
                }
                let mut clash = false;
                self.meter.each(&mut self.rows.list[place].points, |step, known| {
                    clash |= known.is_some() && row.points[step].is_some();
                    *known = known.or(row.points[step]);
                })?;
                if clash {
                    return Err(multiple_matches("grouping labels must ensure unique matches"));
                }
            }
        }
        Ok(())
    }
}

fn multiple_matches(rule: &str) -> QueryError {
    QueryError::Execution(format!("multiple matches for labels: {rule}"))
}

/// The side that must be unique is so at every step at which the other has any series at all.
fn refuse_many(
    ones: &Groups<'_, '_>,
    [rows, others]: [&[Row]; 2],
    many_side: Side,
    meter: &Meter<'_>,
) -> Result<(), QueryError> {
    if ones.rows.iter().all(|members| members.len() < 2) {
        return Ok(());
    }
    let steps = rows.first().map_or(0, |row| row.points.len());
    let _memory = meter.hold(steps as u64)?;
    let mut asked = vec![false; steps];
    for row in others {
        meter.each(&mut asked, |step, asked| *asked |= row.points[step].is_some())?;
    }
    for members in ones.rows.iter().filter(|members| members.len() > 1) {
        let mut seen: Vec<Option<usize>> = vec![None; rows[members[0]].points.len()];
        for &place in members {
            let mut twin = None;
            meter.each(&mut seen, |step, first| {
                if asked[step] && rows[place].points[step].is_some() {
                    twin = twin.or(*first);
                    *first = first.or(Some(place));
                }
            })?;
            if let Some(first) = twin {
                let signature = ones.pick.of(&rows[place].labels);
                let twins = [&rows[place].labels, &rows[first].labels];
                return Err(many_to_many(&signature, twins, many_side));
            }
        }
    }
    Ok(())
}

fn many_to_many(signature: &Labels, twins: [&Labels; 2], many_side: Side) -> QueryError {
    let group = labels_text(signature);
    let [second, first] = twins.map(labels_text);
    let side = match many_side {
        Side::Left => "right",
        Side::Right => "left",
    };
    QueryError::Execution(format!(
        "found duplicate series for the match group {group} on the {side} hand-side of the \
         operation: [{second}, {first}];many-to-many matching not allowed: matching labels must be \
         unique on one side"
    ))
}

/// Labels as Prometheus's errors write them.
fn labels_text(labels: &Labels) -> String {
    let shown: Vec<String> =
        labels.iter().map(|(name, value)| format!("{name}={value:?}")).collect();
    format!("{{{}}}", shown.join(", "))
}
