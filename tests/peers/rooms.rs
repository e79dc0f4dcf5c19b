//! What a poll of BigBlueButton costs the agent: 20 rooms with 400 people over TLS each second, less
//! the same agent without any, a minute each, in turns.

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, ensure};
use harness::bigbluebutton::{Flavour, large_answer};
use harness::{
    AgentOptions, AgentProgram, Certificates, CollectorOptions, CollectorProgram, certificates,
};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};

use crate::{process, table};

const TURNS: usize = 3;
const WARM_UP: Duration = Duration::from_secs(5);
const MEASURED: Duration = Duration::from_secs(60);

const ROOMS: usize = 20;
const ATTENDEES: usize = 400;

/// What one agent used while it was measured.
struct Cost {
    cpu_ms: f64,
    polls: f64,
    resident_mib: f64,
}

pub fn compare() -> anyhow::Result<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let answer = large_answer(Flavour::Bbb30, ROOMS, ATTENDEES);
    println!("an answer of {ROOMS} rooms and {ATTENDEES} people has {} bytes", answer.len());
    let answer: Arc<[u8]> = answer.into_bytes().into();
    let (mut per_poll, mut resident) = (Vec::new(), Vec::new());
    for turn in 1..=TURNS {
        println!("turn {turn} of {TURNS}: a minute without polls, a minute with");
        let without = runtime.block_on(measure(None))?;
        let with = runtime.block_on(measure(Some(Arc::clone(&answer))))?;
        ensure!(with.polls > 50.0, "only {} polls", with.polls);
        per_poll.push((with.cpu_ms - without.cpu_ms) / with.polls);
        resident.push(with.resident_mib);
    }
    let row = |what: &str, found: &[f64], aim: &str| {
        let middle = table::median(found.iter().copied());
        vec![what.to_owned(), format!("{middle:.2}"), aim.to_owned()]
    };
    let rows =
        [row("CPU a poll, ms", &per_poll, "2"), row("resident with polls, MiB", &resident, "12")];
    println!();
    table::print(&["the agent, TLS both ways, median", "found", "at most"], &rows);
    Ok(())
}

async fn measure(answer: Option<Arc<[u8]>>) -> anyhow::Result<Cost> {
    let instances = vec!["bbb1".into()];
    let options = CollectorOptions { instances, tls: true, ..CollectorOptions::default() };
    let mut collector = CollectorProgram::start(options).await;
    let certificates = certificates();
    let mut options = AgentOptions::each("10s");
    let mut serving = JoinSet::new();
    if let Some(answer) = answer {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let port = listener.local_addr()?.port();
        serving.spawn(serve(listener, acceptor(&certificates)?, answer));
        options.sections = format!(
            "[bbb]\nurl = 'https://localhost:{port}/bigbluebutton/api'\nsecret_file = 'secret'\n\
             ca_file = 'bbb.crt'\ninterval = '1s'\n"
        );
        options.files = vec![("secret", "x".into()), ("bbb.crt", certificates.authority)];
    }
    let mut agent = AgentProgram::start(&collector, "bbb1", &options);
    tokio::time::sleep(WARM_UP).await;
    let before = process::running_threads_ns(agent.id())?;
    tokio::time::sleep(MEASURED).await;
    let cpu_ms = (process::running_threads_ns(agent.id())? - before) as f64 / 1e6;
    let resident_mib = process::memory(agent.id())?.resident_mib;
    ensure!(agent.log().contains("connected"), "the agent was not connected: {}", agent.log());
    let asked = !serving.is_empty();
    ensure!(!asked || agent.log().contains("BigBlueButton answers"), "{}", agent.log());
    agent.terminate();
    collector.terminate();
    let polls = if asked { MEASURED.as_secs_f64() } else { 0.0 };
    Ok(Cost { cpu_ms, polls, resident_mib })
}

/// Gives each request the same answer.
async fn serve(listener: TcpListener, acceptor: TlsAcceptor, answer: Arc<[u8]>) {
    let mut connections = JoinSet::new();
    while let Ok((stream, _)) = listener.accept().await {
        let (acceptor, answer) = (acceptor.clone(), Arc::clone(&answer));
        connections.spawn(async move {
            let mut stream = acceptor.accept(stream).await?;
            let mut request = vec![0; 4096];
            while stream.read(&mut request).await? > 0 {
                let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n", answer.len());
                stream.write_all(head.as_bytes()).await?;
                stream.write_all(&answer).await?;
                stream.flush().await?;
            }
            std::io::Result::Ok(())
        });
    }
}

fn acceptor(certificates: &Certificates) -> anyhow::Result<TlsAcceptor> {
    let chain = CertificateDer::pem_slice_iter(certificates.certificate.as_bytes());
    let chain: Vec<_> = chain.collect::<Result<_, _>>()?;
    let key = PrivateKeyDer::from_pem_slice(certificates.key.as_bytes())?;
    let provider = tokio_rustls::rustls::crypto::ring::default_provider();
    let config = ServerConfig::builder_with_provider(Arc::new(provider))
        .with_safe_default_protocol_versions()?
        .with_no_client_auth();
    let config = config.with_single_cert(chain, key).context("the test's own certificate")?;
    Ok(TlsAcceptor::from(Arc::new(config)))
}
