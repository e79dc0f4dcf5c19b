//! Which organisation a room belongs to: the configured map, else the origin's own name; bounded, so
//! that clients, who name their origins themselves, cannot make series without end.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::room::Origin;

/// The tenant of rooms without an origin.
pub const UNKNOWN: &str = "unknown";

/// The tenant of rooms whose origin found no place.
pub const OTHER: &str = "other";

/// Gives each origin its tenant.
#[derive(Debug)]
pub struct Tenants {
    organisations: BTreeMap<String, Arc<str>>,
    known: BTreeSet<Arc<str>>,
    most: usize,
}

impl Tenants {
    /// By origin in lower case, or `*.domain` for all hosts below a domain. What is not mapped is
    /// its own tenant, up to `most` of these.
    pub fn new(organisations: &BTreeMap<String, String>, most: usize) -> Self {
        let entry = |(origin, name): (&String, &String)| (origin.clone(), name.as_str().into());
        let organisations: BTreeMap<_, Arc<str>> = organisations.iter().map(entry).collect();
        Self { organisations, known: BTreeSet::new(), most }
    }

    /// The tenant of a room.
    pub fn of(&mut self, origin: &Origin) -> Arc<str> {
        let Some(name) = origin.best() else { return UNKNOWN.into() };
        if let Some(organisation) = self.organisation(name) {
            return Arc::clone(organisation);
        }
        if let Some(known) = self.known.get(name) {
            return Arc::clone(known);
        }
        if self.known.len() == self.most {
            return OTHER.into();
        }
        let tenant: Arc<str> = name.into();
        self.known.insert(Arc::clone(&tenant));
        tenant
    }

    fn organisation(&self, name: &str) -> Option<&Arc<str>> {
        let below =
            |(place, _): (usize, &str)| self.organisations.get(&format!("*{}", &name[place..]));
        self.organisations.get(name).or_else(|| name.match_indices('.').find_map(below))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_order_of_belief_the_map_and_the_limit() {
        let map = [
            ("school.example", "school"),
            ("*.greenlight.example", "federation"),
            ("a.greenlight.example", "school"),
            ("8d3b", "union"),
        ];
        let map = map.map(|(origin, name)| (origin.to_owned(), name.to_owned())).into();
        let mut tenants = Tenants::new(&map, 2);
        let origin = |tenant: &str, server: &str, callback: &str| {
            let some = |text: &str| (!text.is_empty()).then(|| text.to_owned());
            let product = Some("moodle".to_owned());
            Origin { tenant: some(tenant), server: some(server), callback: some(callback), product }
        };
        for ((tenant, server, callback), expected) in [
            (("8d3b", "school.example", ""), "union"),
            (("", "school.example", "other.example"), "school"),
            (("", "", "school.example"), "school"),
            (("", "a.greenlight.example", ""), "school"),
            (("", "b.greenlight.example", ""), "federation"),
            (("", "greenlight.example", ""), "greenlight.example"),
            (("", "", ""), UNKNOWN),
            (("", "second.example", ""), "second.example"),
            (("", "third.example", ""), OTHER),
            (("", "second.example", ""), "second.example"),
            (("", "school.example", ""), "school"),
        ] {
            assert_eq!(&*tenants.of(&origin(tenant, server, callback)), expected);
        }
    }
}
