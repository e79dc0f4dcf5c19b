//! What BigBlueButton and its SFU answer, read and counted as the agent does, up to a frame.

use std::collections::BTreeMap;
use std::time::Duration;

use headroom_agent::frames::{Frames, KeptFrame};
use headroom_agent::rooms::account::AccountOptions;
use headroom_agent::rooms::key::MeetingKey;
use headroom_agent::rooms::media;
use headroom_agent::rooms::poller::Fetched;
use headroom_agent::rooms::sfu::{self, Sample};
use headroom_agent::rooms::watch::PollTime;
use headroom_agent::rooms::{Rooms, answer};
use headroom_agent::series::{Reading, Round, Scope};
use headroom_proto::media::{MediaInfo, MediaSource};

/// The most polls of one input.
const POLLS: usize = 4;

/// Answers to `getMeetings`, one poll after the other, with a zero byte between them.
pub fn rooms(bytes: &[u8]) {
    let mut host = Host::new();
    for answer in bytes.split(|byte| *byte == 0).take(POLLS) {
        let mut same = answer.to_owned();
        let version = answer::read_version(&mut same).ok().flatten();
        host.poll(answer.to_owned(), version, Vec::new());
    }
    let _ = host.rooms.reports();
}

/// The metrics of an exporter, twice.
pub fn sfu(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let mut host = Host::new();
    for _ in 0..2 {
        let answer = b"<response><returncode>SUCCESS</returncode></response>".to_vec();
        host.poll(answer, None, sfu::parse(&text).samples);
    }
}

/// BigBlueButton's settings: what comes of them can be told in labels, and read from these again.
pub fn settings(bytes: &[u8]) {
    let settings = media::understand_any(bytes);
    let info = MediaInfo { source: MediaSource::Told, release: None, settings };
    let labels = info.labels();
    let label = |name: &str| labels.iter().find(|(known, _)| *known == name);
    let read = MediaInfo::of_labels(|name| Some(label(name)?.1.as_str()));
    assert_eq!(read, Some(info));
}

/// A host that is polled.
struct Host {
    rooms: Rooms,
    frames: Frames,
    reading: Reading,
    polls: u32,
}

impl Host {
    fn new() -> Self {
        let organisations = BTreeMap::from([("school.example.org".into(), "school".into())]);
        let interval = Duration::from_secs(15);
        let options = AccountOptions { organisations, max_tenants: 5, interval };
        Self {
            rooms: Rooms::new(&options, MeetingKey::derive(b"secret")),
            frames: Frames::new(7),
            reading: Reading::default(),
            polls: 0,
        }
    }

    fn poll(&mut self, meetings: Vec<u8>, version: Option<String>, sfu: Vec<Sample>) {
        self.polls += 1;
        let at_ms = 1_760_000_000_000 + i64::from(self.polls) * 15_000;
        let time = PollTime { at_ms, elapsed: Duration::from_secs(15) * self.polls };
        let latency = Some(Duration::from_millis(20));
        let fetched = Fetched { time, latency, meetings: Ok(meetings), version, sfu };
        self.reading.begin(Scope::ROOMS, at_ms);
        let reports = self.rooms.take(fetched, &mut Round::new(&mut self.reading));
        self.reading.meetings = reports;
        let taken = self.frames.take(&mut self.reading);
        let (_, frame) = KeptFrame::encode(taken.frame, taken.layout);
        self.reading.give_back(frame.values);
    }
}

/// Answers of each version of BigBlueButton, and two polls in a row.
pub fn seeds() -> Vec<Vec<u8>> {
    let answers = [
        include_str!("../../../agent/src/rooms/answer/fixtures/bbb-2.2.xml"),
        include_str!("../../../agent/src/rooms/answer/fixtures/bbb-2.7.xml"),
        include_str!("../../../agent/src/rooms/answer/fixtures/bbb-3.0.xml"),
        include_str!("../../../agent/src/rooms/answer/fixtures/scalelite.xml"),
        "<response><returncode>FAILED</returncode><messageKey>checksumError</messageKey></response>",
        "<response><returncode>SUCCESS</returncode><version>2.0</version></response>",
        "<response><returncode>SUCCESS</returncode><meetings><meeting><meetingID>a</meetingID>\
         <participantCount>4</participantCount></meeting></meetings></response>\0\
         <response><returncode>SUCCESS</returncode><meetings/></response>",
    ];
    answers.map(|answer| answer.as_bytes().to_vec()).into()
}

/// Metrics of an exporter.
pub fn sfu_seeds() -> Vec<Vec<u8>> {
    let texts = [
        "# TYPE mediasoup_producers gauge\n\
         mediasoup_producers{type=\"simple\",kind=\"video\",job=\"x\"} 7\n\
         mediasoup_workers 2 1700000000000\nsfu_screenshare_sessions 12\n",
        "sfu_module_crashes{module=\"a\\\"b\\\\c\\n\",signal=\"\"} 1\nfreeswitch_crashes NaN\n",
        "mcs_rooms{broken 3\nmcs_rooms NaNa\nmcs_users\nmcs_x{a=\"1\",a=\"2\",} -1e300\n",
    ];
    texts.map(|text| text.as_bytes().to_vec()).into()
}

/// Files as hosts have them, and what breaks readers.
pub fn settings_seeds() -> Vec<Vec<u8>> {
    let pages = "public: {kurento: {pagination: {desktopPageSizes: {moderator: 0, viewer: 5}}}}";
    let profiles = "public:\n  kurento:\n    cameraProfiles:\n      - {id: a, bitrate: 200, default: true}\n\
                    \x20   cameraQualityThresholds: {thresholds: [{threshold: 8, profile: a}]}\n";
    let thresholds = "public: {kurento: {paginationThresholds: {enabled: true, thresholds: [{users: 30, \
                      desktopPageSizes: {moderator: 25, viewer: 6}}]}, screenshare: {bitrate: 1e3}}}";
    let switches = "public: {app: {defaultSettings: {application: {paginationEnabled: false}}}}";
    let bomb = "a: &a [x,x]\nb: &b [*a,*a]\npublic: *b\n";
    let deep = "{a: ".repeat(40);
    let all = [pages, profiles, thresholds, switches, bomb, &deep, "%YAML 9\n---\n!!x &y - |\n z"];
    all.map(|text| text.as_bytes().to_vec()).to_vec()
}
