use std::pin::pin;
use std::sync::mpsc;
use std::task::Poll;
use std::time::Duration;

use tokio::sync::oneshot;

use super::*;

const HOUR: Duration = Duration::from_secs(3600);

/// Work that tells when it begins, and ends when it is told to, with what its budget says then.
struct Work {
    begun: oneshot::Sender<()>,
    go_on: mpsc::Receiver<()>,
    ended: oneshot::Sender<bool>,
}

/// The other ends of some work.
struct Hands {
    begun: oneshot::Receiver<()>,
    go_on: mpsc::Sender<()>,
    /// Whether it was stopped.
    ended: oneshot::Receiver<bool>,
}

fn work() -> (impl FnOnce(Budget) -> Result<&'static str, Problem> + Send + 'static, Hands) {
    let (begun, has_begun) = oneshot::channel();
    let (tell, go_on) = mpsc::channel();
    let (ended, has_ended) = oneshot::channel();
    let work = Work { begun, go_on, ended };
    let run = move |budget: Budget| {
        let Work { begun, go_on, ended } = work;
        let _ = budget.hold(1);
        begun.send(()).unwrap();
        go_on.recv().unwrap();
        let _ = ended.send(budget.check().is_err());
        Ok("done")
    };
    (run, Hands { begun: has_begun, go_on: tell, ended: has_ended })
}

/// One place and one to wait in, for each lane.
fn narrow() -> Arc<Admission> {
    let (counts, pool) = (Arc::new(CollectorCounts::default()), Pool::new(1 << 30));
    let lane = || Lane::new(1, 1);
    let (programs, readers, painters) = (lane(), lane(), lane());
    let (closing, threads) = (Stop::default(), Arc::new(ReaderThreads::new().unwrap()));
    Arc::new(Admission { counts, pool, closing, threads, programs, readers, painters })
}

fn asked(kind: Kind, time: Duration) -> Asked {
    Asked::within(kind, time)
}

fn ended(requests: &Requests, outcome: &str) -> u64 {
    requests.ended().find(|(name, _)| *name == outcome).unwrap().1
}

fn code<T>(found: Result<T, Problem>) -> Option<Code> {
    found.err().map(|problem| problem.code())
}

#[tokio::test]
async fn one_works_one_waits_and_the_next_is_turned_away() {
    let admission = narrow();
    let query = asked(Kind::Query, HOUR);
    let (first, first_hands) = work();
    let (second, second_hands) = work();
    let mut first = pin!(admission.admit(query, first));
    let mut second = pin!(admission.admit(query, second));
    let nothing = |_| Ok(());
    std::future::poll_fn(|context| {
        assert!(first.as_mut().poll(context).is_pending());
        assert!(second.as_mut().poll(context).is_pending());
        Poll::Ready(())
    })
    .await;
    assert_eq!(code(admission.admit(query, nothing).await), Some(Code::Busy));
    assert_eq!(code(admission.admit(asked(Kind::Listing, HOUR), nothing).await), Some(Code::Busy));
    // Readers have a lane of their own.
    assert_eq!(code(admission.admit(asked(Kind::Page, HOUR), nothing).await), None);
    first_hands.begun.await.unwrap();
    assert_eq!(admission.counts.queries.running(), 1);
    first_hands.go_on.send(()).unwrap();
    assert_eq!(first.await.unwrap(), "done");
    second_hands.go_on.send(()).unwrap();
    assert_eq!(second.await.unwrap(), "done");
    assert!(!first_hands.ended.await.unwrap() && !second_hands.ended.await.unwrap());
    let queries = &admission.counts.queries;
    assert_eq!((ended(queries, "answered"), ended(queries, "busy")), (2, 2));
    assert_eq!((queries.running(), admission.pool.taken().readers), (0, 0));
}

#[tokio::test]
async fn who_goes_away_stops_the_work_which_keeps_its_place_until_it_ends() {
    let admission = narrow();
    let picture = asked(Kind::Picture, HOUR);
    let (left, hands) = work();
    {
        let mut left = pin!(admission.admit(picture, left));
        tokio::select! {
            _ = &mut left => panic!("it waits for a word"),
            begun = hands.begun => begun.unwrap(),
        }
    }
    let pictures = &admission.counts.pictures;
    assert_eq!((ended(pictures, "canceled"), pictures.running()), (1, 1));
    let (next, next_hands) = work();
    let mut next = pin!(admission.admit(picture, next));
    let waits =
        std::future::poll_fn(|context| Poll::Ready(next.as_mut().poll(context).is_pending()));
    assert!(waits.await, "its place is not free yet");
    assert!(admission.pool.taken().readers > 0, "nor is its memory");
    hands.go_on.send(()).unwrap();
    assert!(hands.ended.await.unwrap(), "it was told to stop");
    next_hands.go_on.send(()).unwrap();
    assert_eq!(next.await.unwrap(), "done");
    assert_eq!((pictures.running(), admission.pool.taken().readers), (0, 0));
}

#[tokio::test]
async fn a_panic_is_an_error_of_the_collector_and_leaves_nothing_behind() {
    let admission = narrow();
    let query = asked(Kind::Query, HOUR);
    let panicking = |budget: Budget| -> Result<(), Problem> {
        let _ = budget.hold(1 << 20);
        panic!("on purpose")
    };
    let before = panics::count();
    assert_eq!(code(admission.admit(query, panicking).await), Some(Code::Internal));
    assert!(panics::count() > before);
    let queries = &admission.counts.queries;
    assert_eq!((ended(queries, "internal"), queries.running()), (1, 0));
    assert_eq!(admission.pool.taken().readers, 0);
    assert_eq!(code(admission.admit(query, |_| Ok(())).await), None, "its place is free");
}

#[tokio::test]
async fn the_end_of_all_stops_who_works() {
    let admission = narrow();
    let (stopped, hands) = work();
    let mut stopped = pin!(admission.admit(asked(Kind::Page, HOUR), stopped));
    tokio::select! {
        _ = &mut stopped => panic!("it waits for a word"),
        begun = hands.begun => begun.unwrap(),
    }
    admission.closing.set();
    hands.go_on.send(()).unwrap();
    assert!(hands.ended.await.unwrap(), "it was told to stop");
    assert_eq!(stopped.await.unwrap(), "done");
}

#[tokio::test]
async fn time_is_up_for_who_works_and_for_who_waits() {
    let admission = narrow();
    let soon = asked(Kind::Query, Duration::from_millis(1));
    assert_eq!(
        code(admission.admit(asked(Kind::Query, Duration::ZERO), |_| Ok(())).await),
        Some(Code::Queued)
    );
    let (late, hands) = work();
    assert_eq!(code(admission.admit(soon, late).await), Some(Code::Late));
    assert_eq!(code(admission.admit(soon, |_| Ok(())).await), Some(Code::Queued));
    let queries = &admission.counts.queries;
    assert_eq!((ended(queries, "timeout"), queries.running()), (3, 1));
    hands.go_on.send(()).unwrap();
    assert!(hands.ended.await.unwrap(), "it was told to stop");
    assert_eq!(code(admission.admit(asked(Kind::Query, HOUR), |_| Ok(())).await), None);
}
