//! A round as samples. Agents invent no names: all of them are given here.

use headroom_proto::catalogue::{
    HEADROOM_PROBE_DISCARDED, HEADROOM_PROBE_ERRORS, HEADROOM_PROBE_JITTER_SECONDS,
    HEADROOM_PROBE_RECEIVED, HEADROOM_PROBE_RTT_MAX_SECONDS, HEADROOM_PROBE_RTT_MIN_SECONDS,
    HEADROOM_PROBE_SENT, HEADROOM_PROBE_TRAIN_DUPLICATES, HEADROOM_PROBE_TRAIN_JITTER_SECONDS,
    HEADROOM_PROBE_TRAIN_RECEIVED, HEADROOM_PROBE_TRAIN_REORDERED, HEADROOM_PROBE_TRAIN_SENT,
    HEADROOM_PROBE_VANTAGE_OFFLINE, Metric, PROBE_DNS_LOOKUP_TIME_SECONDS, PROBE_DURATION_SECONDS,
    PROBE_HTTP_CONTENT_LENGTH, PROBE_HTTP_DURATION_SECONDS, PROBE_HTTP_REDIRECTS, PROBE_HTTP_SSL,
    PROBE_HTTP_STATUS_CODE, PROBE_HTTP_UNCOMPRESSED_BODY_LENGTH, PROBE_HTTP_VERSION,
    PROBE_ICMP_DURATION_SECONDS, PROBE_ICMP_REPLY_HOP_LIMIT, PROBE_IP_PROTOCOL,
    PROBE_SSL_EARLIEST_CERT_EXPIRY, PROBE_SUCCESS, PROBE_TLS_VERSION_INFO,
};
use headroom_proto::wire::{
    AddressFamily, DiscardReason, HttpsAnswers, ProbeError, ProbeKind, ProbeTrain, TlsVersion,
};

use super::round::Round;

/// A sample of a path: its metric, one label that only it has, and its value.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Sample {
    /// The metric.
    pub metric: &'static Metric,
    /// The label that tells it from others of the metric.
    pub label: Option<(&'static str, &'static str)>,
    /// The value.
    pub value: f64,
}

/// What a round says. One of a vantage that was cut off says only that.
pub fn samples(round: &Round) -> Vec<Sample> {
    let plain = |metric, value| Sample { metric, label: None, value };
    let offline = f64::from(u8::from(round.vantage_offline));
    let mut samples = vec![plain(HEADROOM_PROBE_VANTAGE_OFFLINE, offline)];
    if round.vantage_offline {
        return samples;
    }
    let received = round.round_trips_us.len();
    samples.extend([
        plain(PROBE_SUCCESS, f64::from(u8::from(received > 0))),
        plain(PROBE_IP_PROTOCOL, protocol(round.family)),
        plain(HEADROOM_PROBE_SENT, f64::from(round.sent)),
        plain(HEADROOM_PROBE_RECEIVED, received as f64),
    ]);
    let seconds = |us: u32| f64::from(us) / 1e6;
    if let Some(median) = round.median_us().map(seconds) {
        samples.push(plain(PROBE_DURATION_SECONDS, median));
        if round.kind == ProbeKind::Icmp {
            let phases = [("rtt", Some(median)), ("resolve", round.resolve_us.map(seconds))];
            samples.extend(phases.into_iter().filter_map(|(phase, value)| {
                let (metric, label) = (PROBE_ICMP_DURATION_SECONDS, Some(("phase", phase)));
                value.map(|value| Sample { metric, label, value })
            }));
        }
    }
    let rest = [
        (HEADROOM_PROBE_RTT_MIN_SECONDS, round.round_trips_us.first().copied().map(seconds)),
        (HEADROOM_PROBE_RTT_MAX_SECONDS, round.round_trips_us.last().copied().map(seconds)),
        (HEADROOM_PROBE_JITTER_SECONDS, round.jitter_us.map(seconds)),
        (PROBE_ICMP_REPLY_HOP_LIMIT, hop_limit(round)),
        (PROBE_DNS_LOOKUP_TIME_SECONDS, round.resolve_us.map(seconds)),
    ];
    for (metric, value) in rest {
        samples.extend(value.map(|value| plain(metric, value)));
    }
    if let Some(train) = &round.train {
        samples.extend(of_train(train));
    }
    if let Some(https) = &round.https {
        samples.extend(of_https(https, round.resolve_us));
    }
    for (error, count) in &round.errors {
        let (label, value) = (Some(("error", error_name(*error))), f64::from(*count));
        samples.push(Sample { metric: HEADROOM_PROBE_ERRORS, label, value });
    }
    for (reason, count) in &round.discarded {
        let (label, value) = (Some(("reason", reason_name(*reason))), f64::from(*count));
        samples.push(Sample { metric: HEADROOM_PROBE_DISCARDED, label, value });
    }
    samples
}

