//! What one meeting has of all that ran beside it: by the published formula and the host's own factors,
//! over its people and camera streams.

use crate::planning::media::Media;
use crate::reports::host::HostModel;
use crate::store::Meeting;

/// Cameras that each is taken to see where nobody told the streams of a meeting.
const PAGE: f64 = 5.0;

/// What a shared screen adds where a host's minutes do not tell: a tenth of the time somebody shares.
const SHARING: f64 = 0.1;

/// A mean over the time that a meeting was watched.
pub fn mean(seconds: f64, meeting: &Meeting) -> f64 {
    seconds / meeting.measured_seconds.max(1.0)
}

/// What leaves the host when nobody is there, in Mbit/s.
pub fn base_mbit(model: &HostModel) -> f64 {
    model.bandwidth.as_ref().map_or(0.0, |bandwidth| bandwidth.fit.posterior.factors[0])
}

/// The part of this meeting, in 0..1.
pub fn of(meeting: &Meeting, others: &[Meeting], model: &HostModel) -> f64 {
    let own = expected(meeting, model) * seconds(meeting);
    let together = |other: &Meeting| {
        let from = other.started_ms.max(meeting.started_ms);
        let to = other.seen_ms.min(meeting.seen_ms);
        (to - from).max(0) as f64 / 1e3
    };
    let rest: f64 = others.iter().map(|other| expected(other, model) * together(other)).sum();
    if own + rest > 0.0 { own / (own + rest) } else { 1.0 }
}

fn seconds(meeting: &Meeting) -> f64 {
    (meeting.seen_ms - meeting.started_ms).max(1) as f64 / 1e3
}

/// What a meeting is expected to be sent on average, in Mbit/s.
fn expected(meeting: &Meeting, model: &HostModel) -> f64 {
    let usual = Media::delivered();
    let bandwidth = model.bandwidth.as_ref().ok();
    let media = bandwidth.map_or(&usual, |bandwidth| bandwidth.media());
    let [_, audio, camera, share] =
        bandwidth.map_or([0.0, 1.0, 1.0, 1.0], |bandwidth| bandwidth.fit.posterior.factors);
    let people = mean(meeting.participant_seconds, meeting);
    let cameras = mean(meeting.camera_seconds, meeting);
    let streams = meeting.cameras_out.map_or_else(
        || (people - 1.0).max(0.0) * cameras.min(PAGE),
        |used| mean(used.seconds, meeting),
    );
    let class = media.class_of(cameras.round() as u32);
    let sharing = model.rooms.as_ref().map_or(SHARING, |rooms| rooms.sharing);
    audio * people * (media.audio_mbit + media.web_out_mbit)
        + camera * streams * media.camera_mbit[class]
        + share * sharing * (people - 1.0).max(0.0) * media.screen_mbit
}
