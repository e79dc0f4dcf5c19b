//! The limits of the wire. Both sides keep them; the collector enforces them.

use std::time::Duration;

/// The protocol version this build speaks.
pub const PROTOCOL: u32 = 1;

/// The largest message on the wire, in bytes.
pub const MAX_MESSAGE_BYTES: usize = 1 << 20;

/// The most values in one frame.
pub const MAX_FRAME_VALUES: usize = 20_000;

/// The most meetings in one frame.
pub const MAX_FRAME_MEETINGS: usize = 1000;

/// The most rounds of pings in one frame.
pub const MAX_FRAME_ROUNDS: usize = 500;

/// The most pings in one round.
pub const MAX_ROUND_PINGS: usize = 100;

/// The most targets that one agent is asked to ping.
pub const MAX_TARGETS: usize = 5000;

/// The longest target, in bytes: a name of the longest kind with a port.
pub const MAX_TARGET_BYTES: usize = 262;

/// The longest name of a tenant, in bytes.
pub const MAX_TENANT_BYTES: usize = 64;

/// The most series one stream may define, over all the boots it replays.
pub const MAX_STREAM_SERIES: usize = 100_000;

/// The most labels on one series, `instance` included.
pub const MAX_LABELS: usize = 32;

/// The longest metric or label name, in bytes.
pub const MAX_NAME_BYTES: usize = 128;

/// The longest label value, in bytes.
pub const MAX_VALUE_BYTES: usize = 1024;

/// How far a timestamp may lie ahead of the collector's clock.
pub const MAX_FUTURE: Duration = Duration::from_secs(300);

/// The shortest time between two rounds of an agent's samplers.
pub const SHORTEST_INTERVAL: Duration = Duration::from_millis(100);

/// The longest time between two rounds.
pub const LONGEST_INTERVAL: Duration = Duration::from_hours(1);

/// The most frames an agent sends ahead of their acknowledgement.
pub const MAX_UNACKNOWLEDGED: usize = 256;

/// How often each side asks an idle connection whether it still lives.
pub const KEEP_ALIVE_INTERVAL: Duration = Duration::from_secs(20);

/// How long an answer to that may take before the connection counts as dead.
pub const KEEP_ALIVE_TIMEOUT: Duration = Duration::from_secs(10);