/// Only of ICMP there is a series of that name.
fn hop_limit(round: &Round) -> Option<f64> {
    round.hop_limit.filter(|_| round.kind == ProbeKind::Icmp).map(f64::from)
}

/// What a conversation would have met.
fn of_train(told: &ProbeTrain) -> impl Iterator<Item = Sample> {
    let counts = [
        (HEADROOM_PROBE_TRAIN_SENT, told.sent),
        (HEADROOM_PROBE_TRAIN_RECEIVED, told.received),
        (HEADROOM_PROBE_TRAIN_REORDERED, told.reordered),
        (HEADROOM_PROBE_TRAIN_DUPLICATES, told.duplicates),
    ];
    let counts = counts.map(|(metric, count)| (metric, f64::from(count)));
    let jitter =
        told.jitter_us.map(|us| (HEADROOM_PROBE_TRAIN_JITTER_SECONDS, f64::from(us) / 1e6));
    let all = counts.into_iter().chain(jitter);
    all.map(|(metric, value)| Sample { metric, label: None, value })
}

/// What a page says beside how far away it is.
fn of_https(told: &HttpsAnswers, resolve_us: Option<u32>) -> Vec<Sample> {
    let plain = |metric, value| Sample { metric, label: None, value };
    let mut samples = vec![
        plain(PROBE_HTTP_STATUS_CODE, f64::from(told.status)),
        plain(PROBE_HTTP_SSL, f64::from(u8::from(told.tls_us.is_some()))),
        plain(PROBE_HTTP_REDIRECTS, 0.0),
    ];
    let phases = [
        ("resolve", Some(resolve_us.unwrap_or(0))),
        ("connect", told.connect_us),
        ("tls", told.tls_us),
        ("processing", told.processing_us),
        ("transfer", told.transfer_us),
    ];
    for (phase, took_us) in phases {
        let value = f64::from(took_us.unwrap_or(0)) / 1e6;
        let label = Some(("phase", phase));
        samples.extend(took_us.map(|_| Sample {
            metric: PROBE_HTTP_DURATION_SECONDS,
            label,
            value,
        }));
    }
    if told.status > 0 {
        let said = told.content_length.map_or(-1.0, f64::from);
        let read = told.body_bytes.map(f64::from);
        samples.extend([plain(PROBE_HTTP_VERSION, 1.1), plain(PROBE_HTTP_CONTENT_LENGTH, said)]);
        samples.extend(read.map(|bytes| plain(PROBE_HTTP_UNCOMPRESSED_BODY_LENGTH, bytes)));
    }
    let end_s = told.earliest_end_s;
    samples.extend(end_s.map(|end_s| plain(PROBE_SSL_EARLIEST_CERT_EXPIRY, end_s as f64)));
    let version = match told.tls_version() {
        TlsVersion::V12 => Some("TLS 1.2"),
        TlsVersion::V13 => Some("TLS 1.3"),
        TlsVersion::Unspecified => None,
    };
    samples.extend(version.map(|version| Sample {
        metric: PROBE_TLS_VERSION_INFO,
        label: Some(("version", version)),
        value: 1.0,
    }));
    samples
}

