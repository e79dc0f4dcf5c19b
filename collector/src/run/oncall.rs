//! Those on call: after each moment of the rules it is decided who is told what, that is made
//! durable, and then it is sent.
//!
//! One task decides; each receiver is sent to by one task at a time, and none waits for another.

mod kept;
mod look;
mod pictures;
mod quiet;
mod wishes;

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use headroom_proto::chain::Chain;
use jiff::tz::TimeZone;
use tokio::sync::{mpsc, watch};
use tokio::task::{JoinError, JoinSet};
use tokio_util::sync::CancellationToken;

use self::look::Look;
use self::pictures::Pictures;
use super::Options;
use crate::clock::now_ms;
use crate::complaint::Complaint;
use crate::configuration::OnCall;
use crate::delivery::Courier;
use crate::identity::{TokenFileError, kept_secret};
use crate::oncall::{
    Begun, Board, Change, Desk, Key, Links, Message, Outbox, Outcome, Parcel, Policy, Reason,
    Receiver, Shown,
};
use crate::rooms::KeptRooms;
use crate::rules;
use crate::samples::{Budget, Limits, Pool, Samples, Stop};
use crate::store::{LedgerRow, Records, Store};
use crate::telemetry::CollectorCounts;
use crate::web::{self, ANSWERS, Ask, ToldReceiver};
use crate::writer::{Ledger, Writer};

/// The file with the key of links, in the data directory.
const KEY_FILE: &str = "links.key";

/// What deciding may read.
const LIMITS: Limits = Limits { samples: 5_000_000, series: 100_000, bytes: 64 << 20 };

/// The memory of it.
const MEMORY: u64 = 64 << 20;

/// What is decided at the latest, although no moment of the rules has become whole; sooner where there
/// are no rules, of which half a moment could be seen.
const IDLE: Duration = Duration::from_secs(20);
const IDLE_WITHOUT_RULES: Duration = Duration::from_secs(5);

/// How long nothing is begun after the store refused a row.
const REFUSED_MS: i64 = 5_000;

/// So many pictures are on their way at most; beyond it messages go without.
const PICTURES: usize = 8;

/// Old notices are looked for at this distance, in milliseconds.
const TIDIED_MS: i64 = 3_600_000;

/// What those on call are made of.
pub struct Given {
    /// What is configured.
    pub configured: OnCall,
    /// Where people reach the collector.
    pub external_url: String,
    /// The data directory.
    pub directory: PathBuf,
    /// What was kept.
    pub records: Records,
    /// What agents said.
    pub samples: Arc<dyn Samples>,
    /// Where it is kept.
    pub ledger: Ledger,
    /// Agents that are expected to speak.
    pub agents: BTreeSet<String>,
    /// The zone of times in pictures.
    pub zone: TimeZone,
    /// What is counted.
    pub counts: Arc<CollectorCounts>,
}

/// What is to be run.
pub struct Calls {
    given: Given,
    /// What rules found.
    rules: Arc<rules::Board>,
    /// When all of them had their turn.
    whole: watch::Receiver<i64>,
    asks: mpsc::Receiver<Ask>,
    board: Arc<Board>,
    policy: Arc<Policy>,
    key: Key,
    courier: Courier,
    pictures: Pictures,
    /// What was found of the rooms of past weeks.
    rooms: Arc<KeptRooms>,
}

/// Those on call before they run.
pub struct Prepared {
    /// What is to be run.
    pub calls: Calls,
    /// The way to it.
    pub pages: web::OnCall,
}

impl Given {
    /// What a run has of it.
    pub fn of(
        options: &Options,
        store: &Arc<Store>,
        writer: &Writer,
        counts: &Arc<CollectorCounts>,
    ) -> Self {
        Self {
            configured: options.oncall.clone(),
            external_url: options.rules.external_url.clone(),
            directory: options.directory.clone(),
            records: Records::of(store),
            samples: Arc::clone(store) as Arc<dyn Samples>,
            ledger: Ledger::new(writer.clone()),
            agents: options.agents.all().map(|agent| agent.instance.to_string()).collect(),
            zone: options.zone.clone(),
            counts: Arc::clone(counts),
        }
    }

