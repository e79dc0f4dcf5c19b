use super::*;
use crate::costs::{Basis, Months};
use crate::reports::document::{csv, json, markdown};
use crate::reports::plan::Organisation;

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
        (((*host).to_owned(), (*name).to_owned()), Use { hours: *hours, bytes: hours * 1e9 })
    });
    Used { of: of.collect(), hours_read: [("ca1".to_owned(), 744)].into() }
}

fn plan(names: &[&str], bills: Vec<Bill>) -> Plan {
    let organisation = |name: &&str| Organisation {
        name: (*name).to_owned(),
        tenants: vec![(*name).to_owned()],
        tier: None,
    };
    Plan { organisations: names.iter().map(organisation).collect(), bills, ..Plan::default() }
}

/// The report of July 2020, when it is over.
fn told(plan: &Plan, used: &Used) -> Document {
    let month: Month = "2020-07".parse().unwrap();
    let until_ms = month.bounds_ms(&TimeZone::UTC).1 + 1;
    report(Question { plan, month, used, until_ms, zone: &TimeZone::UTC })
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
fn a_month_that_is_not_over_says_so_and_bills_of_other_months_do_not_count() {
    let july: Option<Month> = "2020-07".parse().ok();
    let of_july = Bill { months: Months { from: july, until: july }, ..bill("7.00 USD") };
    let plan = plan(&["School"], vec![bill("1.00 USD"), of_july]);
    let used = used(&[("ca1", "School", 1.0)]);
    let month: Month = "2020-08".parse().unwrap();
    let until_ms = month.bounds_ms(&TimeZone::UTC).0 + 744 * HOUR_MS - 1;
    let question = Question { plan: &plan, month, used: &used, until_ms, zone: &TimeZone::UTC };
    let document = report(question);
    assert_eq!(document.answer, "August 2020 so far: 1.00 USD, all of it is School's.");
    assert!(document.sentences[0].starts_with("The month is not over"));
}
