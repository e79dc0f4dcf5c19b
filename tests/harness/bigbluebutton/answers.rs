//! Answers to calls: which call it is, whether it is signed, and the XML around the meetings.

use super::checksum::verify;
use super::http::Reply;
use super::meetings::Printer;
use super::{Asked, Flavour, Shared, Signature, private};

const API: &str = "/bigbluebutton/api";
/// What Nokogiri writes first.
const PROLOGUE: &str = "<?xml version=\"1.0\"?>\n";

/// The answer to a request for a path with a query.
pub(super) fn reply(shared: &Shared, target: &str) -> Reply {
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let Some(call) = path.strip_prefix(API).map(|call| call.trim_matches('/')) else {
        return Reply::page("404 Not Found");
    };
    let at_ms = shared.now_ms();
    let (secret, fault) = {
        let state = shared.state();
        (state.secret.clone(), state.fault.clone())
    };
    let signature = match call {
        "" => Signature::NotNeeded,
        call => verify(call, query, &secret, &shared.options.algorithms),
    };
    shared.state().asked.push(Asked { target: target.to_owned(), at_ms, signature });
    let flavour = shared.options.flavour;
    let text = match (call, signature) {
        ("", _) => base(shared),
        (_, Signature::Wrong) => failed("checksumError", flavour.checksum_message()),
        ("getMeetings", _) => meetings(shared, at_ms),
        ("isMeetingRunning", _) => running(shared, query, at_ms),
        ("getRecordings", _) => nothing(flavour, "recordings", "noRecordings"),
        _ => failed("unsupportedRequest", "This request is not supported."),
    };
    let text = if flavour.is_scalelite() { PROLOGUE.to_owned() + &text } else { text };
    match fault {
        Some(fault) => fault.applied(text),
        None => Reply::xml(text),
    }
}

impl Flavour {
    pub(super) fn is_scalelite(self) -> bool {
        matches!(self, Self::Scalelite | Self::OldScalelite)
    }

    fn checksum_message(self) -> &'static str {
        match self {
            Self::Bbb22 | Self::Scalelite | Self::OldScalelite => {
                "You did not pass the checksum security check"
            }
            Self::Bbb27 | Self::Bbb30 => "Checksums do not match",
        }
    }

    /// The release, where it is told; a host that really has such a one has its own.
    fn release(self, host: &str) -> Option<String> {
        let (line, usual) = match self {
            Self::Bbb27 => ("2.7", "2.7.12"),
            Self::Bbb30 => ("3.0", "3.0.19"),
            Self::Bbb22 | Self::Scalelite | Self::OldScalelite => return None,
        };
        Some(if host.starts_with(line) { host } else { usual }.to_owned())
    }
}

/// An answer that refuses.
pub(super) fn failed(key: &str, message: &str) -> String {
    format!(
        "<response>\n<returncode>FAILED</returncode>\n<messageKey>{key}</messageKey>\n\
         <message>{message}</message>\n</response>\n"
    )
}

/// The call without a name.
fn base(shared: &Shared) -> String {
    let flavour = shared.options.flavour;
    let mut lines = vec!["<returncode>SUCCESS</returncode>", "<version>2.0</version>"]
        .into_iter()
        .map(str::to_owned)
        .collect::<Vec<_>>();
    if flavour.is_scalelite() {
        lines.push("<build>v1.5</build>".to_owned());
    }
    let host = shared.options.hosts.first();
    let own = host.map_or("", |host| host.version);
    if let Some(release) = flavour.release(own) {
        lines.push("<apiVersion>2.0</apiVersion>".to_owned());
        lines.push(format!("<bbbVersion>{release}</bbbVersion>"));
    }
    if flavour == Flavour::Bbb30 {
        let name = host.map_or("bbb", |host| host.name);
        lines.push(format!(
            "<graphqlWebsocketUrl>wss://{name}.cooperative.example/graphql</graphqlWebsocketUrl>"
        ));
        lines.push(format!(
            "<graphqlApiUrl>https://{name}.cooperative.example/api/rest</graphqlApiUrl>"
        ));
        lines.push("<html5PluginSdkVersion>0.0.95</html5PluginSdkVersion>".to_owned());
    }
    format!("<response>\n{}\n</response>\n", lines.join("\n"))
}

fn meetings(shared: &Shared, at_ms: i64) -> String {
    let meetings = shared.meetings(at_ms);
    let printer = Printer::new(&shared.options, at_ms);
    let words = meetings.iter().flat_map(|meeting| private::words(&printer, meeting));
    shared.state().words.extend(words);
    whole(&printer, meetings.iter().map(|meeting| printer.meeting(meeting)))
}

/// An answer with these meetings.
pub(super) fn whole(printer: &Printer, meetings: impl Iterator<Item = String>) -> String {
    let rooms: String = meetings.collect();
    if rooms.is_empty() {
        return nothing(printer.flavour(), "meetings", "noMeetings");
    }
    format!(
        "<response>\n  <returncode>SUCCESS</returncode>\n  <meetings>\n{rooms}  </meetings>\n\
         </response>\n"
    )
}

/// An answer where nothing goes on.
fn nothing(flavour: Flavour, what: &str, key: &str) -> String {
    let success = "<response>\n<returncode>SUCCESS</returncode>\n";
    let none = format!("<{what}/>\n");
    let message = match what {
        "meetings" => "no meetings were found on this server",
        _ => "There are not recordings for the meetings",
    };
    let told = format!("<messageKey>{key}</messageKey>\n<message>{message}</message>\n");
    let (before, behind) = match flavour {
        Flavour::Bbb22 | Flavour::Bbb27 | Flavour::Bbb30 => (none, String::new()),
        Flavour::Scalelite => (String::new(), none),
        Flavour::OldScalelite => (String::new(), String::new()),
    };
    format!("{success}{before}{told}{behind}</response>\n")
}

fn running(shared: &Shared, query: &str, at_ms: i64) -> String {
    let asked = query.split('&').find_map(|part| part.strip_prefix("meetingID="));
    let Some(asked) = asked else {
        return failed("missingParamMeetingID", "You must specify a meeting ID for the meeting.");
    };
    let meetings = shared.meetings(at_ms);
    let found = meetings.iter().find(|meeting| meeting.identity().external_id == asked);
    let running = found.is_some_and(|meeting| meeting.is_occupied(at_ms));
    format!(
        "<response>\n<returncode>SUCCESS</returncode>\n<running>{running}</running>\n</response>\n"
    )
}
