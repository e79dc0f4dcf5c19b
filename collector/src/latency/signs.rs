//! ICMP is often limited by rate, or filtered, where nothing else is lost. Its loss counts only as far as another sign
//! from the same vantage does not say otherwise. Pure.

use headroom_proto::wire::ProbeKind;

use super::path::{Hole, PathHour, PathName};
use super::quality::{Leg, Quality};
use super::series::kind_name;

/// What other pings from one vantage to one datacentre say.
struct Sign {
    vantage: String,
    datacentre: String,
    loss_ratio: f64,
}

/// Takes back what ICMP alone says of loss.
pub fn weigh(paths: &mut [PathHour]) {
    let icmp = kind_name(ProbeKind::Icmp);
    let others = [ProbeKind::Stun, ProbeKind::Tcp].map(kind_name);
    let sign = |path: &PathHour| {
        let is_other = others.contains(&path.name.kind.as_str()) && path.hole.is_none();
        let PathName { vantage, datacentre, .. } = path.name.clone();
        Some(Sign { vantage, datacentre, loss_ratio: path.loss_ratio.filter(|_| is_other)? })
    };
    let signs: Vec<Sign> = paths.iter().filter_map(sign).collect();
    for path in paths.iter_mut().filter(|path| path.name.kind == icmp) {
        let name = &path.name;
        let of_path =
            |sign: &&Sign| sign.vantage == name.vantage && sign.datacentre == name.datacentre;
        let least = signs.iter().filter(of_path).map(|sign| sign.loss_ratio);
        let Some(least) = least.min_by(f64::total_cmp) else { continue };
        if path.hole == Some(Hole::NoAnswer) {
            path.hole = Some(Hole::Filtered);
        }
        let leg = path.median_ms.zip(path.loss_ratio).map(|(round_trip_ms, loss_ratio)| Leg {
            round_trip_ms,
            loss_ratio: loss_ratio.min(least),
        });
        path.quality = leg.filter(|_| path.quality.is_some()).map(|leg| Quality::of_pair(leg, leg));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path(vantage: &str, kind: &str, loss_ratio: f64) -> PathHour {
        let leg = Leg { round_trip_ms: 80.0, loss_ratio };
        let name = PathName {
            vantage: vantage.into(),
            datacentre: "montreal".into(),
            target: "ca1".into(),
            kind: kind.into(),
            family: "ipv4".into(),
        };
        PathHour {
            hole: (loss_ratio >= 1.0).then_some(Hole::NoAnswer),
            median_ms: (loss_ratio < 1.0).then_some(80.0),
            loss_ratio: Some(loss_ratio),
            quality: (loss_ratio < 1.0).then(|| Quality::of_pair(leg, leg)),
            ..PathHour::unknown(name)
        }
    }

    fn rating(path: &PathHour) -> f64 {
        path.quality.map_or(f64::NAN, |quality| quality.rating)
    }

    #[test]
    fn loss_of_icmp_counts_as_far_as_another_sign_has_it() {
        let mut paths = [
            path("paris", "icmp", 0.2),
            path("paris", "tcp", 0.0),
            path("lagos", "icmp", 0.2),
            path("lagos", "stun", 0.1),
            path("lima", "icmp", 0.2),
            path("oslo", "icmp", 0.0),
            path("oslo", "tcp", 0.3),
        ];
        let before = paths.clone();
        weigh(&mut paths);
        let clean = rating(&path("x", "icmp", 0.0));
        assert_eq!(rating(&paths[0]), clean);
        assert_eq!(rating(&paths[2]), rating(&path("x", "icmp", 0.1)));
        // Without another sign it is believed, and what it says of itself stays.
        assert_eq!(paths[4..], before[4..]);
        assert_eq!(paths.map(|path| path.loss_ratio), before.map(|path| path.loss_ratio));
    }

    #[test]
    fn who_answers_otherwise_is_not_accused() {
        let mut paths = [
            path("paris", "icmp", 1.0),
            path("paris", "tcp", 0.0),
            path("lagos", "icmp", 1.0),
            path("lagos", "tcp", 1.0),
        ];
        weigh(&mut paths);
        let holes = paths.map(|path| path.hole);
        let no_answer = Some(Hole::NoAnswer);
        assert_eq!(holes, [Some(Hole::Filtered), None, no_answer, no_answer]);
    }
}
