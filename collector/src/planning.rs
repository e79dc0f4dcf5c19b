//! Capacity from measured use: what rooms ask of a host, what is left of it, and how sure that is.
//!
//! Pure: values in, values out; no store, no pages, no clock. A range always comes with what it
//! rests on, and what cannot be told is a [`Doubt`] with its sentence, never a confident number.

// Statistics with values to check against.
pub mod billing;
pub mod least_squares;
pub mod non_negative;
pub mod quantiles;
pub mod theil_sen;

// The published formula: rooms to streams to Mbit/s.
pub mod media;
pub mod room;

// The fit: a host's own factors on the published formula.
pub mod fit;
pub mod minute;
pub mod prior;
pub mod received;
pub mod row;

// What past peaks say of the next ones.
pub mod outlook;
pub mod scores;

// The answers: a host's link, under rooms as they were or as somebody types them.
pub mod bandwidth;
pub mod capacity;
pub mod mix;
pub mod processors;

// What is still to come, who used it, and where else it would have fitted.
pub mod forecast;
pub mod meetings;
pub mod organisations;
pub mod replay;

pub(crate) mod chance;

mod doubt;
mod highest;

pub use self::doubt::Doubt;
