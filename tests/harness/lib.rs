//! Starts the real programs for end-to-end tests and comparisons, and leaves nothing behind.

mod agent;
pub mod bigbluebutton;
pub mod by_hand;
pub mod calibration;
mod collector;
mod control_group;
mod declared;
mod namespace;
pub mod page;
mod program;
pub mod promql;
mod recorder;
pub mod reflector;
pub mod remote_write;
mod small_disk;
mod stalling_disk;
mod stand_in_collector;
mod tls;
pub mod torture;
mod wait;
mod witness;
mod workload;

pub use agent::{AgentOptions, AgentProgram};
pub use collector::{CollectorOptions, CollectorProgram, Token};
pub use control_group::ControlGroup;
pub use declared::{ALL_SERIES, assert_declared, is_passed_on};
pub use namespace::Namespace;
pub use program::{Output, Program, binaries, run};
pub use recorder::Recorder;
pub use small_disk::SmallDisk;
pub use stalling_disk::StallingDisk;
pub use stand_in_collector::StandInCollector;
pub use tls::{Certificates, certificates, expired_certificates};
pub use wait::{counted, eventually, fetch, metric};
pub use witness::{Account, Witness};
pub use workload::Workload;
