//! `headroom up`: a collector and an agent for this host in one process, without configuration.
//!
//! The only place where collector and agent meet. The token between them is made at start and kept
//! in memory, so no other process of the machine can write as this host.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use headroom_agent::configuration::{AgentConfiguration, detect_bbb};
use headroom_agent::prober::limits::ProberLimits;
use headroom_agent::samplers::{EACH_LINK, SamplerOptions};
use headroom_agent::spool::SpoolOptions;
use headroom_agent::uplink::{CollectorAddress, Token};
use headroom_proto::units::BitRate;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use crate::identity::{Agent, Agents, TokenHash, new_token};
use crate::latency::{Datacentre, Places, Vantage};
use crate::run::{Addresses, Announced, Collector, Options, RunError, own_instance};
use crate::tasks::{TaskError, Tasks};

/// How long both may take to end: the agent sends what it has, then the collector drains.
const DRAIN_TIMEOUT: Duration = Duration::from_secs(10);

/// What the command line says.
#[derive(Debug, Clone)]
pub struct UpOptions {
    /// Where it is served.
    pub addresses: Addresses,
    /// More names that pages are asked by.
    pub hosts: Vec<String>,
    /// The data directory.
    pub directory: PathBuf,
    /// Time between two rounds of samplers.
    pub interval: Duration,
    /// The speed of this host's links, if the kernel does not tell it.
    pub link_speed: Option<BitRate>,
    /// What is pinged from here.
    pub ping: Vec<Datacentre>,
}

/// Why it cannot run.
#[derive(Debug, thiserror::Error)]
pub enum UpError {
    /// A listener beyond this machine.
    #[error(
        "{0} is beyond loopback, which `up` does not serve: it has no TLS and no login; \
         use `headroom serve` with a configuration"
    )]
    BeyondLoopback(SocketAddr),
    /// The system has no randomness to give.
    #[error("failed to make a token: {0}")]
    Token(getrandom::Error),
    /// The collector's part failed.
    #[error(transparent)]
    Collector(#[from] RunError),
    /// The agent's part failed.
    #[error("the agent failed")]
    Agent(#[from] headroom_agent::run::RunError),
    /// One of the parts panicked.
    #[error(transparent)]
    Task(#[from] TaskError),
}

/// Runs until `stop`; `announce` is told where it is served once they are bound.
pub async fn run(
    options: UpOptions,
    announce: impl FnOnce(Announced),
    stop: CancellationToken,
) -> Result<(), UpError> {
    if let Some(address) = options.addresses.beyond_loopback() {
        return Err(UpError::BeyondLoopback(address));
    }
    let token = new_token().map_err(UpError::Token)?;
    let own =
        Agent { instance: own_instance().into(), token: TokenHash::of(&token), interval: None };
    let agents = [own].into_iter().collect::<Agents>();
    let mut local = Options::local(options.addresses, agents, options.directory.join("store"));
    local.hosts.clone_from(&options.hosts);
    if !options.ping.is_empty() {
        let here = Vantage::of_agent(&own_instance());
        local.places =
            Places { vantages: vec![here], datacentres: options.ping.clone(), ..Places::default() };
    }
    let writer_token = local.let_write(&options.directory)?;
    let collector = Collector::bind(local).await?;
    let addresses = collector.addresses()?;
    announce(Announced { addresses, writer_token: Some(writer_token) });
    let agent = agent_configuration(&options, addresses.grpc, &token);
    let collector_stop = CancellationToken::new();
    let mut tasks = Tasks::new(stop);
    let last = collector_stop.clone().drop_guard();
    tasks.start("agent", |stop| async {
        let outcome = sample(agent, stop).await;
        // The agent has sent what it had; now the collector may go.
        drop(last);
        outcome
    });
    tasks.start("collector", |_| async { Ok(collector.run(collector_stop).await?) });
    tasks.finish(DRAIN_TIMEOUT).await
}

/// Runs the agent until `stop`.
async fn sample(agent: AgentConfiguration, stop: CancellationToken) -> Result<(), UpError> {
    let (stop_agent, agent_stop) = watch::channel(false);
    let stopping = async {
        stop.cancelled().await;
        stop_agent.send_replace(true);
        std::future::pending::<()>().await;
    };
    tokio::select! {
        outcome = headroom_agent::run::run(agent, agent_stop) => Ok(outcome?),
        () = stopping => Ok(()),
    }
}

fn agent_configuration(options: &UpOptions, grpc: SocketAddr, token: &str) -> AgentConfiguration {
    let token = Token::new(token).expect("hexadecimal digits are a token");
    let link_speed = options.link_speed.into_iter();
    AgentConfiguration {
        rooms: detect_bbb(),
        prober: ProberLimits::default(),
        collector: CollectorAddress { url: format!("http://{grpc}"), token, ca_file: None },
        interval: options.interval,
        samplers: SamplerOptions {
            link_speeds: link_speed.map(|speed| (EACH_LINK.to_owned(), speed)).collect(),
            ..SamplerOptions::default()
        },
        spool: SpoolOptions {
            directory: options.directory.join("spool"),
            max_bytes: 64 << 20,
            max_age: Duration::from_hours(7 * 24),
            write_after: Duration::from_secs(1),
        },
    }
}
