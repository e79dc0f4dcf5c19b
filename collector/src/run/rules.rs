//! Rules at work: they are evaluated when they are due, what they find is stored, and their files
//! are read anew when somebody asks.
//!
//! Each group is at work once at a time. One that is still at work when it is due again is late: that
//! is counted, and delays no other.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use headroom_proto::chain::Chain;
use tokio::sync::{Semaphore, mpsc, watch};
use tokio::task::{Id, JoinError, JoinSet};
use tokio_util::sync::CancellationToken;

use super::anew::{self, Anew, Fresh};
use crate::alertmanagers::{AddressError, Alertmanagers};
use crate::clock::now_ms;
use crate::complaint::Complaint;
use crate::configuration::RuleFiles;
use crate::rules::{Board, Book, Group, SharedGroup, Surroundings, Tick, Written};
use crate::samples::{Budget, Limits, Pool, Samples, Stop};
use crate::telemetry::{CollectorCounts, RuleCounts};
use crate::web::{Loading, RELOADS, Reload, Rules};
use crate::writer::{OwnSeriesError, RuleSeries, Ruled, Writer};

/// The memory of all rules at work, in bytes: of their own, for alerts are due when pages are not.
const MEMORY: u64 = 128 << 20;

/// What one group may read, as a query.
const LIMITS: Limits = Limits { samples: 50_000_000, series: 100_000, bytes: 64 << 20 };

/// So many groups are evaluated at once.
const AT_ONCE: usize = 2;

/// A group that takes longer is stopped.
const LONGEST: Duration = Duration::from_secs(60);

/// How long nobody looks at the clock where there are no rules.
const IDLE_MS: i64 = 60_000;

/// What rules are made of.
pub struct Given {
    /// Where their files are.
    pub files: RuleFiles,
    /// As they were read at the start.
    pub groups: Vec<Group>,
    /// Who tells that the terminal, or systemd, asks for a new reading.
    pub hangups: mpsc::Receiver<()>,
    /// What else a new reading changes.
    pub anew: Anew,
    /// How far the past is: before it is there, rules would find silence that nobody had.
    pub loading: Loading,
}

/// What rules are evaluated with.
pub struct RuleWork {
    given: Given,
    reloads: mpsc::Receiver<Reload>,
    whole: watch::Sender<i64>,
    shared: Shared,
}

/// Rules before they run.
pub struct Prepared {
    /// What is to be run.
    pub work: RuleWork,
    /// The way to it.
    pub rules: Rules,
    /// The newest moment at which all that was due has been evaluated, Unix time in milliseconds.
    pub whole: watch::Receiver<i64>,
}

impl Given {
    /// The work that is to be run, and the way to it.
    pub fn prepare(
        self,
        samples: Arc<dyn Samples>,
        writer: Writer,
        counts: Arc<CollectorCounts>,
    ) -> Result<Prepared, AddressError> {
        let board = Arc::new(Board::default());
        let (reloads, reloading) = mpsc::channel(RELOADS);
        let RuleFiles { alertmanagers, external_url, .. } = &self.files;
        let shared = Shared {
            samples,
            series: RuleSeries::new(writer),
            board: Arc::clone(&board),
            surroundings: Surroundings {
                external_labels: Arc::default(),
                external_url: external_url.clone(),
            },
            pool: Pool::new(MEMORY),
            closing: Stop::default(),
            places: Semaphore::new(AT_ONCE),
            alertmanagers: Alertmanagers::new(alertmanagers, external_url, Arc::clone(&counts))?,
            counts,
            complaint: Mutex::default(),
        };
        let (whole, wholes) = watch::channel(0);
        let work = RuleWork { given: self, reloads: reloading, whole, shared };
        Ok(Prepared { work, rules: Rules { board, reloads }, whole: wholes })
    }
}

/// One group's evaluation, at a place of the book.
struct Done {
    place: usize,
    at_ms: i64,
    stored: Vec<Written>,
}

struct Running {
    work: Arc<Shared>,
    files: RuleFiles,
    anew: Anew,
    loading: Loading,
    book: Book,
    at_work: HashSet<usize>,
    tasks: JoinSet<Done>,
    places: HashMap<Id, Begun>,
    /// How many groups each moment still waits for.
    open: BTreeMap<i64, usize>,
    whole: watch::Sender<i64>,
    last_tick_ms: i64,
}

/// A group that is at work.
#[derive(Clone, Copy)]
struct Begun {
    place: usize,
    at_ms: i64,
}

/// What all evaluations share.
struct Shared {
    samples: Arc<dyn Samples>,
    series: RuleSeries,
    board: Arc<Board>,
    surroundings: Surroundings,
    pool: Pool,
    closing: Stop,
    places: Semaphore,
    alertmanagers: Alertmanagers,
    counts: Arc<CollectorCounts>,
    complaint: Mutex<Complaint>,
}

