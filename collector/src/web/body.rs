//! Bodies of requests. Their memory is taken from the pool before it is allocated, as they arrive, and
//! they arrive within a time.

use std::time::Duration;

use axum::body::{Body, Bytes, HttpBody as _};
use tokio::sync::OwnedSemaphorePermit;
use tokio::time::{Instant, timeout_at};
use tokio_stream::StreamExt as _;

use super::problem::{Code, Problem};
use crate::samples::{NoRoom, Share};

/// The least that is taken at once, in bytes.
const LEAST: usize = 4 << 10;

/// How large a body may be, and how long it may take.
#[derive(Debug, Clone, Copy)]
pub struct Allowed {
    /// The most bytes.
    pub bytes: usize,
    /// The memory that each of them takes, with what is made of it.
    pub each: u64,
    /// Until all have arrived.
    pub time: Duration,
}

/// A body that has arrived, and its memory.
pub struct Taken {
    bytes: Vec<u8>,
    share: Share,
    /// Its place among the large ones.
    _place: Option<OwnedSemaphorePermit>,
}

impl Taken {
    /// Its bytes.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Its bytes and their memory, for whoever makes something of them.
    pub fn into_parts(self) -> (Vec<u8>, Share) {
        (self.bytes, self.share)
    }

    /// The same, which keeps a place until it is dropped.
    pub fn at(self, place: Option<OwnedSemaphorePermit>) -> Self {
        Self { _place: place, ..self }
    }
}

/// The most bytes that a body says it has; the most that it may have if it does not say.
pub fn announced(body: &Body, allowed: Allowed) -> usize {
    let upper = body.size_hint().upper().and_then(|upper| usize::try_from(upper).ok());
    upper.unwrap_or(allowed.bytes)
}

/// Takes a body whole.
pub async fn take(body: Body, share: Share, allowed: Allowed) -> Result<Taken, Problem> {
    let most = announced(&body, allowed);
    if most > allowed.bytes {
        return Err(too_large(allowed));
    }
    let deadline = Instant::now() + allowed.time;
    let mut parts = body.into_data_stream();
    let mut growing = Growing { bytes: Vec::new(), share, most, allowed };
    loop {
        let part = timeout_at(deadline, parts.next()).await.map_err(|_| too_slow(allowed))?;
        match part {
            None => break,
            Some(Ok(part)) => growing.add(&part)?,
            Some(Err(error)) => {
                return Err(Problem::bad_request(format!("The body broke off: {error}.")));
            }
        }
    }
    Ok(Taken { bytes: growing.bytes, share: growing.share, _place: None })
}

/// A body that arrives.
struct Growing {
    bytes: Vec<u8>,
    share: Share,
    /// The most that will arrive.
    most: usize,
    allowed: Allowed,
}

impl Growing {
    fn add(&mut self, part: &Bytes) -> Result<(), Problem> {
        let length = self.bytes.len() + part.len();
        if length > self.allowed.bytes {
            return Err(too_large(self.allowed));
        }
        let before = self.bytes.capacity();
        if length > before {
            let room = (2 * before).max(LEAST).min(self.most).max(length);
            // While it moves, it is there twice.
            self.share.take(room as u64 * self.allowed.each).map_err(no_room)?;
            self.bytes.reserve_exact(room - self.bytes.len());
            self.share.give_back(before as u64 * self.allowed.each);
        }
        self.bytes.extend_from_slice(part);
        Ok(())
    }
}

/// What is said when there is no memory for what came in.
pub fn no_room(error: NoRoom) -> Problem {
    let code = match error {
        NoRoom::Now => Code::Busy,
        NoRoom::Ever { .. } => Code::Large,
    };
    Problem::new(code, format!("Failed to take the body: {error}."))
}

fn too_large(allowed: Allowed) -> Problem {
    Problem::new(Code::Large, format!("A body has at most {} bytes here.", allowed.bytes))
}

fn too_slow(allowed: Allowed) -> Problem {
    let seconds = allowed.time.as_secs();
    Problem::new(Code::Slow, format!("The body did not arrive within {seconds} s."))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::samples::{Pool, Side};

    const ALLOWED: Allowed = Allowed { bytes: 100_000, each: 2, time: Duration::from_secs(60) };

    async fn taken(body: Body, pool: &Pool) -> Result<Taken, Problem> {
        take(body, Share::nothing(pool, Side::Writers), ALLOWED).await
    }

    fn streamed(parts: usize) -> Body {
        let part = |_| Ok::<_, std::io::Error>(vec![7u8; 10_000]);
        Body::from_stream(tokio_stream::iter((0..parts).map(part)))
    }

    #[tokio::test]
    async fn a_body_takes_its_memory_and_gives_it_back() {
        let pool = Pool::new(1 << 20);
        for body in [Body::from(vec![7u8; 90_000]), streamed(9)] {
            let taken = taken(body, &pool).await.ok().unwrap();
            assert_eq!(taken.bytes(), vec![7u8; 90_000]);
            let held = pool.taken().writers;
            assert!((180_000..=400_000).contains(&held), "{held} held");
            drop(taken);
            assert_eq!(pool.taken().writers, 0);
        }
    }

    #[tokio::test]
    async fn what_is_too_much_or_too_slow_is_refused_and_holds_nothing() {
        let full = Pool::new(50_000);
        let wide = Pool::new(1 << 20);
        let mut other = Share::nothing(&full, Side::Writers);
        other.take(40_000).unwrap();
        let never = Body::from_stream(tokio_stream::pending::<std::io::Result<Vec<u8>>>());
        let cases = [
            (Body::from(vec![0u8; 100_001]), &wide, Code::Large),
            (streamed(11), &wide, Code::Large),
            (Body::from(vec![0u8; 90_000]), &full, Code::Large),
            (Body::from(vec![0u8; 10_000]), &full, Code::Busy),
            (never, &wide, Code::Slow),
        ];
        for (number, (body, pool, code)) in cases.into_iter().enumerate() {
            let before = pool.taken();
            let soon = Allowed { time: Duration::from_millis(100), ..ALLOWED };
            let allowed = if code == Code::Slow { soon } else { ALLOWED };
            let share = Share::nothing(pool, Side::Writers);
            let refused = take(body, share, allowed).await.err().unwrap();
            assert_eq!(refused.code(), code, "case {number}");
            assert_eq!(pool.taken(), before, "case {number}");
        }
    }
}
