//! What processors do: one small fit for each group of processes, so that what drives them is not
//! mixed, and one for the busiest thread, against one core.

use super::doubt::Doubt;
use super::fit::{Fit, Posterior};
use super::highest::lift_of_mix;
use super::outlook::Outlook;
use super::prior::Prior;
use super::row::{Row, Standing};
use super::scores::{
    BUSY_PEOPLE, Foreseen, Glance, Period, Scores, Subject, foresee, lifts, scores, waver_of,
};

/// FreeSWITCH by microphones, mediasoup by streams, the apps by people.
pub const GROUPS: usize = 3;

/// Published: cores of a microphone, of a stream that is handed out, of a person.
const PUBLISHED: [f64; GROUPS] = [1.0 / 50.0, 1.0 / 500.0, 0.009];

/// What typing a mix leaves open, relative.
const TYPED_SPREAD: f64 = 0.04;
const LEAST_CORES: f64 = 0.001;

/// Fewer days than these do not tell how often something comes on top.
const FEW_DAYS: usize = 14;

/// One minute of a host's processes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ProcessorMinute {
    /// Unix time in minutes.
    pub minute: i64,
    /// The number of its day.
    pub day: i32,
    /// Microphones, streams that are handed out, people.
    pub drivers: [f64; GROUPS],
    /// Cores that each group used.
    pub cores: [f64; GROUPS],
    /// Cores that all else used, recordings among it.
    pub other_cores: f64,
    /// The busiest thread, in cores.
    pub busiest_thread: f64,
}

/// What a host's processors do under rooms.
#[derive(Debug, Clone, PartialEq)]
pub struct Processors {
    /// Base and driver of each group.
    pub groups: [Fit<2>; GROUPS],
    /// All else: base, and people.
    pub other: Fit<2>,
    /// The busiest thread: base, and each driver; none where nothing tells of threads.
    pub thread: Option<Fit<4>>,
    /// Of past busy days, all cores.
    pub days: Scores,
    /// Of past busy hours, all cores.
    pub hours: Scores,
    /// Of past busy days, the busiest thread.
    pub thread_days: Scores,
    /// Of past busy hours, the busiest thread.
    pub thread_hours: Scores,
    /// Cores on top of past peaks.
    on_top: OnTop,
    /// How far busy minutes are from the next, relative: all cores, the busiest thread.
    waver: f64,
    thread_waver: f64,
}

/// Cores that all else added to past peaks beyond what people explain, in rising order: recordings
/// are processed whatever rooms ask for, so this is a sum and no part of anything.
#[derive(Debug, Clone, PartialEq, Default)]
struct OnTop {
    /// Of busy days.
    days: Vec<f64>,
    /// Of busy hours.
    hours: Vec<f64>,
}

impl OnTop {
    fn of(glances: &[Glance]) -> Self {
        let (mut days, hours) = (lifts(glances, Period::Day), lifts(glances, Period::Hour));
        if days.len() < FEW_DAYS {
            // What came within an hour may come within that of the peak.
            days.extend(&hours);
            days.sort_by(f64::total_cmp);
        }
        Self { days, hours }
    }
}

impl Processors {
    /// The model of minutes ordered by time.
    pub fn of(minutes: &[ProcessorMinute]) -> Result<Self, Doubt> {
        let group = |k: usize| Fit::of(&group_rows(minutes, k), &of_group());
        let groups = [group(0)?, group(1)?, group(2)?];
        let other = Fit::of(&group_rows(minutes, GROUPS), &of_others())?;
        let thread_rows: Vec<Row<4>> = minutes.iter().map(thread_row).collect();
        let thread = Fit::of(&thread_rows, &of_thread()).ok();
        let mut found = Self {
            groups,
            other,
            thread,
            days: Scores::default(),
            hours: Scores::default(),
            thread_days: Scores::default(),
            thread_hours: Scores::default(),
            on_top: OnTop::default(),
            waver: 0.0,
            thread_waver: 0.0,
        };
        found.score(minutes);
        Ok(found)
    }

