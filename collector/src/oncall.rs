//! Who is told what, and when: alerts become groups by their cause, groups become messages to
//! people and programs, and a message is answered.
//!
//! All of it decides and none of it acts: no files, no clock, no sockets. What is to be kept is
//! handed out as changes, which whoever acts makes durable before a message leaves.

mod alert;
mod alerts;
mod board;
mod call;
mod cause;
mod desk;
mod drill;
mod duty;
mod feed;
mod formats;
mod group;
mod heartbeat;
mod id;
mod message;
mod outbox;
mod outside;
mod people;
mod picture;
mod policy;
mod receiver;
mod rehearsal;
mod repeat;
mod rota;
mod secret;
mod silence;
mod ticket;
mod watchdog;

pub use self::alert::{Known, Seen, Severity, Standing, Texts, whole_link};
pub use self::board::{Board, Shown};
pub use self::call::{Answer, AnswerError, Reply, Taken};
pub use self::cause::{HOST_SILENT, Site, Topology};
pub use self::desk::{Change, Desk, Kept, Replaced, Replacement, SilencedBy};
pub use self::drill::{DRILL, Drill};
pub use self::formats::{
    Answered, Finding, Format, Links, Mail, MailAccount, MailAddress, Method, Parcel, Post,
    Refused, Security, Upload, judge_mail,
};
pub use self::group::Group;
pub use self::heartbeat::{HEARTBEAT_MISSING, Heartbeat};
pub use self::id::GroupId;
pub use self::message::{Message, MessageAlert, Notice, Reason, Status, What, span};
pub use self::outbox::{Begun, Entry, Outbox, Outcome, Step as OutboxStep};
pub use self::outside::{Outside, OutsideError};
pub use self::people::{Channel, People, Person, Step, Waking, Who};
pub use self::picture::{Picture, Verdicts};
pub use self::policy::{Now, Policy, Timing};
pub use self::receiver::Receiver;
pub use self::rehearsal::{Rehearsal, Told as Rehearsed};
pub use self::repeat::{Repeat, RepeatError};
pub use self::rota::{DutySpan, Override, Rota, RotaError, Turn, WeekTime, calendar, moment_of};
pub use self::secret::Secret;
pub use self::silence::{Matcher, ReadOnce, Silence, SilenceError};
pub use self::ticket::{Action, Key, Ticket, TicketError};
pub use self::watchdog::Work;
