//! What a frame says of meetings, checked: what makes no sense is left out, and its frame is taken.

use std::sync::Arc;

use headroom_proto::limits::MAX_TENANT_BYTES;
use headroom_proto::wire::{self, Frame};

use crate::store::{Marks, Meeting, Use};

/// The meetings of a frame that may be stored.
pub fn check(instance: &Arc<str>, frame: &Frame) -> Vec<Meeting> {
    frame.meetings.iter().filter_map(|meeting| sensible(instance, frame.boot, meeting)).collect()
}

fn sensible(instance: &Arc<str>, boot: u64, meeting: &wire::Meeting) -> Option<Meeting> {
    let sums = [meeting.measured_seconds, meeting.participant_seconds, meeting.camera_seconds];
    let uses = [meeting.voices, meeting.listeners, meeting.cameras_out];
    let uses = uses.map(|used| used.map(|used| Use { peak: used.peak, seconds: used.seconds }));
    let [voices, listeners, cameras_out] = uses;
    let sums = sums.into_iter().chain(uses.into_iter().flatten().map(|used| used.seconds));
    let fine = sums.into_iter().all(|sum| sum.is_finite() && sum >= 0.0)
        && meeting.started_ms <= meeting.seen_ms
        && (1..=MAX_TENANT_BYTES).contains(&meeting.tenant.len());
    let marks = [
        (meeting.ended, Marks::ENDED),
        (meeting.breakout, Marks::BREAKOUT),
        (meeting.recorded, Marks::RECORDED),
    ];
    let set = marks.into_iter().filter(|(set, _)| *set).map(|(_, mark)| mark);
    fine.then_some(Meeting {
        instance: Arc::clone(instance),
        boot,
        id: meeting.id.as_slice().try_into().ok()?,
        tenant: meeting.tenant.clone(),
        started_ms: meeting.started_ms,
        seen_ms: meeting.seen_ms,
        marks: set.fold(Marks::default(), Marks::and),
        measured_seconds: meeting.measured_seconds,
        participants_peak: meeting.participants_peak,
        participant_seconds: meeting.participant_seconds,
        cameras_peak: meeting.cameras_peak,
        camera_seconds: meeting.camera_seconds,
        voices,
        listeners,
        cameras_out,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_makes_no_sense_is_left_out() {
        let good = wire::Meeting {
            id: vec![7; 16],
            tenant: "school".into(),
            started_ms: 1000,
            seen_ms: 2000,
            ended: true,
            recorded: true,
            measured_seconds: 1.0,
            ..wire::Meeting::default()
        };
        let taken = |change: fn(&mut wire::Meeting)| {
            let mut meeting = good.clone();
            change(&mut meeting);
            let frame = Frame { boot: 5, meetings: vec![meeting], ..Frame::default() };
            check(&"ca1".into(), &frame)
        };
        let whole = taken(|_| {}).remove(0);
        assert_eq!((whole.boot, whole.id, &*whole.instance), (5, [7; 16], "ca1"));
        assert!(whole.marks.has(Marks::ENDED.and(Marks::RECORDED)));
        assert!(!whole.marks.has(Marks::BREAKOUT));
        assert_eq!(taken(|m| m.id.truncate(15)), []);
        assert_eq!(taken(|m| m.tenant.clear()), []);
        assert_eq!(taken(|m| m.tenant = "x".repeat(65)), []);
        assert_eq!(taken(|m| m.started_ms = 2001), []);
        assert_eq!(taken(|m| m.camera_seconds = f64::NAN), []);
        assert_eq!(taken(|m| m.participant_seconds = -1.0), []);
        assert_eq!(taken(|m| m.voices = Some(wire::Use { peak: 1, seconds: -1.0 })), []);
        assert_eq!(taken(|m| m.cameras_out = Some(wire::Use { peak: 1, seconds: f64::NAN })), []);
        // An older agent tells none of them, and one that is told nothing by BigBlueButton neither.
        assert_eq!((whole.voices, whole.listeners, whole.cameras_out), (None, None, None));
        let heard = taken(|m| m.listeners = Some(wire::Use { peak: 3, seconds: 9.0 })).remove(0);
        assert_eq!(heard.listeners, Some(Use { peak: 3, seconds: 9.0 }));
    }
}
