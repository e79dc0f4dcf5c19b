//! What the pings of a round over HTTPS told beside how long they took. Pure.

use std::time::Duration;

use headroom_proto::wire::{HttpsAnswers, TlsVersion};

use super::stamp::whole_us;

/// What one ping told: as much as it came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Fetch {
    /// How long its parts took.
    pub parts: Parts,
    /// The status of the answer.
    pub status: Option<u16>,
    /// How long the body was said to be.
    pub content_length: Option<u32>,
    /// How long it was.
    pub body_bytes: Option<u32>,
    /// When the first of the certificates that were shown ends, Unix time in seconds.
    pub earliest_end_s: Option<i64>,
    /// What was spoken.
    pub tls: Option<Tls>,
}

/// How long each part of a ping took.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Parts {
    /// Until there was a connection.
    pub connect: Option<Duration>,
    /// Until TLS was agreed.
    pub tls: Option<Duration>,
    /// From the request to the first byte of the answer.
    pub processing: Option<Duration>,
    /// From there to the last.
    pub transfer: Option<Duration>,
}

/// Versions of TLS.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tls {
    /// TLS 1.2.
    V12,
    /// TLS 1.3.
    V13,
}

/// What all pings of a round told.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Fetches {
    connect: Vec<u32>,
    tls: Vec<u32>,
    processing: Vec<u32>,
    transfer: Vec<u32>,
    last: Fetch,
}

impl Fetches {
    /// One more.
    pub fn add(&mut self, fetch: Fetch) {
        let Parts { connect, tls, processing, transfer } = fetch.parts;
        for (all, one) in [
            (&mut self.connect, connect),
            (&mut self.tls, tls),
            (&mut self.processing, processing),
            (&mut self.transfer, transfer),
        ] {
            all.extend(one.map(whole_us));
        }
        let before = std::mem::replace(&mut self.last, fetch);
        // A ping that did not come so far takes back nothing of what was told before.
        let last = &mut self.last;
        last.earliest_end_s = last.earliest_end_s.or(before.earliest_end_s);
        last.tls = last.tls.or(before.tls);
        if last.status.is_none() {
            last.status = before.status;
            last.content_length = before.content_length;
            last.body_bytes = before.body_bytes;
        }
    }

    /// For the wire.
    pub fn told(self) -> HttpsAnswers {
        let Self { connect, tls, processing, transfer, last } = self;
        let version = match last.tls {
            None => TlsVersion::Unspecified,
            Some(Tls::V12) => TlsVersion::V12,
            Some(Tls::V13) => TlsVersion::V13,
        };
        HttpsAnswers {
            connect_us: median(connect),
            tls_us: median(tls),
            processing_us: median(processing),
            transfer_us: median(transfer),
            status: last.status.map_or(0, u32::from),
            content_length: last.content_length,
            body_bytes: last.body_bytes,
            earliest_end_s: last.earliest_end_s,
            tls_version: version.into(),
        }
    }
}

/// The lower median.
fn median(mut took_us: Vec<u32>) -> Option<u32> {
    took_us.sort_unstable();
    let middle = took_us.len().checked_sub(1)? / 2;
    took_us.get(middle).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_medians_and_a_ping_that_failed_early_takes_nothing_back() {
        let ms = |ms: u64| Some(Duration::from_millis(ms));
        let whole = |connect| Fetch {
            parts: Parts { connect: ms(connect), tls: ms(7), processing: ms(20), transfer: ms(1) },
            status: Some(200),
            content_length: None,
            body_bytes: Some(120),
            earliest_end_s: Some(1_900_000_000),
            tls: Some(Tls::V13),
        };
        let mut fetches = Fetches::default();
        for connect in [5, 9, 4, 6] {
            fetches.add(whole(connect));
        }
        fetches.add(Fetch { earliest_end_s: Some(1_800_000_000), ..Fetch::default() });
        fetches.add(Fetch::default());
        let told = fetches.told();
        assert_eq!((told.connect_us, told.tls_us), (Some(5_000), Some(7_000)));
        assert_eq!((told.processing_us, told.transfer_us), (Some(20_000), Some(1_000)));
        assert_eq!((told.status, told.content_length, told.body_bytes), (200, None, Some(120)));
        assert_eq!(told.earliest_end_s, Some(1_800_000_000));
        assert_eq!(told.tls_version(), TlsVersion::V13);
        assert_eq!(Fetches::default().told(), HttpsAnswers::default());
    }
}
