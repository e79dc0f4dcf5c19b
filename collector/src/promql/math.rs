//! Functions of a number.

use super::tree::Math;

impl Math {
    /// What it does.
    pub fn function(self) -> fn(f64) -> f64 {
        match self {
            Self::Abs => f64::abs,
            Self::Ceil => f64::ceil,
            Self::Floor => f64::floor,
            Self::Exp => f64::exp,
            Self::Sqrt => f64::sqrt,
            Self::Ln => f64::ln,
            Self::Log2 => f64::log2,
            Self::Log10 => f64::log10,
            Self::Sin => f64::sin,
            Self::Cos => f64::cos,
            Self::Tan => f64::tan,
            Self::Asin => f64::asin,
            Self::Acos => f64::acos,
            Self::Atan => f64::atan,
            Self::Sinh => f64::sinh,
            Self::Cosh => f64::cosh,
            Self::Tanh => f64::tanh,
            Self::Asinh => asinh,
            Self::Acosh => acosh,
            Self::Atanh => f64::atanh,
            Self::Radians => |degrees| degrees * std::f64::consts::PI / 180.0,
            Self::Degrees => |radians| radians * 180.0 / std::f64::consts::PI,
            Self::Sign => sign,
        }
    }
}

/// From here on the square of a number is all that counts beside one.
const LARGE: f64 = (1u64 << 28) as f64;

/// Where the square would be infinite, the logarithm is not.
fn asinh(value: f64) -> f64 {
    let size = value.abs();
    if size > LARGE { (size.ln() + std::f64::consts::LN_2).copysign(value) } else { value.asinh() }
}

fn acosh(value: f64) -> f64 {
    if value > LARGE { value.ln() + std::f64::consts::LN_2 } else { value.acosh() }
}

fn sign(value: f64) -> f64 {
    if value < 0.0 {
        -1.0
    } else if value > 0.0 {
        1.0
    } else {
        value
    }
}

/// To the nearest multiple; halves go up.
pub fn round(value: f64, to_nearest: f64) -> f64 {
    let inverse = 1.0 / to_nearest;
    (value * inverse + 0.5).floor() / inverse
}

/// The greater of two numbers; NaN wins over all but positive infinity, as in Go.
pub fn greater(a: f64, b: f64) -> f64 {
    let infinite = a == f64::INFINITY || b == f64::INFINITY;
    if !infinite && (a.is_nan() || b.is_nan()) { f64::NAN } else { a.max(b) }
}

/// The lesser of two numbers; NaN wins over all but negative infinity, as in Go.
pub fn lesser(a: f64, b: f64) -> f64 {
    let infinite = a == f64::NEG_INFINITY || b == f64::NEG_INFINITY;
    if !infinite && (a.is_nan() || b.is_nan()) { f64::NAN } else { a.min(b) }
}
