//! An expression as it is written: its names, brackets and order, for whoever formats it or shows its
//! parts. Nothing of it is evaluated.

pub(super) mod go;
mod json;
mod line;
mod pretty;

use std::fmt::Display;

use serde::Serialize;

use super::tree::{At, Demand, Matching, Pick};

use self::json::Parts;
use self::pretty::Pretty;

/// An expression that is shown.
#[derive(Debug, Clone, Copy)]
pub struct Shown<'w>(&'w Written);

impl<'w> Shown<'w> {
    pub(super) fn new(written: &'w Written) -> Self {
        Self(written)
    }

    /// On as many lines as it needs.
    pub fn lines(self) -> impl Display + 'w {
        Pretty::new(self.0)
    }

    /// With all its parts, as objects.
    pub fn parts(self) -> impl Serialize + 'w {
        Parts(self.0)
    }
}

/// A part of an expression, with the parts that it is made of.
#[derive(Debug)]
pub enum Written {
    Number(Number),
    /// What stood in quotes; bytes that are part of no character included.
    Text(Vec<u8>),
    /// `(…)`
    Brackets(Box<Self>),
    /// `-…`, `+…`
    Signed(Box<Signed>),
    Selector(Selection),
    /// `a[5m]`
    Window(Box<Windowed>),
    /// `a[1h:5m]`
    Subquery(Box<Resolved>),
    Call(Called),
    Aggregation(Box<Aggregated>),
    Operation(Box<Operated>),
}

/// A number; durations are numbers of seconds.
#[derive(Debug, Clone, Copy)]
pub struct Number {
    pub value: f64,
    /// It was written as `1h30m`.
    pub is_duration: bool,
}

#[derive(Debug)]
pub struct Signed {
    pub is_negative: bool,
    pub operand: Written,
}

/// `a{b="c"} @ 1 offset 5m`
#[derive(Debug)]
pub struct Selection {
    /// What stands before the braces.
    pub name: Option<String>,
    /// What stands in them.
    pub demands: Vec<Demand>,
    /// Both, as they are printed.
    pub text: String,
    pub place: Placed,
}

/// `@ … offset …`
#[derive(Debug, Default)]
pub struct Placed {
    pub at: At,
    pub offset: Option<Length>,
}

/// A length of time.
#[derive(Debug)]
pub struct Length {
    pub ms: i64,
    /// As it is printed.
    pub text: String,
}

#[derive(Debug)]
pub struct Windowed {
    /// Its place is that of the window.
    pub selection: Selection,
    pub length: Length,
}

#[derive(Debug)]
pub struct Resolved {
    pub of: Written,
    pub length: Length,
    pub step: Option<Length>,
    pub place: Placed,
}

#[derive(Debug)]
pub struct Called {
    pub function: String,
    pub arguments: Vec<Written>,
}

#[derive(Debug)]
pub struct Aggregated {
    /// `sum`, in small letters.
    pub name: String,
    pub grouping: Pick,
    pub parameter: Option<Written>,
    pub of: Written,
}

#[derive(Debug)]
pub struct Operated {
    /// In small letters.
    pub operator: String,
    pub is_bool: bool,
    /// How the series of two vectors find each other.
    pub matching: Option<Matching>,
    pub left: Written,
    pub right: Written,
    pub kind: Kind,
}

/// The type of a part.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Scalar,
    Text,
    Vector,
    Range,
}

impl Written {
    pub fn kind(&self) -> Kind {
        match self {
            Self::Number(_) => Kind::Scalar,
            Self::Text(_) => Kind::Text,
            Self::Brackets(inner) => inner.kind(),
            Self::Signed(signed) => signed.operand.kind(),
            Self::Selector(_) | Self::Aggregation(_) => Kind::Vector,
            Self::Window(_) | Self::Subquery(_) => Kind::Range,
            Self::Call(call) => match &*call.function {
                "pi" | "time" | "scalar" => Kind::Scalar,
                _ => Kind::Vector,
            },
            Self::Operation(operation) => operation.kind,
        }
    }
}

impl Number {
    fn text(self) -> String {
        match self.value {
            value if !self.is_duration => go::number(value),
            value if value < 0.0 => format!("-{}", go::duration((-value * 1000.0) as i64)),
            value => go::duration((value * 1000.0) as i64),
        }
    }
}

impl Length {
    /// As it is written, or from what it says if it is only a number.
    pub fn new(ms: i64, written: Option<String>) -> Self {
        let sign = if ms < 0 { "-" } else { "" };
        let text =
            written.unwrap_or_else(|| format!("{sign}{}", go::duration(ms.saturating_abs())));
        Self { ms, text }
    }

    pub fn is_nothing(&self) -> bool {
        self.text == "0s"
    }
}

impl Selection {
    pub fn new(name: Option<String>, demands: Vec<Demand>) -> Self {
        let text = line::selection(name.as_deref(), &demands);
        Self { name, demands, text, place: Placed::default() }
    }
}
