//! The names that this collector is asked by. A request by another name comes from a page that had
//! its own name point here, and a change that a foreign page asks for is nobody's wish.
//!
//! It decides by what a request says of itself and resolves no name. Programs say nothing of where
//! they come from, browsers always do.

use std::net::{IpAddr, Ipv6Addr};

use axum::http::uri::Authority;
use axum::http::{HeaderMap, HeaderValue, Method, Uri, header};

use crate::telemetry::Turned;

/// The name that every machine gives itself.
const LOCAL: &str = "localhost";

/// Where a browser says from how far away a request is sent.
const FETCH_SITE: &str = "sec-fetch-site";

/// The most letters of a name that are told back.
const SHOWN: usize = 100;

/// The names of one collector.
#[derive(Debug, Clone)]
pub struct OwnNames {
    /// As configured, some with a port.
    hosts: Vec<String>,
    /// What this machine is called.
    machine: String,
}

/// Why a request is turned away.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Foreign {
    /// It is for another host.
    Host(String),
    /// A page of that origin sent it, or one from elsewhere that does not say which it is.
    Page(String),
}

impl OwnNames {
    /// The configured names, such as a proxy's, beside those of the machine itself.
    pub fn new(hosts: Vec<String>, machine: &str) -> Self {
        Self { hosts, machine: machine.to_ascii_lowercase() }
    }

    /// Whether a request is for this collector, and if it may change something, whether it is sent
    /// by a program or by one of the collector's own pages.
    pub fn check(&self, method: &Method, uri: &Uri, headers: &HeaderMap) -> Result<(), Foreign> {
        let asked = asked(uri, headers);
        if let Some(foreign) = asked.iter().find(|asked| !self.is_own(asked)) {
            return Err(Foreign::Host(shown(foreign)));
        }
        if method.is_safe() {
            return Ok(());
        }
        let from_own = |origin: &str| self.is_own_origin(origin, &asked);
        let mut origins = headers.get_all(header::ORIGIN).iter().map(text);
        if let Some(foreign) = origins.find(|origin| !from_own(origin)) {
            return Err(Foreign::Page(shown(foreign)));
        }
        let mut sites = headers.get_all(FETCH_SITE).iter().map(text);
        match sites.find(|site| !matches!(*site, "same-origin" | "none")) {
            Some(site) => Err(Foreign::Page(shown(site))),
            None => Ok(()),
        }
    }

    /// The origin of a request, if it is one of the collector's own pages.
    pub fn own_origin<'h>(&self, uri: &Uri, headers: &'h HeaderMap) -> Option<&'h HeaderValue> {
        let asked = asked(uri, headers);
        let are_own = asked.iter().all(|asked| self.is_own(asked));
        let origin = headers.get(header::ORIGIN).filter(|_| are_own)?;
        self.is_own_origin(text(origin), &asked).then_some(origin)
    }

    fn is_own_origin(&self, origin: &str, asked: &[&str]) -> bool {
        let site = origin.split_once("://").map_or("", |(_, site)| site);
        let same = |name: &str| !site.is_empty() && name.eq_ignore_ascii_case(site);
        asked.first().is_some_and(|asked| same(asked)) || self.hosts.iter().any(|host| same(host))
    }

    /// Addresses are never another's name.
    fn is_own(&self, authority: &str) -> bool {
        let name = host_of(authority).trim_end_matches('.');
        let is = |own: &str| !name.is_empty() && name.eq_ignore_ascii_case(host_of(own));
        is_address(name) || is(LOCAL) || is(&self.machine) || self.hosts.iter().any(|host| is(host))
    }
}

impl Foreign {
    /// As what it counts.
    pub fn turned(&self) -> Turned {
        match self {
            Self::Host(_) => Turned::Host,
            Self::Page(_) => Turned::Page,
        }
    }
}

/// The names that a request asks by.
fn asked<'r>(uri: &'r Uri, headers: &'r HeaderMap) -> Vec<&'r str> {
    let written = headers.get_all(header::HOST).iter().map(text);
    uri.authority().map(Authority::as_str).into_iter().chain(written).collect()
}

/// A header's value; what is no text is nobody's name.
fn text(value: &HeaderValue) -> &str {
    value.to_str().unwrap_or("?")
}

fn shown(name: &str) -> String {
    name.chars().take(SHOWN).collect()
}