/// The value of the label `kind`.
pub fn kind_name(kind: ProbeKind) -> &'static str {
    match kind {
        ProbeKind::Icmp => "icmp",
        ProbeKind::Tcp => "tcp",
        ProbeKind::Https => "https",
        ProbeKind::Stun => "stun",
        ProbeKind::Unspecified => "unknown",
    }
}

/// The value of the label `family`.
pub fn family_name(family: AddressFamily) -> &'static str {
    match family {
        AddressFamily::Ipv4 => "ipv4",
        AddressFamily::Ipv6 => "ipv6",
        AddressFamily::Unspecified => "unknown",
    }
}

/// The value of the label `error`, by the number of the wire.
pub fn round_error_name(kind: u32) -> &'static str {
    let known = i32::try_from(kind).ok().and_then(|kind| ProbeError::try_from(kind).ok());
    error_name(known.unwrap_or(ProbeError::Other))
}

/// The value of the label `reason`, by the number of the wire.
pub fn discard_name(kind: u32) -> &'static str {
    let known = i32::try_from(kind).ok().and_then(|kind| DiscardReason::try_from(kind).ok());
    reason_name(known.unwrap_or(DiscardReason::Unspecified))
}

fn protocol(family: AddressFamily) -> f64 {
    match family {
        AddressFamily::Ipv4 => 4.0,
        AddressFamily::Ipv6 => 6.0,
        AddressFamily::Unspecified => 0.0,
    }
}

fn error_name(error: ProbeError) -> &'static str {
    match error {
        ProbeError::Unresolved => "unresolved",
        ProbeError::ForbiddenAddress => "forbidden_address",
        ProbeError::NotPermitted => "not_permitted",
        ProbeError::NoRoute => "no_route",
        ProbeError::NotSent => "not_sent",
        ProbeError::NetworkUnreachable => "network_unreachable",
        ProbeError::HostUnreachable => "host_unreachable",
        ProbeError::Refused => "refused",
        ProbeError::Prohibited => "prohibited",
        ProbeError::HopLimit => "hop_limit",
        ProbeError::TooBig => "too_big",
        ProbeError::Tls => "tls",
        ProbeError::Certificate => "certificate",
        ProbeError::Status => "status",
        ProbeError::Answer => "answer",
        ProbeError::Other | ProbeError::Unspecified => "other",
    }
}

