//! A series of a request, whatever version it came in: slices of the request, read when they are
//! needed. No I/O.

use super::fields::{Fields, Malformed, Value};
use super::labels::{self, LabelBytes, LabelLimits, Pairs};
use super::references::Referred;
use super::unstored::Unstored;

/// One series of a request.
#[derive(Debug)]
pub struct Series<'s> {
    /// Bytes that are the same for the same labels in the same order, where there are such.
    pub name: Option<&'s [u8]>,
    /// Its labels.
    pub labels: Labels<'s>,
    /// Fields, of which those of number 2 are samples in both versions.
    pub samples: &'s [u8],
    /// How many exemplars there are.
    pub exemplars: u64,
    /// How many native histograms.
    pub histograms: u64,
    /// What is said of its metric.
    pub description: Option<Said<'s>>,
}

/// The labels of a series.
#[derive(Debug)]
pub enum Labels<'s> {
    /// Fields, of which those of number 1 are labels.
    Inline(&'s [u8]),
    /// References to the symbols of the request.
    Referred(Referred<'s>),
    /// References that lead nowhere.
    Broken(Unstored),
}

/// What a request says of a metric: bytes that need not be text, and a number that need not be of a
/// type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Said<'s> {
    /// The name of the metric, or of one of the series that it has.
    pub metric: &'s [u8],
    /// The type.
    pub kind: u64,
    /// What it is.
    pub help: &'s [u8],
    /// In which unit.
    pub unit: &'s [u8],
}

/// A part of a request.
#[derive(Debug)]
pub enum Part<'s> {
    /// A series and its samples.
    Series(Series<'s>),
    /// What is said of a metric by itself.
    Description(Said<'s>),
}

impl<'s> Series<'s> {
    /// Timestamp and value of each sample.
    pub fn samples(&self) -> impl Iterator<Item = Result<(i64, f64), Malformed>> + use<'s> {
        Fields(self.samples).filter_map(|field| match field {
            Ok((2, Value::Bytes(bytes))) => Some(sample(bytes)),
            Ok((2, _)) => Some(Err(Malformed::Form)),
            Ok(_) => None,
            Err(error) => Some(Err(error)),
        })
    }
}

impl<'s> Labels<'s> {
    /// Names and values as the store takes them, or why it does not.
    pub fn check(&self, limits: LabelLimits) -> Result<Result<Pairs<'s>, Unstored>, Malformed> {
        match self {
            Self::Inline(bytes) => labels::check(inline(bytes), limits),
            Self::Referred(referred) => labels::check(referred.labels().map(Ok), limits),
            Self::Broken(unstored) => Ok(Err(unstored.clone())),
        }
    }
}

fn inline(bytes: &[u8]) -> impl Iterator<Item = Result<LabelBytes<'_>, Malformed>> {
    Fields(bytes).filter_map(|field| match field {
        Ok((1, Value::Bytes(bytes))) => Some(label(bytes)),
        Ok((1, _)) => Some(Err(Malformed::Form)),
        Ok(_) => None,
        Err(error) => Some(Err(error)),
    })
}

/// `Label`: 1 name, 2 value.
fn label(bytes: &[u8]) -> Result<LabelBytes<'_>, Malformed> {
    let (mut name, mut value) = (&[][..], &[][..]);
    for field in Fields(bytes) {
        match field? {
            (1, Value::Bytes(bytes)) => name = bytes,
            (2, Value::Bytes(bytes)) => value = bytes,
            (1 | 2, _) => return Err(Malformed::Form),
            _ => {}
        }
    }
    Ok((name, value))
}

/// `Sample`: 1 value (double), 2 timestamp (int64).
fn sample(bytes: &[u8]) -> Result<(i64, f64), Malformed> {
    let (mut timestamp_ms, mut value) = (0, 0.0);
    for field in Fields(bytes) {
        match field? {
            (1, Value::Fixed64(bits)) => value = f64::from_bits(bits),
            (2, Value::Varint(number)) => timestamp_ms = number as i64,
            (1 | 2, _) => return Err(Malformed::Form),
            _ => {}
        }
    }
    Ok((timestamp_ms, value))
}
