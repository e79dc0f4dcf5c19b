//! `headroom up`: a collector and an agent for this host in one process, without configuration.
//!
//! The only place where collector and agent meet. The token between them is made at start and kept
//! in memory, so no other process of the machine can write as this host.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use headroom_agent::configuration::{AgentConfiguration, detect_bbb};
use headroom_agent::samplers::SamplerOptions;
use headroom_agent::spool::SpoolOptions;
use headroom_agent::uplink::{CollectorAddress, Token};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use crate::identity::{Agent, Agents, TokenHash, new_token};
use crate::run::{Collector, Options, RunError, own_instance};

/// What the command line says.
#[derive(Debug, Clone)]
pub struct UpOptions {
    /// Where pages are served.
    pub http: SocketAddr,
    /// Where agents are served.
    pub grpc: SocketAddr,
    /// The data directory.
    pub directory: PathBuf,
    /// Time between two rounds of samplers.
    pub interval: Duration,
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
}

/// Runs until `stop`; `announce` is told the addresses of HTTP and gRPC once they are bound.
pub async fn run(
    options: UpOptions,
    announce: impl FnOnce(SocketAddr, SocketAddr),
    stop: CancellationToken,
) -> Result<(), UpError> {
    let beyond =
        [options.http, options.grpc].into_iter().find(|address| !address.ip().is_loopback());
    if let Some(address) = beyond {
        return Err(UpError::BeyondLoopback(address));
    }
    let token = new_token().map_err(UpError::Token)?;
    let own =
        Agent { instance: own_instance().into(), token: TokenHash::of(&token), interval: None };
    let agents = [own].into_iter().collect::<Agents>();
    let directory = options.directory.join("store");
    let local = Options::local((options.http, options.grpc), agents, directory);
    let collector = Collector::bind(local).await?;
    let (http, grpc) = collector.addresses()?;
    announce(http, grpc);
    let agent = agent_configuration(&options, grpc, &token);
    let (stop_agent, agent_stop) = watch::channel(false);
    let sampling = async {
        let outcome = headroom_agent::run::run(agent, agent_stop).await;
        // The agent has sent what it had; now the collector may go.
        stop.cancel();
        outcome
    };
    let collector_stop = CancellationToken::new();
    let serving = async {
        let outcome = collector.run(collector_stop.clone()).await;
        stop.cancel();
        outcome
    };
    let stopping = async {
        stop.cancelled().await;
        stop_agent.send_replace(true);
    };
    let sampling = async {
        let outcome = sampling.await;
        collector_stop.cancel();
        outcome
    };
    let (sampled, served, ()) = tokio::join!(sampling, serving, stopping);
    served?;
    Ok(sampled?)
}

fn agent_configuration(options: &UpOptions, grpc: SocketAddr, token: &str) -> AgentConfiguration {
    let token = Token::new(token).expect("hexadecimal digits are a token");
    AgentConfiguration {
        rooms: detect_bbb(token.bytes()),
        collector: CollectorAddress { url: format!("http://{grpc}"), token, ca_file: None },
        interval: options.interval,
        samplers: SamplerOptions::default(),
        spool: SpoolOptions {
            directory: options.directory.join("spool"),
            max_bytes: 64 << 20,
            max_age: Duration::from_hours(7 * 24),
        },
    }
}
