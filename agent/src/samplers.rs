//! The samplers: each reads one part of the host and writes node_exporter's names into a round.
//!
//! What cannot be read is left out, never zero: an item, counted in
//! `headroom_agent_items_skipped_total`, takes none of the others along; a sampler of which nothing is
//! left has failed, and shows in `headroom_agent_sampler_success`.

mod asker;
mod background;
mod containers;
mod cpu;
mod disks;
mod ethtool;
mod filesystems;
mod hardware;
mod host;
mod interrupts;
mod load;
mod memory;
mod name;
mod netstat;
mod network;
mod period;
mod pressure;
mod proc_file;
mod process_states;
mod processes;
mod program;
mod recordings;
mod scheduler;
mod sockets;
mod softnet;
mod tables;
mod tcp;
mod textfiles;
mod timex;
mod units;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use headroom_proto::catalogue::{
    HEADROOM_AGENT_ITEMS_SKIPPED_TOTAL, HEADROOM_AGENT_SAMPLER_SUCCESS,
};
use headroom_proto::chain::Chain;
use headroom_proto::metric::{NODE_JOB, OWN_JOB};
use headroom_proto::panics::{self, Panicked};
use headroom_proto::units::BitRate;

pub(crate) use self::background::Background;
pub use self::containers::ContainerOptions;
pub use self::ethtool::tell_driver;
pub use self::name::{ExtraName, SamplerName};
pub use self::network::EACH_LINK;
pub use self::processes::CommandName;
pub use self::units::{UnitName, default_units, tell_units};
use crate::series::{Round, Skipped};

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
    /// None of a sampler's items could be read.
    #[error("{0}")]
    Skipped(String),
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
    /// Where the host's file system begins; `/` but in containers and tests.
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
    /// Where other programs leave what they have to tell; none without such a folder.
    pub textfiles: Option<PathBuf>,
    /// Samplers that are left out.
    pub off: Vec<SamplerName>,
    /// Samplers that are only there if they are asked for.
    pub also: Vec<ExtraName>,
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
            textfiles: None,
            off: Vec::new(),
            also: Vec::new(),
        }
    }
}

/// Reads one part of the host.
trait Sampler: Send {
    /// Its name in `headroom_agent_sampler_success`.
    fn name(&self) -> &'static str;

    /// Writes this round's values.
    fn sample(&mut self, now: SystemTime, round: &mut Round<'_>) -> Result<(), SampleError>;

    /// Whether the host has what this reads, as of now. Without, nothing is told, not even a failure.
    fn is_there(&mut self) -> bool {
        true
    }

    /// Waits until what is read beside the rounds is there, at most until `deadline`.
    fn settle(&mut self, _deadline: Instant) {}
}

/// All samplers of a host.
pub struct Samplers {
    samplers: Vec<Watched>,
}

/// A sampler, and how it does.
struct Watched {
    sampler: Box<dyn Sampler>,
    health: Health,
    /// Items that it could not read, in all rounds.
    skipped: u64,
    /// Whether it had such in the last round.
    skips: bool,
}

#[derive(Clone, Copy, PartialEq)]
enum Health {
    Well,
    Failing,
}

impl Samplers {
    /// The samplers of the host below `options.root`.
    pub fn new(options: &SamplerOptions) -> Self {
        let mut samplers = of_few_series(options);
        samplers.extend(of_many_series(options));
        samplers.retain(|sampler| options.has(sampler.name()));
        samplers.extend(asked_for(options));
        samplers.extend(of_each_core(options));
        Self { samplers: samplers.into_iter().map(Watched::new).collect() }
    }

    /// Waits until what is read beside the rounds is there, for who takes one round only.
    pub fn settle(&mut self, patience: Duration) {
        let deadline = Instant::now() + patience;
        for watched in &mut self.samplers {
            watched.sampler.settle(deadline);
        }
    }

