//! Where names lead: each is asked for again a minute after its last answer, on threads apart.
//!
//! The system's own resolver may take half a minute, so a name has one question under way at most and
//! all together a few threads; pings go on to where the name led before.

use std::collections::BTreeMap;
use std::io;
use std::net::IpAddr;
use std::time::{Duration, Instant};

use headroom_proto::targets::TargetHost;
use tokio::task::JoinSet;
use tokio::time::sleep_until;

use super::limits::ProberLimits;
use super::paths::Whereabouts;
use super::target::{Family, Target};

/// How long an answer holds.
const AGAIN: Duration = Duration::from_secs(60);

/// How many questions are under way at once; as many threads wait for them.
pub const QUESTIONS: usize = 8;

/// Names, and the questions under way.
#[derive(Debug, Default)]
pub struct Resolver {
    /// When each name is due; none while it is asked for.
    due: BTreeMap<TargetHost, Option<Instant>>,
    /// When to look at them again; unless an answer comes before, or other names.
    wake: Option<Instant>,
    is_stale: bool,
    tasks: JoinSet<Answer>,
}

/// What the system said of a name.
#[derive(Debug)]
pub struct Answer {
    /// The name.
    pub host: TargetHost,
    /// Its addresses, in the system's order; an error if there is none, or nobody knows.
    pub addresses: io::Result<Vec<IpAddr>>,
    /// How long that took.
    pub took: Duration,
}

impl Resolver {
    /// Asks for exactly these names from now on, for new ones at once.
    pub fn set(&mut self, hosts: impl Iterator<Item = TargetHost>, now: Instant) {
        let before = std::mem::take(&mut self.due);
        for host in hosts {
            if let TargetHost::Name(_) = host {
                let due = before.get(&host).copied().unwrap_or(Some(now));
                self.due.insert(host, due);
            }
        }
        self.is_stale = true;
    }

    /// The next answer; waits for ever while there are no names.
    pub async fn next(&mut self) -> Answer {
        loop {
            let now = Instant::now();
            // There may be thousands of names, and this is asked at each ping.
            if std::mem::take(&mut self.is_stale) || self.wake.is_some_and(|wake| wake <= now) {
                self.wake = self.ask(now);
            }
            let wake = self.wake;
            let asleep = async {
                match wake {
                    Some(due) => sleep_until(due.into()).await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                // Finished ones only: nothing is lost if the caller stops waiting.
                Some(done) = self.tasks.join_next() => {
                    self.is_stale = true;
                    let Ok(answer) = done else { continue };
                    if let Some(due) = self.due.get_mut(&answer.host) {
                        *due = Some(Instant::now() + AGAIN);
                    }
                    return answer;
                }
                () = asleep => {}
            }
        }
    }

    /// Asks for what is due, as far as there is room; when the next is due, if there is room then.
    fn ask(&mut self, now: Instant) -> Option<Instant> {
        let mut next: Option<Instant> = None;
        for (host, due) in &mut self.due {
            if self.tasks.len() >= QUESTIONS {
                return None;
            }
            match *due {
                Some(moment) if moment <= now => {
                    *due = None;
                    self.tasks.spawn(ask(host.clone()));
                }
                Some(moment) => next = Some(next.map_or(moment, |next| next.min(moment))),
                None => {}
            }
        }
        next
    }
}

async fn ask(host: TargetHost) -> Answer {
    let name = match &host {
        TargetHost::Name(name) => name.clone(),
        TargetHost::Address(address) => {
            let addresses = Ok(vec![*address]);
            return Answer { host, addresses, took: Duration::ZERO };
        }
    };
    let begun = Instant::now();
    let found = tokio::net::lookup_host((name, 0)).await;
    let addresses = found.map(|found| found.map(|one| one.ip().to_canonical()).collect());
    Answer { host, addresses, took: begun.elapsed() }
}

/// A path, and where it and others of its target led so far.
#[derive(Debug, Clone, Copy)]
pub struct Asked<'a> {
    /// The target.
    pub target: &'a Target,
    /// The family.
    pub family: Family,
    /// The addresses of before.
    pub known: &'a [IpAddr],
}

