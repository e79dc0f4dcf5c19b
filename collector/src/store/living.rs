//! Which series live, and how many that are: those that had a sample within the last hours. What the
//! names of all series take in memory is counted too, for the index never forgets.
//!
//! It reads no clock: the hour is told by whoever looks after the store.

use std::collections::HashMap;

use super::symbols::Symbol;

/// A series lives for so many hours after its last sample.
const LIFE_HOURS: u32 = 6;

/// Looking goes through all series, which takes some milliseconds for a million.
const LOOK_INTERVAL_MS: u64 = 30_000;

const HOUR_MS: i64 = 3_600_000;

/// How many series there may be, and what their names may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SeriesLimits {
    /// The most living series of one instance.
    pub per_instance: usize,
    /// The most living series of all.
    pub all: usize,
    /// The most that the names of all series take in memory, in bytes.
    pub label_bytes: u64,
}

/// Who wants a series made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Claim {
    /// An agent, about its own host, or the collector about itself.
    Own,
    /// A writer, who may take three quarters of what there is room for: the rest is for agents.
    Guest,
}

/// A series that is not made.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SeriesLimit {
    /// Its instance has too many that live.
    #[error("instance {instance:?} has {limit} series, the most it may have")]
    Instance {
        /// Which.
        instance: String,
        /// The most for whoever asked.
        limit: usize,
    },
    /// The store has too many that live.
    #[error("the store has {limit} series, the most it may have ([store] series)")]
    All {
        /// The most for whoever asked.
        limit: usize,
    },
    /// Names take too much memory.
    #[error("names of series take {limit} bytes, the most they may take ([store] label_bytes)")]
    Labels {
        /// The most for whoever asked.
        limit: u64,
    },
    /// The names of one instance do.
    #[error("names of instance {instance:?} take {limit} bytes, the most of one instance")]
    InstanceLabels {
        /// Which.
        instance: String,
        /// The most for whoever asked.
        limit: u64,
    },
}

/// What one instance has.
#[derive(Debug, Clone, Copy, Default)]
struct Use {
    living: usize,
    label_bytes: u64,
}

/// A series by what is counted of it.
#[derive(Debug, Clone, Copy)]
pub struct Counted {
    /// Its instance, if it has one.
    pub instance: Option<Symbol>,
    /// What its names take that was not there before, in bytes.
    pub bytes: u64,
}

/// The count.
pub struct Living {
    limits: SeriesLimits,
    /// When it was looked last, Unix time in milliseconds, and in hours.
    looked_ms: Option<i64>,
    hour: u32,
    /// By id: the hour in which it was last known to have samples.
    seen: Vec<u32>,
    all: usize,
    label_bytes: u64,
    by_instance: HashMap<Option<Symbol>, Use>,
}

impl Claim {
    /// What a limit is for it.
    fn share(self, limit: u64) -> u64 {
        match self {
            Self::Own => limit,
            Self::Guest => limit - limit / 4,
        }
    }
}

impl Living {
    pub fn new(limits: SeriesLimits) -> Self {
        let by_instance = HashMap::new();
        Self {
            limits,
            looked_ms: None,
            hour: 0,
            seen: Vec::new(),
            all: 0,
            label_bytes: 0,
            by_instance,
        }
    }

    /// How many series live.
    pub fn count(&self) -> usize {
        self.all
    }

    /// What the names of all series take, in bytes.
    pub fn label_bytes(&self) -> u64 {
        self.label_bytes
    }

    /// Whether there is room for one more series of an instance, whose name is `instance`.
    pub fn check_room(
        &self,
        symbol: Option<Symbol>,
        instance: &str,
        claim: Claim,
    ) -> Result<(), SeriesLimit> {
        let SeriesLimits { per_instance, all, label_bytes } = self.limits;
        let of = symbol.and_then(|_| self.by_instance.get(&symbol)).copied().unwrap_or_default();
        let limit = claim.share(label_bytes);
        if self.label_bytes >= limit {
            return Err(SeriesLimit::Labels { limit });
        }
        let limit = claim.share(label_bytes / 4);
        if symbol.is_some() && of.label_bytes >= limit {
            return Err(SeriesLimit::InstanceLabels { instance: instance.to_owned(), limit });
        }
        let limit = claim.share(all as u64) as usize;
        if self.all >= limit {
            return Err(SeriesLimit::All { limit });
        }
        let limit = claim.share(per_instance as u64) as usize;
        if symbol.is_some() && of.living >= limit {
            return Err(SeriesLimit::Instance { instance: instance.to_owned(), limit });
        }
        Ok(())
    }

    /// Counts a series that is made now, which lives, the next by its id.
    pub fn add_new(&mut self, counted: Counted) {
        self.count_labels(counted);
        self.seen.push(self.hour);
        self.all += 1;
        self.by_instance.entry(counted.instance).or_default().living += 1;
    }

    /// Counts a series that was made before: whether it lives, its samples will tell.
    pub fn add_old(&mut self, counted: Counted) {
        self.count_labels(counted);
        self.seen.push(0);
    }

    /// One that has no name any more keeps its place.
    pub fn add_nameless(&mut self) {
        self.seen.push(0);
    }

    fn count_labels(&mut self, Counted { instance, bytes }: Counted) {
        self.label_bytes += bytes;
        self.by_instance.entry(instance).or_default().label_bytes += bytes;
    }

