//! The program `headroom`.

use std::io::{IsTerminal, Write};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context as _;
use clap::{Parser, Subcommand};
use headroom::configuration::{CollectorConfiguration, is_instance};
use headroom::identity::{TokenHash, new_token};
use headroom::run::{Collector, Options};
use headroom::up::{self, UpOptions};
use headroom_proto::configuration::EXIT_CODE;
use headroom_proto::limits::{LONGEST_INTERVAL, SHORTEST_INTERVAL};
use headroom_proto::units::{Span, UnitError};
use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;

/// Monitoring, latency and capacity planning for BigBlueButton hosts.
#[derive(Parser)]
#[command(version)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Run a collector and an agent for this host, without configuration.
    Up {
        /// Where pages are served; port 0 takes any free one.
        #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:8440", value_parser = address)]
        http: SocketAddr,
        /// Where agents are served.
        #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:8441", value_parser = address)]
        grpc: SocketAddr,
        /// The data directory.
        #[arg(long, value_name = "DIR", default_value = "headroom-data")]
        data: PathBuf,
        /// Time between two rounds of samples.
        #[arg(long, value_name = "TIME", default_value = "5s", value_parser = interval)]
        interval: Span,
    },
    /// Run the collector by its configuration.
    Serve {
        /// The configuration file.
        #[arg(long, value_name = "FILE", default_value = "/etc/headroom/collector.toml")]
        config: PathBuf,
    },
    /// Report every mistake in a configuration file; exit 78 if there is one.
    Check {
        /// The configuration file.
        #[arg(value_name = "FILE")]
        file: PathBuf,
    },
    /// Make a token for an agent: the token on standard output, what the collector needs to know of
    /// it on standard error.
    Token {
        /// The agent's name.
        #[arg(value_name = "INSTANCE")]
        instance: String,
    },
}

fn address(text: &str) -> Result<SocketAddr, &'static str> {
    text.parse().map_err(|_| "must be an address and a port, such as 127.0.0.1:8440")
}

fn interval(text: &str) -> Result<Span, String> {
    let span: Span = text.parse().map_err(|error: UnitError| error.to_string())?;
    if !(SHORTEST_INTERVAL..=LONGEST_INTERVAL).contains(&span.0) {
        let (shortest, longest) = (Span(SHORTEST_INTERVAL), Span(LONGEST_INTERVAL));
        return Err(format!("must be between {shortest} and {longest}"));
    }
    Ok(span)
}

fn main() -> ExitCode {
    tracing_subscriber::fmt()
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal())
        .with_target(false)
        .init();
    let outcome = match Arguments::parse().command {
        Command::Up { http, grpc, data, interval } => {
            let options = UpOptions { http, grpc, directory: data, interval: interval.0 };
            block_on(async {
                let stop = stop_on_signal()?;
                Ok(Box::pin(up::run(options, announce, stop)).await?)
            })
        }
        Command::Serve { config } => match CollectorConfiguration::load(&config) {
            Ok(configuration) => block_on(serve(configuration)),
            Err(mistakes) => {
                eprintln!("{mistakes}");
                return ExitCode::from(EXIT_CODE);
            }
        },
        Command::Check { file } => return check(&file),
        Command::Token { instance } => token(&instance),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("headroom: {error:#}");
            ExitCode::FAILURE
        }
    }
}

async fn serve(configuration: CollectorConfiguration) -> anyhow::Result<()> {
    let stop = stop_on_signal()?;
    let collector = Collector::bind(Options {
        http: configuration.http.listen,
        grpc: configuration.grpc.listen,
        tls: configuration.grpc.tls,
        agents: configuration.agents.into_iter().collect(),
        directory: configuration.directory,
        retention: configuration.retention,
        zone: configuration.time_zone,
    })
    .await?;
    let (http, grpc) = collector.addresses().context("failed to read the bound addresses")?;
    announce(http, grpc);
    Ok(collector.run(stop).await?)
}

/// Scripts wait for these lines.
fn announce(http: SocketAddr, grpc: SocketAddr) {
    let mut out = std::io::stdout().lock();
    let _ = writeln!(out, "http listening on {http}\ngrpc listening on {grpc}");
    let _ = out.flush();
    if std::io::stdout().is_terminal() {
        eprintln!("open http://{http}/ in a browser; Ctrl-C ends");
    }
}

fn check(file: &Path) -> ExitCode {
    match CollectorConfiguration::load(file) {
        Ok(_) => {
            println!("{}: no mistakes", file.display());
            ExitCode::SUCCESS
        }
        Err(mistakes) => {
            eprintln!("{mistakes}");
            ExitCode::from(EXIT_CODE)
        }
    }
}

fn token(instance: &str) -> anyhow::Result<()> {
    anyhow::ensure!(
        is_instance(instance),
        "instance ({instance}) must be 1 to 64 of a-z, A-Z, 0-9, dot, dash, underscore"
    );
    let token = new_token().map_err(|error| anyhow::anyhow!("failed to make a token: {error}"))?;
    println!("{token}");
    eprintln!("Add to the collector's configuration:\n");
    eprintln!(
        "[[agents]]\ninstance = \"{instance}\"\ntoken_sha256 = \"{}\"",
        TokenHash::of(&token)
    );
    Ok(())
}

fn block_on(work: impl Future<Output = anyhow::Result<()>>) -> anyhow::Result<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    runtime.context("failed to start the runtime")?.block_on(work)
}

/// Cancelled by SIGINT or SIGTERM.
fn stop_on_signal() -> anyhow::Result<CancellationToken> {
    let stop = CancellationToken::new();
    for kind in [SignalKind::interrupt(), SignalKind::terminate()] {
        let mut signals = signal(kind).context("failed to listen for signals")?;
        let stop = stop.clone();
        // Ends with the runtime; there is nothing to wait for.
        drop(tokio::spawn(async move {
            signals.recv().await;
            stop.cancel();
        }));
    }
    Ok(stop)
}
