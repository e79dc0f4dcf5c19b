//! The stand-in for BigBlueButton is like the real ones where they differ, and breaks as it is told.

use std::time::Duration;

use harness::bigbluebutton::{
    Algorithm, Asked, Fault, Flavour, Signature, StandIn, StandInOptions, checksum, large_answer,
};
use harness::{certificates, fetch};
use headroom_agent::rooms::answer::{AnswerError, read_meetings};
use headroom_agent::rooms::key::MeetingKey;
use headroom_proto::media::MediaSettings;
use headroom_simulation::{HOSTS, Host, World};

/// Thursday, 24 September 2026, 08:45 UTC: lectures and a round table on `de1`, in New York a night.
const MOMENT_MS: i64 = 1_790_239_500_000;
const BUSY: &Host = &HOSTS[1];
const QUIET: &Host = &HOSTS[5];

const FLAVOURS: [Flavour; 5] =
    [Flavour::Bbb22, Flavour::Bbb27, Flavour::Bbb30, Flavour::Scalelite, Flavour::OldScalelite];

/// The clock stands still.
fn options(flavour: Flavour, host: &'static Host) -> StandInOptions {
    let world = World::new(1, MOMENT_MS + 86_400_000);
    StandInOptions { speed: 0.0, ..StandInOptions::of(flavour, world, host, MOMENT_MS) }
}

/// Status and text of a signed call.
async fn call(stand_in: &StandIn, call: &str, query: &str) -> Option<(u16, String)> {
    let secret = "639259d4-9dd8-4b25-bf01-95f9567eaf4b";
    let sum = checksum(Algorithm::Sha256, call, query, secret);
    let join = if query.is_empty() { "" } else { "&" };
    let url = format!("{}/{call}?{query}{join}checksum={sum}", stand_in.url());
    let (status, body) = fetch(&url).await?;
    Some((status, String::from_utf8(body).ok()?))
}

async fn meetings(stand_in: &StandIn) -> String {
    call(stand_in, "getMeetings", "").await.unwrap().1
}

/// How many people an agent counts in an answer, in rooms that are no breakout rooms.
fn people(answer: &str) -> Result<i64, AnswerError> {
    let key = MeetingKey::derive(b"token");
    let rooms = read_meetings(&mut answer.as_bytes().to_vec(), &key, &MediaSettings::default())?;
    let whole = rooms.iter().filter(|room| !room.breakout);
    Ok(whole.map(|room| room.participants.map_or(0, i64::from)).sum())
}

#[test]
fn checksums_are_those_of_the_documents() {
    let create = "name=Test+Meeting&meetingID=abc123&attendeePW=111222&moderatorPW=333444";
    let check = |call, query, algorithm, begin: &str, length| {
        let sum = checksum(algorithm, call, query, "639259d4-9dd8-4b25-bf01-95f9567eaf4b");
        assert!(sum.starts_with(begin) && sum.len() == length, "{call} {algorithm:?}: {sum}");
    };
    check("create", create, Algorithm::Sha1, "1fcbb0c4fc1f039f73aa6d697d2db9ba7f803f17", 40);
    check("create", create, Algorithm::Sha256, "da9185f7f333cfdfcd6eeac32dca3777510c4c43", 64);
    check("create", create, Algorithm::Sha384, "891ac633df39d0a1b4f8d597f3e190833216c4b2", 96);
    check("create", create, Algorithm::Sha512, "de73ad61d11a5c801b68d4bd6ec5248546085cef", 128);
    check("getMeetings", "", Algorithm::Sha1, "2027baa7771026e9e93392f55031535d1444c41f", 40);
    check("getMeetings", "", Algorithm::Sha256, "a5370c5f3d97d56d53b435684cdbc429c2898a3b", 64);
    check("getMeetings", "", Algorithm::Sha384, "a2caf6ab7a9296f621a58d55f299b6dbd023afcf", 96);
    check("getMeetings", "", Algorithm::Sha512, "456defa5035a4194b8590216805aa0f3b7a7508c", 128);
}

