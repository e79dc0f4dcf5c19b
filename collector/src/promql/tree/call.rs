//! Calls of functions: a name and its arguments become a node, or Prometheus's error.

use super::{
    DatePart, Each, Expression, Extreme, HistogramFraction, HistogramQuantile, Info, LabelJoin,
    LabelReplace, Mark, Math, OverTime, Place, RangeVector, Scalar, SortedByLabels, TreeError,
    ValueFunction, Vector, WindowFunction, names_label,
};
use crate::samples::{METRIC, Matcher, Pattern};

/// The node of a call.
pub fn call(name: &str, arguments: Vec<Expression>) -> Result<Expression, TreeError> {
    let mut arguments = Arguments { name, count: arguments.len(), left: arguments.into_iter() };
    if let Some(function) = math(name) {
        return arguments.only(Arguments::vector).map(|vector| each(function, vector));
    }
    if let Some(part) = date_part(name) {
        return arguments.date(part);
    }
    if let Some(function) = window_function(name) {
        let range = arguments.only(Arguments::range)?;
        return Ok(over_time(function, range));
    }
    let arguments = &mut arguments;
    match name {
        "pi" => arguments.between(0, 0).map(|()| Expression::Scalar(Scalar::Literal(PI))),
        "time" => arguments.between(0, 0).map(|()| Expression::Scalar(Scalar::Time)),
        "scalar" => {
            let vector = Box::new(arguments.only(Arguments::vector)?);
            Ok(Expression::Scalar(Scalar::Single(vector)))
        }
        "vector" => {
            let scalar = Box::new(arguments.only(Arguments::scalar)?);
            Ok(Expression::Vector(Vector::Scalar(scalar)))
        }
        "timestamp" => Ok(match arguments.only(Arguments::vector)? {
            Vector::Newest(selector) => Expression::Vector(Vector::Timestamps(selector)),
            computed => each(ValueFunction::StepTime, computed),
        }),
        "sort" => arguments.sorted(Extreme::Least),
        "sort_desc" => arguments.sorted(Extreme::Greatest),
        "sort_by_label" => arguments.sorted_by_labels(Extreme::Least),
        "sort_by_label_desc" => arguments.sorted_by_labels(Extreme::Greatest),
        "info" => arguments.info(),
        "absent" => {
            let vector = arguments.only(Arguments::vector)?;
            let labels = vector.demanded();
            Ok(Expression::Vector(Vector::Absent(Box::new(vector), labels)))
        }
        "absent_over_time" => {
            let range = arguments.only(Arguments::range)?;
            let labels = range.demanded();
            Ok(Expression::Vector(Vector::AbsentOverTime(Box::new(range), labels)))
        }
        "round" => arguments.round(),
        "clamp" => arguments.clamp(),
        "clamp_min" => arguments.clamp_one(ValueFunction::ClampMin),
        "clamp_max" => arguments.clamp_one(ValueFunction::ClampMax),
        "quantile_over_time" => arguments.quantile_over_time(),
        "predict_linear" => arguments.predict_linear(),
        // Prometheus 3 has given it the longer name.
        "holt_winters" | "double_exponential_smoothing" => arguments.holt_winters(),
        "histogram_quantile" => arguments.histogram_quantile(),
        "histogram_fraction" => arguments.histogram_fraction(),
        "histogram_avg" | "histogram_count" | "histogram_stddev" | "histogram_stdvar"
        | "histogram_sum" => {
            let vector = Box::new(arguments.only(Arguments::vector)?);
            Ok(Expression::Vector(Vector::NoHistograms(vector)))
        }
        "label_replace" => arguments.label_replace(),
        "label_join" => arguments.label_join(),
        unknown => Err(TreeError::unknown_function(unknown)),
    }
}

/// The info metric that is asked if none is named.
const TARGET_INFO: &str = "target_info";

/// What info metrics are called.
const INFO_METRICS: &str = ".+_info";

const PI: f64 = std::f64::consts::PI;

fn math(name: &str) -> Option<ValueFunction> {
    Some(ValueFunction::Math(match name {
        "abs" => Math::Abs,
        "ceil" => Math::Ceil,
        "floor" => Math::Floor,
        "exp" => Math::Exp,
        "sqrt" => Math::Sqrt,
        "ln" => Math::Ln,
        "log2" => Math::Log2,
        "log10" => Math::Log10,
        "sin" => Math::Sin,
        "cos" => Math::Cos,
        "tan" => Math::Tan,
        "asin" => Math::Asin,
        "acos" => Math::Acos,
        "atan" => Math::Atan,
        "sinh" => Math::Sinh,
        "cosh" => Math::Cosh,
        "tanh" => Math::Tanh,
        "asinh" => Math::Asinh,
        "acosh" => Math::Acosh,
        "atanh" => Math::Atanh,
        "rad" => Math::Radians,
        "deg" => Math::Degrees,
        "sgn" => Math::Sign,
        _ => return None,
    }))
}

