//! Names in addresses as Prometheus 3 escapes them: `U__http_2e_server` is `http.server`.

/// The most digits of one letter.
const DIGITS: usize = 6;

/// The name that is meant; what is not escaped, or wrongly, means itself.
pub fn plain(name: &str) -> String {
    let escaped = name.strip_prefix("U__");
    escaped.and_then(unescape).unwrap_or_else(|| name.to_owned())
}

/// A letter that may not stand in a name is its number between underscores, an underscore two.
fn unescape(mut rest: &str) -> Option<String> {
    let mut name = String::with_capacity(rest.len());
    while let Some((before, behind)) = rest.split_once('_') {
        name.push_str(before);
        let (code, behind) = behind.split_once('_')?;
        if code.is_empty() {
            name.push('_');
        } else {
            let is_code = code.len() <= DIGITS && code.bytes().all(|b| b.is_ascii_hexdigit());
            let code = is_code.then(|| u32::from_str_radix(code, 16).ok()).flatten()?;
            name.push(char::from_u32(code)?);
        }
        rest = behind;
    }
    name.push_str(rest);
    Some(name)
}

#[cfg(test)]
mod tests {
    use super::plain;

    #[test]
    fn escaped_names_are_read_and_others_left() {
        for (escaped, expected) in [
            ("job", "job"),
            ("U__http_2e_server", "http.server"),
            ("U__http_2E_server_2e_", "http.server."),
            ("U__a__b", "a_b"),
            ("U___61_", "a"),
            ("U__gr_f6__df_e", "größe"),
            ("U___1f600_", "\u{1f600}"),
            ("U__", ""),
            ("http.server", "http.server"),
            // What is not closed, no number, too long or no letter.
            ("U__a_2e", "U__a_2e"),
            ("U__a_", "U__a_"),
            ("U__a_xy_", "U__a_xy_"),
            ("U__a_0000061_", "U__a_0000061_"),
            ("U__a_d800_", "U__a_d800_"),
            ("U__a_110000_", "U__a_110000_"),
        ] {
            assert_eq!(plain(escaped), expected, "{escaped}");
        }
    }
}