    /// The work that is to be run beside these rules, and the way to it.
    pub fn prepare(self, ruling: &super::rules::Prepared) -> Result<Prepared, TokenFileError> {
        let key = Key::of(kept_secret(&self.directory.join(KEY_FILE))?);
        let board = Arc::new(Board::default());
        let policy = Arc::new(self.configured.policy.clone());
        let (asks, asked) = mpsc::channel(ANSWERS);
        let pages = web::OnCall {
            board: Arc::clone(&board),
            policy: Arc::clone(&policy),
            external_url: self.external_url.as_str().into(),
            key: key.clone(),
            receivers: self.configured.receivers.iter().map(told).collect(),
            beats: Arc::new(self.configured.beats.clone()),
            guesses: Arc::default(),
            asks,
        };
        let (samples, records) = (Arc::clone(&self.samples), self.records.clone());
        let pictures = Pictures::new(samples, records, self.zone.clone());
        let calls = Calls {
            given: self,
            rules: Arc::clone(&ruling.rules.board),
            whole: ruling.whole.clone(),
            asks: asked,
            board,
            policy,
            key,
            courier: Courier::default(),
            pictures,
            rooms: Arc::default(),
        };
        Ok(Prepared { calls, pages })
    }
}

/// A receiver as it is told to anybody.
fn told(receiver: &Receiver) -> ToldReceiver {
    ToldReceiver { name: receiver.name.clone(), kind: receiver.format.kind() }
}

/// An attempt that is over.
struct Delivered {
    receiver: Receiver,
    message: Message,
    number: u128,
    outcome: Outcome,
}

/// Whether a message tells of something for the first time: what goes on has been shown.
fn is_news(message: &Message) -> bool {
    match message.reason {
        Reason::First | Reason::More | Reason::Escalation | Reason::Again => true,
        Reason::Less
        | Reason::Over
        | Reason::Still
        | Reason::Test
        | Reason::Duty
        | Reason::Digest => false,
    }
}

struct Running {
    calls: Calls,
    desk: Desk,
    outbox: Outbox,
    /// Rows of what has happened already, which the store has refused.
    owed: Vec<LedgerRow>,
    /// Receivers that are being sent to.
    busy: BTreeSet<String>,
    sending: JoinSet<Delivered>,
    /// Pictures on their way behind messages that have arrived.
    showing: JoinSet<()>,
    pool: Pool,
    closing: Stop,
    complaint: Complaint,
    began_ms: i64,
    tidied_ms: i64,
    /// Nothing is begun before.
    paused_ms: i64,
}

/// Decides and sends until `stop`.
pub async fn run(calls: Calls, stop: CancellationToken) {
    let now = now_ms();
    let mut running = Running {
        calls,
        desk: Desk::default(),
        outbox: Outbox::restore([], now),
        owed: Vec::new(),
        busy: BTreeSet::new(),
        sending: JoinSet::new(),
        showing: JoinSet::new(),
        pool: Pool::new(MEMORY),
        closing: Stop::default(),
        complaint: Complaint::default(),
        began_ms: now,
        tidied_ms: 0,
        paused_ms: 0,
    };
    running.restore().await;
    loop {
        running.send().await;
        let idle = running.idle();
        let wait = running.wait(idle);
        tokio::select! {
            () = stop.cancelled() => break,
            Ok(()) = running.calls.whole.changed() => drop(running.decide().await),
            () = tokio::time::sleep(wait) => {
                if wait == idle {
                    drop(running.decide().await);
                }
            }
            Some(ask) = running.calls.asks.recv() => running.answer(ask).await,
            Some(done) = running.sending.join_next() => running.note(done).await,
            Some(shown) = running.showing.join_next() => if let Err(error) = shown {
                tracing::error!("a picture broke off: {}", Chain(&error));
            },
        }
    }
    running.closing.set();
    running.calls.pictures.closing.set();
    // What was begun and not noted is sent again at the next start.
    running.sending.shutdown().await;
    running.showing.shutdown().await;
}

impl Running {
    fn budget(&self) -> Budget {
        Budget::new(LIMITS, self.pool.clone(), self.closing.of_one())
    }

