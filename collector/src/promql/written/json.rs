//! The parts of an expression as Prometheus's `parse_query` tells them.

use serde::ser::SerializeMap as _;
use serde::{Serialize, Serializer};
use serde_json::{Value, json};

use super::{Aggregated, Called, Kind, Operated, Placed, Resolved, Selection, Written, go, line};
use crate::promql::tree::{At, Demand, Many, Matching, Pick};
use crate::samples::METRIC;

/// Writes an expression with all its parts.
#[derive(Debug, Clone, Copy)]
pub struct Parts<'w>(pub &'w Written);

impl Serialize for Parts<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut node = serializer.serialize_map(None)?;
        match self.0 {
            Written::Number(number) => {
                node.serialize_entry("type", "numberLiteral")?;
                node.serialize_entry("val", &go::plain_number(number.value))?;
            }
            Written::Text(text) => {
                node.serialize_entry("type", "stringLiteral")?;
                node.serialize_entry("val", &*String::from_utf8_lossy(text))?;
            }
            Written::Brackets(inner) => {
                node.serialize_entry("type", "parenExpr")?;
                node.serialize_entry("expr", &Parts(inner))?;
            }
            Written::Signed(signed) => {
                node.serialize_entry("type", "unaryExpr")?;
                node.serialize_entry("op", if signed.is_negative { "-" } else { "+" })?;
                node.serialize_entry("expr", &Parts(&signed.operand))?;
            }
            Written::Selector(selection) => {
                node.serialize_entry("type", "vectorSelector")?;
                selected::<S>(&mut node, selection)?;
            }
            Written::Window(window) => {
                node.serialize_entry("type", "matrixSelector")?;
                node.serialize_entry("range", &window.length.ms)?;
                selected::<S>(&mut node, &window.selection)?;
            }
            Written::Subquery(subquery) => resolved::<S>(&mut node, subquery)?,
            Written::Call(call) => called::<S>(&mut node, call)?,
            Written::Aggregation(aggregation) => aggregated::<S>(&mut node, aggregation)?,
            Written::Operation(operation) => operated::<S>(&mut node, operation)?,
        }
        node.end()
    }
}

fn selected<S: Serializer>(
    node: &mut S::SerializeMap,
    selection: &Selection,
) -> Result<(), S::Error> {
    let demand = |demand: &Demand| {
        let test = line::test(demand.test);
        json!({ "type": test, "name": demand.label, "value": demand.value })
    };
    let mut matchers: Vec<Value> = selection.demands.iter().map(demand).collect();
    if let Some(name) = &selection.name {
        matchers.push(json!({ "type": "=", "name": METRIC, "value": name }));
    }
    node.serialize_entry("name", selection.name.as_deref().unwrap_or_default())?;
    node.serialize_entry("matchers", &matchers)?;
    placed::<S>(node, &selection.place)?;
    node.serialize_entry("anchored", &false)?;
    node.serialize_entry("smoothed", &false)
}

fn placed<S: Serializer>(node: &mut S::SerializeMap, place: &Placed) -> Result<(), S::Error> {
    let (moment, edge) = match place.at {
        At::Step => (None, None),
        At::Start => (None, Some("start")),
        At::End => (None, Some("end")),
        At::Moment(ms) => (Some(ms), None),
    };
    node.serialize_entry("offset", &place.offset.as_ref().map_or(0, |offset| offset.ms))?;
    node.serialize_entry("timestamp", &moment)?;
    node.serialize_entry("startOrEnd", &edge)
}

fn resolved<S: Serializer>(
    node: &mut S::SerializeMap,
    subquery: &Resolved,
) -> Result<(), S::Error> {
    node.serialize_entry("type", "subquery")?;
    node.serialize_entry("expr", &Parts(&subquery.of))?;
    node.serialize_entry("range", &subquery.length.ms)?;
    node.serialize_entry("step", &subquery.step.as_ref().map_or(0, |step| step.ms))?;
    placed::<S>(node, &subquery.place)
}

