//! Those on call: after each moment of the rules it is decided who is told what, that is made
//! durable, and then it is sent.
//!
//! One task decides; each receiver is sent to by one task at a time, and none waits for another.

mod kept;
mod look;

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use headroom_proto::chain::Chain;
use tokio::sync::{mpsc, watch};
use tokio::task::{JoinError, JoinSet};
use tokio_util::sync::CancellationToken;

use self::look::Look;
use super::Options;
use crate::clock::now_ms;
use crate::complaint::Complaint;
use crate::configuration::OnCall;
use crate::delivery::Courier;
use crate::identity::{TokenFileError, kept_secret};
use crate::oncall::{
    Action, Answer, AnswerError, Board, Change, Desk, Key, Links, Message, Now, Outbox, Outcome,
    Policy, Receiver, Reply, Shown, Silence, SilencedBy, Ticket,
};
use crate::rules;
use crate::samples::{Budget, Limits, Pool, Samples, Stop};
use crate::store::{LedgerRow, Records, Store};
use crate::telemetry::CollectorCounts;
use crate::web::{self, ANSWERS, Ask, Wish};
use crate::writer::{Ledger, Writer};

/// The file with the key of links, in the data directory.
const KEY_FILE: &str = "links.key";

/// What deciding may read.
const LIMITS: Limits = Limits { samples: 5_000_000, series: 100_000, bytes: 64 << 20 };

/// The memory of it.
const MEMORY: u64 = 64 << 20;

/// What is decided at the latest, although no moment of the rules has become whole.
const IDLE: Duration = Duration::from_secs(20);

/// How long nothing is begun after the store refused a row.
const REFUSED_MS: i64 = 5_000;

/// For so long a link silences, in milliseconds.
const LINK_SILENCE_MS: i64 = 2 * 3_600_000;

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
            asks,
        };
        let calls = Calls {
            given: self,
            rules: Arc::clone(&ruling.rules.board),
            whole: ruling.whole.clone(),
            asks: asked,
            board,
            policy,
            key,
            courier: Courier::default(),
        };
        Ok(Prepared { calls, pages })
    }
}

