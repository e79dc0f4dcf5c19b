//! Each full hour, and so after each day's end: every host's model is made anew, and what it says is
//! stored under the host's own name.

use std::sync::Arc;
use std::time::Duration;

use headroom_proto::catalogue::HEADROOM_PLANNING_ORGANISATION_BYTES;
use headroom_proto::chain::Chain;
use tokio::time::MissedTickBehavior;
use tokio_util::sync::CancellationToken;

use crate::clock::now_ms;
use crate::reports::series::{Figure, day_figures, figures};
use crate::reports::{self, Plans, Sources, watched};
use crate::samples::{Budget, Limits, Pool, ReadError, Reader, Samples, Stop};
use crate::store::Records;
use crate::telemetry::OwnNumber;
use crate::web::Loading;
use crate::writer::{OwnSeries, OwnSeriesError};

/// How often it is looked whether an hour is full.
const LOOK: Duration = Duration::from_secs(30);

/// What one host's model may take while it is made.
const LIMITS: Limits = Limits { samples: 400_000_000, series: 100_000, bytes: 192 << 20 };

/// What models are made of.
#[derive(Clone)]
pub struct Planner {
    /// Where they are kept.
    pub plans: Arc<Plans>,
    /// What is read.
    pub samples: Arc<dyn Samples>,
    /// See `samples`.
    pub records: Records,
    /// The memory that it takes part of.
    pub pool: Pool,
    /// Whether there is a past yet.
    pub loading: Loading,
}

/// Makes models until `stop`. What fails is told, and tried anew at the next look.
pub async fn run(planner: Planner, series: OwnSeries, stop: CancellationToken) {
    let mut looks = tokio::time::interval(LOOK);
    looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    // The first look is at once; who has just started has better to do.
    looks.tick().await;
    let mut done = None;
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            _ = looks.tick() => {}
        }
        let hour = Plans::hour(now_ms());
        if planner.loading.percent().is_some() || done == Some(hour) {
            continue;
        }
        if planner.all(&series, &stop).await {
            done = Some(hour);
        }
    }
}

/// What is to be stored of one host.
struct Told {
    now: Vec<OwnNumber>,
    /// Of past days, by the moment of each.
    days: Vec<(i64, Vec<OwnNumber>)>,
}

impl Planner {
    /// All hosts, one behind the other; tells whether all went well.
    async fn all(&self, series: &OwnSeries, stop: &CancellationToken) -> bool {
        let hosts = self.clone().at_work(stop, |planner, budget| {
            reports::hosts(Reader::new(&*planner.samples, budget), now_ms())
        });
        let Some(hosts) = hosts.await else { return false };
        let (mut well, mut is_past_changed) = (true, false);
        for host in &hosts {
            let name = host.clone();
            let told =
                self.clone().at_work(stop, move |planner, budget| planner.told(&name, budget));
            let Some(Told { now, days }) = told.await else {
                well = false;
                continue;
            };
            let own = series.of(host.as_str().into());
            is_past_changed |= !days.is_empty();
            for (at_ms, numbers) in days {
                store(&own, &numbers, at_ms).await;
            }
            let (of_hour, now): (Vec<OwnNumber>, Vec<OwnNumber>) =
                now.into_iter().partition(is_of_hour);
            // They are added up, and may be reckoned again: of one moment the first stays.
            store(&own, &of_hour, Plans::hour(now_ms())).await;
            store(&own, &now, now_ms()).await;
        }
        let contracts = self.plans.plan.contracts.iter().map(|one| one.instance.clone());
        for host in contracts.filter(|host| !hosts.contains(host)) {
            let name = host.clone();
            let told =
                self.clone().at_work(stop, move |planner, budget| planner.billed(&name, budget));
            match told.await {
                Some(now) => store(&series.of(host.as_str().into()), &now, now_ms()).await,
                None => well = false,
            }
        }
        // What was stored of past days makes models another version; readers are not to wait for it.
        for host in hosts.into_iter().filter(|_| is_past_changed) {
            let again = move |planner: &Self, budget: &Budget| planner.told(&host, budget);
            well &= self.clone().at_work(stop, again).await.is_some();
        }
        well
    }

    fn told(&self, host: &str, budget: &Budget) -> Result<Told, ReadError> {
        let reader = Reader::new(&*self.samples, budget);
        let sources = Sources { reader, records: &self.records };
        let now_ms = now_ms();
        let model = self.plans.model(sources, host, now_ms)?;
        let days = day_figures(&model).into_iter();
        let mut now = figures(&model, &self.plans.plan);
        now.extend(watched::cycle(reader, &self.plans, host, now_ms)?);
        now.extend(watched::decision(reader, &self.plans, &model)?);
        Ok(Told {
            now: numbers(now),
            days: days.map(|day| (day.at_ms, numbers(day.figures))).collect(),
        })
    }

    /// What is told of a host without rooms, whose traffic is billed.
    fn billed(&self, host: &str, budget: &Budget) -> Result<Vec<OwnNumber>, ReadError> {
        let reader = Reader::new(&*self.samples, budget);
        Ok(numbers(watched::cycle(reader, &self.plans, host, now_ms())?))
    }

    /// Work on a thread of its own, which ends soon after `stop`; nothing if it failed.
    async fn at_work<T: Send + 'static>(
        self,
        stop: &CancellationToken,
        work: impl FnOnce(&Self, &Budget) -> Result<T, ReadError> + Send + 'static,
    ) -> Option<T> {
        let word = Stop::default();
        let budget = Budget::new(LIMITS, self.pool.clone(), word.clone());
        let mut running = tokio::task::spawn_blocking(move || work(&self, &budget));
        let ended = tokio::select! {
            ended = &mut running => ended,
            () = stop.cancelled() => {
                word.set();
                running.await
            }
        };
        match ended {
            Ok(Ok(found)) => Some(found),
            Ok(Err(ReadError::Stopped)) => None,
            Ok(Err(error)) => {
                tracing::warn!("failed to plan: {}", Chain(&error));
                None
            }
            Err(error) => {
                tracing::error!("failed to plan: {}", Chain(&error));
                None
            }
        }
    }
}

fn numbers(figures: Vec<Figure>) -> Vec<OwnNumber> {
    let number = |Figure { metric, label, value }| OwnNumber {
        metric,
        label: label.map(|(name, text)| (name, text.into())),
        value,
    };
    figures.into_iter().map(number).collect()
}

/// Whether a number is of the hour that was full last, and not of now.
fn is_of_hour(number: &OwnNumber) -> bool {
    number.metric.name == HEADROOM_PLANNING_ORGANISATION_BYTES.name
}

/// Stores numbers; what the writer could not take, it has told.
async fn store(series: &OwnSeries, numbers: &[OwnNumber], at_ms: i64) {
    match series.store(numbers, at_ms).await {
        Ok(()) | Err(OwnSeriesError::Refused(_)) => {}
        Err(error @ (OwnSeriesError::Limit(_) | OwnSeriesError::Ended(_))) => {
            tracing::error!("{}", Chain(&error));
        }
    }
}
