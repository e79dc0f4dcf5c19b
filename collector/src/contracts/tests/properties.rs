//! What holds of every contract: more traffic never costs less nor hampers fewer, and parts sum.

use proptest::collection::vec;
use proptest::prelude::*;

use super::*;

fn forms() -> impl Strategy<Value = Form> {
    let bytes = 0.01f64..4.0;
    let price = 0i64..10_000;
    let rounding = prop_oneof![Just(Rounding::Whole), Just(Rounding::Exact)];
    let priced = (price.clone(), prop_oneof![Just(TB / 10.0), Just(TIB / 10.0)], rounding)
        .prop_map(|(minor, unit, rounding)| per_tb(minor, unit, rounding));
    let beyond = prop_oneof![
        priced,
        (1.0f64..200.0).prop_map(|mbit| Beyond::Throttled { mbit }),
        Just(Beyond::Unfair),
    ];
    let quota = (bytes.clone(), beyond)
        .prop_map(|(tb, beyond)| Form::Quota { included_bytes: tb * TB, beyond });
    let prepaid = (bytes, price.clone(), 1u32..4).prop_map(|(tb, price, months)| Form::Prepaid {
        pack_bytes: tb * TB,
        price,
        months,
    });
    let percentile = (0.0f64..900.0, price)
        .prop_map(|(commit_mbit, price)| Form::Percentile { commit_mbit, price });
    prop_oneof![Just(Form::Unmetered), quota, prepaid, percentile]
}

fn contracts() -> impl Strategy<Value = Contract> {
    let sharing = prop_oneof![
        Just(Sharing::Dedicated),
        (0.1f64..1.0).prop_map(|part| Sharing::Shared { part })
    ];
    let burst = proptest::option::of(
        (500.0f64..2_000.0, 0.01f64..1.0)
            .prop_map(|(mbit, tb)| Burst { mbit, until_bytes: tb * TB }),
    );
    let port = (50.0f64..1_000.0, sharing, burst).prop_map(|(mbit, sharing, burst)| Port {
        mbit,
        sharing,
        burst,
    });
    let counted = prop_oneof![Just(Counted::Out), Just(Counted::InAndOut), Just(Counted::Greater)];
    (port, counted, forms()).prop_map(|(port, counted, form)| Contract { port, counted, form })
}

/// Some months of some steps, each as long as a day or two.
fn months() -> impl Strategy<Value = Vec<Vec<[f64; 2]>>> {
    let step = [0.0f64..1_200.0, 0.0f64..1_200.0];
    vec(vec(step, 1..400), 1..4)
}

fn replay(contract: &Contract, months: &[Vec<[f64; 2]>], more: &[f64]) -> Vec<Statement> {
    let mut account = Account::new(contract);
    let mut add = more.iter().copied().cycle();
    let mut replayed = Vec::new();
    for month in months {
        let step = |[sent_mbit, received_mbit]: &[f64; 2]| {
            let add = add.next().unwrap_or(0.0);
            Step { sent_mbit: sent_mbit + add, received_mbit: received_mbit + add, people: 1.0 }
        };
        let series = Series::new(0, month.iter().map(step).collect());
        replayed.push(account.month(Traffic::as_measured(&series)));
    }
    replayed
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn more_traffic_never_costs_less(
        contract in contracts(),
        months in months(),
        more in vec(prop_oneof![Just(0.0), 0.0f64..500.0], 1..50),
    ) {
        let (less, greater) =
            (replay(&contract, &months, &[0.0]), replay(&contract, &months, &more));
        let all = |of: fn(&Statement) -> f64, months: &[Statement]| {
            months.iter().map(of).sum::<f64>()
        };
        let cost = |months: &[Statement]| months.iter().map(Statement::total).sum::<i64>();
        // Exact prices are rounded to a unit in each month.
        prop_assert!(cost(&greater) >= cost(&less), "{} for {}", cost(&greater), cost(&less));
        let hampered: fn(&Statement) -> f64 = |one| one.throttled_minutes + one.above_port_minutes;
        prop_assert!(all(hampered, &greater) >= all(hampered, &less));
        prop_assert!(greater.iter().zip(&less).all(|(more, less)| more.is_unfair >= less.is_unfair));
    }

    #[test]
    fn charges_sum_to_the_total_and_none_is_negative(
        contract in contracts(),
        months in months(),
    ) {
        for statement in replay(&contract, &months, &[0.0]) {
            let sum: i64 = statement.charges.iter().map(|charge| charge.minor).sum();
            prop_assert_eq!(sum, statement.total());
            prop_assert!(statement.charges.iter().all(|charge| charge.minor > 0));
            prop_assert!(statement.hampered_person_minutes >= 0.0);
        }
    }

    #[test]
    fn a_scaled_month_is_the_month_of_scaled_steps(
        contract in contracts(),
        month in vec([0.0f64..1_200.0, 0.0f64..1_200.0], 1..400),
    ) {
        let steps = |times: f64| {
            let step = |[sent, received]: &[f64; 2]| Step {
                sent_mbit: sent * times,
                received_mbit: received * times,
                people: times,
            };
            Series::new(0, month.iter().map(step).collect())
        };
        // Twice is exact in floating numbers.
        let (once, twice) = (steps(1.0), steps(2.0));
        let scaled = Account::new(&contract).month(Traffic { series: &once, times: 2.0 });
        prop_assert_eq!(scaled, of(&contract, &twice));
    }
}
