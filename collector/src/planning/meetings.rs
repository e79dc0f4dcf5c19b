//! What each meeting was sent, where only the host's sum was counted: meetings differ from their host
//! by factors of their own, which show as others begin and end (best linear unbiased prediction:
//! Henderson 1975), and a screen is shared in those whose onlookers are as many as see one.

use nalgebra::{DMatrix, DVector};

use super::minute::Shares;
use super::prior::Prior;
use super::room::ByKind;

/// Kinds of streams in which meetings differ: audio, cameras, shares.
const KINDS: usize = 3;

/// Days with more meetings than this are told by the host's factors alone: a day is one system of
/// equations.
const MOST_MEETINGS: usize = 300;

/// So many ways to share screens are weighed in a minute; beyond, every onlooker is as likely.
const MOST_WAYS: usize = 4_000;

/// How likely it is, from minute to minute, that who shares goes on, and that who does not begins.
const GOES_ON: f64 = 0.97;
const BEGINS: f64 = 0.02;

/// A meeting of which nothing is known yet shares with this probability.
const AT_FIRST: f64 = 0.3;

/// Onlookers are told so finely: half a person, and a part of all.
const HALF_A_PERSON: f64 = 0.5;
const PART: f64 = 0.03;

/// A meeting in one minute.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Attended {
    /// Its place among all meetings.
    pub meeting: usize,
    /// What the formula expects of its audio, of its cameras, and of one shared screen.
    pub expected: ByKind,
    /// People who would see a screen if one were shared.
    pub onlookers: f64,
}

/// One minute of a host.
#[derive(Debug, Clone, PartialEq)]
pub struct Counted {
    /// Unix time in minutes.
    pub minute: i64,
    /// Its meetings.
    pub meetings: Vec<Attended>,
    /// Screens, those of all meetings.
    pub shares: Shares,
    /// What was sent, less the base.
    pub sent_mbit: f64,
}

/// What each meeting of each minute was sent, in Mbit/s, in the order given; of a minute all sum to
/// what was counted. `factors` are the host's, of base, audio, cameras and shares.
pub fn sent_to(minutes: &[Counted], prior: &Prior<4>, factors: &[f64; 4]) -> Vec<Vec<f64>> {
    let sharing = sharing(minutes);
    let mut sent = Vec::with_capacity(minutes.len());
    let mut done = 0;
    for day in minutes.chunk_by(|a, b| a.minute.div_euclid(1_440) == b.minute.div_euclid(1_440)) {
        let columns = columns(day, &sharing[done..]);
        done += day.len();
        let own = Own::of(day, &columns, Host { prior, factors });
        sent.extend(day.iter().zip(&columns).map(|(minute, columns)| {
            let of = |(one, x): (&Attended, &[f64; KINDS])| own.expected(one.meeting, x).max(0.0);
            let each: Vec<f64> = minute.meetings.iter().zip(columns).map(of).collect();
            let sum = each.iter().sum::<f64>();
            let scale = if sum > 0.0 { minute.sent_mbit.max(0.0) / sum } else { 0.0 };
            each.into_iter().map(|mbit| mbit * scale).collect()
        }));
    }
    sent
}

#[derive(Clone, Copy)]
struct Host<'h> {
    prior: &'h Prior<4>,
    factors: &'h [f64; 4],
}

/// What the formula expects of each meeting of each minute, a screen by how likely it is shared.
fn columns(day: &[Counted], sharing: &[Vec<f64>]) -> Vec<Vec<[f64; KINDS]>> {
    let of = |(minute, sharing): (&Counted, &Vec<f64>)| {
        let one = |(one, shares): (&Attended, &f64)| {
            [one.expected.audio, one.expected.cameras, one.expected.shares * shares]
        };
        minute.meetings.iter().zip(sharing).map(one).collect()
    };
    day.iter().zip(sharing).map(of).collect()
}

/// The factors of a day's meetings.
struct Own {
    factors: [f64; KINDS],
    /// How far each meeting is from them, by its place in `known`.
    apart: DVector<f64>,
    known: Vec<usize>,
}

impl Own {
    fn of(day: &[Counted], columns: &[Vec<[f64; KINDS]>], host: Host<'_>) -> Self {
        let [_, audio, cameras, shares] = *host.factors;
        let factors = [audio, cameras, shares];
        let mut known: Vec<usize> =
            day.iter().flat_map(|minute| minute.meetings.iter().map(|one| one.meeting)).collect();
        known.sort_unstable();
        known.dedup();
        let size = if known.len() > MOST_MEETINGS { 0 } else { known.len() * KINDS };
        let mut own = Self { factors, apart: DVector::zeros(known.len() * KINDS), known };
        if size > 0 {
            own.solve(day, columns, host.prior);
        }
        own
    }