fn reason_name(reason: DiscardReason) -> &'static str {
    match reason {
        DiscardReason::Duplicate => "duplicate",
        DiscardReason::Late => "late",
        DiscardReason::Foreign => "foreign",
        DiscardReason::WrongPayload => "wrong_payload",
        DiscardReason::Unspecified => "other",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn round() -> Round {
        Round {
            target: "ca1".into(),
            kind: ProbeKind::Icmp,
            family: AddressFamily::Ipv4,
            begin_ms: 0,
            span_ms: 60_000,
            sent: 5,
            round_trips_us: vec![10_000, 20_000, 30_000],
            errors: vec![(ProbeError::Prohibited, 2)],
            discarded: vec![(DiscardReason::Late, 1)],
            jitter_us: Some(1_500),
            hop_limit: Some(57),
            vantage_offline: false,
            address: None,
            router: None,
            resolve_us: None,
            https: None,
            train: None,
        }
    }

    fn said(round: &Round) -> String {
        let line = |sample: &Sample| match sample.label {
            Some((name, value)) => format!("{}{{{name}={value}}} {}", sample.metric, sample.value),
            None => format!("{} {}", sample.metric, sample.value),
        };
        samples(round).iter().map(line).collect::<Vec<_>>().join("\n")
    }

    #[test]
    fn a_round_says_what_blackbox_says_and_what_it_cannot() {
        insta::assert_snapshot!(said(&round()), @r"
        headroom_probe_vantage_offline 0
        probe_success 1
        probe_ip_protocol 4
        headroom_probe_sent 5
        headroom_probe_received 3
        probe_duration_seconds 0.02
        probe_icmp_duration_seconds{phase=rtt} 0.02
        headroom_probe_rtt_min_seconds 0.01
        headroom_probe_rtt_max_seconds 0.03
        headroom_probe_jitter_seconds 0.0015
        probe_icmp_reply_hop_limit 57
        headroom_probe_errors{error=prohibited} 2
        headroom_probe_discarded{reason=late} 1
        ");
    }

    #[test]
    fn a_train_says_what_it_met_apart_from_the_round() {
        let told = ProbeTrain {
            sent: 20,
            received: 19,
            reordered: 2,
            duplicates: 1,
            jitter_us: Some(700),
        };
        let train = said(&Round { train: Some(told), ..round() });
        let lines: Vec<&str> = train.lines().filter(|line| line.contains("train")).collect();
        let expected = [
            "headroom_probe_train_sent 20",
            "headroom_probe_train_received 19",
            "headroom_probe_train_reordered 2",
            "headroom_probe_train_duplicates 1",
            "headroom_probe_train_jitter_seconds 0.0007",
        ];
        assert_eq!(lines, expected);
        assert!(train.contains("headroom_probe_sent 5\nheadroom_probe_received 3"), "{train}");
    }

    #[test]
    fn a_page_says_what_blackbox_says_of_it() {
        let https = HttpsAnswers {
            connect_us: Some(3_000),
            tls_us: Some(6_000),
            processing_us: Some(10_000),
            transfer_us: Some(1_000),
            status: 200,
            content_length: None,
            body_bytes: Some(120),
            earliest_end_s: Some(1_900_000_000),
            tls_version: TlsVersion::V13.into(),
        };
        let kind = ProbeKind::Https;
        let page = Round { kind, https: Some(https), resolve_us: Some(2_000), ..round() };
        insta::assert_snapshot!(said(&page), @r"
        headroom_probe_vantage_offline 0
        probe_success 1
        probe_ip_protocol 4
        headroom_probe_sent 5
        headroom_probe_received 3
        probe_duration_seconds 0.02
        headroom_probe_rtt_min_seconds 0.01
        headroom_probe_rtt_max_seconds 0.03
        headroom_probe_jitter_seconds 0.0015
        probe_dns_lookup_time_seconds 0.002
        probe_http_status_code 200
        probe_http_ssl 1
        probe_http_redirects 0
        probe_http_duration_seconds{phase=resolve} 0.002
        probe_http_duration_seconds{phase=connect} 0.003
        probe_http_duration_seconds{phase=tls} 0.006
        probe_http_duration_seconds{phase=processing} 0.01
        probe_http_duration_seconds{phase=transfer} 0.001
        probe_http_version 1.1
        probe_http_content_length -1
        probe_http_uncompressed_body_length 120
        probe_ssl_earliest_cert_expiry 1900000000
        probe_tls_version_info{version=TLS 1.3} 1
        headroom_probe_errors{error=prohibited} 2
        headroom_probe_discarded{reason=late} 1
        ");
        // A certificate that nobody trusts says when it ends, all the same.
        let end = HttpsAnswers { earliest_end_s: Some(1_000), ..HttpsAnswers::default() };
        let distrusted = said(&Round { round_trips_us: vec![], https: Some(end), ..page });
        assert!(distrusted.contains("probe_ssl_earliest_cert_expiry 1000"), "{distrusted}");
        assert!(distrusted.contains("probe_http_status_code 0"), "{distrusted}");
        assert!(!distrusted.contains("phase=connect"), "{distrusted}");
    }

    #[test]
    fn what_was_not_heard_is_no_number_and_who_was_cut_off_accuses_nobody() {
        let silent = Round { round_trips_us: vec![], jitter_us: None, hop_limit: None, ..round() };
        let said_of_silence = said(&silent);
        assert!(said_of_silence.contains("probe_success 0"), "{said_of_silence}");
        assert!(!said_of_silence.contains("seconds"), "{said_of_silence}");
        let offline = Round { vantage_offline: true, ..silent };
        assert_eq!(said(&offline), "headroom_probe_vantage_offline 1");
        let tcp = Round { kind: ProbeKind::Tcp, ..round() };
        assert!(!said(&tcp).contains("icmp_duration"));
    }
}
