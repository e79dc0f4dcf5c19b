//! Operators on two numbers.

/// A binary operator.
#[derive(Debug, Clone, Copy)]
pub enum Operator {
    Calculate(fn(f64, f64) -> f64),
    /// As `Calculate`, but the result keeps the metric's name: an oversight of Prometheus 2 that
    /// its users' rules may lean on.
    CalculateNamed(fn(f64, f64) -> f64),
    Compare(fn(&f64, &f64) -> bool),
    And,
    Or,
    Unless,
}

/// The operator of that spelling.
pub fn operator(spelling: &str) -> Option<Operator> {
    Some(match spelling {
        "+" => Operator::Calculate(|a, b| a + b),
        "-" => Operator::Calculate(|a, b| a - b),
        "*" => Operator::Calculate(|a, b| a * b),
        "/" => Operator::Calculate(|a, b| a / b),
        "%" => Operator::Calculate(|a, b| a % b),
        "^" => Operator::Calculate(f64::powf),
        "atan2" => Operator::CalculateNamed(f64::atan2),
        "==" => Operator::Compare(f64::eq),
        "!=" => Operator::Compare(f64::ne),
        ">" => Operator::Compare(f64::gt),
        "<" => Operator::Compare(f64::lt),
        ">=" => Operator::Compare(f64::ge),
        "<=" => Operator::Compare(f64::le),
        "and" => Operator::And,
        "or" => Operator::Or,
        "unless" => Operator::Unless,
        _ => return None,
    })
}
