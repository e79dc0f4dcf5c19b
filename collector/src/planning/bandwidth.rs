//! What a host sends: its factors on the published formula, and what its past peaks say of the
//! next ones.

use nalgebra::SMatrix;

use super::doubt::Doubt;
use super::fit::{Fit, Posterior};
use super::highest::{lift_of_mix, middle_below_mean};
use super::media::Media;
use super::minute::Minute;
use super::mix::Mix;
use super::outlook::Outlook;
use super::prior::{SharesFrom, of_bandwidth};
use super::received::Received;
use super::row::Row;
use super::scores::{
    BUSY_PEOPLE, Foreseen, Glance, Peak, Period, Scores, Subject, foresee, peaks, scores, waver_of,
};

/// What typing a mix leaves open, relative.
const TYPED_SPREAD: f64 = 0.04;

/// Least that is ever expected, so that logarithms stay finite.
const LEAST_MBIT: f64 = 0.01;

/// The load model of one host's link, outwards.
#[derive(Debug, Clone, PartialEq)]
pub struct Bandwidth {
    /// Base, audio with web, cameras, shares.
    pub fit: Fit<4>,
    /// Bytes in, where shares are estimated from them.
    pub received: Option<Received>,
    /// How shares were known.
    pub shares: SharesFrom,
    /// The peaks of past busy days, beside what is foreseen of each from all others.
    pub day_peaks: Vec<Peak>,
    /// Their scores.
    pub days: Scores,
    /// Of past busy hours.
    pub hours: Scores,
    /// What is to be said beside every number.
    pub doubts: Vec<Doubt>,
    /// The highest minute of the history, in Mbit/s.
    pub seen_at_most_mbit: f64,
    /// The most people of a minute.
    pub seen_at_most_people: f64,
    /// How far busy minutes are from the next, relative.
    pub waver: f64,
    media: Media,
}

impl Bandwidth {
    /// The model of a host's minutes of one regime, ordered by time. A host that sends next to nothing
    /// though people are there has none: what its rooms are sent is not seen here.
    pub fn of(minutes: &[Minute], media: &Media) -> Result<Self, Doubt> {
        let known = Knowledge::of(minutes, media);
        let prior = of_bandwidth(known.shares);
        let rows = known.rows(minutes, media);
        let fit = Fit::of(&rows, &prior)?;
        let glances = left_out(&fit, &rows);
        let waver = waver_of(&glances);
        let day_peaks = peaks(&glances, Period::Day, waver);
        let (days, hours) =
            (scores_of(&day_peaks), Scores::of(&scores(&glances, Period::Hour, waver)));
        // Shares that were estimated hold what hours missed: their middle says nothing of a mix.
        let hours = if known.received.is_some() { hours.centred() } else { hours };
        let doubts = Doubt::of_history(&rows, media, known.shares, days.count());
        if doubts.contains(&Doubt::NoTraffic) {
            return Err(Doubt::NoTraffic);
        }
        Ok(Self {
            fit,
            received: known.received,
            shares: known.shares,
            day_peaks,
            days,
            hours,
            doubts,
            seen_at_most_mbit: most(rows.iter().map(|row| row.measured)),
            seen_at_most_people: most(rows.iter().map(|row| row.people)),
            waver,
            media: media.clone(),
        })
    }

    /// The same with the peaks of days whose minutes are no longer there: they teach nothing about
    /// factors, but how far peaks were from what had been foreseen of them.
    #[must_use]
    pub fn with_earlier(mut self, earlier: &[Peak]) -> Self {
        self.days = scores_of(&[earlier, &self.day_peaks].concat());
        self
    }

