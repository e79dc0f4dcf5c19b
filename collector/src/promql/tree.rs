//! The tree of an expression: all that an expression can ask, with its types.
//!
//! The evaluator knows this tree only, and all of it: what is not here is refused when an
//! expression is parsed. The tree knows no moment: `start()` and `end()` are those of a query.

mod aggregation;
mod call;
mod operation;
mod selector;

use crate::samples::{Labels, Matcher, Pattern};

pub use self::aggregation::{Aggregate, Aggregation, Extreme, Fold, aggregation, check_count};
pub use self::call::call;
pub use self::operation::{
    Calculation, Compared, Comparison, Fill, Many, Matching, Operator, SetOperator, Sides, binary,
    negated, plain,
};
pub use self::selector::{At, Demand, Demanded, Selector, Shift, Test};

/// Whether a text names a label, as any does in Prometheus 3. Bytes that are no UTF-8 have been replaced.
fn names_label(text: &str) -> bool {
    !text.is_empty() && !text.contains('\u{fffd}')
}

/// An expression of any of the language's four types.
#[derive(Debug, Clone)]
pub enum Expression {
    /// A number at each step.
    Scalar(Scalar),
    /// A text.
    Text(String),
    /// Series with a value at some steps.
    Vector(Vector),
    /// Series with the samples of a window before each step.
    Range(RangeVector),
}

/// A number at each step.
#[derive(Debug, Clone)]
pub enum Scalar {
    /// The same number at each step.
    Literal(f64),
    /// `time()`: the moment of the step, in seconds.
    Time,
    /// `scalar(…)`: the value of the one series that there is.
    Single(Box<Vector>),
    /// `-…`
    Negated(Box<Scalar>),
    /// Two numbers; a comparison answers 1 or 0.
    Operation(Box<ScalarOperation>),
}

/// Two numbers and what is done with them.
#[derive(Debug, Clone)]
pub struct ScalarOperation {
    pub operator: Operator,
    pub left: Scalar,
    pub right: Scalar,
}

/// Series with a value at some steps.
#[derive(Debug, Clone)]
pub enum Vector {
    /// The newest sample of each series.
    Newest(Selector),
    /// `timestamp(…)` of a selector: when the newest sample of each series was taken.
    Timestamps(Selector),
    /// `vector(…)`: a series without labels.
    Scalar(Box<Scalar>),
    /// `hour()` and its kin: a part of the step's date.
    Now(DatePart),
    /// `+…`: what stands behind the sign.
    Signed(Box<Vector>),
    /// A function of each value by itself.
    Each(Box<Each>),
    /// `sort(…)` and `sort_desc(…)`
    Sorted(Box<Vector>, Extreme),
    /// `sort_by_label(…)` and `sort_by_label_desc(…)`
    SortedByLabels(Box<SortedByLabels>),
    /// `absent(…)`: a series with these labels where there is none.
    Absent(Box<Vector>, Labels),
    /// `absent_over_time(…)`: the same of the samples of a window.
    AbsentOverTime(Box<RangeVector>, Labels),
    /// A function of the samples in a window.
    OverTime(Box<OverTime>),
    /// `histogram_quantile(…)`
    HistogramQuantile(Box<HistogramQuantile>),
    /// `histogram_fraction(…)`
    HistogramFraction(Box<HistogramFraction>),
    /// `histogram_count(…)` and its kin, which take native histograms: no series is one.
    NoHistograms(Box<Vector>),
    /// `label_replace(…)`
    LabelReplace(Box<LabelReplace>),
    /// `label_join(…)`
    LabelJoin(Box<LabelJoin>),
    /// `info(…)`
    Info(Box<Info>),
    /// `sum by (…) (…)` and its kin.
    Aggregation(Box<Aggregation>),
    /// A vector and a number.
    WithScalar(Box<WithScalar>),
    /// Two vectors whose series are matched by their labels.
    Matched(Box<Matched>),
    /// `and`, `or`, `unless`.
    Sets(Box<Sets>),
}

/// Series with the samples of a window before each step.
#[derive(Debug, Clone)]
pub enum RangeVector {
    /// `metric[5m]`
    Window(Window),
    /// `…[1h:5m]`
    Subquery(Box<Subquery>),
}

/// The samples of a selector in a window before each step.
#[derive(Debug, Clone)]
pub struct Window {
    pub selector: Selector,
    /// How long it is.
    pub range_ms: i64,
}

/// An expression that is evaluated at steps of its own in a window before each step.
#[derive(Debug, Clone)]
pub struct Subquery {
    pub vector: Vector,
    /// How long the window is.
    pub range_ms: i64,
    /// The distance of its steps.
    pub step_ms: i64,
    pub shift: Shift,
}

/// Series in the natural order of the values of some labels, at one moment.
#[derive(Debug, Clone)]
pub struct SortedByLabels {
    pub vector: Vector,
    pub labels: Vec<String>,
    pub first: Extreme,
}

/// A function of each value by itself; the result is no longer the metric.
#[derive(Debug, Clone)]
pub struct Each {
    pub function: ValueFunction,
    pub vector: Vector,
}

/// What is done with a value.
#[derive(Debug, Clone)]
pub enum ValueFunction {
    /// `-…`
    Negate,
    /// A function that takes nothing else.
    Math(Math),
    /// To the nearest multiple of a number.
    Round(Scalar),
    /// Between the least and the greatest.
    Clamp(Scalar, Scalar),
    /// Not below.
    ClampMin(Scalar),
    /// Not above.
    ClampMax(Scalar),
    /// A part of the date that the value is, in seconds of Unix time.
    Date(DatePart),
    /// The moment of the step, in seconds: `timestamp(…)` of what is computed.
    StepTime,
}

