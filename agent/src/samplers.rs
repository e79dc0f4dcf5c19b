//! The samplers: each reads one part of the host and writes node_exporter's names into a round.
//!
//! A sampler that fails leaves its values out, never zero, and shows in
//! `headroom_agent_sampler_success`; the others go on.

mod background;
mod containers;
mod cpu;
mod disks;
mod filesystems;
mod host;
mod load;
mod memory;
mod network;
mod pressure;
mod proc_file;
mod processes;
mod recordings;
mod udp;
mod units;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use headroom_proto::catalogue::HEADROOM_AGENT_SAMPLER_SUCCESS;
use headroom_proto::chain::Chain;
use headroom_proto::panics::{self, Panicked};
use headroom_proto::units::BitRate;

pub use self::containers::ContainerOptions;
pub use self::network::EACH_LINK;
pub use self::processes::CommandName;
pub use self::units::{UnitName, default_units, tell_units};
use crate::series::Round;

/// Why a sampler has no values this round.
#[derive(Debug, thiserror::Error)]
pub enum SampleError {
    /// The kernel's file could not be read.
    #[error("failed to read {}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The kernel's file does not look as documented.
    #[error("failed to understand {} at {line:?}", path.display())]
    Parse {
        /// The file.
        path: PathBuf,
        /// The line that was not understood.
        line: String,
    },
    /// A program of the host did not answer.
    #[error("failed to ask {}", program.display())]
    Ask {
        /// The program.
        program: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// What reads did not survive what it read.
    #[error(transparent)]
    Panicked(#[from] Panicked),
    /// What is read beside the rounds failed the last time.
    #[error(transparent)]
    Background(Arc<SampleError>),
}

/// What the samplers need to know beyond the host itself.
#[derive(Debug, Clone)]
pub struct SamplerOptions {
    /// Where the host's file system begins; `/` but for tests.
    pub root: PathBuf,
    /// Speeds of links that the kernel cannot tell, by device; [`EACH_LINK`] is all that lead out.
    pub link_speeds: BTreeMap<String, BitRate>,
    /// The systemd units whose states are told.
    pub units: Vec<UnitName>,
    /// Commands that are groups of processes, beside those that are known anyway.
    pub commands: Vec<CommandName>,
    /// BigBlueButton's directory, with the recordings.
    pub recordings: PathBuf,
    /// What the operator says of containers.
    pub containers: ContainerOptions,
}

impl Default for SamplerOptions {
    fn default() -> Self {
        Self {
            root: PathBuf::from("/"),
            link_speeds: BTreeMap::new(),
            units: default_units(),
            commands: Vec::new(),
            recordings: PathBuf::from("/var/bigbluebutton"),
            containers: ContainerOptions::default(),
        }
    }
}

/// Reads one part of the host.
trait Sampler: Send {
    /// Its name in `headroom_agent_sampler_success`.
    fn name(&self) -> &'static str;

    /// Writes this round's values.
    fn sample(&mut self, now: SystemTime, round: &mut Round<'_>) -> Result<(), SampleError>;

    /// Waits until what is read beside the rounds is there, at most until `deadline`.
    fn settle(&mut self, _deadline: Instant) {}
}

/// All samplers of a host.
pub struct Samplers {
    samplers: Vec<(Box<dyn Sampler>, Health)>,
}

#[derive(Clone, Copy, PartialEq)]
enum Health {
    Well,
    Failing,
}

impl Samplers {
    /// The samplers of the host below `options.root`. What the host does not have at all has none.
    pub fn new(options: &SamplerOptions) -> Self {
        let root: &Path = &options.root;
        let mut samplers: Vec<Box<dyn Sampler>> = vec![
            Box::new(cpu::Cpu::new(root)),
            Box::new(memory::Memory::new(root)),
            Box::new(filesystems::Filesystems::new(root)),
            Box::new(disks::Disks::new(root)),
            Box::new(network::Network::new(root, options.link_speeds.clone())),
            Box::new(load::Load::new(root)),
            Box::new(pressure::Pressure::new(root)),
            Box::new(host::Host::new(root)),
            Box::new(udp::Udp::new(root)),
            Box::new(processes::Processes::new(root, &options.commands)),
        ];
        let SamplerOptions { units, recordings, containers, .. } = options;
        samplers.extend(boxed(units::Units::new(root, units)));
        samplers.extend(boxed(recordings::Recordings::new(root, recordings)));
        samplers.extend(boxed(containers::Containers::new(root, containers, units)));
        let well = |sampler| (sampler, Health::Well);
        Self { samplers: samplers.into_iter().map(well).collect() }
    }

    /// Waits until what is read beside the rounds is there, for who takes one round only.
    pub fn settle(&mut self, patience: Duration) {
        let deadline = Instant::now() + patience;
        for (sampler, _) in &mut self.samplers {
            sampler.settle(deadline);
        }
    }

    /// Runs each sampler once.
    pub fn sample(&mut self, now: SystemTime, round: &mut Round<'_>) {
        for (sampler, health) in &mut self.samplers {
            round.set_job("node");
            let mark = round.len();
            let outcome = caught(sampler.name(), || sampler.sample(now, round));
            if outcome.is_err() {
                round.truncate(mark);
            }
            let seen = if outcome.is_ok() { Health::Well } else { Health::Failing };
            if let (Err(error), Health::Well) = (&outcome, *health) {
                tracing::warn!(
                    sampler = sampler.name(),
                    "{}; its values are left out until it works again",
                    Chain(error)
                );
            }
            *health = seen;
            let value = if seen == Health::Well { 1.0 } else { 0.0 };
            round.set_job("headroom");
            round.push(HEADROOM_AGENT_SAMPLER_SUCCESS.name, &[("sampler", sampler.name())], value);
        }
    }
}

/// What the kernel and other programs write may not end the agent: a reader that panics has failed.
fn caught<T>(
    name: &'static str,
    read: impl FnOnce() -> Result<T, SampleError>,
) -> Result<T, SampleError> {
    panics::catch("a sampler", || panics::hash(name), read)?
}

fn boxed(sampler: Option<impl Sampler + 'static>) -> Option<Box<dyn Sampler>> {
    sampler.map(|sampler| -> Box<dyn Sampler> { Box::new(sampler) })
}

#[cfg(test)]
mod tests;