    fn solve(&mut self, day: &[Counted], columns: &[Vec<[f64; KINDS]>], prior: &Prior<4>) {
        let size = self.apart.len();
        let mut gram = DMatrix::<f64>::zeros(size, size);
        let mut moment = DVector::<f64>::zeros(size);
        for place in 0..size {
            let kind = place % KINDS;
            let spread = (prior.room_spread[kind + 1] * self.factors[kind]).max(1e-3);
            gram[(place, place)] = 1.0 / (spread * spread);
        }
        for (minute, columns) in day.iter().zip(columns) {
            let entries = self.entries(minute, columns);
            let expected: f64 = entries.iter().map(|(at, x)| self.factors[at % KINDS] * x).sum();
            let noise = prior.noise.hypot(prior.relative_noise * expected);
            let weight = 1.0 / (noise * noise);
            let remainder = minute.sent_mbit - expected;
            if !remainder.is_finite() {
                continue;
            }
            for (at, x) in &entries {
                moment[*at] += weight * x * remainder;
                for (other, y) in &entries {
                    gram[(*at, *other)] += weight * x * y;
                }
            }
        }
        if let Some(solved) = gram.cholesky().map(|cholesky| cholesky.solve(&moment)) {
            self.apart = solved;
        }
    }

    /// What is not 0 of a minute: its place among the unknowns, and what the formula expects.
    fn entries(&self, minute: &Counted, columns: &[[f64; KINDS]]) -> Vec<(usize, f64)> {
        let of = |(one, columns): (&Attended, &[f64; KINDS])| {
            let place = self.known.binary_search(&one.meeting).unwrap_or(0) * KINDS;
            columns.map(|x| x).into_iter().enumerate().map(move |(kind, x)| (place + kind, x))
        };
        let all = minute.meetings.iter().zip(columns).flat_map(of);
        all.filter(|(_, x)| *x > 0.0).collect()
    }

    fn expected(&self, meeting: usize, columns: &[f64; KINDS]) -> f64 {
        let place = self.known.binary_search(&meeting).unwrap_or(0) * KINDS;
        let factor = |kind: usize| (self.factors[kind] + self.apart[place + kind]).max(0.0);
        (0..KINDS).map(|kind| columns[kind] * factor(kind)).sum()
    }
}

/// How many screens each meeting of each minute shares, by what is likely: the sum is what was told.
fn sharing(minutes: &[Counted]) -> Vec<Vec<f64>> {
    let mut before: Vec<(usize, f64)> = Vec::new();
    let mut last = i64::MIN;
    let mut all = Vec::with_capacity(minutes.len());
    for minute in minutes {
        if minute.minute != last + 1 {
            before.clear();
        }
        last = minute.minute;
        let likely = |one: &Attended| {
            let known = before.iter().find(|(meeting, _)| *meeting == one.meeting);
            known.map_or(AT_FIRST, |(_, shared)| BEGINS + (GOES_ON - BEGINS) * shared.min(1.0))
        };
        let odds: Vec<f64> =
            minute.meetings.iter().map(|one| likely(one) / (1.0 - likely(one))).collect();
        let shared = of_minute(minute, &odds);
        before =
            minute.meetings.iter().map(|one| one.meeting).zip(shared.iter().copied()).collect();
        all.push(shared);
    }
    all
}

fn of_minute(minute: &Counted, odds: &[f64]) -> Vec<f64> {
    let Shares { streams_in, streams_out } = minute.shares;
    let (count, shares) = (minute.meetings.len(), streams_in.round().max(0.0) as usize);
    if shares == 0 || count == 0 {
        return vec![0.0; count];
    }
    if shares >= count {
        return vec![streams_in / count as f64; count];
    }
    let onlookers: Vec<f64> = minute.meetings.iter().map(|one| one.onlookers.max(0.0)).collect();
    if ways(count, shares) > MOST_WAYS {
        let sum = onlookers.iter().sum::<f64>().max(f64::MIN_POSITIVE);
        return onlookers.iter().map(|own| own / sum * streams_in).collect();
    }
    let fineness = HALF_A_PERSON + PART * streams_out;
    let mut marginals = vec![0.0; count];
    let mut total = 0.0;
    let mut chosen: Vec<usize> = (0..shares).collect();
    loop {
        let seeing = chosen.iter().map(|place| onlookers[*place]).sum::<f64>();
        let off = (seeing - streams_out) / fineness;
        let odds = chosen.iter().map(|place| odds[*place]).product::<f64>();
        // What is far off still counts a little: counts of a minute are means.
        let weight = ((-0.5 * off * off).exp() + 1e-9) * odds;
        total += weight;
        for place in &chosen {
            marginals[*place] += weight;
        }
        if !next_way(&mut chosen, count) {
            break;
        }
    }
    let scale = streams_in / (shares as f64 * total.max(f64::MIN_POSITIVE));
    marginals.into_iter().map(|weight| weight * scale).collect()
}

