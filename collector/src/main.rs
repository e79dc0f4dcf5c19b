//! The program `headroom`.

use std::io::{IsTerminal, Write};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use anyhow::Context as _;
use clap::error::ErrorKind;
use clap::{Args, CommandFactory as _, Parser, Subcommand};
use headroom::allocator;
use headroom::client::{
    self, DEFAULT_URL, Format, Moment, Question, Report, When, parse_step, parse_url,
};
use headroom::clock::now_ms;
use headroom::configuration::offers::Offers;
use headroom::configuration::{
    CollectorConfiguration, HostName, INSTANCE_RULE, is_instance, read_file,
};
use headroom::demo::{self, DemoOptions};
use headroom::identity::{Entry, TokenHash, new_token};
use headroom::ingest::CONNECTIONS_LOG;
use headroom::latency::Datacentre;
use headroom::licences;
use headroom::notify::{self, Notify};
use headroom::reference::Import;
use headroom::replays::{self, Replay};
use headroom::rules::DEFAULT_INTERVAL_MS;
use headroom::run::{Addresses, Announced, Collector, Loading, Options, SETTLE_AFTER, hangups};
use headroom::snapshot;
use headroom::telemetry::overheard;
use headroom::trials;
use headroom::up::{self, UpOptions};
use headroom_proto::chain::Chain;
use headroom_proto::configuration::EXIT_CODE;
use headroom_proto::limits::{LONGEST_INTERVAL, SHORTEST_INTERVAL};
use headroom_proto::log::{LOG_VARIABLE, USUAL_LEVEL, parse_level};
use headroom_proto::panics;
use headroom_proto::units::{BitRate, Span, UnitError};
use headroom_simulation::HISTORY_DAYS;
use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;
use tracing::level_filters::LevelFilter;
use tracing_subscriber::Layer as _;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;

/// The system's own keeps most of what a sealed head had, for it lies between what stays.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// How long work on other threads may take to end that nobody waits for any more. What it was at is
/// dropped with the process.
const LAST_MOMENT: Duration = Duration::from_millis(500);

/// Monitoring, latency and capacity planning for BigBlueButton hosts.
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
    /// Run a collector and an agent for this host, without configuration.
    Up {
        #[command(flatten)]
        listeners: Listeners,
        /// The data directory.
        #[arg(long, value_name = "DIR", default_value = "headroom-data")]
        data: PathBuf,
        /// Time between two rounds of samples.
        #[arg(long, value_name = "TIME", default_value = "5s", value_parser = interval)]
        interval: Span,
        /// The speed of this host's link, such as `1Gbit/s`, where the kernel does not tell it.
        #[arg(long, value_name = "RATE")]
        link_speed: Option<BitRate>,
        /// What to ping from here: a host, host:port for TCP, https://… for a page, stun:host. May stand often.
        #[arg(long, value_name = "HOST", value_parser = Datacentre::of_target)]
        ping: Vec<Datacentre>,
    },
    /// Show a simulated cooperative: six hosts, thirty days, then live.
    Demo {
        #[command(flatten)]
        listeners: Listeners,
        /// The data directory.
        #[arg(long, value_name = "DIR", default_value = "headroom-data/demo")]
        data: PathBuf,
        /// Days of history.
        #[arg(long, value_name = "NUMBER", default_value_t = HISTORY_DAYS)]
        #[arg(value_parser = clap::value_parser!(i64).range(1..=HISTORY_DAYS))]
        days: i64,
    },
    /// Run the collector by its configuration.
    Serve {
        /// The configuration file.
        #[arg(long, value_name = "FILE", default_value = "/etc/headroom/collector.toml")]
        config: PathBuf,
    },
    /// Report every mistake in a configuration file, or in one of rules (`.yml`); exit 78 if any.
    Check {
        /// The configuration file.
        #[arg(value_name = "FILE")]
        file: PathBuf,
    },
    /// Seal, merge and settle a data directory that no collector uses.
    Compact {
        /// The data directory.
        #[arg(value_name = "DIR")]
        directory: PathBuf,
    },
    /// Copy all that a running collector has stored into a new data directory.
    Snapshot {
        /// The directory to make.
        #[arg(value_name = "DIR")]
        directory: PathBuf,
        /// The collector.
        #[arg(long, value_name = "URL", default_value = DEFAULT_URL, value_parser = parse_url)]
        url: reqwest::Url,
    },
    /// Copy a snapshot, with a look at every checksum, into a new data directory.
    Restore {
        /// The snapshot.
        #[arg(value_name = "SNAPSHOT")]
        snapshot: PathBuf,
        /// The directory to make.
        #[arg(value_name = "DIR")]
        directory: PathBuf,
    },
    /// Make a token for an agent, a writer or a heartbeat: the token on standard output, what the collector needs
    /// to know of it on standard error.
    Token {
        /// The agent's name.
        #[arg(value_name = "INSTANCE", required_unless_present_any = ["writer", "heartbeat"])]
        instance: Option<String>,
        /// The name of a writer by remote write, such as a Prometheus, in place of an agent's.
        #[arg(long, value_name = "NAME", conflicts_with = "instance")]
        writer: Option<String>,
        /// The name of whoever is to be heard of at /heartbeat/NAME, such as a backup.
        #[arg(long, value_name = "NAME", conflicts_with_all = ["instance", "writer"])]
        heartbeat: Option<String>,
    },
    /// Try rules.
    Rules {
        #[command(subcommand)]
        command: RuleCommand,
    },
    /// Try receivers, and see what would be sent.
    #[command(subcommand)]
    Notify(Notify),
    /// Ask a collector in PromQL, about one moment or over a range.
    Query(QueryArguments),
    /// Make a report for planners.
    #[command(subcommand)]
    Report(Report),
    /// Make a file of offers.
    #[command(subcommand)]
    Offers(Offers),
    /// Take over what others measured.
    #[command(subcommand)]
    Import(Import),
    /// Print the licences of the font and of each crate that the programs are made of.
    Licences,
}

