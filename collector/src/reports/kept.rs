//! Models of hosts, each made once for a full hour and kept until the next: who asks again is answered
//! at once.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use jiff::tz::TimeZone;

use super::cycles::{HostCycle, Moment};
use super::host::HostModel;
use super::occasion::Occasion;
use super::past::{self, Asked};
use super::plan::{HostContract, Plan};
use super::servers::{Found, demand};
use super::settings;
use crate::offers::Outlook;
use crate::planning::minute::Minute;
use crate::samples::{ReadError, Reader};
use crate::store::Records;

const HOUR_MS: i64 = 3_600_000;

/// What hosts sent before the full hour has come in by then.
const LATE_MS: i64 = 60_000;

/// Models that are kept; those of other hosts are made anew each time.
const MOST_HOSTS: usize = 200;

/// The plan, and what is known of hosts by it.
pub struct Plans {
    /// What is configured.
    pub plan: Plan,
    /// Where days begin and end.
    pub zone: TimeZone,
    places: Mutex<BTreeMap<String, Arc<Place>>>,
    /// What was found of offers for the rooms of a host, which costs a while.
    found: Hourly<Found>,
    /// How the running cycles of bills go on; none where too little was measured.
    outlooks: Hourly<Option<Outlook>>,
}

/// What was found of hosts, each at a full hour and of one past.
struct Hourly<T> {
    all: Mutex<BTreeMap<String, OfHour<T>>>,
}

/// What was found of one of them.
struct OfHour<T> {
    until_ms: i64,
    version: Option<u64>,
    found: Arc<T>,
}

/// Of which host something is wanted, and when.
#[derive(Debug, Clone, Copy)]
pub struct Wanted<'a> {
    /// The host.
    pub instance: &'a str,
    /// When it is asked, Unix time in milliseconds.
    pub now_ms: i64,
}

/// What models are read from.
#[derive(Clone, Copy)]
pub struct Sources<'a> {
    /// The samples.
    pub reader: Reader<'a>,
    /// Meetings.
    pub records: &'a Records,
}

/// Where one host's model is kept; whoever makes it holds the lock.
type Place = Mutex<Option<Kept>>;

#[derive(Clone)]
struct Kept {
    model: Arc<HostModel>,
    /// The version of the settled past that it was made from.
    version: Option<u64>,
}

impl Plans {
    /// Nothing is known yet.
    pub fn new(plan: Plan, zone: TimeZone) -> Self {
        let (found, outlooks) = (Hourly::empty(), Hourly::empty());
        Self { plan, zone, places: Mutex::default(), found, outlooks }
    }

    /// The full hour that reports are of.
    pub fn hour(now_ms: i64) -> i64 {
        (now_ms - LATE_MS).div_euclid(HOUR_MS) * HOUR_MS
    }

    /// The model of a host at the last full hour, made if it is not there.
    pub fn model(
        &self,
        sources: Sources<'_>,
        instance: &str,
        now_ms: i64,
    ) -> Result<Arc<HostModel>, ReadError> {
        let until_ms = Self::hour(now_ms);
        let version = sources.reader.samples.settled().map(|settled| settled.version);
        let Some(place) = self.place(instance) else {
            return Ok(Arc::new(self.make(sources, instance, until_ms)?));
        };
        let mut kept = locked(&place);
        let is_newest = |kept: &&Kept| kept.model.until_ms == until_ms && kept.version == version;
        if let Some(Kept { model, .. }) = kept.as_ref().filter(is_newest) {
            return Ok(Arc::clone(model));
        }
        let model = Arc::new(self.make(sources, instance, until_ms)?);
        *kept = Some(Kept { model: Arc::clone(&model), version });
        Ok(model)
    }

    /// The model of a host as it was made last, if it was: nothing is read for it.
    pub fn known(&self, instance: &str) -> Option<Arc<HostModel>> {
        let place = locked(&self.places).get(instance).map(Arc::clone)?;
        // While it is made anew, nothing is known for a moment.
        let kept = place.try_lock().ok()?;
        kept.as_ref().map(|kept| Arc::clone(&kept.model))
    }

