use super::*;
use crate::contracts::{Beyond, Contract, Counted, Form, Port, Price, Rounding, Sharing, Step};
use crate::costs::{Basis, Months};
use crate::offers::{Catalogue, Choice, Demand, Exchange, Offer, Peak};
use crate::reports::document::{csv, json, markdown};
use crate::reports::plan::{Organisation, Tier};

static UTC: TimeZone = TimeZone::UTC;

fn bill(amount: &str) -> Bill {
    Bill {
        name: "ca1".into(),
        amount: amount.parse().unwrap(),
        paid_by: Some("School".into()),
        shared_by: Vec::new(),
        hosts: Vec::new(),
        equal: 0.0,
        by: Basis::UserHours,
        months: Months { from: None, until: None },
    }
}

fn used(of: &[(&str, &str, f64)]) -> Used {
    let of = of.iter().map(|(host, name, hours)| {
        (
            ((*host).to_owned(), (*name).to_owned()),
            Use { hours: *hours, bytes: hours * 1e9, ..Use::default() },
        )
    });
    Used {
        of: of.collect(),
        hours_read: [("ca1".to_owned(), 744)].into(),
        people: [(("ca1".to_owned(), "School".to_owned()), 40.0)].into(),
        ..Used::default()
    }
}

fn plan(names: &[&str], bills: Vec<Bill>) -> Plan {
    let organisation = |name: &&str| Organisation {
        name: (*name).to_owned(),
        tenants: vec![(*name).to_owned()],
        tier: None,
    };
    Plan { organisations: names.iter().map(organisation).collect(), bills, ..Plan::default() }
}

fn question<'q>(plan: &'q Plan, month: Month, used: &'q Used) -> Question<'q> {
    let until_ms = month.bounds_ms(&TimeZone::UTC).1 + 1;
    Question { plan, month, used, weeks: &[], alternatives: None, until_ms, zone: &UTC }
}

/// The report of July 2020, when it is over.
fn told(plan: &Plan, used: &Used) -> Document {
    let month: Month = "2020-07".parse().unwrap();
    report(question(plan, month, used))
}

#[test]
fn who_paid_gets_back_what_the_others_used() {
    let plan = plan(&["School", "Choir"], vec![bill("300.00 USD")]);
    let document = told(&plan, &used(&[("ca1", "School", 20.0), ("ca1", "Choir", 10.0)]));
    assert_eq!(document.answer, "July 2020: 300.00 USD, shared by 2 organisations.");
    assert_eq!(document.sentences, Vec::<String>::new());
    let [part] = &*document.parts else { panic!("{:?}", document.parts) };
    assert_eq!((&*part.name, &*part.answer), ("USD", "Choir pays School 100.00 USD."));
    assert_eq!(
        csv(&document, "balances").unwrap(),
        "currency,organisation,user_hours,bytes,owes,paid,balance\n\
         USD,Choir,10,10000000000,100,0,-100\nUSD,School,20,20000000000,200,300,100\n"
    );
    assert_eq!(document.tables(), ["balances", "payments", "bills"]);
    let json: serde_json::Value = serde_json::from_str(&json(&document)).unwrap();
    assert_eq!(json["currencies"][0]["currency"], "USD");
    assert!(markdown(&document).contains("| Choir | School | 100.00 USD |"));
}

#[test]
fn each_currency_has_an_account_of_its_own() {
    let bills = vec![bill("300.00 USD"), bill("30.00 EUR"), bill("-0.50 USD")];
    let plan = plan(&["School", "Choir"], bills);
    let document = told(&plan, &used(&[("ca1", "School", 1.0), ("ca1", "Choir", 1.0)]));
    assert!(document.answer.starts_with("July 2020: 30.00 EUR and 299.50 USD,"));
    let names: Vec<&str> = document.parts.iter().map(|part| &*part.name).collect();
    assert_eq!(names, ["EUR", "USD"]);
}

/// Each of these is said before anybody pays.
#[test]
fn what_is_odd_about_a_month_is_said() {
    let some = used(&[("ca1", "School", 9.0), ("ca1", "unknown", 1.0)]);
    let half = Used { hours_read: [("ca1".to_owned(), 372)].into(), ..some.clone() };
    let school = ["School"];
    let of_ca2 = Bill { hosts: vec!["ca2".into()], ..bill("1.00 USD") };
    for (plan, used, expected) in [
        (
            plan(&school, vec![bill("1.00 USD")]),
            some.clone(),
            "10 % of the user hours are of unknown",
        ),
        (
            plan(&school, vec![bill("1.00 USD")]),
            half,
            "Only a part was read: ca1 in 372 of 744 hours.",
        ),
        (plan(&school, vec![bill("1.00 USD")]), Used::default(), "Nothing was read of any host"),
        (plan(&school, vec![of_ca2]), some.clone(), "Nobody used what ca1 is for"),
        (plan(&[], vec![bill("1.00 USD")]), Used::default(), "Nobody shares ca1"),
    ] {
        let document = told(&plan, &used);
        let said = document.sentences.join("\n");
        assert!(said.contains(expected), "{expected}: {said}");
    }
    let unpaid = Bill { paid_by: None, ..bill("1.00 USD") };
    let document = told(&plan(&school, vec![unpaid]), &some);
    assert!(document.parts[0].answer.contains("1.00 USD is not paid by anybody who is named."));
    let document = told(&plan(&school, Vec::new()), &some);
    assert_eq!(document.answer, "No bill is known for July 2020.");
}

