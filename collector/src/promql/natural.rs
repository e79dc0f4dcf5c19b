//! The order in which people count: numbers within texts by what they say, so that `eth2` comes
//! before `eth10`.

use std::cmp::Ordering;

/// Compares two texts, chunk by chunk of digits and of other characters.
pub fn compare(one: &str, other: &str) -> Ordering {
    let (mut left, mut right) = (one, other);
    while !left.is_empty() && !right.is_empty() {
        let (a, b) = (chunk(&mut left), chunk(&mut right));
        let order = match (a.parse::<u64>(), b.parse::<u64>()) {
            (Ok(a), Ok(b)) => a.cmp(&b),
            (Ok(_) | Err(_), Ok(_) | Err(_)) => a.cmp(b),
        };
        if order.is_ne() {
            return order;
        }
    }
    left.len().cmp(&right.len()).then_with(|| one.cmp(other))
}

/// The chunk that comes next, which is passed.
fn chunk<'t>(text: &mut &'t str) -> &'t str {
    let of_digits = text.starts_with(|c: char| c.is_ascii_digit());
    let end = text.find(|c: char| c.is_ascii_digit() != of_digits).unwrap_or(text.len());
    let (chunk, rest) = text.split_at(end);
    *text = rest;
    chunk
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_count_by_what_they_say() {
        let ordered = ["", "1", "01", "2", "10", "a", "a1b2", "a1b10", "a2", "a10", "b", "é"];
        for (place, one) in ordered.iter().enumerate() {
            for (other_place, other) in ordered.iter().enumerate() {
                let expected = if *one == "1" && *other == "01" || *one == "01" && *other == "1" {
                    one.cmp(other)
                } else {
                    place.cmp(&other_place)
                };
                assert_eq!(compare(one, other), expected, "{one:?} {other:?}");
            }
        }
    }
}
