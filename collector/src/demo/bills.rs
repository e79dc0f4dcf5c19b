//! What the cooperative pays in a month, and how it shares that. Made up, as all of it.

use crate::costs::{Basis, Bill, Currency, Money, Months};
use crate::offers::Catalogue;
use crate::reports::plan::HostContract;
use crate::reports::terms::Terms;

/// Who has paid for the hosts, and who has worked.
const RIVER: &str = "Collège de la Rivière";
const FEDERATION: &str = "Federation of Co-operatives";
const UNIVERSITY: &str = "University of Kallavesi";
const STAGE: &str = "Open Stage Collective";

/// All bills, each month.
pub fn bills() -> Vec<Bill> {
    let rented = |name: &str, money: Money, payer: &str, hosts: &[&str]| Bill {
        name: name.to_owned(),
        amount: money,
        paid_by: Some(payer.to_owned()),
        shared_by: Vec::new(),
        hosts: hosts.iter().map(|host| (*host).to_owned()).collect(),
        equal: 0.2,
        by: Basis::UserHours,
        months: Months { from: None, until: None },
    };
    let work = Bill { equal: 1.0, ..rented("nights on call, 12 hours", euros(240), STAGE, &[]) };
    vec![
        rented("ca1, Montréal", euros(275), RIVER, &["ca1"]),
        rented("us1 and us2, Kansas City", euros(190), FEDERATION, &["us1", "us2"]),
        rented("de1 and de2, Falkenstein", euros(98), FEDERATION, &["de1", "de2"]),
        rented("fi1, Helsinki", euros(61), UNIVERSITY, &["fi1"]),
        work,
    ]
}

/// The offer by which each host with a metered contract was taken, and the day on which its bills begin.
const TAKEN: [(&str, &str, &str); 3] = [
    ("ca1", "Cooperative, Montréal", "1"),
    ("fi1", "Hetzner cloud, Helsinki", "15"),
    ("de1", "Hetzner, Falkenstein", "8"),
];

/// By what traffic is billed.
pub fn contracts(catalogue: &Catalogue) -> Vec<HostContract> {
    let one = |(instance, name, day): &(&str, &str, &str)| {
        let offer = catalogue.offers.iter().find(|offer| offer.name == *name)?;
        Some(HostContract::of(instance, offer, day.parse().ok()?))
    };
    TAKEN.iter().filter_map(one).collect()
}

/// By what events are priced.
pub fn events() -> Terms {
    Terms { margin: 1.5, on_call: Some(euros(30)), tax: 0.2, valid_days: 30 }
}

fn euros(whole: i64) -> Money {
    Money { minor: whole * 100, currency: Currency::EURO }
}
