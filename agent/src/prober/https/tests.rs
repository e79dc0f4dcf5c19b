use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair, KeyUsagePurpose};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use tokio_rustls::rustls::{RootCertStore, ServerConfig};

use super::*;
use crate::prober::paths::{PathId, Ping};

/// 2001-12-31T00:00:00Z, and 2099-12-31T00:00:00Z.
const LONG_AGO_S: i64 = 1_009_756_800;
const FAR_AHEAD_S: i64 = 4_102_358_400;

const PLACE: Place = Place { path: PathId(1), round: 2, ping: Ping::Spread(3) };

/// A server of one answer, and who trusts it.
struct Server {
    address: SocketAddr,
    trust: Arc<Trust>,
    /// What it was asked.
    seen: tokio::task::JoinHandle<String>,
}

/// An authority, and the configuration of a server whose certificate it has signed.
fn signed(ends_in: i32) -> (RootCertStore, ServerConfig) {
    let authority_key = KeyPair::generate().unwrap();
    let mut authority = CertificateParams::new(Vec::new()).unwrap();
    authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    authority.key_usages = vec![KeyUsagePurpose::KeyCertSign];
    let own = authority.self_signed(&authority_key).unwrap();
    let issuer = Issuer::new(authority, authority_key);
    let key = KeyPair::generate().unwrap();
    let mut parameters = CertificateParams::new(vec!["127.0.0.1".to_owned()]).unwrap();
    parameters.not_before = rcgen::date_time_ymd(2001, 1, 1);
    parameters.not_after = rcgen::date_time_ymd(ends_in, 12, 31);
    let certificate = parameters.signed_by(&key, &issuer).unwrap();
    let mut roots = RootCertStore::empty();
    roots.add(own.der().clone()).unwrap();
    let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
    let server = ServerConfig::builder_with_provider(http::provider())
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate.der().clone()], key)
        .unwrap();
    (roots, server)
}

