//! `headroom demo`: a simulated cooperative, for whoever wants to see before they install.

mod stream;

pub use self::stream::{AgentStream, StreamError, length};
