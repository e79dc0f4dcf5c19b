//! Binary operators between vectors: matching by labels, one to one, many to one, and sets.

use std::collections::{HashMap, HashSet};

use promql_parser::parser::{BinModifier, LabelModifier, VectorMatchCardinality};

use super::QueryError;
use super::arithmetic::Operator;
use super::value::{Row, merge, without_name};
use crate::samples::Labels;

/// How two sides find each other.
pub struct Matching<'m> {
    on: bool,
    names: &'m [String],
    /// The side that may have many, if any, and the labels taken from the other.
    many: Many<'m>,
    /// Comparisons answer 0 or 1 instead of filtering.
    boolean: bool,
}

enum Many<'m> {
    Neither,
    Left(&'m [String]),
    Right(&'m [String]),
}

impl<'m> Matching<'m> {
    pub fn of(modifier: Option<&'m BinModifier>) -> Self {
        let (on, names) = match modifier.and_then(|modifier| modifier.matching.as_ref()) {
            None => (false, &[][..]),
            Some(LabelModifier::Include(names)) => (true, &names.labels[..]),
            Some(LabelModifier::Exclude(names)) => (false, &names.labels[..]),
        };
        let many = match modifier.map(|modifier| &modifier.card) {
            Some(VectorMatchCardinality::ManyToOne(names)) => Many::Left(&names.labels),
            Some(VectorMatchCardinality::OneToMany(names)) => Many::Right(&names.labels),
            Some(VectorMatchCardinality::OneToOne | VectorMatchCardinality::ManyToMany) | None => {
                Many::Neither
            }
        };
        Self { on, names, many, boolean: modifier.is_some_and(|modifier| modifier.return_bool) }
    }

    fn signature(&self, labels: &Labels) -> Labels {
        if self.on { labels.only(self.names) } else { without_name(labels).without(self.names) }
    }

    fn result(&self, many: &Labels, one: &Labels, calculates: bool) -> Labels {
        let mut labels = if calculates { without_name(many) } else { many.clone() };
        let included = match &self.many {
            Many::Neither => {
                labels = if self.on { labels.only(self.names) } else { labels.without(self.names) };
                &[][..]
            }
            Many::Left(names) | Many::Right(names) => names,
        };
        for name in included {
            labels = labels.with(name, one.get(name).unwrap_or_default());
        }
        if self.boolean { without_name(&labels) } else { labels }
    }
}

/// The operator between a vector and a number at each step. `number_first` tells on which side the
/// number stands.
pub fn with_number(
    operator: Operator,
    (rows, numbers): (Vec<Row>, &[f64]),
    number_first: bool,
    boolean: bool,
) -> Result<Vec<Row>, QueryError> {
    let calculated = rows.into_iter().map(|row| {
        let renamed = boolean || matches!(operator, Operator::Calculate(_));
        let labels = if renamed { without_name(&row.labels) } else { row.labels.clone() };
        let point = |(point, &number): (&Option<f64>, &f64)| {
            let value = (*point)?;
            let (left, right) = if number_first { (number, value) } else { (value, number) };
            match operator {
                Operator::Calculate(function) | Operator::CalculateNamed(function) => {
                    Some(function(left, right))
                }
                Operator::Compare(test) if boolean => Some(f64::from(test(&left, &right))),
                Operator::Compare(test) => test(&left, &right).then_some(value),
                Operator::And | Operator::Or | Operator::Unless => None,
            }
        };
        Row { labels, points: row.points.iter().zip(numbers).map(point).collect() }
    });
    merge(calculated.collect())
}

/// `and`, `or`, `unless`.
pub fn sets(
    operator: Operator,
    (left, right): (Vec<Row>, Vec<Row>),
    matching: &Matching<'_>,
) -> Result<Vec<Row>, QueryError> {
    let steps = left.iter().chain(&right).map(|row| row.points.len()).max().unwrap_or(0);
    let present = |rows: &[Row]| -> Vec<HashSet<Labels>> {
        let mut steps: Vec<HashSet<Labels>> = vec![HashSet::new(); steps];
        for row in rows {
            let signature = matching.signature(&row.labels);
            for (step, _) in row.points.iter().enumerate().filter(|(_, point)| point.is_some()) {
                steps[step].insert(signature.clone());
            }
        }
        steps
    };
    let keep = |rows: Vec<Row>, other: &[HashSet<Labels>], wanted: bool| -> Vec<Row> {
        let filter = |mut row: Row| {
            let signature = matching.signature(&row.labels);
            for (point, present) in row.points.iter_mut().zip(other) {
                if present.contains(&signature) != wanted {
                    *point = None;
                }
            }
            row
        };
        rows.into_iter().map(filter).collect()
    };
    let rows = match operator {
        Operator::And => keep(left, &present(&right), true),
        Operator::Unless => keep(left, &present(&right), false),
        _ => {
            let known = present(&left);
            let mut rows = left;
            rows.extend(keep(right, &known, false));
            rows
        }
    };
    merge(rows)
}

/// Arithmetic and comparison between vectors.
pub fn vectors(
    operator: Operator,
    (left, right): (Vec<Row>, Vec<Row>),
    matching: &Matching<'_>,
) -> Result<Vec<Row>, QueryError> {
    let swapped = matches!(matching.many, Many::Right(_));
    let (many, one) = if swapped { (right, left) } else { (left, right) };
    let mut ones: HashMap<Labels, Vec<&Row>> = HashMap::new();
    for row in &one {
        ones.entry(matching.signature(&row.labels)).or_default().push(row);
    }
    unique(&ones, if swapped { "left" } else { "right" })?;
    let calculates = matches!(operator, Operator::Calculate(_));
    let mut taken: HashSet<(Labels, Labels, usize)> = HashSet::new();
    let mut rows = Vec::new();
    for row in &many {
        let signature = matching.signature(&row.labels);
        for partner in ones.get(&signature).into_iter().flatten() {
            let labels = matching.result(&row.labels, &partner.labels, calculates);
            let mut points = vec![None; row.points.len()];
            for (step, pair) in row.points.iter().zip(&partner.points).enumerate() {
                let (Some(of_many), Some(of_one)) = pair else { continue };
                let (a, b) = if swapped { (of_one, of_many) } else { (of_many, of_one) };
                points[step] = calculate(operator, (*a, *b), (*of_many, matching.boolean));
                let once = match matching.many {
                    Many::Neither => signature.clone(),
                    Many::Left(_) | Many::Right(_) => labels.clone(),
                };
                let first = taken.insert((signature.clone(), once, step));
                if points[step].is_some() && !first {
                    let message = match matching.many {
                        Many::Neither => {
                            "multiple matches for labels: many-to-one matching must be explicit \
                             (group_left/group_right)"
                        }
                        Many::Left(_) | Many::Right(_) => {
                            "multiple matches for labels: grouping labels must ensure unique matches"
                        }
                    };
                    return Err(QueryError::Execution(message.into()));
                }
            }
            rows.push(Row { labels, points });
        }
    }
    merge(rows)
}

fn calculate(operator: Operator, (a, b): (f64, f64), (kept, boolean): (f64, bool)) -> Option<f64> {
    match operator {
        Operator::Calculate(function) | Operator::CalculateNamed(function) => Some(function(a, b)),
        Operator::Compare(test) if boolean => Some(f64::from(test(&a, &b))),
        Operator::Compare(test) => test(&a, &b).then_some(kept),
        Operator::And | Operator::Or | Operator::Unless => None,
    }
}

/// The side that must be unique is so at every step.
fn unique(ones: &HashMap<Labels, Vec<&Row>>, side: &str) -> Result<(), QueryError> {
    for (signature, rows) in ones.iter().filter(|(_, rows)| rows.len() > 1) {
        let steps = rows.iter().map(|row| row.points.len()).max().unwrap_or(0);
        for step in 0..steps {
            let mut present = rows.iter().filter(|row| row.points[step].is_some());
            let (Some(first), Some(second)) = (present.next(), present.next()) else { continue };
            let group = labels_text(signature);
            let (first, second) = (labels_text(&second.labels), labels_text(&first.labels));
            return Err(QueryError::Execution(format!(
                "found duplicate series for the match group {group} on the {side} hand-side of the \
                 operation: [{first}, {second}];many-to-many matching not allowed: matching labels \
                 must be unique on one side"
            )));
        }
    }
    Ok(())
}

/// Labels as Prometheus's errors write them.
fn labels_text(labels: &Labels) -> String {
    let shown: Vec<String> =
        labels.iter().map(|(name, value)| format!("{name}={value:?}")).collect();
    format!("{{{}}}", shown.join(", "))
}
