//! Which group a process belongs to, by its command name, its systemd unit and its arguments.

use std::str::FromStr;

/// The most bytes of a command's name that the kernel keeps.
const MAX_COMMAND_BYTES: usize = 15;

/// The name of a command as the kernel keeps it, such as `nginx`: a group of its own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CommandName(String);

/// Why a text is no command's name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("must be a command's name as in /proc/PID/comm: 1 to 15 bytes, no more are kept there")]
pub struct CommandNameError;

impl FromStr for CommandName {
    type Err = CommandNameError;

    fn from_str(text: &str) -> Result<Self, CommandNameError> {
        let fits = (1..=MAX_COMMAND_BYTES).contains(&text.len()) && !text.contains(['\n', '\0']);
        if fits { Ok(Self(text.to_owned())) } else { Err(CommandNameError) }
    }
}

impl CommandName {
    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Units of which every process counts, whatever it runs: workers of recordings run rake, ruby,
/// ffmpeg and more.
const UNITS: [(&str, &str); 1] = [("bbb-rap-", "recordings")];

/// Commands that are a group, as the kernel cuts them to 15 bytes.
const COMMANDS: [(&str, &str); 17] = [
    ("freeswitch", "freeswitch"),
    ("mediasoup-worke", "mediasoup-worker"),
    ("kurento-media-s", "kurento"),
    ("livekit-server", "livekit"),
    ("bbb-webrtc-reco", "bbb-webrtc-recorder"),
    ("redis-server", "redis"),
    ("nginx", "nginx"),
    ("haproxy", "haproxy"),
    ("turnserver", "coturn"),
    ("mongod", "mongodb"),
    ("postgres", "postgres"),
    ("graphql-engine", "hasura"),
    ("hasura-graphql-", "hasura"),
    ("bbb-graphql-mid", "bbb-graphql-middleware"),
    ("soffice.bin", "libreoffice"),
    ("dockerd", "docker"),
    ("containerd", "docker"),
];

/// Commands that run many things, told apart by a part of their unit or arguments; the last group is
/// for those that have none of the marks.
const RUNTIMES: [Runtime; 3] = [
    Runtime {
        // Node.js 22 names its main thread, and with it the process.
        commands: &["node", "MainThread", "node-MainThread"],
        marks: &[
            ("bbb-webrtc-sfu", "bbb-webrtc-sfu"),
            ("bbb-html5", "bbb-html5"),
            ("meteor", "bbb-html5"),
            ("etherpad", "etherpad"),
            ("bbb-pads", "bbb-pads"),
            ("bbb-export-annotations", "bbb-export-annotations"),
            ("bbb-webhooks", "bbb-webhooks"),
            ("bbb-graphql-actions", "bbb-graphql-actions"),
            ("bbb-shared-notes", "bbb-shared-notes"),
            ("bbb-transcription", "bbb-transcription"),
        ],
        others: Some("node"),
    },
    Runtime {
        commands: &["java"],
        marks: &[
            ("bbb-apps-akka", "bbb-apps-akka"),
            ("bbb-fsesl-akka", "bbb-fsesl-akka"),
            ("bbb-web", "bbb-web"),
        ],
        others: Some("java"),
    },
    Runtime {
        commands: &["ruby", "rake", "bundle"],
        marks: &[("bigbluebutton/core", "recordings")],
        others: None,
    },
];

struct Runtime {
    commands: &'static [&'static str],
    marks: &'static [(&'static str, &'static str)],
    others: Option<&'static str>,
}

/// A process as far as its group depends on it.
#[derive(Debug, Clone, Copy)]
pub struct Process<'p> {
    /// The command's name.
    pub command: &'p str,
    /// Its control groups, which hold the name of its unit.
    pub cgroups: &'p str,
}

/// The group of a process, or nothing if it belongs to none. Asks for the arguments only where the
/// rest does not tell.
pub fn group<'g>(
    process: Process<'_>,
    also: &'g [CommandName],
    arguments: impl FnOnce() -> String,
) -> Option<&'g str> {
    let Process { command, cgroups } = process;
    if let Some((_, group)) = UNITS.iter().find(|(unit, _)| cgroups.contains(unit)) {
        return Some(group);
    }
    if let Some((_, group)) = COMMANDS.iter().find(|(known, _)| *known == command) {
        return Some(group);
    }
    if let Some(also) = also.iter().find(|also| also.as_str() == command) {
        return Some(also.as_str());
    }
    let runtime = RUNTIMES.iter().find(|runtime| runtime.commands.contains(&command))?;
    let marked = |text: &str| runtime.marks.iter().find(|(mark, _)| text.contains(mark));
    let marked = marked(cgroups).or_else(|| marked(&arguments()));
    marked.map(|(_, group)| *group).or(runtime.others)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_process_is_known_by_command_unit_or_arguments() {
        let unit = |name: &str| format!("0::/system.slice/{name}.service");
        for (command, cgroups, arguments, expected) in [
            ("freeswitch", unit("freeswitch"), "", Some("freeswitch")),
            ("mediasoup-worke", unit("bbb-webrtc-sfu"), "", Some("mediasoup-worker")),
            ("node", unit("bbb-webrtc-sfu"), "node server.js", Some("bbb-webrtc-sfu")),
            ("node", unit("etherpad"), "node server.js", Some("etherpad")),
            ("MainThread", unit("bbb-pads"), "node index.js", Some("bbb-pads")),
            (
                "node-MainThread",
                "0::/system.slice/system-bbb\\x2dhtml5.slice/bbb-html5-backend@1.service".into(),
                "node main.js",
                Some("bbb-html5"),
            ),
            (
                "node",
                "0::/docker/5ca1ab1e".into(),
                "node /opt/bbb-webhooks/app.js",
                Some("bbb-webhooks"),
            ),
            ("node", unit("shop"), "node shop.js", Some("node")),
            ("java", unit("bbb-web"), "java org.springframework", Some("bbb-web")),
            ("java", unit("bbb-apps-akka"), "", Some("bbb-apps-akka")),
            ("java", "0::/".into(), "java -Dlogback=/etc/bbb-fsesl-akka/x", Some("bbb-fsesl-akka")),
            ("java", "0::/".into(), "java -jar shop.jar", Some("java")),
            (
                "ffmpeg",
                "0::/bbb_record_core.slice/bbb-rap-resque-worker.service".into(),
                "",
                Some("recordings"),
            ),
            ("ffmpeg", unit("shop"), "", None),
            ("ruby", "0::/".into(), "ruby /usr/local/bigbluebutton/core/x.rb", Some("recordings")),
            ("ruby", "0::/".into(), "puma", None),
            ("redis-server", "0::/".into(), "", Some("redis")),
            ("redis-sentinel", "0::/".into(), "", None),
            ("prosody", "0::/".into(), "", Some("prosody")),
            ("", String::new(), "", None),
        ] {
            let also = ["prosody".parse().unwrap()];
            let process = Process { command, cgroups: &cgroups };
            let found = group(process, &also, || arguments.to_owned());
            assert_eq!(found, expected, "{command} {cgroups} {arguments}");
        }
    }

    #[test]
    fn the_kernel_keeps_fifteen_bytes_of_a_command() {
        for (command, _) in COMMANDS {
            assert!(command.parse::<CommandName>().is_ok(), "{command}");
        }
        for text in ["", "mediasoup-worker", "a\nb"] {
            assert!(text.parse::<CommandName>().is_err(), "{text}");
        }
    }
}
