//! Sets of frame sequences as ranges: which frames are durable, which are still to be sent.
//!
//! Live frames overtake the backlog, so a set has a few holes for a while and closes again.

/// A set of sequences, kept as ordered, disjoint, non-adjacent inclusive ranges.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SequenceSet {
    ranges: Vec<(u64, u64)>,
}

impl SequenceSet {
    /// The empty set.
    pub fn new() -> Self {
        Self::default()
    }

    /// Whether the set holds `sequence`.
    pub fn contains(&self, sequence: u64) -> bool {
        let after = self.ranges.partition_point(|&(first, _)| first <= sequence);
        after > 0 && self.ranges[after - 1].1 >= sequence
    }

    /// Whether the set holds all of `first..=last`; nothing is held of a range that ends before it
    /// begins.
    pub fn contains_range(&self, first: u64, last: u64) -> bool {
        let after = self.ranges.partition_point(|&(begin, _)| begin <= first);
        first <= last && after > 0 && self.ranges[after - 1].1 >= last
    }

    /// Adds one sequence; false if it was there.
    pub fn insert(&mut self, sequence: u64) -> bool {
        if self.contains(sequence) {
            return false;
        }
        self.insert_range(sequence, sequence);
        true
    }

    /// Adds `first..=last`; nothing if `last < first`.
    pub fn insert_range(&mut self, first: u64, last: u64) {
        if last < first {
            return;
        }
        let begin = self.ranges.partition_point(|&(_, end)| end < first.saturating_sub(1));
        let end = self.ranges.partition_point(|&(start, _)| start <= last.saturating_add(1));
        if begin == end {
            self.ranges.insert(begin, (first, last));
        } else {
            let merged = (first.min(self.ranges[begin].0), last.max(self.ranges[end - 1].1));
            self.ranges.splice(begin..end, [merged]);
        }
    }

    /// Forgets everything below `sequence`.
    pub fn remove_below(&mut self, sequence: u64) {
        self.ranges.retain(|&(_, last)| last >= sequence);
        if let Some((first, _)) = self.ranges.first_mut() {
            *first = (*first).max(sequence);
        }
    }

    /// The ranges, in order, both ends included.
    pub fn ranges(&self) -> &[(u64, u64)] {
        &self.ranges
    }

    /// How many sequences the set holds.
    pub fn count(&self) -> u64 {
        let counts = self.ranges.iter().map(|(first, last)| (last - first).saturating_add(1));
        counts.fold(0, u64::saturating_add)
    }

    /// Whether the set is empty.
    pub fn is_empty(&self) -> bool {
        self.ranges.is_empty()
    }
}

impl FromIterator<u64> for SequenceSet {
    fn from_iter<I: IntoIterator<Item = u64>>(sequences: I) -> Self {
        let mut set = Self::new();
        for sequence in sequences {
            set.insert(sequence);
        }
        set
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    #[test]
    fn ends_of_the_number_line() {
        let mut set = SequenceSet::new();
        set.insert(u64::MAX);
        set.insert(0);
        set.insert(u64::MAX - 1);
        assert_eq!(set.ranges(), [(0, 0), (u64::MAX - 1, u64::MAX)]);
    }

    proptest! {
        #[test]
        fn equals_a_plain_set(
            ranges in prop::collection::vec((0u64..60, 0u64..6), 0..40),
            below in 0u64..70,
        ) {
            let mut set = SequenceSet::new();
            let mut plain = BTreeSet::new();
            for (first, length) in ranges {
                if length == 0 {
                    prop_assert_eq!(set.insert(first), plain.insert(first));
                } else {
                    set.insert_range(first, first + length);
                    plain.extend(first..=first + length);
                }
            }
            set.remove_below(below);
            plain.retain(|&s| s >= below);
            for sequence in 0..80 {
                prop_assert_eq!(set.contains(sequence), plain.contains(&sequence));
                for last in 0..80 {
                    let all = sequence <= last && (sequence..=last).all(|s| plain.contains(&s));
                    prop_assert_eq!(set.contains_range(sequence, last), all);
                }
            }
            prop_assert_eq!(set.count(), plain.len() as u64);
            let touching = set.ranges().windows(2).any(|pair| pair[0].1 + 1 >= pair[1].0);
            prop_assert!(!touching, "{:?}", set.ranges());
        }
    }
}