/// A function of one number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Math {
    Abs,
    Ceil,
    Floor,
    Exp,
    Sqrt,
    Ln,
    Log2,
    Log10,
    Sin,
    Cos,
    Tan,
    Asin,
    Acos,
    Atan,
    Sinh,
    Cosh,
    Tanh,
    Asinh,
    Acosh,
    Atanh,
    Radians,
    Degrees,
    Sign,
}

/// A part of a date, in UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DatePart {
    Minute,
    Hour,
    DayOfWeek,
    DayOfMonth,
    DayOfYear,
    DaysInMonth,
    Month,
    Year,
}

/// A function of the samples in a window.
#[derive(Debug, Clone)]
pub struct OverTime {
    pub function: WindowFunction,
    pub range: RangeVector,
}

/// What is done with the samples in a window.
#[derive(Debug, Clone)]
pub enum WindowFunction {
    Rate,
    Increase,
    Delta,
    Irate,
    Idelta,
    Derivative,
    /// So many seconds ahead.
    PredictLinear(Scalar),
    /// With factors for smoothing and for the trend.
    HoltWinters(Scalar, Scalar),
    Average,
    Sum,
    Min,
    Max,
    Count,
    First,
    Last,
    Present,
    StandardDeviation,
    Variance,
    Quantile(Scalar),
    /// The median distance from the median.
    MedianDeviation,
    Changes,
    Resets,
    /// When a sample was taken, in seconds.
    TimeOf(Mark),
}

/// One of the samples in a window.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mark {
    First,
    Last,
    /// The last of the least.
    Least,
    /// The last of the greatest.
    Greatest,
}

/// `histogram_quantile(…)`
#[derive(Debug, Clone)]
pub struct HistogramQuantile {
    pub quantile: Scalar,
    pub buckets: Vector,
}

/// `histogram_fraction(…)`
#[derive(Debug, Clone)]
pub struct HistogramFraction {
    pub lower: Scalar,
    pub upper: Scalar,
    pub buckets: Vector,
}

/// `label_replace(…)`: where the whole of one label matches, another is set.
#[derive(Debug, Clone)]
pub struct LabelReplace {
    pub vector: Vector,
    pub target: String,
    pub replacement: String,
    pub source: String,
    pub pattern: Pattern,
}

/// `label_join(…)`: one label is set to the values of others.
#[derive(Debug, Clone)]
pub struct LabelJoin {
    pub vector: Vector,
    pub target: String,
    pub separator: String,
    pub sources: Vec<String>,
}

/// `info(…)`: series with the labels of info metrics that have the same instance and job.
#[derive(Debug, Clone)]
pub struct Info {
    pub vector: Vector,
    /// Which info metrics.
    pub names: Vec<Matcher>,
    /// Which of their labels, and what they say; all if there is none.
    pub data: Vec<Matcher>,
}

/// A vector and a number at each step.
#[derive(Debug, Clone)]
pub struct WithScalar {
    pub operator: Operator,
    pub vector: Vector,
    pub scalar: Scalar,
    /// Where the number stands.
    pub scalar_side: Side,
}

/// A side of an operator.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    Left,
    Right,
}

/// Two vectors whose series are matched by their labels.
#[derive(Debug, Clone)]
pub struct Matched {
    pub operator: Operator,
    pub left: Vector,
    pub right: Vector,
    pub matching: Matching,
}

/// The series of two vectors, as sets.
#[derive(Debug, Clone)]
pub struct Sets {
    pub operator: SetOperator,
    pub left: Vector,
    pub right: Vector,
    pub pick: Pick,
}

/// Some of a series' labels, by which it is grouped or matched.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Pick {
    /// `by (…)`, `on (…)`: these.
    Only(Vec<String>),
    /// `without (…)`, `ignoring (…)`: all but these and the metric's name.
    Without(Vec<String>),
}

impl Default for Pick {
    /// Two sides are matched by all labels unless it is said by which.
    fn default() -> Self {
        Self::Without(Vec::new())
    }
}

/// Why an expression cannot be.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TreeError {
    /// There is nothing of that name, or it takes another number of parts: told before what stands
    /// behind it is read.
    #[error("{0}")]
    Unknown(String),
    /// The language does not allow it.
    #[error("{1}")]
    Wrong(Place, String),
    /// Prometheus allows it, and tells only when it evaluates it.
    #[error("{0}")]
    Impossible(String),
}

/// Which part of a node does not fit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    Whole,
    Operator,
    /// One of its operands or arguments, counted from 0.
    Part(usize),
}

impl TreeError {
    pub fn wrong(message: impl Into<String>) -> Self {
        Self::Wrong(Place::Whole, message.into())
    }

    /// A name that no function has.
    pub fn unknown_function(name: &str) -> Self {
        Self::Unknown(format!("unknown function with name {name:?}"))
    }

    fn mismatch(place: Place, wanted: &str, context: &str, found: Option<&Expression>) -> Self {
        let found = found.map_or("nothing", Expression::kind);
        Self::Wrong(place, format!("expected type {wanted} in {context}, got {found}"))
    }
}

impl Expression {
    /// What the language calls its type.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Scalar(_) => "scalar",
            Self::Text(_) => "string",
            Self::Vector(_) => "instant vector",
            Self::Range(_) => "range vector",
        }
    }

    /// Its type in the words of the evaluator.
    pub fn short_kind(&self) -> &'static str {
        match self {
            Self::Scalar(_) => "scalar",
            Self::Text(_) => "string",
            Self::Vector(_) => "vector",
            Self::Range(_) => "matrix",
        }
    }
}
