//! Offers against a small history: what is expected of them is computed by hand.

use std::collections::BTreeMap;

use super::*;
use crate::contracts::{Beyond, Contract, Counted, Form, Port, Price, Rounding, Sharing, Step};
use crate::costs::{Currency, Money};
use crate::latency::Coordinates;

const EURO: Currency = Currency::EURO;

/// Four weeks in which hours of work send `mbit`, and the second half of them a tenth more each week.
fn demand(mbit: f64) -> Demand {
    let day = |day: usize| {
        let times = 1.0 + 0.05 * ((day / 7) % 2) as f64;
        let step = |place: usize| {
            let works = (96..216).contains(&place) && day % 7 < 5;
            let sent_mbit = if works { mbit * times } else { 1.0 };
            Step { sent_mbit, received_mbit: sent_mbit / 5.0, people: sent_mbit / 2.0 }
        };
        (0..288).map(step).collect::<Vec<_>>()
    };
    Demand::new((0..28).map(day).collect(), Peak::Seen(mbit * 1.5), 3.0)
}

fn offer(name: &str, monthly: i64, form: Form) -> Offer {
    let contract = Contract {
        port: Port { mbit: 1_000.0, sharing: Sharing::Dedicated, burst: None },
        counted: Counted::Out,
        form,
    };
    let offer = Offer::of(name, Money { minor: monthly, currency: EURO }, contract);
    Offer {
        fee: Fee { term_months: 1, ..offer.fee },
        server: Server { cores: Some(8.0), threads: Some(16.0), ..Server::default() },
        ..offer
    }
}

fn priced(included_bytes: f64, minor: i64) -> Form {
    let price = Price { minor, unit_bytes: 1e12, rounding: Rounding::Whole };
    Form::Quota { included_bytes, beyond: Beyond::Priced(price) }
}

fn catalogue(offers: Vec<Offer>) -> Catalogue {
    Catalogue {
        offers,
        choice: Choice::default(),
        exchange: Exchange::of(EURO),
        decisions: Vec::new(),
        is_example: false,
    }
}

/// What is found of each offer, by name.
fn found<'c>(catalogue: &'c Catalogue, demand: &Demand) -> BTreeMap<String, Evaluated<'c>> {
    let worlds = Worlds::of(demand, catalogue.months(), 200).unwrap();
    let held = Held { catalogue, demand, worlds: &worlds };
    evaluate(held, |_| None).into_iter().map(|one| (one.offer.name.clone(), one)).collect()
}

#[test]
fn an_unmetered_price_is_certain_and_one_by_traffic_is_a_range() {
    let catalogue = catalogue(vec![
        offer("flat", 9_000, Form::Unmetered),
        offer("metered", 3_000, priced(1e12, 300)),
    ]);
    let found = found(&catalogue, &demand(200.0));
    let flat = &found["flat"];
    assert_eq!((flat.monthly.low, flat.monthly.middle, flat.monthly.high), (90.0, 90.0, 90.0));
    let metered = found["metered"].monthly;
    assert!(metered.low < metered.middle && metered.middle < metered.high, "{metered:?}");
    // About 21 days of work of 10 h at 205 Mbit/s are 19.4 TB.
    assert!((70.0..110.0).contains(&metered.middle), "{metered:?}");
}

#[test]
fn parts_of_a_month_sum_to_it_and_what_is_paid_once_is_spread() {
    let mut own = offer("own", 2_000, Form::Unmetered);
    own.fee.setup = 1_000;
    own.fee.tax = 0.2;
    own.fee.renewal = Some(Renewal { monthly: 3_000, after_months: 6 });
    own.fee.hardware = Some(Hardware { purchase: 240_000, years: 4.0, watts: 100.0, tariff: 20 });
    let months = Months(12);
    let statement = crate::contracts::Statement::default();
    let bills: Vec<Bill> = (0..12).map(|month| Bill::of(&own, month, months, &statement)).collect();
    let sum = |item| bills.iter().map(|bill| bill.part(item)).sum::<i64>();
    assert_eq!(sum(Item::SetUp), 1_000);
    assert_eq!(sum(Item::Fee), 6 * 2_000 + 6 * 3_000);
    assert_eq!(sum(Item::Hardware), 12 * 5_000);
    // 73.05 kWh at 0.20.
    assert_eq!(bills[0].part(Item::Power), 1_461);
    for bill in &bills {
        assert_eq!(bill.parts.iter().map(|(_, minor)| minor).sum::<i64>(), bill.total());
    }
}

