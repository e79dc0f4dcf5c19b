//! The token of a request, as Prometheus's remote write can send one: as a bearer, or as the
//! password of basic authentication.

use axum::http::{HeaderMap, header};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;

/// What a request shows.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Credentials {
    /// The name that it gives itself, for the log alone.
    pub user: Option<String>,
    /// The token.
    pub token: Option<String>,
}

/// Reads the one header that counts; what cannot be read shows nothing.
pub fn credentials(headers: &HeaderMap) -> Credentials {
    let read = || {
        let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
        let (scheme, rest) = value.split_once(' ')?;
        let rest = rest.trim();
        if scheme.eq_ignore_ascii_case("bearer") {
            return Some(Credentials { user: None, token: Some(rest.to_owned()) });
        }
        if !scheme.eq_ignore_ascii_case("basic") {
            return None;
        }
        let text = String::from_utf8(BASE64_STANDARD.decode(rest).ok()?).ok()?;
        let (user, password) = text.split_once(':')?;
        Some(Credentials { user: Some(user.to_owned()), token: Some(password.to_owned()) })
    };
    read().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_a_bearer_or_a_password() {
        for (value, user, token) in [
            ("Bearer abc", None, Some("abc")),
            ("bearer  abc ", None, Some("abc")),
            ("Basic d3JpdGVyOmFiYw==", Some("writer"), Some("abc")),
            ("basic OmFiYw==", Some(""), Some("abc")),
            ("Basic d3JpdGVyOmE6Yg==", Some("writer"), Some("a:b")),
            ("Basic d3JpdGVy", None, None),
            ("Basic !!!", None, None),
            ("Digest abc", None, None),
            ("abc", None, None),
        ] {
            let headers = [(header::AUTHORIZATION, value.parse().unwrap())].into_iter().collect();
            let expected = Credentials { user: user.map(Into::into), token: token.map(Into::into) };
            assert_eq!(credentials(&headers), expected, "{value}");
        }
        assert_eq!(credentials(&HeaderMap::new()), Credentials::default());
    }
}