    /// The minutes of a host between two moments, of at most a few days.
    pub fn minutes(
        &self,
        sources: Sources<'_>,
        instance: &str,
        [from_ms, until_ms]: [i64; 2],
    ) -> Result<Vec<Minute>, ReadError> {
        let Sources { reader, records } = sources;
        let link_mbit = self.plan.links_mbit.get(instance).copied();
        let settings = settings::read(reader, instance, past::remembered(until_ms))?;
        let zone = &self.zone;
        let asked = Asked { instance, until_ms, zone, link_mbit, settings: &settings, records };
        past::minutes(reader, asked, from_ms)
    }

    /// What offers make of a host's rooms at the last full hour, found if it is not there.
    pub fn found<E>(
        &self,
        reader: Reader<'_>,
        wanted: Wanted<'_>,
        find: impl FnOnce() -> Result<Found, E>,
    ) -> Result<Arc<Found>, E> {
        self.found.at(reader, wanted, find)
    }

    /// The cycle of bills that runs at the last full hour, foreseen if it is not yet.
    pub fn cycle<'c>(
        &self,
        reader: Reader<'_>,
        contract: &'c HostContract,
        now_ms: i64,
    ) -> Result<HostCycle<'c>, ReadError> {
        let until_ms = Self::hour(now_ms);
        let at = Moment { until_ms, zone: &self.zone };
        let wanted = Wanted { instance: &contract.instance, now_ms };
        let outlook = self.outlooks.at(reader, wanted, || -> Result<_, ReadError> {
            let held = reader.budget.held();
            let carried = demand::carried(reader, &contract.instance, until_ms)?;
            let found = HostCycle::of(contract, &carried, at).outlook;
            reader.budget.release_to(held);
            Ok(found)
        })?;
        Ok(HostCycle::with(contract, Option::clone(&outlook), at))
    }

    fn place(&self, instance: &str) -> Option<Arc<Place>> {
        let mut places = locked(&self.places);
        if let Some(place) = places.get(instance) {
            return Some(Arc::clone(place));
        }
        (places.len() < MOST_HOSTS)
            .then(|| Arc::clone(places.entry(instance.to_owned()).or_default()))
    }

    fn make(
        &self,
        sources: Sources<'_>,
        instance: &str,
        until_ms: i64,
    ) -> Result<HostModel, ReadError> {
        let Sources { reader, records } = sources;
        let held = reader.budget.held();
        let link_mbit = self.plan.links_mbit.get(instance).copied();
        let settings = settings::read(reader, instance, past::remembered(until_ms))?;
        let zone = &self.zone;
        let asked = Asked { instance, until_ms, zone, link_mbit, settings: &settings, records };
        let past = past::read(reader, asked)?;
        let occasion = Occasion { instance, until_ms, media: &settings.media, plan: &self.plan };
        // Rows of the fit are about as large as the minutes that they are made of.
        reader.budget.hold(reader.budget.held().saturating_sub(held))?;
        let model = HostModel::of(&past, occasion);
        drop(past);
        reader.budget.release_to(held);
        Ok(model)
    }
}

impl<T> Hourly<T> {
    fn empty() -> Self {
        Self { all: Mutex::default() }
    }

    /// What is known of a host at the last full hour, found if it is not there.
    fn at<E>(
        &self,
        reader: Reader<'_>,
        wanted: Wanted<'_>,
        find: impl FnOnce() -> Result<T, E>,
    ) -> Result<Arc<T>, E> {
        let Wanted { instance, now_ms } = wanted;
        let until_ms = Plans::hour(now_ms);
        let version = reader.samples.settled().map(|settled| settled.version);
        let is_newest = |kept: &&OfHour<T>| kept.until_ms == until_ms && kept.version == version;
        let known =
            locked(&self.all).get(instance).filter(is_newest).map(|kept| Arc::clone(&kept.found));
        if let Some(found) = known {
            return Ok(found);
        }
        let found = Arc::new(find()?);
        let mut all = locked(&self.all);
        if all.len() < MOST_HOSTS || all.contains_key(instance) {
            let kept = OfHour { until_ms, version, found: Arc::clone(&found) };
            all.insert(instance.to_owned(), kept);
        }
        Ok(found)
    }
}

/// A lock whose holder panicked keeps what it had: a model is put there whole or not at all.
fn locked<T>(lock: &Mutex<T>) -> MutexGuard<'_, T> {
    lock.lock().unwrap_or_else(PoisonError::into_inner)
}
