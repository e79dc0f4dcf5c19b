//! The fit: factors on the published figures from a host's own minutes, shrunk towards the prior by
//! as much as the minutes say less than their number.
//!
//! Weighted least squares in three rounds; neighbouring minutes are no news, so the information of
//! each factor is divided by a design effect, from how far sums of whole hours scatter (clusters:
//! Liang & Zeger 1986), itself pooled over factors while hours are few.

use nalgebra::{SMatrix, SVector};

use super::doubt::Doubt;
use super::least_squares::Sums;
use super::non_negative::Quadratic;
use super::prior::Prior;
use super::row::{Row, Standing};

const ROUNDS: usize = 3;

/// How far a factor without any data is from the solution of the data alone.
const RIDGE: f64 = 1e-9;

/// Hours from which a factor's own design effect counts half, and the effect before that.
const POOLED_HOURS: f64 = 30.0;
const USUAL_EFFECT: f64 = 15.0;

/// Factors, and how sure they are.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Posterior<const K: usize> {
    /// Each factor.
    pub factors: [f64; K],
    /// Their covariance.
    pub covariance: SMatrix<f64, K, K>,
}

impl<const K: usize> Posterior<K> {
    /// x'Σx: what the uncertainty of factors adds to the variance of a row.
    pub fn variance(&self, row: &Row<K>) -> f64 {
        let columns = SVector::from(row.columns);
        (columns.transpose() * self.covariance * columns).x
    }

    /// The standard deviation of each factor.
    pub fn deviations(&self) -> [f64; K] {
        std::array::from_fn(|k| self.covariance[(k, k)].max(0.0).sqrt())
    }
}

/// Factors from a host's minutes.
#[derive(Debug, Clone, PartialEq)]
pub struct Fit<const K: usize> {
    /// Of all minutes.
    pub posterior: Posterior<K>,
    /// What was believed before.
    pub prior: Prior<K>,
    /// How much of each factor comes from the data, 0 to 1: the diagonal of ΣP.
    pub weight_of_data: [f64; K],
    /// Of the scaled sums: above 1000 kinds are hard to tell apart.
    pub condition: f64,
    /// How many minutes were fitted.
    pub minutes: usize,
    hours: Vec<Hour<K>>,
    total: Sums<K>,
    effects: [f64; K],
}

#[derive(Debug, Clone, Copy, PartialEq)]
struct Hour<const K: usize> {
    number: i64,
    day: i32,
    sums: Sums<K>,
}

impl<const K: usize> Fit<K> {
    /// Fits the rows, ordered by time, that show what was asked for.
    pub fn of(rows: &[Row<K>], prior: &Prior<K>) -> Result<Self, Doubt> {
        let mut factors = prior.mean;
        let mut fitted = Self {
            posterior: Posterior { factors, covariance: SMatrix::zeros() },
            prior: *prior,
            weight_of_data: [0.0; K],
            condition: 1.0,
            minutes: rows.iter().filter(|row| is_fitted(row)).count(),
            hours: Vec::new(),
            total: Sums::default(),
            effects: [USUAL_EFFECT; K],
        };
        if fitted.minutes == 0 {
            return Err(Doubt::NothingMeasured);
        }
        for _ in 0..ROUNDS {
            fitted.sum_up(rows, &factors);
            fitted.effects = fitted.design_effects();
            fitted.posterior = fitted.solve(&fitted.total);
            factors = fitted.posterior.factors;
        }
        let information = fitted.information(&fitted.total);
        let weight = fitted.posterior.covariance * information;
        fitted.weight_of_data = std::array::from_fn(|k| weight[(k, k)].clamp(0.0, 1.0));
        fitted.condition = fitted.total.condition();
        Ok(fitted)
    }

    /// Factors from the minutes of all other days.
    pub fn without_day(&self, day: i32) -> Posterior<K> {
        let mut others = self.total;
        self.hours.iter().filter(|hour| hour.day == day).for_each(|hour| others.part(&hour.sums));
        self.solve(&others)
    }

