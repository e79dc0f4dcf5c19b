//! How far each offer, or each host, is from the members: as it was measured, as others published it, or as the distance
//! lets guess.

use super::{Published, View};
use crate::latency::PathHour;
use crate::offers::{Link, Member, Reach, Site, Way};
use crate::reports::words;

/// From whom, and by what round trips are known.
#[derive(Clone, Copy)]
pub struct Ways<'w> {
    /// Who meets.
    pub members: &'w [Member],
    /// What was measured of datacentres.
    pub paths: &'w [PathHour],
    /// What others measured between cities.
    pub published: Option<&'w Published<'w>>,
}

/// How far a place is from all members; none where nobody says where they are, or where it is.
pub fn of(site: &Site, ways: Ways<'_>) -> Option<Reach> {
    let (mut links, mut unknown) = (Vec::new(), Vec::new());
    for member in ways.members.iter().filter(|member| member.weight > 0.0) {
        match link(member, site, ways) {
            Some(link) => links.push(link),
            None => unknown.push(member.name.clone()),
        }
    }
    Reach::of(links, unknown)
}

fn link(member: &Member, site: &Site, ways: Ways<'_>) -> Option<Link> {
    let measured = || {
        let (vantage, datacentre) = (member.vantage.as_ref()?, site.datacentre.as_ref()?);
        let own = ways
            .paths
            .iter()
            .filter(|path| path.name.vantage == *vantage && path.name.datacentre == *datacentre);
        // What a page takes is no packet's time, and loss counts as far as other signs agree.
        let legs = own.filter_map(|path| path.leg);
        let best = legs.min_by(|a, b| a.round_trip_ms.total_cmp(&b.round_trip_ms))?;
        let (name, weight) = (member.name.clone(), member.weight);
        Some(Link { member: name, weight, leg: best, way: Way::Measured })
    };
    let published = || {
        let places = (member.coordinates?, site.coordinates?);
        let leg = ways.published?.between(places.0, places.1)?.leg;
        let (name, weight) = (member.name.clone(), member.weight);
        Some(Link { member: name, weight, leg, way: Way::Published })
    };
    measured().or_else(published).or_else(|| Link::estimated(member, site.coordinates?))
}

/// What is used of it, and where its three figures disagree.
pub(super) fn sentences(view: View<'_>) -> Vec<String> {
    let reaches = || {
        let all = view.ranking.all.iter();
        all.filter_map(|one| Some((&*one.one.offer.name, one.one.reach.as_ref()?)))
    };
    let least = |of: fn(&Reach) -> f64| {
        reaches().min_by(|a, b| of(a.1).total_cmp(&of(b.1))).map_or("–", |(name, _)| name)
    };
    let nearest = [
        ("the mean round trip", least(|reach| reach.mean_ms)),
        ("the worst pair", least(|reach| reach.worst_ms)),
        ("the opinion of pairs", least(|reach| -reach.opinion)),
    ];
    let mut said = vec![format!(
        "{}. The score uses the opinion of pairs (the E-model of ITU-T G.107, 1 to 4.5).",
        words::sentence(&words::listed(
            &nearest.map(|(what, name)| format!("by {what} {name} is nearest"))
        ))
        .trim_end_matches('.')
    )];
    let is_published = |reach: &Reach| reach.links.iter().any(|link| link.way == Way::Published);
    if let Some(published) =
        view.question.published.filter(|_| reaches().any(|(_, reach)| is_published(reach)))
    {
        said.push(format!("Where nobody pings for a member, figures are public measurements between the nearest cities{} (/reference has them).", published.span()));
    }
    if reaches().any(|(_, reach)| reach.is_estimated()) {
        said.push("Figures with ≈ are guessed: 1.97 times what light takes in glass, as public measurements have it in the middle.".into());
    }
    said
}