/// Where a path leads after an answer. The address that it has stays as long as the name has it: a name
/// with many addresses is no new path each minute.
pub fn whereabouts(limits: &ProberLimits, asked: Asked<'_>, answer: &Answer) -> Whereabouts {
    let Asked { target, family, known } = asked;
    let of_family = |address: &&IpAddr| address.is_ipv4() == (family == Family::V4);
    let before = known.iter().find(of_family).copied();
    let Ok(addresses) = &answer.addresses else {
        return before.map_or_else(|| nowhere(target, family, &[]), Whereabouts::Address);
    };
    let found: Vec<IpAddr> = addresses.iter().filter(of_family).copied().collect();
    let may = |address: &IpAddr| limits.may_reach(&target.address.host, *address);
    let stays = before.filter(|before| found.contains(before) && may(before));
    match stays.or_else(|| found.iter().find(|address| may(address)).copied()) {
        Some(address) => Whereabouts::Address(address),
        None if !found.is_empty() => Whereabouts::Forbidden,
        None => nowhere(target, family, addresses),
    }
}

/// A path without an address. A name with addresses of the other family only is nothing to tell of,
/// unless this one was asked for; of a name without any, one path tells.
fn nowhere(target: &Target, family: Family, others: &[IpAddr]) -> Whereabouts {
    let tells = match target.only {
        Some(only) => only == family,
        None => others.is_empty() && family == Family::V4,
    };
    if tells { Whereabouts::Unresolved } else { Whereabouts::Absent }
}

#[cfg(test)]
mod tests {
    use super::*;
    use headroom_proto::wire::{AddressFamily, ProbeKind, ProbeTarget};

    #[test]
    fn a_path_keeps_its_address_while_its_name_has_it() {
        type Texts<'a> = &'a [&'a str];
        let target = |only: AddressFamily| {
            let (kind, only) = (ProbeKind::Icmp.into(), only.into());
            Target::of(&ProbeTarget { target: "a.org".into(), kind, only }).unwrap()
        };
        let any = target(AddressFamily::Unspecified);
        let six = target(AddressFamily::Ipv6);
        let (v4, v6) = (Family::V4, Family::V6);
        let list = |texts: &[&str]| -> Vec<IpAddr> {
            texts.iter().map(|text| text.parse().unwrap()).collect()
        };
        let at = |text: &str| Whereabouts::Address(text.parse().unwrap());
        let cases: [(&Target, Family, Texts<'_>, Option<Texts<'_>>, Whereabouts); 12] = [
            (&any, v4, &[], Some(&["192.0.2.1", "192.0.2.2"]), at("192.0.2.1")),
            (&any, v4, &["192.0.2.2"], Some(&["192.0.2.1", "192.0.2.2"]), at("192.0.2.2")),
            (&any, v4, &["192.0.2.3"], Some(&["192.0.2.1"]), at("192.0.2.1")),
            (&any, v6, &["192.0.2.3"], Some(&["192.0.2.1"]), Whereabouts::Absent),
            (&any, v6, &[], Some(&["192.0.2.1", "2001:db8::1"]), at("2001:db8::1")),
            (&any, v4, &[], Some(&["2001:db8::1"]), Whereabouts::Absent),
            (&six, v6, &[], Some(&["192.0.2.1"]), Whereabouts::Unresolved),
            (&any, v4, &[], Some(&["255.255.255.255"]), Whereabouts::Forbidden),
            (&any, v4, &[], Some(&["255.255.255.255", "192.0.2.9"]), at("192.0.2.9")),
            // Who does not answer takes nothing away.
            (&any, v4, &["192.0.2.1"], None, at("192.0.2.1")),
            (&any, v4, &[], None, Whereabouts::Unresolved),
            (&any, v6, &[], None, Whereabouts::Absent),
        ];
        for (target, family, known, answer, expected) in cases {
            let addresses = answer.map(list).ok_or_else(|| io::Error::other("nobody knows"));
            let host = target.address.host.clone();
            let answer = Answer { host, addresses, took: Duration::ZERO };
            let limits = ProberLimits::default();
            let known = list(known);
            let path = Asked { target, family, known: &known };
            let found = whereabouts(&limits, path, &answer);
            assert_eq!(found, expected, "{family:?} {known:?} {answer:?}");
        }
    }
}