    fn sum_up(&mut self, rows: &[Row<K>], factors: &[f64; K]) {
        self.hours.clear();
        self.total = Sums::default();
        for row in rows.iter().filter(|row| is_fitted(row)) {
            let hour = row.minute.div_euclid(60);
            if self.hours.last().is_none_or(|last| (last.number, last.day) != (hour, row.day)) {
                self.hours.push(Hour { number: hour, day: row.day, sums: Sums::default() });
            }
            let Some(last) = self.hours.last_mut() else { continue };
            last.sums.add(&row.columns, row.measured, 1.0 / self.prior.variance(row, factors));
        }
        for hour in &self.hours {
            self.total.join(&hour.sums);
        }
    }

    /// By how much each factor's information is less than its minutes pretend.
    fn design_effects(&self) -> [f64; K] {
        let (gram, moment) = (self.total.gram(), self.total.moment());
        let Some(bread) = (gram + self.beliefs()).try_inverse() else { return [USUAL_EFFECT; K] };
        let start = bread * (moment + self.beliefs() * self.mean());
        let count = self.hours.len() as f64;
        let mut scatter = SMatrix::<f64, K, K>::zeros();
        for hour in &self.hours {
            let gradient = hour.sums.gradient(&start);
            scatter += gradient * gradient.transpose();
        }
        scatter *= count / (count - 1.0).max(1.0);
        let robust = bread * scatter * bread;
        let naive = bread * gram * bread;
        let own: [Option<f64>; K] = std::array::from_fn(|k| {
            (naive[(k, k)] > 0.0).then(|| (robust[(k, k)] / naive[(k, k)]).max(1.0))
        });
        let known: Vec<f64> = own.iter().flatten().map(|effect| effect.ln()).collect();
        let mean = known.iter().sum::<f64>() / (known.len() as f64).max(1.0);
        let pooled = mean.max(USUAL_EFFECT.ln());
        let trust = count / (count + POOLED_HOURS);
        own.map(|own| {
            let own = own.map_or(pooled, f64::ln);
            (trust * own + (1.0 - trust) * pooled).exp()
        })
    }

    /// P: what the data say of the factors, less their design effects.
    fn information(&self, sums: &Sums<K>) -> SMatrix<f64, K, K> {
        let gram = sums.gram();
        SMatrix::from_fn(|row, column| {
            gram[(row, column)] / (self.effects[row] * self.effects[column]).sqrt()
        })
    }

    fn solve(&self, sums: &Sums<K>) -> Posterior<K> {
        let (beliefs, mean) = (self.beliefs(), self.mean());
        let information = self.information(sums);
        let precision = information + beliefs;
        let covariance = precision.try_inverse().unwrap_or_else(|| self.believed_covariance());
        let of_data = (sums.gram() + beliefs * RIDGE).try_inverse();
        let of_data = of_data.map_or(mean, |inverse| inverse * sums.moment());
        let moment = information * of_data + beliefs * mean;
        let free = covariance * moment;
        let factors = if free.min() >= 0.0 {
            free
        } else {
            Quadratic { gram: precision, moment }.least_non_negative()
        };
        Posterior { factors: factors.into(), covariance }
    }

    fn mean(&self) -> SVector<f64, K> {
        SVector::from(self.prior.mean)
    }

    /// S⁻¹.
    fn beliefs(&self) -> SMatrix<f64, K, K> {
        SMatrix::from_diagonal(&SVector::from(self.prior.deviation.map(|s| 1.0 / (s * s))))
    }

    fn believed_covariance(&self) -> SMatrix<f64, K, K> {
        SMatrix::from_diagonal(&SVector::from(self.prior.deviation.map(|s| s * s)))
    }
}

/// Demand beyond what was sent teaches nothing about factors.
fn is_fitted<const K: usize>(row: &Row<K>) -> bool {
    match row.standing {
        Standing::Measured => row.measured.is_finite() && row.measured >= 0.0,
        Standing::AtLeast => false,
    }
}