/// Evaluates rules until `stop`, and tells what they find.
pub async fn run(work: RuleWork, stop: CancellationToken) {
    let telling = work.shared.alertmanagers.clone().run(stop.clone());
    tokio::join!(telling, evaluate(work, stop));
}

async fn evaluate(work: RuleWork, stop: CancellationToken) {
    let RuleWork { given, mut reloads, whole, shared } = work;
    let Given { files, groups, mut hangups, anew, loading } = given;
    let mut running = Running {
        work: Arc::new(shared),
        files,
        anew,
        loading,
        book: Book::default(),
        at_work: HashSet::new(),
        tasks: JoinSet::new(),
        places: HashMap::new(),
        open: BTreeMap::new(),
        whole,
        last_tick_ms: now_ms(),
    };
    running.begin(groups).await;
    loop {
        let now = now_ms();
        let next_ms = running.book.next_ms(now.max(running.after(now)));
        let wait_ms = next_ms.map_or(IDLE_MS, |next_ms| (next_ms - now).clamp(0, IDLE_MS));
        tokio::select! {
            () = stop.cancelled() => break,
            () = tokio::time::sleep(Duration::from_millis(wait_ms as u64)) => {
                if let Some(next_ms) = next_ms.filter(|next_ms| *next_ms <= now_ms()) {
                    running.tick(next_ms);
                }
            }
            Some(done) = running.tasks.join_next_with_id() => running.note(done).await,
            Some(reply) = reloads.recv() => {
                // Whoever asked may have gone.
                let _ = reply.send(running.reload().await);
            }
            Some(()) = hangups.recv() => {
                if let Err(mistakes) = running.reload().await {
                    tracing::error!("the configuration stays as it was: {mistakes}");
                }
            }
        }
    }
    running.work.closing.set();
    while running.tasks.join_next().await.is_some() {}
}

impl Running {
    async fn begin(&mut self, groups: Vec<Group>) {
        let shared = Arc::clone(&self.work);
        let remembering = tokio::task::spawn_blocking(move || {
            let mut book = Book::default();
            let budget = shared.budget();
            let outcome = book.remember(&*shared.samples, &budget, now_ms());
            (book, outcome)
        });
        match remembering.await {
            Ok((book, outcome)) => {
                self.book = book;
                if let Err(error) = outcome {
                    tracing::error!("alerts of before begin anew: {}", Chain(&error));
                }
            }
            Err(error) => tracing::error!("alerts of before begin anew: {}", Chain(&error)),
        }
        self.book.replace(groups);
        self.work.board.set_all(self.book.reports());
    }

    /// The moment behind which the next is due: never the one before, unless the clock was set back.
    fn after(&self, now: i64) -> i64 {
        if self.last_tick_ms - now > IDLE_MS { now } else { self.last_tick_ms }
    }

    /// Begins what is due.
    fn tick(&mut self, at_ms: i64) {
        if self.loading.percent().is_some() {
            self.last_tick_ms = at_ms;
            return;
        }
        self.count_missed(at_ms);
        self.last_tick_ms = at_ms;
        for place in self.book.due(at_ms) {
            let Some(group) = self.book.group(place).cloned() else { continue };
            if !self.at_work.insert(place) {
                self.work.missed(&group, 1);
                continue;
            }
            let shared = Arc::clone(&self.work);
            let task = self.tasks.spawn(async move {
                let stored = shared.evaluate(group, at_ms).await;
                Done { place, at_ms, stored }
            });
            self.places.insert(task.id(), Begun { place, at_ms });
            *self.open.entry(at_ms).or_default() += 1;
        }
    }

    /// A group is done with a moment, which is whole if it was the last.
    fn close(&mut self, at_ms: i64) {
        if let Some(left) = self.open.get_mut(&at_ms) {
            *left = left.saturating_sub(1);
            if *left == 0 {
                self.open.remove(&at_ms);
                let is_set_back = |newest_ms: i64| newest_ms - at_ms > IDLE_MS;
                self.whole.send_modify(|newest_ms| {
                    if at_ms > *newest_ms || is_set_back(*newest_ms) {
                        *newest_ms = at_ms;
                    }
                });
            }
        }
    }

    /// What was due since the last tick, while nothing of the collector ran.
    fn count_missed(&self, at_ms: i64) {
        for place in 0.. {
            let Some(group) = self.book.group(place) else { break };
            let interval_ms = group.definition().interval_ms;
            let due = |until_ms: i64| until_ms.div_euclid(interval_ms);
            let missed = due(at_ms - 1) - due(self.last_tick_ms);
            if missed > 0 {
                self.work.missed(group, missed as u64);
            }
        }
    }