/// A call is taken if it is signed by an algorithm that the release knows, over what was sent.
#[tokio::test(flavor = "multi_thread")]
async fn each_flavour_takes_its_algorithms_and_refuses_in_its_words() {
    use Algorithm::{Sha1, Sha256, Sha384, Sha512};
    for flavour in FLAVOURS {
        let stand_in = StandIn::start(options(flavour, BUSY)).await;
        let secret = "639259d4-9dd8-4b25-bf01-95f9567eaf4b";
        for algorithm in [Sha1, Sha256, Sha384, Sha512] {
            let sum = checksum(algorithm, "getMeetings", "a=%2B+b", secret);
            let url = format!("{}/getMeetings?a=%2B+b&checksum={sum}", stand_in.url());
            let text = String::from_utf8(fetch(&url).await.unwrap().1).unwrap();
            let taken = flavour.algorithms().contains(&algorithm);
            let code = if taken { "SUCCESS" } else { "FAILED" };
            assert!(text.contains(&format!("<returncode>{code}<")), "{flavour:?} {algorithm:?}");
            let Asked { target, signature, .. } = stand_in.asked().pop().unwrap();
            assert!(url.ends_with(&target), "{target}");
            let found = if taken { Signature::Right(algorithm) } else { Signature::Wrong };
            assert_eq!(signature, found, "{flavour:?} {algorithm:?}");
        }
        stand_in.set_secret("another");
        let refused = meetings(&stand_in).await;
        let message = match flavour {
            Flavour::Bbb27 | Flavour::Bbb30 => "Checksums do not match",
            Flavour::Bbb22 | Flavour::Scalelite | Flavour::OldScalelite => {
                "You did not pass the checksum security check"
            }
        };
        assert!(refused.contains("<messageKey>checksumError</messageKey>"), "{refused}");
        assert!(refused.contains(message), "{flavour:?}: {refused}");
        assert!(stand_in.private_words().contains(&"another".to_owned()));
    }
}

