//! What an offer must have, and lacks.

use super::Catalogue;
use super::evaluation::Evaluated;
use super::offer::{Ownership, Support};

/// What an offer lacks.
#[derive(Debug, Clone, PartialEq)]
pub enum Failed {
    /// Its price cannot be compared.
    NoRate,
    /// It costs more than may be spent, in nine of ten cases.
    Budget {
        /// What it costs.
        costs: f64,
        /// What may be spent.
        budget: f64,
    },
    /// Its limits hold less often than they must.
    Within {
        /// How often.
        holds: f64,
        /// How often they must.
        least: f64,
    },
    /// It is somebody's whose it may not be.
    Ownership(Option<Ownership>),
    /// Too few answer.
    Support(Option<Support>),
    /// Another law holds.
    Jurisdiction(Option<String>),
    /// It has too few cores, or does not say how many.
    Cores(Option<f64>),
    /// It has too little memory, or does not say how much.
    Memory(Option<f64>),
    /// It has too little on its disks, or does not say how much.
    Disk(Option<f64>),
    /// It binds for too long.
    Term(u32),
}

/// All that an offer lacks.
pub fn failed(catalogue: &Catalogue, one: &Evaluated<'_>) -> Vec<Failed> {
    let (musts, offer) = (&catalogue.choice.musts, one.offer);
    let mut failed = Vec::new();
    let mut must = |holds: bool, lack: Failed| {
        if !holds {
            failed.push(lack);
        }
    };
    must(catalogue.exchange.knows(offer.currency), Failed::NoRate);
    if let Some(budget) = musts.budget {
        let costs = one.monthly.high;
        must(costs <= budget || costs.is_nan(), Failed::Budget { costs, budget });
    }
    if let Some(least) = musts.within {
        must(one.holds >= least, Failed::Within { holds: one.holds, least });
    }
    if !musts.ownership.is_empty() {
        let fits = offer.ownership.is_some_and(|own| musts.ownership.contains(&own));
        must(fits, Failed::Ownership(offer.ownership));
    }
    if let Some(least) = musts.support {
        must(offer.support.is_some_and(|own| own >= least), Failed::Support(offer.support));
    }
    if !musts.jurisdictions.is_empty() {
        let fits = offer.jurisdiction.as_ref().is_some_and(|own| musts.jurisdictions.contains(own));
        must(fits, Failed::Jurisdiction(offer.jurisdiction.clone()));
    }
    let server = &offer.server;
    let at_least = |least: Option<f64>, own: Option<f64>| {
        least.is_none_or(|least| own.is_some_and(|own| own >= least))
    };
    must(at_least(musts.cores, server.working_cores()), Failed::Cores(server.working_cores()));
    must(at_least(musts.memory_bytes, server.memory_bytes), Failed::Memory(server.memory_bytes));
    must(at_least(musts.disk_bytes, server.disk_bytes), Failed::Disk(server.disk_bytes));
    if let Some(longest) = musts.term_months {
        must(offer.fee.term_months <= longest, Failed::Term(offer.fee.term_months));
    }
    failed
}