    async fn note(&mut self, done: Result<(Id, Done), JoinError>) {
        match done {
            Ok((id, Done { place, at_ms, stored })) => {
                self.places.remove(&id);
                self.at_work.remove(&place);
                self.close(at_ms);
                let ends = self.book.note(place, &stored, at_ms);
                if !ends.is_empty() {
                    self.work.store(&ends).await;
                }
            }
            Err(error) => {
                if let Some(Begun { place, at_ms }) = self.places.remove(&error.id()) {
                    self.at_work.remove(&place);
                    self.close(at_ms);
                }
                tracing::error!("the evaluation of rules broke off: {}", Chain(&error));
            }
        }
    }

    /// Reads the configuration and its files anew. Nothing changes if there is a mistake in any of them. The
    /// answer names what needs a restart.
    async fn reload(&mut self) -> Result<Vec<String>, String> {
        let (files, reread) = (self.files.clone(), self.anew.read.clone());
        let read = tokio::task::spawn_blocking(move || anew::read(reread.as_ref(), files)).await;
        let read = read.map_err(|error| error.to_string())?;
        let Fresh { files, groups, places, needs_restart } = read?;
        self.anew.take(places);
        self.files = files;
        // Each group is at rest while it is replaced.
        while let Some(done) = self.tasks.join_next_with_id().await {
            self.note(done).await;
        }
        let count = groups.len();
        self.book.replace(groups);
        self.work.board.set_all(self.book.reports());
        tracing::info!(groups = count, "the configuration was read anew");
        if !needs_restart.is_empty() {
            let names = needs_restart.join(", ");
            tracing::warn!("what has changed of {names} needs a restart");
        }
        Ok(needs_restart)
    }
}

impl Shared {
    fn budget(&self) -> Budget {
        Budget::new(LIMITS, self.pool.clone(), self.closing.of_one())
    }

    /// Evaluates a group and stores what it finds; answers with that.
    async fn evaluate(self: Arc<Self>, group: SharedGroup, at_ms: i64) -> Vec<Written> {
        let Ok(_place) = self.places.acquire().await else { return Vec::new() };
        let stop = self.closing.of_one();
        let budget = Budget::new(LIMITS, self.pool.clone(), stop.clone());
        let shared = Arc::clone(&self);
        let mut working = tokio::task::spawn_blocking(move || {
            let began = Instant::now();
            let tick = Tick {
                samples: &*shared.samples,
                budget: &budget,
                at_ms,
                surroundings: &shared.surroundings,
                stopwatch: &|| began.elapsed().as_secs_f64(),
            };
            group.evaluate(&tick)
        });
        let outcome = tokio::select! {
            outcome = &mut working => outcome,
            () = tokio::time::sleep(LONGEST) => {
                stop.set();
                working.await
            }
        };
        match outcome {
            Ok(outcome) => {
                self.store(&outcome.written).await;
                let RuleCounts { well, failed, .. } = &self.counts.rules;
                well.fetch_add(outcome.evaluated - outcome.failed, Ordering::Relaxed);
                failed.fetch_add(outcome.failed, Ordering::Relaxed);
                self.board.set(outcome.report);
                self.alertmanagers.tell(outcome.notices);
                outcome.written
            }
            Err(error) => {
                tracing::error!("the evaluation of rules broke off: {}", Chain(&error));
                Vec::new()
            }
        }
    }

    async fn store(&self, written: &[Written]) {
        let ruled = written.iter().map(|sample| Ruled {
            labels: sample.labels.clone(),
            at_ms: sample.at_ms,
            value: sample.value,
        });
        let outcome = self.series.store(ruled.collect()).await;
        let failed = match outcome {
            Ok(None) => None,
            Ok(Some((count, limit))) => Some((count, Chain(&limit).to_string())),
            // The writer has told it.
            Err(OwnSeriesError::Refused(_)) => {
                self.refused(written.len() as u64);
                return;
            }
            Err(error @ (OwnSeriesError::Limit(_) | OwnSeriesError::Ended(_))) => {
                Some((written.len() as u64, Chain(&error).to_string()))
            }
        };
        let mut complaint = self.complaint.lock().unwrap_or_else(PoisonError::into_inner);
        match failed {
            None => {
                if let Some(again) = complaint.works() {
                    tracing::info!(again, "what rules find is stored again");
                }
            }
            Some((count, reason)) => {
                self.refused(count);
                if let Some(told) = complaint.failed(reason) {
                    tracing::error!("what rules find is not stored: {told}");
                }
            }
        }
    }

    fn refused(&self, count: u64) {
        self.counts.rules.refused.fetch_add(count, Ordering::Relaxed);
    }

    fn missed(&self, group: &SharedGroup, times: u64) {
        let rules = group.definition().rules.len() as u64;
        self.counts.rules.missed.fetch_add(rules * times, Ordering::Relaxed);
    }
}