/// What an answer has in one flavour, and what not.
async fn check(flavour: Flavour, host: &'static Host, has: &[&str], lacks: &[&str]) {
    let stand_in = StandIn::start(options(flavour, host)).await;
    let (_, base) = fetch(&stand_in.url()).await.unwrap();
    let text = String::from_utf8(base).unwrap() + &meetings(&stand_in).await;
    for part in has {
        assert!(text.contains(part), "{flavour:?} has no {part}: {text:.3000}");
    }
    for part in lacks {
        assert!(!text.contains(part), "{flavour:?} has {part}: {text:.3000}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn flavours_differ_where_releases_do() {
    use Flavour::{Bbb22, Bbb27, Bbb30, OldScalelite, Scalelite};
    let old = ["<clientType>FLASH<", "<duration>1,440<"];
    check(Bbb22, BUSY, &old, &["bbbVersion", "<?xml", "&amp;", "customdata"]).await;
    let has = ["<bbbVersion>2.7.12<", "<duration>1440<", "<customdata>"];
    check(Bbb27, BUSY, &has, &["FLASH", "graphql", "<?xml"]).await;
    let has = ["<bbbVersion>3.0.19<", "graphqlWebsocketUrl", "<listenerCount>0<"];
    check(Bbb30, BUSY, &has, &["<isListeningOnly>true<", "customdata", "PW></"]).await;
    let has = ["<?xml version=\"1.0\"?>\n<response>", "<build>"];
    check(Scalelite, BUSY, &has, &["bbbVersion"]).await;
    let none = "<returncode>SUCCESS</returncode>\n<meetings/>\n<messageKey>noMeetings<";
    check(Bbb22, QUIET, &[none], &[]).await;
    check(Bbb30, QUIET, &[none], &[]).await;
    let last = "no meetings were found on this server</message>\n<meetings/>\n</response>";
    check(Scalelite, QUIET, &[last], &[]).await;
    check(OldScalelite, QUIET, &["noMeetings"], &["<meetings"]).await;
}

/// All flavours tell of as many people as are there, whatever else differs.
#[tokio::test(flavor = "multi_thread")]
async fn all_flavours_count_the_same_people() {
    for flavour in FLAVOURS {
        for (host, fewest, most) in [(BUSY, 100, 400), (QUIET, 0, 0)] {
            let mut options = options(flavour, host);
            if host == BUSY && matches!(flavour, Flavour::Scalelite | Flavour::OldScalelite) {
                options.hosts.push(&HOSTS[3]);
            }
            let stand_in = StandIn::start(options).await;
            let whole = stand_in.meetings(MOMENT_MS).into_iter().filter(|m| m.breakout.is_none());
            let there: i64 = whole.map(|meeting| meeting.presence(MOMENT_MS).participants).sum();
            assert_eq!(people(&meetings(&stand_in).await), Ok(there), "{flavour:?}");
            assert!((fewest..=most).contains(&there), "{there} people");
        }
    }
}

/// What status and text must be.
type Holds<'h> = &'h dyn Fn(u16, &str) -> bool;

#[tokio::test(flavor = "multi_thread")]
async fn faults_break_it_and_healing_mends_it() {
    let stand_in = StandIn::start(options(Flavour::Bbb30, BUSY)).await;
    let whole = people(&meetings(&stand_in).await).unwrap();
    let unparsable = |answer: &str| {
        matches!(people(answer), Err(AnswerError::Xml { .. } | AnswerError::Cut { .. }))
    };
    let cases: [(Fault, Holds<'_>); 9] = [
        (Fault::BadGateway, &|status, page| status == 502 && page.contains("nginx")),
        (Fault::Unauthorised, &|status, text| status == 401 && text.contains("checksumError")),
        (Fault::Unescaped, &|_, text| text.contains("<meetingName>R&D <intern> & ")),
        (Fault::MissingCloseTag, &|status, text| status == 200 && unparsable(text)),
        (Fault::StrayCharacter, &|status, text| status == 200 && unparsable(text)),
        (Fault::LowerCaseSuccess, &|_, text| people(text) == Ok(whole)),
        (Fault::NobodyListed, &|_, text| people(text) == Ok(whole) && !text.contains("fullName")),
        (Fault::Failed("internalError".into()), &|_, text| {
            people(text) == Err(AnswerError::Failed { key: "internalError" })
        }),
        (Fault::Empty, &|status, text| status == 200 && text.is_empty()),
    ];
    for (fault, holds) in cases {
        stand_in.fail(fault.clone()).await;
        let (status, text) = call(&stand_in, "getMeetings", "").await.unwrap();
        assert!(holds(status, &text), "{fault:?}: {status} {text:.500}");
    }
    stand_in.fail(Fault::Cut).await;
    assert_eq!(call(&stand_in, "getMeetings", "").await, None);
    stand_in.fail(Fault::NotListening).await;
    assert_eq!(call(&stand_in, "getMeetings", "").await, None);
    assert!(std::net::TcpStream::connect(address(&stand_in)).is_err());
    stand_in.fail(Fault::Slow(Duration::from_millis(200))).await;
    let start = std::time::Instant::now();
    assert!(call(&stand_in, "getMeetings", "").await.is_some());
    assert!(start.elapsed() >= Duration::from_millis(200));
    stand_in.heal().await;
    assert_eq!(people(&meetings(&stand_in).await), Ok(whole));
}

fn address(stand_in: &StandIn) -> String {
    let url = stand_in.url();
    url.split('/').nth(2).unwrap().to_owned()
}

/// Whoever reads such an answer to its end reads far too much.
#[tokio::test(flavor = "multi_thread")]
async fn answers_can_be_far_too_large_or_have_no_end() {
    let stand_in = StandIn::start(options(Flavour::Bbb27, BUSY)).await;
    for fault in [Fault::Huge, Fault::Endless] {
        stand_in.fail(fault.clone()).await;
        let mut answer = reqwest::get(stand_in.url()).await.unwrap();
        let announced = answer.content_length();
        assert_eq!(announced.is_some_and(|length| length >= 100 << 20), fault == Fault::Huge);
        let mut read = 0;
        while read < 20 << 20 {
            read += answer.chunk().await.unwrap().unwrap().len();
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_private_is_known_and_printed() {
    let stand_in = StandIn::start(options(Flavour::Bbb27, BUSY)).await;
    let text = meetings(&stand_in).await;
    let words = stand_in.private_words();
    assert!(words.len() > 300, "{}", words.len());
    let printed = words.iter().filter(|word| text.contains(*word)).count();
    // Words are known of people who have left, too, and plain beside escaped.
    assert!(printed > words.len() / 2, "{printed} of {}", words.len());
    for tag in ["meetingName", "meetingID", "voiceBridge", "dialNumber", "attendeePW", "fullName"] {
        let part = text.split(&format!("<{tag}>")).nth(1).unwrap();
        let value = part.split('<').next().unwrap().trim();
        assert!(words.iter().any(|word| word == value), "{tag}: {value}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn other_calls_are_answered_and_remembered() {
    let stand_in = StandIn::start(options(Flavour::Bbb27, BUSY)).await;
    let meeting = stand_in.meetings(MOMENT_MS).remove(0).identity().external_id;
    let query = format!("meetingID={meeting}");
    for (name, query, part) in [
        ("isMeetingRunning", &*query, "<running>true</running>"),
        ("isMeetingRunning", "meetingID=nothing", "<running>false</running>"),
        ("isMeetingRunning", "", "<messageKey>missingParamMeetingID<"),
        ("getRecordings", "", "<recordings/>\n<messageKey>noRecordings<"),
        ("sing", "", "<messageKey>unsupportedRequest<"),
    ] {
        let (_, text) = call(&stand_in, name, query).await.unwrap();
        assert!(text.contains(part), "{name}: {text}");
        let asked = stand_in.asked().pop().unwrap();
        assert!(asked.target.starts_with(&format!("/bigbluebutton/api/{name}?{query}")));
        assert_eq!(
            (asked.at_ms, asked.signature),
            (MOMENT_MS, Signature::Right(Algorithm::Sha256))
        );
    }
}

/// Who has just left is still counted by real servers, for up to a minute.
#[tokio::test(flavor = "multi_thread")]
async fn people_linger_if_so_wished() {
    let mut options = options(Flavour::Bbb27, BUSY);
    let meetings_then = options.world.meetings_at(BUSY, MOMENT_MS);
    let left = meetings_then.iter().filter(|meeting| meeting.breakout.is_none());
    let left = left.flat_map(|meeting| &meeting.attendees).map(|attendee| attendee.inside.to_ms);
    let last_ms = left.max().unwrap();
    options.origin_ms = last_ms + 10_000;
    let mut counts = Vec::new();
    for lingering in [Duration::ZERO, Duration::from_secs(60)] {
        let stand_in = StandIn::start(StandInOptions { lingering, ..options.clone() }).await;
        counts.push(people(&meetings(&stand_in).await).unwrap());
    }
    assert!(counts[0] < counts[1], "{counts:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn time_passes_faster_and_the_truth_is_told() {
    let mut options = options(Flavour::Bbb30, BUSY);
    options.speed = 300.0;
    let stand_in = StandIn::start(options).await;
    let before = meetings(&stand_in).await;
    let later = harness::eventually("ten minutes pass", Duration::from_secs(20), async || {
        let now_ms = stand_in.now_ms();
        (now_ms > MOMENT_MS + 600_000).then_some(now_ms)
    })
    .await;
    assert_ne!(before, meetings(&stand_in).await);
    let truth = stand_in.truth(MOMENT_MS, later);
    let hours: f64 = truth.iter().map(|usage| usage.user_seconds).sum::<f64>() / 3600.0;
    assert!(hours > 5.0, "{truth:?}");
}

/// With TLS, only who knows the authority is answered.
#[tokio::test(flavor = "multi_thread")]
async fn tls_with_an_authority_of_its_own() {
    let own = certificates();
    let mut options = options(Flavour::Bbb30, BUSY);
    options.certificates = Some(own.clone());
    let stand_in = StandIn::start(options).await;
    assert!(stand_in.url().starts_with("https://localhost:"));
    let folder = tempfile::tempdir().unwrap();
    let authority = folder.path().join("ca.crt");
    std::fs::write(&authority, own.authority).unwrap();
    let url = stand_in.url();
    let ask = |arguments: Vec<String>| {
        let output = std::process::Command::new("curl").args(arguments).output().unwrap();
        (output.status.success(), String::from_utf8(output.stdout).unwrap())
    };
    let quiet = vec!["-sS".to_owned(), url];
    assert!(!ask(quiet.clone()).0);
    let trusting = [quiet, vec!["--cacert".to_owned(), authority.display().to_string()]].concat();
    let (trusted, text) = ask(trusting);
    assert!(trusted && text.contains("<bbbVersion>"), "{text}");
}

#[test]
fn a_large_answer_has_as_many_as_asked() {
    for flavour in FLAVOURS {
        let answer = large_answer(flavour, 20, 400);
        assert_eq!(answer.matches("<meeting>").count(), 20, "{flavour:?}");
        assert_eq!(answer.matches("<attendee>").count(), 400, "{flavour:?}");
        assert_eq!(people(&answer), Ok(400), "{flavour:?}");
        let crowd = large_answer(flavour, 1, 1234);
        assert!(crowd.contains("<participantCount>1,234<"), "{flavour:?}");
    }
}
