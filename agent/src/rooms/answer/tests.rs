//! Traps of BigBlueButton's answers, each by its name.

use std::fmt::Write as _;

use super::*;

fn rooms_of(bytes: &mut [u8]) -> Result<Vec<Room>, AnswerError> {
    read_meetings(bytes, &MeetingKey::derive(b"test"), &MediaSettings::default())
}

/// What one answer amounts to.
fn read(answer: &str) -> String {
    let mut bytes = answer.as_bytes().to_vec();
    match rooms_of(&mut bytes) {
        Ok(rooms) => rooms.iter().map(show).collect::<Vec<_>>().join("; "),
        Err(AnswerError::Xml { .. }) => "no XML".into(),
        Err(AnswerError::Cut { .. }) => "cut off".into(),
        Err(error) => error.to_string(),
    }
}

/// People, listeners, voices, cameras in and out; clients; origin; marks.
fn show(room: &Room) -> String {
    let count = |count: Option<u32>| count.map_or_else(|| "?".to_owned(), |n| n.to_string());
    let counts = [room.participants, room.listeners, room.voices, room.cameras, room.cameras_out];
    let mut text = counts.map(count).join(" ");
    let clients =
        [room.clients.html5, room.clients.dial_in, room.clients.flash, room.clients.other];
    if clients != [0; 4] {
        let _ = write!(text, " clients {}", clients.map(|n| n.to_string()).join("+"));
    }
    let product = room.origin.product.as_deref().map(|product| format!(" ({product})"));
    let origin = room.origin.best().map(|best| format!(" of {best}"));
    let marks = [(room.breakout, " breakout"), (room.recording, " recording")];
    let marks = marks.into_iter().filter(|(set, _)| *set).map(|(_, mark)| mark);
    let marks = marks.chain(room.id.is_none().then_some(" without id"));
    text.extend(origin.into_iter().chain(product));
    text.extend(marks);
    text
}

/// A meeting of 3 people, with `change` in place of its participantCount element.
fn meeting(change: &str) -> String {
    success(&format!(
        "<meeting><meetingID>m</meetingID><createTime>1700000000000</createTime>{change}\
         <listenerCount>0</listenerCount><voiceParticipantCount>2</voiceParticipantCount>\
         <videoCount>1</videoCount><isBreakout>false</isBreakout></meeting>"
    ))
}

fn success(meetings: &str) -> String {
    format!("<response><returncode>SUCCESS</returncode><meetings>{meetings}</meetings></response>")
}

fn failed(inside: &str) -> String {
    format!("<response><returncode>FAILED</returncode>{inside}</response>")
}

/// The trap, the answer, and what it must amount to.
#[track_caller]
fn check(cases: &[(&str, String, &str)]) {
    for (trap, answer, expected) in cases {
        assert_eq!(read(answer), *expected, "{trap}");
    }
}

const THREE: &str = "<participantCount>3</participantCount>";
const NONE: &str = "<messageKey>noMeetings</messageKey>\
                    <message>no meetings were found on this server</message>";

#[test]
fn whole_answers_of_four_kinds() {
    check(&[
        (
            "2.2: grouped numbers, names that break XML, passwords, three kinds of client",
            include_str!("fixtures/bbb-2.2.xml").into(),
            "1203 1150 12 3 3608 clients 1+1+1+0 of lists.federation.example (greenlight) recording",
        ),
        (
            "2.7: breakout flat in the meeting, more moderators than people, minimal attendees",
            include_str!("fixtures/bbb-2.7.xml").into(),
            "6 1 6 4 23 clients 1+0+0+0 of moodle.school.example (moodle); 2 0 2 1 2 breakout",
        ),
        (
            "3.0: no passwords, listeners as voices, Canvas without origin, one without people",
            include_str!("fixtures/bbb-3.0.xml").into(),
            "2 0 2 2 2 clients 2+0+0+0 of canvas.university.example recording; 0 0 0 0 0",
        ),
        (
            "Scalelite: the tenant that no client can set counts first",
            include_str!("fixtures/scalelite.xml").into(),
            "3 0 3 0 0 of 8d3b-11; 3 0 3 0 0 of 8d3b-11",
        ),
    ]);
}