#[derive(Subcommand)]
enum RuleCommand {
    /// Run tests as promtool has them: what must fire, with which texts, and what expressions answer.
    Test {
        /// Files of tests.
        #[arg(value_name = "FILE", required = true)]
        files: Vec<PathBuf>,
    },
    /// Say when rules would have fired, by what a data directory holds.
    Replay(Box<Replay>),
}

#[derive(Args)]
struct Listeners {
    /// Where pages are served; port 0 takes any free one.
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:8440", value_parser = address)]
    http: SocketAddr,
    /// Where agents are served.
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:8441", value_parser = address)]
    grpc: SocketAddr,
    /// One more name that pages are asked by, such as a proxy's; may stand several times.
    #[arg(long = "host", value_name = "NAME")]
    hosts: Vec<HostName>,
}

impl Listeners {
    fn addresses(&self) -> Addresses {
        Addresses { http: self.http, grpc: self.grpc }
    }

    fn host_names(self) -> Vec<String> {
        self.hosts.into_iter().map(|HostName(name)| name).collect()
    }
}

#[derive(Args)]
struct QueryArguments {
    /// The expression, such as `rate(node_network_transmit_bytes_total[5m]) * 8`.
    #[arg(value_name = "EXPR")]
    expression: String,
    /// The collector.
    #[arg(long, value_name = "URL", default_value = DEFAULT_URL, value_parser = parse_url)]
    url: reqwest::Url,
    /// The moment: RFC 3339, Unix seconds, `now`, or before now such as -1h.
    #[arg(long, value_name = "TIME", default_value = "now", allow_hyphen_values = true)]
    #[arg(conflicts_with_all = ["from", "to", "step"])]
    at: Moment,
    /// The begin of a range.
    #[arg(long, value_name = "TIME", allow_hyphen_values = true)]
    from: Option<Moment>,
    /// Its end.
    #[arg(long, value_name = "TIME", default_value = "now", allow_hyphen_values = true)]
    #[arg(requires = "from")]
    to: Moment,
    /// Time between two points of the range; about 250 points if not given.
    #[arg(long, value_name = "TIME", value_parser = parse_step, requires = "from")]
    step: Option<Span>,
    /// The form of the answer.
    #[arg(long, value_enum, default_value = "table")]
    format: Format,
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
    let Arguments { log, command } = Arguments::parse();
    let told = tracing_subscriber::fmt::layer()
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal())
        .with_target(false)
        .with_filter(log);
    tracing_subscriber::registry().with(told).with(overheard::layer(CONNECTIONS_LOG)).init();
    panics::end_uncaught();
    if matches!(command, Command::Up { .. } | Command::Demo { .. } | Command::Serve { .. })
        && let Err(error) = allocator::give_back_soon()
    {
        tracing::debug!(%error, "freed memory is given back later than it could");
    }
    let outcome = match command {
        Command::Up { listeners, data, interval, link_speed, ping } => {
            let (addresses, hosts) = (listeners.addresses(), listeners.host_names());
            let (directory, interval) = (data, interval.0);
            let options = UpOptions { addresses, hosts, directory, interval, link_speed, ping };
            run_until_told(|stop| async { Ok(up::run(options, announce, stop).await?) })
        }
        Command::Demo { listeners, data, days } => {
            let (addresses, hosts) = (listeners.addresses(), listeners.host_names());
            let options = DemoOptions { addresses, hosts, directory: data, days };
            run_until_told(|stop| async { Ok(demo::run(options, announce, stop).await?) })
        }
        Command::Serve { config } => match CollectorConfiguration::load(&config) {
            Ok(configuration) => run_until_told(|stop| serve(configuration, stop)),
            Err(mistakes) => {
                eprintln!("{mistakes}");
                return ExitCode::from(EXIT_CODE);
            }
        },
        Command::Check { file } => return check(&file),
        Command::Compact { directory } => {
            snapshot::compact(&directory, now_ms()).map_err(Into::into)
        }
        Command::Snapshot { directory, url } => {
            block_on(async { Ok(snapshot::snapshot(&url, &directory).await?) })
        }
        Command::Restore { snapshot, directory } => {
            snapshot::restore(&snapshot, &directory).map_err(anyhow::Error::from)
        }
        Command::Token { instance, writer, heartbeat } => {
            token([("writer", writer), ("heartbeat", heartbeat), ("instance", instance)])
        }
        Command::Rules { command: RuleCommand::Test { files } } => return test_rules(&files),
        Command::Rules { command: RuleCommand::Replay(replay) } => {
            replays::run(&replay).map_err(Into::into).and_then(|said| print(&said))
        }
        Command::Notify(command) => block_on(async { print(&notify::run(command).await?) }),
        Command::Query(arguments) => query(arguments),
        Command::Report(kind) => report(kind),
        Command::Offers(command) => match command.run() {
            Ok(blocks) => print(&blocks),
            Err(mistakes) => {
                eprintln!("{mistakes}");
                return ExitCode::from(EXIT_CODE);
            }
        },
        Command::Import(import) => import.run().map_err(Into::into).and_then(|said| print(&said)),
        Command::Licences => print(&licences::text()),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("headroom: {}", Chain(error.as_ref()));
            ExitCode::FAILURE
        }
    }
}

