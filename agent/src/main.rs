//! The program `headroom-agent`.

use std::io::IsTerminal;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand};
use headroom_agent::configuration::AgentConfiguration;
use headroom_agent::run;
use headroom_agent::samplers::SamplerOptions;
use headroom_proto::chain::Chain;
use headroom_proto::configuration::EXIT_CODE;
use headroom_proto::log::{LOG_VARIABLE, USUAL_LEVEL, parse_level};
use headroom_proto::panics;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;
use tracing::level_filters::LevelFilter;

/// Samples this host and pushes to the collector.
#[derive(Parser)]
#[command(version)]
struct Arguments {
    /// How much is logged: off, error, warn, info, debug or trace.
    #[arg(long, global = true, value_name = "LEVEL", env = LOG_VARIABLE)]
    #[arg(default_value = USUAL_LEVEL, value_parser = parse_level)]
    log: LevelFilter,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Sample and push until told to stop.
    Run {
        /// The configuration file.
        #[arg(long, value_name = "FILE", default_value = "/etc/headroom/agent.toml")]
        config: PathBuf,
        #[command(flatten)]
        host: HostArguments,
    },
    /// Report every mistake in a configuration file; exit 78 if there is one.
    Check {
        /// The configuration file.
        #[arg(value_name = "FILE")]
        file: PathBuf,
        #[command(flatten)]
        host: HostArguments,
    },
    /// Take one round of samples and print it in Prometheus text format.
    Once {
        /// A configuration file, of which all but the collector matters; without it, the defaults.
        #[arg(long, value_name = "FILE")]
        config: Option<PathBuf>,
        #[command(flatten)]
        host: HostArguments,
    },
}

#[derive(Args)]
struct HostArguments {
    /// Where the host's file system begins, for an agent in a container that has it below another folder.
    #[arg(long, value_name = "DIR", default_value = "/")]
    root: PathBuf,
}

fn main() -> ExitCode {
    let Arguments { log, command } = Arguments::parse();
    tracing_subscriber::fmt()
        .with_max_level(log)
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal())
        .with_target(false)
        .init();
    panics::end_uncaught();
    match command {
        Command::Run { config, host } => run_agent(&config, host),
        Command::Check { file, host } => check(&file, host),
        Command::Once { config, host } => once(config.as_deref(), host),
    }
}

/// Prints; a failure to is one of the program.
fn say(text: &str) -> ExitCode {
    let mut out = std::io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Ok(()) => ExitCode::SUCCESS,
        // Whoever reads has read enough.
        Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("headroom-agent: failed to write to standard output: {error}");
            ExitCode::FAILURE
        }
    }
}

fn once(file: Option<&Path>, HostArguments { root }: HostArguments) -> ExitCode {
    let options = match file.map(|file| AgentConfiguration::load(file, &root)).transpose() {
        Ok(Some(configuration)) => configuration.samplers,
        Ok(None) => SamplerOptions { root, ..SamplerOptions::default() },
        Err(mistakes) => {
            eprintln!("{mistakes}");
            return ExitCode::from(EXIT_CODE);
        }
    };
    say(&run::once(&options))
}

fn check(file: &Path, HostArguments { root }: HostArguments) -> ExitCode {
    match AgentConfiguration::load(file, &root) {
        Ok(_) => say(&format!("{}: no mistakes\n", file.display())),
        Err(mistakes) => {
            eprintln!("{mistakes}");
            ExitCode::from(EXIT_CODE)
        }
    }
}

fn run_agent(file: &Path, HostArguments { root }: HostArguments) -> ExitCode {
    let configuration = match AgentConfiguration::load(file, &root) {
        Ok(configuration) => configuration,
        Err(mistakes) => {
            eprintln!("{mistakes}");
            return ExitCode::from(EXIT_CODE);
        }
    };
    // One thread serves the one stream; samplers have their own.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let outcome = runtime.map_err(Into::into).and_then(|runtime| {
        let outcome = runtime.block_on(async {
            let (stop_sender, stop) = watch::channel(false);
            let mut interrupt = signal(SignalKind::interrupt())?;
            let mut terminate = signal(SignalKind::terminate())?;
            let running = run::run(configuration, stop);
            tokio::pin!(running);
            tokio::select! {
                outcome = &mut running => return outcome.map_err(Into::into),
                _ = interrupt.recv() => {}
                _ = terminate.recv() => {}
            }
            stop_sender.send_replace(true);
            running.await.map_err(Into::into)
        });
        // A disk that hangs, or a name server, keeps nobody from ending.
        runtime.shutdown_background();
        outcome
    });
    let outcome: Result<(), Box<dyn std::error::Error>> = outcome;
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("headroom-agent: {}", Chain(&*error));
            ExitCode::FAILURE
        }
    }
}
