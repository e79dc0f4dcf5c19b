//! The release of BigBlueButton that is installed, from the file that its packages leave. Pure.

use crate::rooms::answer::is_version;

const KEY: &str = "BIGBLUEBUTTON_RELEASE";

/// The version in the text of `bigbluebutton-release`; none if it says none.
pub fn version(text: &str) -> Option<String> {
    let value = |line: &str| {
        let value = line.trim().strip_prefix(KEY)?.trim_start().strip_prefix('=')?;
        let value = value.trim().trim_matches(['"', '\'']);
        is_version(value).then(|| value.to_owned())
    };
    text.lines().find_map(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_release_is_read_as_shells_read_it() {
        for (text, expected) in [
            ("BIGBLUEBUTTON_RELEASE=3.0.4\n", Some("3.0.4")),
            ("# made by a package\nBIGBLUEBUTTON_RELEASE=\"2.7.14-rc.1\"\r\n", Some("2.7.14-rc.1")),
            ("BIGBLUEBUTTON_RELEASE=\n", None),
            ("BIGBLUEBUTTON_RELEASE=three point <0\n", None),
            ("BIGBLUEBUTTON_RELEASES=3.0.4\n", None),
            ("3.0.4\n", None),
            ("", None),
        ] {
            assert_eq!(version(text).as_deref(), expected, "{text}");
        }
    }
}
