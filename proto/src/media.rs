//! What BigBlueButton sends of each kind by its settings: pages of cameras, classes of cameras,
//! bit rates. The agent reads them on its host and tells them as labels of one series; whoever
//! plans reads these labels again. Figures that nobody told are those of BigBlueButton as delivered.

use std::fmt::Write as _;

/// How many classes of camera rate there may be, the first among them.
pub const MAX_CLASSES: usize = 7;

/// How many thresholds of people with pages of their own there may be.
pub const MAX_PAGE_THRESHOLDS: usize = 16;

/// No stream has a higher rate, in kbit/s, and no page more cameras.
pub const MAX_KBIT: f64 = 1e6;
/// See [`MAX_KBIT`].
pub const MAX_PAGE: u32 = 10_000;

/// Cameras on a page, for those who moderate and for all others; 0 is all, as BigBlueButton writes it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pages {
    /// Of who moderates.
    pub moderator: u32,
    /// Of who does not.
    pub viewer: u32,
}

impl Pages {
    /// Everybody is sent every camera.
    pub const ALL: Self = Self { moderator: 0, viewer: 0 };
}

/// How many of some streams fit on a page.
pub fn on_page(page: u32, streams: u32) -> u32 {
    if page == 0 { streams } else { streams.min(page) }
}

/// Pages of rooms from so many people on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PageThreshold {
    /// People.
    pub people: u32,
    /// Their pages on a desk.
    pub pages: Pages,
}

/// The rate of cameras in rooms from so many cameras on.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct CameraClass {
    /// Cameras in the room.
    pub from: u32,
    /// The bit rate of each of them, in kbit/s.
    pub kbit: f64,
}

/// Settings of one host.
#[derive(Debug, Clone, PartialEq)]
pub struct MediaSettings {
    /// Pages on a desk, which is what everybody is taken to have: nothing tells who has a telephone.
    pub pages: Pages,
    /// Pages on a telephone.
    pub mobile_pages: Pages,
    /// Pages of larger rooms, by people, in rising order; none as delivered.
    pub page_thresholds: Vec<PageThreshold>,
    /// Classes of cameras, in rising order, the first from 0 on.
    pub classes: Vec<CameraClass>,
    /// The most a screen share takes, in kbit/s.
    pub screen_kbit: f64,
}

/// Where settings come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum MediaSource {
    /// The host told its own.
    Told,
    /// It told them but for some, which could not be understood and are as delivered.
    Partly,
    /// They could not be read: they are as delivered.
    #[default]
    Assumed,
}

impl MediaSource {
    const ALL: [Self; 3] = [Self::Told, Self::Partly, Self::Assumed];

    /// Its name in the label `source`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Told => "told",
            Self::Partly => "partly",
            Self::Assumed => "assumed",
        }
    }
}

/// What the labels of a media info say.
#[derive(Debug, Clone, PartialEq)]
pub struct MediaInfo {
    /// Where the settings come from.
    pub source: MediaSource,
    /// BigBlueButton's version up to its minor number, if it is known: `3.0`.
    pub release: Option<String>,
    /// The settings.
    pub settings: MediaSettings,
}

impl Default for MediaSettings {
    /// As BigBlueButton is delivered: profiles `medium` and `low-u8` to `low-u30`.
    fn default() -> Self {
        let classes = [(0, 200), (8, 100), (12, 90), (15, 70), (20, 50), (25, 40), (30, 30)];
        let class = |(from, kbit): (u32, u32)| CameraClass { from, kbit: kbit.into() };
        Self {
            pages: Pages { moderator: 0, viewer: 5 },
            mobile_pages: Pages { moderator: 2, viewer: 2 },
            page_thresholds: Vec::new(),
            classes: classes.map(class).to_vec(),
            screen_kbit: 1500.0,
        }
    }
}

impl MediaSettings {
    /// The pages in a room of so many people.
    pub fn pages_of(&self, people: u32) -> Pages {
        let reached = self.page_thresholds.iter().rfind(|threshold| people >= threshold.people);
        reached.map_or(self.pages, |threshold| threshold.pages)
    }

