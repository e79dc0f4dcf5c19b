//! Circles: files that import each other, directly or by way of others. A child may name what its
//! parents define, so those ways up do not count.

use std::collections::{BTreeMap, BTreeSet};

use crate::Source;
use crate::paths::House;

/// The files of each circle, in one line.
pub fn circles(sources: &[Source]) -> Vec<String> {
    let house = House::of(sources);
    let arrows: Vec<BTreeSet<usize>> = (0..house.files.len()).map(|n| arrows(&house, n)).collect();
    let reach: Vec<BTreeSet<usize>> = (0..arrows.len()).map(|n| reachable(&arrows, n)).collect();
    let mut found = BTreeMap::new();
    for (one, reached) in reach.iter().enumerate().filter(|(one, reached)| reached.contains(one)) {
        let together = reached.iter().filter(|other| reach[**other].contains(&one));
        let names: Vec<&str> = together.map(|other| &*house.files[*other].path).collect();
        found.insert(names.first().copied().unwrap_or_default(), names.join(" <-> "));
    }
    found.into_values().collect()
}

/// What can be reached from one along the arrows, itself only on a way around.
fn reachable(arrows: &[BTreeSet<usize>], from: usize) -> BTreeSet<usize> {
    let mut reached = BTreeSet::new();
    let mut open: Vec<usize> = arrows[from].iter().copied().collect();
    while let Some(next) = open.pop() {
        if reached.insert(next) {
            open.extend(&arrows[next]);
        }
    }
    reached
}

/// The files that one file imports, but for those above it.
fn arrows(house: &House, from: usize) -> BTreeSet<usize> {
    let file = &house.files[from];
    let targets = house.named(file).filter_map(|place| house.definer(&place));
    let above = |target: &usize| file.place.starts_with(&house.files[*target].place);
    targets.filter(|target| !above(target)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(files: &[(&str, &str)]) -> Vec<String> {
        let source = |(path, text): &(&str, &str)| Source {
            path: format!("collector/src/{path}.rs"),
            text: (*text).into(),
        };
        circles(&files.iter().map(source).collect::<Vec<_>>())
    }

    const AB: &str = "collector/src/a.rs <-> collector/src/b.rs";

    #[test]
    fn files_that_import_each_other_are_found() {
        let lib = ("lib", "mod a; mod b;");
        let uses = [lib, ("a", "use crate::b::B; struct A;"), ("b", "use super::a::A; struct B;")];
        assert_eq!(found(&uses), [AB]);
        let inline =
            [lib, ("a", "fn f() -> crate::b::B { todo!() }"), ("b", "fn g() { super::a::f(); }")];
        assert_eq!(found(&inline), [AB]);
        let by_name = [lib, ("a", "use crate::b; fn f() { b::g() }"), ("b", "use crate::a::f;")];
        assert_eq!(found(&by_name), [AB]);
        let handed_on = [
            ("lib", "mod a; mod b; pub use self::b::B;"),
            ("a", "use crate::B; pub struct A;"),
            ("b", "use crate::a::A; pub struct B;"),
        ];
        assert_eq!(found(&handed_on), [AB]);
        let three = [
            ("lib", ""),
            ("a", "use crate::b::c::C;"),
            ("b", "mod c;"),
            ("b/c", "use crate::d::D; struct C;"),
            ("d", "use crate::a::A;"),
        ];
        let expected = ["collector/src/a.rs <-> collector/src/b/c.rs <-> collector/src/d.rs"];
        assert_eq!(found(&three), expected);
    }

    #[test]
    fn a_child_may_name_its_parents_and_tests_whom_they_like() {
        let fine = [
            ("lib", "mod a; mod b;"),
            ("a", "mod c; use self::c::C; pub struct A;"),
            ("a/c", "use super::A; pub struct C(crate::b::B);"),
            ("b", "pub struct B; #[cfg(test)] mod tests { use crate::a::A; }"),
        ];
        assert_eq!(found(&fine), [""; 0]);
    }
}
