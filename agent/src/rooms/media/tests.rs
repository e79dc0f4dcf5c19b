//! Files as hosts have them: there or not, readable or not, and changed while the agent runs.

use std::fmt::Write as _;
use std::fs;

use headroom_proto::media::Pages;

use super::*;

const VIEWER_SEES_NINE: &str = "public: {kurento: {pagination: {desktopPageSizes: {viewer: 9}}}}";

struct Host {
    folder: tempfile::TempDir,
    reader: Reader,
}

impl Host {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        let files = MediaFiles {
            delivered: vec![path("new.yml"), path("old.yml")],
            overriding: vec![path("own.yml")],
            release: path("release"),
        };
        let reader = Reader { files, stamps: Vec::new(), known: Arc::default() };
        Self { folder, reader }
    }

    fn write(&self, name: &str, text: impl AsRef<[u8]>) {
        // Written beside and moved, so that it is another file whatever the clock's grain.
        let (beside, path) = (self.path("beside"), self.path(name));
        fs::write(&beside, text).unwrap();
        fs::rename(beside, path).unwrap();
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Source, viewers' page, mistakes.
    fn look(&mut self) -> (MediaSource, u32, usize) {
        let media = self.reader.look();
        (media.source, media.settings.pages.viewer, media.mistakes)
    }

    fn version(&mut self) -> Option<String> {
        self.reader.look().version.clone()
    }

    fn complaints(&self) -> String {
        let text = read(&self.reader.files).1.join("\n");
        text.replace(&format!("{}/", self.folder.path().display()), "")
    }
}

#[test]
fn the_release_is_known_by_its_file_and_again_after_an_upgrade() {
    let mut host = Host::new();
    assert_eq!(host.version(), None);
    for version in ["2.7.14", "3.0.4"] {
        host.write("release", format!("BIGBLUEBUTTON_RELEASE={version}\n"));
        assert_eq!(host.version().as_deref(), Some(version));
    }
    fs::remove_file(host.path("release")).unwrap();
    assert_eq!(host.version(), None);
}

#[test]
fn files_are_read_again_when_they_change() {
    let mut host = Host::new();
    assert_eq!(host.look(), (MediaSource::Assumed, 5, 1));
    assert_eq!(host.complaints(), "there is no new.yml or old.yml");
    host.write("old.yml", VIEWER_SEES_NINE);
    assert_eq!(host.look(), (MediaSource::Told, 9, 0));
    host.write("own.yml", VIEWER_SEES_NINE.replace('9', "3"));
    assert_eq!(host.look(), (MediaSource::Told, 3, 0));
    // The newer release's file counts, and the older one's stays behind.
    host.write("new.yml", VIEWER_SEES_NINE.replace('9', "7"));
    fs::remove_file(host.path("own.yml")).unwrap();
    assert_eq!(host.look(), (MediaSource::Told, 7, 0));
    let before = host.reader.look();
    assert!(Arc::ptr_eq(&before, &host.reader.look()));
}

#[test]
fn what_cannot_be_read_is_as_delivered_and_said() {
    let mut host = Host::new();
    host.write("new.yml", VIEWER_SEES_NINE);
    host.write("own.yml", "public: [\n");
    assert_eq!(host.look(), (MediaSource::Partly, 9, 1));
    assert_eq!(host.complaints(), "failed to understand own.yml: line 1 is no YAML");
    // Wide, deep, or made of references to itself.
    let mut bomb = "a0: &a0 [x,x,x,x,x,x,x,x,x]\n".to_owned();
    for level in 1..40 {
        let before = format!("*a{},", level - 1).repeat(9);
        let _ = writeln!(bomb, "a{level}: &a{level} [{before}]");
    }
    bomb.push_str("public: {kurento: {pagination: {desktopPageSizes: *a39}}}\n");
    for (text, complaint) in [
        (
            bomb,
            "public.kurento.pagination.desktopPageSizes must be a mapping, but it is an alias, which \
             is not followed",
        ),
        (
            "- ".repeat(100_000),
            "failed to understand own.yml: line 1 is nested deeper than 32 levels",
        ),
    ] {
        host.write("own.yml", text);
        assert_eq!(host.look(), (MediaSource::Partly, 9, 1));
        assert_eq!(host.complaints(), complaint);
    }
    host.write("new.yml", [0xff, 0xfe, 0x00, b'{']);
    assert_eq!(host.look(), (MediaSource::Assumed, 5, 2));
    host.write("own.yml", VIEWER_SEES_NINE);
    assert_eq!(host.look(), (MediaSource::Partly, 9, 1));
}

#[test]
fn a_file_of_a_hundred_megabytes_is_not_read_and_a_folder_is_no_file() {
    let mut host = Host::new();
    let file = fs::File::create(host.path("new.yml")).unwrap();
    file.set_len(100 << 20).unwrap();
    fs::create_dir(host.path("own.yml")).unwrap();
    assert_eq!(host.look(), (MediaSource::Assumed, 5, 2));
    assert_eq!(host.complaints(), "new.yml has more than 1048576 bytes\nown.yml is no file");
}

#[test]
fn the_watch_tells_what_was_read() {
    let host = Host::new();
    host.write(
        "new.yml",
        "public: {app: {defaultSettings: {application: {paginationEnabled: false}}}}",
    );
    let mut watch = MediaWatch::start(host.reader.files.clone());
    let media = watch.last();
    assert_eq!((media.source, media.settings.pages), (MediaSource::Told, Pages::ALL));
}
