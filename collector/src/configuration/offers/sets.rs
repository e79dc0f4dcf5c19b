//! `[[sets]]`: several of the offers as one, each with its part of what is sent.

use headroom_proto::configuration::Section;

use super::name;
use crate::costs::Currency;
use crate::offers::{Offer, Part};

/// More servers at once are another kind of plan.
const MOST_SERVERS: usize = 20;

/// Each set in the order of the file; none where something of it is wrong.
pub fn build(sections: &[Section<'_>], offers: &[Offer], base: Currency) -> Vec<Option<Offer>> {
    sections.iter().map(|section| one(section, offers, base)).collect()
}

fn one(section: &Section<'_>, offers: &[Offer], base: Currency) -> Option<Offer> {
    let own_name = name(section, "name");
    let names: Vec<String> = section.list("offers").unwrap_or_default();
    let parts: Option<Vec<f64>> = section.list("parts");
    if !(2..=MOST_SERVERS).contains(&names.len()) {
        section.mistake("offers", format!("must name 2 to {MOST_SERVERS} of [[offers]]"));
    }
    let find = |name: &String| offers.iter().find(|offer| offer.name == *name);
    if let Some(unknown) = names.iter().find(|name| find(name).is_none()) {
        section.mistake("offers", format!("name {unknown}, which is none of [[offers]]"));
    }
    let parts = parts.unwrap_or_else(|| vec![1.0; names.len()]);
    if parts.len() != names.len() {
        let message = format!("are {}, and offers {}: each has its own", parts.len(), names.len());
        section.mistake("parts", message);
    }
    if !parts.iter().all(|part| *part > 0.0 && part.is_finite()) {
        section.mistake("parts", "must each be more than 0; they count by their part of all");
        return None;
    }
    let sum: f64 = parts.iter().sum();
    let part =
        |(name, part): (&String, &f64)| Some(Part { offer: find(name)?.clone(), part: part / sum });
    let parts: Option<Vec<Part>> = names.iter().zip(&parts).map(part).collect();
    let parts = parts.filter(|parts| parts.len() >= 2)?;
    Some(Offer::of_set(own_name?, parts, base))
}