#[test]
fn no_meetings() {
    let answer =
        |inside: &str| format!("<response><returncode>SUCCESS</returncode>{inside}</response>");
    check(&[
        ("noMeetings with an empty list", answer(&format!("<meetings/>{NONE}")), ""),
        ("noMeetings without a list (Scalelite of 2020)", answer(NONE), ""),
        ("noMeetings with the list behind (Scalelite)", answer(&format!("{NONE}<meetings/>")), ""),
        ("noMeetings with an open list", answer("<meetings></meetings>"), ""),
        (
            "noMeetings is none only with SUCCESS",
            "<response><meetings/></response>".into(),
            "the answer is XML but not BigBlueButton's",
        ),
        (
            "a return code of another kind",
            "<response><returncode>MAYBE</returncode><meetings/></response>".into(),
            "the answer is XML but not BigBlueButton's",
        ),
    ]);
}

#[test]
fn numbers() {
    let people = |text: &str| meeting(&format!("<participantCount>{text}</participantCount>"));
    let many = "1234 0 2 1 1234";
    check(&[
        ("grouped by a comma", people("1,234"), many),
        ("grouped by a dot", people("1.234"), many),
        ("grouped by a space that does not break", people("1\u{a0}234"), many),
        ("grouped by a narrow space", people("1\u{202f}234"), many),
        ("grouped by a narrow space as a reference", people("1&#8239;234"), many),
        ("grouped by an apostrophe", people("1\u{2019}234"), many),
        ("padded", people(" \n 3 "), "3 0 2 1 3"),
        ("CDATA", people("<![CDATA[3]]>"), "3 0 2 1 3"),
        ("empty is not 0", people(""), "? 0 2 1 ?"),
        ("no number is not 0", people("many"), "? 0 2 1 ?"),
        ("negative is not 0", people("-1"), "? 0 2 1 ?"),
        ("a missing element is not 0", meeting(""), "? 0 2 1 ?"),
        (
            "maxUsers is the limit, not a peak",
            meeting(&format!("<maxUsers>500</maxUsers>{THREE}")),
            "3 0 2 1 3",
        ),
        ("endTime 0 while it runs", meeting(&format!("<endTime>0</endTime>{THREE}")), "3 0 2 1 3"),
    ]);
}

#[test]
fn people() {
    let with = |people: &str| meeting(&format!("{THREE}<attendees>{people}</attendees>"));
    let attendee = |inside: &str| format!("<attendee><userID>w</userID>{inside}</attendee>");
    let telephone = attendee("<role>VIEWER</role><clientType>DIAL-IN</clientType>");
    let minimal = attendee("<fullName>Ann</fullName>");
    let shown = attendee("<hasVideo>true</hasVideo><role>MODERATOR</role>");
    let uncounted = success(&format!(
        "<meeting><meetingID>m</meetingID><createTime>1</createTime><attendees>{}{}</attendees></meeting>",
        attendee("<isListeningOnly>true</isListeningOnly><clientType>HTML5</clientType>"),
        attendee("<hasJoinedVoice>TRUE</hasJoinedVoice><hasVideo> true </hasVideo>"),
    ));
    check(&[
        ("attendees empty while counts are not (bots)", with(""), "3 0 2 1 3"),
        ("attendees as an empty element", meeting(&format!("{THREE}<attendees/>")), "3 0 2 1 3"),
        ("one attendee is a list too", with(&telephone), "3 0 2 1 3 clients 0+1+0+0"),
        ("a minimal attendee", with(&minimal), "3 0 2 1 3"),
        (
            "a client of a kind that is not known",
            with(&attendee("<clientType>HOLOGRAM</clientType>")),
            "3 0 2 1 3 clients 0+0+0+1",
        ),
        (
            "video is streams, not people: a moderator sees all but the own",
            with(&shown),
            "3 0 2 1 2",
        ),
        ("counts that are missing come from the list", uncounted, "2 1 1 1 1 clients 1+0+0+0"),
        (
            "a listener who is a voice as well is both",
            meeting("<participantCount>6</participantCount>")
                .replace("<listenerCount>0", "<listenerCount>1")
                .replace("<voiceParticipantCount>2", "<voiceParticipantCount>6"),
            "6 1 6 1 6",
        ),
    ]);
}

#[test]
fn a_balancers_tenant_comes_before_what_a_front_end_says() {
    let origin = |inside: &str| meeting(&format!("{THREE}<metadata>{inside}</metadata>"));
    check(&[
        (
            "BBBLB's tenant before what the front end says",
            origin(
                "<bbb-origin-server-name>a.example</bbb-origin-server-name>\
                    <bbblb-tenant>Union</bbblb-tenant>",
            ),
            "3 0 2 1 3 of union",
        ),
        (
            "Scalelite's tenant before BBBLB's, in either order",
            origin("<bbblb-tenant>b</bbblb-tenant><tenant-id>a</tenant-id>"),
            "3 0 2 1 3 of a",
        ),
    ]);
}