    /// What is foreseen of the peak of a day whose minutes are given; none without people.
    pub fn day(&self, minutes: &[Minute]) -> Option<Outlook<'_>> {
        let rows = self.rows(minutes);
        let with_people = rows.iter().filter(|row| row.people > 0.0);
        let glance = |row: &Row<4>| glance(&self.fit, &self.fit.posterior, row);
        let glances: Vec<Glance> = with_people.map(glance).collect();
        let foreseen = foresee(&glances, self.waver)?;
        Some(Outlook::of(foreseen, &self.days, Subject::Day))
    }

    /// What is foreseen of the peak of a mix as somebody typed it; refused where nothing tells of
    /// shares and the mix has some.
    pub fn mix(&self, mix: &Mix) -> Result<Outlook<'_>, Doubt> {
        self.mix_with(mix, &self.media)
    }

    /// The same, were the host's settings these.
    pub fn mix_with(&self, mix: &Mix, media: &Media) -> Result<Outlook<'_>, Doubt> {
        mix.check()?;
        if self.shares == SharesFrom::Unknown && mix.has_shares() {
            return Err(Doubt::SharesUnknown);
        }
        let row = mix.minute(media).sent_row(media, SharesFrom::Told);
        let foreseen = match &self.received {
            None => self.foreseen_by(&self.fit.posterior, &row),
            Some(received) => self.foreseen_beside(received, &row),
        };
        Ok(Outlook::of(foreseen, &self.hours, Subject::Mix))
    }

    /// The same, did cameras take no more than published: where pages are only assumed, a factor above
    /// that may be pages that do not exist, which a mix of few cameras does not feel.
    pub fn mix_of_published_cameras(&self, mix: &Mix) -> Result<Outlook<'_>, Doubt> {
        let told = self.mix(mix)?;
        let cameras = self.fit.posterior.factors[2];
        let sent = mix.sent(&self.media).cameras;
        let mut foreseen = told.foreseen;
        let less = sent * (cameras - 1.0).max(0.0);
        let part = (foreseen.expected - less) / foreseen.expected;
        foreseen.expected *= part.clamp(0.0, 1.0).max(f64::EPSILON);
        Ok(Outlook { foreseen, ..told })
    }

    /// A mix where shares were estimated. The estimate leaves errors in the factors of bytes out
    /// that hours cannot show, since they contain the same ones: so cameras and audio take what
    /// minutes without a share say of them inwards, what bytes out say otherwise is added to their
    /// spread, and a share takes what single ones took.
    fn foreseen_beside(&self, received: &Received, row: &Row<4>) -> Foreseen {
        let inwards = &received.fit.posterior;
        let mut posterior = self.fit.posterior;
        let mut variances = posterior.covariance.diagonal();
        for kind in [1, 2] {
            let apart = posterior.factors[kind] - inwards.factors[kind];
            posterior.factors[kind] = inwards.factors[kind];
            variances[kind] = inwards.covariance[(kind, kind)] + apart * apart;
        }
        let factor = received.share_factor;
        let spread = factor * received.share_deviation;
        posterior.factors[3] = factor;
        variances[3] += spread * spread;
        // What came from different fits does not vary together.
        posterior.covariance = SMatrix::from_diagonal(&variances);
        self.foreseen_by(&posterior, row)
    }

    /// What the host sends of each kind, by its settings.
    pub fn media(&self) -> &Media {
        &self.media
    }

    /// Said of a mix that asks more than was ever seen, with the part of the answer that the
    /// published formula carries.
    pub fn beyond_the_seen(&self, mix: &Mix) -> Option<Doubt> {
        let sent = mix.sent(&self.media);
        let kinds = [0.0, sent.audio, sent.cameras, sent.shares];
        let parts = self.fit.posterior.factors.iter().zip(kinds).map(|(factor, x)| factor * x);
        let parts: Vec<f64> = parts.collect();
        let expected = parts.iter().sum::<f64>().max(LEAST_MBIT);
        let weights = self.fit.weight_of_data.iter().zip(&parts);
        let of_data = weights.map(|(weight, part)| weight * part).sum::<f64>() / expected;
        let times = expected / self.seen_at_most_mbit.max(LEAST_MBIT);
        (times > 1.0)
            .then_some(Doubt::BeyondTheSeen { times, prior_share: 100.0 * (1.0 - of_data) })
    }

    fn rows(&self, minutes: &[Minute]) -> Vec<Row<4>> {
        let known = Knowledge { received: self.received.clone(), shares: self.shares };
        known.rows(minutes, &self.media)
    }

    /// The peak of a mix whose rooms are all full for an hour.
    fn foreseen_by(&self, posterior: &Posterior<4>, row: &Row<4>) -> Foreseen {
        let glance = glance(&self.fit, posterior, row);
        let log = lift_of_mix(self.waver) - middle_below_mean(glance.room_spread);
        let spread = glance.spread(self.waver).hypot(TYPED_SPREAD);
        Foreseen { expected: glance.expected * log.exp(), spread }
    }
}

fn scores_of(peaks: &[Peak]) -> Scores {
    Scores::of(&peaks.iter().filter_map(Peak::score).collect::<Vec<_>>())
}

fn most(values: impl Iterator<Item = f64>) -> f64 {
    values.fold(0.0, f64::max)
}

/// How shares are known, and by what.
struct Knowledge {
    received: Option<Received>,
    shares: SharesFrom,
}

impl Knowledge {
    fn of(minutes: &[Minute], media: &Media) -> Self {
        if minutes.iter().any(|minute| minute.shares.is_some()) {
            return Self { received: None, shares: SharesFrom::Told };
        }
        match Received::of(minutes, media) {
            Ok(received) => Self { received: Some(received), shares: SharesFrom::BytesIn },
            Err(_) => Self { received: None, shares: SharesFrom::Unknown },
        }
    }

    fn rows(&self, minutes: &[Minute], media: &Media) -> Vec<Row<4>> {
        let row = |minute: &Minute| match &self.received {
            Some(received) => received.with_shares(minute, media).sent_row(media, self.shares),
            None => minute.sent_row(media, self.shares),
        };
        minutes.iter().map(row).collect()
    }
}

/// Minutes beside what is foreseen of them from all other days.
fn left_out(fit: &Fit<4>, rows: &[Row<4>]) -> Vec<Glance> {
    let mut glances = Vec::new();
    for day in rows.chunk_by(|a, b| a.day == b.day) {
        if day.iter().all(|row| row.people <= BUSY_PEOPLE) {
            continue;
        }
        let posterior = fit.without_day(day[0].day);
        let measured = day.iter().filter(|row| row.measured.is_finite());
        glances.extend(measured.map(|row| glance(fit, &posterior, row)));
    }
    glances
}

fn glance(fit: &Fit<4>, posterior: &Posterior<4>, row: &Row<4>) -> Glance {
    let factors = &posterior.factors;
    let expected = row.expected(factors).max(LEAST_MBIT);
    let variance = posterior.variance(row) + fit.prior.noise * fit.prior.noise;
    Glance {
        minute: row.minute,
        day: row.day,
        people: row.people,
        measured: row.measured,
        standing: row.standing,
        expected,
        unsure: variance.sqrt() / expected,
        room_spread: fit.prior.variance_of_rooms(row, factors).sqrt() / expected,
        on_top: 0.0,
    }
}

#[cfg(test)]
mod tests;
