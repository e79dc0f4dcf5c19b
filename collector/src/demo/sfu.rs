//! What bbb-webrtc-sfu's exporters would tell of a simulated host's streams, under their own names and
//! with no more than they tell: of screens only who shares or sees one.

use headroom_agent::rooms::sfu::Sample;
use headroom_simulation::RoomMoment;

/// The samples of a moment.
pub fn samples(rooms: &[RoomMoment]) -> Vec<Sample> {
    let sum = |of: fn(&RoomMoment) -> i64| rooms.iter().map(of).sum::<i64>();
    let cameras = sum(|room| room.presence.cameras);
    let screens = sum(|room| room.presence.screens);
    let seen = sum(|room| {
        let seeing = room.presence.participants - room.presence.telephones;
        room.presence.screens * (seeing - 1).max(0)
    });
    let streams = [
        ("mediasoup_producers", "video", cameras + screens),
        ("mediasoup_consumers", "video", sum(|room| room.cameras_out) + seen),
        ("mediasoup_consumers", "audio", sum(|room| room.presence.listeners)),
    ];
    let stream =
        |(metric, kind, count)| sample(metric, &[("kind", kind), ("type", "simple")], count);
    let mut samples: Vec<Sample> = streams.into_iter().map(stream).collect();
    samples.push(sample("sfu_screenshare_sessions", &[], screens + seen));
    samples.push(sample("sfu_video_sessions", &[], cameras + sum(|room| room.cameras_out)));
    samples
}

fn sample(metric: &str, labels: &[(&str, &str)], count: i64) -> Sample {
    let labels = labels.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned()));
    Sample { metric: metric.to_owned(), labels: labels.collect(), value: count as f64 }
}
