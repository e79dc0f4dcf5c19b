//! Which samples a reader will look at: those in the windows before its points. No I/O.

use crate::samples::{Hints, TimeRange};

/// The windows of a reader's points over a range of time.
#[derive(Debug, Clone, Copy)]
pub struct Wanted {
    range: TimeRange,
    step_ms: i64,
    range_ms: i64,
}

impl Wanted {
    pub fn new(range: TimeRange, Hints { step_ms, range_ms }: Hints) -> Self {
        Self { range, step_ms, range_ms }
    }

    /// The whole range.
    pub fn range(&self) -> TimeRange {
        self.range
    }

    /// The windows that touch a span, cut to the whole range and in order; they do not overlap.
    pub fn within(&self, span: TimeRange) -> impl Iterator<Item = TimeRange> {
        let Self { step_ms, range_ms, .. } = *self;
        let apart = step_ms > range_ms;
        // The first point is a whole window behind the beginning of the range.
        let first = self.range.from_ms.saturating_add(range_ms);
        let step = step_ms.max(1);
        let skipped = (span.from_ms.saturating_sub(first)).max(0) / step;
        let point = move |n: i64| first.saturating_add((skipped + n).saturating_mul(step));
        let all = self.range;
        let windows = (0..)
            .map(point)
            .map(move |point| TimeRange { from_ms: point - range_ms, to_ms: point });
        let windows = windows.take_while(move |window| window.from_ms <= span.to_ms.min(all.to_ms));
        let whole = (!apart).then_some(all);
        let windows = apart.then_some(windows).into_iter().flatten();
        whole.into_iter().chain(windows).filter_map(move |window| {
            let from_ms = window.from_ms.max(span.from_ms).max(all.from_ms);
            let to_ms = window.to_ms.min(span.to_ms).min(all.to_ms);
            (from_ms <= to_ms).then_some(TimeRange { from_ms, to_ms })
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn windows_apart_are_cut_out_and_others_joined() {
        let check = |step_ms, range_ms, span: (i64, i64), expected: &[(i64, i64)]| {
            let range = TimeRange { from_ms: 100, to_ms: 1000 };
            let wanted = Wanted::new(range, Hints { step_ms, range_ms });
            let span = TimeRange { from_ms: span.0, to_ms: span.1 };
            let found: Vec<(i64, i64)> =
                wanted.within(span).map(|window| (window.from_ms, window.to_ms)).collect();
            assert_eq!(found, expected, "{step_ms} {range_ms} {span:?}");
        };
        // Points at 150, 450, 750 and beyond.
        check(300, 50, (0, 2000), &[(100, 150), (400, 450), (700, 750), (1000, 1000)]);
        check(300, 50, (420, 720), &[(420, 450), (700, 720)]);
        check(300, 50, (451, 699), &[]);
        check(50, 50, (200, 300), &[(200, 300)]);
        check(0, 50, (0, 2000), &[(100, 1000)]);
        check(300, 50, (2000, 3000), &[]);
    }
}
