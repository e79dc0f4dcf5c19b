//! `[[contracts]]`: by what the traffic of a host that runs is billed, and when its bills begin anew.

use std::collections::HashSet;

use headroom_proto::configuration::Section;
use jiff::tz::TimeZone;

use crate::configuration::offers;
use crate::contracts::CycleDay;
use crate::costs::{Currency, Money};
use crate::offers::{Catalogue, Offer};
use crate::reports::plan::HostContract;

pub fn build(sections: &[Section<'_>], catalogue: Option<&Catalogue>) -> Vec<HostContract> {
    let mut hosts = HashSet::new();
    let mut contracts = Vec::new();
    for section in sections {
        let Some(contract) = one(section, catalogue) else { continue };
        if !hosts.insert(contract.instance.clone()) {
            section.mistake("instance", "stands twice; each host has one contract");
        }
        contracts.push(contract);
    }
    contracts
}

fn one(section: &Section<'_>, catalogue: Option<&Catalogue>) -> Option<HostContract> {
    let instance: Option<String> = section.required("instance");
    let day = section.value::<CycleDay>("day").unwrap_or(CycleDay::FIRST);
    let zone = build_zone(section);
    if section.has("offer") {
        let name: Option<String> = section.value("offer");
        for key in ["price", "port"].into_iter().filter(|key| section.has(key)) {
            // It is asked for, so that it is not called unknown, too.
            section.value::<String>(key);
            section.mistake(key, "stands beside an offer, which says it");
        }
        let offers = catalogue.map_or(&[][..], |catalogue| &catalogue.offers);
        let is_meant = |offer: &&Offer| offer.set.is_empty() && Some(&offer.name) == name.as_ref();
        let found = offers.iter().find(is_meant);
        if found.is_none() && name.is_some() {
            section.mistake("offer", "is none of [[offers]] in the file of offers");
        }
        return Some(HostContract { zone, ..HostContract::of(&instance?, found?, day) });
    }
    let price: Option<Money> = section.value("price");
    if price.is_some_and(|price| price.minor < 0) {
        section.mistake("price", "must not be negative");
    }
    let currency = price.map(|price| price.currency).or_else(|| of_traffic(section));
    let contract = offers::build_contract(section, currency);
    Some(HostContract {
        instance: instance?,
        offer: None,
        currency,
        monthly: price.map_or(0, |price| price.minor),
        contract: contract?,
        day,
        zone,
    })
}

/// The currency of what is beyond, where the price of the month is not told.
fn of_traffic(section: &Section<'_>) -> Option<Currency> {
    section.section("traffic").value::<Money>("price").map(|money| money.currency)
}

fn build_zone(section: &Section<'_>) -> Option<TimeZone> {
    let name: String = section.value("zone")?;
    let zone = TimeZone::get(&name).ok();
    if zone.is_none() {
        section.mistake("zone", "must be a zone of the IANA database, such as Europe/Berlin");
    }
    zone
}
