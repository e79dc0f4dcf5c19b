//! Pictures and their data: a definition, a span of time and the store become one graph.

mod buckets;
mod definition;
mod draw;
mod export;
mod figures;
mod gather;
mod period;
mod scale;
mod ticks;

pub use self::definition::{Definition, Side, definition};
pub use self::draw::{DrawError, Size, Theme, png, svg};
pub use self::export::{csv, json, reason, summary};
pub use self::figures::{Prefix, significant};
pub use self::gather::{Graph, Line, gather};
pub use self::period::{Period, Span};
