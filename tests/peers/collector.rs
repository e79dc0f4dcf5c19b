//! Headroom's collector, as `headroom serve` runs it.

use std::fmt::Write as _;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, ensure};
use harness::{Token, binaries};
use headroom::identity::{TokenHash, new_token};

use crate::peer::{Kind, Peer, RETENTION_YEARS, free_port};

const KIND: Kind =
    Kind { name: "Headroom", ready: "/-/ready", samples: "headroom_ingest_samples_total" };

/// A running collector, and how its agents come in.
pub struct Collector {
    /// Its process and its pages.
    pub peer: Peer,
    /// Where agents connect.
    pub grpc: String,
    /// One for each agent that may push.
    pub tokens: Vec<Token>,
}

/// Starts it with its data in `folder`, for agents of those names; what is there already is served.
pub fn start(folder: &Path, instances: &[String]) -> anyhow::Result<Collector> {
    start_with(folder, instances, "")
}

/// The same with more lines of its section `store`.
pub fn start_with(folder: &Path, instances: &[String], store: &str) -> anyhow::Result<Collector> {
    let token = |instance: &String| -> anyhow::Result<Token> {
        Ok(Token { instance: instance.clone(), secret: new_token()? })
    };
    let writer = new_token()?;
    let tokens = instances.iter().map(token).collect::<anyhow::Result<Vec<Token>>>()?;
    let port = free_port()?;
    let mut text = format!(
        "[http]\nlisten = '127.0.0.1:{port}'\n[grpc]\nlisten = '127.0.0.1:0'\n\
         [store]\ndirectory = 'headroom'\nraw_retention = '{}d'\n{store}\n",
        RETENTION_YEARS * 365
    );
    let hash = TokenHash::of(&writer);
    write!(text, "[[writers]]\nname = 'peers'\ntoken_sha256 = '{hash}'\n")?;
    text.push_str("instance_prefix = ''\njobs = ['*']\n");
    for Token { instance, secret } in &tokens {
        let hash = TokenHash::of(secret);
        write!(text, "[[agents]]\ninstance = '{instance}'\ntoken_sha256 = '{hash}'\n")?;
    }
    let configuration = folder.join("collector.toml");
    std::fs::write(&configuration, text)?;
    let mut command = Command::new(binaries().join("headroom"));
    command.arg("serve").arg("--config").arg(configuration);
    let data = folder.join("headroom");
    let mut peer = Peer::start(KIND, command, port, &data)?;
    peer.token = Some(writer);
    let announced = peer.stdout();
    let grpc = announced.lines().find_map(|line| line.strip_prefix("grpc listening on "));
    let grpc = format!("http://{}", grpc.context("the collector announces gRPC")?);
    Ok(Collector { peer, grpc, tokens })
}

/// Seals and merges a data directory that no collector uses.
pub fn settle(data: &Path) -> anyhow::Result<()> {
    let output = harness::run("headroom", ["compact".as_ref(), data.as_os_str()]);
    ensure!(output.code == Some(0), "headroom compact: {:?}: {}", output.code, output.stderr);
    Ok(())
}