#[test]
fn a_throttle_and_a_narrow_port_hamper_people_and_limits_say_so() {
    let throttled = Form::Quota { included_bytes: 5e12, beyond: Beyond::Throttled { mbit: 10.0 } };
    let mut narrow = offer("narrow", 1_000, Form::Unmetered);
    narrow.contract.port.mbit = 150.0;
    let catalogue = catalogue(vec![
        offer("slow", 1_000, throttled),
        narrow,
        offer("wide", 9_000, Form::Unmetered),
    ]);
    let found = found(&catalogue, &demand(200.0));
    let slow = &found["slow"];
    assert!(slow.throttled_minutes > 1_000.0 && slow.traffic_holds < 0.1, "{slow:?}");
    assert!(slow.quota_end.is_some_and(|end| (5.0..15.0).contains(&end.day)), "{slow:?}");
    let narrow = &found["narrow"];
    assert!(narrow.above_port_minutes > 1_000.0 && narrow.port_holds < 0.1, "{narrow:?}");
    let wide = &found["wide"];
    assert_eq!((wide.hampered, wide.regret), (0.0, 0.0));
    assert!(wide.holds > 0.9 && slow.regret > 100.0 && narrow.regret > 100.0);
}

#[test]
fn the_weight_of_ownership_changes_the_rank_as_one_expects() {
    let mut dear = offer("cooperative", 20_000, Form::Unmetered);
    dear.ownership = Some(Ownership::Cooperative);
    let mut cheap = offer("company", 5_000, Form::Unmetered);
    cheap.ownership = Some(Ownership::Company);
    let mut catalogue = catalogue(vec![dear, cheap]);
    let first = |catalogue: &Catalogue| {
        let found: Vec<_> = found(catalogue, &demand(50.0)).into_values().collect();
        let ranking = Ranking::of(catalogue, &found);
        ranking.first().unwrap().one.offer.name.clone()
    };
    let weights = |cost: f64, ownership: f64| {
        let of = |criterion: Criterion| match criterion {
            Criterion::Cost => cost,
            Criterion::Ownership => ownership,
            Criterion::Within | Criterion::Latency | Criterion::Support | Criterion::Carbon => 0.0,
        };
        Weights::of(Criterion::ALL.map(of)).unwrap()
    };
    catalogue.choice.weights = weights(3.0, 1.0);
    assert_eq!(first(&catalogue), "company");
    catalogue.choice.weights = weights(1.0, 3.0);
    assert_eq!(first(&catalogue), "cooperative");
    catalogue.choice.ownership = vec![Ownership::Company, Ownership::Cooperative];
    assert_eq!(first(&catalogue), "company");
}

#[test]
fn members_places_change_which_offer_is_nearest() {
    let at = |latitude, longitude| Coordinates { latitude, longitude };
    let (montreal, barcelona) = (at(45.5, -73.57), at(41.39, 2.17));
    let member = |name: &str, coordinates| Member {
        name: name.into(),
        weight: 1.0,
        vantage: None,
        coordinates: Some(coordinates),
    };
    let opinion = |site: Coordinates, members: &[Member]| {
        let links = members.iter().filter_map(|member| Link::estimated(member, site)).collect();
        Reach::of(links, Vec::new()).unwrap()
    };
    let european = [member("a", at(52.52, 13.41)), member("b", at(40.42, -3.70))];
    let american = [member("a", at(46.81, -71.21)), member("b", at(40.71, -74.01))];
    for (members, near, far) in [(&european, barcelona, montreal), (&american, montreal, barcelona)]
    {
        let (near, far) = (opinion(near, members), opinion(far, members));
        assert!(near.opinion > far.opinion && near.mean_ms < far.mean_ms, "{near:?} {far:?}");
        assert!(near.is_estimated());
    }
    // Berlin to Barcelona: 1498 km, 15.0 ms in glass, 29.5 ms as one expects it.
    let link = Link::estimated(&european[0], barcelona).unwrap();
    assert!((link.leg.round_trip_ms - 29.5).abs() < 0.5, "{link:?}");
}