    /// Whether it is worth while to look again.
    pub fn is_due(&self, now_ms: i64) -> bool {
        self.looked_ms.is_none_or(|last_ms| now_ms.abs_diff(last_ms) >= LOOK_INTERVAL_MS)
    }

    /// Looks at a moment which series live: those with samples in memory, whose ids are given, and
    /// those that had some lately. `instance_of` tells the instance of a series.
    pub fn look(
        &mut self,
        now_ms: i64,
        present: impl Iterator<Item = u32>,
        instance_of: impl Fn(u32) -> Option<Symbol>,
    ) {
        let hour = (now_ms / HOUR_MS).clamp(0, i64::from(u32::MAX)) as u32;
        (self.looked_ms, self.hour) = (Some(now_ms), hour);
        for id in present {
            if let Some(seen) = self.seen.get_mut(id as usize) {
                *seen = hour;
            }
        }
        self.all = 0;
        self.by_instance.values_mut().for_each(|of| of.living = 0);
        for (id, seen) in (0..).zip(&mut self.seen) {
            // A clock that was ahead and has been put back made it so.
            *seen = hour.min(*seen);
            if *seen > 0 && hour - *seen < LIFE_HOURS {
                self.all += 1;
                self.by_instance.entry(instance_of(id)).or_default().living += 1;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::symbols::Symbols;
    use super::*;

    const LIMITS: SeriesLimits = SeriesLimits { per_instance: 4, all: 8, label_bytes: 4000 };

    struct Scene {
        living: Living,
        symbols: Symbols,
        instances: Vec<Symbol>,
    }

    impl Scene {
        fn new() -> Self {
            let (symbols, instances) = (Symbols::default(), Vec::new());
            Self { living: Living::new(LIMITS), symbols, instances }
        }

        fn make(&mut self, instance: &str, claim: Claim) -> Result<(), SeriesLimit> {
            let symbol = self.symbols.intern(instance);
            self.living.check_room(Some(symbol), instance, claim)?;
            self.living.add_new(Counted { instance: Some(symbol), bytes: 10 });
            self.instances.push(symbol);
            Ok(())
        }

        fn look(&mut self, hour: u32, present: &[u32]) {
            let instances = &self.instances;
            self.living.look(i64::from(hour) * HOUR_MS, present.iter().copied(), |id| {
                Some(instances[id as usize])
            });
        }
    }

    #[test]
    fn only_series_that_live_take_room() {
        let mut scene = Scene::new();
        (0..4).for_each(|_| scene.make("a", Claim::Own).unwrap());
        let full = scene.make("a", Claim::Own).unwrap_err().to_string();
        assert_eq!(full, "instance \"a\" has 4 series, the most it may have");
        scene.look(1000, &[0, 1, 2, 3]);
        assert!(scene.make("a", Claim::Own).is_err());
        // Three are seen again; the fourth is forgotten hours later.
        scene.look(1000 + LIFE_HOURS - 1, &[0, 1, 2]);
        assert_eq!(scene.living.count(), 4);
        scene.look(1000 + LIFE_HOURS, &[]);
        assert_eq!(scene.living.count(), 3);
        scene.make("a", Claim::Own).unwrap();
        assert!(scene.make("a", Claim::Own).is_err());
        // A clock that was far ahead locks nobody out for long.
        scene.look(90_000, &[0, 1, 2, 3, 4]);
        scene.look(2000, &[]);
        assert_eq!(scene.living.count(), 5);
        scene.look(2000 + LIFE_HOURS, &[]);
        assert_eq!(scene.living.count(), 0);
        scene.make("a", Claim::Own).unwrap();
    }

    #[test]
    fn writers_leave_a_quarter_to_agents() {
        let mut scene = Scene::new();
        (0..3).for_each(|_| scene.make("a", Claim::Guest).unwrap());
        assert!(matches!(
            scene.make("a", Claim::Guest),
            Err(SeriesLimit::Instance { limit: 3, .. })
        ));
        scene.make("a", Claim::Own).unwrap();
        scene.make("b", Claim::Guest).unwrap();
        scene.make("c", Claim::Guest).unwrap();
        assert!(matches!(scene.make("d", Claim::Guest), Err(SeriesLimit::All { limit: 6 })));
        scene.make("d", Claim::Own).unwrap();
        scene.make("d", Claim::Own).unwrap();
        assert!(matches!(scene.make("d", Claim::Own), Err(SeriesLimit::All { limit: 8 })));
    }

    #[test]
    fn names_take_room_whether_their_series_live_or_not() {
        let mut scene = Scene::new();
        let mut refused = |instance: &str, bytes, claim| {
            let symbol = scene.symbols.intern(instance);
            scene.living.add_old(Counted { instance: Some(symbol), bytes });
            scene.living.check_room(Some(symbol), instance, claim).unwrap_err()
        };
        let one = refused("a", 1000, Claim::Own);
        assert!(matches!(one, SeriesLimit::InstanceLabels { limit: 1000, .. }), "{one}");
        assert_eq!(refused("b", 2000, Claim::Guest), SeriesLimit::Labels { limit: 3000 });
        assert_eq!(refused("c", 1000, Claim::Own), SeriesLimit::Labels { limit: 4000 });
    }
}