/// In how many ways so many are chosen, as far as that is counted.
fn ways(count: usize, chosen: usize) -> usize {
    let chosen = chosen.min(count - chosen);
    (0..chosen).fold(1, |ways: usize, place| (ways.min(1 << 32) * (count - place)) / (place + 1))
}

/// The next of all ways, in order; false behind the last.
fn next_way(chosen: &mut [usize], count: usize) -> bool {
    let size = chosen.len();
    let Some(place) = (0..size).rfind(|place| chosen[*place] < count - size + place) else {
        return false;
    };
    chosen[place] += 1;
    for behind in place + 1..size {
        chosen[behind] = chosen[behind - 1] + 1;
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::planning::prior::{SharesFrom, of_bandwidth};

    const FACTORS: [f64; 4] = [0.0, 1.0, 1.0, 1.0];

    fn attended(meeting: usize, audio: f64, onlookers: f64) -> Attended {
        let expected = ByKind { audio, cameras: 0.0, shares: onlookers };
        Attended { meeting, expected, onlookers }
    }

    fn counted(minute: i64, meetings: Vec<Attended>, shares: [f64; 2], sent_mbit: f64) -> Counted {
        let [streams_in, streams_out] = shares;
        Counted { minute, meetings, shares: Shares { streams_in, streams_out }, sent_mbit }
    }

    #[test]
    fn who_shares_has_as_many_onlookers_as_see_it() {
        let rooms = || vec![attended(0, 1.0, 24.0), attended(1, 1.0, 9.0), attended(2, 1.0, 15.0)];
        let minutes = [
            counted(0, rooms(), [1.0, 9.0], 12.0),
            // Nine and fifteen are twenty-four, but two share.
            counted(1, rooms(), [2.0, 24.0], 27.0),
            counted(2, rooms(), [0.0, 0.0], 3.0),
        ];
        let found = sharing(&minutes);
        let rounded: Vec<Vec<f64>> =
            found.iter().map(|one| one.iter().map(|x| x.round()).collect()).collect();
        assert_eq!(rounded, [[0.0, 1.0, 0.0], [0.0, 1.0, 1.0], [0.0, 0.0, 0.0]]);
        let sums: Vec<f64> = found.iter().map(|one| one.iter().sum()).collect();
        assert!((sums[1] - 2.0).abs() < 1e-9, "{sums:?}");
    }

    /// The second meeting takes a third more than expected, which shows once it is alone.
    #[test]
    fn a_meeting_shows_its_own_factor_when_others_have_ended() {
        let [one, other] = [attended(0, 10.0, 0.0), attended(1, 10.0, 0.0)];
        let both = (0..30).map(|m| counted(m, vec![one, other], [0.0; 2], 21.5));
        let alone = (30..60).map(|m| counted(m, vec![other], [0.0; 2], 11.5));
        let minutes: Vec<Counted> = both.chain(alone).collect();
        let sent = sent_to(&minutes, &of_bandwidth(SharesFrom::Told), &FACTORS);
        assert!(
            (sent[0][1] - 11.5).abs() < 0.2 && (sent[0][0] - 10.0).abs() < 0.2,
            "{:?}",
            sent[0]
        );
        assert!((sent[0].iter().sum::<f64>() - 21.5).abs() < 1e-9);
    }

    #[test]
    fn ways_are_counted_and_walked() {
        assert_eq!([ways(5, 2), ways(30, 15).min(1 << 20), ways(4, 4)], [10, 1 << 20, 1]);
        let mut chosen = vec![0, 1];
        let mut all = vec![chosen.clone()];
        while next_way(&mut chosen, 4) {
            all.push(chosen.clone());
        }
        assert_eq!(all, [[0, 1], [0, 2], [0, 3], [1, 2], [1, 3], [2, 3]]);
    }
}
