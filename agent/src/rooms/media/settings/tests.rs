//! Settings as hosts have them.

use headroom_proto::media::MediaInfo;

use super::super::yaml;
use super::*;

/// As BigBlueButton is delivered, but for what nobody here looks at.
const DELIVERED: &str = "
public:
  app:
    defaultSettings:
      application:
        paginationEnabled: true
  kurento:
    wsUrl: HOST
    screenshare:
      bitrate: 1500
    cameraProfiles:
      - {id: low-u30, name: low-u30, bitrate: 30, hidden: true}
      - {id: low-u25, bitrate: 40}
      - {id: low-u20, bitrate: 50}
      - {id: low-u15, bitrate: 70}
      - {id: low-u12, bitrate: 90}
      - {id: low-u8, bitrate: 100}
      - {id: low, default: false, bitrate: 100}
      - {id: medium, default: true, bitrate: 200}
      - {id: high, bitrate: 500}
    cameraQualityThresholds:
      enabled: true
      thresholds:
        - {threshold: 8, profile: low-u8}
        - {threshold: 12, profile: low-u12}
        - {threshold: 15, profile: low-u15}
        - {threshold: 20, profile: low-u20}
        - {threshold: 25, profile: low-u25}
        - {threshold: 30, profile: low-u30}
    pagination:
      desktopPageSizes: {moderator: 0, viewer: 5}
      mobilePageSizes: {moderator: 2, viewer: 2}
    paginationThresholds:
      enabled: false
      thresholds:
        - {users: 30, desktopPageSizes: {moderator: 25, viewer: 25}}
private: {anything: [1, 2, 3]}
";

fn of(overriding: &str) -> Understood {
    let trees = [DELIVERED, overriding].map(yaml::read);
    let trees: Vec<Node> = trees.into_iter().filter_map(Result::unwrap).collect();
    understand(&trees)
}

/// What is told, in one line, and the complaints.
fn told(understood: Understood) -> String {
    let info = MediaInfo {
        source: headroom_proto::media::MediaSource::Told,
        release: None,
        settings: understood.settings,
    };
    let shown = info.labels().map(|(_, value)| value);
    let mut text = shown[2..].join("|");
    for complaint in understood.complaints {
        text.push('\n');
        text.push_str(&complaint);
    }
    text
}

const CLASSES: &str = "0:200 8:100 12:90 15:70 20:50 25:40 30:30";

#[test]
fn what_is_delivered_is_what_is_assumed() {
    let understood = of("");
    assert_eq!(understood, Understood::default());
    assert_eq!(understand(&[]), Understood::default());
}

#[test]
fn a_host_overrides_what_it_wants_and_the_rest_stays() {
    let cases = [
        (
            "public: {kurento: {pagination: {desktopPageSizes: {viewer: 9}}}}",
            format!("0|9|2|2||{CLASSES}|1500"),
        ),
        (
            "public: {app: {defaultSettings: {application: {paginationEnabled: false}}}}",
            format!("0|0|0|0||{CLASSES}|1500"),
        ),
        ("public: {kurento: {pagination: {enabled: false}}}", format!("0|0|0|0||{CLASSES}|1500")),
        (
            "public: {kurento: {screenshare: {bitrate: 2500.5}}}",
            format!("0|5|2|2||{CLASSES}|2500.5"),
        ),
        (
            "public: {kurento: {cameraQualityThresholds: {enabled: false}}}",
            "0|5|2|2||0:200|1500".to_owned(),
        ),
        (
            "public: {kurento: {cameraQualityThresholds: {thresholds: \
             [{threshold: 10, profile: low}, {threshold: 4, profile: high}]}}}",
            "0|5|2|2||0:200 4:500 10:100|1500".to_owned(),
        ),
        (
            "public: {kurento: {cameraProfiles: [{id: mine, bitrate: 640, default: true}], \
             cameraQualityThresholds: {thresholds: []}}}",
            "0|5|2|2||0:640|1500".to_owned(),
        ),
        (
            "public: {kurento: {paginationThresholds: {enabled: true, thresholds: [\
             {users: 40, desktopPageSizes: {moderator: 20, viewer: 5}}, \
             {users: 30, desktopPageSizes: {moderator: 25, viewer: 6}}]}}}",
            format!("0|5|2|2|30:25/6 40:20/5|{CLASSES}|1500"),
        ),
        // Nothing says nothing.
        ("public:\n", format!("0|5|2|2||{CLASSES}|1500")),
        ("unknown: 1\npublic: {kurento: {unheard: [of]}}", format!("0|5|2|2||{CLASSES}|1500")),
    ];
    for (overriding, expected) in cases {
        assert_eq!(told(of(overriding)), expected, "{overriding}");
    }
}

#[test]
fn only_the_key_that_is_wrong_falls_back_and_that_is_said() {
    let cases = [
        (
            "public: {kurento: {pagination: {desktopPageSizes: {viewer: many, moderator: 7}}}}",
            format!(
                "7|5|2|2||{CLASSES}|1500\npublic.kurento.pagination.desktopPageSizes.viewer must be a \
                 number of cameras, but it is a text"
            ),
        ),
        (
            "public: {kurento: {pagination: {desktopPageSizes: {viewer: -1}}}}",
            format!(
                "0|5|2|2||{CLASSES}|1500\npublic.kurento.pagination.desktopPageSizes.viewer must be a \
                 number of cameras, but it is a text"
            ),
        ),
        (
            "public: {kurento: {pagination: 5, screenshare: {bitrate: 800}}}",
            format!("0|5|2|2||{CLASSES}|800\npublic.kurento.pagination must be a mapping, but it is a text"),
        ),
        (
            "public: {kurento: {screenshare: {bitrate: [1500]}}}",
            format!(
                "0|5|2|2||{CLASSES}|1500\npublic.kurento.screenshare.bitrate must be a bit rate in \
                 kbit/s, but it is a list"
            ),
        ),
        (
            "public: {kurento: {cameraQualityThresholds: {enabled: maybe}}}",
            format!(
                "0|5|2|2||{CLASSES}|1500\npublic.kurento.cameraQualityThresholds.enabled must be true or \
                 false, but it is a text"
            ),
        ),
        (
            "public: {kurento: {cameraQualityThresholds: {thresholds: [{threshold: 8, profile: none}]}}}",
            "0|5|2|2||0:200|1500\npublic.kurento.cameraQualityThresholds.thresholds names a profile for \
             8 cameras that is not among public.kurento.cameraProfiles"
                .to_owned(),
        ),
        (
            "x: &x {viewer: 3}\npublic: {kurento: {pagination: {desktopPageSizes: *x}}}",
            format!(
                "0|5|2|2||{CLASSES}|1500\npublic.kurento.pagination.desktopPageSizes must be a mapping, \
                 but it is an alias, which is not followed"
            ),
        ),
        (
            "- public\n- kurento\n",
            format!("0|5|2|2||{CLASSES}|1500\nthe file must be a mapping, but it is a list"),
        ),
    ];
    for (overriding, expected) in cases {
        assert_eq!(told(of(overriding)), expected, "{overriding}");
    }
}
