//! Series and their scopes, reading by reading.

use proptest::prelude::*;

use super::Extent::{Part, Whole};
use super::*;

/// A reading of those metrics, with their place as value.
fn reading(scope: &Scope, extent: Extent, metrics: &[&str]) -> Reading {
    let mut reading = Reading::default();
    reading.begin(scope.clone(), 1);
    let mut round = Round::new(&mut reading);
    for (place, metric) in metrics.iter().enumerate() {
        round.push(metric, &[], place as f64);
    }
    if extent == Whole {
        round.end_missing();
    }
    reading
}

/// Each id with its value; none for a stale marker.
fn told(tables: &mut SeriesTables, mut reading: Reading) -> Vec<(u32, Option<f64>)> {
    let resolved = tables.resolve(&mut reading);
    let value = |value: &f64| (value.to_bits() != STALE_BITS).then_some(*value);
    assert_eq!(resolved.layout.ids().len(), reading.values.len());
    resolved.layout.ids().iter().copied().zip(reading.values.iter().map(value)).collect()
}

fn ids(told: &[(u32, Option<f64>)]) -> Vec<u32> {
    told.iter().map(|(id, _)| *id).collect()
}

#[test]
fn a_series_keeps_its_id_and_is_defined_by_its_labels() {
    let mut tables = SeriesTables::default();
    let mut reading = Reading::default();
    let mut take = |write: fn(&mut Round<'_>)| {
        reading.begin(Scope::HOST, 1);
        write(&mut Round::new(&mut reading));
        let resolved = tables.resolve(&mut reading);
        (resolved.layout, reading.values.clone())
    };
    let (first, values) = take(|round| {
        round.push("up", &[("device", "eth0")], 1.0);
        round.push("up", &[("device", "eth1")], 2.0);
    });
    assert_eq!((first.ids(), &*values), (&[0, 1][..], &[1.0, 2.0][..]));
    let (same, _) = take(|round| {
        round.push("up", &[("device", "eth0")], 3.0);
        round.push("up", &[("device", "eth1")], 4.0);
    });
    assert!(Arc::ptr_eq(&first, &same), "nothing is made anew while names are the same");
    let (other, _) = take(|round| {
        round.push("up", &[("device", "eth1")], 3.0);
        round.set_job("headroom");
        round.push("up", &[("device", "eth1"), ("empty", "")], 4.0);
    });
    assert_eq!(other.ids(), [1, 2]);
    let definition = &other.definitions()[1];
    let labels: Vec<_> = definition.labels.iter().map(|l| (&*l.name, &*l.value)).collect();
    assert_eq!(
        (&*definition.metric, &*labels),
        ("up", &[("device", "eth1"), ("job", "headroom")][..])
    );
}

#[test]
fn what_is_missing_ends_once_and_only_in_its_scope() {
    let mut tables = SeriesTables::default();
    let target = Scope::named("target/a".into());
    let mut tell = |scope: &Scope, extent, metrics: &[&str]| {
        told(&mut tables, reading(scope, extent, metrics))
    };
    assert_eq!(tell(&Scope::ROOMS, Whole, &["a", "b"]), [(0, Some(0.0)), (1, Some(1.0))]);
    // The same names in other scopes are other series, and end nothing here.
    assert_eq!(tell(&target, Whole, &["a"]), [(2, Some(0.0))]);
    assert_eq!(tell(&Scope::HOST, Whole, &["c"]), [(3, Some(0.0))]);
    assert_eq!(tell(&Scope::ROOMS, Whole, &["b"]), [(1, Some(0.0)), (0, None)]);
    assert_eq!(tell(&Scope::ROOMS, Whole, &["b"]), [(1, Some(0.0))]);
    assert_eq!(tell(&Scope::ROOMS, Whole, &["a", "b"]), [(0, Some(0.0)), (1, Some(1.0))]);
    // A round that tells some of its scope's series ends none of the others.
    assert_eq!(tell(&target, Part, &["d"]), [(4, Some(0.0))]);
    assert_eq!(tell(&target, Part, &["d"]), [(4, Some(0.0))]);
    assert_eq!(tell(&target, Whole, &["d", "e"]), [(4, Some(0.0)), (5, Some(1.0)), (2, None)]);
    // A scope that is gone ends as a whole, and begins anew.
    assert_eq!(tell(&target, Whole, &[]), [(4, None), (5, None)]);
    assert_eq!(tell(&target, Whole, &[]), []);
    assert_eq!(tell(&target, Whole, &["e"]), [(6, Some(0.0))]);
}

