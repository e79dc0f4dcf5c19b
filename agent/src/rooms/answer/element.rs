//! The elements of an answer that matter, by where they stand.

/// An element within its parent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Element {
    Response,
    ReturnCode,
    MessageKey,
    Version,
    Errors,
    Error,
    Meetings,
    Meeting,
    Attendees,
    Attendee,
    Metadata,
    /// The block in which documents, but no known template, have a breakout room's parent.
    Breakout,
    Field(Field),
    Other,
}

/// A text of a meeting, of its metadata or of one of its people.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Field {
    InternalId,
    ExternalId,
    ParentId,
    CreateTime,
    StartTime,
    Participants,
    Listeners,
    Voices,
    Cameras,
    Moderators,
    Recording,
    IsBreakout,
    TenantId,
    BalancerTenant,
    OriginServer,
    Origin,
    Callback,
    Role,
    ListensOnly,
    HasVoice,
    HasVideo,
    Client,
}

impl Element {
    /// What an element of that name is, within `parent`.
    pub fn within(parent: Option<Self>, name: &[u8]) -> Self {
        let fields: &[(&[u8], Field)] = match parent {
            None if name == b"response" => return Self::Response,
            Some(Self::Response) => {
                return match name {
                    b"returncode" => Self::ReturnCode,
                    b"messageKey" => Self::MessageKey,
                    b"bbbVersion" => Self::Version,
                    b"errors" => Self::Errors,
                    b"meetings" => Self::Meetings,
                    _ => Self::Other,
                };
            }
            Some(Self::Errors) if name == b"error" => return Self::Error,
            Some(Self::Meetings) if name == b"meeting" => return Self::Meeting,
            Some(Self::Attendees) if name == b"attendee" => return Self::Attendee,
            Some(Self::Meeting) => {
                match name {
                    b"attendees" => return Self::Attendees,
                    b"metadata" => return Self::Metadata,
                    b"breakout" => return Self::Breakout,
                    _ => {}
                }
                &MEETING
            }
            Some(Self::Breakout) => &BREAKOUT,
            Some(Self::Metadata) => &METADATA,
            Some(Self::Attendee) => &ATTENDEE,
            None | Some(_) => return Self::Other,
        };
        let found = fields.iter().find(|(known, _)| *known == name);
        found.map_or(Self::Other, |(_, field)| Self::Field(*field))
    }
}

const MEETING: [(&[u8], Field); 12] = [
    (b"internalMeetingID", Field::InternalId),
    (b"meetingID", Field::ExternalId),
    (b"parentMeetingID", Field::ParentId),
    (b"createTime", Field::CreateTime),
    (b"startTime", Field::StartTime),
    (b"participantCount", Field::Participants),
    (b"listenerCount", Field::Listeners),
    (b"voiceParticipantCount", Field::Voices),
    (b"videoCount", Field::Cameras),
    (b"moderatorCount", Field::Moderators),
    (b"recording", Field::Recording),
    (b"isBreakout", Field::IsBreakout),
];

const BREAKOUT: [(&[u8], Field); 1] = [(b"parentMeetingID", Field::ParentId)];

/// The keys that tell whose a meeting is; front ends set them, the server puts them in lower case.
const METADATA: [(&[u8], Field); 8] = [
    (b"tenant-id", Field::TenantId),
    (b"bbblb-tenant", Field::BalancerTenant),
    (b"bbb-origin-server-name", Field::OriginServer),
    (b"bbb-origin", Field::Origin),
    (b"endcallbackurl", Field::Callback),
    (b"bbb-recording-ready-url", Field::Callback),
    (b"bn-recording-ready-url", Field::Callback),
    (b"canvas-recording-ready-url", Field::Callback),
];

/// Whether a key of metadata is one that counts.
pub fn is_told(key: &[u8]) -> bool {
    METADATA.iter().any(|(known, _)| *known == key)
}

const ATTENDEE: [(&[u8], Field); 5] = [
    (b"role", Field::Role),
    (b"isListeningOnly", Field::ListensOnly),
    (b"hasJoinedVoice", Field::HasVoice),
    (b"hasVideo", Field::HasVideo),
    (b"clientType", Field::Client),
];