#[test]
fn metadata_and_breakouts() {
    let with = |inside: &str| meeting(&format!("{THREE}{inside}"));
    let origin = |inside: &str| with(&format!("<metadata>{inside}</metadata>"));
    let three = "3 0 2 1 3";
    check(&[
        ("metadata as an empty element", with("<metadata/>"), three),
        (
            "metadata, not meta",
            with("<meta><bbb-origin-server-name>a.example</bbb-origin-server-name></meta>"),
            three,
        ),
        (
            "the host of endcallbackurl only",
            origin("<endcallbackurl>https://cloud.example/apps/bbb?token=s3cret</endcallbackurl>"),
            "3 0 2 1 3 of cloud.example",
        ),
        (
            "bbb-origin-server-name before callbacks",
            origin(
                "<endcallbackurl>https://b.example/</endcallbackurl>\
                    <bbb-origin-server-name>A.example</bbb-origin-server-name>",
            ),
            "3 0 2 1 3 of a.example",
        ),
        (
            "an origin that is no host",
            origin("<bbb-origin-server-name>Ann's room</bbb-origin-server-name>"),
            three,
        ),
        ("metadata with a stray ampersand", origin("<x>Q&A</x>"), three),
        (
            "metadata in which people typed",
            origin("<topic>1 < 2 & <3</topic><tenant-id>union</tenant-id>"),
            "3 0 2 1 3 of union",
        ),
        (
            "breakout before metadata, flat parent",
            success(
                "<meeting><meetingID>b</meetingID><createTime>2</createTime><participantCount>2</participantCount>\
             <videoCount>0</videoCount><isBreakout> TRUE </isBreakout>\
             <parentMeetingID>m</parentMeetingID><metadata/></meeting>",
            ),
            "2 ? ? 0 0 breakout",
        ),
        (
            "breakout nested, as the documents have it",
            success(
                "<meeting><meetingID>b</meetingID><createTime>2</createTime><participantCount>2</participantCount>\
             <videoCount>0</videoCount><isBreakout>true</isBreakout>\
             <breakout><parentMeetingID>m</parentMeetingID></breakout></meeting>",
            ),
            "2 ? ? 0 0 breakout",
        ),
        (
            "a list of breakout rooms is no parent",
            with("<breakoutRooms><breakout>b</breakout></breakoutRooms>"),
            three,
        ),
        (
            "a meeting without any id",
            success("<meeting>".to_owned().as_str())
                .replace("<meeting>", "<meeting><participantCount>1</participantCount></meeting>")
                .as_str()
                .to_owned(),
            "1 ? ? ? ? without id",
        ),
    ]);
}

#[test]
fn errors() {
    let key = |key: &str| failed(&format!("<messageKey>{key}</messageKey><message>text</message>"));
    let wrong = "BigBlueButton answers FAILED with checksumError: the secret or the checksum's \
                 algorithm is wrong";
    check(&[
        ("FAILED with checksumError, whatever the message says", key("checksumError"), wrong),
        (
            "FAILED padded and in lower case",
            key(" checksumError ").replace("FAILED", " failed "),
            wrong,
        ),
        ("success in lower case", meeting(THREE).replace("SUCCESS", "success"), "3 0 2 1 3"),
        (
            "FAILED with a list of errors",
            failed("<errors><error key=\"checksumError\" message=\"no\"/></errors>"),
            wrong,
        ),
        (
            "FAILED with a key that is not known keeps the text to itself",
            key("Ann&apos;s room"),
            "BigBlueButton answers FAILED with other",
        ),
        ("FAILED without a key", failed(""), "BigBlueButton answers FAILED with other"),
        (
            "FAILED with meetings is FAILED",
            meeting(THREE).replace("SUCCESS", "FAILED"),
            "BigBlueButton answers FAILED with other",
        ),
    ]);
}