#[test]
fn beyond_the_limit_samples_are_dropped_and_counted() {
    let mut tables = SeriesTables::default();
    let many = |from: usize, count: usize| {
        let mut reading = Reading::default();
        reading.begin(Scope::ROOMS, 1);
        let mut round = Round::new(&mut reading);
        for number in from..from + count {
            round.push("m", &[("n", &number.to_string())], number as f64);
        }
        round.push_sequence("sequence");
        reading
    };
    let mut all = many(0, MAX_SERIES + 5);
    let resolved = tables.resolve(&mut all);
    assert_eq!((resolved.layout.ids().len(), resolved.dropped_samples), (MAX_SERIES, 6));
    assert_eq!(all.sequence_place, None);
    // What is known goes on, what is not is dropped each time.
    for _ in 0..2 {
        let mut some = many(MAX_SERIES - 2, 4);
        let resolved = tables.resolve(&mut some);
        assert_eq!(resolved.layout.ids(), [MAX_SERIES as u32 - 2, MAX_SERIES as u32 - 1]);
        assert_eq!(some.values, [MAX_SERIES as f64 - 2.0, MAX_SERIES as f64 - 1.0]);
        assert_eq!(resolved.dropped_samples, 3);
    }
    // A scope that ends makes room.
    tables.resolve(&mut reading(&Scope::ROOMS, Whole, &[]));
    assert_eq!(ids(&told(&mut tables, reading(&Scope::HOST, Part, &["x"]))).len(), 1);
}

/// A host of very many cores, mounts and links would else have taken the room of what people meet in.
#[test]
fn a_host_leaves_room_to_its_rooms_and_pings() {
    let mut tables = SeriesTables::default();
    let many = |scope: &Scope, count: usize| {
        let mut reading = Reading::default();
        reading.begin(scope.clone(), 1);
        let mut round = Round::new(&mut reading);
        for number in 0..count {
            round.push("m", &[("n", &number.to_string())], 1.0);
        }
        round.end_missing();
        reading
    };
    let mut dropped = |scope: &Scope, count| {
        let resolved = tables.resolve(&mut many(scope, count));
        resolved.dropped_samples as usize
    };
    for _ in 0..3 {
        assert_eq!(dropped(&Scope::HOST, 2 * MAX_SERIES), MAX_SERIES + LEFT_BY_HOST);
        assert_eq!(dropped(&Scope::ROOMS, LEFT_BY_HOST / 2), 0);
        assert_eq!(dropped(&Scope::PINGS, LEFT_BY_HOST / 2), 0);
    }
}

#[test]
fn what_has_ended_makes_room_for_what_comes() {
    let mut tables = SeriesTables::default();
    let interfaces = |minute: usize| {
        let mut reading = Reading::default();
        reading.begin(Scope::HOST, 1);
        let mut round = Round::new(&mut reading);
        round.push("uptime", &[], minute as f64);
        for number in 0..MAX_SERIES / 10 {
            let device = format!("veth{minute}");
            round.push("m", &[("device", &device), ("n", &number.to_string())], 1.0);
        }
        round.end_missing();
        reading
    };
    let mut given = HashSet::new();
    for minute in 0..30 {
        let mut reading = interfaces(minute);
        let mut resolved = tables.resolve(&mut reading);
        if resolved.dropped_samples > 0 {
            // The round in which there is no room makes some for the next.
            reading = interfaces(minute);
            resolved = tables.resolve(&mut reading);
        }
        assert_eq!(resolved.dropped_samples, 0, "minute {minute}");
        // Behind them stand those that end.
        let (goes_on, new) = resolved.layout.ids()[..=MAX_SERIES / 10].split_first().unwrap();
        assert_eq!(*goes_on, 0, "what goes on stays the same");
        assert!(new.iter().all(|id| given.insert(*id)), "an id is given once");
    }
    // What goes on is alive; what has ended comes back as a new one.
    let mut reading = interfaces(0);
    let resolved = tables.resolve(&mut reading);
    assert!(!given.contains(&resolved.layout.ids()[1]));
}