    async fn restore(&mut self) {
        let (records, budget) = (self.calls.given.records.clone(), self.budget());
        let now = self.began_ms;
        let reading = tokio::task::spawn_blocking(move || kept::read(&records, &budget, now));
        match reading.await {
            Ok(Ok((desk, outbox))) => (self.desk, self.outbox) = (desk, outbox),
            Ok(Err(error)) => {
                tracing::error!("what was told before is not known: {}", Chain(&error));
            }
            Err(error) => tracing::error!("what was told before is not known: {}", Chain(&error)),
        }
        let receivers = self.calls.given.configured.receivers.iter();
        let budgets = receivers.filter_map(|one| Some((one.name.clone(), one.budget?))).collect();
        self.outbox = std::mem::take(&mut self.outbox).budgeted(budgets);
        self.show(now);
    }

    /// When it is decided at the latest.
    fn idle(&self) -> Duration {
        if self.calls.rules.groups().is_empty() { IDLE_WITHOUT_RULES } else { IDLE }
    }

    /// Until something may be sent, or has to be decided.
    fn wait(&self, idle: Duration) -> Duration {
        let now = now_ms();
        let free = self.calls.given.configured.receivers.iter();
        let free = free.filter(|receiver| !self.busy.contains(&receiver.name));
        let next = free.filter_map(|receiver| self.outbox.next_ms(&receiver.name)).min();
        next.map_or(idle, |next_ms| {
            let wait_ms = next_ms.max(self.paused_ms).saturating_sub(now).max(10);
            Duration::from_millis(wait_ms as u64).min(idle)
        })
    }

    /// Goes on to now. What fails has been told, and the next moment decides the same again.
    async fn decide(&mut self) -> Result<(), String> {
        let at_ms = now_ms();
        // The clock may have been set back.
        self.outbox.rewind(at_ms);
        self.began_ms = self.began_ms.min(at_ms);
        self.paused_ms = self.paused_ms.min(at_ms + REFUSED_MS);
        self.tidy(at_ms).await;
        let given = &self.calls.given;
        let (reports, agents) = (self.calls.rules.groups(), given.agents.clone());
        let (samples, budget) = (Arc::clone(&given.samples), self.budget());
        let (policy, mut desk) = (Arc::clone(&self.calls.policy), self.desk.clone());
        let (began_ms, zone) = (self.began_ms, given.zone.clone());
        let kept = Arc::clone(&self.calls.rooms);
        let deciding = tokio::task::spawn_blocking(move || {
            let look = Look {
                reports: &reports,
                samples: &*samples,
                budget: &budget,
                kept: &kept,
                zone,
                agents: &agents,
                began_ms,
                at_ms,
            };
            let picture = look.picture(&desk)?;
            let changes = desk.advance(&picture, &policy);
            Ok::<_, crate::samples::ReadError>((desk, changes))
        });
        let reason = match deciding.await {
            Ok(Ok((desk, changes))) => return self.commit(desk, &changes, at_ms).await,
            Ok(Err(error)) => Chain(&error).to_string(),
            Err(error) => Chain(&error).to_string(),
        };
        self.complain(reason.clone());
        Err(reason)
    }

    /// Makes changes durable; only then they are so, and what they send may leave.
    async fn commit(&mut self, desk: Desk, changes: &[Change], at_ms: i64) -> Result<(), String> {
        if changes.is_empty() && self.owed.is_empty() {
            self.desk = desk;
            self.show(at_ms);
            return Ok(());
        }
        let mut outbox = self.outbox.clone();
        let mut rows = self.owed.clone();
        rows.extend(kept::rows(changes, &mut outbox, at_ms));
        match self.calls.given.ledger.write(rows).await {
            Ok(()) => {
                self.owed.clear();
                (self.desk, self.outbox) = (desk, outbox);
                if let Some(again) = self.complaint.works() {
                    tracing::info!(again, "those on call can be told again");
                }
                self.show(at_ms);
                Ok(())
            }
            Err(error) => {
                let reason = Chain(&error).to_string();
                self.complain(reason.clone());
                self.paused_ms = at_ms + REFUSED_MS;
                Err(reason)
            }
        }
    }

    fn complain(&mut self, reason: String) {
        if let Some(told) = self.complaint.failed(reason) {
            tracing::error!("nobody on call can be told: {told}");
        }
    }

    fn show(&self, at_ms: i64) {
        let muted = self.desk.muted(&self.calls.policy, at_ms);
        let due_ms = self.outbox.first_due_ms();
        let (desk, waiting) = (self.desk.clone(), self.outbox.entries().len());
        let waits = self.desk.waits().clone();
        self.calls.board.set(Shown { desk, muted, waits, waiting, due_ms, at_ms: Some(at_ms) });
    }