#[test]
fn what_is_no_answer() {
    let foreign = "the answer is XML but not BigBlueButton's";
    let whole = meeting(THREE);
    let deep = format!("<response>{}", "<x>".repeat(1000));
    let bomb = "<!DOCTYPE response [<!ENTITY a \"aaaa\"><!ENTITY b \"&a;&a;\">]>\
                <response><returncode>&b;</returncode></response>";
    check(&[
        ("a proxy's page", "<html><body><h1>502 Bad Gateway</h1></body></html>".into(), foreign),
        ("a proxy's page with a document type", "<!DOCTYPE html><html></html>".into(), foreign),
        ("JSON", "{\"status\":\"ok\"}".into(), foreign),
        ("nothing", String::new(), foreign),
        ("entities of its own", bomb.into(), foreign),
        ("nested without end", deep, foreign),
        ("a second root", format!("{whole}<response/>"), foreign),
        ("cut within a meeting", whole[..whole.len() - 40].into(), "no XML"),
        ("cut behind a meeting", whole[..whole.find("</meetings>").unwrap()].into(), "cut off"),
        ("a missing close", whole.replace("</listenerCount>", ""), "no XML"),
        (
            "a tag with a stray character",
            whole.replace("</videoCount>", "</videoCount`>"),
            "no XML",
        ),
        (
            "an ampersand in a name",
            whole.replace("<meetingID>", "<meetingName>Q & A &; &x</meetingName><meetingID>"),
            "3 0 2 1 3",
        ),
        (
            "an angle in a name",
            whole.replace("<meetingID>", "<meetingName><we> are < 3</meetingName><meetingID>"),
            "3 0 2 1 3",
        ),
    ]);
}

#[test]
fn errors_tell_places_and_never_what_people_typed() {
    let broken = |answer: &str| rooms_of(&mut answer.as_bytes().to_vec()).unwrap_err();
    let error = broken("<response><returncode>SUCCESS</returncode><a></b></response>");
    assert_eq!(error.to_string(), "the answer is no XML from byte 45 on");
    let error = broken("<response><returncode>SUCCESS</returncode>");
    assert_eq!(error.to_string(), "the answer of 42 bytes is cut off");
    for answer in [
        "<response><returncode>SUCCESS</returncode><Zwiebel></Knoblauch>",
        "<response><returncode>Zwiebel</returncode></response>",
        "<response><returncode>FAILED</returncode><messageKey>Zwiebel</messageKey></response>",
        "<Zwiebel>Knoblauch</Zwiebel>",
    ] {
        let error = read(answer);
        assert!(!error.contains("Zwiebel") && !error.contains("Knoblauch"), "{error}");
    }
}

#[test]
fn the_same_run_of_a_meeting_is_known_again_and_times_are_milliseconds() {
    let rooms = |text: &str| rooms_of(&mut text.as_bytes().to_vec()).unwrap();
    let first = rooms(&meeting(THREE)).remove(0);
    let again = rooms(&meeting(&THREE.replace('3', "9"))).remove(0);
    let later = rooms(&meeting(THREE).replace("1700000000000", "1700000000001")).remove(0);
    assert_eq!((first.id, first.external_id), (again.id, again.external_id));
    assert!(first.id.is_some() && first.id != later.id && first.external_id == later.external_id);
    assert_eq!(first.started_ms, Some(1_700_000_000_000));
    let rooms = rooms(include_str!("fixtures/bbb-2.7.xml"));
    assert_eq!((rooms[1].parent_id, rooms[1].breakout), (rooms[0].id, true));
    assert_eq!(rooms[0].started_ms, Some(1_700_000_000_321));
    assert_eq!(rooms[1].origin, crate::rooms::room::Origin::default());
}

#[test]
fn versions() {
    let version = |answer: &str| read_version(&mut answer.as_bytes().to_vec());
    let answer =
        |inside: &str| format!("<response><returncode>SUCCESS</returncode>{inside}</response>");
    for (name, answer, expected) in [
        (
            "3.0",
            answer("<version>2.0</version><bbbVersion>3.0.19</bbbVersion>"),
            Ok(Some("3.0.19")),
        ),
        ("2.2 tells none", answer("<version>2.0</version>"), Ok(None)),
        (
            "Scalelite tells its own build",
            answer("<version>2.0</version><build>1.6</build>"),
            Ok(None),
        ),
        ("an empty one", answer("<bbbVersion/>"), Ok(None)),
        ("one that is none", answer("<bbbVersion>three point &lt;0</bbbVersion>"), Ok(None)),
        ("a page", "<html/>".into(), Err(AnswerError::Foreign)),
    ] {
        assert_eq!(version(&answer), expected.map(|v| v.map(ToOwned::to_owned)), "{name}");
    }
}
