//! Functions of a number: from name to what it does.

use promql_parser::parser::value::ValueType;
use promql_parser::parser::{Function, register_extra_functions};

/// Names that Prometheus 2 has and the parser, which follows Prometheus 3, has dropped.
pub fn register() {
    let matrix = vec![ValueType::Matrix, ValueType::Scalar, ValueType::Scalar];
    let old = Function::new("holt_winters", matrix, 0, ValueType::Vector, false);
    // Registering twice is refused, and harmless.
    let _ = register_extra_functions(vec![old]);
}

/// A function of one number, by its name.
pub fn of_number(name: &str) -> Option<fn(f64) -> f64> {
    Some(match name {
        "abs" => f64::abs,
        "ceil" => f64::ceil,
        "floor" => f64::floor,
        "exp" => f64::exp,
        "sqrt" => f64::sqrt,
        "ln" => f64::ln,
        "log2" => f64::log2,
        "log10" => f64::log10,
        "sin" => f64::sin,
        "cos" => f64::cos,
        "tan" => f64::tan,
        "asin" => f64::asin,
        "acos" => f64::acos,
        "atan" => f64::atan,
        "sinh" => f64::sinh,
        "cosh" => f64::cosh,
        "tanh" => f64::tanh,
        "asinh" => f64::asinh,
        "acosh" => f64::acosh,
        "atanh" => f64::atanh,
        "rad" => |degrees| degrees * std::f64::consts::PI / 180.0,
        "deg" => |radians| radians * 180.0 / std::f64::consts::PI,
        "sgn" => |value| {
            if value < 0.0 {
                -1.0
            } else if value > 0.0 {
                1.0
            } else {
                value
            }
        },
        _ => return None,
    })
}

/// Whether a function asks for a part of a date.
pub fn is_calendar(name: &str) -> bool {
    matches!(
        name,
        "minute"
            | "hour"
            | "day_of_week"
            | "day_of_month"
            | "day_of_year"
            | "days_in_month"
            | "month"
            | "year"
    )
}

/// To the nearest multiple; halves go up.
pub fn round(value: f64, to_nearest: f64) -> f64 {
    let inverse = 1.0 / to_nearest;
    (value * inverse + 0.5).floor() / inverse
}
