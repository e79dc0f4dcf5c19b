//! Numbers as BigBlueButton prints them: since its templates format them for people, thousands may
//! be grouped as any locale does.

/// What stands between groups of three digits: comma, dot, spaces of three kinds, apostrophes.
const SEPARATORS: [char; 7] = ['.', ',', ' ', '\u{a0}', '\u{202f}', '\'', '\u{2019}'];

/// A whole number that is not negative; nothing if the text is no such number.
pub fn parse(text: &str) -> Option<u64> {
    let text = text.trim();
    if text.bytes().all(|byte| byte.is_ascii_digit()) {
        return text.parse().ok();
    }
    let separator = text.chars().find(|letter| !letter.is_ascii_digit())?;
    if !SEPARATORS.contains(&separator) {
        return None;
    }
    let mut groups = text.split(separator);
    let first = groups.next()?;
    let digits = |group: &str| group.bytes().all(|byte| byte.is_ascii_digit());
    let fine = (1..=3).contains(&first.len()) && digits(first);
    let rest: Vec<&str> = groups.collect();
    let grouped = rest.iter().all(|group| group.len() == 3 && digits(group));
    (fine && grouped).then(|| [first, &rest.concat()].concat().parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thousands_are_grouped_as_locales_do_and_nothing_else_is_a_number() {
        for (text, expected) in [
            ("0", Some(0)),
            (" 42\n", Some(42)),
            ("1234", Some(1234)),
            ("1,234", Some(1234)),
            ("1.234", Some(1234)),
            ("1\u{a0}234", Some(1234)),
            ("1\u{202f}234", Some(1234)),
            ("1 234", Some(1234)),
            ("1'234", Some(1234)),
            ("1\u{2019}234\u{2019}567", Some(1_234_567)),
            ("1,453,206,325,002", Some(1_453_206_325_002)),
            ("", None),
            ("-5", None),
            ("1.5", None),
            ("1,23", None),
            ("1,234.567", None),
            ("1234,567", None),
            (",123", None),
            ("12a", None),
            ("ten", None),
            ("99999999999999999999", None),
        ] {
            assert_eq!(parse(text), expected, "{text:?}");
        }
    }
}