#[test]
fn what_lacks_something_is_rejected_and_what_is_beaten_is_named() {
    let mut best = offer("best", 5_000, Form::Unmetered);
    best.support = Some(Support::OnCall);
    let mut worse = offer("worse", 6_000, Form::Unmetered);
    worse.support = Some(Support::Tickets);
    let mut bound = offer("bound", 1_000, Form::Unmetered);
    (bound.fee.term_months, bound.support) = (36, Some(Support::OnCall));
    let mut catalogue =
        catalogue(vec![worse, best, bound, offer("silent", 1_000, Form::Unmetered)]);
    catalogue.choice.musts =
        Musts { term_months: Some(24), support: Some(Support::Tickets), ..Musts::default() };
    let demand = demand(50.0);
    let worlds = Worlds::of(&demand, catalogue.months(), 50).unwrap();
    let held = Held { catalogue: &catalogue, demand: &demand, worlds: &worlds };
    let ranking = Ranking::of(&catalogue, &evaluate(held, |_| None));
    let stands: Vec<(&str, &Standing)> =
        ranking.all.iter().map(|one| (&*one.one.offer.name, &one.standing)).collect();
    assert_eq!(
        stands,
        [
            ("best", &Standing::Front),
            ("worse", &Standing::Dominated(1)),
            ("bound", &Standing::Rejected(vec![Failed::Term(36)])),
            ("silent", &Standing::Rejected(vec![Failed::Support(None)])),
        ]
    );
    assert_eq!(ranking.least_regret, Some("best"));
    assert!(ranking.flips.is_empty());
}

#[test]
fn growth_is_believed_as_far_as_weeks_show_it() {
    let grown = |weekly: f64| {
        let day = |day: usize| {
            let sent_mbit = 100.0 * (weekly * (day / 7) as f64).exp();
            vec![Step { sent_mbit, received_mbit: 0.0, people: 0.0 }; 288]
        };
        Demand::new((0..56).map(day).collect(), Peak::Seen(100.0), 1.0).growth()
    };
    assert!(grown(0.0).monthly.abs() < 1e-9);
    let (slow, fast) = (grown(0.02), grown(0.05));
    assert!(slow.monthly > 0.0 && fast.monthly > slow.monthly);
    assert!(fast.monthly < 0.05 * 30.0 / 7.0, "it is shrunk: {fast:?}");
    assert!((grown(0.02).months - 56.0 / 30.0).abs() < 1e-9);
    // Beyond what was measured it stays.
    assert_eq!(fast.times(6.0, 0.0, 0.0), fast.times(12.0, 0.0, 0.0));
}

#[test]
fn what_was_not_measured_is_as_at_that_time_of_other_days() {
    let mut days = vec![vec![Step { sent_mbit: 10.0, received_mbit: 1.0, people: 2.0 }; 288]; 8];
    days[3][100] = Step::UNKNOWN;
    let demand = Demand::new(days, Peak::Seen(10.0), 1.0);
    assert_eq!(demand.days[3][100], demand.days[4][100]);
    assert!((demand.known_part - (1.0 - 1.0 / 2_304.0)).abs() < 1e-9);
    assert_eq!(demand.weeks().len(), 1);
}

#[test]
fn under_a_week_nothing_is_told() {
    let short = Demand::new(demand(10.0).days[..6].to_vec(), Peak::Seen(10.0), 1.0);
    assert!(Worlds::of(&short, Months(12), 10).is_none());
}

#[test]
fn a_set_costs_all_of_its_servers_and_carries_more_than_one_of_them() {
    let mut one = offer("one", 5_000, priced(5e12, 300));
    one.contract.port.mbit = 400.0;
    one.support = Some(Support::OnCall);
    let mut other = offer("other", 3_000, Form::Unmetered);
    other.contract.port.mbit = 400.0;
    other.support = Some(Support::Tickets);
    let part = |offer: &Offer, part: f64| Part { offer: offer.clone(), part };
    let both = Offer::of_set("both".into(), vec![part(&one, 0.5), part(&other, 0.5)], EURO);
    let uneven = Offer::of_set("uneven".into(), vec![part(&one, 0.1), part(&other, 0.9)], EURO);
    assert_eq!((both.support, both.server.cores), (Some(Support::Tickets), Some(16.0)));
    let catalogue = catalogue(vec![one, other, both, uneven]);
    let found = found(&catalogue, &demand(200.0));
    // About 19 TB in all: half of it is 5 TB beyond the quota of one, at 3 each.
    let fee = |name: &str| found[name].parts.iter().find(|(item, _)| *item == Item::Fee).unwrap().1;
    assert_eq!((fee("one"), fee("both")), (50.0, 80.0));
    let both = &found["both"];
    let traffic = both.monthly.middle - 80.0;
    assert!((12.0..=21.0).contains(&traffic), "{both:?}");
    assert!(found["uneven"].monthly.middle - 80.0 < 1.0, "{:?}", found["uneven"].monthly);
    // 280 of 400 Mbit/s are planned with; the highest minute is 300, of which the busier has five eighths.
    assert!(both.port_holds > found["one"].port_holds + 0.2, "{both:?}");
    assert!(found["uneven"].port_holds < both.port_holds, "{both:?}");
    assert!(both.holds > found["one"].holds);
}
