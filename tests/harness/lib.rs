//! Starts the real programs for end-to-end tests and comparisons, and leaves nothing behind.

mod agent;
mod collector;
mod namespace;
mod program;
pub mod promql;
mod tls;
mod wait;
mod witness;

pub use agent::{AgentOptions, AgentProgram};
pub use collector::{CollectorOptions, CollectorProgram, Token};
pub use namespace::Namespace;
pub use program::{Output, Program, binaries, run};
pub use tls::{Certificates, certificates};
pub use wait::{eventually, fetch, metric};
pub use witness::{Account, Witness};
