//! Every picture of every definition, span, size and theme, of data that strain it: words and lines
//! stand out from what lies behind them, and no word lies on another, on data or outside.

mod measured;
mod strain;

use self::measured::Picture;
use self::strain::{STRAINS, strained};
use super::*;
use crate::graphs::names;

const PERIODS: [Period; 7] = [
    Period::Minutes,
    Period::Hour,
    Period::Day,
    Period::LongDay,
    Period::Week,
    Period::Month,
    Period::Year,
];
const SIZES: [Size; 4] = [Size::Full, Size::Small, Size::Strip, Size::Narrow];
const THEMES: [Theme; 2] = [Theme::Light, Theme::Dark];

/// What is wrong with the pictures of a graph: its places in the light, colours in both themes.
fn faults(graph: &Graph, size: Size) -> Vec<String> {
    let picture = |theme| Picture::read(&svg(graph, Look { theme, size }).unwrap(), theme);
    let [light, dark] = THEMES.map(picture);
    let themed = |picture: &Picture, name: &str| -> Vec<String> {
        picture.pale().into_iter().map(|fault| format!("{name}: {fault}")).collect()
    };
    let (light_pale, dark_pale) = (themed(&light, "light"), themed(&dark, "dark"));
    [light.misplaced(), light_pale, dark_pale].concat()
}

/// What is wrong with the pictures of a definition, and how many there are.
fn faults_of(which: usize, name: &str) -> (usize, Vec<String>) {
    let (mut looked_at, mut found) = (0, Vec::new());
    for (place, period) in PERIODS.into_iter().enumerate() {
        for (number, size) in SIZES.into_iter().enumerate() {
            // Each strain meets every definition, span and size.
            let strain = STRAINS[(which + place * 3 + number * 5) % STRAINS.len()];
            let graph = strained(name, period, strain);
            let of = format!("{name} {period:?} {size:?} {strain:?}");
            let faults = faults(&graph, size).into_iter();
            found.extend(faults.map(|fault| format!("{of}: {fault}")));
            looked_at += 1;
        }
    }
    (looked_at, found)
}

#[test]
fn every_word_and_line_of_every_picture_is_seen() {
    let found = std::thread::scope(|scope| {
        let threads =
            names().enumerate().map(|(which, name)| scope.spawn(move || faults_of(which, name)));
        let threads: Vec<_> = threads.collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect::<Vec<_>>()
    });
    let looked_at: usize = found.iter().map(|(looked_at, _)| looked_at).sum();
    assert_eq!(looked_at, names().count() * PERIODS.len() * SIZES.len());
    let found: Vec<String> = found.into_iter().flat_map(|(_, faults)| faults).collect();
    let some = found.iter().take(40).cloned().collect::<Vec<_>>().join("\n");
    assert!(found.is_empty(), "{} faults\n{some}", found.len());
}
