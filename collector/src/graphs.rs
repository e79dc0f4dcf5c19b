//! Pictures and their data: a definition, a span of time and the store become one graph.

mod definition;
mod draw;
mod export;
mod figures;
mod gather;
mod grain;
mod graph;
pub mod map;
mod period;
mod scale;
pub mod scatter;
mod ticks;
mod unit;

pub use self::definition::{Definition, Of, Side, definition, names};
pub use self::draw::{
    DrawError, Look, Size, Theme, map_points, map_svg, png, png_bytes, points, scatter_svg, svg,
};
pub use self::export::{csv, json, reason, summary};
pub use self::figures::{Prefix, significant};
pub use self::gather::{GatherError, Question, Sources, gather, of_traffic};
pub use self::graph::{Graph, Line};
pub use self::period::{Period, Span};

#[cfg(test)]
mod tests;
