use std::fmt::Write as _;

use super::*;
use crate::contracts::{Beyond, Contract, Counted, Form, Port, Sharing, Step};
use crate::costs::{Currency, Money};
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
    let contract = Contract {
        port: Port { mbit: 1_000.0, sharing: Sharing::Dedicated, burst: None },
        counted: Counted::Out,
        form,
    };
    let offer = Offer::of(name, Money { minor: monthly, currency: Currency::EURO }, contract);
    Offer {
        site: Site {
            coordinates: Some(Coordinates { latitude: 45.5, longitude: -73.57 }),
            ..Site::default()
        },
        read: "2019-12-01".parse().ok(),
        fee: Fee { term_months: 1, ..offer.fee },
        server: Server { cores: Some(8.0), memory_bytes: Some(64e9), ..Server::default() },
        ownership: Some(Ownership::Company),
        support: Some(Support::ByDay),
        ..offer
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
            host: None,
            cost_high: Some(30.0),
            within: Some(0.95),
            month_bytes: Some(1e12),
            reason: None,
        }],
        is_example: true,
    }
}

fn told(catalogue: &Catalogue, demand: &Demand) -> Document {
    told_of(catalogue, demand, &members())
}

fn members() -> [Member; 3] {
    let member = |name: &str, latitude: f64, longitude: f64| Member {
        name: name.into(),
        weight: 1.0,
        vantage: None,
        coordinates: Some(Coordinates { latitude, longitude }),
    };
    let nowhere = Member { coordinates: None, ..member("nowhere", 0.0, 0.0) };
    [member("east", 46.8, -71.2), member("south", 40.7, -74.0), nowhere]
}