fn date_part(name: &str) -> Option<DatePart> {
    Some(match name {
        "minute" => DatePart::Minute,
        "hour" => DatePart::Hour,
        "day_of_week" => DatePart::DayOfWeek,
        "day_of_month" => DatePart::DayOfMonth,
        "day_of_year" => DatePart::DayOfYear,
        "days_in_month" => DatePart::DaysInMonth,
        "month" => DatePart::Month,
        "year" => DatePart::Year,
        _ => return None,
    })
}

/// The functions of a window that take nothing else.
fn window_function(name: &str) -> Option<WindowFunction> {
    Some(match name {
        "rate" => WindowFunction::Rate,
        "increase" => WindowFunction::Increase,
        "delta" => WindowFunction::Delta,
        "irate" => WindowFunction::Irate,
        "idelta" => WindowFunction::Idelta,
        "deriv" => WindowFunction::Derivative,
        "avg_over_time" => WindowFunction::Average,
        "sum_over_time" => WindowFunction::Sum,
        "min_over_time" => WindowFunction::Min,
        "max_over_time" => WindowFunction::Max,
        "count_over_time" => WindowFunction::Count,
        "first_over_time" => WindowFunction::First,
        "last_over_time" => WindowFunction::Last,
        "present_over_time" => WindowFunction::Present,
        "stddev_over_time" => WindowFunction::StandardDeviation,
        "stdvar_over_time" => WindowFunction::Variance,
        "mad_over_time" => WindowFunction::MedianDeviation,
        "ts_of_first_over_time" => WindowFunction::TimeOf(Mark::First),
        "ts_of_last_over_time" => WindowFunction::TimeOf(Mark::Last),
        "ts_of_min_over_time" => WindowFunction::TimeOf(Mark::Least),
        "ts_of_max_over_time" => WindowFunction::TimeOf(Mark::Greatest),
        "changes" => WindowFunction::Changes,
        "resets" => WindowFunction::Resets,
        _ => return None,
    })
}

fn each(function: ValueFunction, vector: Vector) -> Expression {
    Expression::Vector(Vector::Each(Box::new(Each { function, vector })))
}

fn over_time(function: WindowFunction, range: RangeVector) -> Expression {
    Expression::Vector(Vector::OverTime(Box::new(OverTime { function, range })))
}

/// The arguments of a call, taken in order.
struct Arguments<'n> {
    name: &'n str,
    count: usize,
    left: std::vec::IntoIter<Expression>,
}

