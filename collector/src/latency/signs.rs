//! ICMP is often limited by rate, or filtered, where nothing else is lost. Its loss counts only as far as another sign
//! from the same vantage does not say otherwise. Pure.

use std::collections::BTreeMap;

use headroom_proto::wire::ProbeKind;

use super::path::{Hole, PathHour, PathName};
use super::quality::{Leg, Quality};
use super::series::kind_name;

/// A vantage, a datacentre, and over which family.
type Way<'p> = (&'p str, &'p str, &'p str);

fn way(name: &PathName) -> Way<'_> {
    (&name.vantage, &name.datacentre, &name.family)
}

/// Takes back what ICMP alone says of loss: of several signs the best counts.
pub fn weigh(paths: &mut [PathHour]) {
    let icmp = kind_name(ProbeKind::Icmp);
    let others = [ProbeKind::Stun, ProbeKind::Tcp].map(kind_name);
    let mut least: BTreeMap<Way<'_>, f64> = BTreeMap::new();
    let is_sign =
        |path: &&PathHour| others.contains(&path.name.kind.as_str()) && path.hole.is_none();
    for path in paths.iter().filter(is_sign) {
        let Some(loss) = path.loss_ratio else { continue };
        let known = least.entry(way(&path.name)).or_insert(loss);
        *known = known.min(loss);
    }
    let of_path = |path: &PathHour| {
        let is_icmp = path.name.kind == icmp;
        least.get(&way(&path.name)).copied().filter(|_| is_icmp)
    };
    let least: Vec<Option<f64>> = paths.iter().map(of_path).collect();
    for (path, least) in paths.iter_mut().zip(least) {
        let Some(least) = least else { continue };
        if path.hole == Some(Hole::NoAnswer) {
            path.hole = Some(Hole::Filtered);
        }
        path.leg = path.leg.map(|leg| Leg { loss_ratio: leg.loss_ratio.min(least), ..leg });
        path.quality = path.leg.map(|leg| Quality::of_pair(leg, leg));
    }
}

#[cfg(test)]
mod tests {
    use super::super::pairs::pairs;
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
            leg: (loss_ratio < 1.0).then_some(leg),
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

    #[test]
    fn what_comes_by_the_other_family_is_no_sign() {
        let mut other = path("paris", "tcp", 0.0);
        other.name.family = "ipv6".into();
        let mut paths = [path("paris", "icmp", 1.0), path("paris", "tcp", 1.0), other];
        weigh(&mut paths);
        assert_eq!(paths[0].hole, Some(Hole::NoAnswer));
    }

    #[test]
    fn pairs_hear_each_other_by_what_signs_agree_on() {
        let lossy = ["paris", "lagos"].map(|vantage| path(vantage, "icmp", 0.2));
        let signs = ["paris", "lagos"].map(|vantage| path(vantage, "tcp", 0.0));
        let mut paths = [lossy, signs].concat();
        weigh(&mut paths);
        let clean = ["paris", "lagos"].map(|vantage| path(vantage, "icmp", 0.0));
        let rating = |paths: &[PathHour]| pairs(paths, "montreal")[0].quality.rating;
        assert_eq!(rating(&paths), rating(&clean));
    }
}