async fn serve(ends_in: i32, answer: &str, is_trusted: Trusted) -> Server {
    let (roots, server) = signed(ends_in);
    let roots = match is_trusted {
        Trusted::Yes => roots,
        Trusted::No => signed(ends_in).0,
    };
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let answer = answer.to_owned();
    let seen = tokio::spawn(async move {
        let (stream, _) = listener.accept().await.unwrap();
        let Ok(mut stream) = TlsAcceptor::from(Arc::new(server)).accept(stream).await else {
            return String::new();
        };
        let mut asked = vec![0; 4096];
        let length = stream.read(&mut asked).await.unwrap_or(0);
        let _ = stream.write_all(answer.as_bytes()).await;
        let _ = stream.shutdown().await;
        String::from_utf8_lossy(&asked[..length]).into_owned()
    });
    Server { address, trust: Arc::new(Trust::of(roots).unwrap()), seen }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Trusted {
    Yes,
    No,
}

fn ask(to: SocketAddr) -> Ask {
    let text = format!("https://{to}/bigbluebutton/api");
    let target = TargetAddress::read(headroom_proto::wire::ProbeKind::Https, &text).unwrap();
    Ask::of(PLACE, to.ip(), &target).unwrap()
}

#[tokio::test]
async fn each_way_to_fail_is_told_apart_and_dates_are_read_even_of_what_nobody_trusts() {
    let fine = "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n<ok>";
    let moved = "HTTP/1.1 302 Found\r\nLocation: https://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n";
    let long = format!("HTTP/1.1 200 OK\r\n\r\n{}", "x".repeat(PAGE_BYTES + 1));
    let status = |told: &Fetch| told.status;
    for (answer, ends_in, is_trusted, error, expected) in [
        (fine, 2099, Trusted::Yes, None, Some(200)),
        (moved, 2099, Trusted::Yes, Some(ProbeError::Status), Some(302)),
        (
            "HTTP/1.1 500 No\r\nContent-Length: 0\r\n\r\n",
            2099,
            Trusted::Yes,
            Some(ProbeError::Status),
            Some(500),
        ),
        ("what", 2099, Trusted::Yes, Some(ProbeError::Answer), None),
        (&long, 2099, Trusted::Yes, Some(ProbeError::Answer), Some(200)),
        (fine, 2001, Trusted::Yes, Some(ProbeError::Certificate), None),
        (fine, 2099, Trusted::No, Some(ProbeError::Certificate), None),
    ] {
        let Server { address, trust, seen } = serve(ends_in, answer, is_trusted).await;
        let Fetched { place, took, told } = fetch(ask(address), Some(trust)).await;
        assert_eq!(place, PLACE);
        assert_eq!((took.err(), status(&told)), (error, expected), "{answer:.20} {told:?}");
        let end_s = if ends_in == 2001 { LONG_AGO_S } else { FAR_AHEAD_S };
        assert_eq!(told.earliest_end_s, Some(end_s), "{told:?}");
        let asked = seen.await.unwrap();
        if error != Some(ProbeError::Certificate) {
            assert!(asked.starts_with("GET /bigbluebutton/api HTTP/1.1\r\n"), "{asked}");
            let lower = asked.to_ascii_lowercase();
            assert!(lower.contains(&format!("host: {address}")), "{asked}");
            assert!(!lower.contains("authorization") && !lower.contains("cookie"), "{asked}");
            assert_eq!(told.tls, Some(Tls::V13));
        }
        if let Ok(took) = took {
            let parts = told.parts;
            let parts = [parts.connect, parts.tls, parts.processing, parts.transfer];
            let sum: Duration = parts.into_iter().map(Option::unwrap).sum();
            assert!(sum <= took.unwrap(), "{parts:?} {took:?}");
            assert_eq!((told.content_length, told.body_bytes), (Some(4), Some(4)));
        }
    }
}

#[tokio::test]
async fn odd_answers_are_read_as_http_has_them_and_broken_ones_are_told() {
    let (status, answer) = (Some(ProbeError::Status), Some(ProbeError::Answer));
    for (text, error, code, bytes) in [
        // In pieces, with an extension and a trailer.
        (
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3;x=y\r\nabc\r\n0\r\nA: b\r\n\r\n",
            None,
            Some(200),
            Some(3),
        ),
        ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", answer, Some(200), None),
        ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nab", answer, Some(200), None),
        // Shorter than it said, and until the end.
        ("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc", answer, Some(200), None),
        ("HTTP/1.0 200 OK\r\n\r\nabcd", None, Some(200), Some(4)),
        // Something before the answer.
        (
            "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n",
            None,
            Some(204),
            Some(0),
        ),
        ("HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n", status, Some(101), Some(0)),
        ("HTTP/1.1 999 What\r\nContent-Length: 0\r\n\r\n", status, Some(999), Some(0)),
        ("HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n", answer, None, None),
        ("HTTP/1.1 20 OK\r\n\r\n", answer, None, None),
        ("HTTP/1.1 200 OK\r\nX: \0\r\n\r\n", answer, None, None),
        ("", answer, None, None),
    ] {
        let Server { address, trust, seen } = serve(2099, text, Trusted::Yes).await;
        let Fetched { took, told, .. } = fetch(ask(address), Some(trust)).await;
        assert_eq!((took.err(), told.status, told.body_bytes), (error, code, bytes), "{text:?}");
        seen.await.unwrap();
    }
}

#[tokio::test]
async fn what_speaks_no_tls_and_what_is_closed_are_told_apart() {
    let trust = Arc::new(Trust::of(signed(2099).0).unwrap());
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let plain = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        stream.write_all(b"SSH-2.0-x\r\n").await.unwrap();
        let mut rest = Vec::new();
        let _ = stream.read_to_end(&mut rest).await;
    });
    let fetched = fetch(ask(address), Some(Arc::clone(&trust))).await;
    assert_eq!(fetched.took, Err(ProbeError::Tls));
    plain.await.unwrap();
    // The listener is gone.
    let fetched = fetch(ask(address), Some(trust)).await;
    assert_eq!((fetched.took, fetched.told), (Err(ProbeError::Refused), Fetch::default()));
}

#[tokio::test]
async fn the_thread_asks_and_ends_with_who_asked() {
    let Server { address, seen, .. } = serve(2099, "", Trusted::No).await;
    let mut pages = Pages::default();
    let target =
        TargetAddress::read(headroom_proto::wire::ProbeKind::Https, &format!("https://{address}/"));
    assert!(pages.ask(PLACE, address.ip(), &target.unwrap()));
    let fetched = pages.next().await;
    assert_eq!(fetched.took, Err(ProbeError::Certificate));
    assert_eq!((fetched.told.earliest_end_s, pages.under_way), (Some(FAR_AHEAD_S), 0));
    seen.await.unwrap();
    let icmp = TargetAddress::read(headroom_proto::wire::ProbeKind::Icmp, "127.0.0.1").unwrap();
    assert!(!pages.ask(PLACE, address.ip(), &icmp), "what is no page is not asked for");
}