impl Arguments<'_> {
    /// Refuses fewer or more arguments.
    fn between(&self, least: usize, most: usize) -> Result<(), TreeError> {
        let bound = match self.count {
            count if count >= least && count <= most => return Ok(()),
            _ if least == most => format!("{least}"),
            count if count < least => format!("at least {least}"),
            _ => format!("at most {most}"),
        };
        let (name, count) = (self.name, self.count);
        let message = format!("expected {bound} argument(s) in call to {name:?}, got {count}");
        Err(TreeError::wrong(message))
    }

    /// The one argument.
    fn only<T>(
        &mut self,
        take: impl FnOnce(&mut Self) -> Result<T, TreeError>,
    ) -> Result<T, TreeError> {
        self.between(1, 1)?;
        take(self)
    }

    fn scalar(&mut self) -> Result<Scalar, TreeError> {
        match self.left.next() {
            Some(Expression::Scalar(scalar)) => Ok(scalar),
            other => Err(self.mismatch("scalar", other.as_ref())),
        }
    }

    fn vector(&mut self) -> Result<Vector, TreeError> {
        match self.left.next() {
            Some(Expression::Vector(vector)) => Ok(vector),
            other => Err(self.mismatch("instant vector", other.as_ref())),
        }
    }

    fn range(&mut self) -> Result<RangeVector, TreeError> {
        match self.left.next() {
            Some(Expression::Range(range)) => Ok(range),
            other => Err(self.mismatch("range vector", other.as_ref())),
        }
    }

    fn text(&mut self) -> Result<String, TreeError> {
        match self.left.next() {
            Some(Expression::Text(text)) => Ok(text),
            other => Err(self.mismatch("string", other.as_ref())),
        }
    }

    fn mismatch(&self, wanted: &str, found: Option<&Expression>) -> TreeError {
        let context = format!("call to function {:?}", self.name);
        let place = Place::Part(self.count - self.left.len() - 1);
        TreeError::mismatch(place, wanted, &context, found)
    }

    fn date(&mut self, part: DatePart) -> Result<Expression, TreeError> {
        self.between(0, 1)?;
        if self.count == 0 {
            return Ok(Expression::Vector(Vector::Now(part)));
        }
        Ok(each(ValueFunction::Date(part), self.vector()?))
    }

    fn sorted(&mut self, first: Extreme) -> Result<Expression, TreeError> {
        let vector = self.only(Self::vector)?;
        Ok(Expression::Vector(Vector::Sorted(Box::new(vector), first)))
    }

    fn sorted_by_labels(&mut self, first: Extreme) -> Result<Expression, TreeError> {
        self.between(1, usize::MAX)?;
        let vector = self.vector()?;
        let labels = (1..self.count).map(|_| self.text()).collect::<Result<_, _>>()?;
        let node = SortedByLabels { vector, labels, first };
        Ok(Expression::Vector(Vector::SortedByLabels(Box::new(node))))
    }

    fn info(&mut self) -> Result<Expression, TreeError> {
        self.between(1, 2)?;
        let vector = self.vector()?;
        let asked = if self.count == 2 { Some(self.vector()?) } else { None };
        let matchers = match asked {
            None => Vec::new(),
            Some(Vector::Newest(selector)) => selector.matchers,
            Some(_) => {
                let message = "expected label selectors only".to_owned();
                return Err(TreeError::Wrong(Place::Part(1), message));
            }
        };
        let (mut names, data): (Vec<Matcher>, Vec<Matcher>) =
            matchers.into_iter().partition(|matcher| matcher.name() == METRIC);
        if names.is_empty() {
            names.push(Matcher::metric(TARGET_INFO));
        } else if names.iter().all(|name| name.accepts("")) {
            // What it is not, does not say what it is: one of the others.
            names.extend(Matcher::regex(METRIC, INFO_METRICS));
        }
        Ok(Expression::Vector(Vector::Info(Box::new(Info { vector, names, data }))))
    }

    fn round(&mut self) -> Result<Expression, TreeError> {
        self.between(1, 2)?;
        let vector = self.vector()?;
        let nearest = if self.count == 1 { Scalar::Literal(1.0) } else { self.scalar()? };
        Ok(each(ValueFunction::Round(nearest), vector))
    }

    fn clamp(&mut self) -> Result<Expression, TreeError> {
        self.between(3, 3)?;
        let vector = self.vector()?;
        let (min, max) = (self.scalar()?, self.scalar()?);
        Ok(each(ValueFunction::Clamp(min, max), vector))
    }

    fn clamp_one(
        &mut self,
        function: fn(Scalar) -> ValueFunction,
    ) -> Result<Expression, TreeError> {
        self.between(2, 2)?;
        let vector = self.vector()?;
        Ok(each(function(self.scalar()?), vector))
    }

    fn quantile_over_time(&mut self) -> Result<Expression, TreeError> {
        self.between(2, 2)?;
        let quantile = self.scalar()?;
        Ok(over_time(WindowFunction::Quantile(quantile), self.range()?))
    }

    fn predict_linear(&mut self) -> Result<Expression, TreeError> {
        self.between(2, 2)?;
        let range = self.range()?;
        Ok(over_time(WindowFunction::PredictLinear(self.scalar()?), range))
    }

    fn holt_winters(&mut self) -> Result<Expression, TreeError> {
        self.between(3, 3)?;
        let range = self.range()?;
        let (smoothing, trend) = (self.scalar()?, self.scalar()?);
        Ok(over_time(WindowFunction::HoltWinters(smoothing, trend), range))
    }

    fn histogram_quantile(&mut self) -> Result<Expression, TreeError> {
        self.between(2, 2)?;
        let (quantile, buckets) = (self.scalar()?, self.vector()?);
        let node = HistogramQuantile { quantile, buckets };
        Ok(Expression::Vector(Vector::HistogramQuantile(Box::new(node))))
    }

    fn histogram_fraction(&mut self) -> Result<Expression, TreeError> {
        self.between(3, 3)?;
        let (lower, upper) = (self.scalar()?, self.scalar()?);
        let node = HistogramFraction { lower, upper, buckets: self.vector()? };
        Ok(Expression::Vector(Vector::HistogramFraction(Box::new(node))))
    }

    fn label_replace(&mut self) -> Result<Expression, TreeError> {
        self.between(5, 5)?;
        let vector = self.vector()?;
        let (target, replacement) = (self.text()?, self.text()?);
        let (source, pattern) = (self.text()?, self.text()?);
        let Ok(pattern) = Pattern::new(&pattern) else {
            let message = format!("invalid regular expression in label_replace(): {pattern}");
            return Err(TreeError::Impossible(message));
        };
        if !names_label(&target) {
            let message = format!("invalid destination label name in label_replace(): {target}");
            return Err(TreeError::Impossible(message));
        }
        let node = LabelReplace { vector, target, replacement, source, pattern };
        Ok(Expression::Vector(Vector::LabelReplace(Box::new(node))))
    }

    fn label_join(&mut self) -> Result<Expression, TreeError> {
        self.between(3, usize::MAX)?;
        let vector = self.vector()?;
        let (target, separator) = (self.text()?, self.text()?);
        let sources =
            (3..self.count).map(|_| self.text()).collect::<Result<Vec<String>, TreeError>>()?;
        if let Some(name) = sources.iter().find(|name| !names_label(name)) {
            let message = format!("invalid source label name in label_join(): {name}");
            return Err(TreeError::Impossible(message));
        }
        if !names_label(&target) {
            let message = format!("invalid destination label name in label_join(): {target}");
            return Err(TreeError::Impossible(message));
        }
        let node = LabelJoin { vector, target, separator, sources };
        Ok(Expression::Vector(Vector::LabelJoin(Box::new(node))))
    }
}