async fn serve(
    configuration: CollectorConfiguration,
    stop: CancellationToken,
) -> anyhow::Result<()> {
    let entry = configuration.http.entry;
    for warning in &configuration.grpc.warnings {
        tracing::warn!("{warning}");
    }
    let collector = Collector::bind(Options {
        addresses: Addresses { http: configuration.http.listen, grpc: configuration.grpc.listen },
        http_connections: configuration.http.connections,
        grpc_connections: configuration.grpc.connections,
        hosts: configuration.http.hosts,
        tls: configuration.grpc.tls,
        agents: configuration.agents.into_iter().collect(),
        places: configuration.places,
        writers: configuration.writers,
        written_labels: configuration.written_labels,
        entry,
        directory: configuration.store.directory,
        retention: configuration.store.retention,
        store: configuration.store.options,
        shared_bytes: configuration.shared_bytes,
        zone: configuration.time_zone,
        rules: configuration.rules,
        oncall: configuration.oncall,
        hangups: hangups().context("failed to listen for signals")?,
        reread: Some(configuration.reading),
        settle_after: SETTLE_AFTER,
        loading: Loading::default(),
        plan: configuration.plan,
    })
    .await?;
    if entry == Entry::Open {
        tracing::warn!("remote write needs no token: every program of this machine may write");
    }
    announce(Announced { addresses: collector.addresses()?, writer_token: None });
    Ok(collector.run(stop).await?)
}

/// Scripts wait for these lines.
fn announce(announced: Announced) {
    let (http, mut out) = (announced.addresses.http, std::io::stdout().lock());
    let _ = out.write_all(announced.into_lines().as_bytes()).and_then(|()| out.flush());
    if std::io::stdout().is_terminal() {
        eprintln!("open http://{http}/ in a browser; Ctrl-C ends");
    }
}

