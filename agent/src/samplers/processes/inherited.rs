//! What members that have ended used, which those who wait for them will tell once more: so that what
//! was counted already is not counted again.

use std::collections::HashMap;

use super::stat::Ticks;

#[derive(Default)]
pub struct Inherited {
    /// By who waits; what came since the last scan, and what was there before.
    by_heir: HashMap<u32, [Ticks; 2]>,
}

impl Inherited {
    /// A member has ended that had used so much.
    pub fn add(&mut self, heir: u32, used: Ticks) {
        let [new, _] = self.by_heir.entry(heir).or_default();
        *new = *new + used;
    }

    /// How much of what `heir` has waited for is known; it is known once.
    pub fn take(&mut self, heir: u32, waited_for: Ticks) -> Ticks {
        let Some([new, old]) = self.by_heir.get_mut(&heir) else { return Ticks::default() };
        let from_old = old.min(waited_for);
        let from_new = new.min(waited_for - from_old);
        (*old, *new) = (*old - from_old, *new - from_new);
        from_old + from_new
    }

    /// What nobody has waited for by the next scan but one was waited for by somebody else.
    pub fn forget(&mut self) {
        self.by_heir.retain(|_, [new, old]| {
            *old = std::mem::take(new);
            *old != Ticks::default()
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ticks(user: u64, system: u64) -> Ticks {
        Ticks { user, system }
    }

    #[test]
    fn what_was_counted_is_taken_off_once_and_not_for_ever() {
        let mut inherited = Inherited::default();
        inherited.add(7, ticks(10, 2));
        assert_eq!(inherited.take(8, ticks(9, 9)), ticks(0, 0), "another's");
        assert_eq!(inherited.take(7, ticks(4, 4)), ticks(4, 2));
        inherited.forget();
        inherited.add(7, ticks(1, 1));
        assert_eq!(inherited.take(7, ticks(100, 100)), ticks(7, 1));
        assert_eq!(inherited.take(7, ticks(100, 100)), ticks(0, 0));
        inherited.add(7, ticks(5, 5));
        inherited.forget();
        inherited.forget();
        assert_eq!(inherited.take(7, ticks(5, 5)), ticks(0, 0), "nobody waited for it");
    }
}