/// The host of `host`, `host:port`, `[v6]` or `[v6]:port`.
fn host_of(authority: &str) -> &str {
    match authority.rsplit_once(':') {
        Some((host, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => host,
        _ => authority,
    }
}

fn is_address(host: &str) -> bool {
    let inner = host.strip_prefix('[').and_then(|host| host.strip_suffix(']'));
    inner.map_or_else(
        || host.parse::<IpAddr>().is_ok_and(|address| address.is_ipv4()),
        |inner| inner.parse::<Ipv6Addr>().is_ok(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn own() -> OwnNames {
        OwnNames::new(vec!["headroom.example".into(), "bbb.example:8443".into()], "Mon1")
    }

    fn check(method: &Method, pairs: &[(&str, &str)]) -> Result<(), Foreign> {
        let mut headers = HeaderMap::new();
        for (name, value) in pairs {
            let name: header::HeaderName = name.parse().unwrap();
            headers.append(name, HeaderValue::from_bytes(value.as_bytes()).unwrap());
        }
        own().check(method, &Uri::from_static("/"), &headers)
    }

    #[test]
    fn a_foreign_name_is_not_answered() {
        for host in [
            "127.0.0.1:8440",
            "10.1.2.3",
            "[::1]:8440",
            "[2001:db8::1]",
            "localhost:8440",
            "LOCALHOST.",
            "mon1:8440",
            "headroom.example",
            "Headroom.Example:443",
            "bbb.example",
        ] {
            assert_eq!(check(&Method::GET, &[("host", host)]), Ok(()), "{host}");
        }
        for host in [
            "evil.example:8440",
            "",
            ":8440",
            "127.0.0.1.evil.example",
            "localhost.evil.example",
            "mon1.evil.example",
            "[evil.example]",
            "::1",
            "evil.example:80:80",
            "127.0.0.1@evil.example",
            "a\u{e9}",
        ] {
            let refused = check(&Method::GET, &[("host", host)]);
            assert!(matches!(refused, Err(Foreign::Host(_))), "{host}: {refused:?}");
        }
        let two = [("host", "localhost"), ("host", "evil.example")];
        assert_eq!(check(&Method::GET, &two), Err(Foreign::Host("evil.example".into())));
        let long = "x".repeat(1000);
        assert_eq!(check(&Method::GET, &[("host", &long)]), Err(Foreign::Host("x".repeat(SHOWN))));
        assert_eq!(check(&Method::GET, &[]), Ok(()), "no browser leaves it out");
        let absolute = Uri::from_static("http://evil.example/metrics");
        let refused = own().check(&Method::GET, &absolute, &HeaderMap::new());
        assert_eq!(refused, Err(Foreign::Host("evil.example".into())));
    }

    #[test]
    fn a_page_from_elsewhere_changes_nothing() {
        let host = ("host", "127.0.0.1:8440");
        for from in [
            &[][..],
            &[("origin", "http://127.0.0.1:8440")],
            &[("origin", "https://headroom.example"), (FETCH_SITE, "same-origin")],
            &[("origin", "https://bbb.example:8443")],
            &[(FETCH_SITE, "none")],
        ] {
            assert_eq!(check(&Method::POST, &[&[host], from].concat()), Ok(()), "{from:?}");
        }
        for from in [
            &[("origin", "http://evil.example")][..],
            &[("origin", "null")],
            &[("origin", "")],
            // Another program of this machine, and another port of a known name.
            &[("origin", "http://127.0.0.1:3000")],
            &[("origin", "http://localhost:8440")],
            &[("origin", "https://headroom.example:8444")],
            &[("origin", "https://bbb.example")],
            &[("origin", "http://127.0.0.1:8440"), ("origin", "http://evil.example")],
            &[(FETCH_SITE, "cross-site")],
            &[(FETCH_SITE, "same-site")],
            &[("origin", "http://127.0.0.1:8440"), (FETCH_SITE, "cross-site")],
        ] {
            let pairs = [&[host], from].concat();
            let refused = check(&Method::POST, &pairs);
            assert!(matches!(refused, Err(Foreign::Page(_))), "{from:?}: {refused:?}");
            assert_eq!(check(&Method::GET, &pairs), Ok(()), "pictures are there to be embedded");
        }
    }
}