/// A configuration, or a file of rules, which its name tells.
fn check(file: &Path) -> ExitCode {
    let is_rules = file.extension().is_some_and(|end| end == "yml" || end == "yaml");
    let checked = if is_rules {
        read_file(file, DEFAULT_INTERVAL_MS).map(drop).map_err(|mistakes| mistakes.to_string())
    } else {
        let checked = CollectorConfiguration::check(file);
        checked.map_err(|mistakes| mistakes.to_string()).and_then(|known| examine(&known))
    };
    match checked {
        Ok(()) => say(&format!("{}: no mistakes\n", file.display())),
        Err(mistakes) => {
            eprintln!("{mistakes}");
            ExitCode::from(EXIT_CODE)
        }
    }
}

/// Receivers that can be looked at from here are; what nobody knows is no mistake.
fn examine(configuration: &CollectorConfiguration) -> Result<(), String> {
    let examining = async { notify::examine(configuration).await.map_err(anyhow::Error::msg) };
    block_on(examining).map_err(|error| error.to_string())
}

/// Prints; a failure to is one of the program.
fn say(text: &str) -> ExitCode {
    match print(text) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("headroom: {}", Chain(error.as_ref()));
            ExitCode::FAILURE
        }
    }
}

fn test_rules(files: &[PathBuf]) -> ExitCode {
    let mut told = String::new();
    let passed = trials::run_all(files, |text| {
        told.push_str(text);
        told.push('\n');
    });
    let said = say(&told);
    if passed { said } else { ExitCode::FAILURE }
}

/// A token for the one that is named, by what it is.
fn token(named: [(&'static str, Option<String>); 3]) -> anyhow::Result<()> {
    let mut named = named.into_iter().filter_map(|(kind, name)| Some((kind, name?)));
    let (kind, name) = named.next().context("clap asks for one of them")?;
    anyhow::ensure!(is_instance(&name), "{kind} ({name}) {INSTANCE_RULE}");
    let token = new_token().map_err(|error| anyhow::anyhow!("failed to make a token: {error}"))?;
    print(&format!("{token}\n"))?;
    eprintln!("Add to the collector's configuration:\n");
    let hash = TokenHash::of(&token);
    let (table, key, more) = match kind {
        "writer" => ("writers", "name", "\ninstance_prefix = \"\"\njobs = [\"*\"]"),
        "heartbeat" => ("heartbeats", "name", "\nevery = \"1d\"\ngrace = \"2h\""),
        _ => ("agents", "instance", ""),
    };
    eprintln!("[[{table}]]\n{key} = \"{name}\"\ntoken_sha256 = \"{hash}\"{more}");
    Ok(())
}

fn query(arguments: QueryArguments) -> anyhow::Result<()> {
    let QueryArguments { expression, url, at, from, to, step, format } = arguments;
    let now_ms = now_ms();
    let when = from.map_or(When::At(at), |from| When::Between { from, to, step });
    if from.is_some_and(|from| from.unix_ms(now_ms) > to.unix_ms(now_ms)) {
        let rule = "'--from <TIME>' must not be later than '--to <TIME>'";
        Arguments::command().error(ErrorKind::ValueValidation, rule).exit();
    }
    block_on(async {
        let question = Question { url, expression, when, format };
        let text = client::ask(&question, now_ms).await?;
        if text.is_empty() {
            eprintln!("no series");
        }
        print(&text)
    })
}

fn report(report: Report) -> anyhow::Result<()> {
    block_on(async {
        let (text, output) = report.fetch().await?;
        match output {
            None => print(&text),
            Some(path) => std::fs::write(&path, text)
                .with_context(|| format!("failed to write {}", path.display())),
        }
    })
}

fn print(text: &str) -> anyhow::Result<()> {
    let mut out = std::io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        // Whoever reads has read enough.
        Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => Ok(()),
        written => written.context("failed to write the answer"),
    }
}

fn block_on(work: impl Future<Output = anyhow::Result<()>>) -> anyhow::Result<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    let runtime = runtime.context("failed to start the runtime")?;
    let outcome = runtime.block_on(work);
    runtime.shutdown_timeout(LAST_MOMENT);
    outcome
}

/// Runs what goes on until its token is cancelled, as SIGINT and SIGTERM do.
fn run_until_told<F>(work: impl FnOnce(CancellationToken) -> F) -> anyhow::Result<()>
where
    F: Future<Output = anyhow::Result<()>>,
{
    let listen = |kind| signal(kind).context("failed to listen for signals");
    block_on(async {
        let mut interrupt = listen(SignalKind::interrupt())?;
        let mut terminate = listen(SignalKind::terminate())?;
        let stop = CancellationToken::new();
        let mut running = Box::pin(work(stop.clone()));
        tokio::select! {
            outcome = &mut running => return outcome,
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
        stop.cancel();
        running.await
    })
}
