//! What one meeting has of all that ran beside it: by the published formula and the host's own factors,
//! over its people and camera streams.

use crate::planning::media::Media;
use crate::reports::host::HostModel;
use crate::store::Meeting;

/// Cameras that each is taken to see where nobody told the streams of a meeting.
const PAGE: f64 = 5.0;

/// A mean over the time that a meeting was watched.
pub fn mean(seconds: f64, meeting: &Meeting) -> f64 {
    seconds / meeting.measured_seconds.max(1.0)
}

/// What leaves the host when nobody is there, in Mbit/s.
pub fn base_mbit(model: &HostModel) -> f64 {
    model.bandwidth.as_ref().map_or(0.0, |bandwidth| bandwidth.fit.posterior.factors[0])
}

/// What single rooms waver by, one standard deviation, as a part: cameras, and shared screens.
const CAMERAS_WAVER: f64 = 0.22;
const SCREENS_WAVER: f64 = 0.45;

/// So many deviations hold in four of five cases.
const FOUR_OF_FIVE: f64 = 1.282;

/// The part of a meeting in what all were sent while it ran, between 0 and 1: its middle, and from where to where it
/// lies in four of five cases.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Share {
    pub part: f64,
    pub low: f64,
    pub high: f64,
}

/// What one meeting or several are expected to be sent, in megabits.
#[derive(Debug, Clone, Copy, Default)]
struct Expected {
    /// All but shared screens.
    plain: f64,
    /// The square of its standard deviation.
    variance: f64,
    /// If somebody shared a screen all the time.
    screens: f64,
}

/// The share of a meeting among others that ran meanwhile, where all of them were sent so many megabits. Whose screens
/// were shared nobody tells: what is beyond all else was theirs, as far as they could take it.
pub fn of(meeting: &Meeting, others: &[Meeting], model: &HostModel, megabits: f64) -> Share {
    let own = expected(meeting, model, seconds(meeting));
    let together = |other: &Meeting| {
        let from = other.started_ms.max(meeting.started_ms);
        let to = other.seen_ms.min(meeting.seen_ms);
        (to - from).max(0) as f64 / 1e3
    };
    let rest = others.iter().map(|other| expected(other, model, together(other)));
    let rest = rest.fold(Expected::default(), Expected::and);
    let all = own.and(rest);
    if rest.plain + rest.screens <= 0.0 || megabits <= 0.0 || all.plain + all.screens <= 0.0 {
        let part = if rest.plain + rest.screens > 0.0 { own.of_both(all) } else { 1.0 };
        return Share { part, low: part, high: part };
    }
    let scale = (megabits / all.plain).min(1.0);
    let [own, rest] = [own, rest].map(|one| one.scaled(scale));
    let screens = (megabits - all.plain).clamp(0.0, all.screens);
    let beyond = (megabits - all.plain - screens).max(0.0);
    let of_screens = if all.screens > 0.0 { screens * own.screens / all.screens } else { 0.0 };
    let middle = own.plain + of_screens + beyond * own.of_both(all);
    let shared = screens + beyond;
    let low = own.least(rest, shared).max(megabits - rest.most(own, shared));
    let high = own.most(rest, shared).min(megabits - rest.least(own, shared));
    let [part, low, high] = [middle, low.min(middle), high.max(middle)]
        .map(|megabits_of| (megabits_of / megabits).clamp(0.0, 1.0));
    Share { part, low, high }
}

impl Expected {
    fn and(self, other: Self) -> Self {
        Self {
            plain: self.plain + other.plain,
            variance: self.variance + other.variance,
            screens: self.screens + other.screens,
        }
    }

    /// So much of all but screens.
    fn scaled(self, times: f64) -> Self {
        Self { plain: self.plain * times, variance: self.variance * times.powi(2), ..self }
    }

    fn deviation(self) -> f64 {
        FOUR_OF_FIVE * self.variance.sqrt()
    }

    /// Its part in all, were screens shared as cameras are.
    fn of_both(self, all: Self) -> f64 {
        (self.plain + self.screens) / (all.plain + all.screens).max(f64::MIN_POSITIVE)
    }

    /// What its screens may take.
    fn room(self) -> f64 {
        self.screens * (1.0 + FOUR_OF_FIVE * SCREENS_WAVER)
    }

    /// At least, if the screens of the others took as much as they could of what was shared.
    fn least(self, others: Self, shared: f64) -> f64 {
        let of_screens = (shared - others.deviation() - others.room()).clamp(0.0, self.room());
        (self.plain - self.deviation()).max(0.0) + of_screens
    }

    /// At most, if its own screens took as much as they could.
    fn most(self, others: Self, shared: f64) -> f64 {
        self.plain + self.deviation() + self.room().min(shared + others.deviation())
    }
}

fn seconds(meeting: &Meeting) -> f64 {
    (meeting.seen_ms - meeting.started_ms).max(1) as f64 / 1e3
}

/// What a meeting is expected to be sent in so many seconds.
fn expected(meeting: &Meeting, model: &HostModel, seconds: f64) -> Expected {
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
    let of_cameras = camera * streams * media.camera_mbit[class] * seconds;
    let of_audio = audio * people * (media.audio_mbit + media.web_out_mbit) * seconds;
    Expected {
        plain: of_audio + of_cameras,
        variance: (of_cameras * CAMERAS_WAVER).powi(2),
        screens: share * (people - 1.0).max(0.0) * media.screen_mbit * seconds,
    }
}