    /// The peak of all cores on a day whose minutes are given; none without any.
    pub fn day(&self, minutes: &[ProcessorMinute]) -> Option<Outlook<'_>> {
        let posteriors = self.posteriors();
        let glances: Vec<Glance> =
            minutes.iter().map(|minute| self.glance(minute, &posteriors)).collect();
        let foreseen = foresee(&glances, self.waver)?;
        let on_top = &self.on_top.days;
        Some(Outlook { on_top, ..Outlook::of(foreseen, &self.days, Subject::Day) })
    }

    /// The peak of the busiest thread on such a day.
    pub fn day_thread(&self, minutes: &[ProcessorMinute]) -> Option<Outlook<'_>> {
        let posterior = &self.thread.as_ref()?.posterior;
        let glances: Vec<Glance> =
            minutes.iter().map(|minute| glance_of_thread(minute, posterior)).collect();
        let foreseen = foresee(&glances, self.thread_waver)?;
        Some(Outlook::of(foreseen, &self.thread_days, Subject::Day))
    }

    /// All cores under a mix.
    pub fn mix(&self, drivers: [f64; GROUPS]) -> Outlook<'_> {
        let glance = self.glance(&idle(drivers), &self.posteriors());
        let foreseen = of_mix(&glance, self.waver);
        let on_top = &self.on_top.hours;
        Outlook { on_top, ..Outlook::of(foreseen, &self.hours, Subject::Mix) }
    }

    /// The busiest thread under a mix, if threads are told of.
    pub fn mix_thread(&self, drivers: [f64; GROUPS]) -> Option<Outlook<'_>> {
        let glance = glance_of_thread(&idle(drivers), &self.thread.as_ref()?.posterior);
        let foreseen = of_mix(&glance, self.thread_waver);
        Some(Outlook::of(foreseen, &self.thread_hours, Subject::Mix))
    }

    fn posteriors(&self) -> [Posterior<2>; GROUPS + 1] {
        self.fits().map(|fit| fit.posterior)
    }

    fn fits(&self) -> [&Fit<2>; GROUPS + 1] {
        let [voices, streams, people] = &self.groups;
        [voices, streams, people, &self.other]
    }

    /// All groups of a minute, and of all else what people explain.
    fn glance(&self, minute: &ProcessorMinute, posteriors: &[Posterior<2>; GROUPS + 1]) -> Glance {
        let mut sums = (0.0, 0.0);
        for (k, (fit, posterior)) in self.fits().into_iter().zip(posteriors).enumerate() {
            let row = group_row(minute, k);
            sums.0 += row.expected(&posterior.factors);
            sums.1 += posterior.variance(&row) + fit.prior.noise * fit.prior.noise;
        }
        let others = group_row(minute, GROUPS).expected(&posteriors[GROUPS].factors);
        let measured = minute.cores.iter().sum::<f64>() + others;
        Glance { on_top: minute.other_cores - others, ..glance(minute, measured, sums) }
    }

    fn score(&mut self, minutes: &[ProcessorMinute]) {
        let (mut all, mut threads) = (Vec::new(), Vec::new());
        for day in minutes.chunk_by(|a, b| a.day == b.day) {
            if day.iter().all(|minute| people(minute) <= BUSY_PEOPLE) {
                continue;
            }
            let posteriors = self.fits().map(|fit| fit.without_day(day[0].day));
            let thread = self.thread.as_ref().map(|fit| fit.without_day(day[0].day));
            all.extend(day.iter().map(|minute| self.glance(minute, &posteriors)));
            if let Some(thread) = &thread {
                threads.extend(day.iter().map(|minute| glance_of_thread(minute, thread)));
            }
        }
        let of = |glances: &[Glance], period, waver| Scores::of(&scores(glances, period, waver));
        self.waver = waver_of(&all);
        self.thread_waver = waver_of(&threads);
        self.on_top = OnTop::of(&all);
        self.days = of(&all, Period::Day, self.waver);
        self.hours = of(&all, Period::Hour, self.waver);
        self.thread_days = of(&threads, Period::Day, self.thread_waver);
        self.thread_hours = of(&threads, Period::Hour, self.thread_waver);
    }
}

fn people(minute: &ProcessorMinute) -> f64 {
    minute.drivers[2]
}

fn idle(drivers: [f64; GROUPS]) -> ProcessorMinute {
    ProcessorMinute {
        minute: 0,
        day: 0,
        drivers,
        cores: [0.0; GROUPS],
        other_cores: 0.0,
        busiest_thread: 0.0,
    }
}

fn glance_of_thread(minute: &ProcessorMinute, posterior: &Posterior<4>) -> Glance {
    let row = thread_row(minute);
    let noise = of_thread().noise;
    let variance = posterior.variance(&row) + noise * noise;
    glance(minute, minute.busiest_thread, (row.expected(&posterior.factors), variance))
}

fn glance(minute: &ProcessorMinute, measured: f64, (expected, variance): (f64, f64)) -> Glance {
    let expected = expected.max(LEAST_CORES);
    Glance {
        minute: minute.minute,
        day: minute.day,
        people: people(minute),
        measured,
        standing: Standing::Measured,
        expected,
        unsure: variance.sqrt() / expected,
        room_spread: 0.0,
        on_top: 0.0,
    }
}

