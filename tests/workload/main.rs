//! A program that uses known amounts of CPU time, memory and network, for tests of what the agent reads
//! of it. It does what each line of its standard input says, answers with `done`, and ends with it.
//!
//! - `burn MS`: CPU time, by its own clock;
//! - `hold BYTES`: memory, written to and kept;
//! - `exchange ADDRESS BYTES`: sent to `workload answer ADDRESS`, and as many received.

use std::hint::black_box;
use std::io::{BufRead, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::time::Duration;

use anyhow::{Context, bail};
use rustix::time::{ClockId, clock_gettime};

static PIECE: [u8; 64 << 10] = [1; 64 << 10];

fn main() -> anyhow::Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if let [command, address] = &arguments[..]
        && command == "answer"
    {
        return answer(address);
    }
    let mut held: Vec<Vec<u8>> = Vec::new();
    for line in std::io::stdin().lock().lines() {
        let line = line?;
        match line.split(' ').collect::<Vec<_>>()[..] {
            ["burn", ms] => burn(Duration::from_millis(ms.parse()?)),
            ["hold", bytes] => held.push(vec![1; bytes.parse()?]),
            ["exchange", address, bytes] => exchange(address, bytes.parse()?)?,
            _ => bail!("what is {line:?}"),
        }
        say("done")?;
    }
    Ok(())
}

fn burn(time: Duration) {
    let end = cpu_time() + time;
    while cpu_time() < end {
        black_box((0..10_000_u64).fold(1, |product: u64, n| product.wrapping_mul(n | 1)));
    }
}

/// What this process has used, user and system time.
fn cpu_time() -> Duration {
    let now = clock_gettime(ClockId::ProcessCPUTime);
    Duration::new(now.tv_sec as u64, now.tv_nsec as u32)
}

fn exchange(address: &str, bytes: u64) -> anyhow::Result<()> {
    let mut stream = TcpStream::connect(address).context("connecting")?;
    send(&mut stream, bytes)?;
    stream.shutdown(Shutdown::Write)?;
    let received = std::io::copy(&mut stream, &mut std::io::sink())?;
    anyhow::ensure!(received == bytes, "{received} of {bytes} bytes came back");
    Ok(())
}

/// Takes one connection, and sends back as much as came.
fn answer(address: &str) -> anyhow::Result<()> {
    let listener = TcpListener::bind(address)?;
    say("listening")?;
    let (mut stream, _) = listener.accept()?;
    let bytes = std::io::copy(&mut stream, &mut std::io::sink())?;
    send(&mut stream, bytes)
}

fn send(to: &mut impl Write, bytes: u64) -> anyhow::Result<()> {
    let sent = std::io::copy(&mut Pieces.take(bytes), to)?;
    anyhow::ensure!(sent == bytes, "{sent} of {bytes} bytes were sent");
    Ok(())
}

/// Endless ones.
struct Pieces;

impl Read for Pieces {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        (&PIECE[..]).read(buffer)
    }
}

fn say(word: &str) -> anyhow::Result<()> {
    let mut out = std::io::stdout();
    writeln!(out, "{word}")?;
    Ok(out.flush()?)
}
