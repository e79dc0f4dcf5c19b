//! Who writes: each is started with its good series and its bad ones, and runs for its time.

use std::io::Write as _;
use std::net::TcpListener;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use anyhow::Context;
use harness::Program;

use crate::command::{output, python as installed};
use crate::peer::free_port;

/// A small writer each from the registries of Python and npm.
const PYTHON: &str = include_str!("writer.py");
const NODE: &str = include_str!("writer.js");

/// Where and how long a client runs.
pub struct Ground<'g> {
    /// A folder of its own.
    pub folder: &'g Path,
    /// Where it finds the collector.
    pub url: &'g str,
    /// The token of a writer.
    pub token: &'g str,
    /// How long it writes.
    pub time: Duration,
}

/// A client.
#[derive(Clone, Copy)]
pub struct Source {
    /// Its name.
    pub name: &'static str,
    /// A selector of its good series.
    pub good: &'static str,
    /// Runs it; the answer is how many good samples it has sent, if it counts them.
    pub run: fn(&Ground<'_>) -> anyhow::Result<Option<u64>>,
}

/// All of them.
pub const ALL: [Source; 5] = [
    Source { name: "prometheus", good: "good_metric{job=\"prometheus\"}", run: prometheus },
    Source { name: "vmagent", good: "good_metric{job=\"vmagent\"}", run: vmagent },
    Source { name: "vmalert", good: "written_by_vmalert", run: vmalert },
    Source { name: "python", good: "python_good", run: python },
    Source { name: "npm", good: "npm_good", run: npm },
];

/// A page of metrics, of which one has a label that is too long.
fn serve_metrics() -> anyhow::Result<String> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let address = listener.local_addr()?.to_string();
    let good = (0..200).map(|n| format!("good_metric{{n=\"{n}\"}} {n}\n"));
    let bad = format!("bad_metric{{long=\"{}\"}} 1\n", "x".repeat(5000));
    let page = good.chain([bad]).collect::<Vec<String>>().concat();
    let answer = format!(
        "HTTP/1.1 200 OK\r\nContent-Type: text/plain; version=0.0.4\r\nContent-Length: {}\r\n\
         Connection: close\r\n\r\n{page}",
        page.len()
    );
    // It ends with the process: a page is no state.
    std::thread::spawn(move || {
        for connection in listener.incoming().flatten() {
            let mut connection = connection;
            let mut request = [0; 4096];
            let _ = std::io::Read::read(&mut connection, &mut request);
            let _ = connection.write_all(answer.as_bytes());
        }
    });
    Ok(address)
}

fn prometheus(ground: &Ground<'_>) -> anyhow::Result<Option<u64>> {
    let (target, port) = (serve_metrics()?, free_port()?);
    let Ground { folder, url, token, time } = ground;
    let configuration = format!(
        "global: {{scrape_interval: 1s}}\nscrape_configs:\n- job_name: prometheus\n  static_configs:\n  \
         - targets: ['{target}']\nremote_write:\n- url: {url}/api/v1/write\n  authorization: \
         {{credentials: {token}}}\n  queue_config: {{max_samples_per_send: 100, batch_send_deadline: 1s}}\n"
    );
    let path = folder.join("prometheus.yml");
    std::fs::write(&path, configuration)?;
    let mut command = Command::new("prometheus");
    command
        .arg(format!("--config.file={}", path.display()))
        .arg(format!("--storage.tsdb.path={}", folder.join("data").display()))
        .arg(format!("--web.listen-address=127.0.0.1:{port}"));
    run(command, "prometheus", folder, *time);
    Ok(None)
}

fn vmagent(ground: &Ground<'_>) -> anyhow::Result<Option<u64>> {
    let target = serve_metrics()?;
    let Ground { folder, url, token, time } = ground;
    let configuration = format!(
        "global: {{scrape_interval: 1s}}\nscrape_configs:\n- job_name: vmagent\n  static_configs:\n  \
         - targets: ['{target}']\n"
    );
    let path = folder.join("vmagent.yml");
    std::fs::write(&path, configuration)?;
    let mut command = Command::new("vmagent");
    command
        .arg(format!("-promscrape.config={}", path.display()))
        .arg(format!("-remoteWrite.url={url}/api/v1/write"))
        .arg(format!("-remoteWrite.bearerToken={token}"))
        .arg(format!("-remoteWrite.tmpDataPath={}", folder.join("queue").display()))
        .arg(format!("-httpListenAddr=127.0.0.1:{}", free_port()?));
    run(command, "vmagent", folder, *time);
    Ok(None)
}

fn vmalert(ground: &Ground<'_>) -> anyhow::Result<Option<u64>> {
    let Ground { folder, url, token, time } = ground;
    let rules = "groups:\n- name: g\n  interval: 1s\n  rules:\n  - record: written_by_vmalert\n    \
                 expr: vector(1)\n";
    let path = folder.join("rules.yml");
    std::fs::write(&path, rules)?;
    let mut command = Command::new("vmalert");
    command
        .arg(format!("-rule={}", path.display()))
        .arg(format!("-datasource.url={url}"))
        .arg(format!("-remoteWrite.url={url}"))
        .arg(format!("-remoteWrite.bearerToken={token}"))
        .arg(format!("-notifier.url={url}"))
        .arg(format!("-httpListenAddr=127.0.0.1:{}", free_port()?));
    run(command, "vmalert", folder, *time);
    Ok(None)
}

fn python(ground: &Ground<'_>) -> anyhow::Result<Option<u64>> {
    let folder = ground.folder;
    std::fs::write(folder.join("writer.py"), PYTHON)?;
    let programs = installed(folder, &["prometheus-remote-writer==1.1.3"])?;
    small(Command::new(programs.join("python")).arg("writer.py"), ground)
}

fn npm(ground: &Ground<'_>) -> anyhow::Result<Option<u64>> {
    let folder = ground.folder;
    std::fs::write(folder.join("writer.js"), NODE)?;
    let npm = ["install", "--silent", "prometheus-remote-write@0.5.1"];
    output(Command::new("npm").args(npm), folder)?;
    small(Command::new("node").arg("writer.js"), ground)
}

/// Runs one of the small writers, which prints what it counted.
fn small(command: &mut Command, ground: &Ground<'_>) -> anyhow::Result<Option<u64>> {
    let url = format!("{}/api/v1/write", ground.url);
    let seconds = ground.time.as_secs().to_string();
    let printed = output(command.args([&*url, ground.token, &*seconds]), ground.folder)?;
    let counted: serde_json::Value = serde_json::from_str(printed.trim())?;
    Ok(Some(counted["good"].as_u64().context("a writer counts its good samples")?))
}

/// Runs a program for its time, and ends it as an operator would, so that it sends what it has.
fn run(command: Command, name: &str, folder: &Path, time: Duration) {
    let program = Program::start(command, name, folder);
    std::thread::sleep(time);
    program.terminate();
}