/// The peak of a mix whose rooms are all full for an hour.
fn of_mix(glance: &Glance, waver: f64) -> Foreseen {
    let expected = glance.expected * lift_of_mix(waver).exp();
    Foreseen { expected, spread: glance.spread(waver).hypot(TYPED_SPREAD) }
}

fn group_rows(minutes: &[ProcessorMinute], group: usize) -> Vec<Row<2>> {
    minutes.iter().map(|minute| group_row(minute, group)).collect()
}

/// The row of a group; the one beyond the groups is all else, driven by people.
fn group_row(minute: &ProcessorMinute, group: usize) -> Row<2> {
    let is_group = group < GROUPS;
    let driver = group.min(GROUPS - 1);
    let driven = minute.drivers[driver] * PUBLISHED[driver];
    Row {
        minute: minute.minute,
        day: minute.day,
        people: people(minute),
        measured: if is_group { minute.cores[group] } else { minute.other_cores },
        standing: Standing::Measured,
        columns: [1.0, driven],
        squares: [0.0; 2],
    }
}

fn thread_row(minute: &ProcessorMinute) -> Row<4> {
    let driven = |k: usize| minute.drivers[k] * PUBLISHED[k];
    Row {
        minute: minute.minute,
        day: minute.day,
        people: people(minute),
        measured: minute.busiest_thread,
        standing: Standing::Measured,
        columns: [1.0, driven(0), driven(1), driven(2)],
        squares: [0.0; 4],
    }
}

fn of_group() -> Prior<2> {
    Prior {
        mean: [0.05, 1.0],
        deviation: [0.3, 0.5],
        room_spread: [0.0; 2],
        noise: 0.02,
        relative_noise: 0.10,
    }
}

fn of_others() -> Prior<2> {
    Prior { mean: [0.1, 0.0], ..of_group() }
}

/// A thread is a part of its group: one of several workers, one of several mixers.
fn of_thread() -> Prior<4> {
    Prior {
        mean: [0.05, 0.1, 0.15, 0.3],
        deviation: [0.1, 0.1, 0.15, 0.3],
        room_spread: [0.0; 4],
        noise: 0.02,
        relative_noise: 0.10,
    }
}

#[cfg(test)]
mod tests {
    use super::super::capacity::{CONFIDENT, PROCESSORS_HARD};
    use super::super::scores::Level;
    use super::*;

    const CORES: f64 = 8.0;
    /// What ffmpeg took in one busy hour of eight.
    const PROCESSING: f64 = 1.8;

    /// Four weeks of days with eight busy hours, of 10 to 80 people.
    fn weeks() -> Vec<ProcessorMinute> {
        let minute = |minute: i64| {
            let (day, hour) = (minute / 1440, minute / 60 % 24);
            let people = if (8..16).contains(&hour) { 10.0 * (hour - 7) as f64 } else { 0.0 };
            let drivers = [people / 2.0, people * 4.0, people];
            let wavers = 1.0 + 0.02 * ((minute * 7919 % 101) as f64 / 50.0 - 1.0);
            let cores = [0, 1, 2].map(|k| (0.05 + drivers[k] * PUBLISHED[k]) * wavers);
            let processed = if (day + hour) % 8 == 0 { PROCESSING } else { 0.0 };
            ProcessorMinute {
                minute,
                day: day as i32,
                drivers,
                cores,
                other_cores: 0.1 + processed,
                busiest_thread: cores[2],
            }
        };
        (0..28 * 1440).map(minute).collect()
    }

    fn cores_of(people: f64) -> f64 {
        people * (PUBLISHED[0] / 2.0 + 4.0 * PUBLISHED[1] + PUBLISHED[2])
    }

    fn chance(processors: &Processors, people: f64) -> f64 {
        let mix = processors.mix([people / 2.0, people * 4.0, people]);
        mix.probability_below(PROCESSORS_HARD * CORES)
    }

    #[test]
    fn recordings_come_on_top_of_rooms_and_do_not_grow_with_them() {
        let processors = Processors::of(&weeks()).unwrap();
        // Half of the cores: what is processed beside it fits too.
        assert!(chance(&processors, 100.0) > 0.98, "{}", chance(&processors, 100.0));
        // It fits unless a recording is processed, in one hour of eight.
        let near = 4.9 / cores_of(1.0);
        let fits = chance(&processors, near);
        assert!((0.80..0.90).contains(&fits) && fits < CONFIDENT, "{fits}");
        let range = processors.mix([near / 2.0, near * 4.0, near]).range(Level::NINETY_FIVE);
        assert!(range.holds(5.2) && range.holds(5.2 + PROCESSING), "{range:?}");
    }
}