/// An attempt that is over.
struct Delivered {
    receiver: String,
    number: u128,
    outcome: Outcome,
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
        let wait = running.wait();
        tokio::select! {
            () = stop.cancelled() => break,
            Ok(()) = running.calls.whole.changed() => running.decide().await,
            () = tokio::time::sleep(wait) => {
                if wait == IDLE {
                    running.decide().await;
                }
            }
            Some(ask) = running.calls.asks.recv() => running.answer(ask).await,
            Some(done) = running.sending.join_next() => running.note(done).await,
        }
    }
    running.closing.set();
    // What was begun and not noted is sent again at the next start.
    running.sending.shutdown().await;
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
        self.show(now);
    }

    /// Until something may be sent, or has to be decided.
    fn wait(&self) -> Duration {
        let now = now_ms();
        let free = self.calls.given.configured.receivers.iter();
        let free = free.filter(|receiver| !self.busy.contains(&receiver.name));
        let next = free.filter_map(|receiver| self.outbox.next_ms(&receiver.name)).min();
        next.map_or(IDLE, |next_ms| {
            let wait_ms = next_ms.max(self.paused_ms).saturating_sub(now).max(10);
            Duration::from_millis(wait_ms as u64).min(IDLE)
        })
    }

    /// Goes on to now.
    async fn decide(&mut self) {
        let at_ms = now_ms();
        self.tidy(at_ms).await;
        let given = &self.calls.given;
        let (reports, agents) = (self.calls.rules.groups(), given.agents.clone());
        let (samples, budget) = (Arc::clone(&given.samples), self.budget());
        let (policy, mut desk) = (Arc::clone(&self.calls.policy), self.desk.clone());
        let began_ms = self.began_ms;
        let deciding = tokio::task::spawn_blocking(move || {
            let look = Look {
                reports: &reports,
                samples: &*samples,
                budget: &budget,
                agents: &agents,
                began_ms,
                at_ms,
            };
            let picture = look.picture(&desk)?;
            let changes = desk.advance(&picture, &policy);
            Ok::<_, crate::samples::ReadError>((desk, changes))
        });
        match deciding.await {
            Ok(Ok((desk, changes))) => {
                // It has been told why not; the next moment decides the same again.
                let _ = self.commit(desk, &changes, at_ms).await;
            }
            Ok(Err(error)) => self.complain(Chain(&error).to_string()),
            Err(error) => self.complain(Chain(&error).to_string()),
        }
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
        let (desk, waiting) = (self.desk.clone(), self.outbox.entries().len());
        self.calls.board.set(Shown { desk, muted, waiting, at_ms: Some(at_ms) });
    }

    async fn answer(&mut self, Ask { wish, outcome }: Ask) {
        let at_ms = now_ms();
        let mut desk = self.desk.clone();
        let done = match self.grant(&mut desk, wish, at_ms) {
            Ok(changes) => self.commit(desk, &changes, at_ms).await,
            Err(why) => Err(why),
        };
        let is_done = done.is_ok();
        // Whoever asked may have gone.
        let _ = outcome.send(done);
        if is_done {
            self.decide().await;
        }
    }

    /// What a wish changes.
    fn grant(&mut self, desk: &mut Desk, wish: Wish, at_ms: i64) -> Result<Vec<Change>, String> {
        let policy = Arc::clone(&self.calls.policy);
        let now = Now { at_ms, policy: &policy };
        let told = |done: Result<Vec<Change>, AnswerError>| done.map_err(|error| error.to_string());
        match wish {
            Wish::Answer { group, person, answer } => {
                told(desk.answer(group, Reply { person: &person, answer }, now))
            }
            Wish::Link { text, ticket } => {
                let Ticket { action, group, person, opened_ms, .. } = ticket;
                desk.use_link(group, opened_ms, &text).map_err(|error| error.to_string())?;
                let person = person.as_str();
                match action {
                    Action::Take => {
                        told(desk.answer(group, Reply { person, answer: Answer::Take }, now))
                    }
                    Action::Pass => {
                        told(desk.answer(group, Reply { person, answer: Answer::Pass }, now))
                    }
                    Action::Silence => {
                        let to_ms = at_ms + LINK_SILENCE_MS;
                        let by = SilencedBy { owner: person, from_ms: at_ms, to_ms };
                        let silence = desk.silence_of(group, by);
                        self.silence(desk, silence, at_ms)
                    }
                }
            }
            Wish::SilenceGroup { group, person, for_ms } => {
                let to_ms = at_ms.saturating_add(for_ms);
                let by = SilencedBy { owner: &person, from_ms: at_ms, to_ms };
                let silence = desk.silence_of(group, by);
                self.silence(desk, silence, at_ms)
            }
            Wish::Silence(silence) => self.silence(desk, Some(silence), at_ms),
            Wish::Unsilence(number) => {
                let gone = desk.unsilence(number).map(|change| vec![change]);
                gone.ok_or_else(|| "there is no such silence".to_owned())
            }
        }
    }

    fn silence(
        &mut self,
        desk: &mut Desk,
        silence: Option<Silence>,
        at_ms: i64,
    ) -> Result<Vec<Change>, String> {
        let silence = silence.ok_or_else(|| "it is over already".to_owned())?;
        let number = self.outbox.number(at_ms);
        desk.silence(number, silence, at_ms).map_err(|error| error.to_string())
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
            let step = outbox.begin(number, now);
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
                self.begin(receiver, number, &message);
            }
        }
    }

    fn begin(&mut self, receiver: Receiver, number: u128, message: &Message) {
        let links = Links {
            external_url: &self.calls.given.external_url,
            public_url: self.calls.given.configured.public_url.as_deref(),
            key: &self.calls.key,
        };
        let post = receiver.format.post(message, links);
        let courier = self.calls.courier.clone();
        self.sending.spawn(async move {
            let outcome = courier.deliver(&receiver, post).await;
            Delivered { receiver: receiver.name, number, outcome }
        });
    }

    /// An attempt is over.
    async fn note(&mut self, done: Result<Delivered, JoinError>) {
        let Delivered { receiver, number, outcome } = match done {
            Ok(done) => done,
            Err(error) => {
                tracing::error!("a delivery broke off: {}", Chain(&error));
                // Nobody knows whose it was: what is still there is tried again.
                self.busy.clear();
                return;
            }
        };
        let now = now_ms();
        self.busy.remove(&receiver);
        let counts = &self.calls.given.counts.deliveries;
        match outcome {
            Outcome::Taken => counts.taken(&receiver),
            Outcome::Later(..) | Outcome::Never(_) => counts.failed(&receiver),
        }
        let step = self.outbox.finish(number, outcome, now);
        let mut rows = std::mem::take(&mut self.owed);
        rows.extend(kept::rows_of(&step, &mut self.outbox, now));
        if let Err(error) = self.calls.given.ledger.write(rows.clone()).await {
            self.complain(Chain(&error).to_string());
            self.owed = rows;
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