fn called<S: Serializer>(node: &mut S::SerializeMap, call: &Called) -> Result<(), S::Error> {
    let (types, variadic) = call.signature();
    let returned = match &*call.function {
        "pi" | "time" | "scalar" => Kind::Scalar,
        _ => Kind::Vector,
    };
    let types: Vec<&str> = types.iter().map(|kind| kind.name()).collect();
    let function = json!({
        "name": call.function,
        "argTypes": types,
        "variadic": variadic,
        "returnType": returned.name(),
    });
    node.serialize_entry("type", "call")?;
    node.serialize_entry("func", &function)?;
    node.serialize_entry("args", &List(&call.arguments))
}

fn aggregated<S: Serializer>(
    node: &mut S::SerializeMap,
    aggregation: &Aggregated,
) -> Result<(), S::Error> {
    let (labels, is_without) = of_pick(&aggregation.grouping);
    node.serialize_entry("type", "aggregation")?;
    node.serialize_entry("op", &aggregation.name)?;
    node.serialize_entry("expr", &Parts(&aggregation.of))?;
    node.serialize_entry("param", &aggregation.parameter.as_ref().map(Parts))?;
    node.serialize_entry("grouping", labels)?;
    node.serialize_entry("without", &is_without)
}

fn operated<S: Serializer>(
    node: &mut S::SerializeMap,
    operation: &Operated,
) -> Result<(), S::Error> {
    let matching = |matching: &Matching| {
        let (labels, is_ignoring) = of_pick(&matching.pick);
        let none = Vec::new();
        let (card, include) = match &matching.many {
            Many::Neither if operation.is_set() => ("many-to-many", &none),
            Many::Neither => ("one-to-one", &none),
            Many::Left(labels) => ("many-to-one", labels),
            Many::Right(labels) => ("one-to-many", labels),
        };
        json!({
            "card": card,
            "labels": labels,
            "on": !is_ignoring,
            "include": include,
            "fillValues": { "lhs": matching.fill.left, "rhs": matching.fill.right },
        })
    };
    node.serialize_entry("type", "binaryExpr")?;
    node.serialize_entry("op", &operation.operator)?;
    node.serialize_entry("lhs", &Parts(&operation.left))?;
    node.serialize_entry("rhs", &Parts(&operation.right))?;
    node.serialize_entry("matching", &operation.matching.as_ref().map(matching))?;
    node.serialize_entry("bool", &operation.is_bool)
}

struct List<'w>(&'w [Written]);

impl Serialize for List<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.0.iter().map(Parts))
    }
}

/// Labels, and whether all but these are meant.
fn of_pick(pick: &Pick) -> (&Vec<String>, bool) {
    match pick {
        Pick::Only(labels) => (labels, false),
        Pick::Without(labels) => (labels, true),
    }
}

impl Kind {
    /// Prometheus's word.
    fn name(self) -> &'static str {
        match self {
            Self::Scalar => "scalar",
            Self::Text => "string",
            Self::Vector => "vector",
            Self::Range => "matrix",
        }
    }
}

impl Operated {
    fn is_set(&self) -> bool {
        ["and", "or", "unless"].contains(&&*self.operator)
    }
}

impl Called {
    /// The types of its arguments as Prometheus declares them, and how many of the last may be
    /// missing; −1 if it may stand there as often as one likes.
    fn signature(&self) -> (Vec<Kind>, i32) {
        const OF_DATES: [&str; 8] = [
            "minute",
            "hour",
            "day_of_week",
            "day_of_month",
            "day_of_year",
            "days_in_month",
            "month",
            "year",
        ];
        match &*self.function {
            "round" => (vec![Kind::Vector, Kind::Scalar], 1),
            "info" => (vec![Kind::Vector, Kind::Vector], 1),
            "label_join" => (vec![Kind::Vector, Kind::Text, Kind::Text, Kind::Text], -1),
            "sort_by_label" | "sort_by_label_desc" => (vec![Kind::Vector, Kind::Text], -1),
            date if OF_DATES.contains(&date) => (vec![Kind::Vector], 1),
            // All else takes what it is given here.
            _ => (self.arguments.iter().map(Written::kind).collect(), 0),
        }
    }
}
