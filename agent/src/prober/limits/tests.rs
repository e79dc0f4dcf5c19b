use super::*;
use headroom_proto::wire::{AddressFamily, ProbeKind};

fn target(kind: ProbeKind, text: &str) -> ProbeTarget {
    ProbeTarget { target: text.into(), kind: kind.into(), only: 0 }
}

fn said(limits: &ProberLimits, asked: &[ProbeTarget]) -> (usize, String) {
    let accepted = limits.accept(asked);
    let reasons: Vec<_> = accepted.refused.iter().map(|one| one.reason.as_str()).collect();
    (accepted.targets.len(), reasons.join("; "))
}

fn allow(list: &[&str]) -> ProberLimits {
    let list: Vec<Allowed> = list.iter().map(|text| text.parse().unwrap()).collect();
    ProberLimits { allow: Some(list.into()), ..ProberLimits::default() }
}

#[test]
fn what_is_wrong_or_stands_twice_is_refused_alone() {
    let asked = [
        target(ProbeKind::Icmp, "ca1.example.org"),
        target(ProbeKind::Icmp, "255.255.255.255"),
        target(ProbeKind::Icmp, "ca1.example.org"),
        target(ProbeKind::Tcp, "ca1.example.org:443"),
        target(ProbeKind::Unspecified, "x"),
        ProbeTarget { target: "x".into(), kind: 99, only: 0 },
    ];
    let (count, reasons) = said(&ProberLimits::default(), &asked);
    assert_eq!(count, 2);
    assert_eq!(
        reasons,
        "255.255.255.255: must not be a broadcast address; ca1.example.org: stands twice; \
         x: must be of a kind that this version knows: icmp, tcp, https or stun; \
         x: must be of a kind that this version knows: icmp, tcp, https or stun"
    );
}

#[test]
fn targets_and_packets_have_a_ceiling() {
    let many: Vec<_> = (0..5001)
        .map(|n| target(ProbeKind::Icmp, &format!("10.0.{}.{}", n / 250, n % 250)))
        .collect();
    let few = ProberLimits { targets: 3, ..ProberLimits::default() };
    let slow = ProberLimits { packets_per_second: 10, ..ProberLimits::default() };
    let without_trains = ProberLimits { trains: Trains::Off, ..slow.clone() };
    for (limits, kept, reason) in [
        (ProberLimits::default(), 5000, "1 targets are beyond the 5000 that this agent asks"),
        (few, 3, "4998 targets are beyond the 3 that this agent asks"),
        // 20 pings a minute each, and 20 more in five minutes.
        (without_trains, 30, "4971 targets are beyond the 10 packets a second of this agent"),
        (slow, 25, "4976 targets are beyond the 10 packets a second of this agent"),
    ] {
        assert_eq!(said(&limits, &many), (kept, reason.to_owned()));
    }
    // A name may have addresses of both families, and a connection takes several packets.
    let names: Vec<_> = (0..100).map(|n| target(ProbeKind::Tcp, &format!("h{n}.org:1"))).collect();
    let limits = ProberLimits { packets_per_second: 8, ..ProberLimits::default() };
    assert_eq!(said(&limits, &names).0, 3);
    let only = |mut target: ProbeTarget| {
        target.set_only(AddressFamily::Ipv6);
        target
    };
    let names: Vec<_> = names.into_iter().map(only).collect();
    assert_eq!(said(&limits, &names).0, 6);
}

#[test]
fn an_agent_with_a_list_asks_nothing_else() {
    let limits = allow(&["192.0.2.0/24", "*.example.org", "one.example.net"]);
    for (text, asked) in [
        ("192.0.2.7", true),
        ("192.0.3.7", false),
        ("a.b.example.org", true),
        ("example.org", true), // not listed itself, but it may lead into the network
        ("2001:db8::1", false),
    ] {
        let (count, _) = said(&limits, &[target(ProbeKind::Icmp, text)]);
        assert_eq!(count == 1, asked, "{text}");
    }
    let name = |name: &str| TargetHost::Name(name.into());
    let inside: IpAddr = "192.0.2.9".parse().unwrap();
    let outside: IpAddr = "198.51.100.1".parse().unwrap();
    assert!(limits.may_reach(&name("a.example.org"), outside));
    assert!(limits.may_reach(&name("elsewhere.org"), inside));
    assert!(!limits.may_reach(&name("elsewhere.org"), outside));
    assert!(!limits.may_reach(&name("badexample.org"), outside));
    // Without a network, a name that is not listed is refused at once.
    let (count, reason) = said(&allow(&["one.example.net"]), &[target(ProbeKind::Icmp, "x.org")]);
    assert_eq!((count, &*reason), (0, "x.org: is not on this agent's list of what may be asked"));
    // What a name leads to is looked at even where everything is allowed.
    let all = ProberLimits::default();
    assert!(!all.may_reach(&name("x.org"), "224.0.0.1".parse().unwrap()));
    assert!(!all.may_reach(&name("x.org"), "::ffff:255.255.255.255".parse().unwrap()));
}

#[test]
fn networks_are_written_as_they_are_meant() {
    for (text, fine) in [
        ("192.0.2.0/24", true),
        ("192.0.2.1/24", false),
        ("0.0.0.0/0", true),
        ("2001:db8::/32", true),
        ("::/0", true),
        ("192.0.2.1", true),
        ("192.0.2.0/33", false),
        ("192.0.2.0/", false),
        ("a b", false),
        ("*.", false),
        ("*", false),
    ] {
        let read = text.parse::<Allowed>();
        assert_eq!(read.is_ok(), fine, "{text}");
    }
    assert_eq!("*.Example.org".parse::<Allowed>().unwrap().to_string(), "*.example.org");
}
