//! Days that have ended are kept: what each host was at most on them, once a day, whoever was asleep
//! when it ended. A day of which more comes in later, from an agent's spool, is told again.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use headroom_proto::catalogue::NODE_NETWORK_TRANSMIT_BYTES_TOTAL;
use headroom_proto::chain::Chain;
use headroom_proto::metric::INSTANCE;
use jiff::tz::TimeZone;
use tokio::time::{Instant, MissedTickBehavior, interval_at};
use tokio_util::sync::CancellationToken;

use crate::clock::now_ms;
use crate::complaint::Complaint;
use crate::days::{self, Day, DayRow, Telling};
use crate::moments::DAY_MS;
use crate::samples::{
    Budget, Limits, Matcher, Pool, ReadError, Reader, Samples, Selection, Stop, TimeRange,
};
use crate::web::Loading;
use crate::writer::{OwnSeries, OwnSeriesError, Writer};

/// How often it is looked whether a day has ended.
const LOOK_INTERVAL: Duration = Duration::from_mins(10);

/// How long after its start a collector looks first: who has just come back has more to do.
const FIRST_LOOK: Duration = Duration::from_mins(1);

/// How long after its end a day is read: agents may still be sending.
const REST_MS: i64 = 10 * 60_000;

/// How long more of a day may come in: as long as an agent's spool keeps it, and a day.
const LATE_MS: i64 = 8 * DAY_MS;

/// A day of which so much was read is whole.
const WHOLE: f64 = 0.995;

/// What is told again has so much more, at least.
const MORE: f64 = 0.001;

/// What reading a day may take.
const LIMITS: Limits = Limits { samples: 20_000_000, series: 20_000, bytes: 64 << 20 };

/// What the task reads, and where it writes.
pub struct Days {
    pub samples: Arc<dyn Samples>,
    pub pool: Pool,
    pub writer: Writer,
    pub zone: TimeZone,
    /// How many days samples are kept.
    pub raw_ms: i64,
    /// While the past is being written, no day of it is whole.
    pub loading: Loading,
}

/// A day of a host that is to be told.
#[derive(Debug, Clone, PartialEq)]
struct Due {
    instance: String,
    day: Day,
    last: Option<Telling>,
}

/// Keeps days until `stop`. A failure is told once, and the day is tried again.
pub async fn run(days: Days, stop: CancellationToken) {
    let days = Arc::new(days);
    let mut looks = interval_at(Instant::now() + FIRST_LOOK, LOOK_INTERVAL);
    looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut complaint = Complaint::default();
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            _ = looks.tick() => {}
        }
        if days.loading.percent().is_some() {
            looks.reset_after(Duration::from_secs(5));
            continue;
        }
        let outcome = tokio::select! {
            () = stop.cancelled() => return,
            outcome = keep(&days) => outcome,
        };
        match outcome {
            Ok(()) => {
                if let Some(again) = complaint.works() {
                    tracing::info!(again, "past days are kept again");
                }
            }
            Err(reason) => {
                if let Some(told) = complaint.failed(reason) {
                    tracing::error!("past days are not kept: {told}");
                }
            }
        }
    }
}

async fn keep(days: &Arc<Days>) -> Result<(), String> {
    let stopper = Stopper(Stop::default());
    let (reading, stop) = (Arc::clone(days), stopper.0.clone());
    let due = apart(move || reading.due(now_ms(), stop)).await?;
    for due in due {
        let (reading, stop, asked) = (Arc::clone(days), stopper.0.clone(), due.clone());
        let row = apart(move || reading.row(&asked, stop)).await?;
        days.tell(&due, row).await.map_err(|error| Chain(&error).to_string())?;
    }
    Ok(())
}

/// What reads is stopped with who waits for it.
struct Stopper(Stop);

impl Drop for Stopper {
    fn drop(&mut self) {
        self.0.set();
    }
}

async fn apart<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, ReadError> + Send + 'static,
) -> Result<T, String> {
    match tokio::task::spawn_blocking(work).await {
        Ok(outcome) => outcome.map_err(|error| Chain(&error).to_string()),
        Err(error) => Err(Chain(&error).to_string()),
    }
}

impl Days {
    fn due(&self, now_ms: i64, stop: Stop) -> Result<VecDeque<Due>, ReadError> {
        let budget = Budget::new(LIMITS, self.pool.clone(), stop);
        let reader = Reader { samples: &*self.samples, budget: &budget };
        let most = i32::try_from(self.raw_ms / DAY_MS).unwrap_or(i32::MAX).clamp(1, 366);
        let mut ended = Day::before(now_ms - REST_MS, &self.zone, most);
        ended.reverse();
        let (Some(first), Some(last)) = (ended.first(), ended.last()) else {
            return Ok(VecDeque::new());
        };
        let range = TimeRange { from_ms: first.from_ms, to_ms: last.to_ms };
        let matchers = [Matcher::metric(NODE_NETWORK_TRANSMIT_BYTES_TOTAL.name)];
        let hosts = reader.label_values(Selection { matchers: &matchers, range }, INSTANCE)?;
        let known = days::known(reader, range)?;
        let mut due = VecDeque::new();
        for instance in hosts.into_iter().filter(|host| !host.is_empty()) {
            for day in &ended {
                let last = Telling::last(&known, &instance, *day);
                let may_grow = now_ms - day.to_ms < LATE_MS;
                let is_due = last.is_none_or(|last| last.coverage < WHOLE && may_grow);
                if is_due {
                    due.push_back(Due { instance: instance.clone(), day: *day, last });
                }
            }
        }
        Ok(due)
    }

    fn row(&self, due: &Due, stop: Stop) -> Result<Option<DayRow>, ReadError> {
        let budget = Budget::new(LIMITS, self.pool.clone(), stop);
        let reader = Reader { samples: &*self.samples, budget: &budget };
        days::read(reader, &due.instance, due.day)
    }

    /// Stores what a day was, if that is news.
    async fn tell(&self, due: &Due, row: Option<DayRow>) -> Result<(), OwnSeriesError> {
        let Some(row) = row.filter(|row| due.is_news(row)) else { return Ok(()) };
        let series = OwnSeries::new(self.writer.clone(), due.instance.as_str().into());
        series.store(&row.numbers(), due.day.stamp_ms(due.last.map(|last| last.at_ms))).await
    }
}

impl Due {
    fn is_news(&self, row: &DayRow) -> bool {
        self.last.is_none_or(|last| row.coverage >= last.coverage + MORE)
    }
}

#[cfg(test)]
mod tests;
