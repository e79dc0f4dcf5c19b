//! Several servers as one offer: each takes a part of what is sent, and all are paid.

use super::offer::{Fee, Offer, Part, Server, Site};
use crate::contracts::{Contract, Counted, Form, Port, Sharing};
use crate::costs::Currency;

impl Offer {
    /// Several offers as one of that name; what they do not have in common it does not have. `base` is the
    /// currency that all is compared in.
    pub fn of_set(name: String, parts: Vec<Part>, base: Currency) -> Self {
        let offers = || parts.iter().map(|part| &part.offer);
        let sum = |of: fn(&Offer) -> Option<f64>| offers().map(of).sum::<Option<f64>>();
        let least = |of: fn(&Offer) -> Option<f64>| {
            let all: Option<Vec<f64>> = offers().map(of).collect();
            all.map(|all| all.into_iter().fold(f64::INFINITY, f64::min))
        };
        let names: Vec<&str> = offers().map(|offer| &*offer.name).collect();
        let mbit = offers().map(|offer| offer.contract.port.lasting_mbit()).sum();
        Self {
            provider: common(offers().map(|offer| &offer.provider)),
            site: common_site(&parts),
            source: common(offers().map(|offer| &offer.source)),
            read: offers().filter_map(|offer| offer.read).min(),
            currency: base,
            fee: Fee {
                term_months: offers().map(|offer| offer.fee.term_months).max().unwrap_or(0),
                ..Fee::default()
            },
            server: Server {
                cores: sum(|offer| offer.server.cores),
                threads: sum(|offer| offer.server.threads),
                memory_bytes: least(|offer| offer.server.memory_bytes),
                disk_bytes: sum(|offer| offer.server.disk_bytes),
                watts: sum(|offer| offer.fee.hardware.map(|own| own.watts).or(offer.server.watts)),
                ..Server::default()
            },
            // What passes and what it costs is told of each server by itself.
            contract: Contract {
                port: Port { mbit, sharing: Sharing::Dedicated, burst: None },
                counted: Counted::Out,
                form: Form::Unmetered,
            },
            ownership: common(offers().map(|offer| &offer.ownership)),
            support: offers().map(|offer| offer.support).min().flatten(),
            jurisdiction: common(offers().map(|offer| &offer.jurisdiction)),
            grid_carbon: common(offers().map(|offer| &offer.grid_carbon)),
            notes: Some(format!("A set of {}.", names.join(", "))),
            name,
            set: parts,
        }
    }
}

/// Where all stand, if that is one place.
fn common_site(parts: &[Part]) -> Site {
    let first = parts.first().map(|part| &part.offer.site);
    let is_alike = parts.iter().all(|part| Some(&part.offer.site) == first);
    first.filter(|_| is_alike).cloned().unwrap_or_default()
}

/// What all have alike.
fn common<'o, T: PartialEq + Clone + 'o>(
    mut all: impl Iterator<Item = &'o Option<T>>,
) -> Option<T> {
    let first = all.next()?.clone()?;
    all.all(|other| other.as_ref() == Some(&first)).then_some(first)
}
