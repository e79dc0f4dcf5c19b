//! How many sockets of TCP are in each state and what waits in them, from /proc/net/tcp and tcp6. A busy
//! host has hundreds of thousands, so they are read beside the rounds, and only where an operator asks.

use std::fs::File;
use std::io::{BufRead, BufReader, ErrorKind, Read};
use std::path::Path;
use std::time::{Duration, Instant, SystemTime};

use headroom_proto::catalogue::NODE_TCP_CONNECTION_STATES;

use super::background::Background;
use super::proc_file::{network_folder, parse_error};
use super::{SampleError, Sampler};
use crate::series::Round;

const INTERVAL: Duration = Duration::from_secs(15);

/// The most sockets that are counted.
const MOST_SOCKETS: usize = 1_000_000;

/// No line of the kernel is longer.
const MOST_LINE_BYTES: usize = 1024;

/// The kernel's states by number, from 1 on. The last one is a connection that is only just asked for,
/// which counts as the third.
const STATES: [&str; 11] = [
    "established",
    "syn_sent",
    "syn_recv",
    "fin_wait1",
    "fin_wait2",
    "time_wait",
    "close",
    "close_wait",
    "last_ack",
    "listen",
    "closing",
];
const SYN_RECV: usize = 3;
const LISTEN: usize = 10;
const NEW_SYN_RECV: usize = 12;

pub struct Tcp {
    counted: Background<Sockets>,
}

/// What was counted.
#[derive(Debug, Default, PartialEq)]
struct Sockets {
    by_state: [u64; STATES.len()],
    to_be_read: u64,
    to_be_sent: u64,
    /// Lines that were not understood, and what was wrong with the first.
    misread: usize,
    first_mistake: Option<String>,
}

impl Tcp {
    /// None if no thread can be had.
    pub fn new(root: &Path) -> Option<Self> {
        let folder = network_folder(root);
        let paths = ["tcp", "tcp6"].map(|name| folder.join(name));
        let work = move |_: &_| {
            let mut sockets = Sockets::default();
            for path in &paths {
                sockets.count(path)?;
            }
            Ok(sockets)
        };
        Some(Self { counted: Background::start("tcpstat", INTERVAL, work).ok()? })
    }
}

impl Sampler for Tcp {
    fn name(&self) -> &'static str {
        "tcpstat"
    }

    fn sample(&mut self, _: SystemTime, round: &mut Round<'_>) -> Result<(), SampleError> {
        if let Some(sockets) = self.counted.last()? {
            sockets.push(round);
        }
        Ok(())
    }

    fn settle(&mut self, deadline: Instant) {
        self.counted.settle(deadline);
    }
}

impl Sockets {
    /// Counts what is in a file. One in which nothing is understood is no file of no sockets, and what was
    /// counted in part is no count.
    fn count(&mut self, path: &Path) -> Result<(), SampleError> {
        let failed = |source| SampleError::Read { path: path.to_owned(), source };
        let mut file = match File::open(path) {
            Ok(file) => BufReader::new(file),
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
            Err(error) => return Err(failed(error)),
        };
        let mut line = Vec::new();
        let (mut understood, mut first_mistake) = (0, None);
        let mut is_heading = true;
        loop {
            line.clear();
            let mut limited = (&mut file).take(MOST_LINE_BYTES as u64);
            if limited.read_until(b'\n', &mut line).map_err(failed)? == 0 {
                break;
            }
            let text = String::from_utf8_lossy(&line);
            if std::mem::take(&mut is_heading) || text.trim().is_empty() {
                continue;
            }
            if self.add(&text).is_some() {
                understood += 1;
            } else {
                self.misread += 1;
                first_mistake.get_or_insert_with(|| parse_error(path, text.trim_end()));
            }
            if understood + self.misread > MOST_SOCKETS {
                let message = format!("{}: more than {MOST_SOCKETS} sockets", path.display());
                return Err(SampleError::Skipped(message));
            }
        }
        match first_mistake {
            Some(mistake) if understood == 0 => Err(mistake),
            Some(mistake) => {
                self.first_mistake.get_or_insert_with(|| mistake.to_string());
                Ok(())
            }
            None => Ok(()),
        }
    }

    /// A line `1: ADDRESS ADDRESS 0A 00000000:00000000 …` in hexadecimal: state, to be sent, to be read.
    fn add(&mut self, line: &str) -> Option<()> {
        let mut fields = line.split_ascii_whitespace().skip(3);
        let state = usize::from_str_radix(fields.next()?, 16).ok()?;
        let state = if state == NEW_SYN_RECV { SYN_RECV } else { state };
        let (sent, read) = fields.next()?.split_once(':')?;
        let number = |text| u32::from_str_radix(text, 16).ok().map(u64::from);
        let (sent, read) = (number(sent)?, number(read)?);
        *self.by_state.get_mut(state.checked_sub(1)?)? += 1;
        // Those that listen tell how many connections wait for them, and no bytes.
        if state != LISTEN {
            self.to_be_sent += sent;
            self.to_be_read += read;
        }
        Some(())
    }

    fn push(&self, round: &mut Round<'_>) {
        let states = STATES.into_iter().zip(self.by_state);
        let waiting = [("rx_queued_bytes", self.to_be_read), ("tx_queued_bytes", self.to_be_sent)];
        for (state, count) in states.chain(waiting) {
            round.push(NODE_TCP_CONNECTION_STATES.name, &[("state", state)], count as f64);
        }
        for mistake in self.first_mistake.iter().cycle().take(self.misread) {
            round.item(|_| Err(mistake));
        }
    }
}