    /// Begins what is due, one message for each receiver that is free.
    async fn send(&mut self) {
        let now = now_ms();
        if now < self.paused_ms {
            return;
        }
        for receiver in self.calls.given.configured.receivers.clone() {
            if self.busy.contains(&receiver.name) {
                continue;
            }
            let Some(number) = self.outbox.due(&receiver.name, now) else { continue };
            let mut outbox = self.outbox.clone();
            let Begun { number, step } = outbox.begin(number, now);
            let rows = kept::rows_of(&step, &mut outbox, now);
            if let Err(error) = self.calls.given.ledger.write(rows).await {
                self.complain(Chain(&error).to_string());
                self.paused_ms = now + REFUSED_MS;
                return;
            }
            self.outbox = outbox;
            if let Some(entry) = self.outbox.entries().get(&number) {
                let message = entry.message.clone();
                self.busy.insert(receiver.name.clone());
                self.begin(receiver, number, message);
            }
        }
    }

    fn begin(&mut self, receiver: Receiver, number: u128, message: Message) {
        let given = &self.calls.given;
        let links = Links {
            external_url: &given.external_url,
            public_url: given.configured.public_url.as_deref(),
            key: &self.calls.key,
        };
        let mut parcel = receiver.format.write(&message, links);
        let (courier, pictures) = (self.calls.courier.clone(), self.calls.pictures.clone());
        let url = given.external_url.clone();
        self.sending.spawn(async move {
            match &mut parcel {
                Parcel::Post(_) => {}
                Parcel::Mail(mail) => mail.picture = pictures.of(&message, &url).await,
            }
            let outcome = courier.deliver(&receiver, parcel).await;
            Delivered { receiver, message, number, outcome }
        });
    }

    /// Sends the picture behind a message that has arrived. Nothing waits for it.
    fn illustrate(&mut self, receiver: Receiver, message: Message) {
        let is_shown = receiver.format.is_followed_by_a_picture() && is_news(&message);
        if !is_shown || self.showing.len() >= PICTURES {
            return;
        }
        let (courier, pictures) = (self.calls.courier.clone(), self.calls.pictures.clone());
        let url = self.calls.given.external_url.clone();
        self.showing.spawn(async move {
            if let Some(png) = pictures.of(&message, &url).await {
                courier.illustrate(&receiver, &message, png).await;
            }
        });
    }

    /// An attempt is over.
    async fn note(&mut self, done: Result<Delivered, JoinError>) {
        let Delivered { receiver, message, number, outcome } = match done {
            Ok(done) => done,
            Err(error) => {
                tracing::error!("a delivery broke off: {}", Chain(&error));
                // Nobody knows whose it was: what is still there is tried again.
                self.busy.clear();
                return;
            }
        };
        let now = now_ms();
        self.busy.remove(&receiver.name);
        let counts = &self.calls.given.counts.deliveries;
        match outcome {
            Outcome::Taken => counts.taken(&receiver.name),
            Outcome::Later(..) | Outcome::Never(_) => counts.failed(&receiver.name),
        }
        let is_taken = outcome == Outcome::Taken;
        let step = self.outbox.finish(number, outcome, now);
        let mut rows = std::mem::take(&mut self.owed);
        rows.extend(kept::rows_of(&step, &mut self.outbox, now));
        if let Err(error) = self.calls.given.ledger.write(rows.clone()).await {
            self.complain(Chain(&error).to_string());
            self.owed = rows;
        }
        if is_taken {
            self.illustrate(receiver, message);
        }
    }

    /// Lets old notices go, now and then.
    async fn tidy(&mut self, now: i64) {
        if now - self.tidied_ms < TIDIED_MS {
            return;
        }
        self.tidied_ms = now;
        let (records, budget) = (self.calls.given.records.clone(), self.budget());
        let reading =
            tokio::task::spawn_blocking(move || kept::old_notices(&records, &budget, now)).await;
        if let Ok(Ok(old)) = reading
            && let Err(error) = self.calls.given.ledger.write(old).await
        {
            self.complain(Chain(&error).to_string());
        }
    }
}

#[cfg(test)]
mod tests;