    /// The class of a room's cameras, by how many there are; none if there are no classes.
    pub fn class_of(&self, cameras: u32) -> Option<&CameraClass> {
        self.classes.iter().rfind(|class| cameras >= class.from)
    }
}

/// A video stream as an interface counts it, in Mbit/s: packets of 1100 B with 64 B of headers each.
pub fn video_mbit(kbit: f64) -> f64 {
    const PAYLOAD_BYTES: f64 = 1_100.0;
    const HEADER_BYTES: f64 = 64.0;
    let bytes = kbit * 125.0;
    let packets = (bytes / PAYLOAD_BYTES).floor().max(1.0);
    (bytes + packets * HEADER_BYTES) * 8e-6
}

impl MediaInfo {
    /// As labels; those that say nothing are empty.
    pub fn labels(&self) -> [(&'static str, String); 9] {
        let MediaSettings { pages, mobile_pages, .. } = &self.settings;
        let release = self.release.clone().unwrap_or_default();
        [
            ("source", self.source.name().to_owned()),
            ("release", release),
            ("moderator_page", pages.moderator.to_string()),
            ("viewer_page", pages.viewer.to_string()),
            ("mobile_moderator_page", mobile_pages.moderator.to_string()),
            ("mobile_viewer_page", mobile_pages.viewer.to_string()),
            ("page_thresholds", written_thresholds(&self.settings.page_thresholds)),
            ("camera_kbit", written_classes(&self.settings.classes)),
            ("screen_kbit", self.settings.screen_kbit.to_string()),
        ]
    }

    /// What labels say; none if they are none of ours.
    pub fn of_labels<'l>(label: impl Fn(&str) -> Option<&'l str>) -> Option<Self> {
        let page = |name| label(name)?.parse().ok().filter(|page| *page <= MAX_PAGE);
        let source = label("source")?;
        let settings = MediaSettings {
            pages: Pages { moderator: page("moderator_page")?, viewer: page("viewer_page")? },
            mobile_pages: Pages {
                moderator: page("mobile_moderator_page")?,
                viewer: page("mobile_viewer_page")?,
            },
            page_thresholds: match label("page_thresholds") {
                None | Some("") => Vec::new(),
                Some(text) => read_thresholds(text)?,
            },
            classes: read_classes(label("camera_kbit")?)?,
            screen_kbit: read_kbit(label("screen_kbit")?)?,
        };
        Some(Self {
            source: MediaSource::ALL.into_iter().find(|known| known.name() == source)?,
            release: label("release").filter(|release| !release.is_empty()).map(str::to_owned),
            settings,
        })
    }
}

/// `30:25/6 40:20/5`: people, then the pages of who moderates and of who does not.
fn written_thresholds(thresholds: &[PageThreshold]) -> String {
    let mut text = String::new();
    for PageThreshold { people, pages: Pages { moderator, viewer } } in thresholds {
        let space = if text.is_empty() { "" } else { " " };
        let _ = write!(text, "{space}{people}:{moderator}/{viewer}");
    }
    text
}

fn read_thresholds(text: &str) -> Option<Vec<PageThreshold>> {
    let threshold = |part: &str| {
        let (people, pages) = part.split_once(':')?;
        let (moderator, viewer) = pages.split_once('/')?;
        let page = |text: &str| text.parse().ok().filter(|page| *page <= MAX_PAGE);
        let pages = Pages { moderator: page(moderator)?, viewer: page(viewer)? };
        Some(PageThreshold { people: people.parse().ok()?, pages })
    };
    let read: Vec<PageThreshold> = text.split(' ').map(threshold).collect::<Option<_>>()?;
    let rises = read.is_sorted_by(|a, b| a.people < b.people);
    (rises && read.len() <= MAX_PAGE_THRESHOLDS).then_some(read)
}

/// `0:200 8:100`: cameras in the room, then kbit/s of each.
fn written_classes(classes: &[CameraClass]) -> String {
    let mut text = String::new();
    for CameraClass { from, kbit } in classes {
        let space = if text.is_empty() { "" } else { " " };
        let _ = write!(text, "{space}{from}:{kbit}");
    }
    text
}

