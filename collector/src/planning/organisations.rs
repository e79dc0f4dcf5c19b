//! Who uses a link: what was sent, split by the streams of each organisation and the host's own
//! factors, so that all parts and the base sum to what the interface counted.

use super::doubt::Doubt;
use super::room::ByKind;

/// Parts may be above the whole by so much before it is worth a word: factors are means.
const NOTEWORTHY: f64 = 1.25;

/// One organisation in one minute.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Part {
    /// What the formula expects of its audio and cameras, in Mbit/s.
    pub expected: ByKind,
    /// People who might see another's screen: people less rooms. Nothing tells whose screens are
    /// shared, so shares are split by this.
    pub onlookers: f64,
}

/// What one minute was, in Mbit/s.
#[derive(Debug, Clone, PartialEq)]
pub struct Split {
    /// What leaves when nobody is there.
    pub base_mbit: f64,
    /// Each organisation's part, in the order given.
    pub parts_mbit: Vec<f64>,
    /// Parts beyond the whole before they were scaled.
    pub doubt: Option<Doubt>,
}

/// Splits what a host sent; `factors` are of base, audio, cameras and shares, `shares_mbit` is what
/// the formula expects of all its shares.
pub fn split(parts: &[Part], factors: &[f64; 4], shares_mbit: f64, sent_mbit: f64) -> Split {
    let [base, audio, cameras, share] = *factors;
    let onlookers = parts.iter().map(|part| part.onlookers.max(0.0)).sum::<f64>();
    let own = |part: &Part| {
        let seen = if onlookers > 0.0 { part.onlookers.max(0.0) / onlookers } else { 0.0 };
        part.expected.audio * audio + part.expected.cameras * cameras + seen * shares_mbit * share
    };
    let expected: Vec<f64> = parts.iter().map(own).collect();
    let sum = expected.iter().sum::<f64>();
    let sent_mbit = sent_mbit.max(0.0);
    let base_mbit = if sum > 0.0 { base.clamp(0.0, sent_mbit) } else { sent_mbit };
    let scale = if sum > 0.0 { (sent_mbit - base_mbit) / sum } else { 0.0 };
    let ratio = (sum + base_mbit) / sent_mbit.max(f64::MIN_POSITIVE);
    Split {
        base_mbit,
        parts_mbit: expected.into_iter().map(|mbit| mbit * scale).collect(),
        doubt: (sum > 0.0 && ratio > NOTEWORTHY).then_some(Doubt::PartsAboveWhole { ratio }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn part(audio: f64, cameras: f64, onlookers: f64) -> Part {
        Part { expected: ByKind { audio, cameras, shares: 0.0 }, onlookers }
    }

    #[test]
    fn parts_and_base_sum_to_what_was_counted() {
        let parts = [part(1.0, 4.0, 9.0), part(1.0, 0.0, 1.0)];
        let split = split(&parts, &[0.5, 1.0, 1.0, 1.0], 10.0, 16.5);
        assert_eq!(split.base_mbit, 0.5);
        assert_eq!(split.parts_mbit, [14.0, 2.0]);
        assert_eq!(split.doubt, None);
    }

    #[test]
    fn parts_above_the_counter_are_scaled_and_said() {
        let split = split(&[part(4.0, 4.0, 0.0)], &[0.0, 1.0, 1.0, 1.0], 0.0, 4.0);
        assert_eq!(split.parts_mbit, [4.0]);
        assert_eq!(split.doubt, Some(Doubt::PartsAboveWhole { ratio: 2.0 }));
    }

    #[test]
    fn without_rooms_all_is_base() {
        let split = split(&[], &[0.1, 1.0, 1.0, 1.0], 0.0, 3.0);
        assert_eq!((split.base_mbit, split.parts_mbit.len(), split.doubt), (3.0, 0, None));
    }
}