    /// Runs each sampler once.
    pub fn sample(&mut self, now: SystemTime, round: &mut Round<'_>) {
        for watched in &mut self.samplers {
            watched.sample(now, round);
        }
    }
}

/// Those of which no host has many series. They come first: where room for series ends, it ends for the
/// crowds.
fn of_few_series(options: &SamplerOptions) -> Vec<Box<dyn Sampler>> {
    let SamplerOptions { root, units, recordings, .. } = options;
    let mut samplers: Vec<Box<dyn Sampler>> = vec![
        Box::new(cpu::Cpu::new(root)),
        Box::new(memory::Memory::new(root)),
        Box::new(load::Load::new(root)),
        Box::new(pressure::Pressure::new(root)),
        Box::new(host::Host::new(root)),
        Box::new(netstat::Netstat::new(root)),
        Box::new(sockets::Sockets::new(root)),
        Box::new(tables::Tables::new(root)),
        Box::new(timex::Timex),
        Box::new(processes::Processes::new(root, &options.commands)),
    ];
    // All units are these and others: nothing is told twice.
    if !options.asks_for(ExtraName::Systemd) {
        samplers.push(Box::new(units::Units::new(root, units)));
    }
    if options.has("recordings") {
        samplers.extend(recordings::Recordings::new(root, recordings).map(boxed));
    }
    samplers
}

/// Those of which a host may have a crowd: mounts, links, disks, containers, parts.
fn of_many_series(options: &SamplerOptions) -> Vec<Box<dyn Sampler>> {
    let SamplerOptions { root, units, containers, textfiles, .. } = options;
    let mut samplers: Vec<Box<dyn Sampler>> = vec![
        Box::new(filesystems::Filesystems::new(root)),
        Box::new(network::Network::new(root, options.link_speeds.clone())),
        Box::new(disks::Disks::new(root)),
        Box::new(containers::Containers::new(root, containers, units)),
    ];
    if let Some(folder) = textfiles.as_ref().filter(|_| options.has("textfiles")) {
        samplers.extend(textfiles::Textfiles::new(root, folder).map(boxed));
    }
    if options.has("hardware") {
        samplers.extend(hardware::Hardware::new(root).map(boxed));
    }
    samplers
}

/// Those that have several series for each core, and are looked at least.
fn of_each_core(options: &SamplerOptions) -> Vec<Box<dyn Sampler>> {
    let root = &options.root;
    let mut samplers: Vec<Box<dyn Sampler>> =
        vec![Box::new(softnet::Softnet::new(root)), Box::new(scheduler::Scheduler::new(root))];
    samplers.retain(|sampler| options.has(sampler.name()));
    samplers
}

/// Those that an operator asks for, since they have many series or cost much.
fn asked_for(options: &SamplerOptions) -> Vec<Box<dyn Sampler>> {
    let root = &options.root;
    let mut samplers: Vec<Box<dyn Sampler>> = Vec::new();
    for name in ExtraName::ALL.into_iter().filter(|name| options.asks_for(*name)) {
        match name {
            ExtraName::Ethtool => samplers.push(Box::new(ethtool::Ethtool::new(root))),
            ExtraName::Interrupts => samplers.push(Box::new(interrupts::Interrupts::new(root))),
            ExtraName::ProcessStates => {
                samplers.extend(process_states::ProcessStates::new(root).map(boxed));
            }
            ExtraName::Systemd => samplers.push(Box::new(units::Units::every(root))),
            ExtraName::Tcpstat => samplers.extend(tcp::Tcp::new(root).map(boxed)),
        }
    }
    samplers
}

fn boxed(sampler: impl Sampler + 'static) -> Box<dyn Sampler> {
    Box::new(sampler)
}

impl SamplerOptions {
    /// Whether the sampler of that name is wanted.
    fn has(&self, name: &str) -> bool {
        self.off.iter().all(|off| off.as_str() != name)
    }

    /// Whether a sampler that has to be asked for is.
    fn asks_for(&self, name: ExtraName) -> bool {
        self.also.contains(&name)
    }
}

impl Watched {
    fn new(sampler: Box<dyn Sampler>) -> Self {
        Self { sampler, health: Health::Well, skipped: 0, skips: false }
    }

    /// Runs the sampler once, and tells how it does.
    fn sample(&mut self, now: SystemTime, round: &mut Round<'_>) {
        let name = self.sampler.name();
        if !self.sampler.is_there() {
            return;
        }
        round.set_job(NODE_JOB);
        let mark = round.len();
        let mut outcome = caught(name, || self.sampler.sample(now, round));
        let Skipped { count, first } = round.take_skipped();
        if outcome.is_err() {
            round.truncate(mark);
        } else if let Some(first) = &first
            && round.len() == mark
        {
            outcome = Err(SampleError::Skipped(first.clone()));
        }
        let seen = if outcome.is_ok() { Health::Well } else { Health::Failing };
        if let (Err(error), Health::Well) = (&outcome, self.health) {
            tracing::warn!(
                sampler = name,
                "{}; its values are left out until it works again",
                Chain(error)
            );
        } else if let (Ok(()), Some(first), false) = (&outcome, &first, self.skips) {
            tracing::warn!(sampler = name, skipped = count, "{first}; it is left out");
        }
        self.health = seen;
        self.skipped += count;
        self.skips = count > 0;
        let success = if seen == Health::Well { 1.0 } else { 0.0 };
        let labels = [("sampler", name)];
        round.set_job(OWN_JOB);
        round.push(HEADROOM_AGENT_SAMPLER_SUCCESS.name, &labels, success);
        round.push(HEADROOM_AGENT_ITEMS_SKIPPED_TOTAL.name, &labels, self.skipped as f64);
    }
}

/// Where a path of the host is, whose file system begins at `root`.
pub(crate) fn below(root: &Path, path: &Path) -> PathBuf {
    root.join(path.strip_prefix("/").unwrap_or(path))
}

/// What the kernel and other programs write may not end the agent: a reader that panics has failed.
fn caught<T>(
    name: &'static str,
    read: impl FnOnce() -> Result<T, SampleError>,
) -> Result<T, SampleError> {
    panics::catch("a sampler", || panics::hash(name), read)?
}

#[cfg(test)]
mod tests;