fn told_of(catalogue: &Catalogue, demand: &Demand, members: &[Member]) -> Document {
    report(Question {
        catalogue,
        host: "ca1",
        demand,
        members,
        paths: &[],
        published: None,
        until_ms: UNTIL_MS,
        zone: &TimeZone::UTC,
    })
    .document
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
fn what_does_not_carry_a_host_is_not_said_to_suit_it() {
    let mut catalogue = catalogue();
    catalogue.offers.retain(|offer| offer.name != "slow");
    for offer in &mut catalogue.offers {
        offer.server.cores = Some(1.0);
    }
    let document = told(&catalogue, &demand(35));
    assert!(
        document.answer.starts_with("No offer carries ca1. flat has most points: 90 EUR a month, and all limits hold with under 1 % only, for its processors."),
        "{}",
        document.answer
    );
    assert_eq!(document.parts[0].state, State::Warning);
    // The dear one has cores enough, but nobody asks for that.
    catalogue.offers[2].server.cores = Some(8.0);
    let document = told(&catalogue, &demand(35));
    assert!(
        document.answer.contains("flat has most points for ca1, but does not carry it")
            && document.answer.contains(" dear does: 190 EUR a month, and all limits hold with "),
        "{}",
        document.answer
    );
}

#[test]
fn latency_without_any_place_is_said_to_have_no_part() {
    let said =
        |members: &[Member]| told_of(&catalogue(), &demand(35), members).sentences.join("\n");
    let expected = "Nobody says where members are, so latency tells no offer from another";
    assert!(said(&[]).contains(expected) && said(&members()[2..]).contains(expected));
    assert!(!said(&members()).contains(expected), "{}", said(&members()));
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

/// Six members on four continents, and three cities with servers; round trips as they might be published.
const CITIES: [(&str, &str, f64, f64); 9] = [
    ("Montreal", "North America", 45.5, -73.57),
    ("New York", "North America", 40.71, -74.01),
    ("Berlin", "Europe", 52.52, 13.41),
    ("Madrid", "Europe", 40.42, -3.7),
    ("Lagos", "Africa", 6.52, 3.38),
    ("Sydney", "Oceania", -33.87, 151.21),
    ("Los Angeles", "North America", 34.05, -118.24),
    ("Toronto", "North America", 43.65, -79.38),
    ("Frankfurt", "Europe", 50.11, 8.68),
];

const ROUND_TRIPS: [(usize, [f64; 6]); 3] = [
    (6, [85.0, 65.0, 186.0, 137.0, 249.0, 120.0]),
    (7, [18.0, 20.0, 128.0, 117.0, 249.0, 207.0]),
    (8, [123.0, 88.0, 14.0, 29.0, 100.0, 364.0]),
];

fn imported() -> crate::reference::Table {
    let mut servers = String::from(
        "id,name,title,location,state,country,state_abbv,continent,latitude,longitude\n",
    );
    for (id, (name, continent, latitude, longitude)) in CITIES.iter().enumerate() {
        let _ =
            writeln!(servers, "{id},{name},{name},{name},,X,,{continent},{latitude},{longitude}");
    }
    let mut pings = String::from("source,destination,timestamp,min,avg,max,mdev\n");
    for (site, means) in ROUND_TRIPS {
        for (member, mean) in means.iter().enumerate() {
            let (least, most) = (mean * 0.98, mean * 1.1);
            let _ = writeln!(pings, "{member},{site},2026-11-01 00:00:00,{least},{mean},{most},1");
        }
    }
    let file = |name: &str, text: String| crate::reference::PublishedFile {
        name: name.into(),
        bytes: std::io::Cursor::new(text),
    };
    let files = crate::reference::PublishedFiles {
        servers: file("servers.csv", servers),
        pings: vec![file("pings.csv", pings)],
    };
    files.read().unwrap().table
}

#[test]
fn mean_worst_pair_and_opinion_rank_datacentres_differently_and_the_report_shows_all_three() {
    let table = imported();
    let published = Published::of(&table);
    let members = CITIES[..6].iter().map(|(name, _, latitude, longitude)| Member {
        name: (*name).into(),
        weight: 1.0,
        vantage: None,
        // A suburb of it.
        coordinates: Some(Coordinates { latitude: latitude + 0.2, longitude: longitude + 0.2 }),
    });
    let members: Vec<Member> = members.collect();
    let offers = CITIES[6..].iter().map(|(name, _, latitude, longitude)| {
        let mut offer = offer(name, 9_000, Form::Unmetered);
        offer.site.coordinates = Some(Coordinates { latitude: *latitude, longitude: *longitude });
        offer
    });
    let catalogue =
        Catalogue { offers: offers.collect(), choice: Choice::default(), ..catalogue() };
    let catalogue = Catalogue { decisions: Vec::new(), ..catalogue };
    let demand = demand(35);
    let question = Question {
        catalogue: &catalogue,
        host: "ca1",
        demand: &demand,
        members: &members,
        paths: &[],
        published: Some(&published),
        until_ms: UNTIL_MS,
        zone: &TimeZone::UTC,
    };
    let document = report(question).document;
    let text = markdown(&document);
    let said = "By the mean round trip Frankfurt is nearest, by the worst pair Los Angeles is nearest and by \
                the opinion of pairs Toronto is nearest. The score uses the opinion of pairs";
    assert!(text.contains(said), "{text}");
    assert!(
        text.contains("public measurements between the nearest cities of 2026-11-01"),
        "{text}"
    );
    let rows = csv(&document, "latency").unwrap();
    let of = |name: &str| -> Vec<f64> {
        let row = rows.lines().find(|row| row.contains(&format!(",{name},"))).unwrap();
        row.split(',').filter_map(|cell| cell.parse().ok()).collect()
    };
    // The mean, the worst pair, the 95th percentile of pairs and both opinions, none of them guessed.
    assert!(
        (of("Frankfurt")[0] - 718.0 / 6.0).abs() < 0.01 && of("Frankfurt")[1] == 243.5,
        "{rows}"
    );
    assert_eq!((of("Los Angeles")[1], of("Toronto")[1]), (217.5, 228.0), "{rows}");
    let members = csv(&document, "members").unwrap();
    assert_eq!(members.matches("public figures").count(), 18, "{members}");
    assert!(document.answer.starts_with("Toronto suits ca1 best"), "{}", document.answer);
}

#[test]
fn round_trips_are_those_of_packets_and_losses_those_that_are_believed() {
    use crate::latency::{Leg, PathName};
    let path = |kind: &str, median_ms: f64, loss_ratio: f64, leg: Option<Leg>| PathHour {
        name: PathName {
            vantage: "probe".into(),
            datacentre: "montreal".into(),
            target: "t".into(),
            kind: kind.into(),
            family: "ipv4".into(),
        },
        hole: None,
        median_ms: Some(median_ms),
        least_ms: None,
        jitter_ms: None,
        speech_jitter_ms: None,
        usual_ms: None,
        loss_ratio: Some(loss_ratio),
        leg,
        quality: None,
        bound: None,
        trace_ms: Vec::new(),
        last_ms: None,
    };
    // A page that is near by a cache, and replies to ICMP that are limited.
    let believed = Leg { round_trip_ms: 80.0, loss_ratio: 0.01 };
    let paths = [path("https", 9.0, 0.0, None), path("icmp", 80.0, 0.3, Some(believed))];
    let site = Site { datacentre: Some("montreal".into()), ..Site::default() };
    let members = [Member {
        name: "east".into(),
        weight: 1.0,
        vantage: Some("probe".into()),
        coordinates: None,
    }];
    let ways = reach::Ways { members: &members, paths: &paths, published: None };
    assert_eq!(reach::of(&site, ways).unwrap().links[0].leg, believed);
    let ways = reach::Ways { paths: &paths[..1], ..ways };
    assert!(reach::of(&site, ways).is_none(), "a page alone tells no round trip");
}