#[test]
fn what_is_taken_back_is_not_told() {
    let mut reading = Reading::default();
    reading.begin(Scope::HOST, 1);
    let mut round = Round::new(&mut reading);
    round.push("a", &[], 1.0);
    let mark = round.len();
    round.push_sequence("b");
    round.truncate(mark);
    round.push("c", &[("l", "v")], 3.0);
    let named: Vec<_> =
        reading.named().map(|one| (one.job, one.metric, one.labels, one.value)).collect();
    assert_eq!(named, [("node", "a", vec![], 1.0), ("node", "c", vec![("l", "v")], 3.0)]);
    assert_eq!(reading.sequence_place, None);
}

proptest! {
    /// Whatever is told: ids are those of their names, what is told is alive, and what was alive and
    /// a whole reading lacks ends, once.
    #[test]
    fn ids_and_ends_are_those_of_a_simple_model(
        readings in prop::collection::vec(
            (0usize..3, any::<bool>(), prop::collection::btree_set(0usize..6, 0..5)), 1..30),
    ) {
        let mut tables = SeriesTables::default();
        let mut known: HashMap<(usize, usize), u32> = HashMap::new();
        let mut alive: HashMap<usize, HashSet<u32>> = HashMap::new();
        for (scope, whole, metrics) in readings {
            let names: Vec<String> = metrics.iter().map(|n| format!("m{n}")).collect();
            let names: Vec<&str> = names.iter().map(String::as_str).collect();
            let extent = if whole { Whole } else { Part };
            let found = told(&mut tables, reading(&Scope::named(scope.to_string()), extent, &names));
            let (live, ended): (Vec<_>, Vec<_>) = found.iter().partition(|(_, v)| v.is_some());
            for (metric, (id, _)) in metrics.iter().zip(&live) {
                prop_assert_eq!(known.entry((scope, *metric)).or_insert(*id), id);
            }
            let told: HashSet<u32> = live.iter().map(|(id, _)| *id).collect();
            prop_assert_eq!(told.len(), metrics.len());
            let alive = alive.entry(scope).or_default();
            let ended: HashSet<u32> = ended.iter().map(|(id, _)| *id).collect();
            let missing: HashSet<u32> = alive.difference(&told).copied().collect();
            prop_assert_eq!(&ended, &if whole { missing } else { HashSet::new() });
            alive.retain(|id| !ended.contains(id));
            alive.extend(told);
            if alive.is_empty() && whole {
                known.retain(|(of, _), _| *of != scope);
            }
        }
        let distinct: HashSet<u32> = known.values().copied().collect();
        prop_assert_eq!(distinct.len(), known.len());
    }
}

#[test]
fn a_series_is_told_once_in_a_reading() {
    let mut tables = SeriesTables::default();
    for _ in 0..2 {
        let mut twice = Reading::default();
        twice.begin(Scope::HOST, 1);
        let mut round = Round::new(&mut twice);
        for (name, value) in [("a", 1.0), ("b", 2.0), ("a", 3.0), ("c", 4.0)] {
            round.push(name, &[], value);
        }
        round.push_sequence("sequence");
        twice.set_sequence(9);
        let resolved = tables.resolve(&mut twice);
        assert_eq!(resolved.layout.ids(), [0, 1, 2, 3]);
        assert_eq!(twice.values, [1.0, 2.0, 4.0, 9.0]);
        assert_eq!((twice.sequence_place, resolved.dropped_samples), (Some(3), 1));
    }
    // Without the second one nothing is left out; the sequence has ended.
    let resolved = tables.resolve(&mut reading(&Scope::HOST, Whole, &["a", "b", "c"]));
    assert_eq!((resolved.layout.ids().len(), resolved.dropped_samples), (4, 0));
}
