//! A host's own settings of media as it told them last, and since when they and its release are such.

use headroom_proto::catalogue::{BBB_VERSION, HEADROOM_BBB_MEDIA_INFO};
use headroom_proto::media::{MediaInfo, MediaSource};
use headroom_proto::metric::INSTANCE;

use super::grid::MINUTE_MS;
use crate::planning::media::Media;
use crate::samples::{METRIC, Matcher, Newest, ReadError, Reader, Selection, TimeRange};

/// What a host told of its settings.
#[derive(Debug, Clone, PartialEq)]
pub struct Settings {
    /// As it told them last; as BigBlueButton is delivered where it told none.
    pub media: Media,
    /// The minute from which on they and the release were such, if they were others before.
    pub since_minute: Option<i64>,
}

/// Reads them.
pub fn read(reader: Reader<'_>, instance: &str, range: TimeRange) -> Result<Settings, ReadError> {
    let matchers = [
        Matcher::one_of(METRIC, [HEADROOM_BBB_MEDIA_INFO.name, BBB_VERSION.name]),
        Matcher::equal(INSTANCE, instance),
    ];
    Ok(of(&reader.newest(Selection { matchers: &matchers, range })?))
}

fn of(newest: &[Newest]) -> Settings {
    let told = newest.iter().filter_map(|one| {
        let info = MediaInfo::of_labels(|name| one.labels.get(name))?;
        Some(Word { says: info, last_ms: one.at_ms })
    });
    let told: Vec<Word<MediaInfo>> = told.collect();
    let releases = newest.iter().filter(|one| one.labels.metric() == BBB_VERSION.name);
    let releases: Vec<Word<&str>> = releases
        .map(|one| Word {
            says: release(one.labels.get("version").unwrap_or_default()),
            last_ms: one.at_ms,
        })
        .collect();
    let last_other_ms = last_other(&told, is_other).max(last_other(&releases, |a, b| a != b));
    let media = last(&told).map_or_else(Media::delivered, |word| Media::told(&word.says));
    let since_minute = last_other_ms.map(|last_ms| last_ms.div_euclid(MINUTE_MS) + 1);
    Settings { media, since_minute }
}

/// What was said, and when it was said last.
struct Word<T> {
    says: T,
    last_ms: i64,
}

fn last<T>(words: &[Word<T>]) -> Option<&Word<T>> {
    words.iter().max_by_key(|word| word.last_ms)
}

/// When something else was said for the last time.
fn last_other<T>(words: &[Word<T>], is_other: impl Fn(&T, &T) -> bool) -> Option<i64> {
    let newest = last(words)?;
    let others = words.iter().filter(|word| is_other(&word.says, &newest.says));
    others.map(|word| word.last_ms).max()
}

/// Whether a host was another one: where settings come from does not make it that, nor does a time
/// in which they could not be read, whose minutes are left out one by one.
fn is_other(info: &MediaInfo, newest: &MediaInfo) -> bool {
    let was_unread = info.source == MediaSource::Assumed && newest.source != MediaSource::Assumed;
    let releases = info.release.as_ref().zip(newest.release.as_ref());
    let has_other_release = releases.is_some_and(|(own, other)| own != other);
    has_other_release || (!was_unread && info.settings != newest.settings)
}

/// Major and minor number.
fn release(version: &str) -> &str {
    let end = version.match_indices('.').nth(1).map_or(version.len(), |(place, _)| place);
    &version[..end]
}

#[cfg(test)]
mod tests {
    use headroom_proto::media::{MediaSettings, Pages};

    use super::*;
    use crate::planning::media::{Page, Source};
    use crate::samples::Labels;

    fn told(viewer: u32, source: MediaSource, release: &str, last_minute: i64) -> Newest {
        let settings =
            MediaSettings { pages: Pages { moderator: 0, viewer }, ..MediaSettings::default() };
        let info = MediaInfo { source, release: Some(release.into()), settings };
        let labels = info.labels();
        let labels = labels.iter().map(|(name, value)| (*name, value.as_str()));
        let labels = labels.filter(|(_, value)| !value.is_empty());
        let labels = Labels::new(HEADROOM_BBB_MEDIA_INFO.name, labels);
        Newest { labels, at_ms: last_minute * MINUTE_MS, value: 1.0 }
    }

    fn version(version: &str, last_minute: i64) -> Newest {
        let labels = Labels::new(BBB_VERSION.name, [("version", version)]);
        Newest { labels, at_ms: last_minute * MINUTE_MS, value: 1.0 }
    }

    #[test]
    fn what_was_told_last_counts_and_what_was_told_before_is_another_regime() {
        use MediaSource::{Assumed, Told};
        let cases = [
            (vec![], (Source::Assumed, Page::Of(5)), None),
            (vec![told(5, Told, "2.7", 99)], (Source::Told, Page::Of(5)), None),
            // Unreadable since, and as delivered in any case.
            (
                vec![told(5, Told, "2.7", 99), told(5, Assumed, "2.7", 199)],
                (Source::Assumed, Page::Of(5)),
                None,
            ),
            // Unreadable since, and others than before.
            (
                vec![told(0, Told, "2.7", 99), told(5, Assumed, "2.7", 199)],
                (Source::Assumed, Page::Of(5)),
                Some(100),
            ),
            // Unreadable for a while.
            (
                vec![told(5, Assumed, "2.7", 99), told(0, Told, "2.7", 199)],
                (Source::Told, Page::All),
                None,
            ),
            (
                vec![told(0, Told, "2.7", 199), told(5, Told, "2.7", 99)],
                (Source::Told, Page::All),
                Some(100),
            ),
            (
                vec![told(5, Told, "2.7", 99), told(5, Told, "3.0", 199)],
                (Source::Told, Page::Of(5)),
                Some(100),
            ),
            (
                vec![version("2.7.3", 50), version("2.7.10", 99), version("3.0.1", 199)],
                (Source::Assumed, Page::Of(5)),
                Some(100),
            ),
            (
                vec![version("3.0.1", 50), version("3.0.19", 199)],
                (Source::Assumed, Page::Of(5)),
                None,
            ),
        ];
        for (newest, (source, page), since) in cases {
            let Settings { media, since_minute } = of(&newest);
            assert_eq!((media.source, media.pages.viewer, since_minute), (source, page, since));
        }
    }
}
