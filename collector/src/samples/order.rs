//! Sorting that hears a stop: of half a million texts it would else take longer than anybody who
//! went away should be worked for.

use std::cmp::Ordering;

use super::budget::Budget;
use super::error::ReadError;

/// So many items are sorted, or moved, between two looks at the budget.
const TURN: usize = 4096;

/// The items in order; those that are equal stay as they were. Takes the memory of the items
/// themselves, without what they point at, once more while it works.
pub fn sorted<T>(
    items: Vec<T>,
    budget: &Budget,
    compare: impl Fn(&T, &T) -> Ordering,
) -> Result<Vec<T>, ReadError> {
    budget.check()?;
    let mut items = items;
    if items.len() <= TURN {
        items.sort_by(compare);
        return Ok(items);
    }
    let _copy = budget.lend(size_of_val(items.as_slice()) as u64)?;
    let mut runs = Vec::with_capacity(items.len().div_ceil(TURN));
    while !items.is_empty() {
        budget.check()?;
        let mut run = items.split_off(items.len().saturating_sub(TURN));
        run.sort_by(&compare);
        runs.push(run);
    }
    drop(items);
    runs.reverse();
    while runs.len() > 1 {
        let mut merged = Vec::with_capacity(runs.len().div_ceil(2));
        let mut left = runs.into_iter();
        while let Some(first) = left.next() {
            merged.push(match left.next() {
                Some(second) => merge(first, second, budget, &compare)?,
                None => first,
            });
        }
        runs = merged;
    }
    Ok(runs.pop().unwrap_or_default())
}

fn merge<T>(
    first: Vec<T>,
    second: Vec<T>,
    budget: &Budget,
    compare: &impl Fn(&T, &T) -> Ordering,
) -> Result<Vec<T>, ReadError> {
    let mut merged = Vec::with_capacity(first.len() + second.len());
    let (mut first, mut second) = (first.into_iter().peekable(), second.into_iter().peekable());
    loop {
        if merged.len() % TURN == 0 {
            budget.check()?;
        }
        let next = match (first.peek(), second.peek()) {
            (Some(a), Some(b)) if compare(b, a).is_lt() => second.next(),
            (Some(_), Some(_) | None) => first.next(),
            (None, Some(_) | None) => second.next(),
        };
        match next {
            Some(item) => merged.push(item),
            None => return Ok(merged),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::samples::{Limits, Pool, Stop};

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(20))]
        #[test]
        fn equals_a_stable_sort(length in 0_usize..30_000, range in 1_u32..50_000) {
            let item = |n: usize| ((n as u32).wrapping_mul(2_654_435_761) % range, n);
            let items: Vec<(u32, usize)> = (0..length).map(item).collect();
            let mut expected = items.clone();
            expected.sort_by_key(|item| item.0);
            let budget = Budget::unlimited();
            let found = sorted(items, &budget, |a, b| a.0.cmp(&b.0)).unwrap();
            prop_assert_eq!(found, expected);
            prop_assert_eq!(budget.held(), 0);
        }
    }

    #[test]
    fn a_stop_ends_it_between_two_turns() {
        let limits = Limits { samples: 0, series: 0, bytes: u64::MAX };
        let stop = Stop::default();
        let budget = Budget::new(limits, Pool::new(u64::MAX), stop.clone());
        let compared = std::cell::Cell::new(0);
        let found = sorted((0..100_000).collect(), &budget, |a: &u32, b| {
            compared.set(compared.get() + 1);
            if compared.get() == 50_000 {
                stop.set();
            }
            b.cmp(a)
        });
        assert!(matches!(found, Err(ReadError::Stopped)));
        assert!(compared.get() < 50_000 + TURN * 13, "{} compared", compared.get());
    }
}
