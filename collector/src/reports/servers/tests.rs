use super::*;
use crate::contracts::{Beyond, Contract, Counted, Form, Port, Sharing, Step};
use crate::costs::Currency;
use crate::latency::Coordinates;
use crate::offers::{
    Choice, Decision, Exchange, Fee, Musts, Offer, Ownership, Server, Site, Support,
};
use crate::reports::document::{csv, json, markdown};

const UNTIL_MS: i64 = 1_590_667_200_000;

fn demand(days: usize) -> Demand {
    let step = |place: usize| {
        let sent_mbit = if (96..216).contains(&place) { 120.0 } else { 2.0 };
        Step { sent_mbit, received_mbit: 10.0, people: sent_mbit / 2.0 }
    };
    let day: Vec<Step> = (0..288).map(step).collect();
    Demand::new(vec![day; days], Peak::Seen(200.0), 3.0)
}

fn offer(name: &str, monthly: i64, form: Form) -> Offer {
    Offer {
        name: name.into(),
        provider: None,
        site: Site {
            coordinates: Some(Coordinates { latitude: 45.5, longitude: -73.57 }),
            ..Site::default()
        },
        source: None,
        read: "2019-12-01".parse().ok(),
        currency: Currency::EURO,
        fee: Fee { monthly, term_months: 1, ..Fee::default() },
        server: Server { cores: Some(8.0), memory_bytes: Some(64e9), ..Server::default() },
        contract: Contract {
            port: Port { mbit: 1_000.0, sharing: Sharing::Dedicated, burst: None },
            counted: Counted::Out,
            form,
        },
        ownership: Some(Ownership::Company),
        support: Some(Support::ByDay),
        jurisdiction: None,
        grid_carbon: None,
        notes: None,
    }
}

fn catalogue() -> Catalogue {
    let throttled = Form::Quota { included_bytes: 2e12, beyond: Beyond::Throttled { mbit: 5.0 } };
    let mut small = offer("small", 2_000, Form::Unmetered);
    small.server.memory_bytes = Some(8e9);
    Catalogue {
        offers: vec![
            offer("flat", 9_000, Form::Unmetered),
            offer("slow", 3_000, throttled),
            small,
            offer("dear", 19_000, Form::Unmetered),
        ],
        choice: Choice {
            musts: Musts { memory_bytes: Some(32e9), budget: Some(300.0), ..Musts::default() },
            ..Choice::default()
        },
        exchange: Exchange { date: "2020-01-01".parse().ok(), ..Exchange::of(Currency::EURO) },
        decisions: vec![Decision {
            date: "2020-01-15".parse().unwrap(),
            offer: "slow".into(),
            cost_high: Some(30.0),
            within: Some(0.95),
            month_bytes: Some(1e12),
            reason: None,
        }],
        is_example: true,
    }
}

fn told(catalogue: &Catalogue, demand: &Demand) -> Document {
    let member = |name: &str, latitude: f64, longitude: f64| Member {
        name: name.into(),
        weight: 1.0,
        vantage: None,
        coordinates: Some(Coordinates { latitude, longitude }),
    };
    let nowhere = Member { coordinates: None, ..member("nowhere", 0.0, 0.0) };
    let members = [member("east", 46.8, -71.2), member("south", 40.7, -74.0), nowhere];
    report(Question {
        catalogue,
        host: "ca1",
        demand,
        members: &members,
        paths: &[],
        until_ms: UNTIL_MS,
        zone: &TimeZone::UTC,
    })
}

#[test]
fn the_best_is_named_and_each_other_says_why_not() {
    let document = told(&catalogue(), &demand(35));
    assert!(
        document.answer.starts_with("flat suits ca1 best: 90 EUR a month"),
        "{}",
        document.answer
    );
    let why = &document.parts[0].sections[1].sentences;
    assert!(
        why.iter().any(|one| one.starts_with("small: rejected, for it has 8.00 GB of memory")),
        "{why:?}"
    );
    assert!(
        why.iter()
            .any(|one| one.starts_with("dear: flat is at least as good") && one.contains("cost")),
        "{why:?}"
    );
    assert!(
        why.iter().any(|one| one.starts_with("slow: ") && one.contains("for within")),
        "{why:?}"
    );
}

#[test]
fn what_is_old_missing_or_made_up_is_said_first() {
    let said = told(&catalogue(), &demand(14)).sentences.join("\n");
    for expected in [
        "Only 14 of 28 days were measured",
        "are examples",
        "The exchange rates are of 2020-01-01, 148 days ago.",
        "Read over 90 days ago: flat, slow, small and dear.",
        "Nobody says where nowhere is",
    ] {
        assert!(said.contains(expected), "{expected}: {said}");
    }
    let short = told(&catalogue(), &demand(3));
    assert!(short.answer.contains("3 days of ca1 were measured, and a week is the least"));
}

#[test]
fn a_decision_that_no_longer_holds_is_told() {
    let document = told(&catalogue(), &demand(35));
    let decided = document.parts[0].sections.iter().find(|one| one.key == "decisions").unwrap();
    let said = &decided.sentences[0];
    assert!(
        said.contains("no longer as assumed: that all limits hold and what is sent in thirty days"),
        "{said}"
    );
    let rows = csv(&document, "decisions").unwrap();
    assert!(rows.starts_with("host,date,offer,assumption,assumed,now,holds\n"), "{rows}");
    assert!(
        rows.contains("ca1,2020-01-15,slow,what a month costs in nine of ten,30,30,yes"),
        "{rows}"
    );
}

#[test]
fn the_same_report_is_the_same_bytes_in_each_form() {
    let (catalogue, demand) = (catalogue(), demand(35));
    let (one, other) = (told(&catalogue, &demand), told(&catalogue, &demand));
    assert_eq!(json(&one), json(&other));
    let rows = csv(&one, "offers").unwrap();
    assert_eq!(rows.lines().count(), 5);
    assert!(rows.starts_with("host,offer,rank,rank_best,rank_worst,score,cost,"), "{rows}");
    assert!(markdown(&one).contains("### Side by side"));
    let whole: serde_json::Value = serde_json::from_str(&json(&one)).unwrap();
    let basis = &whole["hosts"][0]["sections"]["assumptions"]["tables"]["basis"][0];
    assert_eq!(basis["days"], 35.0);
    assert_eq!(basis["currency"], "EUR");
}
