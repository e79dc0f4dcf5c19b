//! Names of systemd units as an operator writes them.

use std::str::FromStr;

/// The longest name that systemd takes.
const MAX_BYTES: usize = 255;

/// What a unit's name ends with (systemd.unit(5)).
const SUFFIXES: [&str; 11] = [
    "service",
    "socket",
    "device",
    "mount",
    "automount",
    "swap",
    "target",
    "path",
    "timer",
    "slice",
    "scope",
];

/// A unit, such as `nginx.service`, or a pattern such as `bbb-html5-backend@*.service`, in which a
/// `*` stands for any letters. A service may be written without its suffix.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnitName(String);

/// Why a text is no unit's name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("must be a unit's name, such as nginx or bigbluebutton.target; * stands for any letters")]
pub struct UnitNameError;

impl FromStr for UnitName {
    type Err = UnitNameError;

    fn from_str(text: &str) -> Result<Self, UnitNameError> {
        // systemd's own set of letters, and the pattern's. A dash in front would be an option.
        let allowed = |c: char| {
            c.is_ascii_alphanumeric() || matches!(c, ':' | '-' | '_' | '.' | '\\' | '@' | '*')
        };
        let suffix = text.rsplit_once('.').map(|(_, suffix)| suffix);
        let whole = match suffix {
            Some(suffix) if SUFFIXES.contains(&suffix) => text.to_owned(),
            Some(_) | None => format!("{text}.service"),
        };
        let fits = !text.is_empty() && whole.len() <= MAX_BYTES && !text.starts_with('-');
        if fits && text.chars().all(allowed) { Ok(Self(whole)) } else { Err(UnitNameError) }
    }
}

impl UnitName {
    /// The name, with its suffix.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether this is the unit `name`, or a pattern for it.
    pub fn matches(&self, name: &str) -> bool {
        let mut parts = self.0.split('*');
        let Some(mut rest) = name.strip_prefix(parts.next().unwrap_or_default()) else {
            return false;
        };
        let Some(last) = parts.next_back() else { return rest.is_empty() };
        for part in parts {
            let Some(place) = rest.find(part) else { return false };
            rest = &rest[place + part.len()..];
        }
        rest.ends_with(last)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_a_service_unless_it_says_otherwise() {
        for (text, expected) in [
            ("nginx", Some("nginx.service")),
            ("nginx.service", Some("nginx.service")),
            ("bigbluebutton.target", Some("bigbluebutton.target")),
            ("org.example", Some("org.example.service")),
            ("bbb-html5-backend@*", Some("bbb-html5-backend@*.service")),
            (r"dev-disk-by\x2duuid.device", Some(r"dev-disk-by\x2duuid.device")),
            ("", None),
            ("--failed", None),
            ("two words", None),
            ("../etc/passwd", None),
            ("nginx?", None),
        ] {
            let name = text.parse::<UnitName>();
            assert_eq!(name.as_ref().ok().map(UnitName::as_str), expected, "{text}");
        }
        assert!("x".repeat(248).parse::<UnitName>().is_err());
    }

    #[test]
    fn a_star_stands_for_any_letters() {
        for (pattern, name, expected) in [
            ("nginx", "nginx.service", true),
            ("nginx", "nginx.service2", false),
            ("nginx", "my-nginx.service", false),
            ("bbb-*", "bbb-web.service", true),
            ("bbb-*", "bbb-web.target", false),
            ("bbb-html5-*@*", "bbb-html5-backend@1.service", true),
            ("bbb-html5-*@*", "bbb-html5.service", false),
            ("*", "a.service", true),
            ("a*a.service", "a.service", false),
            ("a*b*c.service", "a-c-b-c.service", true),
            ("a*b*c.service", "a-c-c.service", false),
        ] {
            let found = pattern.parse::<UnitName>().unwrap().matches(name);
            assert_eq!(found, expected, "{pattern} {name}");
        }
    }
}
