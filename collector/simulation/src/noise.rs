//! Noise by seed, so that curves look measured, not drawn: a fast part for each slot of ten
//! seconds and a slow one that wanders over minutes.

use super::calendar::SECOND_MS;
use super::chance::{key, unit};

/// Noise is constant in a slot, and walks go from slot to slot.
pub(super) const SLOT_MS: i64 = 10 * SECOND_MS;

/// Slots between two points of the slow part.
const SLOW_SLOTS: i64 = 30;

/// Where noise is looked up: a host by its key, and a moment.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place {
    pub(super) host_key: u64,
    pub(super) slot_ms: i64,
}

/// The noise of one slot: factors around 1.
#[derive(Debug, Clone, Copy)]
pub(super) struct Noise {
    pub(super) received: f64,
    pub(super) sent: f64,
    pub(super) busy: f64,
    /// Of what goes on without people: never below 0.4, now and then several times the usual.
    pub(super) background: f64,
}

impl Noise {
    /// The noise of a host, by its key, in the slot that begins at a moment.
    pub(super) fn of(host_key: u64, slot_ms: i64) -> Self {
        let slot = slot_ms.div_euclid(SLOT_MS);
        let slow = |what: u64| {
            let place = slot.rem_euclid(SLOW_SLOTS) as f64 / SLOW_SLOTS as f64;
            let at = |point: i64| unit(key(&[host_key, what, point as u64])) * 2.0 - 1.0;
            let point = slot.div_euclid(SLOW_SLOTS);
            at(point) * (1.0 - place) + at(point + 1) * place
        };
        let mut bits = key(&[host_key, slot as u64]);
        let mut fast = || {
            let part = (bits & 0xffff) as f64 / 32_768.0 - 1.0;
            bits >>= 16;
            part
        };
        let burst = fast();
        Self {
            received: 1.0 + 0.03 * fast() + 0.04 * slow(1),
            sent: 1.0 + 0.025 * fast() + 0.05 * slow(2),
            busy: 1.0 + 0.05 * fast() + 0.06 * slow(3),
            background: 1.0 + 0.6 * burst + if burst > 0.96 { 6.0 } else { 0.0 },
        }
    }
}

/// How a core is busier (or less busy) than the mean, -1 to 1: two neighbours cancel out.
pub(super) fn imbalance(Place { host_key, slot_ms }: Place, core: usize) -> f64 {
    // Threads stay where they are for a minute or so.
    let while_ms = slot_ms.div_euclid(6 * SLOT_MS);
    let pair = unit(key(&[host_key, 7, while_ms as u64, core as u64 / 2])) * 2.0 - 1.0;
    if core.is_multiple_of(2) { pair } else { -pair }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn noise_is_small_and_around_one() {
        let slots = (0..20_000).map(|slot| Noise::of(3, slot * SLOT_MS)).collect::<Vec<_>>();
        let mean = |of: fn(&Noise) -> f64| slots.iter().map(of).sum::<f64>() / slots.len() as f64;
        for mean in [mean(|noise| noise.sent), mean(|n| n.received), mean(|n| n.busy)] {
            assert!((0.995..1.005).contains(&mean), "{mean}");
        }
        assert!(slots.iter().all(|noise| (0.88..1.12).contains(&noise.busy)));
        assert!(slots.iter().all(|noise| noise.background > 0.39));
        let rough = slots.windows(2).filter(|pair| pair[0].sent != pair[1].sent).count();
        assert!(rough > 19_000, "{rough}");
    }
}