#[test]
fn who_joins_within_the_month_is_named() {
    let (from_ms, _) = "2020-07".parse::<Month>().unwrap().bounds_ms(&TimeZone::UTC);
    let mut used = used(&[("ca1", "School", 20.0), ("ca1", "Choir", 10.0)]);
    used.since_ms = [("School", 0), ("Choir", 14 * 24)]
        .map(|(name, hours)| (name.to_owned(), from_ms + hours * HOUR_MS))
        .into();
    let plan = plan(&["School", "Choir"], vec![bill("300.00 USD")]);
    let said = "First seen within the month: Choir on 15 July. What is shared alike counts the whole month for them.";
    assert_eq!(told(&plan, &used).sentences, [said]);
    used.since_ms.remove("School");
    assert!(
        told(&plan, &used).sentences.is_empty(),
        "where nobody was there before, none has joined"
    );
}

#[test]
fn a_month_that_is_not_over_says_so_and_bills_of_other_months_do_not_count() {
    let july: Option<Month> = "2020-07".parse().ok();
    let of_july = Bill { months: Months { from: july, until: july }, ..bill("7.00 USD") };
    let plan = plan(&["School"], vec![bill("1.00 USD"), of_july]);
    let used = used(&[("ca1", "School", 1.0)]);
    let month: Month = "2020-08".parse().unwrap();
    let until_ms = month.bounds_ms(&TimeZone::UTC).0 + 744 * HOUR_MS - 1;
    let document = report(Question { until_ms, ..question(&plan, month, &used) });
    assert_eq!(document.answer, "August 2020 so far: 1.00 USD, all of it is School's.");
    assert!(document.sentences[0].starts_with("The month is not over"));
}

fn tiered(names: &[(&str, &str)], bills: Vec<Bill>) -> Plan {
    let organisation = |(name, tier): &(&str, &str)| Organisation {
        name: (*name).to_owned(),
        tenants: vec![(*name).to_owned()],
        tier: Some(Tier { name: (*tier).to_owned(), rooms: None, people: None, hours: None }),
    };
    Plan { organisations: names.iter().map(organisation).collect(), bills, ..Plan::default() }
}

#[test]
fn a_tier_costs_what_its_weeks_make_of_the_bills() {
    let plan = tiered(
        &[("School", "large"), ("Choir", "small"), ("Union", "small")],
        vec![bill("400.00 EUR")],
    );
    let week = |school: f64| {
        used(&[("ca1", "School", school), ("ca1", "Choir", 10.0), ("ca1", "Union", 10.0)])
    };
    let month: Month = "2020-07".parse().unwrap();
    let same = [week(20.0), week(20.0)];
    let now = week(20.0);
    let asked = question(&plan, month, &now);
    let rows =
        |weeks: &[Used]| csv(&report(Question { weeks, ..asked }), "tiers").unwrap_or_default();
    // Every week alike: half of it is the school's, a quarter each of the others'.
    assert_eq!(
        rows(&same),
        "currency,tier,organisations,user_hours,price_50,price_90,price_of_hour\n\
         EUR,large,1,80,200,200,2.5\nEUR,small,2,40,100,100,2.5\n"
    );
    let differing = [week(20.0), week(60.0)];
    let found = rows(&differing);
    let large: Vec<f64> = found
        .lines()
        .nth(1)
        .unwrap()
        .split(',')
        .skip(4)
        .map(|text| text.parse().unwrap())
        .collect();
    assert!(large[0] < large[1] && (200.0..=300.0).contains(&large[0]), "{found}");
    let short = report(Question { weeks: &same[..1], ..asked });
    assert!(markdown(&short).contains("Prices of tiers need 2 whole weeks; one was measured."));
}

#[test]
fn a_server_of_ones_own_is_cheaper_from_where_its_price_meets_the_share() {
    let mut of_host = bill("400.00 EUR");
    of_host.hosts = vec!["ca1".into()];
    of_host.equal = 0.25;
    let names = ["School", "Choir", "Union", "Club"];
    let plan = plan(&names, vec![of_host]);
    let week = used(&names.map(|name| ("ca1", name, 70.0)));
    let step = Step { sent_mbit: 10.0, received_mbit: 1.0, people: 5.0 };
    let carried = Demand::new(vec![vec![step; 288]; 30], Peak::Seen(10.0), 1.0);
    let catalogue = offered(&[("cheap", 12_000), ("middle", 22_000), ("dear", 50_000)]);
    let month: Month = "2020-07".parse().unwrap();
    let weeks = [week.clone()];
    let alternatives =
        Some(Alternatives { catalogue: &catalogue, carried: &carried, sent_bytes: None });
    let asked = Question { weeks: &weeks, alternatives, ..question(&plan, month, &week) };
    // A share is 100 an organisation; one alone pays 25, and 0.25 for each of its hours.
    assert_eq!(
        csv(&report(asked), "break_even").unwrap(),
        "currency,offer,cost_empty,cost_full,organisations,user_hours,people\n\
         EUR,cheap,120,120,2,381,13\nEUR,middle,220,220,3,780,26\nEUR,dear,500,500,,,\n"
    );
}

