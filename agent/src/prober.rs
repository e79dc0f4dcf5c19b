//! Pings to what the collector asks for, within the agent's own limits.
//!
//! Targets, schedule, matching and rounds are pure; [`pings`] is the thin shell of sockets, names and
//! clocks around them. No name of a metric is known here: the collector makes series of rounds.

// What is asked for, checked.
pub mod target;

// What this agent does not do, whoever asks.
pub mod limits;

// Pings as bytes: of ICMP, and of STUN.
mod packet;
mod stun;

// Which reply belongs to which ping.
mod flights;

// What the pings of a minute said, and what HTTPS told beside.
mod fetched;
mod round;

// Packets at the pace of speech.
pub mod train;

// Paths, and when their pings are due.
pub mod paths;

// How long a round trip took, by two clocks.
mod stamp;

// Where names lead.
pub mod resolver;

// The way out of this host.
mod gateway;

// Numbers nobody guesses, and numbers that only spread.
mod chance;

// The sockets of ICMP and STUN.
mod socket;

// TCP connections, one at a time each.
mod connects;

// Pages over HTTPS, on a thread of their own.
mod https;

// The shell around all this.
pub mod pings;
