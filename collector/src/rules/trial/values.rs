//! The values of a series in promtool's short form: `1 2+3x4 _ stale`.

use headroom_proto::metric::STALE_BITS;

/// The most values of a series.
const VALUES: usize = 1_000_000;

/// A value for each interval; nothing where there is none.
pub fn read(text: &str) -> Result<Vec<Option<f64>>, String> {
    let mut values = Vec::new();
    for word in text.split_whitespace() {
        let wrong = || format!("{word:?} is none, such as 1, 1+2x3, _ or stale");
        match word.split_once('x') {
            _ if word == "stale" => values.push(Some(f64::from_bits(STALE_BITS))),
            None if word == "_" => values.push(None),
            None => values.push(Some(number(word).ok_or_else(wrong)?)),
            Some((what, times)) => {
                let times: usize = times.parse().map_err(|_| wrong())?;
                if values.len().saturating_add(times) > VALUES {
                    return Err(format!("more than {VALUES}"));
                }
                if what == "_" {
                    values.extend(std::iter::repeat_n(None, times));
                    continue;
                }
                let (mut value, step) = series(what).ok_or_else(wrong)?;
                for _ in 0..=times {
                    values.push(Some(value));
                    value += step;
                }
            }
        }
    }
    Ok(values)
}

/// `1+2`: where it begins, and what comes on top each time.
fn series(text: &str) -> Option<(f64, f64)> {
    if let Some(value) = number(text) {
        return Some((value, 0.0));
    }
    let signs = text.char_indices().skip(1).filter(|(_, letter)| matches!(letter, '+' | '-'));
    for (place, _) in signs {
        let (begin, step) = text.split_at(place);
        if let (Some(begin), Some(step)) = (number(begin), number(step)) {
            return Some((begin, step));
        }
    }
    None
}

/// A number.
pub fn number(text: &str) -> Option<f64> {
    let plain = text.trim();
    let digits = plain.trim_start_matches(['+', '-']);
    let is_number = digits.bytes().all(|b| b.is_ascii_digit() || b".eE+-".contains(&b));
    let is_word = matches!(&*digits.to_ascii_lowercase(), "inf" | "nan");
    if digits.is_empty() || !(is_number || is_word) { None } else { plain.parse().ok() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_read_as_promtool_reads_them() {
        for (text, expected) in [
            ("", "[]"),
            ("1 -2 3e1", "[Some(1.0), Some(-2.0), Some(30.0)]"),
            ("1+2x2", "[Some(1.0), Some(3.0), Some(5.0)]"),
            ("1-1x1", "[Some(1.0), Some(0.0)]"),
            ("-1+0.5x1", "[Some(-1.0), Some(-0.5)]"),
            ("0x1", "[Some(0.0), Some(0.0)]"),
            ("7x2", "[Some(7.0), Some(7.0), Some(7.0)]"),
            ("_ _x2 1", "[None, None, None, Some(1.0)]"),
            ("Inf NaN", "[Some(inf), Some(NaN)]"),
        ] {
            assert_eq!(format!("{:?}", read(text).unwrap()), expected, "{text}");
        }
        assert_eq!(read("stale").unwrap()[0].unwrap().to_bits(), STALE_BITS);
        for text in ["a", "1x", "1+x2", "1x-2", "1+2x9999999", "x2", "1+2"] {
            assert!(read(text).is_err(), "{text}");
        }
    }
}