fn offered(prices: &[(&str, i64)]) -> Catalogue {
    let contract = Contract {
        port: Port { mbit: 1_000.0, sharing: Sharing::Dedicated, burst: None },
        counted: Counted::Out,
        form: Form::Unmetered,
    };
    let offer = |(name, minor): &(&str, i64)| {
        Offer::of(name, Money { minor: *minor, currency: Currency::EURO }, contract)
    };
    Catalogue {
        offers: prices.iter().map(offer).collect(),
        choice: Choice::default(),
        exchange: Exchange::of(Currency::EURO),
        decisions: Vec::new(),
        is_example: false,
    }
}

#[test]
fn large_bills_are_told_to_the_cent_in_every_form() {
    let large = Bill { name: "large".into(), ..bill("1234567.89 EUR") };
    let plan = plan(&["School", "Choir"], vec![large]);
    let document = told(&plan, &used(&[("ca1", "School", 2.0), ("ca1", "Choir", 1.0)]));
    let rows = csv(&document, "balances").unwrap();
    // Two thirds of 123456789 cents are 82304526, to the cent.
    assert!(rows.contains("School,2,2000000000,823045.26,1234567.89,411522.63\n"), "{rows}");
    let whole: serde_json::Value = serde_json::from_str(&json(&document)).unwrap();
    let paid = &whole["currencies"][0]["sections"]["payments"]["tables"]["payments"][0]["amount"];
    assert_eq!(paid, 411_522.63);
    assert!(markdown(&document).contains("| 411522.63 EUR |"));
}

#[test]
fn bytes_that_were_told_for_a_part_of_the_month_say_so() {
    let by_bytes = Bill { by: Basis::Bytes, ..bill("30.00 EUR") };
    let plan = plan(&["School", "Choir"], vec![by_bytes, bill("7.00 EUR")]);
    let all = used(&[("ca1", "School", 2.0), ("ca1", "Choir", 1.0)]);
    let told_in = |hours: usize| {
        let hours_of_bytes = [("ca1".to_owned(), hours)].into();
        told(&plan, &Used { hours_of_bytes, ..all.clone() }).sentences
    };
    assert_eq!(told_in(743), Vec::<String>::new());
    assert_eq!(
        told_in(300),
        ["Who sent what was told for 300 of the 744 hours of ca1 only: by that ca1 is shared."]
    );
}

#[test]
fn what_traffic_of_organisations_costs_is_known_only_where_it_was_told() {
    let mut of_host = bill("400.00 EUR");
    of_host.hosts = vec!["ca1".into()];
    let names = ["School", "Choir"];
    let plan = plan(&names, vec![of_host]);
    let step = Step { sent_mbit: 10.0, received_mbit: 1.0, people: 5.0 };
    let carried = Demand::new(vec![vec![step; 288]; 30], Peak::Seen(10.0), 1.0);
    let mut catalogue = offered(&[("metered", 10_000), ("flat", 12_000)]);
    // A euro for each GB.
    let price = Price { minor: 100, unit_bytes: 1e9, rounding: Rounding::Exact };
    catalogue.offers[0].contract.form =
        Form::Quota { included_bytes: 1e6, beyond: Beyond::Priced(price) };
    let month: Month = "2020-07".parse().unwrap();
    // Seventy hours a week each, of a GB an hour: 600 GB in thirty days.
    let untold = used(&names.map(|name| ("ca1", name, 70.0)));
    let hours = |count: usize| [("ca1".to_owned(), count)].into();
    let told = Used { hours_of_bytes: hours(744), ..untold.clone() };
    let rows = |week: &Used, sent_bytes: Option<f64>| {
        let weeks = [week.clone()];
        let alternatives =
            Some(Alternatives { catalogue: &catalogue, carried: &carried, sent_bytes });
        let asked = Question { weeks: &weeks, alternatives, ..question(&plan, month, week) };
        let document = report(asked);
        (csv(&document, "break_even").unwrap(), markdown(&document))
    };
    let (found, said) = rows(&untold, None);
    assert!(found.contains("EUR,metered,100,,,,\nEUR,flat,120,120,1,"), "{found}");
    assert!(said.contains("What was sent for organisations is not told yet"), "{said}");
    let (found, said) = rows(&told, None);
    assert!(found.contains("EUR,metered,100,700,"), "{found}");
    assert!(!said.contains("is not told yet"), "{said}");
    // As the models of hosts have it: 280 GB in four weeks are 300 in thirty days.
    let (found, _) = rows(&untold, Some(280e9));
    assert!(found.contains("EUR,metered,100,400,"), "{found}");
}