fn read_classes(text: &str) -> Option<Vec<CameraClass>> {
    let class = |part: &str| {
        let (from, kbit) = part.split_once(':')?;
        Some(CameraClass { from: from.parse().ok()?, kbit: read_kbit(kbit)? })
    };
    let read: Vec<CameraClass> = text.split(' ').map(class).collect::<Option<_>>()?;
    let rises = read.is_sorted_by(|a, b| a.from < b.from);
    (rises && read.len() <= MAX_CLASSES && read[0].from == 0).then_some(read)
}

fn read_kbit(text: &str) -> Option<f64> {
    text.parse().ok().filter(|kbit: &f64| *kbit > 0.0 && *kbit <= MAX_KBIT)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn through_labels(info: &MediaInfo) -> Option<MediaInfo> {
        let labels = info.labels();
        MediaInfo::of_labels(|name| {
            let (_, value) = labels.iter().find(|(known, _)| *known == name)?;
            (!value.is_empty()).then_some(value.as_str())
        })
    }

    #[test]
    fn labels_say_all_of_it() {
        let delivered = MediaInfo {
            source: MediaSource::Assumed,
            release: None,
            settings: MediaSettings::default(),
        };
        let mut own = MediaInfo {
            source: MediaSource::Told,
            release: Some("3.0".into()),
            settings: MediaSettings::default(),
        };
        own.settings.classes =
            vec![CameraClass { from: 0, kbit: 512.5 }, CameraClass { from: 4, kbit: 64.0 }];
        let pages = Pages { moderator: 25, viewer: 6 };
        own.settings.page_thresholds = vec![
            PageThreshold { people: 30, pages },
            PageThreshold { people: 40, pages: Pages::ALL },
        ];
        for info in [delivered, own] {
            assert_eq!(through_labels(&info).as_ref(), Some(&info));
        }
    }

    #[test]
    fn labels_that_nobody_writes_say_nothing() {
        let info = MediaInfo {
            source: MediaSource::Told,
            release: None,
            settings: MediaSettings::default(),
        };
        let with = |name: &str, value: &'static str| {
            let labels = info.labels();
            MediaInfo::of_labels(|asked| {
                let own = || Some(labels.iter().find(|(known, _)| *known == asked)?.1.as_str());
                if asked == name { Some(value) } else { own() }
            })
        };
        assert!(with("source", "told").is_some());
        for (name, value) in [
            ("source", "guessed"),
            ("viewer_page", "-1"),
            ("viewer_page", "10001"),
            ("camera_kbit", ""),
            ("camera_kbit", "8:100"),
            ("camera_kbit", "0:200 0:100"),
            ("camera_kbit", "0:200 8:NaN"),
            ("camera_kbit", "0:200 8:0"),
            ("camera_kbit", "0:1 1:1 2:1 3:1 4:1 5:1 6:1 7:1"),
            ("screen_kbit", "inf"),
            ("page_thresholds", "30:25"),
            ("page_thresholds", "40:1/1 30:1/1"),
        ] {
            assert_eq!(with(name, value), None, "{name}={value}");
        }
    }

    #[test]
    fn rooms_have_the_pages_and_classes_of_their_size() {
        let pages = Pages { moderator: 8, viewer: 2 };
        let threshold = PageThreshold { people: 30, pages };
        let settings =
            MediaSettings { page_thresholds: vec![threshold], ..MediaSettings::default() };
        assert_eq!(settings.pages_of(29), Pages { moderator: 0, viewer: 5 });
        assert_eq!(settings.pages_of(30), pages);
        let from = |cameras| settings.class_of(cameras).map(|class| class.from);
        assert_eq!([0, 7, 8, 29, 400].map(from), [0, 0, 8, 25, 30].map(Some));
        assert_eq!((on_page(0, 9), on_page(5, 9), on_page(5, 3)), (9, 5, 3));
    }
}
